"""One of everything for each company, built once for each kind of database and copied for a test."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from portal.core import clock
from portal.core.db import db
from tests import postgres
from tests.access import world
from tests.conftest import AT, build, settled

_numbers = itertools.count(1)


class Home(NamedTuple):
    """A folder with keys and stored files, a database that fits them, and what is in it."""

    folder: Path
    database: str
    records: dict[str, dict[str, Any]]


def _furnished(folder: Path, url: str, database: str) -> Home:
    app = build(folder, url)
    with app.app_context(), clock.stopped_at(AT):
        records = world.build(AT)
        db.session.commit()
        settled()
    return Home(folder, database, records)


@pytest.fixture(scope="session")
def sqlite_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("sqlite_world")
    shutil.copy(sqlite_template, folder / "portal.sqlite3")
    path = folder / "portal.sqlite3"
    return _furnished(folder, f"sqlite:///{path}", str(path))


@pytest.fixture(scope="session")
def postgres_world(
    postgres_server: postgres.Server,
    postgres_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Home:
    url = postgres_server.create("world", postgres_template)
    return _furnished(tmp_path_factory.mktemp("postgres_world"), url, "world")


@pytest.fixture
def home(request: pytest.FixtureRequest) -> Home:
    """What the test's database is a copy of."""
    kind = request.node.callspec.params["database"]
    made: Home = request.getfixturevalue(f"{kind}_world")
    return made


@pytest.fixture
def database(request: pytest.FixtureRequest, home: Home, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with the cast and one of everything in it."""
    shutil.copytree(home.folder, tmp_path, dirs_exist_ok=True)
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'portal.sqlite3'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"world_{next(_numbers)}"
    yield server.create(name, home.database)
    server.drop(name)


@pytest.fixture
def records(home: Home) -> dict[str, dict[str, Any]]:
    """The ids of everything, by company and by the name an address gives it."""
    return home.records
