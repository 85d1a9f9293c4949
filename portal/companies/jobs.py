"""Clock work of the companies room."""

from __future__ import annotations

from datetime import datetime

from portal.access.actor import CLOCK
from portal.companies import queries, service
from portal.core.clock import local_date
from portal.core.jobs import Job, daily_at, one_by_one


def complete_mergers(at: datetime) -> None:
    """End the access of companies whose last day is over; their platforms go to the successor."""
    over = queries.over_and_open(today=local_date(at))
    one_by_one(over, lambda company: service.complete(company, by=CLOCK, at=at))


JOBS = (Job("complete mergers", complete_mergers, daily_at(0)),)
