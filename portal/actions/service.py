"""Action items: opened by adopted minutes, reminded of by the clock, never quietly moved."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from portal.access.actor import CLOCK, Actor, OrganisationKind, Role
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Account, Organisation
from portal.actions import letters, queries
from portal.actions.models import (
    OPEN,
    OWED,
    ActionItem,
    ActionStatus,
    Amendment,
    AmendmentKind,
    AmendmentStatus,
)
from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core import calendar
from portal.core.audit import record
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
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
        refuse_personal_data(words, field=field)
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


def ask_extension(
    item: ActionItem, *, new_due_wall: datetime, reason: str, by: Actor, at: datetime
) -> Amendment:
    """The owner asks the other side to move the due date. Until that is granted the date stands.

    Once the date has passed there is nothing to extend: lateness is never edited away.
    """
    _before_asking(item, reason)
    if by.side != item.owner.value:
        raise Refused(_("Only the side that owes an action item asks for an extension."))
    if item.status not in OWED:
        raise Refused(_("An extension is asked for while an action item is still owed."))
    if item.due_at < at:
        raise Refused(_("The due date has passed; it can no longer be extended."))
    new_due_at = calendar.instant(new_due_wall, item.due_zone, field="new_due_wall")
    if new_due_at <= item.due_at:
        raise FieldError("new_due_wall", _("Choose a date after the one that is agreed."))
    return _ask(item, AmendmentKind.EXTENSION, new_due_at, reason, by=by, at=at)


def ask_withdrawal(item: ActionItem, *, reason: str, by: Actor, at: datetime) -> Amendment:
    """One side asks that a promise be given up. It is withdrawn only by both."""
    _before_asking(item, reason)
    if not item.can_move(ActionStatus.WITHDRAWN):
        item.move(ActionStatus.WITHDRAWN)
    return _ask(item, AmendmentKind.WITHDRAWAL, None, reason, by=by, at=at)


def _before_asking(item: ActionItem, reason: str) -> None:
    hold(item)
    if item.pending() is not None:
        raise Refused(_("A change of this action item is asked for already and not answered."))
    if not reason.strip():
        raise FieldError("reason", _("Say why."))
    refuse_personal_data(reason, field="reason")


def _ask(
    item: ActionItem,
    kind: AmendmentKind,
    new_due_at: datetime | None,
    reason: str,
    *,
    by: Actor,
    at: datetime,
) -> Amendment:
    amendment = Amendment(
        action_item=item,
        company_id=item.company_id,
        kind=kind,
        status=AmendmentStatus.ASKED,
        old_due_at=item.due_at,
        new_due_at=new_due_at,
        reason=reason.strip(),
        asked_side=Side(by.side),
        asked_at=at,
        asked_by=by.name,
        answer="",
    )
    db.session.add(amendment)
    db.session.flush()
    record(
        "actions:ask", amendment, by=by, at=at, item=item.id, kind=kind.value, new_due_at=new_due_at
    )
    letters.asked(amendment, at=at)
    return amendment


def grant(amendment: Amendment, *, answer: str = "", by: Actor, at: datetime) -> None:
    """The other side agrees: the date moves and the old one stays visible, or both withdraw."""
    item = _answer(amendment, AmendmentStatus.GRANTED, answer, by=by, at=at)
    before = item.due_at
    if amendment.kind is AmendmentKind.WITHDRAWAL:
        item.move(ActionStatus.WITHDRAWN)
    elif amendment.new_due_at is not None:
        item.first_due_at = item.first_due_at or item.due_at
        item.due_at = amendment.new_due_at
    record("actions:grant", amendment, by=by, at=at, item=item.id, before=before, after=item.due_at)
    letters.answered(amendment, at=at)


def refuse(amendment: Amendment, *, answer: str, by: Actor, at: datetime) -> None:
    """The other side says no, and why. What was agreed stands."""
    if not answer.strip():
        raise FieldError("answer", _("Say why it is refused."))
    item = _answer(amendment, AmendmentStatus.REFUSED, answer, by=by, at=at)
    record("actions:refuse", amendment, by=by, at=at, item=item.id, answer=amendment.answer)
    letters.answered(amendment, at=at)


def _answer(
    amendment: Amendment, to: AmendmentStatus, answer: str, *, by: Actor, at: datetime
) -> ActionItem:
    item = amendment.action_item
    hold(item)
    hold(amendment)
    if by.side == amendment.asked_side.value:
        raise Refused(_("The side that asked does not answer itself."))
    if item.status not in (*OPEN, ActionStatus.PROPOSED):
        raise Refused(_("This action item is closed; there is nothing to answer any more."))
    refuse_personal_data(answer, field="answer")
    amendment.move(to)
    amendment.answer = answer.strip()
    amendment.decided_at, amendment.decided_by = at, by.name
    db.session.flush()
    return item


def contacts(item: ActionItem) -> list[Account]:
    """Who may answer for an action item by name: who logs in for the side that owes it."""
    people = queries.owners(item)
    if item.owner is Side.INSTITUTION:
        people += accounts.with_role(Role.HEAD)
    return [person for person in people if person.is_active]


def assign(item: ActionItem, contact: Account, *, by: Actor, at: datetime) -> None:
    """The owner names the person who answers for it."""
    hold(item)
    if by.side != item.owner.value:
        raise Refused(_("Only the side that owes an action item names who answers for it."))
    if item.status not in (*OPEN, ActionStatus.PROPOSED):
        raise Refused(_("This action item is closed; nobody needs to answer for it."))
    if contact.id not in {person.id for person in contacts(item)}:
        raise FieldError("contact_id", _("Choose somebody of the side that owes it."))
    before, item.contact_id = item.contact_id, contact.id
    db.session.flush()
    db.session.refresh(item, ["contact"])
    record("actions:assign", item, by=by, at=at, before=before, after=contact.id)
    if contact.id != by.account_id:
        letters.assigned(item, at=at)


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
        record("actions:escalate", item, by=CLOCK, at=at, days=days, level=level)
    item.last_reminded_at = at
    return True
