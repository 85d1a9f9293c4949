"""Feeds: who subscribed to what, by whose leave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor
from portal.access.scope import NOTHING, Scoped
from portal.accounts.models import Account
from portal.core.db import UTCDateTime, db


class Feed(Scoped, db.Model):
    """One address at which a calendar program reads a person's consultations.

    The address holds the secret, of which only the hash is kept. A person has several, one for
    each program, so that one that was lost is revoked without the others.
    """

    __tablename__ = "feed"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_by: Mapped[str] = mapped_column(String(120), default="")
    """How the program that read last calls itself."""
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    changed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when the feed holds what it holds, for Last-Modified."""

    account: Mapped[Account] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """A feed is its owner's alone: not even an administrator sees who reads with what."""
        return NOTHING if actor.account_id is None else cls.account_id == actor.account_id
