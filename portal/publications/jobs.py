"""Clock work of the publications room."""

from __future__ import annotations

from datetime import datetime

from portal.access.actor import CLOCK
from portal.core.jobs import Job, every_minute, one_by_one
from portal.publications import queries, service


def lift_embargoes(at: datetime) -> None:
    """Open the records whose time has come."""
    one_by_one(
        queries.under_embargo_until(at), lambda minutes: service.lift(minutes, by=CLOCK, at=at)
    )


JOBS = (Job("lift embargoes", lift_embargoes, every_minute),)
