"""The report by the clock: drafted, made again when cards change, asked for, reminded of.

It is drafted at 07:00 on the Korean working day after the cards were closed, whatever cards are still
with their companies, and says which. When all are final a head of team is asked to release it, and
reminded after one and three working days and then every five. Where cards stay open, the reminders
begin ten working days after the draft. Running a step twice does no harm.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from portal.access.actor import Actor
from portal.access.scope import beyond_scope
from portal.companies.models import Company
from portal.core.calendar import add_working_days, is_working_day, start_of_day
from portal.core.clock import local_date
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import both, local, month_name
from portal.core.i18n import gettext as _
from portal.holidays import queries as holidays
from portal.methodology.cohort import freeze_instant
from portal.reports import queries, service
from portal.reports.models import Report, ReportStatus
from portal.reports.queries import GRACE
from portal.scorecards import schedule as cards
from portal.scorecards.models import MonthStep, MonthStepKind, Scorecard, ScorecardStatus

log = logging.getLogger(__name__)
HOUR = timedelta(hours=7)
FIRST, SECOND, EVERY = 1, 3, 5
"""Working days after which a head of team is reminded: once, again, and then every so many."""
PATIENCE = 10
"""Working days after the draft, when cards are still open."""


def drafted_at(month: str) -> datetime:
    """When the report of a month is drafted: 07:00 in Seoul, the working day after the closing."""
    closed_on = local_date(freeze_instant(month))
    on = add_working_days(closed_on, 1, holidays.extra_days("KR"))
    return start_of_day(on, "Asia/Seoul") + HOUR


def run(*, by: Actor, at: datetime) -> None:
    """Take every step of a report that is due."""
    months = cards.months(at)
    with beyond_scope("the clock makes the reports of all companies"):
        there = queries.of_months(months)
    for month in months:
        report = there.get(month)
        if (report is None and drafted_at(month) <= at) or (
            report is not None and queries.has_changed_cards(report)
        ):
            make(month, by=by, at=at)
    remind(at=at)


def make(month: str, *, by: Actor, at: datetime) -> None:
    """Make a month's report or make it again. What stands in the way is noted."""
    try:
        found = service.gather(month, at=at)
        with beyond_scope("the report gathers all companies, whoever has it made"), transaction():
            service.make(month, by=by, at=at, found=found)
            cards.forget(month, MonthStepKind.REPORT, None)
    except Refused as refusal:
        # Somebody made it by hand before, or what changed in the cards is not in the report.
        log.info("monthly report %s: %s", month, refusal.sentence)
        with transaction():
            report = queries.latest(month)
            if report is not None:
                report.checked_at = at
    except Exception as problem:
        cards.note(month, MonthStepKind.REPORT, None, at=at, problem=problem)


def remind(*, at: datetime) -> None:
    """Remind the heads of team of the reports that they still hold."""
    extra = holidays.extra_days("KR")
    months = cards.months(at)
    with beyond_scope("the clock reminds of the reports of all companies"):
        for report in queries.of_months(months).values():
            count = reminders_due(report, at=at, extra=extra)
            if count > report.reminders and report.status is ReportStatus.HELD:
                waiting = queries.waiting_in(report.month)
                with transaction():
                    service.remind(report, waiting=waiting, count=count, at=at)


def reminders_due(report: Report, *, at: datetime, extra: Collection[date]) -> int:
    """How many reminders of a held report should have been written by an instant."""
    if report.asked_at is not None:
        begin = local_date(report.asked_at)
    else:
        begin = add_working_days(local_date(report.made_at), PATIENCE, extra)
    passed, day = 0, begin
    while day < local_date(at):
        day += timedelta(days=1)
        passed += is_working_day(day, extra)
    if passed < SECOND:
        return int(passed >= FIRST)
    return 2 + (passed - SECOND) // EVERY


# What is late, and what helps


class Late(NamedTuple):
    """A step that should have been taken, what stands in its way, and where it is taken by hand."""

    month: str
    what: str
    due_at: datetime | None
    problem: str
    remedy: str
    url: str


def late(at: datetime) -> list[Late]:
    """Every late step the person may know of: an officer's desks, a head's everything; in order.

    A step is late an hour after it was due.
    """
    months = cards.months(at)
    noted = {(one.month, one.kind, one.company_id): one for one in cards.steps(months)}
    everyone = _companies()
    held = _cards(months)
    reports = queries.of_months(months)
    letters = queries.undelivered(list(reports.values()), at=at)
    found: list[Late] = []
    for month in months:
        for one in everyone:
            found += _late_card(one, month, held.get((one.id, month)), noted, at)
        found += _late_report(month, reports.get(month), letters, noted, at)
    return found


def _companies() -> Sequence[Any]:
    return db.session.execute(
        select(Company.id, Company.name_ko, Company.name_en)
        .where(Company.is_sandbox.is_(False))
        .order_by(Company.name_en)
    ).all()


def _cards(months: Sequence[str]) -> dict[tuple[int, str], Any]:
    rows = db.session.execute(
        select(
            Scorecard.id, Scorecard.company_id, Scorecard.month, Scorecard.version,
            Scorecard.status, Scorecard.reply_due_at,
        )
        .where(Scorecard.month.in_(months))
        .order_by(Scorecard.version)
    )  # fmt: skip
    return {(row.company_id, row.month): row for row in rows}


