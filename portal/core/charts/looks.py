"""The look of each thing: the same colour, pattern, dash and mark wherever it appears."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

INK, QUIET, RULE, GRID, PAPER = "#1e2124", "#464c53", "#8a949e", "#e6e8ea", "#ffffff"
BLUE, PALE = "#063a74", "#d8e5fd"


class Look(NamedTuple):
    colour: str
    ground: str
    pattern: str
    dash: str
    shape: str


LOOKS = (
    Look("#063a74", "#063a74", "solid", "", "disc"),
    Look("#256ef4", "#d8e5fd", "slant", "6 3", "square"),
    Look("#6d7882", "#cdd1d5", "solid", "2 2.5", "triangle"),
    Look("#8a5c00", "#fff3db", "dots", "9 3 2 3", "diamond"),
    Look("#267337", "#eaf6ec", "level", "12 3", "ring"),
    Look("#bd2c0f", "#fdefec", "cross", "4 2 1 2", "box"),
    Look("#464c53", "#ffffff", "slope", "1 3", "disc"),
    Look("#346fb2", "#ffffff", "solid", "7 2 7 5", "square"),
    Look("#7b1fa2", "#f3e5f8", "slope", "", "wedge"),
    Look("#0b7285", "#e1f3f6", "cross", "6 3", "plus"),
    Look("#a8286f", "#fbe6f0", "dots", "2 2.5", "lozenge"),
    Look("#5c6b00", "#f2f5d9", "slant", "12 3", "delta"),
    Look("#7a3b1d", "#f6e9e2", "level", "4 2 1 2", "disc"),
    Look("#4a55c7", "#e9ebfb", "dots", "9 3 2 3", "triangle"),
    Look("#b04a00", "#fdebdd", "slope", "", "square"),
    Look("#267337", "#ffffff", "cross", "6 3", "diamond"),
    Look("#bd2c0f", "#ffffff", "slant", "12 3", "wedge"),
    Look("#7b1fa2", "#ffffff", "level", "1 3", "box"),
    Look("#0b7285", "#ffffff", "dots", "7 2 7 5", "ring"),
    Look("#8a5c00", "#ffffff", "slope", "4 2 1 2", "plus"),
    Look("#256ef4", "#ffffff", "cross", "2 2.5", "delta"),
    Look("#a8286f", "#ffffff", "level", "9 3 2 3", "disc"),
    Look("#464c53", "#e6e8ea", "slant", "", "lozenge"),
    Look("#5c6b00", "#ffffff", "dots", "6 3", "ring"),
    Look("#b04a00", "#ffffff", "level", "7 2 7 5", "triangle"),
)
HOUSE = LOOKS[0]
"""Everybody together, and what concerns nobody in particular. Who keeps a look has another."""
IN_TIME, LATE, OPEN = (
    LOOKS[0],
    Look("#8a5c00", "#fff3db", "slant", "6 3", "square"),
    Look("#6d7882", "#ffffff", "solid", "2 2.5", "ring"),
)


def looks_for(keys: Iterable[str], palette: Mapping[str, int] | None = None) -> dict[str, Look]:
    """A look for each key, the same wherever the key appears; `palette` settles it where two keys would share one."""
    taken: dict[str, int] = {}
    for key in sorted(set(keys), key=lambda key: (key not in (palette or {}), key)):
        if palette and key in palette:
            index = palette[key] % len(LOOKS)
        else:
            index = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % len(LOOKS)
            while index in taken.values() and len(taken) < len(LOOKS):
                index = (index + 1) % len(LOOKS)
        taken[key] = index
    return {key: LOOKS[index] for key, index in taken.items()}


def kept_look(place: int) -> Look:
    """The look of one that keeps its own, by the place that `free_place` gave it."""
    return LOOKS[kept_index(place)]


def kept_index(place: int) -> int:
    """The same for a `palette`."""
    return 1 + place % (len(LOOKS) - 1)


def free_place(name: str, taken: Collection[int] = ()) -> int:
    """A place that none of `taken` has, as long as there is one. It begins at a place that follows from
    the name, so that it does not tell how many came before."""
    places = len(LOOKS) - 1
    first = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % places
    order = [(first + step) % places for step in range(places)]
    return next((place for place in order if place not in taken), first)
