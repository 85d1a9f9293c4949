"""Consultations and the people who sit at the table."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    false,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import Scoped, of_company
from portal.companies.models import Company
from portal.core import i18n
from portal.core.audit import canonical
from portal.core.clock import SEOUL
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.states import Moves


class ConsultationStatus(StrEnum):
    """How far a consultation has come."""

    DRAFT = "draft"
    POLLING = "polling"
    SCHEDULED = "scheduled"
    AGENDA_PUBLISHED = "agenda_published"
    IN_SESSION = "in_session"
    HELD = "held"
    CLOSED = "closed"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    NOT_HELD = "not_held"


S = ConsultationStatus
NEXT: dict[ConsultationStatus, tuple[ConsultationStatus, ...]] = {
    S.DRAFT: (S.POLLING, S.SCHEDULED),
    S.POLLING: (S.SCHEDULED, S.CANCELLED),
    S.SCHEDULED: (S.SCHEDULED, S.AGENDA_PUBLISHED, S.POSTPONED, S.CANCELLED, S.NOT_HELD),
    S.AGENDA_PUBLISHED: (S.AGENDA_PUBLISHED, S.IN_SESSION, S.POSTPONED, S.CANCELLED, S.NOT_HELD),
    S.IN_SESSION: (S.HELD,),
    S.HELD: (S.CLOSED,),
    S.CLOSED: (),
    S.POSTPONED: (S.SCHEDULED, S.CANCELLED),
    S.CANCELLED: (),
    S.NOT_HELD: (),
}
UPCOMING = (S.POLLING, S.SCHEDULED, S.AGENDA_PUBLISHED, S.IN_SESSION, S.POSTPONED)
OVER = (S.HELD, S.CLOSED)


class Side(StrEnum):
    """The two sides of the table; agencies and police sit on the institution's."""

    INSTITUTION = "institution"
    COMPANY = "company"


