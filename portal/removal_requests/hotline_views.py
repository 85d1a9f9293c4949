"""Doors between hotline and requests: the hand-over, the regulator's own clock, the status of a case."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.core import charts
from portal.core.calendar import start_of_day
from portal.core.clock import SEOUL, now
from portal.core.db import transaction
from portal.core.figures import shown
from portal.core.i18n import gettext as _
from portal.core.web import back
from portal.hotline import service as hotline
from portal.hotline import words
from portal.hotline.models import Intake
from portal.removal_requests import forms, intake_clock, queries, service
from portal.removal_requests.blueprint import bp


@bp.post("/hotline/<int:intake_id>/hand-over")
@requires(Permission.INTAKE_HAND_OVER, on=Intake)
def hand_over(intake: Intake) -> AnyResponse:
    """Make a draft of each reference. The requests themselves are not the operator's to see."""
    with transaction():
        made = service.hand_over(intake, by=actor(), at=now())
        numbers = ", ".join(request.request_no for request in made)
    flash(_("Handed over as %(number)s.", number=numbers))
    return back(url_for("hotline.show", intake_id=intake.id))


@bp.get("/hotline/clock")
@requires(Permission.INTAKE_READ)
def hotline_clock() -> str:
    """How long the regulator itself takes, from the intake to the hand-over and to the issue."""
    at = now()
    since = start_of_day(intake_clock.first_monday(at), SEOUL.key)
    runs = queries.intake_runs(since)
    hand_over, issue = intake_clock.spans(runs)
    weeks = intake_clock.by_week(runs, at=at)
    medians = (
        ("hand_over", _("to the hand-over"), [week.hand_over.median for week in weeks]),
        ("issue", _("to the issue"), [week.issue.median for week in weeks]),
    )
    chart = charts.line_chart(
        [
            charts.Series(key, label, [None if v is None else float(v) for v in values])
            for key, label, values in medians
        ],
        [f"{week.monday:%m-%d}" for week in weeks],
        title=_("Median hours by week of the intake"),
        description=_("Hours from the intake to the hand-over and to the issue, for each week."),
        format=lambda value: _("%(hours)s h", hours=shown(value).removesuffix(".0")),
    )
    return render_template(
        "hotline/clock.html", weeks=weeks, hand_over=hand_over, issue=issue, chart=chart,
        waiting=queries.drafts_of_the_hotline(),
    )  # fmt: skip


@bp.route("/case", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def case_status() -> str | tuple[str, int]:
    """Whoever holds code and secret learns how far it is, and nothing else."""
    form, at, progress = forms.CaseForm(), now(), None
    if form.validate_on_submit():
        code, where = form.case_code.data or "", request.remote_addr or ""
        if not hotline.may_try(code, where=where, at=at):
            form.case_code.errors = [
                _("This was tried too often. Try again later, or ask the hotline by phone.")
            ]
            return _case(form, None), 429
        intake = hotline.opened_by(code, form.secret.data or "")
        if intake is None:
            form.secret.errors = [_("Code and number do not belong together. Check both.")]
        else:
            hotline.forget_tries(intake, where=where)
            progress = service.progress(intake)
    return _case(form, progress)


def _case(form: forms.CaseForm, progress: str | None) -> str:
    return render_template(
        "removal_requests/case.html", form=form, progress=progress, places=words.PLACES
    )
