"""Errata: version n stays, byte for byte; version n+1 differs in what both sides corrected."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from sqlalchemy import func, select

from portal.actions.models import ActionItem
from portal.core import files
from portal.core.audit import AuditEvent, canonical
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from portal.documents import verification
from portal.documents.models import Document
from portal.errata import service
from portal.errata.models import Erratum, ErratumStatus
from portal.minutes import service as minutes_service
from portal.minutes.corrections import Correction
from portal.minutes.models import AnswerKind, MinutesStatus
from portal.minutes.service import Answer
from tests.minutes import make

RIGHT = Correction(1, "was discussed", "was agreed upon", "The note taker misheard.")


def propose(minutes, account, *corrections, at):
    with transaction():
        return service.propose(minutes, corrections or [RIGHT], by=account.as_actor(), at=at)


def accept(erratum, account, at):
    with transaction():
        return service.accept(
            erratum, content_hash=erratum.content_hash, by=account.as_actor(), at=at
        )


def agreed(minutes, cast, at, *corrections):
    erratum = propose(minutes, cast.delegate, *corrections, at=at)
    accept(erratum, cast.delegate, at)
    accept(erratum, cast.head, at)
    with transaction():
        minutes_service.print_adopted(minutes)
    return erratum


def prints(version, language="en"):
    held = db.session.scalars(
        select(Document).where(Document.version == version, Document.language == language)
    ).one()
    return held, files.load(held.pdf_sha256)


def text_of(pdf):
    pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_the_new_version_stands_beside_the_old_one(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    first_hash = minutes.content_hash
    before = {language: prints(1, language)[1] for language in ("ko", "en")}
    with transaction():  # names that changed since may not slip into the corrected record
        companies["telegram"].name_en = "Renamed"
        companies["telegram"].name_ko = "개명"
    erratum = agreed(minutes, cast, at + timedelta(days=1))

    assert (erratum.status, minutes.version, minutes.status) == (
        ErratumStatus.AGREED, 2, MinutesStatus.ADOPTED,
    )  # fmt: skip
    assert before == {language: prints(1, language)[1] for language in ("ko", "en")}
    held, pdf = prints(2)
    text = text_of(pdf)
    assert "The channel was agreed upon." in text
    assert "Corrections in this version" in text
    first_page = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert "The note taker misheard." in " ".join(first_page.split())
    assert "version 2" in text
    assert "version 1, revision" not in text
    # Whoever accepted today did so for the company under its name of today; nothing else moved.
    assert "Renamed" not in canonical({k: v for k, v in held.content.items() if k != "acceptances"})
    assert minutes.content_hash != first_hash
    assert minutes.content_hash in text
    # Everything else is as it was.
    old, new = prints(1)[0].content, held.content
    changed = {key for key in new if old.get(key) != new[key]}
    assert changed == {
        "items", "agreed", "text_hash", "facts", "made_at_text", "acceptance_lead", "acceptances",
        "corrections",
    }  # fmt: skip
    assert old["items"][1] == new["items"][1]


def test_anybody_can_compute_the_hash_of_the_corrected_record(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    erratum = propose(minutes, cast.delegate, at=at)
    shown = visit(cast.officer, "GET", f"/errata/{erratum.id}/agreed.json").data
    assert hashlib.sha256(shown).hexdigest() == erratum.content_hash
    for account in (cast.delegate, cast.head):
        accept(erratum, account, at)
    with transaction():
        minutes_service.print_adopted(minutes)
    [attached] = pypdf.PdfReader(io.BytesIO(prints(2)[1])).attachments["agreed.json"]
    assert attached == shown
    record = json.loads(attached)
    assert (record["format"], record["version"]) == ("minutes/2", 2)
    assert record["corrections"] == [
        {"item": 1, "old": "was discussed", "new": "was agreed upon",
         "reason": "The note taker misheard.", "version": 2}
    ]  # fmt: skip
    downloaded = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/agreed.json").data
    assert downloaded == attached == canonical(record).encode()


def test_whoever_checks_the_old_file_learns_that_it_is_superseded(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    agreed(minutes, cast, at)
    old, new = verification.examine(prints(1)[1]), verification.examine(prints(2)[1])
    assert (old.is_ours, old.is_superseded, old.newest_version) == (True, True, 2)
    assert (new.is_ours, new.is_superseded) == (True, False)
    page = visit(
        None, "POST", "/documents/verify", {"file": (io.BytesIO(prints(1)[1]), "old.pdf")}
    ).get_data(as_text=True)
    assert "Superseded" in page
    assert "This is version 1." in page


def test_everybody_who_received_the_first_version_is_told(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    received = set(db.session.scalars(select(Letter.address).where(Letter.kind == "minutes:adopt")))
    agreed(minutes, cast, at)
    told = list(db.session.scalars(select(Letter.address).where(Letter.kind == "errata:agree")))
    assert received <= set(told)
    assert len(told) == len(set(told))
    assert not any("@x.example" in address for address in told)


def test_a_second_erratum_builds_on_the_first(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    agreed(minutes, cast, at)
    again = Correction(1, "was agreed upon", "was agreed upon by both", "More exact.")
    ko = Correction(2, "논의하였다", "합의하였다", "오기.")
    agreed(minutes, cast, at, again, ko)
    assert minutes.version == 3
    assert "기한을 합의하였다." in text_of(prints(3, "ko")[1])
    assert "The channel was agreed upon by both." in text_of(prints(3)[1])
    assert [one["version"] for one in minutes.corrections] == [2, 3, 3]
    assert verification.examine(prints(2)[1]).newest_version == 3


def test_a_disagreement_survives_the_correction_of_its_item(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    with transaction():
        answers = [
            Answer(minutes.items[0].id, AnswerKind.DISAGREE, reason="We never said so."),
            Answer(minutes.items[1].id, AnswerKind.AGREE),
        ]
        minutes_service.answer(
            minutes, answers, revision=minutes.revision, by=cast.delegate.as_actor(), at=at
        )
        minutes_service.reconcile(minutes, by=cast.officer.as_actor(), at=at)
    from portal.actions import service as actions

    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    with transaction():
        minutes_service.print_adopted(minutes)
    agreed(minutes, cast, at)
    held, pdf = prints(2)
    assert "We never said so." in text_of(pdf)
    assert held.content["agreed"]["items"][0]["disagreement"]["statement"] == "We never said so."
    assert not held.content["agreed"]["items"][0]["no_answer"]
    assert minutes.items[0].answer_now().kind is AnswerKind.DISAGREE


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        (Correction(1, "was discussed", "was discussed", "x"), "new_0", "are the same"),
        (Correction(1, " ", "b", "x"), "old_0", "Copy the words"),
        (Correction(1, "was discussed", "b", " "), "reason_0", "Say why"),
        (Correction(1, "was never written", "b", "x"), "old_0", "do not stand in the item"),
        (Correction(2, "channel", "b", "x"), "old_0", "do not stand in the item"),
        (Correction(99, "was discussed", "b", "x"), "old_0", "do not stand in the item"),
        (Correction(0, "was discussed", "b", "x"), "old_0", "do not stand in the item"),
        (Correction(1, "s", "b", "x"), "old_0", "Copy a longer passage"),
        (Correction(1, "x" * 20_001, "b", "x"), "old_0", "too long"),
        (Correction(1, "was discussed", "b", "call 010-1234-5678"), "reason_0", "phone"),
    ],
)
def test_what_changes_nothing_or_has_no_place_is_refused(companies, cast, at, given, field, words):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    with pytest.raises(FieldError, match=words) as refusal:
        propose(minutes, cast.delegate, given, at=at)
    assert refusal.value.field == field
    assert db.session.scalar(select(func.count(Erratum.id))) == 0


def test_only_with_both_and_only_this_text(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    erratum = propose(minutes, cast.head, at=at)
    accept(erratum, cast.head, at)
    assert minutes.version == 1
    with pytest.raises(Refused, match="accepted this text already"):
        accept(erratum, cast.head, at)
    with pytest.raises(Refused, match="no capacity"):
        accept(erratum, cast.officer, at)
    with pytest.raises(Refused, match="no longer the one"), transaction():
        service.accept(erratum, content_hash="0" * 64, by=cast.delegate.as_actor(), at=at)
    with pytest.raises(Refused, match="not decided yet"):
        propose(minutes, cast.delegate, at=at)
    with pytest.raises(Refused, match="Both sides accept"), transaction():
        minutes_service.correct(minutes, [RIGHT], erratum=1, by=cast.head.as_actor(), at=at)
    assert (minutes.version, db.session.scalar(select(func.count(Document.id)))) == (1, 2)


def test_an_officers_erratum_is_unknown_to_the_company_until_released(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    erratum = propose(minutes, cast.officer, at=at)
    assert erratum.status is ErratumStatus.DRAFTED
    path = f"/errata/{erratum.id}"
    assert visit(cast.delegate, "GET", path).status_code == 404
    listed = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/errata").get_data(as_text=True)
    assert "Nothing was corrected" in listed
    assert visit(cast.officer, "POST", f"{path}/release").status_code == 404
    with pytest.raises(Refused, match="at work on these minutes"):
        propose(minutes, cast.delegate, at=at)
    visit(cast.head, "POST", f"{path}/release")
    assert visit(cast.delegate, "GET", path).status_code == 200
    assert visit(cast.rival, "GET", path).status_code == 404
    assert visit(cast.commissioner, "GET", path).status_code == 404


def test_a_draft_that_is_given_up_was_never_the_companys_to_read(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    erratum = propose(minutes, cast.officer, at=at)
    visit(cast.officer, "POST", f"/errata/{erratum.id}/withdraw", {"reason": "Internal doubt."})
    db.session.refresh(erratum)
    assert erratum.status is ErratumStatus.WITHDRAWN
    for path in (f"/errata/{erratum.id}", f"/errata/{erratum.id}/agreed.json"):
        assert visit(cast.delegate, "GET", path).status_code == 404
    assert "Internal doubt" not in visit(cast.delegate, "GET", f"/minutes/{minutes.id}/errata").text
    assert "Internal doubt" in visit(cast.officer, "GET", f"/errata/{erratum.id}").text


def test_an_acceptance_counts_for_the_erratum_it_was_given_to(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    first = propose(minutes, cast.delegate, at=at)
    accept(first, cast.delegate, at)
    with transaction():
        service.withdraw(first, reason="We were wrong.", by=cast.delegate.as_actor(), at=at)
    again = propose(minutes, cast.head, at=at + timedelta(days=3))
    assert again.content_hash == first.content_hash
    assert accept(again, cast.head, at + timedelta(days=3)) is False
    assert minutes.version == 1
    assert accept(again, cast.delegate, at + timedelta(days=4)) is True
    assert minutes.version == 2
    company = next(one for one in again.acceptances if one.side.value == "company")
    assert company.accepted_at == at + timedelta(days=4)


@pytest.mark.parametrize("number", ["²", "9" * 5000, "-1"])
def test_an_item_that_is_none_is_named_and_nothing_lost(companies, cast, at, visit, number):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    page = visit(
        cast.delegate, "POST", f"/minutes/{minutes.id}/errata/propose",
        {"item_0": number, "old_0": "was discussed", "new_0": "was said", "reason_0": "Misheard."},
    )  # fmt: skip
    assert page.status_code == 200
    assert "Misheard." in page.text
    assert db.session.scalar(select(func.count(Erratum.id))) == 0


def test_declined_by_one_withdrawn_by_the_other(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    erratum = propose(minutes, cast.delegate, at=at)
    path = f"/errata/{erratum.id}"
    assert visit(cast.delegate, "GET", f"{path}/decline").status_code == 404
    assert visit(cast.officer, "GET", f"{path}/withdraw").status_code == 404
    empty = visit(cast.officer, "POST", f"{path}/decline", {"reason": " "})
    assert "Say why" in empty.get_data(as_text=True)
    visit(cast.officer, "POST", f"{path}/decline", {"reason": "It was said so."})
    db.session.refresh(erratum)
    assert (erratum.status, erratum.answer) == (ErratumStatus.DECLINED, "It was said so.")
    again = propose(minutes, cast.delegate, at=at)
    visit(cast.delegate, "POST", f"/errata/{again.id}/withdraw", {"reason": "Our mistake."})
    db.session.refresh(again)
    assert (again.status, again.number) == (ErratumStatus.WITHDRAWN, 2)
    late = visit(
        cast.head, "POST", f"/errata/{again.id}/accept", {"content_hash": again.content_hash}
    )
    assert "withdrawn already" in late.get_data(as_text=True)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_form_keeps_what_was_typed(companies, cast, at, visit, language):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    typed = {
        "item_0": "1", "old_0": "was never written", "new_0": "wird behalten",
        "reason_0": "a reason", "item_2": "2", "old_2": "기한을", "new_2": "시한을", "reason_2": "<b>",
    }  # fmt: skip
    page = visit(
        cast.delegate, "POST", f"/minutes/{minutes.id}/errata/propose", typed,
        headers={"Accept-Language": language},
    ).get_data(as_text=True)  # fmt: skip
    assert "wird behalten" in page
    assert "시한" in page
    assert "&lt;b&gt;" in page
    assert db.session.scalar(select(func.count(Erratum.id))) == 0
    typed["old_0"] = "was discussed"
    answer = visit(cast.delegate, "POST", f"/minutes/{minutes.id}/errata/propose", typed)
    erratum = db.session.scalars(select(Erratum)).one()
    assert answer.status_code in (302, 303)
    shown = visit(cast.officer, "GET", f"/errata/{erratum.id}").get_data(as_text=True)
    assert "<del>" in shown
    assert "&lt;b&gt;" in shown


def test_an_action_item_reads_as_the_outcome_it_was_opened_from(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    words = Correction(1, "Answer within 24 hours", "Answer within 48 hours", "Misheard.")
    agreed(minutes, cast, at, words)
    first, second = db.session.scalars(select(ActionItem).order_by(ActionItem.id)).all()
    assert first.text_en == "Answer within 48 hours."
    assert second.text_en == "Answer within 24 hours."
    (event,) = db.session.scalars(
        select(AuditEvent).where(AuditEvent.verb == "actions:correct")
    ).all()
    assert (event.subject_id, event.details["version"]) == (first.id, 2)
    assert event.details["before"]["en"] == "Answer within 24 hours."
    assert Path(prints(1)[0].template).name == "pdf.html"
