"""Doors of the actions room, and the door at which minutes become binding."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

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
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.accounts.models import Account
from portal.actions import forms, progress, queries, register, service, words
from portal.actions.models import ActionItem, Amendment, ProgressReport, Rhythm
from portal.actions.register import Filter
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core import charts, i18n
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.sheets import XLSX, streamed, workbook
from portal.core.web import Page, back, page_number, refuse
from portal.minutes import queries as minutes_queries
from portal.minutes import service as minutes_service
from portal.minutes.models import Minutes

bp = Blueprint("actions", __name__)
log = logging.getLogger(__name__)


def _chosen() -> tuple[Filter, list[str]]:
    """What the address narrows the register to, and the words in it that are none of ours."""
    return register.read(request.args, is_company=actor().is_company)


def _around(
    chosen: Filter, unknown: list[str], at: datetime, page: str = "list", *, is_counted: bool
) -> dict[str, Any]:
    """What the list, the board and the timeline show alike: the filters with their counts."""
    known = () if actor().is_company else companies.names()
    counts = register.counts(chosen, actor(), at=at, page=page) if is_counted else None
    facets = words.facets(chosen, counts, known, at=at)
    return {
        "chosen": chosen,
        "facets": facets,
        "is_counted": is_counted,
        "set_filters": words.set_filters(chosen, facets),
        "unknown": words.named(unknown),
        "at": at,
        "side": actor().side,
        "next_steps": register.next_steps,
    }


@bp.get("/action-items/")
@requires(Permission.ACTIONS_READ)
def index() -> str:
    """What both sides owe; first what waits for one's own side, where anything does."""
    at = now()
    chosen, unknown = _chosen()
    acts = can(Permission.ACTIONS_REPORT)
    other = queries.other(Side(actor().side))
    counts: dict[str, int] = {}
    is_counted = register.is_counted(chosen)
    if not chosen.chosen or not chosen.show or is_counted:
        counts = queries.counts(
            actor(),
            at=at,
            also=register.conditions(chosen, at=at),
            besides={"theirs": queries.waiting_for(other)} if actor().is_company else None,
        )
    if not chosen.show:
        # Who asks for a state or a month asks for all of it; else one's own duties come first.
        is_narrowed = set(chosen.chosen) - {"company"}
        first = "mine" if acts and counts["mine"] else "open"
        chosen = replace(chosen, show="all" if is_narrowed else first)
    page = Page(
        register.columns(chosen, actor(), at=at),
        number=page_number(),
        total=counts[chosen.show] if counts else register.total(chosen, actor(), at=at),
        is_of_columns=True,
    )
    page.rows = register.lines(page.rows)
    serial = queries.serial_of(int(chosen.consultation)) if chosen.consultation else None
    return render_template(
        "actions/index.html",
        page=page,
        counts=counts,
        acts=acts,
        serial=serial,
        sorts=words.SORTS,
        **_around(chosen, unknown, at, is_counted=is_counted),
    )


@bp.get("/action-items/board")
@requires(Permission.ACTIONS_READ)
def board() -> str:
    """What is open by its state, and what was verified lately."""
    at = now()
    chosen, unknown = _chosen()
    chosen = replace(chosen, show="", state="", sort="")
    return render_template(
        "actions/board.html",
        parts=register.board(chosen, actor(), at=at),
        recent=register.RECENT.days,
        **_around(chosen, unknown, at, "board", is_counted=register.is_counted(chosen)),
    )


@bp.get("/action-items/timeline")
@requires(Permission.ACTIONS_READ)
def timeline() -> str:
    """What is open by the month in which it is due, what is overdue first."""
    at = now()
    chosen, unknown = _chosen()
    chosen = replace(chosen, show="open", month="", sort="")
    parts = register.timeline(chosen, actor(), at=at)
    return render_template(
        "actions/timeline.html",
        parts=parts,
        chart=_chart(parts),
        **_around(chosen, unknown, at, "timeline", is_counted=register.is_counted(chosen)),
    )


def _chart(parts: list[register.Part]) -> Markup:
    """The timeline as columns; its table says the same in words."""
    late = _("Overdue")
    labels = [late if p.word == "overdue" else p.word for p in parts]
    sides = (("company", _("the company")), ("institution", _("the institution")))
    owed = {"company": [p.of_company for p in parts],
            "institution": [p.count - p.of_company for p in parts]}  # fmt: skip
    series = [charts.Series(key, label, owed[key]) for key, label in sides]
    said = "; ".join(f"{label}: {p.count}" for label, p in zip(labels, parts, strict=True))
    return charts.bar_chart(
        series, labels, title=_("Open action items by due date"), description=said
    )


