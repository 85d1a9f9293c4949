"""The figures of a report, against counts made another way."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import render_template
from python_calamine import CalamineWorkbook

from portal.access.actor import CLOCK
from portal.actions.models import ActionItem
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.figures import shown
from portal.core.i18n import day
from portal.facts.models import NationalSeries, PublishedFact
from portal.information_requests.models import InformationRequest
from portal.methodology import service as methodology
from portal.methodology.method import VERSION_1_0
from portal.methodology.small_cells import counted
from portal.removal_requests.models import (
    Exclusion,
    MeasureType,
    Outcome,
    RemovalRequest,
    Verification,
)
from portal.reports import queries, service, tables
from portal.scorecards import service as scorecards
from portal.scorecards.models import MonthStep, MonthStepKind, Scorecard
from tests.reports.conftest import FIRST, MONTH, WORD, a_request


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


def test_the_trend_counts_what_a_frozen_card_counted(cards: Any, january: Any, at: Any) -> None:
    """A request that two persons take out after the freeze stays in Telegram's month; X's, whose card
    is a draft, is counted anew."""
    before = queries.gather(MONTH, at=at).flows
    with transaction():
        for company in january.values():
            one = db.session.scalars(
                db.select(RemovalRequest).where(
                    RemovalRequest.company_id == company.id, RemovalRequest.exclusion.is_(None),
                    RemovalRequest.measure_type == MeasureType.REMOVAL,
                )
            ).first()  # fmt: skip
            one.exclusion, one.excluded_by = Exclusion.DUPLICATE, "Head of team"
    after = queries.gather(MONTH, at=at).flows
    telegram, x = ((one.id, MONTH) for one in january.values())

    assert after[telegram] == before[telegram]
    assert after[x].requests == before[x].requests - 1


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


def test_what_stands_beside_is_counted_as_on_the_card(cards: Any, january: Any, at: Any) -> None:
    """A request that goes to another company later is still where the card counted it."""
    with transaction():
        moved = (
            db.session.query(RemovalRequest).filter_by(company_id=january["telegram"].id).first()
        )
        moved.company_id = january["x"].id
    said = content(at)

    for slug, row in zip(("telegram", "x"), said["beside"], strict=True):
        score = cards[slug].figures
        assert row == {
            "name": january[slug].name_en,
            "requests": str(score.beside["requests"]),
            "gone": str(score.measures["R3"].x),
            # One of each, and no more than four that were not removed.
            "restricted": "–",
            "refused": "–",
            "undecided": "–",
            "blocks": "<5",
            "excluded": "<5",
        }
    assert [row["requests"] for row in said["rows"]] == [row["requests"] for row in said["beside"]]


def test_without_a_card_nothing_stands_beside(january: Any, at: Any) -> None:
    said = content(at)

    assert {row["requests"] for row in said["beside"]} == {"–"}
    # Nothing was asked in December: there is no share to set beside January's.
    assert "in the month before" not in said["brief"][0]


def test_no_reason_for_leaving_out_is_left_over_from_their_number(january: Any, at: Any) -> None:
    """Six were left out, five of them as duplicates: the sixth is not told to be withdrawn."""
    telegram = january["telegram"]
    with transaction():
        db.session.add_all(
            a_request(telegram, 70 + n, exclusion="duplicate", excluded_by="Head of team")
            for n in range(5)
        )
        scorecards.draft(telegram, MONTH, by=CLOCK, at=at)
    said = content(at)

    assert said["beside"][0]["excluded"] == "6"
    assert said["exclusions"][0]["counts"] == ["–", "–", "–", "–"]


def test_promises_of_both_sides(january: Any, at: Any) -> None:
    said = content(at)

    assert said["due_words"] == "4 action items of both sides were due: 2 done in time, 1 done late, 1 not done."  # fmt: skip
    assert [(row["number"], row["state"]) for row in said["not_in_time"]] == [
        ("Telegram A-2026-002", "done, 3 days late"),
        ("Telegram A-2026-003", "not done (agreed)"),
    ]
    clock = {row["name"]: (row["ours"], row["theirs"]) for row in said["clocks"]}
    assert clock == {"Telegram": ("1 / 1", "1 / 3"), "X": ("–", "–")}
    assert said["overdue"] == ["X: 1, the oldest due Mon 1 Dec 2025"]
    assert (
        "Action items still open from earlier months: 1, the oldest due Mon 1 Dec 2025 (X)."
        in said["brief"]
    )


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


def summary(**changes: Any) -> dict[str, Any]:
    return {
        "letter": "E", "label": "", "score": 1.0, "low": 0.5, "high": 1.5, "requests": 60,
        "values": {},
    } | changes  # fmt: skip


@pytest.fixture
def december(cards: Any, at: datetime) -> Any:
    """Telegram's December: the January card with other figures in its summary."""

    def make(**changes: Any) -> Scorecard:
        card = cards["telegram"]
        with transaction():
            old = Scorecard(
                company_id=card.company_id, month="2025-12", status="frozen",
                methodology=changes.pop("methodology", "1.0"), as_of=at,
                summary=summary(**changes), score=card.score, details=card.details,
            )  # fmt: skip
            db.session.add(old)
        return old

    return make


