"""What the clock does with removal requests."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.companies import queries as companies
from portal.core import uploads
from portal.core.db import transaction
from portal.core.jobs import Job, daily_at, every_minute, one_by_one
from portal.removal_requests import service


def note_overdue(at: datetime) -> int:
    """Log the start of each delay, once."""
    with transaction():
        return service.note_overdue(at=at)


def draw_rechecks(at: datetime) -> None:
    """Draw what is looked at again, company by company."""
    ids = [company.id for company in companies.all_companies()]
    one_by_one(ids, lambda company_id: service.draw_rechecks(company_id, at=at))


def erase_uploads(at: datetime) -> int:
    """Erase the files that were checked a day ago and never written."""
    return uploads.erase_before(at - timedelta(days=1))


JOBS = (
    Job("note overdue removal requests", note_overdue, every_minute),
    Job("draw rechecks", draw_rechecks, daily_at(6)),
    Job("erase checked files", erase_uploads, every_minute),
)
