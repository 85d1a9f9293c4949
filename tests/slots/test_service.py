"""Finding a time: offering, answering, reminding, proposing, choosing, calling off."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.access import scope
from portal.agendas import service as agendas
from portal.agendas.models import ItemKind
from portal.consultations import service as consultations
from portal.consultations.duties import DutyKind, WorkingDays
from portal.consultations.models import Consultation, ConsultationStatus, Delegate, Rsvp, Side
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from portal.reminders import service as reminders
from portal.reports import queries as reports
from portal.slots import jobs, queries, service
from portal.slots.models import Can, Poll, ProposalStatus, Slot, SlotAnswer, SlotCall
from portal.slots.ranking import ranked
from portal.slots.service import Offer
from tests.consultations import make

SEOUL, LA = ZoneInfo("Asia/Seoul"), ZoneInfo("America/Los_Angeles")


def seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def times(*texts: str, zone: str = "Asia/Seoul", duration: int = 120) -> list[Offer]:
    return [Offer(datetime.fromisoformat(text), duration, zone) for text in texts]


# Wednesday, Thursday and Saturday; today is Monday 2 March, 10:00 in Seoul.
OFFERED = times("2026-03-25T15:00", "2026-03-26T15:00", "2026-03-28T15:00")
UNTIL = seoul("2026-03-13T18:00")


def open_poll(draft, cast, at, offered=OFFERED, until=UNTIL):
    with transaction():
        return service.offer(
            draft, offered, respond_by=until, venue="Meeting room 3", venue_country="KR",
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip


@pytest.fixture
def draft(companies, cast, at):
    """Two of the institution's and one of the company's; its administrator sits on no side."""
    made = make.drafted(companies["telegram"], cast, at=at)
    with transaction():
        consultations.remove_delegate(
            make.delegate_of(made, cast.company_admin), by=cast.company_admin.as_actor(), at=at
        )
    return made


@pytest.fixture
def poll(draft, cast, at):
    return open_poll(draft, cast, at)


def seat(poll, account) -> Delegate:
    return make.delegate_of(poll.consultation, account)


def say(poll, account, *words, at, by=None):
    """Answer for the slots in order: y, ? (if need be), n, or - (nothing)."""
    meaning = {"y": Can.YES, "?": Can.IF_NEED_BE, "n": Can.NO}
    said = {s.id: meaning[w] for s, w in zip(poll.slots, words[0], strict=True) if w in meaning}
    with transaction():
        service.answer(seat(poll, account), said, by=(by or account).as_actor(), at=at)


def letters(kind: str) -> list[Letter]:
    found = db.session.query(Letter).filter_by(kind=f"slots:{kind}")
    return found.order_by(Letter.address, Letter.id).all()


def addresses(kind: str) -> list[str]:
    return [letter.address for letter in letters(kind)]


def test_offering_asks_both_sides_once_and_opens_the_draft_to_the_company(poll, cast, at):
    everyone = [cast.delegate, cast.officer, cast.head, cast.company_admin]

    assert poll.consultation.status is ConsultationStatus.POLLING
    assert sorted(addresses("offer") + addresses("announce")) == sorted(p.email for p in everyone)
    assert scope.find(Poll, poll.id, cast.delegate.as_actor()) is not None
    assert scope.find(Poll, poll.id, cast.rival.as_actor()) is None
    assert scope.find(Poll, poll.id, cast.police.as_actor()) is None
    asked = next(letter for letter in letters("offer") if letter.address == cast.delegate.email)
    assert "- Thu 26 Mar 2026, 15:00 Seoul (UTC+09:00)" in asked.body
    assert "until Fri 13 Mar 2026, 18:00 Seoul (UTC+09:00)" in asked.body
    assert f"/consultations/{poll.consultation_id}/slots" in asked.body


def test_a_person_elsewhere_reads_the_slots_on_their_own_clock_and_in_their_language(
    draft, cast, at
):
    cast.delegate.time_zone, cast.head.language = "America/Los_Angeles", "ko"
    db.session.commit()
    open_poll(draft, cast, at)

    told = {letter.address: letter.body for letter in letters("offer") + letters("announce")}
    assert (
        "15:00 Seoul (UTC+09:00) = Wed 25 Mar 2026, 23:00 Los Angeles (UTC-07:00)"
        in told[cast.delegate.email]
    )
    assert "2026년 3월 26일 (목) 15:00" in told[cast.head.email]


@pytest.mark.parametrize(
    ("offered", "until", "field"),
    [
        (times("2026-03-25T15:00"), UNTIL, None),
        (times(*(f"2026-03-25T{h:02}:{m:02}" for h in range(9, 16) for m in (0, 20, 40))), UNTIL, None),
        (times("2026-03-25T15:00", "2026-02-27T15:00"), UNTIL, "slots-1-wall"),
        (times("2026-03-25T15:00", "2026-03-25T15:00"), UNTIL, "slots-1-wall"),
        ([*times("2026-03-25T15:00"), *times("2026-03-25T10:00", zone="Asia/Dubai")], UNTIL, "slots-1-wall"),
        (times("2026-03-29T02:30", "2026-03-30T10:00", zone="Europe/Berlin"), UNTIL, "slots-0-wall"),
        (times("2026-11-01T01:30", "2026-11-02T10:00", zone="America/New_York"), UNTIL, "slots-0-wall"),
        ([*times("2026-03-25T15:00"), *times("2026-03-26T10:00", zone="Mars/Base")], UNTIL, "slots-1-zone"),
        ([*times("2026-03-25T15:00"), *times("2026-03-26T15:00", duration=0)], UNTIL, "slots-1-duration"),
        (times("2026-03-25T15:00", "9999-12-31T23:59"), UNTIL, "slots-1-wall"),
        (OFFERED, seoul("2026-03-02T09:59"), "respond_by"),
        (OFFERED, seoul("2026-03-25T15:00"), "respond_by"),
    ],
)  # fmt: skip
def test_what_cannot_be_offered(draft, cast, at, offered, until, field):
    with pytest.raises(Refused) as refusal:
        open_poll(draft, cast, at, offered, until)

    assert getattr(refusal.value, "field", None) == field
    assert db.session.get_one(Consultation, draft.id).status is ConsultationStatus.DRAFT
    assert letters("offer") == []


def test_slots_are_offered_once(poll, cast, at):
    with pytest.raises(Refused):
        open_poll(poll.consultation, cast, at)

    assert len(addresses("offer")) == 3


def test_an_answer_can_be_changed_until_the_date_and_is_audited(poll, cast, at):
    say(poll, cast.delegate, "yy-", at=at)
    say(poll, cast.delegate, "n?y", at=at + timedelta(days=1))

    rows = db.session.query(SlotAnswer).order_by(SlotAnswer.slot_id).all()
    assert [(row.can, row.via) for row in rows] == [
        (Can.NO, "page"), (Can.IF_NEED_BE, "page"), (Can.YES, "page"),
    ]  # fmt: skip
    events = db.session.query(AuditEvent).filter_by(verb="slots:answer").all()
    assert events[1].details["before"] == {
        "2026-03-25T15:00": "slot_yes", "2026-03-26T15:00": "slot_yes",
    }  # fmt: skip


def test_a_late_answer_is_refused_and_says_what_to_do(poll, cast):
    with pytest.raises(Refused) as refusal:
        say(poll, cast.delegate, "yyy", at=UNTIL)

    assert refusal.value.sentence == (
        "Answers were taken until Fri 13 Mar 2026, 18:00 Seoul (UTC+09:00). Ask the officer to set "
        "a later date, or tell them in person; once a slot is chosen you can answer the invitation."
    )
    assert db.session.query(SlotAnswer).count() == 0


def test_who_may_answer_for_whom(poll, cast, at):
    say(poll, cast.delegate, "y--", at=at, by=cast.officer)
    say(poll, cast.delegate, "-y-", at=at, by=cast.company_admin)
    with pytest.raises(Refused):
        say(poll, cast.officer, "y--", at=at, by=cast.delegate)
    with pytest.raises(Refused):
        say(poll, cast.delegate, "--y", at=at, by=cast.rival)

    rows = db.session.query(SlotAnswer).order_by(SlotAnswer.slot_id).all()
    assert [(row.via, row.by_name) for row in rows] == [
        ("hand", cast.officer.name_en), ("colleague", cast.company_admin.name_en),
    ]  # fmt: skip


def test_the_other_side_reads_how_many_and_not_who(poll, cast, at):
    say(poll, cast.officer, "yn?", at=at)
    say(poll, cast.delegate, "yyy", at=at)

    scope.act_as(cast.delegate.as_actor())
    db.session.expire_all()
    assert {row.name for row in queries.answers(poll).values()} == {"Representative, Telegram"}
    counted = queries.counts(poll)[poll.slots[1].id, Side.INSTITUTION]
    assert (counted.yes, counted.if_need_be, counted.no, counted.silent) == (0, 0, 1, 1)
    scope.act_as(None)


def test_slots_are_ranked_by_the_documented_rules(poll, cast, at):
    wednesday, thursday, saturday = poll.slots
    say(poll, cast.officer, "yyy", at=at)
    say(poll, cast.head, "nyy", at=at)
    say(poll, cast.delegate, "y?n", at=at)
    said = {key: row.can for key, row in queries.answers(poll).items()}

    def order(**warned: list[str]) -> list[Slot]:
        warnings = {thursday.id: [], **{int(k): v for k, v in warned.items()}}
        standings = ranked(poll.slots, poll.consultation.delegates, said, warnings, at=at)
        return [one.slot for one in standings]

    # On Saturday nobody binds the company; on Thursday everybody comes, one only if need be.
    assert order() == [thursday, wednesday, saturday]
    standing = ranked(poll.slots, poll.consultation.delegates, said, {}, at=at)[0]
    names = {Side.INSTITUTION: "KCSC", Side.COMPANY: "Telegram"}
    assert standing.reasons(names) == [
        ("ok", "Can come: Liaison officer, Head of team."),
        ("warn", "Only if need be: Representative, Telegram."),
        ("ok", "KCSC: Liaison officer, Head of team may bind and can come."),
        ("ok", "KCSC: the lead, Liaison officer, can come."),
        ("ok", "Telegram: Representative, Telegram may bind and can come."),
        ("warn", "Telegram: the lead, Representative, Telegram, comes only if need be."),
    ]


def test_equal_slots_are_ranked_by_warnings_and_then_by_time(poll, cast, at):
    first, second, third = poll.slots
    ranks = ranked(poll.slots, (), {}, {first.id: ["a holiday"]}, at=at)
    passed = ranked(poll.slots, (), {}, {}, at=first.starts_at)

    assert [one.slot for one in ranks] == [second, third, first]
    assert [one.slot for one in passed] == [second, third, first]


# Reminders: the answer is due on Friday 13 March, the duty says three working days before.
def test_only_who_has_not_answered_every_slot_is_reminded_once_in_their_working_hours(
    poll, cast, at
):
    cast.delegate.time_zone = "America/Los_Angeles"
    db.session.commit()
    say(poll, cast.officer, "yyy", at=at)
    say(poll, cast.head, "yy-", at=at)

    jobs.remind(seoul("2026-03-10T08:55"))
    assert addresses("remind") == []
    for text in ("2026-03-10T09:00", "2026-03-10T09:05", "2026-03-10T12:00"):
        jobs.remind(seoul(text))
    assert addresses("remind") == [cast.head.email]
    # 09:00 in Los Angeles on the tenth is the night of the eleventh in Seoul.
    jobs.remind(datetime(2026, 3, 10, 9, 0, tzinfo=LA))
    jobs.remind(datetime(2026, 3, 11, 9, 0, tzinfo=LA))
    assert addresses("remind") == [cast.delegate.email, cast.head.email]


def test_a_weekend_or_a_duty_that_is_off_reminds_nobody(poll, companies, cast, at):
    with transaction():
        reminders.set_duty(
            DutyKind.RESPOND_BY, companies["telegram"], days=5, notice=4, whom="to_the_company",
            is_active=True, by=cast.administrator.as_actor(), at=at,
        )  # fmt: skip
    jobs.remind(seoul("2026-03-08T09:00"))
    assert addresses("remind") == []
    jobs.remind(seoul("2026-03-09T14:00"))
    assert addresses("remind") == [cast.delegate.email]
    with transaction():
        reminders.set_duty(
            DutyKind.RESPOND_BY, companies["telegram"], days=5, notice=3, whom="to_both_sides",
            is_active=False, by=cast.administrator.as_actor(), at=at,
        )  # fmt: skip
    jobs.remind(seoul("2026-03-10T14:00"))
    assert addresses("remind") == [cast.delegate.email]


def test_nobody_is_reminded_of_a_poll_that_is_over(draft, cast, at):
    poll = open_poll(draft, cast, at)
    with transaction():
        service.cancel(poll, side=Side.COMPANY, reason="Not now", by=cast.officer.as_actor(), at=at)
    with transaction():
        said = service.say_due(poll, days=WorkingDays(), at=seoul("2026-03-10T14:00"))

    jobs.remind(seoul("2026-03-10T14:00"))
    assert said == 0
    assert addresses("remind") == []
    assert len(addresses("cancel")) == 4


def test_two_processes_at_the_same_minute_remind_each_person_once(app, poll):
    number = poll.id
    db.session.commit()
    gate, wrong = threading.Barrier(2), []

    def process() -> None:
        with app.app_context():
            gate.wait()
            try:
                jobs.remind(seoul("2026-03-10T14:00"))
            except Exception as error:
                wrong.append(error)
            finally:
                db.session.remove()

    both = [threading.Thread(target=process) for _one in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert wrong == []
    assert len(addresses("remind")) == len(set(addresses("remind"))) == 3
    assert db.session.query(SlotCall).filter_by(poll_id=number, kind="slots_reminded").count() == 3


def test_who_joins_is_asked_by_the_clock_and_who_leaves_counts_no_more(poll, cast, at):
    say(poll, cast.head, "nnn", at=at)
    with transaction():
        consultations.remove_delegate(seat(poll, cast.head), by=cast.officer.as_actor(), at=at)
        consultations.add_delegate(
            poll.consultation, name="Interpreter", email="interpreter@mail.example",
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip
    for _twice in range(2):
        jobs.remind(at + timedelta(minutes=5))

    assert addresses("offer").count("interpreter@mail.example") == 1
    told = next(one for one in letters("offer") if one.address == "interpreter@mail.example")
    assert "/slots" not in told.body
    assert queries.counts(poll)[poll.slots[0].id, Side.INSTITUTION].no == 0


def test_a_later_date_takes_answers_again_and_reminds_again(poll, cast):
    after = UNTIL + timedelta(hours=1)
    with transaction():
        service.set_deadline(poll, seoul("2026-03-20T18:00"), by=cast.officer.as_actor(), at=after)
    say(poll, cast.delegate, "yyy", at=after)
    jobs.remind(seoul("2026-03-17T09:00"))

    assert addresses("remind") == [cast.head.email, cast.officer.email]
    assert "Before: Fri 13 Mar 2026, 18:00" in letters("deadline")[0].body


def test_closing_takes_no_more_answers(poll, cast, at):
    with transaction():
        service.close(poll, by=cast.officer.as_actor(), at=at)
    with pytest.raises(Refused):
        say(poll, cast.delegate, "yyy", at=at)
    with pytest.raises(Refused), transaction():
        service.close(poll, by=cast.officer.as_actor(), at=at)


def proposed(poll, cast, at, text="2026-03-31T15:00", zone="Asia/Seoul", by=None):
    with transaction():
        return service.propose(
            poll, *times(text, zone=zone), reason="Our lead travels that week",
            by=(by or cast.delegate).as_actor(), at=at,
        )  # fmt: skip


def test_a_proposed_time_becomes_a_further_slot_and_answers_stand(poll, cast, at):
    say(poll, cast.head, "yn?", at=at)
    proposal = proposed(poll, cast, at, "2026-03-31T11:00", zone="Asia/Dubai")
    with transaction():
        service.accept(proposal, by=cast.officer.as_actor(), at=at)

    assert [(slot.wall_time, slot.zone, slot.side) for slot in poll.slots][-1] == (
        "2026-03-31T11:00", "Asia/Dubai", Side.COMPANY,
    )  # fmt: skip
    assert len(queries.answers(poll)) == 3
    assert seat(poll, cast.head).id in queries.unanswered(poll)
    assert addresses("propose") == sorted(
        (cast.head.email, cast.officer.email, cast.officer2.email)
    )
    assert addresses("accept") == [cast.delegate.email]
    assert addresses("add") == [cast.head.email, cast.officer.email]
    with pytest.raises(Refused) as refusal, transaction():
        service.decline(proposal, reason="No", by=cast.head.as_actor(), at=at)
    assert "answered already by Liaison officer" in refusal.value.sentence


def test_a_korean_letter_names_the_proposer_in_korean(poll, cast, at):
    with transaction():
        cast.delegate.name_ko, cast.officer.language = "텔레그램 대표자", "ko"
    proposed(poll, cast, at)
    said = {letter.address: letter.body for letter in letters("propose")}

    assert "텔레그램 대표자" in said[cast.officer.email]
    assert "Representative, Telegram" not in said[cast.officer.email]
    assert "Proposed by: Representative, Telegram" in said[cast.head.email]


def test_a_declined_proposal_tells_who_proposed_it_why(poll, cast, at):
    proposal = proposed(poll, cast, at)
    with pytest.raises(FieldError), transaction():
        service.decline(proposal, reason=" ", by=cast.officer.as_actor(), at=at)
    with transaction():
        service.decline(proposal, reason="The room is taken", by=cast.officer.as_actor(), at=at)

    assert proposal.status is ProposalStatus.DECLINED
    assert [letter.address for letter in letters("decline")] == [cast.delegate.email]
    assert "Reason: The room is taken" in letters("decline")[0].body
    assert len(poll.slots) == 3


def test_what_cannot_be_proposed(poll, cast, at):
    proposed(poll, cast, at)

    for text, zone, field in (
        ("2026-03-31T15:00", "Asia/Seoul", "wall"),  # proposed already
        ("2026-03-25T10:00", "Asia/Dubai", "wall"),  # offered, on another clock
        ("2026-02-25T10:00", "Asia/Dubai", "wall"),
        ("2026-03-29T02:30", "Europe/Berlin", "wall"),
    ):
        with pytest.raises(FieldError) as refusal:
            proposed(poll, cast, at, text, zone)
        assert refusal.value.field == field
    with pytest.raises(Refused):
        proposed(poll, cast, at, "2026-04-01T10:00", by=cast.officer)
    assert len(poll.proposals) == 1


def test_scheduling_a_slot_invites_everybody_and_keeps_the_answers(poll, cast, at):
    say(poll, cast.delegate, "nyy", at=at)
    slot = poll.slots[1]
    with transaction():
        kept = service.schedule(slot, by=cast.officer.as_actor(), at=at)

    assert kept.id == poll.consultation_id
    assert (kept.status, kept.serial) == (ConsultationStatus.SCHEDULED, "Telegram 2026-01")
    assert (kept.wall_time, kept.duration, kept.zone) == ("2026-03-26T15:00", 120, "Asia/Seoul")
    assert {delegate.rsvp for delegate in kept.delegates} == {Rsvp.NEEDS_ACTION}
    assert len(kept.delegates) == 3
    assert poll.chosen is slot
    assert len(queries.answers(poll)) == 3
    invited = db.session.query(Letter).filter_by(kind="consultations:schedule").all()
    assert {cast.delegate.email, cast.officer.email, cast.head.email} <= {
        letter.address for letter in invited if letter.calendar
    }
    with pytest.raises(Refused):
        say(poll, cast.delegate, "yyy", at=at)


def test_the_last_slot_can_be_chosen_although_it_placed_the_draft_in_lists(poll, cast, at):
    with transaction():
        service.schedule(poll.slots[-1], by=cast.officer.as_actor(), at=at)

    assert poll.consultation.serial == "Telegram 2026-01"


@pytest.mark.parametrize("places", [(0, 1), (0, 0)])
def test_two_officers_who_choose_at_once_invite_once(app, poll, cast, places):
    numbers = [poll.slots[place].id for place in places]
    actors = [cast.officer.as_actor(), cast.head.as_actor()]
    at = seoul("2026-03-03T10:00")
    db.session.commit()
    gate, said = threading.Barrier(2), []

    def process(number, by) -> None:
        with app.app_context():
            slot = db.session.get(Slot, number)
            gate.wait()
            try:
                with transaction():
                    service.schedule(slot, by=by, at=at)
                said.append("won")
            except Refused as refusal:
                said.append(refusal.sentence)
            finally:
                db.session.remove()

    both = [
        threading.Thread(target=process, args=pair) for pair in zip(numbers, actors, strict=True)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sorted(len(one) > 3 for one in said) == [False, True]
    assert "has chosen a slot already" in max(said, key=len)
    invited = [
        one.address for one in db.session.query(Letter).filter_by(kind="consultations:schedule")
    ]
    assert len(invited) == len(set(invited)) > 3
    assert db.session.query(Slot).filter(Slot.chosen_at.is_not(None)).count() == 1


def test_a_slot_that_has_passed_or_is_taken_is_not_chosen(poll, companies, cast, at):
    with pytest.raises(Refused) as refusal, transaction():
        service.schedule(poll.slots[0], by=cast.officer.as_actor(), at=poll.slots[0].starts_at)
    assert refusal.value.sentence == (
        "This time has passed. Choose one to come. Choose another slot."
    )
    with transaction():
        consultations.schedule(
            companies["telegram"], wall=datetime(2026, 3, 26, 15), zone="Asia/Seoul",
            by=cast.officer.as_actor(), at=at, **make.PLAN,
        )  # fmt: skip
    with pytest.raises(Refused) as refusal, transaction():
        service.schedule(poll.slots[1], by=cast.officer.as_actor(), at=at)
    assert "There is a consultation at this time: Telegram 2026-01." in refusal.value.sentence
    assert db.session.get_one(Poll, poll.id).is_running


def test_without_a_date_nothing_is_rescheduled_corrected_answered_or_cancelled(poll, cast, at):
    c, by = poll.consultation, cast.officer.as_actor()
    words = {"title_ko": "t", "title_en": "t", "venue": "v", "venue_country": "KR"}
    for deed in (
        lambda: consultations.cancel(c, side=Side.COMPANY, reason="r", by=by, at=at),
        lambda: consultations.correct(c, **words, by=by, at=at),
        lambda: consultations.reschedule(
            c, wall=datetime(2026, 4, 1, 10), duration=60, zone="Asia/Seoul", by=by, at=at
        ),
        lambda: consultations.respond(seat(poll, cast.officer), Rsvp.ACCEPTED, by=by, at=at),
        lambda: consultations.save_draft(
            c.company, wall=datetime(2026, 4, 1, 10), zone="Asia/Seoul", draft=c, by=by, at=at,
            **make.PLAN,
        ),
    ):  # fmt: skip
        with pytest.raises(Refused), transaction():
            deed()
    assert db.session.get_one(Consultation, c.id).status is ConsultationStatus.POLLING


def test_calling_off_tells_both_sides_and_keeps_the_record(poll, cast, at):
    by = cast.officer.as_actor()
    with pytest.raises(FieldError), transaction():
        service.cancel(poll, side=Side.COMPANY, reason=" ", by=by, at=at)
    with transaction():
        service.cancel(poll, side=Side.COMPANY, reason="Reorganised", by=by, at=at)

    c = poll.consultation
    assert (c.status, c.cancelled_by, c.hours_of_notice) == (
        ConsultationStatus.CANCELLED, Side.COMPANY, None,
    )  # fmt: skip
    assert sorted(addresses("cancel")) == sorted(addresses("offer") + addresses("announce"))
    assert all(letter.calendar is None for letter in letters("cancel"))
    for deed in (
        lambda: service.schedule(poll.slots[0], by=by, at=at),
        lambda: service.cancel(poll, side=Side.COMPANY, reason="Again", by=by, at=at),
        lambda: service.add(poll, *times("2026-04-02T15:00"), by=by, at=at),
    ):
        with pytest.raises(Refused), transaction():
            deed()


def test_an_item_proposed_before_there_is_a_date_is_named_by_the_title(poll, cast, at):
    with transaction():
        agendas.propose(
            poll.consultation, kind=ItemKind.DISCUSSION, title_ko="주제", title_en="A topic",
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip

    told = db.session.query(Letter).filter(Letter.kind.like("agendas:%")).all()
    assert told
    assert not [one for one in told if "None" in one.subject + one.body]


def test_a_search_that_was_called_off_is_no_cancelled_consultation_in_the_report(poll, cast, at):
    with transaction():
        service.cancel(poll, side=Side.COMPANY, reason="r", by=cast.officer.as_actor(), at=at)

    assert poll.consultation in db.session.query(Consultation).all()
    assert reports.consultations_of("2026-03") == []
