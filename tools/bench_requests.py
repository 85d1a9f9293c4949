#!/usr/bin/env python3
"""Lists, exports and look-ups over many removal requests, as ratios measured in one run.

    .venv/bin/python -m tools.bench_requests [--rows 1000000] [--postgres]

Pages are asked of the app itself (log-in, wall, template), in CPU time of this process and, on
PostgreSQL, in wall time as well, for its work is done elsewhere. The yardstick of a list is the same page at 10,000
requests; that of an export is the csv module over a bare cursor. Nothing fails here.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, text

from portal import create_app
from portal.access.actor import OrganisationKind, Role
from portal.accounts import service as accounts
from portal.accounts.models import Account, Organisation
from portal.companies.models import Company, Platform
from portal.config import Settings
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
from tests import postgres

SMALL = 10_000
COMPANIES = 12
ROUNDS = 9
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
    for start in range(0, rows, 10_000):
        batch = []
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
                }
            )  # fmt: skip
        with transaction():
            db.session.execute(insert(RemovalRequest), batch)
        yield len(batch)
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


@contextmanager
def portal(url: str | None, rows: int, days: int = 4 * 365) -> Iterator[tuple[Flask, FlaskClient]]:
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
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = secret, True
        yield app, client
        with app.app_context():
            db.engine.dispose()


def timed(act: Callable[[], object], clock: Callable[[], float]) -> float:
    """The median time of a call, after two that warm up."""
    act(), act()
    taken = []
    for _n in range(ROUNDS):
        start = clock()
        act()
        taken.append(clock() - start)
    return statistics.median(taken)


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


def pages(app: Flask, client: FlaskClient) -> dict[str, tuple[float, float]]:
    """The time of the first and of the hundredth page of each list."""
    told = {}
    with click.progressbar(LISTS, label="Pages") as shown:
        for path in shown:
            told[path] = tuple(
                timed(asked(client, f"/removal-requests/{query}"), time.perf_counter)
                for query in (path, hundredth(app, path))
            )
    return told  # type: ignore[return-value]


def export(app: Flask, client: FlaskClient) -> tuple[float, float, int]:
    """How fast the CSV is against csv over a bare cursor (1 is as fast), the first byte, the rows."""

    def ours() -> tuple[float, float, int]:
        start = time.perf_counter()
        answer = client.get("/removal-requests/export.csv?company=c0", buffered=False)
        first, lines = 0.0, 0
        for piece in answer.iter_encoded():
            first = first or time.perf_counter() - start
            lines += piece.count(b"\n")
        return time.perf_counter() - start, first, lines

    with app.app_context():
        table = RemovalRequest.__table__
        names = [name for name in COLUMNS if name in table.c]
        company = db.session.scalar(select(Company.id).where(Company.slug == "c0"))
        statement = f"SELECT {', '.join(names)} FROM removal_request WHERE company_id = {company}"

        def bare() -> None:
            raw = db.engine.raw_connection()
            cursor = raw.cursor()
            cursor.execute(statement)
            file = io.StringIO()
            writer = csv.writer(file)
            while rows := cursor.fetchmany(1000):
                writer.writerows(rows)
                file.seek(0)
                file.truncate()
            cursor.close()
            raw.close()

        plain = timed(bare, time.perf_counter)
    ours()
    taken, first, rows = min(ours() for _n in range(3))
    return plain / taken, first, rows


def duplicates(app: Flask) -> float:
    """How long it takes to find the twins of a request."""
    with app.app_context():
        request = db.session.scalars(select(RemovalRequest).limit(1)).one()
        return timed(lambda: queries.twins(request), time.perf_counter)


def measured(name: str, rows: int, urls: tuple[str | None, str | None]) -> None:
    with portal(urls[0], SMALL) as (app, client):
        small = pages(app, client)
        twins = duplicates(app)
    with portal(urls[1], rows) as (app, client):
        great = pages(app, client)
        more_twins = duplicates(app)
        speed, first, lines = export(app, client)
    print(f"\n{name}: {rows:,} requests against {SMALL:,} (1.5 asked)")
    for path in LISTS:
        a, b = (great[path][n] / small[path][n] for n in (0, 1))
        print(f"  {path or '(all)':58} first {a:5.2f}   hundredth {b:5.2f}")
    print(f"  twins of a request: {more_twins / twins:.2f}")
    print(f"  export of {lines:,} rows: {speed:.2f} of csv over a bare cursor (0.5 asked),"
          f" first byte after {first:.2f} s (1 asked)")  # fmt: skip


def main() -> None:
    """Measure on SQLite, and with --postgres on PostgreSQL."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--rows", type=int, default=1_000_000)
    reader.add_argument("--postgres", action="store_true")
    given = reader.parse_args()
    if not given.postgres:
        measured("SQLite", given.rows, (None, None))
        return
    with postgres.server() as server:
        measured("PostgreSQL", given.rows, (server.create("small"), server.create("great")))


if __name__ == "__main__":
    main()
