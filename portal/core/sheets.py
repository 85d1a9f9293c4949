"""Cells of a file for spreadsheets: a text stays a text and never becomes a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")

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
