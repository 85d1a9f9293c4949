"""Progress reports: by a rhythm the owner says how it goes, until the item is done.

A report is due at 18:00 on the last day of each month or quarter, on the clock of the item's due
zone. The next one is a row ahead of its date; what the clock slept through is made up. A period
that ends within two weeks of the agreement is not reported on, nor is one that ends while a
report that it is done is being examined, nor one after the due date, unless the item is overdue.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from portal.access.actor import Actor
from portal.actions import letters
from portal.actions.models import OWED, ActionItem, ProgressReport, Rhythm
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data

CUT_OFF = 18
"""The hour at which what is due on a day is due, unless somebody says otherwise."""
GRACE = timedelta(days=14)
MONTHS = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3}


def period_ends(rhythm: Rhythm, zone_name: str, *, after: datetime) -> Iterator[datetime]:
    """The ends of the months or quarters after an instant, for ever; none without a rhythm."""
    if rhythm is Rhythm.NONE:
        return
    zone = ZoneInfo(zone_name)
    local = after.astimezone(zone)
    year, month = local.year, local.month
    while True:
        if month % MONTHS[rhythm] == 0:
            last = monthrange(year, month)[1]
            end = datetime(year, month, last, CUT_OFF, tzinfo=zone).astimezone(UTC)
            if end > after:
                yield end
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def plan(item: ActionItem, *, at: datetime) -> list[ProgressReport]:
    """Write the reports that fell due by now and the next one; done twice it adds nothing."""
    if item.rhythm is Rhythm.NONE or item.rhythm_from is None or item.status not in OWED:
        return []
    latest = db.session.scalar(
        select(func.max(ProgressReport.due_at)).where(ProgressReport.action_item_id == item.id)
    )
    since = [item.rhythm_from + GRACE, latest, item.reported_at]
    made = []
    for end in period_ends(
        item.rhythm, item.due_zone, after=max(known for known in since if known is not None)
    ):
        is_ahead = end > at
        if (is_ahead and latest is not None and latest > at) or (end >= item.due_at > at):
            break
        made.append(
            ProgressReport(action_item_id=item.id, company_id=item.company_id, due_at=end, text="")
        )
        if is_ahead:
            break
    db.session.add_all(made)
    db.session.flush()
    return made


def set_rhythm(item: ActionItem, rhythm: Rhythm, *, at: datetime) -> None:
    """Let another rhythm hold from now on. What was due stays due; what is ahead is planned anew."""
    if rhythm is item.rhythm:
        return
    for report in item.progress_reports:
        if report.filed_at is None and report.due_at > at:
            # Its date is free for the new rhythm, and nothing was said in it.
            db.session.delete(report)
    item.rhythm, item.rhythm_from = rhythm, None if rhythm is Rhythm.NONE else at
    db.session.flush()
    db.session.expire(item, ["progress_reports"])
    plan(item, at=at)


def file_report(report: ProgressReport, *, text: str, by: Actor, at: datetime) -> None:
    """The owner says how far it is. Once filed it never changes; filed late it stays late."""
    item = report.action_item
    hold(item)
    hold(report)
    if by.side != item.owner.value:
        raise Refused(_("Only the side that owes an action item reports on it."))
    if report.filed_at is not None:
        raise Refused(_("This progress report is filed already."))
    if not report.is_owed:
        raise Refused(_("No progress report is owed on this action item now."))
    if not text.strip():
        raise FieldError("text", _("Say how far it is."))
    refuse_personal_data(text, field="text")
    report.text = text.strip()
    report.filed_at, report.filed_by = at, by.name
    db.session.flush()
    record("actions:file_progress", report, by=by, at=at, item=item.id, due_at=report.due_at)
    letters.progress_filed(report, at=at)
    plan(item, at=at)
