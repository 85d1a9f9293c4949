"""Action items: opened by adopted minutes, reminded of by the clock, never quietly moved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from portal.access.actor import Actor, OrganisationKind
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Organisation
from portal.actions import letters
from portal.actions.models import OWED, ActionItem, ActionStatus
from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core import calendar
from portal.core.audit import record
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.institution import queries as institution
from portal.minutes import service as minutes_service
from portal.minutes.models import Minutes, Outcome, OutcomeKind

BEFORE = (14, 7, 3, 1, 0)
AFTER = (1, 7)
ESCALATION = (7, 21, 45)
WEEK = 7


def accept_minutes(minutes: Minutes, *, content_hash: str, by: Actor, at: datetime) -> bool:
    """Accept minutes for one side; where that adopts them, open what was agreed in them.

    This stands here and not in the minutes room because that room does not know action items:
    adoption and the opening of its action items are one transaction, in the room that knows both.
    """
    is_adopted = minutes_service.accept(minutes, content_hash=content_hash, by=by, at=at)
    if is_adopted:
        open_agreed(minutes, by=by, at=at)
    return is_adopted


def adopt_lapsed(minutes: Minutes, *, by: Actor, at: datetime) -> bool:
    """Adopt on silence where the company's own rule says so, and open what was agreed."""
    is_adopted = minutes_service.adopt_by_lapse(minutes, by=by, at=at)
    if is_adopted:
        open_agreed(minutes, by=by, at=at)
    return is_adopted


def open_agreed(minutes: Minutes, *, by: Actor, at: datetime) -> list[ActionItem]:
    """Make an open action item of every action outcome of adopted minutes."""
    if not minutes.is_binding:
        raise Refused(_("Action items are agreed through adopted minutes."))
    with beyond_scope("what was agreed is opened for both sides, whoever accepted last"):
        known = set(
            db.session.scalars(
                select(ActionItem.outcome_id).where(
                    ActionItem.consultation_id == minutes.consultation_id
                )
            )
        )
        items = [
            _open(minutes, outcome, by=by, at=at)
            for item in minutes.items
            for outcome in item.outcomes
            if outcome.kind is OutcomeKind.ACTION_ITEM and outcome.id not in known
        ]
    letters.agreed(minutes, items, at=at)
    return items


def _open(minutes: Minutes, outcome: Outcome, *, by: Actor, at: datetime) -> ActionItem:
    owner, due_at = outcome.owner, outcome.due_at
    if owner is None or due_at is None:
        raise Refused(_("An action item needs an owner: say which side owes it."))
    acceptance = minutes.accepted_by(owner)
    item = ActionItem(
        company_id=minutes.company_id,
        number=next_number(minutes.company_id, at=at),
        text_ko=outcome.text_ko,
        text_en=outcome.text_en,
        owner=owner,
        owner_organisation_id=_organisation(owner, minutes.company_id, at=at),
        contact_id=acceptance.account_id if acceptance else None,
        due_at=due_at,
        due_zone=outcome.due_zone,
        required_evidence=outcome.required_evidence,
        consultation_id=minutes.consultation_id,
        minutes_item_id=outcome.item_id,
        outcome_id=outcome.id,
        status=ActionStatus.AGREED,
        agreed_at=at,
        is_synthetic=minutes.consultation.is_synthetic,
    )
    db.session.add(item)
    db.session.flush()
    record("actions:open", item, by=by, at=at, number=item.number, minutes=minutes.id)
    return item


def next_number(company_id: int, *, at: datetime) -> str:
    """The next number of a company and year. The company's row is held, so there is no gap."""
    with beyond_scope("numbers run on, whoever sees them"):
        company = db.session.scalars(
            select(Company).where(Company.id == company_id).with_for_update()
        ).one()
        prefix = f"{company.name_en} A-{local_date(at).year}-"
        taken = db.session.scalar(
            select(func.count(ActionItem.id)).where(
                ActionItem.company_id == company_id,
                ActionItem.number.startswith(prefix, autoescape=True),
            )
        )
    return f"{prefix}{(taken or 0) + 1:03d}"


