"""What the consultations room writes to people. A draft is written about to nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.consultations import queries
from portal.consultations.invitation import answer_link, calendar_of
from portal.consultations.models import Consultation, Delegate, Side
from portal.core.clock import SEOUL
from portal.core.i18n import both, local, zone_label
from portal.core.i18n import gettext as _
from portal.core.outbox import Letter, Person, post, settling, take_place

SETTLES = timedelta(minutes=5)
"""A change is told after so long: what changes again by then is told in the same letter."""
CHANGES = ("consultations:reschedule", "consultations:correct")
INVITES = ("consultations:schedule", "consultations:invite")


def both_sides(consultation: Consultation) -> list[Account]:
    """Everyone who is told: the company, its officers, and who is invited beside them."""
    people = [
        *accounts.of_company(consultation.company_id),
        *accounts.officers_for(consultation.company_id),
        *queries.accounts_of(consultation.delegates),
    ]
    return list({person.id: person for person in people}.values())


def link(consultation: Consultation) -> str:
    """The address of the consultation's page."""
    return f"{current_app.config['BASE_URL']}/consultations/{consultation.id}"


def _clocks(consultation: Consultation) -> str:
    return "\n".join(f"- {whose}: {when} {zone}" for whose, when, zone in consultation.clocks())


def _people(consultation: Consultation) -> Iterator[tuple[Account | Person, Delegate | None]]:
    """Everyone who is told, each once, with their seat if they have one."""
    seats = {d.account_id: d for d in consultation.delegates if d.account_id is not None}
    for account in both_sides(consultation):
        yield account, seats.get(account.id)
    for delegate in consultation.delegates:
        if delegate.account_id is None and delegate.email:
            yield by_name(delegate, consultation), delegate


def by_name(delegate: Delegate, consultation: Consultation) -> Person:
    """A delegate without an account as somebody to write to."""
    ours = delegate.side is Side.INSTITUTION
    return Person(
        organisation_id=delegate.organisation_id,
        email=delegate.email or "",
        language=delegate.language or ("ko" if ours else "en"),
        time_zone=SEOUL.key if ours else consultation.company.time_zone,
    )


def _tell(
    kind: str,
    consultation: Consultation,
    *,
    method: str,
    subject: str,
    body: str,
    at: datetime,
    settles: timedelta = timedelta(0),
    **values: Any,
) -> None:
    """Write to both sides; whoever has a seat gets the calendar object and a link to answer by."""
    for person, seat in _people(consultation):
        _write(
            kind, consultation, person, seat, method=method, subject=subject, body=body, at=at,
            settles=settles, **values,
        )  # fmt: skip


def _write(
    kind: str,
    consultation: Consultation,
    person: Account | Person,
    seat: Delegate | None,
    *,
    method: str,
    subject: str,
    body: str,
    at: datetime,
    **values: Any,
) -> Letter:
    calendar = None
    if seat is not None:
        calendar = lambda: calendar_of(consultation, method=method, to=seat)  # noqa: E731
    asks = seat is not None and method == "REQUEST"
    return post(
        kind,
        to=person,
        subject=subject,
        body=body,
        about=consultation,
        at=at,
        calendar=calendar,
        method=method if seat is not None else None,
        serial=consultation.serial,
        title=lambda: both(consultation, "title"),
        clocks=lambda: _clocks(consultation),
        venue=consultation.venue,
        link=link(consultation),
        answer=lambda: _answer(seat) if asks and seat else "",
        **values,
    )


def _answer(seat: Delegate) -> str:
    words = _("Say whether you come, without logging in:")
    return f"\n\n{words}\n{answer_link(seat)}"


def scheduled(consultation: Consultation, *, at: datetime) -> None:
    """The invitation to both sides."""
    _tell("consultations:schedule", consultation, method="REQUEST", at=at, **INVITATION)


def invited(delegate: Delegate, consultation: Consultation, *, at: datetime) -> None:
    """The invitation to somebody who joins a delegation later; nobody else is told."""
    for person, seat in _people(consultation):
        if seat is delegate:
            _write("consultations:invite", consultation, person, seat, method="REQUEST", at=at,
                   **INVITATION)  # fmt: skip


