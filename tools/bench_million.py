#!/usr/bin/env python3
"""Print what a million removal requests cost, as ratios measured in one run on this machine.

    make bench-million        .venv/bin/python -m tools.bench_million --rows 100000 --on sqlite

An import is held against a bare insert: the same columns of the same rows, sealed and hashed in the
same way, with `executemany` of the driver in one transaction; no file, no check, no question whether
a row is there. The answers of a company by the API, 10,000 lines a time, are held against the rate
of bare inserts into the same table, asked in turn. Lists, look-ups and exports are measured by
`bench_requests`, by the same clocks. Nothing fails here.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import insert, select

from portal import create_app
from portal.access import scope
from portal.access.actor import CLOCK, Role
from portal.accounts.models import Account
from portal.api import service as tokens
from portal.api.models import TokenScope
from portal.api.spec import MOST_LINES
from portal.companies.models import Company, Platform
from portal.config import Settings
from portal.core.calendar import month_of
from portal.core.clock import now
from portal.core.db import UTCDateTime, db, transaction
from portal.core.migrate import upgrade
from portal.core.secrets import digest, seal
from portal.removal_requests import filing, importing, queries, reading
from portal.removal_requests.commands import PART
from portal.removal_requests.models import LegalGround, MeasureType, RemovalRequest, Surface
from tests import cast, postgres
from tools.bench_requests import bench_requests
from tools.clocks import clock_of

MOST_BARE = 200_000
BARE_BESIDE_ANSWERS = 20_000
ANSWER_ROUNDS = 3
START = datetime(2025, 1, 1, tzinfo=UTC)


def write_file(path: Path, rows: int, name: str = "BENCH") -> None:
    """A file of removals: each with seven times, most of them different from all others."""
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(importing.COLUMNS)
        for n in range(rows):
            issued = START + timedelta(seconds=n % 2_000_000 * 7)
            at = [issued + timedelta(minutes=m, seconds=n % 59) for m in (0, 3, 9, 60, 55, 3000)]
            said = [importing.cell(one) for one in at]
            writer.writerow(
                (f"{name}-{n:07d}", "telegram", "telegram", "sexual_deepfake", "voluntary_request",
                 "public_post", "removal", f"https://t.me/channel{n % 5000}/post/{n}",
                 *said[:4], "removed", "", said[4], said[5], "gone", "", "")
            )  # fmt: skip


@contextmanager
def portal(database: str | None) -> Iterator[Flask]:
    """A portal of two companies, on a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read(
            {"INSTANCE_PATH": folder} | ({"DATABASE_URL": database} if database else {})
        )
        app = create_app(settings)
        with app.app_context():
            upgrade()
            cast.gather(START)
            yield app
            db.session.remove()
            db.engine.dispose()


def imported(
    path: Path, clock: Callable[[], float]
) -> tuple[float, float, int, list[reading.Problem]]:
    """Seconds of the judging and of the writing, and how many rows were written."""
    at, start = now(), clock()
    with click.progressbar(length=path.stat().st_size, label="  Judging") as shown:
        found = filing.judge(path, at=at, step=shown.update)
    judged = clock()
    written = 0
    with click.progressbar(length=len(found.new), label="  Writing") as shown:
        for part in reading.parts(found.new, PART):
            with transaction():
                written += filing.import_part(part, by=CLOCK, at=at)
            shown.update(len(part))
    return judged - start, clock() - judged, written, found.rows.problems[:3]


def bare(path: Path, clock: Callable[[], float]) -> float:
    """Rows per second of a bare driver insert of the first rows of a file, sealed and hashed."""
    at = now()
    found = filing.judge(path, at=at)
    db.session.rollback()
    lines = reading.Source(path).records()[1]
    next(lines)
    place = importing.COLUMNS.index("reference")
    columns = [*filing.KEPT[:-3], "recorded_at", "is_synthetic", *filing.KEPT[-3:]]
    types = [db.metadata.tables["removal_request"].c[name].type for name in columns]
    connection = db.engine.raw_connection()
    is_sqlite = db.engine.dialect.name == "sqlite"
    marks = ", ".join(["?" if is_sqlite else "%s"] * len(columns))
    statement = f"INSERT INTO removal_request ({', '.join(columns)}) VALUES ({marks})"
    cursor, took = connection.cursor(), 0.0
    if is_sqlite:
        cursor.execute("BEGIN IMMEDIATE")
    for part in reading.parts(((*row[:-3], at, False) for row in found.new), PART):
        prepared = [
            [kind.process_bind_param(value, db.engine.dialect) if isinstance(kind, UTCDateTime) else value
             for kind, value in zip(types, row, strict=False)]
            for row in part
        ]  # fmt: skip
        texts = [cells[place] for _line, cells in islice(lines, len(part))]
        start = clock()
        cursor.executemany(
            statement,
            [
                (*row, seal(text), digest(text), queries.place(text))
                for row, text in zip(prepared, texts, strict=True)
            ],
        )
        took += clock() - start
    # Undone and not deleted: every deletion looks for rows that name the one deleted.
    connection.rollback()
    connection.close()
    return len(found.new) / took


