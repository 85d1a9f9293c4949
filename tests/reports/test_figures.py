"""The figures of a report, against counts made another way."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from portal.access.actor import CLOCK
from portal.core.db import db, transaction
from portal.methodology.method import VERSION_1_0
from portal.removal_requests.models import MeasureType, Outcome, RemovalRequest, Verification
from portal.reports import queries, service
from portal.scorecards import service as scorecards
from tests.reports.conftest import MONTH, WORD


def content(at: datetime, language: str = "en") -> dict[str, Any]:
    with transaction():
        said: dict[str, Any] = service.make(MONTH, by=CLOCK, at=at).content[language]
    return said


def test_flows_in_the_database_equal_the_score_of_each_company(january: Any, at: Any) -> None:
    ids = [company.id for company in january.values()]
    counted = queries.flows(ids, [MONTH], at=at, method=VERSION_1_0)

    for company in january.values():
        score = scorecards.compute(company, MONTH, at)
        r1, r2 = score.measures["R1"], score.measures["R2"]
        flow = counted[(company.id, MONTH)]
        assert (flow.answered, flow.followed_to_answer) == (r1.x, r1.n)
        assert (flow.gone, flow.followed_to_removal) == (r2.x, r2.n)
        assert flow.requests == score.beside["requests"]


def test_what_was_not_followed_long_enough_is_in_no_share(january: Any) -> None:
    telegram = january["telegram"]
    half_way = datetime.fromisoformat("2026-01-13T20:00:00+00:00")
    flow = queries.flows([telegram.id], [MONTH], at=half_way, method=VERSION_1_0)[(telegram.id, MONTH)]  # fmt: skip
    facts = [
        request
        for request in db.session.query(RemovalRequest).filter_by(company_id=telegram.id)
        if request.delivered_at <= half_way
        and not request.exclusion
        and request.measure_type is MeasureType.REMOVAL
    ]
    followed = [(half_way - r.delivered_at).total_seconds() / 3600 for r in facts]

    assert flow.requests == len(facts)
    assert flow.followed_to_answer == sum(hours >= 24 for hours in followed)
    assert flow.followed_to_removal == sum(hours >= 48 for hours in followed)


def test_all_companies_at_a_glance(cards: Any, january: Any, at: Any) -> None:
    said = content(at)
    rows = {row["name"]: row for row in said["rows"]}

    assert list(rows) == ["Telegram", "X"]
    for slug, row in (("telegram", rows["Telegram"]), ("x", rows["X"])):
        score = scorecards.compute(january[slug], MONTH, cards[slug].as_of)
        assert row["letter"] == score.letter
        assert row["requests"] == str(score.beside["requests"])
    assert (rows["Telegram"]["state"], rows["X"]["state"]) == ("", "not final")
    assert said["finality"].startswith("1 of 2 cards are final.")
    assert [cell["share"] for cell in said["details"][0]["cells"]][3:] == ["not assessed", "not assessed", "1 / 3"]  # fmt: skip


def test_what_stands_beside_is_never_added_up(january: Any, at: Any) -> None:
    beside = {row["name"]: row for row in content(at)["beside"]}
    for company in january.values():
        mine = db.session.query(RemovalRequest).filter_by(company_id=company.id).all()
        asked = [r for r in mine if not r.exclusion and r.measure_type is not MeasureType.BLOCK]
        assert beside[company.name_en] == {
            "name": company.name_en,
            "requests": str(len(asked)),
            "gone": str(sum(r.outcome is Outcome.REMOVED and r.verification is Verification.GONE for r in asked)),
            "restricted": "1",
            "refused": "1",
            "undecided": "1",
            "blocks": "1",
            "excluded": "1",
        }  # fmt: skip


def test_promises_of_both_sides(january: Any, at: Any) -> None:
    said = content(at)

    assert said["due_words"] == "4 action items of both sides were due: 2 done in time, 1 done late, 1 not done."  # fmt: skip
    assert [(row["number"], row["state"]) for row in said["not_in_time"]] == [
        ("Telegram A-2026-002", "done, 3 days late"),
        ("Telegram A-2026-003", "agreed"),
    ]
    clock = {row["name"]: (row["ours"], row["theirs"]) for row in said["clocks"]}
    assert clock == {"Telegram": ("1 / 1", "1 / 3"), "X": ("–", "–")}
    assert said["overdue"] == ["X: 1, the oldest due Mon 1 Dec 2025"]


def test_both_clocks_stand_side_by_side(cards: Any, at: Any) -> None:
    clock = content(at)["clocks"][0]

    assert (clock["intake_to_issue"], clock["issue_to_delivery"]) == ("3.0 h", "1.0 h")
    assert clock["delivery_to_gone"].endswith(" h")


def test_consultations_held_moved_and_cancelled_and_by_whom(january: Any, at: Any) -> None:
    rows = {row["serial"]: row for row in content(at)["consultations"]}

    assert rows["Telegram 2026-01"]["kind"] == "good"
    assert rows["X 2026-01"]["detail"] == "by the company; 48 h before; Nobody could travel"
    assert rows["X 2026-02"]["detail"] == "moved from Fri 9 Jan 2026 by the company"


def test_national_figures_stand_apart_with_their_source(january: Any, at: Any) -> None:
    assert content(at)["facts"] == [
        {
            "period": "2024", "statement": "Sexual deepfake correction requests", "figure": "23,107",
            "source": "example.org", "url": "https://www.example.org/a",
        }
    ]  # fmt: skip


def test_the_content_holds_no_reference_and_no_request(cards: Any, at: Any) -> None:
    with transaction():
        report = service.make(MONTH, by=CLOCK, at=at)

    assert WORD not in json.dumps(report.content, ensure_ascii=False)


def test_both_languages_say_the_same_figures(cards: Any, at: Any) -> None:
    with transaction():
        said = service.make(MONTH, by=CLOCK, at=at).content

    for part in ("rows", "trend", "beside", "details"):
        assert len(said["ko"][part]) == len(said["en"][part])
    assert [row["score"] for row in said["ko"]["rows"]] == [row["score"] for row in said["en"]["rows"]]  # fmt: skip
    assert said["ko"]["org_name"] == "방송미디어통신심의위원회"
