"""The score: worked example, edges of the method, and what must never raise a figure."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from portal.methodology.cohort import freeze_instant, month_bounds
from portal.methodology.computing import compute
from portal.methodology.facts import ActionFact, BesideFact, PoliceFact, RequestFact
from portal.methodology.method import VERSION_1_0, Cap, Method
from portal.methodology.score import Score
from portal.methodology.sensitivity import sensitivity, uncertainty

MONTH = "2026-10"
START, END = month_bounds(MONTH)
FREEZE = freeze_instant(MONTH)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
ZERO = START + 20 * HOUR
numbers = count(1)


def request(removed=None, *, answered=None, outcome=None, zero=ZERO, **changes) -> RequestFact:
    """A delivered request; `removed` and `answered` in hours after delivery."""
    if removed is not None:
        outcome = outcome or "removed"
        answered = removed if answered is None else answered
    is_gone = removed is not None
    fact = RequestFact(
        number=f"RR-{next(numbers):06}",
        issued_at=zero - HOUR,
        delivered_at=zero,
        decided_at=None if answered is None else zero + answered * HOUR,
        outcome=outcome,
        removed_at=zero + removed * HOUR if is_gone else None,
        verified_at=zero + (removed + 1) * HOUR if is_gone else None,
        verification="gone" if is_gone else None,
        rechecked_at=None,
        recheck=None,
        measure_type="removal",
        surface="public_post",
        legal_ground="drugs",
        excluded=None,
        excluded_by=None,
    )
    return replace(fact, **changes)


def refused(answered=1, **changes) -> RequestFact:
    return request(answered=answered, outcome="refused", **changes)


def police(answered, due=START + 300 * HOUR, **changes) -> PoliceFact:
    return PoliceFact("IR-1", START, due, answered, changes.get("outcome", "provided"))


def action(reported, due=START + 300 * HOUR, is_accepted=True) -> ActionFact:
    return ActionFact("AI-1", due, reported, is_accepted)


def score_of(requests, *, as_of=FREEZE, police=(), actions=(), company="Telegram", **rest) -> Score:
    return compute(
        company=company,
        month=MONTH,
        as_of=as_of,
        method=VERSION_1_0,
        requests=requests,
        police=police,
        actions=actions,
        **rest,
    )


def values(score: Score) -> dict[str, float | None]:
    return {id: measure.value for id, measure in score.measures.items()}


@pytest.fixture
def worked() -> Score:
    """The twelve of the method: every request is followed exactly as long as it says."""
    as_of = START + 200 * HOUR
    followed = [12, 30, 72, 100, 168]
    facts = [request(hours) for hours in (2, 5, 5, 9, 20, 24, 48)]
    facts += [request(zero=as_of - hours * HOUR) for hours in followed]
    return score_of(facts, as_of=as_of)


def test_the_worked_example_to_the_sixth_digit(worked):
    removal = worked.removal

    assert [round(v, 6) for v in (removal.f24, removal.f24_low, removal.f24_high)] == [
        0.523810,
        0.276313,
        0.817710,
    ]
    assert removal.f48 == float(Fraction(9, 14))
    assert worked.measures["R2"].value == float(100 * Fraction(9, 14))
    assert removal.median_hours == 24
    assert round(removal.rmst_hours, 6) == 71.654762
    assert round(removal.se, 6) == 22.614059
    assert round(worked.measures["R3"].value, 4) == 57.3484
    assert removal.tau_hours == 168
    assert [round(point.hours) for point in removal.curve] == [2, 5, 9, 20, 24, 48]


def test_the_worked_example_as_a_card(worked):
    # Eleven were followed for a day, six of them answered by then.
    assert (worked.measures["R1"].x, worked.measures["R1"].n) == (6, 11)
    assert worked.label == "provisional"
    r = {id: Fraction(value) for id, value in values(worked).items() if value is not None}
    assert r.keys() == {"R1", "R2", "R3"}
    assert worked.score == pytest.approx(float((25 * r["R1"] + 30 * r["R2"] + 15 * r["R3"]) / 70))
    assert worked.letter == "D"
    assert sum(m.effective_weight for m in worked.measures.values()) == pytest.approx(100)


def test_a_month_is_a_month_in_seoul():
    assert datetime(2026, 9, 30, 15, tzinfo=UTC) == START
    assert datetime(2026, 10, 31, 15, tzinfo=UTC) == END
    assert month_bounds("2026-12")[1] == datetime(2026, 12, 31, 15, tzinfo=UTC)
    assert freeze_instant(MONTH) == datetime(2026, 11, 7, 15, tzinfo=UTC)
    for wrong in ("2026-13", "2026-1", "26-01"):
        with pytest.raises(ValueError, match="not a month"):
            month_bounds(wrong)


def test_the_cohort_is_what_was_delivered_in_the_month():
    facts = [
        request(zero=START - SECOND),
        request(zero=START),
        request(zero=END - SECOND),
        request(zero=END),
    ]

    assert score_of(facts).measures["R2"].n == 2


def test_without_proof_of_delivery_the_clock_starts_at_the_issue_and_is_flagged():
    fact = request(delivered_at=None, issued_at=ZERO, removed=3)

    score = score_of([fact, request(3)])

    assert score.flagged == (fact.number,)
    assert score.removal.median_hours == 3


@pytest.mark.parametrize(("late", "x"), [(0, 1), (1, 0)])
def test_within_24_hours_is_to_the_second(late, x):
    fact = refused(decided_at=ZERO + 24 * HOUR + late * SECOND)

    assert score_of([fact]).measures["R1"].x == x


@pytest.mark.parametrize(("late", "value"), [(0, 100.0), (1, 0.0)])
def test_removed_within_48_hours_is_to_the_second(late, value):
    fact = request(48, removed_at=ZERO + 48 * HOUR + late * SECOND)

    assert score_of([fact]).measures["R2"].value == value


def test_a_request_followed_for_less_than_a_day_is_left_out_of_r1_even_if_answered():
    as_of = ZERO + 24 * HOUR
    facts = [refused(zero=ZERO), refused(zero=ZERO + SECOND)]

    assert score_of(facts, as_of=as_of).measures["R1"].n == 1


@pytest.mark.parametrize(
    ("outcome", "x"),
    [("refused", 1), ("not_found", 1), ("restricted", 1), ("needs_information", 0), (None, 0)],
)
def test_what_is_an_answer(outcome, x):
    assert score_of([request(answered=2, outcome=outcome)]).measures["R1"].x == x


@pytest.mark.parametrize(
    ("changes", "x"),
    [
        ({}, 1),
        ({"outcome": "restricted"}, 0),
        ({"outcome": "partial"}, 0),
        ({"outcome": "account_action"}, 0),
        ({"outcome": "account_action", "measure_type": "account"}, 1),
        ({"verification": "still_up"}, 0),
        ({"verification": "unreachable"}, 0),
        ({"verified_at": None}, 0),
        ({"verified_at": FREEZE + SECOND}, 0),
        ({"decided_at": FREEZE + SECOND}, 0),
        ({"removed_at": None}, 1),
    ],
)
def test_what_is_a_verified_removal(changes, x):
    assert score_of([request(5, **changes)]).measures["R2"].x == x


def test_a_claim_without_its_time_counts_from_the_verification():
    assert score_of([request(5, removed_at=None)]).removal.median_hours == 6


def test_blocks_are_in_no_cohort():
    score = score_of([request(5), request(5, measure_type="block")])

    assert score.measures["R1"].n == score.measures["R2"].n == 1
    assert score.beside["blocks"] == 1


def test_exclusions_are_listed_with_reason_and_person():
    fact = request(excluded="withdrawn", excluded_by="Kim")

    score = score_of([fact, request(5)])

    assert [tuple(row) for row in score.excluded] == [(fact.number, "withdrawn", "Kim")]
    assert score.measures["R2"].n == 1


def test_a_duplicate_nobody_excluded_stays_in_the_denominator():
    assert score_of([request(answered=1, outcome="duplicate")]).measures["R2"].n == 1


def test_rechecks_count_only_once_seen():
    gone = {"rechecked_at": ZERO + 200 * HOUR, "recheck": "gone"}
    facts = [
        request(1, **gone),
        request(1, **gone | {"recheck": "reappeared"}),
        request(1, **gone | {"recheck": "unreachable"}),
        request(1, **gone | {"rechecked_at": FREEZE + SECOND}),
    ]

    measure = score_of(facts).measures["R4"]

    assert (measure.x, measure.n, measure.value) == (1, 2, 50.0)


def test_police_requests_and_actions_due_in_the_month():
    due = START + 300 * HOUR
    score = score_of(
        [],
        as_of=START + 400 * HOUR,
        police=[
            police(due),
            police(due + SECOND),
            police(None),
            police(due, outcome="needs_information"),
            police(START, due=START + 401 * HOUR),
            police(START, due=END),
        ],
        actions=[action(due), action(due, is_accepted=False), action(None), action(due, due=END)],
    )

    assert (score.measures["R5"].x, score.measures["R5"].n) == (1, 4)
    assert (score.measures["R6"].x, score.measures["R6"].n) == (1, 3)


def test_nothing_asked():
    score = score_of([])

    assert (score.score, score.letter, score.label) == (None, None, "insufficient_data")
    assert not any(measure.assessed for measure in score.measures.values())
    assert uncertainty(score, 1) is None
    assert Score.from_dict(score.to_dict()) == score


def test_none_of_seven_and_all_of_148():
    none, every = score_of([request() for _ in range(7)]), score_of([request(1)] * 148)

    assert (none.measures["R2"].value, none.measures["R2"].low) == (0.0, 0.0)
    assert (none.label, none.letter, none.score) == ("insufficient_data", None, 0.0)
    assert none.removal.median_hours is None
    assert (every.measures["R2"].value, every.measures["R2"].high) == (100.0, 100.0)
    assert (every.letter, every.label, every.cap) == ("A", "", None)
    assert every.measures["R3"].value == float(100 * (1 - Fraction(1, 168)))


def test_refusing_everything_at_once_earns_the_answers_and_nothing_else():
    score = score_of([refused() for _ in range(40)])

    assert (values(score)["R1"], values(score)["R2"], values(score)["R3"]) == (100.0, 0.0, 0.0)
    assert (score.letter, score.removal.rmst_hours) == ("E", 168.0)


def test_exactly_70_points_of_weight_are_enough():
    score = score_of([request(1) for _ in range(10)])

    assert [m.assessed for m in score.measures.values()] == [True] * 3 + [False] * 3
    assert score.letter == "A"
    assert score.measures["R2"].effective_weight == 100 * 30 / 70


def test_without_r1_there_is_no_grade():
    score = score_of(
        [request(1) for _ in range(10)],
        as_of=ZERO + 23 * HOUR,
        police=[police(START, due=START + HOUR)],
        actions=[action(START, due=START + HOUR)],
    )

    assert (score.score, score.letter, score.label) == (None, None, "not_graded")


@pytest.mark.parametrize(
    ("removed", "n", "letter", "cap"),
    [
        (80, 100, "A", None),  # R2 is 80 exactly
        (7999, 10_000, "B", "r2_below_80"),
        (50, 100, "B", None),  # the band says B as well
        (49, 100, "C", "r2_below_50"),
    ],
)
def test_the_caps_bite_below_their_edge(removed, n, letter, cap):
    slow = 49  # after the mark, but early enough for a high R3
    facts = [request(0)] * removed + [request(slow, answered=1)] * (n - removed)
    others = {"police": [police(START)], "actions": [action(START)]}
    # R1, R3, R4 to R6 near 100, so that the band alone would be better than the cap.
    facts = [replace(f, recheck="gone", rechecked_at=FREEZE) for f in facts]

    score = score_of(facts, **others)

    assert (score.measures["R2"].value, score.letter, score.cap) == (
        float(Fraction(100 * removed, n)),
        letter,
        cap,
    )


def test_a_score_of_exactly_an_edge_earns_the_letter():
    facts = [request(0)] * 60 + [request()] * 40
    score = score_of(facts)

    assert values(score)["R1"] == values(score)["R2"] == values(score)["R3"] == 60.0
    assert (score.score, score.letter) == (60.0, "C")


@pytest.mark.parametrize(("n", "label"), [(9, "insufficient_data"), (29, "provisional"), (60, "")])
def test_labels_by_number_of_requests(n, label):
    assert score_of([request(1)] * n).label == label


def test_a_wide_interval_makes_the_letter_provisional():
    facts = [request(1)] * 16 + [request()] * 16

    score = score_of(facts)

    assert score.measures["R2"].high - score.measures["R2"].low > 30
    assert score.label == "provisional"


def test_if_nobody_was_followed_to_the_horizon_the_longest_follow_up_is_named():
    facts = [request(10)] + [request() for _ in range(3)]

    score = score_of(facts, as_of=ZERO + 50 * HOUR)

    assert score.removal.tau_hours == 50
    assert score.removal.rmst_hours == 10 + 0.75 * 40


def test_what_is_printed_beside():
    facts = [
        request(2),
        request(answered=3, outcome="restricted"),
        refused(is_disputed=True),
        request(),
        request(2, verification="still_up"),
    ]

    assert score_of(facts, beside=BesideFact(3, 2, 5.5)).beside == {
        "requests": 5,
        "excluded": 0,
        "blocks": 0,
        "restrictions": 1,
        "refusals": 1,
        "still_up": 1,
        "open": 1,
        "oldest_open_hours": (FREEZE - ZERO) / HOUR,
        "median_hours": None,
        "share_disputed": 0.2,
        "consultations_held": 3,
        "consultations_attended": 2,
        "regulator_median_hours": 5.5,
    }


def test_stored_and_read_again_it_is_the_same(worked):
    assert Score.from_dict(json.loads(json.dumps(worked.to_dict()))) == worked


def test_the_public_names(worked):
    public = json.loads(json.dumps(worked.public_json()))

    assert set(public) == {
        "company", "month", "as_of", "methodology", "measures", "score", "letter", "cap",
        "label", "excluded",
    }  # fmt: skip
    common = {"x", "n", "value", "low", "high", "assessed"}
    assert set(public["measures"]["R1"]) == common
    assert set(public["measures"]["R2"]) == common | {"f24", "f48", "median_hours"}
    assert set(public["measures"]["R3"]) == common | {"rmst_hours", "se"}


hours = st.one_of(st.none(), st.integers(min_value=0, max_value=300))
cohorts = st.lists(st.tuples(st.integers(min_value=0, max_value=700), hours), max_size=25)


def build(cohort):
    return [request(removed, zero=START + start * HOUR) for start, removed in cohort]


@given(cohorts, st.integers(min_value=0, max_value=900), st.randoms())
def test_the_order_of_facts_never_matters(cohort, at, source):
    facts, as_of = build(cohort), START + at * HOUR
    score = score_of(facts, as_of=as_of)
    source.shuffle(facts)

    assert score_of(facts, as_of=as_of) == score
    for measure in score.measures.values():
        if measure.assessed:
            assert 0 <= measure.low <= measure.high <= 100
            assert 0 <= measure.value <= 100


@given(cohorts, st.data())
def test_one_more_removal_never_lowers_r2_or_r3_and_a_refusal_never_raises_them(cohort, data):
    as_of = START + data.draw(st.integers(min_value=1, max_value=900)) * HOUR
    facts = build([*cohort, (0, None)])
    removed_at = START + data.draw(st.integers(min_value=0, max_value=300)) * HOUR
    more = [
        *facts[:-1],
        replace(
            facts[-1],
            outcome="removed",
            decided_at=removed_at,
            removed_at=removed_at,
            verified_at=removed_at,
            verification="gone",
        ),
    ]
    no = [*facts[:-1], replace(facts[-1], outcome="refused", decided_at=removed_at)]

    kept, better, worse = (values(score_of(rows, as_of=as_of)) for rows in (facts, more, no))

    assert better["R2"] >= kept["R2"] == worse["R2"]
    assert better["R3"] >= kept["R3"] - 1e-9
    assert kept["R3"] == worse["R3"]


@given(cohorts, st.integers(min_value=0, max_value=900))
def test_what_comes_later_changes_nothing(cohort, at):
    """Facts cut at the instant and facts in full give the same card."""
    as_of, facts = START + at * HOUR, build(cohort)

    def known(when):
        return when if when is not None and when <= as_of else None

    cut = [
        replace(
            fact,
            delivered_at=known(fact.delivered_at),
            decided_at=known(fact.decided_at),
            outcome=fact.outcome if known(fact.decided_at) else None,
            removed_at=known(fact.removed_at),
            verified_at=known(fact.verified_at),
            verification=fact.verification if known(fact.verified_at) else None,
        )
        for fact in facts
    ]

    assert score_of(cut, as_of=as_of) == score_of(facts, as_of=as_of)


def test_the_draws_follow_the_seed_and_surround_the_score(worked):
    first = uncertainty(worked, 7)

    assert first == uncertainty(worked, 7) != uncertainty(worked, 8)
    assert first.low < worked.score < first.high
    assert sum(first.letters.values()) == pytest.approx(1)
    assert max(first.letters, key=first.letters.get) in "CD"


def test_draws_give_no_letters_where_the_card_gives_none():
    drawn = uncertainty(score_of([request(1)] * 9), 1, 500)

    assert drawn.letters == {}


def test_draws_of_one_share_agree_with_the_beta_distribution():
    facts = [request(1)] * 30 + [request()] * 10
    score = score_of(facts)
    only_r1 = replace(
        score,
        measures={
            id: replace(m, effective_weight=100.0 if id == "R1" else 0.0)
            for id, m in score.measures.items()
        },
    )

    drawn = uncertainty(only_r1, 3)

    truth = 100 * beta(30.5, 10.5).ppf([0.025, 0.975])
    assert (drawn.low, drawn.high) == pytest.approx(truth, abs=0.6)


def test_sensitivity_runs_every_choice_and_starts_with_the_card():
    good = score_of([request(1)] * 45 + [request()] * 5, company="X")
    poor = score_of([request(1)] * 10 + [request()] * 40, company="Telegram")

    runs = {run.name: run for run in sensitivity([good, poor])}

    assert len(runs) == 1 + 12 + 1 + 6 + 1
    assert runs["base"].letters == {"X": good.letter, "Telegram": poor.letter}
    assert runs["base"].scores["X"] == pytest.approx(good.score, abs=1e-9)
    assert runs["base"].ranks == {"X": (1, 1), "Telegram": (2, 2)}
    assert runs["geometric"].scores["X"] <= runs["base"].scores["X"] + 1e-9
    assert sensitivity([good, poor]) == list(runs.values())


def test_sensitivity_leaves_the_ungraded_without_letter():
    few, none = score_of([request(1)] * 5, company="X"), score_of([], company="Meta")

    base = sensitivity([few, none])[0]

    assert base.letters == {"X": None, "Meta": None}
    assert base.scores["Meta"] is None
    assert base.ranks == {"X": (1, 1)}


def test_a_score_is_not_read_with_another_version(worked):
    later = replace(VERSION_1_0, version="1.1")

    with pytest.raises(ValueError, match=r"score by method 1\.0"):
        uncertainty(worked, 1, method=later)
    with pytest.raises(ValueError, match=r"score by method 1\.0"):
        sensitivity([worked], method=later)


def test_the_method_is_stored_as_it_is():
    text = VERSION_1_0.to_json()

    assert Method.from_json(text) == VERSION_1_0
    assert Method.from_json(text).to_json() == text
    with pytest.raises(ValueError, match="not in the stored method: bands"):
        Method.from_json(json.dumps({k: v for k, v in json.loads(text).items() if k != "bands"}))
    with pytest.raises(TypeError):
        Method.from_json(json.dumps(json.loads(text) | {"invented": 1}))


def test_a_method_must_add_up():
    with pytest.raises(ValueError, match="add up to 100"):
        replace(VERSION_1_0, weights=tuple(w._replace(points=10) for w in VERSION_1_0.weights))
    assert VERSION_1_0.caps[0] == Cap("r2_below_50", "R2", 50, "C")


def test_targets_are_dated():
    assert "de_netzdg" in {t.code for t in VERSION_1_0.targets_on(datetime(2024, 5, 13).date())}
    assert {t.code for t in VERSION_1_0.targets_on(datetime(2026, 10, 1).date())} == {
        "commission",
        "eu_code_plus",
        "us_take_it_down",
    }
