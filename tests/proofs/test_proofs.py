"""The proof of a case: complete for its reader, and nothing of the other side's in it."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pypdf
import pytest
from sqlalchemy import select, text

from portal.actions import progress
from portal.actions.models import ActionItem, Rhythm
from portal.core import audit, clock
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.i18n import spoken
from portal.documents.models import Document
from portal.minutes import drafting
from portal.proofs import document, queries
from portal.reminders.models import Proof
from portal.responses import service as responses
from tests.actions import make as promises
from tests.errata.test_errata import agreed
from tests.minutes import make


def case(companies, cast, at):
    """Adopted minutes with an internal note, an erratum, a report returned and one verified."""
    minutes = make.adopted(companies["telegram"], cast, at=at)
    with transaction():
        drafting.note(minutes.items[0], "Zurückhaltung", by=cast.officer.as_actor(), at=at)
    agreed(minutes, cast, at)
    item = db.session.scalars(select(ActionItem).order_by(ActionItem.id)).first()
    for verdict in ("returned", "verified"):
        with transaction():
            report = responses.report_done(
                item, text=f"Done, and {verdict}.",
                evidence=[("hours.csv", b"from,to\n22:00,07:00\n")],
                by=cast.delegate.as_actor(), at=at,
            )  # fmt: skip
        with transaction():
            if verdict == "returned":
                responses.return_(
                    report, reason="Name the hours.", by=cast.officer.as_actor(), at=at
                )
            else:
                responses.verify(report, by=cast.officer.as_actor(), at=at)
    return minutes, item


def squeezed(answer) -> str:
    assert answer.status_code == 200
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def test_what_each_side_finds_in_it(companies, cast, at, visit):
    minutes, item = case(companies, cast, at)
    path = f"/consultations/{minutes.consultation_id}/proof.pdf"
    ours, theirs, all_of_it = (
        squeezed(visit(account, "GET", path))
        for account in (cast.officer, cast.delegate, cast.auditor)
    )
    shared = [minutes.content_hash, item.number.replace(" ", ""), "Namethehours.", "hours.csv"]
    shared += list(db.session.scalars(select(Document.pdf_sha256)))
    shared += [one.content_hash for one in minutes.acceptances]
    for printed in (ours, theirs, all_of_it):
        for piece in shared:
            assert piece in printed, piece
        assert "Zurückhaltung" not in printed  # a note's text is in no proof
    for event in db.session.scalars(select(AuditEvent).where(AuditEvent.verb.like("minutes:%"))):
        assert event.hash in all_of_it
        of_company = event.organisation_id == companies["telegram"].id
        assert (event.hash in theirs) is of_company
        assert (event.hash in ours) is not of_company
    for letter in db.session.scalars(select(Proof).where(Proof.about == "minutes")):
        is_theirs = letter.organisation_id == companies["telegram"].id
        assert letter.content_hash in all_of_it
        assert (letter.content_hash in theirs) is is_theirs
        if not is_theirs:
            assert letter.address not in theirs


def test_the_proof_of_one_action_item(companies, cast, at, visit):
    _minutes, item = case(companies, cast, at)
    path = f"/action-items/{item.id}/proof.pdf"
    printed = squeezed(visit(cast.delegate, "GET", path))
    for piece in ("Done,andreturned.", "Namethehours.", "Done,andverified.", "verified"):
        assert piece in printed
    assert visit(cast.rival, "GET", path).status_code == 404
    assert visit(cast.commissioner, "GET", path).status_code == 404
    consultation = f"/consultations/{item.consultation_id}/proof.pdf"
    assert visit(cast.rival, "GET", consultation).status_code == 404


def test_it_names_reports_on_the_way_and_lateness_to_the_minute(companies, cast, at, visit):
    item = promises.agreed(
        companies["telegram"], at=at, due=datetime(2026, 5, 1, 18, 0), rhythm=Rhythm.MONTHLY
    )
    report = item.progress_reports[0]
    with transaction():
        progress.file_report(
            report, text="Half is done.", by=cast.delegate.as_actor(), at=report.due_at
        )
    late = item.due_at + timedelta(days=1, minutes=61)
    with clock.stopped_at(late):
        printed = squeezed(visit(cast.delegate, "GET", f"/action-items/{item.id}/proof.pdf"))
    for piece in ("Halfisdone.", "actions:file_progress", "lateby1d1h1min"):
        assert piece in printed, piece


def test_what_the_clock_did_is_said_in_the_readers_language(companies, cast, at, visit):
    item = promises.agreed(companies["telegram"], at=at)  # recorded by the clock
    for words, language in (("시스템(자동)", "ko"), ("the clock", "en")):
        with transaction():
            cast.officer.language = language
        page = visit(cast.officer, "GET", f"/action-items/{item.id}").text
        assert words in page
        assert "the clock" not in page or language == "en"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_it_says_whether_the_log_holds(companies, cast, at, language):
    _minutes, item = case(companies, cast, at)
    with spoken(language):
        content = document.of_action_item(item, cast.auditor.as_actor(), at=at)
        log = content["sections"][-1]
        whole = {"en": "has the hash that its content", "ko": "해시값과 일치한다"}[language]
        assert whole in log["note"]
        number = int(log["rows"][0][0])
        _change_the_log(number)
        log = document.of_action_item(item, cast.auditor.as_actor(), at=at)["sections"][-1]
        changed = {"en": "The log was changed: entries", "ko": "기록이 변경되었다"}[language]
        assert changed in log["note"]
        assert str(number) in log["note"]


def _change_the_log(number: int) -> None:
    """Somebody with the database in hand takes the guard off and rewrites a name."""
    with transaction():
        if db.engine.dialect.name == "sqlite":
            names = db.session.scalars(
                text(
                    "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='audit_event'"
                )
            ).all()
            for name in names:
                db.session.execute(text(f"DROP TRIGGER {name}"))
        else:
            db.session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        db.session.execute(
            text("UPDATE audit_event SET actor_name = 'somebody else' WHERE id = :id"),
            {"id": number},
        )
    db.session.expire_all()
    assert number in [broken for broken, _why in audit.breaks()]


def test_a_case_without_minutes(companies, cast, at, visit):
    consultation = make.held(companies["telegram"], cast, at=at)
    printed = squeezed(visit(cast.delegate, "GET", f"/consultations/{consultation.id}/proof.pdf"))
    assert "Nothingisrecorded." in printed
    assert queries.of_consultation(consultation, None)["consultation"] == [consultation.id]