def test_a_change_is_printed_only_where_its_interval_excludes_none(december: Any, at: Any) -> None:
    december()
    row = content(at)["rows"][0]

    assert (row["change"]["way"], row["change"]["note"], row["change"]["points"][0]) == (
        "up", "was E", "+",
    )  # fmt: skip
    # R2 is the same in both months.
    assert row["gone_change"] == {"points": "not shown", "interval": "", "way": "", "note": ""}


def test_what_may_be_chance_is_not_shown(december: Any, cards: Any, at: Any) -> None:
    now = cards["telegram"].summary
    december(score=now["score"] - 3, low=now["low"] - 3, high=now["high"] - 3)

    assert content(at)["rows"][0]["change"]["points"] == "not shown"
    assert "is shown: each may be chance" in " ".join(content_again(at)["brief"])


def content_again(at: datetime) -> dict[str, Any]:
    said: dict[str, Any] = queries_report().content["en"]
    return said


def queries_report() -> Any:
    report = queries.latest(MONTH)
    assert report is not None
    return queries.with_content(report.id)


def test_two_methods_are_not_compared_and_the_break_is_seen(december: Any, at: Any) -> None:
    december(methodology="0.9")
    said = content(at)

    assert said["rows"][0]["change"]["note"] == "other method"
    chart = said["profiles"][0]["chart"]
    assert "(method 0.9)" in chart and "(method 1.0)" in chart
    assert said["letters"][0]["letters"][-2:] == ["E", "| " + (said["rows"][0]["letter"])]


@pytest.mark.parametrize(
    ("number", "printed"), [(0, "0"), (1, "<5"), (4, "<5"), (5, "5"), (1234, "1,234")]
)
def test_one_to_four_cases_are_not_printed(number: int, printed: str) -> None:
    assert counted(number) == printed


def test_a_company_with_few_requests_has_no_figures_and_is_in_no_total(
    companies: Any, cast: Any, at: Any
) -> None:
    with transaction():
        methodology.ensure_version(by=CLOCK, at=FIRST)
        db.session.add_all([a_request(companies["x"], number) for number in range(1, 4)])
        db.session.add_all([a_request(companies["telegram"], number) for number in range(1, 21)])
    with transaction():
        for company in companies.values():
            card = scorecards.draft(company, MONTH, by=CLOCK, at=at)
            scorecards.freeze(card, by=CLOCK, at=at, unasked="A test")
    said = content(at)
    row = {row["name"]: row for row in said["rows"]}["X"]

    assert (row["requests"], row["score"], row["gone"], row["oldest_open"], row["rank"]) == (
        "<5", "–", "–", "–", "–",
    )  # fmt: skip
    assert [cell["value"] for cell in said["details"][1]["cells"]][:3] == ["–", "–", "–"]
    # Nor is anything made of the commission's own times on these three.
    clock = {row["name"]: row for row in said["clocks"]}["X"]
    assert {clock[name] for name in ("intake_to_issue", "issue_to_delivery", "unanswered")} == {"–"}
    beside = {row["name"]: row for row in said["beside"]}["X"]
    assert (beside["requests"], beside["gone"], beside["refused"]) == ("<5", "–", "–")
    assert [one["name"] for one in said["sensitivity"]] == ["Telegram"]
    assert said["trend"][-1]["requests"] == "20"
    whole = json.dumps(tables.attachments(said), ensure_ascii=False)
    assert '"3"' not in json.dumps([r for t in tables.of(said) for r in t.rows if r[0] == "X"])
    assert "Telegram" in whole


