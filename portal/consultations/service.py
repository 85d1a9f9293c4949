"""Consultations from the plan to the closed record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select

from portal.access.actor import CLOCK, Actor, OrganisationKind, Role
from portal.accounts.models import Account
from portal.companies import queries as companies
from portal.companies.models import Company, Representative
from portal.consultations import letters, queries
from portal.consultations.models import (
    Attendance,
    Consultation,
    ConsultationStatus,
    Delegate,
    Rsvp,
    RsvpAnswer,
    Side,
    Step,
)
from portal.core.audit import record
from portal.core.calendar import instant
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.db import hold as lock
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.i18n import local

LONGEST = 24 * 60
FARTHEST = timedelta(days=5 * 366)
S = ConsultationStatus
TO_ANSWER = (S.POLLING, S.SCHEDULED, S.AGENDA_PUBLISHED)
INVITED = (S.SCHEDULED, S.AGENDA_PUBLISHED)
"""There is a date in people's calendars: who joins is invited to it, who leaves is told."""
OPEN_DELEGATION = (S.DRAFT, *TO_ANSWER, S.POSTPONED, S.IN_SESSION, S.HELD)
FIXED_DELEGATION = (S.IN_SESSION, S.HELD)


class Conflict(Refused):
    """Somebody else saved first. Nothing is lost: the form shows both."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else changed this while you were writing. What stands now is shown above "
              "your own words; save again to put yours in its place.")
        )  # fmt: skip


def check_stamp(record_held: Any, seen: str | None) -> None:
    """Refuse to write over what the person has not seen."""
    if seen is not None and seen != record_held.stamp:
        raise Conflict


@cache
def zones() -> frozenset[str]:
    """The time zones of the IANA database by place; abbreviations such as EST are no places."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


def times(
    *, wall: datetime, duration: int, zone: str, at: datetime, later: bool | None = None
) -> tuple[datetime, datetime]:
    """The instants of start and end as agreed on the venue's clock, or why they cannot be.

    `later` says which is meant of a time that comes twice as the clocks are put back.
    """
    if zone not in zones():
        raise FieldError("zone", _("No such time zone. Write it as in Asia/Seoul."))
    if duration <= 0:
        raise FieldError("duration", _("It would end before it starts. Give at least one minute."))
    if duration > LONGEST:
        raise FieldError("duration", _("A consultation lasts a day at most: 1440 minutes."))
    # Asked before the instant is worked out: the calendar itself ends at the year 9999.
    if wall > at.replace(tzinfo=None) + FARTHEST:
        raise FieldError("wall", _("This is more than five years away. Check the year."))
    if wall.year < at.year - 1:
        raise FieldError("wall", _("This time has passed. Choose one to come."))
    starts_at = instant(wall, zone, field="wall", later=later)
    if starts_at <= at:
        raise FieldError("wall", _("This time has passed. Choose one to come."))
    return starts_at, starts_at + timedelta(minutes=duration)


def save_draft(
    company: Company,
    *,
    title_ko: str,
    title_en: str,
    wall: datetime,
    duration: int,
    zone: str,
    venue: str,
    venue_country: str,
    delegates: Sequence[Account] = (),
    draft: Consultation | None = None,
    out_of: ConsultationStatus = S.DRAFT,
    later: bool | None = None,
    by: Actor,
    at: datetime,
) -> Consultation:
    """Keep a plan that only the own side sees; nobody is told of it.

    `out_of` is where a plan must stand that is written again: a draft, unless it is scheduled out
    of the slots that were offered for it.
    """
    starts_at, ends_at = times(wall=wall, duration=duration, zone=zone, later=later, at=at)
    company.check_lasts(local_date(starts_at), field="wall")
    if draft is not None:
        lock(draft)
    if draft is None:
        draft = Consultation(company=company, status=S.DRAFT, created_by_id=by.account_id)
        db.session.add(draft)
    elif draft.status is not out_of:
        raise Refused(_("This consultation is scheduled already; reschedule it instead."))
    elif draft.company_id != company.id:
        raise FieldError("company_id", _("A draft stays with its company. Start another draft."))
    draft.title_ko, draft.title_en = title_ko, title_en
    draft.starts_at, draft.ends_at = starts_at, ends_at
    draft.zone, draft.wall_time = zone, wall.strftime("%Y-%m-%dT%H:%M")
    draft.venue, draft.venue_country = venue, venue_country.upper()
    db.session.flush()
    _seat(draft, delegates)
    record("consultations:save_draft", draft, by=by, at=at, starts_at=starts_at, zone=zone)
    return draft


