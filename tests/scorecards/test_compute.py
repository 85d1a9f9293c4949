"""From rows to figures that were computed by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.consultations.models import Side
from portal.core.db import db
from portal.core.errors import Refused
from portal.methodology.cohort import freeze_instant
from portal.responses.models import Response, Verdict
from portal.scorecards import service
from tests.scorecards.conftest import DELIVERED, MONTH, OVER

DUE = datetime(2026, 3, 20, 14, 59, 59, tzinfo=UTC)


def test_twelve_rows_give_the_figures_done_by_hand(app: Any, companies: Any, twelve: Any) -> None:
    twelve(companies["telegram"])

    score = service.compute(companies["telegram"], MONTH, OVER)

    measures = score.measures
    # Six answered within 24 h (2, 5, 5, 9, 20, 24), of twelve.
    assert (measures["R1"].x, measures["R1"].n, measures["R1"].value) == (6, 12, 50.0)
    # Nobody is censored before 48 h, so S(48) is 5/12.
    assert (measures["R2"].x, measures["R2"].n) == (7, 12)
    assert measures["R2"].value == pytest.approx(700 / 12)
    # Area: 2 + 11/12 x 3 + 9/12 x 4 + 8/12 x 11 + 7/12 x 4 + 6/12 x 24 + 5/12 x 120 h.
    mean = 2 + 11 / 4 + 3 + 22 / 3 + 7 / 3 + 12 + 50
    assert score.removal.rmst_hours == pytest.approx(mean)
    assert measures["R3"].value == pytest.approx(100 * (1 - mean / 168))
    assert score.removal.median_hours == 24
    assert [measures[id].assessed for id in ("R4", "R5", "R6")] == [False] * 3
    # 25 + 30 + 15 points of weight are left: exactly the least that is graded.
    expected = (25 * 50 + 30 * 700 / 12 + 15 * 100 * (1 - mean / 168)) / 70
    assert score.score == pytest.approx(expected)
    assert (score.letter, score.label) == ("D", "provisional")


def test_answers_to_the_police_and_promises_count(
    app: Any, companies: Any, twelve: Any, police_request: Any, promise: Any
) -> None:
    company = companies["telegram"]
    twelve(company)
    police_request(company, due=DUE, answered=DUE)
    police_request(company, due=DUE, answered=DUE + timedelta(seconds=1))
    police_request(company, due=DUE, answered=None)
    police_request(company, due=datetime(2026, 4, 1, tzinfo=UTC), answered=None)
    promise(company, due=DUE, done=DUE)
    promise(company, due=DUE, done=None)
    promise(company, due=DUE, done=None, owner=Side.INSTITUTION)
    police_request(companies["x"], due=DUE, answered=DUE)
    db.session.commit()

    measures = service.compute(company, MONTH, OVER).measures

    assert (measures["R5"].x, measures["R5"].n) == (1, 3)
    assert (measures["R6"].x, measures["R6"].n) == (1, 2)


def test_an_exclusion_counts_once_a_second_person_agreed(
    app: Any, companies: Any, request_to: Any
) -> None:
    company = companies["telegram"]
    request_to(company, exclusion="duplicate")
    agreed = request_to(company, exclusion="malformed", excluded_by="Head of team")
    db.session.commit()

    score = service.compute(company, MONTH, OVER)

    assert score.measures["R2"].n == 1
    assert [tuple(one) for one in score.excluded] == [
        (agreed.request_no, "malformed", "Head of team")
    ]


def test_the_past_is_seen_as_it_stood(app: Any, companies: Any, twelve: Any) -> None:
    twelve(companies["telegram"])

    score = service.compute(companies["telegram"], MONTH, DELIVERED + timedelta(hours=12))

    assert score.measures["R1"].n == 0  # nobody has been followed for 24 h
    # Gone by 2 and 5 hours and verified by then; the one of 9 hours is checked only at 14.
    assert score.measures["R2"].x == 3


def test_a_month_before_any_method_is_refused(app: Any, companies: Any) -> None:
    with pytest.raises(Refused, match="No version"):
        service.compute(companies["telegram"], "2019-12", OVER)


def test_compute_prints_the_agreed_names(app: Any, companies: Any, twelve: Any) -> None:
    twelve(companies["telegram"])

    answer = app.test_cli_runner().invoke(
        args=["scorecards", "compute", "--company", "telegram", "--month", MONTH,
              "--as-of", OVER.isoformat(), "--json"]
    )  # fmt: skip

    assert answer.exit_code == 0, answer.output
    card = json.loads(answer.output)
    assert set(card) == {
        "company", "month", "as_of", "methodology", "measures", "score", "letter", "cap",
        "label", "excluded",
    }  # fmt: skip
    common = {"x", "n", "value", "low", "high", "assessed"}
    assert set(card["measures"]) == {"R1", "R2", "R3", "R4", "R5", "R6"}
    assert set(card["measures"]["R2"]) == common | {"f24", "f48", "median_hours"}
    assert set(card["measures"]["R3"]) == common | {"rmst_hours", "se"}
    assert card["measures"]["R2"]["f24"] == pytest.approx(0.5)
    assert (card["company"], card["month"], card["methodology"]) == ("telegram", MONTH, "1.0")


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["--company", "nobody", "--month", MONTH], "Known: telegram, x"),
        (["--company", "x", "--month", "2026-13"], "Write the month"),
        (["--company", "x", "--month", MONTH, "--as-of", "2026-04-01"], "the offset is missing"),
    ],
)
def test_bad_arguments_name_the_remedy(app: Any, arguments: list[str], remedy: str) -> None:
    answer = app.test_cli_runner().invoke(args=["scorecards", "compute", *arguments])

    assert answer.exit_code != 0
    assert remedy in answer.output


@pytest.mark.parametrize(
    ("accepted_at", "x"),
    [
        (datetime(2026, 4, 5, 1, tzinfo=UTC), 1),
        (freeze_instant(MONTH), 1),
        (freeze_instant(MONTH) + timedelta(seconds=1), 0),
    ],
)
def test_evidence_accepted_after_the_month_and_before_the_freeze_counts(
    app: Any, companies: Any, promise: Any, accepted_at: datetime, x: int
) -> None:
    """Reported in time in March; a month's card is frozen as of the 8th, 00:00 in Seoul."""
    company = companies["telegram"]
    item = promise(company, due=DUE, done=DUE)
    db.session.add(
        Response(
            action_item_id=item.id, company_id=company.id, text="-", reported_at=DUE,
            reported_by="Representative", verdict=Verdict.VERIFIED, decided_at=accepted_at,
            decided_by="Officer",
        )
    )  # fmt: skip
    db.session.commit()

    done = service.compute(company, MONTH, freeze_instant(MONTH)).measures["R6"]

    assert freeze_instant(MONTH) == datetime(2026, 4, 7, 15, tzinfo=UTC)
    assert (done.x, done.n) == (x, 1)
