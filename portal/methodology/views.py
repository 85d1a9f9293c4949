"""The pages of the method, and the life of its versions."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.core.clock import local_date, now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.figures import in_hundred
from portal.core.i18n import day
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse
from portal.methodology import drafting, queries, service, words
from portal.methodology.forms import DraftForm, SeenForm, SendBackForm
from portal.methodology.method import VERSION_1_0, Method
from portal.methodology.models import Methodology

bp = Blueprint("methodology", __name__, url_prefix="/methodology")
FORMULAS = {
    "R1": "100 x/n",
    "R2": "100 (1 − S({removal}))",
    "R3": "100 (1 − RMST({horizon})/{horizon})",
    "R4": "100 x/n",
    "R5": "100 x/n",
    "R6": "100 x/n",
}


@bp.get("")
@requires(Permission.METHODOLOGY_READ)
def show() -> str:
    """The method in force, or another approved version of it, in full."""
    versions = queries.versions()
    in_force = queries.valid_on(local_date(now())) or (versions[-1] if versions else None)
    asked = request.args.get("version", "")
    held = next((one for one in versions if one.version == asked), in_force)
    method = held.method if held else VERSION_1_0
    return render_template(
        "methodology/show.html",
        method=method,
        versions=versions,
        drafts=queries.drafts(),
        in_force=in_force,
        measures=_measures(method),
        targets=_targets(method),
    )


@bp.get("/<int:methodology_id>")
@requires(Permission.METHODOLOGY_REVIEW, on=Methodology)
def version(found: Methodology) -> str:
    """One version: what it changes and why, who drafted and approved it, the next step."""
    return _page(found, SendBackForm())


def _page(found: Methodology, form: SendBackForm) -> str:
    me = actor()
    return render_template(
        "methodology/version.html",
        version=found,
        method=found.method,
        before=queries.before(found),
        differences=drafting.differences(queries.before(found), found.method),
        measures=_measures(found.method),
        form=form,
        is_author=me.account_id in found.authors,
        may_draft=can(Permission.METHODOLOGY_DRAFT),
        may_approve=can(Permission.METHODOLOGY_APPROVE),
    )


@bp.route("/draft", methods=["GET", "POST"])
@requires(Permission.METHODOLOGY_DRAFT)
def draft() -> str | Response:
    """Draft a version from the newest one that is approved."""
    versions = queries.versions()
    base = versions[0].method if versions else VERSION_1_0
    taken = [one.version for one in [*versions, *queries.drafts()]] or [base.version]
    at = now()
    filled = drafting.typed_of(base) | {
        "version": drafting.next_version(taken), "month": service.first_month(at)
    }  # fmt: skip
    form = _form(filled)
    if form.validate_on_submit():
        try:
            with transaction():
                made = service.draft(
                    drafting.built(base, _typed(form)), form.why.data or "", by=actor(), at=at
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The draft is stored. No card is made with it until a second person approves."))
            return back(url_for(".version", methodology_id=made.id))
    return render_template(
        "methodology/edit.html", form=form, version=None, base=base, name_of=words.name_of
    )


@bp.route("/<int:methodology_id>/edit", methods=["GET", "POST"])
@requires(Permission.METHODOLOGY_DRAFT, on=Methodology)
def edit(found: Methodology) -> str | Response:
    """Change a draft."""
    base = found.method
    filled = drafting.typed_of(base) | {"why": found.why, "seen": str(found.revision)}
    form = _form(filled)
    if form.validate_on_submit():
        try:
            with transaction():
                service.edit(
                    found, drafting.built(base, _typed(form)), form.why.data or "",
                    seen=_seen(form), by=actor(), at=now(),
                )  # fmt: skip
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The draft is changed."))
            return back(url_for(".version", methodology_id=found.id))
    return render_template(
        "methodology/edit.html", form=form, version=found, base=base, name_of=words.name_of
    )


def _form(filled: dict[str, Any]) -> DraftForm:
    """The form with an empty row after the caps and the targets there are."""
    if request.method == "GET":
        filled = filled | {
            "caps": [*filled["caps"], {"measure": "", "at_most": "C"}],
            "targets": [*filled["targets"], {"measure": ""}],
        }
    return DraftForm(data=filled)


def _typed(form: DraftForm) -> dict[str, Any]:
    return form.data | {"valid_from": drafting.month_start(form.month.data or "")}


def _seen(form: DraftForm | SeenForm) -> int:
    text = form.seen.data or ""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@bp.post("/<int:methodology_id>/propose")
@requires(Permission.METHODOLOGY_DRAFT, on=Methodology)
def propose(found: Methodology) -> Response:
    """Lay a draft before a second person."""
    with transaction():
        service.propose(found, seen=_seen(SeenForm()), by=actor(), at=now())
    flash(
        _(
            "The version is proposed. A head of team or an administrator who did not work on it approves it."
        )
    )
    return back(url_for(".version", methodology_id=found.id))


@bp.post("/<int:methodology_id>/approve")
@requires(Permission.METHODOLOGY_APPROVE, on=Methodology)
def approve(found: Methodology) -> Response:
    """Put a proposed version in force from its first month."""
    with transaction():
        service.approve(found, seen=_seen(SeenForm()), by=actor(), at=now())
    flash(_("The version is approved. From its first month on cards are made with it."))
    return back(url_for(".version", methodology_id=found.id))


@bp.post("/<int:methodology_id>/send-back")
@requires(Permission.METHODOLOGY_APPROVE, on=Methodology)
def send_back(found: Methodology) -> str | Response:
    """Make a proposal a draft again, with a remark."""
    form = SendBackForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.send_back(found, form.remark.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The version is a draft again."))
            return back(url_for(".version", methodology_id=found.id))
    return _page(found, form)


@bp.post("/<int:methodology_id>/discard")
@requires(Permission.METHODOLOGY_DRAFT, on=Methodology)
def discard(found: Methodology) -> Response:
    """Drop a draft."""
    with transaction():
        service.discard(found, by=actor(), at=now())
    flash(_("The draft is discarded. The audit log keeps what it said."))
    return back(url_for(".show"))


def _measures(method: Method) -> list[dict[str, object]]:
    return [
        {
            "id": weight.measure,
            "name": words.name_of(weight.measure),
            "definition": words.definition_of(weight.measure, method),
            "formula": FORMULAS[weight.measure].format(
                removal=method.removal_hours, horizon=method.horizon_hours
            ),
            "weight": weight.points,
        }
        for weight in method.weights
    ]


def _targets(method: Method) -> list[dict[str, object]]:
    return [
        {
            "source": words.origin_of(target.code),
            "measure": target.measure,
            "hours": target.hours,
            "share": "–" if target.share is None else f"{in_hundred(target.share)}%",
            "valid": f"{day(target.valid_from)} – {day(target.valid_to) if target.valid_to else ''}",
        }
        for target in method.targets
    ]
