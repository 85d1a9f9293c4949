"""The life of a report."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from pypdf import PdfWriter

from portal.access.actor import CLOCK
from portal.core import files, signing
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from portal.core.signing import Integrity
from portal.documents import queries as documents
from portal.documents.models import Document, DocumentKind
from portal.removal_requests.models import RemovalRequest
from portal.reports import service
from portal.reports.models import Report, ReportStatus
from portal.reports.service import Prints
from tests.reports.conftest import MONTH, a_request

HOUR = timedelta(hours=1)


def made(at: Any, month: str = MONTH) -> Report:
    with transaction():
        return service.make(month, by=CLOCK, at=at)


def blank(report: Report) -> Prints:
    """Stands for the PDFs where a test is about something else: an empty page each, to be sealed."""
    return Prints(
        report.content_hash, {language: empty_page(language) for language in ("ko", "en")}
    )


def empty_page(language: str) -> bytes:
    """A PDF of one page without a word; its title tells the languages apart."""
    file, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(595, 842)
    writer.add_metadata({"/Title": language})
    writer.write(file)
    return file.getvalue()


def test_a_report_is_made_and_held(january: Any, cast: Any, at: Any) -> None:
    report = made(at)

    assert (report.month, report.version, report.status) == (MONTH, 1, ReportStatus.HELD)
    assert (
        report.content_hash
        == db.session.query(AuditEvent).filter_by(verb="reports:make").one().details["content_hash"]
    )
    assert [letter.account_id for letter in db.session.query(Letter)] == [cast.head.id]
    assert db.session.query(Document).filter_by(kind=DocumentKind.REPORT).count() == 0


def test_made_again_without_a_change_it_is_refused(january: Any, at: Any) -> None:
    held = made(at)

    with pytest.raises(Refused, match="held already"):
        made(at + HOUR)
    with transaction():
        service.release(held, by=CLOCK, at=at, printed=blank(held))
    with pytest.raises(Refused, match="Nothing has changed since version 1"):
        made(at + HOUR)


def test_a_held_report_is_replaced_and_a_released_one_gets_a_new_version(
    january: Any, at: Any
) -> None:
    first = made(at)
    before = first.content_hash
    with transaction():
        db.session.add(a_request(january["x"], 70))
    again = made(at + HOUR)
    assert (again.id, again.version, again.made_at) == (first.id, 1, at + HOUR)
    assert again.content_hash != before

    with transaction():
        service.release(again, by=CLOCK, at=at, printed=blank(again))
    released = dict(again.content)
    with transaction():
        db.session.add(a_request(january["x"], 71))
    second = made(at + 2 * HOUR)

    assert (second.version, second.status) == (2, ReportStatus.HELD)
    assert db.session.get(Report, first.id).content == released


@pytest.mark.parametrize(
    ("month", "sentence"),
    [("2026-03", "is not over yet"), ("2026-13", "Write the month"), ("x", "Write the month")],
)
def test_a_month_that_cannot_be_reported_is_refused_at_its_field(
    app: Any, at: Any, month: str, sentence: str
) -> None:
    with pytest.raises(FieldError, match=sentence) as refusal:
        made(at, month)

    assert refusal.value.field == "month"


def test_released_it_is_mailed_without_figures_and_kept(january: Any, cast: Any, at: Any) -> None:
    report = made(at)
    with transaction():
        service.release(report, by=cast.head.as_actor(), at=at + HOUR, printed=blank(report))

    assert (report.status, report.released_at) == (ReportStatus.RELEASED, at + HOUR)
    assert report.released_by == cast.head.as_actor().name
    prints = db.session.query(Document).filter_by(kind=DocumentKind.REPORT).all()
    assert {(d.language, d.version, d.released_at, d.company_id) for d in prints} == {
        ("ko", 1, at + HOUR, None),
        ("en", 1, at + HOUR, None),
    }
    for one in prints:
        stored = files.load(one.pdf_sha256)
        assert stored.startswith(empty_page(one.language))
        assert [seal.integrity for seal in signing.signatures(stored)] == [Integrity.WHOLE]
    assert all(d.content == report.content[d.language] for d in prints)
    letter = db.session.query(Letter).filter_by(kind="reports:release").one()
    assert letter.account_id == cast.commissioner.id
    assert f"/reports/{report.id}" in letter.body
    assert "Telegram" not in letter.subject + letter.body
    event = db.session.query(AuditEvent).filter_by(verb="reports:release").one()
    assert event.account_id == cast.head.id


def test_released_and_printed_a_moment_later_it_is_mailed_without_a_file(
    january: Any, cast: Any, at: Any
) -> None:
    report = made(at)
    with transaction():
        service.release(report, by=cast.head.as_actor(), at=at, is_printed_later=True)

    letter = db.session.query(Letter).filter_by(kind="reports:release").one()
    assert letter.enclosed is None
    assert "enclosed" not in letter.body and f"/reports/{report.id}" in letter.body
    kept = service.kept_print(report, language="en")
    assert kept is not None and not kept.is_printed
    waiting = [one.language for one in documents.waiting(at_most=9)]
    assert (waiting, len(documents.waiting(at_most=1))) == (["ko", "en"], 1)
    first = service.print_of(report, language="en")
    assert kept.is_printed and files.load(kept.pdf_sha256 or "") == first
    assert [one.language for one in documents.waiting(at_most=9)] == ["ko"]


def test_it_is_released_once_and_as_it_was_read(january: Any, at: Any) -> None:
    report = made(at)
    old = blank(report)
    with transaction():
        db.session.add(a_request(january["x"], 70))
    made(at + HOUR)

    with pytest.raises(Refused, match="made again after you opened it"), transaction():
        service.release(report, by=CLOCK, at=at, printed=old)
    with pytest.raises(Refused, match="made again after you opened it"), transaction():
        service.release(report, by=CLOCK, at=at, printed=blank(report), seen=old.content_hash)
    assert report.status is ReportStatus.HELD
    with transaction():
        service.release(report, by=CLOCK, at=at, printed=blank(report))
    with pytest.raises(Refused, match="cannot become"), transaction():
        service.release(report, by=CLOCK, at=at, printed=blank(report))


def test_a_month_without_anything_is_a_report_too(app: Any, at: Any) -> None:
    content = made(at).content["en"]

    assert [row["letter"] for row in content["rows"]] == ["–", "–"]
    assert content["decisions"] == content["consultations"] == []
    assert db.session.query(RemovalRequest).count() == 0
