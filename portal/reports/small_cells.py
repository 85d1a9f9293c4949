"""Small cells: what may be printed.

What leaves the house names no count of one to four people's cases: such a cell says "<5", and the
figures made of it are left out with it. A total that could give a hidden cell away leaves out the
companies whose own count is hidden. Action items and consultations are matters of organisations
and stand in the report one by one; they are counted as they are.
"""

from __future__ import annotations

from portal.core.figures import is_small, shown
from portal.methodology.score import Measure

HIDDEN = "<5"
OF_ORGANISATIONS = ("R6",)
"""Measures that count promises of organisations, not cases of people."""


def is_few(number: float | None) -> bool:
    """Whether a count is too small to be printed; nothing at all is no secret."""
    return number is not None and is_small(number)


def counted(number: float | None) -> str:
    """A count of cases for a cell."""
    return HIDDEN if is_few(number) else shown(number or 0, 0)


def is_hidden(measure: Measure) -> bool:
    """Whether a measure stands on too few cases to be printed."""
    return measure.id not in OF_ORGANISATIONS and is_few(measure.n)
