"""The facts a card is made of, as plain values that can be stored, hashed and computed again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, TypeVar

from portal.core.audit import canonical
from portal.dialogue.punctuality import DialogueFact
from portal.methodology.clocks import ClockFact
from portal.methodology.facts import ActionFact, BesideFact, PoliceFact, RequestFact
from portal.methodology.method import Method
from portal.methodology.promises import PromiseFact

FORMAT = "scorecard-inputs/1"
Fact = TypeVar("Fact", RequestFact, PoliceFact, ActionFact, PromiseFact, ClockFact, DialogueFact)


@dataclass(frozen=True, slots=True)
class RegulatorFact:
    """The regulator's own delay, printed on the same page as the company's."""

    intake_to_issue_hours: float | None = None
    issue_to_delivery_hours: float | None = None
    actions: tuple[ActionFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that the arithmetic is given. The same inputs give the same card to the last digit."""

    company: str
    month: str
    as_of: datetime
    method: Method
    requests: tuple[RequestFact, ...]
    police: tuple[PoliceFact, ...]
    actions: tuple[ActionFact, ...]
    beside: BesideFact
    regulator: RegulatorFact
    promises: tuple[PromiseFact, ...] | None = None
    """Agreed targets; None in what was stored before promises had any."""
    reconciliation: dict[str, Any] | None = None
    """The company's own count beside ours, as `reconciliations.queries.state` tells it."""
    clocks: ClockFact | None = None
    """What waited at the regulator; None in what was stored before that was counted."""
    dialogue: tuple[DialogueFact, ...] | None = None
    """Twelve months of both sides' punctuality, the card's the last; None in what is older."""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; instants in UTC."""
        return self._beside_the_index() | {
            "format": FORMAT,
            "company": self.company,
            "month": self.month,
            "as_of": _text(self.as_of),
            "method": json.loads(self.method.to_json()),
            "requests": [_row(fact) for fact in self.requests],
            "police": [_row(fact) for fact in self.police],
            "actions": [_row(fact) for fact in self.actions],
            "beside": asdict(self.beside),
            "regulator": {
                "intake_to_issue_hours": self.regulator.intake_to_issue_hours,
                "issue_to_delivery_hours": self.regulator.issue_to_delivery_hours,
                "actions": [_row(fact) for fact in self.regulator.actions],
            },
        }

    def _beside_the_index(self) -> dict[str, Any]:
        held: dict[str, Any] = {}
        if self.promises is not None:
            held["promises"] = [_row(fact) for fact in self.promises]
        if self.clocks is not None:
            held["clocks"] = _row(self.clocks)
        if self.dialogue is not None:
            held["dialogue"] = [_row(fact) for fact in self.dialogue]
        if self.reconciliation is not None:
            held["reconciliation"] = self.reconciliation
        return held

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Inputs:
        """Read what `to_dict` wrote."""
        regulator = values["regulator"]
        return cls(
            company=values["company"],
            month=values["month"],
            as_of=datetime.fromisoformat(values["as_of"]),
            method=Method.from_json(json.dumps(values["method"])),
            requests=tuple(_fact(RequestFact, row) for row in values["requests"]),
            police=tuple(_fact(PoliceFact, row) for row in values["police"]),
            actions=tuple(_fact(ActionFact, row) for row in values["actions"]),
            beside=BesideFact(**values["beside"]),
            regulator=RegulatorFact(
                regulator["intake_to_issue_hours"],
                regulator["issue_to_delivery_hours"],
                tuple(_fact(ActionFact, row) for row in regulator["actions"]),
            ),
            promises=_facts(PromiseFact, values.get("promises")),
            # Cards frozen before companies could count for themselves have none.
            reconciliation=values.get("reconciliation"),
            clocks=_fact(ClockFact, values["clocks"]) if "clocks" in values else None,
            dialogue=_facts(DialogueFact, values.get("dialogue")),
        )


def content_hash(inputs: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of stored inputs."""
    return hashlib.sha256(canonical(inputs).encode()).hexdigest()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


def _row(
    fact: RequestFact | PoliceFact | ActionFact | PromiseFact | ClockFact | DialogueFact,
) -> dict[str, Any]:
    row = {}
    for field in fields(fact):
        value = getattr(fact, field.name)
        if isinstance(value, datetime):
            value = _text(value)
        elif isinstance(value, str):
            value = str(value)  # a code of a closed list is stored as its word
        row[field.name] = value
    return row


def _facts(kind: type[Fact], rows: list[dict[str, Any]] | None) -> tuple[Fact, ...] | None:
    return None if rows is None else tuple(_fact(kind, row) for row in rows)


def _fact(kind: type[Fact], row: Mapping[str, Any]) -> Fact:
    values: dict[str, Any] = {
        name: datetime.fromisoformat(value) if value and name.endswith("_at") else value
        for name, value in row.items()
    }
    return kind(**values)
