"""What the clock does with removal requests."""

from __future__ import annotations

from datetime import datetime

from portal.core.db import transaction
from portal.core.jobs import Job, every_minute
from portal.removal_requests import service


def note_overdue(at: datetime) -> int:
    """Log the start of each delay, once."""
    with transaction():
        return service.note_overdue(at=at)


JOBS = (Job("note overdue removal requests", note_overdue, every_minute),)
