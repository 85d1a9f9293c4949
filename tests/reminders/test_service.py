"""Each reminder once: with two processes, after a restart, for the right people, from fresh data."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.consultations import service as consultations
from portal.consultations.duties import DutyKind, Whom
from portal.consultations.models import Rsvp, Side
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError
from portal.core.outbox import Letter
from portal.reminders import jobs, service
from portal.reminders.models import Reminder
from tests.consultations import make

SEOUL = ZoneInfo("Asia/Seoul")


EVERYONE = ("company_admin", "delegate", "head", "officer", "officer2")


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def written(kind: str) -> list[Letter]:
    letters = db.session.query(Letter).filter_by(kind=f"reminders:{kind}")
    return letters.order_by(Letter.address, Letter.id).all()


@pytest.fixture
def fixed(companies, cast, at):
    """Thursday 26 March, 14:00 in Seoul; 09:00 in Dubai. Today is Monday 2 March."""
    return make.scheduled(companies["telegram"], cast, at=at, days=24)


def answer(consultation, account, rsvp, at):
    with transaction():
        consultations.respond(
            make.delegate_of(consultation, account), rsvp, by=account.as_actor(), at=at
        )


def test_only_who_has_not_answered_is_asked_again(fixed, cast, at):
    answer(fixed, cast.officer, Rsvp.ACCEPTED, at)
    answer(fixed, cast.delegate, Rsvp.DECLINED, at)

    jobs.remind(seoul("2026-03-17T09:00"))

    assert [letter.address for letter in written("respond_by")] == [
        cast.company_admin.email, cast.head.email,
    ]  # fmt: skip
    assert "until Thu 19 Mar 2026, 23:59 Seoul (UTC+09:00)" in written("respond_by")[1].body


def test_everyone_is_told_once_however_often_the_clock_looks(fixed, cast):
    for minutes in (0, 5, 600, 1500):
        jobs.remind(seoul("2026-03-25T09:00") + timedelta(minutes=minutes))

    told = [letter.address for letter in written("last_reminder")]
    assert told == sorted(getattr(cast, part).email for part in EVERYONE)
    events = db.session.query(AuditEvent).filter_by(verb="reminders:send").all()
    assert [len(event.details["to"]) for event in events] == [len(EVERYONE)]


def test_two_processes_at_the_same_minute_tell_each_person_once(app, fixed):
    at, number = seoul("2026-03-25T09:00"), fixed.id
    db.session.commit()
    gate, wrong = threading.Barrier(2), []

    def process() -> None:
        with app.app_context():
            gate.wait()
            try:
                jobs.remind(at)
            except Exception as error:
                wrong.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=process) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    addresses = [letter.address for letter in written("last_reminder")]
    assert wrong == []
    assert len(addresses) == len(set(addresses)) == len(EVERYONE)
    assert db.session.query(Reminder).filter_by(consultation_id=number).count() == len(EVERYONE)


def test_nobody_is_told_of_what_was_called_off(fixed, cast, at):
    with transaction():
        consultations.cancel(
            fixed, side=Side.COMPANY, reason="no lead", by=cast.officer.as_actor(), at=at
        )

    for day in range(10, 27):
        jobs.remind(seoul(f"2026-03-{day}T09:00"))

    assert db.session.query(Reminder).count() == 0


def test_a_new_time_arms_the_reminders_again(fixed, cast):
    jobs.remind(seoul("2026-03-25T09:00"))
    with transaction():
        consultations.reschedule(
            fixed, wall=datetime(2026, 4, 9, 14, 0), duration=120, zone="Asia/Seoul",
            by=cast.officer.as_actor(), at=seoul("2026-03-25T10:00"),
        )  # fmt: skip
    for day in range(1, 10):
        jobs.remind(seoul(f"2026-04-0{day}T09:00"))

    times = [letter.body for letter in written("last_reminder") if letter.address == cast.head.email]  # fmt: skip
    assert len(times) == 2
    assert "26 Mar" in times[0]
    assert "9 Apr" in times[1]


def test_what_fell_due_before_it_was_fixed_is_not_said_on_top_of_the_invitation(
    companies, cast, at
):
    make.scheduled(companies["telegram"], cast, at=at, days=4)  # T-7 lies in the past

    jobs.remind(at + timedelta(hours=1))

    assert db.session.query(Letter).filter(Letter.kind.like("reminders:%")).count() == 0


def test_people_elsewhere_are_told_in_their_own_morning(fixed, cast):
    cast.delegate.time_zone = "America/Los_Angeles"
    db.session.commit()

    jobs.remind(seoul("2026-03-25T00:59"))
    assert written("last_reminder") == []
    # 14:00 on Thursday in Seoul is 22:00 on Wednesday there: the day before is Tuesday, 09:00.
    jobs.remind(seoul("2026-03-25T01:00"))
    (letter,) = written("last_reminder")
    assert letter.address == cast.delegate.email
    assert "Wed 25 Mar 2026, 22:00 Los Angeles" in letter.subject

    jobs.remind(seoul("2026-03-25T09:00"))
    assert len(written("last_reminder")) == len(EVERYONE)


def test_missing_minutes_are_named(companies, cast, at):
    held = make.held(companies["telegram"], cast, at=at, days=2)  # Wednesday 4 March
    service_at = seoul("2026-03-10T09:00")  # due on the 11th

    jobs.remind(service_at)

    letters = written("minutes_due")
    assert [one.address for one in letters] == sorted(
        (cast.officer.email, cast.officer2.email, cast.head.email)
    )
    letter = letters[0]
    assert "The minutes have not been begun." in letter.body
    assert "Nobody has said what became of: Next date" in letter.body
    assert letter.version == f"S{held.sequence} A1"


def test_a_company_has_rules_of_its_own(companies, cast, at, fixed):
    by = cast.administrator.as_actor()
    with transaction():
        service.set_duty(DutyKind.LAST_REMINDER, companies["telegram"], days=2, notice=0,
                         whom=Whom.COMPANY, is_active=True, by=by, at=at)  # fmt: skip
        service.set_duty(DutyKind.LAST_REMINDER, None, days=3, notice=0, whom=Whom.BOTH,
                         is_active=False, by=by, at=at)  # fmt: skip

    jobs.remind(seoul("2026-03-24T14:00"))  # 09:00 in Dubai, two working days before

    assert [letter.address for letter in written("last_reminder")] == [
        cast.company_admin.email, cast.delegate.email,
    ]  # fmt: skip
    events = db.session.query(AuditEvent).filter_by(verb="duties:set").all()
    assert [event.details["after"]["days"] for event in events] == [2, 3]

    with transaction():
        service.drop_duty(DutyKind.LAST_REMINDER, companies["telegram"], by=by, at=at)
    jobs.remind(seoul("2026-03-25T09:00"))
    assert len(written("last_reminder")) == 2  # for all it is switched off


@pytest.mark.parametrize(
    ("kind", "days", "notice", "field"),
    [
        (DutyKind.LAST_REMINDER, 61, 0, "days"),
        (DutyKind.RESPOND_BY, 0, 0, "days"),
        (DutyKind.RESPOND_BY, 5, -1, "notice"),
        (DutyKind.MINUTES_DUE, 2, 3, "notice"),
    ],
)
def test_days_that_make_no_sense_are_refused(cast, at, kind, days, notice, field):
    with pytest.raises(FieldError) as refused, transaction():
        service.set_duty(kind, None, days=days, notice=notice, whom=Whom.BOTH, is_active=True,
                         by=cast.administrator.as_actor(), at=at)  # fmt: skip

    assert refused.value.field == field