class Rsvp(StrEnum):
    """An invited person's answer, in the words of RFC 5545 PARTSTAT."""

    NEEDS_ACTION = "needs_action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Attendance(StrEnum):
    """Whether a person was there."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    REMOTE = "remote"
    ABSENT = "absent"


def stamp(*values: Any) -> str:
    """A short sign of how a record stood when a form was filled with it."""
    return hashlib.sha256(canonical(values).encode()).hexdigest()[:16]


class Consultation(Moves, Scoped, db.Model):
    """One face-to-face meeting with one company. Once scheduled it is never deleted."""

    __tablename__ = "consultation"
    STEPS = NEXT
    REFUSAL = _l("A consultation that is %(now)s cannot become %(to)s.")
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    year: Mapped[int | None]
    number: Mapped[int | None]
    serial: Mapped[str | None] = mapped_column(String(60), unique=True)
    status: Mapped[ConsultationStatus] = mapped_column(
        Code(ConsultationStatus), default=ConsultationStatus.DRAFT
    )
    title_ko: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    zone: Mapped[str] = mapped_column(String(60))
    wall_time: Mapped[str] = mapped_column(String(16))
    """The start as the venue's clock shows it, as it was agreed: '2026-03-26T14:00'."""
    venue: Mapped[str] = mapped_column(String(200))
    venue_country: Mapped[str] = mapped_column(String(2))
    original_starts_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_by: Mapped[Side | None] = mapped_column(Code(Side))
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    cancelled_reason: Mapped[str | None] = mapped_column(String(500))
    agenda_version: Mapped[int] = mapped_column(default=0)
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    minutes_version: Mapped[int | None]
    """The version of its minutes that both sides adopted last; none while there is none."""
    minutes_adopted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    uid: Mapped[str | None] = mapped_column(String(250), unique=True, default=lambda: str(uuid4()))
    """Its name in everybody's calendar, for life (RFC 5545, 3.8.4.7)."""
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    """Rises when time, venue or status change, and on nothing else (RFC 5546, 2.1.4)."""
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"), index=True)
    recurrence_on: Mapped[date | None] = mapped_column(Date)
    """The day that the rule of the series gave it (RFC 5545 RECURRENCE-ID), wherever it is now."""
    source: Mapped[str | None] = mapped_column(String(400))
    """Where a published consultation was reported; the badge says published."""
    is_synthetic: Mapped[bool] = mapped_column(default=False)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    company: Mapped[Company] = relationship(lazy="joined", innerjoin=True)
    delegates: Mapped[list[Delegate]] = relationship(
        back_populates="consultation", order_by="Delegate.side.desc(), Delegate.id"
    )
    history: Mapped[list[Step]] = relationship(order_by="Step.id", viewonly=True)

    __table_args__ = (
        UniqueConstraint("company_id", "year", "number"),
        Index("ix_consultation_company_starts", "company_id", "starts_at"),
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """A draft is its own side's; agencies and police see what they are invited to."""
        if actor.is_company:
            return and_(
                cls.company_id == actor.organisation_id, cls.status != ConsultationStatus.DRAFT
            )
        if actor.role in (Role.AGENCY, Role.POLICE):
            return and_(cls.id.in_(invited_to(actor)), cls.status != ConsultationStatus.DRAFT)
        return of_company(cls.company_id, actor)

    @property
    def stamp(self) -> str:
        """Changes whenever one of the things changes that a form of the room sets."""
        return stamp(self.title_ko, self.title_en, self.venue, self.venue_country,
                     self.wall_time, self.zone, self.duration, self.status)  # fmt: skip

    def is_quorate(self) -> bool:
        """Whether each side has someone with capacity to bind who has not declined."""
        return not self.sides_without_capacity()

    def sides_without_capacity(self) -> list[Side]:
        """The sides that could bind nobody: no one with capacity, or all of them declined."""
        able = {d.side for d in self.delegates if d.can_bind and d.rsvp is not Rsvp.DECLINED}
        return [side for side in Side if side not in able]

    @property
    def has_date(self) -> bool:
        """Whether it stands, or stood, on a day: not while slots are offered, nor if that failed."""
        return self.serial is not None or self.status not in (S.POLLING, S.CANCELLED)

    @property
    def label(self) -> str:
        """What it is called: its serial once it has one, before that its title."""
        if self.serial:
            return self.serial
        return _("Draft") if self.status is S.DRAFT else i18n.both(self, "title")

    @property
    def told_version(self) -> str:
        """How it stands, for letters: times it was moved (S) and versions of its agenda (A)."""
        return f"S{self.sequence or 0} A{self.agenda_version or 0}"

    @property
    def duration(self) -> int:
        """The planned length in minutes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @property
    def is_struck(self) -> bool:
        """Whether it will not take place as listed: it stays in the list, struck through."""
        return self.status in (ConsultationStatus.CANCELLED, ConsultationStatus.NOT_HELD)

    @property
    def hours_of_notice(self) -> int | None:
        """How long before the start it was called off; negative when the start had passed."""
        if self.cancelled_at is None or not self.has_date:
            return None
        return int((self.starts_at - self.cancelled_at).total_seconds() // 3600)

    def clocks(self) -> list[tuple[str, str, str]]:
        """The start on every clock that matters, the venue's first: (whose, when, which zone)."""
        owners: dict[str, list[str]] = {self.zone: [_("Venue")]}
        owners.setdefault(self.company.time_zone, []).append(i18n.both(self.company, "name"))
        owners.setdefault(SEOUL.key, []).append(_("Korea"))
        return [
            (
                ", ".join(words),
                i18n.local(self.starts_at, "instant", zone),
                i18n.zone_label(self.starts_at, zone),
            )
            for zone, words in owners.items()
        ]


class Delegate(Scoped, db.Model):
    """One person of one side's delegation. The name is kept as it was, whoever leaves later."""

    __tablename__ = "delegate"
    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    side: Mapped[Side] = mapped_column(Code(Side))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str | None] = mapped_column(String(254))
    """Where the invitation goes to somebody without an account."""
    language: Mapped[str | None] = mapped_column(String(2))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    is_lead: Mapped[bool] = mapped_column(default=False)
    can_bind: Mapped[bool] = mapped_column(default=False)
    is_interpreter: Mapped[bool] = mapped_column(default=False, server_default=false())
    rsvp: Mapped[Rsvp] = mapped_column(Code(Rsvp), default=Rsvp.NEEDS_ACTION)
    attendance: Mapped[Attendance] = mapped_column(Code(Attendance), default=Attendance.UNKNOWN)

    consultation: Mapped[Consultation] = relationship(back_populates="delegates")

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Who is planned for a draft is the own side's business, like the draft."""
        if actor.role in (Role.AGENCY, Role.POLICE):
            return cls.consultation_id.in_(invited_to(actor))
        if actor.is_company:
            draft = Consultation.__table__.alias()
            drafts = select(draft.c.id).where(draft.c.status == ConsultationStatus.DRAFT)
            return and_(
                cls.company_id == actor.organisation_id,
                cls.consultation_id.not_in(drafts.scalar_subquery()),
            )
        return of_company(cls.company_id, actor)


