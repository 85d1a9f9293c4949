"""Reading a mail as an answer to an invitation: RFC 5322, 8601 for the sender, 6047 and 5546.

Pure: bytes in, facts out. Nothing here trusts the mail; what cannot be read says why. Recurrence
rules are never expanded and time zone definitions of the mail never used, since both can be made
to run for hours.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from typing import Any

from icalendar import Calendar, Event

from portal.replies.models import Why

LONGEST_TEXT = 20_000
LARGEST_CALENDAR = 256 * 1024
MOST_PARTS = 50
MOST_COMPONENTS = 40
CALENDAR_TYPES = ("text/calendar", "application/ics")


class Unusable(Exception):
    """A mail that answers nothing; `why` is a code, `detail` a short technical hint."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(why.value)
        self.why, self.detail = why, detail


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says of itself. `is_vouched` is None where no server is trusted to say it."""

    message_id: str
    sender: str
    subject: str
    text: str
    is_vouched: bool | None
    calendar: bytes | None
    method: str
    """The method that the calendar's part is labelled with; empty where it has no label."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the calendar part of a mail says (RFC 5546, 3.2.3 and 3.2.7)."""

    method: str
    uid: str
    sequence: int
    stamped_at: datetime
    attendees: tuple[str, ...]
    word: str
    """PARTSTAT of the one attendee; empty where there are several."""
    comment: str
    starts_at: datetime | None
    ends_at: datetime | None


def clean(text: str, most: int) -> str:
    """Text as a database takes it: no control characters but line ends, no half characters."""
    text = text[: most * 4].encode("utf-8", "replace").decode()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(s for s in text if s in "\n\t" or s.isprintable())[:most]


def line(value: Any, most: int) -> str:
    """A header on one line; a header that cannot be read is empty."""
    return " ".join(clean(str(value or ""), most).split())


