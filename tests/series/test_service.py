"""Series to the last case: clock changes, moved and cancelled ones, changed people and rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from portal.consultations import service as consultations
from portal.consultations.models import Consultation, ConsultationStatus, Side
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from portal.series import queries, service
from portal.series.models import LeftOut
from portal.series.rule import Rule, ShortMonth, Unit
from portal.series.service import Choice, Plan

AT = datetime(2026, 8, 20, 1, tzinfo=UTC)
LAST_THURSDAY = Rule(Unit.WEEKDAY_OF_MONTH, 1, 3, -1, 1, ShortMonth.LAST_DAY)
PLAN = Plan(
    rule=LAST_THURSDAY, first_on=date(2026, 9, 1), until_on=date(2026, 12, 31), time=time(9),
    duration=120, zone="Asia/Seoul", venue="Meeting room 3", venue_country="KR",
    title_ko="정례협의", title_en="Regular consultation",
)  # fmt: skip


@pytest.fixture
def company(companies):
    company = companies["telegram"]
    company.time_zone, company.country = "America/Los_Angeles", "US"
    db.session.commit()
    return company


def begin(company, cast, plan=PLAN, at=AT, **more):
    with transaction():
        return service.start(
            company, plan, delegates=[cast.officer], by=cast.officer.as_actor(), at=at, **more
        )


def changed(series, plan, cast, *, from_on, at=AT):
    with transaction():
        return service.change(series, plan, from_on=from_on, reason="agreed",
                              by=cast.officer.as_actor(), at=at)  # fmt: skip


def walls(series, zone="Asia/Seoul"):
    return [
        f"{one.starts_at.astimezone(ZoneInfo(zone)):%d %b %H:%M}"
        for one in queries.occurrences(series.id)
    ]


def test_every_clock_is_right_through_the_autumn(company, cast, companies):
    series = begin(company, cast)
    dublin = companies["x"]
    dublin.time_zone = "Europe/Dublin"
    other = begin(dublin, cast, replace(PLAN, first_on=date(2026, 9, 1)))

    assert walls(series, "America/Los_Angeles")[:3] == [
        "23 Sep 17:00", "28 Oct 17:00", "25 Nov 16:00"]  # fmt: skip
    assert walls(other, "Europe/Dublin")[:2] == ["24 Sep 01:00", "29 Oct 00:00"]


def test_every_occurrence_is_a_consultation_with_an_invitation_of_its_own(company, cast):
    series = begin(company, cast)
    held = queries.occurrences(series.id)
    letters = db.session.query(Letter).filter(Letter.calendar.is_not(None)).all()
    starts = {
        (str(event["UID"]), event["DTSTART"].dt.astimezone(UTC))
        for letter in letters
        for event in Calendar.from_ical(letter.calendar).walk("VEVENT")
    }

    assert [str(one.recurrence_on) for one in held] == [
        "2026-09-24", "2026-10-29", "2026-11-26", "2026-12-31"]  # fmt: skip
    assert len({one.uid for one in held}) == 4
    assert starts == {(one.uid, one.starts_at) for one in held}


def test_one_is_left_out_and_one_is_held_in_singapore(company, cast):
    moved = Choice(wall=datetime(2026, 10, 28, 14), zone="Asia/Singapore", venue="Singapore")
    series = begin(
        company, cast,
        choices={date(2026, 9, 24): Choice(is_left_out=True), date(2026, 10, 29): moved},
    )  # fmt: skip
    october, november, _december = queries.occurrences(series.id)

    assert [out.on for out in queries.left_out(series.id)] == [date(2026, 9, 24)]
    assert (october.wall_time, october.zone, october.venue) == (
        "2026-10-28T14:00", "Asia/Singapore", "Singapore")  # fmt: skip
    assert (november.wall_time, november.zone, november.venue) == (
        "2026-11-26T09:00", "Asia/Seoul", "Meeting room 3")  # fmt: skip
    assert service.is_moved(october, PLAN)
    assert not service.is_moved(november, PLAN)


def test_the_clock_extends_a_series_and_never_twice(company, cast):
    series = begin(company, cast, replace(PLAN, until_on=None))
    count = len(queries.occurrences(series.id))
    later = AT + timedelta(days=65)
    for _run in range(2):
        with transaction():
            service.extend(series, at=later)

    days = [one.recurrence_on for one in queries.occurrences(series.id)]
    assert count == 11
    assert days[-1] == date(2027, 9, 30)
    assert len(days) == len(set(days)) == 13
    newest = queries.occurrences(series.id)[-1]
    assert cast.officer.id in {delegate.account_id for delegate in newest.delegates}


def test_what_cannot_be_is_left_out_with_the_reason(company, cast):
    series = begin(company, cast, replace(PLAN, until_on=None))
    later = AT + timedelta(days=65)
    with transaction():
        consultations.schedule(
            company, title_ko="다른", title_en="Other", wall=datetime(2027, 9, 30, 9), duration=60,
            zone="Asia/Seoul", venue="V", venue_country="KR", by=cast.officer.as_actor(), at=later,
        )  # fmt: skip
    with transaction():
        made = service.extend(series, at=later)

    out = queries.left_out(series.id)
    assert made == 1
    assert [one.on for one in out] == [date(2027, 9, 30)]
    assert "Telegram 2027" in out[0].why


def test_cancelled_stays_cancelled_when_the_series_gets_another_time(company, cast):
    series = begin(company, cast)
    september, october, november, december = queries.occurrences(series.id)
    by = cast.officer.as_actor()
    with transaction():
        consultations.cancel(october, side=Side.COMPANY, reason="r", by=by, at=AT)
        consultations.reschedule(november, wall=datetime(2026, 11, 25, 15), duration=120,
                                 zone="Asia/Seoul", by=by, at=AT)  # fmt: skip
    before = {one.id: (one.uid, one.sequence) for one in (september, october, november, december)}
    rest = changed(series, replace(PLAN, time=time(16)), cast, from_on=date(2026, 9, 24))

    assert rest.id == series.id
    assert walls(series) == ["24 Sep 16:00", "29 Oct 09:00", "25 Nov 15:00", "31 Dec 16:00"]
    assert october.status is ConsultationStatus.CANCELLED
    assert {one.uid for one in (september, october, november, december)} == {
        uid for uid, _sequence in before.values()}  # fmt: skip
    for one in (september, december):
        assert one.sequence == before[one.id][1] + 1
    for one in (october, november):
        assert one.sequence == before[one.id][1]


def test_this_and_following_leaves_what_lies_before(company, cast):
    series = begin(company, cast)
    rest = changed(series, replace(PLAN, time=time(16)), cast, from_on=date(2026, 11, 26))

    assert rest.id != series.id
    assert rest.previous_id == series.id
    assert walls(series) == ["24 Sep 09:00", "29 Oct 09:00"]
    assert walls(rest) == ["26 Nov 16:00", "31 Dec 16:00"]
    assert series.until_on == date(2026, 11, 25)


def test_another_rule_moves_the_entries_that_are_there(company, cast):
    series = begin(company, cast)
    names = [one.uid for one in queries.occurrences(series.id)]
    wednesday = replace(PLAN, rule=replace(LAST_THURSDAY, weekday=2))
    rest = changed(series, wednesday, cast, from_on=date(2026, 9, 24))

    assert walls(rest) == ["30 Sep 09:00", "28 Oct 09:00", "25 Nov 09:00", "30 Dec 09:00"]
    assert [one.uid for one in queries.occurrences(rest.id)] == names


def test_fewer_days_call_off_the_rest_and_more_days_invite(company, cast):
    series = begin(company, cast)
    quarterly = replace(PLAN, rule=replace(LAST_THURSDAY, every=3))
    rest = changed(series, quarterly, cast, from_on=date(2026, 9, 24))
    states = [one.status.value for one in queries.occurrences(rest.id)]

    assert sorted(states) == ["cancelled", "cancelled", "scheduled", "scheduled"]
    fortnightly = replace(PLAN, rule=Rule(Unit.WEEK, 2, 3, 1, 1, ShortMonth.LAST_DAY))
    again = begin(company, cast, replace(PLAN, time=time(15), first_on=date(2026, 11, 1)))
    more = changed(again, replace(fortnightly, time=time(15)), cast, from_on=date(2026, 11, 26))
    assert walls(more) == ["26 Nov 15:00", "10 Dec 15:00", "24 Dec 15:00"]


def test_the_past_never_moves(company, cast):
    series = begin(company, cast)
    later = datetime(2026, 10, 15, tzinfo=UTC)
    september = queries.occurrences(series.id)[0]
    kept = (september.starts_at, september.sequence, september.venue)
    rest = changed(series, replace(PLAN, time=time(16), venue="Elsewhere"), cast,
                   from_on=date(2026, 10, 29), at=later)  # fmt: skip

    assert (september.starts_at, september.sequence, september.venue) == kept
    assert september.series_id == series.id
    assert [one.venue for one in queries.occurrences(rest.id)] == ["Elsewhere"] * 3


def test_the_end_calls_off_what_the_rule_put_after_it(company, cast):
    series = begin(company, cast)
    with transaction():
        off = service.end(series, last_on=date(2026, 10, 31), reason="r",
                          by=cast.officer.as_actor(), at=AT)  # fmt: skip

    assert off == 2
    with transaction():
        assert service.extend(series, at=AT + timedelta(days=100)) == 0


def test_a_person_who_joins_later_comes_to_the_extended_ones(company, cast):
    series = begin(company, cast, replace(PLAN, until_on=None))
    last = queries.occurrences(series.id)[-1]
    with transaction():
        consultations.add_delegate(last, account=cast.head, by=cast.officer.as_actor(), at=AT)
    with transaction():
        service.extend(series, at=AT + timedelta(days=65))

    newest = queries.occurrences(series.id)[-1]
    assert cast.head.id in {delegate.account_id for delegate in newest.delegates}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"until_on": date(2026, 8, 1)}, "until_on"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"duration": 0}, "duration"),
        ({"first_on": date(2029, 1, 1), "until_on": None}, "first_on"),
        ({"rule": Rule(Unit.DAY, 1, 0, 1, 1, ShortMonth.LAST_DAY), "until_on": None}, "until_on"),
        ({"rule": Rule(Unit.DAY, 1, 0, 1, 1, ShortMonth.LAST_DAY),
          "until_on": date(2027, 9, 3)}, "until_on"),
        ({"first_on": date(2026, 9, 1), "until_on": date(2026, 9, 10)}, "first_on"),
        ({"first_on": date(2025, 1, 1)}, "first_on"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_and_nothing_is_half_done(company, cast, change, field):
    with pytest.raises(FieldError) as refused:
        begin(company, cast, replace(PLAN, **change))

    assert refused.value.field == field
    assert db.session.query(Consultation).count() == 0


def test_all_or_none_are_scheduled(company, cast):
    by = cast.officer.as_actor()
    with transaction():
        consultations.schedule(
            company, title_ko="다른", title_en="Other", wall=datetime(2026, 11, 26, 9), duration=60,
            zone="Asia/Seoul", venue="V", venue_country="KR", by=by, at=AT,
        )  # fmt: skip
    with pytest.raises(Refused, match="26"):
        begin(company, cast)

    assert db.session.query(Consultation).count() == 1
    assert db.session.query(LeftOut).count() == 0
