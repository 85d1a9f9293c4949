"""Clock work of the feeds room."""

from __future__ import annotations

from datetime import datetime

from portal.access.actor import CLOCK
from portal.core.jobs import Job, every_minute, one_by_one
from portal.feeds import queries, service


def end_of_people_who_left(at: datetime) -> None:
    """Revoke what a deactivated person left: given access back, they make new feeds."""
    one_by_one(queries.of_people_who_left(), lambda feed: service.revoke(feed, by=CLOCK, at=at))


JOBS = (Job("end feeds", end_of_people_who_left, every_minute),)
