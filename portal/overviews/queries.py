"""Questions that look over many consultations at once. Each page asks the same few, however many."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from portal.access.actor import Actor, OrganisationKind, Role
from portal.agendas.models import AgendaItem
from portal.companies.models import Company
from portal.consultations.models import (
    OVER,
    Consultation,
    ConsultationStatus,
    Side,
    Step,
)
from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.holidays import queries as known_holidays
from portal.minutes.models import Minutes

S = ConsultationStatus
MOST_FOUND = 50
MOST_WORDS = 8
LONGEST_QUERY = 100
MOVES = ("rescheduled", "postponed")
PLANNED = (S.POLLING, S.SCHEDULED, S.AGENDA_PUBLISHED, S.IN_SESSION)


ENTRY = (
    Consultation.id, Consultation.serial, Consultation.title_ko, Consultation.title_en,
    Consultation.status, Consultation.starts_at, Consultation.ends_at, Consultation.zone,
    Consultation.venue, Consultation.original_starts_at, Consultation.company_id,
    Company.name_ko, Company.name_en, Company.country,
)  # fmt: skip


def between(first: datetime, last: datetime, *, company_id: int | None = None) -> Sequence[Any]:
    """What begins, or was first to begin, in a span of time, in order; plain columns, one query."""
    statement = (
        select(*ENTRY)
        .join(Company, Company.id == Consultation.company_id)
        .where(
            # What only has slots, or was called off while it had, stands on no day.
            Consultation.status != S.POLLING,
            or_(Consultation.serial.is_not(None), Consultation.status != S.CANCELLED),
            or_(
                and_(Consultation.starts_at >= first, Consultation.starts_at < last),
                and_(
                    Consultation.original_starts_at >= first,
                    Consultation.original_starts_at < last,
                ),
            ),
        )
        .order_by(Consultation.starts_at, Consultation.id)
    )
    if company_id is not None:
        statement = statement.where(Consultation.company_id == company_id)
    return db.session.execute(statement).all()


def holidays(
    countries: Collection[str], first: date, last: date, *, language: str
) -> dict[date, list[tuple[str, str]]]:
    """The holidays of some countries by day, Korea's first: (countries, name), as in "KR US"."""
    found: dict[date, dict[str, str]] = {}
    ordered = sorted(countries, key=lambda code: (code != "KR", code))
    for country, days in known_holidays.by_country(ordered, first, last, language).items():
        for on, name in days.items():
            named = found.setdefault(on, {})
            named[name] = f"{named[name]} {country}" if name in named else country
    return {on: [(codes, name) for name, codes in named.items()] for on, named in found.items()}


@dataclass(slots=True)
class Move:
    """How a consultation was moved: by whom and how long before, the first time; how often."""

    by: Side | None = None
    notice: timedelta | None = None
    times: int = 0


@dataclass(slots=True)
class Line:
    """One consultation of a year: where it ended, how often it was moved, the notice given."""

    row: Any
    move: Move

    @property
    def is_moved(self) -> bool:
        """Whether it takes, or took, place at another time than the one first agreed."""
        return is_moved(self.row)

    @property
    def moved_by(self) -> Side | None:
        """Who moved it first, as long as it stands moved."""
        return self.move.by if self.is_moved else None

    @property
    def times_moved(self) -> int:
        """How often it was moved, as long as it stands moved."""
        return self.move.times if self.is_moved else 0

    @property
    def notice(self) -> timedelta | None:
        """How long before the start it was called off, or else moved."""
        if self.row.cancelled_at is not None:
            return self.row.starts_at - self.row.cancelled_at  # type: ignore[no-any-return]
        return self.move.notice if self.is_moved else None


@dataclass(slots=True)
class Year:
    """A company's year in numbers."""

    planned: int = 0
    held: int = 0
    moved: int = 0
    moved_by: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    postponed: int = 0
    cancelled: int = 0
    cancelled_by: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    not_held: int = 0
    shortest_notice: timedelta | None = None

    @property
    def total(self) -> int:
        """Every consultation that got a number of the year."""
        return self.planned + self.held + self.postponed + self.cancelled + self.not_held


def is_moved(row: Any) -> bool:
    """Whether it stands at another time than the one first agreed."""
    return row.original_starts_at is not None and row.original_starts_at != row.starts_at


