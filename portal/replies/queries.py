"""Questions about messages, and whom and what they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import OrganisationKind
from portal.access.scope import beyond_scope
from portal.accounts.models import Account, Organisation
from portal.companies.models import Representative
from portal.consultations.models import Consultation, ConsultationStatus, Delegate
from portal.core.db import db
from portal.replies.models import Message, Outcome

OPEN = (ConsultationStatus.SCHEDULED, ConsultationStatus.AGENDA_PUBLISHED)
"""The states in which a consultation has a date that people answer to."""


def _is_waiting() -> Any:
    """What an officer has to look at. A proposed time waits until another time is set."""
    undecided = and_(
        Message.outcome == Outcome.PROPOSED,
        Consultation.sequence == Message.sequence,
        Consultation.status.in_(OPEN),
    )
    return and_(Message.settled_at.is_(None), or_(Message.outcome == Outcome.QUEUED, undecided))


def listed(*, only_waiting: bool = True) -> Select[Any]:
    """The messages the person may know of: what waits, the oldest first; or all, the newest."""
    statement = (
        select(Message)
        .outerjoin(Consultation, Consultation.id == Message.consultation_id)
        .options(joinedload(Message.consultation), joinedload(Message.company))
    )
    if only_waiting:
        return statement.where(_is_waiting()).order_by(Message.received_at, Message.id)
    return statement.order_by(Message.received_at.desc(), Message.id.desc())


def waiting() -> int:
    """How many messages wait for an officer."""
    return (
        db.session.scalar(
            select(func.count(Message.id))
            .outerjoin(Consultation, Consultation.id == Message.consultation_id)
            .where(_is_waiting())
        )
        or 0
    )


def is_waiting(message: Message) -> bool:
    """Whether one message waits for an officer; judged as in the list."""
    if message.settled_at is not None:
        return False
    about = message.consultation
    return message.outcome is Outcome.QUEUED or (
        message.outcome is Outcome.PROPOSED
        and about is not None
        and about.sequence == message.sequence
        and about.status in OPEN
    )


def is_known(fingerprint: str) -> bool:
    """Whether a mail came in before."""
    return (
        db.session.scalar(select(Message.id).where(Message.fingerprint == fingerprint)) is not None
    )


def by_uid(uid: str) -> Consultation | None:
    """The consultation that an invitation was sent for; of a draft none was."""
    named = Consultation.uid == uid
    number = uid.removeprefix("consultation-")
    if number != uid and number.isdecimal() and len(number) < 10:  # from before they had names
        named = and_(Consultation.uid.is_(None), Consultation.id == int(number))
    with beyond_scope("a mail is matched with whatever it is about"):
        return db.session.scalar(
            select(Consultation).where(named, Consultation.status != ConsultationStatus.DRAFT)
        )


def company_of(address: str) -> int | None:
    """The company that an address belongs to: one that logs in, or speaks for it."""
    with beyond_scope("a mail is matched with whoever sent it"):
        found = db.session.scalar(
            select(Account.organisation_id)
            .join(Organisation, Organisation.id == Account.organisation_id)
            .where(Account.email == address, Organisation.kind == OrganisationKind.COMPANY)
        )
        return found or db.session.scalar(
            select(Representative.company_id)
            .where(func.lower(Representative.email) == address)
            .order_by(Representative.id)
            .limit(1)
        )


def last_answer(consultation_id: int, sender: str) -> Message | None:
    """The last answer or proposal of a person's calendar program that counted, by its own stamp."""
    return db.session.scalar(
        select(Message)
        .where(
            Message.consultation_id == consultation_id,
            Message.sender == sender,
            Message.outcome.in_((Outcome.ANSWERED, Outcome.PROPOSED)),
        )
        .order_by(Message.stamped_at.desc(), Message.id.desc())
        .limit(1)
    )


def delegates_to_answer_for(message: Message, *, at: datetime) -> Sequence[Delegate]:
    """Whose answer an officer may set by hand from a message: of its consultation, else of every
    coming one with the company it came from, else of all coming ones."""
    statement = (
        select(Delegate)
        .join(Consultation, Consultation.id == Delegate.consultation_id)
        .options(joinedload(Delegate.consultation))
        .where(Consultation.status.in_(OPEN), Consultation.starts_at > at)
        .order_by(Consultation.starts_at, Delegate.side, Delegate.id)
        .limit(300)
    )
    if message.consultation_id is not None:
        statement = statement.where(Delegate.consultation_id == message.consultation_id)
    elif message.company_id is not None:
        statement = statement.where(Delegate.company_id == message.company_id)
    return db.session.scalars(statement).all()


def to_erase(*, before: datetime) -> Sequence[Message]:
    """Messages with words that nobody needs any more: old, and not waiting for an officer."""
    is_queued = and_(Message.outcome == Outcome.QUEUED, Message.settled_at.is_(None))
    return db.session.scalars(
        select(Message)
        .where(Message.text_sealed.is_not(None), Message.received_at < before, ~is_queued)
        .order_by(Message.id)
        .limit(1000)
    ).all()
