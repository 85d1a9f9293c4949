"""Doors of the slots room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access.actor import Role
from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.accounts import queries as accounts
from portal.consultations.awkward import ZONES, awkward
from portal.consultations.duties import KOREA, WorkingDays
from portal.consultations.models import Consultation, ConsultationStatus, Delegate, Side
from portal.consultations.service import times
from portal.core import i18n
from portal.core.clock import local_date, now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both, countries, country_name
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse
from portal.slots import queries, service
from portal.slots.forms import (
    AddSlotForm,
    DeadlineForm,
    DeclineSlotForm,
    EndPollForm,
    OfferForm,
    ProposeSlotForm,
)
from portal.slots.models import Can, Poll, ProposalStatus, Slot, SlotAnswer, SlotProposal, clocks
from portal.slots.ranking import ranked

bp = Blueprint("slots", __name__)

S = ConsultationStatus
ANSWERS = {
    Can.YES: (_l("slot_yes"), "ok"),
    Can.IF_NEED_BE: (_l("slot_if_need_be"), "warn"),
    Can.NO: (_l("slot_no"), "bad"),
}
WAYS = {
    "colleague": _l("written down by a colleague, %(name)s"),
    "hand": _l("written down by an officer, %(name)s"),
}
LOOKS = {
    ProposalStatus.WAITING: "warn",
    ProposalStatus.OFFERED: "ok",
    ProposalStatus.DECLINED: "mute",
}
ROWS, MORE_ROWS = 4, 2
DAYS_TO_ANSWER = 5


def _url(consultation_id: int) -> str:
    return url_for("slots.show", consultation_id=consultation_id)


def _warnings(consultation: Consultation, starts_at: datetime, ends_at: datetime, zone: str,
              country: str | None = None) -> list[str]:  # fmt: skip
    return awkward(
        consultation.company, starts_at=starts_at, ends_at=ends_at, zone=zone,
        country=country or consultation.venue_country,
    )  # fmt: skip


def _shown(consultation: Consultation, slot: Slot | SlotProposal) -> dict[str, Any]:
    """A time as every page shows it: on all clocks and with what is awkward about it."""
    return {
        "slot": slot,
        "clocks": clocks(slot.starts_at, slot.zone, consultation.company),
        "warnings": _warnings(consultation, slot.starts_at, slot.ends_at, slot.zone),
    }


@bp.get("/consultations/<int:consultation_id>/slots")
@requires(Permission.CONSULTATIONS_READ, on=Consultation)
def show(consultation: Consultation) -> str | Response:
    """The poll: to answer, to see how it stands, to choose."""
    poll = queries.of_consultation(consultation)
    if poll is None:
        return back(url_for("consultations.show", consultation_id=consultation.id))
    return _poll_page(poll)


def _poll_page(poll: Poll, given: dict[int, str] | None = None) -> str:
    at, me, consultation = now(), actor(), poll.consultation
    people = list(consultation.delegates)
    readable = queries.answers(poll)
    # Whoever arranges the consultation compares by name; everybody else reads of their own people.
    compares = me.role in (Role.HEAD, Role.OFFICER, Role.AUDITOR)
    shown = {slot.id: _shown(consultation, slot) for slot in poll.slots}
    said = {key: row.can for key, row in readable.items()}
    names = _side_names(consultation)
    standings = ranked(
        poll.slots, people, said, {number: one["warnings"] for number, one in shown.items()}, at=at
    )
    mine = next((d for d in people if d.account_id == me.account_id), None)
    ours = [d for d in people if d.organisation_id == me.organisation_id]
    counts = {} if compares else queries.counts(poll)
    takes = poll.takes_answers(at=at)
    return render_template(
        "slots/show.html",
        c=consultation,
        poll=poll,
        at=at,
        compares=compares,
        standings=[(one, shown[one.slot.id], one.reasons(names)) for one in standings],
        in_order=[
            (shown[slot.id], _of_ours(slot, ours, readable), _of_others(slot, ours, counts, names))
            for slot in poll.slots
        ],
        people=_people(poll, people if compares else ours, readable, takes=takes),
        mine=mine,
        given=given or _given(mine, readable),
        shown=list(shown.values()),
        takes=takes,
        may_answer=takes and can(Permission.CONSULTATIONS_RESPOND),
        may_arrange=poll.is_running and can(Permission.CONSULTATIONS_SCHEDULE),
        proposals=[(_shown(consultation, p), LOOKS[p.status]) for p in poll.proposals],
        waiting=sum(p.status is ProposalStatus.WAITING for p in poll.proposals),
        words={one: str(word) for one, (word, _look) in ANSWERS.items()},
        looks={one: look for one, (_word, look) in ANSWERS.items()},
        country=country_name(consultation.venue_country),
        venue_zone=poll.slots[0].zone if poll.slots else consultation.zone,
        side_names=names,
    )


def _side_names(consultation: Consultation) -> dict[Side, str]:
    return {
        Side.INSTITUTION: _("The institution"),
        Side.COMPANY: both(consultation.company, "name"),
    }


def _of_ours(
    slot: Slot, ours: Sequence[Delegate], said: dict[tuple[int, int], SlotAnswer]
) -> list[tuple[str, Can | None]]:
    """What each of one's own people says of a slot."""
    return [
        (one.name, said[slot.id, one.id].can if (slot.id, one.id) in said else None) for one in ours
    ]


