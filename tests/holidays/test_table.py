"""Our own table of holidays: who edits it, what it is merged with, what counts it."""

from __future__ import annotations

from datetime import date
from html import unescape

import pytest
from sqlalchemy import delete

from portal.access.actor import NOBODY
from portal.access.scope import act_as
from portal.consultations.duties import WorkingDays
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.holidays import queries, service
from portal.holidays.models import Holiday

ON = date(2026, 10, 29)
VALUES = {
    "country": "KR",
    "on": "2026-10-29",
    "name_ko": "임시공휴일",
    "name_en": "Temporary holiday",
    "confirmed": "y",
}


@pytest.fixture
def holiday(cast, at):
    with transaction():
        return service.add("KR", ON, name_ko="임시공휴일", name_en="Temporary holiday",
                           by=cast.administrator.as_actor(), at=at)  # fmt: skip


def text_of(answer):
    return unescape(answer.get_data(as_text=True))


def test_the_administrator_adds_a_day_once_and_takes_it_out(cast, visit):
    done = text_of(visit(cast.administrator, "POST", "/holidays/", VALUES, True))
    again = text_of(visit(cast.administrator, "POST", "/holidays/", VALUES))
    holiday = db.session.query(Holiday).one()
    visit(cast.administrator, "POST", f"/holidays/{holiday.id}/drop", {})

    assert "Temporary holiday" in done
    assert "in the table already" in again
    assert db.session.query(Holiday).count() == 0
    verbs = [event.verb for event in db.session.query(AuditEvent).order_by(AuditEvent.id)]
    assert [verb for verb in verbs if verb.startswith("holidays:")] == [
        "holidays:add", "holidays:drop"]  # fmt: skip


@pytest.mark.parametrize("who", ["officer", "delegate", "rival"])
def test_nobody_else_edits_it(cast, visit, holiday, who):
    visit(getattr(cast, who), "POST", "/holidays/", VALUES | {"on": "2026-10-30"})
    dropped = visit(getattr(cast, who), "POST", f"/holidays/{holiday.id}/drop", {})

    assert dropped.status_code in (403, 404)
    assert [one.on for one in db.session.query(Holiday)] == [ON]


def test_names_of_the_library_and_of_the_table_are_one(holiday):
    korean = queries.names_between("KR", date(2026, 9, 20), date(2026, 10, 31), "ko")
    english = queries.names_between("KR", date(2026, 9, 20), date(2026, 10, 31), "en")

    assert korean[ON] == "임시공휴일"
    assert english[ON] == "Temporary holiday"
    assert {date(2026, 9, 24), date(2026, 9, 25), date(2026, 9, 26)} < set(english)
    assert "Thanksgiving" in queries.names_between(
        "US", date(2026, 11, 26), date(2026, 11, 26), "en")[date(2026, 11, 26)]  # fmt: skip
    assert queries.names_between("US", ON, ON, "en") == {}


def test_a_day_the_library_knows_is_refused_with_its_name(cast, visit):
    page = text_of(visit(cast.administrator, "POST", "/holidays/", VALUES | {"on": "2026-09-25"}))

    assert "public holiday already" in page
    assert db.session.query(Holiday).count() == 0


def test_a_page_without_a_login_does_not_empty_the_table_for_the_others(holiday):
    queries.forget()
    act_as(NOBODY)
    queries.own_table()
    act_as(None)

    assert ON in queries.extra_days("KR")
    assert not WorkingDays.as_known().are(ON, "KR")


def test_the_table_of_one_database_is_not_kept_for_another(house, database, tmp_path, holiday):
    assert ON in queries.extra_days("KR")
    db.session.execute(delete(Holiday))
    db.session.commit()

    assert ON in queries.extra_days("KR")
    house.moved(tmp_path, database)
    assert queries.own_table() == {}


def test_a_day_off_is_offered_no_country_that_is_not_made_public(cast, visit):
    page = visit(cast.administrator, "GET", "/holidays/").get_data(as_text=True)

    assert 'value="KR"' in page
    assert 'value="ZZ"' not in page
