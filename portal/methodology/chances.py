"""How likely each letter is, as a card and a report print it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction


def in_whole(letters: Mapping[str, float]) -> dict[str, int]:
    """By letter its chance in whole per cent, the letters in their order; those of nought left out.

    They add up to what the chances add up to: each is rounded down, and what is missing goes to
    the largest remainders, at equal ones to the likelier letter (Hare's quota). Rounded each for
    itself 57.5 and 42.5 would be 58 and 43.
    """
    exact = {letter: 100 * Fraction(repr(chance)) for letter, chance in letters.items()}
    whole = {letter: int(chance) for letter, chance in exact.items()}
    missing = round(sum(exact.values())) - sum(whole.values())
    by_remainder = sorted(
        exact, key=lambda letter: (whole[letter] - exact[letter], -exact[letter], letter)
    )
    for letter in by_remainder[:missing]:
        whole[letter] += 1
    return {letter: whole[letter] for letter in sorted(whole) if whole[letter]}
