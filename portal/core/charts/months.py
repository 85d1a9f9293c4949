"""Values over months: lines with their intervals, stacked bars, a line in the row of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from portal.core.charts.axes import (
    Band,
    Format,
    Interval,
    Plot,
    axis_of,
    draw_bands,
    draw_grid,
    runs_of,
    write_months,
    write_side_labels,
)
from portal.core.charts.drawing import (
    Patterns,
    draw_bar,
    draw_legend,
    draw_line,
    draw_mark,
    draw_whisker,
    id_of,
    points,
    svg,
    text_width,
    write,
)
from portal.core.charts.looks import BLUE, INK, QUIET, looks_for


class Series(NamedTuple):
    """One line or one layer of bars; `band` holds an interval, or None, for each value."""

    key: str
    label: str
    values: Sequence[float | None]
    band: Sequence[Interval | None] = ()


def _when(last: int, labels: Sequence[str]) -> str:
    """The month of a line's last value, where it is not the last month of the chart."""
    return "" if last == len(labels) - 1 else f" ({labels[last]})"


def line_chart(
    series: Sequence[Series],
    labels: Sequence[str],
    *,
    title: str,
    description: str,
    target: float | None = None,
    target_label: str = "",
    limits: Interval | None = None,
    format: Format = "{:g}".format,
    palette: Mapping[str, int] | None = None,
    bands: Sequence[Band] = (),
    width: float = 640,
    height: float = 220,
    chart_id: str = "",
) -> Markup:
    """Values over months with the band of their uncertainty; a month without a value is a gap."""
    looks = looks_for((one.key for one in series), palette)
    known = [v for one in series for v in one.values if v is not None]
    known += [edge for one in series for pair in one.band if pair for edge in pair]
    low, high, ticks = axis_of([*known, *([target] if target is not None else [])], limits)
    names = [
        (one, last, f"{one.label} {format(value)}{_when(last, labels)}".strip())
        for one in series
        for last, value in [_last(one.values)]
        if value is not None
    ]
    aim = f"{target_label} {format(target)}".strip() if target is not None else ""
    right = 14 + max(
        [text_width(text, bold=True) for _, _, text in names] + [text_width(aim)] + [0]
    )
    left = 8 + max(text_width(format(tick)) for tick in ticks)
    head = 24.0 if bands else 10.0
    plot = Plot(left, head, width - right, height - 24, 0, max(len(labels) - 1, 1), low, high)
    parts = [
        # A value stands in the middle of its month.
        *draw_bands(bands, plot, -0.5),
        draw_grid(plot, ticks, format),
        write_months(plot, labels, [plot.x(i) for i in range(len(labels))], width),
    ]
    marks: list[tuple[float, str, str, str]] = []
    if target is not None:
        parts.append(
            draw_line(plot.left, plot.y(target), plot.right, plot.y(target), INK, 1, "1.5 2")
        )
        marks.append((plot.y(target), aim, INK, "normal"))
    for one in series:
        look = looks[one.key]
        for run in runs_of(one.values):
            edges = [(i, *pair) for i in run if i < len(one.band) and (pair := one.band[i])]
            if len(edges) > 1:
                outline = [(plot.x(i), plot.y(top)) for i, _, top in edges] + [
                    (plot.x(i), plot.y(bottom)) for i, bottom, _ in reversed(edges)
                ]
                parts.append(
                    f'<polygon points="{points(outline)}" fill="{look.colour}" fill-opacity="0.13"/>'
                )
            elif edges:
                i, bottom, top = edges[0]
                parts.append(draw_whisker(plot.x(i), plot.y(bottom), plot.y(top), look.colour))
    for one in series:
        look = looks[one.key]
        for run in runs_of(one.values):
            spots = [(plot.x(i), plot.y(one.values[i] or 0.0)) for i in run]
            if len(spots) > 1:
                dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
                parts.append(
                    f'<polyline points="{points(spots)}" fill="none" stroke="{look.colour}" stroke-width="1.8" stroke-linejoin="round"{dash}/>'
                )
            parts += [draw_mark(look.shape, x, y, 2.6, look.colour) for x, y in spots]
    for one, last, text in names:
        marks.append((plot.y(one.values[last] or 0.0), text, looks[one.key].colour, "bold"))
    parts += write_side_labels(marks, plot)
    return svg(parts, title, description, width, height, chart_id)


