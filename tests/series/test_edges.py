"""Where series touch what is there already: split ones, days left out, times asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from portal.consultations import service as consultations
from portal.consultations.models import Consultation
from portal.core.db import db, transaction
from portal.core.errors import FieldError
from portal.core.outbox import Letter
from portal.series import queries, service
from portal.series.models import Series
from portal.series.rule import Rule, ShortMonth, Unit
from portal.series.service import Choice
from tests.queries import counting
from tests.series.test_service import (  # noqa: F401 (a fixture)
    AT,
    LAST_THURSDAY,
    PLAN,
    begin,
    changed,
    company,
    walls,
)
from tests.series.test_views import begun, seen_plan, text_of, values  # noqa: F401 (a fixture)

WEEKLY = Rule(Unit.WEEK, 1, 3, 1, 1, ShortMonth.LAST_DAY)
FIFTEENTH = Rule(Unit.DAY_OF_MONTH, 1, 0, 1, 15, ShortMonth.LAST_DAY)


def test_this_and_following_never_reaches_back_before_its_day(company, cast):  # noqa: F811
    series = begin(company, cast, replace(PLAN, rule=WEEKLY, first_on=date(2026, 10, 1)))
    before = walls(series)[:4]
    plan = replace(PLAN, rule=FIFTEENTH, time=time(16))
    rest = changed(series, plan, cast, from_on=date(2026, 10, 29))
    with transaction():
        assert service.extend(rest, at=AT) == 0

    assert walls(series) == before == [
        "01 Oct 09:00", "08 Oct 09:00", "15 Oct 09:00", "22 Oct 09:00"]  # fmt: skip
    still = [one for one in queries.occurrences(rest.id) if not one.is_struck]
    assert [one.wall_time for one in still] == ["2026-11-15T16:00", "2026-12-15T16:00"]


def test_a_day_that_was_left_out_stays_so_under_another_rule(company, cast):  # noqa: F811
    plan = replace(PLAN, until_on=None)
    series = begin(company, cast, plan,
                   choices={date(2026, 10, 29): Choice(is_left_out=True)})  # fmt: skip
    wednesday = replace(plan, rule=replace(LAST_THURSDAY, weekday=2))
    rest = changed(series, wednesday, cast, from_on=date(2026, 9, 24))

    assert [out.on for out in queries.left_out(rest.id)] == [date(2026, 10, 28)]
    with transaction():
        assert service.extend(rest, at=AT) == 0
    assert walls(rest)[:2] == ["30 Sep 09:00", "25 Nov 09:00"]


def test_an_occurrence_with_a_length_of_its_own_is_left_alone(company, cast):  # noqa: F811
    series = begin(company, cast)
    october = queries.occurrences(series.id)[1]
    with transaction():
        consultations.reschedule(october, wall=datetime(2026, 10, 29, 9), duration=60,
                                 zone="Asia/Seoul", by=cast.officer.as_actor(), at=AT)  # fmt: skip
    changed(series, replace(PLAN, time=time(16)), cast, from_on=date(2026, 9, 24))

    assert (october.wall_time, october.duration) == ("2026-10-29T09:00", 60)


def test_an_end_never_prolongs_a_series_nor_wakes_the_part_before_a_change(company, cast):  # noqa: F811
    series = begin(company, cast)
    changed(series, replace(PLAN, time=time(16)), cast, from_on=date(2026, 11, 26))
    with pytest.raises(FieldError) as refused, transaction():
        service.end(series, last_on=date(2026, 12, 31), reason="r",
                    by=cast.officer.as_actor(), at=AT)  # fmt: skip

    assert refused.value.field == "last_on"
    with transaction():
        assert service.extend(series, at=AT) == 0
    assert walls(series) == ["24 Sep 09:00", "29 Oct 09:00"]


def test_one_letter_to_each_person_about_each_occurrence(company, cast):  # noqa: F811
    series = begin(company, cast)
    plan = replace(PLAN, time=time(16), venue="Elsewhere", title_en="Another title")
    later = AT + timedelta(days=2)
    changed(series, plan, cast, from_on=date(2026, 9, 24), at=later)

    letters = db.session.query(Letter).filter(
        Letter.written_at == later, Letter.replaced_by_id.is_(None)
    )
    count = Counter((letter.address, letter.about_id) for letter in letters)
    assert {number for _address, number in count} == {
        one.id for one in queries.occurrences(series.id)
    }
    assert set(count.values()) == {1}
    assert {one.sequence for one in queries.occurrences(series.id)} == {1}


def test_a_change_is_not_told_to_clash_with_itself(cast, visit, values):  # noqa: F811
    begun(visit, cast, values)
    series = db.session.query(Series).one()
    asked = {key: value for key, value in values.items() if key not in ("company_id", "first_on")}
    asked |= {"from_on": "2026-09-24", "time": "10:00", "reason": "agreed"}
    shown = text_of(visit(cast.officer, "POST", f"/series/{series.id}/change", asked))

    assert "Thu 24 Sep 2026, 10:00" in shown
    assert "another consultation at this time" not in shown


def test_a_clash_with_other_work_of_the_delegates_is_named(cast, visit, values, companies):  # noqa: F811
    by = cast.officer.as_actor()
    with transaction():
        consultations.schedule(
            companies["x"], title_ko="다른", title_en="Other", wall=datetime(2026, 10, 29, 10),
            duration=60, zone="Asia/Seoul", venue="V", venue_country="KR",
            delegates=[cast.officer], by=by, at=AT,
        )  # fmt: skip
    asked = values | {"delegates": str(cast.officer.id)}
    shown = text_of(visit(cast.officer, "POST", "/series/start", asked))

    assert shown.count("in another consultation at this time") == 1


def test_a_time_that_comes_twice_is_asked_for_by_day(cast, visit, values):  # noqa: F811
    night = values | {"zone": "America/Los_Angeles", "time": "01:30", "unit": "by_week",
                      "weekday": "6", "first_on": "2026-10-25", "until_on": "2026-11-08"}  # fmt: skip
    first, refused = begun(visit, cast, night)
    assert 'name="which-2026-11-01" value="earlier"' in first
    assert "Leave out or move what cannot be" in text_of(refused)
    begun(visit, cast, night, **{"which-2026-11-01": "later"})

    series = db.session.query(Series).one()
    starts = [one.starts_at for one in queries.occurrences(series.id)]
    assert starts[1] == datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    plan = service.plan_of(series)
    assert not [one for one in queries.occurrences(series.id) if service.is_moved(one, plan)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone-2026-09-24": "Mars/Olympus"},
        {"zone-2026-09-24": "../../etc/passwd"},
        {"wall-2026-09-24": "9999-12-31T23:00", "zone-2026-09-24": "America/Los_Angeles"},
        {"wall-2026-09-24": "0001-01-01T00:00"},
    ],
)
def test_a_day_moved_to_nowhere_is_refused_at_its_line(cast, visit, values, wrong):  # noqa: F811
    asked = values | {"what-2026-09-24": "move", "wall-2026-09-24": "2026-09-25T10:00"} | wrong
    first, done = begun(visit, cast, asked)

    assert '<p class="error">' in first
    assert "Leave out or move what cannot be" in text_of(done)
    assert db.session.query(Consultation).count() == 0


def test_the_preview_asks_no_more_of_the_database_for_more_days(cast, visit, values):  # noqa: F811
    sent = []
    for unit in ("by_weekday_of_month", "by_week", "by_day"):
        asked = values | {"unit": unit}
        visit(cast.officer, "POST", "/series/start", asked)
        with counting() as statements:
            visit(cast.officer, "POST", "/series/start", asked)
        sent.append(len(statements))

    assert len(set(sent)) == 1
    assert sent[0] <= 8
