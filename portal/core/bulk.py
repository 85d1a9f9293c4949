"""Many rows at once into one table, by the shortest way each database has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.engine import Connection

from portal.core.db import EPOCH, UTCDateTime


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    """Insert rows of plain values (text, number, aware instant, None) in the order of `columns`.

    Runs in the transaction of `connection`. Columns that are left out take the default that the
    database knows, so what only Python fills in must be among them.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _copy(connection, table, columns, rows)
        return
    instants = [n for n, name in enumerate(columns) if isinstance(table.c[name].type, UTCDateTime)]
    # Only what the driver takes goes in, so that nothing has to be looked at for every cell.
    statement = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    order = [columns.index(name) for name in statement.positiontup or columns]
    given = []
    for row in rows:
        cells: list[Any] = list(row)
        for place in instants:
            cells[place] = _integer(cells[place])
        given.append(tuple(cells) if order == sorted(order) else tuple(cells[n] for n in order))
    connection.exec_driver_sql(str(statement), given)


def _integer(at: datetime | None) -> int | None:
    """An instant as SQLite keeps it; see `UTCDateTime`."""
    if at is None:
        return None
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _copy(
    connection: Connection, table: Table, columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    from psycopg import sql  # an installation on SQLite does not load it

    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