def read_mail(raw: bytes, *, trusted: str = "") -> Mail:
    """Take a mail apart. Raises `Unusable` where it is no mail or hides its sender."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(raw)
        assert isinstance(message, EmailMessage)
        return Mail(
            message_id=_header(message, "Message-ID", 250),
            sender=_sender(message),
            subject=_header(message, "Subject", 200),
            text=_text(message),
            is_vouched=_vouched(message, _sender(message), trusted),
            **_calendar(message),
        )
    except Unusable:
        raise
    except Exception as error:  # the parser fails in many ways on what somebody made by hand
        raise Unusable(Why.BROKEN_MAIL, type(error).__name__) from error


def headers_of(raw: bytes) -> tuple[str, str, str]:
    """Message-ID, sender and subject, as far as they can be read: for what is not read further."""
    found = []
    message = BytesParser(policy=policy.default).parsebytes(raw, headersonly=True)
    for read in (
        lambda: _header(message, "Message-ID", 250),
        lambda: _sender(message),
        lambda: _header(message, "Subject", 200),
    ):
        try:
            found.append(read())
        except Exception:  # see read_mail
            found.append("")
    return found[0], found[1], found[2]


def _header(message: EmailMessage, name: str, most: int) -> str:
    return line(message[name], most)


def _sender(message: EmailMessage) -> str:
    """The one address of From; a mail with none or several has no sender to speak of."""
    fields = message.get_all("From") or []
    addresses = [address for field in fields for address in field.addresses]
    if len(fields) != 1 or len(addresses) != 1:
        return ""
    return line(addresses[0].addr_spec, 254).lower()


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    for count, part in enumerate(message.walk()):
        if count >= MOST_PARTS:
            return
        if not part.is_multipart():
            yield part


def _decoded(part: EmailMessage, most: int) -> str:
    """The text of a part in whatever charset; Korean mail often names the smaller of two."""
    data = part.get_payload(decode=True)
    data = data[: most * 4] if isinstance(data, bytes) else b""
    named = str(part.get_content_charset() or "utf-8").lower()
    if named in ("ks_c_5601-1987", "euc-kr", "euc_kr", "ks_c_5601", "ksc5601"):
        named = "cp949"
    for charset in (named, "utf-8", "cp949"):
        try:
            return clean(data.decode(charset), most)
        except (UnicodeDecodeError, LookupError):
            continue
    return clean(data.decode("latin-1"), most)


class _Words(HTMLParser):
    """The words of an HTML page, without what is not shown."""

    BREAKS = frozenset(("br", "p", "div", "tr", "li", "h1", "h2", "h3"))

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.hidden += tag in ("script", "style", "head")
        if tag in self.BREAKS:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("script", "style", "head") and self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def _text(message: EmailMessage) -> str:
    """The first plain text; else the words of the first HTML part, which is never rendered."""
    page = None
    for part in _parts(message):
        kind = part.get_content_type()
        if part.get_content_disposition() == "attachment":
            continue
        if kind == "text/plain":
            return _decoded(part, LONGEST_TEXT).strip()
        if kind == "text/html" and page is None:
            page = part
    if page is None:
        return ""
    words = _Words()
    words.feed(_decoded(page, LONGEST_TEXT))
    return re.sub(r"\n\s*\n+", "\n\n", "".join(words.words)).strip()


def _calendar(message: EmailMessage) -> dict[str, Any]:
    """The calendar part and the method it is labelled with. Programs often send it twice, as a
    part and as a file; the part is the one that counts (RFC 6047, 2.4)."""
    found: dict[str, EmailMessage] = {}
    for part in _parts(message):
        if part.get_content_type() in CALENDAR_TYPES:
            found.setdefault(part.get_content_type(), part)
    for kind in CALENDAR_TYPES:
        if kind in found:
            data = found[kind].get_payload(decode=True)
            label = found[kind].get_param("method", "") if kind == "text/calendar" else ""
            return {"calendar": data if isinstance(data, bytes) else b"",
                    "method": line(label, 20).upper()}  # fmt: skip
    return {"calendar": None, "method": ""}


def _vouched(message: EmailMessage, sender: str, trusted: str) -> bool | None:
    """Whether the trusted mail server stands in for the sender's address (RFC 8601).

    Only the topmost header under its name counts: it put that one there itself. A pass counts for
    the address in From alone, by DMARC or by a domain that is aligned with it. A mail of which
    the trusted server says nothing did not come through it, and nobody stands in for it.
    """
    if not trusted:
        return None
    for field in message.get_all("Authentication-Results") or []:
        said = line(field, 4000).lower()
        while said != (bare := re.sub(r"\([^()]*\)", " ", said)):
            said = bare
        server, _semicolon, results = said.partition(";")
        if server.split()[:1] == [trusted.lower()]:
            return _is_pass(results, sender.rpartition("@")[2])
    return False


def _is_pass(results: str, domain: str) -> bool:
    passed = False
    for result in results.split(";"):
        found = re.match(r"\s*([a-z0-9-]+)\s*=\s*([a-z]+)", result)
        if found is None:
            continue
        method, word = found.groups()
        if method == "dmarc" and word != "none":
            return word == "pass"
        of = re.search(r"(?:header\.d|header\.i|smtp\.mailfrom)=\"?([^\s\"]+)", result)
        named = of.group(1).rpartition("@")[2] if of else ""
        if method in ("dkim", "spf") and word == "pass":
            passed |= _aligned(named, domain)
    return passed


def _aligned(one: str, other: str) -> bool:
    if not one or not other:
        return False
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


ZONES = re.compile(r"^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$\n?", re.M | re.S | re.I)


def read_calendar(data: bytes, *, label: str = "") -> Answer:
    """The answer in a calendar part. Raises `Unusable` where it cannot be read or lacks what
    RFC 5546 asks of an answer: a method, one event, UID, DTSTAMP, attendee."""
    if len(data) > LARGEST_CALENDAR:
        raise Unusable(Why.TOO_LARGE)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp949", "replace")
    if text.upper().count("BEGIN:") > MOST_COMPONENTS:
        raise Unusable(Why.UNREADABLE, "BEGIN")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            calendar = Calendar.from_ical(ZONES.sub("", text.replace("\r\n", "\n")))
            return _answer(calendar, label)
    except Unusable:
        raise
    except Exception as error:  # the library raises what its many parsers raise
        raise Unusable(Why.UNREADABLE, type(error).__name__) from error


def _answer(calendar: Any, label: str) -> Answer:
    method = line(calendar.get("METHOD"), 20).upper()
    if label and method and label != method:
        raise Unusable(Why.UNREADABLE, f"{label} / {method}")
    method = method or label
    if method not in ("REPLY", "COUNTER"):
        raise Unusable(Why.METHOD, method or "–")
    events = [part for part in calendar.subcomponents if isinstance(part, Event)]
    if len(events) != 1:
        raise Unusable(Why.INCOMPLETE, f"VEVENT × {len(events)}")
    event: Any = events[0]
    _check(calendar, event)
    missing = [name for name in ("UID", "DTSTAMP", "ATTENDEE") if name not in event]
    if missing:
        raise Unusable(Why.INCOMPLETE, ", ".join(missing))
    people = event["ATTENDEE"]
    people = people if isinstance(people, list) else [people]
    word = line(people[0].params.get("PARTSTAT"), 30).upper() if len(people) == 1 else ""
    starts_at, ends_at = _times(event)
    return Answer(
        method=method,
        uid=line(event["UID"], 250),
        sequence=int(event.get("SEQUENCE", 0)),
        stamped_at=_instant(event["DTSTAMP"].dt) or _missing("DTSTAMP"),
        attendees=tuple(re.sub("^mailto:", "", line(p, 254).lower()) for p in people),
        word=word,
        comment=_comment(event),
        starts_at=starts_at,
        ends_at=ends_at,
    )


def _check(calendar: Any, event: Any) -> None:
    """Refuse what the library could read only in part."""
    broken = [name or "?" for part in (calendar, event) for name, _error in part.errors]
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        if "FREQ" not in rule:
            broken.append("RRULE")
    for name in ("UID", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "DURATION"):
        if isinstance(event.get(name), list):
            broken.append(f"{name} × {len(event[name])}")
    if broken:
        raise Unusable(Why.UNREADABLE, ", ".join(dict.fromkeys(broken))[:200])


def _missing(name: str) -> datetime:
    raise Unusable(Why.INCOMPLETE, name)


def _instant(value: Any) -> datetime | None:
    """An instant; None for a day or for a time in no known zone, which is no instant."""
    if isinstance(value, datetime) and value.tzinfo is not None and 1970 < value.year < 2200:
        return value.astimezone(UTC)
    return None


def _times(event: Any) -> tuple[datetime | None, datetime | None]:
    start = event["DTSTART"].dt if "DTSTART" in event else None
    end = event["DTEND"].dt if "DTEND" in event else None
    if end is None and "DURATION" in event and isinstance(start, date):
        length = event["DURATION"].dt
        if isinstance(length, timedelta) and abs(length) < timedelta(days=366):
            end = start + length
    return _instant(start), _instant(end)


def _comment(event: Any) -> str:
    said = event.get("COMMENT", "")
    first = said[0] if isinstance(said, list) else said
    return clean(str(first), 2000).strip()
