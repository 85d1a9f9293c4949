"""Consultations as calendar objects: RFC 5545, and RFC 5546 for what is asked of attendees."""

from __future__ import annotations

from flask import current_app
from icalendar import Calendar, Event, vCalAddress
from icalendar.prop import vText
from itsdangerous import BadSignature, URLSafeSerializer

from portal.accounts.models import Account
from portal.consultations.models import Consultation, ConsultationStatus, Delegate, Rsvp
from portal.core.clock import local_date, now
from portal.core.db import db
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.institution import queries as institution

OFF = (ConsultationStatus.CANCELLED, ConsultationStatus.POSTPONED, ConsultationStatus.NOT_HELD)
WITHOUT_ATTENDEES = ("PUBLISH",)
ASKS = ("REQUEST",)


def calendar_of(
    consultation: Consultation, *, method: str, to: Delegate | None = None, neutral: bool = False
) -> bytes:
    """A consultation as a calendar object, in the language that is spoken.

    `method` is that of RFC 5546. REQUEST names the delegates of the organisation of `to` and no
    other: nobody learns the other side's addresses, and answers come to the portal. CANCEL and
    DECLINECOUNTER name `to` alone. `neutral` leaves out what it is about, with whom and where.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Consultation portal//Invitation//KO")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    event = Event()
    event.add("uid", uid_of(consultation))
    event.add("sequence", consultation.sequence)
    event.add("dtstamp", now().replace(microsecond=0))
    event.add("dtstart", consultation.starts_at)
    event.add("dtend", consultation.ends_at)
    event.add("status", "CANCELLED" if consultation.status in OFF else "CONFIRMED")
    event.add("url", f"{current_app.config['BASE_URL']}/consultations/{consultation.id}")
    if neutral:
        event.add("summary", _("Consultation"))
        event.add("class", "PRIVATE")
    else:
        event.add("summary", f"{consultation.serial}: {both(consultation, 'title')}")
        event.add("location", consultation.venue)
    if method not in WITHOUT_ATTENDEES:
        event["organizer"] = vCalAddress(f"mailto:{_organiser()}")
        held = institution.on(local_date(consultation.starts_at))
        if held is not None:
            event["organizer"].params["CN"] = vText(both(held, "name"))
        for delegate in _named(consultation, method, to):
            if address_of(delegate):
                event.add("attendee", _attendee(delegate, method), encode=False)
    calendar.add_component(event)
    return calendar.to_ical()


def _named(consultation: Consultation, method: str, to: Delegate | None) -> list[Delegate]:
    if to is None:
        return []
    if method not in ASKS:
        return [to]
    return [d for d in consultation.delegates if d.organisation_id == to.organisation_id]


def answer_link(delegate: Delegate) -> str:
    """The address under which a delegate answers without logging in.

    It is signed, names the consultation by its calendar name and ends when it begins. Opening it
    answers nothing: link scanners of mail systems open every link.
    """
    token = _signer().dumps([delegate.id, uid_of(delegate.consultation)])
    return f"{current_app.config['BASE_URL']}/consultations/rsvp/{token}"


def answered_by(token: str) -> tuple[int, str] | None:
    """Whose link it is: the delegate's number and the consultation's calendar name; None if forged."""
    try:
        delegate_id, uid = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return int(delegate_id), str(uid)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SIGNING_KEY"], salt="rsvp")


def uid_of(consultation: Consultation) -> str:
    """The name of a consultation in every calendar, for life."""
    return consultation.uid or f"consultation-{consultation.id}"


def address_of(delegate: Delegate) -> str:
    """The address to which a delegate's invitation goes, in lower case; empty without one."""
    address = delegate.email
    if not address and delegate.account_id is not None:
        account = db.session.get(Account, delegate.account_id)
        address = account.email if account and account.deactivated_at is None else ""
    return (address or "").strip().lower()


def _organiser() -> str:
    """The portal's own address, the same for every consultation: replies go there."""
    return str(current_app.config["MAIL_FROM"]).rpartition("<")[2].rstrip("> ")


def _attendee(delegate: Delegate, method: str) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{address_of(delegate)}")
    attendee.params["CN"] = vText(delegate.name)
    attendee.params["ROLE"] = vText("CHAIR" if delegate.is_lead else "REQ-PARTICIPANT")
    attendee.params["PARTSTAT"] = vText(delegate.rsvp.value.replace("_", "-").upper())
    if method in ASKS:
        attendee.params["RSVP"] = vText("TRUE" if delegate.rsvp is Rsvp.NEEDS_ACTION else "FALSE")
    return attendee
