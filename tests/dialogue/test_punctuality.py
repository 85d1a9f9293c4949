"""Punctuality of both sides: counts by hand, whose turn it was, the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from portal.consultations import service as consultations
from portal.consultations.models import ConsultationStatus, Side
from portal.core.db import db, transaction
from portal.dialogue import queries
from portal.dialogue.punctuality import (
    DialogueFact,
    Punctuality,
    Turn,
    punctuality,
    waiting,
    within,
)
from tests.minutes import make

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
START, END = AT - timedelta(days=30), AT + timedelta(days=30)


def fact(kind: str, side: str, number: int = 1, **more: Any) -> DialogueFact:
    return DialogueFact(kind, side, number, f"Telegram 2026-{number:02d}", AT, **more)


def rows(facts: list[DialogueFact]) -> dict[tuple[str, str], Punctuality]:
    return {(row.kind, row.side): row for row in punctuality(facts)}


def test_whose_turn_it_was() -> None:
    turns = [
        Turn(AT, Side.COMPANY), Turn(AT + 10 * HOUR, Side.INSTITUTION),
        Turn(AT + 12 * HOUR, Side.COMPANY), Turn(AT + 15 * HOUR, Side.COMPANY),
        Turn(AT + 99 * HOUR, Side.INSTITUTION),
    ]  # fmt: skip
    assert waiting(turns, AT + 20 * HOUR) == {Side.COMPANY: 18.0, Side.INSTITUTION: 2.0}
    assert waiting([], AT) == {Side.COMPANY: 0.0, Side.INSTITUTION: 0.0}


def test_counts_of_both_sides() -> None:
    found = rows([
        fact("slots", "company", is_kept=True), fact("slots", "company", 2, is_kept=False),
        fact("slots", "institution", is_kept=True),
        fact("called_off", "company", hours=5.0), fact("called_off", "company", 2, hours=-1.0),
        fact("called_off", "institution", 3, hours=48.0),
        fact("attendance", "company", 4, is_kept=True),
        fact("attendance", "institution", 4, is_kept=True),
        fact("attendance", "company", 5, is_kept=True),
        fact("attendance", "institution", 5, is_kept=False),
    ])  # fmt: skip
    assert found["slots", "company"] == Punctuality("slots", "company", 1, 2, None, None)
    assert found["slots", "institution"] == Punctuality("slots", "institution", 1, 1, None, None)
    assert found["called_off", "company"] == Punctuality("called_off", "company", 2, 3, 2.0, 4.0)
    assert found["attendance", "both"] == Punctuality("attendance", "both", 1, 2, None, None)
    assert found["papers", "company"] == Punctuality("papers", "company", 0, 0, None, None)


def test_a_month_ends_before_the_next() -> None:
    facts = [fact("slots", "company", is_kept=True)]
    assert within(facts, AT, AT + HOUR) == facts
    assert within(facts, AT - HOUR, AT) == []


def test_adopted_minutes_say_for_whom_they_waited(companies: Any, cast: Any) -> None:
    minutes = make.released(companies["telegram"], cast, at=AT)
    make.agree(minutes, cast.delegate, at=AT + 30 * HOUR)
    with transaction():
        make.service.reconcile(minutes, by=cast.officer.as_actor(), at=AT + 31 * HOUR)
    for account, hours in ((cast.head, 34), (cast.delegate, 40)):
        with transaction():
            make.actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(),
                at=AT + hours * HOUR,
            )  # fmt: skip
    make.adopted(companies["x"], cast, at=AT)
    found = queries.facts(companies["telegram"].id, START, END, as_of=END)
    assert {(one.side, one.hours) for one in found if one.kind == "adoption"} == {
        ("company", 36.0), ("institution", 4.0),
    }  # fmt: skip
    # Nobody of make.held has capacity to bind.
    assert [one.is_kept for one in found if one.kind == "attendance"] == [False, False]
    assert queries.facts(companies["telegram"].id, START, END, as_of=AT - 9 * HOUR) == ()


def test_what_is_called_off_names_its_side_and_notice(companies: Any, cast: Any) -> None:
    consultation = make.held(companies["telegram"], cast, at=AT)
    with transaction():
        consultation.status = ConsultationStatus.SCHEDULED
        consultation.starts_at = AT + 50 * HOUR
    with transaction():
        consultations.cancel(
            consultation, side=Side.COMPANY, reason="Illness.", by=cast.officer.as_actor(), at=AT
        )
    (found,) = queries.facts(companies["telegram"].id, START, END, as_of=END)
    assert (found.kind, found.side, found.hours) == ("called_off", "company", 50.0)
    assert queries.facts(companies["x"].id, START, END, as_of=END) == ()


def test_a_company_sees_its_own_and_no_other(companies: Any, cast: Any, visit: Any) -> None:
    make.adopted(companies["telegram"], cast, at=AT)
    make.adopted(companies["x"], cast, at=AT)
    own, other = (f"/dialogue/{companies[slug].id}?month=2026-03" for slug in ("telegram", "x"))
    page = visit(cast.delegate, "GET", own)
    assert page.status_code == 200
    assert "Telegram 2026-01" in page.text
    assert "X 2026-01" not in page.text
    assert visit(cast.delegate, "GET", other).status_code == 404
    assert visit(cast.delegate, "GET", "/dialogue/").headers["Location"].endswith(own[:-14])
    assert visit(cast.auditor, "GET", other).status_code == 200
    assert visit(cast.commissioner, "GET", own).status_code == 404
    db.session.rollback()
