"""The pages: who sees what, what a form does, what stays out."""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from portal.access.actor import CLOCK
from portal.access.scope import find
from portal.core.db import db, transaction
from portal.hotline import service as hotline
from portal.hotline.models import Channel, Intake
from portal.shifts import queries, service
from portal.shifts.models import (
    AlarmStage,
    ChangeKind,
    HandoverNote,
    OnHolidays,
    ShiftChange,
    ShiftRule,
)
from portal.shifts.views import asked
from tests.hotline.conftest import platform_of
from tests.queries import counting
from tests.shifts.conftest import days, seoul


def text(response: Any) -> str:
    page = response.get_data(as_text=True)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<main") :]))


@pytest.fixture
def rota(weekly: Any, operator2: Any) -> tuple[ShiftRule, ShiftRule]:
    """The operator by day, the colleague at night, and nothing from 18:00 to 22:00."""
    return weekly(starts="06:00", ends="18:00"), weekly(operator2, starts="22:00", ends="06:00")


def test_the_head_sees_the_gap_in_advance_and_on_the_desk(cast: Any, visit: Any, rota: Any) -> None:
    for url in ("/shifts/", "/"):
        page = text(visit(cast.head, "GET", url))

        assert "gap Mon 2 Mar 2026, 18:00–22:00 Nobody is on duty." in page


def test_an_operator_sees_the_own_shifts_and_who_is_on_and_no_other_rota(
    cast: Any, visit: Any, rota: Any
) -> None:
    page = text(visit(cast.operator, "GET", "/shifts/"))
    desk = text(visit(cast.operator, "GET", "/"))

    assert "On duty now: Hotline operator until 2026-03-02 18:00" in page
    assert "06:00–18:00" in page and "Your weekly shifts" in page
    assert "Second operator" not in page and "22:00" not in page
    assert "Mon 2 Mar 2026, 06:00–18:00" in desk and "Second operator" not in desk


@pytest.mark.parametrize("url", ["/hotline/", "/hotline/record"])
def test_who_is_on_stands_on_the_pages_of_the_hotline(
    cast: Any, visit: Any, rota: Any, url: str
) -> None:
    assert "On duty now: Hotline operator until" in text(visit(cast.operator, "GET", url))


def test_where_nobody_is_on_the_hotline_says_so(cast: Any, visit: Any) -> None:
    assert "Nobody is on duty now" in text(visit(cast.operator, "GET", "/hotline/"))


@pytest.mark.parametrize(
    "part", ["delegate", "company_admin", "rival", "officer", "police", "agency"]
)
def test_companies_and_others_see_nothing_of_it(
    cast: Any, visit: Any, rota: Any, part: str
) -> None:
    for url in ("", "notes", "terms", "staffing", "capacity", "add", "rules/add",
                f"rules/{rota[0].id}/end", f"rules/{rota[0].id}/change"):  # fmt: skip
        assert visit(getattr(cast, part), "GET", f"/shifts/{url}").status_code == 404
    assert "uty roster" not in visit(getattr(cast, part), "GET", "/").text


def test_an_operator_cannot_reach_a_colleagues_rule(cast: Any, visit: Any, rota: Any) -> None:
    own, other = rota

    assert find(ShiftRule, own.id, cast.operator.as_actor()) is own
    assert find(ShiftRule, other.id, cast.operator.as_actor()) is None
    assert visit(cast.operator, "POST", f"/shifts/rules/{own.id}/end").status_code == 404


def test_the_head_puts_a_shift_on_the_roster(cast: Any, visit: Any) -> None:
    sent = {
        "account_id": cast.operator.id, "weekdays": ["0", "4"], "starts": "22:00", "ends": "06:00",
        "every": "2", "from_on": "2026-03-02", "on_holidays": "not_on_holidays",
    }  # fmt: skip
    done = visit(cast.head, "POST", "/shifts/rules/add", sent)
    rule = db.session.query(ShiftRule).one()

    assert done.status_code == 303
    assert (rule.account_id, rule.weekdays, rule.starts, rule.ends, rule.every, rule.on_holidays) == (
        cast.operator.id, "04", "22:00", "06:00", 2, OnHolidays.NOT,
    )  # fmt: skip
    again = visit(cast.head, "POST", "/shifts/rules/add", sent | {"from_on": "2026-03-01"})
    assert "What is past stays as it was" in text(again)
    assert db.session.query(ShiftRule).count() == 1


