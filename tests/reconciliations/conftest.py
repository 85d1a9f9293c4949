"""Requests of March 2026 with their answers, and what a company says of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.companies.models import Company
from portal.core.db import db, transaction
from portal.reconciliations import service
from portal.reconciliations.counting import Line
from portal.reconciliations.models import CompanyCount, CountDifference, FiledBy
from portal.removal_requests import service as requests
from portal.removal_requests.models import Outcome
from tests.removal_requests import make
from tests.scorecards.conftest import by, draft, request_to, twelve

__all__ = ["by", "draft", "request_to", "twelve"]
MONTH = "2026-03"
AT = datetime(2026, 3, 10, 3, 0, tzinfo=UTC)
LATER = datetime(2026, 4, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def at() -> datetime:
    """The clock stands at the second of April."""
    return LATER


@pytest.fixture
def file(companies: dict[str, Company], cast: Any) -> Callable[..., CompanyCount]:
    """File a count of Telegram's March: lines as (number, outcome, delivered, answered, removed)."""

    def go(*lines: tuple[Any, ...], totals: dict[str, int] | None = None, **more: Any) -> Any:
        filled = (Line(*line, *[None] * (5 - len(line))) for line in lines)
        with transaction():
            return service.file(
                companies["telegram"], more.pop("month", MONTH), totals=totals or {}, lines=filled,
                way=FiledBy.PAGE, by=cast.delegate.as_actor(), at=LATER, **more,
            )  # fmt: skip

    return go


@pytest.fixture
def differences() -> Callable[[CompanyCount], list[tuple[Any, ...]]]:
    """The differences of a count as (kind, about), in order."""

    def go(count: CompanyCount) -> list[tuple[Any, ...]]:
        rows = db.session.query(CountDifference).filter_by(count_id=count.id)
        return sorted((row.kind.value, row.about) for row in rows)

    return go


@pytest.fixture
def asked(companies: dict[str, Company], cast: Any) -> Callable[..., Any]:
    """A request to Telegram, answered by it after so many hours; None: never."""

    def go(outcome: str | None = None, *, hours: int = 2, delivered: datetime = AT) -> Any:
        request = make.delivered(companies["telegram"], cast, at=delivered)
        if outcome is not None:
            with transaction():
                requests.decide(
                    request, outcome=Outcome(outcome), reason="A reason.",
                    by=cast.delegate.as_actor(), at=delivered + hours * HOUR,
                )  # fmt: skip
        return request

    return go