def _of_others(
    slot: Slot,
    ours: Sequence[Delegate],
    counts: dict[tuple[int, Side], queries.Count],
    names: dict[Side, str],
) -> list[str]:
    """How many of each side say what of a slot, without names; the own side's own are named."""
    own = {one.side for one in ours} if len({one.organisation_id for one in ours}) == 1 else set()
    return [
        _("%(side)s: %(yes)s can, %(need)s if need be, %(no)s cannot, %(silent)s not answered",
          side=names[side], yes=count.yes, need=count.if_need_be, no=count.no, silent=count.silent)
        for (slot_id, side), count in counts.items()
        if slot_id == slot.id and (side not in own or side is Side.INSTITUTION)
    ]  # fmt: skip


def _people(
    poll: Poll,
    people: Sequence[Delegate],
    said: dict[tuple[int, int], SlotAnswer],
    *,
    takes: bool,
) -> list[dict[str, Any]]:
    """Who is asked, how far they have answered, and who wrote it down."""
    rows = []
    for one in people:
        given = [said[slot.id, one.id] for slot in poll.slots if (slot.id, one.id) in said]
        by = next((row for row in given if row.via in WAYS), None)
        rows.append(
            {
                "delegate": one,
                "given": len(given),
                "missing": len(poll.slots) - len(given),
                "by": str(WAYS[by.via]) % {"name": accounts.doer(by.by_name)} if by else "",
                "at": max((row.at for row in given), default=None),
                "url": url_for("slots.answer", delegate_id=one.id)
                if takes and can(Permission.CONSULTATIONS_RESPOND)
                and service.may_answer_for(one, actor())
                else None,
            }
        )  # fmt: skip
    return rows


def _given(delegate: Delegate | None, said: dict[tuple[int, int], SlotAnswer]) -> dict[int, str]:
    if delegate is None:
        return {}
    return {slot_id: row.can.value for (slot_id, who), row in said.items() if who == delegate.id}


@bp.route("/slots/delegates/<int:delegate_id>", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_RESPOND, on=Delegate)
def answer(delegate: Delegate) -> str | Response:
    """Say which slots suit a delegate: oneself, a colleague, or (for officers) anybody."""
    poll = queries.of_consultation(delegate.consultation)
    if poll is None:
        return back(url_for("consultations.show", consultation_id=delegate.consultation_id))
    if not service.may_answer_for(delegate, actor()):
        raise Refused(_("Only the person's own organisation answers for them."))
    given = _given(delegate, queries.answers(poll))
    if request.method == "POST":
        given = {slot.id: request.form.get(f"slot-{slot.id}", "") for slot in poll.slots}
        said = {number: Can(word) for number, word in given.items() if word in list(Can)}
        try:
            with transaction():
                service.answer(delegate, said, by=actor(), at=now())
        except Refused as refusal:
            flash(refusal.sentence, "error")
        else:
            flash(
                _("Recorded. It can be changed until %(when)s.", when=i18n.local(poll.respond_by))
            )
            return back(_url(poll.consultation_id))
    consultation = poll.consultation
    return render_template(
        "slots/answer.html",
        c=consultation,
        poll=poll,
        delegate=delegate,
        given=given,
        shown=[_shown(consultation, slot) for slot in poll.slots],
        takes=poll.takes_answers(at=now()),
        words={one: str(word) for one, (word, _look) in ANSWERS.items()},
    )


