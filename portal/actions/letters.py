"""What the actions room writes: what was agreed, what falls due, what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from portal.access.actor import Role
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.actions.models import ActionItem
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


def owners(item: ActionItem) -> list[Account]:
    """Who is written to for the side that owes an item."""
    if item.owner is Side.COMPANY:
        return accounts.of_company(item.company_id)
    return accounts.officers_for(item.company_id)


def examiners(item: ActionItem) -> list[Account]:
    """Who is written to for the side that verifies an item."""
    if item.owner is Side.COMPANY:
        return accounts.officers_for(item.company_id)
    return accounts.of_company(item.company_id)


def _seniors(item: ActionItem, level: int) -> list[Account | Addressee]:
    if item.owner is Side.INSTITUTION:
        return list(accounts.with_role(Role.HEAD))
    with beyond_scope("an escalation goes to the named seniors of the company"):
        company: Company = item.company
        named: list[Senior] = list(companies.seniors(item.company_id))
    return [
        Addressee(None, item.company_id, senior.email, "en", company.time_zone)
        for senior in named
        if senior.level == min(level, max(s.level for s in named))
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
    when = local(item.due_at, "instant", item.due_zone)
    return f"{when} {zone_label(item.due_at, item.due_zone)}"


def due_soon(item: ActionItem, *, days: int, at: datetime) -> None:
    """The owner is reminded before the day."""
    for person in owners(item):
        post(
            "actions:remind",
            to=person,
            subject="Due in %(days)s days: %(number)s" if days else "Due today: %(number)s",
            body="Action item %(number)s is due %(due)s.\n\n%(link)s",
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
            subject="Overdue by %(days)s days: %(number)s",
            body="Action item %(number)s was due %(due)s and is not reported done.\n\n%(link)s",
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
