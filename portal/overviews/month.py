"""A month of consultations, laid out in weeks that begin on Sunday, as Korean calendars do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.consultations.models import ConsultationStatus

S = ConsultationStatus
OFF = (S.CANCELLED, S.NOT_HELD, S.POSTPONED)
MOST_A_DAY = 4
"""So many stand in a cell of the month; the list shows all of a day."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Entry:
    """One consultation on one day, as the reader's clock has it."""

    row: Any
    on: date
    at: str
    at_venue: str
    """The start on the venue's clock, where that differs from the reader's."""
    is_struck: bool
    is_moved: bool
    is_gone: bool
    """It was to begin on this day and stands on another now."""


@dataclass(slots=True)
class Day:
    """One day: its holidays, what begins on it, and how much does not fit."""

    on: date
    is_in_month: bool
    holidays: Sequence[tuple[str, str]] = ()
    entries: list[Entry] = field(default_factory=list)
    hidden: int = 0

    @property
    def is_off(self) -> bool:
        """Whether Korea rests."""
        return self.on.weekday() == 6 or any("KR" in codes for codes, _name in self.holidays)


def first_day(month: str) -> date:
    """The first day of a month such as '2026-03'."""
    year, number = month.split("-")
    return date(int(year), int(number), 1)


def span(month: str) -> tuple[date, date]:
    """The first Sunday that a month's page shows, and the Sunday after its last week."""
    first = first_day(month)
    start = first - timedelta(days=(first.weekday() + 1) % 7)
    following = (first + timedelta(days=31)).replace(day=1)
    end = start
    while end < following:
        end += WEEK
    return start, end


def midnight(on: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins in a zone."""
    return datetime.combine(on, time(), zone).astimezone(UTC)


def entries(
    rows: Sequence[Any], zone: ZoneInfo, *, first: date, last: date, most: int = MOST_A_DAY
) -> tuple[dict[date, list[Entry]], dict[date, int]]:
    """The consultations by day of a zone, at most so many a day, and how many more there are."""
    found: dict[date, list[Entry]] = {}
    more: dict[date, int] = {}
    for row in rows:
        is_moved = row.original_starts_at is not None and row.original_starts_at != row.starts_at
        instants = [(row.starts_at, False)]
        if is_moved:
            instants.append((row.original_starts_at, True))
        for instant, is_gone in instants:
            wall = instant.astimezone(zone)
            on = wall.date()
            if not first <= on < last:
                continue
            held = found.setdefault(on, [])
            if len(held) >= most:
                more[on] = more.get(on, 0) + 1
                continue
            held.append(_entry(row, instant, wall, is_moved=is_moved, is_gone=is_gone))
    for held in found.values():
        held.sort(key=lambda one: (one.at, one.row.id))
    return found, more


def _entry(row: Any, instant: datetime, wall: datetime, *, is_moved: bool, is_gone: bool) -> Entry:
    there = instant.astimezone(ZoneInfo(row.zone))
    elsewhere = there.utcoffset() != wall.utcoffset()
    same_day = there.date() == wall.date()
    shown = f"{there:%H:%M}" if same_day else f"{there:%m-%d %H:%M}"
    return Entry(
        row, wall.date(), f"{wall:%H:%M}", shown if elsewhere else "",
        is_struck=is_gone or row.status in OFF, is_moved=is_moved, is_gone=is_gone,
    )  # fmt: skip


def weeks(
    month: str,
    by_day: Mapping[date, list[Entry]],
    more: Mapping[date, int],
    holidays: Mapping[date, Sequence[tuple[str, str]]],
) -> list[list[Day]]:
    """The page of a month: weeks of seven days, Sunday first."""
    start, end = span(month)
    number = first_day(month).month
    days = [start + timedelta(days=n) for n in range((end - start).days)]
    made = [
        Day(on, on.month == number, holidays.get(on, ()), by_day.get(on, []), more.get(on, 0))
        for on in days
    ]
    return [made[n : n + 7] for n in range(0, len(made), 7)]


def countries_of(rows: Sequence[Any]) -> Collection[str]:
    """The countries of the companies that sit at the table."""
    return {row.country for row in rows}
