"""What a poll writes to people, in their own language and with the times on their own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import current_app

from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.core.i18n import both, local, with_zone, zone, zone_label
from portal.core.i18n import gettext as _
from portal.core.outbox import Letter, Person, post
from portal.slots import queries
from portal.slots.models import Poll, Slot, SlotProposal


def in_words(slot: Slot | SlotProposal) -> str:
    """A time as the venue's clock shows it, and on the reader's where that is another."""
    start = slot.starts_at
    words = f"{local(start, 'instant', slot.zone)} {zone_label(start, slot.zone)}"
    if zone().key != slot.zone:
        words += f" = {local(start)} {zone_label(start, zone().key)}"
    return words


def _list(slots: Sequence[Slot]) -> str:
    return "\n".join(f"- {in_words(slot)}" for slot in slots)


def _how(poll: Poll, to: Account | Person) -> str:
    if to.id is None:
        return _(
            "Tell your delegation or the officer which of them suit you; they write it down for "
            "you."
        )
    return _("Answer here, for each slot: %(link)s", link=link(poll))


def link(poll: Poll) -> str:
    """The address of the page of the slots."""
    return f"{current_app.config['BASE_URL']}/consultations/{poll.consultation_id}/slots"


def _post(
    kind: str,
    poll: Poll,
    to: Account | Person,
    *,
    subject: str,
    body: str,
    at: datetime,
    **values: Any,
) -> Letter:
    consultation = poll.consultation
    return post(
        f"slots:{kind}",
        to=to,
        subject=subject,
        body=body,
        about=consultation,
        at=at,
        title=lambda: both(consultation, "title"),
        company=lambda: both(consultation.company, "name"),
        venue=consultation.venue,
        until=lambda: with_zone(poll.respond_by),
        slots=lambda: _list(poll.slots),
        how=lambda: _how(poll, to),
        link=link(poll),
        **values,
    )


def asked(poll: Poll, to: Account | Person, *, at: datetime) -> Letter:
    """A delegate is asked which slots suit them."""
    return _post(
        "offer",
        poll,
        to,
        subject="Which time suits you? %(title)s (%(company)s)",
        body=(
            "A time is being looked for, for the consultation %(title)s (%(company)s), at: "
            "%(venue)s.\n\nThese slots are offered:\n%(slots)s\n\n"
            "Please answer until %(until)s. %(how)s\n\n"
            "Until then you can change your answer. Nothing is fixed yet; once a slot is chosen, "
            "you get an invitation."
        ),
        at=at,
    )


def announced(poll: Poll, *, at: datetime) -> None:
    """The company's people who sit on no delegation learn that slots are offered."""
    for account in queries.beside(poll):
        _post(
            "announce",
            poll,
            account,
            subject="Slots are offered for the consultation %(title)s (%(company)s)",
            body=(
                "A time is being looked for, for the consultation %(title)s (%(company)s), at: "
                "%(venue)s.\n\nThese slots are offered:\n%(slots)s\n\n"
                "Your delegates are asked until %(until)s. You are not one of them so far: say who "
                "comes for your side, or propose another time instead:\n%(link)s"
            ),
            at=at,
        )


def reminded(poll: Poll, to: Account | Person, *, at: datetime) -> Letter:
    """Who has not answered is asked once more."""
    return _post(
        "remind",
        poll,
        to,
        subject="Your answer is missing: which time suits you? %(title)s (%(company)s)",
        body=(
            "You have not said yet which of these slots suit you for the consultation %(title)s "
            "(%(company)s), at: %(venue)s.\n\n%(slots)s\n\n"
            "Please answer until %(until)s. %(how)s"
        ),
        at=at,
    )


def added(slot: Slot, *, but: int | None = None, at: datetime) -> None:
    """A further slot: earlier answers stand, this one is asked for. `but` is told otherwise."""
    poll = slot.poll
    for one in queries.asked(poll):
        if one.to.id is None or one.to.id != but:
            _post(
                "add",
                poll,
                one.to,
                subject="One more slot for the consultation %(title)s (%(company)s)",
                body=(
                    "One more slot is offered for the consultation %(title)s (%(company)s):\n"
                    "- %(when)s\n\nWhat you have answered to the other slots stands. "
                    "Please answer to this one until %(until)s. %(how)s"
                ),
                at=at,
                when=lambda: in_words(slot),
            )


def proposed(proposal: SlotProposal, *, at: datetime) -> None:
    """The company proposed another time: to those who arrange it."""
    poll = proposal.poll
    for officer in queries.officers(poll):
        _post(
            "propose",
            poll,
            officer,
            subject="%(company)s proposes another time: %(title)s",
            body=(
                "%(company)s proposes another time for the consultation %(title)s:\n- %(when)s\n\n"
                "Proposed by: %(name)s\nReason: %(reason)s\n\n"
                "Offer it to everybody as a further slot, or decline it with the reason:\n%(link)s"
            ),
            at=at,
            when=lambda: in_words(proposal),
            name=lambda: accounts.doer(proposal.proposed_by),
            reason=proposal.reason,
        )


def accepted(proposal: SlotProposal, to: Account, *, at: datetime) -> None:
    """The proposed time is offered to all: to who proposed it."""
    _post(
        "accept",
        proposal.poll,
        to,
        subject="Your proposed time is offered to everybody: %(title)s (%(company)s)",
        body=(
            "The time you proposed for the consultation %(title)s (%(company)s) is offered to both "
            "sides as a further slot:\n- %(when)s\n\n"
            "Everybody is asked for it until %(until)s; earlier answers stand. If you come "
            "yourself, please answer to it too:\n%(link)s"
        ),
        at=at,
        when=lambda: in_words(proposal),
    )


def declined(proposal: SlotProposal, to: Account, *, at: datetime) -> None:
    """The proposed time is not offered, and why: to who proposed it."""
    _post(
        "decline",
        proposal.poll,
        to,
        subject="Your proposed time is not offered: %(title)s (%(company)s)",
        body=(
            "The time you proposed for the consultation %(title)s (%(company)s) is not offered:\n"
            "- %(when)s\n\nReason: %(reason)s\n\n"
            "The other slots stand until %(until)s, and you may propose another time:\n%(link)s"
        ),
        at=at,
        when=lambda: in_words(proposal),
        reason=proposal.decision_reason or "–",
    )


def new_deadline(poll: Poll, *, before: datetime, at: datetime) -> None:
    """Another respond-by date, to everybody who is asked."""
    for one in queries.asked(poll):
        _post(
            "deadline",
            poll,
            one.to,
            subject="Answers until %(until)s: %(title)s (%(company)s)",
            body=(
                "The date for answers on the slots for the consultation %(title)s (%(company)s) "
                "was changed.\n\nBefore: %(before)s\nNow: %(until)s\n\n%(how)s"
            ),
            at=at,
            before=lambda: with_zone(before),
        )


def called_off(poll: Poll, *, at: datetime) -> None:
    """The search for a time ends without one: to both sides."""
    consultation = poll.consultation
    for person in (*(one.to for one in queries.asked(poll)), *queries.beside(poll)):
        _post(
            "cancel",
            poll,
            person,
            subject="No time is looked for any more: %(title)s (%(company)s)",
            body=(
                "No time is looked for any more, for the consultation %(title)s (%(company)s). "
                "Please keep none of these slots free:\n%(slots)s\n\n"
                "By: %(side)s\nReason: %(reason)s\n\nIt stays on record:\n%(link)s"
            ),
            at=at,
            side=lambda: _(consultation.cancelled_by.value) if consultation.cancelled_by else "–",
            reason=consultation.cancelled_reason or "–",
        )
