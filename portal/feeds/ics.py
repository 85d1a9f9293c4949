"""A feed as text: RFC 5545 by the library `icalendar`, with RFC 7986 for name and refreshing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from icalendar import Calendar, Event
from icalendar.prop import vDatetime, vDuration, vInt, vText, vUri

from portal.consultations.models import ConsultationStatus
from portal.core.audit import canonical
from portal.core.i18n import gettext as _

S = ConsultationStatus
OFF = (S.CANCELLED, S.POSTPONED, S.NOT_HELD)
"""What does not take place at its date. It stays in the feed as cancelled (RFC 5545, 3.8.1.11):
an entry that vanished would stay in programs that never delete."""
REFRESH = timedelta(hours=1)
FORM = 1
"""Counted up when the same consultations are written differently, so that programs read again."""


def fingerprint(entries: Sequence[Any], *, language: str, base_url: str) -> str:
    """A sign of everything that the text would hold, without writing it."""
    told = canonical([FORM, language, base_url, [tuple(entry) for entry in entries]])
    return hashlib.sha256(told.encode()).hexdigest()


def text(entries: Sequence[Any], *, base_url: str) -> bytes:
    """The calendar in the reader's language. Titles are neutral, and neither place nor company,
    agenda or people are in it: it lies on servers of whoever made the calendar program.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//Consultation portal//Feed//KO")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    title = vText(_("Consultation"))
    calendar["name"] = calendar["x-wr-calname"] = title
    calendar["refresh-interval"] = vDuration(REFRESH, params={"VALUE": "DURATION"})
    calendar["x-published-ttl"] = vDuration(REFRESH)
    # Made once: the same few words stand in every entry, and making them is the dear part.
    private = vText("PRIVATE")
    confirmed = vText("CONFIRMED"), vText("OPAQUE")
    cancelled = vText("CANCELLED"), vText("TRANSPARENT")
    for entry in entries:
        status, shown = cancelled if entry.status in OFF else confirmed
        stamp = vDatetime((entry.changed_at or entry.starts_at).replace(microsecond=0))
        event = Event()
        event["uid"] = vText(entry.uid or f"consultation-{entry.id}")
        event["sequence"] = vInt(entry.sequence)
        event["dtstamp"] = event["last-modified"] = stamp
        event["dtstart"], event["dtend"] = vDatetime(entry.starts_at), vDatetime(entry.ends_at)
        event["summary"], event["status"] = title, status
        event["transp"], event["class"] = shown, private
        event["url"] = vUri(f"{base_url}/consultations/{entry.id}")
        calendar.add_component(event)
    return calendar.to_ical()
