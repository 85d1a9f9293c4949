"""Twelve months by the clock alone: cards made, sent and frozen, reports drafted, asked for, released."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.core import outbox
from portal.core.calendar import add_working_days, next_month
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.i18n import gettext, month_name, spoken
from portal.core.jobs import run_due
from portal.holidays import queries as holidays
from portal.methodology.cohort import freeze_instant, month_bounds
from portal.reports import jobs, schedule
from portal.reports.models import Report, ReportStatus
from portal.scorecards import jobs as card_jobs
from portal.scorecards import service as scorecards
from portal.scorecards.models import MonthStep, Scorecard, ScorecardStatus
from tests.reports.conftest import a_request
from tests.reports.test_service import blank

JOBS = (*card_jobs.JOBS, *jobs.JOBS)
FIRST = "2025-01"
MONTHS = [next_month(FIRST, step) for step in range(12)]
QUIET = "2025-08"
"""A month in which nothing was asked of X."""
HOUR = timedelta(hours=1)


def requests_of(company: Any, month: str, number: int) -> list[Any]:
    """Six requests of a month; the first is never answered."""
    zero = month_bounds(month)[0] + timedelta(days=5)
    return [
        a_request(
            company, 100 * number + place, zero=zero + place * HOUR, month=month,
            **({} if place else {"outcome": None, "decided_at": None, "removed_at": None,
                                 "verified_at": None, "verification": None}),
        )
        for place in range(6)
    ]  # fmt: skip


@pytest.fixture
def year(companies: dict[str, Any], cast: Any) -> dict[str, Any]:
    with transaction():
        for number, month in enumerate(MONTHS, start=1):
            for slug in ("telegram", "x"):
                if (slug, month) != ("x", QUIET):
                    db.session.add_all(requests_of(companies[slug], month, number))
        cast.commissioner.language = "ko"
    return companies


def test_twelve_months_run_through_the_clock(year: Any, cast: Any, mailbox: Any) -> None:
    extra = holidays.extra_days("KR")
    for month in MONTHS:
        closed = freeze_instant(month)
        run_due(JOBS, at=closed)
        outbox.send_waiting(at=closed)
        cards = db.session.query(Scorecard).filter_by(month=month).all()
        assert len(cards) == (1 if month == QUIET else 2), month
        assert {(card.status, card.as_of) for card in cards} == {
            (ScorecardStatus.WITH_COMPANY, closed)
        }

        run_due(JOBS, at=schedule.drafted_at(month))
        outbox.send_waiting(at=schedule.drafted_at(month))
        report = db.session.query(Report).filter_by(month=month).one()
        assert (report.status, report.asked_at) == (ReportStatus.HELD, None)

        over = max(card.reply_due_at for card in cards if card.reply_due_at) + timedelta(seconds=1)
        run_due(JOBS, at=over)
        outbox.send_waiting(at=over)
        db.session.expire_all()
        assert {card.status for card in cards} == {ScorecardStatus.FROZEN}
        assert report.asked_at == over

        reminded = later(over, 1, extra)
        run_due(JOBS, at=reminded)
        outbox.send_waiting(at=reminded)
        with transaction():
            schedule.service.release(
                report, by=cast.head.as_actor(), at=reminded + HOUR, printed=blank(report)
            )
        run_due(JOBS, at=reminded + 2 * HOUR)
        outbox.send_waiting(at=reminded + 2 * HOUR)
        assert schedule.late(reminded + 3 * HOUR) == []

    assert [(r.month, r.version, r.status) for r in reports()] == [
        (month, 1, ReportStatus.RELEASED) for month in MONTHS
    ]
    for card in db.session.query(Scorecard):
        assert scorecards.verify(card) == []
    assert [(one.month, one.is_empty) for one in db.session.query(MonthStep)] == [(QUIET, True)]
    _received(mailbox, cast)


def later(at: datetime, days: int, extra: Any) -> datetime:
    """Noon in Seoul of a working day after an instant."""
    on = add_working_days(local_date(at), days, extra)
    return datetime.fromisoformat(f"{on.isoformat()}T12:00:00+09:00")


def reports() -> list[Report]:
    return db.session.query(Report).order_by(Report.month, Report.version).all()


def _received(mailbox: Any, cast: Any) -> None:
    """What lies in the boxes of a real mail server after the year."""
    boxes = Counter(message["To"] for message in mailbox.messages)
    # Each month: sent and final, to both who log in for the company; X had a month of nothing.
    assert {boxes[cast.delegate.email], boxes[cast.company_admin.email]} == {24}
    assert {boxes[cast.rival.email], boxes[cast.rival_admin.email]} == {22}
    # Each month: drafted, asked, reminded once.
    assert boxes[cast.head.email] == 36
    released = [m for m in mailbox.messages if m["To"] == cast.commissioner.email]
    assert [part.get_filename() for m in released for part in m.iter_attachments()] == [
        f"monthly-report-{month}-v1-ko.pdf" for month in MONTHS
    ]
    assert {m["Content-Language"] for m in released} == {"ko"}
    with spoken("ko"):
        subjects = [gettext("Monthly report for %(month)s", month=month_name(m)) for m in MONTHS]
    assert [m["Subject"] for m in released] == subjects
    for message in mailbox.messages:
        if message["To"].endswith("@x.example"):
            assert "Telegram" not in message.as_string()
