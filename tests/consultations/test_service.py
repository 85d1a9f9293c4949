"""Consultations: each verb works, is refused in the wrong state, and leaves its trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.access.actor import Actor, OrganisationKind, Role
from portal.agendas import service as agendas
from portal.agendas.models import Disposition
from portal.consultations import queries, service
from portal.consultations.models import (
    Attendance,
    Consultation,
    ConsultationStatus,
    Rsvp,
    Side,
    Step,
)
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from tests.consultations import make

S = ConsultationStatus


def verbs() -> list[str]:
    return list(db.session.scalars(select(AuditEvent.verb).order_by(AuditEvent.id)))


def told(kind: str) -> list[str]:
    return sorted(db.session.scalars(select(Letter.address).where(Letter.kind == kind)))


BOTH_SIDES = sorted(
    [
        "officer@kcsc.example", "officer2@kcsc.example", "head@kcsc.example",
        "delegate@telegram.example", "company_admin@telegram.example",
    ]
)  # fmt: skip


def test_a_draft_tells_nobody(companies, cast, at):
    draft = make.drafted(companies["telegram"], cast, at=at)

    assert (draft.status, draft.serial) == (S.DRAFT, None)
    assert verbs() == ["consultations:save_draft"]
    assert db.session.scalars(select(Letter)).all() == []
    assert db.session.scalars(select(Step)).all() == []


def test_scheduling_counts_per_company_and_year_and_invites_both_sides(companies, cast, at):
    first = make.scheduled(companies["telegram"], cast, at=at)
    second = make.scheduled(companies["telegram"], cast, at=at, days=20)
    other = make.scheduled(companies["x"], cast, at=at)
    next_year = make.scheduled(companies["telegram"], cast, at=at, days=310)

    assert [c.serial for c in (first, second, other, next_year)] == [
        "Telegram 2026-01", "Telegram 2026-02", "X 2026-01", "Telegram 2027-01",
    ]  # fmt: skip
    assert first.wall_time == "2026-03-12T14:00"
    assert first.starts_at == datetime(2026, 3, 12, 5, 0, tzinfo=UTC)
    assert first.duration == 120
    letters = db.session.scalars(select(Letter).where(Letter.about_id == first.id)).all()
    assert sorted(letter.address for letter in letters) == BOTH_SIDES
    assert {letter.kind for letter in letters} == {"consultations:schedule"}
    assert "Thu 12 Mar 2026, 14:00" in letters[0].body
    assert "Thu 12 Mar 2026, 09:00 Dubai" in letters[0].body
    assert f"/consultations/{first.id}" in letters[0].body
    assert not any("X 2026" in letter.body for letter in letters)


def test_scheduling_seats_the_own_side_and_who_may_bind_the_company(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at, guests=("agency",))

    seats = [(d.side, d.account_id, d.is_lead, d.can_bind) for d in consultation.delegates]
    assert sorted(seats) == sorted(
        [
            (Side.INSTITUTION, cast.officer.id, True, True),
            (Side.INSTITUTION, cast.head.id, False, True),
            (Side.INSTITUTION, cast.agency.id, False, False),
            (Side.COMPANY, cast.delegate.id, True, True),
            (Side.COMPANY, cast.company_admin.id, False, True),
        ]
    )
    assert consultation.is_quorate()


def test_a_draft_is_scheduled_as_it_was_planned(companies, cast, at):
    draft = make.drafted(companies["telegram"], cast, at=at)
    with transaction():
        service.schedule(
            draft.company, wall=make.wall(at, days=11), zone="Asia/Seoul", draft=draft,
            delegates=[cast.officer], by=cast.officer.as_actor(), at=at, **make.PLAN,
        )  # fmt: skip

    assert (draft.status, draft.serial) == (S.SCHEDULED, "Telegram 2026-01")
    assert [d.account_id for d in draft.delegates if d.side is Side.INSTITUTION] == [
        cast.officer.id
    ]
    with pytest.raises(Refused, match="scheduled already"), transaction():
        service.save_draft(
            draft.company, wall=make.wall(at, days=12), zone="Asia/Seoul", draft=draft,
            by=cast.officer.as_actor(), at=at, **make.PLAN,
        )  # fmt: skip


def test_a_second_submit_makes_no_second_consultation(companies, cast, at):
    make.scheduled(companies["telegram"], cast, at=at)

    with pytest.raises(FieldError, match="Telegram 2026-01") as refusal:
        make.scheduled(companies["telegram"], cast, at=at)
    assert refusal.value.field == "wall"
    assert db.session.query(Consultation).count() == 1
    assert len(told("consultations:schedule")) == len(BOTH_SIDES)


@pytest.mark.parametrize(
    ("wall", "zone", "duration", "field", "words"),
    [
        ("2026-03-29T02:30", "Europe/Berlin", 60, "wall", "skip this time"),
        ("2026-10-25T02:30", "Europe/Berlin", 60, "wall", "comes twice"),
        ("2026-03-08T02:30", "America/New_York", 60, "wall", "skip this time"),
        ("2026-03-02T10:00", "Asia/Seoul", 60, "wall", "has passed"),
        ("0001-01-01T00:00", "Asia/Seoul", 60, "wall", "has passed"),
        ("9999-12-31T23:59", "Asia/Seoul", 60, "wall", "five years"),
        ("2026-03-12T14:00", "Asia/Soul", 60, "zone", "No such time zone"),
        ("2026-03-12T14:00", "EST", 60, "zone", "No such time zone"),
        ("2026-03-12T14:00", "../etc/passwd", 60, "zone", "No such time zone"),
        ("2026-03-12T14:00", "Asia/Seoul", 0, "duration", "end before it starts"),
        ("2026-03-12T14:00", "Asia/Seoul", -30, "duration", "end before it starts"),
        ("2026-03-12T14:00", "Asia/Seoul", 1441, "duration", "a day at most"),
    ],
)
def test_times_that_cannot_be(at, wall, zone, duration, field, words):
    with pytest.raises(FieldError, match=words) as refusal:
        service.times(wall=datetime.fromisoformat(wall), duration=duration, zone=zone, at=at)
    assert refusal.value.field == field


def test_a_new_time_asks_everybody_again(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    first = consultation.starts_at
    with transaction():
        service.respond(
            make.delegate_of(consultation, cast.delegate), Rsvp.ACCEPTED,
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    with transaction():
        service.reschedule(
            consultation, wall=make.wall(at, days=12, hour=15), duration=90, zone="Asia/Seoul",
            reason="The room was taken.", by=cast.officer.as_actor(), at=at,
        )  # fmt: skip

    assert consultation.starts_at == datetime(2026, 3, 14, 6, 0, tzinfo=UTC)
    assert consultation.original_starts_at == first
    assert {d.rsvp for d in consultation.delegates} == {Rsvp.NEEDS_ACTION}
    assert told("consultations:reschedule") == BOTH_SIDES
    body = db.session.scalars(
        select(Letter.body).where(Letter.kind == "consultations:reschedule")
    ).first()
    assert "Before: Thu 12 Mar 2026, 14:00" in body
    assert "Sat 14 Mar 2026, 15:00" in body
    assert "The room was taken." in body
    assert consultation.history[-1].detail == (
        "2026-03-12 14:00 Asia/Seoul → 2026-03-14 15:00 Asia/Seoul\nThe room was taken."
    )


def test_the_first_date_stays_through_every_move(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    first = consultation.starts_at
    for days in (12, 13):
        with transaction():
            service.reschedule(
                consultation, wall=make.wall(at, days=days), duration=120, zone="Asia/Seoul",
                by=cast.officer.as_actor(), at=at,
            )  # fmt: skip

    assert consultation.original_starts_at == first


def test_the_same_time_again_tells_nobody(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)

    with pytest.raises(FieldError, match="this time already"), transaction():
        service.reschedule(
            consultation, wall=make.wall(at), duration=120, zone="Asia/Seoul",
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip
    assert told("consultations:reschedule") == []


def test_corrected_words_are_told_to_nobody_and_a_new_venue_asks_everybody_again(
    companies, cast, at
):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    with transaction():
        service.respond(
            make.delegate_of(consultation, cast.delegate), Rsvp.ACCEPTED,
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    words = {"title_ko": "고친 제목", "title_en": "Put right", "venue_country": "KR"}
    by = cast.officer.as_actor()
    with transaction():
        service.correct(consultation, venue="Meeting room 3", by=by, at=at, **words)
    assert told("consultations:correct") == []
    assert make.delegate_of(consultation, cast.delegate).rsvp is Rsvp.ACCEPTED
    assert consultation.sequence == 0
    with transaction():
        service.correct(consultation, venue="Room 5", by=by, at=at, **words)
    with transaction():
        service.correct(consultation, venue="Room 5", by=by, at=at, **words)

    assert told("consultations:correct") == BOTH_SIDES
    assert make.delegate_of(consultation, cast.delegate).rsvp is Rsvp.NEEDS_ACTION
    assert consultation.sequence == 1
    assert verbs().count("consultations:correct") == 2


def test_nobody_writes_over_what_they_have_not_seen(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    seen, words = consultation.stamp, {"title_ko": "가", "venue": "V", "venue_country": "KR"}
    with transaction():
        service.correct(
            consultation, title_en="First", seen=seen, by=cast.officer.as_actor(), at=at, **words
        )

    with pytest.raises(service.Conflict), transaction():
        service.correct(
            consultation, title_en="Second", seen=seen, by=cast.head.as_actor(), at=at, **words
        )
    with pytest.raises(service.Conflict), transaction():
        service.reschedule(
            consultation, wall=make.wall(at, days=12), duration=120, zone="Asia/Seoul", seen=seen,
            by=cast.head.as_actor(), at=at,
        )  # fmt: skip
    assert consultation.title_en == "First"


@pytest.mark.parametrize(
    ("verb", "status"), [(service.cancel, S.CANCELLED), (service.postpone, S.POSTPONED)]
)
def test_calling_off_is_told_with_side_reason_and_notice(companies, cast, at, verb, status):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    with transaction():
        verb(consultation, side=Side.COMPANY, reason="No visa.", by=cast.officer.as_actor(), at=at)

    assert consultation.status is status
    assert consultation.hours_of_notice == 244
    assert told(f"consultations:{status.value}") == BOTH_SIDES
    event = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event.verb == f"consultations:{status.value}"
    assert event.details == {"side": "company", "reason": "No visa.", "hours_of_notice": 244}
    with pytest.raises(Refused), transaction():
        verb(consultation, side=Side.COMPANY, reason="Again.", by=cast.officer.as_actor(), at=at)


def test_a_reason_is_needed_to_call_off(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)

    with pytest.raises(FieldError, match="Say why") as refusal, transaction():
        service.cancel(
            consultation, side=Side.COMPANY, reason="  ", by=cast.officer.as_actor(), at=at
        )
    assert refusal.value.field == "reason"


def test_a_postponed_one_comes_back_and_its_agenda_can_go_out_again(companies, cast, at):
    consultation = make.published(companies["telegram"], cast, at=at)
    first, by = consultation.starts_at, cast.officer.as_actor()
    with transaction():
        service.postpone(consultation, side=Side.COMPANY, reason="No visa.", by=by, at=at)
    with transaction():
        service.reschedule(
            consultation, wall=make.wall(at, days=15), duration=120, zone="Asia/Seoul", by=by, at=at
        )
    assert consultation.status is S.SCHEDULED
    assert consultation.original_starts_at == first
    assert (consultation.cancelled_by, consultation.hours_of_notice) == (None, None)
    with transaction():
        version = agendas.publish(consultation, by=by, at=at)

    assert (consultation.status, version.number) == (S.AGENDA_PUBLISHED, 2)
    assert [change["what"] for change in version.changes] == ["time"]


def test_not_held_only_once_its_time_has_come(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    values = {"side": Side.COMPANY, "reason": "Nobody came.", "by": cast.officer.as_actor()}
    with pytest.raises(Refused, match="has not come yet"), transaction():
        service.mark_not_held(consultation, at=at, **values)
    with transaction():
        service.mark_not_held(
            consultation, at=consultation.starts_at + timedelta(hours=1), **values
        )

    assert (consultation.status, consultation.hours_of_notice) == (S.NOT_HELD, -1)
    assert told("consultations:not_held") == BOTH_SIDES


def test_the_way_from_the_agenda_to_the_closed_record(companies, cast, at):
    consultation = make.published(companies["telegram"], cast, at=at)
    by, begin, end = cast.officer.as_actor(), consultation.starts_at, consultation.ends_at
    with transaction():
        service.begin(consultation, by=by, at=begin)
    with pytest.raises(Refused, match="Nobody of this side"), transaction():
        service.hold(consultation, by=by, at=end)
    assert consultation.status is S.IN_SESSION
    there = dict.fromkeys(make.firsts(consultation), Attendance.REMOTE)
    with transaction():
        service.record_attendance(consultation, there, by=by, at=begin)
    with transaction():
        service.hold(consultation, by=by, at=end)
    assert consultation.held_at == end
    with pytest.raises(Refused, match="what became of each item"), transaction():
        agendas.close(consultation, by=by, at=end)
    with transaction():
        for item in consultation.agenda_items:
            agendas.dispose(item, Disposition.DONE, by=by, at=end)
    with transaction():
        agendas.close(consultation, by=by, at=end)

    assert consultation.status is S.CLOSED
    assert [step.what for step in consultation.history] == [
        "scheduled", "agenda_published", "in_session", "held", "closed",
    ]  # fmt: skip
    assert queries.held_in("2026-03") == [consultation]


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        ("drafted", "begin"), ("scheduled", "begin"), ("scheduled", "hold"),
        ("published", "hold"), ("published", "close"), ("in_session", "begin"),
        ("held", "begin"), ("held", "hold"),
    ],
)  # fmt: skip
def test_steps_out_of_order_are_refused_with_a_sentence(companies, cast, at, state, verb):
    consultation = getattr(make, state)(companies["telegram"], cast, at=at)
    status, before = consultation.status, len(verbs())

    with pytest.raises(Refused, match="cannot become"), transaction():
        getattr(service, verb)(consultation, by=cast.officer.as_actor(), at=at)
    assert consultation.status is status
    assert len(verbs()) == before


@pytest.mark.parametrize("state", ["drafted", "scheduled", "published"])
def test_attendance_waits_for_the_session(companies, cast, at, state):
    consultation = getattr(make, state)(companies["telegram"], cast, at=at)

    with pytest.raises(Refused, match="in session or after"), transaction():
        service.record_attendance(consultation, {}, by=cast.officer.as_actor(), at=at)


def test_what_was_held_is_not_moved_or_called_off(companies, cast, at):
    consultation = make.held(companies["telegram"], cast, at=at)
    by = cast.officer.as_actor()

    for verb in (service.cancel, service.postpone):
        with pytest.raises(Refused, match="cannot become"), transaction():
            verb(consultation, side=Side.COMPANY, reason="Late.", by=by, at=at)
    with pytest.raises(Refused, match="cannot become"), transaction():
        service.reschedule(
            consultation, wall=make.wall(at, days=40), duration=60, zone="Asia/Seoul", by=by, at=at
        )
    with pytest.raises(Refused, match="not changed any more"), transaction():
        service.correct(
            consultation, title_ko="가", title_en="a", venue="b", venue_country="KR", by=by, at=at
        )


def test_each_side_names_its_own(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    theirs, ours = cast.delegate.as_actor(), cast.officer.as_actor()
    company_seat = make.delegate_of(consultation, cast.delegate)
    with transaction():
        added = service.add_delegate(
            consultation, name=" An interpreter ", title="Interpreter", by=theirs, at=at
        )
    assert (added.side, added.name, added.can_bind) == (Side.COMPANY, "An interpreter", False)

    for verb in (service.remove_delegate, service.name_lead):
        with pytest.raises(Refused, match="own delegation"), transaction():
            verb(company_seat, by=ours, at=at)
    with pytest.raises(FieldError, match="confirmed representative"), transaction():
        service.add_delegate(consultation, name="Someone", can_bind=True, by=theirs, at=at)
    with pytest.raises(FieldError, match="named already"), transaction():
        service.add_delegate(consultation, name="An interpreter", by=theirs, at=at)
    with pytest.raises(FieldError, match="write the name"), transaction():
        service.add_delegate(consultation, name=" ", by=theirs, at=at)
    with pytest.raises(Refused, match="who is invited beside it"), transaction():
        service.add_delegate(consultation, name="A friend", by=cast.agency.as_actor(), at=at)


def test_one_leads_each_side(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    with transaction():
        service.name_lead(
            make.delegate_of(consultation, cast.head), by=cast.officer.as_actor(), at=at
        )

    leads = {d.account_id for d in consultation.delegates if d.is_lead}
    assert leads == {cast.head.id, cast.delegate.id}


def test_whoever_declines_cannot_bind(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    for person in (cast.delegate, cast.company_admin):
        with transaction():
            service.respond(
                make.delegate_of(consultation, person), Rsvp.DECLINED, by=person.as_actor(), at=at
            )

    assert consultation.sides_without_capacity() == [Side.COMPANY]
    assert not consultation.is_quorate()


def test_only_the_own_organisation_answers(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at, guests=("agency", "police"))
    seat = make.delegate_of(consultation, cast.agency)

    for other in (cast.officer, cast.delegate, cast.police):
        with pytest.raises(Refused, match="own organisation"), transaction():
            service.respond(seat, Rsvp.ACCEPTED, by=other.as_actor(), at=at)
    with transaction():
        service.respond(seat, Rsvp.ACCEPTED, by=cast.agency.as_actor(), at=at)
    assert seat.rsvp is Rsvp.ACCEPTED


@pytest.mark.parametrize("state", ["drafted", "in_session", "held"])
def test_no_answer_without_a_coming_date(companies, cast, at, state):
    consultation = getattr(make, state)(companies["telegram"], cast, at=at)
    seat = make.delegate_of(consultation, cast.officer)

    with pytest.raises(Refused, match="no date to answer"), transaction():
        service.respond(seat, Rsvp.ACCEPTED, by=cast.officer.as_actor(), at=at)


def test_the_closed_record_keeps_its_delegations(companies, cast, at):
    consultation = make.held(companies["telegram"], cast, at=at)
    by = cast.officer.as_actor()
    with pytest.raises(Refused, match="stay as they are"), transaction():
        service.remove_delegate(make.delegate_of(consultation, cast.head), by=by, at=at)
    consultation.status = S.CLOSED
    db.session.commit()
    with pytest.raises(Refused, match="stay as they are"), transaction():
        service.add_delegate(consultation, name="Too late", by=by, at=at)


def test_what_a_draft_plans_is_its_own_side_s_business(companies, cast, at):
    from portal.access import scope
    from portal.consultations.models import Delegate

    make.drafted(companies["telegram"], cast, at=at)
    agency = Actor(None, cast.agency.organisation_id, OrganisationKind.AGENCY, Role.AGENCY, "a")
    for actor in (cast.delegate.as_actor(), cast.rival.as_actor(), agency):
        for model in (Consultation, Delegate, Step):
            assert db.session.scalars(scope.visible(model, actor)).all() == []
