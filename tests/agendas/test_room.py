"""Papers with their sides, the whole order at once, and the running consultation."""

from __future__ import annotations

import html
import io
import zipfile
from datetime import timedelta

import pytest

from portal.agendas import queries, service
from portal.agendas.models import Disposition, ItemKind, Paper
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from tests.consultations import make

PDF = b"%PDF-1.7\nplan\n"


def text_of(answer):
    return html.unescape(answer.get_data(as_text=True))


def proposed(consultation, who, at, title="Faster answers"):
    with transaction():
        return service.propose(
            consultation, kind=ItemKind.DISCUSSION, title_ko="", title_en=title,
            by=who.as_actor(), at=at,
        )  # fmt: skip


def laid(item, who, at, *, content=PDF, name="plan.pdf", is_shared=True):
    with transaction():
        return service.attach(item, filename=name, content=content, is_shared=is_shared,
                              by=who.as_actor(), at=at)  # fmt: skip


@pytest.fixture
def item(companies, cast, at):
    return proposed(make.scheduled(companies["telegram"], cast, at=at), cast.officer, at)


def archive():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb", b"0" * 1_000_000)
    return made.getvalue()


def test_a_paper_for_both_sides_is_read_by_both_and_told_to_the_other(item, cast, at, visit):
    paper = laid(item, cast.officer, at)
    told = {one.account_id for one in db.session.query(Letter).filter_by(kind="agendas:attach")}

    for who in (cast.officer, cast.delegate, cast.auditor):
        answer = visit(who, "GET", f"/papers/{paper.id}")
        assert answer.data == PDF
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-SHA256"] == paper.sha256
    assert cast.delegate.id in told
    assert cast.officer.id not in told
    assert visit(cast.rival, "GET", f"/papers/{paper.id}").status_code == 404
    assert "plan.pdf" in text_of(visit(cast.delegate, "GET", f"/agenda-items/{item.id}"))


@pytest.mark.parametrize(("ours", "theirs"), [("officer", "delegate"), ("delegate", "officer")])
def test_a_paper_of_one_side_alone_is_nobody_elses(item, cast, at, visit, ours, theirs):
    paper = laid(item, getattr(cast, ours), at, is_shared=False)

    assert visit(getattr(cast, ours), "GET", f"/papers/{paper.id}").status_code == 200
    for who in (getattr(cast, theirs), cast.rival, cast.agency):
        assert visit(who, "GET", f"/papers/{paper.id}").status_code == 404
    address = f"/consultations/{item.consultation_id}/agenda"
    assert "plan.pdf" not in text_of(visit(getattr(cast, theirs), "GET", address))
    assert "plan.pdf" not in text_of(
        visit(getattr(cast, theirs), "GET", f"/agenda-items/{item.id}")
    )
    assert db.session.query(Letter).filter_by(kind="agendas:attach").count() == 0


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("plan.pdf", b"MZ\x90\x00 a program", "not what its name says"),
        ("plan.docx", archive(), "not what its name says"),
        ("tool.exe", b"MZ\x90\x00", "not accepted"),
        ("files.zip", archive(), "not accepted"),
        ("plan.pdf", b"", "is empty"),
        ("plan.pdf", b"%PDF-" + b"0" * (10 * 1024 * 1024), "larger than 10 MB"),
    ],
)
def test_what_is_no_paper_is_refused_and_nothing_is_kept(
    item, cast, at, visit, name, content, sentence
):
    with pytest.raises(FieldError, match=sentence):
        laid(item, cast.delegate, at, name=name, content=content)
    if len(content) < 1_000_000:
        values = {"file": (io.BytesIO(content), name), "whom": "both"}
        page = visit(cast.delegate, "POST", f"/agenda-items/{item.id}/papers", values)
        assert sentence in text_of(page)

    assert db.session.query(Paper).count() == 0


def test_the_same_paper_twice_is_one(item, cast, at):
    laid(item, cast.delegate, at)
    with pytest.raises(FieldError, match="already"):
        laid(item, cast.delegate, at, name="other.pdf")

    assert db.session.query(Paper).count() == 1


def test_a_paper_stays_once_the_agenda_is_published_with_it(item, cast, at):
    paper = laid(item, cast.officer, at)
    with pytest.raises(Refused, match="Only the organisation"), transaction():
        service.detach(paper, by=cast.delegate.as_actor(), at=at)
    with transaction():
        service.accept(item, by=cast.delegate.as_actor(), at=at)
        service.publish(item.consultation, by=cast.officer.as_actor(), at=at)
    with pytest.raises(Refused, match="it stays"), transaction():
        service.detach(paper, by=cast.officer.as_actor(), at=at)
    later = laid(item, cast.officer, at + timedelta(hours=1), content=PDF + b"2", name="b.pdf")
    with transaction():
        service.detach(later, by=cast.officer.as_actor(), at=at + timedelta(hours=2))

    assert [one.filename for one in db.session.query(Paper)] == ["plan.pdf"]


