"""Questions about reminders: who is told of what, what was sent, which letters prove it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import OrganisationKind, Role
from portal.access.permissions import Permission
from portal.access.policy import allows
from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.companies.models import Company
from portal.consultations.duties import KOREA, STANDARD, Duty, DutyKind, Rule, Whom
from portal.consultations.models import (
    OVER,
    Consultation,
    ConsultationStatus,
    Delegate,
    Rsvp,
    Side,
)
from portal.core.clock import SEOUL
from portal.core.db import db
from portal.core.i18n import both
from portal.minutes.models import Minutes, MinutesStatus
from portal.reminders.models import (
    Proof,
    Reminder,
    about_company,
    about_consultation,
    recipient_key,
)

S = ConsultationStatus
FIXED = (S.SCHEDULED, S.AGENDA_PUBLISHED)
"""Only what has a date that stands is reminded of."""
HORIZON = timedelta(days=150)
NEEDED = {
    DutyKind.AGENDA_CUT_OFF: Permission.AGENDAS_PROPOSE,
    DutyKind.MINUTES_DUE: Permission.MINUTES_DRAFT,
    DutyKind.MINUTES_ANSWER: Permission.MINUTES_ANSWER,
}
"""What a person must be able to do to be told of a duty that asks them to do something."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person who can be written to, with the days and the clock they live by."""

    id: int | None
    organisation_id: int
    email: str
    language: str
    time_zone: str
    name: str
    side: Side
    country: str
    key: str
    role: Role | None
    delegate: Delegate | None


def to_look_at(*, at: datetime) -> Sequence[Consultation]:
    """The consultations that something may fall due for: those to come and those just held."""
    return db.session.scalars(
        select(Consultation)
        .where(
            or_(
                Consultation.status.in_(FIXED)
                & (Consultation.starts_at > at)
                & (Consultation.starts_at < at + HORIZON),
                Consultation.status.in_(OVER) & (Consultation.held_at > at - HORIZON),
            )
        )
        .order_by(Consultation.starts_at, Consultation.id)
    ).all()


def minutes_of(consultation: Consultation) -> Minutes | None:
    """The minutes of a consultation, if somebody has begun them."""
    with beyond_scope("whether minutes are due does not hang on who asks"):
        return db.session.scalar(select(Minutes).where(Minutes.consultation_id == consultation.id))


def people_around(consultation: Consultation) -> list[Recipient]:
    """Everyone who may be told of a duty: both delegations, the company's people, its officers."""
    delegates = {d.account_id: d for d in consultation.delegates if d.account_id is not None}
    with beyond_scope("letters go to both sides"):
        accounts = db.session.scalars(
            select(Account)
            .options(joinedload(Account.desks))
            .where(
                Account.deactivated_at.is_(None),
                or_(
                    Account.organisation_id == consultation.company_id,
                    Account.id.in_(list(delegates)),
                    Account.role == Role.OFFICER,
                ),
            )
            .order_by(Account.id)
        )
        known = list(accounts.unique())
    officers = {a.id for a in _officers(known, consultation.company_id)}
    people = [
        _person(account, delegates.get(account.id), consultation)
        for account in known
        if account.role is not Role.OFFICER or account.id in delegates or account.id in officers
    ]
    written_to = {person.email.lower() for person in people}
    by_mail = [
        d
        for d in consultation.delegates
        if d.account_id is None and d.email and d.email.strip().lower() not in written_to
    ]
    return people + [_without_account(delegate, consultation) for delegate in by_mail]


def _officers(accounts: Sequence[Account], company_id: int) -> list[Account]:
    """Those on whose desk the company is; where nobody's, those without desks."""
    officers = [a for a in accounts if a.role is Role.OFFICER]
    mine = [a for a in officers if any(desk.company_id == company_id for desk in a.desks)]
    return mine or [a for a in officers if not a.desks]


def _person(account: Account, delegate: Delegate | None, about: Consultation) -> Recipient:
    of_company = account.organisation.kind is OrganisationKind.COMPANY
    return Recipient(
        id=account.id, organisation_id=account.organisation_id, email=account.email,
        language=account.language, time_zone=account.time_zone, name=both(account, "name"),
        side=Side.COMPANY if of_company else Side.INSTITUTION,
        country=about.company.country if of_company else KOREA,
        key=recipient_key(account, account.email), role=account.role, delegate=delegate,
    )  # fmt: skip


def _without_account(delegate: Delegate, about: Consultation) -> Recipient:
    ours = delegate.side is Side.INSTITUTION
    address = (delegate.email or "").strip()
    return Recipient(
        id=None, organisation_id=delegate.organisation_id, email=address,
        language=delegate.language or ("ko" if ours else "en"),
        time_zone=SEOUL.key if ours else about.company.time_zone, name=delegate.name,
        side=delegate.side, country=KOREA if ours else about.company.country,
        key=recipient_key(None, address), role=None, delegate=delegate,
    )  # fmt: skip


