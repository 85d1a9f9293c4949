"""Reminders by the clock, and the table of duties they follow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from portal.access.actor import CLOCK, Actor
from portal.companies.models import Company
from portal.consultations.duties import (
    AFTER,
    BEFORE,
    MOST_DAYS,
    WITH_DEADLINE,
    Duty,
    DutyKind,
    Moment,
    Rule,
    Whom,
    WorkingDays,
    fixed_at,
    is_time,
    moment,
    rules_for,
)
from portal.consultations.models import Consultation
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError
from portal.core.i18n import gettext as _
from portal.minutes.models import Minutes
from portal.reminders import letters, queries
from portal.reminders.models import Reminder
from portal.reminders.queries import AWAITING_ANSWER, FIXED, NOT_RELEASED, Recipient


@dataclass(frozen=True, slots=True)
class Saying:
    """One duty that is, was or will be said to one person, and the time it hangs on."""

    moment: Moment
    to: Recipient
    armed_for: datetime

    @property
    def key(self) -> tuple[DutyKind, str, datetime]:
        """What makes it once."""
        return self.moment.rule.kind, self.to.key, self.armed_for


def sayings(
    consultation: Consultation, minutes: Minutes | None, *, days: WorkingDays
) -> list[Saying]:
    """Everything that is to be said about a consultation as it stands now, in order of time.

    Nothing for one that has no date that stands, is cancelled, or whose minutes are with everyone.
    """
    kinds = _kinds(consultation, minutes)
    if not kinds:
        return []
    rules = rules_for(consultation.company_id)
    people = queries.people_around(consultation)
    found = []
    for kind in kinds:
        armed_for = _armed_for(kind, consultation, minutes)
        for person in queries.told_of(rules[kind], people, consultation):
            told = moment(
                rules[kind], consultation, country=person.country,
                zone=ZoneInfo(person.time_zone), days=days,
                answer_by=minutes.deadline_at if minutes is not None else None,
            )  # fmt: skip
            if told is not None and armed_for is not None:
                found.append(Saying(told, person, armed_for))
    return sorted(found, key=lambda one: (one.moment.send_at, one.to.side, one.to.name))


def _kinds(consultation: Consultation, minutes: Minutes | None) -> tuple[DutyKind, ...]:
    if consultation.status in FIXED:
        return BEFORE
    if consultation.held_at is None:
        return ()
    if minutes is None or minutes.status in NOT_RELEASED:
        return (DutyKind.MINUTES_DUE,)
    if minutes.status in AWAITING_ANSWER and letters.unanswered_in(minutes):
        return (DutyKind.MINUTES_ANSWER,)
    return ()


def _armed_for(
    kind: DutyKind, consultation: Consultation, minutes: Minutes | None
) -> datetime | None:
    if kind in BEFORE:
        return consultation.starts_at
    if kind is DutyKind.MINUTES_DUE:
        return consultation.held_at
    return minutes.deadline_at if minutes is not None else None


def _armed_at(
    kind: DutyKind, consultation: Consultation, minutes: Minutes | None
) -> datetime | None:
    """Since when the duty has hung on this time. What fell due before that, its cause has said."""
    if kind in BEFORE:
        return fixed_at(consultation)
    if kind is DutyKind.MINUTES_DUE:
        return consultation.held_at
    return minutes.released_at if minutes is not None else None


def due(
    consultation: Consultation, minutes: Minutes | None, *, days: WorkingDays, at: datetime
) -> list[Saying]:
    """What is to be said at this minute and was not said yet."""
    now_due = []
    for one in sayings(consultation, minutes, days=days):
        zone = ZoneInfo(one.to.time_zone)
        since = _armed_at(one.moment.rule.kind, consultation, minutes)
        if since is not None and one.moment.send_at < since:
            continue
        if is_time(one.moment, at=at, country=one.to.country, zone=zone, days=days):
            now_due.append(one)
    if not now_due:
        return []
    told = queries.already_told(consultation.id)
    return [one for one in now_due if one.key not in told]


def remind(consultation: Consultation, *, days: WorkingDays, at: datetime) -> int:
    """Write what is due about a consultation, each once; return how many letters.

    The consultation is held while it is judged: what is cancelled or moved at this moment is
    either seen here, or waits until the reminder is written.
    """
    hold(consultation)
    minutes = queries.minutes_of(consultation)
    said: dict[str, list[str]] = {}
    for one in due(consultation, minutes, days=days, at=at):
        number = _claim(one, consultation, at=at)
        if number is None:  # another process was first
            continue
        letter = letters.tell(one.moment, consultation, minutes, to=one.to, at=at)
        db.session.flush()
        reminder = db.session.get(Reminder, number)
        if reminder is not None:
            reminder.letter_id = letter.id
        said.setdefault(one.moment.rule.kind.value, []).append(one.to.name)
    for kind, names in said.items():
        record("reminders:send", consultation, by=CLOCK, at=at, kind=kind, to=names)
    return sum(map(len, said.values()))


def _claim(one: Saying, consultation: Consultation, *, at: datetime) -> int | None:
    """Take a reminder as one's own to send: the key lets one process have it, and once."""
    insert = sqlite_insert if db.engine.dialect.name == "sqlite" else postgresql_insert
    kind, recipient, armed_for = one.key
    return db.session.scalar(
        insert(Reminder)
        .values(
            kind=kind, consultation_id=consultation.id, company_id=consultation.company_id,
            recipient=recipient, name=one.to.name, organisation_id=one.to.organisation_id,
            armed_for=armed_for, sent_at=at,
        )
        .on_conflict_do_nothing(
            index_elements=["consultation_id", "kind", "recipient", "armed_for"]
        )
        .returning(Reminder.id)
    )  # fmt: skip


