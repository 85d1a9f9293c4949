"""How many operators an hour needs, from the calls that come: Erlang C, in exact fractions.

Source: A. K. Erlang, Solution of some problems in the theory of probabilities of significance in
automatic telephone exchanges (1917); the recursion is Jagerman's, Some properties of the Erlang
loss function, Bell System Technical Journal 53 (1974).
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

MOST = 500
"""More operators than any hotline has; a slip of the keyboard ends here."""
DIGITS = 40


def load(per_hour: Fraction, handling_minutes: Fraction | int) -> Fraction:
    """The work that comes in, in erlangs: how many operators it keeps busy all the time."""
    return per_hour * Fraction(handling_minutes) / 60


@lru_cache(maxsize=4096)
def waiting_share(servers: int, offered: Fraction) -> Fraction:
    """The share of calls that find everybody busy, with `servers` people at a load in erlangs.

    B(0) = 1, B(n) = aB(n-1) / (n + aB(n-1)); C = nB / (n - a(1 - B)). With no more people than
    erlangs the queue grows without end: every call waits, and the share is 1.
    """
    if offered <= 0:
        return Fraction(0)
    if servers <= offered:
        return Fraction(1)
    blocked = Fraction(1)
    for n in range(1, servers + 1):
        blocked = offered * blocked / (n + offered * blocked)
    return servers * blocked / (servers - offered * (1 - blocked))


def answered_within(
    servers: int, offered: Fraction, *, seconds: int, handling_minutes: Fraction | int
) -> Decimal:
    """The share of calls answered within so many seconds: 1 - C exp(-(n - a) t / T), T the handling."""
    if servers <= offered:
        return Decimal(0)
    share = waiting_share(servers, offered)
    spare = (servers - offered) * seconds / (Fraction(handling_minutes) * 60)
    with localcontext() as context:
        context.prec = DIGITS
        left = (-_decimal(spare)).exp()
        return Decimal(1) - _decimal(share) * left


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


@lru_cache(maxsize=4096)
def needed(
    per_hour: Fraction,
    *,
    handling_minutes: int,
    share_percent: int,
    within_seconds: int,
    least: int,
) -> int:
    """The fewest operators with whom so many per cent of the calls are answered in time.

    `per_hour` are the calls of an hour on average; never fewer than `least`, however few call.
    """
    offered = load(per_hour, handling_minutes)
    target = Decimal(share_percent) / 100
    people = max(least, int(_decimal(offered).to_integral_value(ROUND_CEILING)))
    while people < MOST and (
        answered_within(people, offered, seconds=within_seconds, handling_minutes=handling_minutes)
        < target
    ):
        people += 1
    return people
