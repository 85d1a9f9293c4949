"""Alembic's entry: run the migrations on the app's own engine."""

from __future__ import annotations

from alembic import context

from portal.core.db import db


def run() -> None:
    """Migrate, each step in a transaction; SQLite copies tables instead of altering them."""
    with db.engine.connect() as connection:
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
