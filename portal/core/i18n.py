"""Two languages. Codes are stored, words are chosen when shown; a document keeps its own language.

The catalogues are the PO files of portal/translations, one for each room. English is the language
of the source; its own catalogue only holds words for codes such as `in_session`. Babel is used
directly: the wrappers cost more than they give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, get_timezone_location
from babel.messages.pofile import read_po
from markupsafe import Markup

from portal.core.clock import SEOUL

LANGUAGES = ("ko", "en")
LANGUAGE_NAMES = {"ko": "한국어", "en": "English"}
CATALOGUES = Path(__file__).parent.parent / "translations"

_language: ContextVar[str] = ContextVar("language", default="en")
_zone: ContextVar[ZoneInfo] = ContextVar("zone", default=SEOUL)

# Korean CLDR patterns print "AM 9:00"; the portal writes 24 hours in both languages.
PATTERNS = {
    "ko": {
        "instant": "yyyy년 M월 d일 (EEE) HH:mm",
        "day": "yyyy년 M월 d일 (EEE)",
        "short": "yyyy-MM-dd HH:mm",
        "month": "yyyy년 M월",
    },
    "en": {
        "instant": "EEE d MMM yyyy, HH:mm",
        "day": "EEE d MMM yyyy",
        "short": "yyyy-MM-dd HH:mm",
        "month": "MMMM yyyy",
    },
}


@cache
def catalogue(language: str) -> dict[str, str]:
    """Every translated sentence of a language, by its English source."""
    words: dict[str, str] = {}
    for path in sorted((CATALOGUES / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id and message.string and isinstance(message.id, str):
                    words.setdefault(message.id, str(message.string))
    return words


def gettext(source: str, **values: Any) -> str:
    """The sentence in the language of the reader, with its values filled in."""
    language = _language.get()
    text = catalogue(language).get(source, source)
    if not values:
        return text
    filled = text % values
    return with_particles(filled) if language == "ko" and "(" in text else filled


PARTICLES = re.compile(
    r"(?P<before>[0-9A-Za-z가-힣])(?P<close>[\])}”’\"']*)(?P<both>이\(가\)|은\(는\)|을\(를\)|과\(와\)|\(으\)로)"
)
FINALS = frozenset("013678LMNR")
"""What is read aloud with a final consonant, as 영, 일, 삼, 육, 칠, 팔, 엘, 엠, 엔, 알."""
LIQUIDS = frozenset("178LR")
"""Of these, what ends in ㄹ: it takes 로, not 으로."""


def with_particles(text: str) -> str:
    """A Korean sentence with the one particle that the word before it asks for.

    A syllable tells by its final consonant, a digit or a capital by how it is read aloud. What is
    written in small Latin letters may be read either way and keeps both forms. Source: Korean
    orthography (한글 맞춤법), the forms of a particle after a vowel and after a consonant.
    """
    return PARTICLES.sub(_one_particle, text)


def _one_particle(found: re.Match[str]) -> str:
    last, pair = found["before"], found["both"]
    if last.isascii() and last.islower():
        return found[0]
    if last.isascii():
        has_final, is_liquid = last in FINALS, last in LIQUIDS
    else:
        final = (ord(last) - ord("가")) % 28
        has_final, is_liquid = final != 0, final == 8
    if pair == "(으)로":
        particle = "으로" if has_final and not is_liquid else "로"
    else:
        particle = pair[0] if has_final else pair[2]
    return f"{last}{found['close']}{particle}"


THE_CLOCK = "the clock"
"""The name under which what nobody did by hand stands in the log."""


class LazyText:
    """A sentence that is translated when it is shown, for labels made at import."""

    __slots__ = ("source", "values")

    def __init__(self, source: str, **values: Any) -> None:
        self.source, self.values = source, values

    def __str__(self) -> str:
        return gettext(self.source, **self.values)

    def __html__(self) -> str:
        return str(Markup.escape(str(self)))

    def __mod__(self, values: Any) -> str:
        return str(self) % values

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.source)


_ = gettext
_l = LazyText


def language() -> str:
    """The language of the reader: 'ko' or 'en'."""
    return _language.get()


def zone() -> ZoneInfo:
    """The time zone of the reader."""
    return _zone.get()


def speak(language_code: str, zone_name: str = "Asia/Seoul") -> None:
    """Set the reader's language and zone for what follows in this request."""
    _language.set(language_code if language_code in LANGUAGES else "en")
    _zone.set(ZoneInfo(zone_name))