def test_the_head_changes_one_shift_and_takes_it_back(
    cast: Any, visit: Any, rota: Any, operator2: Any
) -> None:
    url = f"/shifts/rules/{rota[0].id}/change"
    asked_for = visit(cast.head, "GET", f"{url}?on=2026-03-05").text
    done = visit(cast.head, "POST", url, {"on": "2026-03-05", "account_id": operator2.id})
    dropped = visit(cast.head, "POST", url, {"on": "2026-03-06", "account_id": "0"})
    changes = db.session.query(ShiftChange).order_by(ShiftChange.id).all()
    back = visit(cast.head, "POST", f"/shifts/changes/{changes[0].id}/take-back")

    assert 'value="2026-03-05"' in asked_for
    assert (done.status_code, dropped.status_code, back.status_code) == (303, 303, 303)
    assert [(c.kind, c.on, c.account_id) for c in changes] == [
        (ChangeKind.REPLACED, date(2026, 3, 5), operator2.id),
        (ChangeKind.DROPPED, date(2026, 3, 6), None),
    ]
    assert [c.taken_back_at is None for c in db.session.query(ShiftChange).order_by("id")] == [
        False, True,
    ]  # fmt: skip


def test_a_shift_by_hand_is_on_the_clock_of_seoul_whatever_the_readers(
    cast: Any, visit: Any
) -> None:
    cast.head.time_zone = "America/New_York"
    visit(cast.head, "POST", "/shifts/add", {
        "account_id": cast.operator.id, "starts_at": "2026-03-05T22:00", "ends_at": "2026-03-06T06:00",
    })  # fmt: skip
    made = db.session.query(ShiftChange).one()

    assert (made.starts_at, made.ends_at) == (seoul("2026-03-05T22:00"), seoul("2026-03-06T06:00"))


def test_a_note_with_a_phone_number_is_refused_and_kept_on_the_page(
    cast: Any, visit: Any, rota: Any
) -> None:
    bad = visit(cast.operator, "POST", "/shifts/notes", {"text": "call 010-1234-5678 back"})
    good = visit(cast.operator, "POST", "/shifts/notes", {"text": "The form of X was down."})

    assert "personal data" in text(bad) and "call 010-1234-5678 back" in bad.text
    assert good.status_code == 303
    assert [note.text for note in db.session.query(HandoverNote)] == ["The form of X was down."]
    assert "The form of X was down." in text(visit(cast.head, "GET", "/shifts/"))
    assert visit(cast.head, "POST", "/shifts/notes", {"text": "mine"}).status_code == 200
    assert db.session.query(HandoverNote).count() == 1


def test_a_week_shows_the_night_that_reaches_into_it(cast: Any, visit: Any, rota: Any) -> None:
    page = text(visit(cast.head, "GET", "/shifts/?week=2026-03-11"))

    assert "Week of Mon 9 Mar 2026" in page
    assert "Mon 9 Mar 2026 since the evening before 22:00–06:00 Second operator night" in page
    for odd in ("nonsense", "9999-12-31", "0001-01-01", ""):
        assert "Week of Mon 2 Mar 2026" in text(visit(cast.head, "GET", f"/shifts/?week={odd}"))


def test_the_roster_asks_the_same_few_queries_however_long(
    cast: Any, visit: Any, rota: Any, weekly: Any
) -> None:
    visit(cast.head, "GET", "/shifts/")
    with counting() as few:
        visit(cast.head, "GET", "/shifts/")
    for _n in range(12):
        weekly(starts="01:00", ends="02:00")
    with counting() as many:
        visit(cast.head, "GET", "/shifts/")

    assert len(many) == len(few)


# Plans


def calls(company: Any, cast: Any, times: list[Any]) -> None:
    with transaction():
        for number, received in enumerate(times):
            db.session.add(
                Intake(
                    case_code=f"T-{number}", secret_hash="", channel=Channel.PHONE,
                    platform_id=platform_of(company).id, reference_encrypted="",
                    is_minor_involved=False, received_at=received, handed_over_at=received,
                    recorded_by_id=cast.operator.id,
                )
            )  # fmt: skip