@bp.get("/action-items/<int:action_item_id>")
@requires(Permission.ACTIONS_READ, on=ActionItem)
def show(item: ActionItem) -> str:
    """One promise: what, by whom, until when, where it was agreed, and what became of it."""
    me = actor()
    return render_template(
        "actions/show.html",
        item=queries.with_all(item),
        outcome=queries.outcome_of(item),
        at=now(),
        is_owner=me.side == item.owner.value,
        side=me.side,
    )


@bp.post("/action-items/<int:action_item_id>/begin")
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def begin(item: ActionItem) -> AnyResponse:
    """The owner says that the work has begun."""
    with transaction():
        service.begin(item, by=actor(), at=now())
    flash(_("The action item is in progress."))
    return back(url_for("actions.show", action_item_id=item.id))


@bp.post("/action-items/<int:action_item_id>/agree")
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def agree(item: ActionItem) -> AnyResponse:
    """The company agrees to what was proposed by hand."""
    with transaction():
        service.agree(item, by=actor(), at=now())
    flash(_("Agreed. The action item binds from now on."))
    return back(url_for("actions.show", action_item_id=item.id))


@bp.route("/action-items/<int:action_item_id>/extend", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def extend(item: ActionItem) -> str | AnyResponse:
    """The owner asks the other side to move the due date."""
    if actor().side != item.owner.value:
        abort(404)
    form = forms.ExtendForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.ask_extension(
                    item,
                    new_due_wall=form.new_due_wall.data,
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The extension is asked for. Until it is granted the agreed date stands."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/extend.html", form=form, item=item, at=now())


@bp.route("/action-items/<int:action_item_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def withdraw(item: ActionItem) -> str | AnyResponse:
    """One side asks that a promise be given up by both."""
    form = forms.WithdrawForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.ask_withdrawal(item, reason=form.reason.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The withdrawal is asked for. It takes effect when the other side agrees."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/withdraw.html", form=form, item=item)


@bp.route("/action-items/<int:action_item_id>/supersede", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def supersede(item: ActionItem) -> str | AnyResponse:
    """One side asks that another item take this one's place."""
    others = queries.replacements(item)
    form = forms.SupersedeForm(
        items=[(o.id, f"{o.number}: {i18n.both(o, 'text')[:80]}") for o in others]
    )
    if form.validate_on_submit():
        try:
            with transaction():
                service.ask_supersession(
                    item,
                    db.session.get(ActionItem, form.replacement_id.data),
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The replacement is asked for. It takes effect when the other side agrees."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/supersede.html", form=form, item=item, others=others)


@bp.route("/action-items/<int:action_item_id>/terms", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def terms(item: ActionItem) -> str | AnyResponse:
    """One side asks to change the weight or the rhythm of the progress reports."""
    form = forms.TermsForm(data={"weight": item.weight, "rhythm": item.rhythm.value})
    if form.validate_on_submit():
        try:
            with transaction():
                service.ask_terms(
                    item,
                    weight=form.weight.data,
                    rhythm=Rhythm(form.rhythm.data),
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The change is asked for. Until it is granted what was agreed stands."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/terms.html", form=form, item=item)


@bp.route("/progress-reports/<int:progress_report_id>/file", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ProgressReport)
def file_progress(report: ProgressReport) -> str | AnyResponse:
    """The owner says how far it is."""
    item = report.action_item
    if actor().side != item.owner.value:
        abort(404)
    form = forms.ProgressForm()
    if form.validate_on_submit():
        try:
            with transaction():
                progress.file_report(report, text=form.text.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The progress report is filed. The other side can read it now."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/progress.html", form=form, report=report, item=item, at=now())


@bp.route("/amendments/<int:amendment_id>/decide", methods=["GET", "POST"])
@requires(Permission.ACTIONS_VERIFY, on=Amendment)
def decide(amendment: Amendment) -> str | AnyResponse:
    """The other side grants or refuses what was asked for."""
    if actor().side == amendment.asked_side.value:
        abort(404)
    item = amendment.action_item
    form = forms.AnswerForm()
    if form.validate_on_submit():
        verb = service.grant if form.verdict.data == "granted" else service.refuse
        try:
            with transaction():
                verb(amendment, answer=form.answer.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The answer is recorded; the other side has been told."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/decide.html", form=form, amendment=amendment, item=item)


@bp.route("/action-items/<int:action_item_id>/assign", methods=["GET", "POST"])
@requires(Permission.ACTIONS_REPORT, on=ActionItem)
def assign(item: ActionItem) -> str | AnyResponse:
    """The owner names the person who answers for it."""
    if actor().side != item.owner.value:
        abort(404)
    people = [(person.id, i18n.both(person, "name")) for person in service.contacts(item)]
    form = forms.AssignForm(people=people, data={"contact_id": item.contact_id})
    if form.validate_on_submit():
        try:
            with transaction():
                contact = db.session.get_one(Account, form.contact_id.data)
                service.assign(item, contact, by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The contact person is named."))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/assign.html", form=form, item=item)


@bp.route("/action-items/record", methods=["GET", "POST"])
@requires(Permission.ACTIONS_RECORD)
def record_by_hand() -> str | AnyResponse:
    """Record a promise that stands in no minutes here."""
    form = forms.RecordForm(companies=companies.all_companies())
    if form.validate_on_submit():
        try:
            with transaction():
                item = service.record_by_hand(
                    db.session.get_one(Company, form.company_id.data),
                    text_ko=form.text_ko.data or "",
                    text_en=form.text_en.data or "",
                    owner=Side(form.owner.data),
                    due_wall=form.due_wall.data,
                    due_zone=form.due_zone.data or "",
                    required_evidence=form.required_evidence.data or "",
                    source=form.source.data or "",
                    agreed_on=form.agreed_on.data,
                    weight=form.weight.data,
                    rhythm=Rhythm(form.rhythm.data),
                    target=form.target(),
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The action item is recorded as %(number)s.", number=item.number))
            return back(url_for("actions.show", action_item_id=item.id))
    return render_template("actions/record.html", form=form)


@bp.get("/action-items/export.csv")
@requires(Permission.ACTIONS_READ)
def export() -> Response:
    """What the filter shows as a file for spreadsheets and programs."""
    chosen, _unknown = _chosen()
    rows = words.lines(chosen, actor(), at=now())
    return Response(
        stream_with_context(streamed(words.COLUMNS, rows)),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="action-items.csv"'},
    )


@bp.get("/action-items/export.xlsx")
@requires(Permission.ACTIONS_READ)
def export_workbook() -> Response:
    """What the filter shows as a workbook in the reader's language."""
    at = now()
    chosen, _unknown = _chosen()
    rows = words.readable_lines(chosen, actor(), at=at)
    headings = [str(word) for word in words.HEADINGS]
    return Response(
        workbook(_("Action items"), headings, rows, made_at=at),
        mimetype=XLSX,
        headers={"Content-Disposition": 'attachment; filename="action-items.xlsx"'},
    )


def _print(minutes: Minutes) -> None:
    """Make the PDFs at once, so that whoever adopted reads them. What fails the clock repeats."""
    try:
        with transaction():
            minutes_service.print_adopted(minutes)
    except Exception:
        log.exception("the PDFs of adopted minutes wait for the clock")


# Adoption makes the outcomes of minutes binding: the record is adopted and its action items are
# open, or neither. The minutes room stands above this one and does not know action items, so the
# door through which both happen in one transaction is here, though its address is the minutes'.
@bp.route("/minutes/<int:minutes_id>/accept", methods=["GET", "POST"])
@requires(Permission.MINUTES_ACCEPT, on=Minutes)
def accept_minutes(minutes: Minutes) -> str | AnyResponse:
    """Read the whole text with its hash, and accept it for one's side."""
    form = forms.AcceptMinutesForm()
    at = now()
    if form.validate_on_submit():
        try:
            with transaction():
                is_adopted = service.accept_minutes(
                    minutes, content_hash=form.content_hash.data or "", by=actor(), at=at
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            if is_adopted:
                _print(minutes)
            flash(
                _("The minutes are adopted. The PDF is stored and the action items are open.")
                if is_adopted
                else _("Your side has accepted this text.")
            )
            return back(url_for("minutes.show", minutes_id=minutes.id))
    minutes_queries.with_all(minutes)
    return render_template(
        "minutes/accept.html",
        form=form,
        minutes=minutes,
        capacity=minutes_service.capacity(minutes, by=actor(), at=at),
        mine=minutes.accepted_by(Side(actor().side)),
    )
