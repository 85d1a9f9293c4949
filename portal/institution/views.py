"""Doors of the institution room."""

from __future__ import annotations

from flask import Blueprint, abort, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.accounts import queries as accounts
from portal.accounts import service as accounts_service
from portal.accounts.models import ReminderMode
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse
from portal.institution import queries, service
from portal.institution.forms import RemindersForm, RenameForm
from portal.institution.models import InstitutionSenior
from portal.institution.seniors import SeniorForm

bp = Blueprint("institution", __name__, url_prefix="/institution")


@bp.get("/")
@requires(Permission.INSTITUTION_READ)
def index() -> str:
    """Every name the institution has had, and how its own duties are followed up."""
    history = queries.history()
    return render_template(
        "institution/index.html",
        history=history,
        seniors=queries.seniors(),
        reminders=accounts.reminder_mode(history[0].organisation_id) if history else None,
    )


@bp.route("/rename", methods=["GET", "POST"])
@requires(Permission.INSTITUTION_EDIT)
def rename() -> str | Response:
    """Give the institution a new name from a day on."""
    form = RenameForm()
    if form.validate_on_submit():
        values = {name: field.data for name, field in form._fields.items() if name != "csrf_token"}
        try:
            with transaction():
                service.rename(**values, by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Saved."))
            return back(url_for("institution.index"))
    return render_template("institution/rename.html", form=form)


@bp.route("/seniors/add", methods=["GET", "POST"])
@requires(Permission.INSTITUTION_EDIT)
def add_senior() -> str | Response:
    """Name a senior for escalation of the institution's own duties."""
    form = SeniorForm()
    if form.validate_on_submit():
        values = {name: field.data for name, field in form._fields.items() if name != "csrf_token"}
        try:
            with transaction():
                service.add_senior(**values, by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Saved."))
            return back(url_for("institution.index"))
    return render_template("institution/edit.html", form=form, title=_("Name a senior"))


@bp.post("/seniors/<int:institution_senior_id>/end")
@requires(Permission.INSTITUTION_EDIT, on=InstitutionSenior)
def end_senior(senior: InstitutionSenior) -> Response:
    """Escalate nothing more to somebody."""
    with transaction():
        service.end_senior(senior, by=actor(), at=now())
    flash(_("Saved."))
    return back(url_for("institution.index"))


@bp.route("/reminders", methods=["GET", "POST"])
@requires(Permission.INSTITUTION_CHOOSE_REMINDERS)
def choose_reminders() -> str | Response:
    """Choose how the institution's people are reminded of what it owes."""
    history = queries.history()
    if not history:
        abort(404)
    organisation_id = history[0].organisation_id
    form = RemindersForm(data={"mode": accounts.reminder_mode(organisation_id).value})
    if form.validate_on_submit():
        with transaction():
            accounts_service.choose_reminders(
                organisation_id, ReminderMode(form.mode.data), by=actor(), at=now()
            )
        flash(_("Saved."))
        return back(url_for("institution.index"))
    return render_template("institution/edit.html", form=form, title=_("Reminders of action items"))
