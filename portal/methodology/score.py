"""What comes out: one card's figures, as plain values and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from portal.methodology.cohort import Exclusion


@dataclass(frozen=True, slots=True)
class Measure:
    """x of n, and the value with its bounds in 0..100; weights in points of 100."""

    id: str
    x: int
    n: int
    value: float | None
    low: float | None
    high: float | None
    assessed: bool
    weight: int
    effective_weight: float = 0.0


class CurvePoint(NamedTuple):
    """Share removed (0..1) from this hour on, with its interval, for the chart."""

    hours: float
    share: float
    low: float
    high: float
    at_risk: int


@dataclass(frozen=True, slots=True)
class RemovalFigures:
    """Details of R2 and R3: shares 0..1, times in hours; None throughout if nothing was asked."""

    f24: float | None = None
    f24_low: float | None = None
    f24_high: float | None = None
    f48: float | None = None
    f48_low: float | None = None
    f48_high: float | None = None
    f48_se: float | None = None  # Greenwood, plain scale; None where F is 0 or 1
    median_hours: float | None = None
    rmst_hours: float | None = None
    se: float | None = None
    tau_hours: float | None = None  # below the horizon if nobody was followed that long
    curve: tuple[CurvePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """One card's figures. `label` is "", provisional, insufficient_data or not_graded."""

    company: str
    month: str
    as_of: datetime
    methodology: str
    measures: dict[str, Measure]
    removal: RemovalFigures
    score: float | None
    letter: str | None
    cap: str | None  # named only where it lowered the letter
    label: str
    excluded: tuple[Exclusion, ...]
    flagged: tuple[str, ...]  # clock zero from the issue, for want of proof of delivery
    beside: dict[str, float | int | None]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values in full precision."""
        values = asdict(self)
        values["as_of"] = _utc_text(self.as_of)
        values["removal"]["curve"] = [list(point) for point in self.removal.curve]
        values["excluded"] = [exclusion._asdict() for exclusion in self.excluded]
        values["flagged"] = list(self.flagged)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Score:
        curve = tuple(CurvePoint(*point) for point in values["removal"]["curve"])
        return cls(
            **{
                **values,
                "as_of": datetime.fromisoformat(values["as_of"]),
                "measures": {id: Measure(**row) for id, row in values["measures"].items()},
                "removal": RemovalFigures(**{**values["removal"], "curve": curve}),
                "excluded": tuple(Exclusion(**row) for row in values["excluded"]),
                "flagged": tuple(values["flagged"]),
                "beside": dict(values["beside"]),
            }
        )

    def public_json(self) -> dict[str, Any]:
        """What everybody may read, by exactly these names."""
        measures: dict[str, dict[str, Any]] = {
            id: {
                "x": measure.x,
                "n": measure.n,
                "value": measure.value,
                "low": measure.low,
                "high": measure.high,
                "assessed": measure.assessed,
            }
            for id, measure in self.measures.items()
        }
        measures["R2"] |= {
            "f24": self.removal.f24,
            "f48": self.removal.f48,
            "median_hours": self.removal.median_hours,
        }
        measures["R3"] |= {"rmst_hours": self.removal.rmst_hours, "se": self.removal.se}
        return {
            "company": self.company,
            "month": self.month,
            "as_of": _utc_text(self.as_of),
            "methodology": self.methodology,
            "measures": measures,
            "score": self.score,
            "letter": self.letter,
            "cap": self.cap,
            "label": self.label,
            "excluded": [exclusion._asdict() for exclusion in self.excluded],
        }


def _utc_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