def test_the_arrivals_of_an_hour_are_its_mean_over_the_days_of_its_kind(
    cast: Any, companies: Any, at: Any
) -> None:
    # Four weeks before Monday 2 March; the Lunar New Year is on 16 to 18 February 2026.
    tuesdays = [seoul(f"2026-02-{day:02d}T21:30") for day in (3, 10, 24)]
    calls(companies["telegram"], cast, [
        seoul("2026-02-02T00:10"), *tuesdays, tuesdays[0], tuesdays[1], seoul("2026-02-17T23:59"),
        seoul("2026-03-02T00:00"),
    ])  # fmt: skip
    terms = queries.terms_on(date(2026, 3, 2))

    plan = queries.plan(terms, at=at)

    assert (plan.first_on, plan.last_on) == (date(2026, 2, 2), date(2026, 3, 1))
    # 1 March is a holiday too (and a Sunday), so three weekdays and one Sunday are holidays.
    assert plan.days == (3, 3, 3, 4, 4, 4, 3, 4)
    assert plan.total == 7  # today is not over, and does not count
    assert plan.per_hour[0][0] == Fraction(1, 3)
    assert plan.per_hour[1][21] == Fraction(5, 3)
    assert (plan.per_hour[7][23], plan.is_as_sunday) == (Fraction(1, 4), False)
    assert (plan.needed[0][0], plan.needed[1][21], plan.needed[6][5]) == (1, 2, 1)
    assert plan.needed_at(seoul("2026-03-03T21:59")) == 2
    # 2 March is the substitute holiday of 1 March: its row holds, not Monday's.
    assert (plan.row_of(date(2026, 3, 2)), plan.row_of(date(2026, 3, 9))) == (7, 0)


def test_with_few_holidays_in_the_history_a_holiday_is_planned_as_a_sunday(
    cast: Any, companies: Any, at: Any
) -> None:
    sunday = seoul("2026-02-22T13:30")
    calls(companies["telegram"], cast, [sunday] * 12)
    plan = queries.plan(queries.terms_on(date(2026, 3, 2)), at=at)

    assert (plan.days[7], plan.is_as_sunday) == (1, True)
    assert plan.per_hour[7] == plan.per_hour[6]
    assert plan.per_hour[6][13] == 12


def test_the_page_shows_what_is_needed_beside_what_is_there(
    cast: Any, companies: Any, visit: Any, rota: Any
) -> None:
    calls(companies["telegram"], cast, [seoul("2026-02-24T21:30")] * 8)
    page = visit(cast.head, "GET", "/shifts/staffing")

    assert page.status_code == 200
    assert 'role="img"' in page.text and "Intakes by hour and weekday against staff" in page.text
    assert "21:00 1 / 0 ! " in text(page)
    assert "06:00 1 / 1 1 / 1 1 / 1" in text(page)
    shift_over = text(visit(cast.head, "GET", "/shifts/"))
    assert "Fewer people than the history of intakes asks for" not in shift_over


OWN = {name: Fraction(value) for name, value in (
    ("staff", 3), ("per_day", 10), ("minutes", 15), ("hours", 40), ("backlog", 4), ("weeks", 12),
)}  # fmt: skip


def test_the_address_holds_the_numbers_and_what_is_wrong_is_our_own() -> None:
    said = asked(
        {"staff": "140", "per_day": "347,5", "minutes": "0", "weeks": "1.5", "backlog": "1e99"}, OWN
    )

    assert said.plan == (140, Fraction(695, 2), 15, 40, 4, 12)
    assert sorted(said.faults) == ["backlog", "minutes", "weeks"]
    assert said.typed["per_day"] == "347,5" and said.typed["hours"] == "40"


def test_the_what_if_is_marked_shareable_and_keeps_the_published_apart(
    cast: Any, visit: Any
) -> None:
    url = "/shifts/capacity?staff=140&per_day=300&minutes=60&hours=35&backlog=700&weeks=2"
    for part in ("head", "auditor", "commissioner"):
        page = text(visit(getattr(cast, part), "GET", url))

        assert "What-if" in page and "No figure here is measured." in page
        # 140 people at 35 hours and 60 minutes an item: 700 a day.
        assert "Items the staff can do in a day 700.0" in page
        assert "1 2,800.0 0.0 0.0" in page
        assert "Days until nothing waits 1.8" in page
    wrong = text(visit(cast.head, "GET", "/shifts/capacity?staff=many"))
    assert "Write a whole number from 0 to 2000." in wrong


