"""What a drafted method would have made of the frozen cards of the past twelve months."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from portal.core.clock import stopped_at
from portal.core.db import db, transaction
from portal.methodology import service as methodology
from portal.methodology.method import VERSION_1_0, Band
from portal.methodology.models import Methodology
from portal.scorecards import service as scorecards
from portal.scorecards.models import Scorecard
from portal.whatif import comparison, queries
from tests.scorecards.conftest import MONTH, OVER

EASY = replace(
    VERSION_1_0,
    version="1.1",
    valid_from=date(2026, 7, 1),
    bands=(Band("A", 40), Band("B", 30), Band("C", 20), Band("D", 10), Band("E", 0)),
    caps=(),
)


@pytest.fixture
def draft_of_method(app: Any, cast: Any, at: Any) -> Methodology:
    with transaction():
        return methodology.draft(EASY, "Easier.", by=cast.administrator.as_actor(), at=at)


@pytest.fixture
def frozen(sent: Any, by: Any) -> Scorecard:
    card = sent("telegram")
    with transaction():
        scorecards.comment(card, "As it is.", by=by("delegate"), at=OVER)
        scorecards.freeze(card, by=by("head"), at=OVER)
    return card


def test_a_card_is_computed_again_from_what_it_holds(
    frozen: Scorecard, draft_of_method: Methodology
) -> None:
    held = json.dumps([frozen.score, frozen.details, frozen.inputs, frozen.inputs_hash])

    (effect,) = comparison.effects(queries.cards([MONTH]), draft_of_method.method)

    assert effect.old == frozen.figures
    assert (effect.old.letter, effect.new.letter, effect.is_other_letter) == ("D", "A", True)
    assert (effect.new.score, effect.change) == (effect.old.score, 0.0)
    assert effect.new.methodology == "1.1"
    # Under its own method the card is the card, to the last digit.
    (same,) = comparison.effects(queries.cards([MONTH]), VERSION_1_0)
    assert same.new == same.old
    db.session.expire_all()
    again = json.dumps([frozen.score, frozen.details, frozen.inputs, frozen.inputs_hash])
    assert again == held
    assert scorecards.verify(frozen) == []


@pytest.mark.parametrize(
    ("part", "code"),
    [("administrator", 200), ("head", 200), ("auditor", 200), ("delegate", 404), ("police", 404)],
)
def test_who_drafts_sees_the_effect(
    frozen: Scorecard, draft_of_method: Methodology, cast: Any, visit: Any, part: str, code: int
) -> None:
    with stopped_at(OVER):
        page = visit(getattr(cast, part), "GET", f"/what-if/methodology/{draft_of_method.id}")

    assert page.status_code == code
    if code == 200:
        assert "1 of 1 cards would have another letter." in page.get_data(as_text=True)


def test_a_draft_of_a_card_is_not_shown(
    draft: Any, draft_of_method: Methodology, cast: Any, visit: Any
) -> None:
    draft("telegram")

    with stopped_at(OVER):
        page = visit(cast.head, "GET", f"/what-if/methodology/{draft_of_method.id}")

    assert "No frozen card in the past twelve months" in page.get_data(as_text=True)


def test_letters_of_two_versions_are_parted_by_a_bar(
    frozen: Scorecard, cast: Any, visit: Any, companies: Any
) -> None:
    with transaction():
        db.session.add(
            Scorecard(
                company_id=frozen.company_id, month="2026-02", status=frozen.status, letter="A",
                methodology="0.9", as_of=OVER, score=frozen.score, summary=frozen.summary,
                details=frozen.details,
            )
        )  # fmt: skip

    text = visit(cast.head, "GET", f"/scorecards/?month={MONTH}").get_data(as_text=True)

    assert ">(A)</a>" in text
    assert ">| (D)</a>" in text


def test_whoever_drafts_finds_the_effect_on_the_page_of_the_version(
    cast: Any, visit: Any, draft_of_method: Methodology
) -> None:
    number = draft_of_method.id

    page = visit(cast.administrator, "GET", f"/methodology/{number}").get_data(as_text=True)

    assert f'href="/what-if/methodology/{number}"' in page


def test_letters_that_change_stand_first(
    cast: Any, visit: Any, sent: Any, by: Any, request_to: Any, companies: Any,
    draft_of_method: Methodology,
) -> None:  # fmt: skip
    """Telegram was fast and stays at A; X, after it by name, would rise to it."""
    for _n in range(150):
        request_to(companies["telegram"], answered=1, removed=1)
    for slug in ("telegram", "x"):
        card = sent(slug)
        with transaction():
            scorecards.freeze(card, by=by("head"), at=OVER + timedelta(days=9))
    effects = comparison.effects(queries.cards([MONTH]), draft_of_method.method)
    assert [one.is_other_letter for one in effects] == [False, True]
    path = f"/what-if/methodology/{draft_of_method.id}"

    with stopped_at(OVER + timedelta(days=9)):
        page = visit(cast.administrator, "GET", path).get_data(as_text=True)

    assert page.index(">X</th>") < page.index(">Telegram</th>")
