"""The minutes on paper."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pypdf
import pytest
from sqlalchemy import select

from portal.actions import service as actions
from portal.core import files
from portal.core.db import db, transaction
from portal.core.i18n import spoken
from portal.documents.models import Document
from portal.documents.service import unsealed
from portal.minutes import document, drafting, service
from portal.minutes.models import AnswerKind, Resolution
from portal.minutes.service import Answer
from tests.minutes import make


def printed(language: str) -> Document:
    return db.session.scalars(select(Document).where(Document.language == language)).one()


def read(content: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(content))


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(content).pages)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_stored_document_printed_again_is_the_same_file(companies, cast, at, language):
    make.adopted(companies["telegram"], cast, at=at)
    with transaction():
        companies["telegram"].name_en = companies["telegram"].name_ko = "Renamed"
    held = printed(language)
    with spoken("en" if language == "ko" else "ko", "America/Los_Angeles"):
        again = unsealed(held)
    assert files.load(held.pdf_sha256).startswith(again)


@pytest.mark.parametrize(
    ("language", "title", "bookmarks"),
    [
        (
            "en",
            "Minutes of the consultation with Telegram, Telegram 2026-01",
            ["What was agreed", "Delegations", "Items", "1. Reporting channel"],
        ),
        (
            "ko",
            "텔레그램 대면협의 회의록, Telegram 2026-01",
            ["합의 사항", "양측 참석자", "안건", "1. 신고 창구"],
        ),
    ],
)
def test_the_file_says_what_it_is(companies, cast, at, language, title, bookmarks):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    pdf = read(files.load(printed(language).pdf_sha256))

    assert pdf.metadata.title == title
    assert pdf.trailer["/Root"]["/Lang"] == language
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    outline = re.findall(r"'/Title': '(.*?)'", str(pdf.outline))
    assert [name for name in outline if name in bookmarks] == bookmarks
    for number, page in enumerate(pdf.pages, start=1):
        text = page.extract_text()
        assert minutes.content_hash in text
        assert f"{number} / {len(pdf.pages)}" in text


def test_korean_paper_speaks_korean(companies, cast, at):
    """What people typed stays in both languages; what the portal says is in one."""
    make.adopted(companies["telegram"], cast, at=at)
    content = printed("ko").content
    said = [*content["words"].values(), content["doc_title"], content["acceptance_lead"]]
    said += [term for term, _value in content["facts"]]
    said += [one["label"] for item in content["items"] for one in item["outcomes"]]
    said += [one["kind"] for one in content["items"]]
    said += [one["capacity"] for one in content["acceptances"]]
    assert [text for text in said if not re.search("[가-힣]", text)] == []


def test_times_are_the_institution_s_whoever_accepts_last(companies, cast, at):
    minutes = make.reconciled(companies["telegram"], cast, at=at)
    for account in (cast.head, cast.delegate):
        with spoken("en", "America/Los_Angeles"), transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    content = printed("en").content
    assert content["made_at_text"] == "Mon 2 Mar 2026, 10:00 Seoul (UTC+09:00)"
    facts = dict(content["facts"])
    assert facts["Time"] == "Mon 2 Mar 2026, 06:00–08:00 Singapore (UTC+08:00)"
    assert facts["Time in Korea"] == "Mon 2 Mar 2026, 07:00–09:00 Seoul (UTC+09:00)"
    assert facts["Adopted"] == "Mon 2 Mar 2026, 10:00 Seoul (UTC+09:00)"


def test_what_the_company_said_stands_beside_the_text(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    first, second = minutes.items
    with transaction():
        service.answer(
            minutes,
            [
                Answer(first.id, AnswerKind.PROPOSE, "discussed", "settled", "More exact."),
                Answer(second.id, AnswerKind.DISAGREE, reason="We promised no day."),
            ],
            revision=1, by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
        service.resolve(
            first.answers[0], Resolution.DECLINED, reason="Nothing was settled.",
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip
    draft = text_of(service.draft_pdf(minutes, language="en", at=at + timedelta(days=1)))
    for words in (
        "Change proposed by Telegram and declined", "“discussed” → “settled”",
        "Reason given: More exact.", "Declined because: Nothing was settled.",
        "Disagreement recorded by Telegram", "We promised no day.", "This is a draft for review.",
    ):  # fmt: skip
        assert words in draft
    assert "settled" in str(document.agreed_content(minutes))


def test_a_korean_print_names_who_disagrees_in_korean_and_the_agreed_text_as_recorded(
    companies, cast, at
):
    with transaction():
        cast.delegate.name_ko = "텔레그램 대표자"
    minutes = make.released(companies["telegram"], cast, at=at)
    second = minutes.items[1]
    with transaction():
        service.answer(
            minutes,
            [Answer(second.id, AnswerKind.DISAGREE, reason="We promised no day.")],
            revision=1, by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    before = document.content_hash(minutes)
    for language, name in (("ko", "텔레그램 대표자"), ("en", "Representative, Telegram")):
        content = document.printable(minutes, language=language, at=at)
        assert f"{name}, " in str(content["items"][1]["remarks"])

    assert document.content_hash(minutes) == before
    agreed = document.agreed_content(minutes)
    assert agreed["items"][1]["disagreement"]["by"] == "Representative, Telegram"


def test_every_page_of_a_draft_has_the_watermark(companies, cast, at):
    minutes = make.drafted(companies["telegram"], cast, at=at)
    for number in range(12):
        with transaction():
            drafting.add_item(
                minutes, title_ko=f"추가 {number}", title_en=f"More {number}",
                by=cast.officer.as_actor(), at=at,
            )  # fmt: skip
    pages = read(service.draft_pdf(minutes, language="ko", at=at)).pages
    assert len(pages) > 1
    for page in pages:
        assert "초안" in page.extract_text()
    make.adopted(companies["x"], cast, at=at)
    assert "초안" not in text_of(files.load(printed("ko").pdf_sha256))
