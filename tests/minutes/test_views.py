"""The pages of the minutes room."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess

import pypdf
import pytest
from sqlalchemy import select

from portal.actions import service as actions
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.documents.models import Document
from portal.documents.service import unsealed
from portal.minutes import drafting, outcomes, service
from portal.minutes.models import AnswerKind, Minutes, MinutesStatus
from portal.minutes.service import Answer
from tests.minutes import make
from tests.queries import counting


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
        {
            "resolution": "taken_over", "edition": "2",
            "discussion_ko": "더 나은 글", "discussion_en": "better text",
        },
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


def _more_of_everything(minutes: Minutes, cast, at) -> None:
    by = cast.officer.as_actor()
    for number in range(8):
        with transaction():
            item = drafting.add_item(
                minutes, title_ko=f"추가 {number}", title_en=f"More {number}", by=by, at=at
            )
            outcomes.add_outcome(item, make.action_text(), by=by, at=at)
            drafting.note(item, "Ours", by=by, at=at)


@pytest.mark.parametrize(
    ("who", "page"),
    [
        ("delegate", "/minutes/"),
        ("delegate", "/minutes/{minutes}"),
        ("delegate", "/minutes/{minutes}/answer"),
        ("delegate", "/minutes/{minutes}/accept"),
        ("delegate", "/minutes/{minutes}/agreed.json"),
        ("delegate", "/minutes/{minutes}/draft.pdf"),
        ("officer", "/minutes/"),
        ("officer", "/minutes/{minutes}"),
        ("officer", "/minutes/{minutes}/add-item"),
        ("officer", "/minutes/items/{item}"),
        ("officer", "/minutes/outcomes/{outcome}"),
        ("officer", "/minutes/answers/{answer}/resolve"),
        ("head", "/minutes/{minutes}/release"),
        ("head", "/minutes/{minutes}/accept"),
    ],
)
def test_pages_ask_at_most_eight_questions_however_long_they_are(
    companies, cast, at, visit, who, page
):
    minutes = make.released(companies["telegram"], cast, at=at)
    with transaction():
        service.answer(
            minutes,
            [Answer(minutes.items[0].id, AnswerKind.PROPOSE, "discussed", "settled", "Exact")],
            revision=1, by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    item = minutes.items[0]
    address = page.format(
        minutes=minutes.id, item=item.id, outcome=item.outcomes[0].id, answer=item.answers[0].id
    )
    account = getattr(cast, who)
    visit(account, "GET", address)
    with counting() as short:
        assert visit(account, "GET", address).status_code == 200
    _more_of_everything(minutes, cast, at)
    for number in (2, 3, 4):
        make.released(companies["telegram"], cast, at=at, number=number)
    with counting() as long:
        assert visit(account, "GET", address).status_code == 200
    assert len(long) == len(short), "\n".join(long)
    assert len(long) <= 8, "\n".join(long)


@pytest.mark.parametrize("page", ["", "/answer", "/accept", "/draft.pdf", "/agreed.json"])
def test_the_company_knows_of_nothing_before_the_release(companies, cast, at, visit, page):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    with transaction():
        service.submit_for_review(minutes, by=cast.officer.as_actor(), at=at)
    address = f"/minutes/{minutes.id}{page}"
    assert visit(cast.delegate, "GET", address).status_code == 404
    assert minutes.serial not in visit(cast.delegate, "GET", "/minutes/").get_data(as_text=True)
    with transaction():
        service.release(minutes, by=cast.head.as_actor(), at=at)
    assert visit(cast.delegate, "GET", address).status_code == 200
    assert minutes.serial in visit(cast.delegate, "GET", "/minutes/").get_data(as_text=True)
    assert visit(cast.rival, "GET", address).status_code == 404
    assert minutes.serial not in visit(cast.rival, "GET", "/minutes/").get_data(as_text=True)


def test_answers_to_a_text_that_changed_are_kept_beside_the_new_one(companies, cast, at, visit):
    minutes = make.released(companies["telegram"], cast, at=at)
    here, first = f"/minutes/{minutes.id}/answer", minutes.items[0].id
    typed = {
        "revision": "1", f"kind_{first}": "disagree", f"reason_{first}": "Typed with care.",
    }  # fmt: skip
    with transaction():
        drafting.add_item(
            minutes, title_ko="새 안건", title_en="A new point", by=cast.officer.as_actor(), at=at
        )
    page = visit(cast.delegate, "POST", here, typed).get_data(as_text=True)
    assert "The text was changed while you were reading." in page
    assert "Typed with care." in page
    assert "A new point" in page
    assert 'name="revision" type="hidden" value="2"' in page
    assert visit(cast.delegate, "POST", here, typed | {"revision": "2"}).status_code == 303
    assert minutes.items[0].answer_now().reason == "Typed with care."


def test_answers_sent_after_adoption_are_refused_with_a_sentence(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    here, first = f"/minutes/{minutes.id}/answer", minutes.items[0].id
    assert visit(cast.delegate, "GET", here).status_code == 303
    page = visit(cast.delegate, "POST", here, {"revision": "1", f"kind_{first}": "disagree"})
    assert "do not wait for the answers" in page.get_data(as_text=True)


def test_two_who_change_one_outcome_see_both(companies, cast, at, visit):
    outcome = make.drafted(companies["telegram"], cast, at=at).items[0].outcomes[0]
    address, seen = f"/minutes/outcomes/{outcome.id}", outcome.stamp
    typed = {
        "kind": "action_item", "text_ko": "12시간 안에 답변한다.", "text_en": "Within 12 hours.",
        "owner": "company", "due_wall": "2026-03-31T18:00", "due_zone": "Asia/Singapore",
        "required_evidence": "", "seen": seen,
    }  # fmt: skip
    assert f'value="{seen}"' in visit(cast.head, "GET", address).get_data(as_text=True)
    assert visit(cast.officer, "POST", address, typed).status_code == 303
    page = visit(cast.head, "POST", address, typed | {"text_en": "Within 6 hours."})
    text = page.get_data(as_text=True)
    assert "Within 12 hours." in text
    assert "Within 6 hours." in text
    merged = typed | {"text_en": "Within 6 hours.", "seen": outcome.stamp}
    assert f'value="{outcome.stamp}"' in text
    assert visit(cast.head, "POST", address, merged).status_code == 303
    assert outcome.text_en == "Within 6 hours."


@pytest.mark.parametrize(
    ("who", "door", "sentence"),
    [
        ("officer", "submit", "Minutes that are adopted cannot become internal review."),
        ("head", "return", "Only minutes in internal review are given back for drafting."),
        ("officer", "reconcile", "Only minutes that are with the company are reconciled."),
        ("officer", "reopen", "Only reconciled minutes are taken up again."),
        ("officer", "language", "Minutes that are adopted are not edited."),
    ],
)
def test_doors_refuse_the_wrong_state_with_a_sentence(
    companies, cast, at, visit, who, door, sentence
):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    done = visit(getattr(cast, who), "POST", f"/minutes/{minutes.id}/{door}", {"language": "en"})
    assert done.status_code == 409
    assert sentence in done.get_data(as_text=True)


def test_letters_say_no_more_than_they_must(companies, cast, at):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    written = db.session.scalars(select(Letter).where(Letter.kind.startswith("minutes:"))).all()
    told = {(letter.kind, letter.address) for letter in written}
    assert ("minutes:reconcile", "delegate@telegram.example") in told
    assert ("minutes:accept", "delegate@telegram.example") in told
    assert ("minutes:adopt", "head@kcsc.example") in told
    for letter in written:
        assert f"/minutes/{minutes.id}" in letter.body
        assert "discussed" not in letter.body
        assert not letter.address.endswith("@x.example")


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


def pdftotext(content: bytes) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, check=True
    )
    return done.stdout.decode()


def test_a_note_never_reaches_the_company_in_any_form(companies, cast, at, visit):
    """Pages, the file that is hashed, drafts, stored content, printed text, letters."""
    secret = "Unter uns 비밀메모"
    minutes = make.drafted(companies["telegram"], cast, at=at)
    for item in minutes.items:
        with transaction():
            drafting.note(item, secret, by=cast.officer.as_actor(), at=at)
    with transaction():
        service.submit_for_review(minutes, by=cast.officer.as_actor(), at=at)
        service.release(minutes, by=cast.head.as_actor(), at=at)
    here = f"/minutes/{minutes.id}"
    shown = [visit(cast.delegate, "GET", here + page) for page in ("", "/answer", "/agreed.json")]
    drafts = [
        visit(cast.delegate, "GET", f"{here}/draft.pdf?language={language}")
        for language in ("ko", "en")
    ]
    make.agree(minutes, cast.delegate, at=at)
    with transaction():
        service.reconcile(minutes, by=cast.officer.as_actor(), at=at)
    shown.append(visit(cast.delegate, "GET", f"{here}/accept"))
    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    stored = db.session.scalars(select(Document).order_by(Document.id)).all()
    printed = [visit(cast.delegate, "GET", f"/documents/{one.id}.pdf") for one in stored]
    shown += [visit(cast.delegate, "GET", page) for page in (here, "/minutes/", "/")]

    assert [page.status_code for page in (*shown, *drafts, *printed)] == [200] * 11
    texts = [page.get_data(as_text=True) for page in shown]
    texts += [pdftotext(page.data) for page in (*drafts, *printed)]
    texts += [json.dumps(one.content, ensure_ascii=False) for one in stored]
    texts += db.session.scalars(select(Letter.body)).all()
    assert [text for text in texts if "Unter" in text or "비밀메모" in text] == []
    assert secret in visit(cast.officer, "GET", f"/minutes/items/{minutes.items[0].id}").get_data(
        as_text=True
    )


@pytest.mark.parametrize(("language", "draft"), [("ko", "초안"), ("en", "DRAFT")])
def test_the_adopted_paper_has_the_hash_and_no_watermark(
    companies, cast, at, visit, language, draft
):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    before = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/draft.pdf?language={language}")
    assert draft in pdftotext(before.data)
    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    stored = db.session.scalars(select(Document).where(Document.language == language)).one()
    pdf = visit(cast.delegate, "GET", f"/documents/{stored.id}.pdf").data

    assert pdf.startswith(unsealed(stored))
    assert hashlib.sha256(pdf).hexdigest() == stored.pdf_sha256
    text = pdftotext(pdf)
    assert minutes.content_hash in text
    assert draft not in text
    assert visit(cast.rival, "GET", f"/documents/{stored.id}.pdf").status_code == 404
    gone = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/draft.pdf?language={language}")
    assert gone.status_code == 404


def test_a_conflict_is_settled_by_the_next_save(companies, cast, at, visit):
    minutes = make.opened(companies["telegram"], cast, at=at)
    address = f"/minutes/items/{minutes.items[0].id}"
    typed = {"edition": "1", "discussion_ko": "먼저", "discussion_en": "Hers"}
    assert visit(cast.officer, "POST", address, typed).status_code == 303
    late = {"edition": "1", "discussion_ko": "나중", "discussion_en": "His"}
    page = visit(cast.head, "POST", address, late).get_data(as_text=True)
    for words in ("먼저", "Hers", "나중", "His"):
        assert words in page
    assert minutes.items[0].discussion_en == "Hers"
    merged = {"edition": "2", "discussion_ko": "먼저, 나중", "discussion_en": "Hers and his"}
    assert visit(cast.head, "POST", address, merged).status_code == 303
    assert (minutes.items[0].edition, minutes.items[0].discussion_en) == (3, "Hers and his")
    saves = db.session.scalars(
        select(AuditEvent).where(AuditEvent.verb == "minutes:save_item").order_by(AuditEvent.id)
    ).all()
    assert [(e.account_id, e.details["after"]["en"]) for e in saves] == [
        (cast.officer.id, "Hers"),
        (cast.head.id, "Hers and his"),
    ]
    assert saves[1].details["before"] == {"ko": "먼저", "en": "Hers"}


def test_the_door_of_acceptance_refuses_with_a_sentence(companies, cast, at, visit):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    here, shown = f"/minutes/{minutes.id}/accept", minutes.content_hash
    old = visit(cast.head, "POST", here, {"content_hash": "0" * 64}).get_data(as_text=True)
    assert "The text is no longer the one you were shown." in old
    without = visit(cast.officer, "POST", here, {"content_hash": shown}).get_data(as_text=True)
    assert "You have no capacity to accept these minutes" in without
    for account in (cast.rival, cast.agency, cast.police, cast.operator, cast.commissioner):
        assert visit(account, "POST", here, {"content_hash": shown}).status_code == 404
    assert visit(cast.auditor, "POST", here, {"content_hash": shown}).status_code in (403, 404)
    db.session.expire_all()
    assert (minutes.status, minutes.acceptances) == (MinutesStatus.RECONCILED, [])


def test_a_declined_proposal_is_printed_where_it_binds(companies, cast, at, visit):
    minutes = make.released(companies["telegram"], cast, at=at)
    first, second = minutes.items
    here = f"/minutes/{minutes.id}"
    answered = visit(
        cast.delegate, "POST", f"{here}/answer",
        {
            "revision": "1", f"kind_{first.id}": "propose", f"old_text_{first.id}": "discussed",
            f"new_text_{first.id}": "settled", f"reason_{first.id}": "More exact.",
            f"kind_{second.id}": "disagree", f"reason_{second.id}": "We promised no day.",
        },
    )  # fmt: skip
    assert answered.status_code == 303
    door = f"/minutes/answers/{first.answers[0].id}/resolve"
    decision = {
        "resolution": "declined", "edition": str(first.edition),
        "discussion_ko": first.discussion_ko, "discussion_en": first.discussion_en,
    }  # fmt: skip
    bare = visit(cast.officer, "POST", door, decision)
    assert "A declined proposal needs a reason; it is printed." in bare.get_data(as_text=True)
    assert visit(cast.rival, "POST", door, decision | {"reason": "x"}).status_code == 404
    assert visit(cast.delegate, "POST", door, decision | {"reason": "x"}).status_code in (403, 404)
    said = decision | {"reason": "Nothing was settled."}
    assert visit(cast.officer, "POST", door, said).status_code == 303
    assert visit(cast.officer, "POST", f"{here}/reconcile").status_code == 303
    for account in (cast.head, cast.delegate):
        accepted = {"content_hash": minutes.content_hash}
        assert visit(account, "POST", f"{here}/accept", accepted).status_code == 303
    for stored in db.session.scalars(select(Document)).all():
        text = pdftotext(visit(cast.delegate, "GET", f"/documents/{stored.id}.pdf").data)
        for words in ("“discussed”", "More exact.", "Nothing was settled.", "We promised no day."):
            assert words in text
    page = visit(cast.delegate, "GET", here).get_data(as_text=True)
    assert "Nothing was settled." in page
    assert "We promised no day." in page


def test_a_nul_character_breaks_no_door(companies, cast, at, visit):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    item = minutes.items[0]
    here, door = f"/minutes/{minutes.id}", f"/minutes/items/{item.id}"
    outcome = {"kind": "decision", "text_ko": "결\0정", "text_en": "De\0cided"}
    text = {"edition": "2", "discussion_ko": "글\0", "discussion_en": "te\0xt"}
    for address, typed in (
        (door, text),
        (f"{door}/outcomes", outcome),
        (f"{door}/notes", {"text": "no\0te"}),
        (f"{here}/add-item", {"title_ko": "새\0", "title_en": "ne\0w"}),
    ):
        assert visit(cast.officer, "POST", address, typed).status_code == 303
    assert (item.discussion_en, item.outcomes[-1].text_en) == ("text", "Decided")
    assert minutes.items[-1].title_en == "new"
    with transaction():
        service.submit_for_review(minutes, by=cast.officer.as_actor(), at=at)
        service.release(minutes, by=cast.head.as_actor(), at=at)
    answer = {"revision": "1", f"kind_{item.id}": "disagree", f"reason_{item.id}": "N\0o."}
    assert visit(cast.delegate, "POST", f"{here}/answer", answer).status_code == 303
    assert item.answer_now().reason == "No."
