"""The pages of series: every date with what is awkward about it, then the deed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html import unescape

import pytest

from portal.agendas import document
from portal.agendas import service as agendas
from portal.consultations.models import Consultation
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.documents.models import Document
from portal.feeds import service as feeds
from portal.holidays import service as holidays
from portal.series import queries
from portal.series.models import Series


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


@pytest.fixture
def values(companies):
    company = companies["telegram"]
    company.time_zone, company.country = "America/Los_Angeles", "US"
    db.session.commit()
    return {
        "company_id": company.id, "title_ko": "정례협의", "title_en": "Regular consultation",
        "unit": "by_weekday_of_month", "every": "1", "position": "-1", "weekday": "3", "day": "15",
        "short_month": "on_its_last_day", "first_on": "2026-09-01", "until_on": "2026-12-31",
        "time": "09:00", "duration": "120", "zone": "Asia/Seoul", "venue": "Room 3",
        "venue_country": "KR", "check": "1",
    }  # fmt: skip


def seen_plan(page):
    return page.split('name="seen_plan"')[1].split('value="')[1].split('"')[0]


def begun(visit, cast, values, **choices):
    first = text_of(visit(cast.officer, "POST", "/series/start", values))
    deed = {**values, "seen_plan": seen_plan(first), "start": "1", **choices}
    del deed["check"]
    return first, visit(cast.officer, "POST", "/series/start", deed, True)


def test_every_date_is_shown_before_anybody_is_invited(cast, visit, values):
    first, done = begun(visit, cast, values)

    for words in ("Thu 24 Sep 2026, 09:00", "Wed 23 Sep 2026, 17:00", "Wed 25 Nov 2026, 16:00",
                  "24 Sep 2026 is a public holiday in South Korea", "Chuseok",
                  "26 Nov 2026 is a public holiday in United States", "Thanksgiving",
                  "From here on 16:00 instead of 17:00"):  # fmt: skip
        assert words in first, words
    assert db.session.query(Consultation).count() == 4
    assert "The series has begun" in text_of(done)


def test_without_javascript_single_days_are_left_out_and_moved(cast, visit, values):
    choices = {
        "what-2026-09-24": "leave-out", "what-2026-11-26": "move",
        "wall-2026-11-26": "2026-11-27T14:00", "zone-2026-11-26": "Asia/Singapore",
        "venue-2026-11-26": "Singapore",
    }  # fmt: skip
    _first, done = begun(visit, cast, values, **choices)
    page = text_of(done)

    assert "24 Sep 2026" in page
    assert "Singapore" in page
    assert "on its own" in page
    assert db.session.query(Consultation).count() == 3


def test_a_changed_plan_is_shown_again_before_the_deed(cast, visit, values):
    first = text_of(visit(cast.officer, "POST", "/series/start", values))
    deed = {**values, "seen_plan": seen_plan(first), "start": "1", "time": "10:00"}
    again = text_of(visit(cast.officer, "POST", "/series/start", deed))

    assert "Thu 24 Sep 2026, 10:00" in again
    assert db.session.query(Series).count() == 0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"zone": "Seoul"}, "No such time zone"),
        ({"every": "0"}, "between 1 and 12"),
        ({"unit": "by_day", "until_on": ""}, "twelve months at most"),
        ({"until_on": "2026-08-01"}, "would end before it begins"),
        ({"first_on": "2026-02-30"}, "valid date"),
        ({"what-2026-09-24": "move", "wall-2026-09-24": "2026-02-30T10:00"}, "no such date"),
    ],
)
def test_bad_input_is_named_and_nothing_is_half_done(cast, visit, values, wrong, sentence):
    page = text_of(visit(cast.officer, "POST", "/series/start", values | wrong))

    assert sentence in page
    assert "Regular consultation" in page
    assert db.session.query(Consultation).count() == 0


def test_a_day_that_the_clocks_skip_must_be_moved_or_left_out(cast, visit, values):
    night = values | {"zone": "America/Los_Angeles", "time": "02:30", "unit": "by_week",
                      "weekday": "6", "first_on": "2026-03-04", "until_on": "2026-03-15"}  # fmt: skip
    first, done = begun(visit, cast, night)

    assert "The clocks skip this time" in first
    assert "Leave out or move what cannot be" in text_of(done)
    assert db.session.query(Consultation).count() == 0
    begun(visit, cast, night, **{"what-2026-03-08": "leave-out"})
    assert [one.wall_time for one in db.session.query(Consultation)] == ["2026-03-15T02:30"]


def test_a_temporary_holiday_is_named(cast, visit, values, at):
    with transaction():
        holidays.add("KR", date(2026, 10, 29), name_ko="임시공휴일", name_en="Temporary holiday",
                     by=cast.administrator.as_actor(), at=at)  # fmt: skip

    assert "Temporary holiday" in text_of(visit(cast.officer, "POST", "/series/start", values))


def test_the_officer_changes_the_rest_and_sees_what_would_change(cast, visit, values):
    begun(visit, cast, values)
    series = db.session.query(Series).one()
    address = f"/series/{series.id}/change"
    form = text_of(visit(cast.officer, "GET", f"{address}?from=2026-10-29"))
    assert 'selected value="2026-10-29"' in form or 'value="2026-10-29" selected' in form
    asked = {k: v for k, v in values.items() if k not in ("company_id", "first_on")}
    asked |= {"from_on": "2026-10-29", "time": "16:00", "reason": "agreed"}
    shown = text_of(visit(cast.officer, "POST", address, asked))
    assert "Thu 29 Oct 2026, 16:00" in shown
    deed = {**asked, "seen_plan": seen_plan(shown), "change": "1"}
    page = text_of(visit(cast.officer, "POST", address, deed, True))

    assert "The series is changed" in page
    rest = db.session.query(Series).order_by(Series.id.desc()).first()
    assert [one.wall_time for one in queries.occurrences(rest.id)] == [
        "2026-10-29T16:00", "2026-11-26T16:00", "2026-12-31T16:00"]  # fmt: skip


def test_the_end_is_told(cast, visit, values):
    begun(visit, cast, values)
    series = db.session.query(Series).one()
    address = f"/series/{series.id}/end"
    wrong = text_of(visit(cast.officer, "POST", address, {"last_on": "2026-10-31"}))
    assert "Say why" in wrong
    deed = {"last_on": "2026-10-31", "side": "institution", "reason": "The body is renewed."}
    page = text_of(visit(cast.officer, "POST", address, deed, True))

    assert "Called off: 2" in page


def test_page_and_feed_agree(cast, visit, values, calendars, at):
    begun(visit, cast, values)
    series = db.session.query(Series).one()
    with transaction():
        _feed, secret = feeds.create("mine", by=cast.delegate.as_actor(), at=at)
    page = text_of(visit(cast.delegate, "GET", f"/series/{series.id}"))
    feed = visit(None, "GET", f"/feeds/{secret}.ics").data
    starts = sorted(event.start for event in calendars.read(feed))

    assert starts == [one.starts_at for one in queries.occurrences(series.id)]
    assert "Wed 25 Nov 2026, 16:00" in page


def test_a_rival_and_a_guest_see_no_series(cast, visit, values):
    begun(visit, cast, values)
    series = db.session.query(Series).one()
    for who in (cast.rival, cast.agency, cast.police):
        assert visit(who, "GET", f"/series/{series.id}").status_code == 404
    assert "Telegram" not in text_of(visit(cast.rival, "GET", "/series/"))


def test_a_double_hour_is_asked_and_both_answers_are_right(cast, visit, values, companies):
    plan = {
        "company_id": companies["telegram"].id, "title_ko": "협의", "title_en": "Consultation",
        "wall": "2026-11-01T01:30", "duration": "60", "zone": "America/Los_Angeles", "venue": "V",
        "venue_country": "US",
    }  # fmt: skip
    asked = text_of(visit(cast.officer, "POST", "/consultations/schedule", plan))
    assert "comes twice" in asked
    assert 'value="earlier"' in asked
    found = []
    for which in ("earlier", "later"):
        key = "2026-11-01T01:30 60 America/Los_Angeles US"
        values = plan | {"which": which, "anyway": "y", "warned_of": key}
        visit(cast.officer, "POST", "/consultations/schedule", values)
        newest = db.session.query(Consultation).order_by(Consultation.id.desc()).first()
        found.append(newest.starts_at)

    assert found == [
        datetime(2026, 11, 1, 8, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 9, 30, tzinfo=UTC),
    ]


def test_page_mail_feed_and_pdf_say_the_same_time(cast, visit, values, at):
    begun(visit, cast, values)
    november = db.session.query(Consultation).filter_by(recurrence_on=date(2026, 11, 26)).one()
    with transaction():
        version = agendas.publish(november, by=cast.officer.as_actor(), at=at)
        document.keep(version, november, at=at)
    page = text_of(visit(cast.delegate, "GET", f"/consultations/{november.id}"))
    letters = db.session.query(Letter).filter_by(about="consultation", about_id=november.id)
    printed = {one.language: one for one in db.session.query(Document).filter_by(
        subject_id=november.id)}  # fmt: skip

    for seoul, there in (("Thu 26 Nov 2026, 09:00", "Wed 25 Nov 2026, 16:00"),):
        assert seoul in page
        assert there in page
        assert seoul in str(printed["en"].content)
        assert there in str(printed["en"].content)
        assert any(seoul in one.body and there in one.body for one in letters)


def test_a_change_sent_with_nothing_in_it_is_asked_again(cast, visit, values):
    begun(visit, cast, values)
    series = db.session.query(Series).one()
    page = visit(cast.officer, "POST", f"/series/{series.id}/change", {"check": "1"})

    assert page.status_code == 200
    assert "Say why: both sides are told." in text_of(page)
