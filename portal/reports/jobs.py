"""Clock work of the reports room."""

from __future__ import annotations

from datetime import datetime

from portal.access.actor import CLOCK
from portal.core.jobs import Job, hourly
from portal.reports import schedule


def keep_reports(at: datetime) -> None:
    """Draft what is due, make again what changed, ask and remind."""
    schedule.run(by=CLOCK, at=at)


JOBS = (Job("monthly report", keep_reports, hourly),)
