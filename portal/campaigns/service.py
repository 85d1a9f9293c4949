"""The verbs of the table of campaigns."""

from __future__ import annotations

from datetime import date, datetime

from portal.access.actor import Actor
from portal.campaigns.models import Campaign
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError
from portal.core.i18n import gettext as _


def add(
    *, name_ko: str, name_en: str, starts_on: date, ends_on: date, source: str, by: Actor,
    at: datetime,
) -> Campaign:  # fmt: skip
    """Enter a campaign. One that ends before it begins is refused, and one without a source."""
    made = Campaign()
    _fill(made, name_ko, name_en, starts_on, ends_on, source)
    db.session.add(made)
    db.session.flush()
    record("campaigns:add", made, by=by, at=at, **_said(made))
    return made


def edit(
    campaign: Campaign, *, name_ko: str, name_en: str, starts_on: date, ends_on: date, source: str,
    by: Actor, at: datetime,
) -> None:  # fmt: skip
    """Correct a campaign; the audit log keeps what it said before."""
    hold(campaign)
    before = _said(campaign)
    _fill(campaign, name_ko, name_en, starts_on, ends_on, source)
    record("campaigns:edit", campaign, by=by, at=at, before=before, **_said(campaign))


def _fill(
    campaign: Campaign, name_ko: str, name_en: str, starts_on: date, ends_on: date, source: str
) -> None:
    for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
        if not 2000 <= day.year <= 2100:
            raise FieldError(name, _("Choose a year between 2000 and 2100."))
    if ends_on < starts_on:
        raise FieldError("ends_on", _("The last day comes after the first."))
    if not source.strip():
        raise FieldError("source", _("Say where it was announced."))
    campaign.name_ko, campaign.name_en = name_ko.strip(), name_en.strip()
    campaign.starts_on, campaign.ends_on, campaign.source = starts_on, ends_on, source.strip()


def _said(campaign: Campaign) -> dict[str, str]:
    return {
        "name": campaign.name_en,
        "starts_on": campaign.starts_on.isoformat(),
        "ends_on": campaign.ends_on.isoformat(),
        "source": campaign.source,
    }
