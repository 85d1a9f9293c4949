"""Deadlines and local time: Korean working days, clock changes, months."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from portal.core.clock import SEOUL
from portal.core.errors import FieldError
from portal.core.i18n import gettext as _

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])", re.ASCII)


FIRST_YEAR, LAST_YEAR = 1970, 9000
"""The years that are reckoned with: at the edge of the calendar a time has no counterpart in another
zone, and a day none before or after it."""


def check_year(on: date, *, field: str) -> None:
    """Refuse, at a field, a day or a time (a `datetime` is a `date`) of a year beyond reach."""
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise FieldError(
            field,
            _("Choose a year from %(first)s to %(last)s.", first=FIRST_YEAR, last=LAST_YEAR),
        )


@cache
def public_holidays(country: str, year: int, language: str = "en") -> dict[date, str]:
    """The public holidays of a country and year by day, with their names."""
    # Loading the tables of all countries takes a third of a second; only deadlines need them.
    from holidays import country_holidays

    tongue = {"KR": {"ko": "ko", "en": "en_US"}}.get(country, {}).get(language)
    return dict(country_holidays(country, years=year, language=tongue))


def is_working_day(on: date, extra: Collection[date] = ()) -> bool:
    """Whether Korean offices work on a day: no weekend, no public or temporary holiday."""
    return on.weekday() < 5 and on not in public_holidays("KR", on.year) and on not in extra


def add_working_days(start: date, days: int, extra: Collection[date] = ()) -> date:
    """The last day of a period of Korean working days; the day it starts on does not count."""
    on = start
    while days > 0:
        on += timedelta(days=1)
        days -= is_working_day(on, extra)
    return on


def end_of_day(on: date, zone: ZoneInfo = SEOUL) -> datetime:
    """The last second of a day in a zone, as a UTC instant."""
    return datetime.combine(on, time(23, 59, 59), zone).astimezone(UTC)


def start_of_day(on: date, zone_name: str) -> datetime:
    """The first instant of a day in a zone, as a UTC instant."""
    return datetime.combine(on, time(), ZoneInfo(zone_name)).astimezone(UTC)


def month_of(at: datetime) -> str:
    """The month of an instant in Korean time, as 'YYYY-MM'."""
    return at.astimezone(SEOUL).strftime("%Y-%m")


def as_month(text: str) -> str:
    """A month as somebody typed it, or nothing where that is none: '2026-13' is none."""
    return text if MONTH.fullmatch(text) else ""


def month_start(month: str) -> datetime:
    """The first instant of a month in Korean time."""
    year, number = month.split("-")
    return datetime(int(year), int(number), 1, tzinfo=SEOUL).astimezone(UTC)


def month_end(month: str) -> date:
    """The last day of a month."""
    return date.fromisoformat(f"{next_month(month)}-01") - timedelta(days=1)


def next_month(month: str, step: int = 1) -> str:
    """The month `step` months later (earlier when negative)."""
    year, number = (int(part) for part in month.split("-"))
    year, number = divmod(year * 12 + number - 1 + step, 12)
    return f"{year:04d}-{number + 1:02d}"


class Twice(FieldError):
    """A wall time that the clocks show twice on that day: the person says which they mean."""

    def __init__(self, field: str, zone_name: str, first: datetime, second: datetime) -> None:
        super().__init__(
            field,
            _(
                "This time comes twice in %(zone)s on that day, as the clocks are put back. Say"
                " below which of the two is meant.",
                zone=zone_name,
            ),
        )
        self.first, self.second = first, second


def instant(wall: datetime, zone_name: str, *, field: str, later: bool | None = None) -> datetime:
    """The UTC instant of a wall time in a zone; refused at `field` where the clocks skip it.

    A time that comes twice is ambiguous: `later` says which of the two is meant, and without it
    the time is refused with both instants. RFC 5545 (3.3.5) would guess the first; people who
    travel to a consultation should not have to. A year that is a slip of the keyboard is refused.
    """
    check_year(wall, field=field)
    zone = ZoneInfo(zone_name)
    first, second = wall.replace(tzinfo=zone, fold=0), wall.replace(tzinfo=zone, fold=1)
    after = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    if after != wall:
        before = second.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
        raise FieldError(
            field,
            _(
                "The clocks skip this time in %(zone)s on that day. Choose %(before)s or"
                " %(after)s.",
                zone=zone_name,
                before=f"{before:%H:%M}",
                after=f"{after:%H:%M}",
            ),
        )
    if first.utcoffset() == second.utcoffset():
        return first.astimezone(UTC)
    if later is None:
        raise Twice(field, zone_name, first.astimezone(UTC), second.astimezone(UTC))
    return (second if later else first).astimezone(UTC)


def clock_change(zone_name: str, after: date, until: date) -> date | None:
    """The first day after `after`, up to `until`, on which the clocks of a zone are changed."""
    zone, day = ZoneInfo(zone_name), after
    while day < until:
        day += timedelta(days=1)
        noon = datetime.combine(day, time(12), zone)
        if (
            noon.utcoffset()
            != datetime.combine(day - timedelta(days=1), time(12), zone).utcoffset()
        ):
            return day
    return None


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant; one without an offset is refused with the remedy."""
    try:
        at = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise ValueError("write the instant as 2026-03-01T09:00:00+09:00") from None
    if at.tzinfo is None:
        raise ValueError("the offset is missing; write it as 2026-03-01T09:00:00+09:00")
    return at.astimezone(UTC)
