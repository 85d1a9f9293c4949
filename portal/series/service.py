"""The verbs of series. Occurrences are consultations, and every change of one is that room's verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from portal.access.actor import CLOCK, Actor
from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.companies.models import Company
from portal.consultations import service as consultations
from portal.consultations.models import Consultation, ConsultationStatus, Side
from portal.core.audit import record
from portal.core.calendar import Twice, instant
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LazyText as _l
from portal.core.i18n import day as day_words
from portal.core.i18n import gettext as _
from portal.series import queries
from portal.series.models import LeftOut, Series
from portal.series.rule import Rule, Unit

AHEAD = timedelta(days=365)
"""Occurrences stand in everybody's calendar for so long ahead."""
S = ConsultationStatus
PLANNED = _l("Left out when it was planned.")
MOVABLE = (S.SCHEDULED, S.AGENDA_PUBLISHED)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a series is to be: the rule, the time on the anchor's clock, the place, the words."""

    rule: Rule
    first_on: date
    until_on: date | None
    time: time
    duration: int
    zone: str
    venue: str
    venue_country: str
    title_ko: str
    title_en: str

    def wall(self, on: date) -> datetime:
        """The start on a day, on the anchor's clock."""
        return datetime.combine(on, self.time)

    def days(self, *, at: datetime) -> list[date]:
        """The days of the rule that are rows by now: those of the next twelve months."""
        ahead = local_date(at) + AHEAD
        until = ahead if self.until_on is None else min(ahead, self.until_on)
        return self.rule.days(self.first_on, until=until)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person chose for one day of the rule: another time or place, or none at all."""

    is_left_out: bool = False
    wall: datetime | None = None
    zone: str = ""
    venue: str = ""
    later: bool | None = None
    """Which is meant of a time that comes twice as the clocks are put back."""


def check(plan: Plan, *, at: datetime) -> None:
    """Refuse a rule that cannot be kept: too often, never, an end before its beginning."""
    if plan.until_on is not None and plan.until_on < plan.first_on:
        raise FieldError("until_on", _("The series would end before it begins."))
    if plan.first_on > local_date(at) + AHEAD:
        raise FieldError("first_on", _("Begin within the next twelve months."))
    if plan.rule.unit is Unit.DAY:
        longest = plan.first_on + AHEAD
        if plan.until_on is None or plan.until_on > longest:
            raise FieldError(
                "until_on",
                _("A series by days lasts twelve months at most. Give an end by %(day)s.",
                  day=day_words(longest)),
            )  # fmt: skip
    days = plan.days(at=at)
    if not days:
        raise FieldError("first_on", _("The rule gives no day in the next twelve months."))
    # Duration, zone and a first time that has passed are refused at their fields.
    zone = plan.zone
    if zone not in consultations.zones():
        raise FieldError("zone", _("No such time zone. Write it as in Asia/Seoul."))
    if not 0 < plan.duration <= consultations.LONGEST:
        raise FieldError("duration", _("Give the length in minutes: 1 to 1440."))
    if plan.wall(days[0]) <= at.replace(tzinfo=None) - timedelta(days=2):
        raise FieldError("first_on", _("This time has passed. Choose one to come."))


def start(
    company: Company,
    plan: Plan,
    *,
    choices: Mapping[date, Choice] | None = None,
    delegates: Sequence[Account] = (),
    by: Actor,
    at: datetime,
) -> Series:
    """Begin a series: its occurrences of the next twelve months are scheduled, all or none."""
    check(plan, at=at)
    series = Series(company=company, created_by_id=by.account_id, created_at=at)
    _set(series, plan)
    db.session.add(series)
    db.session.flush()
    chosen = choices or {}
    for on in plan.days(at=at):
        _occur(series, plan, on, chosen.get(on, Choice()), delegates, by=by, at=at)
    record("series:start", series, by=by, at=at, rule=series.rule.as_rrule(), zone=series.zone,
           time=series.time, first_on=plan.first_on.isoformat())  # fmt: skip
    return series


def _set(series: Series, plan: Plan) -> None:
    rule = plan.rule
    series.unit, series.every, series.weekday = rule.unit, rule.every, rule.weekday
    series.position, series.day, series.short_month = rule.position, rule.day, rule.short_month
    series.first_on, series.until_on = plan.first_on, plan.until_on
    series.time, series.duration = f"{plan.time:%H:%M}", plan.duration
    series.zone, series.venue = plan.zone, plan.venue
    series.venue_country = plan.venue_country.upper()
    series.title_ko, series.title_en = plan.title_ko, plan.title_en


def plan_of(series: Series) -> Plan:
    """The plan that a series follows."""
    return Plan(
        series.rule, series.first_on, series.until_on, time.fromisoformat(series.time),
        series.duration, series.zone, series.venue, series.venue_country, series.title_ko,
        series.title_en,
    )  # fmt: skip


def _occur(
    series: Series,
    plan: Plan,
    on: date,
    choice: Choice,
    delegates: Sequence[Account],
    *,
    by: Actor,
    at: datetime,
) -> Consultation | None:
    if choice.is_left_out:
        leave_out(series, on, PLANNED.source, at=at)
        return None
    try:
        made = consultations.schedule(
            series.company,
            title_ko=plan.title_ko,
            title_en=plan.title_en,
            wall=choice.wall or plan.wall(on),
            duration=plan.duration,
            zone=choice.zone or plan.zone,
            venue=choice.venue or plan.venue,
            venue_country=plan.venue_country,
            delegates=delegates,
            later=choice.later,
            by=by,
            at=at,
        )
    except Refused as refusal:
        raise Refused(_("%(day)s: %(why)s", day=day_words(on), why=refusal.sentence)) from refusal
    made.series_id, made.recurrence_on = series.id, on
    db.session.flush()
    return made


def leave_out(series: Series, on: date, why: str, *, at: datetime) -> None:
    """Note that there is no consultation on a day of the rule, so that none comes by itself."""
    db.session.add(
        LeftOut(series_id=series.id, company_id=series.company_id, on=on, why=why[:300], at=at)
    )
    db.session.flush()


def extend(series: Series, *, at: datetime) -> int:
    """Schedule the occurrences that have come within twelve months; how many.

    A day on which it cannot be (the company sits elsewhere then, the clocks skip the hour) is
    left out with the reason, for an officer to see on the page of the series.
    """
    hold(series)
    plan = plan_of(series)
    known = queries.occurrences(series.id)
    taken = {one.recurrence_on for one in known} | {o.on for o in queries.left_out(series.id)}
    missing = [
        on for on in plan.days(at=at) if on not in taken and plan.wall(on).date() > local_date(at)
    ]
    if not missing:
        return 0
    delegates = _own_side(known[-1]) if known else []
    made = 0
    for on in missing:
        try:
            with db.session.begin_nested():
                _occur(series, plan, on, Choice(), delegates, by=CLOCK, at=at)
            made += 1
        except Refused as refusal:
            leave_out(series, on, refusal.sentence, at=at)
    record("series:extend", series, by=CLOCK, at=at, made=made, until=missing[-1].isoformat())
    return made


def _own_side(consultation: Consultation) -> list[Account]:
    numbers = [
        d.account_id
        for d in consultation.delegates
        if d.side is Side.INSTITUTION and d.account_id is not None
    ]
    with beyond_scope("the delegation of the last one comes to the next"):
        people = [db.session.get(Account, number) for number in numbers]
    return [one for one in people if one is not None and one.deactivated_at is None]


def is_moved(consultation: Consultation, plan: Plan) -> bool:
    """Whether an occurrence was given a time, length or place of its own: the rule leaves it."""
    on = consultation.recurrence_on
    if on is None:
        return True
    try:
        given = {instant(plan.wall(on), plan.zone, field="time")}
    except Twice as twice:
        given = {twice.first, twice.second}
    except FieldError:
        return True
    if consultation.starts_at not in given:
        return True
    own = (consultation.duration, consultation.zone, consultation.venue)
    return own != (plan.duration, plan.zone, plan.venue)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a change of the rule means for one occurrence."""

    consultation: Consultation | None
    on: date | None
    """The day that the changed rule gives; None where it gives none any more."""
    stays: bool
    """It was moved or called off on its own, or is left out: the rule leaves it as it is."""
    left_out: LeftOut | None = None


