"""How punctual each side of the dialogue was: facts in, counts out. Nothing is read here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median
from typing import Any

from portal.consultations.models import Side

KINDS = ("slots", "papers", "adoption", "called_off", "attendance")


@dataclass(frozen=True, slots=True)
class DialogueFact:
    """One thing that one side did, or did not, in time.

    `happened_at` says in which month it counts: the respond-by date of offered times, the cut-off that
    a paper had, the adoption, the instant of calling off, the start of what was held. `is_kept` is
    none where nothing is kept: an adoption (`hours`: how long it waited for this side, both sides
    together being the whole) and what was called off (`hours` of notice, negative after the start).
    """

    kind: str
    side: str
    consultation_id: int
    label: str
    happened_at: datetime
    is_kept: bool | None = None
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class Punctuality:
    """One side in one kind: x of n; median and sum of hours where hours are told."""

    kind: str
    side: str
    x: int
    n: int
    median_hours: float | None
    total_hours: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def within(facts: Iterable[DialogueFact], start: datetime, end: datetime) -> list[DialogueFact]:
    """The facts from an instant on and before another, in their order."""
    return [fact for fact in facts if start <= fact.happened_at < end]


def punctuality(facts: Sequence[DialogueFact]) -> list[Punctuality]:
    """Each kind for each side, and who was at the table for both sides at once ("both").

    For what was called off, x is how often this side did it and n how often anybody did.
    """
    rows = []
    for kind in KINDS:
        here = [fact for fact in facts if fact.kind == kind]
        for side in (Side.COMPANY.value, Side.INSTITUTION.value):
            own = [fact for fact in here if fact.side == side]
            hours = [fact.hours for fact in own if fact.hours is not None]
            is_count = kind == "called_off"
            rows.append(
                Punctuality(
                    kind=kind,
                    side=side,
                    x=len(own) if is_count else sum(bool(fact.is_kept) for fact in own),
                    n=len(here) if is_count else len(own),
                    median_hours=median(hours) if hours else None,
                    total_hours=sum(hours) if hours else None,
                )
            )
        if kind == "attendance":
            rows.append(_quorate(here))
    return rows


def _quorate(facts: Sequence[DialogueFact]) -> Punctuality:
    held: dict[int, list[bool]] = {}
    for fact in facts:
        held.setdefault(fact.consultation_id, []).append(bool(fact.is_kept))
    return Punctuality("attendance", "both", sum(map(all, held.values())), len(held), None, None)


@dataclass(frozen=True, slots=True)
class Turn:
    """From this instant on the minutes wait for a side."""

    at: datetime
    waits_for: Side


def waiting(turns: Iterable[Turn], until: datetime) -> dict[Side, float]:
    """How many hours were waited for each side, from the first turn to `until`."""
    hours = dict.fromkeys(Side, 0.0)
    ordered = sorted((turn for turn in turns if turn.at <= until), key=lambda turn: turn.at)
    ends = [later.at for later in ordered[1:]] + [until]
    for turn, end in zip(ordered, ends, strict=False):  # no turn, no end
        hours[turn.waits_for] += (end - turn.at).total_seconds() / 3600
    return hours
