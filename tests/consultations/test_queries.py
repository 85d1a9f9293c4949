"""The questions of the room, and how many of them a page may ask."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.agendas.models import AgendaItem, ItemKind, ItemStatus
from portal.consultations import queries
from portal.consultations.models import Consultation, ConsultationStatus, Delegate, Side, Step
from portal.core.db import db
from tests.consultations import make
from tests.queries import counting


def crowd(consultation, *, at, items, people):
    """Fill a consultation with agenda items, people and history."""
    for number in range(items):
        db.session.add(
            AgendaItem(
                consultation_id=consultation.id, company_id=consultation.company_id,
                position=number + 10, kind=ItemKind.DISCUSSION, title_ko=f"안건 {number}",
                title_en=f"Item {number}", proposed_by=Side.COMPANY, proposed_at=at,
                status=ItemStatus.ACCEPTED, times_carried=number % 3,
            )
        )  # fmt: skip
    for number in range(people):
        side = Side.COMPANY if number % 2 else Side.INSTITUTION
        db.session.add(
            Delegate(
                consultation_id=consultation.id, company_id=consultation.company_id, side=side,
                organisation_id=consultation.company_id, name=f"Person {number}",
            )
        )  # fmt: skip
        db.session.add(
            Step(
                consultation_id=consultation.id, company_id=consultation.company_id, at=at,
                what="rescheduled", by_name="Somebody", by_side="company",
            )
        )  # fmt: skip
    db.session.commit()


def many(companies, at, count):
    for number in range(count):
        starts_at = at + timedelta(days=number - count // 2)
        db.session.add(
            Consultation(
                company_id=companies["telegram" if number % 2 else "x"].id, year=2026,
                number=number + 1, serial=f"N 2026-{number:03d}",
                status=ConsultationStatus.SCHEDULED, title_ko="가", title_en="a",
                starts_at=starts_at, ends_at=starts_at + timedelta(hours=1), zone="Asia/Seoul",
                wall_time="2026-03-02T10:00", venue="V", venue_country="KR",
            )
        )  # fmt: skip
    db.session.commit()


@pytest.mark.parametrize("count", [2, 60])
def test_the_list_asks_little_whatever_its_length(companies, cast, at, visit, count):
    many(companies, at, count)
    for who in (cast.officer, cast.delegate, cast.agency):
        visit(who, "GET", "/account")
        with counting() as sent:
            assert visit(who, "GET", "/consultations/").status_code == 200
        assert len(sent) <= 8, sent


@pytest.mark.parametrize("state", ["scheduled", "held"])
@pytest.mark.parametrize("people", [0, 60])
def test_the_forms_ask_little_too(companies, cast, at, visit, state, people):
    consultation = getattr(make, state)(companies["telegram"], cast, at=at)
    crowd(consultation, at=at, items=people, people=people)
    visit(cast.officer, "GET", "/account")
    for page in ("delegation", "attendance", "dispositions", "reschedule", "edit", "cancel"):
        with counting() as sent:
            visit(cast.officer, "GET", f"/consultations/{consultation.id}/{page}")
        assert len(sent) <= 8, (page, sent)


def test_those_to_come_stand_first(companies, cast, at):
    held = make.held(companies["telegram"], cast, at=at, days=3)
    late = make.scheduled(companies["telegram"], cast, at=at, days=30)
    soon = make.scheduled(companies["x"], cast, at=at, days=10)

    assert db.session.scalars(queries.listed()).all() == [soon, late, held]
    assert queries.upcoming() == [soon, late]
    assert queries.later_ones(held) == [late]
    assert queries.previous_held(late) == held
    assert queries.previous_held(soon) is None
    assert queries.held_in("2026-03") == [held]
    assert queries.held_in("2026-02") == []
    assert queries.for_company(companies["telegram"].id) == [late, held]
