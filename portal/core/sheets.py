"""Cells of a file for spreadsheets: a text stays a text and never becomes a formula."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any, NamedTuple, TypeVar

T = TypeVar("T")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PIECE = 64 * 1024
"""How much of a file is gathered before it is sent."""
MOST_IN_CELL = 32_767
"""Characters that a cell of an XLSX file can hold."""
MOST_IN_SHEET = 1_048_575
"""Rows that a sheet can hold below its header."""
SHEET_SIGNS = re.compile(r"[\[\]:*?/\\']")
"""What the name of a sheet must not hold."""

FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""What a spreadsheet takes for a formula, and what was shielded from that before."""


def shielded(value: T) -> T | str:
    """A value as a cell. A text that would be read as a formula gets one ' before it.

    A text that looks shielded already gets one more, so that `unshielded` gives back exactly what
    was there. Numbers and empty cells stay what they are.
    """
    return "'" + value if isinstance(value, str) and FORMULA.match(value) else value


def unshielded(cell: str) -> str:
    """What stood in a cell before it was shielded; any other cell as it is."""
    return cell[1:] if cell[:1] == "'" and FORMULA.match(cell) else cell


def written(header: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A CSV file of shielded cells. Spreadsheets take it for UTF-8 only when it says so first."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(header)
    writer.writerows([shielded(value) for value in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def streamed(header: Sequence[str], rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """The file of `written` bit by bit, for a response that need not hold all of it."""
    file = io.StringIO()
    writer = csv.writer(file)
    yield b"\xef\xbb\xbf"
    writer.writerow(header)
    for row in rows:
        writer.writerow([_plain(shielded(value)) for value in row])
        if file.tell() >= PIECE:
            yield file.getvalue().encode()
            file.seek(0)
            file.truncate()
    yield file.getvalue().encode()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def workbook(
    name: str, header: Sequence[str], rows: Iterable[Iterable[object]], *, made_at: datetime
) -> bytes:
    """An XLSX file of one sheet: a header that stays in sight, a filter, times as times.

    A text is written as a text, so that no program takes it for a formula or a link; it needs no
    shield. An instant is shown as the wall clock of the zone it carries. What is longer than a
    cell can hold ends in an ellipsis. Rows are written as they come and not kept.
    """
    file = io.BytesIO()
    _fill(file, name, header, rows, made_at)
    return file.getvalue()


def workbook_of(
    tables: Iterable[tuple[str, Sequence[str], Iterable[Iterable[object]]]], *, made_at: datetime
) -> bytes:
    """An XLSX file with a sheet for each table: its name, its header, its rows. As `workbook`."""
    file = io.BytesIO()
    with _book(file, made_at) as (book, formats):
        for number, (name, header, rows) in enumerate(tables, start=1):
            # Two tables may begin with the same 31 letters: the number keeps them apart.
            _sheet(book, formats, f"{number} {name}", header, rows)
    return file.getvalue()


def workbook_pieces(
    name: str, header: Sequence[str], rows: Iterable[Iterable[object]], *, made_at: datetime
) -> Iterator[bytes]:
    """The file of `workbook`, made on disk and given in pieces, so that its size is not held."""
    with tempfile.TemporaryFile() as file:
        _fill(file, name, header, rows, made_at)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _fill(
    file: IO[bytes],
    name: str,
    header: Sequence[str],
    rows: Iterable[Iterable[object]],
    made_at: datetime,
) -> None:
    with _book(file, made_at) as (book, formats):
        _sheet(book, formats, name, header, rows)


class _Formats(NamedTuple):
    head: Any
    instant: Any
    text: Any


@contextmanager
def _book(file: IO[bytes], made_at: datetime) -> Iterator[tuple[Any, _Formats]]:
    import xlsxwriter  # only who asks for such a file waits for the library

    with xlsxwriter.Workbook(file, {"constant_memory": True}) as book:
        book.set_properties({"created": made_at.astimezone(UTC).replace(tzinfo=None)})
        yield (
            book,
            _Formats(
                book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
                book.add_format({"num_format": "yyyy-mm-dd hh:mm", "valign": "top"}),
                book.add_format({"text_wrap": True, "valign": "top"}),
            ),
        )


def _sheet(
    book: Any,
    formats: _Formats,
    name: str,
    header: Sequence[str],
    rows: Iterable[Iterable[object]],
) -> None:
    sheet = book.add_worksheet(SHEET_SIGNS.sub(" ", name)[:31])
    sheet.freeze_panes(1, 0)
    for column, word in enumerate(header):
        sheet.set_column(column, column, 18)
        sheet.write_string(0, column, word, formats.head)
    last = 0
    for last, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(last, column, value.replace(tzinfo=None), formats.instant)
            elif isinstance(value, int | float) and not isinstance(value, bool):
                sheet.write_number(last, column, value, formats.text)
            elif value is not None and value != "":
                sheet.write_string(last, column, _fitting(str(value)), formats.text)
    sheet.autofilter(0, 0, last, max(len(header) - 1, 0))


def _fitting(text: str) -> str:
    return text if len(text) <= MOST_IN_CELL else text[: MOST_IN_CELL - 1] + "…"
