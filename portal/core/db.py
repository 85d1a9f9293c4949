"""The database: one session, one time type, one way to open a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Engine, MetaData, String, TypeDecorator, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A stable name for every constraint, so that migrations can drop what they made on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every table."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)


def microseconds(at: datetime) -> int:
    """An aware instant as SQLite keeps it: whole microseconds since 1970 (UTC)."""
    since = at - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant. Naive values are refused; SQLite, which forgets zones, stores integers.

    SQLite keeps microseconds since 1970 (UTC) so that ordering and arithmetic stay exact.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A naive datetime was about to be stored; give it a time zone.")
        return microseconds(value) if dialect.name == "sqlite" else value.astimezone(UTC)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        # In place of `process_result_value`, whose wrapper costs more than the work: pages and
        # cards read such values by the hundred thousand.
        return _from_microseconds if dialect.name == "sqlite" else _in_utc


def _from_microseconds(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(0, 0, value)


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class _Words(dict[Any, Any]):
    """Each code's word, looked up at the speed of a dictionary; an unknown code is refused."""

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__({word.value: word for word in words} | {None: None})
        self.words = words

    def __missing__(self, code: str) -> StrEnum:
        return self.words(code)


class Code(TypeDecorator[StrEnum]):
    """A closed list of words, stored as its code; the word for the reader is chosen when shown."""

    impl = String(40)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[str | None], StrEnum | None]:
        return _Words(self.words).__getitem__


class SecondsBetween(FunctionElement[int]):
    """Whole seconds from the first instant to the second, on both databases."""

    type = BigInteger()
    name = "seconds_between"
    inherit_cache = True


@compiles(SecondsBetween)
def _as_interval(element: SecondsBetween, compiler: Any, **kwargs: Any) -> str:
    first, second = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"CAST(floor(extract(epoch from ({second} - {first}))) AS BIGINT)"


@compiles(SecondsBetween, "sqlite")
def _as_integers(element: SecondsBetween, compiler: Any, **kwargs: Any) -> str:
    first, second = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"(({second} - {first}) / 1000000)"


class MicrosecondsBetween(FunctionElement[int]):
    """Whole microseconds from the first instant to the second, on both databases."""

    type = BigInteger()
    name = "microseconds_between"
    inherit_cache = True


@compiles(MicrosecondsBetween)
def _as_microseconds(element: MicrosecondsBetween, compiler: Any, **kwargs: Any) -> str:
    first, second = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"CAST(extract(epoch from ({second} - {first})) * 1000000 AS BIGINT)"


@compiles(MicrosecondsBetween, "sqlite")
def _as_difference(element: MicrosecondsBetween, compiler: Any, **kwargs: Any) -> str:
    first, second = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"({second} - {first})"


@contextmanager
def transaction() -> Iterator[None]:
    """One unit of work: all of it is stored, or nothing. Opened by views, jobs and commands only.

    What the session read before is forgotten first, so that the verb inside judges the state as
    it is under the lock and not as it was when the page was shown. A transaction inside another
    joins it.
    """
    session = db.session()
    if session.info.get("in_transaction"):
        yield
        return
    session.rollback()
    session.info["in_transaction"] = True
    try:
        session.connection(execution_options={"portal_writes": True})
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("in_transaction", None)


def hold(record: Any) -> None:
    """Judge a record as it is now, and let nobody else change it until this is stored."""
    session = db.session()
    session.flush()
    # Only the record's own row is locked: PostgreSQL locks no row that an outer join may lack.
    session.refresh(record, with_for_update={"of": type(record)})


def after_commit(what: Any) -> None:
    """Call `what` once the running transaction is stored; never if it is undone."""
    event.listen(db.session(), "after_commit", lambda _session: what(), once=True)


def install(app: Flask) -> None:
    """Bind the database to the app, with the settings SQLite needs to serve several writers."""
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        # SQLite's own knows ASCII alone; a search finds the same on both databases.
        connection.create_function("lower", 1, _lower, deterministic=True)
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 15000")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA cache_size = -32000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A reader that turns writer half-way fails under load; a writer takes the lock at once.
        writes = connection.get_execution_options().get("portal_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        # PostgreSQL takes a disk with a moving head for granted and so reads past an index that has
        # what is asked. Whoever has set the cost of a page for their own disk keeps it.
        connection.autocommit = True  # what is set in a transaction is gone with its rollback
        connection.execute(
            "SELECT set_config(name, '1.1', false) FROM pg_settings"
            " WHERE name = 'random_page_cost' AND source = 'default'"
        )
        connection.autocommit = False
