"""Doors of the consultations room."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, current_app, flash, render_template, request, url_for
from sqlalchemy.orm.attributes import set_committed_value
from werkzeug.wrappers import Response

from portal.access.actor import OrganisationKind
from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.companies import queries as companies
from portal.companies.models import Company, Representative
from portal.consultations import queries, service, visitors
from portal.consultations.awkward import ZONES, awkward
from portal.consultations.forms import (
    CallOffForm,
    CorrectForm,
    DelegateForm,
    RescheduleForm,
    ScheduleForm,
    TimeForm,
    VisitorForm,
)
from portal.consultations.invitation import answered_by
from portal.consultations.models import (
    Attendance,
    Consultation,
    ConsultationStatus,
    Delegate,
    Rsvp,
    Side,
    Visitor,
)
from portal.core.clock import local_date, now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both, countries, country_name
from portal.core.i18n import gettext as _
from portal.core.web import Page, asked_number, back, page_number, refuse
from portal.documents import queries as documents
from portal.documents.models import DocumentKind

bp = Blueprint("consultations", __name__, url_prefix="/consultations")

S = ConsultationStatus
ANSWERS = {
    Rsvp.NEEDS_ACTION: (_l("not answered yet"), "mute"),
    Rsvp.ACCEPTED: (_l("comes"), "ok"),
    Rsvp.TENTATIVE: (_l("perhaps"), "warn"),
    Rsvp.DECLINED: (_l("does not come"), "bad"),
}
WAYS = {
    "page": _l("on this page"),
    "calendar": _l("by calendar program"),
    "link": _l("by the link in the letter"),
    "hand": _l("written down by an officer"),
}
THERE = {
    Attendance.UNKNOWN: (_l("not recorded"), "mute"),
    Attendance.PRESENT: (_l("present"), "ok"),
    Attendance.REMOTE: (_l("remote"), "ok"),
    Attendance.ABSENT: (_l("absent"), "bad"),
}
WAY = (S.SCHEDULED, S.AGENDA_PUBLISHED, S.IN_SESSION, S.HELD, S.CLOSED)
KINDS = {
    S.DRAFT: "mute", S.POLLING: "info", S.SCHEDULED: "info", S.AGENDA_PUBLISHED: "info",
    S.IN_SESSION: "warn", S.HELD: "ok", S.CLOSED: "ok", S.POSTPONED: "warn",
    S.CANCELLED: "bad", S.NOT_HELD: "bad",
}  # fmt: skip


def stages(consultation: Consultation) -> list[tuple[str, str]]:
    """Where the consultation stands on its way; a side exit ends the way where it left it."""
    status = consultation.status
    if status in WAY:
        here = WAY.index(status)
        state = ["done"] * here + ["current"] + ["todo"] * (len(WAY) - here - 1)
        if status is S.CLOSED:
            state[-1] = "done"
        return [(_(step.value), mark) for step, mark in zip(WAY, state, strict=True)]
    if status in (S.DRAFT, S.POLLING):
        return [(_(status.value), "current"), *((_(step.value), "todo") for step in WAY)]
    passed = WAY[: 2 if consultation.agenda_version else 1]
    return [*((_(step.value), "done") for step in passed), (_(status.value), "current")]


def url_if_open(endpoint: str, **values: Any) -> str | None:
    """The address of a door of a room below this one, if it is there."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


@bp.get("/")
@requires(Permission.CONSULTATIONS_READ)
def index() -> str:
    """Every consultation the person may know of: to come first, past below."""
    company_id = asked_number("company")
    status = request.args.get("status", "")
    statement = queries.listed(
        company_id=company_id, status=S(status) if status in list(S) else None
    )
    may_choose = can(Permission.COMPANIES_READ) and not actor().is_company
    page = Page(statement, number=page_number())
    to_come = [c for c in page.rows if c.status in queries.TO_COME]
    return render_template(
        "consultations/index.html",
        page=page,
        parts=[
            (_("To come"), to_come),
            (_("Past"), [c for c in page.rows if c.status not in queries.TO_COME]),
        ],
        companies=companies.names() if may_choose else [],
        of_many=not actor().is_company,
        company_id=company_id,
        status=status,
        statuses=[one for one in S if not (actor().is_company and one is S.DRAFT)],
        words={one: _(one.value) for one in S},
        kinds=KINDS,
    )


