"""Webhooks and every message that was to be delivered to one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, Scoped, of_company
from portal.core.db import Code, UTCDateTime, db


class HookEvent(StrEnum):
    """What a webhook tells of."""

    TEST = "webhook.test"
    DELIVERED = "removal_request.delivered"
    ANSWERED = "removal_request.answered"
    VERIFIED = "removal_request.verified"
    WITHDRAWN = "removal_request.withdrawn"


class Webhook(Scoped, db.Model):
    """An address of a company's own system. The secret that signs is sealed, not hashed: it signs."""

    __tablename__ = "webhook"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    address: Mapped[str] = mapped_column(String(500))
    secret_sealed: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Its company's, and the regulator's to look at."""
        return EVERYTHING if actor.role is Role.ADMINISTRATOR else of_company(cls.company_id, actor)


class Delivery(Scoped, db.Model):
    """One message to one webhook: what it says, when it was tried, what the other side said."""

    __tablename__ = "webhook_delivery"
    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    message_id: Mapped[str] = mapped_column(String(40))
    """The same for every try and for a resend: who gets it twice knows it by that."""
    event: Mapped[HookEvent] = mapped_column(Code(HookEvent))
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it is tried next; None when it was accepted or given up."""
    claimed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    status: Mapped[int | None]
    problem: Mapped[str | None] = mapped_column(String(200))

    webhook: Mapped[Webhook] = relationship()

    __table_args__ = (
        Index("ix_webhook_delivery_due", "due_at", "id"),
        Index("ix_webhook_delivery_company", "company_id", "id"),
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return EVERYTHING if actor.role is Role.ADMINISTRATOR else of_company(cls.company_id, actor)
