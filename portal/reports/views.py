"""Doors of the reports room."""

from __future__ import annotations

from flask import Blueprint, Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.core import sheets
from portal.core.calendar import month_of, next_month
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import LANGUAGES, language
from portal.core.i18n import gettext as _
from portal.core.web import Page, asked_number, back, page_number, refuse
from portal.documents import queries as documents
from portal.documents.models import DocumentKind, Way
from portal.documents.printing import print_missing
from portal.reports import queries, schedule, service, tables
from portal.reports.forms import MakeReportForm
from portal.reports.models import Report, ReportStatus
from portal.scorecards import queries as scorecards
from portal.scorecards import schedule as cards

bp = Blueprint("reports", __name__, url_prefix="/reports")


@bp.get("/")
@requires(Permission.REPORTS_READ)
def index() -> str:
    """The archive: every report the person may read, narrowed by month, words and company."""
    return _list(MakeReportForm(data={"month": next_month(month_of(now()), -1)}))


def _list(form: MakeReportForm) -> str:
    chosen = {
        name: value if service.MONTH.fullmatch(value := request.args.get(name, "")) else ""
        for name in ("since", "until")
    }
    words = " ".join(request.args.get("words", "").split())[:100]
    return render_template(
        "reports/index.html",
        page=Page(queries.listed(words=words, **chosen), number=page_number()),
        form=form,
        chosen=chosen | {"words": words, "company": asked_number("company")},
        companies=companies.names(),
        passage=queries.passage,
    )


@bp.get("/schedule")
@requires(Permission.REPORTS_SCHEDULE)
def plan() -> str:
    """Each month's steps: when they are due, how far they are, what is late and what helps."""
    at = now()
    return render_template(
        "reports/schedule.html", plans=schedule.plans(at), late=schedule.late(at), at=at
    )


@bp.post("/schedule/run")
@requires(Permission.REPORTS_MAKE)
def run() -> AnyResponse:
    """Take every step that is due and not taken, as the clock does each hour."""
    at, by = now(), actor()
    closed, frozen = cards.close_due(by=by, at=at), cards.freeze_due(by=by, at=at)
    schedule.run(by=by, at=at)
    flash(
        _(
            "Cards sent: %(sent)s; frozen: %(frozen)s; not done: %(in_vain)s.",
            sent=closed.done,
            frozen=frozen.done,
            in_vain=closed.in_vain + frozen.in_vain,
        )
    )
    return back(url_for("reports.plan"))


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
    _receipt(report, language(), Way.SCREEN)
    return render_template(
        "reports/show.html",
        report=report,
        r=content,
        documents=documents.of_subject(DocumentKind.REPORT, subject_id=report.id),
        versions=queries.versions(report.month),
        cards={row.company_id: row.id for row in scorecards.lines(report.month) if row.id},
        is_held=report.status is ReportStatus.HELD,
        openings=documents.openings(DocumentKind.REPORT, subject_id=report.id)
        if can(Permission.REPORTS_RECEIPTS)
        else None,
    )


def _receipt(report: Report, tongue: str, way: Way) -> None:
    """Of a released version it is kept who opened it."""
    if report.status is ReportStatus.RELEASED:
        with transaction():
            service.note_opening(report, language=tongue, way=way, by=actor(), at=now())


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


@bp.get("/<int:report_id>/tables.xlsx")
@requires(Permission.REPORTS_READ, on=Report)
def workbook(found: Report) -> Response:
    """Every table of the report as a sheet of its own, in the reader's language."""
    report = queries.with_content(found.id) or found
    made = sheets.workbook_of(
        [
            (table.title, table.header, tables.counted(table.rows))
            for table in tables.of(report.content[language()])
        ],
        made_at=report.made_at,
    )
    name = f"monthly-report-{report.month}-v{report.version}-{language()}.xlsx"
    _receipt(report, language(), Way.WORKBOOK)
    return Response(
        made,
        mimetype=sheets.XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.get("/<int:report_id>/print.pdf")
@requires(Permission.REPORTS_READ, on=Report)
def pdf(report: Report) -> Response:
    """The report on paper: as stored once released, before that with the draft's watermark."""
    asked = request.args.get("language", "")
    tongue = asked if asked in LANGUAGES else language()
    _receipt(report, tongue, Way.PDF)
    name = f"monthly-report-{report.month}-v{report.version}-{tongue}.pdf"
    kept = service.kept_print(report, language=tongue)
    if kept is not None:
        print_missing(kept)
    return Response(
        service.print_of(report, language=tongue),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
