"""Doors of the errata room."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.consultations.models import Side
from portal.core import differences
from portal.core.audit import canonical
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse
from portal.errata import forms, queries, service
from portal.errata.models import Erratum, ErratumStatus
from portal.minutes import queries as minutes_queries
from portal.minutes import service as minutes_service
from portal.minutes.models import Minutes

bp = Blueprint("errata", __name__)


def _to(erratum: Erratum) -> AnyResponse:
    return back(url_for("errata.show", erratum_id=erratum.id))


@bp.get("/minutes/<int:minutes_id>/errata")
@requires(Permission.ERRATA_READ, on=Minutes)
def index(minutes: Minutes) -> str | AnyResponse:
    """What was corrected in a record, or is proposed to be."""
    if not minutes.is_binding:
        return back(url_for("minutes.show", minutes_id=minutes.id))
    return render_template("errata/index.html", minutes=minutes, errata=queries.of_minutes(minutes))


@bp.route("/minutes/<int:minutes_id>/errata/propose", methods=["GET", "POST"])
@requires(Permission.ERRATA_PROPOSE, on=Minutes)
def propose(minutes: Minutes) -> str | AnyResponse:
    """Say which passages of an adopted record should read otherwise."""
    minutes_queries.with_all(minutes)
    if not minutes.is_binding:
        return back(url_for("minutes.show", minutes_id=minutes.id))
    form = forms.propose_form(minutes)
    if form.validate_on_submit():
        try:
            with transaction():
                erratum = service.propose(minutes, forms.corrections(form), by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
            minutes_queries.with_all(minutes)
        else:
            flash(
                _("The erratum is proposed; the other side has been told.")
                if erratum.status is ErratumStatus.PROPOSED
                else _("The erratum is written down. A head of team releases it to the company.")
            )
            return _to(erratum)
    return render_template("errata/propose.html", form=form, minutes=minutes)


@bp.get("/errata/<int:erratum_id>")
@requires(Permission.ERRATA_READ, on=Erratum)
def show(erratum: Erratum) -> str:
    """What would change, word by word, and what it waits for."""
    at, me = now(), actor()
    minutes = minutes_queries.with_all(erratum.minutes)
    side = Side(me.side)
    is_open = erratum.status is ErratumStatus.PROPOSED
    return render_template(
        "errata/show.html",
        erratum=erratum,
        minutes=minutes,
        titles={item.position: item for item in minutes.items},
        changes=[(one, differences.words(one.old, one.new)) for one in erratum.listed],
        acceptances=erratum.acceptances,
        capacity=minutes_service.capacity(minutes, by=me, at=at) if is_open else None,
        mine=erratum.is_accepted_by(side),
        is_own=side is erratum.proposed_side,
        form=forms.AcceptForm(formdata=None),
    )


@bp.get("/errata/<int:erratum_id>/agreed.json")
@requires(Permission.ERRATA_READ, on=Erratum)
def agreed_text(erratum: Erratum) -> AnyResponse:
    """The corrected record byte for byte as it is hashed, for whoever computes the hash anew."""
    if not erratum.minutes.is_binding or erratum.base_version != erratum.minutes.version:
        return _to(erratum)
    return Response(
        canonical(service.preview(erratum)),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="erratum-{erratum.id}.json"'},
    )


@bp.post("/errata/<int:erratum_id>/release")
@requires(Permission.ERRATA_RELEASE, on=Erratum)
def release(erratum: Erratum) -> AnyResponse:
    """Put an officer's erratum before the company."""
    with transaction():
        service.release(erratum, by=actor(), at=now())
    flash(_("The erratum is with the company; it has been told."))
    return _to(erratum)


@bp.post("/errata/<int:erratum_id>/accept")
@requires(Permission.ERRATA_ACCEPT, on=Erratum)
def accept(erratum: Erratum) -> AnyResponse:
    """Accept the corrected record for one's side."""
    form = forms.AcceptForm()
    with transaction():
        is_adopted = service.accept(
            erratum, content_hash=form.content_hash.data or "", by=actor(), at=now()
        )
    if is_adopted:
        with transaction():
            minutes_service.print_adopted(erratum.minutes)
    flash(
        _("The corrected version is adopted; everybody who received the one before is told.")
        if is_adopted
        else _("Your side has accepted this text.")
    )
    return _to(erratum)


@bp.route("/errata/<int:erratum_id>/decline", methods=["GET", "POST"])
@requires(Permission.ERRATA_ACCEPT, on=Erratum)
def decline(erratum: Erratum) -> str | AnyResponse:
    """The other side does not accept it."""
    if actor().side == erratum.proposed_side.value:
        abort(404)
    return _end(erratum, is_declined=True)


@bp.route("/errata/<int:erratum_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.ERRATA_PROPOSE, on=Erratum)
def withdraw(erratum: Erratum) -> str | AnyResponse:
    """The side that proposed it takes it back."""
    if actor().side != erratum.proposed_side.value:
        abort(404)
    return _end(erratum, is_declined=False)


def _end(erratum: Erratum, *, is_declined: bool) -> str | AnyResponse:
    form = forms.EndForm()
    verb = service.decline if is_declined else service.withdraw
    if form.validate_on_submit():
        try:
            with transaction():
                verb(erratum, reason=form.reason.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Recorded; the other side has been told."))
            return _to(erratum)
    return render_template("errata/end.html", form=form, erratum=erratum, is_declined=is_declined)
