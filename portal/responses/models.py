"""Responses to action items, and their evidence."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from portal.access.actor import Actor
from portal.access.scope import Scoped, of_company
from portal.actions.models import ActionItem
from portal.core.db import Code, UTCDateTime, db


class Verdict(StrEnum):
    """What the other side said to a report."""

    PENDING = "pending"
    VERIFIED = "verified"
    RETURNED = "returned"


class Response(Scoped, db.Model):
    """The owner's report that an action item is done. Once filed it never changes."""

    __tablename__ = "response"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_item_id: Mapped[int] = mapped_column(ForeignKey("action_item.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    text: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reported_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reported_by: Mapped[str] = mapped_column(String(120))
    verdict: Mapped[Verdict] = mapped_column(Code(Verdict), default=Verdict.PENDING)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text, default="")

    # The page of an action item stands in a room above and lists its responses: this room adds
    # them, so that the room above need not know it.
    action_item: Mapped[ActionItem] = relationship(
        backref=backref("responses", order_by="Response.id")
    )
    evidence: Mapped[list[Evidence]] = relationship(order_by="Evidence.id", lazy="selectin")

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_company(cls.company_id, actor)


class Evidence(Scoped, db.Model):
    """A file (by its SHA-256) or a link that shows the promise was kept."""

    __tablename__ = "evidence"
    id: Mapped[int] = mapped_column(primary_key=True)
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    link: Mapped[str | None] = mapped_column(String(500))
    filename: Mapped[str | None] = mapped_column(String(200))
    media_type: Mapped[str | None] = mapped_column(String(120))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_company(cls.company_id, actor)
