#!/usr/bin/env python3
"""Scorecards over many removal requests, as ratios measured in one run.

    .venv/bin/python -m tools.bench_cards [--rows 1000000] [--postgres]

Twelve companies, twenty-four months. "The cards of a month" are their scores as `service.compute`
gives them, from the rows to the letter, with every interval and the whole curve; what only a draft
needs, the facts of every request, the draws and the words, is not in it. The yardstick is the plain
SQL that fetches their rows (a bare cursor) plus numpy over as many durations: the
same shares, median, mean, errors and curve with its intervals. That of the live page is a
Flask view that returns a short text; that of the draws is the card's PDF. CPU time of this process,
and on PostgreSQL wall time, for its work is done elsewhere. Nothing fails here.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import click
import numpy
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access.actor import CLOCK
from portal.companies.models import Company
from portal.core.calendar import month_of, next_month
from portal.core.db import db, transaction
from portal.methodology.cohort import freeze_instant
from portal.methodology.sensitivity import uncertainty
from portal.removal_requests import service as requests
from portal.removal_requests.models import Outcome, RemovalRequest
from portal.scorecards import service
from tests import postgres
from tools.bench import bare_app
from tools.bench_requests import asked, in_turn, portal, timed
from tools.clocks import clock_of

DAYS = 730
PLAIN = """SELECT request_no, issued_at, delivered_at, answered_at, decided_at, outcome, removed_at,
verified_at, verification, rechecked_at, recheck, measure_type, surface, legal_ground, exclusion,
excluded_by, disputed_at FROM removal_request WHERE company_id = {} AND month = '{}'"""


def plain(month: str) -> list[list[Any]]:
    """The rows of every card of a month, by a bare cursor."""
    raw = db.engine.raw_connection()
    cursor = raw.cursor()
    found = []
    for company_id in db.session.scalars(select(Company.id)).all():
        cursor.execute(PLAIN.format(company_id, month))
        found.append(cursor.fetchall())
    raw.close()
    return found


def numpy_estimates(found: list[tuple[float, bool]]) -> tuple[Any, ...]:
    """What a score is made of by numpy, from durations in hours and whether each was a removal:
    the whole curve with its intervals, F(24 h), F(48 h), median, restricted mean and its error."""
    durations, is_event = (numpy.array(column) for column in zip(*found, strict=True))
    times, at = numpy.unique(durations, return_inverse=True)
    removed, left = numpy.bincount(at, weights=is_event), numpy.bincount(at)
    risk = left[::-1].cumsum()[::-1]
    survival = numpy.cumprod(1 - removed / risk)
    before = numpy.concatenate(([1.0], survival))
    edges = numpy.concatenate(([0.0], numpy.minimum(times, 168.0), [168.0]))
    areas = numpy.diff(edges) * before
    with numpy.errstate(divide="ignore", invalid="ignore"):
        terms = removed / (risk * (risk - removed))
        theta = 1.96 * numpy.sqrt(numpy.cumsum(terms)) / numpy.log(survival)
        low, high = 1 - survival ** numpy.exp(theta), 1 - survival ** numpy.exp(-theta)
        error = numpy.sqrt(numpy.nansum(areas[::-1].cumsum()[::-1][1:] ** 2 * terms))
    marks = 1 - before[numpy.searchsorted(times, (24.0, 48.0), "right")]
    half = times[numpy.searchsorted(-survival, -0.5)] if survival[-1] <= 0.5 else None
    return low, high, marks, half, areas.sum(), error


def measured(app: Flask, client: FlaskClient) -> None:
    """Print every ratio."""
    clock = clock_of(app)
    month = next_month(month_of(datetime.now(UTC)), -2)
    as_of = freeze_instant(month)
    with app.app_context():
        companies = list(db.session.scalars(select(Company).order_by(Company.id)))
        dice = numpy.random.default_rng(5)
        sizes = [len(rows) for rows in plain(month)]
        known = [
            list(zip(dice.exponential(14, size).round(4).tolist(), (dice.random(size) < 0.9).tolist(),
                     strict=True))
            for size in sizes
        ]  # fmt: skip
        rows = timed(lambda: plain(month), clock)
        estimates = timed(lambda: [numpy_estimates(one) for one in known], clock)
        cards = timed(lambda: [service.compute(one, month, as_of) for one in companies], clock)
        print(f"  12 cards of a month, {sum(sizes):,} requests: {cards:.3f} s, rows {rows:.3f} s,"
              f" numpy {estimates:.4f} s: {cards / (rows + estimates):.2f} (2 asked)")  # fmt: skip
        number, slug = companies[-1].id, companies[-1].slug
        with transaction():
            card = service.draft(companies[-1], month, by=CLOCK, at=datetime.now(UTC))
        score, method = card.figures, card.method
        draws = timed(lambda: uncertainty(score, 1, method.draws, method=method), clock)
        paper = timed(lambda: service.pdf(card, language="ko", at=as_of), clock)
        print(f"  20,000 draws of {slug}: {draws:.3f} s, its PDF {paper:.3f} s: {draws / paper:.2f} (1 asked)")  # fmt: skip
    bare = bare_app().test_client()
    several = 20

    def short_ones() -> None:
        for _n in range(several):
            bare.get("/")

    short = timed(short_ones, time.process_time) / several
    path = f"/scorecards/live/{number}?month={month}"
    start = time.process_time()
    asked(client, path)()
    first = time.process_time() - start
    kept = several * in_turn(short_ones, asked(client, path), time.process_time)
    with app.app_context():
        waiting = db.session.scalars(
            select(RemovalRequest)
            .where(RemovalRequest.company_id == number, RemovalRequest.outcome.is_(None))
            .limit(1)
        ).one()
        with transaction():
            requests.decide(
                waiting, outcome=Outcome.NEEDS_INFORMATION, by=CLOCK, at=datetime.now(UTC)
            )
    start = time.process_time()
    asked(client, path)()
    anew = time.process_time() - start
    print(f"  live page: first {first / short:.0f} times a bare view, then {kept:.1f} (30 asked),"
          f" after an answer {anew / short:.0f}")  # fmt: skip
    freeze_and_verify(app)


def freeze_and_verify(app: Flask) -> None:
    """Freeze the smallest company's cards of every month, and check them again."""
    with app.app_context():
        company = db.session.scalars(select(Company).order_by(Company.id.desc()).limit(1)).one()
        last = next_month(month_of(datetime.now(UTC)), -2)
        months = [next_month(last, -step) for step in range(23)]
        with click.progressbar(months, label="Freezing") as shown:
            for month in shown:
                with transaction():
                    at = freeze_instant(month) + timedelta(days=1)
                    card = service.draft(company, month, by=CLOCK, at=at)
                    service.freeze(card, by=CLOCK, at=at, unasked="A measure of speed.")
        db.session.remove()
    start = time.perf_counter()
    answer = app.test_cli_runner().invoke(args=["scorecards", "verify", "--all"])
    print(f"  {answer.output.strip().splitlines()[-1]} ({time.perf_counter() - start:.1f} s)")


def main() -> None:
    """Measure on SQLite, and with --postgres on PostgreSQL."""
    reader = argparse.ArgumentParser()
    reader.add_argument("--rows", type=int, default=1_000_000)
    reader.add_argument("--postgres", action="store_true")
    given = reader.parse_args()
    print(f"{given.rows:,} requests in {DAYS} days")
    if not given.postgres:
        with portal(None, given.rows, DAYS) as (app, client):
            measured(app, client)
        return
    with postgres.server() as server, portal(server.create("cards"), given.rows, DAYS) as pair:
        measured(*pair)


if __name__ == "__main__":
    main()
