# ruff: noqa: E501 - a piece of markup is easier to read on one line.
"""Charts as SVG: plain data in, markup out, the same markup for the same data.

One family for page and print. Everything is a presentation attribute (a strict content policy forbids style), every
difference in colour is also one in pattern, dash or shape (many of us print in grey), labels stand at what they name and
inside the drawing, and title and desc say in words what is drawn. Words and number formats come from the caller.
"""

import hashlib
import math
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

FONTS = "'Pretendard GOV', Pretendard, NanumBarunGothic, NanumGothic, 'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', sans-serif"
INK, QUIET, RULE, GRID, PAPER = "#1e2124", "#464c53", "#8a949e", "#e6e8ea", "#ffffff"
BLUE, PALE = "#063a74", "#d8e5fd"
SIZE = 10.0

Format = Callable[[float], str]
Interval = tuple[float, float]


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


class Series(NamedTuple):
    """One line or one layer of bars; `band` holds an interval, or None, for each value."""

    key: str
    label: str
    values: Sequence[float | None]
    band: Sequence[Interval | None] = ()


class Step(NamedTuple):
    """From `at` on, this share is still there; the estimate and its interval."""

    at: float
    survival: float
    low: float
    high: float


class TimelyRow(NamedTuple):
    label: str
    in_time: int
    late: int
    open: int
    look: Look | None = None
    """Of whom it tells: drawn beside the label. The bar says in time, late and open by itself."""


class StripRow(NamedTuple):
    """An estimate with its interval; without a value, `note` is printed in its place."""

    label: str
    value: float | None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    note: str = ""
    look: Look = HOUSE


class WeekRow(NamedTuple):
    """One kind of day by its 24 hours: what comes in, and people needed and on (None: no such day)."""

    label: str
    arrivals: Sequence[float]
    needed: Sequence[float]
    staffed: Sequence[float | None]


class RunRow(NamedTuple):
    """What one choice gives: a value, or the range of several."""

    label: str
    low: float
    high: float


class Band(NamedTuple):
    """A period that is shaded; `first` and `last` are places on the axis of months, on which month
    i reaches from i to i + 1."""

    first: float
    last: float
    label: str


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


