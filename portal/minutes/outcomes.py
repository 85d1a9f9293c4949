"""What an item comes to: decisions, action items with their due dates and targets, statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.access.actor import Actor
from portal.consultations.models import Side
from portal.core import calendar
from portal.core.audit import record
from portal.core.clock import SEOUL, local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.minutes import drafting, targets
from portal.minutes.models import (
    Minutes,
    MinutesItem,
    Outcome,
    OutcomeKind,
)
from portal.minutes.targets import TypedTarget


class OutcomeConflict(Refused):
    """Somebody else changed the outcome first. Carries how it reads now."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(
            _("Somebody changed this outcome while you were writing. Compare both and save again.")
        )
        self.stamp, self.words = outcome.stamp, outcome.words()


@dataclass(frozen=True, slots=True)
class OutcomeText:
    """An outcome as it is typed: the due date as a wall time in its zone."""

    kind: OutcomeKind
    text_ko: str
    text_en: str
    owner: Side | None = None
    due_wall: datetime | None = None
    due_zone: str | None = None
    required_evidence: str = ""
    target: TypedTarget | None = None


def confirm_outcome(outcome: Outcome, *, seen: str, by: Actor, at: datetime) -> None:
    """Say that the older text of an outcome, as the person read it (`seen`), still says the same."""
    hold(outcome)
    drafting.check_editable(outcome.item.minutes)
    if seen != outcome.stamp:
        raise Refused(
            _("The text was changed while you were comparing. Read both languages again.")
        )
    if outcome.stale_language is None:
        return
    outcome.stale_language = None
    record("minutes:confirm_translation", outcome.item, by=by, at=at, outcome=outcome.id)


def add_outcome(item: MinutesItem, text: OutcomeText, *, by: Actor, at: datetime) -> Outcome:
    """Record that an item ended in information, a decision or an action item."""
    hold(item.minutes)
    drafting.check_editable(item.minutes)
    values = _outcome_values(text, item.minutes, at=at)
    for held in item.outcomes:
        if all(getattr(held, name) == value for name, value in values.items()):
            raise Refused(_("The same outcome stands there already."))
    drafting.keep_text_before(item, at=at)
    outcome = Outcome(minutes_id=item.minutes_id, **values)
    item.outcomes.append(outcome)
    db.session.flush()
    record("minutes:add_outcome", item, by=by, at=at, outcome=outcome.words())
    drafting.new_revision(item.minutes, item, at=at)
    return outcome


def edit_outcome(
    outcome: Outcome, text: OutcomeText, *, seen: str, by: Actor, at: datetime
) -> None:
    """Change an outcome that still reads as in the form; refused when somebody was faster."""
    item = outcome.item
    hold(item.minutes)
    hold(outcome)
    drafting.check_editable(item.minutes)
    before, values = outcome.words(), _outcome_values(text, item.minutes, at=at)
    if all(getattr(outcome, name) == value for name, value in values.items()):
        return
    if seen != outcome.stamp:
        raise OutcomeConflict(outcome)
    drafting.keep_text_before(item, at=at)
    outcome.stale_language = drafting.stale_after(
        outcome.stale_language,
        is_new_ko=values["text_ko"] != outcome.text_ko,
        is_new_en=values["text_en"] != outcome.text_en,
    )
    for name, value in values.items():
        setattr(outcome, name, value)
    record("minutes:edit_outcome", item, by=by, at=at, before=before, after=outcome.words())
    drafting.new_revision(item.minutes, item, at=at)


def remove_outcome(outcome: Outcome, *, by: Actor, at: datetime) -> None:
    """Take an outcome away again, before anything is binding."""
    item = outcome.item
    hold(item.minutes)
    drafting.check_editable(item.minutes)
    drafting.keep_text_before(item, at=at)
    record("minutes:remove_outcome", item, by=by, at=at, outcome=outcome.words())
    item.outcomes.remove(outcome)
    drafting.new_revision(item.minutes, item, at=at)


def _outcome_values(text: OutcomeText, minutes: Minutes, *, at: datetime) -> dict[str, object]:
    text_ko, text_en = drafting.cleaned(text.text_ko), drafting.cleaned(text.text_en)
    for field, words in (("text_ko", text_ko), ("text_en", text_en)):
        if not words:
            raise FieldError(field, _("An outcome is written in both languages."))
    drafting.check_length(text_ko=text_ko, text_en=text_en)
    is_action = text.kind is OutcomeKind.ACTION_ITEM
    owner = _owner(text) if is_action else None
    return {
        "kind": text.kind,
        "text_ko": text_ko,
        "text_en": text_en,
        "owner": owner,
        "due_at": _due(text, minutes) if is_action else None,
        "due_zone": text.due_zone if is_action else None,
        "required_evidence": drafting.cleaned(text.required_evidence) if is_action else "",
        "target": _target(text, owner, minutes) if owner else None,
    }


def _target(text: OutcomeText, owner: Side, minutes: Minutes) -> dict[str, Any] | None:
    return targets.agreed(
        text.target,
        owner=owner,
        platforms=minutes.company.platforms,
        agreed_on=local_date(minutes.consultation.starts_at, SEOUL),
    )


def _owner(text: OutcomeText) -> Side:
    if text.owner is None:
        raise FieldError("owner", _("An action item needs an owner: say which side owes it."))
    return text.owner


def _due(text: OutcomeText, minutes: Minutes) -> datetime:
    if text.due_wall is None:
        raise FieldError("due_wall", _("An action item needs a due date and time."))
    try:
        ZoneInfo(text.due_zone or "")
    except (KeyError, ValueError):
        raise FieldError("due_zone", _("No such time zone. Write it as in Asia/Seoul.")) from None
    due_at = calendar.instant(text.due_wall, text.due_zone or "", field="due_wall")
    # What both sides will adopt was agreed at the table, not when it was written down.
    if due_at <= minutes.consultation.starts_at:
        raise FieldError(
            "due_wall",
            _(
                "The due date is before the consultation at which it was agreed. Choose a later one."
            ),
        )
    return due_at
