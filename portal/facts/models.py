"""Published facts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import Date, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Code, db


class NationalSeries(StrEnum):
    """What several published figures tell together, each at its own time."""

    REPORTS = "series_reports"
    """Reports received, for each month."""
    REQUESTS = "series_requests"
    """Sexual deepfakes acted upon since January of the year, up to the end of a month."""
    LAST_SITTING = "series_last_sitting"
    NOBODY_SITS = "series_nobody_sits"
    """On this day it was still reported that nobody sits."""


class PublishedFact(db.Model):
    """A figure as somebody published it, in the words and with the source it had there.

    Where it belongs to a series, its days and its number stand beside the words.
    """

    __tablename__ = "published_fact"
    id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(String(60), index=True)
    statement: Mapped[str] = mapped_column(String(300))
    figure: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(Text)
    series: Mapped[NationalSeries | None] = mapped_column(Code(NationalSeries))
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    amount: Mapped[int | None]
