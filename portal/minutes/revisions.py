"""What a revision changed against an earlier one, word by word."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from portal.core import differences
from portal.core.differences import Part
from portal.core.i18n import spoken
from portal.minutes.models import ItemText
from portal.minutes.targets import Target


@dataclass(frozen=True, slots=True)
class Change:
    """One text of an item that reads otherwise: `field` is a code such as `discussion_ko`."""

    field: str
    language: str
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class ChangedItem:
    """An item that a revision changed, or brought."""

    item_id: int
    position: int
    title_ko: str
    title_en: str
    is_new: bool
    changes: list[Change]


def numbers(texts: Iterable[ItemText], *, present: int) -> list[int]:
    """The revisions that can be compared, the oldest first."""
    return sorted({text.revision for text in texts} | {present})


def between(texts: Iterable[ItemText], old: int, new: int) -> list[ChangedItem]:
    """The items that read otherwise in revision `new` than in `old`, in their order."""
    before: dict[int, ItemText] = {}
    after: dict[int, ItemText] = {}
    for text in texts:  # the oldest first, so the last one stands
        if text.revision <= old:
            before[text.item_id] = text
        if text.revision <= new:
            after[text.item_id] = text
    changed = []
    for item_id, text in after.items():
        earlier = before.get(item_id)
        if earlier is not None and earlier.item_hash == text.item_hash:
            continue
        changed.append(
            ChangedItem(
                item_id=item_id,
                position=text.words["position"],
                title_ko=text.words["title_ko"],
                title_en=text.words["title_en"],
                is_new=earlier is None,
                changes=_changes(earlier.words if earlier else {}, text.words),
            )
        )
    return sorted(changed, key=lambda one: one.position)


def _changes(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    found = []
    for name in ("title", "discussion", "outcomes"):
        for language in ("ko", "en"):
            before, after = _said(old, name, language), _said(new, name, language)
            if before != after:
                found.append(Change(name, language, differences.words(before, after)))
    return found


def _said(words: dict[str, Any], name: str, language: str) -> str:
    if name != "outcomes":
        return str(words.get(f"{name}_{language}", ""))
    lines = []
    for outcome in words.get("outcomes", ()):
        owed = [outcome[key] for key in ("owner", "due_at", "due_zone", "required_evidence")]
        if outcome.get("target"):
            with spoken(language):
                owed.append(str(Target.of(outcome["target"])))
        known = " · ".join(str(value) for value in owed if value)
        lines.append(outcome[f"text_{language}"] + (f" ({known})" if known else ""))
    return "\n".join(lines)
