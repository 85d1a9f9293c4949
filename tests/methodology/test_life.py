"""Drafted by one person, approved by another, never changed after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.access.actor import CLOCK, Actor
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.methodology import drafting, queries, service
from portal.methodology.method import VERSION_1_0, Cap, Weight
from portal.methodology.models import Methodology, MethodologyStatus

HEAVIER = replace(
    VERSION_1_0,
    version="1.1",
    valid_from=date(2026, 7, 1),
    weights=(Weight("R1", 20), Weight("R2", 35), *VERSION_1_0.weights[2:]),
)


@pytest.fixture
def by(cast: Any) -> Any:
    def who(part: str) -> Actor:
        return getattr(cast, part).as_actor()

    return who


@pytest.fixture
def drafted(app: Any, by: Any, at: Any) -> Methodology:
    with transaction():
        service.ensure_version(by=CLOCK, at=at)
        return service.draft(HEAVIER, "R2 weighs more.", by=by("administrator"), at=at)


@pytest.fixture
def proposed(drafted: Methodology, by: Any, at: Any) -> Methodology:
    with transaction():
        service.propose(drafted, seen=1, by=by("administrator"), at=at)
    return drafted


def test_a_draft_is_not_in_force_until_somebody_else_approves(
    proposed: Methodology, by: Any, at: Any
) -> None:
    assert queries.method_on(date(2026, 8, 1)) == VERSION_1_0

    with transaction():
        service.approve(proposed, seen=1, by=by("head"), at=at)

    assert queries.method_on(date(2026, 6, 1)) == VERSION_1_0
    assert queries.method_on(date(2026, 8, 1)) == HEAVIER
    assert (proposed.approved_at, proposed.approved_by) == (at, "Head of team")
    verbs = db.session.scalars(
        select(AuditEvent.verb).where(AuditEvent.subject == "methodology").order_by(AuditEvent.id)
    ).all()
    assert verbs == [
        "methodology:ensure_version", "methodology:draft", "methodology:propose",
        "methodology:approve",
    ]  # fmt: skip


def test_nobody_approves_what_they_worked_on(drafted: Methodology, by: Any, at: Any) -> None:
    with transaction():
        service.edit(drafted, HEAVIER, "R2 weighs more.", seen=1, by=by("head"), at=at)
        service.propose(drafted, seen=2, by=by("administrator"), at=at)

    for part in ("administrator", "head"):
        with pytest.raises(Refused, match="Somebody else"), transaction():
            service.approve(drafted, seen=2, by=by(part), at=at)
    with pytest.raises(Refused, match="Somebody else"), transaction():
        service.approve(drafted, seen=2, by=CLOCK, at=at)


def test_what_was_not_seen_is_neither_approved_nor_overwritten(
    drafted: Methodology, by: Any, at: Any
) -> None:
    with transaction():
        service.edit(drafted, HEAVIER, "Again.", seen=1, by=by("administrator"), at=at)

    with pytest.raises(Refused, match="since you opened it"), transaction():
        service.edit(drafted, HEAVIER, "Late.", seen=1, by=by("head"), at=at)
    with transaction():
        service.propose(drafted, seen=2, by=by("administrator"), at=at)
    with pytest.raises(Refused, match="since you opened it"), transaction():
        service.approve(drafted, seen=1, by=by("head"), at=at)


def test_a_proposal_is_sent_back_with_a_remark(proposed: Methodology, by: Any, at: Any) -> None:
    with pytest.raises(FieldError, match="what should change"), transaction():
        service.send_back(proposed, " ", by=by("head"), at=at)
    with pytest.raises(Refused, match="Only a draft is edited"), transaction():
        service.edit(proposed, HEAVIER, "-", seen=1, by=by("administrator"), at=at)
    with pytest.raises(Refused, match="Send the proposal back"), transaction():
        service.discard(proposed, by=by("administrator"), at=at)

    with transaction():
        service.send_back(proposed, "R4 is too light.", by=by("head"), at=at)

    assert (proposed.status, proposed.remark) == (MethodologyStatus.DRAFT, "R4 is too light.")
    with pytest.raises(Refused, match="Propose the draft first"), transaction():
        service.approve(proposed, seen=1, by=by("head"), at=at)


def test_a_discarded_draft_is_kept_in_the_audit_log(drafted: Methodology, by: Any, at: Any) -> None:
    with transaction():
        service.discard(drafted, by=by("administrator"), at=at)

    assert queries.drafts() == []
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.verb, event.details["content"]["version"]) == ("methodology:discard", "1.1")


@pytest.mark.parametrize("said", ["UPDATE methodology SET why = 'x'", "DELETE FROM methodology"])
def test_the_database_refuses_to_change_what_was_approved(
    proposed: Methodology, by: Any, at: Any, said: str
) -> None:
    with transaction():
        service.approve(proposed, seen=1, by=by("head"), at=at)

    with pytest.raises(DBAPIError, match="never changes"):
        db.session.execute(text(f"{said} WHERE version = '1.1'"))
    db.session.rollback()
    with pytest.raises(Refused, match="Only a draft"):
        service.edit(proposed, HEAVIER, "-", seen=1, by=by("administrator"), at=at)


@pytest.mark.parametrize("start", [date(2026, 3, 1), date(2026, 2, 1), date(2026, 4, 2)])
def test_a_month_that_has_begun_keeps_its_method(
    drafted: Methodology, by: Any, at: Any, start: date
) -> None:
    late = replace(HEAVIER, version="1.2", valid_from=start)

    with pytest.raises(FieldError, match="Choose April 2026 or later") as refusal, transaction():
        service.draft(late, "-", by=by("head"), at=at)
    assert refusal.value.field == "month"


def test_a_proposal_that_waited_too_long_is_not_approved(
    proposed: Methodology, by: Any, at: Any
) -> None:
    with pytest.raises(FieldError, match="Choose August 2026 or later"), transaction():
        service.approve(proposed, seen=1, by=by("head"), at=at.replace(month=7))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": "1.0"}, "version"),
        ({"version": "1.2"}, "month"),
        ({"version": "1.1"}, "version"),
    ],
)
def test_name_and_first_month_are_its_own(
    drafted: Methodology, by: Any, at: Any, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(FieldError) as refusal, transaction():
        service.draft(replace(HEAVIER, **changes), "-", by=by("head"), at=at)

    assert refusal.value.field == field


def typed(**changes: Any) -> dict[str, Any]:
    return drafting.typed_of(VERSION_1_0) | {"valid_from": VERSION_1_0.valid_from} | changes


def test_what_is_typed_gives_the_same_method_again() -> None:
    assert drafting.built(VERSION_1_0, typed()) == VERSION_1_0


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"R1": 30}, "R1", "take away 5 points"),
        ({"R1": 5}, "R1", "add 20 points"),
        ({"R1": 125, "R2": -70}, "R1", "from 0 to 100"),
        ({"R1": None}, "R1", "whole number"),
        ({"B": 90}, "B", "lower than the 90 of A"),
        ({"D": 0}, "D", "from 1 to 100"),
        ({"version": "next"}, "version", "numbers and dots"),
        ({"required": ["R6"], "R6": 0, "R5": 20}, "required", "R6 has no weight"),
        ({"removal_hours": 72, "horizon_hours": 48}, "removal_hours", "no more than that"),
        ({"horizon_hours": 169}, "horizon_hours", "from 1 to 168"),
        ({"provisional_below": 5}, "provisional_below", "at least 10"),
        ({"minimum_weight": 101}, "minimum_weight", "from 1 to 100"),
    ],
)
def test_a_fault_is_named_with_its_remedy(
    changes: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(FieldError, match=sentence) as refusal:
        drafting.built(VERSION_1_0, typed(**changes))

    assert refusal.value.field == field


def cap(measure: str, below: int, at_most: str) -> dict[str, Any]:
    return {"measure": measure, "below": below, "at_most": at_most}


def test_caps_are_put_in_the_order_the_arithmetic_needs() -> None:
    made = drafting.built(
        VERSION_1_0, typed(caps=[cap("R2", 80, "B"), cap("", 1, "C"), cap("R2", 40, "D")])
    )

    assert made.caps == (Cap("r2_below_40", "R2", 40, "D"), Cap("r2_below_80", "R2", 80, "B"))


@pytest.mark.parametrize(
    "caps",
    [
        [cap("R2", 80, "B"), cap("R2", 80, "C")],
        [cap("R2", 80, "C"), cap("R2", 50, "B")],  # the deeper fall would cost less
        [cap("R2", 101, "C")],
        [cap("R2", 50, "A")],
    ],
)
def test_caps_without_effect_are_refused(caps: list[dict[str, Any]]) -> None:
    with pytest.raises(FieldError) as refusal:
        drafting.built(VERSION_1_0, typed(caps=caps))

    assert refusal.value.field == "caps"


@pytest.mark.parametrize(
    "changes",
    [
        {"measure": "R9"},
        {"share": "5/3"},
        {"share": "much"},
        {"share": "1/0"},
        {"share": "1e-99999999"},
        {"hours": 0},
        {"valid_from": None},
        {"valid_to": date(2019, 1, 1)},
    ],
)
def test_a_target_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    row = drafting.typed_of(VERSION_1_0)["targets"][1] | changes

    with pytest.raises(FieldError) as refusal:
        drafting.built(VERSION_1_0, typed(targets=[row]))

    assert refusal.value.field == "targets"


def test_the_differences_of_two_versions() -> None:
    assert [tuple(row) for row in drafting.differences(VERSION_1_0, HEAVIER)] == [
        ("Weight of R1", "25", "20"),
        ("Weight of R2", "30", "35"),
    ]


def test_a_target_without_an_end_is_told_from_when_it_holds() -> None:
    first, *others = VERSION_1_0.targets
    (row,) = drafting.differences(
        VERSION_1_0, replace(VERSION_1_0, targets=(first._replace(share=Fraction(4, 5)), *others))
    )

    assert row.after == "24 h, share 80.0%, from Wed 1 Jan 2020"


def sent(method: Any = HEAVIER, **changes: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    told = drafting.typed_of(method) | {"why": "R2 weighs more.", "month": "2026-07"} | changes
    fields: dict[str, Any] = {}
    for name, value in told.items():
        if name in ("caps", "targets"):
            for place, row in enumerate(value):
                for part, one in row.items():
                    fields[f"{name}-{place}-{part}"] = "" if one is None else str(one)
        else:
            fields[name] = value
    return fields


def test_the_whole_life_through_the_doors(cast: Any, visit: Any, at: Any) -> None:
    with transaction():
        service.ensure_version(by=CLOCK, at=at)
    page = visit(cast.administrator, "GET", "/methodology/draft").get_data(as_text=True)
    assert 'value="1.1"' in page

    wrong = visit(cast.administrator, "POST", "/methodology/draft", data=sent(R1=50))
    assert "take away 30 points" in wrong.get_data(as_text=True)
    made = visit(cast.administrator, "POST", "/methodology/draft", data=sent())
    assert made.status_code == 303, made.get_data(as_text=True)
    here = made.location
    draft = queries.drafts()[0]
    assert (draft.method, draft.valid_from) == (HEAVIER, date(2026, 7, 1))

    # Companies and the police don't learn of drafts; those who judge by it may look.
    for part, code in (("delegate", 404), ("police", 404), ("commissioner", 200), ("officer", 200)):
        assert visit(getattr(cast, part), "GET", here).status_code == code
        listed = visit(getattr(cast, part), "GET", "/methodology").get_data(as_text=True)
        assert ("1.1" in listed) is (code == 200)

    edited = visit(
        cast.administrator, "POST", f"{here}/edit", data=sent(seen="1", why="Weightier.")
    )
    assert edited.status_code == 303
    seen = {"seen": "2"}
    assert visit(cast.administrator, "POST", f"{here}/propose", data=seen).status_code == 303
    assert visit(cast.administrator, "POST", f"{here}/approve", data=seen).status_code == 409
    assert visit(cast.officer, "POST", f"{here}/approve", data=seen).status_code == 404
    assert visit(cast.head, "POST", f"{here}/approve", data=seen).status_code == 303
    assert queries.method_on(date(2026, 7, 1)) == HEAVIER

    shown = visit(cast.delegate, "GET", "/methodology?version=1.1").get_data(as_text=True)
    assert "Version 1.1" in shown
    text_of = visit(cast.head, "GET", here).get_data(as_text=True)
    assert "Weightier." in text_of
