"""What the companies room writes. A company is told of its own side of a change alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from flask import current_app

from portal.access.actor import Role
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.companies.models import Company, FormerName, Platform
from portal.core.i18n import both, day
from portal.core.outbox import post


def _write(kind: str, people: Iterable[Account], company: Company, **letter: Any) -> None:
    for person in people:
        post(
            kind,
            to=person,
            about=company,
            company=lambda: both(company, "name"),
            link=f"{current_app.config['BASE_URL']}/companies/{company.id}",
            **letter,
        )


def _ours(*companies: Company) -> list[Account]:
    people = accounts.with_role(Role.HEAD)
    for company in companies:
        people += accounts.officers_for(company.id)
    return list({person.id: person for person in people}.values())


def renamed(company: Company, before: FormerName, from_on: date, *, at: datetime) -> None:
    """Both sides learn the new name, and from when it is used."""
    _write(
        "companies:rename",
        [*accounts.of_company(company.id), *_ours(company)],
        company,
        subject="%(company)s: new name from %(day)s",
        body=(
            "%(before)s is called %(company)s from %(day)s. What was issued and printed before keeps"
            " the old name; nothing else changes.\n\n%(link)s"
        ),
        at=at,
        before=lambda: both(before, "name"),
        day=lambda: day(from_on),
    )


def moved(platform: Platform, source: Company, to: Company, from_on: date, *, at: datetime) -> None:
    """Each company learns its own side of the move; the officers and heads learn both."""
    words: dict[str, Any] = {
        "at": at,
        "platform": lambda: both(platform, "name"),
        "day": lambda: day(from_on),
    }
    _write(
        "companies:move_platform",
        accounts.of_company(source.id),
        source,
        subject="%(platform)s is no longer yours from %(day)s",
        body=(
            "From %(day)s %(platform)s is not recorded as a platform of %(company)s any more. What"
            " was issued to you before stays with you; you get no new requests for it. If this is"
            " wrong, please tell us.\n\n%(link)s"
        ),
        **words,
    )
    _write(
        "companies:move_platform",
        accounts.of_company(to.id),
        to,
        subject="%(platform)s is yours from %(day)s",
        body=(
            "From %(day)s %(platform)s is recorded as a platform of %(company)s. New requests for it"
            " come to you; what was issued before does not. If this is wrong, please tell us."
            "\n\n%(link)s"
        ),
        **words,
    )
    _write(
        "companies:move_platform",
        _ours(source, to),
        to,
        subject="%(platform)s moved from %(before)s to %(company)s",
        body=(
            "From %(day)s %(company)s runs %(platform)s, until then %(before)s did. Drafts that were"
            " not issued must be recorded anew.\n\n%(link)s"
        ),
        before=lambda: both(source, "name"),
        **words,
    )


def merged(company: Company, into: Company, *, at: datetime) -> None:
    """The company learns when its access ends; the officers and heads also whom it merged into."""
    words: dict[str, Any] = {"at": at, "day": lambda: day(company.ended_on)}
    _write(
        "companies:merge",
        accounts.of_company(company.id),
        company,
        subject="%(company)s: your access ends after %(day)s",
        body=(
            "We have recorded that %(company)s merges into another company and that %(day)s is its"
            " last day. Your access ends with that day. Please download before what you want to"
            " keep. If this is wrong, please tell us.\n\n%(link)s"
        ),
        **words,
    )
    _write(
        "companies:merge",
        _ours(company, into),
        company,
        subject="%(company)s merges into %(successor)s, last day %(day)s",
        body=(
            "%(day)s is the last day of %(company)s; %(successor)s follows it. After that day nothing"
            " new is asked of %(company)s. Please look at consultations that are scheduled later and"
            " at open action items: none of them goes over by itself.\n\n%(link)s"
        ),
        successor=lambda: both(into, "name"),
        **words,
    )
