"""Doors of the series room."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.consultations import queries as consultations
from portal.consultations.awkward import ZONES, awkward
from portal.consultations.models import Consultation, Side
from portal.consultations.service import times
from portal.core import i18n
from portal.core.calendar import Twice
from portal.core.clock import SEOUL, local_date, now
from portal.core.db import transaction
from portal.core.errors import FieldError, Refused
from portal.core.i18n import both, countries
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse
from portal.series import queries, service
from portal.series.forms import ChangeForm, EndForm, PlanForm, StartForm
from portal.series.models import Series
from portal.series.rule import position_word
from portal.series.service import Choice, Plan

WHICH = {"earlier": False, "later": True}
"""The words of the form for the two of a time that comes twice."""

bp = Blueprint("series", __name__, url_prefix="/series")


@dataclass(frozen=True, slots=True)
class Clock:
    """One side's clock: whose it is, and in which zone."""

    whose: str
    zone: str


@dataclass(frozen=True, slots=True)
class Line:
    """One day of a rule as the form shows it before anything is fixed."""

    on: date
    when: Sequence[str]
    """The start on every clock, with the weekday."""
    warnings: Sequence[str]
    problem: str
    """Why it cannot be at this time at all; empty where it can."""
    wall: str
    was: str = ""
    twice: Sequence[tuple[str, str]] = ()
    """Where the clocks show the time twice: the two to choose from."""


def _clocks(company: Company, zone: str) -> list[Clock]:
    """The clocks of a table: the anchor's first, each zone once."""
    owners: dict[str, list[str]] = {zone: [_("Anchor")]}
    owners.setdefault(company.time_zone, []).append(both(company, "name"))
    owners.setdefault(SEOUL.key, []).append(_("Korea"))
    return [Clock(", ".join(names), name) for name, names in owners.items()]


def _lines(
    company: Company,
    plan: Plan,
    days: Sequence[date],
    *,
    delegates: Sequence[int] = (),
    at: datetime,
    chosen: dict[date, Choice] | None = None,
    present: Mapping[date, Consultation] | None = None,
) -> list[Line]:
    """Every day with both sides' time, what is awkward, and where the clocks changed before it.

    `present` are the consultations that stand there already: their own time is no clash, and
    their delegates are those who would sit there.
    """
    clocks, found = _clocks(company, plan.zone), []
    before: dict[str, str] = {}
    standing_there = present or {}
    seats_on = {
        on: [d.account_id for d in one.delegates if d.account_id]
        for on, one in standing_there.items()
    }
    among: Sequence[consultations.Taken] = ()
    if days:
        # Two days more at either end for the zones; what is moved elsewhere is asked by itself.
        first = datetime.combine(min(days), time.min, UTC) - timedelta(days=2)
        last = datetime.combine(max(days), time.max, UTC) + timedelta(days=2)
        everybody = {*delegates, *chain.from_iterable(seats_on.values())}
        among = consultations.taken(company.id, first, last, delegates=everybody)
    for on in days:
        choice = (chosen or {}).get(on, Choice())
        wall, zone = choice.wall or plan.wall(on), choice.zone or plan.zone
        twice: list[tuple[str, str]] = []
        try:
            starts_at, _ends = times(wall=wall, duration=plan.duration, zone=zone, at=at)
        except Twice as asked:
            twice = [
                (word, f"{i18n.local(when, 'instant', zone)} {i18n.zone_label(when, zone)}")
                for word, when in (("earlier", asked.first), ("later", asked.second))
            ]
            if choice.later is None:
                found.append(Line(on, [i18n.day(on)], (), asked.sentence, _typed(wall),
                                  twice=twice))  # fmt: skip
                continue
            starts_at = asked.second if choice.later else asked.first
        except FieldError as refusal:
            found.append(Line(on, [i18n.day(on)], (), refusal.sentence, _typed(wall)))
            continue
        standing, seats = standing_there.get(on), seats_on.get(on, delegates)
        warnings = awkward(
            company, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=plan.duration),
            zone=zone, country=plan.venue_country, delegates=seats,
            but=standing.id if standing else None, among=None if choice.wall else among,
        )  # fmt: skip
        for clock in clocks:
            here = starts_at.astimezone(ZoneInfo(clock.zone))
            earlier = before.get(clock.zone)
            if earlier is not None and earlier != f"{here:%H:%M}" and choice.wall is None:
                warnings.append(
                    _("From here on %(time)s instead of %(before)s for %(whose)s: the clocks are"
                      " changed in between.", time=f"{here:%H:%M}", before=earlier,
                      whose=clock.whose)
                )  # fmt: skip
            if choice.wall is None:
                before[clock.zone] = f"{here:%H:%M}"
        when = [i18n.local(starts_at, "instant", clock.zone) for clock in clocks]
        found.append(Line(on, when, warnings, "", _typed(wall), twice=twice))
    return found


