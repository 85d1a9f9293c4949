"""Case codes that are heard right over the phone, in Korean and in English.

Thirteen characters of distinct sound and shape: no O and 0, no I, L and 1, no B and P, no S and F
together, no 2 and 5. Thirteen is prime, so the check character finds every single wrong character
and every pair that changed places (a weighted sum modulo 13, as ISO/IEC 7064 does with primes).
"""

from __future__ import annotations

import secrets

SIGNS = "AFHKMRX346789"
LENGTH = 8


def _check(body: str) -> str:
    weighted = sum(place * SIGNS.index(sign) for place, sign in enumerate(body, 2))
    return SIGNS[weighted % len(SIGNS)]


def new_code() -> str:
    """A code such as 'K7M4-93AF', its last character the check."""
    body = "".join(secrets.choice(SIGNS) for _n in range(LENGTH - 1))
    code = body + _check(body)
    return f"{code[:4]}-{code[4:]}"


def cleaned(text: str) -> str | None:
    """A code as it was typed or heard, in its one form; None if it cannot be one."""
    signs = "".join(sign for sign in text.upper() if sign.isalnum())
    if len(signs) != LENGTH or any(sign not in SIGNS for sign in signs):
        return None
    return f"{signs[:4]}-{signs[4:]}" if _check(signs[:-1]) == signs[-1] else None


def new_secret() -> str:
    """Eight digits for the caller, in two groups. Tries are counted, so eight are enough."""
    digits = f"{secrets.randbelow(10**8):08d}"
    return f"{digits[:4]} {digits[4:]}"


def bare(secret: str) -> str:
    """A secret without the gaps people leave."""
    return "".join(sign for sign in secret if sign.isdigit())
