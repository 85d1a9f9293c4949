"""Companies, platforms, representatives, seniors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint, false, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped, of_company
from portal.accounts.models import Account
from portal.core import charts
from portal.core.db import db
from portal.core.errors import FieldError
from portal.core.i18n import both, day
from portal.core.i18n import gettext as _


def known(company_id: ColumnElement[int], actor: Actor) -> ColumnElement[bool]:
    """Who may know that a company takes part: itself, and the Korean side (officers: desks)."""
    if actor.role is None:
        return NOTHING
    if actor.is_company or actor.role is Role.OFFICER:
        return of_company(company_id, actor)
    return EVERYTHING


@dataclass(frozen=True, slots=True)
class Named:
    """A company under the name that it had on a day."""

    name_ko: str
    name_en: str


@dataclass(frozen=True, slots=True)
class PlatformChange:
    """A platform that came to a company, or left it, from a day on."""

    platform: Named
    from_on: date
    has_come: bool

    @property
    def words(self) -> str:
        """The change in the language that is spoken."""
        said = {"platform": both(self.platform, "name"), "day": day(self.from_on)}
        if self.has_come:
            return _("with platform %(platform)s from %(day)s", **said)
        return _("without platform %(platform)s from %(day)s", **said)


@dataclass(frozen=True, slots=True)
class NameChange:
    """The name that a company gave up, and the last day on which it bore it."""

    before: Named
    until_on: date

    @property
    def words(self) -> str:
        """The change in the language that is spoken."""
        return _(
            "until %(day)s called %(before)s",
            before=both(self.before, "name"),
            day=day(self.until_on),
        )


def _usual_look(context: Any) -> int:
    return charts.free_place(context.get_current_parameters()["slug"])


class Company(Scoped, db.Model):
    """The other side of the table: a legal person. Its id is that of its organisation."""

    __tablename__ = "company"
    id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name_ko: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    time_zone: Mapped[str] = mapped_column(String(60))
    has_korean_office: Mapped[bool]
    lapse_days: Mapped[int | None]
    """Days after which silence on minutes counts as consent, if the company agreed to that rule."""
    is_sandbox: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Made up for developers to try the API against: it is on no list, no card and in no report."""
    look: Mapped[int] = mapped_column(default=_usual_look, server_default="0")
    """How it is drawn in every chart, for ever (`charts.kept_look`)."""

    ended_on: Mapped[date | None]
    """Its last day (in Seoul) where it merged into another; it owes nothing new after it."""
    successor_id: Mapped[int | None] = mapped_column(
        ForeignKey("company.id", name="fk_company_successor_id_company")
    )

    platforms: Mapped[list[Platform]] = relationship(
        back_populates="company", order_by="Platform.slug"
    )
    former_names: Mapped[list[FormerName]] = relationship(
        viewonly=True, order_by="FormerName.until_on"
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return known(cls.id, actor)  # type: ignore[arg-type]

    def check_lasts(self, on: date, *, field: str) -> None:
        """Refuse, at a field, something new for a company on a day after its last."""
        if self.ended_on is not None and on > self.ended_on:
            raise FieldError(
                field,
                _(
                    "%(company)s ended on %(day)s and gets nothing new after it. Choose the company"
                    " it merged into.",
                    company=both(self, "name"),
                    day=day(self.ended_on),
                ),
            )


class FormerName(Scoped, db.Model):
    """A name that a company had until a day (included). Its present name stands with itself."""

    __tablename__ = "company_former_name"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    name_ko: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    until_on: Mapped[date]

    __table_args__ = (UniqueConstraint("company_id", "until_on"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return known(cls.company_id, actor)  # type: ignore[arg-type]


class FormerOwner(Scoped, db.Model):
    """A company that ran a platform until a day (included). Who runs it now stands with it.

    A company knows of its own time alone: not whose the platform was before, nor whose it is now.
    """

    __tablename__ = "platform_former_owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    since_on: Mapped[date | None]
    until_on: Mapped[date]

    __table_args__ = (UniqueConstraint("platform_id", "until_on"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return known(cls.company_id, actor)  # type: ignore[arg-type]


class Platform(Scoped, db.Model):
    """A service that a company runs."""

    __tablename__ = "platform"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name_ko: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    hosts: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    """Hosts at which its content stands, with a space between them; empty: any."""
    since_on: Mapped[date | None]
    """The day from which the company has run it; empty: from the beginning."""

    company: Mapped[Company] = relationship(back_populates="platforms")

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Whoever knows the company that runs it, or one that ran it: its requests name it."""
        now = known(cls.company_id, actor)  # type: ignore[arg-type]
        if now is EVERYTHING or now is NOTHING:
            return now
        once = select(FormerOwner.platform_id).where(
            known(FormerOwner.company_id, actor)  # type: ignore[arg-type]
        )
        return or_(now, cls.id.in_(once))

    def check_run_on(self, on: date, *, field: str) -> None:
        """Refuse, at a field, something of a day before the company began to run the platform."""
        if self.since_on is not None and on < self.since_on:
            raise FieldError(
                field,
                _(
                    "%(platform)s was run by another company until %(day)s. Choose a day from"
                    " %(since)s on.",
                    platform=both(self, "name"),
                    day=day(self.since_on - timedelta(days=1)),
                    since=day(self.since_on),
                ),
            )


class Representative(Scoped, db.Model):
    """Someone who may speak for a company, from a day to a day, with or without capacity to bind."""

    __tablename__ = "representative"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254))
    can_bind: Mapped[bool]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    is_confirmed: Mapped[bool] = mapped_column(default=False)

    company: Mapped[Company] = relationship()
    account: Mapped[Account | None] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role is Role.ADMINISTRATOR:
            return EVERYTHING
        return of_company(cls.company_id, actor)


class Senior(Scoped, db.Model):
    """A named senior of a side to whom an overdue promise is escalated, in order of level."""

    __tablename__ = "senior"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    level: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(120), default="")
    email: Mapped[str] = mapped_column(String(254))

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role is Role.ADMINISTRATOR:
            return EVERYTHING
        return of_company(cls.company_id, actor)
