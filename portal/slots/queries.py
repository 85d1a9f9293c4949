"""Questions about polls: who is asked, who has answered what, which wait for whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from portal.access.actor import Actor, Role
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.consultations import queries as consultations
from portal.consultations.duties import KOREA
from portal.consultations.models import Consultation, ConsultationStatus, Delegate, Side
from portal.core.clock import SEOUL
from portal.core.db import db
from portal.core.outbox import Person
from portal.slots.models import (
    CallKind,
    Can,
    Poll,
    ProposalStatus,
    Slot,
    SlotAnswer,
    SlotCall,
    SlotProposal,
)

MOST = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A delegate who is asked, how they are written to, and the days they live by."""

    delegate: Delegate
    to: Account | Person
    key: str
    country: str


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a side say what of a slot; their names are that side's business.

    Of a delegation of one the number tells the name: so does the delegation on its page, and that
    the one person can or cannot come is what this side has to know.
    """

    side: Side
    yes: int
    if_need_be: int
    no: int
    silent: int


def of_consultation(consultation: Consultation) -> Poll | None:
    """The poll over the time of a consultation, running or over."""
    return db.session.scalar(select(Poll).where(Poll.consultation_id == consultation.id))


def running(*, at: datetime) -> Sequence[Poll]:
    """The polls that take answers at this moment."""
    return db.session.scalars(
        select(Poll)
        .join(Consultation, Consultation.id == Poll.consultation_id)
        .where(Consultation.status == ConsultationStatus.POLLING, Poll.respond_by > at)
        .order_by(Poll.id)
    ).all()


def answers(poll: Poll) -> dict[tuple[int, int], SlotAnswer]:
    """The answers the person may read, by slot and delegate."""
    rows = db.session.scalars(
        select(SlotAnswer).where(SlotAnswer.poll_id == poll.id).order_by(SlotAnswer.id)
    )
    return {(row.slot_id, row.delegate_id): row for row in rows}


def counts(poll: Poll) -> dict[tuple[int, Side], Count]:
    """How many of each side say what of each slot: of the present delegations, without names."""
    people = {delegate.id: delegate.side for delegate in poll.consultation.delegates}
    with beyond_scope("how many can come is told to both sides, who they are is not"):
        said = answers(poll)
    found = {}
    for slot in poll.slots:
        for side in Side:
            ours = [number for number, whose in people.items() if whose is side]
            given = Counter(said[slot.id, n].can for n in ours if (slot.id, n) in said)
            found[slot.id, side] = Count(
                side, given[Can.YES], given[Can.IF_NEED_BE], given[Can.NO],
                len(ours) - sum(given.values()),
            )  # fmt: skip
    return found


def unanswered(poll: Poll) -> set[int]:
    """The delegates, by number, who have not answered to every slot."""
    with beyond_scope("who is reminded does not hang on who asks"):
        said = answers(poll)
    return {
        delegate.id
        for delegate in poll.consultation.delegates
        if any((slot.id, delegate.id) not in said for slot in poll.slots)
    }


def asked(poll: Poll) -> list[Asked]:
    """Every delegate who can be written to, each address once."""
    consultation = poll.consultation
    known = {account.id: account for account in consultations.accounts_of(consultation.delegates)}
    found: dict[str, Asked] = {}
    for delegate in consultation.delegates:
        is_ours = delegate.side is Side.INSTITUTION
        country = KOREA if is_ours else consultation.company.country
        if delegate.account_id is not None:
            account = known.get(delegate.account_id)
            if account is not None:
                key = f"account:{account.id}"
                found.setdefault(key, Asked(delegate, account, key, country))
        elif delegate.email:
            person = Person(
                organisation_id=delegate.organisation_id, email=delegate.email,
                language=delegate.language or ("ko" if is_ours else "en"),
                time_zone=SEOUL.key if is_ours else consultation.company.time_zone,
            )  # fmt: skip
            key = delegate.email.lower()
            found.setdefault(key, Asked(delegate, person, key, country))
    return list(found.values())


def beside(poll: Poll) -> list[Account]:
    """Who of the company is told although they sit on no delegation: they say who comes."""
    seated = {delegate.account_id for delegate in poll.consultation.delegates}
    return [one for one in accounts.of_company(poll.company_id) if one.id not in seated]


def officers(poll: Poll) -> list[Account]:
    """Who arranges it on the institution's side: the officers of the desk, and those who sit."""
    seated = [
        one
        for one in consultations.accounts_of(poll.consultation.delegates)
        if one.role in (Role.OFFICER, Role.HEAD)
    ]
    people = [*accounts.officers_for(poll.company_id), *seated]
    return list({person.id: person for person in people}.values())


def calls(poll: Poll) -> dict[tuple[CallKind, str, datetime], datetime]:
    """When whom the poll has asked and reminded, and for which date."""
    with beyond_scope("nobody is told twice, whoever asks"):
        rows = db.session.scalars(select(SlotCall).where(SlotCall.poll_id == poll.id))
        return {(row.kind, row.recipient, row.armed_for): row.at for row in rows}


# The desk is opened more often than any other page: its questions are put together once.
TO_ANSWER = (
    select(Poll)
    .join(Consultation, Consultation.id == Poll.consultation_id)
    .join(Delegate, Delegate.consultation_id == Poll.consultation_id)
    .where(
        Consultation.status == ConsultationStatus.POLLING,
        Poll.respond_by > bindparam("at"),
        Delegate.account_id == bindparam("account_id"),
        select(func.count(Slot.id)).where(Slot.poll_id == Poll.id).scalar_subquery()
        > select(func.count(SlotAnswer.id))
        .where(SlotAnswer.poll_id == Poll.id, SlotAnswer.delegate_id == Delegate.id)
        .scalar_subquery(),
    )
    .order_by(Poll.respond_by, Poll.id)
    .limit(MOST)
)
TO_SETTLE = (
    select(Poll)
    .join(Consultation, Consultation.id == Poll.consultation_id)
    .where(
        Consultation.status == ConsultationStatus.POLLING,
        (Poll.respond_by <= bindparam("at"))
        | Poll.id.in_(
            select(SlotProposal.poll_id).where(SlotProposal.status == ProposalStatus.WAITING)
        ),
    )
    .order_by(Poll.respond_by, Poll.id)
    .limit(MOST)
)


def awaiting_answer(actor: Actor, *, at: datetime) -> Sequence[Poll]:
    """The polls that wait for this person's own answer, the first to end first."""
    return db.session.scalars(TO_ANSWER, {"at": at, "account_id": actor.account_id}).all()


def to_settle(*, at: datetime) -> Sequence[Poll]:
    """What waits for the officer: the respond-by date has passed, or a time was proposed."""
    return db.session.scalars(TO_SETTLE, {"at": at}).all()
