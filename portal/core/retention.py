"""What can be erased after its time: each room says what it holds, since when, and how to erase it.

Erasing is one-way. Nothing here keeps a hash of what was erased: such a hash would let anyone with
the key try out whether a certain address was among it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from portal.core.i18n import LazyText


@dataclass(frozen=True, slots=True)
class Erasable:
    """One kind of data that is erased by the clock."""

    code: str
    table: Table
    columns: tuple[str, ...]
    """What is empty afterwards; a residue names these."""
    name: LazyText
    what: LazyText
    """What is erased and what stays, for the reader."""
    since: LazyText
    """From when the days count, for the reader."""
    days: int
    appeal_days: int
    """The period of appeal that follows the days; nothing is erased before both are over."""
    least: int
    least_appeal: int
    most: int
    """Bounds of the days and the least period of appeal; both together are never more than `most`."""
    why: LazyText
    """Where the bounds come from."""
    due: Callable[[datetime], Any]
    """A SELECT of rows (id, number, since) that may be erased and whose days began before an instant, by id."""
    erase: Callable[[Sequence[int], datetime], int]
    """Erase these rows; of how many."""
    left: Callable[[Sequence[int]], set[int]]
    """Of these rows those in which something is left."""


erasables: list[Erasable] = []
"""Everything that is erased under a rule of the table. A room that has something adds it here."""


def erasable(code: str) -> Erasable | None:
    """What is erased under a code, if anything is."""
    return next((one for one in erasables if one.code == code), None)
