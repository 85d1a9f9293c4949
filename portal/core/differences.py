"""Which words changed between two texts, for people to see."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

PIECE = re.compile(r"\s+|[^\s]+")
BOUND = 2_000_000
"""So many pairs of equal words are compared at most; beyond, a passage is shown as one change."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of words: `same`, `gone` (only in the old text) or `new` (only in the new one)."""

    kind: str
    text: str


def words(old: str, new: str) -> list[Part]:
    """The two texts as one row of stretches; joined, `same` and `new` are the new text.

    Words are what stands between blanks, in Korean the eojeol. Lines that are equal are set aside
    first, so only changed passages are compared word by word (Ratcliff and Obershelp, difflib).
    The work is bounded: where two passages are too long for that they are shown as one change.
    """
    if old == new:
        return [Part("same", new)] if new else []
    parts: list[Part] = []
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for tag, i, j, k, m in (
        SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if _pairs(before, after) <= BOUND
        else [("replace", 0, len(before), 0, len(after))]
    ):
        if tag == "equal":
            parts.append(Part("same", "".join(after[k:m])))
        else:
            parts += _words("".join(before[i:j]), "".join(after[k:m]))
    return _joined(parts)


def _words(old: str, new: str) -> list[Part]:
    before, after = PIECE.findall(old), PIECE.findall(new)
    # What both begin and end with needs no comparing.
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    head, tail = after[:start], after[len(after) - end :]
    before, after = before[start : len(before) - end], after[start : len(after) - end]
    parts = [Part("same", "".join(head))]
    if _pairs(before, after) > BOUND:
        parts += [Part("gone", "".join(before)), Part("new", "".join(after))]
    else:
        found = SequenceMatcher(str.isspace, before, after, autojunk=False)
        for tag, i, j, k, m in found.get_opcodes():
            if tag == "equal":
                parts.append(Part("same", "".join(after[k:m])))
                continue
            parts.append(Part("gone", "".join(before[i:j])))
            parts.append(Part("new", "".join(after[k:m])))
    return [*parts, Part("same", "".join(tail))]


def _pairs(before: list[str], after: list[str]) -> int:
    """How often a word of the one stands in the other: what the comparing costs."""
    counted = Counter(after)
    return sum(counted[word] for word in before if not word.isspace())


def _joined(parts: list[Part]) -> list[Part]:
    joined: list[Part] = []
    for part in parts:
        if not part.text:
            continue
        if joined and joined[-1].kind == part.kind:
            joined[-1] = Part(part.kind, joined[-1].text + part.text)
        else:
            joined.append(part)
    return joined
