"""What a mail may change, and what not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.consultations import service as consultations
from portal.consultations.models import Consultation, Rsvp, Side
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.replies import service
from portal.replies.models import Message, Outcome, Why
from tests.consultations import make as planned
from tests.replies.make import MINUTE, answers, arrives, event, mail, stamp


@pytest.fixture
def ours(app: Any, cast: Any, companies: Any, at: Any) -> Consultation:
    """A consultation with Telegram; the rival has one too."""
    planned.scheduled(companies["x"], cast, at=at, hour=10)
    return planned.scheduled(companies["telegram"], cast, at=at)


def rsvp(consultation: Consultation, account: Any) -> Rsvp:
    return planned.delegate_of(consultation, account).rsvp


def all_answers() -> dict[int, Rsvp]:
    from portal.consultations.models import Delegate

    return {d.id: d.rsvp for d in db.session.scalars(select(Delegate))}


def letters() -> int:
    return db.session.query(Letter).count()


def test_a_reply_sets_the_answer_of_the_one_who_sent_it(cast: Any, ours: Any, at: Any) -> None:
    before, number = all_answers(), planned.delegate_of(ours, cast.delegate).id
    words = {"ACCEPTED": Rsvp.ACCEPTED, "TENTATIVE": Rsvp.TENTATIVE, "declined": Rsvp.DECLINED}

    for n, (word, answer) in enumerate(words.items(), 1):
        message = answers(ours, cast.delegate, word, at=at + n * MINUTE)

        assert (message.outcome, message.why, message.answer) == (Outcome.ANSWERED, None, answer)
        assert all_answers() == {**before, number: answer}
    told = db.session.scalars(select(AuditEvent).where(AuditEvent.verb == "consultations:respond"))
    assert [event.account_id for event in told] == [cast.delegate.id] * 3


def test_addresses_are_compared_however_they_are_written(cast: Any, ours: Any, at: Any) -> None:
    address = cast.delegate.email
    calendar = event(ours, address.upper(), at=at).replace("mailto:DEL", "MAILTO:DEL")

    message = arrives(mail(address.title(), calendar), at=at)

    assert message.outcome is Outcome.ANSWERED


def test_whatever_else_it_is_it_changes_nothing_and_waits_for_an_officer(
    cast: Any, ours: Any, at: Any
) -> None:
    own, other = cast.delegate.email, cast.rival.email
    good = event(ours, own, at=at)
    second = "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nEND:VEVENT"
    others = f"ATTENDEE;PARTSTAT=DECLINED:mailto:{other}"
    cases = {
        "forged": (mail("stranger@mail.example", good), Why.NOT_SENDER),
        "forged by a colleague": (mail(cast.company_admin.email, good), Why.NOT_SENDER),
        "of the other company": (mail(other, event(ours, other, at=at)), Why.NOT_INVITED),
        "unknown": (mail(own, event(ours, own, at=at, uid="no-such@uid")), Why.UNKNOWN),
        "later": (mail(own, event(ours, own, at=at, sequence=ours.sequence + 7)), Why.LATER),
        "future": (mail(own, event(ours, own, at=at + timedelta(days=9))), Why.CLOCK),
        "word": (mail(own, event(ours, own, "DELEGATED", at=at)), Why.NO_WORD),
        "request": (
            mail(own, event(ours, own, at=at, method="REQUEST"), label="REQUEST"), Why.METHOD,
        ),
        "plain": (mail(own, None, text="Yes, we come."), Why.NO_CALENDAR),
        "label": (mail(own, good, label="COUNTER"), Why.UNREADABLE),
        "two attendees": (mail(own, event(ours, own, at=at, more=others)), Why.INCOMPLETE),
        "two events": (mail(own, good.replace("END:VEVENT", second)), Why.INCOMPLETE),
        "no stamp": (mail(own, good.replace(f"DTSTAMP:{stamp(at)}\r\n", "")), Why.INCOMPLETE),
        "broken rule": (
            mail(own, event(ours, own, at=at, more="RRULE:FREQ=NEVER;COUNT=x")), Why.UNREADABLE,
        ),
        "nonsense rule": (
            mail(own, event(ours, own, at=at, more="RRULE:nonsense")), Why.UNREADABLE,
        ),
        "no calendar": (mail(own, "<html>not a calendar</html>"), Why.UNREADABLE),
        "no sender": (mail(own, good).replace(b"From: ", b"X-From: ", 1), Why.BROKEN_MAIL),
    }  # fmt: skip
    before, sent, steps = all_answers(), letters(), db.session.query(AuditEvent).count()

    got = {case: arrives(raw, at=at) for case, (raw, _why) in cases.items()}

    assert {case: one.why for case, one in got.items()} == {
        c: why for c, (_r, why) in cases.items()
    }
    assert {one.outcome for one in got.values()} == {Outcome.QUEUED}
    assert (all_answers(), letters()) == (before, sent)  # no bounce: the sender learns nothing
    assert db.session.query(AuditEvent).count() == steps


def test_an_answer_to_an_earlier_version_is_kept_and_changes_nothing(
    cast: Any, ours: Any, at: Any
) -> None:
    old = ours.sequence
    answers(ours, cast.delegate, at=at + MINUTE)
    with transaction():
        consultations.reschedule(
            ours, wall=planned.wall(at, days=20), duration=120, zone="Asia/Seoul",
            by=cast.officer.as_actor(), at=at + 2 * MINUTE,
        )  # fmt: skip
    assert ours.sequence > old

    message = answers(ours, cast.delegate, at=at + 3 * MINUTE, sequence=old)

    assert (message.outcome, message.why) == (Outcome.OUTDATED, Why.EARLIER)
    assert rsvp(ours, cast.delegate) is Rsvp.NEEDS_ACTION
    new = answers(ours, cast.delegate, at=at + 3 * MINUTE)
    assert (new.outcome, rsvp(ours, cast.delegate)) == (Outcome.ANSWERED, Rsvp.ACCEPTED)


def test_an_old_answer_sent_again_does_not_undo_a_newer_one(cast: Any, ours: Any, at: Any) -> None:
    answers(ours, cast.delegate, "ACCEPTED", at=at + MINUTE)
    answers(ours, cast.delegate, "DECLINED", at=at + 5 * MINUTE)
    old = mail(cast.delegate.email, event(ours, cast.delegate.email, at=at + MINUTE))

    message = arrives(old, at=at + 9 * MINUTE)

    assert (message.outcome, message.why) == (Outcome.OUTDATED, Why.REPEATED)
    assert rsvp(ours, cast.delegate) is Rsvp.DECLINED


def test_an_answer_on_the_page_stands_against_an_older_mail(cast: Any, ours: Any, at: Any) -> None:
    delegate = planned.delegate_of(ours, cast.delegate)
    with transaction():
        consultations.respond(
            delegate, Rsvp.DECLINED, by=cast.delegate.as_actor(), at=at + 5 * MINUTE
        )

    late = answers(ours, cast.delegate, "ACCEPTED", at=at + MINUTE)
    assert (late.why, rsvp(ours, cast.delegate)) == (Why.REPEATED, Rsvp.DECLINED)

    new = answers(ours, cast.delegate, "ACCEPTED", at=at + 6 * MINUTE)
    assert (new.outcome, rsvp(ours, cast.delegate)) == (Outcome.ANSWERED, Rsvp.ACCEPTED)


def test_a_slow_clock_may_change_its_mind(cast: Any, ours: Any, at: Any) -> None:
    address = cast.delegate.email
    first = mail(address, event(ours, address, "ACCEPTED", at=at - 10 * MINUTE))
    second = mail(address, event(ours, address, "DECLINED", at=at - 9 * MINUTE))

    assert arrives(first, at=at).outcome is Outcome.ANSWERED
    assert arrives(second, at=at + MINUTE).outcome is Outcome.ANSWERED
    assert rsvp(ours, cast.delegate) is Rsvp.DECLINED


def test_the_same_mail_is_one_message_however_often_it_is_delivered(
    cast: Any, ours: Any, at: Any
) -> None:
    raw = mail(cast.delegate.email, event(ours, cast.delegate.email, at=at))
    again = b"Received: by another.server.example; Mon, 2 Mar 2026 10:01:00 +0900\r\n" + raw

    assert arrives(raw, at=at) is not None
    assert arrives(raw, at=at) is None
    assert arrives(again, at=at + MINUTE) is None
    assert db.session.query(Message).count() == 1


def test_a_forged_copy_does_not_hide_the_true_answer(
    app: Any, cast: Any, ours: Any, at: Any
) -> None:
    app.config["IMAP_TRUSTED"] = "mx.kcsc.example"
    raw = mail(cast.delegate.email, event(ours, cast.delegate.email, at=at))
    forged = b"Authentication-Results: mx.kcsc.example; dmarc=fail header.from=telegram.example\r\n"
    true = b"Authentication-Results: mx.kcsc.example; dmarc=pass header.from=telegram.example\r\n"

    assert arrives(forged + raw, at=at).why is Why.UNVOUCHED
    assert rsvp(ours, cast.delegate) is Rsvp.NEEDS_ACTION
    assert arrives(true + raw, at=at).outcome is Outcome.ANSWERED


@pytest.mark.parametrize("off", ["cancel", "postpone"])
def test_after_it_was_called_off_nothing_changes(cast: Any, ours: Any, at: Any, off: str) -> None:
    with transaction():
        getattr(consultations, off)(
            ours, side=Side.INSTITUTION, reason="-", by=cast.officer.as_actor(), at=at
        )
    before, status = all_answers(), ours.status
    for method in ("REPLY", "COUNTER"):
        calendar = event(
            ours, cast.delegate.email, at=at + MINUTE, method=method,
            starts_at=ours.starts_at + timedelta(days=1),
        )  # fmt: skip

        message = arrives(mail(cast.delegate.email, calendar, label=method), at=at + MINUTE)

        assert (message.outcome, message.why) == (Outcome.QUEUED, Why.OFF)
        assert (all_answers(), ours.status) == (before, status)
        assert message.proposed_starts_at is None


def test_once_it_has_begun_no_answer_counts(cast: Any, ours: Any, at: Any) -> None:
    message = answers(ours, cast.delegate, at=ours.starts_at)

    assert (message.why, rsvp(ours, cast.delegate)) == (Why.OVER, Rsvp.NEEDS_ACTION)


def counter(consultation: Any, account: Any, *, at: Any, starts_at: Any, **more: Any) -> Any:
    calendar = event(
        consultation, account.email, "TENTATIVE", at=at, method="COUNTER", starts_at=starts_at,
        **more,
    )  # fmt: skip
    return arrives(mail(account.email, calendar, label="COUNTER"), at=at)


def test_a_counter_is_a_proposed_time_and_the_date_stands(cast: Any, ours: Any, at: Any) -> None:
    before, held = all_answers(), (ours.starts_at, ours.sequence)
    wish = ours.starts_at + timedelta(days=1)

    message = counter(ours, cast.delegate, at=at, starts_at=wish)

    assert (message.outcome, message.why) == (Outcome.PROPOSED, None)
    assert (message.proposed_starts_at, message.proposed_ends_at - wish) == (
        wish, ours.ends_at - ours.starts_at,
    )  # fmt: skip
    assert (all_answers(), (ours.starts_at, ours.sequence)) == (before, held)


def test_a_proposed_time_that_has_passed_or_has_no_zone_waits(
    cast: Any, ours: Any, at: Any
) -> None:
    past = counter(ours, cast.delegate, at=at, starts_at=at - timedelta(days=1))
    calendar = event(ours, cast.delegate.email, at=at + MINUTE, method="COUNTER").replace(
        f"DTSTART:{stamp(ours.starts_at)}", "DTSTART;TZID=Customized Time Zone:20260601T100000"
    )
    floating = arrives(mail(cast.delegate.email, calendar, label="COUNTER"), at=at + MINUTE)
    same = counter(ours, cast.delegate, at=at + 2 * MINUTE, starts_at=ours.starts_at)

    assert [m.why for m in (past, floating, same)] == [Why.NO_TIME] * 3
    assert [m.outcome for m in (past, floating, same)] == [Outcome.QUEUED] * 3


def test_declining_a_proposed_time_tells_who_proposed_it_and_nobody_else(
    cast: Any, ours: Any, at: Any, calendars: Any
) -> None:
    message = counter(ours, cast.delegate, at=at, starts_at=ours.starts_at + timedelta(days=1))
    before = {letter.id for letter in db.session.query(Letter)}

    with transaction():
        service.decline(message, reason="The room is taken.", by=cast.officer.as_actor(), at=at)

    [letter] = [one for one in db.session.query(Letter) if one.id not in before]
    assert (letter.address, "The room is taken." in letter.body) == (cast.delegate.email, True)
    assert letter.calendar_method == "DECLINECOUNTER"
    [told] = calendars.read(letter.calendar.encode(), method="DECLINECOUNTER")
    assert (told.uid, told.sequence, told.start) == (ours.uid, ours.sequence, ours.starts_at)
    assert [one.address for one in told.attendees] == [cast.delegate.email]


def test_an_officer_sets_the_answer_that_a_plain_mail_means(cast: Any, ours: Any, at: Any) -> None:
    message = arrives(mail(cast.delegate.email, None, text="우리는 참석합니다."), at=at)
    delegate = planned.delegate_of(ours, cast.delegate)

    with transaction():
        service.set_by_hand(message, delegate, Rsvp.ACCEPTED, by=cast.officer.as_actor(), at=at)

    assert rsvp(ours, cast.delegate) is Rsvp.ACCEPTED
    verbs = [event.verb for event in db.session.query(AuditEvent).order_by(AuditEvent.id)][-2:]
    assert verbs == ["consultations:respond", "replies:settle"]
    assert message.settled_by == cast.officer.name_en


def test_the_words_are_sealed_and_erased_after_half_a_year(cast: Any, ours: Any, at: Any) -> None:
    from portal.replies.jobs import erase_old

    done = arrives(mail(cast.delegate.email, None, text="SECRETWORD"), at=at)
    waits = arrives(mail(cast.delegate.email, None, text="SECRETWORD too"), at=at)
    with transaction():
        service.settle(done, by=cast.officer.as_actor(), at=at)
    assert "SECRETWORD" not in (done.text_sealed + waits.text_sealed)
    assert service.words_of(done) == "SECRETWORD"

    erase_old(at + timedelta(days=200))

    assert (service.words_of(done), service.words_of(waits)) == ("", "SECRETWORD too")
    assert done.sender == cast.delegate.email
