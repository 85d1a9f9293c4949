# ruff: noqa: E501 - a piece of markup is easier to read on one line.
"""Where a value stands: the plot, its ticks, months and shaded periods, the labels of lines and rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from portal.core.charts.drawing import SIZE, draw_line, fit, in_two_lines, num, text_width, write
from portal.core.charts.looks import GRID, INK, PALE, QUIET, RULE

Format = Callable[[float], str]
Interval = tuple[float, float]


class Band(NamedTuple):
    """A period that is shaded; `first` and `last` are places on the axis of months, on which month
    i reaches from i to i + 1."""

    first: float
    last: float
    label: str


class Plot(NamedTuple):
    """The rectangle that is drawn in, and the values at its edges."""

    left: float
    top: float
    right: float
    bottom: float
    x0: float
    x1: float
    y0: float
    y1: float

    def x(self, value: float) -> float:
        return self.left + (value - self.x0) / (self.x1 - self.x0) * (self.right - self.left)

    def y(self, value: float) -> float:
        return self.bottom - (value - self.y0) / (self.y1 - self.y0) * (self.bottom - self.top)


def axis_of(values: Sequence[float], limits: Interval | None) -> tuple[float, float, list[float]]:
    """Where the axis begins and ends, and its ticks: the limits, or round numbers around the values and 0."""
    if limits:
        return *limits, [tick for tick in round_ticks(*limits) if limits[0] <= tick <= limits[1]]
    ticks = round_ticks(min([0.0, *values]), max([*values, 0.0]) or 1.0)
    return ticks[0], ticks[-1], ticks


def round_ticks(low: float, high: float) -> list[float]:
    """Four or so round numbers that enclose the range."""
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    size = min(
        (power * factor for factor in (1, 2, 2.5, 5, 10)),
        key=lambda size: abs(math.log(size / rough)),
    )
    if size < 1 and float(low).is_integer() and float(high).is_integer() and high - low > 1:
        size = 1.0
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [round(i * size, 10) for i in range(first, last + 1)]


def draw_grid(plot: Plot, ticks: Sequence[float], format: Format) -> str:
    out = []
    for tick in ticks:
        y = plot.y(tick)
        out.append(draw_line(plot.left, y, plot.right, y, GRID, 0.8))
        out.append(write(plot.left - 6, y + 3.5, format(tick), "end", QUIET))
    out.append(draw_line(plot.left, plot.bottom, plot.right, plot.bottom, RULE, 0.8))
    return "".join(out)


def write_ticks(plot: Plot, ticks: Sequence[float], format: Format) -> list[str]:
    room = (plot.right - plot.left) / max(len(ticks) - 1, 1)
    every = max(math.ceil((max(text_width(format(tick)) for tick in ticks) + 4) / max(room, 1)), 1)
    return [
        write(plot.x(tick), plot.bottom + 13, format(tick), "middle", QUIET)
        for tick in ticks[::every]
    ]


def clip(value: float, limits: Interval) -> float:
    return min(max(value, limits[0]), limits[1])


def draw_bands(bands: Sequence[Band], plot: Plot, shift: float) -> list[str]:
    """The shaded periods with their edges dashed, which print shows too, and their names above."""
    out: list[str] = []
    edges = [plot.x(band.first + shift) for band in bands]
    for band in bands:
        left, right = (
            clip(plot.x(place + shift), (plot.left, plot.right))
            for place in (band.first, band.last)
        )
        if right - left < 1:
            continue
        out.append(
            f'<rect x="{num(left)}" y="{num(plot.top)}" width="{num(right - left)}" height="{num(plot.bottom - plot.top)}" fill="{PALE}" fill-opacity="0.55"/>'
        )
        out += [
            draw_line(x, plot.top - 4, x, plot.bottom, QUIET, 0.8, "2 2") for x in (left, right)
        ]
        # A name may reach beyond its band, to where the next one begins.
        room = min([edge for edge in edges if edge > left + 1] + [plot.right]) - left - 6
        out.append(write(left + 3, plot.top - 5, fit(band.label, room), "start", QUIET, 9))
    return out


def write_months(plot: Plot, labels: Sequence[str], places: Sequence[float], width: float) -> str:
    """As many labels as have room, counted back from the last, which is the one that is read."""
    if not labels:
        return ""
    widest = max(text_width(label) for label in labels) + 6
    pitch = (plot.right - plot.left) / max(len(labels) - 1, 1) if len(labels) > 1 else widest
    every = max(math.ceil(widest / pitch), 1)
    out = []
    for i in range(len(labels) - 1, -1, -every):
        half = text_width(labels[i]) / 2
        place = min(max(places[i], half + 1), width - half - 1)
        out.append(write(place, plot.bottom + 15, labels[i], "middle", QUIET))
    return "".join(reversed(out))


def write_side_labels(marks: Sequence[tuple[float, str, str, str]], plot: Plot) -> list[str]:
    """Labels at the right edge at the height of what they name, pushed apart where they would touch."""
    ordered = sorted(marks)
    places = [y for y, *_ in ordered]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + 12)
    if places and places[-1] > plot.bottom:
        places[-1] = plot.bottom
        for i in range(len(places) - 2, -1, -1):
            places[i] = min(places[i], places[i + 1] - 12)
    return [
        write(plot.right + 8, y + 3.5, text, "start", colour, SIZE, weight)
        for y, (_, text, colour, weight) in zip(places, ordered, strict=True)
    ]


def runs_of(values: Sequence[float | None]) -> list[list[int]]:
    """The stretches without a gap, as places."""
    runs: list[list[int]] = []
    for i, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1] == i - 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs


def row_pitch(labels: Sequence[str], room: float, one_line: float) -> float:
    """The height of a row, so that every label has the lines it needs."""
    return one_line + 8 if any(len(in_two_lines(label, room)) > 1 for label in labels) else one_line


def write_row_label(right: float, y: float, text: str) -> str:
    lines = in_two_lines(text, right)
    start = y - 6 * (len(lines) - 1)
    return "".join(write(right, start + 12 * i, line, "end", INK) for i, line in enumerate(lines))


def room_for(labels: Sequence[str], width: float) -> float:
    """How much of the width the labels of the rows take."""
    return min(max([text_width(label) for label in labels] + [20.0]) + 10, width * 0.36)
