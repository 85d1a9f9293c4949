"""Figures of a month that still moves, kept until anything was entered.

A kept page names the last act of the log and the number of requests under which it was made
(`queries.stamp`); another act, and it is made anew. So it is never older than the rows, and needs
no time after which it lapses.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from markupsafe import Markup

from portal.scorecards.models import ScorecardStatus

MOST = 256


class Version(NamedTuple):
    """A version of the month's card, and the instant that it looks back from."""

    id: int
    version: int
    status: ScorecardStatus
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a live card shows to one role, in one language and time zone."""

    figures: Markup
    cards: tuple[Version, ...]


class Kept:
    """The pages that were asked for last, for the threads of one process."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, tuple[Hashable, Shown]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, stamp: Hashable, make: Callable[[], Shown]) -> Shown:
        """What was made under this stamp, or `make` it now. An older one makes room for it."""
        with self._lock:
            held = self._pages.get(key)
            if held is not None and held[0] == stamp:
                self._pages.move_to_end(key)
                return held[1]
        made = make()
        with self._lock:
            self._pages[key] = stamp, made
            while len(self._pages) > MOST:
                self._pages.popitem(last=False)
        return made


def instant(last_at: datetime | None, *, at: datetime) -> datetime:
    """From where "now" looks back: the running minute, or the last thing entered where that is
    later. So the minute's page is made once, and shows at once what came in."""
    minute = at.replace(second=0, microsecond=0)
    return minute if last_at is None else max(minute, min(last_at, at))
