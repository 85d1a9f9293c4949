"""Doors of the removal requests room, and the one by which the hotline hands over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

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
from portal.accounts.models import Account
from portal.companies import queries as companies
from portal.companies.models import Platform
from portal.core import charts, sheets, uploads
from portal.core.audit import record
from portal.core.calendar import as_month, start_of_day
from portal.core.clock import SEOUL, now
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.figures import shown
from portal.core.i18n import both, local
from portal.core.i18n import gettext as _
from portal.core.sheets import MOST_IN_SHEET, XLSX, workbook_pieces
from portal.core.web import Form, Page, back, own_path, page_number, refuse, sent_file
from portal.hotline import service as hotline
from portal.hotline import words
from portal.hotline.models import Intake
from portal.removal_requests import (
    answering,
    exporting,
    filing,
    forms,
    importing,
    intake_clock,
    lists,
    queries,
    reading,
    service,
)
from portal.removal_requests.counted import Counted
from portal.removal_requests.models import (
    ANSWER_WITHIN,
    INTERNAL,
    Category,
    CorrectedTime,
    DeliveryChannel,
    Dispute,
    Exclusion,
    LegalGround,
    MeasureType,
    Outcome,
    Recheck,
    RemovalRequest,
    RequestStatus,
    RevealPurpose,
    SavedView,
    Surface,
    Verification,
)

bp = Blueprint("removal_requests", __name__)

HOUR = timedelta(hours=1)
MOST_ANSWERS = 10_000
"""Lines of the file that is handed out to be filled in."""
STATUS_KINDS = {
    RequestStatus.DRAFT: "mute", RequestStatus.ISSUED: "info", RequestStatus.DELIVERED: "warn",
    RequestStatus.ACKNOWLEDGED: "warn", RequestStatus.DECIDED: "info",
    RequestStatus.VERIFIED: "ok", RequestStatus.CLOSED: "ok", RequestStatus.WITHDRAWN: "mute",
}  # fmt: skip


class Line(NamedTuple):
    """A row of the list, ready to print: fifty of them make a page."""

    id: int
    number: str
    platform: str
    category: str
    measure: str
    delivered: str
    hours: str
    is_overdue: bool
    outcome: str
    check: str
    exclusion: str
    group: str
    """Under which heading of the company's desk it stands; empty elsewhere."""


ARGUMENTS = (
    "state", "company", "platform", "clock", "outcome", "ground", "surface", "measure",
    "category", "month", "from", "to", "counted", "number", "mine",
)  # fmt: skip
"""What narrows a list, as it stands in an address."""
DESK = {"state": "undecided"}
"""What a company sees first: what waits for it, what is due next on top. `state=all` shows all."""


def _chosen(platforms: Sequence[Any], said: Mapping[str, str]) -> queries.Filter:
    """What an address narrows the list to. What it does not know narrows nothing."""
    me, word = actor(), said.get
    slug = word("company", "")
    company = next((p.company_id for p in platforms if p.company == slug), None)
    if me.is_company:  # by its own index, and a sandbox sees its own
        company = me.organisation_id
    platform = next((p.id for p in platforms if p.slug == word("platform", "")), None)
    states = queries.COMPANY_STATES if me.is_company else queries.STATES
    state = word("state", "")
    return queries.Filter(
        company_id=company,
        platform_id=platform,
        state=state if state in states else "",
        outcome=word("outcome", ""),
        month=word("month", "")[:7],
        since=as_month(word("from", "")),
        until=as_month(word("to", "")),
        counted=word("counted", ""),
        number=word("number", "").strip()[:60],
        clock=word("clock", "") if word("clock", "") in queries.CLOCKS else "",
        ground=word("ground", ""),
        surface=word("surface", ""),
        measure=word("measure", ""),
        category=word("category", "")[:60],
        mine=me.account_id if word("mine") and not me.is_company else None,
    )


def _narrowing(said: Mapping[str, str]) -> str:
    """What narrows a list, as the part of an address; pages are left out."""
    return urlencode([(name, said[name]) for name in ARGUMENTS if said.get(name)])


