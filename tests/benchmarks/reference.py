"""The method's formulas a second time, by other ways: exact fractions and plain counting.

The interval's bounds are the roots of n(p - t)^2 = z^2 t(1 - t). A verdict needs no root: t lies
outside of the interval where the left side is the larger one.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

Z = Fraction("1.959964")


def count(percent: str, notices: int) -> int:
    """The percentage of the notices, half up, in whole numbers."""
    share = Fraction(percent) * notices / 100
    return int((2 * share + 1) // 2)


def bounds(x: int, n: int) -> tuple[Decimal, Decimal]:
    """Both roots in fifty digits."""
    with localcontext() as context:
        context.prec = 50
        z2 = Decimal("1.959964") ** 2
        a, b, c = n + z2, -(2 * x + z2), Decimal(x) * x / n
        root = (b * b - 4 * a * c).sqrt()
        return (-b - root) / (2 * a), (-b + root) / (2 * a)


def verdict(x: int, n: int, target: Fraction) -> str:
    """By the exact score test; `target` in 0..1."""
    p = Fraction(x, n)
    is_outside = n * (p - target) ** 2 >= Z**2 * target * (1 - target)
    is_beyond = n * (p - target) ** 2 > Z**2 * target * (1 - target)
    if target == 0 or (p > target and is_outside):
        return "met"
    return "not met" if p < target and is_beyond else "not shown"


def ranks(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Best and worst place of each (x, n): those surely above, and those surely below."""
    spans = [bounds(x, n) for x, n in pairs]
    found = []
    for mine in spans:
        above = len([other for other in spans if other[0] > mine[1]])
        below = len([other for other in spans if other[1] < mine[0]])
        found.append((above + 1, len(spans) - below))
    return found


def shown(share: Decimal) -> Decimal:
    """In per cent to six places."""
    return (100 * share).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
