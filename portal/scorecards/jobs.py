"""Clock work of the scorecards room."""

from __future__ import annotations

from datetime import datetime

from portal.access.actor import CLOCK
from portal.core.jobs import Job, hourly
from portal.scorecards import schedule


def close_cards(at: datetime) -> None:
    """At the end of the follow-up: compute, close, send. Until then nothing is due."""
    schedule.close_due(by=CLOCK, at=at)


def freeze_cards(at: datetime) -> None:
    """When the time for a reply is over: freeze and print."""
    schedule.freeze_due(by=CLOCK, at=at)


JOBS = (
    Job("close and send scorecards", close_cards, hourly),
    Job("freeze scorecards", freeze_cards, hourly),
)
