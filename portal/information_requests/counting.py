"""The deadline, day by day: which day counts as which, and why another does not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a day is to the count."""

    DELIVERED = "delivered"
    COUNTED = "counted"
    WEEKEND = "weekend"
    PUBLIC = "public"
    OWN = "own"


class Day(NamedTuple):
    """One day: its number if it counts, else why not, with the name of the holiday."""

    on: date
    kind: Kind
    number: int | None = None
    name: str = ""


def counted(
    delivered: date, days: int, public: Mapping[date, str], own: Mapping[date, str]
) -> list[Day]:
    """Every day from the delivery to the last one of the period.

    The day of the delivery does not count (Civil Act, Article 157), nor do Saturdays, Sundays,
    public holidays and days of our own table. A holiday on a weekend is named but changes nothing.
    The last day is the one that `calendar.add_working_days` gives.
    """
    if days < 1:
        raise ValueError("A period has at least one day.")
    on, number = delivered, 0
    told = [Day(on, Kind.DELIVERED, name=public.get(on) or own.get(on, ""))]
    while number < days:
        on += timedelta(days=1)
        name = public.get(on) or own.get(on, "")
        if on.weekday() >= 5:
            told.append(Day(on, Kind.WEEKEND, name=name))
        elif on in public:
            told.append(Day(on, Kind.PUBLIC, name=name))
        elif on in own:
            told.append(Day(on, Kind.OWN, name=name))
        else:
            number += 1
            told.append(Day(on, Kind.COUNTED, number))
    return told
