"""The month, the list and the year: on the reader's clock, with holidays, as many as there are."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from portal.consultations import service as consultations
from portal.consultations.models import Consultation, ConsultationStatus, Side
from portal.core.db import db, transaction
from portal.overviews import month as months
from tests.consultations import make
from tests.queries import counting


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def cell(answer: Any, day: str) -> str:
    """What stands in the cell of a day, named as the page names it."""
    cells = re.findall(r'<td class="day.*?</td>', answer.get_data(as_text=True), re.DOTALL)
    (found,) = [one for one in cells if day in one]
    return found


def crowd(company: Any, count: int, *, start: datetime, step: timedelta) -> None:
    with transaction():
        db.session.add_all(
            Consultation(
                company_id=company.id, year=2026, number=100 + n, serial=f"{company.name_en} C-{n}",
                status=ConsultationStatus.SCHEDULED, title_ko="협의", title_en="Consultation",
                starts_at=start + n * step, ends_at=start + n * step + timedelta(hours=1),
                zone="Asia/Seoul", wall_time="2026-03-02T10:00", venue="v", venue_country="KR",
            )
            for n in range(count)
        )  # fmt: skip


@pytest.mark.parametrize(
    ("month", "first", "after"),
    [
        ("2026-02", date(2026, 2, 1), date(2026, 3, 1)),  # four weeks to the day
        ("2026-03", date(2026, 3, 1), date(2026, 4, 5)),
        ("2026-08", date(2026, 7, 26), date(2026, 9, 6)),  # six weeks
        ("2026-12", date(2026, 11, 29), date(2027, 1, 3)),
    ],
)
def test_a_month_is_whole_weeks_from_sunday_on(month, first, after):
    assert months.span(month) == (first, after)
    weeks = months.weeks(month, {}, {}, {})
    assert {len(week) for week in weeks} == {7}
    assert {week[0].on.weekday() for week in weeks} == {6}


def test_an_entry_stands_on_the_day_of_the_readers_clock(companies, cast, at, visit):
    held = make.scheduled(companies["x"], cast, at=at, days=24, hour=9)  # Thursday 26 March, Seoul
    cast.rival.time_zone = "America/Los_Angeles"
    db.session.commit()

    in_seoul = visit(cast.officer, "GET", "/calendar/?month=2026-03")
    there = visit(cast.rival, "GET", "/calendar/?month=2026-03")

    assert "09:00" in cell(in_seoul, "Thu 26 Mar 2026")
    assert held.serial in cell(there, "Wed 25 Mar 2026")
    assert "17:00" in cell(there, "Wed 25 Mar 2026")
    assert "venue 03-26 09:00" in cell(there, "Wed 25 Mar 2026")
    assert held.serial not in text_of(visit(cast.delegate, "GET", "/calendar/?month=2026-03"))


def test_what_was_called_off_is_struck_and_what_was_moved_stands_twice(companies, cast, at, visit):
    off = make.scheduled(companies["telegram"], cast, at=at, days=10)
    moved = make.scheduled(companies["telegram"], cast, at=at, days=16)
    by = cast.officer.as_actor()
    with transaction():
        consultations.cancel(off, side=Side.COMPANY, reason="r", by=by, at=at)
        consultations.reschedule(moved, wall=datetime(2026, 3, 24, 15, 0), duration=60,
                                 zone="Asia/Seoul", by=by, at=at)  # fmt: skip

    page = visit(cast.delegate, "GET", "/calendar/?month=2026-03")
    listed = text_of(visit(cast.delegate, "GET", "/calendar/list?month=2026-03"))

    assert f"<del>14:00 {off.serial}</del>" in cell(page, "Thu 12 Mar 2026")
    assert f"<del>14:00 {moved.serial}</del>" in cell(page, "Wed 18 Mar 2026")
    assert "moved away" in cell(page, "Wed 18 Mar 2026")
    assert "<b>15:00</b>" in cell(page, "Tue 24 Mar 2026")
    assert "moved from 2026-03-18 14:00" in listed
    assert "moved to 2026-03-24 15:00" in listed


def test_holidays_of_korea_and_of_the_company_carry_their_name(companies, cast, at, visit):
    make.scheduled(companies["x"], cast, at=at, days=268)  # 25 November
    page = visit(cast.officer, "GET", f"/calendar/?month=2026-11&company={companies['x'].id}")
    korean = visit(cast.officer, "GET", "/calendar/?month=2026-09")

    assert "Thanksgiving" in cell(page, "Thu 26 Nov 2026")
    assert "Chuseok" in cell(korean, "Fri 25 Sep 2026")
    assert "day-off" in cell(korean, "Fri 25 Sep 2026")
    assert "day-off" not in cell(page, "Thu 26 Nov 2026")


@pytest.mark.parametrize("asked", ["", "2026-13", "x", "1999-01", "'"])
def test_a_month_that_is_none_is_this_one(cast, visit, asked):
    assert "March 2026" in text_of(visit(cast.officer, "GET", f"/calendar/?month={asked}"))


def test_months_lead_on_by_links(cast, visit):
    page = visit(cast.officer, "GET", "/calendar/?month=2026-12").get_data(as_text=True)

    assert 'rel="prev" href="/calendar/?month=2026-11"' in page
    assert 'rel="next" href="/calendar/?month=2027-01"' in page


def test_many_on_one_day_are_counted_and_listed(companies, cast, at, visit):
    crowd(companies["telegram"], 12, start=at + timedelta(days=8), step=timedelta(minutes=5))
    page = visit(cast.officer, "GET", "/calendar/?month=2026-03")

    assert cell(page, "Tue 10 Mar 2026").count("<li") == months.MOST_A_DAY
    assert "+8 more" in cell(page, "Tue 10 Mar 2026")
    listed = visit(cast.officer, "GET", "/calendar/list?day=2026-03-10").get_data(as_text=True)
    assert listed.count("Telegram C-") == 12


@pytest.mark.parametrize("count", [1, 200])
def test_questions_do_not_grow_with_the_consultations(companies, cast, at, visit, count):
    crowd(companies["telegram"], count, start=at, step=timedelta(hours=3))
    telegram = companies["telegram"].id
    for who in (cast.officer, cast.delegate, cast.agency):
        visit(who, "GET", "/account")
        for page in ("/calendar/", "/calendar/list", f"/calendar/year?company={telegram}",
                     "/calendar/year", "/search?q=consultation"):  # fmt: skip
            with counting() as sent:
                assert visit(who, "GET", page).status_code == 200
            assert len(sent) <= 9, (page, sent)


@pytest.fixture
def year(companies, cast, at):
    """One held, one cancelled by each side, one moved, one postponed, one planned."""
    telegram, by = companies["telegram"], cast.officer.as_actor()
    make.held(telegram, cast, at=at, days=2)
    ours, theirs, moved, postponed = (
        make.scheduled(telegram, cast, at=at, days=days) for days in (10, 11, 16, 17)
    )
    make.scheduled(telegram, cast, at=at, days=30)
    with transaction():
        consultations.cancel(ours, side=Side.INSTITUTION, reason="r", by=by, at=at)
        consultations.cancel(
            theirs, side=Side.COMPANY, reason="r", by=by, at=theirs.starts_at - timedelta(hours=30)
        )
        consultations.postpone(postponed, side=Side.COMPANY, reason="r", by=by, at=at)
        consultations.postpone(moved, side=Side.COMPANY, reason="=1+1", by=by, at=at)
        consultations.reschedule(moved, wall=datetime(2026, 3, 24, 15, 0), duration=60,
                                 zone="Asia/Seoul", by=by, at=at)  # fmt: skip
    return telegram


def test_a_year_says_what_became_of_each_and_by_whom(year, cast, visit):
    page = text_of(visit(cast.delegate, "GET", "/calendar/year?year=2026"))

    for words in ("Held 1", "Planned 2", "Moved 1", "0 by the institution, 1 by the company",
                  "Postponed 1", "Cancelled 2", "1 by the institution, 1 by the company",
                  "Shortest notice of a cancellation 30 hours", "All 6"):  # fmt: skip
        assert words in page, words
    assert (
        "16 days (388 hours)" in page
    )  # the notice of the move: from 2 March 10:00 to 18 March 14:00


def test_every_company_has_its_line_and_the_rival_reads_its_own(year, cast, visit, companies):
    rows = visit(cast.officer, "GET", "/calendar/year.csv?year=2026").get_data().decode("utf-8-sig")
    numbers = list(csv.DictReader(io.StringIO(rows)))
    rival = visit(cast.rival, "GET", f"/calendar/year.csv?year=2026&company={year.id}")

    assert [(row["company_en"], row["held"], row["moved"], row["cancelled_by_institution"],
             row["cancelled_by_company"], row["all"]) for row in numbers] == [
        ("Telegram", "1", "1", "1", "1", "6"),
    ]  # fmt: skip
    assert "Telegram" not in rival.get_data(as_text=True)


def test_the_year_as_a_file_is_shielded(year, cast, visit, at):
    with transaction():
        held = db.session.query(Consultation).filter_by(number=1).one()
        held.title_en = "=HYPERLINK(1)"
    answer = visit(cast.officer, "GET", f"/calendar/year.csv?year=2026&company={year.id}")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))

    assert rows[0]["title_en"] == "'=HYPERLINK(1)"
    assert [row["cancelled_by"] for row in rows] == ["", "institution", "company", "", "company", ""]  # fmt: skip
    assert rows[3]["moved_by"] == "company"
    assert rows[3]["first_start"] == "2026-03-18T14:00:00+09:00"
    assert rows[3]["start"] == "2026-03-24T15:00:00+09:00"
    assert rows[2]["hours_of_notice_of_cancellation"] == "30"
    assert datetime.fromisoformat(rows[0]["held_at"]).astimezone(UTC) > at
