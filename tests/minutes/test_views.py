"""The pages of the minutes room."""

from __future__ import annotations

import hashlib
import io

import pypdf
import pytest
from sqlalchemy import event, select

from portal.core.db import db
from portal.documents.models import Document
from portal.minutes.models import Minutes, MinutesStatus
from tests.minutes import make


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("officer", 200), ("head", 200), ("auditor", 200), ("delegate", 404), ("rival", 404),
        ("commissioner", 404), ("operator", 404), ("police", 404),
    ],
)  # fmt: skip
def test_who_reads_a_draft(companies, cast, at, visit, who, status):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    assert visit(getattr(cast, who), "GET", f"/minutes/{minutes.id}").status_code == status


@pytest.mark.parametrize(
    ("who", "status"),
    [("delegate", 200), ("commissioner", 200), ("auditor", 200), ("rival", 404), ("agency", 404)],
)
def test_who_reads_adopted_minutes(companies, cast, at, visit, who, status):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    document = db.session.query(Document).filter_by(language="en").one().id
    page = visit(getattr(cast, who), "GET", f"/minutes/{minutes.id}")
    assert page.status_code == status
    pdf = visit(getattr(cast, who), "GET", f"/documents/{document}.pdf")
    assert pdf.status_code == status
    if status == 200:
        text = page.get_data(as_text=True)
        assert "Conference room 3" in text
        assert "Representative, Telegram" in text
        assert minutes.content_hash in text


def test_a_conflict_keeps_both_texts(companies, cast, at, visit):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    address = f"/minutes/items/{minutes.items[0].id}"
    page = visit(
        cast.head, "POST", address,
        {"edition": "1", "discussion_ko": "제 글", "discussion_en": "My own words"},
    ).get_data(as_text=True)  # fmt: skip

    assert "My own words" in page
    assert "The channel was discussed." in page
    assert 'name="edition" type="hidden" value="2"' in page


def test_the_whole_way_through_the_doors(companies, cast, at, visit):
    consultation = make.held(companies["telegram"], cast, at=at)
    assert (
        visit(cast.officer, "POST", f"/consultations/{consultation.id}/minutes").status_code == 303
    )
    minutes = db.session.scalars(select(Minutes)).one()
    here, items = f"/minutes/{minutes.id}", [item.id for item in minutes.items]
    for item in items:
        done = visit(
            cast.officer, "POST", f"/minutes/items/{item}",
            {"edition": "1", "discussion_ko": "글", "discussion_en": "text"},
        )  # fmt: skip
        assert done.status_code == 303
    done = visit(
        cast.officer, "POST", f"/minutes/items/{items[0]}/outcomes",
        {
            "kind": "action_item", "text_ko": "한다", "text_en": "Do it", "owner": "company",
            "due_wall": "2026-04-01T18:00", "due_zone": "Asia/Seoul",
        },
    )  # fmt: skip
    assert done.status_code == 303
    assert visit(cast.officer, "POST", f"{here}/submit").status_code == 303
    assert visit(cast.officer, "GET", f"{here}/release").status_code == 404
    assert visit(cast.head, "GET", f"{here}/release").status_code == 200
    done = visit(cast.head, "POST", f"{here}/release", {"deadline_on": "2026-03-01"})
    assert "a day after today" in done.get_data(as_text=True)
    assert (
        visit(cast.head, "POST", f"{here}/release", {"deadline_on": "2026-03-09"}).status_code
        == 303
    )
    assert visit(cast.rival, "GET", f"{here}/answer").status_code == 404
    assert visit(cast.delegate, "GET", f"{here}/answer").status_code == 200
    wrong = visit(
        cast.delegate, "POST", f"{here}/answer",
        {"revision": "1", f"kind_{items[0]}": "disagree", f"kind_{items[1]}": "agree"},
    )  # fmt: skip
    assert "Write the statement" in wrong.get_data(as_text=True)
    done = visit(
        cast.delegate, "POST", f"{here}/answer",
        {
            "revision": "1", f"kind_{items[1]}": "agree", f"kind_{items[0]}": "propose",
            f"old_text_{items[0]}": "text", f"new_text_{items[0]}": "better text",
            f"reason_{items[0]}": "It is better.",
        },
    )  # fmt: skip
    assert done.status_code == 303
    answer = minutes.items[0].answers[0].id
    assert "better text" in visit(
        cast.officer, "GET", f"/minutes/answers/{answer}/resolve"
    ).get_data(as_text=True)
    done = visit(
        cast.officer, "POST", f"/minutes/answers/{answer}/resolve",
        {"resolution": "taken_over", "discussion_ko": "더 나은 글", "discussion_en": "better text"},
    )  # fmt: skip
    assert done.status_code == 303
    done = visit(
        cast.delegate, "POST", f"{here}/answer", {"revision": "2", f"kind_{items[0]}": "agree"}
    )
    assert done.status_code == 303
    assert visit(cast.officer, "POST", f"{here}/reconcile").status_code == 303
    text_hash = minutes.content_hash
    for person in (cast.delegate, cast.head):
        assert text_hash in visit(person, "GET", f"{here}/accept").get_data(as_text=True)
        done = visit(person, "POST", f"{here}/accept", {"content_hash": text_hash})
        assert done.status_code == 303
    db.session.expire_all()
    assert minutes.status is MinutesStatus.ADOPTED
    again = visit(cast.head, "POST", f"{here}/accept", {"content_hash": text_hash})
    assert "adopted already" in again.get_data(as_text=True)