@contextmanager
def spoken(language_code: str, zone_name: str = "Asia/Seoul") -> Iterator[None]:
    """Speak a language for a while: for a mail or a document, which keep their own."""
    tokens = _language.set(language_code), _zone.set(ZoneInfo(zone_name))
    try:
        yield
    finally:
        _language.reset(tokens[0])
        _zone.reset(tokens[1])


def local(at: datetime | None, style: str = "instant", zone_name: str | None = None) -> str:
    """An instant in words, in the reader's zone unless another is named."""
    if at is None:
        return "–"
    wall = at.astimezone(ZoneInfo(zone_name) if zone_name else _zone.get())
    if style == "short":
        return f"{wall.year}-{wall.month:02d}-{wall.day:02d} {wall.hour:02d}:{wall.minute:02d}"
    return _in_words(wall.replace(tzinfo=None), style, _language.get())


def between(starts_at: datetime, ends_at: datetime, zone_name: str | None = None) -> str:
    """A range of time in words, in the reader's zone unless another is named.

    The day stands once where both ends lie on it, or where the end is the midnight that closes it.
    """
    zone = ZoneInfo(zone_name) if zone_name else _zone.get()
    first, last = starts_at.astimezone(zone), ends_at.astimezone(zone)
    begun = local(starts_at, "instant", zone_name)
    if first.date() == last.date():
        return f"{begun}–{last:%H:%M}"
    if last.date() == first.date() + timedelta(days=1) and last.time() == time.min:
        return f"{begun}–24:00"
    return f"{begun} – {local(ends_at, 'instant', zone_name)}"


def hours(starts_at: datetime, ends_at: datetime, zone_name: str | None = None) -> str:
    """The hours of a range beside its day, in the reader's zone unless another is named."""
    zone = ZoneInfo(zone_name) if zone_name else _zone.get()
    last = f"{ends_at.astimezone(zone):%H:%M}"
    return f"{starts_at.astimezone(zone):%H:%M}–{'24:00' if last == '00:00' else last}"


@lru_cache(maxsize=8192)
def _in_words(wall: datetime, style: str, tongue: str) -> str:
    # The same few hundred instants stand on page after page; finding the words is the dear part.
    return format_datetime(wall, PATTERNS[tongue][style], locale=tongue)


def zone_label(at: datetime, zone_name: str) -> str:
    """A zone as people read it: its city and its offset at that instant."""
    offset = at.astimezone(ZoneInfo(zone_name)).strftime("%z")
    return f"{_city(zone_name, _language.get())} (UTC{offset[:3]}:{offset[3:]})"


def with_zone(at: datetime | None) -> str:
    """An instant in words with the reader's zone named, as a mail needs it: it is handed on."""
    return f"{local(at)} {zone_label(at, zone().key)}" if at is not None else local(at)


@lru_cache(maxsize=1024)
def _city(zone_name: str, tongue: str) -> str:
    if tongue == "en" or "/" not in zone_name:
        return zone_name.rsplit("/", 1)[-1].replace("_", " ")
    return get_timezone_location(ZoneInfo(zone_name), locale=tongue, return_city=True)


def day(on: date | None) -> str:
    """A calendar day in words."""
    if on is None:
        return "–"
    tongue = _language.get()
    return _in_words(datetime(on.year, on.month, on.day), "day", tongue)


def country_name(code: str) -> str:
    """A country (ISO 3166-1 alpha-2) in the reader's language; the code where it has no name."""
    if code == "ZZ":
        return gettext("not made public")
    return str(Locale.parse(language()).territories.get(code, code))


NO_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}


def countries() -> list[tuple[str, str]]:
    """Every country by its name in the reader's language, and one that is not made public."""
    names = Locale.parse(language()).territories.items()
    known = [
        (code, name)
        for code, name in names
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    ]
    return [("ZZ", gettext("not made public")), *sorted(known, key=lambda pair: pair[1])]


def month_name(month: str) -> str:
    """A month such as '2026-03' in words."""
    return _month_in(month, _language.get())


@lru_cache(maxsize=1024)
def _month_in(month: str, tongue: str) -> str:
    year, number = month.split("-")
    return format_datetime(
        datetime(int(year), int(number), 1), PATTERNS[tongue]["month"], locale=tongue
    )


def both(record: Any, field: str) -> str:
    """A field kept in both languages (`title_ko`, `title_en`), in the reader's if it is filled."""
    first, second = ("ko", "en") if _language.get() == "ko" else ("en", "ko")
    return getattr(record, f"{field}_{first}") or getattr(record, f"{field}_{second}") or ""
