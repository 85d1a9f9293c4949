"""What is done with webhooks: make, end, announce, try a message again."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from portal.access.actor import Actor
from portal.core import keys
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.secrets import seal
from portal.webhooks import queries
from portal.webhooks.address import WrongAddress, parse
from portal.webhooks.models import Delivery, HookEvent, Webhook

MOST = 5
RETRY_AFTER = tuple(timedelta(minutes=n) for n in (1, 5, 30, 120, 360, 720, 1440))
"""How long after each failed try the next one comes; after the last the message is given up."""


keys.columns.append(keys.Sealed(Webhook.__table__, "secret_sealed"))  # type: ignore[arg-type]


def create(address: str, *, may_be_loopback: bool, by: Actor, at: datetime) -> tuple[Webhook, str]:
    """Make a webhook for one's own company; return it and its secret, which is shown once.

    Refused where the address is no https address on the public network, or five live already.
    """
    if by.organisation_id is None or not by.is_company:
        raise Refused(_("Only a company has webhooks."))
    try:
        parse(address, may_be_loopback=may_be_loopback)
    except WrongAddress:
        raise FieldError(
            "address",
            _("Give an https address on the public network, without a user name or a fragment."),
        ) from None
    living = queries.listening(by.organisation_id)
    if any(hook.address == address for hook in living):
        raise FieldError("address", _("There is a webhook for this address. End it first."))
    if len(living) >= MOST:
        raise FieldError("address", _("There are five webhooks. End one that is not used."))
    # The form that Standard Webhooks names: the prefix, then the bytes of the key in base64.
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    hook = Webhook(
        company_id=by.organisation_id, address=address, secret_sealed=seal(secret),
        account_id=by.account_id, created_at=at,
    )  # fmt: skip
    db.session.add(hook)
    record("webhooks:create", hook, by=by, at=at)
    return hook, secret


def end(hook: Webhook, *, by: Actor, at: datetime) -> None:
    """End a webhook for good: nothing is sent to it any more, not even what waits."""
    hold(hook)
    if hook.ended_at is not None:
        raise Refused(_("This webhook has ended already."))
    hook.ended_at = at
    record("webhooks:end", hook, by=by, at=at)


def announce(
    event: HookEvent,
    company_id: int,
    data: Mapping[str, Any],
    *,
    at: datetime,
    to: Iterable[Webhook] | None = None,
) -> None:
    """Write a message for every webhook of a company, in the running transaction of its cause.

    `data` holds no reference: a message may lie in logs of the other side. `to` saves the question
    who listens when many messages are written at once.
    """
    for hook in queries.listening(company_id) if to is None else to:
        body = {"type": event.value, "timestamp": at.isoformat(), "data": dict(data)}
        db.session.add(
            Delivery(
                webhook_id=hook.id, company_id=company_id, attempts=0,
                message_id=f"msg_{secrets.token_hex(12)}", event=event, written_at=at, due_at=at,
                body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
            )
        )  # fmt: skip


def test(hook: Webhook, *, by: Actor, at: datetime) -> None:
    """Send a message that says nothing, to try the way."""
    hold(hook)
    if hook.ended_at is not None:
        raise Refused(_("This webhook has ended already."))
    announce(HookEvent.TEST, hook.company_id, {}, at=at, to=[hook])
    record("webhooks:test", hook, by=by, at=at)


def resend(delivery: Delivery, *, by: Actor, at: datetime) -> None:
    """Try a message again from the beginning, under the same message id."""
    hold(delivery)
    if delivery.webhook.ended_at is not None:
        raise Refused(_("This webhook has ended already."))
    if delivery.due_at is not None and delivery.due_at <= at:
        raise Refused(_("This message waits to be sent already."))
    delivery.due_at, delivery.attempts, delivery.claimed_at = at, 0, None
    record("webhooks:resend", delivery, by=by, at=at)


def note_try(delivery: Delivery, *, status: int | None, problem: str | None, at: datetime) -> None:
    """Write down what a try came to: accepted (2xx), to be tried again, or given up."""
    hold(delivery)
    delivery.attempts += 1
    delivery.tried_at, delivery.status, delivery.claimed_at = at, status, None
    delivery.problem = problem[:200] if problem else None
    if status is not None and 200 <= status < 300:
        delivery.accepted_at, delivery.due_at = at, None
    elif delivery.attempts > len(RETRY_AFTER):
        delivery.due_at = None
    else:
        delivery.due_at = at + RETRY_AFTER[delivery.attempts - 1]
