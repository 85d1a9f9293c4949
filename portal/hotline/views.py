"""Doors of the hotline room."""

from __future__ import annotations

import secrets

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access import throttle
from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.companies.models import Platform
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.web import Page, back, page_number, refuse
from portal.hotline import forms, queries, service
from portal.hotline.models import Channel, Intake

bp = Blueprint("hotline", __name__, url_prefix="/hotline")

DAY = 24 * 3600


@bp.get("/")
@requires(Permission.INTAKE_READ)
def index() -> str:
    """What is not handed over first."""
    only_open = request.args.get("show") == "open"
    return render_template(
        "hotline/index.html",
        page=Page(queries.listed(only_open=only_open), number=page_number()),
        waiting=queries.waiting(),
        only_open=only_open,
    )


@bp.get("/<int:intake_id>")
@requires(Permission.INTAKE_READ, on=Intake)
def show(intake: Intake) -> str:
    """One intake, without its reference."""
    return render_template("hotline/show.html", intake=intake)


@bp.route("/record", methods=["GET", "POST"])
@requires(Permission.INTAKE_RECORD)
def record_intake() -> str | AnyResponse:
    """Take a call, in under a minute; code and secret are shown once."""
    form, at = forms.RecordForm(), now()
    form.platform_id.choices = [(p.id, both(p, "name")) for p in companies.platforms()]
    if form.validate_on_submit():
        if throttle.exceeded(f"intake {form.sheet.data}", most=1, window=DAY, at=at):
            flash(_("This call was recorded already; its code is on top of the list."), "error")
            return back(url_for(".index"))
        try:
            with transaction():
                intake, secret = service.record_intake(
                    db.session.get_one(Platform, form.platform_id.data),
                    channel=Channel(form.channel.data),
                    reference=form.reference.data or "",
                    is_minor_involved=form.is_minor_involved.data,
                    received_at=form.received(),
                    by=actor(),
                    at=at,
                )
        except Refused as refusal:
            throttle.clear(f"intake {form.sheet.data}")
            refuse(form, refusal)
        else:
            return render_template("hotline/recorded.html", intake=intake, secret=secret)
    form.sheet.data = form.sheet.data or secrets.token_urlsafe(12)
    return render_template("hotline/record.html", form=form)
