"""The method as data: one version, its dates, and every number the arithmetic needs.

A method never changes; a change is a new version. A card names the version it was made with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

MEASURES = ("R1", "R2", "R3", "R4", "R5", "R6")
HOUR = 3600
"""Seconds: durations are whole seconds, marks and horizons hours."""


class Weight(NamedTuple):
    """Points of weight of one measure; all points together are 100."""

    measure: str
    points: int


class Band(NamedTuple):
    """A letter and the lowest score (0..100) that earns it."""

    letter: str
    at_least: int


class Cap(NamedTuple):
    """Below this value (0..100) of the measure the letter is at most this one."""

    code: str
    measure: str
    below: int
    at_most: str


class Target(NamedTuple):
    """A mark in time (hours), with the share of cases (0..1) where its source names one."""

    code: str
    measure: str
    hours: int
    share: Fraction | None
    valid_from: date
    valid_to: date | None

    def is_valid(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Method:
    """One version of the scorecard method (sections "Measures", "Grades", "Formulas")."""

    version: str
    valid_from: date
    valid_to: date | None
    weights: tuple[Weight, ...]
    bands: tuple[Band, ...]  # from the best letter to the worst
    caps: tuple[Cap, ...]  # the harshest first
    targets: tuple[Target, ...]
    z: float = 1.959964
    answer_hours: int = 24
    removal_hours: int = 48
    horizon_hours: int = 168
    followup_hours: int = 168  # from the month's end to the freeze
    recheck_days: int = 7
    recheck_minimum: int = 20
    police_working_days: int = 10
    required: tuple[str, ...] = ("R1", "R2")
    minimum_weight: int = 70
    insufficient_below: int = 10  # requests
    provisional_below: int = 30  # requests
    provisional_half_width: int = 15  # points of R2's interval
    draws: int = 20_000

    def __post_init__(self) -> None:
        if tuple(weight.measure for weight in self.weights) != MEASURES:
            raise ValueError(f"weights must name {', '.join(MEASURES)} in this order")
        if sum(weight.points for weight in self.weights) != 100:
            raise ValueError("weights must add up to 100")
        edges = [band.at_least for band in self.bands]
        falling = all(high > low for high, low in pairwise(edges))
        if not falling or not edges or edges[-1] != 0:
            raise ValueError("bands must fall from the best letter to 0")

    def points(self, measure: str) -> int:
        return next(weight.points for weight in self.weights if weight.measure == measure)

    def targets_on(self, day: date) -> tuple[Target, ...]:
        return tuple(target for target in self.targets if target.is_valid(day))

    def to_json(self) -> str:
        """The same text for the same method, in the order the fields are declared."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("weights", "bands", "caps", "targets"):
            values[name] = [row._asdict() for row in values[name]]
        return json.dumps(values, default=str, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Method:
        """Read what `to_json` wrote; an unknown or missing name is an error."""
        values: dict[str, Any] = json.loads(text)
        missing = {field.name for field in fields(cls)} - values.keys()
        if missing:
            raise ValueError(f"not in the stored method: {', '.join(sorted(missing))}")
        values["valid_from"] = date.fromisoformat(values["valid_from"])
        values["valid_to"] = _day_or_none(values["valid_to"])
        values["weights"] = tuple(Weight(**row) for row in values["weights"])
        values["bands"] = tuple(Band(**row) for row in values["bands"])
        values["caps"] = tuple(Cap(**row) for row in values["caps"])
        values["targets"] = tuple(_target(row) for row in values["targets"])
        values["required"] = tuple(values["required"])
        return cls(**values)


def _target(row: dict[str, Any]) -> Target:
    return Target(
        code=row["code"],
        measure=row["measure"],
        hours=row["hours"],
        share=None if row["share"] is None else Fraction(row["share"]),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=_day_or_none(row["valid_to"]),
    )


def _day_or_none(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


VERSION_1_0 = Method(
    version="1.0",
    # The portal's oldest facts are of 2020, and no month of it was ever judged by another method.
    valid_from=date(2020, 1, 1),
    valid_to=None,
    weights=(
        Weight("R1", 25),
        Weight("R2", 30),
        Weight("R3", 15),
        Weight("R4", 10),
        Weight("R5", 10),
        Weight("R6", 10),
    ),
    bands=(Band("A", 90), Band("B", 75), Band("C", 60), Band("D", 40), Band("E", 0)),
    caps=(Cap("r2_below_50", "R2", 50, "C"), Cap("r2_below_80", "R2", 80, "B")),
    targets=(
        Target("commission", "R1", 24, None, date(2020, 1, 1), None),
        # EU Code of conduct on countering illegal hate speech online +: two thirds of notices.
        Target("eu_code_plus", "R1", 24, Fraction(2, 3), date(2025, 1, 20), None),
        # US TAKE IT DOWN Act: platforms had one year from 19 May 2025.
        Target("us_take_it_down", "R2", 48, None, date(2026, 5, 19), None),
        # German NetzDG: seven days; its duties ended when the DDG came into force.
        Target("de_netzdg", "R3", 168, None, date(2017, 10, 1), date(2024, 5, 13)),
    ),
)
