"""Doors of the scorecards room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    render_template,
    request,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.core.calendar import month_of, month_start, next_month
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import LANGUAGES, both, language, zone
from portal.core.i18n import gettext as _
from portal.core.kept import instant, kept
from portal.core.sheets import streamed
from portal.core.web import Page, asked_number, back, page_number, refuse
from portal.documents.printing import print_missing
from portal.methodology.cohort import freeze_instant
from portal.methodology.membership import Part
from portal.methodology.method import MEASURES
from portal.removal_requests import queries as requests
from portal.scorecards import annex, document, queries, said, service
from portal.scorecards.figures import figures_of, named
from portal.scorecards.forms import (
    AsOfForm,
    CommentForm,
    ComputeCardForm,
    CorrectionForm,
    DecideCorrectionForm,
    FreezeForm,
    typed,
)
from portal.scorecards.live import Shown, Version
from portal.scorecards.models import Copy, Correction, CorrectionStatus, Scorecard, ScorecardStatus

bp = Blueprint("scorecards", __name__, url_prefix="/scorecards")
SHOWN_MONTHS = 12


@bp.get("/")
@requires(Permission.SCORECARDS_READ)
def index() -> str:
    """The cards of a month, and below them the letters of a year."""
    known = queries.months()
    asked = request.args.get("month", "")
    month = asked if service.MONTH.fullmatch(asked) else known[0] if known else ""
    shown = [next_month(month, -step) for step in range(SHOWN_MONTHS)][::-1] if month else []
    here = queries.lines(month) if month else []
    rows = _year(here, shown)
    # A year begins with the first month that has a card: on a phone nothing but dashes would show.
    first = min((place for _name, cells in rows for place, it in enumerate(cells) if it), default=0)
    return render_template(
        "scorecards/index.html", month=month, months=known, shown=shown[first:], here=here,
        rows=[(name, cells[first:]) for name, cells in rows],
    )  # fmt: skip


def _year(companies: Sequence[Any], shown: Sequence[str]) -> list[tuple[str, list[Any]]]:
    """For each company with a card, what its cell of each month says: (id, letter) or nothing.

    A bar before the letter says that the method is another than the one before.
    """
    cards = queries.letters(shown)
    rows = []
    for one in companies:
        cells: list[Any] = []
        method = ""
        for month in shown:
            card = cards.get((one.company_id, month))
            letter = (card.letter or "?") if card else ""
            is_out = card is not None and card.status is ScorecardStatus.PUBLISHED
            text = letter if is_out else f"({letter})"
            if card is not None:
                text = f"| {text}" if method not in ("", card.methodology) else text
                method = card.methodology
            cells.append(card and (card.id, text))
        if any(cells):
            rows.append((both(one, "name"), cells))
    return rows


@bp.route("/compute", methods=["GET", "POST"])
@requires(Permission.SCORECARDS_COMPUTE)
def compute_card() -> str | AnyResponse:
    """Compute the draft of a company's month."""
    at = now()
    form = ComputeCardForm(data=_proposed(month_of(at)))
    everyone = companies.all_companies()
    form.company.choices = [
        (one.id, one.name_ko if language() == "ko" else one.name_en) for one in everyone
    ]
    if form.validate_on_submit():
        try:
            with transaction():
                company = db.session.get(Company, form.company.data)
                assert company is not None  # the form offers what there is
                card = service.draft(
                    company, form.month.data or "", why=form.why.data or "", by=actor(), at=at
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The card is computed."))
            return back(url_for("scorecards.show", scorecard_id=card.id))
    return render_template("scorecards/compute.html", form=form)


def _proposed(this_month: str) -> dict[str, Any]:
    month = request.args.get("month", "")
    return {
        "company": asked_number("company"),
        "month": month if service.MONTH.fullmatch(month) else next_month(this_month, -1),
    }


@bp.get("/live/<int:company_id>")
@requires(Permission.SCORECARDS_LIVE, on=Company)
def live(company: Company) -> str | tuple[str, int]:
    """A company's month as it stands now, or as it stood at the instant that is asked for."""
    at = now()
    month = request.args.get("month") or month_of(at)
    if not service.MONTH.fullmatch(month) or at < month_start(month):
        abort(404)
    form = AsOfForm(request.args, meta={"csrf": False})
    stamp = requests.stamp()
    now_is = instant(stamp.last_at, at=at)
    shown = None
    try:
        chosen = form.instant()
        as_of = chosen or now_is
        shown = kept("live_cards").get(
            (company.id, month, chosen, actor().role, language(), str(zone())),
            (stamp, as_of),
            lambda: _live(company, month, as_of, at=at),
        )
    except Refused as refusal:
        refuse(form, refusal)
        as_of = chosen = now_is
    page = render_template(
        "scorecards/live.html", company=company, month=month, form=form, chosen=chosen, shown=shown,
        as_of=as_of, follow_up_ends=freeze_instant(month), at=at, typed=typed,
    )  # fmt: skip
    return page if shown is not None else (page, 400)


def _live(company: Company, month: str, as_of: datetime, *, at: datetime) -> Shown:
    card = service.as_it_stood(company, month, as_of, at=at)
    figures = render_template(
        "scorecards/live_figures.html",
        f=figures_of(card, card.method),
        methodology=card.methodology,
    )
    cards = queries.of_company_month(company.id, month)
    versions = tuple(Version(one.id, one.version, one.status, one.as_of) for one in cards)
    return Shown(Markup(figures), versions)


@bp.get("/<int:scorecard_id>")
@requires(Permission.SCORECARDS_READ, on=Scorecard)
def show(card: Scorecard) -> str:
    """One card: the grade and why, the measures, both clocks, the company's word, the next step."""
    return _page(card, CommentForm(data={"comment": card.comment} | card.remarks))


def _page(found: Scorecard, form: CommentForm) -> str:
    at = now()
    card = queries.with_figures(found.id) or found
    return render_template(
        "scorecards/show.html",
        card=card,
        named=named(card),
        renaming=document.renaming(card),
        platform_changes=document.platform_changes(card),
        figures=figures_of(card, card.method),
        certainty=document.certainty(card),
        may_choose_copy=not actor().is_company,
        own_count=said.own_count_of(card),
        method=card.method,
        versions=queries.versions(card),
        corrections=card.corrections,
        open_corrections=any(one.status is CorrectionStatus.ASKED for one in card.corrections),
        is_to_compute_again=_is_to_compute_again(card),
        concerning=said.concerning,
        changes=said.changes(card),
        remarks=said.remarks(card),
        form=form,
        at=at,
        follow_up_ends=freeze_instant(card.month, card.method),
        may_freeze=card.status is ScorecardStatus.WITH_COMPANY
        and (
            bool(card.comment or card.remarks)
            or card.reply_due_at is None
            or card.reply_due_at < at
        )
        and not any(one.status is CorrectionStatus.ASKED for one in card.corrections),
        may_comment=card.status is ScorecardStatus.WITH_COMPANY
        and (card.reply_due_at is None or at <= card.reply_due_at),
    )


def _is_to_compute_again(card: Scorecard) -> bool:
    """Whether a correction was granted and, since the card was sent, no figure of it has changed."""
    return (
        card.status is ScorecardStatus.WITH_COMPANY
        and any(one.status is CorrectionStatus.GRANTED for one in card.corrections)
        and not card.changes
    )


@bp.get("/<int:scorecard_id>/cases")
@requires(Permission.SCORECARDS_READ, on=Scorecard)
def cases(found: Scorecard) -> str:
    """The cases of one measure: in x, in n but not in x, left out and why."""
    card = queries.with_figures(found.id) or found
    asked = request.args.get("measure", "")
    id = asked if asked in MEASURES else MEASURES[0]
    inputs = service.inputs_of(card, at=now())
    members = document.members_of(inputs, for_company=actor().is_company)[id]
    parts = {part: [one for one in members if one.part is part] for part in Part}
    wanted = request.args.get("part", "")
    # What was not done is asked for first; where there is nothing of it, what was.
    first = Part.MISSED if parts[Part.MISSED] else Part.COUNTED
    part = Part(wanted) if wanted in list(Part) else first
    page = Page.of(parts[part], number=page_number(), size=100)
    lines = figures_of(card, card.method).lines
    return render_template(
        "scorecards/cases.html",
        card=card,
        line=next(line for line in lines if line.id == id),
        lines=lines,
        parts=[(one, str(annex.PARTS[one]), len(rows)) for one, rows in parts.items()],
        part=part,
        page=page,
        reason_of=annex.reason_of,
        pages=queries.pages_of(card.company_id, id, [one.number for one in page.rows]),
        door=DOORS.get(id, "removal_requests"),
        as_of=inputs.as_of,
        has_moved=card.status is ScorecardStatus.DRAFT and inputs.as_of != card.as_of,
    )


DOORS = {"R5": "information_requests", "R6": "actions"}
"""The room in which the cases of a measure are; removal requests where nothing is said."""
PATHS = {"R5": "information-requests", "R6": "action-items"}
"""Where they have their pages; under removal requests where nothing is said."""


@bp.get("/<int:scorecard_id>/cases.csv")
@requires(Permission.SCORECARDS_READ, on=Scorecard)
def cases_csv(found: Scorecard) -> Response:
    """Every case of the card with its part in each measure, as a file."""
    card = queries.with_figures(found.id) or found
    inputs = service.inputs_of(card, at=now())
    rows = annex.rows_of(document.members_of(inputs, for_company=actor().is_company))
    name = _ascii(f"cases-{card.company.slug}-{card.month}-v{card.version}.csv")
    return Response(
        streamed(annex.COLUMNS, rows),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.post("/<int:scorecard_id>/send")
@requires(Permission.SCORECARDS_SEND, on=Scorecard)
def send(card: Scorecard) -> AnyResponse:
    """Give the company its right of reply."""
    with transaction():
        service.send(card, by=actor(), at=now())
    flash(_("The card is with the company."))
    return back(url_for("scorecards.show", scorecard_id=card.id))


@bp.route("/<int:scorecard_id>/comment", methods=["GET", "POST"])
@requires(Permission.SCORECARDS_COMMENT, on=Scorecard)
def comment(card: Scorecard) -> str | AnyResponse:
    """The company's own words on its card."""
    form = CommentForm(data={"comment": card.comment} | card.remarks)
    if form.validate_on_submit():
        try:
            with transaction():
                service.comment(
                    card, form.comment.data or "", remarks=form.remarks, by=actor(), at=now()
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Your comment is stored and will be printed on the card."))
            return back(url_for("scorecards.show", scorecard_id=card.id))
    return _page(card, form)


@bp.route("/<int:scorecard_id>/ask-correction", methods=["GET", "POST"])
@requires(Permission.SCORECARDS_ASK_CORRECTION, on=Scorecard)
def ask_correction(card: Scorecard) -> str | AnyResponse:
    """The company says what is wrong on its card."""
    form = CorrectionForm(data={"measure": request.args.get("measure", "")})
    form.offer()
    if form.validate_on_submit():
        try:
            with transaction():
                service.ask_correction(
                    card, measure=form.measure.data or "", case_no=form.case_no.data or "",
                    what=form.what.data or "", why=form.why.data or "", by=actor(), at=now(),
                )  # fmt: skip
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The commission decides it, and gives its reason, before the card is frozen."))
            return back(url_for("scorecards.show", scorecard_id=card.id))
    return render_template(
        "scorecards/correction.html",
        form=form,
        card=card,
        asked=None,
        title=_("Ask for a correction"),
    )


@bp.route("/corrections/<int:correction_id>/decide", methods=["GET", "POST"])
@requires(Permission.SCORECARDS_DECIDE_CORRECTION, on=Correction)
def decide_correction(asked: Correction) -> str | AnyResponse:
    """Grant or refuse what the company asked for."""
    form = DecideCorrectionForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.decide_correction(
                    asked, CorrectionStatus(form.decision.data), reason=form.reason.data or "",
                    by=actor(), at=now(),
                )  # fmt: skip
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The decision is stored and will be printed on the card."))
            return back(url_for("scorecards.show", scorecard_id=asked.scorecard_id))
    return render_template(
        "scorecards/correction.html",
        form=form,
        card=asked.card,
        asked=asked,
        concerning=said.concerning(asked),
        page=_page_of_case(asked),
        title=_("Decide a correction"),
    )


def _page_of_case(asked: Correction) -> str | None:
    """Where the request or action item that a correction concerns is read, if it concerns one."""
    for measure in (asked.measure or "R1", "R5", "R6"):
        pages = queries.pages_of(asked.company_id, measure, [asked.case_no])
        if asked.case_no in pages:
            return f"/{PATHS.get(measure, 'removal-requests')}/{pages[asked.case_no]}"
    return None


@bp.get("/<int:scorecard_id>/verify")
@requires(Permission.SCORECARDS_VERIFY, on=Scorecard)
def verify(card: Scorecard) -> str:
    """Compute the card again from what it holds, and compare that with what the rows say now."""
    return render_template(
        "scorecards/verify.html", card=card, differences=service.verify(card),
        live=service.verify_live(card, at=now()),
    )  # fmt: skip


@bp.post("/<int:scorecard_id>/freeze")
@requires(Permission.SCORECARDS_FREEZE, on=Scorecard)
def freeze(card: Scorecard) -> AnyResponse:
    """Close the figures for ever."""
    with transaction():
        service.freeze(card, by=actor(), at=now())
    flash(_("The card is frozen. Its PDFs are being made; opening one makes it at once."))
    return back(url_for("scorecards.show", scorecard_id=card.id))


@bp.route("/<int:scorecard_id>/freeze-unasked", methods=["GET", "POST"])
@requires(Permission.SCORECARDS_FREEZE, on=Scorecard)
def freeze_unasked(card: Scorecard) -> str | AnyResponse:
    """Freeze a card that never was with the company, and say why."""
    form = FreezeForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.freeze(card, by=actor(), at=now(), unasked=form.unasked.data or "")
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The card is frozen. Its PDFs are being made; opening one makes it at once."))
            return back(url_for("scorecards.show", scorecard_id=card.id))
    return render_template("scorecards/freeze_unasked.html", form=form, card=card)


@bp.post("/<int:scorecard_id>/publish")
@requires(Permission.SCORECARDS_PUBLISH, on=Scorecard)
def publish(card: Scorecard) -> AnyResponse:
    """Let commissioners read the card."""
    with transaction():
        service.publish(card, by=actor(), at=now())
    flash(_("The card is published."))
    return back(url_for("scorecards.show", scorecard_id=card.id))


@bp.get("/<int:scorecard_id>.pdf")
@requires(Permission.SCORECARDS_READ, on=Scorecard)
def pdf(card: Scorecard) -> Response:
    """The card on paper: as stored once frozen, before that with the draft's watermark."""
    asked = request.args.get("language", "")
    tongue = asked if asked in LANGUAGES else language()
    copy = _copy(card)
    name = _ascii(f"scorecard-{card.company.slug}-{card.month}-v{card.version}-{copy}-{tongue}.pdf")
    kept = service.kept_copy(card, language=tongue, copy=copy)
    if kept is not None:
        print_missing(kept)
    return Response(
        service.pdf(card, language=tongue, at=now(), copy=copy),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


def _copy(card: Scorecard) -> Copy:
    """The copy that is asked for; a company is given its own whatever it asks for."""
    if actor().is_company:
        return Copy.COMPANY
    asked = request.args.get("copy", "")
    if asked in list(Copy):
        return Copy(asked)
    return Copy.REGULATOR if card.status is ScorecardStatus.PUBLISHED else Copy.COMPANY


def _ascii(name: Iterable[str]) -> str:
    return "".join(letter if letter.isascii() else "_" for letter in name)