def told_of(rule: Rule, people: Iterable[Recipient], consultation: Consultation) -> list[Recipient]:
    """Who of the people around a consultation is told of a duty, as things stand now."""
    people = list(people)
    told: list[Recipient] = []
    for side in Side:
        if rule.whom is Whom.INSTITUTION and side is not Side.INSTITUTION:
            continue
        if rule.whom is Whom.COMPANY and side is not Side.COMPANY:
            continue
        ours = [person for person in people if person.side is side]
        if rule.whom is Whom.UNANSWERED:
            told += _unanswered(ours, consultation, side)
        else:
            told += _on_duty(ours, side)
    needed = NEEDED.get(rule.kind)
    return [p for p in told if needed is None or allows(p.role, needed)]


def _unanswered(ours: list[Recipient], consultation: Consultation, side: Side) -> list[Recipient]:
    named = [d for d in consultation.delegates if d.side is side]
    waiting = [d for d in named if d.rsvp is Rsvp.NEEDS_ACTION]
    if named and not waiting:
        return []
    reached = [p for p in ours if p.delegate is not None and p.delegate.rsvp is Rsvp.NEEDS_ACTION]
    # Where nobody can be asked in person, whoever answers for the side is asked.
    return reached or [p for p in ours if p.delegate is None or not _is_off(p)]


def _on_duty(ours: list[Recipient], side: Side) -> list[Recipient]:
    coming = [p for p in ours if p.delegate is not None and not _is_off(p)]
    if side is Side.INSTITUTION:
        # The officers of the desk arrange it all, whether they sit at the table or not.
        return [p for p in ours if p in coming or (p.delegate is None and p.role is Role.OFFICER)]
    return coming or ours


def _is_off(person: Recipient) -> bool:
    return person.delegate is not None and person.delegate.rsvp is Rsvp.DECLINED


def sent_for(consultation_id: int) -> Sequence[Reminder]:
    """Every reminder of a consultation that was sent, in order."""
    return db.session.scalars(
        select(Reminder)
        .where(Reminder.consultation_id == consultation_id)
        .order_by(Reminder.sent_at, Reminder.id)
    ).all()


def already_told(consultation_id: int) -> set[tuple[DutyKind, str, datetime]]:
    """What was said to whom and for which time, as the key that makes it once."""
    with beyond_scope("nobody is told twice, whoever asks"):
        return {(r.kind, r.recipient, r.armed_for) for r in sent_for(consultation_id)}


def all_duties() -> dict[int | None, dict[DutyKind, Duty]]:
    """Every rule the administrator set, by company; None is what holds for all."""
    held: dict[int | None, dict[DutyKind, Duty]] = {}
    for duty in db.session.scalars(select(Duty).order_by(Duty.company_id, Duty.id)):
        held.setdefault(duty.company_id, {})[duty.kind] = duty
    return held


def duty(kind: DutyKind, company_id: int | None) -> Duty | None:
    """The rule the administrator set for a company, or for all, if any."""
    ours = Duty.company_id.is_(None) if company_id is None else Duty.company_id == company_id
    return db.session.scalar(select(Duty).where(Duty.kind == kind, ours))


def standard(kind: DutyKind, held: dict[int | None, dict[DutyKind, Duty]]) -> Rule:
    """What holds for every company without a rule of its own."""
    changed = held.get(None, {}).get(kind)
    return changed.as_rule() if changed is not None else STANDARD[kind]


def letters(
    *,
    company_id: int | None = None,
    consultation_id: int | None = None,
    address: str = "",
    state: str = "",
) -> Select[Any]:
    """The letters the person may know of, the newest first, narrowed as asked."""
    statement = select(Proof).order_by(Proof.id.desc())
    if company_id is not None:
        statement = statement.where(about_company(company_id))
    if consultation_id is not None:
        statement = statement.where(about_consultation(consultation_id))
    if address:
        statement = statement.where(func.lower(Proof.address) == address.strip().lower())
    if state == "sent":
        statement = statement.where(Proof.sent_at.is_not(None))
    elif state == "waiting":
        statement = statement.where(Proof.sent_at.is_(None), Proof.replaced_by_id.is_(None))
    return statement


def letters_about(consultation_id: int, *, most: int) -> Sequence[Proof]:
    """The letters about a consultation in the order in which they were written."""
    return db.session.scalars(
        select(Proof).where(about_consultation(consultation_id)).order_by(Proof.id).limit(most)
    ).all()


def addresses() -> Sequence[str]:
    """Everyone to whom a letter went that the person may know of."""
    return db.session.scalars(
        select(Proof.address).distinct().order_by(Proof.address).limit(500)
    ).all()


def consultations_with_letters() -> Sequence[Any]:
    """Number and serial of the consultations to choose from, the newest first."""
    return db.session.execute(
        select(Consultation.id, Consultation.serial)
        .where(Consultation.serial.is_not(None))
        .order_by(Consultation.starts_at.desc())
        .limit(300)
    ).all()


def company(company_id: int) -> Company | None:
    """A company that the person may know of."""
    return db.session.scalar(select(Company).where(Company.id == company_id))


AWAITING_ANSWER = (MinutesStatus.WITH_COMPANY, MinutesStatus.RECONCILED)
NOT_RELEASED = (MinutesStatus.DRAFTING, MinutesStatus.INTERNAL_REVIEW)
