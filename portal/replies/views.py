"""Doors of the replies room."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.consultations.invitation import address_of
from portal.consultations.models import Rsvp
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.i18n import local, zone_label
from portal.core.web import Page, back, page_number, refuse
from portal.replies import queries, service
from portal.replies.forms import AnswerForm, DeclineForm, SettleForm
from portal.replies.models import Message, Outcome

bp = Blueprint("replies", __name__, url_prefix="/replies")

LOOKS = {
    Outcome.ANSWERED: "ok",
    Outcome.PROPOSED: "warn",
    Outcome.OUTDATED: "mute",
    Outcome.QUEUED: "warn",
}


@bp.get("/")
@requires(Permission.REPLIES_READ)
def index() -> str:
    """What waits for an officer, or every message."""
    only_waiting = request.args.get("show") != "all"
    return render_template(
        "replies/index.html",
        page=Page(queries.listed(only_waiting=only_waiting), number=page_number()),
        only_waiting=only_waiting,
        waiting=queries.waiting(),
        looks=LOOKS,
    )


@bp.get("/<int:message_id>")
@requires(Permission.REPLIES_READ, on=Message)
def show(message: Message) -> str:
    """One message: its words as plain text, what it did, and what can be done."""
    return _page(message)


@bp.post("/<int:message_id>/answer")
@requires(Permission.REPLIES_SETTLE, on=Message)
def set_answer(message: Message) -> str | Response:
    """Set the answer by hand that a message means."""
    form, people = _answer_form(message)
    if form.validate_on_submit():
        try:
            with transaction():
                service.set_by_hand(
                    message,
                    people[form.delegate_id.data],
                    Rsvp(form.answer.data),
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The answer is recorded."))
            return back(url_for(".index"))
    return _page(message, answer=form)


@bp.post("/<int:message_id>/decline")
@requires(Permission.REPLIES_SETTLE, on=Message)
def decline(message: Message) -> str | Response:
    """Decline a proposed time, with the reason."""
    form = DeclineForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.decline(message, reason=form.reason.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The proposed time is declined. Who proposed it is told."))
            return back(url_for(".index"))
    return _page(message, decline=form)


@bp.post("/<int:message_id>/settle")
@requires(Permission.REPLIES_SETTLE, on=Message)
def settle(message: Message) -> str | Response:
    """Put a message away."""
    form = SettleForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.settle(message, note=form.note.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The message is settled."))
            return back(url_for(".index"))
    return _page(message, settle=form)


def _answer_form(message: Message) -> tuple[AnswerForm, dict[int, Any]]:
    people = {one.id: one for one in queries.delegates_to_answer_for(message, at=now())}
    form = AnswerForm()
    form.delegate_id.choices = [
        (0, _("Choose")),
        *((one.id, f"{one.consultation.serial}: {one.name}") for one in people.values()),
    ]
    return form, people


def _page(message: Message, **forms: Any) -> str:
    is_waiting = queries.is_waiting(message)
    may_settle = is_waiting and can(Permission.REPLIES_SETTLE)
    if may_settle:
        forms.setdefault("settle", SettleForm(formdata=None))
        if message.is_proposal:
            forms.setdefault("decline", DeclineForm(formdata=None))
        elif "answer" not in forms:
            forms["answer"] = _unfilled_answer(message)
    return render_template(
        "replies/show.html",
        m=message,
        words=service.words_of(message),
        is_waiting=is_waiting,
        may_settle=may_settle,
        forms=forms,
        look=LOOKS[message.outcome]
        if is_waiting or message.outcome is Outcome.ANSWERED
        else "mute",
        proposed=_proposed(message),
        reschedule_url=_reschedule_url(message),
    )


def _unfilled_answer(message: Message) -> AnswerForm:
    form, people = _answer_form(message)
    form.delegate_id.data = 0
    for number, one in people.items():
        if address_of(one) == message.sender:
            form.delegate_id.data = number
            break
    return form


def _proposed(message: Message) -> list[tuple[str, str]]:
    """The proposed start on the clocks of the venue, the company and Korea."""
    start, about = message.proposed_starts_at, message.consultation
    if start is None or about is None:
        return []
    zones = dict.fromkeys((about.zone, about.company.time_zone, "Asia/Seoul"))
    return [(local(start, "instant", zone), zone_label(start, zone)) for zone in zones]


def _reschedule_url(message: Message) -> str:
    """The form that gives the consultation the proposed time, filled in on the venue's clock."""
    start, end, about = message.proposed_starts_at, message.proposed_ends_at, message.consultation
    if start is None or end is None or about is None:
        return ""
    asked = {
        "wall": start.astimezone(ZoneInfo(about.zone)).strftime("%Y-%m-%dT%H:%M"),
        "duration": int((end - start).total_seconds()) // 60,
        "zone": about.zone,
    }
    address = url_for("consultations.reschedule", consultation_id=about.id)
    return f"{address}?{urlencode(asked)}"
