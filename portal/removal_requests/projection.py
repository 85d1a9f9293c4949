"""What the columns of a request must say, told by its events alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from portal.removal_requests.models import (
    CorrectedTime,
    Dispute,
    Outcome,
    RemovalRequest,
    RemovalRequestEvent,
    Step,
    Verification,
)

COLUMNS = (
    "recorded_at", "issued_at", "delivered_at", "acknowledged_at", "answered_at", "decided_at",
    "outcome", "refusal_reason", "removed_at", "verified_at", "verification", "rechecked_at",
    "recheck", "exclusion", "excluded_at", "extended_until", "dispute", "disputed_at",
    "reappeared_at",
)  # fmt: skip
"""The columns that a replay of the events gives."""


def replayed(events: Iterable[Any]) -> dict[str, Any]:
    """The values of `COLUMNS` after these events (rows of them will do), in the order of entry."""
    said: dict[str, Any] = dict.fromkeys(COLUMNS)
    for event in events:
        _apply(said, event, event.happened_at or event.at)
    return said


def _apply(said: dict[str, Any], event: Any, when: datetime) -> None:
    match event.step:
        case Step.RECORDED:
            said["recorded_at"] = when
        case Step.ISSUED:
            said["issued_at"] = when
        case Step.DELIVERED:
            said["delivered_at"] = when
        case Step.ACKNOWLEDGED:
            said["acknowledged_at"] = when
        case Step.DECIDED:
            said["decided_at"], said["outcome"] = when, event.outcome
            said["refusal_reason"], said["removed_at"] = event.reason, event.removed_at
            said["verified_at"] = said["verification"] = None
            if event.outcome is not Outcome.NEEDS_INFORMATION and said["answered_at"] is None:
                said["answered_at"] = when
        case Step.VERIFIED:
            was_up = said["verification"] is Verification.STILL_UP
            said["verified_at"], said["verification"] = when, event.verification
            if was_up and event.verification is Verification.GONE:
                said["removed_at"] = event.removed_at
        case Step.RECHECKED:
            said["rechecked_at"], said["recheck"] = when, event.recheck
        case Step.EXTENDED:
            said["extended_until"] = event.time_to
        case Step.CORRECTED:
            said[(event.corrected or CorrectedTime.DELIVERED).value] = event.time_to
        case Step.DISPUTED:
            said["dispute"] = Dispute.OPEN
            said["disputed_at"] = said["disputed_at"] or when
        case Step.DISPUTE_DECIDED:
            said["dispute"] = event.dispute
        case Step.REAPPEARED:
            said["reappeared_at"] = when
        case Step.EXCLUSION_PROPOSED:
            said["exclusion"] = event.exclusion
        case Step.EXCLUDED:
            said["excluded_at"] = when
        case Step.EXCLUSION_DROPPED:
            said["exclusion"] = None


def differences(
    request: RemovalRequest, events: Iterable[RemovalRequestEvent]
) -> dict[str, tuple[Any, Any]]:
    """Where columns and events say different things: column, (column's value, events' value).

    An import's `answered_at` is empty; its only answer is that of `decided_at`.
    """
    said = replayed(events)
    return {
        name: (getattr(request, name), said[name])
        for name in COLUMNS
        if getattr(request, name) != said[name]
    }
