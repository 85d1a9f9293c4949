"""Alembic's entry: run the migrations on the app's own engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from sqlalchemy import Connection

from portal.core.db import db


@contextmanager
def _copying(connection: Connection) -> Iterator[None]:
    """Let SQLite put a copied table in the place of one that others point to.

    Its pragma counts only outside a transaction. What points nowhere afterwards is named.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.driver_connection
    if raw is None:
        raise RuntimeError("The database is not connected.")
    raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
        lost = raw.execute("PRAGMA foreign_key_check").fetchall()
        if lost:
            raise RuntimeError(f"After the migration rows point nowhere: {lost[:5]}")
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def run() -> None:
    """Migrate, each step in a transaction; SQLite copies tables instead of altering them."""
    with db.engine.connect() as connection, _copying(connection):
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.in_transaction():
            connection.commit()


run()
