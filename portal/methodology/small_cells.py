"""Small cells: what may be printed.

What leaves the house names no count of one to four people's cases: such a cell says "<5", and the
figures made of it are left out with it. So is a score with such a measure in it: from the score and
the other measures the hidden one could be worked out. A total that could give a hidden cell away
leaves out the companies whose own count is hidden. Action items and consultations are matters of
organisations and stand in the report one by one; they are counted as they are.

What became of the requests that were not removed is told by outcome. How many they are in all is
known from R3, so a hidden outcome must not be what is left when the others are taken away.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.core.figures import is_small, shown
from portal.methodology.score import Measure, Score

HIDDEN = "<5"
UNTOLD = "–"
OUTCOMES = ("restrictions", "refusals", "still_up")
"""What may have become of a request that was not removed."""
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


def outcomes(score: Score) -> dict[str, str]:
    """How often each outcome was, for cells that stand beside the x of n of R3.

    Where few were not removed no outcome is told, not even that there was none. Where the hidden
    ones could be nothing but one each, the smallest that is told is left out too.
    """
    removed = score.measures["R3"].x
    left = int(score.beside["requests"] or 0) - removed
    numbers = {id: int(score.beside[id] or 0) for id in OUTCOMES}
    if is_few(score.beside["requests"]) or is_few(left):
        return dict.fromkeys(OUTCOMES, UNTOLD)
    cells = {id: counted(number) for id, number in numbers.items()}
    hidden_ones = [id for id in OUTCOMES if cells[id] == HIDDEN]
    told = [id for id in OUTCOMES if numbers[id] and id not in hidden_ones]
    if hidden_ones and left - sum(numbers[id] for id in told) == len(hidden_ones):
        cells[min(told, key=numbers.__getitem__)] = UNTOLD
    return cells
