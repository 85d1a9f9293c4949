"""What a mail to the portal does, and how an officer settles what it could not do."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from portal.access.actor import Actor
from portal.accounts.models import Account, Organisation
from portal.consultations import service as consultations
from portal.consultations.invitation import address_of
from portal.consultations.models import Consultation, ConsultationStatus, Delegate, Rsvp
from portal.core import keys
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.secrets import seal, unseal
from portal.replies import letters, queries
from portal.replies.itip import Answer, Mail, Unusable, headers_of, line, read_calendar, read_mail
from portal.replies.models import Message, Outcome, Settlement, Why

KEPT_FOR = timedelta(days=180)
AHEAD = timedelta(hours=1)
"""How far a sender's clock may run before ours."""
LONGEST = timedelta(days=1)
WORDS = {
    "ACCEPTED": Rsvp.ACCEPTED,
    "TENTATIVE": Rsvp.TENTATIVE,
    "DECLINED": Rsvp.DECLINED,
}
OFF = (ConsultationStatus.CANCELLED, ConsultationStatus.POSTPONED, ConsultationStatus.NOT_HELD)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail as the mailbox gave it; of one that is too large the header alone."""

    raw: bytes
    size: int
    is_whole: bool
    received_at: datetime


keys.columns.append(keys.Sealed(Message.__table__, "text_sealed"))  # type: ignore[arg-type]


def take_in(arrival: Arrival, *, trusted: str = "", at: datetime) -> Message | None:
    """Store a mail and do what it asks for, or queue it and say why. None when it came before.

    An answer counts (RFC 5546, 3.2.3) when the consultation is known and to come, the attendee is
    the sender and sits on its delegations, SEQUENCE is that of the invitation that holds, and
    DTSTAMP is newer than the last answer. Whatever else it is, it changes nothing, and the sender
    is told nothing.
    """
    mail, message = _read(arrival, trusted)
    message.taken_at = at
    if queries.is_known(message.fingerprint) or not _stored(message):
        return None
    if mail is not None:
        try:
            _act(message, mail, at=at)
        except Unusable as problem:
            message.outcome = (
                Outcome.OUTDATED if problem.why in (Why.EARLIER, Why.REPEATED) else Outcome.QUEUED
            )
            message.why, message.detail = problem.why, line(problem.detail, 200)
    db.session.flush()
    return message


def take_in_unread(arrival: Arrival, *, problem: str, at: datetime) -> Message | None:
    """Queue a mail whose reading failed in a way nobody thought of: it must not be lost."""
    _mail, message = _blank(arrival)
    message.taken_at = at
    message.detail = line(problem, 200)
    if queries.is_known(message.fingerprint) or not _stored(message):
        return None
    return message


def _blank(arrival: Arrival) -> tuple[None, Message]:
    message_id, sender, subject = headers_of(arrival.raw)
    return None, Message(
        fingerprint=hashlib.sha256(b"%d %s" % (arrival.size, arrival.raw)).hexdigest(),
        message_id=message_id,
        sender=sender,
        subject=subject,
        size=arrival.size,
        received_at=arrival.received_at,
        outcome=Outcome.QUEUED,
        why=Why.BROKEN_MAIL if arrival.is_whole else Why.TOO_LARGE,
        company_id=queries.company_of(sender) if sender else None,
    )


def _read(arrival: Arrival, trusted: str) -> tuple[Mail | None, Message]:
    if not arrival.is_whole:
        return _blank(arrival)
    try:
        mail = read_mail(arrival.raw, trusted=trusted)
    except Unusable as problem:
        _none, message = _blank(arrival)
        message.detail = line(problem.detail, 200)
        return None, message
    # The lines above the text differ when a server delivers the same mail twice; a forged copy
    # of a mail differs in what the trusted server says of it and so does not hide the true one.
    body = arrival.raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    told = f"{mail.message_id}\n{mail.sender}\n{mail.is_vouched}\n".encode()
    return mail, Message(
        fingerprint=hashlib.sha256(told + body).hexdigest(),
        message_id=mail.message_id,
        sender=mail.sender,
        subject=mail.subject,
        size=arrival.size,
        received_at=arrival.received_at,
        text_sealed=seal(mail.text) if mail.text else None,
        outcome=Outcome.QUEUED,
        company_id=queries.company_of(mail.sender) if mail.sender else None,
    )


def _stored(message: Message) -> bool:
    """Store a message, unless another process took the same mail at the same moment."""
    try:
        with db.session.begin_nested():
            db.session.add(message)
    except IntegrityError:
        return False
    return True


def _act(message: Message, mail: Mail, *, at: datetime) -> None:
    if not mail.sender:
        raise Unusable(Why.BROKEN_MAIL, "From")
    if mail.calendar is None:
        raise Unusable(Why.NO_CALENDAR)
    answer = read_calendar(mail.calendar, label=mail.method)
    message.method, message.sequence = answer.method, answer.sequence
    message.stamped_at = answer.stamped_at
    if answer.comment:
        message.text_sealed = seal(f"{answer.comment}\n\n{mail.text}".strip())
    consultation = queries.by_uid(answer.uid)
    if consultation is None:
        raise Unusable(Why.UNKNOWN)
    message.consultation_id, message.company_id = consultation.id, consultation.company_id
    delegate = _attendee(consultation, mail, answer)
    hold(consultation)
    _check_version(consultation, answer, at=at)
    _check_order(delegate, mail, answer)
    if answer.method == "COUNTER":
        _propose(message, consultation, answer, at=at)
    else:
        _answer(message, delegate, answer, at=at)


def _attendee(consultation: Consultation, mail: Mail, answer: Answer) -> Delegate:
    """The delegate who answers: the one attendee, who is the sender, of this consultation."""
    if mail.is_vouched is False:
        raise Unusable(Why.UNVOUCHED)
    if answer.method == "REPLY" and len(answer.attendees) != 1:
        raise Unusable(Why.INCOMPLETE, f"ATTENDEE × {len(answer.attendees)}")
    if mail.sender not in answer.attendees:
        raise Unusable(Why.NOT_SENDER, answer.attendees[0])
    for delegate in consultation.delegates:
        if address_of(delegate) == mail.sender:
            return delegate
    raise Unusable(Why.NOT_INVITED)


def _check_version(consultation: Consultation, answer: Answer, *, at: datetime) -> None:
    if consultation.status in OFF:
        raise Unusable(Why.OFF)
    if consultation.status not in queries.OPEN or consultation.starts_at <= at:
        raise Unusable(Why.OVER)
    if answer.sequence < consultation.sequence:
        raise Unusable(Why.EARLIER, f"SEQUENCE {answer.sequence} < {consultation.sequence}")
    if answer.sequence > consultation.sequence:
        raise Unusable(Why.LATER, f"SEQUENCE {answer.sequence} > {consultation.sequence}")
    if answer.stamped_at > at + AHEAD:
        raise Unusable(Why.CLOCK, f"DTSTAMP {answer.stamped_at:%Y-%m-%dT%H:%M:%SZ}")


def _check_order(delegate: Delegate, mail: Mail, answer: Answer) -> None:
    """Refuse an answer that is not newer than the one that holds (RFC 5546, 2.1.5)."""
    before = queries.last_answer(delegate.consultation_id, mail.sender)
    last = before.stamped_at if before else None
    # The stamp is of the sender's clock, which may be slow; an answer on the page is of ours.
    elsewhere = delegate.answered_at
    if elsewhere is not None and (before is None or elsewhere > before.taken_at):
        last = max(elsewhere, last) if last else elsewhere
    if last is not None and answer.stamped_at <= last:
        raise Unusable(Why.REPEATED, f"DTSTAMP {answer.stamped_at:%Y-%m-%dT%H:%M:%SZ}")


def _answer(message: Message, delegate: Delegate, answer: Answer, *, at: datetime) -> None:
    rsvp = WORDS.get(answer.word)
    if rsvp is None:
        raise Unusable(Why.NO_WORD, answer.word)
    try:
        consultations.respond(
            delegate, rsvp, by=speaker(delegate), at=at, via="calendar", sequence=answer.sequence
        )
    except Refused as refusal:
        raise Unusable(Why.OVER, refusal.sentence) from refusal
    message.answer, message.outcome = rsvp, Outcome.ANSWERED


def _propose(message: Message, consultation: Consultation, answer: Answer, *, at: datetime) -> None:
    """Keep a proposed time (RFC 5546, 3.2.7); the date that holds stays until an officer acts."""
    starts_at, ends_at = answer.starts_at, answer.ends_at
    if starts_at is None or starts_at <= at:
        raise Unusable(Why.NO_TIME, "DTSTART")
    if ends_at is None:
        ends_at = starts_at + (consultation.ends_at - consultation.starts_at)
    if not timedelta() < ends_at - starts_at <= LONGEST:
        raise Unusable(Why.NO_TIME, "DTEND")
    if (starts_at, ends_at) == (consultation.starts_at, consultation.ends_at):
        raise Unusable(Why.NO_TIME, "DTSTART")
    message.proposed_starts_at, message.proposed_ends_at = starts_at, ends_at
    message.outcome = Outcome.PROPOSED


def words_of(message: Message) -> str:
    """What the message says, opened; empty once erased."""
    return unseal(message.text_sealed) if message.text_sealed else ""


def settle(message: Message, *, note: str = "", by: Actor, at: datetime) -> None:
    """Put a message away: an officer saw it, and nothing is left to do."""
    _settle(message, Settlement.DONE, note, by=by, at=at)


def set_by_hand(
    message: Message, delegate: Delegate, rsvp: Rsvp, *, note: str = "", by: Actor, at: datetime
) -> None:
    """Set the answer that a message means, in the officer's own responsibility."""
    consultations.respond(delegate, rsvp, by=by, at=at, via="hand")
    message.answer = rsvp
    if message.consultation_id is None:
        message.consultation_id = delegate.consultation_id
        message.company_id = delegate.company_id
    _settle(message, Settlement.SET_BY_HAND, note or delegate.name, by=by, at=at)


