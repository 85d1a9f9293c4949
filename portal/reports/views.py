"""Doors of the reports room."""

from __future__ import annotations

from flask import Blueprint, Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.core.calendar import month_of, next_month
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import LANGUAGES, language
from portal.core.i18n import gettext as _
from portal.core.web import Page, back, page_number, refuse
from portal.documents import queries as documents
from portal.documents.models import DocumentKind
from portal.reports import queries, service
from portal.reports.forms import MakeReportForm
from portal.reports.models import Report, ReportStatus
from portal.scorecards import queries as scorecards

bp = Blueprint("reports", __name__, url_prefix="/reports")


@bp.get("/")
@requires(Permission.REPORTS_READ)
def index() -> str:
    """Every report the person may read; for the head of team the way to make one."""
    return _list(MakeReportForm(data={"month": next_month(month_of(now()), -1)}))


def _list(form: MakeReportForm) -> str:
    return render_template(
        "reports/index.html", page=Page(queries.listed(), number=page_number()), form=form
    )


@bp.post("/make")
@requires(Permission.REPORTS_MAKE)
def make() -> str | AnyResponse:
    """Make a month's report; it is held until a head of team releases it."""
    form, at = MakeReportForm(), now()
    if form.validate_on_submit():
        try:
            # Counted before the lock, so that nobody waits for it.
            found = service.gather(form.month.data or "", at=at)
            with transaction():
                report = service.make(found.month, by=actor(), at=at, found=found)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The report is made and held. Read it, then release it."))
            return back(url_for("reports.show", report_id=report.id))
    return _list(form)


@bp.get("/<int:report_id>")
@requires(Permission.REPORTS_READ, on=Report)
def show(found: Report) -> str:
    """The report on screen: the same frozen figures as in its documents."""
    report = queries.with_content(found.id) or found
    content = report.content.get(language(), {})
    return render_template(
        "reports/show.html",
        report=report,
        r=content,
        documents=documents.of_subject(DocumentKind.REPORT, subject_id=report.id),
        versions=queries.versions(report.month),
        cards={row.company_id: row.id for row in scorecards.lines(report.month) if row.id},
        is_held=report.status is ReportStatus.HELD,
    )


@bp.post("/<int:report_id>/release")
@requires(Permission.REPORTS_RELEASE, on=Report)
def release(report: Report) -> AnyResponse:
    """Print the report in both languages, then release it to the commissioners."""
    if not report.can_move(ReportStatus.RELEASED):
        report.move(ReportStatus.RELEASED)
    # Printing takes seconds and needs no lock; what is stored is checked against what was printed.
    printed = service.prints(report)
    with transaction():
        service.release(
            report, by=actor(), at=now(), printed=printed, seen=request.form.get("seen")
        )
    flash(
        _("The report is released. The commissioners are told; both documents are kept for ever.")
    )
    return back(url_for("reports.show", report_id=report.id))


@bp.get("/<int:report_id>/print.pdf")
@requires(Permission.REPORTS_READ, on=Report)
def pdf(report: Report) -> Response:
    """The report on paper: as stored once released, before that with the draft's watermark."""
    asked = request.args.get("language", "")
    tongue = asked if asked in LANGUAGES else language()
    name = f"monthly-report-{report.month}-v{report.version}-{tongue}.pdf"
    return Response(
        service.print_of(report, language=tongue),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