@bp.route("/consultations/<int:consultation_id>/slots/offer", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Consultation)
def offer(consultation: Consultation) -> str | Response:
    """Offer slots for a draft to both sides."""
    if consultation.status is not S.DRAFT and request.method == "GET":
        return back(_url(consultation.id))
    form = _offer_form(consultation)
    at = now()
    seen: list[dict[str, Any]] = []
    if "more" in request.form:
        for _row in range(MORE_ROWS):
            if len(form.slots) < service.MOST:
                form.slots.append_entry(
                    {"zone": consultation.zone, "duration": consultation.duration}
                )
    elif form.validate_on_submit():
        rows = [row for row in form.slots if row.form.wall.data is not None]
        offered = [service.Offer(r.form.wall.data, r.form.duration.data, r.form.zone.data)
                   for r in rows]  # fmt: skip
        try:
            until = service.deadline(form.respond_by.data, i18n.zone().key, at=at)
            found = service.read(offered, at=at)
            seen = [
                {"clocks": clocks(start, one.zone, consultation.company),
                 "warnings": _warnings(consultation, start, end, one.zone, form.venue_country.data)}
                for one, (start, end) in zip(offered, found, strict=True)
            ]  # fmt: skip
            if "check" not in request.form and _is_confirmed(form, offered, seen):
                with transaction():
                    service.offer(
                        consultation, offered, respond_by=until, venue=form.venue.data or "",
                        venue_country=form.venue_country.data, by=actor(), at=at,
                    )  # fmt: skip
                flash(_("The slots are offered. Every delegate is asked."))
                return back(_url(consultation.id))
        except Refused as refusal:
            seen = []
            _refuse_row(form, rows, refusal)
    return render_template(
        "slots/offer.html", c=consultation, form=form, seen=seen, zones=ZONES,
        has_warnings=any(one["warnings"] for one in seen), most=service.MOST,
    )  # fmt: skip


def _offer_form(consultation: Consultation) -> OfferForm:
    form = OfferForm(
        data={"venue": consultation.venue, "venue_country": consultation.venue_country,
              "respond_by": _usual_deadline(consultation)}
    )  # fmt: skip
    form.venue_country.choices = countries()
    if request.method == "GET":
        start = datetime.fromisoformat(consultation.wall_time)
        for place in range(ROWS):
            form.slots.append_entry(
                {"wall": start if place == 0 else None, "zone": consultation.zone,
                 "duration": consultation.duration}
            )  # fmt: skip
    return form


def _usual_deadline(consultation: Consultation) -> datetime:
    """Some working days from now, at the end of a day's work of the reader."""
    zone = i18n.zone()
    today = local_date(now(), zone)
    day = WorkingDays.as_known().on(today, DAYS_TO_ANSWER, KOREA, consultation.company.country)
    return datetime(day.year, day.month, day.day, 18, 0)


def _is_confirmed(
    form: OfferForm, offered: Sequence[service.Offer], seen: Sequence[dict[str, Any]]
) -> bool:
    """Whether what is awkward about the slots, if anything, was shown and confirmed."""
    key = " ".join(f"{o.wall:%Y-%m-%dT%H:%M}/{o.duration}/{o.zone}" for o in offered)
    if not any(one["warnings"] for one in seen):
        return True
    if form.anyway.data and form.warned_of.data == key:
        return True
    form.warned_of.data, form.anyway.data = key, False
    return False


def _refuse_row(form: OfferForm, rows: Sequence[Any], refusal: Refused) -> None:
    """Show a refusal about a slot in its row; every other one as usual."""
    parts = str(getattr(refusal, "field", "")).split("-")
    if len(parts) != 3:
        refuse(form, refusal)
        return
    field = rows[int(parts[1])].form[parts[2]]
    field.errors = [*field.errors, refusal.sentence]
    # The list above the form is made of what the rows said when they were read.
    form.slots.errors = [row.errors for row in form.slots]


def _time(form: AddSlotForm) -> service.Offer:
    return service.Offer(form.wall.data, form.duration.data or 0, form.zone.data or "")


