"""Lists, exports and look-ups over many removal requests, as ratios measured in one run.

`tools/bench_million.py` runs it.

Pages are asked of the app itself (log-in, wall, template, counts beside the filters), in CPU time
of this process and of the server of the database (`clocks`). Of
each the quickest of some rounds counts, the one that other programs disturbed least. The yardstick
of a list is the same page at 10,000 requests; that of an export is the csv module over a bare
cursor. Nothing fails here.
"""

from __future__ import annotations

import csv
import gc
import io
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import click
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from portal import create_app
from portal.access.actor import OrganisationKind, Role
from portal.accounts import service as accounts
from portal.accounts.models import Account, Organisation
from portal.companies.models import Company, Platform
from portal.config import Settings
from portal.core import bulk
from portal.core.calendar import month_of
from portal.core.db import db, transaction
from portal.core.migrate import upgrade
from portal.core.secrets import digest, seal
from portal.removal_requests import lists, queries
from portal.removal_requests.importing import COLUMNS
from portal.removal_requests.models import (
    LegalGround,
    MeasureType,
    Outcome,
    RemovalRequest,
    Surface,
    Verification,
)
from tools.clocks import clock_of

SMALL = 10_000
COMPANIES = 12
ROUNDS = 7
MOST_EXPORTED = 120_000
"""Exported are the requests of the company that has the most of them, up to so many."""
LISTS = (
    "", "?state=undecided", "?state=overdue", "?state=to_verify", "?state=seen_up",
    "?state=disputed", "?outcome=refused", "?company=c3", "?company=c3&state=undecided",
    "?company=c11&outcome=refused&surface=account", "?month=2026-02", "?clock=over_7d",
    "?ground=correction_request&measure=account", "?category=drugs", "?number=N-00001",
)  # fmt: skip


def filled(rows: int, days: int = 4 * 365) -> Iterator[int]:
    """Put so many requests into an empty database: twelve companies, so many days, in batches."""
    dice = random.Random(11)
    now = datetime.now(UTC)
    with transaction():
        house = Organisation(
            kind=OrganisationKind.INSTITUTION, slug="house", name_ko="-", name_en="-"
        )
        db.session.add(house)
        db.session.flush()
        db.session.add(
            Account(
                organisation_id=house.id, role=Role.HEAD, email="head@bench.example",
                name_ko="-", name_en="-", created_at=now,
            )
        )  # fmt: skip
        for n in range(COMPANIES):
            firm = Organisation(
                kind=OrganisationKind.COMPANY, slug=f"c{n}", name_ko=f"C{n}", name_en=f"C{n}"
            )
            db.session.add(firm)
            db.session.flush()
            company = Company(
                id=firm.id, slug=f"c{n}", name_ko=f"C{n}", name_en=f"C{n}", country="US",
                time_zone="UTC", has_korean_office=False,
            )  # fmt: skip
            db.session.add(company)
            db.session.flush()
            db.session.add(Platform(company_id=company.id, slug=f"p{n}", name_ko="P", name_en="P"))
    places = db.session.execute(select(Platform.id, Platform.company_id)).all()
    sealed = seal("https://content.example/x")
    span = timedelta(days=days) / rows
    weights = [1 / (n + 1) for n in range(COMPANIES)]
    # Filled first and indexed after: a million rows are there in a fifth of the time.
    table = db.metadata.tables[RemovalRequest.__tablename__]
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    db.session.rollback()
    with transaction():
        for index in indexes:
            index.drop(db.session.connection())
    for start in range(0, rows, 10_000):
        batch: list[dict[str, Any]] = []
        for n in range(start, min(rows, start + 10_000)):
            platform, company_id = dice.choices(places, weights)[0]
            delivered = now - timedelta(days=days) + n * span
            # What is old is done; what is left open is about one in two hundred.
            is_open = dice.random() < (0.5 if now - delivered < timedelta(days=2) else 0.004)
            chance = dice.random()
            outcome = (
                None if is_open else Outcome.REMOVED if chance < 0.85
                else Outcome.REFUSED if chance < 0.95 else Outcome.RESTRICTED
            )  # fmt: skip
            answered = delivered + timedelta(hours=dice.expovariate(1 / 14)) if outcome else None
            is_seen = outcome is Outcome.REMOVED and chance < 0.84
            batch.append(
                {
                    "request_no": f"N-{n:08d}", "company_id": company_id, "platform_id": platform,
                    "category": dice.choices(("sexual_deepfake", "drugs"), (9, 1))[0],
                    "legal_ground": dice.choices(list(LegalGround), (1, 6))[0],
                    "surface": dice.choices(list(Surface), (6, 3, 1, 1))[0],
                    "measure_type": dice.choices(list(MeasureType), (30, 3, 1))[0],
                    "reference_encrypted": sealed, "reference_digest": digest(f"r{n}"),
                    "place_digest": digest(f"p{n}"), "recorded_at": delivered,
                    "issued_at": delivered, "delivered_at": delivered,
                    "month": month_of(delivered), "decided_at": answered, "outcome": outcome,
                    "removed_at": answered if outcome is Outcome.REMOVED else None,
                    "verified_at": answered if is_seen else None,
                    "verification": None if not is_seen
                    else Verification.STILL_UP if chance < 0.002 else Verification.GONE,
                    "is_synthetic": False,
                }
            )  # fmt: skip
        columns = list(batch[0])
        with transaction():
            bulk.insert_rows(
                db.session.connection(), table, columns, [tuple(row.values()) for row in batch]
            )
        yield len(batch)
    with transaction():
        for index in indexes:
            index.create(db.session.connection())
        db.session.execute(text("ANALYZE"))
    if db.engine.dialect.name == "postgresql":  # as its own clock does, an hour after the import
        engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("VACUUM ANALYZE removal_request"))


