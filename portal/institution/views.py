"""Doors of the institution room."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse
from portal.institution import queries, service
from portal.institution.forms import RenameForm

bp = Blueprint("institution", __name__, url_prefix="/institution")


@bp.get("/")
@requires(Permission.INSTITUTION_READ)
def index() -> str:
    """Every name the institution has had."""
    return render_template("institution/index.html", history=queries.history())


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
