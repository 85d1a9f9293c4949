"""What was made of rows that have not changed since, kept in the memory of a process.

A kept thing names the last act of the log under which it was made, which every verb writes in its
own transaction; another act, and it is made anew. So it is never older than the rows, and needs no
time after which it lapses. The one thing that is kept for a time instead is the table of days off
(`portal/holidays/queries.py`): nearly every page reads it, and nobody should ask the log first.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar

from flask import current_app

MOST = 256
T = TypeVar("T")


class Kept:
    """What was asked for last, for the threads of one process."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._things: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, stamp: Hashable, make: Callable[[], T]) -> T:
        """What was made under this stamp, or `make` it now. An older one makes room for it.

        The key names who may see it and everything that it hangs on but the rows.
        """
        with self._lock:
            held = self._things.get(key)
            if held is not None and held[0] == stamp:
                self._things.move_to_end(key)
                thing: T = held[1]
                return thing
        made = make()
        with self._lock:
            self._things[key] = stamp, made
            while len(self._things) > self.most:
                self._things.popitem(last=False)
        return made

    def forget(self) -> None:
        """Make everything anew when it is next asked for."""
        with self._lock:
            self._things.clear()


def kept(name: str, most: int = MOST) -> Kept:
    """What the running app keeps under a name, at most so many."""
    held: dict[str, Kept] = current_app.extensions.setdefault("kept", {})
    return held.setdefault(name, Kept(most))


def instant(last_at: datetime | None, *, at: datetime) -> datetime:
    """From where "now" looks back: the running minute, or the last thing entered where that is
    later. So a minute's page is made once, and shows at once what came in."""
    minute = at.replace(second=0, microsecond=0)
    return minute if last_at is None else max(minute, min(last_at, at))
