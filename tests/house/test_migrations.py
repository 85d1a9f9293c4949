"""The migrations lead to the models, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.access.actor import CLOCK
from portal.core.audit import breaks, record
from portal.core.db import db, transaction
from portal.core.migrate import install, upgrade
from tests.consultations import make


def test_the_head_equals_the_models(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, db.metadata)

    assert differences == []


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET verb = 'x'", "DELETE FROM audit_event"]
)
def test_the_audit_log_refuses_change(app: Flask, cast: Any, at: Any, statement: str) -> None:
    with transaction():
        record("test:verb", cast.officer, by=CLOCK, at=at)

    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text(statement))

    assert list(breaks()) == []


def test_a_database_in_use_goes_back_and_forth_and_loses_no_row(
    app: Flask, cast: Any, companies: Any, at: Any
) -> None:
    make.held(companies["telegram"], cast, at=at)
    db.session.remove()
    kept = ("organisation", "account", "consultation", "delegate", "agenda_item", "letter")
    before = {name: _rows(name) for name in kept}
    db.session.remove()
    install(app)
    downgrade(revision="0001")
    upgrade()

    assert {name: _rows(name) for name in kept} == before
    with db.engine.connect() as connection:
        assert set(connection.execute(text("SELECT uid FROM consultation")).scalars()) == {
            f"consultation-{number}"
            for number in connection.execute(text("SELECT id FROM consultation")).scalars()
        }
    assert list(breaks()) == []


def _rows(table: str) -> int:
    with db.engine.connect() as connection:
        return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() or 0
