"""Progress reports: due by a rhythm, filed once, reminded of, never after the item is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from portal.accounts.models import Organisation, ReminderMode
from portal.actions import jobs, progress, service
from portal.actions.models import ActionItem, ProgressReport, Rhythm
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.responses import service as responses
from tests.actions import make

SEOUL = ZoneInfo("Asia/Seoul")


def seoul(month: int, day: int, hour: int = 18, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=SEOUL)


@pytest.fixture
def item(companies, at) -> ActionItem:
    return make.agreed(
        companies["telegram"], at=at, due=datetime(2026, 6, 15, 18), rhythm=Rhythm.MONTHLY
    )


def due(item: ActionItem) -> list[datetime]:
    db.session.expire_all()
    return [report.due_at for report in item.progress_reports]


def run(*days: datetime) -> None:
    for day in days:
        for job in (jobs.plan_progress, jobs.remind):
            job(day)
            db.session.commit()


@pytest.mark.parametrize(
    ("rhythm", "zone", "after", "ends"),
    [
        (Rhythm.MONTHLY, "Asia/Seoul", seoul(1, 31), [(2, 28), (3, 31)]),
        (Rhythm.MONTHLY, "Asia/Seoul", seoul(1, 31, 17), [(1, 31), (2, 28)]),
        (Rhythm.QUARTERLY, "Asia/Seoul", seoul(3, 2), [(3, 31), (6, 30)]),
        (Rhythm.QUARTERLY, "America/Los_Angeles", seoul(10, 1, 9), [(9, 30), (12, 31)]),
        (Rhythm.NONE, "Asia/Seoul", seoul(1, 1), []),
    ],
)
def test_the_ends_of_months_and_quarters(rhythm, zone, after, ends):
    found = [
        end.astimezone(ZoneInfo(zone)) for end in islice(progress.period_ends(
            rhythm, zone, after=after), 2)
    ]  # fmt: skip

    assert [(end.month, end.day) for end in found] == ends
    assert all((end.hour, end.minute) == (18, 0) for end in found)


def test_the_next_report_is_planned_once_and_none_after_the_due_date(item):
    assert due(item) == [seoul(3, 31)]
    run(seoul(3, 31, 9), seoul(3, 31, 9), seoul(4, 1, 9), seoul(5, 2, 9), seoul(6, 1, 9))

    assert due(item) == [seoul(3, 31), seoul(4, 30), seoul(5, 31)]
    run(seoul(6, 16, 9))  # overdue: it goes on being asked how far it is
    assert due(item)[-1] == seoul(6, 30)


def test_what_the_clock_slept_through_is_made_up(item):
    run(seoul(5, 10, 9))

    assert due(item) == [seoul(3, 31), seoul(4, 30), seoul(5, 31)]


def test_a_period_that_is_nearly_over_is_not_reported_on(companies):
    made = make.agreed(
        companies["telegram"], at=seoul(3, 25), due=datetime(2026, 6, 15, 18),
        rhythm=Rhythm.MONTHLY,
    )  # fmt: skip
    assert due(made) == [seoul(4, 30)]


def test_a_report_is_filed_once_and_late_stays_late(item, cast, visit):
    report = item.progress_reports[0]
    path = f"/progress-reports/{report.id}/file"
    with clock.stopped_at(seoul(4, 2, 9)):
        page = visit(cast.delegate, "GET", path).text
        assert "This progress report is overdue." in page
        assert "This field is required." in visit(cast.delegate, "POST", path, {"text": ""}).text
        private = visit(cast.delegate, "POST", path, {"text": "Call 010-1234-5678."}).text
        assert "personal data" in private
        assert "Call 010-1234-5678." in private
        filed = visit(cast.delegate, "POST", path, {"text": "Half of it is written."})
        assert filed.status_code == 303
        again = visit(cast.delegate, "POST", path, {"text": "The same form twice."}).text
    assert "This progress report is filed already." in again
    assert "The same form twice." in again
    seen = visit(cast.officer, "GET", f"/action-items/{item.id}").text

    assert "Half of it is written." in seen
    assert "filed late" in seen
    assert make.events(report) == [("actions:file_progress", "Representative, Telegram")]
    assert [who for who, _s in make.letters("actions:file_progress")] == [
        "officer@kcsc.example", "officer2@kcsc.example",
    ]  # fmt: skip
    assert due(item)[-1] == seoul(4, 30)


def test_only_the_owner_files_and_only_what_is_owed(item, cast, visit, at):
    report = item.progress_reports[0]
    path = f"/progress-reports/{report.id}/file"
    for who in (cast.officer, cast.rival, cast.auditor):
        assert visit(who, "POST", path, {"text": "Not mine."}).status_code == 404
    with pytest.raises(Refused, match="Only the side that owes"), transaction():
        progress.file_report(report, text="x", by=cast.officer.as_actor(), at=at)
    with pytest.raises(FieldError), transaction():
        progress.file_report(report, text=" ", by=cast.delegate.as_actor(), at=at)
    with transaction():
        responses.report_done(
            item, text="Done.", evidence=["https://evidence.example/1"],
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    with pytest.raises(Refused, match="No progress report is owed"), transaction():
        progress.file_report(report, text="x", by=cast.delegate.as_actor(), at=at)
    run(seoul(4, 8, 9))

    assert due(item) == [seoul(3, 31)]
    assert make.letters("actions:progress") == []


@pytest.mark.parametrize(
    ("mode", "days"), [(ReminderMode.EACH, [24, 30, 31, 32, 38, 45]),
                       (ReminderMode.DIGEST, [31, 32])],
)  # fmt: skip
def test_the_owner_is_reminded_once_a_step(item, cast, companies, mode, days):
    with transaction():
        db.session.get_one(Organisation, companies["telegram"].id).reminders = mode
    got = []
    for day in range(15, 47):
        before = len(make.letters("actions:progress"))
        for _twice in range(2):
            jobs.remind(seoul(3, 1, 9) + timedelta(days=day - 1))
            db.session.commit()
        letters = make.letters("actions:progress")[before:]
        if letters:
            got.append(day)
            assert {who for who, _s in letters} == {
                "delegate@telegram.example", "company_admin@telegram.example",
            }  # fmt: skip
            assert len(letters) == 2

    assert got == days


def test_another_rhythm_keeps_what_was_due_and_plans_anew(item, cast):
    later = seoul(4, 10, 9)
    run(later)
    assert due(item) == [seoul(3, 31), seoul(4, 30)]
    with transaction():
        amendment = service.ask_terms(
            item, weight=1, rhythm=Rhythm.NONE, reason="Enough.", by=cast.delegate.as_actor(),
            at=later,
        )  # fmt: skip
        service.grant(amendment, by=cast.officer.as_actor(), at=later)

    assert due(item) == [seoul(3, 31)]
    assert db.session.query(ProgressReport).one().is_late(at=later)


def test_what_is_due_soon_stands_on_the_desk_of_its_owner_alone(item, cast, visit):
    path = f"/progress-reports/{item.progress_reports[0].id}/file"
    with clock.stopped_at(seoul(3, 16)):
        assert path not in visit(cast.delegate, "GET", "/").text
    with clock.stopped_at(seoul(3, 18)):
        assert path in visit(cast.delegate, "GET", "/").text
        for who in (cast.officer, cast.rival):
            assert path not in visit(who, "GET", "/").text
