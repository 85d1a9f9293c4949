"""Doors of the retention room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.jobs import latest_run
from portal.core.retention import Erasable, erasable
from portal.core.sheets import streamed
from portal.core.web import Page, back, page_number, refuse
from portal.retention import elsewhere, forms, jobs, queries, service
from portal.retention.models import Residue

bp = Blueprint("retention", __name__, url_prefix="/retention")
COLUMNS = (
    "id", "code", "subject", "subject_id", "number", "columns", "erased_at", "days", "appeal_days",
    "effective_days", "previous_hash", "hash",
)  # fmt: skip


@bp.get("/")
@requires(Permission.RETENTION_READ)
def index() -> str:
    """What is erased when, what is due, and what is kept for ever."""
    return render_template(
        "retention/index.html",
        rows=queries.table(at=now()),
        run=latest_run(jobs.NAME),
        total=queries.total(),
        elsewhere=elsewhere.ERASED_ELSEWHERE,
        kept=elsewhere.KEPT,
    )


def _one(code: str) -> Erasable:
    return erasable(code) or abort(404)


@bp.route("/<rule_code>/set", methods=["GET", "POST"])
@requires(Permission.RETENTION_SET)
def set_rule(rule_code: str) -> str | AnyResponse:
    """Change a rule, after a look at what it would erase."""
    one, at = _one(rule_code), now()
    held = queries.standing(one, at=at)
    form = forms.SetRuleForm(data={"days": held.days, "appeal_days": held.appeal_days})
    preview = None
    if form.validate_on_submit():
        days, appeal_days = form.days.data or 0, form.appeal_days.data or 0
        try:
            if "preview" in request.form:
                service.check(one, days, appeal_days)
                preview = queries.preview(one, days + appeal_days, at=at)
            else:
                with transaction():
                    rule = service.set_rule(
                        one, days=days, appeal_days=appeal_days, by=actor(), at=at
                    )
                    is_waiting = rule.is_waiting
                if is_waiting:
                    return back(url_for(".confirm", rule_code=rule_code))
                flash(_("The rule is changed."))
                return back(url_for(".index"))
        except Refused as refusal:
            refuse(form, refusal)
    return render_template(
        "retention/set.html", one=one, held=held, form=form, preview=preview,
        term=(form.days.data or 0) + (form.appeal_days.data or 0),
    )  # fmt: skip


@bp.route("/<rule_code>/confirm", methods=["GET", "POST"])
@requires(Permission.RETENTION_SET)
def confirm(rule_code: str) -> str | AnyResponse:
    """Let a shortened rule erase, after its preview."""
    one, at = _one(rule_code), now()
    held = queries.standing(one, at=at)
    term = held.days + held.appeal_days
    form = forms.ConfirmRuleForm()
    if form.validate_on_submit():
        try:
            seen = int(form.term.data or "0")
        except ValueError:
            seen = 0
        with transaction():
            service.confirm(one, term=seen, by=actor(), at=at)
        flash(_("Confirmed. The clock erases what is due tonight."))
        return back(url_for(".index"))
    form.term.data = str(term)
    return render_template(
        "retention/confirm.html", one=one, held=held, form=form, term=term,
        preview=queries.preview(one, term, at=at) if held.is_waiting else None,
    )  # fmt: skip


@bp.get("/residues")
@requires(Permission.RETENTION_READ)
def residues() -> str:
    """What was erased, found by the number of its record."""
    number = " ".join(request.args.get("number", "").split())[:60]
    page = Page(queries.residues(number), number=page_number())
    return render_template("retention/residues.html", page=page, number=number, names=_names(page))


def _names(page: Page) -> dict[str, str]:
    found = {row.code: erasable(row.code) for row in page.rows}
    return {code: str(one.name) if one else code for code, one in found.items()}


@bp.get("/residues.csv")
@requires(Permission.RETENTION_READ)
def export() -> AnyResponse:
    """Every residue with its hash, in the order of the chain."""
    return Response(
        stream_with_context(streamed(COLUMNS, _lines())),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="residues.csv"'},
    )


def _lines() -> Iterator[list[object]]:
    for one in queries.every_residue():
        values = {name: getattr(one, name) for name in COLUMNS}
        values["erased_at"] = one.erased_at.astimezone(UTC)
        yield list(values.values())


@bp.get("/residues/<int:residue_id>")
@requires(Permission.RETENTION_READ, on=Residue)
def proof(residue: Residue) -> str:
    """One residue: what its hash is made of, and whether it still fits."""
    return render_template("retention/proof.html", r=residue, one=erasable(residue.code))
