"""A January that is over: requests, promises, consultations and cards of two companies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.access.actor import CLOCK
from portal.actions.models import ActionItem, ActionStatus
from portal.consultations.models import Consultation, ConsultationStatus, Side
from portal.core.audit import record
from portal.core.db import db, transaction
from portal.core.secrets import digest, seal
from portal.facts.models import PublishedFact
from portal.methodology import service as methodology
from portal.removal_requests.models import (
    LegalGround,
    MeasureType,
    Outcome,
    RemovalRequest,
    Surface,
    Verification,
)
from portal.scorecards import service as scorecards

MONTH = "2026-01"
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
WORD = "SECRETWORD"


def a_request(company: Any, number: int, **changes: Any) -> RemovalRequest:
    """Delivered in January, an hour after it was issued; decided and gone after `number` hours."""
    zero = changes.pop("zero", FIRST + number * 7 * HOUR)
    values: dict[str, Any] = {
        "outcome": Outcome.REMOVED,
        "decided_at": zero + number * HOUR,
        "removed_at": zero + number * HOUR,
        "verified_at": zero + (number + 2) * HOUR,
        "verification": Verification.GONE,
        "measure_type": MeasureType.REMOVAL,
        "month": MONTH,
    }
    return RemovalRequest(
        company_id=company.id, platform_id=company.platforms[0].id, category="sexual_deepfake",
        request_no=f"{WORD}-{company.slug}-{number}", surface=Surface.PUBLIC_POST,
        legal_ground=LegalGround.VOLUNTARY_REQUEST, reference_encrypted=seal(f"https://{WORD}.example"),
        reference_digest=digest(f"{WORD}{company.slug}{number}"), recorded_at=zero - 4 * HOUR,
        issued_at=zero - HOUR, delivered_at=zero, **(values | changes),
    )  # fmt: skip


NOTHING: dict[str, Any] = {
    "removed_at": None, "verified_at": None, "verification": None,
}  # fmt: skip


def requests_of(company: Any, many: int) -> list[RemovalRequest]:
    """Some in time, some late, and one of each kind that is easily counted wrongly."""
    zero = FIRST + 200 * HOUR
    return [
        *(a_request(company, number) for number in range(4, 4 + many)),
        a_request(company, 901, zero=zero, outcome=None, decided_at=None, **NOTHING),
        a_request(company, 902, zero=zero, outcome=Outcome.REFUSED, decided_at=zero + HOUR, **NOTHING),
        a_request(company, 903, zero=zero, outcome=Outcome.RESTRICTED, decided_at=zero + HOUR, **NOTHING),
        a_request(company, 904, zero=zero, measure_type=MeasureType.BLOCK),
        a_request(company, 905, zero=zero, exclusion="withdrawn", excluded_by="Head of team"),
        a_request(company, 906, zero=zero, decided_at=zero + HOUR, removed_at=zero + HOUR,
                  verification=Verification.STILL_UP),
        a_request(company, 907, zero=zero, decided_at=zero + 24 * HOUR, removed_at=zero + 48 * HOUR,
                  verified_at=zero + 60 * HOUR),
    ]  # fmt: skip


def an_item(company: Any, number: int, owner: Side, due_at: datetime, **changes: Any) -> ActionItem:
    """An agreed action item."""
    values = {"status": ActionStatus.AGREED, "agreed_at": FIRST} | changes
    return ActionItem(
        company_id=company.id, number=f"{company.name_en} A-2026-{number:03d}",
        text_ko=f"과제 {number}", text_en=f"Promise {number}", owner=owner,
        owner_organisation_id=company.id, due_at=due_at, due_zone="Asia/Seoul", **values,
    )  # fmt: skip


def a_consultation(company: Any, number: int, status: Any, **changes: Any) -> Consultation:
    """A consultation in January."""
    starts_at = changes.pop("starts_at", FIRST + number * 48 * HOUR)
    return Consultation(
        company_id=company.id, year=2026, number=number, status=status, title_ko="협의",
        title_en="Consultation", serial=f"{company.name_en} 2026-{number:02d}", starts_at=starts_at,
        ends_at=starts_at + 2 * HOUR, zone="Asia/Seoul", wall_time="2026-01-07T09:00", venue="Seoul",
        venue_country="KR", **changes,
    )  # fmt: skip


@pytest.fixture
def january(companies: dict[str, Any], cast: Any) -> dict[str, Any]:
    """Stored: what the report of January is made of; the cards are drafts."""
    telegram, x = companies["telegram"], companies["x"]
    due = datetime(2026, 1, 20, tzinfo=UTC)
    done = {"status": ActionStatus.VERIFIED}
    with transaction():
        methodology.ensure_version(by=CLOCK, at=FIRST)
        db.session.add_all(
            [
                *requests_of(telegram, 40),
                *requests_of(x, 60),
                an_item(telegram, 1, Side.COMPANY, due, done_at=due - HOUR, **done),
                an_item(telegram, 2, Side.COMPANY, due, done_at=due + 72 * HOUR, **done),
                an_item(telegram, 3, Side.COMPANY, due),
                an_item(telegram, 4, Side.INSTITUTION, due, done_at=due, **done),
                an_item(x, 5, Side.COMPANY, datetime(2025, 12, 1, tzinfo=UTC)),
                a_consultation(telegram, 1, ConsultationStatus.HELD, held_at=FIRST),
                a_consultation(
                    x, 1, ConsultationStatus.CANCELLED, cancelled_by=Side.COMPANY,
                    cancelled_at=FIRST, cancelled_reason="Nobody could travel",
                ),
                PublishedFact(
                    period="2024", statement="Sexual deepfake correction requests",
                    figure="23107", source="https://www.example.org/a",
                ),
                PublishedFact(
                    period="2024", statement="Something else", figure="1", source="Example",
                ),
            ]
        )  # fmt: skip
        moved = a_consultation(
            x, 2, ConsultationStatus.SCHEDULED, starts_at=datetime(2026, 2, 10, tzinfo=UTC),
            original_starts_at=FIRST + 100 * HOUR,
        )  # fmt: skip
        db.session.add(moved)
        db.session.flush()
        record("consultations:postponed", moved, by=CLOCK, at=FIRST, side=Side.COMPANY)
    return companies


@pytest.fixture
def cards(january: dict[str, Any], cast: Any, at: datetime) -> dict[str, Any]:
    """Telegram's card is published, X's is a draft."""
    with transaction():
        drafts = {
            slug: scorecards.draft(company, MONTH, by=CLOCK, at=at)
            for slug, company in january.items()
        }
        scorecards.freeze(drafts["telegram"], by=CLOCK, at=at, unasked="A test")
        scorecards.publish(drafts["telegram"], by=CLOCK, at=at)
    return drafts
