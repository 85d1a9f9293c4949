"""What the clock does for consultations."""

from __future__ import annotations

from datetime import datetime

from portal.consultations import queries, service, visitors
from portal.core.jobs import Job, daily_at, every_minute, one_by_one


def release_leavers(at: datetime) -> int:
    """Take people whose access has ended off the delegations that lie ahead; how many."""
    leaving = queries.leavers(at=at)
    return one_by_one(leaving, lambda delegate: service.release(delegate, at=at))


def erase_visitors(at: datetime) -> int:
    """Erase the visitor data that has served; of how many people."""
    return one_by_one(visitors.to_erase(at=at), lambda visitor: visitors.erase(visitor, at=at))


JOBS = (
    Job("release leavers", release_leavers, every_minute),
    Job("erase visitor data", erase_visitors, daily_at(4)),
)