def _checked(
    poll: Poll, form: AddSlotForm, at: datetime
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """A time on every clock and what is awkward about it; nothing when that was confirmed."""
    wanted, consultation = _time(form), poll.consultation
    start, end = times(wall=wanted.wall, duration=wanted.duration, zone=wanted.zone, at=at)
    key = f"{wanted.wall:%Y-%m-%dT%H:%M} {wanted.duration} {wanted.zone}"
    warnings = _warnings(consultation, start, end, wanted.zone)
    if (form.anyway.data and form.warned_of.data == key) or not warnings:
        warnings = []
    else:
        form.warned_of.data, form.anyway.data = key, False
    return clocks(start, wanted.zone, consultation.company), warnings


def _time_page(poll: Poll, form: Any, *, propose: bool) -> str | Response:
    at = now()
    seen: list[tuple[str, str, str]] = []
    warnings: list[str] = []
    if request.method == "GET" and poll.slots:
        form.duration.data, form.zone.data = poll.slots[0].duration, poll.slots[0].zone
    if form.validate_on_submit():
        try:
            seen, warnings = _checked(poll, form, at)
            if not warnings and "check" not in request.form:
                with transaction():
                    if propose:
                        service.propose(poll, _time(form), reason=form.reason.data or "",
                                        by=actor(), at=at)  # fmt: skip
                        flash(
                            _("Your proposal is with the officer. You are told what they decide.")
                        )
                    else:
                        service.add(poll, _time(form), by=actor(), at=at)
                        flash(_("One more slot is offered. Everybody is asked for it."))
                return back(_url(poll.consultation_id))
        except Refused as refusal:
            seen = []
            refuse(form, refusal)
    return render_template(
        "slots/time.html", c=poll.consultation, poll=poll, form=form, clocks=seen,
        warnings=warnings, zones=ZONES, propose=propose,
        offered=[_shown(poll.consultation, slot) for slot in poll.slots],
    )  # fmt: skip


@bp.route("/slots/<int:poll_id>/add", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Poll)
def add(poll: Poll) -> str | Response:
    """Offer one more slot."""
    return _time_page(poll, AddSlotForm(), propose=False)


@bp.route("/slots/<int:poll_id>/propose", methods=["GET", "POST"])
@requires(Permission.SLOTS_PROPOSE, on=Poll)
def propose(poll: Poll) -> str | Response:
    """Propose another time instead."""
    return _time_page(poll, ProposeSlotForm(), propose=True)


@bp.post("/slots/proposals/<int:slot_proposal_id>/accept")
@requires(Permission.CONSULTATIONS_SCHEDULE, on=SlotProposal)
def accept(proposal: SlotProposal) -> Response:
    """Offer a proposed time to everybody."""
    where = _url(proposal.poll.consultation_id)
    try:
        with transaction():
            service.accept(proposal, by=actor(), at=now())
    except Refused as refusal:
        flash(refusal.sentence, "error")
    else:
        flash(_("The proposed time is offered as a further slot. Everybody is asked for it."))
    return back(where)


@bp.route("/slots/proposals/<int:slot_proposal_id>/decline", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=SlotProposal)
def decline(proposal: SlotProposal) -> str | Response:
    """Do not offer a proposed time, and say why."""
    form = DeclineSlotForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.decline(proposal, reason=form.reason.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Declined. Who proposed it is told why."))
            return back(_url(proposal.poll.consultation_id))
    consultation = proposal.poll.consultation
    return render_template(
        "slots/decline.html", c=consultation, proposal=proposal, form=form,
        shown=_shown(consultation, proposal),
    )  # fmt: skip


@bp.route("/slots/<int:poll_id>/deadline", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Poll)
def set_deadline(poll: Poll) -> str | Response:
    """Give another respond-by date, or take no more answers from now on."""
    form = DeadlineForm()
    if request.method == "GET":
        later = max(poll.respond_by, now() + timedelta(days=1))
        form.respond_by.data = later.astimezone(ZoneInfo(i18n.zone().key)).replace(tzinfo=None)
    at = now()
    if "close" in request.form or form.validate_on_submit():
        try:
            with transaction():
                if "close" in request.form:
                    service.close(poll, by=actor(), at=at)
                else:
                    until = service.deadline(form.respond_by.data, i18n.zone().key, at=at)
                    service.set_deadline(poll, until, by=actor(), at=at)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Saved. Everybody who is asked is told."))
            return back(_url(poll.consultation_id))
    return render_template(
        "slots/deadline.html", c=poll.consultation, poll=poll, form=form,
        takes=poll.takes_answers(at=at),
    )  # fmt: skip


@bp.post("/slots/<int:slot_id>/schedule")
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Slot)
def schedule(slot: Slot) -> Response:
    """Make a slot the date and invite both sides."""
    number = slot.consultation_id
    try:
        with transaction():
            kept = service.schedule(slot, by=actor(), at=now())
            serial = kept.serial
    except Refused as refusal:
        flash(refusal.sentence, "error")
        return back(_url(number))
    flash(_("Scheduled as %(serial)s. Both sides are invited.", serial=serial))
    return back(url_for("consultations.show", consultation_id=number))


@bp.route("/slots/<int:poll_id>/cancel", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Poll)
def cancel(poll: Poll) -> str | Response:
    """Look for a time no longer."""
    form = EndPollForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.cancel(
                    poll, side=Side(form.side.data), reason=form.reason.data or "", by=actor(),
                    at=now(),
                )  # fmt: skip
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Recorded. Both sides are told."))
            return back(url_for("consultations.show", consultation_id=poll.consultation_id))
    return render_template("slots/cancel.html", c=poll.consultation, poll=poll, form=form)
