"""Questions about consultations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import contains_eager

from portal.access.actor import Role
from portal.access.scope import beyond_scope
from portal.accounts.models import Account, Organisation
from portal.consultations.models import (
    OVER,
    UPCOMING,
    Consultation,
    ConsultationStatus,
    Delegate,
    RsvpAnswer,
)
from portal.core.calendar import month_start, next_month
from portal.core.db import db

AGREED = (
    ConsultationStatus.SCHEDULED,
    ConsultationStatus.AGENDA_PUBLISHED,
    ConsultationStatus.IN_SESSION,
)
TO_COME = (ConsultationStatus.DRAFT, *UPCOMING)


def listed(
    *, company_id: int | None = None, status: ConsultationStatus | None = None
) -> Select[Any]:
    """Those still to come, soonest first; below them the past, newest first."""
    is_past = Consultation.status.not_in(TO_COME)
    statement = select(Consultation).order_by(
        is_past,
        case((~is_past, Consultation.starts_at)),
        Consultation.starts_at.desc(),
        Consultation.id,
    )
    if company_id is not None:
        statement = statement.where(Consultation.company_id == company_id)
    if status is not None:
        statement = statement.where(Consultation.status == status)
    return statement


def upcoming() -> Sequence[Consultation]:
    """Every consultation that is agreed on and not over, soonest first."""
    return db.session.scalars(
        select(Consultation)
        .where(Consultation.status.in_(UPCOMING))
        .order_by(Consultation.starts_at, Consultation.id)
    ).all()


def held_in(month: str) -> Sequence[Consultation]:
    """The consultations held in a month of Korean time ('2026-03'), in order."""
    return db.session.scalars(
        select(Consultation)
        .where(
            Consultation.status.in_(OVER),
            Consultation.held_at >= month_start(month),
            Consultation.held_at < month_start(next_month(month)),
        )
        .order_by(Consultation.held_at, Consultation.id)
    ).all()


def for_company(company_id: int) -> Sequence[Consultation]:
    """Every consultation with a company, the newest first."""
    return db.session.scalars(
        select(Consultation)
        .where(Consultation.company_id == company_id)
        .order_by(Consultation.starts_at.desc(), Consultation.id.desc())
    ).all()


def later_ones(consultation: Consultation) -> Sequence[Consultation]:
    """The coming consultations with the same company after this one, soonest first."""
    return db.session.scalars(
        select(Consultation)
        .where(
            Consultation.company_id == consultation.company_id,
            Consultation.status.in_(UPCOMING),
            Consultation.starts_at > consultation.starts_at,
        )
        .order_by(Consultation.starts_at, Consultation.id)
    ).all()


def previous_held(consultation: Consultation) -> Consultation | None:
    """The last consultation that was held with the same company before this one."""
    return db.session.scalar(
        select(Consultation)
        .where(
            Consultation.company_id == consultation.company_id,
            Consultation.status.in_(OVER),
            Consultation.starts_at < consultation.starts_at,
        )
        .order_by(Consultation.starts_at.desc(), Consultation.id.desc())
        .limit(1)
    )


def at_this_time(
    company_id: int, starts_at: datetime, *, but: int | None = None
) -> Consultation | None:
    """A consultation that the company has at this very time already."""
    with beyond_scope("one company cannot sit at two tables, whoever planned the other"):
        return db.session.scalar(
            select(Consultation)
            .where(
                Consultation.company_id == company_id,
                Consultation.starts_at == starts_at,
                Consultation.status.in_(UPCOMING),
                # While slots are offered none of them is taken.
                Consultation.status != ConsultationStatus.POLLING,
                Consultation.id != (but or 0),
            )
            .limit(1)
        )


def last_number(company_id: int, year: int) -> int:
    """The highest serial number of a company in a year; 0 when there is none yet."""
    with beyond_scope("serial numbers count over everybody's consultations"):
        return (
            db.session.scalar(
                select(func.max(Consultation.number)).where(
                    Consultation.company_id == company_id, Consultation.year == year
                )
            )
            or 0
        )


def possible_delegates() -> Sequence[Account]:
    """Who may sit on the institution's side: casework, the police, other agencies."""
    return db.session.scalars(
        select(Account)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .where(
            Account.role.in_((Role.HEAD, Role.OFFICER, Role.POLICE, Role.AGENCY)),
            Account.deactivated_at.is_(None),
        )
        .order_by(Organisation.kind != "institution", Organisation.id, Account.role, Account.id)
    ).all()


