"""Sends what waits to webhooks: signed, to the checked address, without following redirects."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import socket
import ssl
from datetime import datetime
from urllib.parse import urlsplit

from flask import current_app

from portal.core.db import db, transaction
from portal.core.secrets import unseal
from portal.webhooks import queries, service
from portal.webhooks.address import Target, WrongAddress, parse, resolve
from portal.webhooks.models import Delivery

TIMEOUT = 5


def is_trial() -> bool:
    """Whether this is a trial on one machine: only then may a webhook lead to the machine itself."""
    host = urlsplit(current_app.config["BASE_URL"]).hostname or ""
    return host in ("127.0.0.1", "::1", "localhost")


def signature(secret: str, message_id: str, timestamp: int, body: str) -> str:
    """The signature of a message as Standard Webhooks defines it (HMAC-SHA256, `v1,` and base64).

    Id and time are signed with the body: an old message that is sent again by somebody else is
    known by its time, one that comes twice by its id.
    """
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def send_waiting(*, at: datetime) -> int:
    """Send what is due; return how many were accepted.

    Each message is claimed before and its outcome stored at once after. A webhook that failed is
    left alone for the rest of the round, so that one dead host does not hold up the others.
    """
    with transaction():
        claimed = []
        for found in queries.due(at=at):
            found.claimed_at = at
            claimed.append(found.id)
    accepted, failed = 0, set[int]()
    for delivery_id in claimed:
        delivery = db.session.get(Delivery, delivery_id)
        if delivery is None:
            continue
        hook = delivery.webhook
        if hook.id in failed:
            with transaction():
                delivery.claimed_at = None
            continue
        status: int | None = None
        problem: str | None = "ended"
        if hook.ended_at is None:
            address, secret = hook.address, unseal(hook.secret_sealed)
            message_id, body = delivery.message_id, delivery.body
            db.session.rollback()  # no transaction is open while the other side thinks
            status, problem = _send(address, secret, message_id, body, at=at)
        with transaction():
            service.note_try(delivery, status=status, problem=problem, at=at)
            if problem == "ended":
                delivery.due_at = None
            accepted += delivery.accepted_at == at
            if delivery.accepted_at != at:
                failed.add(delivery.webhook_id)
    return accepted


def _send(
    address: str, secret: str, message_id: str, body: str, *, at: datetime
) -> tuple[int | None, str | None]:
    """Post one message; the status, or what went wrong. Nothing of the answer's text is kept."""
    timestamp = int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "consultation-portal-webhook/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
    try:
        target = parse(address, may_be_loopback=is_trial())
        connection = _connection(target, resolve(target, may_be_loopback=is_trial()))
        try:
            connection.request("POST", target.path, body.encode(), headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    except WrongAddress:
        return None, "address refused"
    except (OSError, http.client.HTTPException, ValueError) as problem:
        return None, type(problem).__name__
    return status, None if 200 <= status < 300 else f"HTTP {status}"


def _connection(target: Target, ip: str) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT)
    sock = socket.create_connection((ip, target.port), timeout=TIMEOUT)
    if target.is_tls:
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=target.host)
    connection.sock = sock
    return connection
