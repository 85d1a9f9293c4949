"""The pages of the agendas room, as each of its people meets them."""

from __future__ import annotations

import hashlib
import html
import re

import pytest
from sqlalchemy import select

from portal.agendas import document as agenda_document
from portal.agendas import queries, service
from portal.agendas.models import AgendaItem, Disposition, ItemKind, ItemStatus, Preparation
from portal.consultations.models import Consultation, ConsultationStatus
from portal.core.db import db, transaction
from portal.documents.models import Document
from tests.consultations import make

NEW = {"title_ko": "", "title_en": "A point", "kind": "discussion", "minutes_planned": "15"}


def text_of(response) -> str:
    return html.unescape(response.get_data(as_text=True))


def point(consultation, account, *, at, title="A point"):
    with transaction():
        return service.propose(
            consultation, kind=ItemKind.DISCUSSION, title_ko="", title_en=title,
            by=account.as_actor(), at=at,
        )  # fmt: skip


def titled(title: str) -> AgendaItem:
    return db.session.scalars(select(AgendaItem).where(AgendaItem.title_en == title)).one()


def test_from_proposal_to_publication(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    agenda = f"/consultations/{consultation.id}/agenda"
    page = text_of(visit(cast.delegate, "POST", f"{agenda}/propose", NEW, True))
    assert "The other side is told and decides" in page
    item = titled("A point")

    waiting = text_of(visit(cast.officer, "GET", agenda))
    assert "Proposals of the other side that wait for your answer: 1" in waiting
    assert f'action="/agenda-items/{item.id}/accept"' in waiting
    own = text_of(visit(cast.delegate, "GET", agenda))
    assert f"/agenda-items/{item.id}/accept" not in own
    assert f"/agenda-items/{item.id}/edit" in own
    visit(cast.officer, "POST", f"/agenda-items/{item.id}/accept")
    page = text_of(visit(cast.officer, "POST", f"{agenda}/publish", follow=True))
    assert "Version 1 is published" in page
    assert visit(cast.officer, "POST", f"{agenda}/publish").status_code == 409
    assert [d.language for d in db.session.query(Document).order_by(Document.id)] == ["ko", "en"]
    for who in (cast.delegate, cast.officer):
        page = text_of(visit(who, "GET", agenda))
        for document in db.session.query(Document):
            assert f"/documents/{document.id}.pdf" in page
            pdf = visit(who, "GET", f"/documents/{document.id}.pdf")
            assert pdf.get_data()[:5] == b"%PDF-"
            assert visit(cast.rival, "GET", f"/documents/{document.id}.pdf").status_code == 404


def test_a_document_that_is_not_printed_yet_is_listed_and_says_so(companies, cast, visit, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    with transaction():
        version = service.publish(consultation, by=cast.officer.as_actor(), at=at)
        korean, _english = agenda_document.keep(version, consultation, at=at)

    def said():
        return text_of(visit(cast.officer, "GET", "/documents/")).count("Printed when first opened")

    assert said() == 2
    opened = visit(cast.officer, "GET", f"/documents/{korean.id}.pdf").get_data()
    assert said() == 1
    printed = hashlib.sha256(opened).hexdigest()
    assert f"<code>{printed[:16]}…</code>" in text_of(visit(cast.officer, "GET", "/documents/"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title_en": ""}, "Write the title in at least one of the two languages."),
        ({"minutes_planned": "0"}, "Give at least one minute."),
        ({"minutes_planned": "-5"}, "Give at least one minute."),
        ({"minutes_planned": "soon"}, "Not a valid integer value."),
        ({"kind": "next_date"}, "Not a valid choice."),
    ],
)
def test_a_proposal_that_cannot_stand_is_named_at_its_field(
    companies, cast, at, visit, change, words
):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    address = f"/consultations/{consultation.id}/agenda/propose"
    page = visit(cast.delegate, "POST", address, NEW | {"presenter": "Typed name"} | change)
    text, field = text_of(page), next(iter(change))

    assert page.status_code == 200
    assert re.search(rf'id="{field}-error"[^>]*>[^<]*<[^>]*>[^<]*</span>{re.escape(words)}', text)
    assert 'value="Typed name"' in text
    assert queries.everything_of(consultation.id) == []


def test_a_second_submit_is_told_of_the_first(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    address = f"/consultations/{consultation.id}/agenda/propose"
    visit(cast.delegate, "POST", address, NEW)
    again = text_of(visit(cast.delegate, "POST", address, NEW))

    assert "An item with these words stands on this agenda." in again
    assert titled("A point")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"decision": "declined", "reason": "Settled."}, ItemStatus.DECLINED),
        ({"decision": "accepted"}, ItemStatus.ACCEPTED),
        ({"decision": "deferred", "deferred_to_id": "later"}, ItemStatus.DEFERRED),
    ],
)
def test_answering_a_proposal(companies, cast, at, visit, answer, status):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    later = make.scheduled(companies["telegram"], cast, at=at, days=30)
    item = point(consultation, cast.officer, at=at)
    address = f"/agenda-items/{item.id}/decide"
    assert later.serial in text_of(visit(cast.delegate, "GET", address))
    if "deferred_to_id" in answer:
        answer = answer | {"deferred_to_id": str(later.id)}
    visit(cast.delegate, "POST", address, answer)

    assert titled("A point").status is status if status is not ItemStatus.DEFERRED else True
    agenda = text_of(visit(cast.officer, "GET", f"/consultations/{consultation.id}/agenda"))
    if status is ItemStatus.DECLINED:
        assert "Settled." in agenda
    if status is ItemStatus.DEFERRED:
        assert db.session.get(AgendaItem, item.id).deferred_to_id == later.id
        assert later.serial in agenda


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"reason": "Typed."}, "Choose an answer."),
        ({"decision": "declined", "reason": ""}, "Say why: the other side reads it."),
        ({"decision": "deferred", "reason": "Typed."}, "Choose the consultation to which"),
    ],
)
def test_an_answer_that_lacks_something(companies, cast, at, visit, answer, words):
    item = point(make.scheduled(companies["telegram"], cast, at=at), cast.officer, at=at)
    page = visit(cast.delegate, "POST", f"/agenda-items/{item.id}/decide", answer)

    assert page.status_code == 200
    assert words in text_of(page)
    assert answer["reason"] in text_of(page)
    assert titled("A point").status is ItemStatus.PROPOSED