def test_terms_are_set_by_the_administrator_and_hold(cast: Any, visit: Any, at: Any) -> None:
    sent = {
        "from_on": "2026-03-02", "acknowledge_minutes": 5, "hand_over_minutes": 30,
        "handling_minutes": 12, "share_percent": 90, "within_seconds": 30, "least": 2,
        "least_on_holidays": 1, "rest_hours": 12, "most_nights": 2, "source": "Decided in March",
    }  # fmt: skip
    wrong = visit(cast.administrator, "POST", "/shifts/terms", sent | {"share_percent": 100})
    refused = visit(cast.auditor, "POST", "/shifts/terms", sent)
    done = visit(cast.administrator, "POST", "/shifts/terms", sent)

    assert "Number must be between 1 and 99." in text(wrong)
    assert (refused.status_code, done.status_code) == (200, 303)
    assert queries.terms_on(at.date()).acknowledge_minutes == 5
    assert len(queries.all_terms()) == 2
    assert "Decided in March" in text(visit(cast.auditor, "GET", "/shifts/terms"))


def test_an_operator_takes_an_intake_up_on_its_page(
    cast: Any, companies: Any, visit: Any, at: Any
) -> None:
    calls(companies["telegram"], cast, [at])
    intake = db.session.query(Intake).one()
    intake.handed_over_at = None
    db.session.commit()
    number = intake.id
    done = visit(cast.operator, "POST", f"/hotline/{number}/take-up", follow=True)

    assert "You have taken it up." in text(done)
    assert "Take it up" not in text(done) and "Hotline operator, Mon 2 Mar 2026, 10:00" in text(
        done
    )


def test_an_alarm_is_listed_with_how_many_were_told(
    cast: Any, companies: Any, visit: Any, at: Any
) -> None:
    calls(companies["telegram"], cast, [at - timedelta(hours=1)])
    intake = db.session.query(Intake).one()
    intake.handed_over_at = None
    db.session.commit()
    with transaction():
        service.raise_alarm(intake, AlarmStage.HEADS, by=CLOCK, at=at)

    page = text(visit(cast.head, "GET", "/shifts/"))
    assert "T-0 told to the heads of team 2026-03-02 10:00, letters: 1" in page


def test_an_empty_form_names_every_field_that_is_missing(cast: Any, visit: Any) -> None:
    page = text(visit(cast.head, "POST", "/shifts/add", {"account_id": "0"}))

    for name in ("Operator: Choose an operator.", "From: This", "Until: This"):
        assert name in page


def test_the_terms_that_came_with_the_portal_speak_korean(cast: Any, visit: Any) -> None:
    cast.head.language = "ko"
    page = visit(cast.head, "GET", "/shifts/terms").get_data(as_text=True)

    assert page.count("휴식: 근로기준법") == 2  # in the table, and in the form to set others
    assert "Labour Standards Act" not in page


def test_what_waits_too_long_stands_first_on_the_desks(
    cast: Any, companies: Any, visit: Any, at: Any
) -> None:
    with transaction():
        late, fresh = (
            hotline.record_intake(
                platform_of(companies["telegram"]), channel=Channel.PHONE,
                reference=f"https://t.example/{n}", is_minor_involved=False,
                by=cast.operator.as_actor(), at=at - n * days(1),
            )[0]
            for n in (1, 0)
        )  # fmt: skip
    assert late.case_code not in text(visit(cast.head, "GET", "/"))
    with transaction():
        service.raise_alarm(late, AlarmStage.HEADS, by=CLOCK, at=at)
    head, operator = (text(visit(one, "GET", "/")) for one in (cast.head, cast.operator))
    roster = text(visit(cast.head, "GET", "/shifts/"))

    assert late.case_code in head and fresh.case_code not in head
    assert head.index("waits too long") < head.index("Action items")
    assert operator.count("waits too long") == 1
    assert operator.index(fresh.case_code) < operator.index("Your next shifts")
    assert re.search(rf"{late.case_code} told to the heads of team [^<]* still waits", roster)
