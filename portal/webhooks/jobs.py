"""Clock work of the webhooks room."""

from __future__ import annotations

from datetime import datetime

from portal.access.actor import CLOCK
from portal.core.jobs import Job, every_minute, one_by_one
from portal.webhooks import queries, sender, service


def send(at: datetime) -> None:
    """Send what is due."""
    sender.send_waiting(at=at)


def end_of_people_who_left(at: datetime) -> None:
    """End what a deactivated person left: a colleague makes a new one."""
    one_by_one(queries.of_people_who_left(), lambda hook: service.end(hook, by=CLOCK, at=at))


JOBS = (
    Job("end webhooks", end_of_people_who_left, every_minute),
    Job("send webhooks", send, every_minute),
)
