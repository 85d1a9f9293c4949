"""Clock work of the replies room."""

from __future__ import annotations

import logging
from datetime import datetime

from flask import current_app

from portal.core.db import db, transaction
from portal.core.jobs import Job, daily_at, every_minute, one_by_one
from portal.replies import mailbox, queries, service

log = logging.getLogger(__name__)


def read_mailbox(at: datetime) -> None:
    """Take in what came to the mailbox, if one is set.

    Each message is stored in a transaction of its own, and only then marked as read: after a fault
    half-way the rest is taken next time, and what was stored is not taken again.
    """
    if current_app.config["IMAP_HOST"]:
        for incoming in mailbox.visit(current_app.config):
            take_in(incoming, at=at)


def take_in(incoming: mailbox.Incoming, *, at: datetime) -> None:
    """Store one message with what it does; if that fails, store that it came."""
    arrival = service.Arrival(
        raw=incoming.raw,
        size=incoming.size,
        is_whole=incoming.is_whole,
        received_at=incoming.received_at or at,
    )
    try:
        with transaction():
            service.take_in(arrival, trusted=current_app.config["IMAP_TRUSTED"], at=at)
    except Exception as error:
        log.exception("a message could not be read; it is queued as it is")
        db.session.rollback()
        with transaction():
            service.take_in_unread(arrival, problem=type(error).__name__, at=at)


def erase_old(at: datetime) -> None:
    """Erase the words of messages from half a year ago."""
    one_by_one(queries.to_erase(before=at - service.KEPT_FOR), service.erase)


JOBS = (
    Job("read replies", read_mailbox, every_minute),
    Job("erase replies", erase_old, daily_at(4)),
)
