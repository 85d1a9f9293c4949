"""Facts of March 2026, made by hand, so that every figure can be computed by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from portal.access.actor import Actor
from portal.accounts.models import Account
from portal.actions.models import ActionItem, ActionStatus
from portal.companies.models import Company, Platform
from portal.consultations.models import Side
from portal.core.db import db, transaction
from portal.core.secrets import digest, seal
from portal.information_requests.models import InformationRequest
from portal.methodology.cohort import freeze_instant
from portal.methodology.computing import compute
from portal.methodology.score import Score
from portal.removal_requests.models import (
    LegalGround,
    MeasureType,
    RemovalRequest,
    Surface,
)
from portal.scorecards import service
from portal.scorecards.models import Scorecard

MONTH = "2026-03"
DELIVERED = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
OVER = freeze_instant(MONTH) + timedelta(hours=3)
_numbers = count(1)


def actor_of(account: Account) -> Actor:
    organisation = account.organisation
    return Actor(account.id, organisation.id, organisation.kind, account.role, account.name_en)


def gathered(company: Company, month: str, as_of: datetime) -> Score:
    """The score of a month from every fact, as a draft computes it."""
    inputs = service.gather(company, month, as_of)
    return compute(
        company=inputs.company, month=month, as_of=as_of, method=inputs.method,
        requests=inputs.requests, police=inputs.police, actions=inputs.actions,
        beside=inputs.beside,
    )  # fmt: skip


@pytest.fixture
def over() -> datetime:
    """Three hours after the follow-up of March 2026 ended."""
    return OVER


@pytest.fixture
def by(cast: Any) -> Callable[[str], Actor]:
    return lambda part: actor_of(getattr(cast, part))


@pytest.fixture
def request_to() -> Callable[..., RemovalRequest]:
    """A removal request, answered and removed after so many hours; None: never."""

    def make(
        company: Company,
        *,
        answered: float | None = None,
        removed: float | None = None,
        delivered: datetime = DELIVERED,
        **more: Any,
    ) -> RemovalRequest:
        number = f"R-{next(_numbers)}"
        platform = db.session.query(Platform).filter_by(company_id=company.id).first()
        values: dict[str, Any] = {
            "request_no": number, "company_id": company.id, "platform_id": platform.id,
            "month": MONTH, "category": "sexual_deepfake", "is_synthetic": True,
            "legal_ground": LegalGround.VOLUNTARY_REQUEST, "surface": Surface.PUBLIC_POST,
            "measure_type": MeasureType.REMOVAL, "reference_encrypted": seal(number),
            "reference_digest": digest(number), "recorded_at": delivered - timedelta(hours=2),
            "issued_at": delivered - timedelta(hours=1), "delivered_at": delivered,
        }  # fmt: skip
        if answered is not None:
            values |= {"decided_at": delivered + timedelta(hours=answered), "outcome": "refused"}
        if removed is not None:
            gone_at = delivered + timedelta(hours=removed)
            values |= {
                "outcome": "removed", "removed_at": gone_at, "verification": "gone",
                "verified_at": gone_at + timedelta(hours=5),
            }  # fmt: skip
        made = RemovalRequest(**(values | more))
        db.session.add(made)
        db.session.flush()
        return made

    return make


@pytest.fixture
def twelve(request_to: Callable[..., RemovalRequest]) -> Callable[[Company], None]:
    """Twelve requests, seven of them gone at 2, 5, 5, 9, 20, 24, 48 hours; five refused late."""

    def make(company: Company) -> None:
        for hours in (2, 5, 5, 9, 20, 24, 48):
            request_to(company, answered=hours, removed=hours)
        for _n in range(5):
            request_to(company, answered=30)
        db.session.commit()

    return make


@pytest.fixture
def police_request() -> Callable[..., InformationRequest]:
    def make(company: Company, *, due: datetime, answered: datetime | None) -> InformationRequest:
        platform = db.session.query(Platform).filter_by(company_id=company.id).first()
        made = InformationRequest(
            request_no=f"I-{next(_numbers)}", company_id=company.id, platform_id=platform.id,
            legal_basis="-", kind="subscriber_data", delivered_at=due - timedelta(days=14),
            due_at=due, answered_at=answered, answer="answered" if answered else None,
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        return made

    return make


@pytest.fixture
def promise() -> Callable[..., ActionItem]:
    def make(
        company: Company, *, due: datetime, done: datetime | None, owner: Side = Side.COMPANY
    ) -> ActionItem:
        made = ActionItem(
            company_id=company.id, number=f"A-{next(_numbers)}", text_ko="-", text_en="-",
            owner=owner, owner_organisation_id=company.id, due_at=due, due_zone="Asia/Seoul",
            status=ActionStatus.VERIFIED if done else ActionStatus.AGREED, agreed_at=due,
            done_at=done,
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        return made

    return make


@pytest.fixture
def draft(
    companies: dict[str, Company], twelve: Callable[[Company], None], by: Callable[[str], Actor]
) -> Callable[..., Scorecard]:
    """The draft of a company's March, with twelve requests behind it."""

    def make(slug: str = "telegram") -> Scorecard:
        twelve(companies[slug])
        with transaction():
            return service.draft(companies[slug], MONTH, by=by("officer"), at=OVER)

    return make


@pytest.fixture
def sent(draft: Callable[..., Scorecard], by: Callable[[str], Actor]) -> Callable[..., Scorecard]:
    def make(slug: str = "telegram") -> Scorecard:
        card = draft(slug)
        with transaction():
            service.send(card, by=by("head"), at=OVER)
        return card

    return make
