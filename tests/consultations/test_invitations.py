"""Invitations as calendar mail: who gets what, in which version, and never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.accounts import service as accounts
from portal.accounts.models import Account
from portal.consultations import jobs, queries, service, visitors
from portal.consultations.models import Rsvp, RsvpAnswer, Visitor
from portal.core import clock
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.outbox import Letter, send_waiting
from portal.retention import jobs as retention
from tests.calendars import Calendars
from tests.consultations import make
from tests.smtp_server import Mailbox


def letters(address: str, *kinds: str) -> list[Letter]:
    """What was written to somebody, in order."""
    found = db.session.query(Letter).filter_by(address=address).order_by(Letter.id)
    return [letter for letter in found if not kinds or letter.kind in kinds]


def respond(consultation: Any, account: Account, rsvp: Rsvp, at: Any) -> None:
    with transaction():
        service.respond(make.delegate_of(consultation, account), rsvp, by=account.as_actor(), at=at)


def move(consultation: Any, cast: Any, at: Any, *, days: int) -> None:
    with transaction():
        service.reschedule(consultation, wall=make.wall(at, days=days), duration=120,
                           zone="Asia/Seoul", reason="A clash", by=cast.officer.as_actor(), at=at)  # fmt: skip


def test_whoever_has_a_seat_gets_a_request_that_other_programs_read(
    companies: Any, cast: Any, at: Any, calendars: Calendars
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at)

    (letter,) = letters(cast.delegate.email)
    (event,) = calendars.read((letter.calendar or "").encode(), method="REQUEST")
    assert letter.calendar_method == "REQUEST"
    assert (event.uid, event.sequence) == (consultation.uid, 0)
    assert (event.start, event.end) == (consultation.starts_at, consultation.ends_at)
    assert {person.address for person in event.attendees} == {
        cast.delegate.email, cast.company_admin.email,
    }  # fmt: skip


def test_nobody_learns_the_other_side_s_addresses(companies: Any, cast: Any, at: Any) -> None:
    make.scheduled(companies["telegram"], cast, at=at)

    (letter,) = letters(cast.delegate.email)
    assert cast.officer.email not in (letter.calendar or "").replace("\r\n ", "")
    (ours,) = letters(cast.officer.email)
    assert cast.delegate.email not in (ours.calendar or "").replace("\r\n ", "")


def test_a_new_time_after_three_yes_and_one_no_asks_all_and_keeps_what_was_said(
    companies: Any, cast: Any, at: Any
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at, guests=("police",))
    for person, answer in (
        (cast.delegate, Rsvp.ACCEPTED), (cast.officer, Rsvp.ACCEPTED), (cast.head, Rsvp.ACCEPTED),
        (cast.police, Rsvp.DECLINED),
    ):  # fmt: skip
        respond(consultation, person, answer, at)
    move(consultation, cast, at, days=12)

    assert {d.rsvp for d in consultation.delegates} == {Rsvp.NEEDS_ACTION}
    assert consultation.sequence == 1
    said = [(a.rsvp, a.sequence) for a in db.session.query(RsvpAnswer).order_by(RsvpAnswer.id)]
    assert said == [(Rsvp.ACCEPTED, 0)] * 3 + [(Rsvp.DECLINED, 0)]
    (told,) = letters(cast.police.email, "consultations:reschedule")
    assert "SEQUENCE:1" in (told.calendar or "")
    respond(consultation, cast.police, Rsvp.ACCEPTED, at)
    assert queries.answers(consultation)[0].sequence == 1


def test_changes_within_minutes_are_told_in_one_letter_that_shows_old_and_new(
    companies: Any, cast: Any, at: Any
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    first = clock_words(consultation)
    move(consultation, cast, at, days=12)
    between = clock_words(consultation)
    move(consultation, cast, at + timedelta(minutes=3), days=13)

    earlier, later = letters(cast.delegate.email, "consultations:reschedule")
    assert earlier.replaced_by_id == later.id
    assert first in later.body
    assert between not in later.body
    assert clock_words(consultation) in later.body


def test_what_has_left_is_not_taken_back(
    companies: Any,
    cast: Any,
    at: Any,
    mailbox: Mailbox,
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    move(consultation, cast, at, days=12)
    send_waiting(at=at + timedelta(minutes=6))
    move(consultation, cast, at + timedelta(minutes=7), days=13)

    assert [x.replaced_by_id for x in letters(cast.delegate.email)] == [None] * 3


def clock_words(consultation: Any) -> str:
    return str(consultation.wall_time.split("T")[0].split("-")[2].lstrip("0") + " ")


def test_cancelled_soon_after_a_change_says_what_the_person_knew(
    companies: Any, cast: Any, at: Any, calendars: Calendars
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    move(consultation, cast, at, days=12)
    with transaction():
        service.cancel(consultation, side=service.Side.COMPANY, reason="Ill",
                       by=cast.officer.as_actor(), at=at + timedelta(minutes=1))  # fmt: skip

    change, cancelled = letters(cast.delegate.email)[1:]
    assert change.replaced_by_id == cancelled.id
    assert "You were last told" in cancelled.body
    (event,) = calendars.read((cancelled.calendar or "").encode(), method="CANCEL")
    assert (event.status, event.sequence) == ("CANCELLED", 2)


def test_who_leaves_is_told_alone_and_who_joins_is_invited_alone(
    companies: Any, cast: Any, at: Any, calendars: Calendars
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    before = db.session.query(Letter).count()
    with transaction():
        service.add_delegate(consultation, account=cast.police, by=cast.officer.as_actor(), at=at)
    with transaction():
        service.remove_delegate(
            make.delegate_of(consultation, cast.head), by=cast.officer.as_actor(), at=at
        )

    assert db.session.query(Letter).count() == before + 2
    (joined,) = letters(cast.police.email)
    (left,) = letters(cast.head.email, "consultations:uninvite")
    calendars.read((joined.calendar or "").encode(), method="REQUEST")
    (event,) = calendars.read((left.calendar or "").encode(), method="CANCEL")
    assert [person.address for person in event.attendees] == [cast.head.email]


def test_who_joins_the_later_ones_gets_each_with_its_own_date(
    companies: Any, cast: Any, at: Any
) -> None:
    plans = [make.scheduled(companies["telegram"], cast, at=at, days=d) for d in (10, 20, 30)]
    move(plans[1], cast, at, days=24)
    with transaction():
        service.join(plans, account=cast.police, by=cast.officer.as_actor(), at=at)

    assert [x.calendar_method for x in letters(cast.police.email)] == ["REQUEST"] * 3
    starts = [f"DTSTART:{p.starts_at:%Y%m%dT%H%M%SZ}" for p in plans]
    assert all(
        s in (x.calendar or "") for s, x in zip(starts, letters(cast.police.email), strict=True)
    )


def test_a_leaver_keeps_the_past_and_loses_what_lies_ahead(
    companies: Any, cast: Any, at: Any
) -> None:
    past = make.held(companies["telegram"], cast, at=at, days=3)
    ahead = make.scheduled(companies["telegram"], cast, at=at, days=30)
    later = past.ends_at + timedelta(days=1)
    with transaction():
        accounts.deactivate(cast.head, by=cast.administrator.as_actor(), at=later)
    jobs.release_leavers(later)
    jobs.release_leavers(later)

    assert [d.account_id for d in past.delegates if d.account_id == cast.head.id]
    assert not [d for d in ahead.delegates if d.account_id == cast.head.id]
    (told,) = letters(cast.head.email, "consultations:uninvite")
    assert told.calendar_method == "CANCEL"
    assert [step.what for step in ahead.history].count("delegate_left") == 1


def test_the_link_asks_before_it_answers(
    app: Flask, companies: Any, cast: Any, at: Any, visit: Any
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    path = link_in(letters(cast.delegate.email)[0])

    page = visit(None, "GET", path)
    assert page.status_code == 200
    assert make.delegate_of(consultation, cast.delegate).rsvp is Rsvp.NEEDS_ACTION
    visit(None, "POST", path, {"answer": "accepted", "sequence": "0"})
    db.session.expire_all()
    assert make.delegate_of(consultation, cast.delegate).rsvp is Rsvp.ACCEPTED
    assert queries.answers(consultation)[0].via == "link"


def test_a_link_answers_only_what_its_page_showed_and_only_before_the_start(
    companies: Any, cast: Any, at: Any, visit: Any
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    path = link_in(letters(cast.delegate.email)[0])
    move(consultation, cast, at, days=12)

    page = visit(None, "POST", path, {"answer": "accepted", "sequence": "0"}, follow=True)
    assert "Please answer again" in page.text
    assert make.delegate_of(consultation, cast.delegate).rsvp is Rsvp.NEEDS_ACTION
    with clock.stopped_at(consultation.starts_at):
        visit(None, "POST", path, {"answer": "accepted", "sequence": "1"})
    db.session.expire_all()
    assert make.delegate_of(consultation, cast.delegate).rsvp is Rsvp.NEEDS_ACTION


def test_a_forged_link_or_that_of_somebody_removed_leads_nowhere(
    companies: Any, cast: Any, at: Any, visit: Any
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    path = link_in(letters(cast.head.email)[0])
    with transaction():
        service.remove_delegate(
            make.delegate_of(consultation, cast.head), by=cast.officer.as_actor(), at=at
        )

    assert visit(None, "GET", path).status_code == 410
    assert visit(None, "GET", path[:-3] + "abc").status_code == 410


def link_in(letter: Letter) -> str:
    return "/consultations/rsvp/" + letter.body.split("/consultations/rsvp/")[1].split()[0]


def test_visitor_data_is_sealed_opened_on_the_record_and_erased(
    companies: Any, cast: Any, at: Any, visit: Any
) -> None:
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    seat = make.delegate_of(consultation, cast.delegate)
    visit(cast.delegate, "POST", f"/consultations/delegates/{seat.id}/visitor",
          {"passport_name": "ROLE NAME", "document": "X-1"})  # fmt: skip
    (held,) = db.session.query(Visitor)
    reveal = f"/consultations/visitors/{held.id}/reveal"

    assert "ROLE" not in (held.sealed or "")
    assert "ROLE NAME" in visit(cast.officer, "POST", reveal).text
    assert visit(cast.rival, "POST", reveal).status_code == 404
    assert db.session.query(AuditEvent).filter_by(verb="consultations:reveal_visitor").count() == 1
    assert not [e for e in db.session.query(AuditEvent) if "ROLE NAME" in str(vars(e))]
    over = consultation.ends_at + visitors.KEPT_FOR
    assert retention.erase(over)["visitors"] == 0
    assert retention.erase(over + timedelta(seconds=1))["visitors"] == 1
    db.session.expire_all()
    (held,) = db.session.query(Visitor)
    assert (held.sealed, held.delegate_id) == (None, None)
    assert held.erased_at is not None


@pytest.mark.parametrize("half", [0, 1])
def test_request_before_cancel_though_the_server_refuses_half(
    companies: Any,
    cast: Any,
    at: Any,
    mailbox: Mailbox,
    half: int,
) -> None:
    people = [cast.delegate.email, cast.officer.email, cast.head.email, cast.company_admin.email]
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    mailbox.refused.update(people[half::2])
    send_waiting(at=at)
    with transaction():
        service.cancel(consultation, side=service.Side.COMPANY, reason="Ill",
                       by=cast.officer.as_actor(), at=at + timedelta(seconds=10))  # fmt: skip
    send_waiting(at=at + timedelta(seconds=20))
    mailbox.refused.clear()
    for minutes in (2, 15, 90):
        send_waiting(at=at + timedelta(minutes=minutes))

    told = [(m["To"], m["Subject"].split()[0]) for m in mailbox.messages]
    assert len(told) == len(set(told))
    for person in {address for address, _subject in told}:
        assert [s for address, s in told if address == person] == ["Invitation", "Consultation"]


def test_two_senders_at_once_send_each_letter_once(
    app: Flask,
    companies: Any,
    cast: Any,
    at: Any,
    mailbox: Mailbox,
) -> None:
    from threading import Thread

    for days in (10, 20, 30, 40):
        make.scheduled(companies["telegram"], cast, at=at, days=days)
    wanted = db.session.query(Letter).count()
    db.session.rollback()

    def send() -> None:
        with app.app_context():
            send_waiting(at=at)

    senders = [Thread(target=send) for _n in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)
    send_waiting(at=at)

    names = [m["Message-ID"] for m in mailbox.messages]
    assert len(names) == len(set(names)) == wanted
