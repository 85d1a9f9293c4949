# ruff: noqa: E501 - a piece of markup is easier to read on one line.
"""The hours of each kind of day: what comes in, and the people needed and on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from portal.core.charts.axes import Format, Plot, runs_of
from portal.core.charts.drawing import (
    SIZE,
    Patterns,
    draw_bar,
    draw_line,
    id_of,
    num,
    points,
    svg,
    text_width,
    write,
)
from portal.core.charts.looks import BLUE, GRID, INK, LOOKS, PAPER, QUIET, RULE, Look


class WeekRow(NamedTuple):
    """One kind of day by its 24 hours: what comes in, and people needed and on (None: no such day)."""

    label: str
    arrivals: Sequence[float]
    needed: Sequence[float]
    staffed: Sequence[float | None]


def week_chart(
    rows: Sequence[WeekRow],
    *,
    title: str,
    description: str,
    words: tuple[str, str, str, str],
    format: Format = "{:g}".format,
    width: float = 760,
    chart_id: str = "",
) -> Markup:
    """One strip of 24 hours for each kind of day: bars of what comes in, on the scale at the left, and the people needed
    and on as steps, on the scale at the right. Hours with fewer people than needed are hatched; `words` names the four.
    """
    patterns = Patterns(chart_id or id_of(title, description, rows))

    lacking = LOOKS[5]._replace(ground=PAPER)
    most = max([value for row in rows for value in row.arrivals] + [0.0]) or 1.0
    people = max(
        [value for row in rows for value in (*row.needed, *row.staffed) if value is not None]
        + [1.0]
    )
    left = 34 + max([text_width(row.label) for row in rows] + [0])
    right = width - 12 - text_width(format(people))
    keys, used = _week_legend(words, lacking, patterns, width)
    high, gap = 40.0, 14.0
    parts = [keys]
    for index, row in enumerate(rows):
        top = used + 12 + index * (high + gap)
        plot = Plot(left, top, right, top + high, 0, 24, 0, most)
        heads = plot._replace(y1=people * 1.12)
        wide = (right - left) / 24
        for hour, (needed, staffed) in enumerate(zip(row.needed, row.staffed, strict=True)):
            if staffed is not None and staffed < needed:
                parts.append(
                    f'<rect x="{num(plot.x(hour))}" y="{num(top)}" width="{num(wide)}" height="{num(high)}" fill="{patterns.fill(lacking)}" fill-opacity="0.5"/>'
                )
        for hour, value in enumerate(row.arrivals):
            if value:
                y = plot.y(value)
                parts.append(
                    f'<rect x="{num(plot.x(hour) + wide * 0.14)}" y="{num(y)}" width="{num(wide * 0.72)}" height="{num(plot.bottom - y)}" fill="{LOOKS[2].ground}" stroke="{LOOKS[2].colour}" stroke-width="0.6"/>'
                )
        parts.append(draw_line(left, plot.bottom, right, plot.bottom, RULE, 0.8))
        parts += [
            draw_line(plot.x(hour), top, plot.x(hour), plot.bottom, GRID, 0.8)
            for hour in (0, 6, 12, 18, 24)
        ]
        parts += _week_steps(row.needed, heads, LOOKS[5].colour, "3 2", 1.4)
        parts += _week_steps(row.staffed, heads, BLUE, "", 2)
        parts.append(write(0, top + high / 2 + 4, row.label, "start", INK, SIZE, "bold"))
        parts.append(write(left - 5, top + 7, format(most), "end", QUIET, 8))
        parts.append(write(right + 5, heads.y(people) + 4, format(people), "start", BLUE, 8))
    bottom = used + 12 + len(rows) * (high + gap)
    for hour in (0, 3, 6, 9, 12, 15, 18, 21, 24):
        x = left + (right - left) * hour / 24
        parts.append(write(x, bottom + 2, f"{hour:02d}", "middle", QUIET, 9))
    return svg([patterns.defs(), *parts], title, description, width, bottom + 8, chart_id)


def _week_steps(
    values: Sequence[float | None], plot: Plot, colour: str, dash: str, thick: float
) -> list[str]:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    out = []
    for run in runs_of(values):
        spots = [
            (plot.x(hour + end), plot.y(values[hour] or 0.0)) for hour in run for end in (0, 1)
        ]
        out.append(
            f'<polyline points="{points(spots)}" fill="none" stroke="{colour}" stroke-width="{num(thick)}"{dashed}/>'
        )
    return out


def _week_legend(
    words: tuple[str, str, str, str], lacking: Look, patterns: Patterns, width: float
) -> tuple[str, float]:
    bar, need, have, short = words
    out, x, y = [], 0.0, 2.0
    for word, kind in ((bar, "bar"), (need, "need"), (have, "have"), (short, "short")):
        wide = 24 + text_width(word) + 14
        if x and x + wide > width:
            x, y = 0.0, y + 15
        if kind == "bar":
            out.append(
                draw_bar(x + 0.5, y + 0.5, 14, 9, LOOKS[2]._replace(pattern="solid"), patterns)
            )
        elif kind == "short":
            out.append(draw_bar(x + 0.5, y + 0.5, 14, 9, lacking, patterns))
        else:
            colour, dash = (LOOKS[5].colour, "3 2") if kind == "need" else (BLUE, "")
            out.append(draw_line(x, y + 5, x + 16, y + 5, colour, 1.4 if dash else 2, dash))
        out.append(write(x + 20, y + 9, word, "start", INK))
        x += wide
    return "".join(out), y + 15