def _typed(wall: datetime) -> str:
    return wall.strftime("%Y-%m-%dT%H:%M")


@bp.get("/")
@requires(Permission.CONSULTATIONS_READ)
def index() -> str:
    """Every series the person may know of."""
    return render_template("series/index.html", rows=queries.listed(), today=local_date(now()))


@bp.get("/<int:series_id>")
@requires(Permission.CONSULTATIONS_READ, on=Series)
def show(series: Series) -> str:
    """A series: its rule in words, and each of its days with what became of it."""
    plan, at = service.plan_of(series), now()
    occurrences = queries.occurrences(series.id)
    return render_template(
        "series/show.html",
        s=series,
        words=series.rule.in_words(),
        clocks=_clocks(series.company, series.zone),
        coming=[one for one in occurrences if one.starts_at > at],
        past=[one for one in reversed(occurrences) if one.starts_at <= at],
        moved={one.id for one in occurrences if service.is_moved(one, plan)},
        left_out=queries.left_out(series.id),
        short_months=series.rule.short_months(
            series.first_on, until=local_date(at) + service.AHEAD
        ),
        is_over=series.until_on is not None and series.until_on <= local_date(at),
    )


def _offer(form: PlanForm) -> None:
    names = get_day_names("wide", locale=i18n.language())
    form.weekday.choices = [(number, names[number]) for number in range(7)]
    form.position.choices = [(place, position_word(place)) for place in (1, 2, 3, 4, -1)]
    form.venue_country.choices = countries()


