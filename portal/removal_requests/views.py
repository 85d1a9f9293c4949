"""Doors of one request: its page, and every step of its life."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from flask import abort, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.companies.models import Platform
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.web import Form, Page, back, page_number, refuse
from portal.removal_requests import (
    answers,
    file_views,
    forms,
    hotline_views,
    list_views,
    lists,
    queries,
    service,
)
from portal.removal_requests.blueprint import bp
from portal.removal_requests.models import (
    INTERNAL,
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
    Surface,
    Verification,
)
from portal.removal_requests.narrowing import chosen_by

ELSEWHERE = (list_views, hotline_views, file_views)
"""Imported with this file, so that their doors hang on the blueprint too."""
STATUS_KINDS = {
    RequestStatus.DRAFT: "mute", RequestStatus.ISSUED: "info", RequestStatus.DELIVERED: "warn",
    RequestStatus.ACKNOWLEDGED: "warn", RequestStatus.DECIDED: "info",
    RequestStatus.VERIFIED: "ok", RequestStatus.CLOSED: "ok", RequestStatus.WITHDRAWN: "mute",
}  # fmt: skip


@bp.get("/removal-requests/<int:removal_request_id>")
@requires(Permission.REMOVAL_REQUESTS_READ, on=RemovalRequest)
def show(asked: RemovalRequest) -> str:
    """One request: where it stands, what is next, what happened."""
    at, me, to_list = now(), actor(), request.args.get("list", "")
    found = queries.with_platform(asked.id)
    if found is None:
        abort(404)
    spells = queries.spells(asked)
    return render_template(
        "removal_requests/show.html",
        r=asked,
        at=at,
        next_spell=next((spell for spell in spells if spell.previous_id == asked.id), None),
        status=asked.status,
        kind=STATUS_KINDS[asked.status],
        names={} if me.is_company else queries.names_of(asked),
        spells=spells,
        is_ours=not me.is_company,
        moments=[
            moment
            for moment in asked.history(queries.events(asked.id))
            if not (me.is_company and moment.step in INTERNAL)
        ],
        was_seen_up=asked.verification is Verification.STILL_UP and not asked.is_excluded,
        twins=() if me.is_company else queries.twins(asked),
        is_elsewhere=not me.is_company and service.stands_elsewhere(asked),
        recheck_at=asked.recheck_at,
        draw=None if me.is_company else queries.draw_of(asked),
        may_extend=asked.status in answers.ANSWERABLE and not asked.is_excluded,
        may_correct=asked.delivered_at is not None and not asked.is_excluded,
        may_dispute=(
            asked.delivered_at is not None
            and asked.dispute is not Dispute.OPEN
            and not asked.is_excluded
        ),
        may_decide_dispute=asked.issued_by_id != me.account_id,
        was_upheld=asked.dispute is Dispute.UPHELD and asked.exclusion is None,
        to_list=to_list,
        next_id=_next_of(asked, to_list, at) if to_list else None,
        may_issue=asked.recorded_by_id != me.account_id,
        may_verify=asked.decided_by_id != me.account_id,
        may_agree=asked.exclusion_proposed_by_id != me.account_id,
    )


def _next_of(asked: RemovalRequest, to_list: str, at: datetime) -> int | None:
    """What stands behind a request in the list from which somebody came."""
    chosen = chosen_by(companies.platform_names(), dict(parse_qsl(to_list)))
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
    asked: RemovalRequest,
    form: Any,
    verb: Callable[[], Any],
    *,
    title: str,
    lead: str,
    done: str,
    said: str = "",
) -> str | AnyResponse:
    """A page of one form for one step; `said` is what the other side wrote, which it answers."""
    if form.validate_on_submit():
        try:
            with transaction():
                verb()
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(done)
            return _to(asked)
    return render_template(
        "removal_requests/step.html", r=asked, form=form, title=title, lead=lead, said=said
    )


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
    form.offer(asked)
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
        said=queries.what_is_disputed(asked) or "",
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