class Portal(NamedTuple):
    """An app over some requests, and an officer who is logged in."""

    app: Flask
    client: FlaskClient


@contextmanager
def portal(url: str | None, rows: int, days: int = 4 * 365) -> Iterator[Portal]:
    """An app over so many requests, and an officer who is logged in."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"INSTANCE_PATH": folder} | ({"DATABASE_URL": url} if url else {})
        app = create_app(Settings.read(given))
        with app.app_context():
            upgrade()
            with click.progressbar(length=rows, label=f"Filling {rows:,}") as shown:
                for done in filled(rows, days):
                    shown.update(done)
            with transaction():
                officer = db.session.scalars(
                    select(Account).where(Account.email == "head@bench.example")
                ).one()
                secret = accounts.open_session(officer, machine="bench", at=datetime.now(UTC))
            db.session.remove()
        # As `gunicorn.conf.py` does in every worker, for the yardstick as well.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = secret, True
        yield Portal(app, client)
        with app.app_context():
            db.engine.dispose()


def asked(client: FlaskClient, path: str) -> Callable[[], object]:
    def ask() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    return ask


def hundredth(app: Flask, path: str) -> str:
    """The address of the hundredth page of a list, or of the last one where it is shorter."""
    said: dict[str, Any] = dict(
        part.split("=") for part in path.removeprefix("?").split("&") if part
    )
    with app.app_context():
        company = said.get("company")
        chosen = queries.Filter(
            company_id=db.session.scalar(select(Company.id).where(Company.slug == company))
            if company else None,
            **{name: value for name, value in said.items() if name != "company"},
        )  # fmt: skip
        at, place = datetime.now(UTC), None
        for _n in range(99):
            page = lists.page(chosen, at=at, after=place)
            if page.next is None:
                break
            place = page.next
        db.session.remove()
    return f"{path}{'&' if path else '?'}after={place}" if place else path


def timed(act: Callable[[], object], clock: Callable[[], float], rounds: int = ROUNDS) -> float:
    """The time of the quickest of some calls, after two that warm up."""
    act(), act()
    taken = []
    for _n in range(rounds):
        start = clock()
        act()
        taken.append(clock() - start)
    return min(taken)


def in_turn(
    small: Callable[[], object], great: Callable[[], object], clock: Callable[[], float]
) -> float:
    """What the great one costs against the small one, asked in turn: what disturbs one disturbs both."""
    small(), great(), small(), great()
    taken: tuple[list[float], list[float]] = ([], [])
    for _n in range(ROUNDS):
        for act, times in zip((small, great), taken, strict=True):
            start = clock()
            act()
            times.append(clock() - start)
    return min(taken[1]) / min(taken[0])


def pages(small: Portal, great: Portal) -> dict[str, tuple[float, float]]:
    """The first and the hundredth page of each list, against the same at 10,000 requests."""
    told, clock = {}, clock_of(great.app)
    with click.progressbar(LISTS, label="Pages") as shown:
        for path in shown:
            first, last = (
                in_turn(
                    *(
                        asked(one.client, f"/removal-requests/{find(one.app, path)}")
                        for one in (small, great)
                    ),
                    clock,
                )
                for find in (lambda _app, query: query, hundredth)
            )
            told[path] = (first, last)
    return told


class Exported(NamedTuple):
    """What an export took."""

    rows: int
    speed: float
    """Against csv over a bare cursor; 1 is as fast."""
    first: float
    """Seconds until the first byte."""
    more: float
    """By how many MB the process grew."""


def export(app: Flask, client: FlaskClient) -> Exported:
    """The CSV of one company's requests."""
    clock = clock_of(app)
    with app.app_context():
        held = func.count(RemovalRequest.id)
        company, slug, rows = db.session.execute(
            select(Company.id, Company.slug, held)
            .join(RemovalRequest, RemovalRequest.company_id == Company.id)
            .group_by(Company.id, Company.slug)
            .having(held <= MOST_EXPORTED)
            .order_by(held.desc())
            .limit(1)
        ).one()
        names = [name for name in COLUMNS if name in RemovalRequest.__table__.c]
        statement = f"SELECT {', '.join(names)} FROM removal_request WHERE company_id = {company}"

        def bare() -> None:
            raw = db.engine.raw_connection()
            cursor = raw.cursor()
            cursor.execute(statement)
            file = io.StringIO()
            writer = csv.writer(file)
            while some := cursor.fetchmany(1000):
                writer.writerows(some)
                file.seek(0)
                file.truncate()
            cursor.close()
            raw.close()

    before, firsts = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []

    def ours() -> None:
        start, first, lines = time.perf_counter(), 0.0, 0
        answer = client.get(f"/removal-requests/export.csv?company={slug}", buffered=False)
        for piece in answer.iter_encoded():
            first = first or time.perf_counter() - start
            lines += piece.count(b"\n")
        assert lines == rows + 1, (lines, rows)
        firsts.append(first)

    def plain() -> None:
        with app.app_context():
            bare()

    ours()  # alone: a bare cursor of PostgreSQL holds every row
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    speed = 1 / in_turn(plain, ours, clock)
    return Exported(rows, speed, min(firsts), grown / 1024)


