#!/usr/bin/env python3
"""Print the speed of pages and PDFs as ratios, measured in one run on this machine.

Times are CPU seconds of this process. A page is asked of the app through its WSGI entry, with
log-in, wall and templates; the yardstick is a Flask view that returns a short text. The bench
prints what it measures and fails on none of it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from portal import create_app, demo
from portal.accounts import queries as accounts
from portal.accounts import service as account_service
from portal.config import Settings
from portal.core import pdf
from portal.core.db import db, transaction

ROUNDS = 30


def cpu(act: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median CPU time of one call, after a warm-up."""
    act()
    act()
    times = []
    for _n in range(rounds):
        start = time.process_time()
        act()
        times.append(time.process_time() - start)
    return statistics.median(times)


def bare() -> float:
    """A Flask view that returns a short text."""
    app = Flask("bare")
    app.add_url_rule("/", "bare", lambda: "a short text")
    client = app.test_client()
    return cpu(lambda: client.get("/"), 300)


def pages(app: Flask, unit: float) -> None:
    """Every list and the desk, as the officer."""
    with app.app_context(), transaction():
        officer = accounts.by_email("officer@kcsc.example")
        secret = account_service.open_session(officer, machine="bench", at=datetime.now(UTC))
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = secret, True
    limits = {"/": 20, "/consultations/": 20, "/action-items/": 20, "/removal-requests/": 20,
              "/information-requests/": 20, "/scorecards/": 20, "/documents/": 20,
              "/consultations/1": 35}  # fmt: skip
    print(f"\nPages, CPU time against a bare view ({unit * 1000:.2f} ms):")
    for path, limit in limits.items():
        answer = client.get(path)
        if answer.status_code != 200:
            print(f"  {path:<28} answered {answer.status_code}")
            continue
        ratio = cpu(lambda path=path: client.get(path)) / unit
        print(f"  {path:<28} {ratio:6.1f}   (at most {limit})")


def printing() -> None:
    """A document through core/pdf.py against WeasyPrint alone on the same HTML."""
    import weasyprint

    text = (
        "<p>" + "합의한 조치의 이행을 확인하였다. The agreed steps were confirmed. " * 12 + "</p>"
    )
    html = f"<html lang=ko><title>t</title><body><h1>회의록</h1>{text * 14}</body></html>"
    css = weasyprint.CSS(string=(Path(__file__).parent.parent / "static/print.css").read_text())
    alone = cpu(
        lambda: weasyprint.HTML(string=html).write_pdf(stylesheets=[css], pdf_variant="pdf/a-3a"), 5
    )
    ours = cpu(lambda: pdf.render(html, made_at=datetime.now(UTC), identifier=b"0" * 16), 5)
    print(f"\nPDF of three pages: {ours / alone:.2f} times WeasyPrint alone (at most 1.3)")


def cold_start() -> None:
    """From nothing to the first byte of the log-in page, in a process of its own."""
    import subprocess
    import sys

    code = "from app import app; app.test_client().get('/login')"
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)
    print(f"\nCold start to first byte: {time.perf_counter() - start:.2f} s (under 2)")


def main() -> None:
    """Measure everything on a demo of its own."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings.read({"INSTANCE_PATH": folder}))
        app.config["PROPAGATE_EXCEPTIONS"] = True
        with app.app_context():
            upgrade()
            demo.load()
        unit = bare()
        pages(app, unit)
        scorecard(app)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    printing()
    cold_start()


def scorecard(app: Flask) -> None:
    """A card of one company and month among 100,000 requests, against the SQL that fetches it."""
    from sqlalchemy import insert, select

    from portal.companies.models import Company
    from portal.core.calendar import month_start
    from portal.removal_requests.models import RemovalRequest
    from portal.scorecards import service as scorecards

    with app.app_context():
        company = db.session.scalars(select(Company).where(Company.slug == "telegram")).one()
        template = (
            db.session.execute(
                select(RemovalRequest.__table__)
                .where(RemovalRequest.company_id == company.id)
                .limit(1)
            )
            .mappings()
            .one()
        )
        months = [f"20{year}-{month:02d}" for year in range(15, 23) for month in range(1, 13)]
        rows = []
        for n in range(100_000):
            month = months[n % len(months)]
            delivered = month_start(month) + timedelta(minutes=n % 40_000)
            removed = delivered + timedelta(minutes=30 + n * 7919 % 6000)
            rows.append({**template, "id": None, "request_no": f"BENCH-{n}", "month": month,
                         "issued_at": delivered, "delivered_at": delivered,
                         "decided_at": removed, "removed_at": removed, "verified_at": removed})  # fmt: skip
        for row in rows:
            del row["id"]
        with transaction():
            db.session.execute(insert(RemovalRequest), rows)
        at = datetime.now(UTC)

        def plain() -> object:
            db.session.rollback()
            return db.session.execute(
                select(RemovalRequest.__table__).where(
                    RemovalRequest.company_id == company.id, RemovalRequest.month == "2020-06"
                )
            ).all()

        def ours() -> object:
            db.session.rollback()
            return scorecards.compute(company, "2020-06", at)

        ratio = cpu(ours, 5) / cpu(plain, 5)
        print(f"\nScorecard among 100,000 requests: {ratio:.1f} times its plain SQL (at most 3)")


if __name__ == "__main__":
    main()
