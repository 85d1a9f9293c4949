"""Organisations, accounts, invitations and log-in sessions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, OrganisationKind, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped
from portal.core.db import Code, UTCDateTime, db


class ReminderMode(StrEnum):
    """How the people of an organisation are reminded of what it owes."""

    DIGEST = "digest"
    EACH = "each"


class Organisation(Scoped, db.Model):
    """A party to the dialogue: the institution, a company, the police, another agency."""

    __tablename__ = "organisation"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[OrganisationKind] = mapped_column(Code(OrganisationKind))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name_ko: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    reminders: Mapped[ReminderMode] = mapped_column(
        Code(ReminderMode), default=ReminderMode.DIGEST, server_default=ReminderMode.DIGEST.value
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role is None:
            return NOTHING
        if not actor.is_company:
            return EVERYTHING
        return or_(cls.id == actor.organisation_id, cls.kind != OrganisationKind.COMPANY)


class Desk(db.Model):
    """An officer looks after a company."""

    __tablename__ = "desk"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), primary_key=True)


class Account(Scoped, db.Model):
    """A person who logs in, for one organisation, in one role."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[Role] = mapped_column(Code(Role), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name_ko: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(2), default="ko")
    time_zone: Mapped[str] = mapped_column(String(60), default="Asia/Seoul")
    password_hash: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    deactivated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_login_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)
    desks: Mapped[list[Desk]] = relationship(lazy="select")

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role is None:
            return NOTHING
        if not actor.is_company:
            return EVERYTHING
        ours = select(Organisation.id).where(Organisation.kind == OrganisationKind.INSTITUTION)
        return or_(
            cls.organisation_id == actor.organisation_id,
            cls.organisation_id.in_(ours.scalar_subquery()),
        )

    @property
    def is_active(self) -> bool:
        """Whether the person may log in."""
        return self.deactivated_at is None and self.password_hash is not None

    def as_actor(self) -> Actor:
        """The person as the one who acts. An officer without desks looks after all companies."""
        desks = None
        if self.role is Role.OFFICER and self.desks:
            desks = frozenset(desk.company_id for desk in self.desks)
        return Actor(
            self.id, self.organisation_id, self.organisation.kind, self.role, self.name_en, desks
        )


class Invitation(db.Model):
    """A single-use link by which a person sets a password. Only the hash of its secret is kept."""

    __tablename__ = "invitation"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship()


class LoginSession(db.Model):
    """One log-in on one machine. Ending the row ends the access; only the secret's hash is kept."""

    __tablename__ = "login_session"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    machine: Mapped[str] = mapped_column(String(200), default="")