@bp.get("/removal-requests/")
@requires(Permission.REMOVAL_REQUESTS_READ)
def index() -> str:
    """The list: what waits for somebody first."""
    at, me, platforms = now(), actor(), companies.platform_names()
    is_desk = me.is_company and not _narrowing(request.args)
    said: Mapping[str, str] = DESK if is_desk else request.args
    chosen = _chosen(platforms, said)
    page = lists.page(
        chosen,
        at=at,
        after=lists.place(request.args.get("after", "")),
        before=lists.place(request.args.get("before", "")),
    )
    names = {platform.id: both(platform, "name") for platform in platforms}
    states = queries.COMPANY_STATES if me.is_company else queries.STATES
    rows = [_line(line, names, at, is_desk=me.is_company) for line in page.rows]
    query = _narrowing(said)
    return render_template(
        "removal_requests/index.html",
        page=page,
        rows=rows,
        waiting=queries.waiting(at=at),
        tallies=lists.tallies(chosen, at=at),
        states=states,
        clocks=queries.CLOCKS,
        outcomes=list(Outcome),
        grounds=list(LegalGround),
        surfaces=list(Surface),
        measures=[m for m in MeasureType if not (me.is_company and m is MeasureType.BLOCK)],
        categories=list(Category),
        counted_words=[c for c in Counted if not (me.is_company and c is Counted.BLOCKS)],
        companies={p.company: (p.company_id, both(p, "company")) for p in platforms},
        platforms={p.slug: (p.id, both(p, "name")) for p in platforms},
        counted=lists.COUNTED,
        chosen=chosen,
        args=request.args,
        query=query,
        views=queries.saved_views(),
        form=Form(),
        seen=list(Verification),
        answers=[o for o in Outcome if o is not Outcome.NEEDS_INFORMATION],
    )


def _line(line: Any, names: dict[int, str], at: datetime, *, is_desk: bool) -> Line:
    """A row as the table shows it; the words are looked up once in the template."""
    is_answered = line.outcome is not None and line.outcome is not Outcome.NEEDS_INFORMATION
    age = at - line.delivered_at if line.delivered_at else None
    is_out = line.exclusion is not None and line.excluded_by is not None
    is_waiting = age is not None and not is_answered and not is_out
    return Line(
        id=line.id,
        number=line.request_no,
        platform=names[line.platform_id],
        category=line.category,
        measure=line.measure_type.value,
        delivered=local(line.delivered_at, "short"),
        hours="" if age is None or not is_waiting else shown(age / HOUR, 0),
        is_overdue=bool(is_waiting and age is not None and age > ANSWER_WITHIN),
        outcome=line.outcome.value if line.outcome else "",
        check=(line.recheck or line.verification or ""),
        exclusion=line.exclusion.value if is_out else "",
        group=_group(age) if is_desk and is_waiting and age is not None else "",
    )


def _group(age: timedelta) -> str:
    if age > ANSWER_WITHIN:
        return "over_24h"
    return "due_6h" if age > ANSWER_WITHIN - timedelta(hours=6) else "due_24h"


@bp.post("/removal-requests/views/save")
@requires(Permission.REMOVAL_REQUESTS_KEEP_VIEW)
def save_view() -> AnyResponse:
    """Keep the filter of the list under a name."""
    said = dict(parse_qsl(request.form.get("query", "")))
    query = _narrowing(said)
    try:
        with transaction():
            service.save_view(request.form.get("name", ""), query, by=actor())
    except FieldError as refusal:
        flash(refusal.sentence, "error")
    else:
        flash(_("The view is kept: it stands above the list, for you alone."))
    return back(url_for(".index") + (f"?{query}" if query else ""))


@bp.post("/removal-requests/views/<int:saved_view_id>/rename")
@requires(Permission.REMOVAL_REQUESTS_KEEP_VIEW, on=SavedView)
def rename_view(view: SavedView) -> AnyResponse:
    """Call a view something else."""
    query = view.query
    try:
        with transaction():
            service.rename_view(view, request.form.get("name", ""))
    except FieldError as refusal:
        flash(refusal.sentence, "error")
    else:
        flash(_("The view is renamed."))
    return back(url_for(".index") + (f"?{query}" if query else ""))


