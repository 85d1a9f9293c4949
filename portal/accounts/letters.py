"""What the accounts room writes to people."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.accounts.models import Account
from portal.core.i18n import local
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
