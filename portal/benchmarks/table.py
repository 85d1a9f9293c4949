"""Reading the CSV of a published round; nothing is guessed, every bad cell is named."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

COLUMNS = ("round", "period", "company", "notices", "reviewed_24h_pct", "removed_pct", "source")
LENGTHS = {"round": 60, "period": 60, "company": 120, "source": 2000}
MOST_NOTICES = 1_000_000_000
SEPARATORS = (",", ";", "\t")
"""Where the comma is the decimal sign, spreadsheets write semicolons between the cells."""
PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9]{1,16})?")
"""A comma can only be the decimal sign: thousands are no percentage. As many digits as a
spreadsheet writes of a number that it computed."""
WHOLE = re.compile(
    r"(?P<whole>[0-9]+|[0-9]{1,3}(?:(?P<by>[,' ])[0-9]{3})(?:(?P=by)[0-9]{3})*)(?:\.0)?"
)
"""Thousands by comma, space or apostrophe. A point is refused: 1.234 may be meant as 1 or as 1234."""
NONE = frozenset({"", "-", "–", "—", "n/a", "na", "n.a.", "해당 없음", "해당없음"})
"""How tables say that there is no figure."""


class Row(NamedTuple):
    round: str
    period: str
    company: str
    notices: int | None
    """None where the table says nothing; that is not 0."""
    reviewed_24h_pct: str | None
    removed_pct: str | None
    source: str


class Problem(NamedTuple):
    """A bad cell: where it stands, what stands there, what to do."""

    line: int
    column: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}, value {self.value[:80]!r}: {self.remedy}"


def read(data: bytes) -> tuple[list[Row], list[Problem]]:
    """The rows of a UTF-8 CSV, with or without BOM, and every problem found; use none if any.

    Cells are separated by what separates them in the first line: comma, semicolon or tab.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = data.count(b"\n", 0, bad.start) + 1
        byte = f"byte 0x{data[bad.start]:02x}"
        return [], [Problem(line, "-", byte, "This is not UTF-8. Save the table as CSV UTF-8.")]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str], int] = {}
    header: list[str] | None = None
    start = 1
    try:
        for cells in reader:
            line, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header = [cell.strip().lower() for cell in cells]
                if problems := _header(header, line):
                    return [], problems
            elif len(cells) != len(header):
                problems.append(
                    Problem(
                        line,
                        "-",
                        ",".join(cells),
                        f"There are {len(cells)} cells, the header has {len(header)}. Put cells"
                        " that contain a comma in double quotes.",
                    )
                )
            else:
                _row(dict(zip(header, cells, strict=True)), line, rows, problems, seen)
    except csv.Error as bad:
        remedy = f"The quotes do not match ({bad}). Close the cell with a double quote."
        problems.append(Problem(start, "-", "", remedy))
    if header is None:
        remedy = f"The file is empty. Begin with the line: {','.join(COLUMNS)}"
        problems.append(Problem(1, "-", "", remedy))
    elif not rows and not problems:
        problems.append(Problem(start, "-", "", "There is no row below the header. Add one."))
    return rows, problems


def _separator(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(SEPARATORS, key=first.count)


def _header(header: list[str], line: int) -> list[Problem]:
    wanted = f"The header is: {','.join(COLUMNS)} (separated by commas, semicolons or tabs)."
    found = ",".join(header)
    problems = [
        Problem(line, name, found, f"This column is missing. {wanted}")
        for name in COLUMNS
        if name not in header
    ]
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            problems.append(Problem(line, name, found, f"Take this column out. {wanted}"))
        elif header.count(name) > 1:
            problems.append(Problem(line, name, found, f"Name this column once. {wanted}"))
    return problems


def _row(
    cells: dict[str, str],
    line: int,
    rows: list[Row],
    problems: list[Problem],
    seen: dict[tuple[str, str], int],
) -> None:
    before = len(problems)
    cells = {name: " ".join(value.split()) for name, value in cells.items()}
    for name, most in LENGTHS.items():
        if not cells[name]:
            problems.append(Problem(line, name, "", "This cell is empty. Fill it in."))
        elif len(cells[name]) > most:
            remedy = f"Shorten this to {most} characters."
            problems.append(Problem(line, name, cells[name], remedy))
        elif "\x00" in cells[name]:
            problems.append(Problem(line, name, cells[name], "Take the zero character out."))
    notices = _notices(cells["notices"], line, problems)
    percents: dict[str, str | None] = {}
    for name in ("reviewed_24h_pct", "removed_pct"):
        value = unicodedata.normalize("NFKC", cells[name]).removesuffix("%").rstrip()
        if value.casefold() in NONE:
            percents[name] = None
        elif PERCENT.fullmatch(value) and Decimal(value.replace(",", ".")) <= 100:
            percents[name] = value.replace(",", ".")
        else:
            remedy = "Write a percentage from 0 to 100, such as 63.5, or leave it empty."
            problems.append(Problem(line, name, cells[name], remedy))
    # Compatibility forms look alike in print: they are one company.
    key = (cells["round"], unicodedata.normalize("NFKC", cells["company"]).casefold())
    if first := seen.get(key):
        remedy = f"This company already has line {first} in this round. Keep one of the two."
        problems.append(Problem(line, "company", cells["company"], remedy))
    seen.setdefault(key, line)
    if len(problems) == before:
        rows.append(
            Row(
                round=cells["round"],
                period=cells["period"],
                company=cells["company"],
                notices=notices,
                reviewed_24h_pct=percents["reviewed_24h_pct"],
                removed_pct=percents["removed_pct"],
                source=cells["source"],
            )
        )


def _notices(cell: str, line: int, problems: list[Problem]) -> int | None:
    if cell.casefold() in NONE:
        return None
    found = WHOLE.fullmatch(cell)
    if found is None:
        remedy = "Write a whole number of notices, 0 or more, such as 1234 or 1,234."
        problems.append(Problem(line, "notices", cell, remedy))
        return None
    digits = re.sub(r"[^0-9]", "", found["whole"])
    if len(digits) > 15 or int(digits) > MOST_NOTICES:
        problems.append(Problem(line, "notices", cell, f"Write at most {MOST_NOTICES} notices."))
        return None
    return int(digits)