def test_one_does_not_decide_on_one_s_own(companies, cast, at, visit):
    item = point(make.scheduled(companies["telegram"], cast, at=at), cast.delegate, at=at)
    address = f"/agenda-items/{item.id}"

    assert visit(cast.delegate, "POST", f"{address}/accept").status_code == 409
    assert visit(cast.rival, "POST", f"{address}/accept").status_code == 404
    assert visit(cast.agency, "POST", f"{address}/accept").status_code == 404
    assert titled("A point").status is ItemStatus.PROPOSED


def test_the_order_is_moved_with_two_buttons(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    for title in ("One", "Two"):
        point(consultation, cast.delegate, at=at, title=title)
    two = titled("Two").id
    page = visit(cast.officer, "POST", f"/agenda-items/{two}/move", {"direction": "up"})
    assert page.location.endswith(f"/agenda#item-{two}")
    shown = text_of(visit(cast.officer, "GET", f"/consultations/{consultation.id}/agenda"))

    assert shown.index(">Two<") < shown.index(">One<")
    assert 'aria-label="Move down: Two"' in shown
    assert 'aria-label="Move up: Two"' not in shown
    assert visit(
        cast.delegate, "POST", f"/agenda-items/{two}/move", {"direction": "up"}
    ).status_code == 404  # fmt: skip
    assert visit(
        cast.officer, "POST", f"/agenda-items/{two}/move", {"direction": "away"}
    ).status_code == 400  # fmt: skip


def test_the_private_note_is_on_no_page_of_the_other_side(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at, guests=("agency", "police"))
    item = point(consultation, cast.delegate, at=at)
    with transaction():
        service.accept(item, by=cast.officer.as_actor(), at=at)
    for who, words in ((cast.officer, "OURS-ALONE"), (cast.delegate, "THEIRS-ALONE")):
        page = visit(who, "POST", f"/agenda-items/{item.id}/preparation", {"text": words}, True)
        assert words in text_of(page)
    visit(cast.officer, "POST", f"/consultations/{consultation.id}/agenda/publish")
    pages = [
        f"/agenda-items/{item.id}", f"/agenda-items/{item.id}/preparation",
        f"/consultations/{consultation.id}", f"/consultations/{consultation.id}/agenda",
    ]  # fmt: skip
    for who, hidden in (
        (cast.delegate, "OURS-ALONE"), (cast.company_admin, "OURS-ALONE"),
        (cast.officer, "THEIRS-ALONE"), (cast.head, "THEIRS-ALONE"), (cast.auditor, "THEIRS-ALONE"),
        (cast.agency, "ALONE"), (cast.police, "ALONE"), (cast.rival, "ALONE"),
    ):  # fmt: skip
        assert not any(hidden in text_of(visit(who, "GET", page)) for page in pages)


def test_two_edit_an_item_at_once_and_nothing_is_lost(companies, cast, at, visit):
    item = point(make.scheduled(companies["telegram"], cast, at=at), cast.delegate, at=at)
    address, seen = f"/agenda-items/{item.id}/edit", item.stamp
    visit(cast.delegate, "POST", address, NEW | {"title_en": "First words", "stamp": seen})
    second = NEW | {"title_en": "Second words", "stamp": seen}
    page = text_of(visit(cast.company_admin, "POST", address, second))

    assert "Somebody else changed this" in page
    assert "First words" in page
    assert 'value="Second words"' in page
    renewed = re.search(r'name="stamp"[^>]*value="([^"]+)"', page)[1]
    visit(cast.company_admin, "POST", address, second | {"stamp": renewed})
    assert titled("Second words").id == item.id


def test_two_write_the_note_at_once_and_nothing_is_lost(companies, cast, at, visit):
    item = point(make.scheduled(companies["telegram"], cast, at=at), cast.delegate, at=at)
    address = f"/agenda-items/{item.id}/preparation"
    visit(cast.officer, "POST", address, {"text": "First words", "stamp": ""})
    page = text_of(visit(cast.head, "POST", address, {"text": "Second words", "stamp": ""}))

    assert "Somebody else changed this" in page
    assert "First words" in page
    assert ">\r\nSecond words</textarea>" in page or ">\nSecond words</textarea>" in page
    assert db.session.scalars(select(Preparation.text)).all() == ["First words"]


def test_dispositions_and_the_closed_record(companies, cast, at, visit):
    consultation = make.held(companies["telegram"], cast, at=at)
    address = f"/consultations/{consultation.id}"
    refused = visit(cast.officer, "POST", f"{address}/close")
    assert refused.status_code == 409
    assert "Open: Next date" in text_of(refused)
    item = queries.items_of(consultation.id)[0].id
    visit(cast.officer, "POST", f"{address}/dispositions", {f"disposition-{item}": "done"})
    page = text_of(visit(cast.officer, "POST", f"{address}/close", follow=True))

    assert "The consultation is closed." in page
    assert db.session.get(Consultation, consultation.id).status is ConsultationStatus.CLOSED
    assert visit(cast.delegate, "POST", f"{address}/close").status_code == 404


def test_two_record_dispositions_at_once(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    item = point(consultation, cast.delegate, at=at)
    by = cast.officer.as_actor()
    with transaction():
        service.accept(item, by=by, at=at)
        service.publish(consultation, by=by, at=at)
    visit(cast.officer, "POST", f"/consultations/{consultation.id}/begin")
    first, second = (one.id for one in queries.items_of(consultation.id))
    was = {f"was-{first}": "open", f"was-{second}": "open"}
    address = f"/consultations/{consultation.id}/dispositions"
    left = {f"disposition-{first}": "done", f"disposition-{second}": "open"}
    right = {f"disposition-{first}": "open", f"disposition-{second}": "withdrawn"}
    visit(cast.officer, "POST", address, was | left)
    visit(cast.head, "POST", address, was | right)

    found = {one.id: one.disposition for one in queries.items_of(consultation.id)}
    assert found == {first: Disposition.DONE, second: Disposition.WITHDRAWN}


def test_a_guest_sees_what_was_accepted_and_nothing_else(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at, guests=("agency",))
    waiting = point(consultation, cast.delegate, at=at, title="Waiting")
    with transaction():
        service.accept(
            point(consultation, cast.delegate, at=at, title="Agreed on"),
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip
    page = text_of(visit(cast.agency, "GET", f"/consultations/{consultation.id}/agenda"))

    assert "Agreed on" in page
    assert "Waiting" not in page
    assert visit(cast.agency, "GET", f"/agenda-items/{waiting.id}").status_code == 404
    for door in ("agenda/propose", "agenda/publish", "dispositions"):
        assert visit(
            cast.agency, "POST", f"/consultations/{consultation.id}/{door}"
        ).status_code == 404  # fmt: skip
