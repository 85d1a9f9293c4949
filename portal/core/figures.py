"""Rounding, in one place. Figures are rounded when shown and never before."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from portal.core.i18n import gettext as _

Number = int | float | Decimal | Fraction


def rounded(value: Number, places: int = 1) -> Decimal:
    """Round half up, as a person does with a pencil: 0.25 to one place is 0.3.

    A float is read through its shortest decimal form, so 64.2857142857 stays what it prints as.
    """
    if isinstance(value, Fraction):
        exact = Decimal(value.numerator) / Decimal(value.denominator)
    elif isinstance(value, float):
        exact = Decimal(repr(value))
    else:
        exact = Decimal(value)
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def shown(value: Number | None, places: int = 1) -> str:
    """The figure as text with thousands separated, or a dash where there is none."""
    return "–" if value is None else f"{rounded(value, places):,}"


def shown_below(value: Number | None, edges: Iterable[int], places: int = 1) -> str:
    """The figure with as many places as it takes not to look as if it had reached an edge.

    74.96 is not 75.0 where 75 begins a band.
    """
    while value is not None and places < MOST_PLACES:
        if not any(value < edge <= rounded(value, places) for edge in edges):
            break
        places += 1
    return shown(value, places)


MOST_PLACES = 9


def in_hours(value: Number | None, otherwise: str = "–") -> str:
    """So many hours as text, or what stands where there is nothing to tell."""
    return otherwise if value is None else _("%(hours)s h", hours=shown(value))


def percent(part: int, whole: int, places: int = 1) -> str:
    """A share of counts as text, with its sign; a dash where there is nothing to divide by."""
    return "–" if whole == 0 else f"{rounded(Fraction(100 * part, whole), places)}%"


def in_hundred(share: Number, places: int = 1) -> str:
    """A share of one as so many of a hundred, without the sign.

    Multiplied as a float 0.575 becomes 57.49999999999999, which is printed as 57 and not as 58.
    """
    exact = Decimal(repr(share)) if isinstance(share, float) else Fraction(share)
    return shown(100 * exact, places)


def span(low: Number | None, high: Number | None, places: int = 1) -> str:
    """Two bounds as text, with a dash between them; a dash alone where one is missing."""
    return "–" if low is None or high is None else f"{shown(low, places)}–{shown(high, places)}"


def signed(points: float) -> str:
    """Points with their sign, for which minus is a sign of its own."""
    sign = "+" if points > 0 else "−" if points < 0 else "±"
    return f"{sign}{shown(abs(points))}"


SMALL = 5
"""A cell of fewer cases than this may point at a person, and is not shown outside."""


def is_small(n: float) -> bool:
    """Whether a count must be suppressed in what leaves the house; nought tells of nobody."""
    return 0 < n < SMALL
