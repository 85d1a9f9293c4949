"""Polls over a consultation's time, from the offer to the slot that becomes its date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.access.actor import CLOCK, Actor, OrganisationKind, Role
from portal.accounts import queries as accounts
from portal.consultations import queries as consultation_queries
from portal.consultations import service as consultations
from portal.consultations.duties import (
    SENT_AT,
    DutyKind,
    Moment,
    Whom,
    WorkingDays,
    is_time,
    rules_for,
)
from portal.consultations.models import Consultation, ConsultationStatus, Delegate, Side
from portal.core.audit import record
from portal.core.calendar import instant
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.i18n import local, zone, zone_label
from portal.core.outbox import Letter
from portal.slots import letters, queries
from portal.slots.models import (
    CallKind,
    Can,
    Poll,
    ProposalStatus,
    Slot,
    SlotAnswer,
    SlotCall,
    SlotProposal,
)
from portal.slots.queries import Asked

FEWEST, MOST = 2, 20
MOST_PROPOSALS = 10
"""So many proposed times wait for an answer at once; more are no proposal but a calendar."""
REST = timedelta(hours=12)
"""Between being asked and being reminded."""
S = ConsultationStatus


@dataclass(frozen=True, slots=True)
class Offer:
    """A time as somebody typed it: on the clock of the venue, in a zone, so many minutes."""

    wall: datetime
    duration: int
    zone: str


def offer(
    consultation: Consultation,
    offered: Sequence[Offer],
    *,
    respond_by: datetime,
    venue: str,
    venue_country: str,
    by: Actor,
    at: datetime,
) -> Poll:
    """Offer slots for a draft to both sides and ask every delegate, until a date.

    Refused: fewer than two slots or more than twenty, a slot that has passed, lies in a clock
    change or stands there twice, and a respond-by date that has passed or is not before the first
    slot. The field of a refusal about a slot is `slots-<place>-<field>`.
    """
    hold(consultation)
    if consultation.status is not S.DRAFT:
        raise Refused(
            _("Slots are offered for drafts. This consultation is: %(status)s.",
              status=_(consultation.status.value))
        )  # fmt: skip
    times = read(offered, at=at)
    _check_deadline(respond_by, min(start for start, _end in times), at=at)
    last = max(range(len(times)), key=lambda place: times[place][0])
    consultations.poll(
        consultation, starts_at=times[last][0], ends_at=times[last][1], zone=offered[last].zone,
        venue=venue, venue_country=venue_country, by=by, at=at,
    )  # fmt: skip
    poll = Poll(
        consultation=consultation, company_id=consultation.company_id, respond_by=respond_by,
        respond_by_set_at=at, opened_at=at, opened_by=by.name,
    )  # fmt: skip
    db.session.add(poll)
    db.session.flush()
    for one, (start, end) in zip(offered, times, strict=True):
        db.session.add(_slot(poll, one.wall, one.zone, start, end, Side.INSTITUTION, by, at))
    db.session.flush()
    db.session.refresh(poll, ["slots"])
    record("slots:offer", poll, by=by, at=at, respond_by=respond_by, venue=venue,
           slots=[f"{slot.wall_time} {slot.zone}" for slot in poll.slots])  # fmt: skip
    _ask(poll, queries.asked(poll), at=at)
    letters.announced(poll, at=at)
    return poll


def read(offered: Sequence[Offer], *, at: datetime) -> list[tuple[datetime, datetime]]:
    """The instants of start and end of every offered time, or the first reason against one."""
    if len(offered) < FEWEST:
        raise Refused(
            _("Offer at least two slots, so that there is something to choose. To fix one time "
              "at once, schedule the draft instead.")
        )  # fmt: skip
    if len(offered) > MOST:
        raise Refused(_("Offer twenty slots at most; nobody answers to more."))
    times: list[tuple[datetime, datetime]] = []
    for place, one in enumerate(offered):
        try:
            start, end = consultations.times(
                wall=one.wall, duration=one.duration, zone=one.zone, at=at
            )
        except FieldError as refusal:
            raise FieldError(f"slots-{place}-{refusal.field}", refusal.sentence) from refusal
        if start in [earlier for earlier, _end in times]:
            raise FieldError(
                f"slots-{place}-wall", _("This slot stands here twice. Change or empty one.")
            )
        times.append((start, end))
    return times


def _slot(
    poll: Poll, wall: datetime, zone_name: str, start: datetime, end: datetime, side: Side,
    by: Actor, at: datetime,
) -> Slot:  # fmt: skip
    return Slot(
        poll_id=poll.id, consultation_id=poll.consultation_id, company_id=poll.company_id,
        starts_at=start, ends_at=end, zone=zone_name, wall_time=wall.strftime("%Y-%m-%dT%H:%M"),
        side=side, offered_at=at, offered_by=by.name,
    )  # fmt: skip


def deadline(wall: datetime, zone_name: str, *, at: datetime) -> datetime:
    """The instant of a respond-by date as typed, or why it cannot be one."""
    # Asked before the instant is worked out: the calendar itself ends at the year 9999.
    if wall.year > at.year + 5:
        raise FieldError("respond_by", _("This is more than five years away. Check the year."))
    if wall.year < at.year - 1:
        raise FieldError("respond_by", _("This time has passed. Choose one to come."))
    return instant(wall, zone_name, field="respond_by")


def _check_deadline(respond_by: datetime, first: datetime, *, at: datetime) -> None:
    if respond_by <= at:
        raise FieldError("respond_by", _("This time has passed. Choose one to come."))
    if respond_by >= first:
        raise FieldError(
            "respond_by", _("Answers are needed before the first slot. Choose an earlier date.")
        )


def answer(delegate: Delegate, said: Mapping[int, Can], *, by: Actor, at: datetime) -> None:
    """Say which slots suit a delegate, by the number of the slot; may be changed until the date.

    People answer for themselves and for colleagues of their own organisation; an officer may
    write down for anybody what they were told. Who wrote it is kept with the answer and audited.
    Refused: after the respond-by date, for another's delegate, when nothing was chosen.
    """
    poll = queries.of_consultation(delegate.consultation)
    if poll is None:
        raise Refused(_("No slots are offered for this consultation."))
    _hold(poll)
    via = _via(delegate, by)
    _check_open(poll, at=at)
    mine = [(slot, said[slot.id]) for slot in poll.slots if slot.id in said]
    if not mine:
        raise Refused(_("Choose an answer for at least one slot."))
    known = {slot_id: row for (slot_id, who), row in queries.answers(poll).items()
             if who == delegate.id}  # fmt: skip
    before = {slot.wall_time: known[slot.id].can for slot, _can in mine if slot.id in known}
    for slot, can in mine:
        row = known.get(slot.id)
        if row is None:
            row = SlotAnswer(
                poll_id=poll.id, slot_id=slot.id, company_id=poll.company_id,
                organisation_id=delegate.organisation_id, delegate_id=delegate.id,
            )  # fmt: skip
            db.session.add(row)
        elif row.can is can:
            continue
        row.name, row.can, row.via, row.by_name, row.at = delegate.name, can, via, by.name, at
    db.session.flush()
    record("slots:answer", poll, by=by, at=at, name=delegate.name, side=delegate.side, via=via,
           before=before, after={slot.wall_time: can for slot, can in mine})  # fmt: skip


def _via(delegate: Delegate, by: Actor) -> str:
    """How the answer comes: "page" (their own), "colleague", or "hand" (by an officer)."""
    if delegate.account_id is not None and delegate.account_id == by.account_id:
        return "page"
    if by.kind is OrganisationKind.INSTITUTION and by.role in (Role.OFFICER, Role.HEAD):
        return "hand"
    if delegate.organisation_id == by.organisation_id:
        return "colleague"
    raise Refused(_("Only the person's own organisation answers for them."))


def may_answer_for(delegate: Delegate, by: Actor) -> bool:
    """Whether a person may say which slots suit a delegate."""
    try:
        _via(delegate, by)
    except Refused:
        return False
    return True


def _hold(poll: Poll) -> None:
    """Judge a poll as it is now, its consultation and slots included, and alone until stored."""
    hold(poll)
    # What was read on the way to the lock may have been changed by whoever had it before.
    db.session.refresh(poll.consultation)
    db.session.scalars(
        select(Slot).where(Slot.poll_id == poll.id).execution_options(populate_existing=True)
    ).all()


def _check_running(poll: Poll) -> None:
    consultation, chosen = poll.consultation, poll.chosen
    if chosen is not None:
        raise Refused(
            _("%(name)s has chosen a slot already: %(when)s. The invitations are out; answer the "
              "invitation, or reschedule the consultation.",
              name=accounts.doer(chosen.chosen_by), when=letters.in_words(chosen))
        )  # fmt: skip
    if consultation.status is not S.POLLING:
        raise Refused(_("The search for a time was called off: nothing is asked any more."))


def _check_open(poll: Poll, *, at: datetime) -> None:
    _check_running(poll)
    if at >= poll.respond_by:
        raise Refused(
            _("Answers were taken until %(when)s. Ask the officer to set a later date, or tell "
              "them in person; once a slot is chosen you can answer the invitation.",
              when=f"{local(poll.respond_by)} {zone_label(poll.respond_by, zone().key)}")
        )  # fmt: skip


def add(poll: Poll, offered: Offer, *, by: Actor, at: datetime) -> Slot:
    """Offer one more slot; earlier answers stand and everybody is asked for this one.

    Refused: after the respond-by date, beyond twenty, a slot that is offered already, has passed,
    or begins before the respond-by date.
    """
    _hold(poll)
    slot = _add(poll, offered, side=Side.INSTITUTION, by=by, at=at)
    letters.added(slot, at=at)
    return slot


def _add(poll: Poll, offered: Offer, *, side: Side, by: Actor, at: datetime) -> Slot:
    _check_running(poll)
    if at >= poll.respond_by:
        raise Refused(
            _("The respond-by date has passed. Set a later one first, so that everybody can answer "
              "to the new slot.")
        )  # fmt: skip
    if len(poll.slots) >= MOST:
        raise Refused(_("Offer twenty slots at most; nobody answers to more."))
    start, end = consultations.times(
        wall=offered.wall, duration=offered.duration, zone=offered.zone, at=at
    )
    _check_new(poll, start)
    if start <= poll.respond_by:
        raise FieldError(
            "wall", _("This slot begins before the respond-by date. Choose a later one.")
        )
    slot = _slot(poll, offered.wall, offered.zone, start, end, side, by, at)
    db.session.add(slot)
    db.session.flush()
    db.session.refresh(poll, ["slots"])
    record("slots:add", poll, by=by, at=at, slot=f"{slot.wall_time} {slot.zone}", side=side)
    return slot


def _check_new(poll: Poll, start: datetime) -> None:
    if any(slot.starts_at == start for slot in poll.slots):
        raise FieldError("wall", _("This time is offered already. Answer to that slot."))


def propose(poll: Poll, wanted: Offer, *, reason: str, by: Actor, at: datetime) -> SlotProposal:
    """The company proposes another time instead, with the reason; nothing is changed by it yet.

    Refused: to the institution (which offers slots itself), without a reason, for a time that is
    offered or proposed already, has passed or lies in a clock change, and once a slot is chosen.
    """
    _hold(poll)
    _check_running(poll)
    if not by.is_company:
        raise Refused(_("The institution offers slots itself. Add one instead."))
    if not reason.strip():
        raise FieldError("reason", _("Say why: the officer decides by it."))
    start, end = consultations.times(
        wall=wanted.wall, duration=wanted.duration, zone=wanted.zone, at=at
    )
    _check_new(poll, start)
    waiting = [one for one in poll.proposals if one.status is ProposalStatus.WAITING]
    if any(one.starts_at == start for one in waiting):
        raise FieldError("wall", _("This time is proposed already and waits for the officer."))
    if len(waiting) >= MOST_PROPOSALS:
        raise Refused(_("Ten proposed times wait for the officer already. Wait for an answer."))
    proposal = SlotProposal(
        poll=poll, company_id=poll.company_id, starts_at=start, ends_at=end, zone=wanted.zone,
        wall_time=wanted.wall.strftime("%Y-%m-%dT%H:%M"), reason=reason.strip(),
        proposed_by=by.name, proposed_by_id=by.account_id, proposed_at=at,
        status=ProposalStatus.WAITING,
    )  # fmt: skip
    db.session.add(proposal)
    db.session.flush()
    record("slots:propose", poll, by=by, at=at, slot=f"{proposal.wall_time} {proposal.zone}",
           reason=proposal.reason)  # fmt: skip
    letters.proposed(proposal, at=at)
    return proposal


def accept(proposal: SlotProposal, *, by: Actor, at: datetime) -> Slot:
    """Offer the proposed time to everybody as a further slot; the answers given so far stand."""
    poll = _held(proposal)
    wanted = Offer(datetime.fromisoformat(proposal.wall_time), proposal.duration, proposal.zone)
    try:
        slot = _add(poll, wanted, side=Side.COMPANY, by=by, at=at)
    except FieldError as refusal:  # there is no field on this page: the remedy is to decline
        raise Refused(_("%(why)s Or decline the proposal.", why=refusal.sentence)) from refusal
    _decide(proposal, ProposalStatus.OFFERED, "", by=by, at=at)
    author = accounts.by_id(proposal.proposed_by_id) if proposal.proposed_by_id else None
    letters.added(slot, but=author.id if author else None, at=at)
    if author is not None and author.deactivated_at is None:
        letters.accepted(proposal, author, at=at)
    return slot


def decline(proposal: SlotProposal, *, reason: str, by: Actor, at: datetime) -> None:
    """Do not offer the proposed time, and tell who proposed it why."""
    _held(proposal)
    if not reason.strip():
        raise FieldError("reason", _("Give the reason; it is sent to who proposed the time."))
    _decide(proposal, ProposalStatus.DECLINED, reason.strip(), by=by, at=at)
    author = accounts.by_id(proposal.proposed_by_id) if proposal.proposed_by_id else None
    if author is not None and author.deactivated_at is None:
        letters.declined(proposal, author, at=at)


def _held(proposal: SlotProposal) -> Poll:
    """The poll of a proposal under the lock, if the proposal still waits for an answer."""
    poll = proposal.poll
    _hold(poll)
    hold(proposal)
    _check_running(poll)
    if proposal.status is not ProposalStatus.WAITING:
        raise Refused(
            _("This proposal was answered already by %(name)s: %(what)s.",
              name=accounts.doer(proposal.decided_by), what=_(proposal.status.value))
        )  # fmt: skip
    return poll


def _decide(
    proposal: SlotProposal, status: ProposalStatus, reason: str, *, by: Actor, at: datetime
) -> None:
    proposal.status, proposal.decision_reason = status, reason or None
    proposal.decided_at, proposal.decided_by = at, by.name
    record("slots:decide", proposal.poll, by=by, at=at, reason=reason, to=status,
           slot=f"{proposal.wall_time} {proposal.zone}")  # fmt: skip


def set_deadline(poll: Poll, respond_by: datetime, *, by: Actor, at: datetime) -> None:
    """Give another respond-by date; who is asked is told, and reminded again before it."""
    _hold(poll)
    _check_running(poll)
    first = min((s.starts_at for s in poll.slots if s.starts_at > at), default=None)
    if first is None:
        raise Refused(_("Every slot has passed. Call the search off and start another draft."))
    if respond_by == poll.respond_by:
        raise FieldError("respond_by", _("It is this date already. Nobody was told again."))
    _check_deadline(respond_by, first, at=at)
    _move_deadline(poll, respond_by, by=by, at=at)


def close(poll: Poll, *, by: Actor, at: datetime) -> None:
    """Take no more answers from now on; the slots stand until one is chosen."""
    _hold(poll)
    _check_open(poll, at=at)
    _move_deadline(poll, at, by=by, at=at)


def _move_deadline(poll: Poll, respond_by: datetime, *, by: Actor, at: datetime) -> None:
    before, poll.respond_by, poll.respond_by_set_at = poll.respond_by, respond_by, at
    record("slots:set_deadline", poll, by=by, at=at, before=before, after=respond_by)
    letters.new_deadline(poll, before=before, at=at)


def schedule(slot: Slot, *, by: Actor, at: datetime) -> Consultation:
    """Make a slot the date: the consultation is scheduled and everybody invited to it.

    The answers to the slots stay as they are, as history: who comes is said to the invitation.
    Refused when a slot was chosen before (of two who choose at once, one wins and the other is
    told who did), when the slot has passed, or another consultation has this time.
    """
    poll = slot.poll
    _hold(poll)
    _check_running(poll)
    consultation = poll.consultation
    ours = [d for d in consultation.delegates if d.side is Side.INSTITUTION]
    try:
        consultations.schedule(
            consultation.company, title_ko=consultation.title_ko, title_en=consultation.title_en,
            wall=datetime.fromisoformat(slot.wall_time), duration=slot.duration, zone=slot.zone,
            venue=consultation.venue, venue_country=consultation.venue_country,
            delegates=consultation_queries.accounts_of(ours), draft=consultation,
            out_of=S.POLLING, by=by, at=at,
        )  # fmt: skip
    except FieldError as refusal:  # the page has no field for it
        raise Refused(_("%(why)s Choose another slot.", why=refusal.sentence)) from refusal
    slot.chosen_at, slot.chosen_by = at, by.name
    record("slots:schedule", poll, by=by, at=at, slot=f"{slot.wall_time} {slot.zone}")
    return consultation


def cancel(poll: Poll, *, side: Side, reason: str, by: Actor, at: datetime) -> None:
    """Look for a time no longer: both sides are told, and nobody is reminded any more."""
    _hold(poll)
    _check_running(poll)
    if not reason.strip():
        raise FieldError("reason", _("Say why: it stays on record and is told to both sides."))
    consultations.end_poll(poll.consultation, side=side, reason=reason.strip(), by=by, at=at)
    record("slots:cancel", poll, by=by, at=at, side=side, reason=reason.strip())
    letters.called_off(poll, at=at)


def say_due(poll: Poll, *, days: WorkingDays, at: datetime) -> int:
    """Ask who has joined since, and remind who has not answered, each once; how many letters.

    The poll is held while it is judged: what is chosen or called off at this moment is either
    seen here, or waits until the letter is written.
    """
    _hold(poll)
    if not poll.takes_answers(at=at):
        return 0
    silent = queries.unanswered(poll)
    told = queries.calls(poll)
    people = [one for one in queries.asked(poll) if one.delegate.id in silent]
    new = [one for one in people if (CallKind.ASKED, one.key, poll.opened_at) not in told]
    _ask(poll, new, at=at)
    due = []
    for one in people:
        asked_at = told.get((CallKind.ASKED, one.key, poll.opened_at))
        was_reminded = (CallKind.REMINDED, one.key, poll.respond_by) in told
        if asked_at is not None and not was_reminded and _is_due(
            poll, one, asked_at=asked_at, days=days, at=at
        ):  # fmt: skip
            due.append(one)
    for one in due:
        letter = letters.reminded(poll, one.to, at=at)
        _note_call(poll, one, CallKind.REMINDED, poll.respond_by, letter, at=at)
    if due:
        record("slots:remind", poll, by=CLOCK, at=at, to=[one.delegate.name for one in due])
    return len(new) + len(due)


def _is_due(poll: Poll, one: Asked, *, asked_at: datetime, days: WorkingDays, at: datetime) -> bool:
    """Whether a person is reminded now, by the duty that also reminds of invitations.

    Its `notice` counts in working days of the person before the respond-by date. Where that was
    before the person was last written to, the first working morning counts that lies half a day
    after it; where there is none before the date, the question itself was reminder enough.
    """
    rule = rules_for(poll.company_id)[DutyKind.RESPOND_BY]
    wanted = {Whom.INSTITUTION: (Side.INSTITUTION,), Whom.COMPANY: (Side.COMPANY,)}
    if not rule.is_active or one.delegate.side not in wanted.get(rule.whom, tuple(Side)):
        return False
    where = ZoneInfo(one.to.time_zone)
    since = max(asked_at, poll.respond_by_set_at, *(slot.offered_at for slot in poll.slots))
    last_day = local_date(poll.respond_by, where)
    for notice in range(rule.notice, -1, -1):
        morning = _morning(days.back(last_day, notice, one.country), where)
        if since + REST <= morning < poll.respond_by:
            told = Moment(rule, morning, poll.respond_by, poll.respond_by)
            return is_time(told, at=at, country=one.country, zone=where, days=days)
    return False


def _morning(on: date, where: ZoneInfo) -> datetime:
    return datetime.combine(on, SENT_AT, where).astimezone(UTC)


def _ask(poll: Poll, people: Sequence[Asked], *, at: datetime) -> None:
    for one in people:
        letter = letters.asked(poll, one.to, at=at)
        _note_call(poll, one, CallKind.ASKED, poll.opened_at, letter, at=at)


def _note_call(
    poll: Poll, one: Asked, kind: CallKind, armed_for: datetime, letter: Letter, *, at: datetime
) -> None:
    db.session.flush()
    db.session.add(
        SlotCall(
            poll_id=poll.id, company_id=poll.company_id, kind=kind, recipient=one.key,
            organisation_id=one.to.organisation_id, name=one.delegate.name,
            armed_for=armed_for, at=at, letter_id=letter.id,
        )
    )  # fmt: skip
    db.session.flush()
