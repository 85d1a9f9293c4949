"""Worlds small enough to be counted by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from portal.companies.models import Company, Platform
from portal.core.calendar import month_of
from portal.core.db import db, transaction
from portal.core.secrets import digest, seal
from portal.removal_requests.models import (
    LegalGround,
    MeasureType,
    Outcome,
    RemovalRequest,
    Surface,
    Verification,
)

HOUR = timedelta(hours=1)
_numbers = count(1)


def stored(company: Company, delivered: datetime | None, **given: Any) -> RemovalRequest:
    """A request as an import would bring it; issued an hour before its delivery."""
    number = next(_numbers)
    issued = given.pop("issued_at", delivered - HOUR if delivered else None)
    begun = delivered or issued
    platform = db.session.query(Platform).filter_by(company_id=company.id).first()
    values: dict[str, Any] = {
        "request_no": f"F-{number:05d}", "company_id": company.id, "platform_id": platform.id,
        "category": "sexual_deepfake", "legal_ground": LegalGround.VOLUNTARY_REQUEST,
        "surface": Surface.PUBLIC_POST, "measure_type": MeasureType.REMOVAL,
        "reference_encrypted": seal(f"https://made.example/{number}"),
        "reference_digest": digest(f"https://made.example/{number}"),
        "recorded_at": (begun or given["recorded_at"]) - 3 * HOUR, "issued_at": issued,
        "delivered_at": delivered, "month": month_of(begun) if begun else None,
    } | given  # fmt: skip
    made = RemovalRequest(**values)
    with transaction():
        db.session.add(made)
    return made


def gone(company: Company, delivered: datetime, hours: float, **given: Any) -> RemovalRequest:
    """Removed so many hours after the delivery, and seen to be gone an hour later."""
    at = delivered + timedelta(hours=hours)
    return stored(
        company, delivered,
        **{"decided_at": at, "outcome": Outcome.REMOVED, "removed_at": at,
           "verified_at": at + HOUR, "verification": Verification.GONE} | given,
    )  # fmt: skip


def answered(
    company: Company, delivered: datetime, hours: float, outcome: Outcome, **given: Any
) -> RemovalRequest:
    """Answered with something else than a removal."""
    at = delivered + timedelta(hours=hours)
    return stored(company, delivered, **{"decided_at": at, "outcome": outcome} | given)
