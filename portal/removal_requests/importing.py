"""A file of removal requests, read and judged line by line. Nothing here knows the database."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from portal.core import personal_data, references
from portal.core.calendar import month_of
from portal.core.clock import SEOUL, local_date
from portal.core.i18n import gettext as _
from portal.core.sheets import shielded, unshielded
from portal.removal_requests.models import (
    LegalGround,
    MeasureType,
    Outcome,
    Recheck,
    Surface,
    Verification,
)
from portal.removal_requests.reading import (
    Problem,
    Rows,
    Seen,
    Source,
    judged,
    rejected_pieces,
    wrong_width,
)

COLUMNS = (
    "request_no", "company", "platform", "category", "legal_ground", "surface", "measure_type",
    "reference", "issued_at", "delivered_at", "acknowledged_at", "decided_at", "outcome",
    "refusal_reason", "removed_at", "verified_at", "verification", "rechecked_at", "recheck",
)  # fmt: skip
REQUIRED = ("request_no", "company", "platform", "category", "legal_ground", "surface", "measure_type")  # fmt: skip
CODES: dict[str, type[StrEnum]] = {
    "legal_ground": LegalGround,
    "surface": Surface,
    "measure_type": MeasureType,
    "outcome": Outcome,
    "verification": Verification,
    "recheck": Recheck,
}
TIMES = ("issued_at", "delivered_at", "acknowledged_at", "decided_at", "removed_at", "verified_at", "rechecked_at")  # fmt: skip
PAIRS = (("decided_at", "outcome"), ("verified_at", "verification"), ("rechecked_at", "recheck"))
SECRET = ("reference",)
"""Columns whose value no message repeats."""
NUMBER = re.compile(r"[\w./ -]{1,60}")
CATEGORY = re.compile(r"[a-z0-9_]{1,60}")
INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)", re.IGNORECASE
)
MOST_CELL = 4000


class Platforms(NamedTuple):
    """What the person who imports may know: companies by slug, and platforms by slug."""

    companies: Mapping[str, int]
    platforms: Mapping[str, tuple[int, int]]
    """slug: (platform, its company)."""
    hosts: Mapping[int, tuple[str, ...]] = {}
    """Platform: the hosts at which its content stands; one that is missing takes any."""
    runs: Mapping[str, Sequence[tuple[int, date, date]]] = {}
    """Of a platform that was moved: each company that ran it, with its first and last day."""


def read(content: bytes, known: Platforms, *, at: datetime) -> Rows:
    """Read and judge a small file, and hold all of it."""
    rows = Rows()
    for one in judged(Source(content), Requests(known, at), rows):
        if one.problems:
            rows.reject(one)
        else:
            rows.good.append((one.line, one.values))
    return rows


class Requests:
    """Judges the lines of one file against what is known and against each other."""

    columns = COLUMNS

    def __init__(self, known: Platforms, at: datetime) -> None:
        self.known, self.at = known, at
        self.seen = Seen()
        self.codes = {
            name: {code.value: code.value for code in codes} for name, codes in CODES.items()
        }
        self.width = 0
        self.in_order: Callable[[Sequence[str]], tuple[str, ...]] = tuple
        self.places: dict[tuple[str, str], tuple[int, int]] = {}

    def begin(self, header: Sequence[str]) -> None:
        """Take note of the order of the columns."""
        self.width = len(header)
        self.in_order = itemgetter(*(header.index(name) for name in COLUMNS))

    def line(self, number: int, cells: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        """The values of a line, or its problems."""
        if len(cells) != self.width:
            return {}, [wrong_width(number, len(cells), self.width)]
        # Our own export shields cells that a spreadsheet would take for formulas.
        told = [
            cell if cell[:1] != "'" else unshielded(cell)
            for cell in map(str.strip, self.in_order(cells))
        ]
        raw = dict(zip(COLUMNS, told, strict=True))
        values = self._good(raw, told)
        if values is None:
            values, found = self._judged(number, raw)
            if found:
                return {}, found
        first = self.seen.first(f"{values['company_id']} {values['request_no']}", number)
        if first != number:
            remedy = _("This number stood on line %(line)s already. Keep one of the two.", line=first)  # fmt: skip
            return values, [Problem(number, "request_no", raw["request_no"], remedy)]
        return values, []

    def _judged(self, number: int, raw: dict[str, str]) -> tuple[dict[str, Any], list[Problem]]:
        """The values of a line, or all its problems, each with its remedy."""
        found = [
            Problem(number, column, "" if column in SECRET or hides else raw[column][:80], remedy)
            for column, remedy, hides in self._wrong(raw)
        ]
        if found:
            return {}, found
        values = self._values(raw)
        return values, [
            Problem(number, c, raw[c][:80], remedy)
            for c, remedy in problems_of_times(values, at=self.at)
        ]

    def _good(self, raw: dict[str, str], told: Sequence[str]) -> dict[str, Any] | None:
        """The values of a line that is good beyond doubt; None where it must be looked at closely.

        Nearly every line of a large file is one of these. What is decided here is decided in the
        same way by `_wrong` and `problems_of_times`, only more slowly.
        """
        place = self._place(raw["company"], raw["platform"])
        if place is None or max(map(len, told)) > 500:
            return None
        request_no, reference = raw["request_no"], raw["reference"]
        if not request_no or not NUMBER.fullmatch(request_no) or personal_data.found(request_no):
            return None
        reason, category = raw["refusal_reason"], raw["category"]
        if not _is_category(category) or (reason and personal_data.found(reason)):
            return None
        if (
            reference
            and references.wrong_host(reference, self.known.hosts.get(place[1], ())) is not None
        ):
            return None
        values: dict[str, Any] = {
            "request_no": request_no,
            "company_id": place[0],
            "platform_id": place[1],
            "category": category,
            "reference": reference,
            "refusal_reason": reason or None,
        }
        for name, codes in self.codes.items():
            code = raw[name]
            if code:
                if code not in codes:
                    return None
                values[name] = codes[code]
            elif name in REQUIRED:
                return None
            else:
                values[name] = None
        for name in TIMES:
            cell = raw[name]
            if cell:
                time = instant(cell)
                if time is None or time > self.at:
                    return None
                values[name] = time
            else:
                values[name] = None
        if not _are_in_order(values):
            return None
        values["month"] = month_of_zero(values)
        return values

    def _place(self, company: str, platform: str) -> tuple[int, int] | None:
        """Company and platform by their slugs; None where the two do not belong together."""
        place = self.places.get((company, platform))
        if place is None:
            known = self.known.platforms.get(platform)
            if platform in self.known.runs:  # whose it was hangs on the day: see `_wrong_place`
                return None
            if known is None or known[1] != self.known.companies.get(company):
                return None
            place = self.places[company, platform] = known[1], known[0]
        return place

    def _wrong(self, raw: dict[str, str]) -> Iterator[tuple[str, str, bool]]:
        for name in REQUIRED:
            if not raw[name]:
                yield name, _("This cell is empty. Fill it in."), False
        for name, cell in raw.items():
            if len(cell) > MOST_CELL:
                yield name, _("This cell is too long. Shorten it."), True
        if raw["request_no"] and not NUMBER.fullmatch(raw["request_no"]):
            yield "request_no", _("Use letters, digits, - . / only, at most 60."), False
        if raw["category"] and not CATEGORY.fullmatch(raw["category"]):
            yield "category", _("Write a code of small letters and _, as in sexual_deepfake."), False  # fmt: skip
        yield from self._wrong_place(raw)
        for name, codes in self.codes.items():
            if raw[name] and raw[name] not in codes:
                yield name, _("Not a code of this column. Use one of: %(codes)s.", codes=", ".join(codes)), False  # fmt: skip
        for name in TIMES:
            cell = raw[name]
            if cell and instant(cell) is None:
                yield name, time_remedy(cell), False
        if len(raw["refusal_reason"]) > 500:
            yield "refusal_reason", _("At most 500 characters. Shorten it."), False
        for name in ("refusal_reason", "request_no"):
            kind = personal_data.found(raw[name]) if raw[name] else None
            if kind:
                yield name, personal_data.sentence(kind), True

    def _wrong_place(self, raw: dict[str, str]) -> Iterator[tuple[str, str, bool]]:
        company = self.known.companies.get(raw["company"])
        if raw["company"] and company is None:
            yield "company", _("No such company. Use the code that stands on the page of the company."), False  # fmt: skip
        platform = self.known.platforms.get(raw["platform"])
        if raw["platform"] and platform is None:
            yield "platform", _("No such platform. Use the code that stands on the page of its company."), False  # fmt: skip
        elif company is not None and platform is not None:
            other = self._wrong_owner(raw, company, platform[1])
            if other:
                yield "platform", other, False
        if platform is not None and raw["reference"]:
            remedy = references.wrong_host(raw["reference"], self.known.hosts.get(platform[0], ()))
            if remedy is not None:
                yield "reference", remedy, True

    def _wrong_owner(self, raw: dict[str, str], company: int, owner: int) -> str:
        """Why a request to a company cannot be about a platform; of a moved one, on its day."""
        runs = self.known.runs.get(raw["platform"])
        if runs is None:
            return (
                ""
                if company == owner
                else _("This platform is run by another company. Check both cells.")
            )
        at = next((instant(raw[name]) for name in ("issued_at", "delivered_at") if raw[name]), None)
        day = local_date(at or self.at)
        if any(one == company and first <= day <= last for one, first, last in runs):
            return ""
        return _("On %(day)s another company ran this platform. Check company, platform and time.", day=day.isoformat())  # fmt: skip

    def _values(self, raw: dict[str, str]) -> dict[str, Any]:
        values: dict[str, Any] = {
            "request_no": raw["request_no"],
            "company_id": self.known.companies[raw["company"]],
            "platform_id": self.known.platforms[raw["platform"]][0],
            "category": raw["category"],
            "reference": raw["reference"],
            "refusal_reason": raw["refusal_reason"] or None,
        }
        for name, codes in self.codes.items():
            values[name] = codes[raw[name]] if raw[name] else None
        for name in TIMES:
            values[name] = instant(raw[name]) if raw[name] else None
        values["month"] = month_of_zero(values)
        return values


@lru_cache(maxsize=4096)
def _is_category(category: str) -> bool:
    return CATEGORY.fullmatch(category) is not None


def instant(cell: str) -> datetime | None:
    """An instant with its offset, or None. Stricter than Python: no week dates, no bare days."""
    # As our export writes it; of what looks so, Python takes nothing that INSTANT would not.
    if len(cell) == 25 and (cell[4], cell[7], cell[10], cell[13], cell[16]) == ("-", "-", "T", ":", ":"):  # fmt: skip
        try:
            return datetime.fromisoformat(cell).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
    if not INSTANT.fullmatch(cell):
        return None
    try:
        return datetime.fromisoformat(cell.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def time_remedy(cell: str) -> str:
    """What to do about a cell that is no instant."""
    if INSTANT.fullmatch(cell):
        return _("This day or time does not exist. Check it.")
    if INSTANT.fullmatch(cell + "Z"):
        return _("The offset is missing. Write it as 2026-03-01T09:00:00+09:00.")
    return _("Not an instant. Write it as 2026-03-01T09:00:00+09:00.")


def month_of_zero(values: Mapping[str, Any]) -> str | None:
    """The month of clock zero: delivery, else issue."""
    zero: datetime | None = values["delivered_at"] or values["issued_at"]
    return _month_of_hour(zero.replace(minute=0, second=0, microsecond=0)) if zero else None


@lru_cache(maxsize=100_000)
def _month_of_hour(at: datetime) -> str:
    """The month in which an hour lies: since 1961 Korea is a whole number of hours from UTC."""
    return month_of(at)


def _are_in_order(values: Mapping[str, Any]) -> bool:
    """Whether the times of a request contradict each other nowhere; see `problems_of_times`."""
    issued, delivered = values["issued_at"], values["delivered_at"]
    decided, removed = values["decided_at"], values["removed_at"]
    verified, rechecked = values["verified_at"], values["rechecked_at"]
    zero = delivered or issued
    later = [one for one in (values["acknowledged_at"], decided, removed, verified, rechecked) if one]  # fmt: skip
    if later and (zero is None or min(later) < zero):
        return False
    return (
        (decided is None) is (values["outcome"] is None)
        and (verified is None) is (values["verification"] is None)
        and (rechecked is None) is (values["recheck"] is None)
        and not (values["refusal_reason"] and values["outcome"] is None)
        and not (rechecked and verified is None)
        and not (issued and delivered and delivered < issued)
        and not (verified and removed and verified < removed)
        and not (rechecked and verified and rechecked < verified)
    )


def problems_of_times(values: Mapping[str, Any], *, at: datetime) -> Iterator[tuple[str, str]]:
    """Where the times of a request contradict each other: (column, remedy)."""
    for name in TIMES:
        if values[name] is not None and values[name] > at:
            yield name, _("This lies in the future. Check the time.")
    for time, code in PAIRS:
        if values[time] is not None and values[code] is None:
            yield code, _("Fill this in, or empty %(other)s.", other=time)
        elif values[time] is None and values[code] is not None:
            yield time, _("Fill this in, or empty %(other)s.", other=code)
    if values["refusal_reason"] and values["outcome"] is None:
        yield "refusal_reason", _("A reason without an outcome. Fill in outcome, or empty this.")
    if values["recheck"] is not None and values["verification"] is None:
        yield "recheck", _("A recheck needs a verification before it. Fill in verification.")
    issued, delivered = values["issued_at"], values["delivered_at"]
    zero, zero_name = (delivered, "delivered_at") if delivered else (issued, "issued_at")
    if issued and delivered and delivered < issued:
        yield "delivered_at", _("This lies before %(other)s. Check both.", other="issued_at")
    for name in TIMES[2:]:
        if values[name] is None:
            continue
        if zero is None:
            yield name, _("Without issued_at or delivered_at nothing can follow. Fill one in.")
        elif values[name] < zero:
            yield name, _("This lies before %(other)s. Check both.", other=zero_name)
    for name, before in (("verified_at", "removed_at"), ("rechecked_at", "verified_at")):
        if values[name] is not None and values[before] is not None and values[name] < values[before]:  # fmt: skip
            yield name, _("This lies before %(other)s. Check both.", other=before)


# Writing


def rejected_file(rows: Rows) -> str:
    """The rejected lines as CSV, each with its problems in one more column."""
    return "".join(rejected_pieces(rows))


def cell(value: Any) -> str:
    """A value as a cell; what a spreadsheet would take for a formula is shielded."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(SEOUL).isoformat()
    text = value.value if isinstance(value, StrEnum) else str(value)
    return shielded(text)


def written(
    rows: Iterator[Any], unseal: Callable[[str], str] | None = None, *, batch: int = 500
) -> Iterator[str]:
    """An export as pieces of CSV. References stay empty unless `unseal` opens them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows, 1):
        values = dict(row._mapping)
        sealed = values["reference"]
        values["reference"] = unseal(sealed) if unseal is not None and sealed else None
        writer.writerow([cell(values[name]) for name in COLUMNS])
        if number % batch == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()
