"""The verbs of the roster: what they do, what they refuse, what they record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from portal.core.audit import AuditEvent
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.holidays import service as holidays
from portal.shifts import queries, service
from portal.shifts.models import (
    ChangeKind,
    HandoverNote,
    OnHolidays,
    ProblemKind,
    ShiftChange,
    ShiftRule,
)
from tests.shifts.conftest import seoul


def verbs() -> list[str]:
    rows = db.session.query(AuditEvent).filter(AuditEvent.verb.startswith("shifts:"))
    return [event.verb for event in rows.order_by(AuditEvent.id)]


def on_now(at: Any) -> list[tuple[str, str]]:
    return [(duty.account.email, duty.until.isoformat()) for duty in queries.on_duty(at=at)]


def test_a_rule_puts_a_person_on_duty_and_is_recorded(weekly: Any, cast: Any, at: Any) -> None:
    rule = weekly()

    assert on_now(at) == [("operator@kcsc.example", "2026-03-02T09:00:00+00:00")]
    assert on_now(seoul("2026-03-02T08:59:59")) == on_now(seoul("2026-03-02T18:00")) == []
    [event] = db.session.query(AuditEvent).filter_by(verb="shifts:add_rule")
    assert (event.subject_id, event.account_id) == (rule.id, cast.head.id)
    assert event.details == {
        "account": cast.operator.id, "weekdays": "0123456", "starts": "09:00", "ends": "18:00",
        "every": 1, "from_on": "2026-03-02", "until_on": None, "on_holidays": "as_usual",
    }  # fmt: skip


def test_who_is_on_at_night_is_asked_on_both_sides_of_midnight(weekly: Any) -> None:
    weekly(starts="22:00", ends="06:00")
    until = [("operator@kcsc.example", "2026-03-02T21:00:00+00:00")]

    assert on_now(seoul("2026-03-02T23:59")) == until
    assert on_now(seoul("2026-03-03T00:00")) == until
    assert on_now(seoul("2026-03-03T05:59")) == until
    assert on_now(seoul("2026-03-03T06:00")) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"weekdays": []}, "weekdays"),
        ({"starts": "24:00"}, "starts"),
        ({"ends": "9"}, "ends"),
        ({"every": 0}, "every"),
        ({"from_on": date(2026, 3, 1)}, "from_on"),
        ({"until_on": date(2026, 3, 1)}, "until_on"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_at_its_field(
    weekly: Any, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(FieldError) as refusal:
        weekly(**given)

    assert refusal.value.field == field
    assert (db.session.query(ShiftRule).count(), verbs()) == (0, [])


def test_only_an_operator_with_access_has_shifts(weekly: Any, cast: Any, at: Any) -> None:
    with pytest.raises(FieldError):
        weekly(cast.officer)
    cast.operator.deactivated_at = at
    db.session.commit()
    with pytest.raises(FieldError):
        weekly()

    assert db.session.query(ShiftRule).count() == 0


def test_a_rule_ends_and_the_past_stays(weekly: Any, by: Any, at: Any) -> None:
    rule = weekly()
    later = at + timedelta(days=10)
    with pytest.raises(FieldError) as refusal, transaction():
        service.end_rule(rule, until_on=local_date(at), by=by("head"), at=later)
    with transaction():
        service.end_rule(rule, until_on=local_date(later), by=by("head"), at=later)

    assert refusal.value.field == "until_on"
    assert on_now(later) == [("operator@kcsc.example", "2026-03-12T09:00:00+00:00")]
    assert on_now(later + timedelta(days=1)) == []
    assert verbs() == ["shifts:add_rule", "shifts:end_rule"]


def test_a_rule_that_has_not_begun_can_be_ended_before_it_begins(
    weekly: Any, by: Any, at: Any
) -> None:
    rule = weekly(from_on=date(2026, 4, 1))
    with transaction():
        service.end_rule(rule, until_on=local_date(at), by=by("head"), at=at)

    assert queries.roster(at, at + timedelta(days=60)) == []


def test_another_person_does_one_shift_and_it_can_be_taken_back(
    weekly: Any, operator2: Any, by: Any, at: Any
) -> None:
    rule, on = weekly(), local_date(at)
    with transaction():
        change = service.replace(rule, on, operator2, reason="Training", by=by("head"), at=at)
    replaced = on_now(at)
    with pytest.raises(FieldError, match="changed by hand already"), transaction():
        service.drop(rule, on, reason="", by=by("head"), at=at)
    with transaction():
        service.take_back(change, by=by("head"), at=at)
    with pytest.raises(Refused, match="taken back already"), transaction():
        service.take_back(change, by=by("head"), at=at)

    assert replaced == [("operator2@kcsc.example", "2026-03-02T09:00:00+00:00")]
    assert on_now(at) == [("operator@kcsc.example", "2026-03-02T09:00:00+00:00")]
    assert verbs() == ["shifts:add_rule", "shifts:change", "shifts:take_back"]


def test_a_dropped_shift_is_a_gap_and_an_added_one_closes_it(
    weekly: Any, operator2: Any, by: Any, at: Any
) -> None:
    rule = weekly(starts="00:00", ends="00:00")
    tomorrow = local_date(at) + timedelta(days=1)
    with transaction():
        service.drop(rule, tomorrow, reason="", by=by("head"), at=at)
    gaps = [(p.kind, p.starts_at, p.ends_at) for p in queries.named_gaps(at=at)]
    with transaction():
        service.add_shift(
            operator2, starts_at=seoul("2026-03-03T00:00"), ends_at=seoul("2026-03-04T00:00"),
            reason="", by=by("head"), at=at,
        )  # fmt: skip

    assert gaps == [(ProblemKind.GAP, seoul("2026-03-03T00:00"), seoul("2026-03-04T00:00"))]
    assert queries.named_gaps(at=at) == []


def test_a_double_booking_is_named_in_advance(weekly: Any, cast: Any, by: Any, at: Any) -> None:
    weekly(starts="00:00", ends="00:00")
    with transaction():
        service.add_shift(
            cast.operator, starts_at=seoul("2026-03-20T10:00"), ends_at=seoul("2026-03-20T12:00"),
            reason="", by=by("head"), at=at,
        )  # fmt: skip

    [problem] = queries.named_gaps(at=at)

    assert (problem.kind, problem.people) == (ProblemKind.DOUBLE, (cast.operator.id,))
    assert (problem.starts_at, problem.ends_at) == (
        seoul("2026-03-20T10:00"), seoul("2026-03-20T12:00"),
    )  # fmt: skip


def test_a_shift_of_somebody_whose_access_ended_is_nobodys(weekly: Any, cast: Any, at: Any) -> None:
    weekly(starts="00:00", ends="00:00")
    yesterday = queries.roster(at - timedelta(hours=2), at)
    cast.operator.deactivated_at = at
    db.session.commit()

    found = queries.named_gaps(at=at, ahead=timedelta(hours=3))

    assert [shift.account_id for shift in yesterday] == [cast.operator.id]
    assert on_now(at) == []
    assert [p.kind for p in found] == [ProblemKind.VACANT, ProblemKind.GAP]


def test_a_day_off_of_our_own_table_counts_at_once(weekly: Any, by: Any, at: Any) -> None:
    weekly(starts="00:00", ends="00:00", on_holidays=OnHolidays.NOT)
    # 2 March 2026 is a public holiday of the library; 17 March becomes one of our own table.
    before = [p.starts_at for p in queries.named_gaps(at=at)]
    with transaction():
        holidays.add("KR", date(2026, 3, 17), name_ko="임시공휴일", name_en="Temporary holiday",
                     by=by("administrator"), at=at)  # fmt: skip

    assert before == [at]
    assert [p.starts_at for p in queries.named_gaps(at=at)] == [at, seoul("2026-03-17T00:00")]


@pytest.mark.parametrize(
    ("on", "sentence"),
    [(date(2026, 3, 3), "no shift on that day"), (date(2026, 2, 16), "within seven days")],
)
def test_only_a_shift_that_is_there_and_recent_is_changed(
    weekly: Any, by: Any, at: Any, on: date, sentence: str
) -> None:
    rule = weekly(weekdays=[0])
    with pytest.raises(FieldError, match=sentence) as refusal, transaction():
        service.drop(rule, on, reason="", by=by("head"), at=at)

    assert refusal.value.field == "on"
    assert db.session.query(ShiftChange).count() == 0


@pytest.mark.parametrize(
    "ends", [seoul("2026-03-03T09:00"), seoul("2026-03-03T08:00"), seoul("2026-03-04T09:01")]
)
def test_a_shift_lasts_longer_than_nothing_and_at_most_a_day(
    cast: Any, by: Any, at: Any, ends: Any
) -> None:
    with pytest.raises(FieldError) as refusal, transaction():
        service.add_shift(cast.operator, starts_at=seoul("2026-03-03T09:00"), ends_at=ends,
                          reason="", by=by("head"), at=at)  # fmt: skip

    assert refusal.value.field == "ends_at"


@pytest.mark.parametrize("said", ["call 010-1234-5678", "kim@mail.example", "900101-1234567"])
def test_personal_data_is_refused_in_a_reason_and_in_a_note(
    weekly: Any, cast: Any, by: Any, at: Any, said: str
) -> None:
    rule = weekly()
    with pytest.raises(FieldError, match="personal data") as reason, transaction():
        service.drop(rule, local_date(at), reason=said, by=by("head"), at=at)
    with pytest.raises(FieldError, match="personal data") as note, transaction():
        service.write_note(said, by=by("operator"), at=at)

    assert (reason.value.field, note.value.field) == ("reason", "text")
    assert db.session.query(ShiftChange).count() == db.session.query(HandoverNote).count() == 0
    assert not any(said in str(event.details) for event in db.session.query(AuditEvent))


def test_a_note_goes_to_the_next_shift_who_says_that_it_is_read(
    weekly: Any, operator2: Any, by: Any, at: Any
) -> None:
    weekly()
    with transaction():
        note = service.write_note(" Form of X was down. ", by=by("operator"), at=at)
    with pytest.raises(Refused, match="You wrote this note"), transaction():
        service.read_note(note, by=by("operator"), at=at)
    unread = list(queries.unread_notes(since=at))
    later = at + timedelta(hours=9)
    with transaction():
        service.read_note(note, by=operator2.as_actor(), at=later)
        service.read_note(note, by=operator2.as_actor(), at=later + timedelta(hours=1))

    assert (note.text, note.shift_ends_at) == ("Form of X was down.", seoul("2026-03-02T18:00"))
    assert (unread, list(queries.unread_notes(since=at))) == ([note], [])
    assert (note.read_at, note.read_by_id) == (later, operator2.id)
    assert verbs() == ["shifts:add_rule", "shifts:write_note", "shifts:read_note"]
    [written] = db.session.query(AuditEvent).filter_by(verb="shifts:write_note")
    assert written.details == {}  # the log never holds what a note says


TERMS: dict[str, Any] = {
    "handling_minutes": 12, "share_percent": 90, "within_seconds": 30, "least": 2,
    "least_on_holidays": 1, "rest_hours": 12, "most_nights": 2, "acknowledge_minutes": 5,
    "hand_over_minutes": 30,
}  # fmt: skip


def test_terms_hold_from_their_day_on_and_those_before_stay(by: Any, at: Any) -> None:
    first = queries.terms_on(local_date(at))
    with transaction():
        service.set_terms(from_on=date(2026, 4, 1), source="Decided by the head", by=by("head"),
                          at=at, **TERMS)  # fmt: skip

    assert (first.acknowledge_minutes, first.rest_hours, first.most_nights) == (15, 11, 3)
    assert queries.terms_on(date(2026, 3, 31)).id == first.id
    assert {name: getattr(queries.terms_on(date(2026, 4, 1)), name) for name in TERMS} == TERMS
    assert verbs() == ["shifts:set_terms"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"from_on": date(2026, 3, 1)}, "from_on"),
        ({"hand_over_minutes": 4}, "hand_over_minutes"),
        ({"source": "kim@mail.example"}, "source"),
    ],
)
def test_terms_that_cannot_be_are_refused(by: Any, at: Any, given: Any, field: str) -> None:
    values = TERMS | {"from_on": date(2026, 4, 1), "source": "Decided"} | given
    with pytest.raises(FieldError) as refusal, transaction():
        service.set_terms(**values, by=by("administrator"), at=at)

    assert refusal.value.field == field


def test_the_kinds_of_a_change(weekly: Any, operator2: Any, by: Any, at: Any) -> None:
    rule, head = weekly(), by("head")
    with transaction():
        service.replace(rule, date(2026, 3, 3), operator2, reason="", by=head, at=at)
        service.drop(rule, date(2026, 3, 4), reason="", by=head, at=at)

    assert [(s.on, s.account_id, s.kind) for s in queries.roster(at, at + timedelta(days=3))] == [
        (date(2026, 3, 2), rule.account_id, None),
        (date(2026, 3, 3), operator2.id, ChangeKind.REPLACED),
        (date(2026, 3, 5), rule.account_id, None),
    ]
