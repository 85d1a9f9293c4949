"""Estimates in rows: each with its interval against a target; what each choice gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from portal.core.charts.axes import (
    Format,
    Interval,
    Plot,
    clip,
    room_for,
    round_ticks,
    row_pitch,
    write_row_label,
    write_ticks,
)
from portal.core.charts.drawing import SIZE, draw_line, draw_mark, svg, text_width, write
from portal.core.charts.looks import BLUE, GRID, HOUSE, INK, QUIET, Look


class StripRow(NamedTuple):
    """An estimate with its interval; without a value, `note` is printed in its place."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    note: str = ""
    look: Look = HOUSE


def interval_strip(
    rows: Sequence[StripRow],
    *,
    title: str,
    description: str,
    limits: Interval = (0, 1),
    format: Format = "{:.0%}".format,
    target: float | None = None,
    target_label: str = "",
    words: tuple[str, str, str] | None = None,
    width: float = 640,
    chart_id: str = "",
) -> Markup:
    """A dot and its whiskers for each row against a target, common or the row's own.

    The dot is full when the whole interval reaches the target, hollow when it may or may not, a cross when none of it
    does; `words` names the three. Without any target the mark is that of the row's look.
    """
    left = room_for([row.label for row in rows], width)
    told = [_told(row, format) for row in rows]
    right = width - 14 - max([text_width(text) for text in told] + [0])
    tint = rows[0].look.colour if len({row.look for row in rows}) == 1 else BLUE
    keys, used = _verdict_legend(words, left, width, tint) if words else ("", 0.0)
    top = used + (18 if target_label and target is not None else 6)
    pitch, ticks = (
        row_pitch([row.label for row in rows], left - 8, 20.0),
        [tick for tick in round_ticks(*limits) if limits[0] <= tick <= limits[1]],
    )
    bottom = top + len(rows) * pitch
    plot = Plot(left, top, right, bottom, *limits, 0, 1)
    parts = [keys]
    for tick in ticks:
        parts.append(draw_line(plot.x(tick), top, plot.x(tick), bottom, GRID, 0.8))
    parts += write_ticks(plot, ticks, format)
    if target is not None:
        parts.append(draw_line(plot.x(target), top - 3, plot.x(target), bottom, INK, 1, "1.5 2"))
        if target_label:
            text = f"{target_label} {format(target)}"
            half = text_width(text) / 2
            parts.append(
                write(
                    min(max(plot.x(target), half + 2), width - half - 2),
                    top - 7,
                    text,
                    "middle",
                    INK,
                )
            )
    for index, (row, text) in enumerate(zip(rows, told, strict=True)):
        y = top + (index + 0.5) * pitch
        if index:
            parts.append(draw_line(0, y - pitch / 2, width, y - pitch / 2, GRID, 0.6))
        parts.append(write_row_label(left - 8, y + 3.5, row.label))
        parts.append(
            write(right + 10, y + 3.5, text, "start", INK if row.value is not None else QUIET)
        )
        aim = row.target if row.target is not None else target
        if row.target is not None:
            parts.append(
                draw_line(plot.x(row.target), y - 7, plot.x(row.target), y + 7, INK, 1.2, "1.5 1.5")
            )
        if row.value is None:
            continue
        low, high = (row.value if edge is None else edge for edge in (row.low, row.high))
        x1, x2 = plot.x(clip(low, limits)), plot.x(clip(high, limits))
        colour = row.look.colour
        parts.append(draw_line(x1, y, x2, y, colour, 1.6))
        parts += [draw_line(x, y - 3.5, x, y + 3.5, colour, 1.2) for x in (x1, x2)]
        shape = row.look.shape
        if aim is not None:
            shape = "disc" if low >= aim else "saltire" if high < aim else "ring"
        parts.append(draw_mark(shape, plot.x(clip(row.value, limits)), y, 3.8, colour))
    return svg(parts, title, description, width, bottom + 18, chart_id)


def _told(row: StripRow, format: Format) -> str:
    if row.value is None:
        return row.note
    if row.low is None or row.high is None:
        return format(row.value)
    return f"{format(row.value)} ({format(row.low)}–{format(row.high)})"


def _verdict_legend(
    words: tuple[str, str, str], left: float, width: float, colour: str
) -> tuple[str, float]:
    whole = sum(16 + text_width(word) + 14 for word in words)
    x, out = max(min(left, width - whole), 6.0), []
    for word, shape in zip(words, ("disc", "ring", "saltire"), strict=True):
        out.append(draw_mark(shape, x, 7, 3.8, colour) + write(x + 9, 10.5, word, "start", INK))
        x += 16 + text_width(word) + 14
    return "".join(out), 16.0


class RunRow(NamedTuple):
    """What one choice gives: a value, or the range of several."""

    label: str
    low: float
    high: float


def run_strip(
    rows: Sequence[RunRow],
    *,
    edges: Sequence[tuple[float, str]],
    title: str,
    description: str,
    pitch: float = 15.0,
    look: Look = HOUSE,
    width: float = 640,
    chart_id: str = "",
) -> Markup:
    """A mark, or a bar from low to high, for each choice; the first row's value runs on as a line.

    `edges` are where a name begins (75, "B"), the highest first; the axis shows a stretch around
    the rows, and every edge in it with the names on both sides.
    """
    lowest, highest = min(row.low for row in rows), max(row.high for row in rows)
    low, high = (
        max(0.0, 5 * math.floor((lowest - 4) / 5)),
        min(100.0, 5 * math.ceil((highest + 4) / 5)),
    )
    left = room_for([row.label for row in rows], width)
    top, base = 18.0, (rows[0].low + rows[0].high) / 2
    bottom = top + len(rows) * pitch
    plot = Plot(left, top, width - 12, bottom, low, high, 0, 1)
    parts = []
    for tick in round_ticks(low, high):
        if low <= tick <= high:
            parts.append(draw_line(plot.x(tick), top, plot.x(tick), bottom, GRID, 0.8))
            parts.append(write(plot.x(tick), bottom + 13, f"{tick:g}", "middle", QUIET))
    above = high
    for edge, name in edges:
        start, end = max(edge, low), min(above, high)
        if start < end:
            parts.append(
                write((plot.x(start) + plot.x(end)) / 2, top - 6, name, "middle", INK, SIZE, "bold")
            )
            if edge > low:
                parts.append(draw_line(plot.x(edge), top - 14, plot.x(edge), bottom, INK, 1.1))
        above = edge
    parts.append(draw_line(plot.x(base), top, plot.x(base), bottom, look.colour, 0.8, "2 2"))
    for index, row in enumerate(rows):
        y = top + (index + 0.5) * pitch
        parts.append(write_row_label(left - 8, y + 3.5, row.label))
        x1, x2 = plot.x(row.low), plot.x(row.high)
        if x2 - x1 > 1:
            parts.append(draw_line(x1, y, x2, y, look.colour, 2.2))
            parts += [draw_line(x, y - 3.5, x, y + 3.5, look.colour, 1.6) for x in (x1, x2)]
        else:
            parts.append(
                draw_mark("disc" if index == 0 else "diamond", (x1 + x2) / 2, y, 3.4, look.colour)
            )
    return svg(parts, title, description, width, bottom + 18, chart_id)