@bp.get("/<int:consultation_id>")
@requires(Permission.CONSULTATIONS_READ, on=Consultation)
def show(consultation: Consultation) -> str:
    """The consultation as a whole: where it stands, who comes, what is next."""
    mine = next((d for d in consultation.delegates if d.account_id == actor().account_id), None)
    over = consultation.status in (S.HELD, S.CLOSED, S.IN_SESSION)
    may_answer = consultation.status in service.TO_ANSWER
    agenda = consultation.agenda_items  # type: ignore[attr-defined]
    printed = []
    if consultation.agenda_version:
        printed = list(documents.of_subject(DocumentKind.AGENDA, subject_id=consultation.id))
    return render_template(
        "consultations/show.html",
        c=consultation,
        stages=stages(consultation),
        kind=KINDS[consultation.status],
        country=country_name(consultation.venue_country),
        mine=mine,
        is_guest=actor().kind in (OrganisationKind.AGENCY, OrganisationKind.POLICE),
        waiting=sum(may_answer and waits_for_us(item) for item in agenda),
        sides=[
            (side, [d for d in consultation.delegates if d.side is side])
            for side in (Side.INSTITUTION, Side.COMPANY)
        ],
        printed=printed,
        items=[item for item in agenda if item.status not in ("declined", "deferred")],
        may_answer=may_answer,
        over=over,
        words={
            # Without a date nobody was asked to come.
            one: (str(word) if consultation.has_date else "", look)
            for one, (word, look) in (THERE if over else ANSWERS).items()
        },
        my_answer=ANSWERS[mine.rsvp][0] if mine else None,
        is_due=consultation.starts_at <= now(),
        minutes_url=minutes_url(consultation),
    )


def waits_for_us(item: Any) -> bool:
    """Whether an agenda item, of the room below, is a proposal that waits for this side's word."""
    return item.status == "proposed" and item.proposed_by.value != actor().side


def minutes_url(consultation: Consultation) -> str | None:
    """The way to the minutes, once there is something to write down."""
    if consultation.status not in (S.IN_SESSION, S.HELD, S.CLOSED):
        return None
    return url_if_open("minutes.of_consultation", consultation_id=consultation.id)


def _key(form: TimeForm, country: str) -> str:
    return f"{form.wall.data:%Y-%m-%dT%H:%M} {form.duration.data} {form.zone.data} {country}"


def _warnings(
    company: Company,
    form: TimeForm,
    country: str,
    at: datetime,
    *,
    delegates: Collection[int] = (),
    but: int | None = None,
) -> list[str]:
    """What is awkward about the time asked for; none when it was shown before and confirmed."""
    starts_at, ends_at = form.agreed(at)
    key = _key(form, country)
    if form.anyway.data and form.warned_of.data == key:
        return []
    form.warned_of.data, form.anyway.data = key, False
    return awkward(
        company, starts_at=starts_at, ends_at=ends_at, zone=form.zone.data or "", country=country,
        delegates=delegates, but=but,
    )  # fmt: skip


def _is_checked(form: TimeForm, *more: str) -> bool:
    """Whether only the time is asked about, and enough of it is there, whatever else is missing."""
    about = ("wall", "zone", "duration", *more)
    return "check" in request.form and not any(form[name].errors for name in about)


def _planned(company: Company, form: TimeForm, at: datetime) -> Consultation | None:
    """The plan as a record that is never stored, to show it on every clock."""
    try:
        starts_at, ends_at = form.agreed(at)
    except (Refused, AttributeError):
        return None
    plan = Consultation(starts_at=starts_at, ends_at=ends_at, zone=form.zone.data)
    set_committed_value(plan, "company", company)
    return plan


@bp.route("/schedule", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE)
def schedule() -> str | Response:
    """Schedule a consultation, or keep the plan as a draft."""
    return _plan_page(None)


@bp.route("/<int:consultation_id>/plan", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Consultation)
def plan(consultation: Consultation) -> str | Response:
    """Go on with a draft."""
    if consultation.status is not S.DRAFT:
        return back(url_for(".show", consultation_id=consultation.id))
    return _plan_page(consultation)


