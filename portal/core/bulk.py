"""Many rows at once into one table, by the shortest way each database has."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import String, Table, TypeDecorator, bindparam, insert, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from portal.core.db import UTCDateTime, microseconds


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
    _execute(connection, statement, columns, instants, rows)


def update_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    """Set columns of many rows by their id: each row is the id, then its plain values in the order
    of `columns`; no id comes twice. Runs in the transaction of `connection`."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        _update_from_arrays(connection, table, columns, rows)
        return
    statement = (
        update(table)
        .where(table.c.id == bindparam("of_id"))
        .values({name: bindparam(f"to_{name}") for name in columns})
        .compile(dialect=connection.dialect)
    )
    names = ["of_id", *(f"to_{name}" for name in columns)]
    instants = [
        n for n, name in enumerate(columns, start=1)
        if isinstance(table.c[name].type, UTCDateTime)
    ]  # fmt: skip
    _execute(connection, statement, names, instants, rows)


def _execute(
    connection: Connection,
    statement: SQLCompiler,
    names: Sequence[str],
    instants: Sequence[int],
    rows: list[tuple[Any, ...]],
) -> None:
    """Hand rows to the driver of SQLite, in the order in which the statement names its values."""
    in_order = itemgetter(*(names.index(name) for name in statement.positiontup or names))
    given = []
    for row in rows:
        cells = list(row)
        for place in instants:
            if cells[place] is not None:
                cells[place] = microseconds(cells[place])
        given.append(in_order(cells))
    connection.exec_driver_sql(str(statement), given)


def _update_from_arrays(
    connection: Connection, table: Table, columns: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    """One statement for all rows, their values as an array for each column."""
    # By the column itself a text too long for it is refused; a cast to its length would cut it.
    kinds = [
        "text" if isinstance(kind, String) else kind.compile(connection.dialect)
        for kind in (_plain(table.c[name].type) for name in ("id", *columns))
    ]
    given = ", ".join(f"%(of_{n})s::{kind}[]" for n, kind in enumerate(kinds))
    named = ", ".join(f"to_{n}" for n in range(len(kinds)))
    changed = ", ".join(f"{name} = given.to_{n}" for n, name in enumerate(columns, start=1))
    connection.exec_driver_sql(
        f"UPDATE {table.name} SET {changed} FROM unnest({given}) AS given({named})"
        f" WHERE {table.name}.id = given.to_0",
        {f"of_{n}": list(values) for n, values in enumerate(zip(*rows, strict=True))},
    )


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type under one of ours."""
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


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
