"""What the information requests room writes. The case itself stands in no letter."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.access.actor import Role
from portal.accounts import queries as accounts
from portal.core.i18n import local
from portal.core.outbox import post
from portal.information_requests.models import InformationRequest


def _link(request: InformationRequest) -> str:
    return f"{current_app.config['BASE_URL']}/information-requests/{request.id}"


def filed(request: InformationRequest, *, at: datetime) -> None:
    """The company is asked, with the deadline."""
    for person in accounts.of_company(request.company_id):
        post(
            "information_requests:file",
            to=person,
            subject="Information request %(number)s",
            body=(
                "The police have filed information request %(number)s. Your answer is due by"
                " %(due)s (10 Korean working days after delivery).\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            due=lambda: local(request.due_at),
            link=_link(request),
        )


def answered(request: InformationRequest, *, at: datetime) -> None:
    """The police learn that there is an answer."""
    for person in accounts.with_role(Role.POLICE):
        post(
            "information_requests:answer",
            to=person,
            subject="Answered: information request %(number)s",
            body="The company has answered information request %(number)s.\n\n%(link)s",
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )


def overdue(request: InformationRequest, *, at: datetime) -> None:
    """Both sides are told once that the deadline has passed."""
    for person in (*accounts.of_company(request.company_id), *accounts.with_role(Role.POLICE)):
        post(
            "information_requests:overdue",
            to=person,
            subject="Overdue: information request %(number)s",
            body=(
                "Information request %(number)s was due by %(due)s and has no answer. It counts as"
                " not answered in time from now on.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            due=lambda: local(request.due_at),
            link=_link(request),
        )
