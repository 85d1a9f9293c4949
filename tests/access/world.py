"""One of everything for each company, so that whatever leaks shows."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from portal.access.actor import CLOCK, OrganisationKind
from portal.accounts.models import Account, Organisation
from portal.actions.models import (
    ActionItem,
    ActionStatus,
    Amendment,
    AmendmentKind,
    AmendmentStatus,
    Assignment,
    Digest,
    DueDate,
    ProgressReport,
)
from portal.agendas.models import (
    AgendaItem,
    AgendaVersion,
    ItemKind,
    ItemStatus,
    Paper,
    Preparation,
)
from portal.api.models import ApiToken, TokenScope
from portal.batches.models import BatchMember, BatchReader, UnannouncedBatch
from portal.campaigns.models import Campaign
from portal.companies.models import Company, Platform, Representative
from portal.consultations.duties import Duty, DutyKind, Whom
from portal.consultations.models import (
    Consultation,
    ConsultationStatus,
    Delegate,
    Rsvp,
    Side,
    Step,
    Visitor,
)
from portal.core import files
from portal.core.db import db
from portal.core.outbox import Letter
from portal.core.secrets import digest, seal
from portal.documents.models import Document, DocumentKind, Embargo
from portal.errata.models import Erratum, ErratumStatus
from portal.feeds.models import Feed
from portal.holidays.models import Holiday
from portal.hotline.models import Channel, Intake
from portal.information_requests.models import (
    InformationRequest,
    InformationRequestEvent,
)
from portal.information_requests.models import Step as AskedStep
from portal.institution.models import InstitutionSenior
from portal.methodology.computing import compute
from portal.methodology.method import VERSION_1_0
from portal.methodology.models import Methodology, MethodologyStatus
from portal.minutes.models import (
    InternalNote,
    ItemAnswer,
    ItemText,
    Minutes,
    MinutesItem,
    MinutesStatus,
    Outcome,
    OutcomeKind,
    TextBlock,
    Writer,
)
from portal.publications.models import Countersignature, PublicStatus, PublicVersion
from portal.reconciliations.models import (
    ClosedMonth,
    CompanyCount,
    CountDifference,
    CountLine,
    DifferenceKind,
    FiledBy,
)
from portal.reminders.models import Reminder
from portal.removal_requests.models import (
    LegalGround,
    MeasureType,
    RecheckDraw,
    RemovalRequest,
    RemovalRequestEvent,
    SavedView,
    Surface,
)
from portal.removal_requests.models import Outcome as RequestOutcome
from portal.removal_requests.models import Step as RequestStep
from portal.replies.models import Message, Why
from portal.replies.models import Outcome as ReplyOutcome
from portal.reports import service as reports
from portal.reports.models import Report
from portal.responses.models import Evidence, Response
from portal.retention.models import Residue
from portal.scorecards.models import Correction, Scorecard, ScorecardStatus
from portal.series.models import LeftOut, Series
from portal.series.rule import ShortMonth, Unit
from portal.shifts.models import ChangeKind, HandoverNote, OnHolidays, ShiftChange, ShiftRule
from portal.slots.models import CallKind, Can, Poll, Slot, SlotAnswer, SlotCall, SlotProposal
from portal.webhooks.models import Delivery, HookEvent, Webhook

SECRET = "SECRETWORD"
"""Stands in every text of a company's records, followed by its slug."""


def build(at: datetime) -> dict[str, dict[str, Any]]:
    """Store one of everything for each company; the records by company and by URL parameter."""
    institution = db.session.query(Organisation).filter_by(kind=OrganisationKind.INSTITUTION).one()
    return {
        company.slug: _of(company, institution, at)
        for company in db.session.query(Company).order_by(Company.id).all()
    }


def _add(record: Any) -> Any:
    db.session.add(record)
    db.session.flush()
    return record


