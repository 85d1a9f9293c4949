"""Clock work of the actions room."""

from __future__ import annotations

from datetime import datetime

from portal.access.actor import CLOCK
from portal.accounts import queries as accounts
from portal.actions import progress, queries, reminding, service
from portal.core.jobs import Job, daily_at, one_by_one, weekly_at
from portal.minutes import queries as minutes


def plan_progress(at: datetime) -> None:
    """Write the progress reports that fell due and the next ones."""
    one_by_one(queries.with_rhythm(), lambda item: progress.plan(item, at=at))


def remind(at: datetime) -> None:
    """Write the reminders and escalations of the day."""
    modes = accounts.reminder_modes()
    due = [
        (item, mode)
        for item in queries.to_remind(at=at)
        if reminding.milestone(item, at=at, mode=(mode := modes[item.owner_organisation_id]))
    ]
    one_by_one(due, lambda pair: reminding.remind(pair[0], at=at, mode=pair[1]))
    late = [
        (report, mode)
        for report in queries.progress_to_remind(at=at)
        if reminding.progress_step(
            report, at=at, mode=(mode := modes[report.action_item.owner_organisation_id])
        )
        is not None
    ]
    one_by_one(late, lambda pair: reminding.remind_of_progress(pair[0], at=at, mode=pair[1]))


def write_digests(at: datetime) -> None:
    """Write the letters of the week."""
    one_by_one(
        reminding.sides_by_week(),
        lambda pair: reminding.write_digest(pair[0], pair[1], at=at),
    )


def adopt_lapsed(at: datetime) -> None:
    """Adopt what a company's own standing rule lets lapse."""
    one_by_one(minutes.reconciled(), lambda record: service.adopt_lapsed(record, by=CLOCK, at=at))


JOBS = (
    Job("plan progress reports", plan_progress, daily_at(8)),
    Job("remind of action items", remind, daily_at(9)),
    Job("write the weekly letters", write_digests, weekly_at(0, 9)),
    Job("adopt lapsed minutes", adopt_lapsed, daily_at(8)),
)