@bp.post("/removal-requests/views/<int:saved_view_id>/drop")
@requires(Permission.REMOVAL_REQUESTS_KEEP_VIEW, on=SavedView)
def drop_view(view: SavedView) -> AnyResponse:
    """Forget a view."""
    with transaction():
        service.drop_view(view)
    flash(_("The view is dropped."))
    return back(url_for(".index"))


def _many(verb: str, title: str, act: Callable[[RemovalRequest], object]) -> str | AnyResponse:
    """What a verb would do to each of the chosen requests, and on the second time, what it did.

    The preview does everything and undoes it: what it says is what would happen.
    """
    ids = [int(text) for text in request.form.getlist("id") if text.isdecimal() and len(text) < 10]
    if len(set(ids)) > service.MOST_AT_ONCE:
        raise Refused(_("At most %(most)s at once. Choose fewer.", most=service.MOST_AT_ONCE))
    chosen = queries.many(ids)
    to_list = request.form.get("list", "")
    target = own_path(f"{url_for('.index')}?{to_list}") if to_list else None
    if not chosen:
        flash(_("Choose requests in the list first."), "error")
        return back(target or url_for(".index"))
    is_confirmed = "confirmed" in request.form
    with transaction():
        results = service.do_many(chosen, act)
        shown_results = [(r.id, r.request_no, why) for r, why in results]
        if not is_confirmed:
            db.session.rollback()
    done = sum(1 for _id, _number, why in shown_results if not why)
    if is_confirmed and done == len(shown_results):
        flash(_("Done: %(count)s requests.", count=done))
        return back(target or url_for(".index"))
    return render_template(
        "removal_requests/many.html",
        title=title,
        verb=verb,
        results=shown_results,
        done=done,
        is_confirmed=is_confirmed,
        target=target or url_for(".index"),
        to_list=to_list,
        form=Form(),
        said={name: request.form.get(name, "") for name in ("outcome", "reason", "verification")},
    )


@bp.post("/removal-requests/issue-many")
@requires(Permission.REMOVAL_REQUESTS_ISSUE)
def issue_many() -> str | AnyResponse:
    """Issue what others have recorded."""
    at, me = now(), actor()
    return _many("issue", _("Issue the chosen requests"), lambda r: service.issue(r, by=me, at=at))


@bp.post("/removal-requests/deliver-many")
@requires(Permission.REMOVAL_REQUESTS_ISSUE)
def deliver_many() -> str | AnyResponse:
    """Deliver through the portal."""
    at, me = now(), actor()
    return _many(
        "deliver",
        _("Deliver the chosen requests through the portal"),
        lambda r: service.deliver(r, channel=DeliveryChannel.PORTAL, proof="", by=me, at=at),
    )


@bp.post("/removal-requests/verify-many")
@requires(Permission.REMOVAL_REQUESTS_VERIFY)
def verify_many() -> str | AnyResponse:
    """Note of many that the same was seen."""
    at, me, seen = now(), actor(), request.form.get("verification", "")
    if seen not in list(Verification):
        flash(_("Choose what you saw of the chosen requests."), "error")
        return back(url_for(".index"))
    return _many(
        "verify",
        _("Verify the chosen requests: %(seen)s", seen=_(seen)),
        lambda r: service.verify(r, Verification(seen), by=me, at=at),
    )


@bp.post("/removal-requests/acknowledge-many")
@requires(Permission.REMOVAL_REQUESTS_ANSWER)
def acknowledge_many() -> str | AnyResponse:
    """Say of many that they were received."""
    at, me = now(), actor()
    return _many(
        "acknowledge",
        _("Acknowledge the chosen requests"),
        lambda r: service.acknowledge(r, by=me, at=at),
    )


