#!/usr/bin/env python3
"""Print the speed of pages and PDFs as ratios, measured in one run on this machine.

Pages are asked of gunicorn as `make run` serves them, with log-in, wall and templates; counted is the
CPU time of the server. The yardstick is a Flask view that returns a short text under the same server. Everything is
measured on SQLite, the pages again on PostgreSQL, where 1.6 times the limit is allowed. The bench
prints what it measures and fails on none of it.
"""

from __future__ import annotations

import http.client
import itertools
import os
import re
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.policy import SMTP
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import weasyprint
from flask import Flask, render_template
from icalendar import Calendar
from sqlalchemy import insert, select, update

from portal import create_app, demo, scheduler
from portal.accounts import queries as accounts
from portal.accounts import service as account_service
from portal.actions.models import OPEN, ActionItem, ActionStatus
from portal.agendas.models import AgendaItem, ItemKind, ItemStatus
from portal.binder import queries as binder_queries
from portal.binder import service as binder
from portal.companies.models import Company
from portal.config import Settings
from portal.consultations.models import Consultation, ConsultationStatus, Delegate, Side, Step
from portal.core import differences, outbox, pdf, signing
from portal.core.calendar import month_of, month_start, next_month
from portal.core.db import db, transaction
from portal.core.i18n import spoken
from portal.core.jobs import run_due
from portal.core.migrate import upgrade
from portal.core.outbox import Letter
from portal.documents import service as documents
from portal.documents.models import Document, DocumentKind
from portal.feeds import service as feeds
from portal.minutes.models import ItemText, Minutes, MinutesItem, MinutesStatus
from portal.removal_requests.models import RemovalRequest
from portal.reports import service as reports
from portal.reports.models import Report
from portal.scorecards import service as scorecards
from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 30
BATCHES = 11
POSTGRES_MORE = 1.6
LIMITS = {
    "/": 20,
    "/consultations/": 20,
    "/minutes/": 20,
    "/action-items/": 20,
    "/removal-requests/": 20,
    "/information-requests/": 20,
    "/scorecards/": 20,
    "/documents/": 20,
}
LETTERS = 10_000
GREATEST = 35  # the page of a consultation with 40 items and 60 people


