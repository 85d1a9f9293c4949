"""Clock work of the documents room."""

from __future__ import annotations

from datetime import datetime

from portal.core.jobs import Job, every_minute, one_by_one
from portal.documents import queries, service


def print_waiting(at: datetime) -> None:
    """Make the PDFs of kept content that nobody has opened yet."""
    one_by_one(queries.waiting(), service.print_kept, prepare=service.printed)


JOBS = (Job("print kept documents", print_waiting, every_minute),)
