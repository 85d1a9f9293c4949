"""One reader for files of lines: CSV in any of four encodings, or the first sheet of an XLSX.

A CSV is never held whole: it is decoded as it is read, and what is found on the way is laid aside
on disk. What the lines mean is for a judge to say (`importing`, `answering`).
"""

from __future__ import annotations

import codecs
import csv
import io
import pickle
import re
import sqlite3
import tempfile
import weakref
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Generic, NamedTuple, Protocol, TypeVar

from cryptography.fernet import Fernet

from portal.core import files
from portal.core.clock import SEOUL
from portal.core.errors import FieldError
from portal.core.i18n import gettext as _
from portal.core.sheets import shielded, unshielded

T = TypeVar("T")
PROBLEM = "problem"
"""The column that a file of rejected lines has more; it is ignored when the file comes back."""
PIECE = 1024 * 1024
LONGEST_LINE = 1024 * 1024
KEPT_PROBLEMS = 1000
"""How many problems are held to be shown; the file of rejected lines has them all."""
BLOCK = 1000
ZIPPED = b"PK\x03\x04"
PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})(\d{0,9})([^"']{0,20})""")
"""Where a cell or a row of a sheet says that it stands."""
MOST_COLUMNS = 200
MOST_CELLS = 4_000_000
NO_TABLE = (b"\xd0\xcf\x11\xe0", b"%PDF")


class Problem(NamedTuple):
    """Why a line cannot be written, and what to do about it."""

    line: int
    column: str
    value: str
    remedy: str


class Rejected(NamedTuple):
    """A line that cannot be written as it stands: its cells, and why."""

    line: int
    cells: list[str]
    why: str


class Judged(NamedTuple):
    """A line with what it means, or with its problems."""

    line: int
    cells: list[str]
    values: Any
    problems: list[Problem]


class Judge(Protocol):
    """Says what the lines of a file mean."""

    @property
    def columns(self) -> Sequence[str]:
        """The columns of such a file."""

    def begin(self, header: Sequence[str]) -> None:
        """Take note of the order of the columns."""

    def line(self, number: int, cells: Sequence[str]) -> tuple[Any, list[Problem]]:
        """The values of a line, or its problems."""


class Aside(Generic[T]):
    """A list that lies on disk once it is long, so that memory stays flat.

    Its blocks are encrypted with a key that this process alone has and never writes: a file of
    references leaves nothing readable behind, whatever becomes of the process.
    """

    def __init__(self) -> None:
        self._held: list[T] = []
        self._file: BinaryIO | None = None
        self._box: Fernet | None = None
        self._lengths: list[int] = []
        self._count = 0

    def append(self, item: T) -> None:
        """Add one at the end."""
        self._held.append(item)
        self._count += 1
        if len(self._held) >= BLOCK:
            self._lay_aside()

    def _lay_aside(self) -> None:
        if self._file is None or self._box is None:
            self._file, self._box = tempfile.TemporaryFile(), Fernet(Fernet.generate_key())  # noqa: SIM115 - it lives as long as this
            weakref.finalize(self, self._file.close)
        block = self._box.encrypt(pickle.dumps(self._held, protocol=5))
        self._file.seek(0, io.SEEK_END)
        self._file.write(block)
        self._lengths.append(len(block))
        self._held = []

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        for block in self.blocks():
            yield from block

    def blocks(self) -> Iterator[list[T]]:
        """The items in their order, some hundreds at a time."""
        start = 0
        for length in self._lengths:
            assert self._file is not None and self._box is not None
            self._file.seek(start)
            # Written by this object and authenticated: nobody else's pickle is ever opened.
            yield pickle.loads(self._box.decrypt(self._file.read(length)))
            start += length
        if self._held:
            yield list(self._held)


class Seen:
    """Which keys a file has had, and on which line: on disk, for a million lines."""

    def __init__(self) -> None:
        # An unnamed database of SQLite is a file that only this connection knows.
        self._base = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._base.close)
        for said in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -8000"):
            self._base.execute(f"PRAGMA {said}")
        self._base.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        self._base.execute("BEGIN")  # never ended: it goes with the file

    def first(self, key: str, line: int) -> int:
        """The line on which a key stood first; this one, if it is new."""
        added = self._base.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, line))
        if added.rowcount:
            return line
        found = self._base.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
        return int(found[0])


