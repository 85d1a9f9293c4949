"""What the information requests room writes. The case itself stands in no letter."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.accounts import queries as accounts
from portal.core.i18n import local, zone, zone_label
from portal.core.outbox import post
from portal.information_requests.models import InformationRequest
from portal.information_requests.queries import REMINDER, police_for


def _due(request: InformationRequest) -> str:
    """The deadline on the recipient's clock. A time without its zone is another deadline."""
    return f"{local(request.due_at)}, {zone_label(request.due_at, str(zone()))}"


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
            due=lambda: _due(request),
            link=_link(request),
        )


def answered(request: InformationRequest, *, at: datetime) -> None:
    """Who filed it learns that there is an answer."""
    for person in police_for(request):
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


def reminder(request: InformationRequest, *, at: datetime) -> int:
    """The company is reminded before the deadline; give how many were told."""
    people = accounts.of_company(request.company_id)
    for person in people:
        post(
            REMINDER,
            to=person,
            subject="Due soon: information request %(number)s",
            body=(
                "Information request %(number)s has no answer yet. It is due by %(due)s.\n\n"
                "%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            due=lambda: _due(request),
            link=_link(request),
        )
    return len(people)


def overdue(request: InformationRequest, *, at: datetime) -> None:
    """Both sides are told once that the deadline has passed."""
    for person in (*accounts.of_company(request.company_id), *police_for(request)):
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
            due=lambda: _due(request),
            link=_link(request),
        )
