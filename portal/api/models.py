"""Tokens of the API, and what was answered to a repeated request."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, Scoped, of_company
from portal.accounts.models import Account
from portal.companies.models import Company
from portal.core.db import Code, UTCDateTime, db


class TokenScope(StrEnum):
    """What a token may do. Who may answer may read: nobody answers what they have not read."""

    READ = "api_scope_read"
    ANSWER = "api_scope_answer"


class ApiToken(Scoped, db.Model):
    """A key to the API for one system of one company. Only its hash is kept."""

    __tablename__ = "api_token"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    """Who made it. It acts in that person's name, and ends with that person's access."""
    name: Mapped[str] = mapped_column(String(80))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(12))
    """Its last characters, to tell tokens apart."""
    scope: Mapped[TokenScope] = mapped_column(Code(TokenScope))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_by: Mapped[str] = mapped_column(String(120), default="")

    account: Mapped[Account] = relationship()
    company: Mapped[Company] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Its company's, and the regulator's to look at."""
        return EVERYTHING if actor.role is Role.ADMINISTRATOR else of_company(cls.company_id, actor)

    def state(self, at: datetime) -> str:
        """Whether it opens the API, as a code."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at <= at else "active"


class KeyedAnswer(db.Model):
    """What was answered under an Idempotency-Key of a token. Found by its token alone."""

    __tablename__ = "api_answer"
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id"), primary_key=True)
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    claimed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    status: Mapped[int | None]
    """Empty while the first request is under way."""
    body: Mapped[str | None] = mapped_column(Text)
