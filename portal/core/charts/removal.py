# ruff: noqa: E501 - a piece of markup is easier to read on one line.
"""The curve of removal: which share is gone by each hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from portal.core.charts.axes import Format, Plot, draw_grid
from portal.core.charts.drawing import (
    SIZE,
    draw_line,
    draw_mark,
    num,
    svg,
    text_width,
    write,
)
from portal.core.charts.looks import HOUSE, INK, QUIET, RULE, Look


class Step(NamedTuple):
    """From `at` on, this share is still there; the estimate and its interval."""

    at: float
    survival: float
    low: float
    high: float


def removal_curve(
    steps: Sequence[Step],
    *,
    title: str,
    description: str,
    marks: Sequence[float] = (24, 48, 168),
    mark_label: Format = "{:g} h".format,
    format: Format = "{:.0%}".format,
    target: float | None = None,
    target_label: str = "",
    band_label: str = "",
    look: Look = HOUSE,
    width: float = 640,
    height: float = 230,
    chart_id: str = "",
) -> Markup:
    """The share that is gone by each hour (1 - S), its interval, and what it comes to at the marks."""
    end = max([*marks, 1.0])
    ticks = [0, 0.25, 0.5, 0.75, 1]
    aim = f"{target_label} {format(target)}".strip() if target is not None else ""
    left = 8 + max(text_width(format(tick)) for tick in ticks)
    side = max(text_width(mark_label(end)), text_width(format(1), bold=True)) / 2
    plot = Plot(left, 10, width - side - 6, height - 36, 0, end, 0, 1)
    parts = [draw_grid(plot, ticks, format)]
    inside = [step for step in steps if 0 <= step.at <= end]
    path = [Step(0, 1, 1, 1), *inside] if not inside or inside[0].at > 0 else inside
    path = [*path, path[-1]._replace(at=end)]
    across = [num(plot.x(step.at)) for step in path]
    centre, upper, lower = (
        _stairs(across, [num(plot.y(1 - share)) for share in shares])
        for shares in zip(*(step[1:] for step in path), strict=True)
    )
    parts.append(
        f'<polygon points="{" ".join(upper + lower[::-1])}" fill="{look.colour}" fill-opacity="0.13"/>'
    )
    for edge in (upper, lower):
        parts.append(
            f'<polyline points="{" ".join(edge)}" fill="none" stroke="{look.colour}" stroke-opacity="0.55" stroke-width="0.6"/>'
        )
    if target is not None:
        parts.append(
            draw_line(plot.left, plot.y(target), plot.right, plot.y(target), INK, 1, "1.5 2")
        )
        # At the right end, on the side of the line where the curve is not.
        beside = 12 if 1 - path[-1].survival >= target else -4
        parts.append(write(plot.right - 5, plot.y(target) + beside, aim, "end", INK))
    parts.append(
        f'<polyline points="{" ".join(centre)}" fill="none" stroke="{look.colour}" stroke-width="2" stroke-linejoin="round"/>'
    )
    taken = 0.0
    for mark in marks:
        gone, x = 1 - _at(path, mark), plot.x(mark)
        half = max(text_width(mark_label(mark)), text_width(format(gone), bold=True)) / 2
        # Early marks lie close together: their labels give way to the right instead of touching.
        place = min(max(x, taken + half), width - half - 1)
        taken = place + half + 2
        parts.append(draw_line(x, plot.y(gone), x, plot.bottom + 3, RULE, 0.8, "2 2"))
        parts.append(
            draw_mark("ring" if look is HOUSE else look.shape, x, plot.y(gone), 3.2, look.colour)
        )
        parts.append(write(place, plot.bottom + 14, mark_label(mark), "middle", QUIET))
        parts.append(
            write(place, plot.bottom + 27, format(gone), "middle", look.colour, SIZE, "bold")
        )
    if band_label:
        # Below the band at its end, or where it runs low, above its beginning.
        is_low = 1 - path[-1].high < 0.35
        x = plot.left + 26 if is_low else plot.right - text_width(band_label, 9) - 6
        y = plot.top + 20 if is_low else plot.bottom
        parts.append(
            f'<rect x="{num(x - 18)}" y="{num(y - 18)}" width="13" height="9" fill="{look.colour}" fill-opacity="0.13" stroke="{look.colour}" stroke-opacity="0.55" stroke-width="0.6"/>'
        )
        parts.append(write(x, y - 10, band_label, "start", QUIET, 9))
    return svg(parts, title, description, width, height, chart_id)


def _stairs(across: Sequence[str], up: Sequence[str]) -> list[str]:
    """Points of a line that keeps its height until the next step begins."""
    spots = [f"{across[0]},{up[0]}"]
    for x, before, y in zip(across[1:], up, up[1:], strict=False):
        spots += (f"{x},{before}", f"{x},{y}")
    return spots


def _at(steps: Sequence[Step], hour: float) -> float:
    return next((step.survival for step in reversed(steps) if step.at <= hour), 1.0)
