"""What a connection to PostgreSQL is told before it is used, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, text
from sqlalchemy.exc import DataError

from portal.core import bulk
from portal.core.db import db
from tests.conftest import build
from tests.postgres import Server


def cost() -> str:
    return db.session.execute(text("SHOW random_page_cost")).scalar_one()


@pytest.fixture
def url(postgres_server: Server, postgres_template: str) -> Iterator[str]:
    yield postgres_server.create("told", postgres_template)
    postgres_server.drop("told")


def test_a_page_by_index_costs_what_it_costs_on_a_disk_without_a_head(
    url: str, tmp_path: Path
) -> None:
    with build(tmp_path, url).app_context():
        first = cost()
        db.session.rollback()

        assert (first, cost()) == ("1.1", "1.1")
        db.session.remove()
        db.engine.dispose()


def test_who_has_set_the_cost_of_a_page_keeps_it(url: str, tmp_path: Path) -> None:
    with build(tmp_path, url).app_context():
        with db.engine.begin() as connection:
            connection.execute(text("ALTER DATABASE told SET random_page_cost = 2.5"))
        db.engine.dispose()

        assert cost() == "2.5"
        db.session.remove()
        db.engine.dispose()


def test_a_text_too_long_for_its_column_is_refused_and_not_cut(url: str, tmp_path: Path) -> None:
    table = Table(
        "told", MetaData(), Column("id", Integer, primary_key=True), Column("said", String(5))
    )
    with build(tmp_path, url).app_context():
        with db.engine.begin() as connection:
            table.create(connection)
            bulk.insert_rows(connection, table, ("id", "said"), [(1, "short"), (2, None)])
            bulk.update_rows(connection, table, ("said",), [(1, None), (2, "fits")])
            rows = connection.execute(table.select().order_by(table.c.id)).all()
        with pytest.raises(DataError), db.engine.begin() as connection:
            bulk.update_rows(connection, table, ("said",), [(2, "longer")])

        assert [tuple(row) for row in rows] == [(1, None), (2, "fits")]
        db.engine.dispose()
