"""The migrations lead to the models, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.access.actor import CLOCK
from portal.core.audit import breaks, record
from portal.core.db import db, transaction


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
