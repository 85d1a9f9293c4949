"""Input of the benchmarks room."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from portal.core.errors import FieldError
from portal.core.i18n import gettext as _

USUAL = "66.67"
"""Two thirds: what the EU Code of conduct's rounds are read against."""


def target_of(text: str) -> Decimal:
    """A target in per cent as typed; refused with how to write it."""
    try:
        target = Decimal((text or USUAL).strip())
    except InvalidOperation:
        target = Decimal("NaN")
    if not (target.is_finite() and 0 <= target <= 100):
        raise FieldError("target", _("Write the target as a percentage from 0 to 100, as 66.67."))
    return target
