"""Information requests to Telegram and X."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from portal.access.actor import Actor
from portal.companies.models import Company, Platform
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.information_requests import service
from portal.information_requests.models import InformationRequest

_numbers = count(1)


def platform_of(company: Company) -> Platform:
    return db.session.query(Platform).filter_by(company_id=company.id).one()


def letters(kind: str) -> list[Letter]:
    return db.session.query(Letter).filter_by(kind=kind).order_by(Letter.id).all()


@pytest.fixture
def by(cast: Any) -> Callable[[str], Actor]:
    return lambda part: getattr(cast, part).as_actor()


@pytest.fixture
def file(companies: Any, by: Any, at: datetime) -> Callable[..., InformationRequest]:
    """File a request an hour after its delivery; to Telegram unless told."""

    def make(slug: str = "telegram", **given: Any) -> InformationRequest:
        values: dict[str, Any] = {
            "request_no": f"KNPA-{next(_numbers):03d}", "kind": "subscriber_data",
            "legal_basis": "통신비밀보호법 제13조", "delivered_at": at - timedelta(hours=1),
        } | given  # fmt: skip
        with transaction():
            return service.file(
                platform_of(companies[slug]),
                by=by("police"),
                at=max(at, values["delivered_at"] + timedelta(hours=1)),
                **values,
            )

    return make