YEAR_ENTRY = (
    Consultation.id, Consultation.serial, Consultation.title_ko, Consultation.title_en,
    Consultation.status, Consultation.starts_at, Consultation.zone,
    Consultation.original_starts_at, Consultation.cancelled_at, Consultation.cancelled_by,
    Consultation.held_at,
)  # fmt: skip


CHANGE = (
    Consultation.id, Consultation.status, Consultation.starts_at,
    Consultation.original_starts_at, Consultation.cancelled_at, Consultation.cancelled_by,
)  # fmt: skip


def _of_year(company_id: int, year: int) -> ColumnElement[bool]:
    return and_(Consultation.company_id == company_id, Consultation.year == year)


IS_MOVED = Consultation.original_starts_at != Consultation.starts_at


def moves_of(company_id: int, year: int) -> dict[int, Move]:
    """What the steps and the log say of each consultation of the year that was moved."""
    moved = and_(_of_year(company_id, year), IS_MOVED)
    steps = db.session.execute(
        select(Step.consultation_id, Step.at, Step.by_side, Consultation.original_starts_at)
        .join(Consultation, Consultation.id == Step.consultation_id)
        .where(moved, Step.what.in_(MOVES))
        .order_by(Step.id)
    )
    found: dict[int, Move] = {}
    for step in steps:
        move = found.setdefault(step.consultation_id, Move())
        if move.times == 0:
            move.notice, move.by = step.original_starts_at - step.at, _side(step.by_side)
        move.times += 1
    asked = db.session.execute(
        select(AuditEvent.subject_id, AuditEvent.details)
        .join(Consultation, Consultation.id == AuditEvent.subject_id)
        .where(
            moved,
            AuditEvent.subject == Consultation.__tablename__,
            AuditEvent.verb == "consultations:postponed",
        )
        .order_by(AuditEvent.id.desc())
    )
    for subject_id, details in asked:
        side = _side(str(details.get("side", "")))
        # Who presses the button is always the officer; the log knows which side asked for it.
        if side is not None:
            found.setdefault(subject_id, Move()).by = side
    return found


def lines_of(
    company_id: int,
    year: int,
    moves: Mapping[int, Move],
    *,
    first: int = 0,
    most: int | None = None,
) -> list[Line]:
    """The consultations that have a number of the year, by number, with what became of each:
    all, or `most` of them from the place `first` on."""
    rows = db.session.execute(
        select(*YEAR_ENTRY)
        .where(_of_year(company_id, year))
        .order_by(Consultation.number)
        .offset(first)
        .limit(most)
    )
    none = Move()
    return [Line(row, moves.get(row.id, none)) for row in rows]


def _side(word: str) -> Side | None:
    return Side(word) if word in list(Side) else None


def sums_of(company_id: int, year: int, moves: Mapping[int, Move]) -> Year:
    """A company's year in numbers. Single rows are read only of what was moved or cancelled."""
    ours = _of_year(company_id, year)
    counts = db.session.execute(
        select(Consultation.status, func.count()).where(ours).group_by(Consultation.status)
    )
    sums = Year()
    for status, count in counts:
        if status in OVER:
            sums.held += count
        elif status is S.CANCELLED:
            sums.cancelled += count
        elif status is S.NOT_HELD:
            sums.not_held += count
        elif status is S.POSTPONED:
            sums.postponed += count
        else:
            sums.planned += count
    changed = db.session.execute(
        select(*CHANGE).where(ours, or_(IS_MOVED, Consultation.status == S.CANCELLED))
    )
    none = Move()
    for row in changed:
        line = Line(row, moves.get(row.id, none))
        if line.is_moved:
            sums.moved += 1
            if line.moved_by is not None:
                sums.moved_by[line.moved_by] += 1
        if row.status is not S.CANCELLED:
            continue
        if row.cancelled_by is not None:
            sums.cancelled_by[row.cancelled_by] += 1
        if line.notice is not None:
            known = sums.shortest_notice
            sums.shortest_notice = line.notice if known is None else min(known, line.notice)
    return sums


