"""Questions about responses."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor
from portal.actions.models import ActionItem
from portal.core.db import db
from portal.responses.models import Response, Verdict


def pending(actor: Actor) -> Sequence[Response]:
    """Reports that wait for the verdict of the actor's side, the oldest first."""
    return db.session.scalars(
        select(Response)
        .join(ActionItem, ActionItem.id == Response.action_item_id)
        .options(joinedload(Response.action_item))
        .where(Response.verdict == Verdict.PENDING, ActionItem.owner != actor.side)
        .order_by(Response.reported_at, Response.id)
    ).all()


def of_item(item: ActionItem) -> Sequence[Response]:
    """The reports on an action item, the oldest first."""
    return db.session.scalars(
        select(Response).where(Response.action_item_id == item.id).order_by(Response.id)
    ).all()
