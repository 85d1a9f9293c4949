"""What is awkward about a time: named before it is fixed, and never a refusal."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale

from portal.companies.models import Company
from portal.core import i18n
from portal.core.calendar import public_holidays
from portal.core.clock import SEOUL
from portal.core.i18n import country_name
from portal.core.i18n import gettext as _

DAY_BEGINS, DAY_ENDS = 8, 19
ZONES = (
    "Asia/Seoul", "Asia/Dubai", "Asia/Singapore", "Asia/Tokyo", "Europe/Dublin", "Europe/London",
    "Europe/Berlin", "Europe/Zurich", "America/New_York", "America/Los_Angeles", "UTC",
)  # fmt: skip
"""What a form offers first; any other of the IANA database can be typed."""


OTHER = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}


def countries() -> list[tuple[str, str]]:
    """Every country by its name in the reader's language, and one that is not made public."""
    names = Locale.parse(i18n.language()).territories
    known = [(c, n) for c, n in names.items() if len(c) == 2 and c.isalpha() and c not in OTHER]
    return [("ZZ", _("not made public")), *sorted(known, key=lambda pair: pair[1])]


def awkward(
    company: Company, *, starts_at: datetime, ends_at: datetime, zone: str, country: str
) -> list[str]:
    """One sentence for each holiday, weekend and unsocial hour of either side and the venue."""
    places = {
        (country, zone): _("the venue"),
        (company.country, company.time_zone): i18n.both(company, "name"),
        ("KR", SEOUL.key): _("Korea"),
    }
    sentences: list[str] = []
    for (where, zone_name), whose in places.items():
        first = starts_at.astimezone(ZoneInfo(zone_name))
        last = (ends_at - timedelta(minutes=1)).astimezone(ZoneInfo(zone_name))
        sentences += _holidays(where, first, last)
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
    return list(dict.fromkeys(sentences))


def _holidays(country: str, first: datetime, last: datetime) -> list[str]:
    sentences = []
    for day in sorted({first.date(), last.date()}):
        try:
            name = public_holidays(country, day.year, i18n.language()).get(day)
        except NotImplementedError:  # a country whose calendar nobody keeps
            return []
        if name:
            sentences.append(
                _(
                    "%(day)s is a public holiday in %(country)s: %(name)s.",
                    day=i18n.day(day),
                    country=country_name(country),
                    name=name,
                )
            )
    return sentences
