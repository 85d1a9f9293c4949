"""Clock work of the batches room."""

from __future__ import annotations

from datetime import datetime

from portal.batches import queries, service
from portal.core.jobs import Job, daily_at, one_by_one


def tell_of_opened(at: datetime) -> None:
    """Tell those named of each batch that has opened, in a transaction of its own."""
    one_by_one(queries.to_tell(), lambda batch: service.tell(batch, at=at))


JOBS = (Job("tell of opened batches", tell_of_opened, daily_at(9)),)
