"""Questions about campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from portal.campaigns.models import Campaign
from portal.core.db import db


def listed() -> Sequence[Campaign]:
    """Every campaign, the latest first."""
    return db.session.scalars(
        select(Campaign).order_by(Campaign.starts_on.desc(), Campaign.id)
    ).all()


def campaigns_between(start: date, end: date) -> list[Campaign]:
    """The campaigns that ran on any day from `start` to `end`, both included; the first first."""
    return within(listed(), start, end)


def within(campaigns: Sequence[Campaign], start: date, end: date) -> list[Campaign]:
    """Those of some campaigns that ran on any day from `start` to `end`, both included."""
    return sorted(
        (one for one in campaigns if one.starts_on <= end and one.ends_on >= start),
        key=lambda one: (one.starts_on, one.id),
    )


def place_in_months(on: date, months: Sequence[str]) -> float:
    """Where the beginning of a day stands on an axis of months, the first beginning at 0."""
    year, month = (int(part) for part in months[0].split("-"))
    following = date(on.year + on.month // 12, on.month % 12 + 1, 1)
    days = (following - on.replace(day=1)).days
    return (on.year - year) * 12 + on.month - month + (on.day - 1) / days
