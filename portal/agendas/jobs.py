"""Clock work of the agendas room."""

from __future__ import annotations

from datetime import datetime

from portal.agendas import queries, service
from portal.core.jobs import Job, every_minute, one_by_one


def open_agendas(at: datetime) -> None:
    """Give every newly scheduled consultation its standing items."""
    one_by_one(
        queries.without_standing_items(),
        lambda consultation: service.open_agenda(consultation, at=at),
    )


JOBS = (Job("agendas:open", open_agendas, every_minute),)
