"""The rule of regular consultations, and the days of it that are left out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import NOTHING, Scoped, of_company
from portal.companies.models import Company
from portal.core.db import Code, UTCDateTime, db
from portal.series.rule import Rule, ShortMonth, Unit


def of_both_sides(company_id: Any, actor: Actor) -> ColumnElement[bool]:
    """A rule is for those who sit there each time, not for who is invited to one consultation."""
    if actor.role in (Role.AGENCY, Role.POLICE):
        return NOTHING
    return of_company(company_id, actor)


class Series(Scoped, db.Model):
    """Consultations with one company by a rule. What has taken place or was moved stays as it is."""

    __tablename__ = "series"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    title_ko: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    unit: Mapped[Unit] = mapped_column(Code(Unit))
    every: Mapped[int]
    weekday: Mapped[int]
    """0 is Monday."""
    position: Mapped[int]
    """Which of the month's such weekdays: 1 to 4, or -1 for the last (RFC 5545 BYDAY)."""
    day: Mapped[int]
    short_month: Mapped[ShortMonth] = mapped_column(Code(ShortMonth))
    first_on: Mapped[date] = mapped_column(Date)
    until_on: Mapped[date | None] = mapped_column(Date)
    time: Mapped[str] = mapped_column(String(5))
    """The start on the clock of the anchor zone, such as '09:00'."""
    duration: Mapped[int]
    zone: Mapped[str] = mapped_column(String(60))
    """The anchor: the zone whose clock the rule follows through every change."""
    venue: Mapped[str] = mapped_column(String(200))
    venue_country: Mapped[str] = mapped_column(String(2))
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"))
    """The series of which this one is the changed rest."""
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    company: Mapped[Company] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_both_sides(cls.company_id, actor)

    @property
    def rule(self) -> Rule:
        """The rule by itself."""
        return Rule(self.unit, self.every, self.weekday, self.position, self.day, self.short_month)


class LeftOut(Scoped, db.Model):
    """A day of a rule on which there is no consultation, and why."""

    __tablename__ = "series_left_out"
    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    on: Mapped[date] = mapped_column("day", Date)
    why: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("series_id", "day"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_both_sides(cls.company_id, actor)
