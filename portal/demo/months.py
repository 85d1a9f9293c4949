"""The months of the demo that have cards."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.core.calendar import month_of, next_month
from portal.methodology.cohort import freeze_instant

PUBLISHED = 4
"""So many months before the newest are published; each costs the loading about four seconds."""
DAY = timedelta(days=1)


def newest_followed(at: datetime) -> str:
    """The newest month whose last request has been followed to the horizon."""
    month = next_month(month_of(at), -1)
    while freeze_instant(month) > at - DAY:
        month = next_month(month, -1)
    return month


def published(at: datetime) -> list[str]:
    """The months before the newest whose cards and reports are out, the oldest first."""
    newest = newest_followed(at)
    return [next_month(newest, -back) for back in range(PUBLISHED, 0, -1)]