class RsvpAnswer(Scoped, db.Model):
    """One answer as it was given. A new time voids it and keeps it; the person may have left since."""

    __tablename__ = "rsvp_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    side: Mapped[Side] = mapped_column(Code(Side))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(120))
    rsvp: Mapped[Rsvp] = mapped_column(Code(Rsvp))
    sequence: Mapped[int]
    """Which version of time and place was answered to."""
    via: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Who on the other side wavered is the other side's business; who comes is on the page."""
        if actor.role in (Role.HEAD, Role.AUDITOR, Role.OFFICER):
            return of_company(cls.company_id, actor)
        return cls.organisation_id == actor.organisation_id


class Visitor(Scoped, db.Model):
    """What the venue's gate asks of a delegate. Erased after the consultation; the row remains."""

    __tablename__ = "visitor"
    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    delegate_id: Mapped[int | None] = mapped_column(unique=True)
    """No foreign key: who leaves the delegation leaves the residue behind."""
    sealed: Mapped[str | None] = mapped_column(Text)
    """Name as in the passport, document number, vehicle: JSON, encrypted."""
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    recorded_by: Mapped[str] = mapped_column(String(120))
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """The own organisation, and the officers who tell the gate."""
        if actor.role in (Role.HEAD, Role.AUDITOR, Role.OFFICER):
            return of_company(cls.company_id, actor)
        return cls.organisation_id == actor.organisation_id


def invited_to(actor: Actor) -> ColumnElement[int]:
    """The consultations to which the person's organisation is invited (a subquery of ids)."""
    return _invited(actor.organisation_id)


@lru_cache(maxsize=512)
def _invited(organisation_id: int | None) -> ColumnElement[int]:
    # Built once for an organisation: the wall asks for it for ten tables with every request.
    # Tables, not entities: the wall's own condition must not be narrowed by the wall again.
    delegate, consultation = Delegate.__table__.alias(), Consultation.__table__.alias()
    return (
        select(delegate.c.consultation_id)
        .select_from(delegate.join(consultation, consultation.c.id == delegate.c.consultation_id))
        .where(
            delegate.c.organisation_id == organisation_id,
            consultation.c.status != ConsultationStatus.DRAFT,
        )
        .scalar_subquery()
    )


class Step(Scoped, db.Model):
    """One step in the life of a consultation that both sides may read: its history."""

    __tablename__ = "consultation_step"
    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    what: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(Text, default="")
    by_name: Mapped[str] = mapped_column(String(120))
    by_side: Mapped[str] = mapped_column(String(20))

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role in (Role.AGENCY, Role.POLICE):
            return cls.consultation_id.in_(invited_to(actor))
        return of_company(cls.company_id, actor)