def schedule(
    company: Company,
    *,
    title_ko: str,
    title_en: str,
    wall: datetime,
    duration: int,
    zone: str,
    venue: str,
    venue_country: str,
    delegates: Sequence[Account] = (),
    draft: Consultation | None = None,
    later: bool | None = None,
    out_of: ConsultationStatus = S.DRAFT,
    by: Actor,
    at: datetime,
) -> Consultation:
    """Fix a consultation, give it its serial and invite both sides."""
    # Whoever counts holds the company's row: two schedulers at once must not get one number.
    db.session.scalar(select(Company).where(Company.id == company.id).with_for_update())
    starts_at, _ends = times(wall=wall, duration=duration, zone=zone, later=later, at=at)
    twin = queries.at_this_time(company.id, starts_at, but=draft.id if draft else None)
    if twin is not None:
        raise FieldError(
            "wall", _("There is a consultation at this time: %(serial)s.", serial=twin.serial)
        )
    consultation = save_draft(
        company, title_ko=title_ko, title_en=title_en, wall=wall, duration=duration, zone=zone,
        venue=venue, venue_country=venue_country, delegates=delegates, draft=draft, out_of=out_of,
        later=later, by=by, at=at,
    )  # fmt: skip
    consultation.move(S.SCHEDULED)
    consultation.year = wall.year
    consultation.number = queries.last_number(company.id, wall.year) + 1
    consultation.serial = f"{company.name_en} {wall.year}-{consultation.number:02d}"
    db.session.flush()
    _note(consultation, "scheduled", "", by=by, at=at)
    record("consultations:schedule", consultation, by=by, at=at, serial=consultation.serial,
           starts_at=starts_at, zone=zone)  # fmt: skip
    letters.scheduled(consultation, at=at)
    return consultation


def poll(
    consultation: Consultation,
    *,
    starts_at: datetime,
    ends_at: datetime,
    zone: str,
    venue: str,
    venue_country: str,
    by: Actor,
    at: datetime,
) -> None:
    """Open a draft to both sides while they look for its time; the slots room asks them.

    It has no date until a slot is chosen. The time it is given here, that of the last slot, only
    places it among the others in lists.
    """
    lock(consultation)
    consultation.move(S.POLLING)
    consultation.starts_at, consultation.ends_at, consultation.zone = starts_at, ends_at, zone
    consultation.wall_time = starts_at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
    consultation.venue, consultation.venue_country = venue, venue_country.upper()
    _note(consultation, "polling", "", by=by, at=at)
    record("consultations:poll", consultation, by=by, at=at)


def end_poll(
    consultation: Consultation, *, side: Side, reason: str, by: Actor, at: datetime
) -> None:
    """Give up looking for a time. No calendar holds it; the slots room tells both sides."""
    lock(consultation)
    consultation.move(S.CANCELLED)
    consultation.cancelled_by, consultation.cancelled_at = side, at
    consultation.cancelled_reason = reason
    _note(consultation, S.CANCELLED.value, reason, by=by, at=at)
    record("consultations:end_poll", consultation, by=by, at=at, side=side, reason=reason)


def _check_dated(consultation: Consultation) -> None:
    """Refuse what needs a date while slots are offered for it."""
    if consultation.status is S.POLLING:
        raise Refused(
            _("Its time is still being looked for. Choose a slot first, or call the search off on "
              "the page of the slots.")
        )  # fmt: skip


