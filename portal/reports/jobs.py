"""Clock work of the reports room."""

from __future__ import annotations

import logging
from datetime import datetime

from portal.access.actor import CLOCK
from portal.core.calendar import month_of, next_month
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.jobs import Job, monthly
from portal.reports import service

log = logging.getLogger(__name__)

# The requests of a month are followed until the 8th; then the companies have five working days to
# comment on their cards. By the 20th the cards can be final.
SLOT = monthly(day=20, hour=7)


def make_monthly_report(at: datetime) -> None:
    """Make the report of the month before the slot, also when the slot is made up for later."""
    month = next_month(month_of(SLOT(at)), -1)
    found = service.gather(month, at=at)
    try:
        with transaction():
            service.make(month, by=CLOCK, at=at, found=found)
    except Refused as refusal:
        # Somebody made it by hand before, and nothing has changed: the slot is done.
        log.info("monthly report %s: %s", month, refusal.sentence)


JOBS = (Job("monthly report", make_monthly_report, SLOT),)