def bar_chart(
    series: Sequence[Series],
    labels: Sequence[str],
    *,
    title: str,
    description: str,
    format: Format = "{:g}".format,
    palette: Mapping[str, int] | None = None,
    bands: Sequence[Band] = (),
    width: float = 640,
    height: float = 220,
    chart_id: str = "",
) -> Markup:
    """Volume per month, the series stacked in the order given, the total above each bar."""
    looks = looks_for((one.key for one in series), palette)
    patterns = Patterns(chart_id or id_of(title, description, series, labels))
    totals = [sum((one.values[i] or 0) for one in series) for i in range(len(labels))]
    low, high, ticks = axis_of([0, *(total * 1.06 for total in totals)], None)
    left = 8 + max(text_width(format(tick)) for tick in ticks)
    legend, used = draw_legend(
        [(one.label, looks[one.key]) for one in series] if len(series) > 1 else [],
        patterns,
        left,
        width,
    )
    used += 14 if bands else 0
    plot = Plot(left, used + 14, width - 6, height - 24, 0, max(len(labels), 1), low, high)
    pitch = (plot.right - plot.left) / max(len(labels), 1)
    thick = min(pitch * 0.64, 44)
    parts = [legend, *draw_bands(bands, plot, 0), draw_grid(plot, ticks, format)]
    for i, total in enumerate(totals):
        x, base = plot.x(i + 0.5) - thick / 2, 0.0
        for one in series:
            value = one.values[i] or 0
            if value:
                parts.append(
                    draw_bar(
                        x,
                        plot.y(base + value),
                        thick,
                        plot.y(base) - plot.y(base + value),
                        looks[one.key],
                        patterns,
                    )
                )
                base += value
        if (
            any(one.values[i] is not None for one in series)
            and text_width(format(total), 9) <= pitch
        ):
            parts.append(
                write(x + thick / 2, plot.y(total) - 4, format(total), "middle", INK, 9, "bold")
            )
    parts.append(write_months(plot, labels, [plot.x(i + 0.5) for i in range(len(labels))], width))
    return svg([patterns.defs(), *parts], title, description, width, height, chart_id)


def sparkline(
    values: Sequence[float | None],
    *,
    title: str,
    limits: Interval | None = None,
    width: float = 84,
    height: float = 20,
    chart_id: str = "",
) -> Markup:
    """The course of a row in a table, without axes; the last value is dotted."""
    known = [value for value in values if value is not None]
    low, high = limits or (min(known, default=0), max(known, default=1))
    if low == high:
        low, high = low - 0.5, high + 0.5
    plot = Plot(4, 4, width - 4, height - 4, 0, max(len(values) - 1, 1), low, high)
    parts = []
    for run in runs_of(values):
        spots = [(plot.x(i), plot.y(values[i] or 0.0)) for i in run]
        parts.append(
            f'<polyline points="{points(spots)}" fill="none" stroke="{QUIET}" stroke-width="1.3" stroke-linejoin="round"/>'
            if len(spots) > 1
            else draw_mark("disc", *spots[0], 1.3, QUIET)
        )
    last, value = _last(values)
    if value is not None:
        parts.append(draw_mark("disc", plot.x(last), plot.y(value), 2.4, BLUE))
    return svg(parts, title, "", width, height, chart_id, f"{list(values)}")


def _last(values: Sequence[float | None]) -> tuple[int, float | None]:
    for i in range(len(values) - 1, -1, -1):
        if values[i] is not None:
            return i, values[i]
    return -1, None
