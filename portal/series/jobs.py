"""Clock work of the series room."""

from __future__ import annotations

from datetime import datetime

from portal.core.clock import local_date
from portal.core.jobs import Job, daily_at, one_by_one
from portal.series import queries, service


def extend(at: datetime) -> int:
    """Schedule what has come within twelve months, each series in a transaction of its own."""
    due = queries.going_on(on=local_date(at))
    return one_by_one(due, lambda series: service.extend(series, at=at))


JOBS = (Job("extend series", extend, daily_at(3)),)