def _late_card(
    company: Any, month: str, card: Any, noted: dict[Any, MonthStep], at: datetime
) -> Iterator[Late]:
    name = both(company, "name")
    step = noted.get((month, MonthStepKind.CLOSE, company.id))
    due_at = freeze_instant(month)
    if card is None or (card.status is ScorecardStatus.DRAFT and card.version == 1):
        if due_at + GRACE < at and not (step is not None and step.is_empty):
            yield Late(
                month,
                _("The card of %(company)s is not with the company", company=name),
                due_at,
                step.problem if step else "",
                _("Compute it and send it"),
                f"/scorecards/{card.id}"
                if card
                else f"/scorecards/compute?company={company.id}&month={month}",
            )
    elif (
        card.status is ScorecardStatus.WITH_COMPANY
        and card.reply_due_at is not None
        and card.reply_due_at + GRACE < at
    ):
        step = noted.get((month, MonthStepKind.FREEZE, company.id))
        yield Late(
            month,
            _("The card of %(company)s is not frozen, though the time for a reply is over", company=name),
            card.reply_due_at,
            step.problem if step else "",
            _("Open the card and freeze it"),
            f"/scorecards/{card.id}",
        )  # fmt: skip


def _late_report(
    month: str,
    report: Report | None,
    letters: dict[int, int],
    noted: dict[Any, MonthStep],
    at: datetime,
) -> Iterator[Late]:
    name = month_name(month)
    step = noted.get((month, MonthStepKind.REPORT, None))
    if step is not None or report is None:
        due_at = drafted_at(month)
        if step is not None or due_at + GRACE < at:
            yield Late(
                month,
                _("The monthly report for %(month)s is not made", month=name),
                due_at,
                step.problem if step else "",
                _("Make it by hand"),
                "/reports/",
            )
    if report is None:
        return
    if report.status is ReportStatus.HELD and report.reminders:
        yield Late(
            month,
            _("The monthly report for %(month)s is not released", month=name),
            report.asked_at,
            "",
            _("Read it and release it"),
            f"/reports/{report.id}",
        )
    if number := letters.get(report.id):
        yield Late(
            month,
            _("%(n)s letters about the report for %(month)s have not left", n=number, month=name),
            report.released_at,
            "",
            _("Look at the outbox: it says what the mail server answered"),
            "/outbox?state=waiting",
        )


# The plan of each month


class Stage(NamedTuple):
    """A step of a month on the page: when it is due, how far it is."""

    name: str
    due: str
    state: str
    kind: str


class MonthPlan(NamedTuple):
    """The steps of a month, and its report if there is one."""

    month: str
    report: Report | None
    stages: list[Stage]


def plans(at: datetime) -> list[MonthPlan]:
    """The months the clock answers for, the newest first, with how far each step is."""
    months = cards.months(at)
    noted = {(one.month, one.kind, one.company_id): one for one in cards.steps(months)}
    everyone, held, reports = _companies(), _cards(months), queries.of_months(months)
    return [
        MonthPlan(
            month, reports.get(month), _stages(month, everyone, held, reports.get(month), noted)
        )
        for month in reversed(months)
    ]


def _stages(
    month: str,
    everyone: Sequence[Any],
    held: dict[tuple[int, str], Any],
    report: Report | None,
    noted: dict[Any, MonthStep],
) -> list[Stage]:
    mine = [card for one in everyone if (card := held.get((one.id, month))) is not None]
    empty = sum(
        one.company_id is not None and one.is_empty
        for (of, _kind, _company), one in noted.items()
        if of == month
    )
    expected = len(everyone) - empty
    sent = sum(card.status is not ScorecardStatus.DRAFT or card.version > 1 for card in mine)
    frozen = sum(card.status in queries.FINAL for card in mine)
    replies = [card.reply_due_at for card in mine if card.reply_due_at is not None]
    return [
        Stage(
            _("Cards computed, closed and sent to the companies"),
            local(freeze_instant(month), "instant", "Asia/Seoul"),
            _("%(done)s of %(all)s", done=sent, all=expected),
            "ok" if sent >= expected else "warn",
        ),
        Stage(
            _("Cards frozen after the companies' reply"),
            local(max(replies), "instant", "Asia/Seoul") if replies else "–",
            _("%(done)s of %(all)s", done=frozen, all=expected),
            "ok" if frozen >= expected else "info",
        ),
        Stage(
            _("Report drafted"),
            local(drafted_at(month), "instant", "Asia/Seoul"),
            local(report.made_at) if report else _("not yet"),
            "ok" if report else "info",
        ),
        Stage(
            _("Head of team asked to release it"),
            _("when all cards are final"),
            (
                local(report.asked_at) + _asked_again(report)
                if report and report.asked_at
                else _("not yet")
            ),
            "ok" if report and report.asked_at else "info",
        ),
        Stage(
            _("Released to the commissioners"),
            "–",
            local(report.released_at) if report and report.released_at else _("not yet"),
            "ok" if report and report.released_at else "info",
        ),
    ]


def _asked_again(report: Report) -> str:
    return "; " + _("reminded %(n)s times", n=report.reminders) if report.reminders else ""
