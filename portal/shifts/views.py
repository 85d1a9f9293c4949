"""Doors of the duty roster."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.actor import Role
from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.accounts.models import Account
from portal.core import charts, i18n
from portal.core.calendar import instant
from portal.core.clock import SEOUL, local_date, now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.figures import shown
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.web import Page, back, page_number, refuse
from portal.facts import queries as facts
from portal.holidays import queries as holidays
from portal.shifts import capacity, forms, pattern, queries, service
from portal.shifts.models import HandoverNote, OnHolidays, ProblemKind, ShiftChange, ShiftRule
from portal.shifts.pattern import DAY, Shift

bp = Blueprint("shifts", __name__, url_prefix="/shifts")

WEEK = timedelta(days=7)
NOTES_FRESH = timedelta(days=3)


@bp.get("/")
@requires(Permission.SHIFTS_READ)
def index() -> str:
    """Who is on, what is wrong with the coming weeks, the week; an operator sees the own shifts."""
    at, me = now(), actor()
    terms = queries.terms_on(local_date(at))
    week = _asked_week(at)
    first = pattern.wall(week, pattern.time())
    shifts = queries.roster(first, first + WEEK)
    is_whole = me.role is not Role.OPERATOR
    if not is_whole:
        shifts = [shift for shift in shifts if shift.account_id == me.account_id]
    problems = (
        queries.problems(at=at, terms=terms, plan=queries.plan(terms, at=at)) if is_whole else []
    )
    short = [p for p in problems if p.kind is ProblemKind.SHORT]
    wanted = {shift.account_id for shift in shifts}
    for problem in problems:
        wanted |= {*problem.people}
    return render_template(
        "shifts/index.html",
        at=at,
        on_duty=queries.on_duty(at=at),
        problems=[p for p in problems if p.kind is not ProblemKind.SHORT],
        short=short,
        short_by_day=groupby(short, key=lambda p: local_date(p.starts_at)),
        days=_days(week, shifts),
        week=week,
        weeks=(week - WEEK, week + WEEK),
        days_off=holidays.names_between("KR", week, week + WEEK, i18n.language()),
        people=queries.people(wanted),
        rules=queries.rules(),
        changes=queries.changes_since(local_date(at)),
        unread=queries.unread_notes(since=at - NOTES_FRESH),
        alarms=queries.alarms(),
        terms=terms,
        is_whole=is_whole,
        weekday_names=forms.weekday_names(),
        ahead=queries.AHEAD.days // 7,
    )


def _asked_week(at: datetime) -> date:
    """The Monday of the week asked for; this week where that is no day."""
    try:
        on = date.fromisoformat(request.args.get("week", ""))
    except ValueError:
        on = local_date(at)
    if not 2000 <= on.year <= 2100:
        on = local_date(at)
    return on - timedelta(days=on.weekday())


def _days(week: date, shifts: Sequence[Shift]) -> list[tuple[date, list[Shift]]]:
    """The days of a week with the shifts that begin on them; the first also has those that reach in."""
    return [
        (on, [s for s in shifts if s.on == on or (s.on < on == week)])
        for on in (week + n * DAY for n in range(7))
    ]


def _people() -> list[tuple[int, str]]:
    return [(account.id, both(account, "name")) for account in queries.operators()]


def _account(number: int | None) -> Account | None:
    return db.session.get(Account, number) if number else None


@bp.route("/rules/add", methods=["GET", "POST"])
@requires(Permission.SHIFTS_EDIT)
def add_rule() -> str | AnyResponse:
    """Put a weekly shift on the roster."""
    form = forms.RuleForm(people=_people(), nobody=_("nobody yet, to be filled by hand"))
    if form.validate_on_submit():
        try:
            with transaction():
                service.add_rule(
                    account=_account(form.account_id.data),
                    weekdays=form.weekdays.data or [],
                    starts=forms.as_clock(form.starts.data),
                    ends=forms.as_clock(form.ends.data),
                    every=form.every.data,
                    from_on=form.from_on.data,
                    until_on=form.until_on.data,
                    on_holidays=OnHolidays(form.on_holidays.data),
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The shift is on the roster."))
            return back(url_for(".index"))
    return render_template("shifts/add_rule.html", form=form)


@bp.route("/rules/<int:shift_rule_id>/end", methods=["GET", "POST"])
@requires(Permission.SHIFTS_EDIT, on=ShiftRule)
def end_rule(rule: ShiftRule) -> str | AnyResponse:
    """Name the last day of a weekly shift."""
    form = forms.EndForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.end_rule(rule, until_on=form.until_on.data, by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The rule ends then."))
            return back(url_for(".index"))
    return render_template("shifts/end_rule.html", form=form, rule=rule)


@bp.route("/rules/<int:shift_rule_id>/change", methods=["GET", "POST"])
@requires(Permission.SHIFTS_EDIT, on=ShiftRule)
def change(rule: ShiftRule) -> str | AnyResponse:
    """Give one shift of a rule to another person, or take it off the roster."""
    form = forms.ChangeForm(people=_people(), nobody=_("nobody: take this shift off the roster"))
    if form.validate_on_submit():
        account = _account(form.account_id.data)
        said: dict[str, Any] = {"reason": form.reason.data or "", "by": actor(), "at": now()}
        try:
            with transaction():
                if account is None:
                    service.drop(rule, form.on.data, **said)
                else:
                    service.replace(rule, form.on.data, account, **said)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Changed by hand."))
            return back(url_for(".index", week=form.on.data.isoformat()))
    elif not form.is_submitted():
        form.on.data = _day_asked()
    return render_template("shifts/change.html", form=form, rule=rule)


def _day_asked() -> date | None:
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return None


@bp.route("/add", methods=["GET", "POST"])
@requires(Permission.SHIFTS_EDIT)
def add_shift() -> str | AnyResponse:
    """Put one more shift on the roster by hand."""
    form = forms.AddForm(people=_people())
    if form.validate_on_submit():
        account = _account(form.account_id.data)
        if account is None:
            form.account_id.errors = [_("Choose an operator.")]
            return render_template("shifts/add_shift.html", form=form)
        try:
            with transaction():
                made = service.add_shift(
                    account,
                    starts_at=instant(form.starts_at.data, SEOUL.key, field="starts_at"),
                    ends_at=instant(form.ends_at.data, SEOUL.key, field="ends_at"),
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
                on = made.on
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The shift is on the roster."))
            return back(url_for(".index", week=on.isoformat()))
    return render_template("shifts/add_shift.html", form=form)


@bp.post("/changes/<int:shift_change_id>/take-back")
@requires(Permission.SHIFTS_EDIT, on=ShiftChange)
def take_back(changed: ShiftChange) -> AnyResponse:
    """Undo a change by hand."""
    on = changed.on
    with transaction():
        service.take_back(changed, by=actor(), at=now())
    flash(_("Taken back: the roster is what the rules say."))
    return back(url_for(".index", week=on.isoformat()))


# Hand-over notes


@bp.route("/notes", methods=["GET", "POST"])
@requires(Permission.SHIFTS_READ)
def notes() -> str | AnyResponse:
    """What one shift left to the next; operators write more."""
    form = forms.NoteForm() if can(Permission.SHIFTS_NOTE) else None
    if form is not None and form.validate_on_submit():
        try:
            with transaction():
                service.write_note(form.text.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The next shift finds it here and on the desk."))
            return back(url_for(".notes"))
    return render_template(
        "shifts/notes.html",
        form=form,
        page=Page(queries.notes(), number=page_number()),
        me=actor(),
    )


@bp.post("/notes/<int:handover_note_id>/read")
@requires(Permission.SHIFTS_NOTE, on=HandoverNote)
def read_note(note: HandoverNote) -> AnyResponse:
    """Say that one has read a note."""
    with transaction():
        service.read_note(note, by=actor(), at=now())
    flash(_("Noted as read."))
    return back(url_for(".notes"))


# Terms


@bp.route("/terms", methods=["GET", "POST"])
@requires(Permission.SHIFTS_READ_TERMS)
def terms() -> str | AnyResponse:
    """The terms of the roster, dated; heads and administrators set others."""
    at = now()
    held = queries.terms_on(local_date(at))
    form = forms.TermsForm(obj=held) if can(Permission.SHIFTS_SET_TERMS) else None
    if form is not None and form.validate_on_submit():
        try:
            with transaction():
                service.set_terms(
                    from_on=form.from_on.data,
                    source=form.source.data or "",
                    by=actor(),
                    at=at,
                    **{name: form[name].data for name in forms.NUMBERS},
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The terms are set."))
            return back(url_for(".terms"))
    elif form is not None and not form.is_submitted():
        form.from_on.data, form.source.data = local_date(at), held.source_shown
    return render_template("shifts/terms.html", form=form, held=held, all_terms=queries.all_terms())


# Plans


@bp.get("/staffing")
@requires(Permission.SHIFTS_PLAN)
def staffing() -> str:
    """Arrivals by hour and weekday, the people they need, and the people on the roster."""
    at = now()
    held = queries.terms_on(local_date(at))
    plan = queries.plan(held, at=at)
    on = queries.rostered(plan, at=at)
    names = [*forms.weekday_names(), _("Public holidays")]
    short = [
        (row, hour)
        for row in range(8)
        for hour in range(24)
        if (there := on[row][hour]) is not None and there < plan.needed[row][hour]
    ]
    return render_template(
        "shifts/staffing.html",
        plan=plan,
        terms=held,
        names=names,
        on=on,
        short=len(short),
        chart=_week_chart(plan, on, names),
        ahead=queries.AHEAD.days // 7,
    )


def _week_chart(
    plan: queries.Plan, on: Sequence[Sequence[Fraction | None]], names: Sequence[str]
) -> Any:
    rows = [
        charts.WeekRow(
            names[row],
            [float(mean) for mean in plan.per_hour[row]],
            plan.needed[row],
            [None if there is None else float(there) for there in on[row]],
        )
        for row in range(8)
    ]
    return charts.week_chart(
        rows,
        title=_("Intakes by hour and weekday against staff"),
        description=_(
            "For each weekday and for public holidays: mean intakes an hour as bars, people needed"
            " and people on the roster as steps. The table below holds the same figures."
        ),
        words=(
            _("intakes an hour, on average"), _("people needed"), _("people on the roster"),
            _("fewer than needed"),
        ),
        format=lambda value: shown(value).removesuffix(".0"),
    )  # fmt: skip


class Asked(NamedTuple):
    """The numbers of the address, what was typed for each, and what is wrong with it."""

    plan: capacity.Plan
    typed: dict[str, str]
    faults: dict[str, str]


PLAIN = re.compile(r"[0-9]{1,7}([.,][0-9]{1,3})?")
BOUNDS = {
    "staff": (0, 2000), "per_day": (0, 1000000), "minutes": (1, 1440), "hours": (1, 168),
    "backlog": (0, 9999999), "weeks": (1, 52),
}  # fmt: skip
WHOLE = ("staff", "weeks")
PUBLISHED_STAFF = "70 -> 140 staff"
"""The figure of the published plan, as it stands in the table of published facts."""
BESIDE = (
    PUBLISHED_STAFF, "136 -> 347", "8 -> 9", "168000 / 146000 / 14731", "about 80000 / about 5000",
)  # fmt: skip


def asked(given: Mapping[str, str], own: Mapping[str, Fraction]) -> Asked:
    """The numbers of an address; one that is missing or wrong is our own."""
    values, typed, faults = dict(own), {}, {}
    for name, (low, high) in BOUNDS.items():
        text = given.get(name, "").strip()
        typed[name] = text or shown(own[name]).removesuffix(".0").replace(",", "")
        if not text:
            continue
        # Plain decimals only: 1e99999999 is a number too, and takes hours to write out.
        value = Fraction(text.replace(",", ".")) if PLAIN.fullmatch(text) else Fraction(-1)
        if not low <= value <= high or (name in WHOLE and value.denominator != 1):
            faults[name] = (
                _("Write a whole number from %(low)s to %(high)s.", low=low, high=high)
                if name in WHOLE
                else _("Write a number from %(low)s to %(high)s.", low=low, high=high)
            )
        else:
            values[name] = value
    plan = capacity.Plan(
        int(values["staff"]), values["per_day"], values["minutes"], values["hours"],
        values["backlog"], int(values["weeks"]),
    )  # fmt: skip
    return Asked(plan, typed, faults)


@bp.get("/capacity")
@requires(Permission.SHIFTS_PLAN)
def capacity_what_if() -> str:
    """What a number of staff would make of the work: nothing is stored, the address holds it all."""
    at = now()
    held = queries.terms_on(local_date(at))
    history = queries.plan(held, at=at)
    own = {
        "staff": Fraction(len(queries.operators())), "per_day": history.per_day,
        "minutes": Fraction(held.handling_minutes), "hours": Fraction(capacity.WEEKLY_HOURS),
        "backlog": Fraction(queries.waiting_items()), "weeks": Fraction(12),
    }  # fmt: skip
    said = asked(request.args, own)
    weeks = capacity.run(said.plan)
    published = [fact for fact in facts.all_facts() if fact.figure in BESIDE]
    return render_template(
        "shifts/capacity.html",
        asked=said,
        plan=said.plan,
        weeks=weeks,
        history=history,
        own=own,
        cleared=capacity.cleared_in(said.plan),
        published=published,
        presets=[
            (count, url_for(".capacity_what_if", **_given(staff=str(count))))
            for count in (70, 140)
        ],
        backlog_chart=_capacity_chart(
            weeks, [float(week.backlog) for week in weeks], _("Backlog at the end of the week"),
            _("items"),
        ),
        wait_chart=_capacity_chart(
            weeks, [None if week.wait is None else float(week.wait) for week in weeks],
            _("Days until the last to come is done"), _("days"),
        ),
    )  # fmt: skip


def _given(**more: str) -> dict[str, Any]:
    return {name: text for name, text in request.args.items() if name in BOUNDS} | more


def _capacity_chart(
    weeks: Sequence[capacity.Week], values: Sequence[float | None], title: str, unit: str
) -> Any:
    places = 1 if max((value or 0 for value in values), default=0) > 1 else 3
    return charts.line_chart(
        [charts.Series("what_if", "", values)],
        [str(week.number) for week in weeks],
        title=title,
        description=_("By week, from week 0, the start, on. What-if: not a measured figure."),
        # Less than a day or two needs its places, or every line of the scale bears the same number.
        format=lambda value: (
            f"{shown(value, places).rstrip('0').rstrip('.') if value else 0} {unit}"
        ),
    )
