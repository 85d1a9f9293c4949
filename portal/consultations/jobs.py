"""What the clock does for consultations."""

from __future__ import annotations

from datetime import datetime

from portal.consultations import queries, service
from portal.core.jobs import Job, every_minute, one_by_one


def release_leavers(at: datetime) -> int:
    """Take people whose access has ended off the delegations that lie ahead; how many."""
    leaving = queries.leavers(at=at)
    return one_by_one(leaving, lambda delegate: service.release(delegate, at=at))


JOBS = (Job("release leavers", release_leavers, every_minute),)
