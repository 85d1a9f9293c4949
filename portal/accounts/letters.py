"""What the accounts room writes to people."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.access.actor import Role
from portal.accounts import queries
from portal.accounts.models import Account, Organisation
from portal.core.i18n import both, local
from portal.core.outbox import post


def invited(account: Account, *, secret: str, expires_at: datetime, at: datetime) -> None:
    """The link by which an invited person sets a password."""
    post(
        "accounts:invite",
        to=account,
        subject="Your access to the consultation portal",
        body=(
            "You are invited to the consultation portal.\n\n"
            "Set your password here (the link works once, until %(until)s):\n%(link)s\n\n"
            "If you did not expect this mail, ignore it: without the link nothing happens."
        ),
        about=account,
        at=at,
        until=lambda: local(expires_at),
        link=f"{current_app.config['BASE_URL']}/invitations/{secret}",
    )


def proposed_twice(organisation: Organisation, account: Account, *, at: datetime) -> None:
    """The administrators settle what the company that asked is not told."""
    for person in queries.with_role(Role.ADMINISTRATOR):
        post(
            "accounts:propose",
            to=person,
            subject="An address with two organisations",
            body=(
                "%(company)s asked for access for %(address)s. The address has an account of"
                " another organisation, so no invitation was sent, and the company was not told"
                " why. Please settle it with the company.\n\n%(link)s"
            ),
            about=account,
            at=at,
            company=lambda: both(organisation, "name"),
            address=account.email,
            link=f"{current_app.config['BASE_URL']}/accounts/",
        )
