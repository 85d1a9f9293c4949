"""A company's own count: compared row by row, decided with reason, never taken over silently."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from portal.reconciliations import queries, service
from portal.reconciliations.models import (
    CompanyCount,
    Correction,
    CountDifference,
    CountLine,
    Right,
)
from portal.removal_requests import service as requests
from portal.removal_requests.models import (
    Exclusion,
    Outcome,
    RemovalRequest,
    RemovalRequestEvent,
    Step,
)
from portal.scorecards import service as scorecards
from portal.scorecards.said import own_count_of
from tests.reconciliations.conftest import AT, HOUR, LATER, MONTH
from tests.removal_requests import make
from tests.scorecards.conftest import OVER

MINUTE = timedelta(minutes=1)


def decide(count: CompanyCount, right: Right, cast: Any, *, reason: str = "The log shows it.",
           who: str = "officer2", only: str = "") -> list[tuple[str, str]]:  # fmt: skip
    rows = db.session.query(CountDifference).filter_by(count_id=count.id, right=None)
    ids = [row.id for row in rows if only in (row.kind.value, "")]
    with transaction():
        return service.decide_many(
            count, ids, right, reason=reason, by=getattr(cast, who).as_actor(), at=LATER
        )


def test_what_agrees_is_no_difference(file, asked, differences):
    removed, refused, silent = asked("removed"), asked("refused"), asked()
    count = file(
        (removed.request_no, "removed", AT + MINUTE, AT + 2 * HOUR - MINUTE, AT + 2 * HOUR),
        (refused.request_no, "refused"),
        (silent.request_no, None),
    )
    assert differences(count) == []
    assert count.totals == {
        "requests": 3, "removed": 1, "restricted": 0, "account_action": 0, "partial": 0,
        "refused": 1, "not_found": 0, "duplicate": 0, "unanswered": 1, "answered_24h": 1,
        "removed_48h": 1,
    }  # fmt: skip
    ours = queries.our_totals(count.company_id, MONTH)
    assert ours == count.totals | {"answered_24h": 2}
    assert (count.version, count.is_listed) == (1, True)


def test_every_kind_of_difference_is_found_once(file, asked, differences, companies, cast):
    gone, other, late, moved, ours = (asked("removed") for _n in range(5))
    second = timedelta(seconds=1)
    count = file(
        (gone.request_no, "removed", None, None, AT + 2 * HOUR),
        (other.request_no, "refused", None, AT + 9 * HOUR),  # its times follow from the outcome
        (late.request_no, "removed", AT - MINUTE - second, AT + 5 * HOUR),
        (moved.request_no, "removed", None, None, AT + 2 * HOUR + MINUTE + second),
        ("T-NOBODY", "removed"),
    )
    assert differences(count) == [
        ("only_ours", ours.request_no),
        ("only_theirs", "T-NOBODY"),
        ("other_answered_at", late.request_no),
        ("other_delivered_at", late.request_no),
        ("other_outcome", other.request_no),
        ("other_removed_at", moved.request_no),
    ]


def test_other_companies_drafts_and_blocks_are_none_of_its_count(
    file, asked, differences, companies, cast
):
    rival = make.delivered(companies["x"], cast, at=AT)
    draft = make.draft(companies["telegram"], cast, at=AT)
    count = file((rival.request_no, "removed"), (draft.request_no, "removed"))
    rows = db.session.query(CountDifference).filter_by(count_id=count.id).all()
    assert {(row.kind.value, row.about, row.request_id) for row in rows} == {
        ("only_theirs", rival.request_no, None),
        ("only_theirs", draft.request_no, None),
    }


def test_what_two_persons_took_out_is_only_theirs_and_says_where_it_is(
    file, asked, differences, cast
):
    out, earlier = asked("removed"), asked("removed", delivered=AT - timedelta(days=20))
    with transaction():
        requests.propose_exclusion(out, Exclusion.DUPLICATE, by=cast.officer.as_actor(), at=LATER)
    with transaction():
        requests.confirm_exclusion(out, by=cast.head.as_actor(), at=LATER)
    count = file((out.request_no, "removed"), (earlier.request_no, "removed"))
    rows = db.session.execute(queries.listed(count, None, "open")).all()
    assert [(row[0].kind.value, row.request_id, row.month, bool(row.is_excluded)) for row in rows] == [
        ("only_theirs", out.id, MONTH, True),
        ("only_theirs", earlier.id, "2026-02", False),
    ]  # fmt: skip


def test_a_question_back_is_no_answer_on_either_side(file, asked, differences):
    one, two = asked("needs_information"), asked()
    count = file((one.request_no, None), (two.request_no, "needs_information"))
    assert differences(count) == []
    assert count.totals["unanswered"] == 2


def test_the_company_was_right_about_a_time_and_the_correction_is_an_event(
    file, asked, differences, cast
):
    request = asked("removed", hours=30)
    count = file((request.request_no, "removed", AT - HOUR / 2, AT + 20 * HOUR, AT + 3 * HOUR))
    # Delivered cannot be before it was issued: what the verb refuses is refused here.
    told = dict(decide(count, Right.COMPANY, cast, only="other_delivered_at"))
    assert "Choose a time from" in told[request.request_no]
    assert decide(count, Right.COMPANY, cast, only="other_answered_at") == [
        (request.request_no, "")
    ]
    assert decide(count, Right.COMPANY, cast, only="other_removed_at") == [(request.request_no, "")]
    request = db.session.get(RemovalRequest, request.id)
    assert (request.answered_at, request.removed_at) == (AT + 20 * HOUR, AT + 3 * HOUR)
    steps = db.session.query(RemovalRequestEvent).filter_by(
        request_id=request.id, step=Step.CORRECTED
    )
    assert sorted((e.corrected.value, e.reason, e.by_id) for e in steps) == [
        ("answered_at", "The log shows it.", cast.officer2.id),
        ("removed_at", "The log shows it.", cast.officer2.id),
    ]
    assert len(make.events("correct_time")) == 2
    rows = db.session.query(CountDifference).filter_by(count_id=count.id).order_by("id").all()
    assert sorted((row.kind.value, row.right, row.correction) for row in rows) == [
        ("other_answered_at", Right.COMPANY, Correction.ENTERED),
        ("other_delivered_at", None, None),
        ("other_removed_at", Right.COMPANY, Correction.ENTERED),
    ]
    assert {row.decided_by for row in rows if row.right} == {cast.officer2.name_en}


def test_who_entered_the_answer_does_not_correct_its_removal(file, asked, cast, companies):
    request = make.delivered(companies["telegram"], cast, at=AT)
    with transaction():
        requests.decide(
            request, outcome=Outcome.REMOVED, by=cast.officer2.as_actor(), at=AT + 30 * HOUR
        )
    count = file((request.request_no, "removed", None, None, AT + HOUR))
    told = dict(decide(count, Right.COMPANY, cast))
    assert told[request.request_no].startswith("Somebody other than the person")
    assert db.session.query(CountDifference).one().right is None


def test_an_outcome_is_entered_as_an_answer_and_brings_its_time_to_light(
    file, asked, differences, cast
):
    request = asked()
    count = file((request.request_no, "removed", None, AT + HOUR, AT + HOUR))
    assert decide(count, Right.COMPANY, cast) == [(request.request_no, "")]
    request = db.session.get(RemovalRequest, request.id)
    assert (request.outcome, request.removed_at) == ("removed", AT + HOUR)
    assert request.decided_at == LATER
    # It was entered now; when it was given is the next question, and somebody decides it.
    assert differences(count) == [
        ("other_answered_at", request.request_no),
        ("other_outcome", request.request_no),
    ]


def test_what_no_verb_can_correct_is_marked_to_be_done_by_hand(file, asked, cast):
    request = asked("removed")
    count = file(("T-NOBODY", "removed"))
    assert sorted(decide(count, Right.COMPANY, cast)) == sorted(
        [("T-NOBODY", ""), (request.request_no, "")]
    )
    assert {row.correction for row in db.session.query(CountDifference)} == {Correction.BY_HAND}
    assert db.session.get(RemovalRequest, request.id).exclusion is None


@pytest.mark.parametrize("right", [Right.REGULATOR, Right.UNCLEAR])
def test_for_us_or_unclear_changes_nothing_but_is_kept(file, asked, cast, right):
    request = asked("removed")
    before = db.session.query(RemovalRequestEvent).count()
    count = file((request.request_no, "refused"))
    assert decide(count, right, cast) == [(request.request_no, "")]
    row = db.session.query(CountDifference).one()
    assert (row.right, row.reason, row.correction) == (right, "The log shows it.", None)
    assert db.session.query(RemovalRequestEvent).count() == before
    logged = db.session.query(AuditEvent).filter_by(verb="reconciliations:decide").one()
    assert logged.details == {
        "about": request.request_no, "kind": "other_outcome", "right": right.value,
        "correction": None,
    }  # fmt: skip
    with pytest.raises(Refused, match="was decided already"), transaction():
        service.decide(row, Right.COMPANY, reason="x", by=cast.officer.as_actor(), at=LATER)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "call 010-1234-5678"])
def test_a_decision_needs_a_reason_fit_to_be_read(file, asked, cast, reason):
    count = file((asked("removed").request_no, "refused"))
    results = decide(count, Right.UNCLEAR, cast, reason=reason)
    assert all(why for _about, why in results)
    assert db.session.query(CountDifference).one().right is None


def test_both_sides_are_told(file, asked, cast):
    count = file((asked("removed").request_no, "refused"))
    decide(count, Right.REGULATOR, cast)
    told = [(letter.kind, letter.address) for letter in db.session.query(Letter)
            if letter.kind.startswith("reconciliations:")]  # fmt: skip
    assert sorted(told) == [
        ("reconciliations:decide", "company_admin@telegram.example"),
        ("reconciliations:decide", "delegate@telegram.example"),
        ("reconciliations:file", "officer2@kcsc.example"),
        ("reconciliations:file", "officer@kcsc.example"),
    ]


def test_filed_again_it_is_a_version_and_takes_over_what_has_not_changed(
    file, asked, differences, cast
):
    one, two = asked("removed"), asked("removed")
    first = file((one.request_no, "refused"), (two.request_no, "refused"))
    decide(first, Right.REGULATOR, cast)
    second = file((one.request_no, "refused"), (two.request_no, "not_found"))
    rows = db.session.query(CountDifference).filter_by(count_id=second.id)
    assert sorted((row.about, row.right, row.reason) for row in rows) == sorted(
        [(one.request_no, Right.REGULATOR, "The log shows it."), (two.request_no, None, "")]
    )
    assert (second.version, queries.of_month(second.company_id, MONTH).id) == (2, second.id)
    assert db.session.query(CountLine).count() == 4  # the first version is kept
    assert queries.state(second.company_id, MONTH) == {
        "version": 2, "filed_at": LATER.isoformat(), "is_listed": True, "theirs": 2, "ours": 2,
        "differences": 2, "company": 0, "regulator": 1, "unclear": 0, "open": 1,
    }  # fmt: skip


def test_comparing_again_keeps_decisions_and_finds_what_changed(file, asked, differences, cast):
    one, two = asked("removed"), asked()
    count = file((one.request_no, "refused"), (two.request_no, "refused"))
    decide(count, Right.UNCLEAR, cast, only="")
    with transaction():
        requests.decide(
            db.session.get(RemovalRequest, two.id), outcome=Outcome.REFUSED, reason="No.",
            by=cast.delegate.as_actor(), at=LATER,
        )  # fmt: skip
    three = asked("removed")
    with transaction():
        service.compare(db.session.get(CompanyCount, count.id), at=LATER)
    assert differences(count) == [
        ("only_ours", three.request_no),
        ("other_outcome", one.request_no),
        ("other_outcome", two.request_no),
    ]


def test_totals_alone_are_compared_by_total(file, asked, cast):
    asked("removed"), asked("refused")
    count = file(totals={"requests": 3, "removed": 1, "unanswered": 1})
    rows = db.session.query(CountDifference).filter_by(count_id=count.id).all()
    assert sorted((row.about, row.their_number, row.our_number) for row in rows) == [
        ("requests", 3, 2),
        ("unanswered", 1, 0),
    ]
    assert all(not why for _about, why in decide(count, Right.UNCLEAR, cast))
    assert queries.tally(count.id).open == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"month": "2026-13"}, "month"), ({"month": "2026-05"}, "month"),
        ({"totals": {"nonsense": 1}}, "nonsense"), ({"totals": {"requests": -1}}, "requests"),
        ({}, "totals"), ({"totals": {"requests": 1}, "note": "x" * 2001}, "note"),
        ({"totals": {"requests": 1}, "note": "900101-1234567"}, "note"),
    ],
)  # fmt: skip
def test_what_cannot_be_filed_is_named(file, given, field):
    with pytest.raises(FieldError) as refusal:
        file(**given)
    assert refusal.value.field == field
    assert db.session.query(CompanyCount).count() == 0


def test_a_total_that_its_own_list_contradicts_is_refused(file, asked):
    with pytest.raises(FieldError) as refusal:
        file((asked("removed").request_no, "removed"), totals={"removed": 2})
    assert refusal.value.field == "removed"
    assert "adds up to 1" in refusal.value.sentence
    assert db.session.query(CountLine).count() == 0


def test_the_card_prints_it_and_closes_the_month(file, draft, by, cast, companies):
    card = draft()
    count = file(("T-NOBODY", "removed"))
    decide(count, Right.REGULATOR, cast, only="only_theirs")
    with transaction():
        scorecards.freeze(card, by=by("head"), at=OVER, unasked="made for a test")
    assert card.details["reconciliation"] == queries.state(card.company_id, card.month)
    assert card.inputs["reconciliation"]["differences"] == 13
    assert scorecards.verify(card) == []
    assert own_count_of(card).lead == (
        "The company's own count: 1 requests, ours: 12. Differences: 13; decided for the company 0,"
        " for us 1, neither or unclear 0, open 12."
    )
    with pytest.raises(Refused, match="is frozen"):
        file(("T-NOBODY", "removed"))
    # Another month, and another company, go on.
    assert file(("T-NOBODY", "removed"), month="2026-04").version == 1


def test_a_correction_counts_until_the_card_is_closed_and_changes_no_frozen_one(
    file, asked, companies, cast, by
):
    early, late = (asked("removed", hours=30) for _n in range(2))
    count = file(
        *((one.request_no, "removed", None, AT + 20 * HOUR) for one in (early, late))
    )  # fmt: skip

    def right(request: RemovalRequest, at: Any) -> None:
        row = db.session.query(CountDifference).filter_by(
            count_id=count.id, about=request.request_no
        )
        with transaction():
            told = service.decide_many(
                count, [row.one().id], Right.COMPANY, reason="The log shows it.",
                by=cast.officer2.as_actor(), at=at,
            )  # fmt: skip
        assert told == [(request.request_no, "")]

    right(early, LATER)
    with transaction():
        card = scorecards.draft(companies["telegram"], MONTH, by=by("officer"), at=OVER)
        scorecards.freeze(card, by=by("head"), at=OVER, unasked="made for a test")
    r1 = card.figures.measures["R1"]
    assert (r1.x, r1.n) == (1, 2)
    held = (card.score, card.inputs, card.inputs_hash, card.details)

    right(late, OVER + HOUR)
    db.session.expire_all()
    assert (card.score, card.inputs, card.inputs_hash, card.details) == held
    assert scorecards.verify(card) == []
    assert scorecards.compute(companies["telegram"], MONTH, card.as_of) == card.figures
    assert [one.number for one in scorecards.verify_live(card, at=OVER + 2 * HOUR)] == [
        late.request_no
    ]
    with transaction():
        again = scorecards.draft(
            companies["telegram"], MONTH, why="A decided difference.", by=by("officer"),
            at=OVER + 2 * HOUR,
        )  # fmt: skip
    assert (again.version, again.figures.measures["R1"].x, again.as_of) == (2, 2, card.as_of)


def test_a_card_without_a_count_says_so(draft):
    card = draft()
    assert "no count of its own" in own_count_of(card).note


def test_what_a_list_gives_no_times_for_is_not_said_to_be_none(file, asked):
    removed, refused = asked("removed"), asked("refused")
    count = file((removed.request_no, "removed"), (refused.request_no, "refused", None, AT))

    assert "answered_24h" not in count.totals and "removed_48h" not in count.totals
    assert (count.totals["requests"], count.totals["removed"]) == (2, 1)


@pytest.mark.parametrize(
    ("totals", "remedy"),
    [
        ({"requests": 3, "removed": 2, "refused": 2}, "make 4, more than the requests"),
        ({"requests": 3, "answered_24h": 4}, "more than the requests. Check both"),
    ],
)
def test_a_part_is_not_more_than_the_whole(file, totals, remedy):
    with pytest.raises(Refused, match=remedy):
        file(totals=totals)


def test_parts_that_fit_are_filed(file):
    assert file(totals={"requests": 3, "removed": 2, "answered_24h": 3}).totals["removed"] == 2
