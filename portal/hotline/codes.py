"""Case codes that can be read aloud over the phone, in Korean and in English.

Thirteen signs that are not taken for one another on paper: no O and 0, no I, L and 1, no B, no S
and 5, no Z and 2. Thirteen is prime, so the check character finds every single wrong sign and
every pair that changed places (a weighted sum modulo 13, as ISO/IEC 7064 does with primes). Some
of them sound alike, above all 3 and 4 in Korean; so they are read out by the words below.
"""

from __future__ import annotations

SIGNS = "AFHKMRX346789"
LENGTH = 8
ALOUD = {
    "ko": {
        "A": "에이", "F": "에프", "H": "에이치", "K": "케이", "M": "엠", "R": "알", "X": "엑스",
        "0": "공", "1": "하나", "2": "둘", "3": "삼", "4": "넷", "5": "오", "6": "여섯", "7": "칠",
        "8": "팔", "9": "아홉",
    },
    "en": {
        "A": "Alfa", "F": "Foxtrot", "H": "Hotel", "K": "Kilo", "M": "Mike", "R": "Romeo",
        "X": "X-ray", "0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five",
        "6": "six", "7": "seven", "8": "eight", "9": "nine",
    },
}  # fmt: skip
"""How each sign is said on the phone: as on the radio, where 3 is 삼 and 4 is 넷."""


def _check(body: str) -> str:
    weighted = sum(place * SIGNS.index(sign) for place, sign in enumerate(body, 2))
    return SIGNS[weighted % len(SIGNS)]


def code_of(number: int) -> str:
    """The code that a large random number gives, such as 'K7M4-93AF'; the last sign checks."""
    body = ""
    for _n in range(LENGTH - 1):
        number, place = divmod(number, len(SIGNS))
        body += SIGNS[place]
    code = body + _check(body)
    return f"{code[:4]}-{code[4:]}"


def cleaned(text: str) -> str | None:
    """A code as it was typed or heard, in its one form; None if it cannot be one."""
    signs = "".join(sign for sign in text.upper() if sign.isalnum())
    if len(signs) != LENGTH or any(sign not in SIGNS for sign in signs):
        return None
    return f"{signs[:4]}-{signs[4:]}" if _check(signs[:-1]) == signs[-1] else None


def secret_of(number: int) -> str:
    """Eight digits for the caller, in two groups. Tries are counted, so eight are enough."""
    digits = f"{number % 10**8:08d}"
    return f"{digits[:4]} {digits[4:]}"


def bare(secret: str) -> str:
    """A secret without the gaps people leave."""
    return "".join(sign for sign in secret if sign.isdigit())


def aloud(text: str, language: str) -> str:
    """A code or a secret in words: sign by sign, with a pause between the groups."""
    groups = text.replace("-", " ").split()
    return " – ".join(" ".join(ALOUD[language][sign] for sign in group) for group in groups)
