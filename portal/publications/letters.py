"""What the publications room writes."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.access.actor import Role
from portal.accounts import queries as accounts
from portal.core.i18n import with_zone
from portal.core.outbox import post
from portal.documents.models import Embargo
from portal.minutes.models import Minutes
from portal.minutes.queries import readers_only


def _both_sides(minutes: Minutes) -> list[object]:
    return [
        *accounts.of_company(minutes.company_id),
        *accounts.officers_for(minutes.company_id),
        *accounts.with_role(Role.HEAD),
    ]


def embargoed(minutes: Minutes, held: Embargo, *, at: datetime) -> None:
    """Those who are named learn that the record is for them alone."""
    for person in readers_only(accounts.active([r.account_id for r in held.readers]), minutes):
        post(
            "publications:embargo",
            to=person,
            subject="Under embargo: %(serial)s",
            body=(
                "The record of %(serial)s is visible to named people only until %(until)s. You are"
                " one of them; please keep it to yourself until then.\n\n%(link)s"
            ),
            about=minutes,
            at=at,
            serial=minutes.serial,
            until=lambda: with_zone(held.until),
            link=f"{current_app.config['BASE_URL']}/minutes/{minutes.id}",
        )


def lifted(minutes: Minutes, *, at: datetime) -> None:
    """Both sides learn that the record is open to them again."""
    if not minutes.is_binding:
        return
    for person in _both_sides(minutes):
        post(
            "publications:lift",
            to=person,
            subject="Embargo lifted: %(serial)s",
            body="The record of %(serial)s is no longer under embargo.\n\n%(link)s",
            about=minutes,
            at=at,
            serial=minutes.serial,
            link=f"{current_app.config['BASE_URL']}/minutes/{minutes.id}",
        )


def countersigned(minutes: Minutes, *, signer: str, at: datetime) -> None:
    """Our side learns that the company has signed the file as well."""
    for person in readers_only(accounts.officers_for(minutes.company_id), minutes):
        post(
            "publications:countersign",
            to=person,
            subject="Signed by the company: %(serial)s",
            body=(
                "The company has filed the minutes of %(serial)s with its own signature"
                " (%(signer)s).\n\n%(link)s"
            ),
            about=minutes,
            at=at,
            serial=minutes.serial,
            signer=signer or "–",
            link=f"{current_app.config['BASE_URL']}/minutes/{minutes.id}/files",
        )