@bp.post("/removal-requests/answer-many")
@requires(Permission.REMOVAL_REQUESTS_ANSWER)
def answer_many() -> str | AnyResponse:
    """Give many the same answer."""
    at, me = now(), actor()
    outcome, reason = request.form.get("outcome", ""), request.form.get("reason", "")
    if outcome not in list(Outcome):
        flash(_("Choose a decision for the chosen requests."), "error")
        return back(url_for(".index"))
    return _many(
        "answer",
        _("Answer the chosen requests: %(outcome)s", outcome=_(outcome)),
        lambda r: service.decide(r, outcome=Outcome(outcome), reason=reason, by=me, at=at),
    )


@bp.get("/removal-requests/<int:removal_request_id>")
@requires(Permission.REMOVAL_REQUESTS_READ, on=RemovalRequest)
def show(asked: RemovalRequest) -> str:
    """One request: where it stands, what is next, what happened."""
    at, me, to_list = now(), actor(), request.args.get("list", "")
    found = queries.with_platform(asked.id)
    if found is None:
        abort(404)
    return render_template(
        "removal_requests/show.html",
        r=asked,
        at=at,
        status=asked.status,
        kind=STATUS_KINDS[asked.status],
        names={} if me.is_company else queries.names_of(asked),
        spells=queries.spells(asked),
        is_ours=not me.is_company,
        moments=[
            moment
            for moment in asked.history(queries.events(asked.id))
            if not (me.is_company and moment.step in INTERNAL)
        ],
        was_seen_up=asked.verification is Verification.STILL_UP and not asked.is_excluded,
        twins=() if me.is_company else queries.twins(asked),
        recheck_at=asked.recheck_at,
        draw=None if me.is_company else queries.draw_of(asked),
        may_extend=asked.status in service.ANSWERABLE and not asked.is_excluded,
        may_correct=asked.delivered_at is not None and not asked.is_excluded,
        may_dispute=(
            asked.delivered_at is not None
            and asked.dispute is not Dispute.OPEN
            and not asked.is_excluded
        ),
        may_decide_dispute=asked.issued_by_id != me.account_id,
        to_list=to_list,
        next_id=_next_of(asked, to_list, at) if to_list else None,
        may_issue=asked.recorded_by_id != me.account_id,
        may_verify=asked.decided_by_id != me.account_id,
        may_agree=asked.exclusion_proposed_by_id != me.account_id,
    )


def _next_of(asked: RemovalRequest, to_list: str, at: datetime) -> int | None:
    """What stands behind a request in the list from which somebody came."""
    chosen = _chosen(companies.platform_names(), dict(parse_qsl(to_list)))
    return lists.next_of(chosen, asked, at=at)


def _to(asked: RemovalRequest) -> AnyResponse:
    """Back to the page of a request, which still knows the list from which somebody came."""
    to_list = request.args.get("list")
    return back(
        url_for("removal_requests.show", removal_request_id=asked.id, list=to_list)
        if to_list
        else url_for("removal_requests.show", removal_request_id=asked.id)
    )


