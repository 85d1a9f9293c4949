"""The regulator's own clock, by hand and on the page."""

from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest

from portal.core.clock import SEOUL
from portal.core.db import transaction
from portal.removal_requests import intake_clock, queries, service
from portal.removal_requests.intake_clock import Run, Span
from tests.removal_requests import make

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "median", "nine_in_ten"),
    [([5], 5, 5), ([1, 2], Fraction(3, 2), 2), ([3, 1, 2], 2, 3),
     (list(range(1, 11)), Fraction(11, 2), 9), (list(range(1, 12)), 6, 10)],
)  # fmt: skip
def test_the_median_and_nine_in_ten(hours, median, nine_in_ten):
    assert intake_clock.span(Fraction(h) for h in hours) == Span(len(hours), median, nine_in_ten)


def test_nothing_has_no_median():
    assert intake_clock.span([]) == Span(0, None, None)


def test_a_case_counts_in_the_week_in_which_it_came_in_seoul(at):
    sunday = datetime(2026, 2, 22, 23, 59, 59, tzinfo=SEOUL)
    runs = [
        Run(sunday, sunday + HOUR, sunday + 3 * HOUR),
        Run(sunday + timedelta(seconds=1), sunday + HOUR / 2, None),
        Run(at, None, None),
        Run(at, at - HOUR, None),  # a slip: handed over before it came
        Run(at - timedelta(days=200), at, at),
    ]
    weeks = intake_clock.by_week(runs, at=at)

    assert [week.monday for week in weeks] == [
        date(2025, 12, 15) + timedelta(days=7 * n) for n in range(12)
    ]
    assert [week.received for week in weeks] == [0] * 9 + [1, 1, 2]
    assert (weeks[9].hand_over, weeks[9].issue) == (Span(1, 1, 1), Span(1, 3, 3))
    assert weeks[10].hand_over.median == Fraction(1799, 3600)
    assert (weeks[11].hand_over, weeks[11].issue) == (Span(0, None, None), Span(0, None, None))


def test_each_reference_is_measured_from_the_call_to_its_issue(companies, cast, visit, at):
    intake, _secret = make.intake(
        companies["telegram"], cast, at=at, received_at=at - 2 * HOUR,
        reference="https://t.example/1\nhttps://t.example/2",
    )  # fmt: skip
    with transaction():
        first, _second = service.hand_over(intake, by=cast.operator.as_actor(), at=at)
        service.issue(first, by=cast.head.as_actor(), at=at + HOUR)

    runs = queries.intake_runs(at - timedelta(days=7))
    hand_over, issue = intake_clock.spans(runs)
    assert (hand_over, issue) == (Span(2, 2, 2), Span(1, 3, 3))
    assert queries.drafts_of_the_hotline() == 1
    for person in (cast.operator, cast.head, cast.auditor):
        page = make.text(visit(person, "GET", "/hotline/clock"))
        assert "2.0 h" in page and "3.0 h" in page
        assert "t.example" not in page and first.request_no not in page
