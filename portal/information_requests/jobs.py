"""What the clock does with information requests."""

from __future__ import annotations

from datetime import datetime

from portal.core.db import transaction
from portal.core.jobs import Job, daily_at, one_by_one
from portal.information_requests import queries, service


def remind(at: datetime) -> None:
    """Remind companies of what falls due within two working days, each request once."""
    one_by_one(queries.to_remind(at=at), lambda request: service.remind(request, at=at))


def note_overdue(at: datetime) -> None:
    """Tell both sides, once, of what was not answered in time."""
    one_by_one(queries.newly_overdue(at=at), lambda request: service.note_overdue(request, at=at))


def follow_calendar(at: datetime) -> None:
    """Move open deadlines where the calendar of public holidays has learnt of a day."""
    with transaction():
        service.follow_calendar(at=at)


JOBS = (
    Job("follow the calendar with information requests", follow_calendar, daily_at(4)),
    Job("remind of information requests", remind, daily_at(9)),
    Job("note overdue information requests", note_overdue, daily_at(9)),
)
