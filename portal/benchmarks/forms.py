"""Input of the benchmarks room."""

from __future__ import annotations

import re
from fractions import Fraction

from portal.core.errors import FieldError
from portal.core.i18n import gettext as _

USUAL = "66.67"
"""Two thirds, as the EU Code of conduct's rounds print it."""
SHARE = re.compile(r"([0-9]{1,9})/([0-9]{1,9})")
PERCENT = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,30})?")


def target_of(text: str) -> Fraction:
    """A target in per cent, exact: a percentage (66.67, 66,67 %) or a share of one (2/3).

    Refused, at the field `target`: anything else, and what lies outside 0 to 100 per cent.
    """
    said = "".join((text or USUAL).split()).removesuffix("%")
    target = None
    if (share := SHARE.fullmatch(said)) and int(share[2]):
        target = Fraction(100 * int(share[1]), int(share[2]))
    elif PERCENT.fullmatch(said):
        target = Fraction(said.replace(",", "."))
    if target is None or not 0 <= target <= 100:
        raise FieldError(
            "target",
            _("Write the target as a percentage from 0 to 100, as 66.67, or as a share, as 2/3."),
        )
    return target