def aligned(plan: Plan, series: Series, *, from_on: date) -> Plan:
    """A changed plan from a day on. The same rule keeps its rhythm; another one begins with the
    month or week of that day, so that an earlier day in it takes the place of this one.

    It never goes back to the days that stay with the rule they had.
    """
    first_on, before = from_on, plan_of(series)
    if plan.rule != before.rule and plan.rule.unit is Unit.WEEK:
        first_on = from_on - timedelta(days=from_on.weekday())
    elif plan.rule != before.rule and plan.rule.unit is not Unit.DAY:
        first_on = from_on.replace(day=1)
    staying = queries.last_day_before(series.id, from_on)
    if staying is not None:
        # In the same month or week still, so that every second one is the same as before.
        first_on = max(first_on, staying + timedelta(days=1))
    return replace(plan, first_on=first_on)


def turns(series: Series, plan: Plan, *, from_on: date, at: datetime) -> list[Turn]:
    """How a changed plan meets what is there, from a day on, occurrence by occurrence.

    A new rule moves the entries in people's calendars and does not replace them: what has no day
    in it any more takes the first of its days that nothing has yet.
    """
    before = plan_of(series)
    old: list[tuple[date, Consultation | LeftOut]] = [
        (one.recurrence_on, one)
        for one in queries.occurrences(series.id, since=from_on)
        if one.recurrence_on is not None
    ]
    old += [(out.on, out) for out in queries.left_out(series.id, since=from_on)]
    old.sort(key=lambda pair: pair[0])
    today = local_date(at)
    new = [on for on in plan.days(at=at) if on > today]
    # What has its day in both rules keeps it; the others follow in order.
    kept = {on for on, _one in old} & set(new)
    free = iter([on for on in new if on not in kept])
    found = []
    for was, one in old:
        on = was if was in kept else next(free, None)
        if isinstance(one, LeftOut):
            found.append(Turn(None, on, stays=True, left_out=one))
            continue
        stays = one.status not in MOVABLE or one.starts_at <= at or is_moved(one, before)
        found.append(Turn(one, on, stays))
    found += [Turn(None, on, stays=False) for on in free]
    return sorted(found, key=lambda turn: turn.on or date.max)


