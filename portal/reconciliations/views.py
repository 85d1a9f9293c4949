"""A company's own counts: filed by it, decided by officers."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies.models import Company
from portal.core import sheets
from portal.core.calendar import month_of, next_month
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.web import Page, back, page_number, refuse, sent_file
from portal.reconciliations import counting, queries, service
from portal.reconciliations.forms import CountFileForm, DecideForm, MonthForm, TotalsForm
from portal.reconciliations.models import CompanyCount, DifferenceKind, FiledBy, Right
from portal.removal_requests import reading

bp = Blueprint("reconciliations", __name__, url_prefix="/reconciliations")
PER_PAGE = 100


@bp.get("/")
@requires(Permission.RECONCILIATIONS_READ)
def index() -> str:
    """The latest count of each month, with what became of its differences."""
    page = Page(queries.latest(), number=page_number(), is_of_columns=True)
    return render_template("reconciliations/index.html", page=page)


def _own() -> Company:
    return db.session.get_one(Company, actor().organisation_id)


def _proposed() -> dict[str, Any]:
    month = request.args.get("month", "")
    return {"month": month if service.MONTH.fullmatch(month) else next_month(month_of(now()), -1)}


@bp.route("/file", methods=["GET", "POST"])
@requires(Permission.RECONCILIATIONS_FILE)
def file_totals() -> str | AnyResponse:
    """What the company counted, in totals."""
    form = TotalsForm(data=_proposed())
    if form.validate_on_submit():
        totals = {name: form[name].data for name in queries.TOTALS if form[name].data is not None}
        try:
            return _filed(form, totals=totals, way=FiledBy.PAGE)
        except Refused as refusal:
            _refuse(form, refusal)
    return render_template("reconciliations/totals.html", form=form, totals=queries.TOTALS)


def _filed(form: MonthForm, **given: Any) -> AnyResponse:
    with transaction():
        count = service.file(
            _own(), form.month.data or "", note=form.note.data or "", by=actor(), at=now(),
            **{"totals": {}, **given},
        )  # fmt: skip
    flash(_("Your count is filed and compared."))
    return back(url_for(".show", company_count_id=count.id))


def _refuse(form: MonthForm, refusal: Refused) -> None:
    """Say it at its field; what belongs to none of them stands at the month."""
    if not isinstance(refusal, FieldError) or refusal.field not in form:
        refusal = FieldError("month", refusal.sentence)
    refuse(form, refusal)


@bp.route("/file/list", methods=["GET", "POST"])
@requires(Permission.RECONCILIATIONS_FILE)
def file_list() -> str | AnyResponse:
    """Check a list, then file it. Nothing is filed that was not shown first."""
    form, at, found = CountFileForm(data=_proposed()), now(), None
    if form.validate_on_submit():
        content = sent_file(form, owner=actor().account_id or 0, at=at)
        if content is not None:
            found = service.judge(content, at=at)
            if "rejected" in request.form:
                return _attached(
                    "".join(reading.rejected_pieces(found.rows)).encode("utf-8-sig"), "rejected.csv"
                )
            if "write" in request.form and found.is_good:
                try:
                    return _filed(form, lines=found.lines, way=FiledBy.FILE)
                except Refused as refusal:
                    _refuse(form, refusal)
    return render_template(
        "reconciliations/list.html", form=form, reading=found, codes=counting.CODES
    )


@bp.get("/template.csv")
@requires(Permission.RECONCILIATIONS_FILE)
def list_template() -> AnyResponse:
    """A file with the company's own numbers of a month; the rest is to fill in."""
    me = actor().organisation_id or 0
    lines = ((number, "", "", "", "") for number in queries.numbers(me, _proposed()["month"]))
    return _attached(sheets.written(counting.COLUMNS, lines), "count.csv")


def _attached(content: bytes, name: str) -> AnyResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="text/csv", headers=headers)


@bp.get("/<int:company_count_id>")
@requires(Permission.RECONCILIATIONS_READ, on=CompanyCount)
def show(count: CompanyCount) -> str:
    """Both counts side by side, and each difference with its decision."""
    return _page(count, DecideForm())


def _page(count: CompanyCount, form: DecideForm, **told: Any) -> str:
    asked, decision = request.args.get("kind", ""), request.args.get("decision", "")
    kind = DifferenceKind(asked) if asked in list(DifferenceKind) else None
    decision = decision if decision in ("open", *Right) else ""
    return render_template(
        "reconciliations/show.html",
        count=count,
        form=form,
        ours=queries.our_totals(count.company_id, count.month),
        totals=queries.TOTALS,
        tally=queries.tally(count.id),
        kinds=queries.by_kind(count.id),
        kind=kind,
        decision=decision,
        rights=list(Right),
        versions=queries.versions(count),
        is_closed=queries.is_closed(count.company_id, count.month),
        page=Page(
            queries.listed(count, kind, decision),
            number=page_number(),
            size=PER_PAGE,
            is_of_columns=True,
        ),
        **told,
    )


@bp.post("/<int:company_count_id>/decide")
@requires(Permission.RECONCILIATIONS_DECIDE, on=CompanyCount)
def decide(count: CompanyCount) -> str | AnyResponse:
    """Decide the chosen differences; each by itself, the refused ones are named."""
    form, count_id = DecideForm(), count.id
    ids = [int(text) for text in request.form.getlist("id") if text.isdecimal() and len(text) < 10]
    if not ids:
        flash(_("Choose differences in the list first."), "error")
    elif form.validate_on_submit():
        with transaction():
            results = service.decide_many(
                count, ids, Right(form.right.data), reason=form.reason.data or "", by=actor(), at=now()
            )  # fmt: skip
        refused = [(about, why) for about, why in results if why]
        if len(refused) < len(results):
            flash(_("Decided: %(count)s.", count=len(results) - len(refused)))
        if not refused:
            return back(url_for(".show", company_count_id=count_id))
        return _page(db.session.get_one(CompanyCount, count_id), form, refused=refused)
    return _page(count, form, chosen=ids)


@bp.post("/<int:company_count_id>/compare")
@requires(Permission.RECONCILIATIONS_DECIDE, on=CompanyCount)
def compare(count: CompanyCount) -> AnyResponse:
    """Compare again with the rows as they are now."""
    count_id = count.id
    with transaction():
        service.compare(count, at=now())
    flash(_("Compared with the requests as they are now."))
    return back(url_for(".show", company_count_id=count_id))
