"""Targets of action items in the report: what is told of them, and what of a part of the requests is not."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.access.actor import CLOCK
from portal.core.db import transaction
from portal.minutes.targets import TypedTarget
from portal.reports import service, tables
from portal.scorecards import service as scorecards
from tests.actions import make
from tests.reports.conftest import MONTH

FROM = date(2026, 1, 1)
LEFT_OVER = [(7, 2, False), (8, 5, True)]
"""From which day, how many requests were delivered before it, and whether figures are told."""


def promised(company: Any, *targets: TypedTarget) -> None:
    for nth, target in enumerate(targets):
        make.agreed(
            company, at=datetime(2025, 12, 20, tzinfo=UTC), due=datetime(2026, 4, 30, 18),
            target=target, text=f"Promise {nth}.",
        )  # fmt: skip


def report(at: Any) -> Any:
    with transaction():
        return service.make(MONTH, by=CLOCK, at=at)


@pytest.fixture
def judged(january: Any, at: Any) -> Any:
    """A card of Telegram with four targets: of all its requests, of a surface, of a part of the month."""
    promised(
        january["telegram"],
        TypedTarget("R1", share="1", from_on=FROM),
        TypedTarget("answered", share="100", hours=1, from_on=FROM),
        TypedTarget("R1", share="1", from_on=FROM, surface="public_post"),
        TypedTarget("R1", share="1", from_on=date(2026, 1, 2)),
    )
    with transaction():
        return scorecards.draft(january["telegram"], MONTH, by=CLOCK, at=at)


def test_a_target_of_all_requests_is_told_with_its_figures(judged: Any, at: Any) -> None:
    rows = report(at).content["en"]["targets"]
    kept = judged.details["promises"]

    assert [(row["number"], row["what"], row["promised"]) for row in rows[:2]] == [
        ("Telegram A-2025-001", "R1 Substantive answer in time", "at least 1%"),
        ("Telegram A-2025-002", "Answered within 1 h", "at least 100%"),
    ]
    assert rows[0]["share"] == f"{kept[0]['x']} / {kept[0]['n']}"
    assert [row["verdict"] for row in rows] == [row["verdict"].replace("_", " ") for row in kept]


def test_of_parts_of_the_requests_the_verdicts_alone_are_told(judged: Any, at: Any) -> None:
    for row in report(at).content["en"]["targets"][2:]:
        assert (row["value"], row["share"], row["interval"]) == ("–", "–", "–")
        assert row["verdict"] in ("met", "not met", "not shown")


@pytest.mark.parametrize(("first_day", "left", "is_told"), LEFT_OVER)
def test_a_single_part_is_told_where_the_rest_are_not_few(
    january: Any, at: Any, first_day: int, left: int, is_told: bool
) -> None:
    promised(january["telegram"], TypedTarget("R1", share="1", from_on=date(2026, 1, first_day)))
    with transaction():
        card = scorecards.draft(january["telegram"], MONTH, by=CLOCK, at=at)
    [row] = report(at).content["en"]["targets"]

    assert card.figures.measures["R1"].n - card.details["promises"][0]["n"] == left
    assert (row["share"] != "–") is is_told
    assert row["held"].startswith("counted from ")
    assert row["verdict"] in ("met", "not met", "not shown")


def test_page_file_and_brief_tell_the_same(judged: Any, at: Any, cast: Any, visit: Any) -> None:
    made = report(at)
    content = made.content["en"]
    [table] = [one for one in tables.of(content) if one.title == "Targets of action items"]
    page = visit(cast.head, "GET", f"/reports/{made.id}").get_data(as_text=True)

    assert table.rows == [list(row.values())[:-1] for row in content["targets"]]
    assert "Targets of action items</h3>" in page
    assert any("Targets of action items: " in line for line in content["brief"])
    assert any("이행과제의 목표: " in line for line in made.content["ko"]["brief"])


def test_without_targets_nothing_is_said(january: Any, at: Any) -> None:
    content = report(at).content["en"]

    assert content["targets"] == []
    assert not any("Targets" in line for line in content["brief"])
