"""What the information requests room writes. The case itself stands in no letter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app

from portal.accounts import queries as accounts
from portal.core.i18n import day, language, local, zone, zone_label
from portal.core.i18n import gettext as _
from portal.core.outbox import post
from portal.information_requests.models import Because, Extension, InformationRequest
from portal.information_requests.queries import REMINDER, police_for


def _due(request: InformationRequest) -> str:
    """The deadline on the recipient's clock, or the end of the extension."""
    return _when(request.answer_by)


def _when(at: datetime) -> str:
    """A time on the recipient's clock. A time without its zone is another time."""
    return f"{local(at)}, {zone_label(at, str(zone()))}"


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


def moved(
    request: InformationRequest, was: datetime, because: Because, named: dict[str, Any], *,
    at: datetime,
) -> None:  # fmt: skip
    """Both sides are told that the deadline moved, from when to when and for which day."""

    def why() -> str:
        if because is Because.CALENDAR_CHANGED:
            return _("The calendar of public holidays has changed.")
        values = {
            "day": day(named["holiday_on"]),
            "name": named["holiday_ko" if language() == "ko" else "holiday_en"],
        }
        if because is Because.HOLIDAY_ADDED:
            return _("%(day)s is a day off now: %(name)s.", **values)
        return _("%(day)s is no day off any more: %(name)s.", **values)

    for person in (*accounts.of_company(request.company_id), *police_for(request)):
        post(
            "information_requests:move_deadline",
            to=person,
            subject="Deadline moved: information request %(number)s",
            body=(
                "The deadline of information request %(number)s has moved from %(was)s to %(due)s."
                " %(why)s\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            was=lambda: _when(was),
            due=lambda: _when(request.due_at),
            why=why,
            link=_link(request),
        )


def extension_asked(request: InformationRequest, *, at: datetime) -> None:
    """The police learn that the company asks for more time."""
    for person in police_for(request):
        post(
            "information_requests:ask_extension",
            to=person,
            subject="More time asked for: information request %(number)s",
            body=(
                "The company asks for more time for information request %(number)s. Until when, and"
                " why, stands on its page; please grant or refuse it there.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )


def extension_decided(request: InformationRequest, *, at: datetime) -> None:
    """The company learns whether it has more time."""
    is_granted = request.extension is Extension.GRANTED
    for person in accounts.of_company(request.company_id):
        post(
            "information_requests:decide_extension",
            to=person,
            subject=(
                "More time granted: information request %(number)s"
                if is_granted
                else "No more time: information request %(number)s"
            ),
            body=(
                "The police wait for your answer to information request %(number)s until %(due)s."
                " The original deadline stays visible, and the scorecard counts the 10 working days"
                " as before.\n\n%(link)s"
                if is_granted
                else "The police have refused more time for information request %(number)s. It is"
                " due by %(due)s; the reason stands on its page.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            due=lambda: _due(request),
            link=_link(request),
        )
