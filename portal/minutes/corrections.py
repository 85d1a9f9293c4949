"""What an erratum makes of an adopted record. Pure: the agreed form in, the next one out."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

FORM = "minutes/2"
"""The form of a version that an erratum made: with its number and the list of corrections."""
WRITTEN = ("title_ko", "title_en", "discussion_ko", "discussion_en")


@dataclass(frozen=True, slots=True)
class Correction:
    """One passage of an adopted item that should read otherwise. `reason` says why."""

    item: int
    """The number of the item."""
    old: str
    new: str
    reason: str


class NoPlace(ValueError):
    """The passage does not stand in the item exactly once. `count` says how often it does."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


def place_of(item: dict[str, Any], passage: str) -> tuple[int | None, str]:
    """Where a passage stands in an item of the agreed form: the outcome (from 0) and the field.

    Raises `NoPlace` unless it stands there exactly once.
    """
    found: list[tuple[int | None, str]] = [
        (None, name) for name in WRITTEN for _each in range(item[name].count(passage))
    ]
    found += [
        (index, name)
        for index, outcome in enumerate(item["outcomes"])
        for name in ("text_ko", "text_en")
        for _each in range(outcome[name].count(passage))
    ]
    if len(found) != 1:
        raise NoPlace(len(found))
    return found[0]


def corrected(agreed: dict[str, Any], corrections: Iterable[Correction]) -> dict[str, Any]:
    """The agreed form of the next version: docs/minutes-hash.md describes it.

    It is the adopted form with the passages put in, and with a list of them. Raises `NoPlace`.
    """
    made: dict[str, Any] = copy.deepcopy(agreed)
    made["format"] = FORM
    made["version"] = agreed.get("version", 1) + 1
    made["corrections"] = list(agreed.get("corrections", ()))
    for one in corrections:
        item = next((each for each in made["items"] if each["position"] == one.item), None)
        if item is None:
            raise NoPlace(0)
        outcome, name = place_of(item, one.old)
        holder = item if outcome is None else item["outcomes"][outcome]
        holder[name] = holder[name].replace(one.old, one.new)
        made["corrections"].append(asdict(one) | {"version": made["version"]})
    return made
