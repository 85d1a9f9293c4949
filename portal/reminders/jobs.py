"""Clock work of the reminders room."""

from __future__ import annotations

from datetime import datetime

from portal.consultations.duties import WorkingDays
from portal.core.jobs import Job, one_by_one
from portal.reminders import queries, service


def every_five_minutes(at: datetime) -> datetime:
    """The slot of a job that runs twelve times an hour."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def remind(at: datetime) -> None:
    """Write what is due about each consultation, in a transaction of its own."""
    days = WorkingDays.as_known()
    waiting = [
        consultation
        for consultation in queries.to_look_at(at=at)
        if service.due(consultation, queries.minutes_of(consultation), days=days, at=at)
    ]
    one_by_one(waiting, lambda one: service.remind(one, days=days, at=at))


JOBS = (Job("remind of consultations", remind, every_five_minutes),)
