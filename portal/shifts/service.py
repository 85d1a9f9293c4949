"""The verbs of the roster."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, select, update

from portal.access.actor import Actor, Role
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.core.audit import record
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.core.retention import Erasable, erasables
from portal.hotline.models import Intake
from portal.shifts import letters, pattern, queries
from portal.shifts.models import (
    AlarmStage,
    ChangeKind,
    HandoverNote,
    IntakeAlarm,
    OnHolidays,
    ShiftChange,
    ShiftRule,
    ShiftTerms,
)
from portal.shifts.queries import days_off

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
LONGEST = timedelta(hours=24)
BACK = timedelta(days=7)
"""So far back a change by hand may lie: who came in for whom is often noted the day after."""


def add_rule(
    *,
    account: Account | None,
    weekdays: Sequence[int],
    starts: str,
    ends: str,
    from_on: date,
    until_on: date | None = None,
    every: int = 1,
    on_holidays: OnHolidays = OnHolidays.AS_USUAL,
    by: Actor,
    at: datetime,
) -> ShiftRule:
    """Put a weekly shift on the roster, from a day on that is not past.

    `starts` and `ends` are hours of Seoul such as 22:00. A person must be a hotline operator with
    access; None is a shift to be filled by hand.
    """
    _check_operator(account)
    if not weekdays:
        raise FieldError("weekdays", _("Choose at least one weekday."))
    for name, clock in (("starts", starts), ("ends", ends)):
        if not CLOCK.fullmatch(clock):
            raise FieldError(name, _("Write the hour as 22:00."))
    if not 1 <= every <= 8:
        raise FieldError("every", _("Every week, or every so many up to 8."))
    if from_on < local_date(at):
        raise FieldError("from_on", _("What is past stays as it was: begin today or later."))
    if until_on is not None and until_on < from_on:
        raise FieldError("until_on", _("The last day comes after the first."))
    made = ShiftRule(
        account_id=account.id if account else None,
        weekdays="".join(str(day) for day in sorted(set(weekdays))),
        starts=starts, ends=ends, every=every, from_on=from_on, until_on=until_on,
        on_holidays=on_holidays, recorded_at=at,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    record("shifts:add_rule", made, by=by, at=at, account=made.account_id, weekdays=made.weekdays,
           starts=starts, ends=ends, every=every, from_on=from_on,
           until_on=until_on, on_holidays=on_holidays.value)  # fmt: skip
    return made


def _check_operator(account: Account | None) -> None:
    if account is not None and (account.role is not Role.OPERATOR or not account.is_active):
        raise FieldError("account_id", _("Choose a hotline operator who has access."))


def end_rule(rule: ShiftRule, *, until_on: date, by: Actor, at: datetime) -> None:
    """Name the last day on which a shift of a rule begins; the past stays as it was."""
    hold(rule)
    if until_on < local_date(at) - timedelta(days=1):
        raise FieldError("until_on", _("What is past stays as it was: end it yesterday or later."))
    before = rule.until_on
    rule.until_on = until_on
    record("shifts:end_rule", rule, by=by, at=at, before=before, until_on=until_on)


def add_shift(
    account: Account,
    *,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    by: Actor,
    at: datetime,
) -> ShiftChange:
    """Put one more shift on the roster by hand."""
    _check_operator(account)
    if ends_at <= starts_at or ends_at - starts_at > LONGEST:
        raise FieldError("ends_at", _("A shift ends after it begins, within 24 hours."))
    on = local_date(starts_at)
    _check_day(on, at)
    return _changed(
        ShiftChange(kind=ChangeKind.ADDED, on=on, starts_at=starts_at, ends_at=ends_at,
                    account_id=account.id),
        reason, by=by, at=at,
    )  # fmt: skip


def replace(
    rule: ShiftRule, on: date, account: Account, *, reason: str, by: Actor, at: datetime
) -> ShiftChange:
    """Let another person do the shift of a rule on one day."""
    _check_operator(account)
    _check_shift(rule, on, at)
    if account.id == rule.account_id:
        raise FieldError("account_id", _("This person does the shift already. Choose another."))
    change = ShiftChange(kind=ChangeKind.REPLACED, rule_id=rule.id, on=on, account_id=account.id)
    return _changed(change, reason, by=by, at=at)


def drop(rule: ShiftRule, on: date, *, reason: str, by: Actor, at: datetime) -> ShiftChange:
    """Take the shift of a rule off the roster on one day."""
    _check_shift(rule, on, at)
    change = ShiftChange(kind=ChangeKind.DROPPED, rule_id=rule.id, on=on)
    return _changed(change, reason, by=by, at=at)


def _check_day(on: date, at: datetime) -> None:
    if on < local_date(at - BACK):
        raise FieldError("on", _("A change is noted within seven days. Check the day."))


def _check_shift(rule: ShiftRule, on: date, at: datetime) -> None:
    """Refuse a day without a shift of the rule, and one that was changed by hand already."""
    hold(rule)
    _check_day(on, at)
    if on not in pattern.days(rule, on, on, days_off(on, on)):
        raise FieldError("on", _("This rule has no shift on that day. Choose one of its days."))
    if queries.change_of(rule, on) is not None:
        raise FieldError("on", _("This shift was changed by hand already. Take that back first."))


def _changed(change: ShiftChange, reason: str, *, by: Actor, at: datetime) -> ShiftChange:
    refuse_personal_data(reason, field="reason")
    assert by.account_id is not None
    change.reason, change.recorded_at, change.recorded_by_id = reason.strip(), at, by.account_id
    db.session.add(change)
    db.session.flush()
    record("shifts:change", change, by=by, at=at, kind=change.kind.value, rule=change.rule_id,
           on=change.on, account=change.account_id)  # fmt: skip
    return change


def take_back(change: ShiftChange, *, by: Actor, at: datetime) -> None:
    """Undo a change by hand: the roster is again what the rules say."""
    hold(change)
    if change.taken_back_at is not None:
        raise Refused(_("This change was taken back already."))
    if change.on < local_date(at - BACK):
        raise Refused(_("What is past stays as it was."))
    change.taken_back_at = at
    record("shifts:take_back", change, by=by, at=at, kind=change.kind.value, on=change.on)


# Hand-over notes


def write_note(text: str, *, by: Actor, at: datetime) -> HandoverNote:
    """Leave a word to the next shift. Personal data is refused with its kind."""
    text = text.strip()
    if not text:
        raise FieldError("text", _("Write what the next shift must know."))
    refuse_personal_data(text, field="text")
    assert by.account_id is not None
    own = [duty.until for duty in queries.on_duty(at=at) if duty.account.id == by.account_id]
    made = HandoverNote(text=text, written_at=at, written_by_id=by.account_id,
                        shift_ends_at=own[0] if own else None)  # fmt: skip
    db.session.add(made)
    db.session.flush()
    record("shifts:write_note", made, by=by, at=at)
    return made


def read_note(note: HandoverNote, *, by: Actor, at: datetime) -> None:
    """Say that one has read a note; the first who says so stands there."""
    hold(note)
    if note.written_by_id == by.account_id:
        raise Refused(_("You wrote this note. The next shift says that it has read it."))
    if note.read_at is not None:
        return
    note.read_at, note.read_by_id = at, by.account_id
    record("shifts:read_note", note, by=by, at=at)


# Terms


def set_terms(*, from_on: date, source: str, by: Actor, at: datetime, **numbers: int) -> ShiftTerms:
    """Set the terms of the roster from a day on that is not past; those before stay on record.

    `numbers` are the other columns of `ShiftTerms`, in minutes, hours, per cent, people or nights
    as their names say.
    """
    if from_on < local_date(at):
        raise FieldError("from_on", _("What is past stays as it was: begin today or later."))
    if numbers["hand_over_minutes"] < numbers["acknowledge_minutes"]:
        raise FieldError(
            "hand_over_minutes", _("The heads are told after who is on duty, not before.")
        )
    refuse_personal_data(source, field="source")
    made = ShiftTerms(from_on=from_on, source=source.strip(), set_by=by.name, set_at=at, **numbers)
    db.session.add(made)
    db.session.flush()
    record("shifts:set_terms", made, by=by, at=at, from_on=from_on, **numbers)
    return made


# Alarms


def raise_alarm(intake: Intake, stage: AlarmStage, *, by: Actor, at: datetime) -> None:
    """Tell who is on duty, or the heads, that an intake waits: each once, the row first.

    Where nobody is on duty the heads are told at once, and not a second time.
    """
    hold(intake)
    is_settled = intake.handed_over_at is not None or (
        stage is AlarmStage.ON_DUTY and intake.taken_up_at is not None
    )
    if is_settled or queries.is_raised(intake, stage):
        return
    minutes = int((at - intake.recorded_at) / timedelta(minutes=1))
    if stage is AlarmStage.HEADS:
        heads = accounts.with_role(Role.HEAD)
        _note(intake, stage, len(heads), by=by, at=at)
        letters.to_heads(heads, intake, minutes=minutes, is_nobody_on=False, at=at)
        return
    on = [duty.account for duty in queries.on_duty(at=at)]
    _note(intake, stage, len(on), by=by, at=at)
    letters.to_duty(on, intake, minutes=minutes, at=at)
    if not on and not queries.is_raised(intake, AlarmStage.HEADS):
        heads = accounts.with_role(Role.HEAD)
        _note(intake, AlarmStage.HEADS, len(heads), by=by, at=at)
        letters.to_heads(heads, intake, minutes=minutes, is_nobody_on=True, at=at)


def _note(intake: Intake, stage: AlarmStage, told: int, *, by: Actor, at: datetime) -> None:
    db.session.add(IntakeAlarm(intake_id=intake.id, stage=stage, raised_at=at, told=told))
    db.session.flush()
    record("intake:alarm", intake, by=by, at=at, stage=stage.value, told=told)


# Retention


def _due(before: datetime) -> Any:
    return (
        select(HandoverNote.id, cast(HandoverNote.id, String).label("number"),
               HandoverNote.written_at.label("since"))
        .where(HandoverNote.erased_at.is_(None), HandoverNote.written_at < before)
        .order_by(HandoverNote.id)
    )  # fmt: skip


def _erase(ids: Sequence[int], at: datetime) -> int:
    done = db.session.execute(
        update(HandoverNote)
        .where(HandoverNote.id.in_(ids), HandoverNote.erased_at.is_(None))
        .values(text="", erased_at=at)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def _left(ids: Sequence[int]) -> set[int]:
    return set(
        db.session.scalars(
            select(HandoverNote.id).where(HandoverNote.id.in_(ids), HandoverNote.text != "")
        )
    )


erasables.append(
    Erasable(
        code="handover_notes",
        table=HandoverNote.__table__,  # type: ignore[arg-type]
        columns=("text",),
        name=_l("Hand-over notes"),
        what=_l("The text. Who wrote it, when, and who read it stay."),
        since=_l("the writing"),
        days=90,
        appeal_days=0,
        least=30,
        least_appeal=0,
        most=3650,
        why=_l("A note serves the next shift. This bound is the portal's own."),
        due=_due,
        erase=_erase,
        left=_left,
    )
)
