"""A measurable target: how it is typed, refused, hashed, printed and handed on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from portal.actions.models import ActionItem
from portal.consultations.models import Side
from portal.core.db import db, transaction
from portal.core.errors import FieldError
from portal.core.i18n import spoken
from portal.minutes import document, outcomes, service, targets
from portal.minutes.targets import Target, TypedTarget
from tests.minutes import make

GIVEN = TypedTarget("answered", share="90", hours=24, from_on=date(2026, 11, 1))
WORDS = {
    "measure": "answered", "hours": 24, "share": "9/10", "from": "2026-11-01", "until": None,
    "platform": None, "surface": None,
}  # fmt: skip


def agreed(companies: Any, typed: TypedTarget, owner: Side = Side.COMPANY) -> Any:
    company = companies["telegram"]
    return targets.agreed(
        typed, owner=owner, platforms=company.platforms, agreed_on=date(2026, 3, 2)
    )


def test_what_is_typed_becomes_codes_and_an_exact_share(companies: Any) -> None:
    assert agreed(companies, GIVEN) == WORDS
    assert agreed(companies, replace(GIVEN, share="66.67 %"))["share"] == "6667/10000"
    assert agreed(companies, replace(GIVEN, share="100"))["share"] == "1/1"
    assert agreed(companies, TypedTarget()) is None
    slug = companies["telegram"].platforms[0].slug
    there = agreed(companies, replace(GIVEN, platform=slug, surface="account"))
    assert (there["platform"]["slug"], there["surface"]) == (slug, "account")
    assert Target.of(there).words() == there


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"measure": ""}, "target_measure"),
        ({"share": ""}, "target_share"),
        ({"share": "0"}, "target_share"),
        ({"share": "100.01"}, "target_share"),
        ({"share": "90,5"}, "target_share"),
        ({"share": "nine"}, "target_share"),
        ({"hours": None}, "target_hours"),
        ({"hours": 0}, "target_hours"),
        ({"hours": 169}, "target_hours"),
        ({"measure": "R1"}, "target_hours"),
        ({"from_on": None}, "target_from"),
        ({"from_on": date(2026, 3, 1)}, "target_from"),
        ({"until_on": date(2026, 10, 31)}, "target_until"),
        ({"platform": "rivals"}, "target_platform"),
        ({"measure": "R5", "hours": None, "surface": "account"}, "target_surface"),
        ({"measure": "R6", "hours": None, "platform": "telegram"}, "target_platform"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(
    companies: Any, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(FieldError) as refused:
        agreed(companies, replace(GIVEN, **changes))
    assert refused.value.field == field


def test_the_institution_is_not_measured_by_figures_of_the_company(companies: Any) -> None:
    with pytest.raises(FieldError) as refused:
        agreed(companies, GIVEN, Side.INSTITUTION)
    assert refused.value.field == "target_measure"


def test_a_target_speaks_both_languages() -> None:
    target = Target.of(
        WORDS | {"until": "2026-12-31", "platform": {"slug": "fb", "ko": "페북", "en": "FB"}}
    )
    with spoken("en"):
        assert str(target) == (
            "Answered within 24 h (FB): at least 90%, from Sun 1 Nov 2026 until Thu 31 Dec 2026"
        )
    with spoken("ko"):
        assert (
            str(target)
            == "24시간 내 답변 (페북): 90% 이상, 2026년 11월 1일 (일)부터 2026년 12월 31일 (목)까지"
        )


def test_it_is_part_of_what_both_sides_accept(companies: Any, cast: Any, at: datetime) -> None:
    minutes = make.drafted(companies["telegram"], cast, at=at)
    item = minutes.items[0]
    outcome, before = item.outcomes[0], document.content_hash(minutes)
    assert "target" not in outcome.words()  # what was adopted before keeps its hash
    with transaction():
        outcomes.edit_outcome(
            outcome, replace(make.action_text(), target=GIVEN), seen=outcome.stamp,
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip
    assert outcome.words()["target"] == WORDS
    assert document.content_hash(minutes) != before
    with transaction():
        outcomes.edit_outcome(
            outcome, make.action_text(), seen=outcome.stamp, by=cast.officer.as_actor(), at=at
        )
    assert document.content_hash(minutes) == before


def test_the_item_that_adoption_opens_carries_it(
    companies: Any, cast: Any, at: datetime, visit: Any
) -> None:
    minutes = make.drafted(companies["telegram"], cast, at=at)
    with transaction():
        outcomes.add_outcome(
            minutes.items[0], replace(make.action_text(), text_en="Measured.", target=GIVEN),
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip
        printed = document.printable(minutes, language="ko", at=at)
        service.submit_for_review(minutes, by=cast.officer.as_actor(), at=at)
        service.release(minutes, by=cast.head.as_actor(), at=at)
    make.agree(minutes, cast.delegate, at=at)
    with transaction():
        service.reconcile(minutes, by=cast.officer.as_actor(), at=at)
    for account in (cast.head, cast.delegate):
        with transaction():
            make.actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    measured = printed["items"][0]["outcomes"][1]
    assert measured["target"] == "24시간 내 답변: 90% 이상, 2026년 11월 1일 (일)부터"
    assert measured["target_other"] == "Answered within 24 h: at least 90%, from Sun 1 Nov 2026"
    item = db.session.scalars(select(ActionItem).where(ActionItem.text_en == "Measured.")).one()
    assert item.target == WORDS
    for path in (f"/action-items/{item.id}", "/action-items/?show=all", f"/minutes/{minutes.id}"):
        assert "at least 90%" in visit(cast.delegate, "GET", path).text
    assert visit(cast.rival, "GET", f"/action-items/{item.id}").status_code == 404
