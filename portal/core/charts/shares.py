# ruff: noqa: E501 - a piece of markup is easier to read on one line.
"""Bars in parts: done in time, late and open; shares that add up to one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from portal.core.charts.axes import Format, room_for, row_pitch, write_row_label
from portal.core.charts.drawing import (
    SIZE,
    Patterns,
    draw_bar,
    draw_legend,
    draw_line,
    draw_mark,
    id_of,
    num,
    svg,
    text_width,
    write,
)
from portal.core.charts.looks import HOUSE, IN_TIME, INK, LATE, OPEN, PALE, PAPER, RULE, Look


class TimelyRow(NamedTuple):
    label: str
    in_time: int
    late: int
    open: int
    look: Look | None = None
    """Of whom it tells: drawn beside the label. The bar says in time, late and open by itself."""


def in_time_chart(
    rows: Sequence[TimelyRow],
    *,
    title: str,
    description: str,
    words: tuple[str, str, str],
    width: float = 640,
    chart_id: str = "",
) -> Markup:
    """One bar a row: done in time, late, still open (`words` in this order), each with its count."""
    patterns = Patterns(chart_id or id_of(title, description, rows))
    looks = (IN_TIME, LATE, OPEN)
    legend, used = draw_legend(list(zip(words, looks, strict=True)), patterns, 0, width)
    mark = 14.0 if any(row.look for row in rows) else 0.0
    left = room_for([row.label for row in rows], width) + mark
    most = max([row.in_time + row.late + row.open for row in rows] + [1])
    right = width - 10 - text_width(str(most), SIZE, bold=True)
    parts = [legend]
    top, pitch, thick = (
        used + 6,
        row_pitch([row.label for row in rows], left - 8 - mark, 22.0),
        14.0,
    )
    for index, row in enumerate(rows):
        y, x = top + index * pitch + (pitch - 22) / 2, left
        parts.append(write_row_label(left - 8 - mark, y + 10.5, row.label))
        if row.look:
            parts.append(draw_mark(row.look.shape, left - 11, y + 7, 3.6, row.look.colour))
        for count, look in zip((row.in_time, row.late, row.open), looks, strict=True):
            wide = (right - left) * count / most
            if count:
                parts.append(draw_bar(x, y, wide, thick, look, patterns))
                if wide >= text_width(str(count), 9) + 6:
                    parts.append(_on_bar(x + wide / 2, y + thick / 2, str(count), look))
            x += wide
        parts.append(
            write(
                x + 6, y + 10.5, str(row.in_time + row.late + row.open), "start", INK, SIZE, "bold"
            )
        )
    bottom = top + len(rows) * pitch
    parts.append(draw_line(left, used + 2, left, bottom - 4, RULE, 0.8))
    return svg([patterns.defs(), *parts], title, description, width, bottom, chart_id)


def _on_bar(x: float, y: float, text: str, look: Look) -> str:
    if look is IN_TIME:
        return write(x, y + 3.3, text, "middle", PAPER, 9, "bold")
    wide = text_width(text, 9) + 3
    return (
        f'<rect x="{num(x - wide / 2)}" y="{num(y - 5.5)}" width="{num(wide)}" height="11" rx="1.5" fill="{PAPER}"/>'
        + write(x, y + 3.3, text, "middle", INK, 9, "bold")
    )


def share_bar(
    parts: Sequence[tuple[str, float]],
    *,
    chosen: str,
    title: str,
    description: str,
    format: Format = "{:.0%}".format,
    look: Look = HOUSE,
    width: float = 640,
    chart_id: str = "",
) -> Markup:
    """One bar in shares that add up to 1, each named; the chosen one is dark, the others are pale.

    A share without room for its name has it above the bar, and one that would be printed as
    nothing has no part at all.
    """
    left, right, top, thick = 1.0, width - 1.0, 16.0, 18.0
    pale = PALE if look is HOUSE else look.ground
    out, x, free = [], left, 0.0
    for label, share in parts:
        if share < 0.005:
            continue
        wide, text = (right - left) * share, f"{label} {format(share)}"
        is_chosen = label == chosen
        out.append(
            f'<rect x="{num(x)}" y="{num(top)}" width="{num(wide)}" height="{num(thick)}" fill="{look.colour if is_chosen else pale}" stroke="{look.colour}" stroke-width="0.8"/>'
        )
        if text_width(text, SIZE, bold=True) + 6 <= wide:
            colour = PAPER if is_chosen else INK
            out.append(
                write(
                    x + wide / 2,
                    top + 12.5,
                    text,
                    "middle",
                    colour,
                    SIZE,
                    "bold" if is_chosen else "normal",
                )
            )
        else:
            half = text_width(text) / 2
            place = min(max(x + wide / 2, free + half, half + 1), width - half - 1)
            free = place + half + 4
            out.append(write(place, top - 5, text, "middle", INK))
        x += wide
    return svg(out, title, description, width, top + thick + 2, chart_id)
