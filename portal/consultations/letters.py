"""What the consultations room writes to people. A draft is written about to nobody."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.consultations import queries
from portal.consultations.models import Consultation
from portal.core.i18n import both, local
from portal.core.i18n import gettext as _
from portal.core.outbox import post


def both_sides(consultation: Consultation) -> list[Account]:
    """Everyone who is told: the company, its officers, and who is invited beside them."""
    people = [
        *accounts.of_company(consultation.company_id),
        *accounts.officers_for(consultation.company_id),
        *queries.accounts_of(consultation.delegates),
    ]
    return list({person.id: person for person in people}.values())


def link(consultation: Consultation) -> str:
    """The address of the consultation's page."""
    return f"{current_app.config['BASE_URL']}/consultations/{consultation.id}"


def _clocks(consultation: Consultation) -> str:
    return "\n".join(f"- {whose}: {when} {zone}" for whose, when, zone in consultation.clocks())


def _tell(
    kind: str,
    consultation: Consultation,
    *,
    subject: str,
    body: str,
    at: datetime,
    **values: object,
) -> None:
    for person in both_sides(consultation):
        post(
            kind,
            to=person,
            subject=subject,
            body=body,
            about=consultation,
            at=at,
            serial=consultation.serial,
            title=lambda: both(consultation, "title"),
            clocks=lambda: _clocks(consultation),
            venue=consultation.venue,
            link=link(consultation),
            **values,
        )


def scheduled(consultation: Consultation, *, at: datetime) -> None:
    """The invitation to both sides."""
    _tell(
        "consultations:schedule",
        consultation,
        subject="Invitation to a consultation: %(serial)s",
        body=(
            "You are invited to the consultation %(serial)s, %(title)s.\n\n"
            "%(clocks)s\n- Venue: %(venue)s\n\n"
            "Please answer who comes, and propose what should be on the agenda:\n%(link)s"
        ),
        at=at,
    )


def rescheduled(
    consultation: Consultation, *, before: datetime, zone: str, reason: str, at: datetime
) -> None:
    """The new time; every earlier answer is void."""
    _tell(
        "consultations:reschedule",
        consultation,
        subject="New time for the consultation %(serial)s",
        body=(
            "The consultation %(serial)s, %(title)s, has a new time.\n\n"
            "Before: %(before)s (%(zone)s)\nNow:\n%(clocks)s\n- Venue: %(venue)s\n\n"
            "Reason: %(reason)s\n\n"
            "Earlier answers no longer count. Please answer again who comes:\n%(link)s"
        ),
        at=at,
        before=lambda: local(before, "instant", zone),
        zone=zone,
        reason=reason or "–",
    )


def moved_elsewhere(consultation: Consultation, *, at: datetime) -> None:
    """A new venue at the same time; answers stand."""
    _tell(
        "consultations:correct",
        consultation,
        subject="New venue for the consultation %(serial)s",
        body=(
            "The consultation %(serial)s, %(title)s, takes place elsewhere. The time stays.\n\n"
            "%(clocks)s\n- Venue: %(venue)s\n\nYour answer stands. The details:\n%(link)s"
        ),
        at=at,
    )


def called_off(consultation: Consultation, *, at: datetime) -> None:
    """Cancelled, postponed or not held: by which side and why."""
    _tell(
        f"consultations:{consultation.status.value}",
        consultation,
        subject="Consultation %(serial)s: %(became)s",
        body=(
            "The consultation %(serial)s, %(title)s, is now: %(became)s.\n\n"
            "It was planned for:\n%(clocks)s\n\nBy: %(side)s\nReason: %(reason)s\n\n"
            "It stays on record with its date:\n%(link)s"
        ),
        at=at,
        became=lambda: _(consultation.status.value),
        side=lambda: _(consultation.cancelled_by.value) if consultation.cancelled_by else "–",
        reason=consultation.cancelled_reason or "–",
    )
