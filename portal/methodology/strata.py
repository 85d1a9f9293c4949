"""A cohort in parts: by surface or by legal ground, how many were gone in time, and how fast."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from portal.methodology.cohort import Followed
from portal.methodology.logrank import LogRank, log_rank
from portal.methodology.method import HOUR, Method

PARTS = ("surface", "legal_ground")


def removed_by(cases: Iterable[Followed], part: str, method: Method) -> dict[str, tuple[int, int]]:
    """By stratum of `part` x of n: gone by the mark of R2, of those that were followed that long."""
    limit = method.removal_hours * HOUR
    counts: dict[str, tuple[int, int]] = {}
    for case in cases:
        if case.followed < limit:
            continue
        x, n = counts.get(getattr(case, part), (0, 0))
        hit = case.removed is not None and case.removed <= limit
        counts[getattr(case, part)] = (x + hit, n + 1)
    return counts


class Surfaces(NamedTuple):
    """How many requests each surface has, and whether their removal curves differ."""

    sizes: list[tuple[str, int]]
    test: LogRank | None


def surfaces(cases: Iterable[Followed]) -> Surfaces:
    """The log-rank test between the removal curves of the surfaces."""
    groups: dict[str, list[tuple[int, bool]]] = {}
    for case in cases:
        is_gone = case.removed is not None
        seconds = case.followed if case.removed is None else case.removed
        groups.setdefault(case.surface, []).append((max(0, seconds), is_gone))
    return Surfaces(
        [(code, len(group)) for code, group in sorted(groups.items())], log_rank(groups)
    )
