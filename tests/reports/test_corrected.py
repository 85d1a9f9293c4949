"""What a report says of counts that were decided, of opened batches, and of both sides' time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from portal.access.actor import CLOCK
from portal.batches.models import BatchMember, UnannouncedBatch
from portal.core import charts
from portal.core.db import db, transaction
from portal.reconciliations import service as reconciliations
from portal.reconciliations.models import CountDifference, FiledBy, Right
from portal.removal_requests.models import RemovalRequest
from portal.reports import queries, service, tables
from portal.reports.corrections import corrections
from portal.scorecards import service as scorecards
from portal.scorecards.figures import figures_of
from tests.reports.conftest import MONTH, NOTHING, a_request

HOUR = timedelta(hours=1)


def content(at: Any) -> dict[str, Any]:
    with transaction():
        said: dict[str, Any] = service.make(MONTH, by=CLOCK, at=at).content["en"]
    return said


def a_count(company: Any, cast: Any, at: Any, *, right: Right, decided_at: Any) -> None:
    """Two totals that differ from ours, both decided alike."""
    with transaction():
        count = reconciliations.file(
            company, MONTH, totals={"requests": 9, "refused": 9}, way=FiledBy.PAGE,
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
        ids = [row.id for row in db.session.query(CountDifference).filter_by(count_id=count.id)]
        reconciliations.decide_many(
            count, ids, right, reason="The log shows it.", by=cast.officer.as_actor(),
            at=decided_at,
        )  # fmt: skip


def test_decided_differences_of_a_count_are_told_once(january: Any, cast: Any, at: Any) -> None:
    a_count(january["telegram"], cast, at - HOUR, right=Right.REGULATOR, decided_at=at)

    assert content(at)["corrected"] == [
        "Telegram: <5 differences between its own count for January 2026 and ours were decided: for the"
        " company 0, for the commission <5, neither or unclear 0."
    ]
    with transaction():
        since = queries.made_before("2026-02")
    assert since == at
    assert queries.corrected(since, at + HOUR).counts == []


def test_what_the_company_was_right_about_says_what_the_record_does(
    january: Any, cast: Any, at: Any
) -> None:
    a_count(january["telegram"], cast, at - HOUR, right=Right.COMPANY, decided_at=at)

    (line,) = content(at)["corrected"]
    assert line.endswith("for the company <5, for the commission 0, neither or unclear 0.")
    assert decided_line(january["telegram"], at, (8, 0, 0), entered=7, by_hand=0).endswith(
        "for the company 8, for the commission 0, neither or unclear 0. Entered in the record: –;"
        " to be corrected by hand: –. A frozen card changes only by a new version."
    )


def decided_line(company: Any, at: Any, right: tuple[int, int, int], **done: int) -> str:
    """What is said of decisions: for the company, for the commission, for neither."""
    theirs, ours, neither = right
    decided = SimpleNamespace(
        company_id=company.id, month=MONTH, differences=sum(right), company_was_right=theirs,
        regulator_was_right=ours, neither_or_unclear=neither, **done,
    )  # fmt: skip
    with transaction():
        found = queries.gather(MONTH, at=at)
        (line,) = corrections(replace(found, corrected=replace(found.corrected, counts=[decided])))
    return line


def test_no_decision_of_a_count_is_left_over_from_their_number(january: Any, at: Any) -> None:
    """Six differences, five for the commission: the sixth is not told to be for the company."""
    line = decided_line(january["telegram"], at, (1, 5, 0), entered=1, by_hand=0)

    assert "6 differences" in line
    assert "for the company –, for the commission –, neither or unclear –." in line


def test_the_parts_of_a_hidden_part_do_not_tell_it(january: Any, at: Any) -> None:
    """One entered and one by hand are two at least, and of eight there is room for no more."""
    line = decided_line(january["telegram"], at, (2, 1, 5), entered=1, by_hand=1)

    assert line.endswith("for the company <5, for the commission <5, neither or unclear 5.")


def test_a_decision_of_later_is_not_in_the_report(january: Any, cast: Any, at: Any) -> None:
    a_count(january["telegram"], cast, at - HOUR, right=Right.REGULATOR, decided_at=at + HOUR)

    assert content(at)["corrected"] == []


def a_batch(company: Any, cast: Any, at: Any, size: int) -> UnannouncedBatch:
    """The first requests of a company, as if they had been marked before their issue."""
    batch = UnannouncedBatch(
        company_id=company.id, purpose="-", marked_at=at, seed="", candidates=size,
        marked_by_id=cast.officer.id, marked_by="-", numbers_hash="-",
    )  # fmt: skip
    found = db.session.query(RemovalRequest).filter_by(
        company_id=company.id, exclusion=None, measure_type="removal"
    )
    with transaction():
        db.session.add(batch)
        db.session.flush()
        db.session.add_all(
            BatchMember(batch_id=batch.id, request_id=one.id)
            for one in found.order_by(RemovalRequest.id).limit(size)
        )
    return batch


def test_an_opened_batch_stands_beside_the_other_requests(cards: Any, cast: Any, at: Any) -> None:
    telegram, x = cards["telegram"].company, cards["x"].company
    a_batch(telegram, cast, at, 6)
    a_batch(x, cast, at, 6)  # its card is a draft: nobody learns of it

    said = content(at)

    whole = cards["telegram"].figures.measures
    assert [(row["name"], row["month"], row["measure"]) for row in said["batches"]] == [
        ("Telegram", "January 2026", "R1 answer within 24 h"),
        ("Telegram", "January 2026", "R2 removed at source within 48 h"),
    ]
    for row, id in zip(said["batches"], ("R1", "R2"), strict=True):
        counts = [row[part]["share"].split(" / ") for part in ("batch", "rest")]
        assert [n for _x, n in counts] == ["6", str(whole[id].n - 6)]
        assert sum(int(x) for x, _n in counts) == whole[id].x
        assert row["verdict"] in (
            "no difference shown",
            "lower in the batch",
            "higher in the batch",
        )
    title = "Unannounced batches that have opened"
    assert [len(one.rows) for one in tables.of(said) if one.title == title] == [2]
    # Once told, it is not told again.
    assert queries.batches_of(at, at + HOUR) == []


def test_a_batch_too_small_to_print_hides_the_rest_too(cards: Any, cast: Any, at: Any) -> None:
    a_batch(cards["telegram"].company, cast, at, 4)

    hidden = {"value": "–", "share": "n <5", "interval": ""}
    assert [
        (row["batch"], row["rest"], row["difference"], row["verdict"])
        for row in content(at)["batches"]
    ] == [(hidden, hidden, "–", "too few cases")] * 2


def test_both_clocks_tell_what_waits(january: Any, cast: Any, at: Any) -> None:
    telegram = january["telegram"]
    waiting = [a_request(telegram, 60 + n, month=None, outcome=None, decided_at=None, **NOTHING)
               for n in range(5)]  # fmt: skip
    for one in waiting:
        one.issued_at = one.delivered_at = None
    with transaction():
        db.session.add_all(waiting)
        card = scorecards.draft(telegram, MONTH, by=CLOCK, at=at)

    row = content(at)["clocks"][0]
    clocks = card.details["clocks"]
    assert (row["name"], row["backlog"], row["unanswered"]) == ("Telegram", "5", "–")
    assert clocks["drafts"] == 5
    assert row["oldest_waiting"] == f"{clocks['oldest_draft_hours']:,.1f} h"
    assert row["delivery_to_answer"] == f"{clocks['answer_median_hours']:.1f} h"


def test_the_punctuality_of_both_sides_is_the_cards(cards: Any, at: Any) -> None:
    said = content(at)

    (telegram,) = said["dialogue"]
    lines = {line["what"]: line for line in telegram["lines"]}
    held = lines["Consultations held with somebody who may bind"]
    assert telegram["name"] == "Telegram"
    assert (held["company"], held["institution"], held["company_year"]) == ("0 / 1",) * 3
    assert said["dialogue_note"] == "Nothing to tell of twelve months: X."


@pytest.mark.parametrize("slug", ["telegram", "x"])
def test_a_company_is_drawn_alike_in_card_and_report(cards: Any, at: Any, slug: str) -> None:
    card = cards[slug]
    look, said = charts.kept_look(card.company.look), content(at)
    mark = str(charts.swatch(look, card.company.name_en))

    row = next(one for one in said["rows"] if one["company_id"] == card.company_id)
    profile = next(one for one in said["profiles"] if one["name"] == card.company.name_en)
    assert (row["mark"], profile["mark"]) == (mark, mark)
    assert look.colour in profile["chart"]
    assert look.colour in figures_of(card, card.method).removal_chart
    assert charts.BLUE not in figures_of(card, card.method).removal_chart