def test_a_score_goes_with_the_measure_that_could_be_worked_out_from_it(
    january: Any, at: Any
) -> None:
    """Three police requests: R5 is hidden, and so are score, chances, ranks and their change."""
    telegram = january["telegram"]
    due = datetime.fromisoformat("2026-01-20T00:00:00+00:00")
    with transaction():
        for number, answered in enumerate((True, True, False)):
            db.session.add(
                InformationRequest(
                    request_no=f"I-{number}", company_id=telegram.id,
                    platform_id=telegram.platforms[0].id, legal_basis="-", kind="subscriber_data",
                    delivered_at=due - timedelta(days=14), due_at=due,
                    answered_at=due - timedelta(days=1) if answered else None,
                    answer="answered" if answered else None,
                )
            )  # fmt: skip
    with transaction():
        card = scorecards.draft(telegram, MONTH, by=CLOCK, at=at)
        scorecards.freeze(card, by=CLOCK, at=at, unasked="A test")
    said = content(at)
    row = {row["name"]: row for row in said["rows"]}["Telegram"]
    profile = {one["name"]: one for one in said["profiles"]}["Telegram"]
    score = shown(card.figures.score)

    assert (card.figures.measures["R5"].x, card.figures.measures["R5"].n) == (2, 3)
    assert (row["letter"], row["score"], row["interval"], row["rank"]) == (
        card.letter, "–", "R5 <5", "–",
    )  # fmt: skip
    assert row["gone"] != "–"  # R2 stands on many cases
    assert (profile["score"], profile["interval"]) == ("–", "")
    assert "no score: R5 on fewer than five" in profile["words"]
    assert said["sensitivity"] == []
    assert profile["chart"] == "" and f"Telegram {score}" not in said["strip_chart"]
    assert queries_report().glance[0]["score"] is None


def test_the_months_without_a_sitting_are_shaded_in_the_trend(january: Any, at: Any) -> None:
    with transaction():
        db.session.add_all(
            [
                PublishedFact(
                    period="2025-06-04", statement="Last sitting", figure="quorum lost", source="-",
                    series=NationalSeries.LAST_SITTING, ends_on=date(2025, 6, 4),
                ),
                PublishedFact(
                    period="2025-12-07", statement="Nobody sits", figure="0 of 9", source="-",
                    series=NationalSeries.NOBODY_SITS, ends_on=date(2025, 12, 7),
                ),
            ]
        )  # fmt: skip
    report = made_both(at)
    with transaction():
        inside = service.make("2025-12", by=CLOCK, at=at).content
    words = "Nobody sat from Thu 5 Jun 2025 to Sun 7 Dec 2025, as far as was published."
    assert inside["en"]["brief"][0] == words and words not in report["en"]["brief"]
    assert inside["ko"]["brief"][0].startswith("공표된 바로는 2025년 6월 5일")
    assert "no quorum" in report["en"]["volume_chart"] and "no quorum" in report["en"]["rate_chart"]
    assert "정족수 미달" in report["ko"]["volume_chart"]


def made_both(at: datetime) -> dict[str, Any]:
    with transaction():
        said: dict[str, Any] = service.make(MONTH, by=CLOCK, at=at).content
    return said


def test_a_report_has_the_name_that_is_valid_on_its_own_date(app: Any, cast: Any) -> None:
    before = datetime.fromisoformat("2025-09-30T12:00:00+09:00")
    after = datetime.fromisoformat("2025-10-10T12:00:00+09:00")
    with transaction():
        first = service.make("2025-08", by=CLOCK, at=before).content
        second = service.make("2025-09", by=CLOCK, at=after).content

    assert first["ko"]["org_name"] == "방송통신심의위원회"
    assert first["en"]["org_name"] == "Korea Communications Standards Commission"
    assert second["ko"]["org_name"] == "방송미디어통신심의위원회"
    assert second["en"]["org_name"] == "Korea Media Communications Standards Commission"


def test_a_company_of_which_nothing_was_asked_says_so(january: Any, at: Any) -> None:
    with transaction():
        db.session.add(
            MonthStep(
                month=MONTH, kind=MonthStepKind.CLOSE, company_id=january["x"].id, is_empty=True,
                problem="", tried_at=at,
            )
        )  # fmt: skip
    said = made_both(at)
    states = [(row["name"], row["state"]) for row in said["en"]["rows"]]

    assert states == [("Telegram", "no card"), ("X", "nothing to assess")]
    assert said["ko"]["rows"][1]["state"] == "평가 대상 없음"
    # It is not waited for, and no part of the report passes it over.
    assert said["en"]["finality"] == (
        "0 of 1 cards are final. The others are marked: their figures may still change."
        " No card, for nothing was to assess: X."
    )
    assert "평가할 것이 없어 평가표가 없는 사업자: 엑스." in said["ko"]["finality"]
    assert said["en"]["dialogue_note"] == "Without a card of the month: Telegram, X."
    assert said["ko"]["dialogue_note"] == "해당 월 평가표 없음: 텔레그램, 엑스."


