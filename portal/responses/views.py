"""Doors of the responses room."""

from __future__ import annotations

from flask import Blueprint, abort, flash, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.actions.models import ActionItem
from portal.core import files
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.web import attachment, back, refuse
from portal.responses import forms, models, service

bp = Blueprint("responses", __name__)


@bp.route("/action-items/<int:action_item_id>/report", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def report(item: ActionItem) -> str | AnyResponse:
    """The owner reports an action item done."""
    if actor().side != item.owner.value:
        abort(404)
    form = forms.ReportForm()
    if form.validate_on_submit():
        at = now()  # when it arrived: what looks at the evidence takes its time
        try:
            evidence = service.examine(form.pieces())
            with transaction():
                service.report_done(
                    item, text=form.text.data or "", evidence=evidence, by=actor(), at=at
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The report is filed. The other side examines it now."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template(
        "responses/report.html",
        form=form,
        item=item,
        last=item.responses[-1] if item.responses else None,
        at=now(),
    )


@bp.route("/responses/<int:response_id>/decide", methods=["GET", "POST"])
@requires(Permission.ACTIONS_VERIFY, on=models.Response)
def decide(response: models.Response) -> str | AnyResponse:
    """The other side verifies or returns a report."""
    item = response.action_item
    if actor().side == item.owner.value:
        abort(404)
    form = forms.DecideForm()
    if form.validate_on_submit():
        try:
            with transaction():
                if form.verdict.data == "verified":
                    service.verify(response, by=actor(), at=now())
                else:
                    service.return_(response, reason=form.reason.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The verdict is recorded; the owner has been told."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template(
        "responses/decide.html", form=form, response=response, item=item, at=now()
    )


@bp.get("/evidence/<int:evidence_id>")
@requires(Permission.ACTIONS_READ, on=models.Evidence)
def download(evidence: models.Evidence) -> AnyResponse:
    """A piece of evidence, as a file to keep and never as a page of ours."""
    if evidence.sha256 is None:
        abort(404)
    return attachment(
        files.load(evidence.sha256),
        name=evidence.filename or "evidence",
        media_type=evidence.media_type or "application/octet-stream",
        sha256=evidence.sha256,
    )
