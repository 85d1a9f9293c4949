"""The one clock. It is asked at the door; below it, time is an argument."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
_fixed: list[datetime] = []


def now() -> datetime:
    """The present instant, in UTC."""
    return _fixed[-1] if _fixed else datetime.now(UTC)


def local_date(at: datetime, zone: ZoneInfo = SEOUL) -> date:
    """The calendar day of an instant in a zone (the regulator's unless told)."""
    return at.astimezone(zone).date()


@contextmanager
def stopped_at(at: datetime) -> Iterator[None]:
    """Hold the clock at an instant: for tests and for commands that act as of a moment."""
    if at.tzinfo is None:
        raise ValueError("The clock needs an instant with a time zone.")
    _fixed.append(at.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.pop()
