"""What the reports room writes. Figures stand behind the wall, not in a mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask import current_app

from portal.access.actor import Role
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.core.i18n import month_name
from portal.core.outbox import post
from portal.reports.models import Report


def _write(
    kind: str, people: Iterable[Account], report: Report, *, subject: str, body: str, at: datetime
) -> None:
    for person in people:
        post(
            kind,
            to=person,
            subject=subject,
            body=body,
            about=report,
            at=at,
            month=lambda: month_name(report.month),
            version=report.version,
            link=f"{current_app.config['BASE_URL']}/reports/{report.id}",
        )


def held(report: Report, *, at: datetime) -> None:
    """The heads of team are told that a report waits for them."""
    _write(
        "reports:make",
        accounts.with_role(Role.HEAD),
        report,
        subject="The monthly report for %(month)s waits for your release",
        body=(
            "The monthly report for %(month)s (version %(version)s) is made and held. Please read it"
            " and release it to the commissioners.\n\n%(link)s"
        ),
        at=at,
    )


def released(report: Report, *, at: datetime) -> None:
    """The commissioners are told that a report may be read."""
    _write(
        "reports:release",
        accounts.with_role(Role.COMMISSIONER),
        report,
        subject="Monthly report for %(month)s",
        body=(
            "The monthly report for %(month)s (version %(version)s) is released. It can be read on"
            " screen and as a document in Korean and English.\n\n%(link)s"
        ),
        at=at,
    )
