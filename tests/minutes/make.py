"""Makes consultations that were held, and minutes in every state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from portal.accounts.models import Account
from portal.actions import service as actions
from portal.agendas.models import AgendaItem, ItemKind, ItemStatus
from portal.companies.models import Company
from portal.consultations.models import (
    Attendance,
    Consultation,
    ConsultationStatus,
    Delegate,
    Rsvp,
    Side,
)
from portal.core.db import db, transaction
from portal.minutes import drafting, outcomes, service
from portal.minutes.models import AnswerKind, Minutes, MinutesItem, OutcomeKind
from portal.minutes.outcomes import OutcomeText
from portal.minutes.service import Answer


def held(company: Company, cast: Any, *, at: datetime, number: int = 1) -> Consultation:
    """A consultation held three hours ago, with two accepted agenda items and both sides there."""
    representative = cast.delegate if company.slug == "telegram" else cast.rival
    with transaction():
        consultation = Consultation(
            company_id=company.id, year=2026, number=number,
            serial=f"{company.name_en} 2026-{number:02d}", status=ConsultationStatus.HELD,
            title_ko="정기 대면협의", title_en="Regular consultation",
            starts_at=at - timedelta(hours=3), ends_at=at - timedelta(hours=1),
            zone="Asia/Singapore", wall_time="2026-03-02T06:00", venue="Conference room 3",
            venue_country="SG", held_at=at - timedelta(hours=1), is_synthetic=True,
        )  # fmt: skip
        db.session.add(consultation)
        db.session.flush()
        for side, account in ((Side.INSTITUTION, cast.officer), (Side.COMPANY, representative)):
            db.session.add(
                Delegate(
                    consultation_id=consultation.id, company_id=company.id, side=side,
                    organisation_id=account.organisation_id, account_id=account.id,
                    name=account.name_en, title="Lead", is_lead=True, can_bind=False,
                    rsvp=Rsvp.ACCEPTED, attendance=Attendance.PRESENT,
                )
            )  # fmt: skip
        for position, (ko, en, status) in enumerate(
            (
                ("신고 창구", "Reporting channel", ItemStatus.ACCEPTED),
                ("거절된 안건", "Declined point", ItemStatus.DECLINED),
                ("삭제 기한", "Time to removal", ItemStatus.ACCEPTED),
            ),
            start=1,
        ):
            db.session.add(
                AgendaItem(
                    consultation_id=consultation.id, company_id=company.id, position=position,
                    kind=ItemKind.DISCUSSION, title_ko=ko, title_en=en, status=status,
                    proposed_by=Side.INSTITUTION, proposed_at=at - timedelta(days=9),
                )
            )  # fmt: skip
    return consultation


def opened(company: Company, cast: Any, *, at: datetime, number: int = 1) -> Minutes:
    """Minutes just opened."""
    consultation = held(company, cast, at=at, number=number)
    with transaction():
        return drafting.open_minutes(consultation, by=cast.officer.as_actor(), at=at)


def action_text(owner: Side = Side.COMPANY, due: datetime | None = None) -> OutcomeText:
    """An action outcome, due at the end of March in Singapore unless told."""
    return OutcomeText(
        OutcomeKind.ACTION_ITEM,
        "24시간 안에 답변한다.",
        "Answer within 24 hours.",
        owner=owner,
        due_wall=due or datetime(2026, 3, 31, 18, 0),
        due_zone="Asia/Singapore",
        required_evidence="A written procedure",
    )


def write(item: MinutesItem, cast: Any, *, at: datetime, ko: str, en: str) -> None:
    """Save the discussion of an item."""
    with transaction():
        drafting.save_item(
            item, edition=item.edition, discussion_ko=ko, discussion_en=en,
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip


def drafted(company: Company, cast: Any, *, at: datetime, number: int = 1) -> Minutes:
    """Minutes written down, with one action item of each side."""
    minutes = opened(company, cast, at=at, number=number)
    write(minutes.items[0], cast, at=at, ko="창구를 논의하였다.", en="The channel was discussed.")
    write(minutes.items[1], cast, at=at, ko="기한을 논의하였다.", en="The time was discussed.")
    with transaction():
        by = cast.officer.as_actor()
        outcomes.add_outcome(minutes.items[0], action_text(), by=by, at=at)
        outcomes.add_outcome(
            minutes.items[1],
            OutcomeText(OutcomeKind.DECISION, "매월 확인한다.", "Checked every month."),
            by=by,
            at=at,
        )
        outcomes.add_outcome(minutes.items[1], action_text(Side.INSTITUTION), by=by, at=at)
    return minutes


def released(company: Company, cast: Any, *, at: datetime, number: int = 1) -> Minutes:
    """Minutes that are with the company."""
    minutes = drafted(company, cast, at=at, number=number)
    with transaction():
        service.submit_for_review(minutes, by=cast.officer.as_actor(), at=at)
        service.release(minutes, by=cast.head.as_actor(), at=at)
    return minutes


def agree(minutes: Minutes, account: Account, *, at: datetime) -> None:
    """The company agrees to every item it has not answered."""
    with transaction():
        answers = [Answer(item.id, AnswerKind.AGREE) for item in minutes.unanswered()]
        service.answer(minutes, answers, revision=minutes.revision, by=account.as_actor(), at=at)


def reconciled(company: Company, cast: Any, *, at: datetime, number: int = 1) -> Minutes:
    """Minutes to which the company agreed in every item."""
    minutes = released(company, cast, at=at, number=number)
    agree(minutes, cast.delegate if company.slug == "telegram" else cast.rival, at=at)
    with transaction():
        service.reconcile(minutes, by=cast.officer.as_actor(), at=at)
    return minutes


def adopted(company: Company, cast: Any, *, at: datetime, number: int = 1) -> Minutes:
    """Minutes that both sides accepted; their action items are open."""
    minutes = reconciled(company, cast, at=at, number=number)
    representative = cast.delegate if company.slug == "telegram" else cast.rival
    for account in (cast.head, representative):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash or "", by=account.as_actor(), at=at
            )
    with transaction():
        service.print_adopted(minutes)
    return minutes
