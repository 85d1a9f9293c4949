"""Figures of a month that still moves, as a page shows them: kept until anything was entered.

They are kept (`portal.core.kept`) under the last act of the log and the number of requests
(`queries.stamp`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from portal.scorecards.models import ScorecardStatus


class Version(NamedTuple):
    """A version of the month's card, and the instant that it looks back from."""

    id: int
    version: int
    status: ScorecardStatus
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a live card shows to one role, in one language and time zone."""

    figures: Markup
    cards: tuple[Version, ...]
