"""A file of removal requests, read and judged line by line. Nothing here knows the database."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from portal.core import personal_data
from portal.core.calendar import month_of
from portal.core.i18n import gettext as _
from portal.core.sheets import shielded, unshielded
from portal.removal_requests import references
from portal.removal_requests.models import (
    LegalGround,
    MeasureType,
    Outcome,
    Recheck,
    Surface,
    Verification,
)

COLUMNS = (
    "request_no", "company", "platform", "category", "legal_ground", "surface", "measure_type",
    "reference", "issued_at", "delivered_at", "acknowledged_at", "decided_at", "outcome",
    "refusal_reason", "removed_at", "verified_at", "verification", "rechecked_at", "recheck",
)  # fmt: skip
PROBLEM = "problem"
"""The column that a file of rejected lines has more; it is ignored when the file comes back."""
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


class Problem(NamedTuple):
    """Why a line cannot be written, and what to do about it."""

    line: int
    column: str
    value: str
    remedy: str


@dataclass(slots=True)
class Rows:
    """What a file holds: the good lines as values, the others as problems with their cells."""

    encoding: str = "UTF-8"
    read: int = 0
    good: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    rejected: list[tuple[int, list[str]]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)


class Platforms(NamedTuple):
    """What the person who imports may know: companies by slug, and platforms by slug."""

    companies: Mapping[str, int]
    platforms: Mapping[str, tuple[int, int]]
    """slug: (platform, its company)."""
    hosts: Mapping[int, tuple[str, ...]] = {}
    """Platform: the hosts at which its content stands; one that is missing takes any."""


def wrong_host(reference: str, hosts: Sequence[str]) -> str | None:
    """Why a reference cannot stand on a platform with these hosts, with the remedy; else None."""
    host = references.host_of(reference)
    if host is None:
        if references.ADDRESS.fullmatch(reference.strip()):
            return _("This is no web address. Copy it from the browser.")
        return None
    if not hosts or references.is_at(host, hosts):
        return None
    return _(
        "%(host)s is no host of this platform (%(known)s). Choose the other platform, or correct"
        " the address.",
        host=host,
        known=", ".join(hosts),
    )


def decoded(content: bytes) -> tuple[str, str]:
    """The text of a file and the name of its encoding; ValueError with the remedy if it is none."""
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise ValueError(_("This is no CSV file. Save the sheet as CSV (UTF-8) and send that."))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="strict"), "UTF-16"
    if b"\0" in content:
        raise ValueError(_("This is no CSV file. Save the sheet as CSV (UTF-8) and send that."))
    if content.startswith(b"\xef\xbb\xbf"):
        return _strict(content[3:], "utf-8"), "UTF-8 (BOM)"
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _strict(content, "cp949"), "EUC-KR/CP949"


def _strict(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise ValueError(
            _(
                "The text of line %(line)s is neither UTF-8 nor EUC-KR. Save the file as UTF-8.",
                line=line,
            )
        ) from wrong


def read(
    content: bytes, known: Platforms, *, at: datetime, step: Callable[[int], object] | None = None
) -> Rows:
    """Read a whole file. `step` is told how many lines were read since it was told before."""
    rows = Rows()
    try:
        text, rows.encoding = decoded(content)
    except (ValueError, UnicodeError) as wrong:
        rows.problems.append(Problem(1, "", "", str(wrong)))
        return rows
    records = _records(text)
    try:
        _line, header = next(records)
    except StopIteration:
        rows.problems.append(Problem(1, "", "", _("The file is empty. Its first line names the columns.")))  # fmt: skip
        return rows
    except csv.Error as wrong:
        rows.problems.append(_broken(1, wrong))
        return rows
    rows.header = [name.strip().lower() for name in header]
    rows.problems.extend(_header_problems(rows.header))
    if rows.problems:
        return rows
    judge = _Judge(rows.header, known, at)
    try:
        for line, cells in records:
            rows.read += 1
            if step is not None and rows.read % 1000 == 0:
                step(1000)
            values, problems = judge.line(line, cells)
            if problems:
                rows.problems.extend(problems)
                rows.rejected.append((line, cells))
            else:
                rows.good.append((line, values))
    except csv.Error as wrong:
        # Behind a broken quote nothing can be told apart: the rest of the file counts as bad.
        rows.problems.append(_broken(rows.read + 2, wrong))
    return rows


def cells_of(content: bytes, lines: set[int]) -> list[tuple[int, list[str]]]:
    """The cells of some lines of a file that was read before, as far as it could be read."""
    found = []
    try:
        for line, cells in _records(decoded(content)[0]):
            if line in lines:
                found.append((line, cells))
    except csv.Error:  # read() told of it already
        pass
    return found


def _broken(line: int, wrong: csv.Error) -> Problem:
    return Problem(line, "", "", _("The line cannot be read (%(why)s). Check its quotation marks.", why=wrong))  # fmt: skip


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line it begins on; blank lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    for cells in reader:
        if any(cells):
            yield line, cells
        line = reader.line_num + 1


def _header_problems(header: Sequence[str]) -> Iterator[Problem]:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        yield Problem(1, "", header[0][:60], _("Separate the columns by commas."))
        return
    for name in COLUMNS:
        if name not in header:
            yield Problem(1, name, "", _("This column is missing. Add it; its cells may be empty where unknown."))  # fmt: skip
        elif header.count(name) > 1:
            yield Problem(1, name, name, _("This column stands twice. Keep one."))
    for name in header:
        if name not in COLUMNS and name != PROBLEM:
            yield Problem(1, name, name, _("This column is not known. Remove it."))


class _Judge:
    """Judges the lines of one file against what is known and against each other."""

    def __init__(self, header: Sequence[str], known: Platforms, at: datetime) -> None:
        self.places = [(name, header.index(name)) for name in COLUMNS]
        self.width, self.known, self.at = len(header), known, at
        self.seen: dict[tuple[int, str], int] = {}
        self.codes = {name: {code.value: code for code in words} for name, words in CODES.items()}

    def line(self, number: int, cells: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        """The values of a line, or its problems."""
        if len(cells) != self.width:
            remedy = _(
                "The line has %(has)s cells, the first line %(needs)s. Put texts with commas in"
                " quotation marks.",
                has=len(cells),
                needs=self.width,
            )
            return {}, [Problem(number, "", "", remedy)]
        raw = {}
        for name, place in self.places:
            cell = cells[place].strip()
            # Our own export shields cells that a spreadsheet would take for formulas.
            raw[name] = unshielded(cell)
        found = [
            Problem(number, column, "" if column in SECRET or hides else raw[column][:80], remedy)
            for column, remedy, hides in self._wrong(raw)
        ]
        if found:
            return {}, found
        values = self._values(raw)
        found = [Problem(number, c, raw[c][:80], remedy) for c, remedy in problems_of_times(values, at=self.at)]  # fmt: skip
        key = (values["company_id"], values["request_no"])
        if not found and self.seen.setdefault(key, number) != number:
            remedy = _("This number stood on line %(line)s already. Keep one of the two.", line=self.seen[key])  # fmt: skip
            found.append(Problem(number, "request_no", raw["request_no"], remedy))
        return values, found

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
            if cell and _instant(cell) is None:
                yield name, _time_remedy(cell), False
        if len(raw["refusal_reason"]) > 500:
            yield "refusal_reason", _("At most 500 characters. Shorten it."), False
        for name in ("refusal_reason", "request_no"):
            kind = personal_data.found(raw[name]) if raw[name] else None
            if kind:
                yield name, personal_data.sentence(kind), True

    def _wrong_place(self, raw: dict[str, str]) -> Iterator[tuple[str, str, bool]]:
        company = self.known.companies.get(raw["company"])
        if raw["company"] and company is None:
            yield "company", _("No such company. Use the slug of one of yours, as in the list of companies."), False  # fmt: skip
        platform = self.known.platforms.get(raw["platform"])
        if raw["platform"] and platform is None:
            yield "platform", _("No such platform. Use the slug shown on the company's page."), False  # fmt: skip
        elif company is not None and platform is not None and platform[1] != company:
            yield "platform", _("This platform is run by another company. Check both cells."), False
        if platform is not None and raw["reference"]:
            remedy = wrong_host(raw["reference"], self.known.hosts.get(platform[0], ()))
            if remedy is not None:
                yield "reference", remedy, True

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
            values[name] = _instant(raw[name]) if raw[name] else None
        values["month"] = month_of_zero(values)
        return values


def _instant(cell: str) -> datetime | None:
    """An instant with its offset, or None. Stricter than Python: no week dates, no bare days."""
    if not INSTANT.fullmatch(cell):
        return None
    try:
        return datetime.fromisoformat(cell.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _time_remedy(cell: str) -> str:
    if INSTANT.fullmatch(cell):
        return _("This day or time does not exist. Check it.")
    if INSTANT.fullmatch(cell + "Z"):
        return _("The offset is missing. Write it as 2026-03-01T09:00:00+09:00.")
    return _("Not an instant. Write it as 2026-03-01T09:00:00+09:00.")


def month_of_zero(values: Mapping[str, Any]) -> str | None:
    """The month of clock zero: delivery, else issue."""
    zero = values["delivered_at"] or values["issued_at"]
    return month_of(zero) if zero else None


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
    why: dict[int, list[str]] = {}
    for problem in rows.problems:
        why.setdefault(problem.line, []).append(f"{problem.column}: {problem.remedy}".strip(": "))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    is_back = PROBLEM in rows.header
    header = [shielded(name) for name in rows.header]
    writer.writerow(header if is_back else [*header, PROBLEM])
    for line, cells in rows.rejected:
        # The file is somebody else's; read again, a shielded cell says what it said before.
        kept = [shielded(unshielded(cell)) for cell in cells]
        if is_back and len(kept) == len(rows.header):
            kept[rows.header.index(PROBLEM)] = " / ".join(why[line])
        else:
            kept.append(" / ".join(why[line]))
        writer.writerow(kept)
    return text.getvalue()


def cells(rows: Iterable[Sequence[str | None]]) -> Iterator[list[object]]:
    """The rows of an export as the cells of a spreadsheet, times as times, without references."""
    place = COLUMNS.index("reference")
    times = [COLUMNS.index(name) for name in TIMES]
    for row in rows:
        values: list[object] = list(row)
        values[place] = None
        for number in times:
            if row[number]:
                values[number] = datetime.fromisoformat(str(row[number]))
        yield values


SHIELDED = tuple(COLUMNS.index(name) for name in ("request_no", "category", "refusal_reason"))
"""The columns that hold what somebody wrote; all others hold codes and times of ours."""


def written(
    rows: Iterable[Sequence[str | None]],
    unseal: Callable[[str], str] | None = None,
    *,
    batch: int = 500,
) -> Iterator[str]:
    """An export as pieces of CSV, from rows of texts in the order of `COLUMNS`.

    References stay empty unless `unseal` opens them. What a spreadsheet would take for a formula is
    shielded.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    place = COLUMNS.index("reference")
    for number, row in enumerate(rows, 1):
        if unseal is not None or any(
            row[at] is not None and row[at][:1] in UNPLAIN
            for at in SHIELDED  # type: ignore[index]
        ):
            values = list(row)
            sealed = values[place]
            values[place] = shielded(unseal(sealed)) if unseal is not None and sealed else None
            for at in SHIELDED:
                values[at] = shielded(values[at])
            writer.writerow(values)
        else:
            writer.writerow(row)
        if number % batch == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


UNPLAIN = frozenset("'=+-@\t\r\n＝＋－＠")
"""By what a cell begins that may need a shield (`core.sheets.FORMULA`)."""
