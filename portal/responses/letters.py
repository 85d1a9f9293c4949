"""What the responses room writes: a report to verify, and the verdict on it."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.actions import queries as actions
from portal.actions.models import ActionItem
from portal.core.outbox import post
from portal.responses.models import Response, Verdict


def _link(item: ActionItem) -> str:
    return f"{current_app.config['BASE_URL']}/action-items/{item.id}"


def reported(response: Response, *, at: datetime) -> None:
    """The other side is asked to verify."""
    item = response.action_item
    for person in actions.examiners(item):
        post(
            "responses:report",
            to=person,
            subject="Reported done: %(number)s",
            body=(
                "Action item %(number)s was reported done. Please examine the evidence and verify"
                " or return it.\n\n%(link)s"
            ),
            about=response,
            at=at,
            number=item.number,
            link=_link(item),
        )


def decided(response: Response, *, at: datetime) -> None:
    """The owner learns the verdict."""
    item = response.action_item
    is_verified = response.verdict is Verdict.VERIFIED
    for person in actions.owners(item):
        post(
            "responses:decide",
            to=person,
            subject="Verified: %(number)s" if is_verified else "Returned: %(number)s",
            body=(
                "Your report on action item %(number)s was verified.\n\n%(link)s"
                if is_verified
                else "Your report on action item %(number)s was returned. The reason stands on the"
                " page of the item; the clock runs on.\n\n%(link)s"
            ),
            about=response,
            at=at,
            number=item.number,
            link=_link(item),
        )
