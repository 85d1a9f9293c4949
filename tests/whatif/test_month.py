"""A month under other weights: what moves, which orders are real, and that nothing is stored."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.methodology.method import VERSION_1_0
from portal.methodology.sensitivity import sensitivity
from portal.methodology.standardisation import standardise
from portal.scorecards import service as scorecards
from portal.scorecards.models import Scorecard, ScorecardStatus
from portal.whatif import comparison, queries
from tests.scorecards.conftest import MONTH, OVER


@pytest.fixture
def published(cast: Any, companies: Any, request_to: Any, by: Any) -> dict[str, Scorecard]:
    """March: Telegram answers at once and removes nothing, X removes all but answers late."""
    for _n in range(20):
        request_to(companies["telegram"], answered=1)
        request_to(companies["x"], answered=30, removed=30, surface="invite_only_channel")
    request_to(companies["x"], answered=30, removed=40)
    db.session.commit()
    made = {}
    with transaction():
        for slug in ("telegram", "x"):
            card = scorecards.draft(companies[slug], MONTH, by=by("officer"), at=OVER)
            scorecards.freeze(card, by=by("head"), at=OVER, unasked="Before the portal.")
            scorecards.publish(card, by=by("head"), at=OVER)
            made[slug] = card
    return made


@pytest.mark.parametrize(
    ("text", "weight", "is_wrong"),
    [
        ("40", Fraction(40), False),
        ("12.5", Fraction(25, 2), False),
        ("12,5", Fraction(25, 2), False),
        ("0", Fraction(0), False),
        ("-1", Fraction(25), True),
        ("1001", Fraction(25), True),
        ("nan", Fraction(25), True),
        ("1/0", Fraction(25), True),
        ("9" * 5000, Fraction(25), True),
        ("1e99999999", Fraction(25), True),
        ("", Fraction(25), False),
    ],
)
def test_a_weight_of_the_address(app: Any, text: str, weight: Fraction, is_wrong: bool) -> None:
    asked = comparison.asked_weights({"R1": text}, VERSION_1_0)

    assert asked.weights["R1"] == weight
    assert ("R1" in asked.faults) is is_wrong


def test_without_any_weight_the_methods_own_are_used(app: Any) -> None:
    asked = comparison.asked_weights({f"R{n}": "0" for n in range(1, 7)}, VERSION_1_0)

    assert asked.faults["R1"] == "At least one weight must be above 0."
    assert (asked.weights["R2"], asked.is_moved) == (30, False)


def test_the_order_turns_with_the_weights(published: dict[str, Scorecard]) -> None:
    cards = queries.cards([MONTH])
    own = comparison.asked_weights({}, VERSION_1_0).weights
    answers = comparison.asked_weights(
        {"R1": "100", "R2": "0", "R3": "0", "R4": "0", "R5": "0", "R6": "0"}, VERSION_1_0
    ).weights

    as_published = comparison.compared(cards, own, VERSION_1_0)
    moved = comparison.compared(cards, answers, VERSION_1_0)

    assert [row.card.company.slug for row in as_published] == ["x", "telegram"]
    assert [row.card.company.slug for row in moved] == ["telegram", "x"]
    assert [row.moved for row in as_published] == [row.published for row in as_published]
    assert as_published[0].published.score == pytest.approx(published["x"].summary["score"])
    assert (moved[0].moved.score, moved[1].moved.score) == (100.0, 0.0)
    # Only R1 has weight, and it is assessed: all of the weight is there.
    assert (moved[0].moved.rank, moved[1].moved.rank) == ((1, 1), (2, 2))
    (pair,) = comparison.orders(moved)
    assert (pair.moved, pair.published) == ("shown", "reversed")
    assert [(card.company.slug, [one.company.slug for one in others])
            for card, others in comparison.ahead_of(moved)] == [("telegram", ["x"]), ("x", [])]  # fmt: skip


def test_the_methods_own_trials_are_offered_with_what_they_change(
    published: dict[str, Scorecard], cast: Any, visit: Any
) -> None:
    cards = queries.cards([MONTH])
    trials = comparison.outcomes(cards, VERSION_1_0)
    own = sensitivity([card.figures for card in cards], method=VERSION_1_0)

    assert len(trials) == len(own) == 21
    by_name = {run.name.replace("_x", " × "): run for run in own}
    for id in ("R1", "R2", "R3", "R4", "R5", "R6"):
        for times in ("0.75", "1.25"):
            trial = next(one for one in trials if one.preset.name == f"{id} × {times}")
            rows = comparison.compared(cards, trial.preset.weights, VERSION_1_0)
            run = by_name[f"{id} × {times}"]
            assert {row.card.company.slug: row.moved.score for row in rows} == run.scores
            assert {row.card.company.slug: row.moved.rank for row in rows} == run.ranks
    geometric = trials[-1]
    assert (geometric.preset.name, geometric.preset.is_geometric) == ("Geometric mean", True)
    address = f"/what-if/{MONTH}?mean=geometric"
    page = visit(cast.commissioner, "GET", f"/what-if/{MONTH}").get_data(as_text=True)
    assert f'href="{address}"' in page
    assert "R1=18.75&amp;R2=30" in page
    moved = visit(cast.commissioner, "GET", address).get_data(as_text=True)
    assert "They are no grades" in moved
    assert '<option value="geometric" selected>' in moved
    scores = own[-1].scores
    for score in scores.values():
        assert f"<b>{score:.1f}</b>" in moved


def test_a_trial_names_the_letters_and_orders_that_it_turns(
    published: dict[str, Scorecard],
) -> None:
    cards = queries.cards([MONTH])
    trials = {one.preset.name: one for one in comparison.outcomes(cards, VERSION_1_0)}

    assert (trials["As published"].letters, trials["As published"].turned) == ([], 0)
    assert trials["As published"].pairs == 1
    for trial in trials.values():
        rows = comparison.compared(
            cards, trial.preset.weights, VERSION_1_0, is_geometric=trial.preset.is_geometric
        )
        (pair,) = comparison.orders(rows)
        assert trial.shown == (pair.moved == "shown")
        assert trial.turned == (pair.published == "reversed")


def test_without_70_of_100_points_of_moved_weight_there_is_no_letter(
    published: dict[str, Scorecard],
) -> None:
    cards = queries.cards([MONTH])
    # R1 to R3 are assessed. 70 of 100 is enough, 69 is not.
    for r3, has_letter in (("15", True), ("14", False)):
        given = {"R1": "25", "R2": "30", "R3": r3, "R4": "30" if has_letter else "31",
                 "R5": "0", "R6": "0"}  # fmt: skip
        weights = comparison.asked_weights(given, VERSION_1_0).weights
        rows = comparison.compared(cards, weights, VERSION_1_0)
        assert [row.moved.letter is not None for row in rows] == [has_letter] * 2


def test_the_case_mix_of_the_cards(published: dict[str, Scorecard]) -> None:
    cohorts = comparison.cohorts(queries.cards([MONTH]))

    mix = comparison.mix(cohorts, "surface", VERSION_1_0)

    assert [(code, n) for code, n, _share in mix.strata] == [
        ("invite_only_channel", 20), ("public_post", 21)
    ]  # fmt: skip
    counts = {
        "telegram": {"public_post": (0, 20)},
        "x": {"invite_only_channel": (20, 20), "public_post": (1, 1)},
    }
    assert {card.company.slug: one for card, one in mix.rows} == standardise(counts, VERSION_1_0.z)
    assert dict(mix.rows)[published["telegram"]].missing == ("invite_only_channel",)
    tests = {row.card.company.slug: row.test for row in comparison.curves(cohorts)}
    assert tests["telegram"] is None
    assert tests["x"].freedom == 1


def test_the_page_names_itself_a_what_if_and_stores_nothing(
    published: dict[str, Scorecard], cast: Any, visit: Any
) -> None:
    before = {card.id: (card.score, card.details) for card in queries.cards([MONTH])}
    events = db.session.scalar(select(func.count()).select_from(AuditEvent))

    page = visit(cast.commissioner, "GET", f"/what-if/{MONTH}?R1=100&R2=0&R3=0&R4=0&R5=0&R6=0")
    text = page.get_data(as_text=True)

    assert page.status_code == 200
    assert "They are no grades" in text
    assert "Telegram ahead of X: under these weights the order is shown." in text
    assert "Under the published weights the opposite is shown." in text
    assert 'name="R1" inputmode="decimal" value="100"' in text
    assert "not standardisable" in text
    db.session.expire_all()
    assert {card.id: (card.score, card.details) for card in queries.cards([MONTH])} == before
    assert db.session.scalar(select(func.count()).select_from(AuditEvent)) == events
    quiet = visit(cast.commissioner, "GET", f"/what-if/{MONTH}").get_data(as_text=True)
    assert "They are no grades" not in quiet


def test_a_wrong_weight_is_named_at_its_field(
    published: dict[str, Scorecard], cast: Any, visit: Any
) -> None:
    text = visit(cast.head, "GET", f"/what-if/{MONTH}?R4=-3").get_data(as_text=True)

    assert "Write a number from 0 to 1000." in text
    assert 'value="-3"' in text


@pytest.mark.parametrize(
    ("part", "code"),
    [("commissioner", 200), ("head", 200), ("officer", 200), ("auditor", 200),
     ("delegate", 404), ("rival", 404), ("police", 404), ("administrator", 404)],
)  # fmt: skip
def test_companies_have_no_what_if(
    published: dict[str, Scorecard], cast: Any, visit: Any, part: str, code: int
) -> None:
    assert visit(getattr(cast, part), "GET", f"/what-if/{MONTH}").status_code == code


def test_a_commissioner_is_shown_published_cards_only(
    published: dict[str, Scorecard], cast: Any, visit: Any
) -> None:
    with transaction():
        published["x"].status = ScorecardStatus.FROZEN

    text = visit(cast.commissioner, "GET", f"/what-if/{MONTH}").get_data(as_text=True)

    assert "Telegram" in text
    assert f'href="/scorecards/{published["x"].id}"' not in text


def test_addresses_without_cards_are_explained(cast: Any, visit: Any) -> None:
    assert "No frozen card yet" in visit(cast.head, "GET", "/what-if/").get_data(as_text=True)
    assert "No frozen card yet" in visit(cast.head, "GET", "/what-if/2026-01").get_data(
        as_text=True
    )
    assert visit(cast.head, "GET", "/what-if/never").status_code == 302
