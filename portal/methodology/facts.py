"""What goes into a score: plain facts of one company, from whichever room keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RequestFact:
    """One request to a company, with all that is known about it, whenever it became known."""

    number: str
    issued_at: datetime
    delivered_at: datetime | None
    decided_at: datetime | None
    outcome: str | None  # one of ANSWERS, or needs_information
    removed_at: datetime | None  # claimed by the company
    verified_at: datetime | None
    verification: str | None  # gone still_up unreachable
    rechecked_at: datetime | None
    recheck: str | None  # gone reappeared unreachable
    measure_type: str  # removal block account
    surface: str
    legal_ground: str
    excluded: str | None  # withdrawn duplicate malformed already_gone
    excluded_by: str | None
    is_disputed: bool = False
    platform: str = ""  # its slug; what was frozen before it was kept has none


@dataclass(frozen=True, slots=True)
class PoliceFact:
    """One police information request; `due_at` is the last instant that is in time."""

    number: str
    delivered_at: datetime | None
    due_at: datetime
    answered_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class ActionFact:
    """One agreed action item; `reported_at` is the report whose evidence was accepted."""

    number: str
    due_at: datetime
    reported_at: datetime | None
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class BesideFact:
    """What is printed beside the index and cannot be derived from requests."""

    consultations_held: int = 0
    consultations_attended: int = 0
    regulator_median_hours: float | None = None
