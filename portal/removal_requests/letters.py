"""What the removal requests room writes. No letter holds a reference."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.accounts import queries as accounts
from portal.core.outbox import post
from portal.removal_requests.models import RemovalRequest


def _link(request: RemovalRequest) -> str:
    return f"{current_app.config['BASE_URL']}/removal-requests/{request.id}"


def delivered(request: RemovalRequest, *, at: datetime) -> None:
    """The company is told of a request that was delivered through the portal."""
    for person in accounts.of_company(request.company_id):
        post(
            "removal_requests:deliver",
            to=person,
            subject="Removal request %(number)s",
            body=(
                "Removal request %(number)s was delivered to you through the portal. A substantive"
                " answer is in time within 24 hours of delivery; an acknowledgement is not an"
                " answer.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )


def asked_back(request: RemovalRequest, *, at: datetime) -> None:
    """The officers are told that the company needs to know more."""
    for person in accounts.officers_for(request.company_id):
        post(
            "removal_requests:answer",
            to=person,
            subject="More information needed: %(number)s",
            body=(
                "The company needs more information on removal request %(number)s. Its clock runs on"
                " until it answers.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )


def withdrawn(request: RemovalRequest, *, at: datetime) -> None:
    """The company is told that it need not act any more."""
    for person in accounts.of_company(request.company_id):
        post(
            "removal_requests:withdraw",
            to=person,
            subject="Withdrawn: removal request %(number)s",
            body=(
                "Removal request %(number)s is withdrawn. You need not answer it; it stays"
                " listed.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )


def still_up(request: RemovalRequest, *, at: datetime) -> None:
    """The company is told that what it said to have removed was seen again by a person."""
    for person in accounts.of_company(request.company_id):
        post(
            "removal_requests:verify",
            to=person,
            subject="Still up: removal request %(number)s",
            body=(
                "You answered that the content of removal request %(number)s was removed. Somebody"
                " of the commission looked and it was still up. It does not count as removed until"
                " it is gone; please answer again.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )
