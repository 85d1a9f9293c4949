"""Doors of planning: scheduling, moving, correcting, calling off."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime

from flask import flash, render_template, request, url_for
from sqlalchemy.orm.attributes import set_committed_value
from werkzeug.wrappers import Response

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.accounts.models import Account
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.consultations import queries, service
from portal.consultations.awkward import ZONES, awkward
from portal.consultations.blueprint import bp
from portal.consultations.forms import (
    CallOffForm,
    CorrectForm,
    RescheduleForm,
    ScheduleForm,
    TimeForm,
)
from portal.consultations.models import (
    Consultation,
    Side,
)
from portal.consultations.words import S
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import both, countries, country_name
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse


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
