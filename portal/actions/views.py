"""Doors of the actions room, and the door at which minutes become binding."""

from __future__ import annotations

import csv
import io
import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.accounts.models import Account
from portal.actions import forms, queries, service
from portal.actions.models import ActionItem, Amendment
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core import i18n
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.sheets import shielded
from portal.core.web import Page, asked_number, back, page_number, refuse
from portal.minutes import queries as minutes_queries
from portal.minutes import service as minutes_service
from portal.minutes.models import Minutes

bp = Blueprint("actions", __name__)
log = logging.getLogger(__name__)


def _chosen(otherwise: str) -> str:
    show = request.args.get("show", otherwise)
    return show if show in queries.SHOWS else otherwise


@bp.get("/action-items/")
@requires(Permission.ACTIONS_READ)
def index() -> str:
    """What both sides owe; first what waits for one's own side, where anything does."""
    at = now()
    narrow = {
        "company_id": asked_number("company"),
        "consultation_id": asked_number("consultation"),
    }
    counts = queries.counts(actor(), at=at, **narrow)
    acts = can(Permission.ACTIONS_REPORT)
    show = _chosen("mine" if acts and counts["mine"] else "open")
    statement = queries.listed(show, actor(), at=at, **narrow)
    return render_template(
        "actions/index.html",
        page=Page(statement, number=page_number()),
        show=show,
        counts=counts,
        acts=acts,
        companies=() if actor().is_company else companies.names(),
        at=at,
        **narrow,
    )


@bp.get("/action-items/<int:action_item_id>")
@requires(Permission.ACTIONS_READ, on=ActionItem)
def show(item: ActionItem) -> str:
    """One promise: what, by whom, until when, where it was agreed, and what became of it."""
    me = actor()
    return render_template(
        "actions/show.html",
        item=queries.with_all(item),
        outcome=queries.outcome_of(item),
        at=now(),
        is_owner=me.side == item.owner.value,
        side=me.side,
    )


@bp.post("/action-items/<int:action_item_id>/begin")
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def begin(item: ActionItem) -> AnyResponse:
    """The owner says that the work has begun."""
    with transaction():
        service.begin(item, by=actor(), at=now())
    flash(_("The action item is in progress."))
    return back(url_for("actions.show", action_item_id=item.id))


