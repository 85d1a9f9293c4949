"""What the actions room writes: what was agreed, what falls due, what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from portal.access.actor import Role
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.actions.models import ActionItem, Amendment, AmendmentKind, AmendmentStatus
from portal.actions.queries import examiners, on_side, other, owners
from portal.companies import queries as companies
from portal.companies.models import Company, Senior
from portal.consultations.models import Side
from portal.core.i18n import local, zone_label
from portal.core.outbox import post
from portal.minutes.models import Minutes


@dataclass(frozen=True, slots=True)
class Addressee:
    """A named senior, who has no account and gets letters all the same."""

    id: None
    organisation_id: int
    email: str
    language: str
    time_zone: str


def _base() -> str:
    return str(current_app.config["BASE_URL"])


def _seniors(item: ActionItem, level: int) -> list[Account | Addressee]:
    if item.owner is Side.INSTITUTION:
        return list(accounts.with_role(Role.HEAD))
    with beyond_scope("an escalation goes to the named seniors of the company"):
        company: Company = item.company
        named: list[Senior] = list(companies.seniors(item.company_id))
    # A step also goes to the seniors below it: one that the clock slept through reaches them now.
    reach = max(level, min((senior.level for senior in named), default=0))
    language = "ko" if company.country == "KR" else "en"
    return [
        Addressee(None, item.company_id, senior.email, language, company.time_zone)
        for senior in named
        if senior.level <= reach
    ]


def agreed(minutes: Minutes, items: list[ActionItem], *, at: datetime) -> None:
    """Each side learns what it owes from adopted minutes."""
    for side in Side:
        owed = [item for item in items if item.owner is side]
        if not owed:
            continue
        for person in owners(owed[0]):
            post(
                "actions:open",
                to=person,
                subject="Action items agreed: %(serial)s",
                body=(
                    "With the minutes of %(serial)s your side took on %(count)s action items."
                    "\n\n%(list)s"
                ),
                about=minutes,
                at=at,
                serial=minutes.serial,
                count=len(owed),
                list=lambda owed=owed: "\n".join(
                    f"{item.number}: {_due(item)}\n{_base()}/action-items/{item.id}"
                    for item in owed
                ),
            )


def _due(item: ActionItem) -> str:
    return _in_zone(item.due_at, item)


def _in_zone(at: datetime | None, item: ActionItem) -> str:
    if at is None:
        return ""
    return f"{local(at, 'instant', item.due_zone)} {zone_label(at, item.due_zone)}"


def due_soon(item: ActionItem, *, days: int, at: datetime) -> None:
    """The owner is reminded before the day."""
    for person in owners(item):
        post(
            "actions:remind",
            to=person,
            subject=(
                "Due in %(days)s days: %(number)s"
                if days > 1
                else "Due tomorrow: %(number)s"
                if days
                else "Due today: %(number)s"
            ),
            body=(
                "Action item %(number)s is due %(due)s. Please report it done with evidence, or ask"
                " for an extension before it is due.\n\n%(link)s"
            ),
            about=item,
            at=at,
            number=item.number,
            days=days,
            due=lambda: _due(item),
            link=f"{_base()}/action-items/{item.id}",
        )


def overdue(item: ActionItem, *, days: int, at: datetime) -> None:
    """The owner is reminded after the day."""
    for person in owners(item):
        post(
            "actions:overdue",
            to=person,
            subject=(
                "Overdue by %(days)s days: %(number)s"
                if days > 1
                else "Overdue since yesterday: %(number)s"
            ),
            body=(
                "Action item %(number)s was due %(due)s and is not done. Please report it done with"
                " evidence; how late it is stays in the record.\n\n%(link)s"
            ),
            about=item,
            at=at,
            number=item.number,
            days=days,
            due=lambda: _due(item),
            link=f"{_base()}/action-items/{item.id}",
        )


def escalated(item: ActionItem, *, days: int, level: int, at: datetime) -> None:
    """The named seniors of the owner are told, and the other side that they were."""
    people: list[Account | Addressee] = [*_seniors(item, level), *examiners(item)]
    if item.owner is Side.COMPANY:
        people += accounts.with_role(Role.HEAD)
    for person in people:
        post(
            "actions:escalate",
            to=person,
            subject="Escalation: %(number)s is overdue by %(days)s days",
            body=(
                "Action item %(number)s was due %(due)s and is overdue by %(days)s days. This is"
                " escalation step %(level)s; it goes to the named seniors of the owner and to the"
                " other side.\n\n%(link)s"
            ),
            about=item,
            at=at,
            number=item.number,
            days=days,
            level=level,
            due=lambda: _due(item),
            link=f"{_base()}/action-items/{item.id}",
        )


def asked(amendment: Amendment, *, at: datetime) -> None:
    """The other side is asked for an extension, or to give a promise up."""
    item = amendment.action_item
    is_extension = amendment.kind is AmendmentKind.EXTENSION
    for person in on_side(item, other(amendment.asked_side)):
        post(
            "actions:ask",
            to=person,
            subject=(
                "Extension asked for: %(number)s"
                if is_extension
                else "Withdrawal asked for: %(number)s"
            ),
            body=(
                "The other side asks to move the due date of action item %(number)s from %(due)s to"
                " %(new)s. Please grant or refuse it; until then the date stands.\n\n%(link)s"
                if is_extension
                else "The other side asks to withdraw action item %(number)s, due %(due)s. It is"
                " withdrawn only if your side agrees.\n\n%(link)s"
            ),
            about=amendment,
            at=at,
            number=item.number,
            due=lambda: _due(item),
            new=lambda: _in_zone(amendment.new_due_at, item),
            link=f"{_base()}/amendments/{amendment.id}/decide",
        )


def answered(amendment: Amendment, *, at: datetime) -> None:
    """The side that asked learns the answer."""
    item = amendment.action_item
    is_granted = amendment.status is AmendmentStatus.GRANTED
    for person in on_side(item, amendment.asked_side):
        post(
            "actions:answer",
            to=person,
            subject=(
                "Extension granted: %(number)s"
                if is_granted and amendment.kind is AmendmentKind.EXTENSION
                else "Withdrawal agreed: %(number)s"
                if is_granted
                else "Refused as asked: %(number)s"
            ),
            body=(
                "Action item %(number)s is now due %(due)s. The old date stays visible.\n\n%(link)s"
                if is_granted and amendment.kind is AmendmentKind.EXTENSION
                else "Both sides have withdrawn action item %(number)s.\n\n%(link)s"
                if is_granted
                else "What your side asked for about action item %(number)s was refused. It stays"
                " due %(due)s; the reason stands on its page.\n\n%(link)s"
            ),
            about=amendment,
            at=at,
            number=item.number,
            due=lambda: _due(item),
            link=f"{_base()}/action-items/{item.id}",
        )


def assigned(item: ActionItem, *, at: datetime) -> None:
    """The new contact person learns it."""
    if item.contact is None:
        return
    post(
        "actions:assign",
        to=item.contact,
        subject="You answer for %(number)s",
        body=(
            "You were named as the contact person of action item %(number)s, due %(due)s."
            "\n\n%(link)s"
        ),
        about=item,
        at=at,
        number=item.number,
        due=lambda: _due(item),
        link=f"{_base()}/action-items/{item.id}",
    )
