"""An intake that nobody takes up: who is told, when, once, by a letter that is a row first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.access.actor import CLOCK
from portal.core import outbox
from portal.core.audit import AuditEvent
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.outbox import Letter
from portal.hotline import service as hotline
from portal.hotline.models import Channel, Intake
from portal.removal_requests import service as removals
from portal.shifts import jobs, service
from portal.shifts.models import AlarmStage, IntakeAlarm
from tests.hotline.conftest import platform_of

SECRET_REFERENCE = "https://t.example/c/SECRETWORD"


@pytest.fixture
def intake(companies: Any, by: Any, at: Any) -> Intake:
    """A message of the night before, noted now."""
    with transaction():
        made, _secret = hotline.record_intake(
            platform_of(companies["telegram"]), channel=Channel.MESSAGE, is_minor_involved=False,
            reference=SECRET_REFERENCE, received_at=at - timedelta(hours=8), by=by("operator"), at=at,
        )  # fmt: skip
    return made


def told() -> list[tuple[str, str]]:
    return [
        (letter.kind, letter.address) for letter in db.session.query(Letter).order_by(Letter.id)
    ]


ON_DUTY = ("intake:alarm_on_duty", "operator@kcsc.example")
HEADS = ("intake:alarm_heads", "head@kcsc.example")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_first_who_is_on_duty_then_the_heads_and_each_once(
    weekly: Any, intake: Intake, at: Any
) -> None:
    weekly()
    steps = []
    for passed in (14.9, 15, 16, 59.9, 60, 61, 600):
        jobs.escalate(at + minutes(passed))
        steps.append(told())

    assert steps == [
        [], [ON_DUTY], [ON_DUTY], [ON_DUTY], [ON_DUTY, HEADS], [ON_DUTY, HEADS], [ON_DUTY, HEADS],
    ]  # fmt: skip
    alarms = db.session.query(IntakeAlarm).order_by(IntakeAlarm.id)
    assert [(a.intake_id, a.stage, a.raised_at, a.told) for a in alarms] == [
        (intake.id, AlarmStage.ON_DUTY, at + minutes(15), 1),
        (intake.id, AlarmStage.HEADS, at + minutes(60), 1),
    ]
    events = db.session.query(AuditEvent).filter_by(verb="intake:alarm").order_by(AuditEvent.id)
    assert [(e.actor_name, e.details) for e in events] == [
        (CLOCK.name, {"stage": "alarm_on_duty", "told": 1}),
        (CLOCK.name, {"stage": "alarm_heads", "told": 1}),
    ]


def test_who_is_told_is_who_is_on_duty_at_that_moment(
    weekly: Any, operator2: Any, intake: Intake, at: Any
) -> None:
    weekly(starts="09:00", ends="10:10")
    weekly(operator2, starts="10:10", ends="18:00")

    jobs.escalate(at + minutes(15))  # 10:15 in Seoul

    assert told() == [("intake:alarm_on_duty", "operator2@kcsc.example")]


def test_where_nobody_is_on_duty_the_heads_are_told_at_once_and_once(
    intake: Intake, at: Any
) -> None:
    for passed in (15, 60, 90):
        jobs.escalate(at + minutes(passed))

    assert told() == [HEADS]
    assert "names nobody who is on duty" in db.session.query(Letter).one().body
    assert [(a.stage, a.told) for a in db.session.query(IntakeAlarm).order_by(IntakeAlarm.id)] == [
        (AlarmStage.ON_DUTY, 0), (AlarmStage.HEADS, 1),
    ]  # fmt: skip


def test_what_is_taken_up_calls_nobody_on_duty_and_what_is_handed_over_nobody(
    weekly: Any, intake: Intake, by: Any, at: Any
) -> None:
    weekly()
    with transaction():
        hotline.take_up(intake, by=by("operator"), at=at + minutes(5))
    jobs.escalate(at + minutes(20))
    quiet = told()
    jobs.escalate(at + minutes(60))

    assert (quiet, told()) == ([], [HEADS])


def test_handed_over_in_time_nobody_is_told(weekly: Any, intake: Intake, by: Any, at: Any) -> None:
    weekly()
    with transaction():
        removals.hand_over(intake, by=by("operator"), at=at + minutes(10))
    jobs.escalate(at + minutes(600))

    assert told() == []


def test_other_terms_hold_from_their_day_on(weekly: Any, intake: Intake, by: Any, at: Any) -> None:
    weekly()
    with transaction():
        service.set_terms(
            from_on=local_date(at), source="Decided", by=by("administrator"), at=at,
            handling_minutes=15, share_percent=80, within_seconds=20, least=1, least_on_holidays=1,
            rest_hours=11, most_nights=3, acknowledge_minutes=3, hand_over_minutes=4,
        )  # fmt: skip
    jobs.escalate(at + minutes(3))
    first = told()
    jobs.escalate(at + minutes(4))

    assert (first, told()) == ([ON_DUTY], [ON_DUTY, HEADS])


def test_a_letter_is_a_row_that_the_clock_sends_and_it_tells_no_address(
    weekly: Any, intake: Intake, mailbox: Any, at: Any
) -> None:
    weekly()
    jobs.escalate(at + minutes(15))
    before = len(mailbox.messages)
    outbox.send_waiting(at=at + minutes(16))
    outbox.send_waiting(at=at + minutes(17))

    [mail] = mailbox.messages
    text = mail.get_body().get_content()
    assert before == 0
    assert mail["To"] == "operator@kcsc.example"
    assert mail["Subject"] == f"Waits to be taken up: intake {intake.case_code}"
    assert f"/hotline/{intake.id}" in text and "after 15 minutes" in text
    assert "SECRETWORD" not in mail.as_string() and "elegram" not in mail.as_string()
    assert db.session.query(Letter).one().sent_at == at + minutes(16)


def test_a_letter_leaves_nothing_behind_when_its_cause_is_undone(
    weekly: Any, intake: Intake, at: Any
) -> None:
    weekly()
    with pytest.raises(RuntimeError), transaction():
        service.raise_alarm(intake, AlarmStage.ON_DUTY, by=CLOCK, at=at)
        raise RuntimeError

    assert told() == []
    assert db.session.query(IntakeAlarm).count() == 0


def test_of_two_operators_who_take_up_the_same_code_the_second_learns_who_has_it(
    intake: Intake, operator2: Any, by: Any, at: Any
) -> None:
    with transaction():
        hotline.take_up(intake, by=by("operator"), at=at)
    with pytest.raises(Refused, match="Hotline operator has taken this up"), transaction():
        hotline.take_up(intake, by=operator2.as_actor(), at=at + minutes(1))
    with transaction():
        hotline.take_up(intake, by=by("operator"), at=at + minutes(2))

    assert (intake.taken_up_by_id, intake.taken_up_at) == (by("operator").account_id, at)
    events = db.session.query(AuditEvent).filter_by(verb="intake:take_up").all()
    assert [event.details for event in events] == [{"case_code": intake.case_code}]


def test_of_two_who_hand_over_the_same_code_the_second_is_refused(
    intake: Intake, operator2: Any, by: Any, at: Any
) -> None:
    with transaction():
        [request] = removals.hand_over(intake, by=by("operator"), at=at)
    for act in (removals.hand_over, hotline.take_up):
        with pytest.raises(Refused, match="handed over already"), transaction():
            act(intake, by=operator2.as_actor(), at=at)

    assert request.intake_id == intake.id
