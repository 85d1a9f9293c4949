"""What is awkward about a time: named before it is fixed, and never a refusal."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.companies.models import Company
from portal.consultations import queries
from portal.core import i18n
from portal.core.calendar import clock_change
from portal.core.clock import SEOUL
from portal.core.i18n import country_name
from portal.core.i18n import gettext as _
from portal.holidays import queries as holidays

DAY_BEGINS, DAY_ENDS = 8, 19
LATELY = timedelta(days=7)
"""A change of the clocks so long before is one that people may not have got used to."""
ZONES = (
    "Asia/Seoul", "Asia/Dubai", "Asia/Singapore", "Asia/Tokyo", "Europe/Dublin", "Europe/London",
    "Europe/Berlin", "Europe/Zurich", "America/New_York", "America/Los_Angeles", "UTC",
)  # fmt: skip
"""What a form offers first; any other of the IANA database can be typed."""


def awkward(
    company: Company,
    *,
    starts_at: datetime,
    ends_at: datetime,
    zone: str,
    country: str,
    delegates: Collection[int] | None = None,
    but: int | None = None,
    among: Collection[queries.Taken] | None = None,
) -> list[str]:
    """One sentence for everything that is awkward about a time, for either side and the venue.

    Holidays are those of the days on which it takes place there or at the venue: who sits in Los
    Angeles on the eve of Thanksgiving for a table in Seoul is told of Thanksgiving. `delegates`
    are the accounts that would sit there, None if clashes are not asked for; `but` is the
    consultation whose own time is no clash; `among` is what `queries.taken` gave, where many times
    are asked about at once.
    """
    places = {
        (country, zone): _("the venue"),
        (company.country, company.time_zone): i18n.both(company, "name"),
        ("KR", SEOUL.key): _("Korea"),
    }
    last_minute = ends_at - timedelta(minutes=1)
    venue_days = _days(starts_at, last_minute, zone)
    days = {place: venue_days | _days(starts_at, last_minute, place[1]) for place in places}
    sentences = _holidays({place[0]: days[place] for place in places})
    for place, whose in places.items():
        first, last = (one.astimezone(ZoneInfo(place[1])) for one in (starts_at, last_minute))
        if first.weekday() > 4 or last.weekday() > 4:
            day = first if first.weekday() > 4 else last
            sentences.append(
                _("%(day)s is a weekend day for %(whose)s.", day=i18n.day(day.date()), whose=whose)
            )
        if first.hour < DAY_BEGINS or last.hour >= DAY_ENDS or first.date() != last.date():
            sentences.append(
                _(
                    "For %(whose)s it lasts from %(first)s to %(last)s: unsocial hours.",
                    whose=whose,
                    first=first.strftime("%H:%M"),
                    last=(last + timedelta(minutes=1)).strftime("%H:%M"),
                )
            )
        changed = clock_change(place[1], first.date() - LATELY, first.date())
        if changed is not None:
            sentences.append(
                _(
                    "The clocks of %(whose)s are changed on %(day)s, shortly before.",
                    whose=whose,
                    day=i18n.day(changed),
                )
            )
    if delegates is not None:
        sentences += _clashes(company, starts_at, ends_at, delegates, but, among)
    return list(dict.fromkeys(sentences))


def _days(first: datetime, last: datetime, zone_name: str) -> set[date]:
    zone = ZoneInfo(zone_name)
    return {first.astimezone(zone).date(), last.astimezone(zone).date()}


def _holidays(days: dict[str, set[date]]) -> list[str]:
    every = set().union(*days.values())
    named = holidays.by_country(list(days), min(every), max(every), i18n.language())
    return [
        _(
            "%(day)s is a public holiday in %(country)s: %(name)s.",
            day=i18n.day(on),
            country=country_name(country),
            name=name,
        )
        for country, found in named.items()
        for on, name in sorted(found.items())
        if on in days[country]
    ]


def _clashes(
    company: Company,
    starts_at: datetime,
    ends_at: datetime,
    delegates: Collection[int],
    but: int | None,
    among: Collection[queries.Taken] | None,
) -> list[str]:
    sentences = []
    for serial, names in queries.clashing(
        company.id, starts_at, ends_at, delegates=delegates, but=but, among=among
    ):
        if names:
            sentences.append(
                _(
                    "%(names)s sit in another consultation at this time: %(serial)s.",
                    names=", ".join(names),
                    serial=serial or _("one of another desk"),
                )
            )
        else:
            sentences.append(
                _("The company sits in another consultation at this time: %(serial)s.",
                  serial=serial)
            )  # fmt: skip
    return sentences
