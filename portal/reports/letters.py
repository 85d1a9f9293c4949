"""What the reports room writes. Its figures leave in the PDF alone, to commissioners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import current_app

from portal.access.actor import Role
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.companies.models import Company
from portal.core.i18n import both, month_name
from portal.core.outbox import post
from portal.documents.models import Document
from portal.reports.models import Report


def _write(
    kind: str,
    people: Iterable[Account],
    report: Report,
    *,
    subject: str,
    body: str,
    at: datetime,
    **values: Any,
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
            **values,
        )


def _names(waiting: Sequence[Company]) -> Callable[[], str]:
    return lambda: ", ".join(both(one, "name") for one in waiting)


def held(report: Report, *, waiting: Sequence[Company], at: datetime) -> None:
    """The heads of team are told that a report is drafted, and whose cards are not final yet."""
    _write(
        "reports:make",
        accounts.with_role(Role.HEAD),
        report,
        subject="The monthly report for %(month)s is drafted",
        body=(
            "The monthly report for %(month)s (version %(version)s) is drafted and held. Not final"
            " yet are the cards of: %(names)s. It is made again when they change, and you will be"
            " asked to release it when all are final.\n\n%(link)s"
        ),
        at=at,
        names=_names(waiting),
    )


def asked(report: Report, *, at: datetime) -> None:
    """The heads of team are asked for their release: every card is final."""
    _write(
        "reports:ask",
        accounts.with_role(Role.HEAD),
        report,
        subject="The monthly report for %(month)s waits for your release",
        body=(
            "The monthly report for %(month)s (version %(version)s) is made and held; all its cards"
            " are final. Please read it and release it to the commissioners.\n\n%(link)s"
        ),
        at=at,
    )


def remind(report: Report, *, waiting: Sequence[Company], at: datetime) -> None:
    """The heads of team are reminded of a report that is still held, and of what it waits for."""
    body = (
        "The monthly report for %(month)s (version %(version)s) is still held. All its cards are"
        " final: please read it and release it to the commissioners.\n\n%(link)s"
    )
    if waiting:
        body = (
            "The monthly report for %(month)s (version %(version)s) is still held. Not final are the"
            " cards of: %(names)s. Please see to them; the report can also be released without, and"
            " then says so.\n\n%(link)s"
        )
    _write(
        "reports:remind",
        accounts.with_role(Role.HEAD),
        report,
        subject="Reminder: the monthly report for %(month)s is not released",
        body=body,
        at=at,
        names=_names(waiting),
    )


def released(report: Report, *, files: Mapping[str, Document], at: datetime) -> None:
    """Each commissioner gets the report in the own language: the way to it, and its PDF once printed."""
    for person in accounts.with_role(Role.COMMISSIONER):
        printed = files[person.language]
        name = f"monthly-report-{report.month}-v{report.version}-{person.language}.pdf"
        _write(
            "reports:release",
            [person],
            report,
            subject="Monthly report for %(month)s",
            body=(
                "The monthly report for %(month)s (version %(version)s) is released and enclosed. It"
                " can also be read on screen and as a document in Korean and English.\n\n%(link)s"
                if printed.pdf_sha256
                else "The monthly report for %(month)s (version %(version)s) is released. It can be"
                " read on screen and as a document in Korean and English.\n\n%(link)s"
            ),
            at=at,
            enclosed=[{"name": name, "sha256": printed.pdf_sha256}] if printed.pdf_sha256 else None,
        )
