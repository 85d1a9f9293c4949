"""Writing minutes down: Markdown, what two people save, languages, phrases, and what changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.consultations.models import stamp
from portal.core import differences, markdown
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.minutes import document, drafting, queries, revisions, service
from portal.minutes.models import AnswerKind, ItemAnswer, ItemText, MinutesStatus, TextBlock
from portal.minutes.service import Answer
from tests.minutes import make

HOSTILE = """<script>alert(1)</script>

![p](file:///etc/passwd) <img src=x onerror=alert(1)>

<link rel=stylesheet href=https://evil.example/a.css>
<style>@import url(https://evil.example/b.css)</style>

[go](javascript:alert(1)) [there](https://kcsc.example/)

> **said** so
"""


def test_hostile_markdown_is_text_and_good_markdown_is_formatted():
    made = str(markdown.html(HOSTILE))

    for tag in ("<script", "<img", "<link", "<style", 'href="javascript'):
        assert tag not in made
    assert "&lt;script&gt;" in made
    assert "<blockquote>\n<p><strong>said</strong> so</p>" in made
    assert 'href="https://kcsc.example/"' in made


def test_a_table_from_a_word_processor_becomes_a_table():
    made = str(markdown.html("앞\n기한\t건수\n3월\t12|3\n4월\t7\n뒤"))

    assert made.count("<tr>") == 3
    assert "<td>12|3</td>" in made
    assert "<p>앞</p>" in made and "<p>뒤</p>" in made


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("삭제 기한을 24시간으로 한다.", "삭제 기한을 12시간으로 한다."),
        ("one\ntwo three\n", "one\ntwo  three four\nfive"),
        ("", "all new"), ("all gone", ""), ("a\nb\nc", "c\nb\na"),
    ],
)  # fmt: skip
def test_the_stretches_of_a_difference_give_both_texts_back(old, new):
    parts = differences.words(old, new)

    assert "".join(part.text for part in parts if part.kind != "gone") == new
    assert "".join(part.text for part in parts if part.kind != "new") == old


def test_korean_differs_by_eojeol():
    parts = differences.words("기한을 24시간으로 한다.", "기한을 12시간으로 한다.")

    assert [(part.kind, part.text) for part in parts] == [
        ("same", "기한을 "), ("gone", "24시간으로"), ("new", "12시간으로"), ("same", " 한다."),
    ]  # fmt: skip


def test_a_long_rewritten_text_is_one_change():
    old, new = "old " + "the same word " * 2000 + "a", "new " + "word the same " * 2000 + "b"

    assert [part.kind for part in differences.words(old, new)] == ["gone", "new"]


def test_five_megabytes_are_refused_and_kept(companies, cast, at, visit):
    item = make.drafted(companies["telegram"], cast, at=at).items[0]
    long = "가나다" * 600_000
    page = visit(
        cast.officer, "POST", f"/minutes/items/{item.id}",
        {"edition": item.edition, "discussion_ko": long, "discussion_en": "x"}
    )  # fmt: skip

    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "longer than 20,000 characters" in text
    assert long in text
    assert db.session.get(type(item), item.id).discussion_ko == "창구를 논의하였다."


def test_markdown_and_no_note_in_the_print_of_the_company(companies, cast, at, app):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    with transaction():
        drafting.note(minutes.items[0], "nur-intern", by=cast.officer.as_actor(), at=at)
    make.write(minutes.items[0], cast, at=at, ko="**굵게**", en=HOSTILE)
    from_print = service.draft_pdf(minutes, language="en", layout="parallel", at=at)
    content = document.printable(minutes, language="en", at=at)

    assert from_print.startswith(b"%PDF")
    assert "nur-intern" not in str(content)
    assert content["agreed"]["items"][0]["discussion_ko"] == "**굵게**"


def test_a_conflict_is_merged_by_choice(companies, cast, at, visit):
    item = make.drafted(companies["telegram"], cast, at=at).items[0]
    first = item.edition
    make.write(item, cast, at=at, ko="먼저 저장", en="saved first")
    url = f"/minutes/items/{item.id}"
    mine = {"edition": first, "discussion_ko": "나의 글", "discussion_en": "my text"}
    page = visit(cast.head, "POST", url, mine).get_data(as_text=True)
    assert "먼저 저장" in page and "나의 글" in page
    assert "<del>" in page and "<ins>" in page

    visit(
        cast.head, "POST", url,
        {"edition": item.edition, "choice_ko": "theirs", "discussion_ko": "x", "mine_ko": "나의 글",
         "choice_en": "mine", "discussion_en": "y", "mine_en": "my text"},
    )  # fmt: skip

    db.session.expire_all()
    assert (item.discussion_ko, item.discussion_en) == ("먼저 저장", "my text")


def test_what_only_the_other_wrote_is_not_put_back(companies, cast, at, visit):
    item = make.drafted(companies["telegram"], cast, at=at).items[0]
    url = f"/minutes/items/{item.id}"
    base = {"base_ko": stamp(item.discussion_ko), "base_en": stamp(item.discussion_en)}
    form = {"edition": item.edition, "discussion_ko": item.discussion_ko, "discussion_en": "mine"}
    make.write(item, cast, at=at, ko="상대가 고침", en=item.discussion_en)
    page = visit(cast.head, "POST", url, form | base).get_data(as_text=True)

    assert "상대가 고침</textarea>" in page
    assert 'name="choice_ko"' not in page
    assert 'name="choice_en"' in page


def test_autosave_tells_of_a_clash_and_stops_once_the_company_reads(companies, cast, at, visit):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    item = minutes.items[0]
    url = f"/minutes/items/{item.id}/autosave"
    given = {"edition": item.edition, "discussion_ko": "가", "discussion_en": "a"}
    saved = visit(cast.officer, "POST", url, given)
    again = visit(cast.head, "POST", url, given | {"discussion_ko": "나"})

    assert (saved.status_code, saved.json["edition"]) == (200, given["edition"] + 1)
    assert (again.status_code, "edition" in again.json) == (409, False)
    released = make.released(companies["telegram"], cast, at=at, number=2)
    item = released.items[0]
    late = visit(
        cast.officer, "POST", f"/minutes/items/{item.id}/autosave",
        {"edition": item.edition, "discussion_ko": "다", "discussion_en": "b"},
    )  # fmt: skip
    db.session.expire_all()
    assert (late.status_code, "edition" in late.json) == (200, False)
    assert (released.revision, item.discussion_ko) == (1, "창구를 논의하였다.")


def test_who_is_writing_is_shown_and_expires(companies, cast, at, visit):
    item = make.drafted(companies["telegram"], cast, at=at).items[0]
    for _ in range(2):
        visit(cast.officer, "POST", f"/minutes/items/{item.id}/writing")

    heard = visit(cast.head, "POST", f"/minutes/items/{item.id}/writing").json["others"]
    assert len(heard) == 1
    assert heard[0].startswith("Liaison officer has been writing")
    later = queries.writers(
        item, since=at + drafting.STILL_WRITING + timedelta(days=9999), but=cast.head.id
    )
    assert list(later) == []


def test_a_phrase_is_put_into_both_texts_without_saving(companies, cast, at, visit):
    item = make.drafted(companies["telegram"], cast, at=at).items[0]
    added = visit(
        cast.officer, "POST", "/minutes/text-blocks/add",
        {"name": "quorum", "text_ko": "정족수를 확인하였다.", "text_en": "Quorum was confirmed."},
    )  # fmt: skip
    block = db.session.scalars(select(TextBlock)).one()
    page = visit(
        cast.officer, "POST", f"/minutes/items/{item.id}",
        {"edition": item.edition, "discussion_ko": "앞말", "discussion_en": "before",
         "block": block.id, "insert": "1"},
    ).get_data(as_text=True)  # fmt: skip

    assert added.status_code == 303
    assert "앞말\n\n정족수를 확인하였다." in page.replace("\r\n", "\n")
    db.session.expire_all()
    assert item.discussion_ko == "창구를 논의하였다."
    twice = visit(
        cast.officer, "POST", "/minutes/text-blocks/add",
        {"name": "quorum", "text_ko": "가", "text_en": "a"}
    )  # fmt: skip
    assert "of this name already" in twice.get_data(as_text=True)
    for part in (cast.delegate, cast.rival):
        assert visit(part, "GET", "/minutes/text-blocks/").status_code == 404


def test_catching_up_with_the_stale_text_ends_its_mark(companies, cast, at):
    item = make.drafted(companies["telegram"], cast, at=at).items[0]
    make.write(item, cast, at=at, ko="새 글", en=item.discussion_en)
    make.write(item, cast, at=at, ko="더 새 글", en=item.discussion_en)
    assert item.stale_language == "en"
    make.write(item, cast, at=at, ko=item.discussion_ko, en="newer text")

    assert item.stale_language is None


def test_a_translation_is_confirmed_for_the_text_that_was_compared(companies, cast, at):
    item = make.drafted(companies["telegram"], cast, at=at).items[0]
    seen = item.edition
    make.write(item, cast, at=at, ko="새 글", en=item.discussion_en)
    with pytest.raises(Refused), transaction():
        drafting.confirm_translation(item, edition=seen, by=cast.officer.as_actor(), at=at)

    assert item.stale_language == "en"


def test_a_revision_shows_its_words_and_asks_only_for_what_changed(companies, cast, at, visit):
    minutes = make.released(companies["telegram"], cast, at=at)
    make.agree(minutes, cast.delegate, at=at)
    make.write(minutes.items[0], cast, at=at, ko="창구를 정하였다.", en="The channel was settled.")
    db.session.expire_all()

    assert minutes.revision == 2
    assert [item.position for item in minutes.unanswered()] == [1]
    changed = revisions.between(queries.texts_of(minutes), 1, 2)
    assert [(one.position, one.is_new) for one in changed] == [(1, False)]
    assert [change.field for change in changed[0].changes] == ["discussion", "discussion"]
    page = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/changes")
    assert "<del>discussed.</del>" in page.get_data(as_text=True)
    assert visit(cast.rival, "GET", f"/minutes/{minutes.id}/changes").status_code == 404


def test_what_was_drafted_before_the_release_is_in_no_revision(companies, cast, at):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    make.write(minutes.items[0], cast, at=at, ko="내부 초안", en="internal draft")
    assert db.session.scalars(select(ItemText)).all() == []
    make.write(minutes.items[0], cast, at=at, ko="발송문", en="sent")
    with transaction():
        service.submit_for_review(minutes, by=cast.officer.as_actor(), at=at)
        service.release(minutes, by=cast.head.as_actor(), at=at)

    kept = [text.words["discussion_en"] for text in queries.texts_of(minutes)]
    assert kept == ["sent", "The time was discussed."]


def test_the_company_accepts_a_revision_while_another_is_saved(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    read = minutes.content_hash
    with transaction():
        service.reopen(minutes, by=cast.officer.as_actor(), at=at)
    make.write(minutes.items[0], cast, at=at, ko="고침", en="changed")
    with pytest.raises(Refused) as refusal, transaction():
        service.accept(minutes, content_hash=read, by=cast.delegate.as_actor(), at=at)

    assert refusal.value.sentence
    assert minutes.status is MinutesStatus.WITH_COMPANY
    assert minutes.acceptances == []


def test_the_company_rejects_one_item_and_sends_the_form_twice(companies, cast, at, visit):
    minutes = make.released(companies["telegram"], cast, at=at)
    for n in range(3, 6):
        with transaction():
            drafting.add_item(minutes, title_ko=f"안건 {n}", title_en=f"Item {n}",
                             by=cast.officer.as_actor(), at=at)  # fmt: skip
    fifth = minutes.items[4]
    form = {"revision": minutes.revision, f"kind_{fifth.id}": "disagree",
            f"reason_{fifth.id}": "**Not** what was said."}  # fmt: skip
    first = visit(cast.delegate, "POST", f"/minutes/{minutes.id}/answer", form)
    visit(cast.delegate, "POST", f"/minutes/{minutes.id}/answer", form)

    assert first.status_code == 303
    answers = db.session.scalars(select(ItemAnswer)).all()
    assert [(one.item_id, one.kind) for one in answers] == [(fifth.id, AnswerKind.DISAGREE)]
    printed = document.printable(minutes, language="en", at=at)["items"][4]["remarks"]
    assert printed[0]["text"] == "**Not** what was said."
    events = select(AuditEvent).where(AuditEvent.verb == "minutes:answer")
    assert len(db.session.scalars(events).all()) == 1


def test_an_adopted_text_is_printed_in_parallel_from_what_was_frozen(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    held = minutes.content_hash
    for query in ("language=ko&layout=one", "language=en&layout=parallel"):
        answer = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/copy.pdf?{query}")
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")

    assert document.content_hash(minutes) == held
    assert visit(cast.rival, "GET", f"/minutes/{minutes.id}/copy.pdf").status_code == 404


def test_an_answer_given_to_a_revision_that_is_no_more(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    make.write(minutes.items[1], cast, at=at, ko="고침", en="changed")
    with pytest.raises(Refused), transaction():
        service.answer(
            minutes, [Answer(minutes.items[1].id, AnswerKind.AGREE)], revision=1,
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
