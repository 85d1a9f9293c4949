"""What leaves as a file: rows that the database has made into cells already.

Instants become text in the statement, on the wall clock of Seoul, so that nothing is made into an
object for a file that only wants its letters. References are not even selected.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    case,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.sql import Select

from portal.access.actor import Actor
from portal.companies.models import Company, Platform
from portal.core.db import db
from portal.core.sheets import FORMULA, shielded
from portal.removal_requests.importing import COLUMNS
from portal.removal_requests.lists import IS_OF_SANDBOX
from portal.removal_requests.models import RemovalRequest
from portal.removal_requests.queries import Filter, conditions

R = RemovalRequest
PART = 1000
SEOUL_SECONDS = 9 * 3600
A_SECOND = 60_000
"""Rows a second that a file is expected to grow by; what is said before is a rough guess."""
TEXTS = tuple(
    itemgetter(COLUMNS.index(name)) for name in ("request_no", "company", "platform", "category", "refusal_reason")
)  # fmt: skip
"""Cells that people wrote: only they can begin like a formula. The others are codes and times."""


def _text(column: Any, dialect: str) -> ColumnElement[Any]:
    """An instant as the same text that an import reads: seconds, and microseconds where it has any."""
    if dialect == "sqlite":  # kept as microseconds, see `UTCDateTime`
        raw = type_coerce(column, BigInteger)
        wall = raw.op("/")(literal_column("1000000")) + literal_column(str(SEOUL_SECONDS))
        # `datetime` takes half the time of `strftime`; an empty instant stays empty all through.
        whole = func.replace(
            func.datetime(wall, literal_column("'unixepoch'")),
            literal_column("' '"), literal_column("'T'"),
        )  # fmt: skip
        part = raw.op("%")(literal_column("1000000"))
        digits = func.substr(literal_column("1000000") + part, literal_column("2"))
        zone: ColumnElement[str] = literal_column("'+09:00'")
        exact = literal_column("'.'").op("||")(digits).op("||")(zone)
        text: ColumnElement[Any] = whole.op("||")(
            case((part == literal_column("0"), zone), else_=exact)
        )
        return text
    clock = func.timezone(literal_column("interval '9 hours'"), column)
    is_whole = func.date_trunc(literal_column("'second'"), column) == column
    plain: ColumnElement[str] = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS"+09:00"'""")
    to_the_micro: ColumnElement[str] = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US"+09:00"'""")
    return case((is_whole, func.to_char(clock, plain)), else_=func.to_char(clock, to_the_micro))


def _narrowed(statement: Select[Any], actor: Actor | None, chosen: Filter, at: datetime) -> Any:
    """The rows of the list that has the same filter. The wall is named here once more, because the
    last rows are read when the request is as good as over."""
    statement = statement.where(*conditions(chosen, at))
    if actor is not None:
        statement = statement.where(R.visible_to(actor))
        if chosen.company_id is None and not actor.is_company:
            statement = statement.where(~IS_OF_SANDBOX)
    return statement


def count(actor: Actor | None, chosen: Filter, *, at: datetime) -> int:
    """How many rows a file will have."""
    return db.session.scalar(_narrowed(select(func.count(R.id)), actor, chosen, at)) or 0


def seconds(rows: int) -> int:
    """About how long a file of so many rows takes; at least one second."""
    return max(1, round(rows / A_SECOND))


def parts(actor: Actor | None, chosen: Filter, *, at: datetime) -> Iterator[Sequence[Any]]:
    """The rows in parts, as text in the order of `COLUMNS`, by number of record; no references."""
    dialect = db.session.get_bind(R).dialect.name

    def words(column: Any) -> Any:
        return type_coerce(column, String)

    made: dict[str, Any] = {
        "company": Company.slug, "platform": Platform.slug,
        "reference": literal_column("NULL"),
    }  # fmt: skip
    columns = [
        made[name] if name in made
        else _text(getattr(R, name), dialect) if name.endswith("_at")
        else words(getattr(R, name))
        for name in COLUMNS
    ]  # fmt: skip
    statement = (
        select(*(column.label(f"c{n}") for n, column in enumerate(columns)))
        .select_from(R)
        .join(Company, Company.id == R.company_id)
        .join(Platform, Platform.id == R.platform_id)
        .order_by(R.id)
        .execution_options(yield_per=PART)
    )
    # Over the connection, on which no record is made of a row; the wall is in the statement.
    narrowed = _narrowed(statement, actor, chosen, at)
    yield from db.session.connection().execute(narrowed).partitions()


def written(
    given: Iterator[Sequence[Any]], step: Callable[[int], object] | None = None
) -> Iterator[str]:
    """The parts as pieces of CSV, formulas shielded. `step` is told how many rows each has."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for part in given:
        writer.writerows(_safe(part))
        yield text.getvalue()
        text.seek(0)
        text.truncate()
        if step is not None:
            step(len(part))
    if text.tell():
        yield text.getvalue()


def _safe(part: Sequence[Any]) -> Iterable[Any]:
    """A part with its formulas shielded. Most parts have none: each column is looked through first,
    which costs a fraction of asking row by row."""
    if any(any(map(FORMULA.match, filter(None, map(cell, part)))) for cell in TEXTS):
        return ([shielded(value) for value in row] for row in part)
    return part


def rows(given: Iterator[Sequence[Any]]) -> Iterator[Any]:
    """The parts as rows of a spreadsheet: instants are instants again, on Seoul's clock."""
    times = {n for n, name in enumerate(COLUMNS) if name.endswith("_at")}
    for part in given:
        for row in part:
            yield [
                datetime.fromisoformat(value) if n in times and value else value
                for n, value in enumerate(row)
            ]
