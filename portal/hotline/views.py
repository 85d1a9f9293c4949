"""Doors of the hotline room."""

from __future__ import annotations

import secrets
from operator import itemgetter

from flask import Blueprint, current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.companies.models import Platform
from portal.core import i18n
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.web import Page, back, page_number, refuse
from portal.hotline import codes, forms, queries, service, words
from portal.hotline.models import Channel, Ground, Intake

bp = Blueprint("hotline", __name__, url_prefix="/hotline")


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
    return render_template("hotline/show.html", intake=intake, address=_asked_at())


@bp.route("/record", methods=["GET", "POST"])
@requires(Permission.INTAKE_RECORD)
def record_intake() -> str | AnyResponse:
    """Take a call, in under a minute; code and secret are shown as the answer and nowhere else."""
    platforms = sorted(
        ((p.id, both(p, "name")) for p in companies.real_platforms()), key=itemgetter(1)
    )
    form = forms.RecordForm(platforms=platforms)
    if form.validate_on_submit():
        try:
            with transaction():
                intake, secret = service.record_intake(
                    db.session.get_one(Platform, form.platform_id.data),
                    channel=Channel(form.channel.data),
                    reference=form.reference.data or "",
                    ground=Ground(form.ground.data),
                    is_minor_involved=form.is_minor_involved.data,
                    received_at=form.received(),
                    is_elsewhere=form.is_elsewhere.data,
                    sheet=form.sheet.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            said = {language: [codes.aloud(text, language) for text in (intake.case_code, secret)]
                    for language in i18n.LANGUAGES}  # fmt: skip
            return render_template(
                "hotline/recorded.html",
                intake=intake,
                secret=secret,
                said=said,
                address=_asked_at(),
                script=words.CLOSING,
                places=words.PLACES,
            )
    form.sheet.data = form.sheet.data or secrets.token_urlsafe(12)
    return render_template(
        "hotline/record.html", form=form, script=words.OPENING, places=words.PLACES
    )


@bp.post("/<int:intake_id>/take-up")
@requires(Permission.INTAKE_TAKE_UP, on=Intake)
def take_up(intake: Intake) -> AnyResponse:
    """Say that one sees to it: nobody else is called about it then."""
    with transaction():
        service.take_up(intake, by=actor(), at=now())
    flash(_("You have taken it up. Hand it over when it is ready."))
    return back(url_for(".show", intake_id=intake.id))


def _asked_at() -> str:
    """The public address at which a caller asks, as it is read out."""
    return f"{current_app.config['BASE_URL']}{url_for('removal_requests.case_status')}"