def _organisation(owner: Side, company_id: int, *, at: datetime) -> int:
    if owner is Side.COMPANY:
        return company_id
    ours = institution.on(local_date(at))
    if ours is not None:
        return ours.organisation_id
    return db.session.scalars(
        select(Organisation.id).where(Organisation.kind == OrganisationKind.INSTITUTION)
    ).one()


def record_by_hand(
    company: Company,
    *,
    text_ko: str,
    text_en: str,
    owner: Side,
    due_wall: datetime,
    due_zone: str,
    required_evidence: str = "",
    source: str = "",
    consultation_id: int | None = None,
    is_synthetic: bool = False,
    by: Actor,
    at: datetime,
) -> ActionItem:
    """Record a promise that stands in no minutes here: agreed if its source is named."""
    due_at = calendar.instant(due_wall, due_zone, field="due_wall")
    for field, words in (("text_ko", text_ko), ("text_en", text_en)):
        if not words.strip():
            raise FieldError(field, _("An action item is written in both languages."))
    twin = select(ActionItem.number).where(
        ActionItem.company_id == company.id,
        ActionItem.text_en == text_en.strip(),
        ActionItem.due_at == due_at,
    )
    if (number := db.session.scalar(twin.limit(1))) is not None:
        raise Refused(_("The same promise is recorded already as %(number)s.", number=number))
    item = ActionItem(
        company_id=company.id,
        number=next_number(company.id, at=at),
        text_ko=text_ko.strip(),
        text_en=text_en.strip(),
        owner=owner,
        owner_organisation_id=_organisation(owner, company.id, at=at),
        contact_id=_first_contact(owner, company.id),
        due_at=due_at,
        due_zone=due_zone,
        required_evidence=required_evidence.strip(),
        consultation_id=consultation_id,
        status=ActionStatus.AGREED if source.strip() else ActionStatus.PROPOSED,
        agreed_at=at if source.strip() else None,
        source=source.strip() or None,
        is_synthetic=is_synthetic,
    )
    db.session.add(item)
    db.session.flush()
    record("actions:record", item, by=by, at=at, number=item.number, status=item.status.value)
    return item


def _first_contact(owner: Side, company_id: int) -> int | None:
    people = (
        accounts.of_company(company_id)
        if owner is Side.COMPANY
        else accounts.officers_for(company_id)
    )
    return people[0].id if people else None


def begin(item: ActionItem, *, by: Actor, at: datetime) -> None:
    """The owner says that the work has begun."""
    hold(item)
    if by.side != item.owner.value:
        raise Refused(_("Only the side that owes an action item says that it has begun."))
    item.move(ActionStatus.IN_PROGRESS)
    record("actions:begin", item, by=by, at=at)


def milestone(item: ActionItem, *, at: datetime) -> tuple[int, int] | None:
    """The reminder that is due: (days after the due day, escalation level or 0).

    None when the latest one has been sent. A day the clock slept through is made up once, with
    the latest reminder only; an escalation that was slept through is not lost.
    """
    now_at = -item.days_left(at=at)
    since = item.last_reminded_at or item.agreed_at
    before = -item.days_left(at=since) if since else -max(BEFORE) - 1
    steps = [-days for days in BEFORE] + [*AFTER, *ESCALATION]
    steps += range(2 * WEEK, max(now_at, 0) + 1, WEEK)
    due = [step for step in sorted(set(steps)) if before < step <= now_at]
    if not due:
        return None
    levels = [ESCALATION.index(step) + 1 for step in due if step in ESCALATION]
    return now_at, max(levels, default=0)


def remind(item: ActionItem, *, at: datetime) -> bool:
    """Write what is due about an item today, at most once; return whether anything was."""
    hold(item)
    step = milestone(item, at=at) if item.status in OWED else None
    if step is None:
        return False
    days, level = step
    if days <= 0:
        letters.due_soon(item, days=-days, at=at)
    else:
        letters.overdue(item, days=days, at=at)
    if level:
        letters.escalated(item, days=days, level=level, at=at)
    item.last_reminded_at = at
    return True


