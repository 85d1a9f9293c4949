"""When who is reminded of what: the steps of each item, the weekly letter, the way up.

An organisation chooses between one letter for each item and step, and one letter a week for each
company. What is urgent goes at once in either mode: the due day, the day after it, and each
escalation. The weekly letter lists everything due within two weeks and all that is overdue, what
is urgent too, so that nobody has to keep two lists.

An item remembers when it was last reminded of, a week that it was written about: a job that runs
twice writes nothing twice, and one that slept for days makes up the latest step only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from portal.access.actor import CLOCK
from portal.accounts import queries as accounts
from portal.accounts.models import ReminderMode
from portal.actions import letters, queries
from portal.actions.models import OWED, ActionItem, Digest, ProgressReport
from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core.audit import record
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.institution import queries as institution

BEFORE = (14, 7, 3, 1, 0)
AFTER = (1, 7)
ESCALATION = (7, 21, 45)
WEEK = 7
URGENT = frozenset((0, 1, *ESCALATION))
PROGRESS_BEFORE = (7, 1, 0)
PROGRESS_URGENT = frozenset((0, 1))


def _due_steps(steps: Iterable[int], *, now_at: int, before: int) -> list[int]:
    """The steps between two days after the due day, weeks included from the second on."""
    weekly = range(2 * WEEK, max(now_at, 0) + 1, WEEK)
    return [step for step in sorted({*steps, *weekly}) if before < step <= now_at]


def milestone(
    item: ActionItem, *, at: datetime, mode: ReminderMode = ReminderMode.EACH
) -> tuple[int, int] | None:
    """The reminder that is due: (days after the due day, escalation level or 0).

    None when the latest one has been sent, and in the weekly mode when nothing urgent is due. A
    day the clock slept through is made up once, with the latest reminder only; an escalation that
    was slept through is not lost.
    """
    now_at = -item.days_left(at=at)
    since = item.last_reminded_at or item.agreed_at
    before = -item.days_left(at=since) if since else -max(BEFORE) - 1
    steps = (*(-days for days in BEFORE), *AFTER, *ESCALATION)
    due = _due_steps(steps, now_at=now_at, before=before)
    if not (due if mode is ReminderMode.EACH else URGENT.intersection(due)):
        return None
    levels = [ESCALATION.index(step) + 1 for step in due if step in ESCALATION]
    return now_at, max(levels, default=0)


def remind(item: ActionItem, *, at: datetime, mode: ReminderMode | None = None) -> bool:
    """Write what is due about an item today, at most once; return whether anything was."""
    hold(item)
    mode = mode or accounts.reminder_mode(item.owner_organisation_id)
    step = milestone(item, at=at, mode=mode) if item.status in OWED else None
    if step is None:
        return False
    days, level = step
    if days <= 0:
        letters.due_soon(item, days=-days, at=at)
    else:
        letters.overdue(item, days=days, at=at)
    if level:
        letters.escalated(item, days=days, level=level, at=at)
        record("actions:escalate", item, by=CLOCK, at=at, days=days, level=level)
    item.last_reminded_at = at
    return True


def progress_step(report: ProgressReport, *, at: datetime, mode: ReminderMode) -> int | None:
    """Days after the due day, where a reminder of a progress report is due."""
    now_at = -report.days_left(at=at)
    since = report.last_reminded_at
    before = -report.days_left(at=since) if since else -max(PROGRESS_BEFORE) - 1
    steps = (*(-days for days in PROGRESS_BEFORE), *AFTER)
    due = _due_steps(steps, now_at=now_at, before=before)
    if not (due if mode is ReminderMode.EACH else PROGRESS_URGENT.intersection(due)):
        return None
    return now_at


def remind_of_progress(
    report: ProgressReport, *, at: datetime, mode: ReminderMode | None = None
) -> bool:
    """Write what is due about a progress report today, at most once."""
    hold(report)
    item = report.action_item
    mode = mode or accounts.reminder_mode(item.owner_organisation_id)
    days = progress_step(report, at=at, mode=mode) if report.is_owed else None
    if days is None:
        return False
    letters.progress_due(report, days=days, at=at)
    report.last_reminded_at = at
    return True


def monday_of(at: datetime) -> date:
    """The Monday of the week of an instant, in Korean time."""
    today = local_date(at)
    return today - timedelta(days=today.weekday())


def write_digest(company_id: int, side: Side, *, at: datetime) -> bool:
    """Write one side of a company what waits for it, once a week; return whether anything did."""
    week_on = monday_of(at)
    company = db.session.get_one(Company, company_id)
    hold(company)
    if queries.digest_of(company_id, side, week_on=week_on) is not None:
        return False
    waiting = queries.waiting_in(company_id, side, at=at)
    if not waiting:
        return False
    digest = Digest(company_id=company_id, side=side, week_on=week_on, written_at=at)
    db.session.add(digest)
    db.session.flush()
    letters.weekly(digest, waiting, company, at=at)
    return True


def sides_by_week() -> list[tuple[int, Side]]:
    """The companies with anything open, with each side that chose one letter a week."""
    modes = accounts.reminder_modes()
    history = institution.history()
    ours = history[0].organisation_id if history else None
    return [
        (company_id, side)
        for company_id in queries.open_companies()
        for side in Side
        if modes.get((ours or 0) if side is Side.INSTITUTION else company_id)
        is not ReminderMode.EACH
    ]
