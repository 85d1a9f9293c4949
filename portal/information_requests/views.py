"""Doors of the information requests room."""

from __future__ import annotations

import csv
import io
import re

from flask import Blueprint, Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.companies.models import Platform
from portal.core.clock import SEOUL, now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.sheets import shielded
from portal.core.web import Page, back, page_number, refuse
from portal.information_requests import forms, queries, service
from portal.information_requests.models import Answer, InformationRequest

bp = Blueprint("information_requests", __name__, url_prefix="/information-requests")

COLUMNS = (
    "request_no", "company", "platform", "kind", "legal_basis", "delivered_at", "due_at",
    "answered_at", "answer", "reason",
)  # fmt: skip
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


def _chosen() -> queries.Filter:
    state, month = request.args.get("state", ""), request.args.get("month", "")
    slug = request.args.get("company", "")
    company = companies.by_slug(slug) if slug else None
    return queries.Filter(
        company_id=company.id if company else None,
        state=state if state in queries.STATES else "",
        month=month if MONTH.fullmatch(month) else "",
    )


@bp.get("/")
@requires(Permission.INFORMATION_REQUESTS_READ)
def index() -> str:
    """What waits for an answer first."""
    at, chosen = now(), _chosen()
    return render_template(
        "information_requests/index.html",
        page=Page(queries.listed(chosen, at=at), number=page_number()),
        waiting=queries.waiting(at=at),
        companies=[] if actor().is_company else companies.names(),
        states=queries.STATES,
        chosen=chosen,
        at=at,
        query=request.query_string.decode(),
    )


@bp.get("/<int:information_request_id>")
@requires(Permission.INFORMATION_REQUESTS_READ, on=InformationRequest)
def show(asked: InformationRequest) -> str:
    """One request and its deadline."""
    return render_template(
        "information_requests/show.html",
        r=asked,
        at=now(),
        filer=None if actor().is_company else queries.filer(asked),
        days_off=queries.days_off(asked),
    )


@bp.route("/file", methods=["GET", "POST"])
@requires(Permission.INFORMATION_REQUESTS_FILE)
def file() -> str | AnyResponse:
    """The police put a question to a platform."""
    form = forms.FileForm(
        platforms=[
            (p.id, f"{both(p.company, 'name')}: {both(p, 'name')}") for p in companies.platforms()
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


@bp.get("/export.csv")
@requires(Permission.INFORMATION_REQUESTS_READ)
def export() -> Response:
    """The list as a file for spreadsheets."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for row in queries.rows_for_export(_chosen(), at=now()):
        writer.writerow(
            [
                shielded(row.request_no), row.company.slug, row.platform.slug, row.kind,
                shielded(row.legal_basis),
                *(t.astimezone(SEOUL).isoformat() if t else ""
                  for t in (row.delivered_at, row.due_at, row.answered_at)),
                row.answer.value if row.answer else "", shielded(row.reason or ""),
            ]
        )  # fmt: skip
    return Response(
        file.getvalue().encode("utf-8-sig"),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="information-requests.csv"'},
    )