def _plan_page(draft: Consultation | None) -> str | Response:
    known = {company.id: company for company in companies.all_companies()}
    people = {account.id: account for account in queries.possible_delegates()}
    form = _schedule_form(draft, known, people)
    warnings: list[str] = []
    clocks: list[tuple[str, str, str]] = []
    is_whole = form.validate_on_submit()
    if is_whole or _is_checked(form, "company_id"):
        at, company = now(), known[form.company_id.data]
        try:
            warnings = _warnings(
                company, form, form.venue_country.data, at,
                delegates=form.delegates.data or (), but=draft.id if draft else None,
            )  # fmt: skip
            is_meant = (not warnings and "check" not in request.form) or "draft" in request.form
            if is_whole and is_meant:
                return _keep_plan(form, company, people, draft, at)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            shown = _planned(company, form, at)
            clocks = shown.clocks() if shown else []
    return render_template(
        "consultations/plan.html",
        form=form,
        draft=draft,
        warnings=warnings,
        clocks=clocks,
        zones=ZONES,
    )


def _schedule_form(
    draft: Consultation | None, known: dict[int, Company], people: dict[int, Account]
) -> ScheduleForm:
    form = ScheduleForm(
        obj=draft,
        data={
            "title_ko": "정기 대면협의",
            "title_en": "Regular face-to-face consultation",
            "company_id": request.args.get("company", default=0, type=int),
            "venue_country": "KR",
            "zone": "Asia/Seoul",
        },
    )
    form.company_id.choices = [
        (0, _("Choose")),
        *((company.id, both(company, "name")) for company in known.values()),
    ]
    form.venue_country.choices = countries()
    form.delegates.choices = [
        (a.id, f"{both(a, 'name')} ({both(a.organisation, 'name')})") for a in people.values()
    ]
    if request.method == "GET":
        form.delegates.data = [actor().account_id]
        if draft is not None:
            form.wall.data = datetime.fromisoformat(draft.wall_time)
            form.delegates.data = [d.account_id for d in draft.delegates if d.account_id]
    return form


def _keep_plan(
    form: ScheduleForm,
    company: Company,
    people: dict[int, Account],
    draft: Consultation | None,
    at: datetime,
) -> Response:
    as_draft = "draft" in request.form
    verb: Callable[..., Consultation] = service.save_draft if as_draft else service.schedule
    with transaction():
        kept = verb(
            company,
            title_ko=form.title_ko.data,
            title_en=form.title_en.data,
            wall=form.wall.data,
            duration=form.duration.data,
            zone=form.zone.data,
            venue=form.venue.data,
            venue_country=form.venue_country.data,
            delegates=[people[number] for number in form.delegates.data or ()],
            draft=draft,
            later=form.later,
            by=actor(),
            at=at,
        )
    if as_draft:
        flash(_("The draft is kept. Only your side sees it, and nobody was told."))
    else:
        flash(_("Scheduled as %(serial)s. Both sides are invited.", serial=kept.serial))
    return back(url_for(".show", consultation_id=kept.id))


@bp.route("/<int:consultation_id>/reschedule", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Consultation)
def reschedule(consultation: Consultation) -> str | Response:
    """Give it another time; everybody is asked again."""
    form, clash = RescheduleForm(obj=consultation), False
    form.venue_country.choices = countries()
    if request.method == "GET":
        form.wall.data = datetime.fromisoformat(consultation.wall_time)
        _fill_in_asked(form)
    warnings: list[str] = []
    clocks: list[tuple[str, str, str]] = []
    is_whole = form.validate_on_submit()
    if is_whole or _is_checked(form):
        at, country = now(), form.venue_country.data
        coming = [d.account_id for d in consultation.delegates if d.account_id is not None]
        try:
            warnings = _warnings(
                consultation.company, form, country, at, delegates=coming, but=consultation.id
            )
            if is_whole and not warnings and "check" not in request.form:
                with transaction():
                    service.reschedule(
                        consultation,
                        wall=form.wall.data,
                        duration=form.duration.data,
                        zone=form.zone.data,
                        venue=form.venue.data,
                        venue_country=country,
                        later=form.later,
                        reason=form.reason.data or "",
                        seen=form.stamp.data,
                        by=actor(),
                        at=at,
                    )
                flash(_("The new time is fixed. Both sides are told and asked again."))
                return back(url_for(".show", consultation_id=consultation.id))
        except Refused as refusal:
            refuse(form, refusal)
            clash = _seen_now(form, consultation, refusal)
        else:
            shown = _planned(consultation.company, form, at)
            clocks = shown.clocks() if shown else []
    return render_template(
        "consultations/reschedule.html",
        clash=clash,
        form=form,
        c=consultation,
        warnings=warnings,
        clocks=clocks,
        zones=ZONES,
    )


