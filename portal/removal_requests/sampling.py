"""The sample of removals that are looked at again: a seed decides, and nobody else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

AT_LEAST = 20
"""How many of a draw are looked at; all where there are fewer (method, R4)."""


def drawn(numbers: Iterable[str], seed: str | int, minimum: int = AT_LEAST) -> list[str]:
    """All of them, or `minimum` drawn by hash: the seed alone decides, not the order given."""
    ordered = sorted(
        set(numbers),
        key=lambda number: (hashlib.sha256(f"{seed}:{number}".encode()).digest(), number),
    )
    return sorted(ordered[:minimum])


def hash_of(numbers: Iterable[str]) -> str:
    """SHA-256 over the sorted numbers, one on each line: what was drawn from."""
    return hashlib.sha256("\n".join(sorted(set(numbers))).encode()).hexdigest()
