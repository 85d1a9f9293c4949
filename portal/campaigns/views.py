"""Doors of the campaigns room."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.campaigns import queries, service
from portal.campaigns.forms import CampaignForm
from portal.campaigns.models import Campaign
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")


@bp.route("/", methods=["GET", "POST"])
@requires(Permission.CAMPAIGNS_READ)
def index() -> str | Response:
    """Every campaign with its source; administrators add more."""
    form = CampaignForm()
    may_edit = can(Permission.CAMPAIGNS_EDIT)
    if may_edit and form.validate_on_submit():
        try:
            with transaction():
                service.add(**_given(form), by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The campaign is added."))
            return back(url_for(".index"))
    return render_template(
        "campaigns/index.html", form=form if may_edit else None, campaigns=queries.listed()
    )


@bp.route("/<int:campaign_id>/edit", methods=["GET", "POST"])
@requires(Permission.CAMPAIGNS_EDIT, on=Campaign)
def edit(campaign: Campaign) -> str | Response:
    """Correct a campaign."""
    form = CampaignForm(obj=campaign)
    if form.validate_on_submit():
        try:
            with transaction():
                service.edit(campaign, **_given(form), by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The campaign is corrected."))
            return back(url_for(".index"))
    return render_template("campaigns/edit.html", form=form, campaign=campaign)


def _given(form: CampaignForm) -> dict[str, Any]:
    return {name: form[name].data for name in ("name_ko", "name_en", "starts_on", "ends_on",
                                               "source")}  # fmt: skip