@bp.route("/action-items/<int:action_item_id>/extend", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def extend(item: ActionItem) -> str | AnyResponse:
    """The owner asks the other side to move the due date."""
    if actor().side != item.owner.value:
        abort(404)
    form = forms.ExtendForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.ask_extension(
                    item,
                    new_due_wall=form.new_due_wall.data,
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The extension is asked for. Until it is granted the agreed date stands."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/extend.html", form=form, item=item, at=now())


@bp.route("/action-items/<int:action_item_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def withdraw(item: ActionItem) -> str | AnyResponse:
    """One side asks that a promise be given up by both."""
    form = forms.WithdrawForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.ask_withdrawal(item, reason=form.reason.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The withdrawal is asked for. It takes effect when the other side agrees."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/withdraw.html", form=form, item=item)


@bp.route("/amendments/<int:amendment_id>/decide", methods=["GET", "POST"])
@requires(Permission.ACTIONS_VERIFY, on=Amendment)
def decide(amendment: Amendment) -> str | AnyResponse:
    """The other side grants or refuses what was asked for."""
    if actor().side == amendment.asked_side.value:
        abort(404)
    item = amendment.action_item
    form = forms.AnswerForm()
    if form.validate_on_submit():
        verb = service.grant if form.verdict.data == "granted" else service.refuse
        try:
            with transaction():
                verb(amendment, answer=form.answer.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The answer is recorded; the other side has been told."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/decide.html", form=form, amendment=amendment, item=item)


@bp.route("/action-items/<int:action_item_id>/assign", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def assign(item: ActionItem) -> str | AnyResponse:
    """The owner names the person who answers for it."""
    if actor().side != item.owner.value:
        abort(404)
    people = [(person.id, i18n.both(person, "name")) for person in service.contacts(item)]
    form = forms.AssignForm(people=people, data={"contact_id": item.contact_id})
    if form.validate_on_submit():
        try:
            with transaction():
                contact = db.session.get_one(Account, form.contact_id.data)
                service.assign(item, contact, by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The contact person is named."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/assign.html", form=form, item=item)


@bp.route("/action-items/record", methods=["GET", "POST"])
@requires(Permission.ACTIONS_RECORD)
def record_by_hand() -> str | AnyResponse:
    """Record a promise that stands in no minutes here."""
    form = forms.RecordForm(
        companies=[(c.id, i18n.both(c, "name")) for c in companies.all_companies()]
    )
    if form.validate_on_submit():
        try:
            with transaction():
                item = service.record_by_hand(
                    db.session.get_one(Company, form.company_id.data),
                    text_ko=form.text_ko.data or "",
                    text_en=form.text_en.data or "",
                    owner=Side(form.owner.data),
                    due_wall=form.due_wall.data,
                    due_zone=form.due_zone.data or "",
                    required_evidence=form.required_evidence.data or "",
                    source=form.source.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The action item is recorded as %(number)s.", number=item.number))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/record.html", form=form)


COLUMNS = (
    "number", "company", "text_ko", "text_en", "owner", "due_at", "first_due_at", "due_zone",
    "status", "agreed_at", "reported_at", "done_at", "days_late", "required_evidence",
    "consultation", "source",
)  # fmt: skip


@bp.get("/action-items/export.csv")
@requires(Permission.ACTIONS_READ)
def export() -> Response:
    """The list as a file for spreadsheets."""
    at = now()
    rows = db.session.scalars(
        queries.listed(
            _chosen("all"),
            actor(),
            at=at,
            company_id=asked_number("company"),
            consultation_id=asked_number("consultation"),
        )
    )
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for item in rows:
        writer.writerow([shielded(value) for value in _cells(item, at)])
    return Response(
        # Spreadsheets take a file for UTF-8 only when it says so at its start.
        "\ufeff" + file.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="action-items.csv"'},
    )


def _cells(item: ActionItem, at: datetime) -> list[object]:
    zone = ZoneInfo(item.due_zone)
    return [
        item.number,
        item.company.slug,
        item.text_ko,
        item.text_en,
        item.owner.value,
        item.due_at.astimezone(zone).isoformat(),
        item.first_due_at.astimezone(zone).isoformat() if item.first_due_at else "",
        item.due_zone,
        item.status.value,
        item.agreed_at.isoformat() if item.agreed_at else "",
        item.reported_at.isoformat() if item.reported_at else "",
        item.done_at.isoformat() if item.done_at else "",
        item.days_late(at=at) if item.is_late(at=at) else 0,
        item.required_evidence,
        item.consultation.serial if item.consultation else "",
        item.source or "",
    ]


def _print(minutes: Minutes) -> None:
    """Make the PDFs at once, so that whoever adopted reads them. What fails the clock repeats."""
    try:
        with transaction():
            minutes_service.print_adopted(minutes)
    except Exception:
        log.exception("the PDFs of adopted minutes wait for the clock")


# Adoption makes the outcomes of minutes binding: the record is adopted and its action items are
# open, or neither. The minutes room stands above this one and does not know action items, so the
# door through which both happen in one transaction is here, though its address is the minutes'.
@bp.route("/minutes/<int:minutes_id>/accept", methods=["GET", "POST"])
@requires(Permission.MINUTES_ACCEPT, on=Minutes)
def accept_minutes(minutes: Minutes) -> str | AnyResponse:
    """Read the whole text with its hash, and accept it for one's side."""
    form = forms.AcceptMinutesForm()
    at = now()
    if form.validate_on_submit():
        try:
            with transaction():
                is_adopted = service.accept_minutes(
                    minutes, content_hash=form.content_hash.data or "", by=actor(), at=at
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            if is_adopted:
                _print(minutes)
            flash(
                _("The minutes are adopted. The PDF is stored and the action items are open.")
                if is_adopted
                else _("Your side has accepted this text.")
            )
            return back(url_for("minutes.show", minutes_id=minutes.id))
    minutes_queries.with_all(minutes)
    return render_template(
        "minutes/accept.html",
        form=form,
        minutes=minutes,
        capacity=minutes_service.capacity(minutes, by=actor(), at=at),
        mine=minutes.accepted_by(Side(actor().side)),
    )
