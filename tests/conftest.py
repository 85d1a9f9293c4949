"""Fixtures: an app on SQLite or PostgreSQL, the cast, a way to visit pages as one of them."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import event, make_url

from portal import configuration, create_app
from portal.access import scope
from portal.accounts import service as accounts
from portal.accounts.models import Account
from portal.companies.models import Company
from portal.config import Settings
from portal.core import clock, i18n
from portal.core.db import db, transaction
from portal.core.migrate import upgrade
from tests import cast as the_cast
from tests import postgres, smtp_server
from tests.calendars import Calendars
from tests.smtp_server import Mailbox

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday 10:00 in Seoul
_numbers = itertools.count(1)

# A deadline of an example is a timed assertion: on a busy machine it fails what is right.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that needs a database runs on both, unless TEST_ON names one."""
    if "database" in metafunc.fixturenames:
        chosen = os.environ.get("TEST_ON", "sqlite,postgres").split(",")
        metafunc.parametrize("database", chosen, indirect=True)


def _settings(instance: Path, url: str) -> Settings:
    return Settings.read({"INSTANCE_PATH": str(instance), "DATABASE_URL": url})


def build(instance: Path, url: str) -> Flask:
    """An app on a database of its own."""
    app = create_app(_settings(instance, url), TESTING=True, SERVER_NAME=None)
    # Each test has an app of its own; the templates are the same and need compiling only once.
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache()
    return app


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long walks in a browser begin first, so that no worker waits for them at the end."""
    items.sort(key=lambda item: "walk" not in item.path.parts)


@pytest.fixture(autouse=True)
def english() -> None:
    """A page visited in Korean by the test before leaves the thread speaking Korean."""
    i18n.speak("en")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    with postgres.server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the cast, copied for each test."""
    folder = tmp_path_factory.mktemp("sqlite")
    app = build(folder, f"sqlite:///{folder / 'portal.sqlite3'}")
    _migrate(app)
    return folder / "portal.sqlite3"


@pytest.fixture(scope="session")
def postgres_template(
    postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """A migrated PostgreSQL database with the cast, copied for each test."""
    app = build(tmp_path_factory.mktemp("postgres"), postgres_server.create("cast"))
    _migrate(app)
    return "cast"


def _migrate(app: Flask) -> None:
    with app.app_context():
        upgrade()
        the_cast.gather(AT)
        settled()


def settled() -> None:
    """Leave the app's database in one file, without anybody connected: ready to be copied."""
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with the cast in it."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "portal.sqlite3")
        yield f"sqlite:///{tmp_path / 'portal.sqlite3'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"test_{next(_numbers)}"
    yield server.create(name, request.getfixturevalue("postgres_template"))
    server.drop(name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def calendars(browser: Browser) -> Iterator[Calendars]:
    """What other programs read in our calendars; see tests/calendars.py."""
    readers = Calendars(browser)
    yield readers
    readers.close()


@pytest.fixture
def at() -> datetime:
    return AT


class House:
    """One app for each kind of database, built once; every test moves it into a home of its own.

    Building some four hundred doors and compiling every statement anew took longer than most tests.
    """

    def __init__(self) -> None:
        self.apps: dict[str, tuple[Flask, dict[str, Any]]] = {}

    def moved(self, instance: Path, url: str) -> Flask:
        """The app as if it had been built there: its settings, its keys, its database."""
        kind = make_url(url).get_backend_name()
        if kind not in self.apps:
            app = build(instance, url)
            with app.app_context():
                event.listen(db.engine, "do_connect", partial(self._connect, app))
            self.apps[kind] = app, dict(app.config)
        app, config = self.apps[kind]
        app.config.clear()
        app.config.update(config, **configuration(_settings(instance, url)))
        app.instance_path = str(instance)
        app.extensions.pop("kept", None)  # of another database
        with app.app_context():
            db.engine.url = make_url(url)
        return app

    @staticmethod
    def _connect(
        app: Flask, dialect: Any, _record: Any, given: list[Any], named: dict[str, Any]
    ) -> None:
        """Connect to where the app lives now, not to where it was built."""
        given[:], more = dialect.create_connect_args(
            make_url(app.config["SQLALCHEMY_DATABASE_URI"])
        )
        named.clear()
        named.update(more)


@pytest.fixture(scope="session")
def house() -> House:
    return House()


@pytest.fixture
def app(house: House, database: str, tmp_path: Path, at: datetime) -> Iterator[Flask]:
    """The app, its context pushed, the clock stopped at `at`."""
    app = house.moved(tmp_path, database)
    with app.app_context(), clock.stopped_at(at):
        yield app
        scope.act_as(None)
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def mailbox(app: Flask) -> Iterator[Mailbox]:
    """What the app's mail reaches; see tests/smtp_server.py."""
    with smtp_server.serving() as (box, port):
        app.config["SMTP_HOST"], app.config["SMTP_PORT"] = "127.0.0.1", port
        yield box


@pytest.fixture
def cast(app: Flask) -> the_cast.Cast:
    return the_cast.called()


@pytest.fixture
def companies(app: Flask) -> dict[str, Company]:
    return {company.slug: company for company in db.session.query(Company)}


@pytest.fixture
def visit(app: Flask) -> Callable[..., Any]:
    """Visit a page as somebody: `visit(cast.officer, "GET", "/desk")`; None is nobody."""
    clients: dict[int | None, Any] = {}

    def login(account: Account | None) -> Any:
        key = account.id if account else None
        if key not in clients:
            client = app.test_client()
            client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
            if account is not None:
                with transaction():
                    secret = accounts.open_session(account, machine="test", at=clock.now())
                with client.session_transaction() as session:
                    session["_user_id"], session["_fresh"] = secret, True
            clients[key] = client
        return clients[key]

    def go(
        account: Account | None,
        method: str,
        path: str,
        data: dict[str, Any] | None = None,
        follow: bool = False,
        **more: Any,
    ) -> Any:
        db.session.commit()
        data = dict(data or {})
        # A context of its own: nothing the test has loaded may help or hinder the request.
        with app.app_context():
            client = login(account)
            if method == "POST":
                data.setdefault("csrf_token", _token(client))
        with app.app_context():
            response = client.open(path, method=method, data=data, follow_redirects=follow, **more)
            response.get_data()  # a file that is sent while it is made is read to its end in here
        scope.act_as(None)  # what the test does next happens outside the request's wall
        db.session.rollback()
        return response

    def _token(client: Any) -> str:
        with app.app_context():
            page = client.get("/account", follow_redirects=True).get_data(as_text=True)
        scope.act_as(None)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, "no form on the page to take a token from"
        return found.group(1)

    return go