def test_a_first_card_is_named_where_others_had_one_before(december: Any, at: Any) -> None:
    december()
    said = made_both(at)

    assert "First card within twelve months: X." in said["en"]["brief"]
    assert "12개월 안에 처음 평가된 사업자: 엑스." in said["ko"]["brief"]


def test_where_all_cards_are_the_first_none_is_named(cards: Any, at: Any) -> None:
    assert "First card" not in " ".join(content(at)["brief"])


def test_a_month_said_once_is_said_the_same_in_every_later_report(january: Any, at: Any) -> None:
    first = content(at)["trend"][-1]
    with transaction():  # what happens after the month's end belongs to it no more
        for request in db.session.query(RemovalRequest).filter_by(outcome=None):
            request.outcome, request.verification = Outcome.REMOVED, Verification.GONE
            request.decided_at = request.removed_at = request.verified_at = at
        later = service.make("2026-02", by=CLOCK, at=datetime.fromisoformat("2026-03-20T00:00:00Z"))

    assert later.content["en"]["trend"][-2] == first


def test_what_was_corrected_since_is_told(cards: Any, january: Any, at: Any) -> None:
    card = cards["telegram"]
    with transaction():
        db.session.add(
            Scorecard(
                company_id=card.company_id, month=MONTH, version=2, status="frozen",
                methodology="1.0", as_of=at, frozen_at=at, summary=card.summary, score=card.score,
                details=card.details,
            )
        )  # fmt: skip
    said = content(at)

    assert said["corrected"] == [
        "Scorecard of Telegram for January 2026: version 2 took the place of the one before on"
        f" {day(local_date(at))}."
    ]
    assert content_without("corrected")


def content_without(key: str) -> bool:
    """Whether a report of a month in which nothing was corrected says nothing of it."""
    with transaction():
        report = service.make(
            "2025-12", by=CLOCK, at=datetime.fromisoformat("2026-01-10T00:00:00+00:00")
        )
    return report.content["en"][key] == []


def test_nothing_is_only_on_the_page_or_only_in_the_tables(cards: Any, cast: Any, visit: Any, at: Any) -> None:  # fmt: skip
    with transaction():
        report = service.make(MONTH, by=CLOCK, at=at)
    said = report.content["en"]
    page = html.unescape(visit(cast.head, "GET", f"/reports/{report.id}").get_data(as_text=True))
    printed = render_template("reports/pdf.html", **said, content_hash="-", doc_lang="en")
    # Words that must not be broken stand in an element each.
    printed = html.unescape(re.sub("</?span[^>]*>", "", printed))
    cells = {cell for table in tables.of(said) for row in table.rows for cell in row if cell}
    for text in {*cells, *said["brief"], *said["corrected"]}:
        for part in re.split(r" \(|\)|, (?=\w+$)", text):
            assert part in page, part
            assert part in printed, part


def test_the_workbook_has_every_table_and_no_formula(cards: Any, cast: Any, visit: Any, at: Any) -> None:  # fmt: skip
    with transaction():
        item = db.session.query(ActionItem).filter_by(number="Telegram A-2026-003").one()
        item.text_en = "=HYPERLINK(1)"
        report = service.make(MONTH, by=CLOCK, at=at)
    found = tables.of(report.content["en"])
    answer = visit(cast.head, "GET", f"/reports/{report.id}/tables.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))

    assert len(book.sheet_names) == len(found)
    for name, table in zip(book.sheet_names, found, strict=True):
        rows = book.get_sheet_by_name(name).to_python()
        assert [str(word) for word in rows[0]] == list(table.header)
        assert len(rows) == len(table.rows) + 1
        assert [row[0] for row in rows[1:]] == [row[0] for row in table.rows]
    glance = book.get_sheet_by_name(book.sheet_names[0]).to_python()[1]
    printed = report.content["en"]["rows"][0]
    assert (str(glance[4]), glance[5]) == (printed["score"], printed["interval"])
    assert isinstance(glance[4], float) and glance[11] == int(printed["requests"])
    with zipfile.ZipFile(io.BytesIO(answer.data)) as parts:
        assert not any(b"<f>" in parts.read(one) for one in parts.namelist() if "sheet" in one)
    csv = next(one for one in tables.attachments(report.content["en"]) if one["name"].endswith(".csv"))  # fmt: skip
    assert "\n=" not in csv["text"] and ",=" not in csv["text"]
