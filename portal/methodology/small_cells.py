"""Small cells: what may be printed.

What leaves the house names no count of one to four people's cases: such a cell says "<5", and the
figures made of it are left out with it. So is a score with such a measure in it: from the score and
the other measures the hidden one could be worked out. A total that could give a hidden cell away
leaves out the companies whose own count is hidden. Action items and consultations are matters of
organisations and stand in the report one by one; they are counted as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.core.figures import is_small, shown
from portal.methodology.score import Measure, Score

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
    return is_hidden_count(measure.id, measure.n)


def is_hidden_count(id: str, n: float) -> bool:
    """The same of a measure's name and the number of its cases."""
    return id not in OF_ORGANISATIONS and is_few(n)


def hidden(score: Score) -> list[str]:
    """The measures that stand on too few cases to be printed; with one of them the score goes too."""
    return [id for id, measure in score.measures.items() if is_hidden(measure)]


def hides_score(measures: Mapping[str, Mapping[str, Any]]) -> bool:
    """The same of the measures as a card keeps them: whether their score must be left out."""
    return any(is_hidden_count(id, measure["n"]) for id, measure in measures.items())
