#!/usr/bin/env python3
"""Print how fast a large file of requests is imported, as a ratio to a bare driver insert.

The bare insert writes the same columns of the same rows, sealed and hashed in the same way, with
`executemany` of the driver in one transaction: no file, no check, no question whether it is there.

usage: tools/bench_million.py [--rows 1000000] [--on sqlite|postgres]
"""

from __future__ import annotations

import argparse
import csv
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from flask import Flask

from portal import create_app
from portal.access.actor import CLOCK
from portal.config import Settings
from portal.core.clock import now
from portal.core.db import UTCDateTime, db, transaction
from portal.core.migrate import upgrade
from portal.core.secrets import digest, seal
from portal.removal_requests import importing, queries, reading, service
from portal.removal_requests.commands import PART
from tests import cast, postgres

MOST_BARE = 200_000
START = datetime(2025, 1, 1, tzinfo=UTC)


def write_file(path: Path, rows: int) -> None:
    """A file of removals: each with seven times, most of them different from all others."""
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(importing.COLUMNS)
        for n in range(rows):
            issued = START + timedelta(seconds=n % 2_000_000 * 7)
            at = [issued + timedelta(minutes=m, seconds=n % 59) for m in (0, 3, 9, 60, 55, 3000)]
            said = [importing.cell(one) for one in at]
            writer.writerow(
                (f"BENCH-{n:07d}", "telegram", "telegram", "sexual_deepfake", "voluntary_request",
                 "public_post", "removal", f"https://t.me/channel{n % 5000}/post/{n}",
                 *said[:4], "removed", "", said[4], said[5], "gone", "", "")
            )  # fmt: skip


@contextmanager
def portal(database: str) -> Iterator[Flask]:
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


def imported(path: Path) -> tuple[float, float, int, list[reading.Problem]]:
    """Seconds of the judging and of the writing, and how many rows were written."""
    at, start = now(), time.perf_counter()
    found = service.judge(path, at=at)
    judged = time.perf_counter()
    written = 0
    for part in reading.parts(found.new, PART):
        with transaction():
            written += service.import_part(part, by=CLOCK, at=at)
    return judged - start, time.perf_counter() - judged, written, found.rows.problems[:3]


def bare(path: Path) -> float:
    """Rows per second of a bare driver insert of the first rows of a file, sealed and hashed."""
    at = now()
    found = service.judge(path, at=at)
    db.session.rollback()
    lines = reading.Source(path).records()[1]
    next(lines)
    place = importing.COLUMNS.index("reference")
    columns = [*service.KEPT[:-3], "recorded_at", "is_synthetic", *service.KEPT[-3:]]
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
        start = time.perf_counter()
        cursor.executemany(
            statement,
            [
                (*row, seal(text), digest(text), queries.place(text))
                for row, text in zip(prepared, texts, strict=True)
            ],
        )
        took += time.perf_counter() - start
    # Undone and not deleted: every deletion looks for rows that name the one deleted.
    connection.rollback()
    connection.close()
    return len(found.new) / took


def bench_import(rows: int, database: str = "") -> float:
    """The rate of an import as a share of the rate of a bare insert; printed with its parts."""
    with tempfile.TemporaryDirectory() as folder, portal(database):
        few, path = Path(folder) / "few.csv", Path(folder) / "requests.csv"
        write_file(few, min(rows, MOST_BARE))
        write_file(path, rows)
        base = bare(few)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        judging, writing, written, found = imported(path)
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if written != rows:
        raise AssertionError(f"{written} of {rows} rows were written: {found}")
    rate = rows / (judging + writing)
    print(f"  bare insert {base:,.0f} rows/s; import {rate:,.0f} rows/s (judging {judging:.1f} s,"
          f" writing {writing:.1f} s, {more / 1024:+.0f} MB): {rate / base:.0%}")  # fmt: skip
    return rate / base


def main() -> None:
    """Measure on the databases that were asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=200_000)
    asked.add_argument("--on", choices=("sqlite", "postgres"))
    given = asked.parse_args()
    if given.on != "postgres":
        print("SQLite")
        bench_import(given.rows)
    if given.on != "sqlite":
        print("PostgreSQL")
        with postgres.server() as server:
            bench_import(given.rows, server.create("bench"))


if __name__ == "__main__":
    main()
