"""Action items: opened by adopted minutes, reminded of by the clock, never quietly moved."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from portal.access.actor import Actor, OrganisationKind, Role
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Account, Organisation
from portal.actions import letters, progress, queries
from portal.actions.models import (
    OPEN,
    OWED,
    WEIGHTS,
    ActionItem,
    ActionStatus,
    Amendment,
    AmendmentKind,
    AmendmentStatus,
    Assignment,
    DueDate,
    Rhythm,
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
from portal.minutes import targets
from portal.minutes.models import Minutes, Outcome, OutcomeKind
from portal.minutes.targets import TypedTarget


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
        target=outcome.target,
        consultation_id=minutes.consultation_id,
        minutes_item_id=outcome.item_id,
        outcome_id=outcome.id,
        status=ActionStatus.AGREED,
        agreed_at=at,
        is_synthetic=minutes.consultation.is_synthetic,
    )
    _store(item, by=by, at=at)
    record("actions:open", item, by=by, at=at, number=item.number, minutes=minutes.id)
    return item


def follow_correction(minutes: Minutes, *, by: Actor, at: datetime) -> None:
    """Let action items read as the outcomes they were opened from, when an erratum corrected those."""
    with beyond_scope("what was corrected is corrected for both sides"):
        opened = db.session.execute(
            select(ActionItem, Outcome)
            .join(Outcome, Outcome.id == ActionItem.outcome_id)
            .where(Outcome.minutes_id == minutes.id)
        ).all()
    for item, outcome in opened:
        before = {"ko": item.text_ko, "en": item.text_en}
        after = {"ko": outcome.text_ko, "en": outcome.text_en}
        if before != after:
            item.text_ko, item.text_en = outcome.text_ko, outcome.text_en
            record("actions:correct", item, by=by, at=at, before=before, after=after,
                   version=minutes.version)  # fmt: skip


minutes_service.corrected_rooms.append(follow_correction)


def _store(item: ActionItem, *, by: Actor, at: datetime) -> None:
    """Store a new item with its first due date, whoever answers for it, and its first report."""
    db.session.add(item)
    db.session.flush()
    set_due(item, item.due_at, reason="", by=by, at=at)
    if item.contact_id is not None:
        _name(item, item.contact_id, by=by, at=at)
    progress.plan(item, at=at)


def set_due(
    item: ActionItem,
    due_at: datetime,
    *,
    reason: str,
    amendment: Amendment | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Write a due date as a row of its own, and let it hold. The rows before it stay as they are."""
    db.session.add(
        DueDate(
            action_item_id=item.id,
            company_id=item.company_id,
            due_at=due_at,
            zone=item.due_zone,
            set_at=at,
            set_by=by.name,
            reason=reason,
            amendment_id=amendment.id if amendment else None,
        )
    )
    if due_at != item.due_at:
        item.first_due_at = item.first_due_at or item.due_at
        item.due_at = due_at


def _name(item: ActionItem, contact_id: int, *, by: Actor, at: datetime) -> None:
    db.session.add(
        Assignment(
            action_item_id=item.id,
            company_id=item.company_id,
            contact_id=contact_id,
            set_at=at,
            set_by=by.name,
        )
    )


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
    agreed_on: date | None = None,
    weight: int = 1,
    rhythm: Rhythm = Rhythm.NONE,
    target: TypedTarget | None = None,
    is_synthetic: bool = False,
    by: Actor,
    at: datetime,
) -> ActionItem:
    """Record a promise that stands in no minutes here: agreed if its source is named.

    `agreed_on` is the day it was agreed on where that was before today; a due date before the
    agreement is refused at `due_wall`.
    """
    due_at = calendar.instant(due_wall, due_zone, field="due_wall")
    agreed_at = _agreed_at(agreed_on, due_zone, at=at)
    if due_at <= agreed_at:
        raise FieldError(
            "due_wall",
            _(
                "The due date is before the agreement. Choose a later one, or say when it was agreed."
            ),
        )
    _check_weight(weight)
    for field, words in (("text_ko", text_ko), ("text_en", text_en)):
        if not words.strip():
            raise FieldError(field, _("An action item is written in both languages."))
        refuse_personal_data(words, field=field)
    measured = targets.agreed(
        target, owner=owner, platforms=company.platforms, agreed_on=local_date(agreed_at)
    )
    # Whoever records for the company is alone from here on: the same form sent twice finds its twin.
    hold(company)
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
        target=measured,
        consultation_id=consultation_id,
        weight=weight,
        rhythm=rhythm,
        rhythm_from=at if rhythm is not Rhythm.NONE else None,
        status=ActionStatus.AGREED if source.strip() else ActionStatus.PROPOSED,
        agreed_at=agreed_at if source.strip() else None,
        source=source.strip() or None,
        is_synthetic=is_synthetic,
    )
    _store(item, by=by, at=at)
    record("actions:record", item, by=by, at=at, number=item.number, status=item.status.value,
           **({"target": measured} if measured else {}))  # fmt: skip
    if item.status is ActionStatus.PROPOSED:
        letters.proposed(item, at=at)
    return item