def test_the_whole_order_is_set_at_once_and_a_stale_one_is_refused(item, cast, at, visit):
    consultation = item.consultation
    second = proposed(consultation, cast.officer, at, "Second")
    now = [one.id for one in queries.everything_of(consultation.id)]
    asked = [second.id, *[number for number in now if number != second.id]]
    address = f"/consultations/{consultation.id}/agenda/order"
    visit(cast.officer, "POST", address, {"order": ",".join(map(str, asked))})
    assert [one.id for one in queries.everything_of(consultation.id)] == asked

    for stale in ("", "1", ",".join(map(str, now[:-1])), ",".join(map(str, [*now, 99999]))):
        page = text_of(visit(cast.officer, "POST", address, {"order": stale}, True))
        assert "changed meanwhile" in page
    assert [one.id for one in queries.everything_of(consultation.id)] == asked
    assert visit(cast.delegate, "POST", address, {"order": "1"}).status_code == 404


@pytest.fixture
def room(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    for title in ("First", "Second"):
        one = proposed(consultation, cast.officer, at, title)
        with transaction():
            service.accept(one, by=cast.delegate.as_actor(), at=at)
    by = cast.officer.as_actor()
    with transaction():
        service.publish(consultation, by=by, at=at)
    from portal.consultations import service as consultations

    with transaction():
        consultations.begin(consultation, by=by, at=consultation.starts_at)
    return consultation


def test_one_item_runs_and_the_one_before_keeps_its_time(room, cast):
    by, start = cast.officer.as_actor(), room.starts_at
    first, second, *_rest = queries.items_of(room.id)
    with transaction():
        service.take_up(first, by=by, at=start)
    with transaction():
        service.take_up(second, by=by, at=start + timedelta(minutes=7))
    assert (first.used(at=start + timedelta(hours=1)), first.begun_at) == (7 * 60, None)
    with transaction():
        service.pause(room, by=by, at=start + timedelta(minutes=10))
    with transaction():
        service.take_up(first, by=by, at=start + timedelta(minutes=20))

    assert second.used(at=start + timedelta(hours=1)) == 3 * 60
    assert first.used(at=start + timedelta(minutes=21)) == 8 * 60
    assert len(queries.running(room.id)) == 1


def test_nothing_is_taken_up_before_the_session(item, cast, at):
    with pytest.raises(Refused, match="in session"), transaction():
        service.take_up(item, by=cast.officer.as_actor(), at=at)


def test_the_officer_runs_it_and_the_company_reads(room, cast, visit):
    address = f"/consultations/{room.id}/room"
    first, second, *_rest = queries.items_of(room.id)
    visit(cast.officer, "POST", f"/agenda-items/{first.id}/take-up")
    officer, company = (
        text_of(visit(who, "GET", address)) for who in (cast.officer, cast.delegate)
    )

    assert "Next: Second" in officer
    assert "Left for this item:" in company
    assert "End the session" in officer
    assert "End the session" not in company
    assert "/dispose" not in company
    visit(cast.officer, "POST", f"/agenda-items/{first.id}/dispose", {"disposition": "done"})
    assert first.disposition is Disposition.DONE
    assert visit(cast.officer, "POST", f"/agenda-items/{second.id}/dispose",
                 {"disposition": "gone"}).status_code == 400  # fmt: skip
    assert visit(cast.rival, "GET", address).status_code == 404


def test_who_is_ticked_is_there(room, cast, visit):
    there = make.firsts(room)
    visit(cast.officer, "POST", f"/consultations/{room.id}/room/attendance", {"there": there})

    assert {d.id: d.attendance.value for d in room.delegates} == {
        d.id: "present" if d.id in there else "absent" for d in room.delegates
    }


def test_closing_names_what_is_missing(room, cast, visit):
    there = {"there": make.firsts(room)}
    visit(cast.officer, "POST", f"/consultations/{room.id}/room/attendance", there)
    visit(cast.officer, "POST", f"/consultations/{room.id}/hold")
    refused = text_of(visit(cast.officer, "POST", f"/consultations/{room.id}/close", {}, True))
    page = text_of(visit(cast.officer, "GET", f"/consultations/{room.id}/room"))

    assert "Say first what became of each item" in refused
    assert "Nobody has said yet what became of:" in page
    assert 'href="#item-' in page
    for one in queries.items_of(room.id):
        visit(cast.officer, "POST", f"/agenda-items/{one.id}/dispose", {"disposition": "done"})
    visit(cast.officer, "POST", f"/consultations/{room.id}/close")
    db.session.refresh(room)
    assert room.status.value == "closed"
