"""Makes removal requests in every state, with the verbs that people use."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from portal.companies.models import Company, Platform
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.hotline import service as hotline
from portal.hotline.models import Channel, Intake
from portal.removal_requests import service
from portal.removal_requests.models import (
    Category,
    DeliveryChannel,
    LegalGround,
    MeasureType,
    Outcome,
    RemovalRequest,
    Surface,
    Verification,
)

_numbers = count(1)


def platform_of(company: Company) -> Platform:
    return db.session.query(Platform).filter_by(company_id=company.id).one()


def draft(company: Company, cast: Any, *, at: datetime, **given: Any) -> RemovalRequest:
    """Recorded by the officer; each has a reference of its own unless one is given."""
    values: dict[str, Any] = {
        "category": Category.SEXUAL_DEEPFAKE.value, "legal_ground": LegalGround.VOLUNTARY_REQUEST,
        "surface": Surface.PUBLIC_POST, "measure_type": MeasureType.REMOVAL,
        "reference": f"https://made.example/{next(_numbers)}", "by": cast.officer.as_actor(),
    } | given  # fmt: skip
    with transaction():
        return service.record_draft(platform_of(company), at=at, **values)


def issued(company: Company, cast: Any, *, at: datetime, **given: Any) -> RemovalRequest:
    """Issued by the head of team."""
    request = draft(company, cast, at=at, **given)
    with transaction():
        service.issue(request, by=cast.head.as_actor(), at=at)
    return request


def delivered(company: Company, cast: Any, *, at: datetime, **given: Any) -> RemovalRequest:
    """Delivered through the portal at once."""
    request = issued(company, cast, at=at, **given)
    with transaction():
        service.deliver(
            request, channel=DeliveryChannel.PORTAL, proof="", by=cast.officer.as_actor(), at=at
        )
    return request


def acknowledged(company: Company, cast: Any, *, at: datetime, **given: Any) -> RemovalRequest:
    """The company says that it has it."""
    request = delivered(company, cast, at=at, **given)
    with transaction():
        service.acknowledge(request, by=cast.delegate.as_actor(), at=at)
    return request


def decided(
    company: Company, cast: Any, *, at: datetime, outcome: Outcome = Outcome.REMOVED, **given: Any
) -> RemovalRequest:
    """The company claims a removal, unless another outcome is given."""
    request = delivered(company, cast, at=at, **given)
    with transaction():
        service.decide(
            request, outcome=outcome, reason="For a reason.", by=cast.delegate.as_actor(), at=at
        )
    return request


def verified(
    company: Company,
    cast: Any,
    *,
    at: datetime,
    verification: Verification = Verification.GONE,
    **given: Any,
) -> RemovalRequest:
    """The officer looked and saw it gone, unless something else is given."""
    request = decided(company, cast, at=at, **given)
    with transaction():
        service.verify(request, verification, by=cast.officer.as_actor(), at=at)
    return request


def drawn(request: RemovalRequest, *, at: datetime) -> RemovalRequest:
    """The system has drawn what is looked at again by then."""
    with transaction():
        service.draw_rechecks(request.company_id, at=at)
    return request


def intake(company: Company, cast: Any, *, at: datetime, **given: Any) -> tuple[Intake, str]:
    """A call that the operator took an hour before, and the caller's secret."""
    values: dict[str, Any] = {
        "channel": Channel.PHONE, "reference": f"https://called.example/{next(_numbers)}",
        "is_minor_involved": False, "received_at": at - timedelta(hours=1),
    } | given  # fmt: skip
    with transaction():
        return hotline.record_intake(
            platform_of(company), by=cast.operator.as_actor(), at=at, **values
        )


def events(verb: str) -> list[AuditEvent]:
    """What the log says of a verb, oldest first."""
    statement = select(AuditEvent).where(AuditEvent.verb == f"removal_requests:{verb}")
    return list(db.session.scalars(statement.order_by(AuditEvent.id)))


def told(kind: str) -> list[str]:
    """Whom a kind of letter went to."""
    statement = select(Letter.address).where(Letter.kind == f"removal_requests:{kind}")
    return sorted(db.session.scalars(statement))


def text(response: Any) -> str:
    """The page as text."""
    return str(response.get_data(as_text=True))