def _fill_in_asked(form: RescheduleForm) -> None:
    """Fill in the time that the address asks for: one that the other side proposed."""
    with suppress(ValueError):
        form.wall.data = datetime.fromisoformat(request.args.get("wall", "")).replace(tzinfo=None)
    form.duration.data = request.args.get("duration", form.duration.data, type=int)
    form.zone.data = request.args.get("zone", form.zone.data)


@bp.route("/<int:consultation_id>/edit", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Consultation)
def edit(consultation: Consultation) -> str | Response:
    """Change words or place; the time and the answers stay."""
    form, clash = CorrectForm(obj=consultation), False
    form.venue_country.choices = countries()
    if form.validate_on_submit():
        try:
            with transaction():
                service.correct(
                    consultation,
                    title_ko=form.title_ko.data or "",
                    title_en=form.title_en.data or "",
                    venue=form.venue.data or "",
                    venue_country=form.venue_country.data,
                    seen=form.stamp.data,
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
            clash = _seen_now(form, consultation, refusal)
        else:
            flash(_("Saved. The time and all answers stand."))
            return back(url_for(".show", consultation_id=consultation.id))
    return render_template(
        "consultations/edit.html",
        form=form,
        c=consultation,
        clash=clash,
        country=country_name(consultation.venue_country),
    )


def _seen_now(
    form: CorrectForm | RescheduleForm, consultation: Consultation, refusal: Refused
) -> bool:
    """After a clash the form shows what stands now; saved again, it counts as seen."""
    if not isinstance(refusal, service.Conflict):
        return False
    form.stamp.raw_data, form.stamp.data = None, consultation.stamp
    return True


def _call_off_page(
    consultation: Consultation, verb: Callable[..., None], *, title: str, lead: str, button: str
) -> str | Response:
    form = CallOffForm()
    if form.validate_on_submit():
        try:
            with transaction():
                verb(
                    consultation,
                    side=Side(form.side.data),
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Recorded. Both sides are told."))
            return back(url_for(".show", consultation_id=consultation.id))
    return render_template(
        "consultations/call_off.html",
        form=form,
        c=consultation,
        title=title,
        lead=lead,
        button=button,
    )


@bp.route("/<int:consultation_id>/cancel", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Consultation)
def cancel(consultation: Consultation) -> str | Response:
    """Call it off for good."""
    return _call_off_page(
        consultation,
        service.cancel,
        title=_("Cancel the consultation"),
        lead=_("It stays listed, struck through, with its date and the notice given."),
        button=_("Cancel the consultation"),
    )


@bp.route("/<int:consultation_id>/postpone", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Consultation)
def postpone(consultation: Consultation) -> str | Response:
    """Take it off its date until a new one is found."""
    return _call_off_page(
        consultation,
        service.postpone,
        title=_("Postpone the consultation"),
        lead=_("It leaves its date now; set a new one as soon as both sides agree on it."),
        button=_("Postpone"),
    )


@bp.route("/<int:consultation_id>/not-held", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def mark_not_held(consultation: Consultation) -> str | Response:
    """Record that the two sides did not meet."""
    return _call_off_page(
        consultation,
        service.mark_not_held,
        title=_("Record that it was not held"),
        lead=_("The time came and the two sides did not meet."),
        button=_("Record that it was not held"),
    )


@bp.post("/<int:consultation_id>/begin")
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def begin(consultation: Consultation) -> Response:
    """Both sides are at the table."""
    with transaction():
        service.begin(consultation, by=actor(), at=now())
    flash(_("The session has begun. Record who is there."))
    return back(url_for(".attendance", consultation_id=consultation.id))


@bp.route("/<int:consultation_id>/attendance", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def attendance(consultation: Consultation) -> str | Response:
    """Record who was there."""
    if request.method == "POST":
        given = {}
        for delegate in consultation.delegates:
            word = request.form.get(f"attendance-{delegate.id}", "")
            # Two people record at once: each changes only what they changed on their page.
            if word in list(Attendance) and word != request.form.get(f"was-{delegate.id}"):
                given[delegate.id] = Attendance(word)
        with transaction():
            service.record_attendance(consultation, given, by=actor(), at=now())
        flash(_("Attendance is recorded."))
        return back(url_for(".show", consultation_id=consultation.id))
    return render_template(
        "consultations/attendance.html",
        c=consultation,
        sides=[
            (side, [d for d in consultation.delegates if d.side is side])
            for side in (Side.INSTITUTION, Side.COMPANY)
        ],
        answers=[(one.value, str(word)) for one, (word, _look) in THERE.items()],
        answered=ANSWERS,
        proposed={d.id: _presumed(d) for d in consultation.delegates},
        can_record=consultation.status in service.FIXED_DELEGATION,
    )


def _presumed(delegate: Delegate) -> str:
    """What the form offers until somebody has said who was there: who said yes, came."""
    if delegate.attendance is Attendance.UNKNOWN and delegate.rsvp is Rsvp.ACCEPTED:
        return Attendance.PRESENT.value
    return delegate.attendance.value


@bp.post("/<int:consultation_id>/hold")
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def hold(consultation: Consultation) -> Response:
    """The session is over."""
    with transaction():
        service.hold(consultation, by=actor(), at=now())
    flash(_("Recorded as held. Write the minutes, and say what became of each agenda item."))
    return back(url_for(".show", consultation_id=consultation.id))


@bp.route("/<int:consultation_id>/delegation", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_RESPOND, on=Consultation)
def delegation(consultation: Consultation) -> str | Response:
    """The own delegation: who comes, who leads, one person more."""
    me = actor()
    may_name = me.kind in (OrganisationKind.INSTITUTION, OrganisationKind.COMPANY)
    form, people, representatives = _delegate_form(consultation)
    if may_name and form.validate_on_submit():
        try:
            with transaction():
                later = consultations_after(consultation) if form.later.data else ()
                service.join(
                    [consultation, *later],
                    account=people.get(form.account_id.data),
                    representative=representatives.get(form.representative_id.data),
                    name=form.name.data or "",
                    title=form.title.data or "",
                    can_bind="can_bind" in form and form.can_bind.data,
                    is_lead=form.is_lead.data,
                    email=form.email.data or "",
                    language=form.language.data or None,
                    is_interpreter=form.is_interpreter.data,
                    by=me,
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The delegation is changed."))
            return back(url_for(".delegation", consultation_id=consultation.id))
    side, known = Side(me.side), visitors.known_for(consultation)
    return render_template(
        "consultations/delegation.html",
        c=consultation,
        form=form,
        side=side,
        ours=[d for d in consultation.delegates if d.side is side],
        my_organisation=me.organisation_id,
        may_name=may_name and consultation.status in service.OPEN_DELEGATION,
        may_answer=consultation.status in service.INVITED,
        is_fixed=consultation.status in service.FIXED_DELEGATION,
        is_over=consultation.ends_at <= now(),
        answers=queries.answers(consultation),
        visitors=known,
        theirs=[d for d in consultation.delegates if d.side is not side and d.id in known],
        ways={via: str(word) for via, word in WAYS.items()},
        words={one: str(word) for one, (word, _look) in ANSWERS.items()},
    )


def _delegate_form(
    consultation: Consultation,
) -> tuple[DelegateForm, dict[int, Account], dict[int, Representative]]:
    form = DelegateForm()
    people: dict[int, Account] = {}
    representatives: dict[int, Representative] = {}
    if actor().is_company:
        day = local_date(consultation.starts_at)
        representatives = {
            person.id: person
            for person in companies.representatives(consultation.company_id)
            if person.until_on is None or person.until_on >= day
        }
        del form.can_bind
    elif actor().kind is OrganisationKind.INSTITUTION:
        people = {account.id: account for account in queries.possible_delegates()}
    nobody = (0, _("Nobody of the list"))
    form.account_id.choices = [
        nobody,
        *((a.id, f"{both(a, 'name')} ({both(a.organisation, 'name')})") for a in people.values()),
    ]
    form.representative_id.choices = [
        nobody,
        *((p.id, f"{p.name}, {p.title}".rstrip(", ")) for p in representatives.values()),
    ]
    return form, people, representatives


@bp.post("/delegates/<int:delegate_id>/respond")
@requires(Permission.CONSULTATIONS_RESPOND, on=Delegate)
def respond(delegate: Delegate) -> Response:
    """Say whether somebody comes."""
    answer = request.form.get("answer", "")
    if answer not in list(Rsvp):
        abort(400)
    with transaction():
        service.respond(delegate, Rsvp(answer), by=actor(), at=now())
    flash(_("The answer is recorded."))
    where = ".delegation" if "from_delegation" in request.form else ".show"
    return back(url_for(where, consultation_id=delegate.consultation_id))


def consultations_after(consultation: Consultation) -> list[Consultation]:
    """The later ones that have their date: somebody who joins is invited to each of them."""
    return [c for c in queries.later_ones(consultation) if c.status in service.INVITED]


@bp.route("/rsvp/<token>", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def answer(token: str) -> str | Response:
    """Answer an invitation from its letter. Opening the page answers nothing: it asks."""
    whose = answered_by(token)
    seat = queries.seat(*whose) if whose else None
    if seat is None or seat.consultation.status is S.DRAFT:
        abort(410)
    with beyond_scope("a signed link is its holder's way in"):
        if request.method == "POST":
            given, seen = request.form.get("answer", ""), request.form.get("sequence", type=int)
            if given not in list(Rsvp) or seen is None:
                abort(400)
            try:
                with transaction():
                    service.answer_by_link(seat, Rsvp(given), sequence=seen, at=now())
            except Refused as refusal:
                flash(refusal.sentence, "error")
            else:
                flash(_("The answer is recorded."))
            return back(url_for(".answer", token=token))
        c = seat.consultation
        return render_template(
            "consultations/answer.html",
            c=c,
            seat=seat,
            clocks=c.clocks(),
            country=country_name(c.venue_country),
            answer=ANSWERS[seat.rsvp][0],
            is_open=c.status in service.TO_ANSWER and c.starts_at > now(),
        )


@bp.route("/delegates/<int:delegate_id>/visitor", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_RESPOND, on=Delegate)
def visitor(delegate: Delegate) -> str | Response:
    """What the gate of the venue asks of somebody; their own organisation gives it."""
    is_ours = delegate.organisation_id == actor().organisation_id
    if not is_ours and actor().kind is not OrganisationKind.INSTITUTION:
        abort(404)
    form = VisitorForm()
    if is_ours and form.validate_on_submit():
        told = {name: form[name].data or "" for name in visitors.FIELDS}
        try:
            with transaction():
                visitors.keep(delegate, told, by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Kept, sealed. It is erased 30 days after the consultation at the latest."))
            return back(url_for(".delegation", consultation_id=delegate.consultation_id))
    return render_template(
        "consultations/visitor.html",
        form=form,
        is_ours=is_ours,
        delegate=delegate,
        c=delegate.consultation,
        held=visitors.of_delegate(delegate),
    )


@bp.post("/visitors/<int:visitor_id>/reveal")
@requires(Permission.CONSULTATIONS_RESPOND, on=Visitor)
def reveal_visitor(held: Visitor) -> str:
    """Open what is kept for the gate; the log says who did."""
    with transaction():
        told = visitors.reveal(held, by=actor(), at=now())
        consultation = db.session.get(Consultation, held.consultation_id)
        return render_template("consultations/revealed.html", c=consultation, told=told)


@bp.post("/delegates/<int:delegate_id>/lead")
@requires(Permission.CONSULTATIONS_RESPOND, on=Delegate)
def name_lead(delegate: Delegate) -> Response:
    """Let somebody lead the own delegation."""
    with transaction():
        service.name_lead(delegate, by=actor(), at=now())
    flash(_("The delegation is changed."))
    return back(url_for(".delegation", consultation_id=delegate.consultation_id))


@bp.post("/delegates/<int:delegate_id>/remove")
@requires(Permission.CONSULTATIONS_RESPOND, on=Delegate)
def remove_delegate(delegate: Delegate) -> Response:
    """Take somebody off the own delegation."""
    consultation_id = delegate.consultation_id
    with transaction():
        service.remove_delegate(delegate, by=actor(), at=now())
    flash(_("The delegation is changed."))
    return back(url_for(".delegation", consultation_id=consultation_id))