def duplicates(one: Portal) -> Callable[[], None]:
    """Look for the twins of a request, twenty times."""
    with one.app.app_context():
        number = db.session.scalar(select(RemovalRequest.id).limit(1))

    def look() -> None:
        with one.app.app_context():
            request = db.session.get_one(RemovalRequest, number)
            for _n in range(20):
                queries.twins(request)

    return look


def bench_requests(rows: int, databases: tuple[str | None, str | None] = (None, None)) -> None:
    """Print how pages, look-ups and an export at so many requests compare with their yardsticks."""
    with portal(databases[0], SMALL) as small, portal(databases[1], rows) as great:
        told = pages(small, great)
        twins = in_turn(duplicates(small), duplicates(great), clock_of(great.app))
        file = export(great.app, great.client)
    print(f"  pages at {rows:,} requests against {SMALL:,} (at most 1.5): first, hundredth")
    for path in LISTS:
        first, last = told[path]
        print(f"    {path or '(all)':54} {first:5.2f} {last:5.2f}")
    print(f"  twins of a request: {twins:.2f} (constant)")
    print(f"  export of {file.rows:,} rows: {file.speed:.0%} of csv over a bare cursor (at least"
          f" 50%), first byte after {file.first:.2f} s (at most 1), {file.more:+.0f} MB")  # fmt: skip