@dataclass(slots=True)
class Rows:
    """What was found in a file: how much was read, and what is wrong with it."""

    encoding: str = "UTF-8"
    read: int = 0
    header: list[str] = field(default_factory=list)
    good: list[tuple[int, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """The first of them; `wrong` says how many there are."""
    wrong: int = 0
    rejected: Aside[Rejected] = field(default_factory=Aside)

    def tell(self, problems: Iterable[Problem]) -> None:
        """Take note of problems."""
        for problem in problems:
            self.wrong += 1
            if len(self.problems) < KEPT_PROBLEMS:
                self.problems.append(problem)

    def reject(self, judged: Judged) -> None:
        """Take note of a line that cannot be written."""
        self.tell(judged.problems)
        if judged.cells:
            why = (f"{one.column}: {one.remedy}".strip(": ") for one in judged.problems)
            self.rejected.append(Rejected(judged.line, judged.cells, " / ".join(why)))


class Source:
    """A file that is read from its beginning, as often as wanted: given by its path or its bytes."""

    def __init__(self, given: bytes | Path) -> None:
        self._given = given
        self.at = 0
        """How many bytes were read: what a progress bar shows."""

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self._given) if isinstance(self._given, bytes) else self._given.stat().st_size

    def open(self) -> BinaryIO:
        """Its bytes from the beginning."""
        if isinstance(self._given, bytes):
            return io.BytesIO(self._given)
        return self._given.open("rb")

    def encoding(self) -> tuple[str, str]:
        """How its text is encoded, for Python and by name; ValueError with the remedy if it is none.

        The whole file is looked at, piece by piece: what is UTF-8 to the last byte is UTF-8.
        """
        with self.open() as file:
            start = file.read(4)
            if start.startswith(NO_TABLE):
                raise ValueError(_no_table())
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                if self._wrong_line(file, "utf-16"):
                    raise ValueError(_no_table())
                return "utf-16", "UTF-16"
            has_mark = start.startswith(codecs.BOM_UTF8)
            wrong = self._wrong_line(file, "utf-8", is_text=True)
            if not wrong:
                return ("utf-8-sig", "UTF-8 (BOM)") if has_mark else ("utf-8", "UTF-8")
            if not has_mark:
                wrong = self._wrong_line(file, "cp949", is_text=True)
            if wrong:
                raise ValueError(
                    _(
                        "The text of line %(line)s is neither UTF-8 nor EUC-KR. Save the file as"
                        " UTF-8.",
                        line=wrong,
                    )
                )
            return "cp949", "EUC-KR/CP949"

    def _wrong_line(self, file: BinaryIO, encoding: str, *, is_text: bool = False) -> int:
        """The first line that an encoding cannot read; 0 where there is none."""
        file.seek(0)
        decoder, line = codecs.getincrementaldecoder(encoding)(), 1
        while True:
            piece = file.read(PIECE)
            if is_text and b"\0" in piece:
                raise ValueError(_no_table())
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as wrong:
                # What was kept from the piece before is at most three bytes and no line's end.
                return line + wrong.object.count(b"\n", 0, wrong.start)
            if not piece:
                return 0
            line += piece.count(b"\n")

    def records(self) -> tuple[str, Iterator[tuple[int, list[str]]]]:
        """The name of its encoding, and every record with the line it begins on.

        Blank lines are left out. ValueError says with the remedy why there is nothing to read.
        """
        with self.open() as file:
            is_zipped = file.read(4) == ZIPPED
        if is_zipped:
            return "XLSX", self._of_a_workbook()
        codec, name = self.encoding()
        return name, self._of_a_text(codec)

    def _of_a_text(self, codec: str) -> Iterator[tuple[int, list[str]]]:
        with self.open() as raw, io.TextIOWrapper(raw, codec, newline="") as text:
            reader, line = csv.reader(_short(text), strict=True), 1
            for number, cells in enumerate(reader):
                if number % 500 == 0:
                    self.at = raw.tell()
                if any(cells):
                    yield line, cells
                line = reader.line_num + 1
        self.at = self.size

    def _of_a_workbook(self) -> Iterator[tuple[int, list[str]]]:
        # Nobody who sends no such file waits for the library.
        from python_calamine import CalamineError, CalamineWorkbook

        if self.size > files.MOST_BYTES:
            raise ValueError(_("An XLSX file of more than 10 MB is not read. Save it as CSV (UTF-8)."))  # fmt: skip
        with self.open() as file:
            content = file.read()
        try:
            files.checked_type("sheet.xlsx", content, field="file")
        except FieldError as refusal:
            raise ValueError(refusal.sentence) from refusal
        if not _is_of_a_size(content):
            raise ValueError(
                _(
                    "This sheet reaches too far. Delete the empty columns and rows, or save it as CSV."
                )
            )
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            sheet = book.get_sheet_by_index(0)
        except (CalamineError, IndexError, ValueError, OSError) as wrong:
            raise ValueError(_("This XLSX file cannot be read. Save it anew, or as CSV (UTF-8).")) from wrong  # fmt: skip
        # Rows that are empty at the top are left out by the library: the lines are the sheet's own.
        first = 1 + (sheet.start[0] if sheet.start else 0)
        return self._of_a_sheet(enumerate(sheet.iter_rows(), first))

    def _of_a_sheet(
        self, rows: Iterable[tuple[int, Sequence[object]]]
    ) -> Iterator[tuple[int, list[str]]]:
        for line, row in rows:
            cells = [_as_text(value) for value in row]
            if any(cells):
                yield line, cells
        self.at = self.size


def _no_table() -> str:
    return _("This is no CSV file. Save the sheet as CSV (UTF-8) and send that.")


def _short(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines of a text; a file that never ends its line is not taken into memory."""
    while line := text.readline(LONGEST_LINE):
        if len(line) >= LONGEST_LINE:
            raise csv.Error("line too long")
        yield line


def _is_of_a_size(content: bytes) -> bool:
    """Whether the sheets of a workbook are as large as tables are.

    A single cell in the last corner of a sheet makes a table of seventeen thousand million cells,
    which the library would take into memory.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for one in archive.infolist():
            if not one.filename.lower().startswith("xl/worksheets/"):
                continue
            widest = longest = 1
            with archive.open(one) as sheet:
                tail = b""
                while piece := sheet.read(PIECE):
                    for letters, digits, rest in PLACE.findall(tail + piece):
                        if rest:
                            return False
                        column = 0
                        for letter in letters.upper():
                            column = column * 26 + letter - 64
                        widest, longest = max(widest, column), max(longest, int(digits or 1))
                    # A place that a piece cuts in two is read in the next.
                    tail = piece[-64:]
            if widest > MOST_COLUMNS or widest * longest > MOST_CELLS:
                return False
    return True


def _as_text(value: object) -> str:
    """A cell of a sheet as it would stand in a CSV. A date without a zone is Korean time."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or SEOUL).isoformat()
    if isinstance(value, date):
        return datetime.combine(value, time(), SEOUL).isoformat()
    return "" if value is None else str(value)


def judged(
    source: Source, judge: Judge, rows: Rows, step: Callable[[int], object] | None = None
) -> Iterator[Judged]:
    """Every line of a file as its judge sees it. What is wrong with the whole file goes to `rows`.

    `step` is told how many bytes were read since it was told before.
    """
    try:
        rows.encoding, records = source.records()
        _line, header = next(records)
    except StopIteration:
        rows.tell([Problem(1, "", "", _("The file is empty. Its first line names the columns."))])
        return
    except csv.Error as wrong:
        rows.tell([_broken(1, wrong)])
        return
    except (ValueError, UnicodeError) as wrong:
        rows.tell([Problem(1, "", "", str(wrong))])
        return
    rows.header = [name.strip().lower() for name in header]
    problems = list(_header_problems(rows.header, judge.columns))
    if problems:
        rows.tell(problems)
        return
    judge.begin(rows.header)
    told = 0
    try:
        for line, cells in records:
            rows.read += 1
            if step is not None and rows.read % 1000 == 0:
                step(source.at - told)
                told = source.at
            values, problems = judge.line(line, cells)
            yield Judged(line, cells, values, problems)
    except csv.Error as wrong:
        # Behind a broken quote nothing can be told apart: the rest of the file counts as bad.
        broken = _broken(rows.read + 2, wrong)
        yield Judged(broken.line, [], None, [broken])
    if step is not None:
        step(source.size - told)


def _broken(line: int, wrong: csv.Error) -> Problem:
    return Problem(line, "", "", _("The line cannot be read (%(why)s). Check its quotation marks.", why=wrong))  # fmt: skip


def _header_problems(header: Sequence[str], columns: Sequence[str]) -> Iterator[Problem]:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        yield Problem(1, "", header[0][:60], _("Separate the columns by commas."))
        return
    for name in columns:
        if name not in header:
            yield Problem(1, name, "", _("This column is missing. Add it; its cells may be empty where unknown."))  # fmt: skip
        elif header.count(name) > 1:
            yield Problem(1, name, name, _("This column stands twice. Keep one."))
    for name in header:
        if name not in columns and name != PROBLEM:
            yield Problem(1, name, name, _("This column is not known. Remove it."))


def wrong_width(number: int, has: int, needs: int) -> Problem:
    """That a line has more or fewer cells than the first."""
    remedy = _(
        "The line has %(has)s cells, the first line %(needs)s. Put texts with commas in"
        " quotation marks.",
        has=has,
        needs=needs,
    )
    return Problem(number, "", "", remedy)


def rejected_pieces(rows: Rows) -> Iterator[str]:
    """The rejected lines as pieces of CSV, each with its problems in one more column."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    is_back = PROBLEM in rows.header
    header = [shielded(name) for name in rows.header]
    writer.writerow(header if is_back else [*header, PROBLEM])
    for number, one in enumerate(rows.rejected, 1):
        # The file is somebody else's; read again, a shielded cell says what it said before.
        kept = [shielded(unshielded(cell)) for cell in one.cells]
        if is_back and len(kept) == len(rows.header):
            kept[rows.header.index(PROBLEM)] = one.why
        else:
            kept.append(one.why)
        writer.writerow(kept)
        if number % BLOCK == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def parts(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Rows in lists of at most `size`."""
    these = iter(rows)
    while part := list(islice(these, size)):
        yield part
