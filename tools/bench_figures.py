#!/usr/bin/env python3
"""The pages of figures over many removal requests, as ratios to the plain SQL that they run.

    .venv/bin/python -m tools.bench_figures [--rows 1000000] [--postgres]

The SELECTs that a page sends to the requests are noted, and sent again over a bare cursor of the
driver with every row fetched: that is the plain SQL. Page and SQL are timed in turn, so that a busy
machine is busy for both: in CPU time of this process and of the server of the database (`clocks`).
Nothing fails here.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from portal.companies.models import Company
from portal.core.db import db
from tests import postgres
from tools.bench_requests import portal
from tools.clocks import clock_of

ROUNDS = 5
PAGES = (("the largest company", "c0"), ("the fourth", "c3"), ("the smallest", "c11"), ("all", ""))
PERIODS = (("13 months", ""), ("four years", "?from=2022-01"))


def noted(act: Callable[[], object]) -> list[tuple[str, Any]]:
    """The statements to the requests that are sent meanwhile, as the driver gets them."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        if "FROM removal_request" in statement:
            sent.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return sent


def plain(statements: list[tuple[str, Any]]) -> None:
    """The same statements over a bare cursor."""
    raw = db.engine.raw_connection()
    cursor = raw.cursor()
    for statement, given in statements:
        cursor.execute(statement, given)
        cursor.fetchall()
    cursor.close()
    raw.close()


def ratio(
    app: Flask, client: FlaskClient, path: str, clock: Callable[[], float]
) -> tuple[float, float, float, int]:
    """The time of a page made anew, and of the same page kept, to that of its plain SQL; the seconds
    of the page made anew, the statements."""

    def page() -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)

    def anew() -> None:
        app.extensions.pop("kept", None)
        page()

    anew()
    statements = noted(anew)
    acts: tuple[Callable[[], None], ...] = (anew, page, lambda: plain(statements))
    taken: tuple[list[float], ...] = ([], [], [])
    with app.app_context():
        for _n in range(ROUNDS):
            for act, times in zip(acts, taken, strict=True):
                start = clock()
                act()
                times.append(clock() - start)
    made, kept, bare = (statistics.median(times) for times in taken)
    return made / bare, kept / bare, made, len(statements)


def measured(name: str, rows: int, url: str | None) -> None:
    """Print the ratio of each page and period."""
    with portal(url, rows) as (app, client):
        clock = clock_of(app)
        with app.app_context():
            ids = {one.slug: one.id for one in db.session.execute(select(Company.slug, Company.id))}
            db.session.remove()
        print(f"\n{name}: {rows:,} requests, pages of figures to their plain SQL (2 asked)")
        for period, query in PERIODS:
            for who, slug in PAGES:
                path = f"/figures/{ids[slug]}{query}" if slug else f"/figures/{query}"
                made, kept, seconds, number = ratio(app, client, path, clock)
                print(f"  {who:22} {period:10} made anew {made:5.2f}, kept {kept:5.2f}"
                      f"   {seconds:6.2f} s, {number} statements", flush=True)  # fmt: skip


def main() -> None:
    """Measure on SQLite, or with --postgres on PostgreSQL."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--rows", type=int, default=1_000_000)
    reader.add_argument("--postgres", action="store_true")
    given = reader.parse_args()
    if not given.postgres:
        measured("SQLite", given.rows, None)
        return
    with postgres.server() as server:
        measured("PostgreSQL", given.rows, server.create("figures"))


if __name__ == "__main__":
    main()