def years_of_all(year: int) -> Sequence[Any]:
    """The numbers of a year for every company that the person may know of; one query."""

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(case((condition, 1)))

    C = Consultation
    return db.session.execute(
        select(
            Company.id, Company.name_ko, Company.name_en,
            func.count(C.id).label("total"),
            count(C.status.in_(PLANNED)).label("planned"),
            count(C.status.in_(OVER)).label("held"),
            count(C.original_starts_at != C.starts_at).label("moved"),
            count(C.status == S.POSTPONED).label("postponed"),
            count((C.status == S.CANCELLED) & (C.cancelled_by == Side.INSTITUTION)).label("by_us"),
            count((C.status == S.CANCELLED) & (C.cancelled_by == Side.COMPANY)).label("by_them"),
            count(C.status == S.NOT_HELD).label("not_held"),
        )
        .join(C, C.company_id == Company.id)
        .where(C.year == year)
        .group_by(Company.id, Company.name_ko, Company.name_en)
        .order_by(Company.name_en)
    ).all()  # fmt: skip


def words_of(query: str) -> list[str]:
    """The words searched for: composed letters, no signs that nobody sees, not too many."""
    text = unicodedata.normalize("NFC", query)[:LONGEST_QUERY]
    visible = "".join(sign if sign.isprintable() else " " for sign in text)
    return visible.split()[:MOST_WORDS]


def _all_words(words: Sequence[str], *columns: Any) -> ColumnElement[bool]:
    """Every word stands in one of the columns, in whatever case; % and _ are ordinary signs."""
    return and_(*(or_(*(c.icontains(word, autoescape=True) for c in columns)) for word in words))


def consultations_with(words: Sequence[str]) -> Any:
    """The consultations in whose number, titles, venue or company the words stand, newest first."""
    return (
        select(*ENTRY)
        .join(Company, Company.id == Consultation.company_id)
        .where(
            _all_words(
                words, Consultation.serial, Consultation.title_ko, Consultation.title_en,
                Consultation.venue, Company.name_ko, Company.name_en,
            )
        )
        .order_by(Consultation.starts_at.desc(), Consultation.id.desc())
    )  # fmt: skip


def items_with(words: Sequence[str]) -> Any:
    """The agenda items in whose titles the words stand, newest consultation first."""
    return (
        select(
            AgendaItem.id, AgendaItem.title_ko, AgendaItem.title_en, AgendaItem.kind,
            AgendaItem.status, Consultation.id.label("consultation_id"), Consultation.serial,
            Consultation.starts_at, Consultation.status.label("consultation_status"),
        )
        .join(Consultation, Consultation.id == AgendaItem.consultation_id)
        .where(_all_words(words, AgendaItem.title_ko, AgendaItem.title_en))
        .order_by(Consultation.starts_at.desc(), AgendaItem.position, AgendaItem.id)
    )  # fmt: skip


def counted(statement: Any) -> int:
    """How many rows a question has in all."""
    inner = statement.order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(inner)) or 0


def steps_of(consultation_id: int) -> Sequence[Step]:
    """The steps of a consultation that both sides read, in order."""
    return db.session.scalars(
        select(Step).where(Step.consultation_id == consultation_id).order_by(Step.at, Step.id)
    ).all()


def acts_of(consultation_id: int, actor: Actor, *, most: int) -> Sequence[AuditEvent]:
    """What the reader's own side did about a consultation, its agenda and its minutes, by the log.

    The auditor reads everybody's acts; the institution's side those of the clock with its own; an
    organisation beside the two its own. The newest `most` of them, oldest first.
    """
    items = AgendaItem.__table__
    # A record under an embargo is known to those it names only, also by what was done with it.
    known = select(Minutes.id).where(
        Minutes.consultation_id == consultation_id, Minutes.visible_to(actor)
    )
    about = or_(
        and_(AuditEvent.subject == Consultation.__tablename__,
             AuditEvent.subject_id == consultation_id),
        and_(AuditEvent.subject == items.name, AuditEvent.subject_id.in_(
            select(items.c.id).where(items.c.consultation_id == consultation_id))),
        and_(AuditEvent.subject == Minutes.__tablename__, AuditEvent.subject_id.in_(known)),
    )  # fmt: skip
    statement = select(AuditEvent).where(about).order_by(AuditEvent.id.desc()).limit(most)
    if actor.role is not Role.AUDITOR:
        own = AuditEvent.organisation_id == actor.organisation_id
        if actor.kind is OrganisationKind.INSTITUTION:
            own = or_(own, AuditEvent.organisation_id.is_(None))
        statement = statement.where(own)
    return db.session.scalars(statement).all()[::-1]
