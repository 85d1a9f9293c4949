"""What the replies room writes to people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from portal.accounts.models import Account
from portal.consultations.invitation import calendar_of
from portal.consultations.models import Delegate
from portal.core.db import db
from portal.core.i18n import both, local, zone_label
from portal.core.outbox import post
from portal.replies.models import Message


@dataclass(frozen=True, slots=True)
class Guest:
    """A delegate without an account, as somebody to write to."""

    id: int | None
    organisation_id: int
    email: str
    language: str
    time_zone: str


def _person(delegate: Delegate, address: str) -> Account | Guest:
    account = db.session.get(Account, delegate.account_id) if delegate.account_id else None
    return account or Guest(
        id=None,
        organisation_id=delegate.organisation_id,
        email=address,
        language=delegate.language or "en",
        time_zone=delegate.consultation.company.time_zone,
    )


def declined(message: Message, delegate: Delegate, *, reason: str, at: datetime) -> None:
    """The proposed time cannot be: in words, and for the program that proposed it (RFC 5546,
    3.2.8: DECLINECOUNTER with the SEQUENCE of the date that holds)."""
    about = delegate.consultation
    letter = post(
        "replies:decline",
        to=_person(delegate, message.sender),
        subject="Your proposed time for %(serial)s",
        body=(
            "You proposed another time for the consultation %(serial)s, %(title)s:\n"
            "- %(proposed)s\n\nIt cannot be at that time. The date that holds:\n%(clocks)s\n\n"
            "Reason: %(reason)s\n\nPlease answer whether you come:\n%(link)s"
        ),
        about=about,
        at=at,
        serial=about.serial,
        title=lambda: both(about, "title"),
        proposed=lambda: (
            f"{local(message.proposed_starts_at, 'instant', about.zone)} "
            f"{zone_label(message.proposed_starts_at or at, about.zone)}"
        ),
        clocks=lambda: "\n".join(f"- {who}: {when} {zone}" for who, when, zone in about.clocks()),
        reason=reason,
        link=f"{current_app.config['BASE_URL']}/consultations/{about.id}",
    )
    letter.calendar = calendar_of(about, method="DECLINECOUNTER", to=delegate).decode()
    letter.calendar_method = "DECLINECOUNTER"
