"""The doors, the clock and the paper."""

from __future__ import annotations

import io
import re
import subprocess
from datetime import datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from portal.access.actor import CLOCK
from portal.core import signing
from portal.core.db import db, transaction
from portal.core.jobs import run_due
from portal.core.outbox import Letter
from portal.core.signing import Integrity
from portal.documents import service as documents
from portal.documents.models import Document, DocumentKind
from portal.reports import service
from portal.reports.jobs import JOBS
from portal.reports.models import Report, ReportStatus
from tests.queries import counting
from tests.reports.conftest import MONTH


@pytest.fixture
def held(cards: Any, at: Any) -> Report:
    with transaction():
        return service.make(MONTH, by=CLOCK, at=at)


def off_the_paper(pdf: bytes) -> list[str]:
    """The words that begin or end outside the page, found by poppler."""
    boxes = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()
    width = 0.0
    found = []
    for line in boxes.splitlines():
        if page := re.search(r'<page width="([\d.]+)"', line):
            width = float(page[1])
        word = re.search(r'<word xMin="([-\d.]+)".* xMax="([-\d.]+)".*>(.*)</word>', line)
        if word and (float(word[1]) < 0 or float(word[2]) > width):
            found.append(word[3])
    assert width > 0
    return found


def words(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize(
    ("who", "before", "after"),
    [
        ("head", 200, 200),
        ("officer", 200, 200),
        ("auditor", 200, 200),
        ("commissioner", 404, 200),
        ("delegate", 404, 404),
        ("rival", 404, 404),
        ("police", 404, 404),
        ("operator", 404, 404),
    ],
)
def test_who_reads_a_report(
    held: Report, cast: Any, visit: Any, who: str, before: int, after: int
) -> None:
    url, account = f"/reports/{held.id}", getattr(cast, who)
    while_held = visit(account, "GET", url).status_code
    with transaction():
        db.session.get(Report, held.id).status = ReportStatus.RELEASED

    assert (while_held, visit(account, "GET", url).status_code) == (before, after)


def test_the_page_says_what_the_document_says(held: Report, cast: Any, visit: Any) -> None:
    page = visit(cast.head, "GET", f"/reports/{held.id}").get_data(as_text=True)

    assert "Telegram" in page and "Release to the commissioners" in page
    assert page.count("<svg") >= 4
    assert "style=" not in page


@pytest.mark.parametrize("path", ["/reports/", "/reports/{id}"])
def test_a_page_asks_the_database_little(held: Report, cast: Any, visit: Any, path: str) -> None:
    with counting() as sent:
        assert visit(cast.head, "GET", path.format(id=held.id)).status_code == 200

    assert len(sent) <= 8


def test_the_head_makes_a_report_on_the_page(january: Any, cast: Any, visit: Any) -> None:
    answer = visit(cast.head, "POST", "/reports/make", {"month": MONTH})
    report = db.session.query(Report).one()
    early = visit(cast.head, "POST", "/reports/make", {"month": "2026-03"}).get_data(as_text=True)

    assert (answer.status_code, answer.location) == (303, f"/reports/{report.id}")
    assert "is not over yet" in early and 'value="2026-03"' in early
    assert visit(cast.officer, "POST", "/reports/make", {"month": MONTH}).status_code == 404
    assert db.session.query(Report).count() == 1


def test_the_head_releases_and_the_commissioner_holds_both_documents(
    held: Report, cast: Any, visit: Any
) -> None:
    url, seen = f"/reports/{held.id}", {"seen": held.content_hash}
    assert visit(cast.officer, "POST", f"{url}/release", seen).status_code == 404
    answer = visit(cast.head, "POST", f"{url}/release", seen)
    twice = visit(cast.head, "POST", f"{url}/release", seen)
    korean = visit(cast.commissioner, "GET", f"{url}/print.pdf?language=ko").data
    english = visit(cast.commissioner, "GET", f"{url}/print.pdf?language=en").data

    assert (answer.status_code, twice.status_code) == (303, 409)
    assert "텔레그램" in words(korean) and "엑스" in words(korean)
    text = words(english)
    assert "Telegram" in text and "All companies at a glance" in text and "DRAFT" not in text
    assert off_the_paper(korean) == off_the_paper(english) == []
    document = db.session.query(Document).filter_by(kind=DocumentKind.REPORT, language="en").one()
    stored = visit(cast.commissioner, "GET", f"/documents/{document.id}.pdf").data
    assert stored == english
    # Printed again from what is stored, it is what the seal stands behind.
    assert english.startswith(documents.unsealed(document))
    assert [seal.integrity for seal in signing.signatures(english)] == [Integrity.WHOLE]
    assert list(PdfReader(io.BytesIO(english)).attachments) == [
        f"R-{MONTH}.csv", f"R-{MONTH}.json",
    ]  # fmt: skip


def test_a_held_report_is_printed_as_a_draft(held: Report, cast: Any, visit: Any) -> None:
    pdf = visit(cast.head, "GET", f"/reports/{held.id}/print.pdf?language=en").data

    assert "DRAFT" in words(pdf)
    assert db.session.query(Document).filter_by(kind=DocumentKind.REPORT).count() == 0


def test_the_clock_makes_the_report_once(january: Any, cast: Any) -> None:
    late = datetime.fromisoformat("2026-02-22T10:00:00+09:00")
    assert run_due(JOBS, at=late) == {"monthly report": "done"}
    assert run_due(JOBS, at=late + timedelta(minutes=1)) == {}

    report = db.session.query(Report).one()
    assert (report.month, report.status, report.version) == (MONTH, ReportStatus.HELD, 1)
    assert db.session.query(Letter).filter_by(kind="reports:make").count() == 1


def test_a_slot_that_is_made_up_for_next_month_still_reports_its_own(january: Any) -> None:
    run_due(JOBS, at=datetime.fromisoformat("2026-03-05T10:00:00+09:00"))

    assert db.session.query(Report).one().month == MONTH


def test_what_was_made_by_hand_is_no_failure_of_the_clock(held: Report, at: Any) -> None:
    assert run_due(JOBS, at=at + timedelta(hours=1)) == {"monthly report": "done"}
    assert db.session.query(Report).count() == 1


def test_the_commands(cards: Any, app: Any, tmp_path: Any) -> None:
    file = tmp_path / "report.pdf"
    run = app.test_cli_runner().invoke
    first = run(args=["reports", "make", "--month", MONTH, "-o", str(file), "--language", "en"])
    wrong = run(args=["reports", "make", "--month", "2026-03"])
    nobody = run(args=["reports", "release", "--month", MONTH, "--as", "officer@kcsc.example"])
    released = run(args=["reports", "release", "--month", MONTH, "--as", "head@kcsc.example"])
    none = run(args=["reports", "release", "--month", "2025-11"])

    assert first.exit_code == 0 and "X" in words(file.read_bytes())
    assert wrong.exit_code == 1 and "not over yet" in wrong.output
    assert nobody.exit_code == 1 and "active head of team" in nobody.output
    assert released.exit_code == 0, released.output
    assert none.exit_code == 1 and "flask reports make --month 2025-11" in none.output