def _key(*parts: object) -> str:
    """A short sign of a plan as it was shown, to know whether it still stands."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _chosen(days: Sequence[date]) -> dict[date, Choice]:
    """What the person chose for single days of the preview."""
    found = {}
    for on in days:
        what = request.form.get(f"what-{on}", "keep")
        later = WHICH.get(request.form.get(f"which-{on}", ""))
        if later is not None:
            found[on] = Choice(later=later)
        if what == "leave-out":
            found[on] = Choice(is_left_out=True)
        elif what == "move":
            try:
                wall = datetime.fromisoformat(request.form.get(f"wall-{on}", ""))
            except ValueError:
                raise Refused(
                    _("%(day)s: there is no such date or time. Write it as 2026-03-26T14:00.",
                      day=i18n.day(on))
                ) from None  # fmt: skip
            found[on] = Choice(
                wall=wall.replace(tzinfo=None),
                zone=request.form.get(f"zone-{on}", "").strip(),
                venue=request.form.get(f"venue-{on}", "").strip()[:200],
                later=later,
            )
    return found


@bp.route("/start", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE)
def start() -> str | Response:
    """Begin a series: first every occurrence with what is awkward about it, then the deed."""
    known = {company.id: company for company in companies.all_companies()}
    people = {account.id: account for account in consultations.possible_delegates()}
    form = StartForm(
        data={
            "title_ko": "정기 대면협의",
            "title_en": "Regular face-to-face consultation",
            "company_id": request.args.get("company", default=0, type=int),
            "venue_country": "KR",
            "delegates": [actor().account_id],
        }
    )
    _offer(form)
    form.company_id.choices = [
        (0, _("Choose")),
        *((company.id, both(company, "name")) for company in known.values()),
    ]
    form.delegates.choices = [
        (a.id, f"{both(a, 'name')} ({both(a.organisation, 'name')})") for a in people.values()
    ]
    lines: list[Line] = []
    company, plan, at = None, None, now()
    if form.validate_on_submit():
        company, plan = known[form.company_id.data], form.plan(form.first_on.data)
        seats = form.delegates.data or []
        try:
            service.check(plan, at=at)
            days = plan.days(at=at)
            chosen = _chosen(days)
            lines = _lines(company, plan, days, delegates=seats, chosen=chosen, at=at)
            key = _key(company.id, plan)
            shown = form.seen_plan.data == key
            form.seen_plan.data = key
            stuck = [line for line in lines if line.problem and not _is_out(chosen, line.on)]
            if shown and "start" in request.form and stuck:
                raise Refused(_("Leave out or move what cannot be: %(days)s.",
                                days=", ".join(i18n.day(line.on) for line in stuck)))  # fmt: skip
            if shown and "start" in request.form:
                with transaction():
                    series = service.start(
                        company, plan, choices=chosen,
                        delegates=[people[number] for number in seats], by=actor(), at=at,
                    )  # fmt: skip
                flash(_("The series has begun. Both sides are invited to each consultation."))
                return back(url_for(".show", series_id=series.id))
        except Refused as refusal:
            refuse(form, refusal)
    return render_template(
        "series/start.html",
        form=form,
        lines=lines,
        clocks=_clocks(company, plan.zone) if company and plan and lines else [],
        short_months=_short_months(plan, at) if plan and lines else [],
        words=plan.rule.in_words() if plan and lines else "",
        typed=request.form,
        zones=ZONES,
    )


def _is_out(chosen: dict[date, Choice], on: date) -> bool:
    return on in chosen and chosen[on].is_left_out


def _short_months(plan: Plan, at: datetime) -> list[tuple[str, date | None]]:
    until = local_date(at) + service.AHEAD
    if plan.until_on is not None:
        until = min(until, plan.until_on)
    return plan.rule.short_months(plan.first_on, until=until)


@bp.route("/<int:series_id>/change", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Series)
def change(series: Series) -> str | Response:
    """Change all that comes, or one and what follows it."""
    at = now()
    coming = [
        one for one in queries.occurrences(series.id)
        if one.recurrence_on is not None and one.starts_at > at
    ]  # fmt: skip
    if not coming:
        flash(_("Nothing of this series lies ahead. Begin a new one."), "error")
        return back(url_for(".show", series_id=series.id))
    form = ChangeForm(obj=series)
    _offer(form)
    form.from_on.choices = [
        (str(one.recurrence_on),
         _("all that comes: from %(serial)s, %(day)s", serial=one.serial, day=i18n.day(one.recurrence_on))
         if place == 0 else
         _("from %(serial)s, %(day)s", serial=one.serial, day=i18n.day(one.recurrence_on)))
        for place, one in enumerate(coming)
    ]  # fmt: skip
    if "time" not in request.form:
        form.time.data = service.plan_of(series).time  # the row holds it as text
    if request.method == "GET":
        _fill_in(form, series)
    lines: list[Line] = []
    staying: list[Consultation] = []
    gone: list[Consultation] = []
    plan = None
    if form.validate_on_submit():
        from_on = date.fromisoformat(form.from_on.data)
        plan = service.aligned(form.plan(from_on), series, from_on=from_on)
        try:
            service.check(plan, at=at)
            turns = service.turns(series, plan, from_on=from_on, at=at)
            days = [turn.on for turn in turns if turn.on is not None and not turn.stays]
            was = {turn.on: turn.consultation for turn in turns}
            lines = [
                replace(line, was=_was(was[line.on]), twice=())
                for line in _lines(
                    series.company,
                    plan,
                    days,
                    at=at,
                    present={
                        on: one for on, one in was.items() if on is not None and one is not None
                    },
                )
            ]
            staying = [t.consultation for t in turns if t.stays and t.consultation is not None]
            gone = [t.consultation for t in turns
                    if t.on is None and not t.stays and t.consultation is not None]  # fmt: skip
            key = _key(series.id, from_on, plan)
            shown = form.seen_plan.data == key
            form.seen_plan.data = key
            if shown and "change" in request.form:
                with transaction():
                    rest = service.change(
                        series, plan, from_on=from_on, reason=form.reason.data or "",
                        by=actor(), at=at,
                    )  # fmt: skip
                flash(_("The series is changed. Whoever is concerned is told."))
                return back(url_for(".show", series_id=rest.id))
        except Refused as refusal:
            refuse(form, refusal)
    return render_template(
        "series/change.html", s=series, form=form, lines=lines, staying=staying, gone=gone,
        clocks=_clocks(series.company, plan.zone) if plan and lines else [], zones=ZONES,
        words=plan.rule.in_words() if plan and lines else "",
    )  # fmt: skip


def _was(consultation: Consultation | None) -> str:
    if consultation is None:
        return _("new")
    return i18n.local(consultation.starts_at, "instant", consultation.zone)


def _fill_in(form: ChangeForm, series: Series) -> None:
    plan = service.plan_of(series)
    form.unit.data, form.short_month.data = plan.rule.unit.value, plan.rule.short_month.value
    asked = request.args.get("from", "")
    if asked in dict(form.from_on.choices):
        form.from_on.data = asked


@bp.route("/<int:series_id>/end", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_SCHEDULE, on=Series)
def end(series: Series) -> str | Response:
    """Let a series end; what lies after its last day is called off."""
    form = EndForm()
    if form.validate_on_submit():
        try:
            with transaction():
                off = service.end(
                    series, last_on=form.last_on.data, reason=form.reason.data or "",
                    side=Side(form.side.data), by=actor(), at=now(),
                )  # fmt: skip
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The series has an end. Called off: %(count)s.", count=off))
            return back(url_for(".show", series_id=series.id))
    return render_template("series/end.html", s=series, form=form)
