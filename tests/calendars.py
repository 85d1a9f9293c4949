"""Reading our calendars as other programs do: with ical.js (Thunderbird's) and `icalendar`.

ical.js comes from npm, as tests/javascript/package-lock.json says, and runs in the Chromium that
the tests need anyway. Use the fixture `calendars`:

    [event] = calendars.read(letter.calendar, method="REQUEST")
    assert event.start == ...
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from icalendar import Calendar
from playwright.sync_api import Browser

ICAL_JS = Path(__file__).parent / "javascript/node_modules/ical.js/dist/ical.min.js"

READ = """
text => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const zones = calendar.getAllSubcomponents("vtimezone");
  zones.forEach(zone => ICAL.TimezoneService.register(zone));
  const instant = time => time && time.toJSDate().toISOString();
  const events = calendar.getAllSubcomponents("vevent").map(part => {
    const event = new ICAL.Event(part);
    const values = name => part.getAllProperties(name).map(p => [p.getFirstValue(), p.toJSON()[1]]);
    return {
      uid: event.uid, summary: event.summary, location: event.location,
      description: event.description, sequence: event.sequence,
      status: part.getFirstPropertyValue("status"),
      start: instant(event.startDate), end: instant(event.endDate),
      stamp: instant(part.getFirstPropertyValue("dtstamp")),
      organizer: event.organizer, attendees: values("attendee"),
      isRecurring: event.isRecurring(),
    };
  });
  zones.forEach(zone => ICAL.TimezoneService.remove(zone.getFirstPropertyValue("tzid")));
  return {
    version: calendar.getFirstPropertyValue("version"),
    method: calendar.getFirstPropertyValue("method"),
    prodid: calendar.getFirstPropertyValue("prodid"), events,
  };
}
"""


@dataclass(frozen=True)
class Attendee:
    """Somebody who is asked to come, with the parameters as they are written, in lower case."""

    address: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Event:
    """What both readers understand of an event."""

    uid: str
    sequence: int
    summary: str
    location: str
    description: str
    status: str
    start: datetime
    end: datetime
    stamp: datetime
    organizer: str
    attendees: tuple[Attendee, ...]


class Calendars:
    """Two readers that must agree."""

    def __init__(self, browser: Browser) -> None:
        self.page = browser.new_page()
        source = ICAL_JS.read_text(encoding="utf-8")
        module, is_module, _rest = source.partition("export{Yt as default};")
        assert is_module
        self.page.add_script_tag(content=f"{module}window.ICAL=Yt;")

    def close(self) -> None:
        self.page.close()

    def read(self, data: bytes, *, method: str | None = None) -> list[Event]:
        """The events of a calendar, once its form is right and both readers say the same."""
        check_form(data)
        theirs = self.page.evaluate(READ, data.decode())
        ours = Calendar.from_ical(data)
        assert theirs["version"] == str(ours["VERSION"]) == "2.0"
        assert theirs["prodid"]
        said = ours.get("METHOD")
        assert theirs["method"] == (None if said is None else str(said)) == method
        events = [_event(one) for one in theirs["events"]]
        assert events == [_event_of(one) for one in ours.walk("VEVENT")]
        return events


def check_form(data: bytes) -> None:
    """RFC 5545, 3.1: lines end in CRLF, have 75 octets at most, and are whole UTF-8 characters."""
    assert data.endswith(b"\r\n")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
    lines = data.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    for line in lines:
        line.decode("utf-8")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def _address(value: Any) -> str:
    return re.sub("^mailto:", "", str(value or ""), flags=re.IGNORECASE)


def _event(read: dict[str, Any]) -> Event:
    assert read["isRecurring"] is False
    return Event(
        uid=read["uid"],
        sequence=read["sequence"] or 0,
        summary=read["summary"],
        location=read["location"] or "",
        description=read["description"] or "",
        status=read["status"] or "",
        start=_time(read["start"]),
        end=_time(read["end"]),
        stamp=_time(read["stamp"]),
        organizer=_address(read["organizer"]),
        attendees=tuple(
            Attendee(_address(value), {k.lower(): v for k, v in parameters.items()})
            for value, parameters in read["attendees"]
        ),
    )


def _event_of(event: Any) -> Event:
    assert event.errors == []
    people = event.get("ATTENDEE", [])
    return Event(
        uid=str(event["UID"]),
        sequence=int(event.get("SEQUENCE", 0)),
        summary=str(event["SUMMARY"]),
        location=str(event.get("LOCATION", "")),
        description=str(event.get("DESCRIPTION", "")),
        status=str(event.get("STATUS", "")),
        start=event["DTSTART"].dt.astimezone(UTC),
        end=event.end.astimezone(UTC),
        stamp=event["DTSTAMP"].dt.astimezone(UTC),
        organizer=_address(event.get("ORGANIZER")),
        attendees=tuple(
            Attendee(_address(one), {k.lower(): v for k, v in one.params.items()})
            for one in (people if isinstance(people, list) else [people])
        ),
    )
