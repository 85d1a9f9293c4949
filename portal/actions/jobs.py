"""Clock work of the actions room."""

from __future__ import annotations

from datetime import datetime

from portal.access.actor import CLOCK
from portal.actions import queries, service
from portal.core.jobs import Job, daily_at, one_by_one
from portal.minutes import queries as minutes


def remind(at: datetime) -> None:
    """Write the reminders and escalations of the day."""
    due = [item for item in queries.to_remind(at=at) if service.milestone(item, at=at)]
    one_by_one(due, lambda item: service.remind(item, at=at))


def adopt_lapsed(at: datetime) -> None:
    """Adopt what a company's own standing rule lets lapse."""
    one_by_one(minutes.reconciled(), lambda record: service.adopt_lapsed(record, by=CLOCK, at=at))


JOBS = (
    Job("remind of action items", remind, daily_at(9)),
    Job("adopt lapsed minutes", adopt_lapsed, daily_at(8)),
)