def leavers(*, at: datetime) -> Sequence[Delegate]:
    """Who sits on a delegation that lies ahead and has no access any more."""
    return db.session.scalars(
        select(Delegate)
        .join(Consultation, Consultation.id == Delegate.consultation_id)
        .join(Account, Account.id == Delegate.account_id)
        .where(
            Account.deactivated_at.is_not(None),
            Consultation.starts_at > at,
            Consultation.status.in_(TO_COME),
        )
        .order_by(Delegate.id)
    ).all()


def seat(delegate_id: int, uid: str) -> Delegate | None:
    """The delegate a signed link belongs to, while they sit on that consultation's delegation."""
    with beyond_scope("a signed link is its holder's way in"):
        return db.session.scalar(
            select(Delegate)
            .join(Delegate.consultation)
            .options(contains_eager(Delegate.consultation))
            .where(Delegate.id == delegate_id, Consultation.uid == uid)
        )


def answers(consultation: Consultation) -> Sequence[RsvpAnswer]:
    """Every answer that was given and that the person may know of, the newest first."""
    return db.session.scalars(
        select(RsvpAnswer)
        .where(RsvpAnswer.consultation_id == consultation.id)
        .order_by(RsvpAnswer.at.desc(), RsvpAnswer.id.desc())
    ).all()


def accounts_of(delegates: Sequence[Delegate]) -> Sequence[Account]:
    """The people of a delegation who can log in and be told of something."""
    known = [delegate.account_id for delegate in delegates if delegate.account_id]
    with beyond_scope("letters go to the other side"):
        return db.session.scalars(
            select(Account)
            .where(Account.id.in_(known), Account.deactivated_at.is_(None))
            .order_by(Account.id)
        ).all()


@dataclass(frozen=True, slots=True)
class Taken:
    """A time at which something is agreed: with whom, and which of some people sit there."""

    id: int
    company_id: int
    starts_at: datetime
    ends_at: datetime
    serial: str | None
    """None where the reader may not know of it."""
    is_known: bool
    people: tuple[tuple[int, str], ...]


def taken(
    company_id: int, first: datetime, last: datetime, *, delegates: Collection[int]
) -> list[Taken]:
    """What is agreed between two instants with the company, or with one of some people, in order."""
    overlaps = (
        Consultation.status.in_(AGREED),
        Consultation.starts_at < last,
        Consultation.ends_at > first,
    )
    with beyond_scope("whether somebody is free does not hang on who asks"):
        seats = db.session.execute(
            select(Consultation.id, Consultation.company_id, Consultation.starts_at,
                   Consultation.ends_at, Delegate.account_id, Delegate.name)
            .outerjoin(
                Delegate,
                (Delegate.consultation_id == Consultation.id) & Delegate.account_id.in_(delegates),
            )
            .where(*overlaps, (Consultation.company_id == company_id) | Delegate.id.is_not(None))
            .order_by(Consultation.starts_at, Consultation.id, Delegate.id)
        ).all()  # fmt: skip
    known: dict[int, str | None] = {}
    if seats:
        shown = select(Consultation.id, Consultation.serial)
        shown = shown.where(Consultation.id.in_({seat.id for seat in seats}))
        known = {row.id: row.serial for row in db.session.execute(shown)}
    people: dict[int, dict[tuple[int, str], None]] = {}
    for seat in seats:
        held = people.setdefault(seat.id, {})
        if seat.name:
            held[seat.account_id, seat.name] = None
    first_of = {seat.id: seat for seat in reversed(seats)}
    return [
        Taken(number, first_of[number].company_id, first_of[number].starts_at,
              first_of[number].ends_at, known.get(number), number in known, tuple(held))
        for number, held in people.items()
    ]  # fmt: skip


def clashing(
    company_id: int,
    starts_at: datetime,
    ends_at: datetime,
    *,
    delegates: Collection[int],
    but: int | None,
    among: Collection[Taken] | None = None,
) -> list[tuple[str | None, list[str]]]:
    """What else is agreed for that time with the company, or with one of some people.

    Not what the company has at this very time: that is refused, and not only awkward.

    As (serial, names of those people), in order. A consultation that the reader may not know of
    has no serial: that somebody is not free may be told, with whom they sit may not. `among` is
    what `taken` gave for a longer time, where many times are asked about at once.
    """
    if among is None:
        among = taken(company_id, starts_at, ends_at, delegates=delegates)
    found = []
    for one in among:
        if one.id == but or one.starts_at >= ends_at or one.ends_at <= starts_at:
            continue
        if one.company_id == company_id and one.starts_at == starts_at:
            continue
        names = list(dict.fromkeys(name for who, name in one.people if who in delegates))
        if names or (one.is_known and one.company_id == company_id):
            found.append((one.serial, names))
    return found