def test_notes_are_nobody_s_but_ours(companies, cast, at, visit):
    minutes = make.released(companies["telegram"], cast, at=at)
    item = minutes.items[0].id
    visit(cast.officer, "POST", f"/minutes/items/{item}/notes", {"text": "A secret thought"})
    assert "A secret thought" in visit(cast.head, "GET", f"/minutes/items/{item}").get_data(
        as_text=True
    )
    for address in (f"/minutes/{minutes.id}", f"/minutes/{minutes.id}/answer"):
        page = visit(cast.delegate, "GET", address)
        assert page.status_code == 200
        assert "A secret thought" not in page.get_data(as_text=True)
    assert visit(cast.delegate, "GET", f"/minutes/items/{item}").status_code == 404


def test_the_draft_pdf_has_the_watermark(companies, cast, at, visit):
    minutes = make.released(companies["telegram"], cast, at=at)
    answer = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/draft.pdf?language=en")
    text = pypdf.PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()
    assert "DRAFT" in text
    assert visit(cast.rival, "GET", f"/minutes/{minutes.id}/draft.pdf").status_code == 404


@pytest.mark.parametrize(
    "page", ["/minutes/", "/minutes/{0}", "/minutes/{0}/answer", "/minutes/{0}/accept"]
)
def test_pages_ask_at_most_eight_questions(companies, cast, at, visit, page):
    minutes = make.released(companies["telegram"], cast, at=at)
    for number in (2, 3):
        make.released(companies["telegram"], cast, at=at, number=number)
    address = page.format(minutes.id)
    who = cast.delegate
    visit(who, "GET", address)
    asked: list[str] = []

    def count(_c, _cursor, statement, *_more):
        if statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        assert visit(who, "GET", address).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    assert len(asked) <= 8, "\n".join(asked)


def test_what_the_command_writes(app, companies, cast, at, tmp_path):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    file = tmp_path / "minutes.pdf"
    done = app.test_cli_runner().invoke(
        args=["minutes", "pdf", minutes.serial, "-o", str(file), "--language", "en"]
    )
    assert done.exit_code == 0, done.output
    stored = db.session.query(Document).filter_by(language="en").one()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == stored.pdf_sha256
    missing = app.test_cli_runner().invoke(args=["minutes", "pdf", "No 9", "-o", str(file)])
    assert missing.exit_code == 1
