"""Rounding, in one place. Figures are rounded when shown and never before."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

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


def percent(part: int, whole: int, places: int = 1) -> str:
    """A share of counts as text, with its sign; a dash where there is nothing to divide by."""
    return "–" if whole == 0 else f"{rounded(Fraction(100 * part, whole), places)}%"
