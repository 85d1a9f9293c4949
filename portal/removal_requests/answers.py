"""What a company says of its requests: judged, entered, and entered many at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

from sqlalchemy import select, true

from portal.access.actor import Actor
from portal.core import bulk
from portal.core.audit import record_many
from portal.core.db import db
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.i18n import local
from portal.core.personal_data import refuse_personal_data
from portal.removal_requests import letters, queries
from portal.removal_requests.events import Notes, S, begin, judge, note, tell
from portal.removal_requests.models import (
    LONGEST_REASON,
    Outcome,
    RemovalRequest,
    Step,
    Verification,
)
from portal.webhooks import queries as webhook_queries
from portal.webhooks.models import HookEvent

ANSWERABLE = (S.DELIVERED, S.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Given:
    """What a company says of one request: no outcome is an acknowledgement."""

    number: str
    outcome: Outcome | None = None
    reason: str = ""
    removed_at: datetime | None = None


def judge_answer(request: RemovalRequest, given: Given, *, at: datetime) -> datetime | None:
    """Refuse an answer that cannot be; return the time of removal that it claims."""
    outcome, reason, removed_at = given.outcome, given.reason, given.removed_at
    judge(request, *ANSWERABLE, S.DECIDED, *((S.VERIFIED,) if _was_disproved(request) else ()))
    if request.is_answered and outcome is Outcome.NEEDS_INFORMATION:
        raise FieldError(
            "outcome", _("This request was answered. A question back comes before the answer.")
        )
    if _was_said(request, given):
        raise Refused(_("This answer stands already. Choose what has changed."))
    if outcome is Outcome.REFUSED and not reason.strip():
        raise FieldError("reason", _("A refusal needs its reason: it is kept and counted."))
    if len(reason.strip()) > LONGEST_REASON:
        raise FieldError("reason", _("At most %(most)s characters.", most=LONGEST_REASON))
    refuse_personal_data(reason, field="reason")
    is_claim = outcome in queries.CLAIMS
    when = removed_at if removed_at is not None else at if is_claim else None
    if when is not None and not is_claim:
        raise FieldError("removed_at", _("Only a removal has a time of removal."))
    if when is not None and when > at:
        raise FieldError("removed_at", _("This lies in the future. Check the time."))
    if when is not None and request.delivered_at is not None and when < request.delivered_at:
        raise FieldError("removed_at", _("A removal lies after the delivery of the request."))
    seen_up = request.verified_at if request.verification is Verification.STILL_UP else None
    if when is not None and seen_up is not None and when <= seen_up:
        raise FieldError(
            "removed_at",
            _(
                "It was seen to be still up at %(when)s. Give the time of the removal after that.",
                when=local(seen_up),
            ),
        )
    return when


def _was_disproved(request: RemovalRequest) -> bool:
    """Whether somebody looked and did not find it gone: the company may answer again."""
    return request.verification not in (None, Verification.GONE)


def enter(
    request: RemovalRequest,
    given: Given,
    when: datetime | None,
    *,
    by: Actor,
    at: datetime,
    notes: Notes | None = None,
) -> None:
    request.decided_at, request.decided_by_id, request.outcome = at, by.account_id, given.outcome
    request.refusal_reason, request.removed_at = given.reason.strip() or None, when
    if request.is_answered and request.answered_at is None:
        request.answered_at = at
    # A new claim is looked at anew; what was seen before stays among the events.
    request.verified_at = request.verification = request.verified_by_id = None
    note(request, Step.DECIDED, by=by, at=at, outcome=given.outcome,
          reason=request.refusal_reason, removed_at=when, notes=notes)  # fmt: skip
    if given.outcome is Outcome.NEEDS_INFORMATION:
        letters.asked_back(request, at=at)


def answer_many(
    lines: Sequence[Given], *, by: Actor, at: datetime, company_id: int | None = None
) -> list[tuple[str, Refused | None]]:
    """Enter many answers of one's own company in the running transaction.

    An officer who enters them in the name of a company names it (`company_id`).

    For each line in order: `done`, `known` (said before, word for word), `unknown` (no such request
    of this company) or `refused` with the refusal. A line is judged before anything of it is
    written, by the rules of `acknowledge` and `decide`, so that nothing is ever half done and the
    other lines go on.
    """
    answers_for = by.organisation_id if by.is_company else company_id
    # Found first and put in order after: in one step, every request of the company would be read in
    # the order of the ids to find the few.
    named = select(RemovalRequest.id).where(
        RemovalRequest.company_id == answers_for,
        RemovalRequest.request_no.in_({line.number for line in lines}),
    )
    held = {
        request.request_no: request
        for request in db.session.scalars(
            select(RemovalRequest)
            .where(
                RemovalRequest.visible_to(by) if by.is_company else true(),
                RemovalRequest.id.in_(named),
            )
            .order_by(RemovalRequest.id)  # always in one order: two files never wait for each other
            .with_for_update()
        )
    }
    results: list[tuple[str, Refused | None]] = []
    answered: list[tuple[RemovalRequest, dict[str, Any]]] = []
    received: list[tuple[RemovalRequest, dict[str, Any]]] = []
    hooks = webhook_queries.listening(answers_for or 0)
    notes = Notes(held.values())
    for line in lines:
        request = held.get(line.number)
        if request is None:
            results.append(("unknown", None))
            continue
        if _was_said(request, line):
            results.append(("known", None))
            continue
        try:
            if line.outcome is None:
                judge(request, S.DELIVERED)
            else:
                when = judge_answer(request, line, at=max(at, request.latest_at))
        except Refused as refusal:
            results.append(("refused", refusal))
            continue
        moment = begin(request, at=at, notes=notes)
        if line.outcome is None:
            request.acknowledged_at = moment
            note(request, Step.ACKNOWLEDGED, by=by, at=moment, notes=notes)
            received.append((request, {"number": line.number}))
        else:
            enter(request, line, when, by=by, at=moment, notes=notes)
            said = {"number": line.number, "outcome": line.outcome.value, "removed_at": when}
            answered.append((request, said))
            if hooks:
                tell(HookEvent.ANSWERED, request, at=at, to=hooks)
        results.append(("done", None))
    notes.write()
    _store([request for request, _said in (*received, *answered)])
    if received:
        record_many("removal_requests:acknowledge", received, by=by, at=at)
    if answered:
        record_many("removal_requests:answer", answered, by=by, at=at)
    return results


ANSWERED = (
    "acknowledged_at", "answered_at", "decided_at", "decided_by_id", "outcome", "refusal_reason",
    "removed_at", "verified_at", "verification", "verified_by_id", "last_event_at",
)  # fmt: skip
"""What an answer or a receipt changes of a request."""
_ANSWERED_OF = attrgetter(*ANSWERED)


def _store(requests: Iterable[RemovalRequest]) -> None:
    """Write what answers changed by one statement for all: a flush writes one for each that changed
    in another way than the one before it."""
    changed = {request.id: request for request in requests}
    if not changed:
        return
    bulk.update_rows(
        db.session.connection(),
        db.metadata.tables[RemovalRequest.__tablename__],
        ANSWERED,
        [(request.id, *_plain(request)) for request in changed.values()],
    )
    for request in changed.values():  # they are written; read again, they are as they are stored
        db.session.expire(request, ANSWERED)


def _plain(request: RemovalRequest) -> Iterator[Any]:
    """What the driver takes for the columns of `ANSWERED`: a code as its text."""
    for value in _ANSWERED_OF(request):
        yield value.value if isinstance(value, StrEnum) else value


def _was_said(request: RemovalRequest, line: Given) -> bool:
    """Whether a line says what stands already: sent again after a broken connection, it is safe."""
    if line.outcome is None:
        return request.acknowledged_at is not None and not request.is_excluded
    # "Removed", said again without a time after it was seen to be still up, is a new claim.
    known = (request.removed_at,) if _was_disproved(request) else (None, request.removed_at)
    return (
        request.outcome is line.outcome
        and (request.refusal_reason or "") == line.reason.strip()
        and line.removed_at in known
        and not request.is_excluded
    )
