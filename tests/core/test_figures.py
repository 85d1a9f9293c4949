"""Rounding, where a float would say something else than the figure it stands for."""

from __future__ import annotations

from fractions import Fraction

import pytest

from portal.core.figures import in_hundred


@pytest.mark.parametrize(
    ("share", "places", "text"),
    [
        (0.575, 0, "58"),  # 100 * 0.575 is 57.49999999999999
        (0.425, 0, "43"),
        (0.285, 0, "29"),
        (0.575, 1, "57.5"),
        (Fraction(2, 3), 1, "66.7"),
        (1, 0, "100"),
        (0.0, 0, "0"),
    ],
)
def test_a_share_is_rounded_as_it_is_written(
    share: float | Fraction, places: int, text: str
) -> None:
    assert in_hundred(share, places) == text
