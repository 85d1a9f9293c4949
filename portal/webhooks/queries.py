"""Questions about webhooks and their messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.core.db import db
from portal.webhooks.models import Delivery, Webhook

LEASE = timedelta(minutes=10)


def listening(company_id: int) -> Sequence[Webhook]:
    """The webhooks of a company that are not ended."""
    with beyond_scope("whoever acts, the company concerned is told, and nobody else"):
        return db.session.scalars(
            select(Webhook)
            .where(Webhook.company_id == company_id, Webhook.ended_at.is_(None))
            .order_by(Webhook.id)
        ).all()


def known() -> Sequence[Webhook]:
    """The webhooks that the person may know of, those that live first."""
    return db.session.scalars(
        select(Webhook).order_by(Webhook.ended_at.is_not(None), Webhook.id.desc()).limit(100)
    ).all()


def latest(most: int = 100) -> Sequence[Delivery]:
    """The newest messages that the person may know of, with their webhooks."""
    return db.session.scalars(
        select(Delivery)
        .options(joinedload(Delivery.webhook))
        .order_by(Delivery.id.desc())
        .limit(most)
    ).all()


def due(*, at: datetime, most: int = 100) -> Sequence[Delivery]:
    """Messages to be tried now that no other process has in hand, the oldest first."""
    return db.session.scalars(
        select(Delivery)
        .where(
            Delivery.due_at <= at,
            or_(Delivery.claimed_at.is_(None), Delivery.claimed_at < at - LEASE),
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()


def of_people_who_left() -> Sequence[Webhook]:
    """Webhooks that live although the access of who made them has ended."""
    return db.session.scalars(
        select(Webhook)
        .join(Account, Account.id == Webhook.account_id)
        .where(Webhook.ended_at.is_(None), Account.deactivated_at.is_not(None))
        .order_by(Webhook.id)
    ).all()