def set_duty(
    kind: DutyKind,
    company: Company | None,
    *,
    days: int,
    notice: int,
    whom: Whom,
    is_active: bool,
    by: Actor,
    at: datetime,
) -> None:
    """Change a duty for a company, or for all that have none of their own.

    Refused where the days make no sense: more than sixty, or a reminder after what it reminds of.
    """
    _check(kind, days, notice)
    if kind not in WITH_DEADLINE:
        notice = 0
    duty = queries.duty(kind, company.id if company else None)
    before = duty.as_rule() if duty else None
    if duty is None:
        duty = Duty(kind=kind, company_id=company.id if company else None)
        db.session.add(duty)
    duty.days, duty.notice, duty.whom, duty.is_active = days, notice, whom, is_active
    duty.changed_at, duty.changed_by = at, by.name
    db.session.flush()
    record("duties:set", duty, by=by, at=at, kind=kind, company=company.slug if company else None,
           before=_as_values(before), after=_as_values(duty.as_rule()))  # fmt: skip


def _check(kind: DutyKind, days: int, notice: int) -> None:
    if not 0 <= days <= MOST_DAYS:
        raise FieldError("days", _("Give a number of working days from 0 to 60."))
    if not 0 <= notice <= MOST_DAYS:
        raise FieldError("notice", _("Give a number of working days from 0 to 60."))
    if kind is DutyKind.MINUTES_DUE and notice > days:
        raise FieldError(
            "notice", _("Nobody can be told before the consultation was held. Give fewer days.")
        )
    if kind not in AFTER and days == 0 and kind in WITH_DEADLINE:
        raise FieldError("days", _("It must fall due before the consultation. Give at least 1."))


def _as_values(rule: Rule | None) -> dict[str, object] | None:
    if rule is None:
        return None
    return {"days": rule.days, "notice": rule.notice, "whom": rule.whom, "active": rule.is_active}


def drop_duty(kind: DutyKind, company: Company | None, *, by: Actor, at: datetime) -> None:
    """Take a changed duty back: what holds for all holds again, or the house's own rule."""
    duty = queries.duty(kind, company.id if company else None)
    if duty is None:
        return
    record("duties:drop", duty, by=by, at=at, kind=kind, company=company.slug if company else None,
           before=_as_values(duty.as_rule()))  # fmt: skip
    db.session.delete(duty)
    db.session.flush()
