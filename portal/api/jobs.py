"""Clock work of the API room."""

from __future__ import annotations

from datetime import datetime

from portal.access.actor import CLOCK
from portal.api import queries, service
from portal.core.db import transaction
from portal.core.jobs import Job, daily_at, every_minute, one_by_one


def end_of_people_who_left(at: datetime) -> None:
    """Revoke what a deactivated person left: given access back, they make new tokens."""
    one_by_one(queries.of_people_who_left(), lambda token: service.revoke(token, by=CLOCK, at=at))


def forget(at: datetime) -> None:
    """Drop the answers kept for repeated requests."""
    with transaction():
        service.forget_answers(at=at)


JOBS = (
    Job("end tokens", end_of_people_who_left, every_minute),
    Job("forget api answers", forget, daily_at(4)),
)
