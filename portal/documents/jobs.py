"""Clock work of the documents room."""

from __future__ import annotations

from datetime import datetime

from portal.core.jobs import Job, every_minute, one_by_one
from portal.documents import queries, service

AT_ONCE = 30
"""So many are printed in a minute's slot: the letters of that minute wait no longer than for these."""


def print_waiting(at: datetime) -> None:
    """Make PDFs of kept content that nobody has opened yet."""
    one_by_one(queries.waiting(at_most=AT_ONCE), service.print_kept, prepare=service.printed)


JOBS = (Job("print kept documents", print_waiting, every_minute),)
