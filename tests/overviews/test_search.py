"""What is found, by whom, and what happened to a consultation."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest

from portal.access.actor import CLOCK
from portal.agendas import service as agendas
from portal.agendas.models import ItemKind
from portal.core.audit import record
from portal.core.db import transaction
from portal.overviews import queries
from tests.consultations import make


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


@pytest.fixture
def agenda(companies, cast, at):
    """A consultation with each company, each with an item of the company's own."""
    made = {}
    for slug, who in (("telegram", cast.delegate), ("x", cast.rival)):
        consultation = make.scheduled(companies[slug], cast, at=at, days=10)
        with transaction():
            agendas.propose(
                consultation, kind=ItemKind.DISCUSSION, title_ko=f"{slug} 채널 100% 삭제",
                title_en=f"Écoles_{slug}: INVITE-only Channels", presenter="Presenter Secretname",
                by=who.as_actor(), at=at,
            )  # fmt: skip
        made[slug] = consultation
    return made


def counts(answer: Any) -> tuple[int, int]:
    found = re.search(r"Consultations: (\d+), agenda items: (\d+)", text_of(answer))
    assert found is not None
    return int(found.group(1)), int(found.group(2))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("채널", (0, 2)),
        ("invite-ONLY channels", (0, 2)),
        ("éCOLES", (0, 2)),
        ("100%", (0, 2)),
        ("%", (0, 2)),
        ("s_t", (0, 1)),  # the line is no wildcard: only Écoles_telegram
        ("\\", (0, 0)),
        ("'; DROP TABLE consultation; --", (0, 0)),
        ("대면협의", (2, 0)),
        (unicodedata.normalize("NFD", "대면협의"), (2, 0)),  # letters taken apart, as a Mac writes
        ("meeting ROOM telegram", (1, 0)),
        ("telegram 2026-01", (1, 0)),
        ("Secretname", (0, 0)),
    ],
)
def test_words_are_found_in_whatever_case_and_signs_are_signs(agenda, cast, visit, words, expected):
    answer = visit(cast.officer, "GET", "/search", query_string={"q": words})

    assert counts(answer) == expected


def test_a_company_finds_its_own_alone(agenda, cast, visit):
    assert counts(visit(cast.rival, "GET", "/search?q=channels")) == (0, 1)
    assert counts(visit(cast.rival, "GET", "/search?q=telegram")) == (0, 0)
    assert "Telegram" not in text_of(visit(cast.rival, "GET", "/search?q=room"))


def test_at_most_fifty_are_shown_with_the_count_of_all(agenda, companies, cast, at, visit):
    with transaction():
        for n in range(60):
            agendas.propose(
                agenda["telegram"], kind=ItemKind.DISCUSSION, title_ko=f"안건 {n}",
                title_en=f"Many {n}", by=cast.delegate.as_actor(), at=at,
            )  # fmt: skip
    answer = visit(cast.officer, "GET", "/search?q=many")

    assert counts(answer) == (0, 60)
    assert answer.get_data(as_text=True).count('href="/agenda-items/') == queries.MOST_FOUND
    assert "50 of them are shown" in text_of(answer)


@pytest.mark.parametrize("asked", ["", "   ", "\u200b", "\u202e"])
def test_nothing_asked_is_nothing_searched(cast, visit, asked):
    page = text_of(visit(cast.officer, "GET", "/search", query_string={"q": asked}))

    assert "agenda items:" not in page


def test_each_side_reads_the_shared_steps_and_its_own_acts(agenda, cast, visit, at):
    with transaction():
        record("test:clock", agenda["telegram"], by=CLOCK, at=at, reason="by the clock")
    page = f"/consultations/{agenda['telegram'].id}/history"
    ours, theirs, auditor, agency = (
        text_of(visit(who, "GET", page))
        for who in (cast.officer, cast.delegate, cast.auditor, cast.head)
    )

    assert "scheduled and invited" in ours and "by the clock" in ours
    assert "scheduled and invited" not in theirs and "by the clock" not in theirs
    assert "item proposed" in theirs and "item proposed" not in ours
    assert "item proposed" in auditor and "scheduled and invited" in auditor
    assert "scheduled" in theirs  # the step that both read
    assert agency.count("item proposed") == 0
    assert visit(cast.rival, "GET", page).status_code == 404


def test_a_history_is_narrowed(agenda, cast, visit):
    page = f"/consultations/{agenda['telegram'].id}/history"

    assert "item proposed" not in text_of(visit(cast.delegate, "GET", f"{page}?show=shared"))
    assert "item proposed" in text_of(visit(cast.delegate, "GET", f"{page}?area=agenda&side=company"))  # fmt: skip
    assert "Nothing fits" in text_of(visit(cast.delegate, "GET", f"{page}?area=minutes"))
    assert "Nothing fits" in text_of(visit(cast.delegate, "GET", f"{page}?side=company&show=shared"))  # fmt: skip
