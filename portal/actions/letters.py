"""What the actions room writes: what was agreed, what falls due, what is overdue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from portal.access.actor import Role
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.actions.models import (
    ActionItem,
    Amendment,
    AmendmentKind,
    AmendmentStatus,
    Digest,
    ProgressReport,
)
from portal.actions.queries import Waiting, examiners, of_side, on_side, other, owners
from portal.companies import queries as companies
from portal.companies.models import Company, Senior
from portal.consultations.models import Side
from portal.core.clock import SEOUL
from portal.core.i18n import both, local, zone_label
from portal.core.i18n import gettext as _
from portal.core.outbox import post
from portal.institution import queries as institution
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
        return [*accounts.with_role(Role.HEAD), *_own_seniors(item, level)]
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


def _own_seniors(item: ActionItem, level: int) -> list[Addressee]:
    """The named seniors of the institution up to a level; its heads of team are told beside them."""
    with beyond_scope("an escalation goes to the named seniors of the institution"):
        named = list(institution.seniors())
    reach = max(level, min((senior.level for senior in named), default=0))
    return [
        Addressee(None, item.owner_organisation_id, senior.email, "ko", SEOUL.key)
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


def proposed(item: ActionItem, *, at: datetime) -> None:
    """The company is asked to agree to what stands in no minutes."""
    for person in of_side(item.company_id, Side.COMPANY):
        post(
            "actions:propose",
            to=person,
            subject="Action item proposed: %(number)s",
            body=(
                "Action item %(number)s, due %(due)s, is proposed. It binds nobody until you agree"
                " to it.\n\n%(link)s"
            ),
            about=item,
            at=at,
            number=item.number,
            due=lambda: _due(item),
            link=f"{_base()}/action-items/{item.id}",
        )


def consented(item: ActionItem, *, at: datetime) -> None:
    """Our side learns that the company agreed to what was proposed."""
    for person in of_side(item.company_id, Side.INSTITUTION):
        post(
            "actions:agree",
            to=person,
            subject="Action item agreed: %(number)s",
            body="The company agreed to action item %(number)s, due %(due)s.\n\n%(link)s",
            about=item,
            at=at,
            number=item.number,
            due=lambda: _due(item),
            link=f"{_base()}/action-items/{item.id}",
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


def progress_due(report: ProgressReport, *, days: int, at: datetime) -> None:
    """The owner is reminded of a progress report, before the day and after it."""
    item = report.action_item
    for person in owners(item):
        post(
            "actions:progress",
            to=person,
            subject=(
                "Progress report overdue: %(number)s"
                if days > 0
                else "Progress report due: %(number)s"
            ),
            body=(
                "The progress report on action item %(number)s was due %(due)s and is not filed."
                " Please say in a few sentences how far it is.\n\n%(link)s"
                if days > 0
                else "A progress report on action item %(number)s is due %(due)s. Please say in a"
                " few sentences how far it is.\n\n%(link)s"
            ),
            about=report,
            at=at,
            number=item.number,
            due=lambda: _in_zone(report.due_at, item),
            link=f"{_base()}/progress-reports/{report.id}/file",
        )


def progress_filed(report: ProgressReport, *, at: datetime) -> None:
    """The other side can read how far it is."""
    item = report.action_item
    for person in examiners(item):
        post(
            "actions:file_progress",
            to=person,
            subject="Progress report: %(number)s",
            body=(
                "The progress report on action item %(number)s that was due %(due)s is filed."
                "\n\n%(link)s"
            ),
            about=report,
            at=at,
            number=item.number,
            due=lambda: _in_zone(report.due_at, item),
            link=f"{_base()}/action-items/{item.id}",
        )


def weekly(digest: Digest, waiting: Waiting, company: Company, *, at: datetime) -> None:
    """One side reads once a week what waits for it with one company, the most overdue first."""
    for person in of_side(digest.company_id, digest.side):
        post(
            "actions:digest",
            to=person,
            subject="Action items this week: %(company)s",
            body=(
                "What waits for your side with %(company)s, and what falls due within two weeks:"
                "\n\n%(list)s\n\nAll of it: %(link)s\n\nWhat is due today, overdue since"
                " yesterday or escalated is also told at once. Your organisation can choose one"
                " letter for each action item instead."
            ),
            about=digest,
            at=at,
            company=lambda: both(company, "name"),
            list=lambda: _waiting_words(waiting, at),
            link=(
                f"{_base()}/action-items/?show=mine"
                if digest.side is Side.COMPANY
                else f"{_base()}/action-items/?show=mine&company={company.id}"
            ),
        )


def _waiting_words(waiting: Waiting, at: datetime) -> str:
    """The lists of a weekly letter, in the language of who reads it."""
    late = [item for item in waiting.owed if item.due_at < at]
    soon = [item for item in waiting.owed if item.due_at >= at]
    parts = (
        (_("Overdue"), [_line(item, at) for item in late]),
        (_("Due within two weeks"), [_line(item, at) for item in soon]),
        (
            _("Progress reports"),
            [
                f"{report.action_item.number}: {_in_zone(report.due_at, report.action_item)}\n"
                f"  {_base()}/progress-reports/{report.id}/file"
                for report in waiting.progress
            ],
        ),
        (_("To verify or return"), [_line(item, at) for item in waiting.to_examine]),
        (_("Requests to answer"), [_line(item, at) for item in waiting.to_answer]),
        (_("Nobody is named for these"), [_line(item, at) for item in waiting.unassigned]),
    )
    return "\n\n".join(
        "\n".join((heading, *(f"- {line}" for line in lines))) for heading, lines in parts if lines
    )


def _line(item: ActionItem, at: datetime) -> str:
    words = [item.number, _due(item)]
    if item.is_late(at=at) and (days := item.days_late(at=at)):
        words.append(_("late by one day") if days == 1 else _("late by %(days)s days", days=days))
    return f"{', '.join(words)}\n  {_base()}/action-items/{item.id}"


def asked(amendment: Amendment, *, at: datetime) -> None:
    """The other side is asked for a later date, or to give a promise up or change its terms."""
    item, kind = amendment.action_item, amendment.kind
    for person in on_side(item, other(amendment.asked_side)):
        post(
            "actions:ask",
            to=person,
            subject=(
                "Extension asked for: %(number)s"
                if kind is AmendmentKind.EXTENSION
                else "Withdrawal asked for: %(number)s"
                if kind is AmendmentKind.WITHDRAWAL
                else "Replacement asked for: %(number)s"
                if kind is AmendmentKind.SUPERSESSION
                else "Change of terms asked for: %(number)s"
            ),
            body=(
                "The other side asks to move the due date of action item %(number)s from %(due)s to"
                " %(new)s. Please grant or refuse it; until then the date stands.\n\n%(link)s"
                if kind is AmendmentKind.EXTENSION
                else "The other side asks to withdraw action item %(number)s, due %(due)s. It is"
                " withdrawn only if your side agrees.\n\n%(link)s"
                if kind is AmendmentKind.WITHDRAWAL
                else "The other side asks that action item %(replacement)s take the place of"
                " %(number)s, due %(due)s. It does so only if your side agrees.\n\n%(link)s"
                if kind is AmendmentKind.SUPERSESSION
                else "The other side asks to change the weight or the progress reports of action"
                " item %(number)s. What holds now stands until your side agrees.\n\n%(link)s"
            ),
            about=amendment,
            at=at,
            number=item.number,
            replacement=amendment.replacement.number if amendment.replacement else "",
            due=lambda: _due(item),
            new=lambda: _in_zone(amendment.new_due_at, item),
            link=f"{_base()}/amendments/{amendment.id}/decide",
        )


def answered(amendment: Amendment, *, at: datetime) -> None:
    """The side that asked learns the answer."""
    item, kind = amendment.action_item, amendment.kind
    is_granted = amendment.status is AmendmentStatus.GRANTED
    for person in on_side(item, amendment.asked_side):
        post(
            "actions:answer",
            to=person,
            subject=(
                "Refused as asked: %(number)s"
                if not is_granted
                else "Extension granted: %(number)s"
                if kind is AmendmentKind.EXTENSION
                else "Withdrawal agreed: %(number)s"
                if kind is AmendmentKind.WITHDRAWAL
                else "Replacement agreed: %(number)s"
                if kind is AmendmentKind.SUPERSESSION
                else "Change of terms agreed: %(number)s"
            ),
            body=(
                "What your side asked for about action item %(number)s was refused. It stays"
                " due %(due)s; the reason stands on its page.\n\n%(link)s"
                if not is_granted
                else "Action item %(number)s is now due %(due)s. The old date stays visible."
                "\n\n%(link)s"
                if kind is AmendmentKind.EXTENSION
                else "Both sides have withdrawn action item %(number)s.\n\n%(link)s"
                if kind is AmendmentKind.WITHDRAWAL
                else "By agreement of both sides action item %(replacement)s takes the place of"
                " %(number)s.\n\n%(link)s"
                if kind is AmendmentKind.SUPERSESSION
                else "The weight and the progress reports of action item %(number)s are changed as"
                " your side asked.\n\n%(link)s"
            ),
            about=amendment,
            at=at,
            number=item.number,
            replacement=amendment.replacement.number if amendment.replacement else "",
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