def change(
    series: Series,
    plan: Plan,
    *,
    from_on: date,
    reason: str = "",
    side: Side = Side.INSTITUTION,
    by: Actor,
    at: datetime,
) -> Series:
    """Change a series from one of its days on; return the series that goes on from there.

    What lies before the day stays, with the rule it had. An occurrence that was moved, cancelled
    or held stays as it is. One for which the changed rule has no day is called off.
    """
    hold(series)
    plan = aligned(plan, series, from_on=from_on)
    check(plan, at=at)
    coming = turns(series, plan, from_on=from_on, at=at)
    earlier = [
        one
        for one in queries.occurrences(series.id)
        if one.recurrence_on is not None and one.recurrence_on < from_on
    ]
    rest = series
    if earlier:
        rest = Series(company=series.company, previous_id=series.id, created_by_id=by.account_id,
                      created_at=at)  # fmt: skip
    delegates = _own_side(earlier[-1]) if earlier else []
    if earlier:
        series.until_on = from_on - timedelta(days=1)
    _set(rest, plan)
    db.session.add(rest)
    db.session.flush()
    for turn in coming:
        if turn.left_out is not None:
            # What was left out stays so on the day that takes its place.
            turn.left_out.series_id = rest.id
            turn.left_out.on = turn.on or turn.left_out.on
    kept = [turn.consultation for turn in coming if turn.consultation is not None]
    delegates = _own_side(kept[-1]) if kept else delegates
    # Numbers of days are unique in nothing but the list: they change hands together.
    for turn in coming:
        if turn.consultation is not None:
            turn.consultation.series_id = rest.id
            turn.consultation.recurrence_on = turn.on or turn.consultation.recurrence_on
    db.session.flush()
    for turn in coming:
        if turn.consultation is None and turn.on is not None and not turn.stays:
            _occur(rest, plan, turn.on, Choice(), delegates, by=by, at=at)
        elif turn.consultation is not None and not turn.stays:
            _follow(turn.consultation, turn.on, plan, reason=reason, side=side, by=by, at=at)
    record("series:change", rest, by=by, at=at, from_on=from_on.isoformat(), before=series.id,
           rule=rest.rule.as_rrule(), zone=rest.zone, time=rest.time)  # fmt: skip
    return rest


def _follow(
    consultation: Consultation,
    on: date | None,
    plan: Plan,
    *,
    reason: str,
    side: Side,
    by: Actor,
    at: datetime,
) -> None:
    """Give an occurrence what the changed plan says, by the verbs of a consultation."""
    if on is None:
        why = reason or _("The series has no such day any more.")
        consultations.cancel(consultation, side=side, reason=why, by=by, at=at)
        return
    wall: Any = plan.wall(on)
    starts_at = instant(wall, plan.zone, field="time")
    there = (starts_at, plan.duration, plan.zone)
    if there != (consultation.starts_at, consultation.duration, consultation.zone):
        consultations.reschedule(
            consultation, wall=wall, duration=plan.duration, zone=plan.zone, venue=plan.venue,
            venue_country=plan.venue_country, reason=reason, by=by, at=at,
        )  # fmt: skip
    consultations.correct(
        consultation, title_ko=plan.title_ko, title_en=plan.title_en, venue=plan.venue,
        venue_country=plan.venue_country, by=by, at=at,
    )  # fmt: skip


def end(
    series: Series,
    *,
    last_on: date,
    reason: str,
    side: Side = Side.INSTITUTION,
    by: Actor,
    at: datetime,
) -> int:
    """Let a series end with a day; what the rule has put after it is called off. How many."""
    hold(series)
    if last_on < local_date(at) - AHEAD:
        raise FieldError("last_on", _("Choose a day that is not long past."))
    if not reason.strip():
        raise FieldError("reason", _("Say why: it stays on record and is told to both sides."))
    if series.until_on is not None and last_on > series.until_on:
        raise FieldError(
            "last_on",
            _("The series ends on %(day)s already. Choose that day or an earlier one.",
              day=day_words(series.until_on)),
        )  # fmt: skip
    plan = plan_of(series)
    off = 0
    for one in queries.occurrences(series.id, since=last_on + timedelta(days=1)):
        if one.status in MOVABLE and one.starts_at > at and not is_moved(one, plan):
            consultations.cancel(one, side=side, reason=reason, by=by, at=at)
            off += 1
    series.until_on = last_on
    record("series:end", series, by=by, at=at, last_on=last_on.isoformat(), cancelled=off,
           reason=reason)  # fmt: skip
    return off