def decline(message: Message, *, reason: str, by: Actor, at: datetime) -> None:
    """Decline a proposed time, with the reason, by mail to who proposed it (DECLINECOUNTER)."""
    if not message.is_proposal:
        raise Refused(_("This message proposes no time."))
    if not reason.strip():
        raise FieldError("reason", _("Give the reason; it is sent to who proposed the time."))
    _settle(message, Settlement.DECLINED, reason.strip(), by=by, at=at)
    people = message.consultation.delegates if message.consultation else []
    # Who has left the delegation meanwhile is not written to any more.
    for delegate in [one for one in people if address_of(one) == message.sender][:1]:
        letters.declined(message, delegate, reason=reason.strip(), at=at)


def _settle(message: Message, how: Settlement, note: str, *, by: Actor, at: datetime) -> None:
    hold(message)
    if not queries.is_waiting(message):
        raise Refused(_("This message is settled already."))
    message.settled_at, message.settled_by, message.settlement = at, by.name, how
    message.note = " ".join(note.split())[:500]
    record("replies:settle", message, by=by, at=at, how=how, note=message.note)


def erase(message: Message) -> None:
    """Erase the words of an old message; that it came, and what it did, stays."""
    message.text_sealed, message.subject = None, ""


def speaker(delegate: Delegate) -> Actor:
    """The delegate as the one who acts: with their account, or by name for their organisation."""
    account = db.session.get(Account, delegate.account_id) if delegate.account_id else None
    if account is not None:
        return account.as_actor()
    organisation = db.session.get_one(Organisation, delegate.organisation_id)
    return Actor(None, organisation.id, organisation.kind, None, delegate.name)