def swatch(look: Look, label: str) -> Markup:
    """The look of a thing as it is drawn elsewhere: its line and its mark, for a heading.

    It bears its label itself and no id: the same swatch may stand on a page many times.
    """
    dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
    parts = [
        f'<line x1="1" y1="7" x2="27" y2="7" stroke="{look.colour}" stroke-width="1.8"{dash}/>',
        _shape(look.shape, 14, 7, 4, look.colour),
    ]
    return _framed(
        parts, f'aria-label="{escape(label)}"', f"<title>{escape(label)}</title>", 28, 14
    )


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
    low, high, ticks = _axis([*known, *([target] if target is not None else [])], limits)
    names = [
        (one, last, f"{one.label} {format(value)}".strip())
        for one in series
        for last, value in [_last(one.values)]
        if value is not None
    ]
    aim = f"{target_label} {format(target)}".strip() if target is not None else ""
    right = 14 + max([_width(text, bold=True) for _, _, text in names] + [_width(aim)] + [0])
    left = 8 + max(_width(format(tick)) for tick in ticks)
    head = 24.0 if bands else 10.0
    plot = _Plot(left, head, width - right, height - 24, 0, max(len(labels) - 1, 1), low, high)
    parts = [
        # A value stands in the middle of its month.
        *_shades(bands, plot, -0.5),
        _grid(plot, ticks, format),
        _months(plot, labels, [plot.x(i) for i in range(len(labels))], width),
    ]
    marks: list[tuple[float, str, str, str]] = []
    if target is not None:
        parts.append(_line(plot.left, plot.y(target), plot.right, plot.y(target), INK, 1, "1.5 2"))
        marks.append((plot.y(target), aim, INK, "normal"))
    for one in series:
        look = looks[one.key]
        for run in _runs(one.values):
            edges = [(i, *pair) for i in run if i < len(one.band) and (pair := one.band[i])]
            if len(edges) > 1:
                outline = [(plot.x(i), plot.y(top)) for i, _, top in edges] + [
                    (plot.x(i), plot.y(bottom)) for i, bottom, _ in reversed(edges)
                ]
                parts.append(
                    f'<polygon points="{_points(outline)}" fill="{look.colour}" fill-opacity="0.13"/>'
                )
            elif edges:
                i, bottom, top = edges[0]
                parts.append(_whisker(plot.x(i), plot.y(bottom), plot.y(top), look.colour))
    for one in series:
        look = looks[one.key]
        for run in _runs(one.values):
            spots = [(plot.x(i), plot.y(one.values[i] or 0.0)) for i in run]
            if len(spots) > 1:
                dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
                parts.append(
                    f'<polyline points="{_points(spots)}" fill="none" stroke="{look.colour}" stroke-width="1.8" stroke-linejoin="round"{dash}/>'
                )
            parts += [_shape(look.shape, x, y, 2.6, look.colour) for x, y in spots]
    for one, last, text in names:
        marks.append((plot.y(one.values[last] or 0.0), text, looks[one.key].colour, "bold"))
    parts += _side_labels(marks, plot)
    return _svg(parts, title, description, width, height, chart_id)


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
    patterns = _Patterns(chart_id or _id(title, description, series, labels))
    totals = [sum((one.values[i] or 0) for one in series) for i in range(len(labels))]
    low, high, ticks = _axis([0, *(total * 1.06 for total in totals)], None)
    left = 8 + max(_width(format(tick)) for tick in ticks)
    legend, used = _legend(
        [(one.label, looks[one.key]) for one in series] if len(series) > 1 else [],
        patterns,
        left,
        width,
    )
    used += 14 if bands else 0
    plot = _Plot(left, used + 14, width - 6, height - 24, 0, max(len(labels), 1), low, high)
    pitch = (plot.right - plot.left) / max(len(labels), 1)
    thick = min(pitch * 0.64, 44)
    parts = [legend, *_shades(bands, plot, 0), _grid(plot, ticks, format)]
    for i, total in enumerate(totals):
        x, base = plot.x(i + 0.5) - thick / 2, 0.0
        for one in series:
            value = one.values[i] or 0
            if value:
                parts.append(
                    _bar(
                        x,
                        plot.y(base + value),
                        thick,
                        plot.y(base) - plot.y(base + value),
                        looks[one.key],
                        patterns,
                    )
                )
                base += value
        if any(one.values[i] is not None for one in series) and _width(format(total), 9) <= pitch:
            parts.append(
                _say(x + thick / 2, plot.y(total) - 4, format(total), "middle", INK, 9, "bold")
            )
    parts.append(_months(plot, labels, [plot.x(i + 0.5) for i in range(len(labels))], width))
    return _svg([patterns.defs(), *parts], title, description, width, height, chart_id)


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
    left = 8 + max(_width(format(tick)) for tick in ticks)
    side = max(_width(mark_label(end)), _width(format(1), bold=True)) / 2
    plot = _Plot(left, 10, width - side - 6, height - 36, 0, end, 0, 1)
    parts = [_grid(plot, ticks, format)]
    inside = [step for step in steps if 0 <= step.at <= end]
    path = [Step(0, 1, 1, 1), *inside] if not inside or inside[0].at > 0 else inside
    path = [*path, path[-1]._replace(at=end)]
    centre, upper, lower = (
        _stairs([(plot.x(s.at), plot.y(1 - pick(s))) for s in path])
        for pick in (_middle, _low, _high)
    )
    parts.append(
        f'<polygon points="{_points(upper + lower[::-1])}" fill="{look.colour}" fill-opacity="0.13"/>'
    )
    for edge in (upper, lower):
        parts.append(
            f'<polyline points="{_points(edge)}" fill="none" stroke="{look.colour}" stroke-opacity="0.55" stroke-width="0.6"/>'
        )
    if target is not None:
        parts.append(_line(plot.left, plot.y(target), plot.right, plot.y(target), INK, 1, "1.5 2"))
        # At the right end, on the side of the line where the curve is not.
        beside = 12 if 1 - path[-1].survival >= target else -4
        parts.append(_say(plot.right - 5, plot.y(target) + beside, aim, "end", INK))
    parts.append(
        f'<polyline points="{_points(centre)}" fill="none" stroke="{look.colour}" stroke-width="2" stroke-linejoin="round"/>'
    )
    taken = 0.0
    for mark in marks:
        gone, x = 1 - _at(path, mark), plot.x(mark)
        half = max(_width(mark_label(mark)), _width(format(gone), bold=True)) / 2
        # Early marks lie close together: their labels give way to the right instead of touching.
        place = min(max(x, taken + half), width - half - 1)
        taken = place + half + 2
        parts.append(_line(x, plot.y(gone), x, plot.bottom + 3, RULE, 0.8, "2 2"))
        parts.append(
            _shape("ring" if look is HOUSE else look.shape, x, plot.y(gone), 3.2, look.colour)
        )
        parts.append(_say(place, plot.bottom + 14, mark_label(mark), "middle", QUIET))
        parts.append(
            _say(place, plot.bottom + 27, format(gone), "middle", look.colour, SIZE, "bold")
        )
    if band_label:
        # Below the band at its end, or where it runs low, above its beginning.
        is_low = 1 - path[-1].high < 0.35
        x = plot.left + 26 if is_low else plot.right - _width(band_label, 9) - 6
        y = plot.top + 20 if is_low else plot.bottom
        parts.append(
            f'<rect x="{_n(x - 18)}" y="{_n(y - 18)}" width="13" height="9" fill="{look.colour}" fill-opacity="0.13" stroke="{look.colour}" stroke-opacity="0.55" stroke-width="0.6"/>'
        )
        parts.append(_say(x, y - 10, band_label, "start", QUIET, 9))
    return _svg(parts, title, description, width, height, chart_id)


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
    patterns = _Patterns(chart_id or _id(title, description, rows))
    looks = (IN_TIME, LATE, OPEN)
    legend, used = _legend(list(zip(words, looks, strict=True)), patterns, 0, width)
    mark = 14.0 if any(row.look for row in rows) else 0.0
    left = _room([row.label for row in rows], width) + mark
    most = max([row.in_time + row.late + row.open for row in rows] + [1])
    right = width - 10 - _width(str(most), SIZE, bold=True)
    parts = [legend]
    top, pitch, thick = used + 6, _pitch([row.label for row in rows], left - 8 - mark, 22.0), 14.0
    for index, row in enumerate(rows):
        y, x = top + index * pitch + (pitch - 22) / 2, left
        parts.append(_row_label(left - 8 - mark, y + 10.5, row.label))
        if row.look:
            parts.append(_shape(row.look.shape, left - 11, y + 7, 3.6, row.look.colour))
        for count, look in zip((row.in_time, row.late, row.open), looks, strict=True):
            wide = (right - left) * count / most
            if count:
                parts.append(_bar(x, y, wide, thick, look, patterns))
                if wide >= _width(str(count), 9) + 6:
                    parts.append(_on_bar(x + wide / 2, y + thick / 2, str(count), look))
            x += wide
        parts.append(
            _say(
                x + 6, y + 10.5, str(row.in_time + row.late + row.open), "start", INK, SIZE, "bold"
            )
        )
    bottom = top + len(rows) * pitch
    parts.append(_line(left, used + 2, left, bottom - 4, RULE, 0.8))
    return _svg([patterns.defs(), *parts], title, description, width, bottom, chart_id)


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
    left = _room([row.label for row in rows], width)
    told = [_told(row, format) for row in rows]
    right = width - 14 - max([_width(text) for text in told] + [0])
    tint = rows[0].look.colour if len({row.look for row in rows}) == 1 else BLUE
    keys, used = _verdict_legend(words, left, width, tint) if words else ("", 0.0)
    top = used + (18 if target_label and target is not None else 6)
    pitch, ticks = (
        _pitch([row.label for row in rows], left - 8, 20.0),
        [tick for tick in _ticks(*limits) if limits[0] <= tick <= limits[1]],
    )
    bottom = top + len(rows) * pitch
    plot = _Plot(left, top, right, bottom, *limits, 0, 1)
    parts = [keys]
    for tick in ticks:
        parts.append(_line(plot.x(tick), top, plot.x(tick), bottom, GRID, 0.8))
    parts += _tick_words(plot, ticks, format)
    if target is not None:
        parts.append(_line(plot.x(target), top - 3, plot.x(target), bottom, INK, 1, "1.5 2"))
        if target_label:
            text = f"{target_label} {format(target)}"
            half = _width(text) / 2
            parts.append(
                _say(
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
            parts.append(_line(0, y - pitch / 2, width, y - pitch / 2, GRID, 0.6))
        parts.append(_row_label(left - 8, y + 3.5, row.label))
        parts.append(
            _say(right + 10, y + 3.5, text, "start", INK if row.value is not None else QUIET)
        )
        aim = row.target if row.target is not None else target
        if row.target is not None:
            parts.append(
                _line(plot.x(row.target), y - 7, plot.x(row.target), y + 7, INK, 1.2, "1.5 1.5")
            )
        if row.value is None:
            continue
        low, high = (row.value if edge is None else edge for edge in (row.low, row.high))
        x1, x2 = plot.x(_clip(low, limits)), plot.x(_clip(high, limits))
        colour = row.look.colour
        parts.append(_line(x1, y, x2, y, colour, 1.6))
        parts += [_line(x, y - 3.5, x, y + 3.5, colour, 1.2) for x in (x1, x2)]
        shape = row.look.shape
        if aim is not None:
            shape = "disc" if low >= aim else "saltire" if high < aim else "ring"
        parts.append(_shape(shape, plot.x(_clip(row.value, limits)), y, 3.8, colour))
    return _svg(parts, title, description, width, bottom + 18, chart_id)


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
    patterns = _Patterns(chart_id or _id(title, description, rows))

    lacking = LOOKS[5]._replace(ground=PAPER)
    most = max([value for row in rows for value in row.arrivals] + [0.0]) or 1.0
    people = max(
        [value for row in rows for value in (*row.needed, *row.staffed) if value is not None]
        + [1.0]
    )
    left = 34 + max([_width(row.label) for row in rows] + [0])
    right = width - 12 - _width(format(people))
    keys, used = _week_legend(words, lacking, patterns, width)
    high, gap = 40.0, 14.0
    parts = [keys]
    for index, row in enumerate(rows):
        top = used + 12 + index * (high + gap)
        plot = _Plot(left, top, right, top + high, 0, 24, 0, most)
        heads = plot._replace(y1=people * 1.12)
        wide = (right - left) / 24
        for hour, (needed, staffed) in enumerate(zip(row.needed, row.staffed, strict=True)):
            if staffed is not None and staffed < needed:
                parts.append(
                    f'<rect x="{_n(plot.x(hour))}" y="{_n(top)}" width="{_n(wide)}" height="{_n(high)}" fill="{patterns.fill(lacking)}" fill-opacity="0.5"/>'
                )
        for hour, value in enumerate(row.arrivals):
            if value:
                y = plot.y(value)
                parts.append(
                    f'<rect x="{_n(plot.x(hour) + wide * 0.14)}" y="{_n(y)}" width="{_n(wide * 0.72)}" height="{_n(plot.bottom - y)}" fill="{LOOKS[2].ground}" stroke="{LOOKS[2].colour}" stroke-width="0.6"/>'
                )
        parts.append(_line(left, plot.bottom, right, plot.bottom, RULE, 0.8))
        parts += [
            _line(plot.x(hour), top, plot.x(hour), plot.bottom, GRID, 0.8)
            for hour in (0, 6, 12, 18, 24)
        ]
        parts += _week_steps(row.needed, heads, LOOKS[5].colour, "3 2", 1.4)
        parts += _week_steps(row.staffed, heads, BLUE, "", 2)
        parts.append(_say(0, top + high / 2 + 4, row.label, "start", INK, SIZE, "bold"))
        parts.append(_say(left - 5, top + 7, format(most), "end", QUIET, 8))
        parts.append(_say(right + 5, heads.y(people) + 4, format(people), "start", BLUE, 8))
    bottom = used + 12 + len(rows) * (high + gap)
    for hour in (0, 3, 6, 9, 12, 15, 18, 21, 24):
        x = left + (right - left) * hour / 24
        parts.append(_say(x, bottom + 2, f"{hour:02d}", "middle", QUIET, 9))
    return _svg([patterns.defs(), *parts], title, description, width, bottom + 8, chart_id)


def _week_steps(
    values: Sequence[float | None], plot: "_Plot", colour: str, dash: str, thick: float
) -> list[str]:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    out = []
    for run in _runs(values):
        spots = [
            (plot.x(hour + end), plot.y(values[hour] or 0.0)) for hour in run for end in (0, 1)
        ]
        out.append(
            f'<polyline points="{_points(spots)}" fill="none" stroke="{colour}" stroke-width="{_n(thick)}"{dashed}/>'
        )
    return out


def _week_legend(
    words: tuple[str, str, str, str], lacking: Look, patterns: "_Patterns", width: float
) -> tuple[str, float]:
    bar, need, have, short = words
    out, x, y = [], 0.0, 2.0
    for word, kind in ((bar, "bar"), (need, "need"), (have, "have"), (short, "short")):
        wide = 24 + _width(word) + 14
        if x and x + wide > width:
            x, y = 0.0, y + 15
        if kind == "bar":
            out.append(_bar(x + 0.5, y + 0.5, 14, 9, LOOKS[2]._replace(pattern="solid"), patterns))
        elif kind == "short":
            out.append(_bar(x + 0.5, y + 0.5, 14, 9, lacking, patterns))
        else:
            colour, dash = (LOOKS[5].colour, "3 2") if kind == "need" else (BLUE, "")
            out.append(_line(x, y + 5, x + 16, y + 5, colour, 1.4 if dash else 2, dash))
        out.append(_say(x + 20, y + 9, word, "start", INK))
        x += wide
    return "".join(out), y + 15


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
            f'<rect x="{_n(x)}" y="{_n(top)}" width="{_n(wide)}" height="{_n(thick)}" fill="{look.colour if is_chosen else pale}" stroke="{look.colour}" stroke-width="0.8"/>'
        )
        if _width(text, SIZE, bold=True) + 6 <= wide:
            colour = PAPER if is_chosen else INK
            out.append(
                _say(
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
            half = _width(text) / 2
            place = min(max(x + wide / 2, free + half, half + 1), width - half - 1)
            free = place + half + 4
            out.append(_say(place, top - 5, text, "middle", INK))
        x += wide
    return _svg(out, title, description, width, top + thick + 2, chart_id)


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
    left = _room([row.label for row in rows], width)
    top, base = 18.0, (rows[0].low + rows[0].high) / 2
    bottom = top + len(rows) * pitch
    plot = _Plot(left, top, width - 12, bottom, low, high, 0, 1)
    parts = []
    for tick in _ticks(low, high):
        if low <= tick <= high:
            parts.append(_line(plot.x(tick), top, plot.x(tick), bottom, GRID, 0.8))
            parts.append(_say(plot.x(tick), bottom + 13, f"{tick:g}", "middle", QUIET))
    above = high
    for edge, name in edges:
        start, end = max(edge, low), min(above, high)
        if start < end:
            parts.append(
                _say((plot.x(start) + plot.x(end)) / 2, top - 6, name, "middle", INK, SIZE, "bold")
            )
            if edge > low:
                parts.append(_line(plot.x(edge), top - 14, plot.x(edge), bottom, INK, 1.1))
        above = edge
    parts.append(_line(plot.x(base), top, plot.x(base), bottom, look.colour, 0.8, "2 2"))
    for index, row in enumerate(rows):
        y = top + (index + 0.5) * pitch
        parts.append(_row_label(left - 8, y + 3.5, row.label))
        x1, x2 = plot.x(row.low), plot.x(row.high)
        if x2 - x1 > 1:
            parts.append(_line(x1, y, x2, y, look.colour, 2.2))
            parts += [_line(x, y - 3.5, x, y + 3.5, look.colour, 1.6) for x in (x1, x2)]
        else:
            parts.append(
                _shape("disc" if index == 0 else "diamond", (x1 + x2) / 2, y, 3.4, look.colour)
            )
    return _svg(parts, title, description, width, bottom + 18, chart_id)


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
    plot = _Plot(4, 4, width - 4, height - 4, 0, max(len(values) - 1, 1), low, high)
    parts = []
    for run in _runs(values):
        spots = [(plot.x(i), plot.y(values[i] or 0.0)) for i in run]
        parts.append(
            f'<polyline points="{_points(spots)}" fill="none" stroke="{QUIET}" stroke-width="1.3" stroke-linejoin="round"/>'
            if len(spots) > 1
            else _shape("disc", *spots[0], 1.3, QUIET)
        )
    last, value = _last(values)
    if value is not None:
        parts.append(_shape("disc", plot.x(last), plot.y(value), 2.4, BLUE))
    return _svg(parts, title, "", width, height, chart_id, f"{list(values)}")


class _Plot(NamedTuple):
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


class _Patterns:
    """The patterns one drawing uses, named so that two drawings on a page do not share a name."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.used: dict[Look, str] = {}

    def fill(self, look: Look) -> str:
        if look.pattern == "solid":
            return look.ground
        name = self.used.setdefault(look, f"{self.prefix}-p{len(self.used)}")
        return f"url(#{name})"

    def defs(self) -> str:
        if not self.used:
            return ""
        strokes = {
            "slant": "M-1 1L1 -1M0 5L5 0M4 6L6 4",
            "slope": "M-1 4L1 6M0 0L5 5M4 -1L6 1",
            "level": "M0 2.5H5",
            "cross": "M-1 1L1 -1M0 5L5 0M4 6L6 4M-1 4L1 6M0 0L5 5M4 -1L6 1",
        }
        out = []
        for look, name in self.used.items():
            drawn = (
                '<circle cx="2.5" cy="2.5" r="1.05" fill="{0}"/>'
                if look.pattern == "dots"
                else f'<path d="{strokes[look.pattern]}" stroke="{{0}}" stroke-width="1.1" fill="none"/>'
            )
            out.append(
                f'<pattern id="{name}" width="5" height="5" patternUnits="userSpaceOnUse">'
                f'<rect width="5" height="5" fill="{look.ground}"/>{drawn.format(look.colour)}</pattern>'
            )
        return f"<defs>{''.join(out)}</defs>"


def _svg(
    parts: Sequence[str],
    title: str,
    description: str,
    width: float,
    height: float,
    chart_id: str,
    salt: str = "",
) -> Markup:
    body = "".join(parts)
    name = chart_id or _id(title, description, body, salt)
    said = f'<title id="{escape(name)}-t">{escape(title)}</title>'
    named = f"{escape(name)}-t"
    if description:
        said += f'<desc id="{escape(name)}-d">{escape(description)}</desc>'
        named += f" {escape(name)}-d"
    return _framed(parts, f'aria-labelledby="{named}"', said, width, height)


def _framed(parts: Sequence[str], label: str, said: str, width: float, height: float) -> Markup:
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" {label} viewBox="0 0 {_n(width)} {_n(height)}" '
        f'width="{_n(width)}" height="{_n(height)}" font-family="{escape(FONTS)}" font-size="{_n(SIZE)}">{said}{"".join(parts)}</svg>'
    )  # Every word that came from outside went through escape, here, in _svg or in _say.


def _id(*things: object) -> str:
    return "c" + hashlib.sha256(repr(things).encode()).hexdigest()[:10]


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if round(value, 2) else "0"


def _points(spots: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in spots)


def _width(text: str, size: float = SIZE, bold: bool = False) -> float:
    """At most how wide this is printed: measured generously, because a font we do not know may print it."""
    ems = sum(
        1.0
        if unicodedata.east_asian_width(c) in "WF"
        else 0.34
        if c in " .,:;|'()il"
        else 0.92
        if c in "MW%@m"
        else 0.64
        for c in text
    )
    return ems * size * (1.06 if bold else 1.0)


def _fit(text: str, room: float, size: float = SIZE) -> str:
    if _width(text, size) <= room:
        return text
    while text and _width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def _lines(text: str, room: float) -> list[str]:
    """The text in one line, or in two, broken at a space; only what two lines cannot hold is shortened."""
    if _width(text) <= room:
        return [text]
    words = text.split(" ")
    fitting = [n for n in range(1, len(words)) if _width(" ".join(words[:n])) <= room]
    if not fitting:
        return [_fit(text, room)]
    cut = fitting[-1]
    return [" ".join(words[:cut]), _fit(" ".join(words[cut:]), room)]


def _pitch(labels: Sequence[str], room: float, one_line: float) -> float:
    return one_line + 8 if any(len(_lines(label, room)) > 1 for label in labels) else one_line


def _row_label(right: float, y: float, text: str) -> str:
    lines = _lines(text, right)
    start = y - 6 * (len(lines) - 1)
    return "".join(_say(right, start + 12 * i, line, "end", INK) for i, line in enumerate(lines))


def _room(labels: Sequence[str], width: float) -> float:
    return min(max([_width(label) for label in labels] + [20.0]) + 10, width * 0.36)


def _clip(value: float, limits: Interval) -> float:
    return min(max(value, limits[0]), limits[1])


def _say(
    x: float,
    y: float,
    text: str,
    anchor: str,
    colour: str,
    size: float = SIZE,
    weight: str = "normal",
) -> str:
    bold = ' font-weight="bold"' if weight == "bold" else ""
    other = f' font-size="{_n(size)}"' if size != SIZE else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" fill="{colour}"{other}{bold}>{escape(text)}</text>'


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, thick: float, dash: str = ""
) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}" stroke="{colour}" stroke-width="{_n(thick)}"{dashed}/>'


def _whisker(x: float, y1: float, y2: float, colour: str) -> str:
    return (
        _line(x, y1, x, y2, colour, 1)
        + _line(x - 3, y1, x + 3, y1, colour, 1)
        + _line(x - 3, y2, x + 3, y2, colour, 1)
    )


def _shape(shape: str, x: float, y: float, r: float, colour: str) -> str:
    if shape in ("disc", "ring"):
        hollow = shape == "ring"
        return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}" fill="{PAPER if hollow else colour}" stroke="{colour}" stroke-width="{1.6 if hollow else 0}"/>'
    if shape in ("square", "box"):
        return f'<rect x="{_n(x - r)}" y="{_n(y - r)}" width="{_n(2 * r)}" height="{_n(2 * r)}" fill="{PAPER if shape == "box" else colour}" stroke="{colour}" stroke-width="1"/>'
    if shape == "saltire":
        return f'<path d="M{_n(x - r)} {_n(y - r)}L{_n(x + r)} {_n(y + r)}M{_n(x - r)} {_n(y + r)}L{_n(x + r)} {_n(y - r)}" stroke="{colour}" stroke-width="2.2" fill="none"/>'
    if shape == "plus":
        return f'<path d="M{_n(x - 1.2 * r)} {_n(y)}H{_n(x + 1.2 * r)}M{_n(x)} {_n(y - 1.2 * r)}V{_n(y + 1.2 * r)}" stroke="{colour}" stroke-width="2.2" fill="none"/>'
    is_hollow, corners = _CORNERS[shape]
    spots = _points([(x + right * r, y + down * r) for right, down in corners])
    return f'<polygon points="{spots}" fill="{PAPER if is_hollow else colour}" stroke="{colour}" stroke-width="{1.2 if is_hollow else 0}"/>'


_UP, _DOWN = [(0, -1.2), (1.2, 1), (-1.2, 1)], [(0, 1.2), (1.2, -1), (-1.2, -1)]
_TIPPED = [(0, -1.4), (1.4, 0), (0, 1.4), (-1.4, 0)]
_CORNERS: dict[str, tuple[bool, list[tuple[float, float]]]] = {
    "triangle": (False, _UP),
    "delta": (True, _UP),
    "wedge": (False, _DOWN),
    "diamond": (False, _TIPPED),
    "lozenge": (True, _TIPPED),
}
"""Whether a mark is hollow, and its corners in radii from its middle."""


def _bar(x: float, y: float, wide: float, high: float, look: Look, patterns: _Patterns) -> str:
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}" fill="{patterns.fill(look)}" stroke="{look.colour}" stroke-width="0.8"/>'


def _on_bar(x: float, y: float, text: str, look: Look) -> str:
    if look is IN_TIME:
        return _say(x, y + 3.3, text, "middle", PAPER, 9, "bold")
    wide = _width(text, 9) + 3
    return (
        f'<rect x="{_n(x - wide / 2)}" y="{_n(y - 5.5)}" width="{_n(wide)}" height="11" rx="1.5" fill="{PAPER}"/>'
        + _say(x, y + 3.3, text, "middle", INK, 9, "bold")
    )


def _grid(plot: _Plot, ticks: Sequence[float], format: Format) -> str:
    out = []
    for tick in ticks:
        y = plot.y(tick)
        out.append(_line(plot.left, y, plot.right, y, GRID, 0.8))
        out.append(_say(plot.left - 6, y + 3.5, format(tick), "end", QUIET))
    out.append(_line(plot.left, plot.bottom, plot.right, plot.bottom, RULE, 0.8))
    return "".join(out)


def _shades(bands: Sequence[Band], plot: _Plot, shift: float) -> list[str]:
    """The shaded periods with their edges dashed, which print shows too, and their names above."""
    out: list[str] = []
    edges = [plot.x(band.first + shift) for band in bands]
    for band in bands:
        left, right = (
            _clip(plot.x(place + shift), (plot.left, plot.right))
            for place in (band.first, band.last)
        )
        if right - left < 1:
            continue
        out.append(
            f'<rect x="{_n(left)}" y="{_n(plot.top)}" width="{_n(right - left)}" height="{_n(plot.bottom - plot.top)}" fill="{PALE}" fill-opacity="0.55"/>'
        )
        out += [_line(x, plot.top - 4, x, plot.bottom, QUIET, 0.8, "2 2") for x in (left, right)]
        # A name may reach beyond its band, to where the next one begins.
        room = min([edge for edge in edges if edge > left + 1] + [plot.right]) - left - 6
        out.append(_say(left + 3, plot.top - 5, _fit(band.label, room), "start", QUIET, 9))
    return out


def _months(plot: _Plot, labels: Sequence[str], places: Sequence[float], width: float) -> str:
    """As many labels as have room, counted back from the last, which is the one that is read."""
    if not labels:
        return ""
    widest = max(_width(label) for label in labels) + 6
    pitch = (plot.right - plot.left) / max(len(labels) - 1, 1) if len(labels) > 1 else widest
    every = max(math.ceil(widest / pitch), 1)
    out = []
    for i in range(len(labels) - 1, -1, -every):
        half = _width(labels[i]) / 2
        place = min(max(places[i], half + 1), width - half - 1)
        out.append(_say(place, plot.bottom + 15, labels[i], "middle", QUIET))
    return "".join(reversed(out))


def _tick_words(plot: _Plot, ticks: Sequence[float], format: Format) -> list[str]:
    room = (plot.right - plot.left) / max(len(ticks) - 1, 1)
    every = max(math.ceil((max(_width(format(tick)) for tick in ticks) + 4) / max(room, 1)), 1)
    return [
        _say(plot.x(tick), plot.bottom + 13, format(tick), "middle", QUIET)
        for tick in ticks[::every]
    ]


def _side_labels(marks: Sequence[tuple[float, str, str, str]], plot: _Plot) -> list[str]:
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
        _say(plot.right + 8, y + 3.5, text, "start", colour, SIZE, weight)
        for y, (_, text, colour, weight) in zip(places, ordered, strict=True)
    ]


def _legend(
    entries: Sequence[tuple[str, Look]], patterns: _Patterns, left: float, width: float
) -> tuple[str, float]:
    out, x, y = [], left, 2.0
    for label, look in entries:
        wide = 16 + _width(label) + 14
        if x > left and x + wide > width:
            x, y = left, y + 15
        out.append(
            _bar(x + 0.5, y + 0.5, 11, 9, look, patterns) + _say(x + 16, y + 9, label, "start", INK)
        )
        x += wide
    return "".join(out), (y + 15 if entries else 0.0)


def _verdict_legend(
    words: tuple[str, str, str], left: float, width: float, colour: str
) -> tuple[str, float]:
    whole = sum(16 + _width(word) + 14 for word in words)
    x, out = max(min(left, width - whole), 6.0), []
    for word, shape in zip(words, ("disc", "ring", "saltire"), strict=True):
        out.append(_shape(shape, x, 7, 3.8, colour) + _say(x + 9, 10.5, word, "start", INK))
        x += 16 + _width(word) + 14
    return "".join(out), 16.0


def _told(row: StripRow, format: Format) -> str:
    if row.value is None:
        return row.note
    if row.low is None or row.high is None:
        return format(row.value)
    return f"{format(row.value)} ({format(row.low)}–{format(row.high)})"


def _axis(values: Sequence[float], limits: Interval | None) -> tuple[float, float, list[float]]:
    if limits:
        return *limits, [tick for tick in _ticks(*limits) if limits[0] <= tick <= limits[1]]
    ticks = _ticks(min([0.0, *values]), max([*values, 0.0]) or 1.0)
    return ticks[0], ticks[-1], ticks


def _ticks(low: float, high: float) -> list[float]:
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


def _runs(values: Sequence[float | None]) -> list[list[int]]:
    runs: list[list[int]] = []
    for i, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1] == i - 1:
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs


def _last(values: Sequence[float | None]) -> tuple[int, float | None]:
    for i in range(len(values) - 1, -1, -1):
        if values[i] is not None:
            return i, values[i]
    return -1, None


def _stairs(spots: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    out = [spots[0]]
    for x, y in spots[1:]:
        out += [(x, out[-1][1]), (x, y)]
    return out


def _at(steps: Sequence[Step], hour: float) -> float:
    return next((step.survival for step in reversed(steps) if step.at <= hour), 1.0)


def _middle(step: Step) -> float:
    return step.survival


def _low(step: Step) -> float:
    return step.low


def _high(step: Step) -> float:
    return step.high
