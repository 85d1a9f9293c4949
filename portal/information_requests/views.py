"""Doors of the information requests room."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta

from flask import Blueprint, Response, flash, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.campaigns import queries as campaigns
from portal.campaigns.models import Campaign
from portal.companies import queries as companies
from portal.companies.models import Platform
from portal.core import charts
from portal.core.calendar import as_month
from portal.core.clock import SEOUL, local_date, now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import both, month_name
from portal.core.i18n import gettext as _
from portal.core.sheets import shielded
from portal.core.web import Page, back, page_number, refuse
from portal.information_requests import forms, queries, service
from portal.information_requests.models import Answer, Extension, InformationRequest

bp = Blueprint("information_requests", __name__, url_prefix="/information-requests")

COLUMNS = (
    "request_no", "company", "platform", "kind", "legal_basis", "delivered_at", "due_at",
    "answered_at", "answer", "reason", "extension", "extended_until", "is_late",
)  # fmt: skip


def _chosen(known: Sequence[Campaign]) -> queries.Filter:
    state, month = request.args.get("state", ""), request.args.get("month", "")
    slug = request.args.get("company", "")
    company = companies.by_slug(slug) if slug else None
    campaign = request.args.get("campaign", "")
    return queries.Filter(
        company_id=company.id if company else None,
        state=state if state in queries.STATES else "",
        month=as_month(month),
        campaign=next((one for one in known if str(one.id) == campaign), None),
    )


@bp.get("/")
@requires(Permission.INFORMATION_REQUESTS_READ)
def index() -> str:
    """What waits for an answer first."""
    at, known = now(), campaigns.listed()
    chosen = _chosen(known)
    return render_template(
        "information_requests/index.html",
        page=Page(queries.listed(chosen, at=at), number=page_number()),
        waiting=queries.waiting(at=at),
        companies=[] if actor().is_company else companies.names(),
        states=queries.STATES,
        chosen=chosen,
        campaigns=known,
        chart=_chart(queries.volumes(chosen, at=at), known),
        at=at,
        query=request.query_string.decode(),
    )


@bp.get("/<int:information_request_id>")
@requires(Permission.INFORMATION_REQUESTS_READ, on=InformationRequest)
def show(asked: InformationRequest) -> str:
    """One request, its deadline day by day, and what happened."""
    days = queries.counted(asked, service.WORKING_DAYS)
    told = queries.events(asked.id)
    return render_template(
        "information_requests/show.html",
        r=asked,
        at=now(),
        filer=None if actor().is_company else queries.filer(asked),
        days=days,
        is_as_counted=days[-1].on == local_date(asked.due_at),
        moments=asked.history(told),
        asked_until=queries.asked_until(told),
        may_ask=asked.extension is None and not asked.is_answered and asked.due_at >= now(),
        may_decide=asked.extension is Extension.ASKED and not asked.is_answered,
    )


@bp.route("/file", methods=["GET", "POST"])
@requires(Permission.INFORMATION_REQUESTS_FILE)
def file() -> str | AnyResponse:
    """The police put a question to a platform."""
    form = forms.FileForm(
        platforms=[
            (p.id, f"{both(p.company, 'name')}: {both(p, 'name')}")
            for p in companies.real_platforms()
        ]
    )
    if form.validate_on_submit():
        try:
            with transaction():
                made = service.file(
                    db.session.get_one(Platform, form.platform_id.data),
                    request_no=form.request_no.data or "",
                    kind=form.kind.data,
                    legal_basis=form.legal_basis.data or "",
                    delivered_at=form.delivered(),
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Filed. The company is told its deadline."))
            return back(url_for(".show", information_request_id=made.id))
    return render_template("information_requests/file.html", form=form)


@bp.route("/<int:information_request_id>/answer", methods=["GET", "POST"])
@requires(Permission.INFORMATION_REQUESTS_ANSWER, on=InformationRequest)
def answer(asked: InformationRequest) -> str | AnyResponse:
    """The company says how it answered."""
    form = forms.AnswerForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.answer(
                    asked,
                    Answer(form.answer.data),
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The answer is recorded. The police are told."))
            return back(url_for(".show", information_request_id=asked.id))
    return render_template("information_requests/answer.html", form=form, r=asked)


@bp.route("/<int:information_request_id>/ask-extension", methods=["GET", "POST"])
@requires(Permission.INFORMATION_REQUESTS_ASK_EXTENSION, on=InformationRequest)
def ask_extension(asked: InformationRequest) -> str | AnyResponse:
    """The company asks for more time, once."""
    form = forms.AskExtensionForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.ask_extension(
                    asked, form.until.data, reason=form.reason.data or "", by=actor(), at=now()
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Asked. The police are told."))
            return back(url_for(".show", information_request_id=asked.id))
    return render_template("information_requests/ask_extension.html", form=form, r=asked)


@bp.route("/<int:information_request_id>/decide-extension", methods=["GET", "POST"])
@requires(Permission.INFORMATION_REQUESTS_DECIDE_EXTENSION, on=InformationRequest)
def decide_extension(asked: InformationRequest) -> str | AnyResponse:
    """The police grant or refuse more time."""
    told = queries.events(asked.id)
    until = queries.asked_until(told)
    form = forms.DecideExtensionForm(until=local_date(until) if until else None)
    if form.validate_on_submit():
        try:
            with transaction():
                service.decide_extension(
                    asked,
                    is_granted=form.decision.data == Extension.GRANTED,
                    until=form.until.data,
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Decided. The company is told."))
            return back(url_for(".show", information_request_id=asked.id))
    return render_template(
        "information_requests/decide_extension.html", form=form, r=asked, asked_until=until,
        asked_because=next((m.reason for m in asked.history(told)
                            if m.step.value == Extension.ASKED.value), ""),
    )  # fmt: skip


@bp.get("/export.csv")
@requires(Permission.INFORMATION_REQUESTS_READ)
def export() -> Response:
    """The list as a file for spreadsheets."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in queries.rows_for_export(_chosen(campaigns.listed()), at=now()):
        writer.writerow(
            [
                shielded(row.request_no), row.company.slug, row.platform.slug, row.kind,
                shielded(row.legal_basis),
                *(t.astimezone(SEOUL).isoformat() if t else ""
                  for t in (row.delivered_at, row.due_at, row.answered_at)),
                row.answer.value if row.answer else "", shielded(row.reason or ""),
                row.extension.value if row.extension else "",
                row.extended_until.astimezone(SEOUL).isoformat() if row.extended_until else "",
                "yes" if row.is_late() else "no" if row.answered_at else "",
            ]
        )  # fmt: skip
    return Response(
        file.getvalue().encode("utf-8-sig"),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="information-requests.csv"'},
    )


