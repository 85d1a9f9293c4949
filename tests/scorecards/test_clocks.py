"""Both clocks on one page: medians with their n, and what waited at the regulator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.access.actor import CLOCK
from portal.core.db import db, transaction
from portal.hotline.models import Channel, Intake
from portal.scorecards import service
from tests.scorecards.conftest import DELIVERED, MONTH, OVER

HOUR = timedelta(hours=1)
AS_OF = service.as_of_for(MONTH, at=OVER)


def intake(company: Any, cast: Any, code: str, *, at: Any = AS_OF - 30 * HOUR) -> Intake:
    made = Intake(
        case_code=code, secret_hash="-", channel=Channel.PHONE, platform_id=company.platforms[0].id,
        reference_encrypted="-", is_minor_involved=False, received_at=at,
        recorded_by_id=cast.operator.id,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def drafted(company: Any) -> Any:
    db.session.commit()
    with transaction():
        return service.draft(company, MONTH, by=CLOCK, at=OVER)


def test_the_medians_say_over_how_many(companies: Any, twelve: Any) -> None:
    twelve(companies["telegram"])
    clocks = drafted(companies["telegram"]).details["clocks"]
    assert clocks == {
        # Answered after 2, 5, 5, 9, 20, 24, 30 x 5, 48 hours: the sixth of twelve is that of 24.
        "answer_n": 12, "answer_median_hours": 24.0, "intake_n": 12, "delivery_n": 12,
        "intakes": 0, "oldest_intake_hours": None, "drafts": 0, "oldest_draft_hours": None,
    }  # fmt: skip


def test_what_waited_at_the_instant_and_not_what_waits_now(
    companies: Any, twelve: Any, request_to: Any, cast: Any
) -> None:
    company, none = companies["telegram"], {"delivered_at": None, "month": None}
    twelve(company)
    intake(company, cast, "WAITS")
    intake(company, cast, "LATER", at=AS_OF + HOUR)
    intake(companies["x"], cast, "RIVAL")
    issued, after, left_out = (intake(company, cast, code) for code in ("A", "B", "C"))
    request_to(company, intake_id=issued.id, recorded_at=AS_OF - 9 * HOUR, issued_at=AS_OF, **none)
    request_to(
        company, intake_id=after.id, recorded_at=AS_OF - 8 * HOUR, issued_at=AS_OF + HOUR, **none
    )
    request_to(
        company, intake_id=left_out.id, recorded_at=AS_OF - 9 * HOUR, issued_at=None,
        exclusion="duplicate", excluded_by="Head", excluded_at=AS_OF, **none,
    )  # fmt: skip
    request_to(company, recorded_at=AS_OF - 7 * HOUR, issued_at=None, **none)
    request_to(company, recorded_at=AS_OF + HOUR, issued_at=None, **none)
    request_to(companies["x"], recorded_at=AS_OF - 90 * HOUR, issued_at=None, **none)
    clocks = drafted(company).details["clocks"]
    assert (clocks["intakes"], clocks["oldest_intake_hours"]) == (2, 30.0)
    assert (clocks["drafts"], clocks["oldest_draft_hours"]) == (2, 8.0)


def test_half_never_answered_is_said(companies: Any, request_to: Any) -> None:
    for hours in (1, None, None):
        request_to(companies["telegram"], answered=hours, delivered=DELIVERED)
    db.session.commit()
    card = drafted(companies["telegram"])
    assert card.details["clocks"]["answer_median_hours"] is None
    assert service.verify(card) == []


def test_the_page_shows_both_sides(companies: Any, twelve: Any, cast: Any, visit: Any) -> None:
    twelve(companies["telegram"])
    card = drafted(companies["telegram"])
    page = visit(cast.head, "GET", f"/scorecards/{card.id}").text
    assert "delivery to answer: 24.0 h (n = 12); in time 50.0% (25.4–74.6, n = 12)" in page
    assert "intake to issue: 1.0 h (n = 12)" in page
    assert "no intake waiting to be issued; no draft waiting for approval" in page
