"""Small cells: what may be printed.

What leaves the house names no count of one to four people's cases: such a cell says "<5", and the
figures made of it are left out with it. So is a score with such a measure in it: from the score and
the other measures the hidden one could be worked out. A total that could give a hidden cell away
leaves out the companies whose own count is hidden. Action items and consultations are matters of
organisations and stand in the report one by one; they are counted as they are.

A hidden cell must not be what is left when its neighbours are taken away from a number that is known
as well: the requests that were not removed (from R3) by what became of them, a total by its parts.
Where it could be, none of them is told. To leave out one more of them would not do: whoever knows
this rule would know why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from portal.core.figures import SMALL, is_small, shown
from portal.methodology.score import Measure, Score

HIDDEN = "<5"
UNTOLD = "–"
OUTCOMES = ("restrictions", "refusals", "still_up", "open")
"""What may have become of a request that was not removed; open: nothing yet."""
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

    Where few were not removed no outcome is told, not even that there was none.
    """
    numbers = {id: int(score.beside[id] or 0) for id in OUTCOMES}
    left = int(score.beside["requests"] or 0) - score.measures["R3"].x
    if is_few(score.beside["requests"]) or is_few(left):
        return dict.fromkeys(OUTCOMES, UNTOLD)
    # There are other outcomes than these: together they are at most what is left.
    cells = _cells(list(numbers.values()), lambda together: together <= left)
    return dict(zip(OUTCOMES, cells, strict=True))


def tells_half_answered(score: Score) -> bool:
    """Whether it may be said when half were answered. That this was not reached tells that more than
    half are open; of fewer than eight these may be the four that are hidden."""
    requests = int(score.beside["requests"] or 0)
    return not is_few(requests) and not is_few(requests // 2 + 1)


def parts(numbers: Sequence[int]) -> list[str]:
    """The parts of a count that is told beside them."""
    total = sum(numbers)
    return _cells(numbers, lambda together: counted(together) == counted(total))


def _cells(numbers: Sequence[int], fits: Callable[[int], bool]) -> list[str]:
    """A cell for each number; `fits` says whether they may be so many together, by what else is told."""
    small = [number for number in numbers if is_few(number)]
    told = sum(numbers) - sum(small)
    ways = [way for way in product(range(1, SMALL), repeat=len(small)) if fits(told + sum(way))]
    # One place stands for all, for what fits in one order fits in every other.
    if small and len({way[0] for way in ways}) < 2:
        return [UNTOLD] * len(numbers)
    return [counted(number) for number in numbers]
