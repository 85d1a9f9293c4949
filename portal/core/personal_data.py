"""Personal data that must not stand in a free text: what it looks like, and how it is refused."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from portal.core.errors import FieldError
from portal.core.i18n import gettext as _

RESIDENT = re.compile(r"(?<!\d)(\d{6})([- ]?)([0-9]\d{6})(?!\d)")
EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
PHONE = re.compile(
    r"(?<![\d-])(?:"
    r"(?:\+?82[-. ]?|0)1[016789][-. ]?\d{3,4}[-. ]?\d{4}"  # mobile, at home and from abroad
    r"|(?:\+?82[-. ]?\(?0?|\(?0)(?:2|[3-6]\d|70)\)?[-. ]\d{3,4}[-. ]\d{4}"  # landline
    r"|\+\d{1,3}[-. ]?(?:\d[-. ]?){6,12}\d"  # any other country
    r")(?![\d-])"
)
CARD = re.compile(r"(?<![\d-])[3-6]\d{3}(?:[- ]?\d{4}){2}[- ]?\d{1,7}(?![\d-])")
DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
CENTURY = {
    **dict.fromkeys("1256", 1900),
    **dict.fromkeys("3478", 2000),
    **dict.fromkeys("90", 1800),
}


def found(text: str) -> str | None:
    """The kind of personal data in a text (its code), or None. Full-width digits count as digits."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(DASHES)
    if "@" in plain and EMAIL.search(plain):
        return "email_address"
    if sum(map(str.isdigit, plain)) < 8:
        return None
    if any(_is_resident_number(*match.groups()) for match in RESIDENT.finditer(plain)):
        return "resident_number"
    if any(_passes_luhn(match.group()) for match in CARD.finditer(plain)):
        return "card_number"
    return "phone_number" if PHONE.search(plain) else None


def _is_resident_number(birth: str, separator: str, rest: str) -> bool:
    """A birth date that exists, and the check digit.

    Numbers given out since October 2020 have no check digit; written with the hyphen and a date
    that exists they are taken for what they look like.
    """
    try:
        date(CENTURY[rest[0]] + int(birth[:2]), int(birth[2:4]), int(birth[4:]))
    except ValueError:
        return False
    digits = [int(digit) for digit in birth + rest]
    total = sum(weight * digit for weight, digit in zip(WEIGHTS, digits[:12], strict=True))
    # Numbers of foreigners shift the check digit by two.
    shift = 13 if rest[0] in "5678" else 11
    return (shift - total % 11) % 10 == digits[12] or separator == "-"


def _passes_luhn(text: str) -> bool:
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[1::2])
    return 13 <= len(digits) <= 19 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def sentence(kind: str) -> str:
    """Why a text is refused, and the remedy."""
    return _(
        "This holds personal data (%(kind)s). The portal keeps none: take it out.", kind=_(kind)
    )


def refuse_personal_data(text: str | None, *, field: str) -> None:
    """Refuse a free text that names a person by number or address."""
    kind = found(text or "")
    if kind is not None:
        raise FieldError(field, sentence(kind))
