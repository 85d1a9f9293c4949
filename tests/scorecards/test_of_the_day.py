"""Cards of months in which a name, an owner or an address changed, an item was verified late, or the
server stands elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from portal.companies import service as companies_service
from portal.companies.models import Company
from portal.core import i18n
from portal.core.db import db, transaction
from portal.documents.models import Document
from portal.methodology.cohort import freeze_instant
from portal.removal_requests import service as requests
from portal.removal_requests.models import Exclusion
from portal.scorecards import document, queries, service
from portal.scorecards.figures import named
from portal.scorecards.models import Scorecard
from tests.removal_requests import make
from tests.scorecards.conftest import MONTH, OVER

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = OVER + 10 * DAY


@pytest.fixture
def frozen(sent: Any, by: Any) -> Scorecard:
    card: Scorecard = sent()
    with transaction():
        service.freeze(card, by=by("head"), at=OVER + 9 * DAY)
    return card


def kept(card: Scorecard) -> tuple[Any, ...]:
    """All that a frozen card holds, and the bytes of its documents."""
    db.session.expire_all()
    held = queries.with_figures(card.id)
    assert held is not None
    printed = db.session.query(Document).order_by(Document.id).all()
    return held.inputs_hash, held.inputs, held.score, [one.content for one in printed]


def test_a_card_bears_the_name_of_its_month(
    frozen: Scorecard, companies: dict[str, Company], by: Any
) -> None:
    before = kept(frozen)
    with transaction():
        companies_service.rename(
            companies["telegram"], name_ko="새 이름", name_en="New name", from_on=date(2026, 4, 1),
            by=by("head"), at=LATER,
        )  # fmt: skip

    assert kept(frozen) == before
    again = document.printed(frozen, language="en", at=LATER)
    assert (again.company, again.doc_no) == ("Telegram", f"Telegram S-{MONTH}")
    frozen.month = "2026-04"
    with db.session.no_autoflush:
        assert named(frozen).name_en == "New name"
    db.session.rollback()


def test_a_card_names_the_platform_that_left_in_its_month(
    frozen: Scorecard, companies: dict[str, Company], by: Any
) -> None:
    before = kept(frozen)
    with transaction():
        companies_service.move_platform(
            make.platform_of(companies["telegram"]), companies["x"], from_on=date(2026, 3, 12),
            by=by("head"), at=LATER,
        )  # fmt: skip
    i18n.speak("en")

    assert kept(frozen) == before
    assert document.platform_changes(frozen) == ["without platform Telegram from Thu 12 Mar 2026"]
    assert service.verify(frozen) == service.verify_live(frozen, at=LATER) == []


def test_a_request_to_the_wrong_company_leaves_the_frozen_card_as_it_was(
    frozen: Scorecard, companies: dict[str, Company], cast: Any, by: Any
) -> None:
    before = kept(frozen)
    assert frozen.inputs is not None
    wrong = db.session.query(requests.RemovalRequest).order_by(requests.RemovalRequest.id).first()
    assert wrong is not None
    with transaction():
        requests.propose_exclusion(wrong, Exclusion.WITHDRAWN, by=by("officer"), at=LATER)
        right = requests.record_draft(
            make.platform_of(companies["x"]), category=wrong.category,
            legal_ground=wrong.legal_ground, surface=wrong.surface, measure_type=wrong.measure_type,
            reference="https://made.example/right", previous=wrong, by=by("officer"), at=LATER,
        )  # fmt: skip
    with transaction():
        requests.confirm_exclusion(wrong, by=by("head"), at=LATER)
        requests.issue(right, by=by("head"), at=LATER)

    assert (wrong.company_id, right.company_id, right.previous_id) == (
        companies["telegram"].id, companies["x"].id, wrong.id
    )  # fmt: skip
    assert make.told("withdraw") == ["company_admin@telegram.example", "delegate@telegram.example"]
    assert kept(frozen) == before
    assert service.verify(frozen) == []
    found = service.verify_live(frozen, at=LATER)
    assert [(one.number, one.field, one.held, one.live) for one in found] == [
        (wrong.request_no, "excluded", None, "withdrawn"),
        (wrong.request_no, "excluded_by", None, "Head of team"),
    ]


@pytest.mark.parametrize(
    ("done", "x"),
    [
        (datetime(2026, 4, 5, 3, tzinfo=UTC), 0),  # in time is by the due date, not by the freeze
        (datetime(2026, 3, 30, 3, tzinfo=UTC), 1),
    ],
)
def test_an_item_verified_on_the_fifth_for_a_month_frozen_on_the_eighth(
    companies: dict[str, Company], promise: Any, done: datetime, x: int
) -> None:
    due = datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC)
    item = promise(companies["telegram"], due=due, done=done)
    item.agreed_at = due - 20 * DAY
    db.session.commit()

    measure = service.compute(companies["telegram"], MONTH, freeze_instant(MONTH)).measures["R6"]

    assert (measure.x, measure.n) == (x, 1)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_server_in_another_zone_makes_the_same_card(
    companies: dict[str, Company], twelve: Any, monkeypatch: pytest.MonkeyPatch, elsewhere: None
) -> None:
    twelve(companies["telegram"])
    made = []
    for zone in ("Pacific/Kiritimati", "America/Los_Angeles", "UTC"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        db.session.expire_all()
        inputs = service.gather(companies["telegram"], MONTH, freeze_instant(MONTH)).to_dict()
        made.append((time.tzname[0], inputs))

    names, facts = zip(*made, strict=True)
    assert len(set(names)) == 3
    assert facts[0] == facts[1] == facts[2]
    assert len(facts[0]["requests"]) == 12
