"""Clock work of the slots room."""

from __future__ import annotations

from datetime import datetime

from portal.consultations.duties import WorkingDays
from portal.core.jobs import Job, one_by_one
from portal.slots import queries, service


def every_five_minutes(at: datetime) -> datetime:
    """The slot of a job that runs twelve times an hour."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def remind(at: datetime) -> int:
    """Ask who joined and remind who is silent, each poll in a transaction of its own."""
    days = WorkingDays.as_known()
    polls = queries.running(at=at)
    return one_by_one(polls, lambda poll: service.say_due(poll, days=days, at=at))


JOBS = (Job("ask for slots", remind, every_five_minutes),)