def agree(item: ActionItem, *, by: Actor, at: datetime) -> None:
    """The company agrees to what was recorded by hand without a source: from now on it binds."""
    hold(item)
    if not by.is_company:
        raise Refused(_("The institution recorded it; the company agrees to it."))
    if item.due_at <= at:
        raise Refused(
            _("Its due date has passed before it was agreed. Ask for a new one to be recorded.")
        )
    item.move(ActionStatus.AGREED)
    item.agreed_at = at
    progress.plan(item, at=at)
    record("actions:agree", item, by=by, at=at)
    letters.consented(item, at=at)


def _agreed_at(agreed_on: date | None, zone: str, *, at: datetime) -> datetime:
    if agreed_on is None:
        return at
    begins = calendar.start_of_day(agreed_on, zone)
    if begins > at:
        raise FieldError("agreed_on", _("This day is still to come. Choose today or a day before."))
    return begins


def _check_weight(weight: int) -> None:
    if weight not in WEIGHTS:
        raise FieldError("weight", _("Choose a weight from 1 to 5."))


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
    return _ask(item, AmendmentKind.EXTENSION, reason, {"new_due_at": new_due_at}, by=by, at=at)


def ask_withdrawal(item: ActionItem, *, reason: str, by: Actor, at: datetime) -> Amendment:
    """One side asks that a promise be given up. It is withdrawn only by both."""
    _before_asking(item, reason)
    if not item.can_move(ActionStatus.WITHDRAWN):
        item.move(ActionStatus.WITHDRAWN)
    return _ask(item, AmendmentKind.WITHDRAWAL, reason, {}, by=by, at=at)


def ask_supersession(
    item: ActionItem, replacement: ActionItem | None, *, reason: str, by: Actor, at: datetime
) -> Amendment:
    """One side asks that another item take this one's place. It does once the other side agrees.

    The other item must be owed by the same side to the same other, and open. How late this one
    was by then stays on its page.
    """
    _before_asking(item, reason)
    if not item.can_move(ActionStatus.SUPERSEDED):
        item.move(ActionStatus.SUPERSEDED)
    known = {other.id for other in queries.replacements(item)}
    if replacement is None or replacement.id not in known:
        raise FieldError("replacement_id", _("Choose an open action item that the same side owes."))
    return _ask(
        item, AmendmentKind.SUPERSESSION, reason, {"replacement_id": replacement.id}, by=by, at=at
    )


def ask_terms(
    item: ActionItem, *, weight: int, rhythm: Rhythm, reason: str, by: Actor, at: datetime
) -> Amendment:
    """One side asks to change how much an item counts, or how often it is reported on."""
    _before_asking(item, reason)
    if item.status not in (*OPEN, ActionStatus.PROPOSED):
        raise Refused(_("This action item is closed; nothing about it is changed any more."))
    _check_weight(weight)
    if (weight, rhythm) == (item.weight, item.rhythm):
        raise FieldError(
            "weight", _("This is what holds already. Change the weight or the rhythm.")
        )
    return _ask(
        item, AmendmentKind.TERMS, reason, {"new_weight": weight, "new_rhythm": rhythm},
        by=by, at=at,
    )  # fmt: skip


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
    reason: str,
    wanted: dict[str, Any],
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
        reason=reason.strip(),
        asked_side=Side(by.side),
        asked_at=at,
        asked_by=by.name,
        answer="",
        **wanted,
    )
    db.session.add(amendment)
    db.session.flush()
    record("actions:ask", amendment, by=by, at=at, item=item.id, kind=kind.value, **wanted)
    letters.asked(amendment, at=at)
    return amendment


def grant(amendment: Amendment, *, answer: str = "", by: Actor, at: datetime) -> None:
    """The other side agrees: the date moves and the old one stays visible, or both give it up."""
    replacement = amendment.replacement
    if replacement is not None:
        # Both rows in one order: two requests that name each other never wait for each other.
        for other in sorted((amendment.action_item, replacement), key=lambda held: held.id):
            hold(other)
    item = _answer(amendment, AmendmentStatus.GRANTED, answer, by=by, at=at)
    before = item.due_at
    if amendment.kind is AmendmentKind.WITHDRAWAL:
        item.move(ActionStatus.WITHDRAWN)
    elif amendment.kind is AmendmentKind.SUPERSESSION and replacement is not None:
        if replacement.status not in (*OPEN, ActionStatus.VERIFIED):
            raise Refused(
                _("%(number)s is not owed any more; it takes no other's place.",
                  number=replacement.number)
            )  # fmt: skip
        item.move(ActionStatus.SUPERSEDED)
        item.superseded_by_id = replacement.id
    elif amendment.kind is AmendmentKind.TERMS:
        item.weight = amendment.new_weight or item.weight
        progress.set_rhythm(item, amendment.new_rhythm or item.rhythm, at=at)
    elif amendment.new_due_at is not None:
        set_due(
            item, amendment.new_due_at, reason=amendment.reason, amendment=amendment, by=by, at=at
        )
        db.session.flush()
        progress.plan(item, at=at)
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
    if item.contact_id == contact.id and not item.is_unassigned:
        return
    before, item.contact_id = item.contact_id, contact.id
    _name(item, contact.id, by=by, at=at)
    db.session.flush()
    db.session.refresh(item, ["contact"])
    record("actions:assign", item, by=by, at=at, before=before, after=contact.id)
    if contact.id != by.account_id:
        letters.assigned(item, at=at)
