"""What the removal requests room writes. No letter holds a reference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import current_app

from portal.access.actor import Role
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.core.i18n import gettext as _
from portal.core.outbox import post
from portal.removal_requests.models import LegalGround, RemovalRequest


def _link(request: RemovalRequest) -> str:
    return f"{current_app.config['BASE_URL']}/removal-requests/{request.id}"


def delivered(requests: Sequence[RemovalRequest], *, at: datetime) -> None:
    """The company is told what was delivered through the portal, in the words of its kind: a
    statutory correction request is not a voluntary one. Of many at once each person gets one
    letter of each kind."""
    kinds: dict[tuple[int, bool], list[RemovalRequest]] = {}
    for request in requests:
        is_statutory = request.legal_ground is LegalGround.CORRECTION_REQUEST
        kinds.setdefault((request.company_id, is_statutory), []).append(request)
    for (_company_id, is_statutory), several in kinds.items():
        deliver = _deliver_correction_requests if is_statutory else _deliver_voluntary_requests
        deliver(several, at=at)


def _deliver_correction_requests(several: Sequence[RemovalRequest], *, at: datetime) -> None:
    for person in accounts.of_company(several[0].company_id):
        post(
            "removal_requests:deliver",
            to=person,
            subject="Correction request %(number)s"
            if len(several) == 1
            else "%(count)s correction requests",
            body=(
                "Correction request %(number)s was delivered to you through the portal. It is"
                " issued on a statutory ground. A substantive answer is in time within 24 hours of"
                " delivery; an acknowledgement is not an answer.\n\n%(link)s"
            )
            if len(several) == 1
            else (
                "%(count)s correction requests were delivered to you through the portal. They are"
                " issued on a statutory ground. A substantive answer is in time within 24 hours of"
                " delivery; an acknowledgement is not an answer.\n\n%(links)s"
            ),
            about=several[0],
            at=at,
            **_named(several),
        )


def _deliver_voluntary_requests(several: Sequence[RemovalRequest], *, at: datetime) -> None:
    for person in accounts.of_company(several[0].company_id):
        post(
            "removal_requests:deliver",
            to=person,
            subject="Voluntary request %(number)s"
            if len(several) == 1
            else "%(count)s voluntary requests",
            body=(
                "Voluntary request %(number)s was delivered to you through the portal: you are"
                " asked to act under your own terms. A substantive answer is in time within 24"
                " hours of delivery; an acknowledgement is not an answer.\n\n%(link)s"
            )
            if len(several) == 1
            else (
                "%(count)s voluntary requests were delivered to you through the portal: you are"
                " asked to act under your own terms. A substantive answer is in time within 24"
                " hours of delivery; an acknowledgement is not an answer.\n\n%(links)s"
            ),
            about=several[0],
            at=at,
            **_named(several),
        )


def _named(several: Sequence[RemovalRequest]) -> dict[str, Any]:
    """The first of some requests, and all of them with their addresses."""
    return {
        "number": several[0].request_no,
        "link": _link(several[0]),
        "count": len(several),
        "links": "\n".join(f"{one.request_no}: {_link(one)}" for one in several),
    }


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


def extended(request: RemovalRequest, *, at: datetime) -> None:
    """The company is told until when a later answer was granted."""
    for person in accounts.of_company(request.company_id):
        post(
            "removal_requests:extend",
            to=person,
            subject="More time: removal request %(number)s",
            body=(
                "A later answer to removal request %(number)s was granted; until when, and why,"
                " stands on its page. In the scorecard the 24 hours count as"
                " before.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )


def corrected(request: RemovalRequest, *, at: datetime) -> None:
    """The company is told that a time of its request was corrected."""
    for person in accounts.of_company(request.company_id):
        post(
            "removal_requests:correct_time",
            to=person,
            subject="A time was corrected: removal request %(number)s",
            body=(
                "A time of removal request %(number)s was corrected. What it was before, what it is"
                " now and why stand on its page. If you do not agree, dispute the request"
                " there.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )


def _second_persons(request: RemovalRequest, first: int | None) -> list[Account]:
    """Who may decide what takes a second person: the desk's officers and the heads, but the first."""
    people = [*accounts.officers_for(request.company_id), *accounts.with_role(Role.HEAD)]
    return [person for person in people if person.id != first]


def withdrawal_proposed(request: RemovalRequest, *, at: datetime) -> None:
    """Those who may agree as the second person learn that a request is to leave the cohort."""
    for person in _second_persons(request, request.exclusion_proposed_by_id):
        post(
            "removal_requests:propose_withdrawal",
            to=person,
            subject="To agree: removal request %(number)s is to be taken out",
            body=(
                "It was proposed to take removal request %(number)s out of the cohort: %(why)s. It"
                " counts on until a second person agrees or refuses.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            why=lambda: _(request.exclusion.value) if request.exclusion else "",
            link=_link(request),
        )


def disputed(request: RemovalRequest, *, at: datetime) -> None:
    """Those who may decide, which is not who issued it, learn that the company disputes a request."""
    for person in _second_persons(request, request.issued_by_id):
        post(
            "removal_requests:dispute",
            to=person,
            subject="Disputed: removal request %(number)s",
            body=(
                "The company disputes removal request %(number)s; its reason stands on the page."
                " Somebody other than the person who issued the request decides. Until then it"
                " counts as before.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )


def dispute_decided(request: RemovalRequest, *, at: datetime) -> None:
    """The company is told what became of its dispute."""
    for person in accounts.of_company(request.company_id):
        post(
            "removal_requests:decide_dispute",
            to=person,
            subject="Your dispute was decided: removal request %(number)s",
            body=(
                "What you disputed about removal request %(number)s was decided by somebody other"
                " than the person who issued it. The decision and its reason stand on the"
                " page.\n\n%(link)s"
            ),
            about=request,
            at=at,
            number=request.request_no,
            link=_link(request),
        )
