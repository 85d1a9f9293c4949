"""Companies, platforms, representatives, seniors."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, ForeignKey, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped, of_company
from portal.accounts.models import Account
from portal.core.db import db


def known(company_id: ColumnElement[int], actor: Actor) -> ColumnElement[bool]:
    """Who may know that a company takes part: itself, and the Korean side (officers: desks)."""
    if actor.role is None:
        return NOTHING
    if actor.is_company or actor.role is Role.OFFICER:
        return of_company(company_id, actor)
    return EVERYTHING


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

    platforms: Mapped[list[Platform]] = relationship(
        back_populates="company", order_by="Platform.slug"
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return known(cls.id, actor)  # type: ignore[arg-type]


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

    company: Mapped[Company] = relationship(back_populates="platforms")

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return known(cls.company_id, actor)  # type: ignore[arg-type]


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