def _nothing(company: Company, at: datetime) -> dict[str, Any]:
    """The figures of a month in which nothing happened."""
    return compute(
        company=company.slug, month="2026-01", as_of=at, method=VERSION_1_0, requests=(),
        police=(), actions=(),
    ).to_dict()  # fmt: skip


def _of(company: Company, institution: Organisation, at: datetime) -> dict[str, Any]:
    word = f"{SECRET}-{company.slug}"
    texts = {"title_ko": word, "title_en": word}
    person = (
        db.session.query(Account).filter_by(organisation_id=company.id).order_by(Account.id).first()
    )
    series = _add(
        Series(
            company_id=company.id, unit=Unit.WEEK, every=1, weekday=0, position=1, day=1,
            short_month=ShortMonth.LEFT_OUT, first_on=date(2026, 3, 2), time="10:00", duration=60,
            zone="Asia/Seoul", venue=word, venue_country="KR", created_at=at, **texts,
        )
    )  # fmt: skip
    _add(LeftOut(series_id=series.id, company_id=company.id, on=date(2026, 3, 9), why=word, at=at))
    holiday = _add(
        Holiday(country="KR", on=date(2030, 4, company.id), name_ko="임시공휴일",
                name_en="Temporary holiday", added_by="administrator", added_at=at)
    )  # fmt: skip
    campaign = _add(
        Campaign(name_ko="집중단속", name_en="Crackdown", starts_on=date(2026, 1, 5),
                 ends_on=date(2026, 2, 28), source=f"Announced {company.id}")
    )  # fmt: skip
    consultation = _add(
        Consultation(
            series_id=series.id, recurrence_on=date(2026, 3, 2),
            company_id=company.id, year=2026, number=1, serial=f"{company.name_en} 2026-01",
            status=ConsultationStatus.HELD, starts_at=at, ends_at=at + timedelta(hours=2),
            zone="Asia/Seoul", wall_time="2026-03-02T10:00", venue=word, venue_country="KR",
            agenda_version=1, held_at=at, **texts,
        )
    )  # fmt: skip
    delegates = [
        _add(
            Delegate(
                consultation_id=consultation.id, company_id=company.id, side=side,
                organisation_id=organisation_id, account_id=account_id, name=word, can_bind=True,
                rsvp=Rsvp.ACCEPTED,
            )
        )
        for side, organisation_id, account_id in (
            (Side.INSTITUTION, institution.id, None),
            (Side.COMPANY, company.id, person.id),
        )
    ]  # fmt: skip
    poll = _add(
        Poll(
            consultation_id=consultation.id, company_id=company.id, respond_by=at, opened_at=at,
            respond_by_set_at=at, opened_by=word,
        )
    )  # fmt: skip
    slot = _add(
        Slot(
            poll_id=poll.id, consultation_id=consultation.id, company_id=company.id, starts_at=at,
            ends_at=at + timedelta(hours=2), zone="Asia/Seoul", wall_time="2026-03-02T10:00",
            side=Side.COMPANY, offered_at=at, offered_by=word, chosen_at=at, chosen_by=word,
        )
    )  # fmt: skip
    for delegate in delegates:
        inside = "-internal" if delegate.side is Side.INSTITUTION else ""
        _add(
            SlotAnswer(
                poll_id=poll.id, slot_id=slot.id, company_id=company.id, can=Can.NO, via="hand",
                organisation_id=delegate.organisation_id, delegate_id=delegate.id,
                name=f"{word}{inside}", by_name=f"{word}{inside}", at=at,
            )
        )  # fmt: skip
    proposal = _add(
        SlotProposal(
            poll_id=poll.id, company_id=company.id, starts_at=at, ends_at=at + timedelta(hours=1),
            zone="Asia/Seoul", wall_time="2026-03-02T10:00", reason=word, proposed_by=word,
            proposed_at=at,
        )
    )  # fmt: skip
    _add(
        SlotCall(
            poll_id=poll.id, company_id=company.id, organisation_id=company.id, name=word,
            kind=CallKind.ASKED, recipient=word, armed_for=at, at=at,
        )
    )  # fmt: skip
    visitor = _add(
        Visitor(
            consultation_id=consultation.id, company_id=company.id, organisation_id=company.id,
            delegate_id=delegates[1].id, sealed=seal('{"passport_name": "' + word + '"}'),
            recorded_at=at, recorded_by=word,
        )
    )  # fmt: skip
    _add(
        Step(
            consultation_id=consultation.id, company_id=company.id, at=at, what="schedule",
            detail=word, by_name=word, by_side="company",
        )
    )  # fmt: skip
    item = _add(
        AgendaItem(
            consultation_id=consultation.id, company_id=company.id, position=1,
            kind=ItemKind.DISCUSSION, presenter=word, proposed_by=Side.COMPANY, proposed_at=at,
            status=ItemStatus.ACCEPTED, **texts,
        )
    )  # fmt: skip
    sheet = f"{word} paper".encode()
    paper = _add(
        Paper(
            agenda_item_id=item.id, company_id=company.id, organisation_id=company.id,
            side=Side.COMPANY, is_shared=True, filename=f"{word}.txt", media_type="text/plain",
            size=len(sheet), sha256=files.store(sheet), added_at=at, added_by=word,
        )
    )  # fmt: skip
    _add(
        AgendaVersion(
            consultation_id=consultation.id, company_id=company.id, number=1, published_at=at,
            published_by=word, items=[], changes=[],
        )
    )  # fmt: skip
    for organisation_id in (institution.id, company.id):
        _add(
            Preparation(
                agenda_item_id=item.id, organisation_id=organisation_id, written_at=at,
                text=f"{word}-private-{organisation_id}", written_by=word,
            )
        )  # fmt: skip
    minutes = _add(
        Minutes(
            consultation_id=consultation.id, company_id=company.id, released_at=at,
            serial=consultation.serial, status=MinutesStatus.WITH_COMPANY, deadline_at=at + timedelta(days=5),
            content_hash="0" * 64,
        )
    )  # fmt: skip
    minutes_item = _add(
        MinutesItem(
            minutes_id=minutes.id, agenda_item_id=item.id, position=1, discussion_ko=word,
            discussion_en=word, **texts,
        )
    )  # fmt: skip
    outcome = _add(
        Outcome(
            minutes_id=minutes.id, item_id=minutes_item.id, kind=OutcomeKind.DECISION,
            text_ko=word, text_en=word,
        )
    )  # fmt: skip
    _add(
        InternalNote(
            item_id=minutes_item.id, company_id=company.id, text=f"{word}-internal",
            written_at=at, written_by=word,
        )
    )  # fmt: skip
    answer = _add(
        ItemAnswer(
            minutes_id=minutes.id, item_id=minutes_item.id, revision=1, item_hash="0" * 64,
            kind="agree", answered_at=at, answered_by=word,
        )
    )  # fmt: skip
    _add(
        ItemText(
            minutes_id=minutes.id, item_id=minutes_item.id, revision=1, words={"title_ko": word},
            item_hash="0" * 64, at=at,
        )
    )  # fmt: skip
    _add(
        Writer(
            item_id=minutes_item.id, company_id=company.id, account_id=person.id, name=word,
            since=at, seen_at=at,
        )
    )  # fmt: skip
    block = _add(
        TextBlock(name=word, text_ko="문구", text_en="phrase", changed_at=at, changed_by="officer")
    )
    action = _add(
        ActionItem(
            company_id=company.id, number=f"{company.name_en} A-2026-001", text_ko=word,
            text_en=word, owner=Side.COMPANY, owner_organisation_id=company.id,
            due_at=at + timedelta(days=5), due_zone="Asia/Seoul", consultation_id=consultation.id,
            status=ActionStatus.REPORTED_DONE, agreed_at=at,
        )
    )  # fmt: skip
    amendment = _add(
        Amendment(
            action_item_id=action.id, company_id=company.id, kind=AmendmentKind.EXTENSION,
            status=AmendmentStatus.ASKED, old_due_at=action.due_at,
            new_due_at=action.due_at + timedelta(days=7), reason=word, asked_side=Side.COMPANY,
            asked_at=at, asked_by=word,
        )
    )  # fmt: skip
    _add(
        DueDate(
            action_item_id=action.id, company_id=company.id, due_at=action.due_at,
            zone="Asia/Seoul", set_at=at, set_by=word, reason=word,
        )
    )  # fmt: skip
    for _time in range(2):
        _add(
            Assignment(
                action_item_id=action.id, company_id=company.id, contact_id=person.id, set_at=at,
                set_by=word,
            )
        )  # fmt: skip
    progress = _add(
        ProgressReport(
            action_item_id=action.id, company_id=company.id, due_at=at, text=word, filed_at=at,
            filed_by=word,
        )
    )  # fmt: skip
    for side in Side:
        _add(Digest(company_id=company.id, side=side, week_on=at.date(), written_at=at))
    senior = _add(InstitutionSenior(level=1, name="Senior", email=f"{word}@kcsc.example"))
    response = _add(
        Response(
            action_item_id=action.id, company_id=company.id, text=word, reported_at=at,
            reported_by=word,
        )
    )  # fmt: skip
    evidence = _add(
        Evidence(
            response_id=response.id, company_id=company.id, filename="proof.txt",
            media_type="text/plain", sha256=files.store(word.encode()), size=len(word),
        )
    )  # fmt: skip
    platform = db.session.query(Platform).filter_by(company_id=company.id).first()
    intake = _add(
        Intake(
            case_code=f"CODE-{company.slug}", secret_hash="0" * 64, channel=Channel.PHONE,
            platform_id=platform.id, reference_encrypted=seal(word), is_minor_involved=False,
            received_at=at, recorded_by_id=1,
        )
    )  # fmt: skip
    rule = _add(
        ShiftRule(
            weekdays="0123456", starts="22:00", ends="06:00", every=1, from_on=at.date(),
            on_holidays=OnHolidays.AS_USUAL, recorded_at=at,
        )
    )  # fmt: skip
    change = _add(
        ShiftChange(
            kind=ChangeKind.DROPPED, rule_id=rule.id, on=at.date(), reason=word, recorded_at=at,
            recorded_by_id=1,
        )
    )  # fmt: skip
    note = _add(HandoverNote(text=word, written_at=at, written_by_id=1))
    erratum = _add(
        Erratum(
            minutes_id=minutes.id, company_id=company.id, number=1, base_version=1,
            status=ErratumStatus.PROPOSED, content_hash="0" * 64, proposed_side=Side.COMPANY,
            proposed_at=at, proposed_by=word, released_at=at,
            corrections=[{"item": 1, "old": word, "new": "-", "reason": word}],
        )
    )  # fmt: skip
    removal = _add(
        RemovalRequest(
            request_no=f"{word}-1", company_id=company.id, platform_id=platform.id,
            category="sexual_deepfake", legal_ground=LegalGround.VOLUNTARY_REQUEST, month="2026-03",
            surface=Surface.PUBLIC_POST, measure_type=MeasureType.REMOVAL,
            reference_encrypted=seal(word), reference_digest=digest(word), recorded_at=at,
            issued_at=at, delivered_at=at,
        )
    )  # fmt: skip
    _add(
        RemovalRequestEvent(
            request_id=removal.id,
            step=RequestStep.DECIDED,
            at=at,
            outcome=RequestOutcome.REFUSED,
            reason=word,
        )
    )
    view = _add(SavedView(account_id=person.id, name=word, query="state=all"))
    _add(RecheckDraw(company_id=company.id, at=at, seed=word, candidates=1, drawn=1,
                     numbers_hash=word))  # fmt: skip
    information = _add(
        InformationRequest(
            request_no=f"{word}-2", company_id=company.id, platform_id=platform.id,
            legal_basis="-", kind="subscriber_data", delivered_at=at,
            due_at=at + timedelta(days=14),
        )
    )  # fmt: skip
    _add(InformationRequestEvent(request_id=information.id, step=AskedStep.FILED, at=at,
                                 reason=word, due_to=information.due_at))  # fmt: skip
    scorecard = _add(
        Scorecard(
            company_id=company.id, month="2026-01", status=ScorecardStatus.WITH_COMPANY,
            methodology="1.0", as_of=at, sent_at=at, comment=word, score=_nothing(company, at),
            summary={"score": None, "letter": None},
            details={"method": json.loads(VERSION_1_0.to_json())}, remarks={"R1": word},
        )
    )  # fmt: skip
    batch = _add(
        UnannouncedBatch(
            company_id=company.id, purpose=word, marked_at=at, marked_by_id=person.id,
            marked_by=word, candidates=2, numbers_hash=word, seed="",
        )
    )  # fmt: skip
    _add(BatchReader(batch_id=batch.id, account_id=person.id, name=word))
    _add(BatchMember(batch_id=batch.id, request_id=removal.id))
    company_count = _add(
        CompanyCount(
            company_id=company.id, month="2026-03", version=1, filed_by_way=FiledBy.PAGE,
            filed_at=at, filed_by=word, note=word, totals={"requests": 2}, is_listed=True,
            compared_at=at,
        )
    )  # fmt: skip
    _add(CountLine(count_id=company_count.id, request_no=f"{word}-1"))
    _add(
        CountDifference(
            count_id=company_count.id, company_id=company.id, kind=DifferenceKind.ONLY_THEIRS,
            about=f"{word}-9", reason="",
        )
    )  # fmt: skip
    _add(ClosedMonth(company_id=company.id, month="2025-12", closed_at=at))
    correction = _add(
        Correction(scorecard_id=scorecard.id, company_id=company.id, measure="R1", what=word, why=word,
                   asked_at=at, asked_by=word)
    )  # fmt: skip
    document = _add(
        Document(
            kind=DocumentKind.AGENDA, company_id=company.id, subject_id=consultation.id, version=1,
            language="en", number=word, title=word, template="", content={}, content_hash="0" * 64,
            pdf_sha256=files.store(f"%PDF-{word}".encode()), size=9, made_at=at, released_at=at,
        )
    )  # fmt: skip
    embargo = _add(
        Embargo(
            company_id=company.id, until=at + timedelta(days=1), reason=word, set_at=at, set_by=word
        )
    )
    public_version = _add(
        PublicVersion(
            minutes_id=minutes.id, company_id=company.id, number=1, minutes_version=1,
            status=PublicStatus.PREPARED, passages=[word], is_without_names=False, prepared_at=at,
            prepared_by=word,
        )
    )  # fmt: skip
    countersignature = _add(
        Countersignature(
            minutes_id=minutes.id, company_id=company.id, document_id=document.id,
            pdf_sha256=files.store(f"%PDF-signed-{word}".encode()), size=9, signer=word,
            fingerprint="0" * 64, filed_at=at, filed_by=word,
        )
    )  # fmt: skip
    report = db.session.query(Report).first() or reports.make("2025-12", by=CLOCK, at=at)
    method = db.session.query(Methodology).filter_by(version="9.0").first() or _add(
        Methodology(
            version="9.0", valid_from=date(2031, 1, 1), why="-", authors=[],
            status=MethodologyStatus.PROPOSED, content=json.loads(VERSION_1_0.to_json()),
        )
    )  # fmt: skip
    representative = db.session.query(Representative).filter_by(company_id=company.id).first()
    message = _add(
        Message(
            fingerprint=f"{word:0>64}"[-64:], message_id=word, sender=f"{word}@mail.example",
            subject=word, size=1, received_at=at, taken_at=at, text_sealed=seal(word), outcome=ReplyOutcome.QUEUED,
            why=Why.NO_CALENDAR, company_id=company.id, consultation_id=consultation.id,
        )
    )  # fmt: skip
    feed = _add(
        Feed(account_id=person.id, name=word, secret_hash=f"{word:0>64}"[-64:], created_at=at)
    )
    letter = _add(
        Letter(
            kind="world", account_id=person.id, organisation_id=company.id,
            address=f"{word}@mail.example", language="en", subject=word, body=word,
            about="consultation", about_id=consultation.id, written_at=at, due_at=at,
            message_id=f"<{word}@mail.example>",
        )
    )  # fmt: skip
    _add(
        Reminder(
            kind=DutyKind.RESPOND_BY, consultation_id=consultation.id, company_id=company.id,
            recipient=word, name=word, organisation_id=company.id, armed_for=at, sent_at=at,
            letter_id=letter.id,
        )
    )  # fmt: skip
    _add(
        Duty(
            kind=DutyKind.LAST_REMINDER, company_id=company.id, days=2, notice=0, whom=Whom.BOTH,
            is_active=True, changed_at=at, changed_by=word,
        )
    )  # fmt: skip
    token = _add(
        ApiToken(
            company_id=company.id, account_id=person.id, name=word, secret_hash=f"{word:1>64}"[-64:],
            hint="abcd", scope=TokenScope.ANSWER, created_at=at, expires_at=at + timedelta(days=9),
        )
    )  # fmt: skip
    hook = _add(
        Webhook(
            company_id=company.id, address=f"https://{word}.example/", secret_sealed=seal(word),
            account_id=person.id, created_at=at,
        )
    )  # fmt: skip
    delivery = _add(
        Delivery(
            webhook_id=hook.id, company_id=company.id, message_id=word, event=HookEvent.TEST,
            body=word, written_at=at, problem=word,
        )
    )  # fmt: skip
    residue = _add(
        Residue(
            id=company.id, code="references", subject="removal_request", subject_id=removal.id,
            number=f"{word}-1", columns="reference_encrypted", erased_at=at, days=180,
            appeal_days=90, effective_days=270, previous_hash="0" * 64, hash="0" * 64,
        )
    )  # fmt: skip
    records = {
        "paper_id": paper, "residue_id": residue, "series_id": series, "holiday_id": holiday,
        "campaign_id": campaign,
        "api_token_id": token, "webhook_id": hook, "delivery_id": delivery,
        "letter_id": letter,
        "consultation_id": consultation, "delegate_id": delegates[1], "visitor_id": visitor, "agenda_item_id": item,
        "erratum_id": erratum, "public_version_id": public_version, "embargo_id": embargo,
        "countersignature_id": countersignature, "item_id": item, "minutes_id": minutes, "minutes_item_id": minutes_item,
        "text_block_id": block, "outcome_id": outcome, "answer_id": answer, "item_answer_id": answer,
        "progress_report_id": progress, "institution_senior_id": senior,
        "action_item_id": action, "amendment_id": amendment, "response_id": response, "evidence_id": evidence,
        "intake_id": intake, "shift_rule_id": rule, "shift_change_id": change,
        "handover_note_id": note, "platform_id": platform,
        "removal_request_id": removal, "saved_view_id": view, "information_request_id": information,
        "unannounced_batch_id": batch, "company_count_id": company_count,
        "scorecard_id": scorecard, "correction_id": correction, "document_id": document, "company_id": company,
        "message_id": message, "feed_id": feed,
        "poll_id": poll, "slot_id": slot, "slot_proposal_id": proposal,
        "representative_id": representative, "report_id": report, "methodology_id": method, "account_id": person,
    }  # fmt: skip
    db.session.commit()
    numbers = {name: record.id for name, record in records.items()}
    return numbers | {"rule_code": "references"}
