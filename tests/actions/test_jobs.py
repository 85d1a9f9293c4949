"""Reminders and escalations, day by day on the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal.accounts.models import Organisation, ReminderMode
from portal.actions import jobs, service
from portal.companies.models import Senior
from portal.consultations.models import Side
from portal.core.db import db, transaction
from portal.core.jobs import run_due
from portal.core.outbox import Letter
from portal.responses import service as responses
from tests.actions import make

SEOUL = ZoneInfo("Asia/Seoul")
DUE = datetime(2026, 4, 1, 18, 0)
TIMETABLE = [job for job in jobs.JOBS if job.name == "remind of action items"]


def run_days(first: int, last: int, *, runs_a_day: int = 1) -> dict[int, set[tuple[str, str]]]:
    """Run the job on each day from `first` to `last` after the due day; who got what on which."""
    got: dict[int, set[tuple[str, str]]] = {}
    for day in range(first, last + 1):
        known = set(db.session.scalars(select(Letter.id)))
        for run in range(runs_a_day):
            at = DUE.replace(hour=9, minute=run, tzinfo=SEOUL) + timedelta(days=day)
            run_due(TIMETABLE, at=at)
            db.session.commit()
        new = db.session.scalars(select(Letter).where(Letter.id.not_in(known)))
        if sent := {(letter.kind.split(":")[1], letter.address) for letter in new}:
            got[day] = sent
    return got


COMPANY = {"delegate@telegram.example", "company_admin@telegram.example"}
OFFICERS = {"officer@kcsc.example", "officer2@kcsc.example"}
HEAD = {"head@kcsc.example"}


@pytest.fixture
def each(companies) -> None:
    """Both sides chose one letter for each item and step."""
    with transaction():
        for organisation in db.session.query(Organisation):
            organisation.reminders = ReminderMode.EACH


def to(kind: str, *people: set[str]) -> set[tuple[str, str]]:
    """A letter of one kind to several people."""
    return {(kind, address) for group in people for address in group}


@pytest.mark.parametrize(
    ("owner", "owners", "escalates_to"),
    [
        (Side.COMPANY, COMPANY, {"senior@telegram.example"} | OFFICERS | HEAD),
        (Side.INSTITUTION, OFFICERS, HEAD | COMPANY),
    ],
)
def test_the_steps_are_the_same_for_both_sides(
    companies, cast, each, at, owner, owners, escalates_to
):
    make.agreed(companies["telegram"], at=at, due=DUE, owner=owner)

    got = run_days(-20, 50, runs_a_day=2)

    soon, late, up = (
        to("remind", owners), to("overdue", owners), to("escalate", escalates_to),
    )  # fmt: skip
    assert got == {
        -14: soon, -7: soon, -3: soon, -1: soon, 0: soon,
        1: late, 7: late | up, 14: late, 21: late | up, 28: late, 35: late, 42: late,
        45: late | up, 49: late,
    }  # fmt: skip


def test_days_that_the_clock_slept_through_are_made_up_once(companies, cast, each, at):
    make.agreed(companies["telegram"], at=at, due=DUE)

    got = run_days(-8, -8) | run_days(-5, -5) | run_days(25, 27)

    assert {day: sorted({kind for kind, _ in sent}) for day, sent in got.items()} == {
        -8: ["remind"], -5: ["remind"], 25: ["escalate", "overdue"],
    }  # fmt: skip


def test_a_step_that_was_slept_through_reaches_every_senior_below(companies, cast, at):
    telegram = companies["telegram"]
    with transaction():
        for level in (2, 3):
            db.session.add(
                Senior(
                    company_id=telegram.id, level=level, name=f"Senior {level}",
                    email=f"senior{level}@telegram.example",
                )
            )  # fmt: skip
    make.agreed(telegram, at=at, due=DUE)

    seniors = {
        day: sorted(who for kind, who in sent if kind == "escalate" and who.startswith("senior"))
        for day, sent in (run_days(22, 22) | run_days(45, 45)).items()
    }

    assert seniors == {
        22: ["senior2@telegram.example", "senior@telegram.example"],
        45: [
            "senior2@telegram.example", "senior3@telegram.example", "senior@telegram.example",
        ],
    }  # fmt: skip


def test_an_escalation_is_recorded(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at, due=DUE)
    run_days(7, 8)

    assert make.events(item)[1:] == [("actions:escalate", "the clock")]
    assert ("senior@telegram.example", "Escalation: Telegram A-2026-001 is overdue by 7 days") in (
        make.letters("actions:escalate")
    )


def test_nobody_is_reminded_while_a_report_is_examined_and_again_when_it_is_returned(
    companies, cast, each, at
):
    item = make.agreed(companies["telegram"], at=at, due=DUE)
    run_days(1, 1)
    day = DUE.replace(tzinfo=SEOUL)
    with transaction():
        report = responses.report_done(
            item, text="Done.", evidence=["https://evidence.example/1"],
            by=cast.delegate.as_actor(), at=day + timedelta(days=2),
        )  # fmt: skip
    assert run_days(3, 9) == {}
    with transaction():
        responses.return_(
            report, reason="No dates.", by=cast.officer.as_actor(), at=day + timedelta(days=9)
        )

    got = run_days(10, 14)

    # The clock ran on: what fell on the seventh day is made up, and the weeks go on.
    assert {day: {kind for kind, _ in sent} for day, sent in got.items()} == {
        10: {"overdue", "escalate"}, 14: {"overdue"},
    }  # fmt: skip


def test_what_is_closed_or_never_agreed_is_left_alone(companies, cast, at):
    make.agreed(companies["telegram"], at=at, due=DUE, source="")
    item = make.agreed(companies["telegram"], at=at, due=DUE, text="Withdrawn.")
    with transaction():
        amendment = service.ask_withdrawal(
            item, reason="Not needed.", by=cast.delegate.as_actor(), at=at
        )
        service.grant(amendment, by=cast.officer.as_actor(), at=at)

    assert run_days(-14, 10) == {}


def test_an_extended_date_is_reminded_of_anew(companies, cast, each, at):
    item = make.agreed(companies["telegram"], at=at, due=DUE)
    assert set(run_days(-14, -7)) == {-14, -7}
    with transaction():
        amendment = service.ask_extension(
            item, new_due_wall=DUE + timedelta(days=20), reason="The supplier is late.",
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
        service.grant(amendment, by=cast.officer.as_actor(), at=at)

    assert set(run_days(-6, 21)) == {6, 13, 17, 19, 20, 21}


def test_a_letter_names_no_other_company(companies, cast, each, at):
    make.agreed(companies["telegram"], at=at, due=DUE)
    make.agreed(companies["x"], at=at, due=DUE)
    run_days(-14, 8)

    for letter in db.session.scalars(select(Letter).where(Letter.address.like("%@x.example"))):
        assert "elegram" not in letter.subject + letter.body
    assert db.session.scalar(select(Letter.id).where(Letter.address == "rival@x.example"))
