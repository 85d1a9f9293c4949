"""What the reconciliations room writes. Figures stand behind the wall, not in a mail."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.accounts import queries as accounts
from portal.core.i18n import both, month_name
from portal.core.outbox import post
from portal.reconciliations.models import CompanyCount


def filed(count: CompanyCount, *, at: datetime) -> None:
    """The officers are told that a company filed its own count."""
    for person in accounts.officers_for(count.company_id):
        post(
            "reconciliations:file",
            to=person,
            subject="%(company)s filed its own count for %(month)s",
            body=(
                "%(company)s has filed its own count for %(month)s. It was compared with ours; the"
                " differences wait for a decision.\n\n%(link)s"
            ),
            about=count,
            at=at,
            company=lambda: both(count.company, "name"),
            month=lambda: month_name(count.month),
            link=f"{current_app.config['BASE_URL']}/reconciliations/{count.id}",
        )


def decided(count: CompanyCount, *, at: datetime) -> None:
    """The company is told that no difference is open any more."""
    for person in accounts.of_company(count.company_id):
        post(
            "reconciliations:decide",
            to=person,
            subject="Your count for %(month)s: every difference is decided",
            body=(
                "Every difference between your count for %(month)s and ours is decided. Each"
                " decision stands there with its reason.\n\n%(link)s"
            ),
            about=count,
            at=at,
            month=lambda: month_name(count.month),
            link=f"{current_app.config['BASE_URL']}/reconciliations/{count.id}",
        )