def cpu(act: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median CPU time of one call, after a warm-up."""
    return _timed(act, rounds, time.process_time)


def wall(act: Callable[[], object], rounds: int) -> float:
    """The median time of one call by the clock on the wall."""
    return _timed(act, rounds, time.perf_counter)


def _timed(act: Callable[[], object], rounds: int, clock: Callable[[], float]) -> float:
    act()
    act()
    times = []
    for _n in range(rounds):
        start = clock()
        act()
        times.append(clock() - start)
    return statistics.median(times)


def bare_app() -> Flask:
    """A Flask view that returns a short text."""
    app = Flask("bare")
    app.add_url_rule("/", "bare", lambda: "a short text")
    return app


def _await_port(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        if time.monotonic() > deadline:
            raise TimeoutError("The server did not start.")
        time.sleep(0.05)


class Server:
    """gunicorn with one worker, as `make run` serves, and a client that keeps its connection."""

    def __init__(self, what: str, cookie: str = "", **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.headers = {"Cookie": cookie, "Accept-Language": "ko"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", what],
            cwd=ROOT,
            env={**os.environ, **environment, "PORT": str(self.port), "WORKERS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _await_port(self.port)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)

    def get(self, path: str) -> int:
        """Ask for a page and read all of it; its status. A connection left idle is made anew."""
        try:
            self.connection.request("GET", path, headers=self.headers)
            answer = self.connection.getresponse()
        except http.client.RemoteDisconnected:
            self.connection.close()
            self.connection.request("GET", path, headers=self.headers)
            answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def post(self, path: str, data: dict[str, str]) -> int:
        """Send a form and read the answer; its status."""
        headers = self.headers | {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", path, urlencode(data), headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status

    def text(self, path: str) -> str:
        """A page as text; the cookie it sets is kept, for the forms on it."""
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        if cookie := answer.headers["Set-Cookie"]:
            self.headers["Cookie"] = cookie.split(";")[0]
        return answer.read().decode()

    def _spent(self) -> float:
        """CPU seconds of the server and its worker so far, thread by thread."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        nanoseconds = 0
        for pid in (str(self.process.pid), *children.split()):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                nanoseconds += int((thread / "schedstat").read_text().split()[0])
        return nanoseconds / 1e9

    def cost(self, path: str, rounds: int) -> float:
        """CPU seconds of one request."""
        return self.cost_of(lambda: self.get(path), rounds)

    def cost_of(self, act: Callable[[], object], rounds: int) -> float:
        """CPU seconds the server spends on one call of something that asks it."""
        before = self._spent()
        for _n in range(rounds):
            act()
        return (self._spent() - before) / rounds

    def stop(self) -> None:
        """End the server."""
        self.connection.close()
        self.process.terminate()
        self.process.wait(timeout=30)


def against_bare(server: Server, path: str) -> float:
    """What a page costs against a bare view: the median of batches taken in turns.

    The speed of a machine swings, and the clock's jobs run beside: both meet the two alike.
    """
    bare = Server("tools.bench:bare_app()")
    try:
        bare.cost("/", 500)
        server.cost(path, 10)
        return statistics.median(
            server.cost(path, 15) / bare.cost("/", 150) for _batch in range(BATCHES)
        )
    finally:
        bare.stop()


class Portal(NamedTuple):
    """The portal with its demo on a database of its own."""

    app: Flask
    folder: str
    url: str
    cookie: str


@contextmanager
def portal(url: str) -> Iterator[Portal]:
    """A portal with the demo, and the cookie of a session of the officer."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.read({"INSTANCE_PATH": folder} | ({"DATABASE_URL": url} if url else {}))
        app = create_app(settings)
        app.config["PROPAGATE_EXCEPTIONS"] = True
        with app.app_context():
            upgrade()
            demo.load()
        with app.app_context(), transaction():
            officer = accounts.by_email("officer@kcsc.example")
            if officer is None:
                raise LookupError("The demo has no officer.")
            secret = account_service.open_session(officer, machine="bench", at=datetime.now(UTC))
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = secret, True
        held = client.get_cookie("portal")
        yield Portal(app, folder, url, f"portal={held.value}" if held else "")
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def great_consultation(app: Flask) -> str:
    """A consultation with 40 agenda items and 60 people; the address of its page."""
    with app.app_context(), transaction():
        company = db.session.scalars(select(Company).where(Company.slug == "telegram")).one()
        starts_at = datetime.now(UTC) + timedelta(days=40)
        great = Consultation(
            company_id=company.id, year=2099, number=1, serial="Telegram 2099-01",
            status=ConsultationStatus.SCHEDULED, title_ko="큰 협의", title_en="A great consultation",
            starts_at=starts_at, ends_at=starts_at + timedelta(hours=8), zone="Asia/Seoul",
            wall_time="2099-01-01T10:00", venue="Seoul", venue_country="KR",
        )  # fmt: skip
        db.session.add(great)
        db.session.flush()
        db.session.add_all(
            AgendaItem(
                consultation_id=great.id, company_id=company.id, position=n, kind=ItemKind.DISCUSSION,
                title_ko=f"안건 {n}", title_en=f"Item {n}", proposed_by=list(Side)[n % 2],
                proposed_at=starts_at - timedelta(days=30), status=ItemStatus.ACCEPTED,
            )
            for n in range(1, 41)
        )  # fmt: skip
        db.session.add_all(
            Delegate(
                consultation_id=great.id, company_id=company.id, side=list(Side)[n % 2],
                organisation_id=company.id, name=f"Delegate {n}", can_bind=n < 4,
            )
            for n in range(60)
        )  # fmt: skip
        return f"/consultations/{great.id}"


def pages(database: str, at: Portal, great: str, allowed: float) -> None:
    """The desk, every list and the greatest consultation, as the officer."""
    print(f"\nPages on {database}, CPU time against a bare view:")
    environment = {"INSTANCE_PATH": at.folder} | ({"DATABASE_URL": at.url} if at.url else {})
    server = Server("app:app", at.cookie, **environment)
    try:
        for path, limit in {**LIMITS, great: GREATEST}.items():
            status = server.get(path)
            if status != 200:
                print(f"  {path:<28} answered {status}")
                continue
            ratio = against_bare(server, path)
            print(f"  {path:<28} {ratio:6.1f}   (at most {limit * allowed:.0f})", flush=True)
    finally:
        server.stop()


def overviews(database: str, at: Portal, allowed: float) -> None:
    """The calendar and a company's year with 1,000 consultations in it, every tenth moved and
    every tenth called off: questions and CPU time against a bare view."""
    today = datetime.now(UTC)
    first = datetime(today.year, 1, 1, 1, tzinfo=UTC)
    with at.app.app_context(), transaction():
        company = db.session.scalars(select(Company).where(Company.slug == "x")).one()
        for n in range(1000):
            starts_at = first + timedelta(hours=8.7 * n)
            one = Consultation(
                company_id=company.id, year=today.year, number=1000 + n, serial=f"X bench-{n}",
                status=ConsultationStatus.CANCELLED if n % 10 == 1 else ConsultationStatus.SCHEDULED,
                title_ko="협의", title_en="Consultation", starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=2), zone="Asia/Seoul", venue_country="KR",
                wall_time="2026-01-01T10:00", venue="Seoul", uid=f"bench-year-{n}",
                original_starts_at=starts_at - timedelta(days=7) if n % 10 == 2 else None,
                cancelled_at=starts_at - timedelta(days=3) if n % 10 == 1 else None,
                cancelled_by=list(Side)[n % 2] if n % 10 == 1 else None,
            )  # fmt: skip
            db.session.add(one)
            if n % 10 == 2:
                db.session.flush()
                db.session.add(
                    Step(
                        consultation_id=one.id, company_id=company.id, what="rescheduled",
                        at=starts_at - timedelta(days=20), by_name="officer", by_side="institution",
                    )
                )  # fmt: skip
        number = company.id
    print(f"\nOverviews of 1,000 consultations on {database}, CPU time against a bare view:")
    environment = {"INSTANCE_PATH": at.folder} | ({"DATABASE_URL": at.url} if at.url else {})
    server = Server("app:app", at.cookie, **environment)
    year = f"year={today.year}"
    try:
        for path in ("/calendar/", f"/calendar/?company={number}", "/calendar/list",
                     f"/calendar/year?{year}&company={number}", f"/calendar/year?{year}",
                     "/search?q=bench"):  # fmt: skip
            status = server.get(path)
            if status != 200:
                print(f"  {path:<38} answered {status}")
                continue
            limit = (
                f"at most {30 * allowed:.0f}" if "list" not in path and "q=" not in path else "–"
            )
            print(f"  {path:<38} {against_bare(server, path):6.1f}   ({limit})", flush=True)
    finally:
        server.stop()


def saving(database: str, at: Portal, allowed: float) -> None:
    """One item of minutes with 40 items and 100 revisions is saved, by a form, while it is drafted
    and once the company has it: CPU time against a bare view."""
    with at.app.app_context(), transaction():
        minutes = db.session.scalars(
            select(Minutes).where(Minutes.status == MinutesStatus.WITH_COMPANY)
        ).first()
        if minutes is None:
            raise LookupError("The demo has no minutes with the company.")
        for n in range(len(minutes.items) + 1, 41):
            minutes.items.append(
                MinutesItem(
                    position=n, title_ko=f"안건 {n}", title_en=f"Item {n}", edition=1,
                    discussion_ko="논의하였다. " * 60, discussion_en="It was discussed. " * 40,
                )
            )  # fmt: skip
        db.session.flush()
        item = minutes.items[5]
        now = datetime.now(UTC)
        db.session.add_all(
            ItemText(
                minutes_id=minutes.id, item_id=item.id, revision=n, words=item.words(),
                item_hash="0" * 64, at=now,
            )
            for n in range(2, 101)
        )  # fmt: skip
        minutes.revision, number, path = 100, minutes.id, f"/minutes/items/{item.id}"
    print(f"\nSave of one item of 40, 100 revisions, on {database}, against a bare view:")
    environment = {"INSTANCE_PATH": at.folder} | ({"DATABASE_URL": at.url} if at.url else {})
    server, bare = Server("app:app", at.cookie, **environment), Server("tools.bench:bare_app()")
    try:
        for status in (MinutesStatus.DRAFTING, MinutesStatus.WITH_COMPANY):
            with at.app.app_context(), transaction():
                db.session.get_one(Minutes, number).status = status
            page = server.text(path)
            held = {
                name: re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
                for name in ("csrf_token", "edition")
            }
            said = {name: found[1] if found else "" for name, found in held.items()}
            save = _saver(server, path, said)
            server.cost_of(save, 10)
            bare.cost("/", 300)
            ratio = statistics.median(
                server.cost_of(save, 15) / bare.cost("/", 150) for _batch in range(BATCHES)
            )
            told = f"at most {12 * allowed:.0f}"
            print(f"  {status.value:<28} {ratio:6.1f}   ({told})", flush=True)
    finally:
        server.stop()
        bare.stop()


def _saver(server: Server, path: str, said: dict[str, str]) -> Callable[[], None]:
    """A call that saves an item with other words each time, from the edition of the form on."""
    numbers = itertools.count()

    def save() -> None:
        n = next(numbers)
        text = {"discussion_ko": f"글 {n}", "discussion_en": f"text {n}"}
        status = server.post(path, said | text | {"edition": str(int(said["edition"]) + n)})
        if status != 303:
            raise RuntimeError(f"The item was not saved: {status}.")

    return save


def record(app: Flask) -> None:
    """The sealed PDF of adopted minutes, and a binder of twelve, against WeasyPrint alone."""
    with app.app_context():
        held = db.session.scalars(
            select(Document).where(Document.kind == DocumentKind.MINUTES, Document.language == "ko")
        ).first()
        if held is None:
            raise LookupError("The demo has no adopted minutes.")
        html = app.jinja_env.get_template(held.template).render(
            **held.content, content_hash="0" * 64, is_draft=False, doc_lang="ko"
        )
        css = weasyprint.CSS(string=(ROOT / "static/print.css").read_text(encoding="utf-8"))

        def alone() -> object:
            return weasyprint.HTML(string=html).write_pdf(
                stylesheets=[css], pdf_variant="pdf/a-3a", custom_metadata=True
            )

        def sealed() -> object:
            return signing.sign(documents.unsealed(held), at=held.made_at, reason="bench")

        ratio = cpu(sealed, 5) / cpu(alone, 5)
        print(f"\nAdopted PDF with its seal: {ratio:.2f} times WeasyPrint alone (at most 1.4)")
        company = db.session.scalars(select(Company).where(Company.slug == "telegram")).one()
        year = binder_queries.years(company.id)[0]
        at = datetime.now(UTC)
        said = binder.content(company, year, language="ko", at=at, role=None)
        part = said["parts"][0]
        said["parts"] = [part | {"anchor": f"part-{n}"} for n in range(12)]
        whole = cpu(lambda: binder.print_of(said, language="ko", at=at, render=pdf.render), 2)
        each = cpu(lambda: documents.unsealed(held), 5)
    print(
        f"Binder of 12 minutes: {whole / (12 * each):.2f} times the sum of its parts (at most 1.2)",
        flush=True,
    )


def report(app: Flask) -> None:
    """The monthly report with its data inside against WeasyPrint alone on its HTML."""
    with app.app_context():
        held = db.session.scalars(select(Report).order_by(Report.month.desc())).first()
        if held is None:
            raise LookupError("The demo has no monthly report.")
        content = held.content["ko"]
        css = weasyprint.CSS(string=(ROOT / "static/print.css").read_text(encoding="utf-8"))
        with spoken("ko"):
            html = render_template(
                reports.TEMPLATE, **content, content_hash="0" * 64, is_draft=False, doc_lang="ko"
            )

        def alone() -> object:
            return weasyprint.HTML(string=html).write_pdf(
                stylesheets=[css], pdf_variant="pdf/a-3a", custom_metadata=True
            )

        def ours() -> object:
            return documents.print_pdf(
                reports.TEMPLATE, content, language="ko", made_at=held.made_at,
                attachments=documents.attached(reports.enclosed(held, "ko")),
            )  # fmt: skip

        companies = len(content["rows"])
        ratio = cpu(ours, 3) / cpu(alone, 3)
    print(
        f"\nMonthly report of {companies} companies: {ratio:.2f} times WeasyPrint alone (at most 1.2)",
        flush=True,
    )


def register(database: str, at: Portal, allowed: float) -> None:
    """The register of 10,000 action items with two filters, 50 rows: CPU time against a bare view,
    and the same without a filter, its board, its timeline and its files for comparison."""
    today = datetime.now(UTC)
    with at.app.app_context(), transaction():
        firms = db.session.scalars(select(Company.id).order_by(Company.id)).all()[:4]
        places = db.session.scalars(select(MinutesItem.id)).all()
        states = (*OPEN, *OPEN, ActionStatus.VERIFIED, ActionStatus.WITHDRAWN)
        rows = []
        for n in range(10_000):
            due = today + timedelta(hours=(n * 7919) % 14_400 - 10_000)
            status = states[n % len(states)]
            is_reported = status in (ActionStatus.REPORTED_DONE, ActionStatus.VERIFIED)
            rows.append(
                {
                    "company_id": firms[n % len(firms)], "number": f"BENCH A-{n:05}",
                    "text_ko": "야간 담당자를 지정하고 연락처를 알린다. " * 4,
                    "text_en": "Name a duty contact for the night and give the address. " * 4,
                    "owner": list(Side)[n % 5 == 0], "owner_organisation_id": firms[n % len(firms)],
                    "due_at": due, "due_zone": "Asia/Seoul", "required_evidence": "A procedure",
                    "status": status, "agreed_at": due - timedelta(days=n % 300),
                    "reported_at": due if is_reported else None,
                    "done_at": due if status is ActionStatus.VERIFIED else None,
                    "minutes_item_id": places[n % len(places)] if n % 3 else None,
                    "is_synthetic": True,
                }
            )  # fmt: skip
        db.session.execute(insert(ActionItem), rows)
    with at.app.app_context():  # reminders of so many overdue items are the clock's, not the page's
        run_due(scheduler.timetable(), at=datetime.now(UTC))
        db.session.remove()
    print(f"\nRegister of 10,000 action items on {database}, CPU time against a bare view:")
    environment = {"INSTANCE_PATH": at.folder} | ({"DATABASE_URL": at.url} if at.url else {})
    server = Server("app:app", at.cookie, **environment)
    two = f"?show=all&overdue=any&company={firms[1]}"
    try:
        for path, limit in (
            (f"/action-items/{two}", 25), ("/action-items/?show=all&waits=company&age=more", 25),
            ("/action-items/?show=all", None), (f"/action-items/board{two}", None),
            (f"/action-items/timeline{two}", None),
        ):  # fmt: skip
            status = server.get(path)
            if status != 200:
                print(f"  {path:<52} answered {status}")
                continue
            told = f"at most {limit * allowed:.0f}" if limit else "–"
            print(f"  {path:<52} {against_bare(server, path):6.1f}   ({told})", flush=True)
    finally:
        server.stop()


def feed(database: str, app: Flask) -> None:
    """A feed of 500 consultations, log-in by secret and wall included, against `icalendar` alone
    serialising the same calendar; and the answer 304 of a feed that did not change."""
    with app.app_context(), transaction():
        company = db.session.scalars(select(Company).where(Company.slug == "telegram")).one()
        start = datetime(2030, 1, 1, 5, tzinfo=UTC)
        db.session.add_all(
            Consultation(
                company_id=company.id, year=2030, number=n, serial=f"Telegram 2030-{n}",
                status=ConsultationStatus.SCHEDULED, title_ko="협의", title_en="Consultation",
                starts_at=start + timedelta(days=n), ends_at=start + timedelta(days=n, hours=2),
                zone="Asia/Seoul", wall_time="2030-01-01T14:00", venue="Seoul", venue_country="KR",
                uid=f"bench-{n}@portal.example", sequence=n % 3,
            )
            for n in range(500)
        )  # fmt: skip
        officer = accounts.by_email("officer@kcsc.example")
        if officer is None:
            raise LookupError("The demo has no officer.")
        _feed, secret = feeds.create("bench", by=officer.as_actor(), at=datetime.now(UTC))
    client, address = app.test_client(), f"/feeds/{secret}.ics"
    answer = client.get(address)
    calendar, tag = Calendar.from_ical(answer.data), {"If-None-Match": answer.headers["ETag"]}
    events = len(calendar.walk("VEVENT"))
    alone = cpu(lambda: calendar.to_ical(), 15)
    whole = cpu(lambda: client.get(address), 15) / alone
    same = cpu(lambda: client.get(address, headers=tag), 15) / alone
    print(
        f"\nFeed of {events} consultations on {database}: {whole:.2f} times icalendar alone"
        f" (at most 3); unchanged, 304: {same:.2f}",
        flush=True,
    )


def letters(database: str, app: Flask) -> None:
    """10,000 letters through the outbox, each claimed and its answer stored, against a bare
    smtplib loop over one connection that hands the same mails to the same server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sink = ("-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink")
    server = subprocess.Popen([sys.executable, *sink], stderr=subprocess.DEVNULL)
    at = datetime.now(UTC)
    app.config |= {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": port, "SMTP_TLS": False}
    try:
        _await_port(port)
        with app.app_context():
            with transaction():
                db.session.execute(update(Letter).values(sent_at=at))
                db.session.execute(
                    insert(Letter),
                    [
                        {
                            "kind": "bench", "address": f"person{n % 100}@telegram.example",
                            "language": "ko", "subject": "협의 안내", "body": "협의 시간이 바뀌었습니다.\n" * 20,
                            "about": "bench", "about_id": n, "written_at": at, "due_at": at,
                            "message_id": f"<{n}@portal.example>",
                        }
                        for n in range(LETTERS)
                    ],
                )  # fmt: skip
            mails = [outbox.compose(one) for one in db.session.scalars(
                select(Letter).where(Letter.kind == "bench"))]  # fmt: skip
            start = time.perf_counter()
            with smtplib.SMTP("127.0.0.1", port) as bare:
                for mail in mails:
                    bare.sendmail("portal@kcsc.example", [mail["To"]], mail.as_bytes(policy=SMTP))
            alone = time.perf_counter() - start
            start = time.perf_counter()
            sent = outbox.send_waiting(at=at)
            took = time.perf_counter() - start
    finally:
        server.terminate()
        server.wait()
        app.config["SMTP_HOST"] = ""
    print(
        f"\n{sent:,} letters on {database}: {sent / took:.0f} a second, {alone / took:.2f} of a bare"
        " smtplib loop (at least 0.5)",
        flush=True,
    )


def printing() -> None:
    """A document through core/pdf.py against WeasyPrint alone on the same HTML."""
    text = "합의한 조치의 이행을 확인하였다. The agreed steps were confirmed. " * 12
    html = (
        f"<html lang=ko><title>t</title><body><h1>회의록</h1>{f'<p>{text}</p>' * 14}</body></html>"
    )
    css = weasyprint.CSS(string=(ROOT / "static/print.css").read_text(encoding="utf-8"))

    def alone() -> object:
        return weasyprint.HTML(string=html).write_pdf(
            stylesheets=[css], pdf_variant="pdf/a-3a", custom_metadata=True
        )

    def ours() -> object:
        return pdf.render(html, made_at=datetime.now(UTC), identifier=b"0" * 16)

    ratio = cpu(ours, 5) / cpu(alone, 5)
    print(f"\nPDF of three pages: {ratio:.2f} times WeasyPrint alone (at most 1.3)", flush=True)


def word_differences() -> None:
    """The word difference of two revisions of about 20 pages against rendering the text."""
    words = "합의한 조치의 이행을 확인하였다. The agreed steps were confirmed. " * 9
    old = [f"{words}{n}" for n in range(140)]
    new = [line.replace("steps", f"step{n}") if n % 2 else line for n, line in enumerate(old)]
    body = "".join(f"<p>{line}</p>" for line in new)
    html = f"<html lang=ko><title>t</title><body><h1>회의록</h1>{body}</body></html>"
    compared = cpu(lambda: differences.words("\n".join(old), "\n".join(new)), 5)
    printed = cpu(lambda: pdf.render(html, made_at=datetime.now(UTC), identifier=b"0" * 16), 3)
    print(
        f"\nWord difference of 20 pages: {compared / printed:.2f} of their PDF (at most 0.25)",
        flush=True,
    )


def scorecard(app: Flask) -> None:
    """A card of one company and month among 100,000 requests, against the SQL that fetches it."""
    with app.app_context():
        company = db.session.scalars(select(Company).where(Company.slug == "telegram")).one()
        table = RemovalRequest.__table__
        found = db.session.execute(select(table).where(table.c.company_id == company.id).limit(1))
        template = {name: value for name, value in found.mappings().one().items() if name != "id"}
        months = [f"20{year}-{month:02d}" for year in range(15, 23) for month in range(1, 13)]
        rows = []
        for n in range(100_000):
            month = months[n % len(months)]
            delivered = month_start(month) + timedelta(minutes=n % 40_000)
            removed = delivered + timedelta(minutes=30 + n * 7919 % 6000)
            times = dict.fromkeys(("decided_at", "removed_at", "verified_at"), removed)
            times |= dict.fromkeys(("issued_at", "delivered_at"), delivered)
            rows.append({**template, **times, "request_no": f"BENCH-{n}", "month": month})
        with transaction():
            db.session.execute(insert(RemovalRequest), rows)
        at = datetime.now(UTC)
        plain_sql = select(table).where(
            table.c.company_id == company.id, table.c.month == "2020-06"
        )

        def plain() -> object:
            db.session.rollback()
            return db.session.execute(plain_sql).all()

        def ours() -> object:
            db.session.rollback()
            return scorecards.compute(company, "2020-06", at)

        count = len(plain())  # type: ignore[arg-type]
        ratio = cpu(ours, 9) / cpu(plain, 9)
    print(
        f"\nScorecard of {count} requests among 100,000: {ratio:.1f} times its plain SQL (at most 3)",
        flush=True,
    )


def report_beside_pages(at: Portal) -> None:
    """The monthly report is printed in a child process: a page beside it takes as long as alone."""
    server = Server("app:app", at.cookie, INSTANCE_PATH=at.folder)
    try:
        alone = wall(lambda: server.get("/consultations/"), 40)
        month = next_month(month_of(datetime.now(UTC)), -3)
        started = time.perf_counter()
        maker = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "reports", "make", "--month", month,
             "-o", f"{at.folder}/report.pdf"],
            cwd=ROOT, env={**os.environ, "INSTANCE_PATH": at.folder},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        times = []
        while maker.poll() is None:
            start = time.perf_counter()
            server.get("/consultations/")
            times.append(time.perf_counter() - start)
        took = time.perf_counter() - started
    finally:
        server.stop()
    beside = statistics.median(times)
    print(
        f"\nMonthly report of all companies: {took:.1f} s, exit code {maker.returncode}; a page"
        f" beside it takes {beside / alone:.2f} times as long as alone ({len(times)} pages)",
        flush=True,
    )


def cold_start(at: Portal) -> None:
    """From nothing to the first byte of the log-in page."""
    start = time.perf_counter()
    server = Server("app:app", INSTANCE_PATH=at.folder)
    server.get("/login")
    took = time.perf_counter() - start
    server.stop()
    print(f"\nCold start to first byte: {took:.2f} s (under 2)", flush=True)


def main() -> None:
    """Measure everything, each database with a demo of its own."""
    with portal("") as held:
        pages("SQLite", held, great_consultation(held.app), 1)
        report_beside_pages(held)
        report(held.app)
        cold_start(held)
        scorecard(held.app)
        feed("SQLite", held.app)
        letters("SQLite", held.app)
        overviews("SQLite", held, 1)
        register("SQLite", held, 1)
        saving("SQLite", held, 1)
        record(held.app)
    with postgres.server() as server, portal(server.create("bench")) as held:
        pages("PostgreSQL", held, great_consultation(held.app), POSTGRES_MORE)
        feed("PostgreSQL", held.app)
        letters("PostgreSQL", held.app)
        overviews("PostgreSQL", held, POSTGRES_MORE)
        register("PostgreSQL", held, POSTGRES_MORE)
        saving("PostgreSQL", held, POSTGRES_MORE)
    printing()
    word_differences()


if __name__ == "__main__":
    main()
