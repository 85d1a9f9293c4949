"""Calls to the hotline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

import pytest

from portal.access.actor import Actor
from portal.companies.models import Company, Platform
from portal.core.db import db, transaction
from portal.hotline import service
from portal.hotline.models import Channel, Intake

_numbers = count(1)


def platform_of(company: Company) -> Platform:
    return db.session.query(Platform).filter_by(company_id=company.id).one()


@pytest.fixture
def by(cast: Any) -> Callable[[str], Actor]:
    return lambda part: getattr(cast, part).as_actor()


@pytest.fixture
def take(companies: Any, by: Any, at: datetime) -> Callable[..., tuple[Intake, str]]:
    """Take a call about a message on Telegram unless told otherwise."""

    def make(slug: str = "telegram", **given: Any) -> tuple[Intake, str]:
        values: dict[str, Any] = {
            "channel": Channel.PHONE, "reference": f"https://t.example/c/{next(_numbers)}",
            "is_minor_involved": False, "by": by("operator"), "at": at,
        } | given  # fmt: skip
        with transaction():
            return service.record_intake(platform_of(companies[slug]), **values)

    return make