@bp.route("/removal-requests/record", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_RECORD)
def record_draft() -> str | AnyResponse:
    """Note a reference; a second person issues it."""
    form = forms.RecordForm()
    platforms = {platform.id: platform for platform in companies.platforms()}
    form.platform_id.offer(
        [(p.id, f"{both(p.company, 'name')}: {both(p, 'name')}") for p in platforms.values()]
    )
    if form.validate_on_submit():
        try:
            with transaction():
                made = service.record_draft(
                    db.session.get_one(Platform, form.platform_id.data),
                    category=form.category.data,
                    legal_ground=LegalGround(form.legal_ground.data),
                    surface=Surface(form.surface.data),
                    measure_type=MeasureType(form.measure_type.data),
                    reference=form.reference.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Recorded as %(number)s. A second person issues it.", number=made.request_no))
            return _to(made)
    return render_template("removal_requests/record.html", form=form)


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


@bp.post("/removal-requests/<int:removal_request_id>/issue")
@requires(Permission.REMOVAL_REQUESTS_ISSUE, on=RemovalRequest)
def issue(asked: RemovalRequest) -> AnyResponse:
    """The second person issues it."""
    with transaction():
        service.issue(asked, by=actor(), at=now())
    flash(_("Issued. Note its delivery: the company's clock starts then."))
    return _to(asked)


@bp.post("/removal-requests/<int:removal_request_id>/acknowledge")
@requires(Permission.REMOVAL_REQUESTS_ANSWER, on=RemovalRequest)
def acknowledge(asked: RemovalRequest) -> AnyResponse:
    """The company has received it."""
    with transaction():
        service.acknowledge(asked, by=actor(), at=now())
    flash(_("Acknowledged. The clock runs on until you answer."))
    return _to(asked)


def _step(
    asked: RemovalRequest, form: Any, verb: Callable[[], Any], *, title: str, lead: str, done: str
) -> str | AnyResponse:
    """A page of one form for one step."""
    if form.validate_on_submit():
        try:
            with transaction():
                verb()
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(done)
            return _to(asked)
    return render_template("removal_requests/step.html", r=asked, form=form, title=title, lead=lead)


@bp.route("/removal-requests/<int:removal_request_id>/deliver", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_ISSUE, on=RemovalRequest)
def deliver(asked: RemovalRequest) -> str | AnyResponse:
    """Note the delivery."""
    form = forms.DeliverForm()
    return _step(
        asked,
        form,
        lambda: service.deliver(
            asked,
            channel=DeliveryChannel(form.channel.data),
            proof=form.proof.data or "",
            delivered_at=form.at_field("delivered_at"),
            by=actor(),
            at=now(),
        ),
        title=_("Note the delivery"),
        lead=_("Without a time, it was delivered now. The company's clock starts with it."),
        done=_("The delivery is noted."),
    )


def _answer(asked: RemovalRequest, title: str, lead: str) -> str | AnyResponse:
    form = forms.AnswerForm()
    return _step(
        asked,
        form,
        lambda: service.decide(
            asked,
            outcome=Outcome(form.outcome.data),
            reason=form.reason.data or "",
            removed_at=form.at_field("removed_at"),
            by=actor(),
            at=now(),
        ),
        title=title,
        lead=lead,
        done=_("The answer to the request is recorded."),
    )


@bp.route("/removal-requests/<int:removal_request_id>/answer", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_ANSWER, on=RemovalRequest)
def answer(asked: RemovalRequest) -> str | AnyResponse:
    """The company says what it decided."""
    return _answer(
        asked,
        _("Answer this request"),
        _("A removal counts from its own time once somebody else has checked it."),
    )


@bp.route("/removal-requests/<int:removal_request_id>/record-answer", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_RECORD, on=RemovalRequest)
def record_answer(asked: RemovalRequest) -> str | AnyResponse:
    """An officer enters an answer that came another way."""
    return _answer(
        asked,
        _("Enter the company's answer"),
        _("For an answer that came by mail or letter. You cannot verify what you enter here."),
    )


@bp.route("/removal-requests/<int:removal_request_id>/verify", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_VERIFY, on=RemovalRequest)
def verify(asked: RemovalRequest) -> str | AnyResponse:
    """Say whether it is gone."""
    form = forms.VerifyForm()
    return _step(
        asked,
        form,
        lambda: service.verify(asked, Verification(form.verification.data), by=actor(), at=now()),
        title=_("Verify the removal"),
        lead=_("Open the reference, look, and say what you saw."),
        done=_("The verification is recorded."),
    )


@bp.route("/removal-requests/<int:removal_request_id>/recheck", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_VERIFY, on=RemovalRequest)
def recheck(asked: RemovalRequest) -> str | AnyResponse:
    """Look again after seven days."""
    form = forms.RecheckForm()
    return _step(
        asked,
        form,
        lambda: service.recheck(asked, Recheck(form.recheck.data), by=actor(), at=now()),
        title=_("Recheck after seven days"),
        lead=_("What has reappeared opens a new request, linked to this one."),
        done=_("The recheck is recorded."),
    )


@bp.route("/removal-requests/<int:removal_request_id>/report-reappearance", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_VERIFY, on=RemovalRequest)
def report_reappearance(asked: RemovalRequest) -> str | AnyResponse:
    """It is there again, seen outside of the sample."""
    form = Form()
    return _step(
        asked,
        form,
        lambda: service.report_reappearance(asked, by=actor(), at=now()),
        title=_("Report a reappearance"),
        lead=_(
            "A new request is drafted, linked to this one. It does not count in the recheck, which"
            " looks only at what the system drew."
        ),
        done=_("Noted. The linked request waits for a second person to issue it."),
    )


@bp.route("/removal-requests/<int:removal_request_id>/extend", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_EXTEND, on=RemovalRequest)
def extend(asked: RemovalRequest) -> str | AnyResponse:
    """Grant a later answer."""
    form = forms.ExtendForm()
    return _step(
        asked,
        form,
        lambda: service.extend(
            asked,
            form.at_field("until") or now(),
            reason=form.reason.data or "",
            by=actor(),
            at=now(),
        ),
        title=_("Grant more time"),
        lead=_("The company is told. In the scorecard the 24 hours count as before."),
        done=_("Granted, and the company is told."),
    )


@bp.route("/removal-requests/<int:removal_request_id>/correct-time", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_CORRECT_TIME, on=RemovalRequest)
def correct_time(asked: RemovalRequest) -> str | AnyResponse:
    """Correct a time that was entered wrongly."""
    form = forms.CorrectTimeForm()
    return _step(
        asked,
        form,
        lambda: service.correct_time(
            asked,
            CorrectedTime(form.which.data),
            form.at_field("to") or now(),
            reason=form.reason.data or "",
            by=actor(),
            at=now(),
        ),
        title=_("Correct a time"),
        lead=_("The wrong time stays in the history with your reason, and the company is told."),
        done=_("Corrected, and the company is told."),
    )


@bp.route("/removal-requests/<int:removal_request_id>/dispute", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_DISPUTE, on=RemovalRequest)
def dispute(asked: RemovalRequest) -> str | AnyResponse:
    """The company says that the request is wrong."""
    form = forms.DisputeForm()
    return _step(
        asked,
        form,
        lambda: service.dispute(asked, reason=form.reason.data or "", by=actor(), at=now()),
        title=_("Dispute this request"),
        lead=_(
            "Say what is wrong with it. Somebody other than the person who issued it decides. The"
            " clock runs on until then, and the share of disputed requests is printed on the"
            " scorecard."
        ),
        done=_("The dispute is recorded. You will be told how it is decided."),
    )


@bp.route("/removal-requests/<int:removal_request_id>/decide-dispute", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_DECIDE_DISPUTE, on=RemovalRequest)
def decide_dispute(asked: RemovalRequest) -> str | AnyResponse:
    """Say whether the company is right."""
    form = forms.DecideDisputeForm()
    return _step(
        asked,
        form,
        lambda: service.decide_dispute(
            asked,
            Dispute(form.decision.data),
            reason=form.reason.data or "",
            by=actor(),
            at=now(),
        ),
        title=_("Decide the dispute"),
        lead=_(
            "If it is upheld, propose to exclude the request as the next step: that takes a second"
            " person, as always."
        ),
        done=_("Decided, and the company is told."),
    )


@bp.get("/removal-requests/rechecks")
@requires(Permission.REMOVAL_REQUESTS_VERIFY)
def rechecks() -> str:
    """The draws of the recheck, each with its seed."""
    return render_template(
        "removal_requests/rechecks.html", page=Page(queries.draws(), number=page_number())
    )


@bp.route("/removal-requests/<int:removal_request_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_WITHDRAW, on=RemovalRequest)
def withdraw(asked: RemovalRequest) -> str | AnyResponse:
    """Propose to take it out of the cohort."""
    form = forms.ExcludeForm()
    return _step(
        asked,
        form,
        lambda: service.propose_exclusion(asked, Exclusion(form.why.data), by=actor(), at=now()),
        title=_("Propose to withdraw or exclude"),
        lead=_("It counts on until a second person agrees, and stays listed with its reason."),
        done=_("Proposed. A second person agrees or refuses."),
    )


@bp.post("/removal-requests/<int:removal_request_id>/confirm-withdrawal")
@requires(Permission.REMOVAL_REQUESTS_WITHDRAW, on=RemovalRequest)
def confirm_withdrawal(asked: RemovalRequest) -> AnyResponse:
    """The second person agrees."""
    with transaction():
        service.confirm_exclusion(asked, by=actor(), at=now())
    flash(_("The request has left the cohort; it stays listed."))
    return _to(asked)


@bp.post("/removal-requests/<int:removal_request_id>/drop-withdrawal")
@requires(Permission.REMOVAL_REQUESTS_WITHDRAW, on=RemovalRequest)
def drop_withdrawal(asked: RemovalRequest) -> AnyResponse:
    """The proposal is refused or taken back."""
    with transaction():
        service.drop_exclusion(asked, by=actor(), at=now())
    flash(_("The request counts as before."))
    return _to(asked)


@bp.route("/removal-requests/<int:removal_request_id>/reveal", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_REVEAL, on=RemovalRequest)
def reveal(asked: RemovalRequest) -> str:
    """Show the reference, after its purpose was named and logged."""
    form, reference = forms.RevealForm(), None
    if form.validate_on_submit():
        with transaction():
            reference = service.reveal(
                asked, RevealPurpose(form.purpose.data), by=actor(), at=now()
            )
    return render_template("removal_requests/reveal.html", r=asked, form=form, reference=reference)


@bp.route("/removal-requests/import", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_IMPORT)
def import_file() -> str | AnyResponse:
    """Check a file, then write it. Nothing is written that was not shown first."""
    form, at, found = forms.ImportForm(), now(), None
    if form.validate_on_submit():
        content = _content(form, at)
        if content is not None:
            found = filing.judge(content, at=at)
            if "write" in request.form and _may_write(form, found):
                with transaction():
                    written = filing.import_rows(found, by=actor(), at=at)
                flash(
                    _(
                        "%(written)s requests written, %(known)s were here already.",
                        written=written,
                        known=found.known,
                    )
                )
                if found.is_good:
                    return _done(form)
                found.settle()
            if "rejected" in request.form:
                return _rejected(found.rows)
    return render_template(
        "removal_requests/import.html",
        form=form,
        reading=found,
        columns=importing.COLUMNS,
        required=importing.REQUIRED,
        codes=importing.CODES,
        times=importing.TIMES,
        platforms=companies.platforms(),
    )


@bp.get("/removal-requests/import/template.<any(csv, xlsx):ending>")
@requires(Permission.REMOVAL_REQUESTS_IMPORT)
def import_template(ending: str) -> AnyResponse:
    """A file with the names of the columns and nothing else."""
    if ending == "csv":
        return _attached(sheets.written(importing.COLUMNS, []), "text/csv", "requests.csv")
    content = sheets.workbook(_("Removal requests"), importing.COLUMNS, [], made_at=now())
    return _attached(content, sheets.XLSX, "requests.xlsx")


def _content(form: forms.ImportForm, at: datetime) -> bytes | None:
    return sent_file(form, owner=actor().account_id or 0, at=at)


def _may_write(form: forms.ImportForm, found: filing.Judged[Any]) -> bool:
    """Whether all of a file is good, or the person wants the good lines alone; else they are told."""
    if found.is_good or form.partial.data:
        return True
    form.partial.errors = [
        _("Some lines are rejected. Tick this to write the others, or correct the file.")
    ]
    return False


def _done(form: forms.ImportForm) -> AnyResponse:
    """After the writing of all of it the file is erased.

    A file of which lines were rejected stays until the night's sweep: the page that says what was
    written hands those lines back.
    """
    uploads.erase(form.kept.data or "", owner=actor().account_id or 0)
    return back(url_for("removal_requests.index"))


def _rejected(rows: reading.Rows) -> AnyResponse:
    return Response(
        "".join(reading.rejected_pieces(rows)).encode("utf-8-sig"),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="rejected.csv"'},
    )


@bp.route("/removal-requests/answers/import", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_ANSWER)
def import_answers() -> str | AnyResponse:
    """Check a file of answers, then enter them. Nothing is entered that was not shown first."""
    form, at, found = forms.ImportForm(), now(), None
    if form.validate_on_submit():
        content = _content(form, at)
        if content is not None:
            with transaction():
                found = filing.judge_answers(content, by=actor(), at=at)
            if "write" in request.form and _may_write(form, found):
                entered = _enter(found, at)
                flash(
                    _(
                        "%(entered)s answers entered, %(known)s stood already.",
                        entered=entered,
                        known=found.known,
                    )
                )
                if found.is_good:
                    return _done(form)
                found.settle()
            if "rejected" in request.form:
                return _rejected(found.rows)
    return render_template(
        "removal_requests/answers.html", form=form, reading=found, codes=answering.CODES
    )


def _enter(found: filing.AnswerReading, at: datetime) -> int:
    with transaction():
        return sum(filing.enter_answers(part, by=actor(), at=at) for part in found.new.blocks())


@bp.get("/removal-requests/answers/template.<any(csv, xlsx):ending>")
@requires(Permission.REMOVAL_REQUESTS_ANSWER)
def answers_template(ending: str) -> AnyResponse:
    """A file with the numbers of the requests that wait for an answer; the rest is to fill in."""
    lines = [(number, "", "", "") for number in queries.open_numbers(most=MOST_ANSWERS)]
    if ending == "csv":
        return _attached(sheets.written(answering.COLUMNS, lines), "text/csv", "answers.csv")
    content = sheets.workbook(_("Answers"), answering.COLUMNS, lines, made_at=now())
    return _attached(content, sheets.XLSX, "answers.xlsx")


def _attached(content: bytes, kind: str, name: str) -> AnyResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=kind, headers=headers)


def _noted_export(most: int | None = None) -> tuple[queries.Filter, datetime, int]:
    """What is exported, once the log says who takes how many rows."""
    at, me = now(), actor()
    chosen = _chosen(companies.platform_names(), request.args)
    with transaction():
        person = db.session.get_one(Account, me.account_id)
        count = exporting.count(me, chosen, at=at)
        if most is not None and count > most:
            raise Refused(
                _(
                    "A spreadsheet holds at most %(most)s rows. "
                    "Take the CSV file, or narrow the list.",
                    most=f"{most:,}",
                )
            )
        record("removal_requests:export", person, by=me, at=at, rows=count)
    return chosen, at, count


def _file(pieces: Iterator[bytes], name: str, media_type: str, count: int) -> AnyResponse:
    """A file that is sent while it is made; a header says before how many rows it will have."""
    return Response(
        stream_with_context(pieces),
        mimetype=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Rows": str(count)},
    )


@bp.get("/removal-requests/export")
@requires(Permission.REMOVAL_REQUESTS_EXPORT)
def choose_export() -> str:
    """How many rows a file would have and how long it takes, before one asks for it."""
    at, me = now(), actor()
    count = exporting.count(me, _chosen(companies.platform_names(), request.args), at=at)
    return render_template(
        "removal_requests/export.html",
        count=count,
        seconds=exporting.seconds(count),
        most=MOST_IN_SHEET,
        query=_narrowing(request.args),
    )


@bp.get("/removal-requests/export.csv")
@requires(Permission.REMOVAL_REQUESTS_EXPORT)
def export() -> AnyResponse:
    """The list as a file, without references."""
    chosen, at, count = _noted_export()
    given = exporting.parts(actor(), chosen, at=at)
    pieces = (piece.encode() for piece in exporting.written(given))
    return _file(pieces, "removal-requests.csv", "text/csv", count)


@bp.get("/removal-requests/export.xlsx")
@requires(Permission.REMOVAL_REQUESTS_EXPORT)
def export_workbook() -> AnyResponse:
    """The list as a spreadsheet, without references."""
    chosen, at, count = _noted_export(MOST_IN_SHEET)
    rows = exporting.rows(exporting.parts(actor(), chosen, at=at))
    pieces = workbook_pieces(_("Removal requests"), importing.COLUMNS, rows, made_at=at)
    return _file(pieces, "removal-requests.xlsx", XLSX, count)