def bench_import(app: Flask, rows: int) -> None:
    """Print how an import of so many rows compares with bare inserts."""
    with tempfile.TemporaryDirectory() as folder:
        few, path = Path(folder) / "few.csv", Path(folder) / "requests.csv"
        write_file(few, min(rows, MOST_BARE))
        write_file(path, rows)
        base = bare(few, clock_of(app))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        judging, writing, written, found = imported(path, clock_of(app))
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if written != rows:
        raise AssertionError(f"{written} of {rows} rows were written: {found}")
    rate = rows / (judging + writing)
    print(f"  import of {rows:,} rows: {rate / base:.0%} of bare inserts (at least 40%),"
          f" {more / 1024:+.0f} MB; judging {judging:.0f} s, writing {writing:.0f} s")  # fmt: skip


def waiting_lines(nth: int) -> list[str]:
    """Deliver as many requests as a file of answers has lines; return such a file."""
    at = now() - timedelta(hours=1)
    platform = db.session.scalars(select(Platform).where(Platform.slug == "telegram")).one()
    numbers = [f"ASKED-{nth}-{n:05d}" for n in range(MOST_LINES)]
    sealed = seal("https://t.me/channel/1")
    asked = {
        "company_id": platform.company_id, "platform_id": platform.id, "month": month_of(at),
        "category": "sexual_deepfake", "legal_ground": LegalGround.VOLUNTARY_REQUEST,
        "surface": Surface.PUBLIC_POST, "measure_type": MeasureType.REMOVAL,
        "reference_encrypted": sealed, "recorded_at": at, "issued_at": at, "delivered_at": at,
    }  # fmt: skip
    with transaction():
        db.session.execute(
            insert(RemovalRequest),
            [asked | {"request_no": one, "reference_digest": digest(one)} for one in numbers],
        )
    said = [
        {"outcome": "removed"}, {"outcome": "removed"},
        {"outcome": "refused", "reason": "Parody within the rules"}, {"outcome": "not_found"},
    ]  # fmt: skip
    return [json.dumps({"number": one, **said[n % len(said)]}) for n, one in enumerate(numbers)]


def bench_answers(app: Flask) -> None:
    """Print how answers by the API, each line a decision, compare with bare inserts into the same
    table, each asked in turn."""
    with transaction():
        person = db.session.scalars(
            select(Account).where(
                Account.role == Role.COMPANY_ADMIN,
                Account.organisation_id
                == select(Company.id).where(Company.slug == "telegram").scalar_subquery(),
            )
        ).one()
        _token, secret = tokens.create(
            "bench", TokenScope.ANSWER, days=30, by=person.as_actor(), at=now()
        )
    client, clock, taken, bases = app.test_client(use_cookies=False), clock_of(app), [], []
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder) / "bare.csv"
        write_file(beside, BARE_BESIDE_ANSWERS, "BARE")
        for nth in range(ANSWER_ROUNDS):
            bases.append(bare(beside, clock))
            body = "\n".join(waiting_lines(nth))
            start = clock()
            answer = client.post(
                "/api/v1/answers",
                data=body,
                content_type="application/x-ndjson",
                headers={"Authorization": f"Bearer {secret}"},
            )
            results = answer.text
            taken.append(clock() - start)
            scope.act_as(None)
            if results.count('"result":"done"') != MOST_LINES:
                raise AssertionError(results[:500])
    rate, base = MOST_LINES / min(taken), max(bases)
    print(f"  API answers, {MOST_LINES:,} lines: {rate / base:.0%} of bare inserts (at least 30%);"
          f" {rate:,.0f} lines/s against {base:,.0f} rows/s")  # fmt: skip


def bench(rows: int, only: str | None, databases: tuple[str | None, ...]) -> None:
    """Everything on one database, given empty databases or None for SQLite."""
    if only != "lists":
        with portal(databases[0]) as app:
            bench_import(app, rows)
            bench_answers(app)
    if only != "import":
        bench_requests(rows, (databases[1], databases[2]))


def main() -> None:
    """Measure on the databases that were asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--on", choices=("sqlite", "postgres"))
    asked.add_argument("--only", choices=("import", "lists"))
    given = asked.parse_args()
    if given.on != "postgres":
        print("SQLite")
        bench(given.rows, given.only, (None, None, None))
    if given.on != "sqlite":
        print("PostgreSQL")
        with postgres.server() as server:
            names = ("imported", "small", "great")
            bench(given.rows, given.only, tuple(server.create(name) for name in names))


if __name__ == "__main__":
    main()
