"""Operators, and shifts of theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.access.actor import Actor, Role
from portal.accounts.models import Account
from portal.core.clock import SEOUL, local_date
from portal.core.db import db, transaction
from portal.shifts import service
from portal.shifts.models import ShiftRule


@pytest.fixture
def by(cast: Any) -> Callable[[str], Actor]:
    return lambda part: getattr(cast, part).as_actor()


@pytest.fixture
def operator2(cast: Any, at: datetime) -> Account:
    """A colleague of the operator."""
    made = Account(
        organisation_id=cast.operator.organisation_id, role=Role.OPERATOR,
        email="operator2@kcsc.example", name_ko="Second operator", name_en="Second operator",
        language="ko", time_zone="Asia/Seoul", password_hash=cast.operator.password_hash,
        created_at=at,
    )  # fmt: skip
    with transaction():
        db.session.add(made)
    return made


@pytest.fixture
def weekly(cast: Any, by: Any, at: datetime) -> Callable[..., ShiftRule]:
    """Put the operator on the roster every day from 09:00 to 18:00 unless told otherwise."""

    def make(account: Account | None = None, **given: Any) -> ShiftRule:
        values: dict[str, Any] = {
            "account": account or cast.operator, "weekdays": range(7), "starts": "09:00",
            "ends": "18:00", "from_on": local_date(at), "by": by("head"), "at": at,
        } | given  # fmt: skip
        with transaction():
            return service.add_rule(**values)

    return make


def seoul(text: str) -> datetime:
    """An instant by the wall clock of Seoul."""
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def days(count: float) -> timedelta:
    return timedelta(days=count)