def _chart(volumes: Sequence[queries.Volume], known: Sequence[Campaign]) -> Markup | None:
    """The requests by the month of their delivery, with the campaigns shaded; None without any."""
    if not any(one.in_time or one.late or one.unanswered for one in volumes):
        return None
    months = [one.month for one in volumes]
    first = date.fromisoformat(f"{months[0]}-01")
    last = date.fromisoformat(f"{months[-1]}-28")
    shown = campaigns.within(known, first, last)
    bands = [
        charts.Band(
            campaigns.place_in_months(one.starts_on, months),
            campaigns.place_in_months(one.ends_on + timedelta(days=1), months),
            both(one, "name"),
        )
        for one in shown
    ]
    series = [
        charts.Series("in_time", _("answered in time"), [one.in_time for one in volumes]),
        charts.Series("late", _("late"), [one.late for one in volumes]),
        charts.Series("open", _("unanswered"), [one.unanswered for one in volumes]),
    ]
    said = "; ".join(
        f"{month_name(one.month)}: {one.in_time + one.late + one.unanswered}" for one in volumes
    )
    return charts.bar_chart(
        series, [month_name(month) for month in months], bands=bands, description=said,
        palette={"in_time": 0, "late": 3, "open": 6},
        title=_("Information requests by month of delivery"),
    )  # fmt: skip
