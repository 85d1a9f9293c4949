"""How a step is entered: the request is locked, its state judged, the event noted, its company's system told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from portal.access.actor import CLOCK, Actor
from portal.core import bulk
from portal.core.db import Code, db, hold
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.removal_requests import queries
from portal.removal_requests.models import (
    MeasureType,
    RemovalRequest,
    RemovalRequestEvent,
    RequestStatus,
    Step,
)
from portal.webhooks import service as webhooks
from portal.webhooks.models import HookEvent, Webhook

S = RequestStatus


def note(
    request: RemovalRequest,
    step: Step,
    *,
    by: Actor,
    at: datetime,
    happened_at: datetime | None = None,
    notes: Notes | None = None,
    **said: Any,
) -> None:
    """Add an event. What it says is what the columns of the request say from now on.

    Where many are noted at once, `notes` takes it, to be written with the others.
    """
    request.last_event_at = at
    event = {
        "request_id": request.id, "step": step, "at": at, "by_id": by.account_id,
        "happened_at": None if happened_at == at else happened_at, **said,
    }  # fmt: skip
    if notes is None:
        db.session.add(RemovalRequestEvent(**event))
    else:
        notes.events.append(event)


class Notes:
    """Events of many requests that are written together, and what those requests had before."""

    def __init__(self, requests: Iterable[RemovalRequest]) -> None:
        self.events: list[dict[str, Any]] = []
        imported = [request.id for request in requests if request.last_event_at is None]
        self.told = queries.steps_of(imported)

    def write(self) -> None:
        """Write the events in the order in which they were noted."""
        table = db.metadata.tables[RemovalRequestEvent.__tablename__]
        # What none of them says is left out.
        columns = sorted({name for event in self.events for name in event})
        coded = [n for n, name in enumerate(columns) if isinstance(table.c[name].type, Code)]
        rows = []
        for event in self.events:
            cells: list[Any] = [event.get(name) for name in columns]
            for place in coded:
                if cells[place] is not None:
                    cells[place] = cells[place].value
            rows.append(tuple(cells))
        bulk.insert_rows(db.session.connection(), table, columns, rows)


def take(request: RemovalRequest, *, at: datetime) -> datetime:
    """Lock a request before something is done to it; return the time at which it is done.

    That is never before what was entered last: a clock that was put back does not turn the order
    of what happened. What an import brought becomes events first, so that nothing it said is lost.
    """
    hold(request)
    return begin(request, at=at)


def begin(
    request: RemovalRequest, *, at: datetime, notes: Notes | None = None
) -> datetime:  # fmt: skip
    if request.last_event_at is None:
        told = queries.steps_of([request.id]) if notes is None else notes.told
        _keep_what_was_imported(request, told.get(request.id, frozenset()), notes)
    return max(at, request.latest_at)


def _keep_what_was_imported(
    request: RemovalRequest, told: Collection[Step], notes: Notes | None
) -> None:
    latest = request.latest_at
    for said in request.stored_moments():
        if said.step not in told and said.at is not None:
            note(request, said.step, by=CLOCK, at=said.at, notes=notes, **said.words())
    if request.is_answered and request.answered_at is None:
        request.answered_at = request.decided_at
    if request.exclusion is not None and Step.EXCLUSION_PROPOSED not in told:
        note(request, Step.EXCLUSION_PROPOSED, by=CLOCK, at=request.recorded_at,
              exclusion=request.exclusion, notes=notes)  # fmt: skip
    request.last_event_at = latest


def expect(request: RemovalRequest, *allowed: RequestStatus, at: datetime) -> datetime:
    """Lock the request and refuse a step that its state does not allow; return the step's time."""
    hold(request)
    judge(request, *allowed)
    return begin(request, at=at)


def judge(request: RemovalRequest, *allowed: RequestStatus) -> None:
    """Refuse a step that the state of a locked request does not allow."""
    if request.is_excluded:
        raise Refused(
            _("This request was taken out of the cohort; nothing is done to it any more.")
        )
    if request.status not in allowed:
        raise Refused(
            _(
                "The request is %(now)s. This step is for requests that are %(needed)s.",
                now=_(request.status.value),
                needed=", ".join(_(status.value) for status in allowed),
            )
        )


def tell(
    event: HookEvent, request: RemovalRequest, *, at: datetime, to: Iterable[Webhook] | None = None
) -> None:
    """Write what happened for the company's own system. What it may not see it is not told."""
    if request.measure_type is MeasureType.BLOCK:
        return
    data = {
        "number": request.request_no,
        "state": request.status.value,
        "outcome": request.outcome.value if request.outcome else None,
        "verification": request.verification.value if request.verification else None,
        "due_at": request.due_at.isoformat() if request.due_at else None,
    }
    webhooks.announce(event, request.company_id, data, at=at, to=to)
