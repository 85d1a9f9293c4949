"""A token and a webhook of the demo: both synthetic, neither leads anywhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.access.actor import Role
from portal.accounts.models import Account
from portal.api import service as api
from portal.api.models import TokenScope
from portal.core.db import db
from portal.webhooks import service as webhooks
from portal.webhooks.models import Delivery


def load(*, at: datetime) -> None:
    """A company administrator has connected a system; its last test was not accepted."""
    person = db.session.scalars(
        select(Account).where(Account.role == Role.COMPANY_ADMIN).order_by(Account.id).limit(1)
    ).one()
    made = at - timedelta(days=3)
    token, _secret = api.create(
        "Case queue (synthetic)", TokenScope.ANSWER, days=90, by=person.as_actor(), at=made
    )
    token.used_at, token.used_by = at - timedelta(hours=2), "case-queue/2.1"
    hook, _secret = webhooks.create(
        "https://hooks.example/portal", may_be_loopback=False, by=person.as_actor(), at=made
    )
    db.session.flush()
    webhooks.test(hook, by=person.as_actor(), at=made)
    db.session.flush()
    message = db.session.scalars(select(Delivery).where(Delivery.webhook_id == hook.id)).one()
    message.attempts, message.tried_at, message.due_at = 8, at - timedelta(days=1), None
    message.status, message.problem = 503, "HTTP 503"