INVITATION: dict[str, Any] = {
    "subject": "Invitation to a consultation: %(serial)s",
    "body": (
        "You are invited to the consultation %(serial)s, %(title)s.\n\n"
        "%(clocks)s\n- Venue: %(venue)s\n\n"
        "Please answer who comes, and propose what should be on the agenda:\n%(link)s%(answer)s"
    ),
}


def uninvited(delegate: Delegate, consultation: Consultation, *, at: datetime) -> None:
    """To somebody who is taken off a delegation, and to that person alone."""
    person: Account | Person | None
    if delegate.account_id is not None:
        person = accounts.by_id(delegate.account_id)
    else:
        person = by_name(delegate, consultation) if delegate.email else None
    if person is None:
        return
    letter = _write(
        "consultations:uninvite",
        consultation,
        person,
        delegate,
        method="CANCEL",
        subject="You are no longer expected at the consultation %(serial)s",
        body=(
            "You are no longer on the delegation for the consultation %(serial)s, %(title)s. "
            "The consultation itself takes place as planned:\n\n%(clocks)s\n\n"
            "Your calendar drops it. Nobody else was told."
        ),
        at=at,
    )
    held = settling(consultation, address=letter.address, kinds=CHANGES, at=at)
    take_place(held, letter)


def changed(
    consultation: Consultation, *, kind: str, before: dict[str, Any], reason: str, at: datetime
) -> None:
    """A new time or venue: everybody is asked again.

    What changes again before the letter has left is told in one letter, which shows what the
    person knew last and what holds now. `before` is how things stood: instant and zone, venue.
    """
    for person, seat in _people(consultation):
        held = settling(consultation, address=person.email, kinds=CHANGES, at=at)
        known = held[0].carries if held and held[0].carries else before
        letter = _write(
            kind,
            consultation,
            person,
            seat,
            method="REQUEST",
            subject=_subject(consultation, known),
            body=(
                "The consultation %(serial)s, %(title)s, was changed.\n\n"
                "Before: %(before)s\nNow:\n%(clocks)s\n- Venue: %(venue)s\n\n"
                "Reason: %(reason)s\n\n"
                "Earlier answers no longer count. Please answer again who comes:\n%(link)s%(answer)s"
            ),
            at=at,
            settles=SETTLES,
            carries=known,
            before=lambda known=known: _before(known),
            reason=reason or "–",
        )
        take_place(held, letter)


def _subject(consultation: Consultation, known: dict[str, Any]) -> str:
    if known["starts_at"] != consultation.starts_at.isoformat():
        return "New time for the consultation %(serial)s"
    return "New venue for the consultation %(serial)s"


def _before(known: dict[str, Any]) -> str:
    starts_at, zone = datetime.fromisoformat(known["starts_at"]), known["zone"]
    return f"{local(starts_at, 'instant', zone)} {zone_label(starts_at, zone)}, {known['venue']}"


def _last_told(held: list[Letter]) -> str:
    """What the person knew, where the last change had not been told yet."""
    if not held or not held[0].carries:
        return ""
    return "\n" + _("You were last told: %(before)s", before=_before(held[0].carries))


def standing(consultation: Consultation) -> dict[str, Any]:
    """When and where a consultation is, as a letter about a change keeps it."""
    return {
        "starts_at": consultation.starts_at.isoformat(),
        "zone": consultation.zone,
        "venue": consultation.venue,
    }


def called_off(consultation: Consultation, *, at: datetime) -> None:
    """Cancelled, postponed or not held: by which side and why."""
    kind = f"consultations:{consultation.status.value}"
    for person, seat in _people(consultation):
        held = settling(consultation, address=person.email, kinds=CHANGES, at=at)
        letter = _write(
            kind,
            consultation,
            person,
            seat,
            method="CANCEL",
            subject="Consultation %(serial)s: %(became)s",
            body=(
                "The consultation %(serial)s, %(title)s, is now: %(became)s.\n\n"
                "It was planned for:\n%(clocks)s%(before)s\n\nBy: %(side)s\nReason: %(reason)s\n\n"
                "It stays on record with its date:\n%(link)s"
            ),
            at=at,
            before=lambda held=held: _last_told(held),
            became=lambda: _(consultation.status.value),
            side=lambda: _(consultation.cancelled_by.value) if consultation.cancelled_by else "–",
            reason=consultation.cancelled_reason or "–",
        )
        take_place(held, letter)
