"""From the held consultation to the adopted text."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.actions import service as actions
from portal.actions.models import ActionItem, ActionStatus
from portal.agendas.models import AgendaItem
from portal.companies.models import Representative
from portal.consultations.models import ConsultationStatus, Side
from portal.core import files
from portal.core.audit import AuditEvent
from portal.core.audit import breaks as audit_breaks
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from portal.documents.models import Document
from portal.minutes import document, drafting, outcomes, service
from portal.minutes.drafting import Conflict
from portal.minutes.models import (
    AnswerKind,
    MinutesStatus,
    OutcomeKind,
    Resolution,
)
from portal.minutes.outcomes import OutcomeConflict, OutcomeText
from portal.minutes.service import Answer
from tests.minutes import make


def verbs() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.verb).order_by(AuditEvent.id)))


def letters(kind: str) -> set[str]:
    return set(db.session.scalars(select(Letter.address).where(Letter.kind == kind)))


def test_minutes_open_with_the_accepted_items_in_order(companies, cast, at):
    minutes = make.opened(companies["telegram"], cast, at=at)

    assert [(i.position, i.title_en) for i in minutes.items] == [
        (1, "Reporting channel"),
        (2, "Time to removal"),
    ]
    assert minutes.status is MinutesStatus.DRAFTING
    assert minutes.serial == "Telegram 2026-01"
    assert verbs()[-1] == "minutes:open"


def test_minutes_open_once_and_only_of_a_meeting_that_took_place(companies, cast, at):
    minutes = make.opened(companies["telegram"], cast, at=at)
    by = cast.officer.as_actor()
    with pytest.raises(Refused, match="open already"), transaction():
        drafting.open_minutes(minutes.consultation, by=by, at=at)
    with transaction():
        minutes.consultation.status = ConsultationStatus.SCHEDULED
    with pytest.raises(Refused, match="in session or was held"), transaction():
        drafting.open_minutes(minutes.consultation, by=by, at=at)


def test_the_second_of_two_savers_is_shown_both_texts(companies, cast, at):
    minutes = make.opened(companies["telegram"], cast, at=at)
    item = minutes.items[0]
    make.write(item, cast, at=at, ko="먼저", en="first")

    with pytest.raises(Conflict) as clash, transaction():
        drafting.save_item(
            item, edition=1, discussion_ko="나중", discussion_en="second",
            by=cast.head.as_actor(), at=at,
        )  # fmt: skip

    assert (clash.value.edition, clash.value.discussion_en) == (2, "first")
    assert item.discussion_en == "first"


def test_saving_the_same_text_twice_is_no_conflict(companies, cast, at):
    item = make.opened(companies["telegram"], cast, at=at).items[0]
    for _ in range(2):
        with transaction():
            drafting.save_item(
                item, edition=1, discussion_ko="가", discussion_en="a\r\nb",
                by=cast.officer.as_actor(), at=at,
            )  # fmt: skip
    assert (item.edition, item.discussion_en) == (2, "a\nb")


def test_a_changed_text_makes_its_translation_stale(companies, cast, at):
    item = make.drafted(companies["telegram"], cast, at=at).items[0]
    make.write(item, cast, at=at, ko="새 글", en=item.discussion_en)
    assert item.stale_language == "en"
    with transaction():
        drafting.confirm_translation(item, by=cast.officer.as_actor(), at=at)
    assert item.stale_language is None


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (OutcomeText(OutcomeKind.DECISION, "", "x"), "text_ko"),
        (OutcomeText(OutcomeKind.ACTION_ITEM, "가", "a"), "owner"),
        (OutcomeText(OutcomeKind.ACTION_ITEM, "가", "a", Side.COMPANY), "due_wall"),
        (
            OutcomeText(
                OutcomeKind.ACTION_ITEM, "가", "a", Side.COMPANY,
                datetime(2026, 3, 8, 2, 30), "America/Los_Angeles",
            ),
            "due_wall",
        ),
        (
            OutcomeText(
                OutcomeKind.ACTION_ITEM, "가", "a", Side.COMPANY, datetime(2026, 3, 8), "Mars/Base"
            ),
            "due_zone",
        ),
    ],
)  # fmt: skip
def test_an_incomplete_outcome_is_refused_at_its_field(companies, cast, at, text, field):
    item = make.opened(companies["telegram"], cast, at=at).items[0]
    with pytest.raises(FieldError) as refusal, transaction():
        outcomes.add_outcome(item, text, by=cast.officer.as_actor(), at=at)
    assert refusal.value.field == field
    assert item.outcomes == []


def test_the_same_outcome_is_not_added_twice(companies, cast, at):
    item = make.drafted(companies["telegram"], cast, at=at).items[0]
    with pytest.raises(Refused, match="already"), transaction():
        outcomes.add_outcome(item, make.action_text(), by=cast.officer.as_actor(), at=at)


def test_release_asks_the_company_and_nobody_else(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)

    assert minutes.status is MinutesStatus.WITH_COMPANY
    assert minutes.content_hash is not None
    assert minutes.deadline_at == datetime.fromisoformat("2026-03-09T23:59:59+09:00")
    assert letters("minutes:release") == {
        "delegate@telegram.example",
        "company_admin@telegram.example",
    }
    assert letters("minutes:submit") == {"head@kcsc.example"}


def test_drafts_are_not_released_without_review(companies, cast, at):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    with pytest.raises(Refused), transaction():
        service.release(minutes, by=cast.head.as_actor(), at=at)
    assert minutes.status is MinutesStatus.DRAFTING


def test_a_change_after_release_asks_again_for_the_changed_item_only(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    make.agree(minutes, cast.delegate, at=at)
    before = minutes.content_hash
    make.write(minutes.items[1], cast, at=at, ko="바뀐 글", en="Changed text")

    assert minutes.revision == 2
    assert minutes.content_hash != before
    assert [item.position for item in minutes.unanswered()] == [2]
    assert "delegate@telegram.example" in letters("minutes:change")


def test_answers_to_an_older_revision_are_refused(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    make.write(minutes.items[1], cast, at=at, ko="바뀐 글", en="Changed text")
    with pytest.raises(Refused, match="changed while"), transaction():
        service.answer(
            minutes, [Answer(minutes.items[0].id, AnswerKind.AGREE)], revision=1,
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip


def test_the_same_answers_sent_twice_are_recorded_once(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    answers = [Answer(minutes.items[0].id, AnswerKind.AGREE)]
    by = cast.delegate.as_actor()
    with transaction():
        assert service.answer(minutes, answers, revision=1, by=by, at=at) == 1
    with pytest.raises(Refused, match="recorded already"), transaction():
        service.answer(minutes, answers, revision=1, by=by, at=at)
    assert len(minutes.items[0].answers) == 1


def propose(minutes, cast, at, *, old="discussed", new="settled"):
    with transaction():
        service.answer(
            minutes,
            [Answer(minutes.items[0].id, AnswerKind.PROPOSE, old, new, "More exact")],
            revision=minutes.revision, by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    return minutes.items[0].answers[-1]


def test_a_proposal_quotes_the_text(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    with pytest.raises(FieldError) as refusal:
        propose(minutes, cast, at, old="not in the text")
    assert refusal.value.field == f"old_text_{minutes.items[0].id}"


def test_a_proposal_taken_over_changes_the_text_and_asks_again(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    answer = propose(minutes, cast, at)
    with pytest.raises(Refused), transaction():
        service.reconcile(minutes, by=cast.officer.as_actor(), at=at)
    with transaction():
        service.resolve(answer, Resolution.TAKEN_OVER, by=cast.officer.as_actor(), at=at)

    assert minutes.items[0].discussion_en == "The channel was settled."
    assert minutes.revision == 2
    assert answer.resolution is Resolution.TAKEN_OVER
    assert minutes.items[0].stale_language == "ko"
    assert [i.position for i in minutes.unanswered()] == [1, 2]


def test_a_declined_proposal_needs_a_reason_and_stays_in_the_record(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    answer = propose(minutes, cast, at)
    by = cast.officer.as_actor()
    with pytest.raises(FieldError), transaction():
        service.resolve(answer, Resolution.DECLINED, by=by, at=at)
    before = minutes.content_hash
    with transaction():
        service.resolve(answer, Resolution.DECLINED, reason="Not said so", by=by, at=at)
    assert minutes.content_hash != before
    with pytest.raises(Refused, match="decided already"), transaction():
        service.resolve(answer, Resolution.DECLINED, reason="Again", by=by, at=at)


def test_silence_is_printed_as_silence_and_accepts_nothing(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    by, later = cast.officer.as_actor(), at + timedelta(days=60)
    with pytest.raises(Refused, match="until Mon 9 Mar 2026, 23:59 to answer items 1, 2"):
        with transaction():
            service.reconcile(minutes, by=by, at=at)
    before = minutes.content_hash
    with transaction():
        service.reconcile(minutes, by=by, at=later)
    agreed = document.agreed_content(minutes)
    assert [item["no_answer"] for item in agreed["items"]] == [True, True]
    assert minutes.content_hash != before

    assert accept(minutes, cast.head, later) is False
    with transaction():
        assert actions.adopt_lapsed(minutes, by=by, at=later + timedelta(days=60)) is False
    assert minutes.status is MinutesStatus.RECONCILED
    assert accept(minutes, cast.delegate, later) is True
    printed = db.session.scalar(select(Document.content).where(Document.language == "en"))
    assert printed["items"][0]["remarks"] == [
        {
            "label": "No answer from Telegram",
            "text": "No answer by Mon 9 Mar 2026, 23:59 Seoul (UTC+09:00).",
            "detail": "Silence is recorded as silence; it is not consent.",
        }
    ]


def test_nobody_is_asked_to_accept_two_texts_of_different_age(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    make.write(minutes.items[0], cast, at=at, ko="창구를 논의하였다.", en="Only the English.")
    make.agree(minutes, cast.delegate, at=at)
    by = cast.officer.as_actor()
    with pytest.raises(Refused, match="In items 1 one language"), transaction():
        service.reconcile(minutes, by=by, at=at)
    with transaction():
        drafting.confirm_translation(minutes.items[0], by=by, at=at)
        service.reconcile(minutes, by=by, at=at)
    assert minutes.status is MinutesStatus.RECONCILED


def test_a_company_that_does_not_accept_answers_again(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    accept(minutes, cast.head, at)
    by = cast.delegate.as_actor()
    refusal = Answer(minutes.items[1].id, AnswerKind.DISAGREE, reason="We agreed to no date.")
    with transaction():
        service.answer(minutes, [refusal], revision=minutes.revision, by=by, at=at)
    assert minutes.status is MinutesStatus.WITH_COMPANY
    assert [item.answer_now().kind for item in minutes.items] == [
        AnswerKind.AGREE,
        AnswerKind.DISAGREE,
    ]
    with transaction():
        service.reconcile(minutes, by=cast.officer.as_actor(), at=at)
    assert minutes.accepted_by(Side.INSTITUTION) is None
    assert accept(minutes, cast.delegate, at) is False
    assert accept(minutes, cast.head, at) is True
    with pytest.raises(Refused, match="do not wait"), transaction():
        service.answer(minutes, [refusal], revision=minutes.revision, by=by, at=at)


def test_the_second_of_two_who_change_an_outcome_is_refused(companies, cast, at):
    outcome = make.drafted(companies["telegram"], cast, at=at).items[0].outcomes[0]
    by, seen = cast.officer.as_actor(), outcome.stamp
    with transaction():
        changed = replace(make.action_text(), text_en="Answer within 12 hours.")
        outcomes.edit_outcome(outcome, changed, seen=seen, by=by, at=at)
    with pytest.raises(OutcomeConflict) as clash, transaction():
        late = replace(make.action_text(), text_en="Answer within 36 hours.")
        outcomes.edit_outcome(outcome, late, seen=seen, by=cast.head.as_actor(), at=at)
    assert clash.value.words["text_en"] == "Answer within 12 hours."
    assert outcome.text_en == "Answer within 12 hours."
    with transaction():
        outcomes.edit_outcome(outcome, changed, seen=seen, by=by, at=at)
    assert verbs().count("minutes:edit_outcome") == 1


def test_a_proposal_is_not_decided_over_a_text_nobody_showed(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    answer = propose(minutes, cast, at)
    make.write(minutes.items[0], cast, at=at, ko="그동안", en="In the meantime")
    with pytest.raises(Conflict), transaction():
        service.resolve(
            answer, Resolution.TAKEN_OVER, edition=2, discussion_ko="가", discussion_en="b",
            by=cast.head.as_actor(), at=at,
        )  # fmt: skip
    assert minutes.items[0].discussion_en == "In the meantime"
    assert answer.resolution is None


def test_silence_is_consent_only_by_the_company_s_own_rule(companies, cast, at):
    telegram = companies["telegram"]
    with transaction():
        telegram.lapse_days = 10
    minutes = make.released(telegram, cast, at=at)
    later = at + timedelta(days=11)
    with transaction():
        service.reconcile(minutes, by=cast.officer.as_actor(), at=later)
    with transaction():
        assert actions.accept_minutes(
            minutes, content_hash=minutes.content_hash or "", by=cast.head.as_actor(), at=later
        )
    assert minutes.is_adopted_by_lapse
    content = db.session.scalar(select(Document.content).where(Document.language == "en"))
    assert "standing rule" in content["lapse"]
    assert content["items"][0]["remarks"][0]["label"] == "No answer from Telegram"


def accept(minutes, account, at, content_hash=None):
    with transaction():
        return actions.accept_minutes(
            minutes, content_hash=content_hash or minutes.content_hash or "",
            by=account.as_actor(), at=at,
        )  # fmt: skip


def test_both_sides_accept_one_hash_and_all_of_it_becomes_binding(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    assert accept(minutes, cast.delegate, at) is False
    assert minutes.status is MinutesStatus.RECONCILED
    assert accept(minutes, cast.head, at) is True

    assert (minutes.status, minutes.adopted_at) == (MinutesStatus.ADOPTED, at)
    assert {(a.side, a.name, a.capacity) for a in minutes.acceptances} == {
        (Side.COMPANY, "Representative, Telegram", "representative with capacity to bind"),
        (Side.INSTITUTION, "Head of team", "head of team"),
    }
    printed = db.session.scalars(select(Document)).all()
    assert {(d.language, d.released_at, d.company_id) for d in printed} == {
        ("ko", at, companies["telegram"].id),
        ("en", at, companies["telegram"].id),
    }
    assert [d.pdf_sha256 for d in printed] == [None, None]  # adopted first, printed next
    with transaction():
        service.print_adopted(minutes)
    assert all(files.load(d.pdf_sha256).startswith(b"%PDF-1.") for d in printed)
    items = db.session.scalars(select(ActionItem).order_by(ActionItem.id)).all()
    assert [(i.number, i.owner, i.status) for i in items] == [
        ("Telegram A-2026-001", Side.COMPANY, ActionStatus.AGREED),
        ("Telegram A-2026-002", Side.INSTITUTION, ActionStatus.AGREED),
    ]
    assert "delegate@telegram.example" in letters("minutes:adopt")
    assert verbs()[-1] == "actions:open"
    assert not any("x.example" in a for a in db.session.scalars(select(Letter.address)))


def test_nobody_accepts_another_text_twice_or_without_capacity(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    with pytest.raises(Refused, match="no longer the one"):
        accept(minutes, cast.head, at, hashlib.sha256(b"other").hexdigest())
    with pytest.raises(Refused, match="no capacity"):
        accept(minutes, cast.officer, at)
    accept(minutes, cast.head, at)
    with pytest.raises(Refused, match="accepted this text already"):
        accept(minutes, cast.head, at)
    accept(minutes, cast.company_admin, at)
    with pytest.raises(Refused, match="adopted already"):
        accept(minutes, cast.delegate, at)
    assert len(minutes.acceptances) == 2


def test_an_officer_with_capacity_in_the_delegation_may_accept(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    with transaction():
        for delegate in minutes.consultation.delegates:
            delegate.can_bind = True
    assert accept(minutes, cast.officer, at) is False
    assert minutes.acceptances[0].capacity == "Lead"


def test_an_acceptance_of_an_older_text_does_not_count(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    accept(minutes, cast.head, at)
    by = cast.officer.as_actor()
    with transaction():
        service.reopen(minutes, by=by, at=at)
    make.write(minutes.items[0], cast, at=at, ko="새 글", en="New text")
    make.agree(minutes, cast.delegate, at=at)
    with transaction():
        service.reconcile(minutes, by=by, at=at)
    assert accept(minutes, cast.delegate, at) is False
    assert accept(minutes, cast.head, at) is True
    assert len(minutes.acceptances) == 3


def test_attendance_changed_behind_the_hash_stops_the_acceptance(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    with transaction():
        minutes.consultation.delegates[0].name = "Somebody else"
    with pytest.raises(Refused, match="no longer the one"):
        accept(minutes, cast.head, at)


def test_adopted_minutes_never_change(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    by = cast.officer.as_actor()
    with pytest.raises(Refused, match="not edited"):
        make.write(minutes.items[0], cast, at=at, ko="x", en="y")
    with pytest.raises(Refused, match="not edited"), transaction():
        outcomes.remove_outcome(minutes.items[0].outcomes[0], by=by, at=at)
    with pytest.raises(Refused), transaction():
        service.reopen(minutes, by=by, at=at)
    assert db.session.scalar(select(AgendaItem.status).limit(1)) is not None


def test_a_disagreement_is_printed(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    with transaction():
        service.answer(
            minutes,
            [
                Answer(minutes.items[0].id, AnswerKind.DISAGREE, reason="We did not say this."),
                Answer(minutes.items[1].id, AnswerKind.AGREE),
            ],
            revision=1, by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
        service.reconcile(minutes, by=cast.officer.as_actor(), at=at)
    accept(minutes, cast.head, at)
    accept(minutes, cast.delegate, at)
    content = db.session.scalar(select(Document.content).where(Document.language == "ko"))
    assert content["items"][0]["remarks"][0]["text"] == "We did not say this."


def test_the_whole_life_is_in_the_audit_log_and_in_the_letters(companies, cast, at):
    telegram = ["company_admin@telegram.example", "delegate@telegram.example"]
    officers = ["officer2@kcsc.example", "officer@kcsc.example"]
    minutes = make.adopted(companies["telegram"], cast, at=at)

    assert [verb for verb in verbs() if verb.startswith(("minutes:", "actions:"))] == [
        "minutes:open", "minutes:save_item", "minutes:save_item",
        "minutes:add_outcome", "minutes:add_outcome", "minutes:add_outcome",
        "minutes:submit", "minutes:release", "minutes:answer", "minutes:reconcile",
        "minutes:accept", "minutes:accept", "minutes:adopt", "actions:open", "actions:open",
    ]  # fmt: skip
    accepted = db.session.scalars(select(AuditEvent).where(AuditEvent.verb == "minutes:accept"))
    assert [(e.account_id, e.details["side"], e.details["content_hash"]) for e in accepted] == [
        (cast.head.id, "institution", minutes.content_hash),
        (cast.delegate.id, "company", minutes.content_hash),
    ]
    assert list(audit_breaks()) == []
    told = {
        "minutes:submit": ["head@kcsc.example"],
        "minutes:release": telegram,
        "minutes:answer": officers,
        "minutes:reconcile": [*telegram, "head@kcsc.example", *officers],
        "minutes:accept": telegram,
        "minutes:adopt": [*telegram, "head@kcsc.example", *officers],
    }
    assert {kind: sorted(letters(kind)) for kind in told} == told
    proof = db.session.scalars(select(Letter.body).where(Letter.kind == "minutes:adopt")).all()
    assert all(minutes.content_hash in body for body in proof)


def test_after_a_proposal_is_taken_over_only_its_item_is_asked_again(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    by = cast.officer.as_actor()
    with transaction():
        service.answer(
            minutes, [Answer(minutes.items[1].id, AnswerKind.AGREE)], revision=1,
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    answer, before = propose(minutes, cast, at), minutes.content_hash
    with transaction():
        service.resolve(
            answer, Resolution.TAKEN_OVER, discussion_ko="창구를 정하였다.",
            discussion_en="The channel was settled.", by=by, at=at,
        )  # fmt: skip

    assert (minutes.revision, [i.position for i in minutes.unanswered()]) == (2, [1])
    assert minutes.content_hash != before
    assert minutes.items[1].answer_now().kind is AnswerKind.AGREE
    with pytest.raises(Refused, match="to answer items 1\\."), transaction():
        service.reconcile(minutes, by=by, at=at)
    make.agree(minutes, cast.delegate, at=at)
    with transaction():
        service.reconcile(minutes, by=by, at=at)
    assert document.agreed_content(minutes)["items"][0]["declined_proposals"] == []


def test_a_representative_without_capacity_does_not_accept(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    mine = select(Representative).where(Representative.account_id == cast.delegate.id)
    for field, value in (
        ("can_bind", False), ("is_confirmed", False), ("until_on", at.date() - timedelta(days=1)),
        ("from_on", at.date() + timedelta(days=1)),
    ):  # fmt: skip
        person = db.session.scalars(mine).one()
        held = getattr(person, field)
        with transaction():
            setattr(person, field, value)
        with pytest.raises(Refused, match="no capacity"):
            accept(minutes, cast.delegate, at)
        with transaction():
            setattr(person, field, held)
    for account in (cast.rival, cast.auditor, cast.commissioner, cast.operator):
        with pytest.raises(Refused, match="no capacity"):
            accept(minutes, account, at)
    assert minutes.acceptances == []
    assert accept(minutes, cast.delegate, at) is False
    assert minutes.acceptances[0].side is Side.COMPANY


def test_what_was_agreed_is_opened_once(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    before = db.session.query(ActionItem).count()
    with transaction():
        assert actions.open_agreed(minutes, by=cast.officer.as_actor(), at=at) == []
    with pytest.raises(Refused, match="adopted already"):
        accept(minutes, cast.head, at)
    assert db.session.query(ActionItem).count() == before == 2
    assert db.session.query(Document).count() == 2


def test_nothing_is_opened_of_minutes_that_are_not_adopted(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    accept(minutes, cast.head, at)
    with pytest.raises(Refused, match="through adopted minutes"), transaction():
        actions.open_agreed(minutes, by=cast.officer.as_actor(), at=at)
    assert db.session.query(ActionItem).count() == 0
    assert db.session.query(Document).count() == 0