def reschedule(
    consultation: Consultation,
    *,
    wall: datetime,
    duration: int,
    zone: str,
    venue: str | None = None,
    venue_country: str | None = None,
    later: bool | None = None,
    reason: str = "",
    seen: str | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Give a consultation another time, and another place if one is named.

    Everybody is asked again; the first date stays known.
    """
    lock(consultation)
    _check_dated(consultation)
    starts_at, ends_at = times(wall=wall, duration=duration, zone=zone, later=later, at=at)
    consultation.company.check_lasts(local_date(starts_at), field="wall")
    unmoved = (starts_at, ends_at, zone) == (
        consultation.starts_at, consultation.ends_at, consultation.zone,
    )  # fmt: skip
    if unmoved and consultation.status is not S.POSTPONED:
        raise FieldError("wall", _("It has this time already. Nobody was told again."))
    check_stamp(consultation, seen)
    twin = queries.at_this_time(consultation.company_id, starts_at, but=consultation.id)
    if twin is not None:
        raise FieldError(
            "wall", _("There is a consultation at this time: %(serial)s.", serial=twin.serial)
        )
    published = consultation.status is S.AGENDA_PUBLISHED
    consultation.move(S.AGENDA_PUBLISHED if published else S.SCHEDULED)
    before, before_zone, before_wall = (
        consultation.starts_at, consultation.zone, consultation.wall_time,
    )  # fmt: skip
    stood = letters.standing(consultation)
    consultation.original_starts_at = consultation.original_starts_at or before
    consultation.starts_at, consultation.ends_at = starts_at, ends_at
    consultation.zone, consultation.wall_time = zone, wall.strftime("%Y-%m-%dT%H:%M")
    consultation.cancelled_by = consultation.cancelled_at = consultation.cancelled_reason = None
    moved = f"{before_wall} {before_zone} → {consultation.wall_time} {zone}".replace("T", " ")
    if venue and venue != consultation.venue:
        moved += f"\n{consultation.venue} → {venue}"
    consultation.venue = venue or consultation.venue
    consultation.venue_country = (venue_country or consultation.venue_country).upper()
    _ask_again(consultation)
    _note(consultation, "rescheduled", f"{moved}\n{reason}".strip(), by=by, at=at)
    record("consultations:reschedule", consultation, by=by, at=at, before=before, after=starts_at)
    letters.changed(
        consultation, kind="consultations:reschedule", before=stood, reason=reason, at=at
    )


def correct(
    consultation: Consultation,
    *,
    title_ko: str,
    title_en: str,
    venue: str,
    venue_country: str,
    seen: str | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Change words or place while the time stays.

    Corrected words are told to nobody and void no answer. A new place asks everybody again.
    """
    lock(consultation)
    _check_dated(consultation)
    if consultation.status not in (*TO_ANSWER, S.POSTPONED):
        raise Refused(_("What has begun or was called off is not changed any more."))
    unchanged = (title_ko, title_en, venue, venue_country.upper()) == (
        consultation.title_ko, consultation.title_en, consultation.venue,
        consultation.venue_country,
    )  # fmt: skip
    if unchanged:
        return
    check_stamp(consultation, seen)
    before = {"title": consultation.title_en, "venue": consultation.venue}
    stood = letters.standing(consultation)
    elsewhere = (consultation.venue, consultation.venue_country) != (venue, venue_country.upper())
    consultation.title_ko, consultation.title_en = title_ko, title_en
    consultation.venue, consultation.venue_country = venue, venue_country.upper()
    record("consultations:correct", consultation, by=by, at=at, before=before,
           after={"title": title_en, "venue": venue})  # fmt: skip
    if elsewhere:
        _ask_again(consultation)
        _note(consultation, "moved_elsewhere", f"{before['venue']} → {venue}", by=by, at=at)
        letters.changed(consultation, kind="consultations:correct", before=stood, reason="", at=at)


def _ask_again(consultation: Consultation) -> None:
    """A new time or venue is a new version of the invitation; the answers given stay on record."""
    consultation.sequence += 1
    for delegate in consultation.delegates:
        delegate.rsvp, delegate.answered_at = Rsvp.NEEDS_ACTION, None


def cancel(consultation: Consultation, *, side: Side, reason: str, by: Actor, at: datetime) -> None:
    """Call a consultation off for good. It stays listed with its date."""
    _call_off(consultation, S.CANCELLED, side=side, reason=reason, by=by, at=at)


def postpone(
    consultation: Consultation, *, side: Side, reason: str, by: Actor, at: datetime
) -> None:
    """Take a consultation off its date until a new one is found."""
    lock(consultation)
    consultation.original_starts_at = consultation.original_starts_at or consultation.starts_at
    _call_off(consultation, S.POSTPONED, side=side, reason=reason, by=by, at=at)


def mark_not_held(
    consultation: Consultation, *, side: Side, reason: str, by: Actor, at: datetime
) -> None:
    """Record that the time came and the two sides did not meet."""
    if at < consultation.starts_at:
        raise Refused(_("Its time has not come yet: cancel or postpone it instead."))
    _call_off(consultation, S.NOT_HELD, side=side, reason=reason, by=by, at=at)


def _call_off(
    consultation: Consultation,
    to: ConsultationStatus,
    *,
    side: Side,
    reason: str,
    by: Actor,
    at: datetime,
) -> None:
    if not reason.strip():
        raise FieldError("reason", _("Say why: it stays on record and is told to both sides."))
    lock(consultation)
    _check_dated(consultation)
    consultation.move(to)
    consultation.cancelled_by, consultation.cancelled_at = side, at
    consultation.cancelled_reason = reason.strip()
    consultation.sequence += 1
    _note(consultation, to.value, reason.strip(), by=by, at=at)
    record(f"consultations:{to.value}", consultation, by=by, at=at, side=side, reason=reason,
           hours_of_notice=consultation.hours_of_notice)  # fmt: skip
    letters.called_off(consultation, at=at)


def publish_agenda(consultation: Consultation, *, version: int, by: Actor, at: datetime) -> None:
    """Note that the agenda went out, the first time or again. The agendas room keeps its text."""
    lock(consultation)
    consultation.move(S.AGENDA_PUBLISHED)
    consultation.agenda_version = version
    _note(consultation, "agenda_published", f"v{version}", by=by, at=at)
    record("consultations:publish_agenda", consultation, by=by, at=at, version=version)


def begin(consultation: Consultation, *, by: Actor, at: datetime) -> None:
    """Both sides are at the table."""
    lock(consultation)
    consultation.move(S.IN_SESSION)
    _note(consultation, "in_session", "", by=by, at=at)
    record("consultations:begin", consultation, by=by, at=at)


def record_attendance(
    consultation: Consultation,
    attendance: Mapping[int, Attendance],
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Record who was there, by the number of the delegate."""
    lock(consultation)
    if consultation.status not in FIXED_DELEGATION:
        raise Refused(_("Attendance is recorded in session or after it was held."))
    changed = {}
    for delegate in consultation.delegates:
        given = attendance.get(delegate.id, delegate.attendance)
        if given is not delegate.attendance:
            changed[str(delegate.id)] = [delegate.attendance.value, given.value]
            delegate.attendance = given
    there = [d.id for d in consultation.delegates if d.attendance in PRESENT]
    record(
        "consultations:record_attendance",
        consultation,
        by=by,
        at=at,
        present=there,
        changed=changed,
    )


PRESENT = (Attendance.PRESENT, Attendance.REMOTE)


def hold(consultation: Consultation, *, by: Actor, at: datetime) -> None:
    """The session is over; what was said goes into the minutes."""
    lock(consultation)
    consultation.move(S.HELD)
    for side in Side:
        if not any(d.side is side and d.attendance in PRESENT for d in consultation.delegates):
            raise Refused(
                _("Nobody of this side is recorded as present: %(side)s. Record attendance first.",
                  side=_(side.value))
            )  # fmt: skip
    consultation.held_at = at
    _note(consultation, "held", "", by=by, at=at)
    record("consultations:hold", consultation, by=by, at=at)


def close(consultation: Consultation, *, by: Actor, at: datetime) -> None:
    """Nothing is left to do. The agendas room asks first whether every item has its disposition."""
    lock(consultation)
    consultation.move(S.CLOSED)
    _note(consultation, "closed", "", by=by, at=at)
    record("consultations:close", consultation, by=by, at=at)


def note_minutes(consultation: Consultation, *, version: int, at: datetime) -> None:
    """Keep with a consultation which version of its minutes was adopted: the next agenda says so."""
    consultation.minutes_version = version
    consultation.minutes_adopted_at = consultation.minutes_adopted_at or at
    db.session.flush()


def previous_minutes(consultation: Consultation) -> str:
    """What became of the minutes of the last consultation, in the language that is spoken.

    Empty where there was none before. A consultation whose minutes are not adopted is named.
    """
    before = queries.previous_held(consultation)
    if before is None or before.serial is None:
        return ""
    if before.minutes_adopted_at is None:
        return _("Minutes of %(serial)s: not adopted yet.", serial=before.serial)
    return _(
        "Minutes of %(serial)s: adopted on %(when)s, version %(number)s in force.",
        serial=before.serial,
        when=local(before.minutes_adopted_at, "instant", "Asia/Seoul"),
        number=before.minutes_version,
    )


def add_delegate(
    consultation: Consultation,
    *,
    account: Account | None = None,
    representative: Representative | None = None,
    name: str = "",
    title: str = "",
    can_bind: bool = False,
    is_lead: bool = False,
    email: str = "",
    language: str | None = None,
    is_interpreter: bool = False,
    by: Actor,
    at: datetime,
) -> Delegate:
    """Name one more person of the own side: somebody known, or by name alone.

    Whoever joins a consultation that has its date is invited, and nobody else is told.
    """
    _check_delegation(consultation, OPEN_DELEGATION)
    side = _own_side(by)
    if side is Side.COMPANY:
        delegate = _of_company(consultation, representative, name=name, title=title,
                               can_bind=can_bind)  # fmt: skip
    elif account is not None:
        delegate = _of_account(consultation, account)
        delegate.can_bind = can_bind and account.organisation.kind is OrganisationKind.INSTITUTION
    else:
        delegate = _by_name(consultation, side, by.organisation_id or 0, name, title, can_bind)
    delegate.email = delegate.email or email.strip().lower() or None
    delegate.language, delegate.is_interpreter = language, is_interpreter
    for other in consultation.delegates:
        if _is_same(other, delegate) or (other.side is side and other.name == delegate.name):
            raise FieldError("name", _("%(name)s is named already.", name=other.name))
    has_lead = any(d.is_lead for d in consultation.delegates if d.side is side)
    consultation.delegates.append(delegate)
    db.session.flush()
    if is_lead or not has_lead:
        _lead(consultation, delegate)
    record("consultations:add_delegate", consultation, by=by, at=at, name=delegate.name,
           side=side, can_bind=delegate.can_bind)  # fmt: skip
    if consultation.status in INVITED:
        letters.invited(delegate, consultation, at=at)
    return delegate


def remove_delegate(delegate: Delegate, *, by: Actor, at: datetime) -> None:
    """Take a person of the own side off the delegation, before the session."""
    consultation = delegate.consultation
    _check_own(delegate, by)
    _check_delegation(consultation, (S.DRAFT, *TO_ANSWER, S.POSTPONED))
    _take_off(delegate, by=by, at=at)


def _take_off(delegate: Delegate, *, by: Actor, at: datetime) -> None:
    consultation = delegate.consultation
    if consultation.status in INVITED:
        letters.uninvited(delegate, consultation, at=at)
    record("consultations:remove_delegate", consultation, by=by, at=at, name=delegate.name,
           side=delegate.side)  # fmt: skip
    consultation.delegates.remove(delegate)
    db.session.delete(delegate)
    db.session.flush()


def release(delegate: Delegate, *, at: datetime) -> None:
    """Take somebody whose access has ended off a delegation; the history says who left."""
    consultation = delegate.consultation
    lock(consultation)
    _note(consultation, "delegate_left", delegate.name, by=CLOCK, at=at)
    _take_off(delegate, by=CLOCK, at=at)


def join(
    consultations: Sequence[Consultation], *, by: Actor, at: datetime, **person: Any
) -> Delegate:
    """Name one more person for a consultation and those after it, each with its own date.

    Where the person is named already nothing changes. What `add_delegate` refuses for the first
    is refused for all.
    """
    first, *later = consultations
    delegate = add_delegate(first, by=by, at=at, **person)
    for consultation in later:
        if not any(_is_same(one, delegate) for one in consultation.delegates):
            add_delegate(consultation, by=by, at=at, **person)
    return delegate


def _is_same(one: Delegate, other: Delegate) -> bool:
    if one.account_id and other.account_id:
        return one.account_id == other.account_id
    return one.side is other.side and one.name == other.name


def answer_by_link(delegate: Delegate, rsvp: Rsvp, *, sequence: int, at: datetime) -> None:
    """Answer from a signed link: for the version of time and place that its page showed."""
    if delegate.consultation.starts_at <= at:
        raise Refused(_("It has begun or is over: there is nothing to answer any more."))
    kind = (
        OrganisationKind.COMPANY if delegate.side is Side.COMPANY else OrganisationKind.INSTITUTION
    )
    by = Actor(delegate.account_id, delegate.organisation_id, kind, None, delegate.name)
    respond(delegate, rsvp, by=by, at=at, via="link", sequence=sequence)


def name_lead(delegate: Delegate, *, by: Actor, at: datetime) -> None:
    """Let a person lead the own delegation."""
    _check_own(delegate, by)
    _check_delegation(delegate.consultation, OPEN_DELEGATION)
    _lead(delegate.consultation, delegate)
    record("consultations:name_lead", delegate.consultation, by=by, at=at, name=delegate.name)


def respond(
    delegate: Delegate,
    rsvp: Rsvp,
    *,
    by: Actor,
    at: datetime,
    via: str = "page",
    sequence: int | None = None,
) -> None:
    """Say whether a person of the own organisation comes.

    `via` is how the answer came: "page", "calendar" (a reply by mail, for the `sequence` of the
    invitation it answers), "link", or "hand": an officer wrote down what they were told, which
    alone may be for the other side.
    """
    by_hand = via == "hand" and by.kind is OrganisationKind.INSTITUTION
    if delegate.organisation_id != by.organisation_id and not by_hand:
        raise Refused(_("Only the person's own organisation answers for them."))
    lock(delegate)
    if sequence is not None and sequence != delegate.consultation.sequence:
        raise Refused(_("The time or place was changed after this was asked. Please answer again."))
    if delegate.consultation.status not in INVITED:
        raise Refused(_("There is no date to answer to."))
    before, delegate.rsvp = delegate.rsvp, rsvp
    delegate.answered_at = at
    db.session.add(
        RsvpAnswer(
            consultation_id=delegate.consultation_id, company_id=delegate.company_id,
            side=delegate.side, organisation_id=delegate.organisation_id, name=delegate.name,
            rsvp=rsvp, sequence=delegate.consultation.sequence, via=via, at=at,
        )
    )  # fmt: skip
    record("consultations:respond", delegate.consultation, by=by, at=at, name=delegate.name,
           before=before, after=rsvp, via=via)  # fmt: skip


def _note(consultation: Consultation, what: str, detail: str, *, by: Actor, at: datetime) -> None:
    db.session.add(
        Step(consultation_id=consultation.id, company_id=consultation.company_id, at=at,
             what=what, detail=detail, by_name=by.name, by_side=by.side)
    )  # fmt: skip


def _own_side(by: Actor) -> Side:
    if by.kind in (OrganisationKind.POLICE, OrganisationKind.AGENCY):
        raise Refused(_("The institution names who is invited beside it."))
    return Side(by.side)


def _check_own(delegate: Delegate, by: Actor) -> None:
    if delegate.side is not _own_side(by):
        raise Refused(_("Each side names its own delegation."))


def _check_delegation(consultation: Consultation, allowed: Sequence[ConsultationStatus]) -> None:
    lock(consultation)
    if consultation.status not in allowed:
        raise Refused(
            _("The delegations of a consultation that is %(now)s stay as they are.",
              now=_(consultation.status.value))
        )  # fmt: skip


def _lead(consultation: Consultation, leader: Delegate) -> None:
    for delegate in consultation.delegates:
        if delegate.side is leader.side:
            delegate.is_lead = delegate is leader


def _of_account(consultation: Consultation, account: Account) -> Delegate:
    name = account.name_ko
    if account.name_en != account.name_ko:
        name = f"{account.name_ko} ({account.name_en})"
    return Delegate(
        consultation_id=consultation.id, company_id=consultation.company_id,
        side=Side.INSTITUTION, organisation_id=account.organisation_id, account_id=account.id,
        name=name[:120], title="", can_bind=account.role in (Role.HEAD, Role.OFFICER),
    )  # fmt: skip


def _by_name(
    consultation: Consultation, side: Side, organisation_id: int, name: str, title: str,
    can_bind: bool,
) -> Delegate:  # fmt: skip
    if not name.strip():
        raise FieldError("name", _("Choose a person, or write the name."))
    return Delegate(
        consultation_id=consultation.id, company_id=consultation.company_id, side=side,
        organisation_id=organisation_id, name=name.strip(), title=title.strip(), can_bind=can_bind,
    )  # fmt: skip


def _of_company(
    consultation: Consultation, representative: Representative | None, *, name: str = "",
    title: str = "", can_bind: bool = False,
) -> Delegate:  # fmt: skip
    """Capacity to bind a company comes from its confirmed representatives alone."""
    if representative is None:
        if can_bind:
            raise FieldError(
                "can_bind",
                _("Only a confirmed representative can bind the company. Choose one above."),
            )
        return _by_name(
            consultation, Side.COMPANY, consultation.company_id, name, title, can_bind=False
        )
    if representative.company_id != consultation.company_id:
        raise FieldError("representative_id", _("Choose a representative of this company."))
    day = consultation.starts_at.date()
    able = {person.id for person in companies.binding_on(consultation.company_id, day)}
    return Delegate(
        consultation_id=consultation.id, company_id=consultation.company_id, side=Side.COMPANY,
        organisation_id=consultation.company_id, account_id=representative.account_id,
        name=representative.name, title=representative.title, can_bind=representative.id in able,
        email=None if representative.account_id else representative.email,
    )  # fmt: skip


def _seat(consultation: Consultation, accounts: Sequence[Account]) -> None:
    """Seat the own side as planned, and everyone who may bind the company until it says more."""
    seated = {d.account_id: d for d in consultation.delegates if d.side is Side.INSTITUTION}
    wanted = {account.id for account in accounts}
    for account_id, delegate in seated.items():
        if account_id is not None and account_id not in wanted:
            consultation.delegates.remove(delegate)
            db.session.delete(delegate)
    for account in accounts:
        if account.organisation.kind is OrganisationKind.COMPANY:
            raise Refused(_("Each side names its own delegation."))
        if account.id not in seated:
            consultation.delegates.append(_of_account(consultation, account))
    if not any(delegate.side is Side.COMPANY for delegate in consultation.delegates):
        day = consultation.starts_at.date()
        for person in companies.binding_on(consultation.company_id, day):
            consultation.delegates.append(_of_company(consultation, person))
    for side in Side:
        ours = [delegate for delegate in consultation.delegates if delegate.side is side]
        if ours and not any(delegate.is_lead for delegate in ours):
            ours[0].is_lead = True
    db.session.flush()
