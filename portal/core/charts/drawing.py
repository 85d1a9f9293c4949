# ruff: noqa: E501 - a piece of markup is easier to read on one line.
"""The drawing as a whole, and what every chart is drawn with: text and its width, lines, marks, bars.

Every word that comes from outside goes through escape here.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from portal.core.charts.looks import INK, PAPER, Look

FONTS = "'Pretendard GOV', Pretendard, NanumBarunGothic, NanumGothic, 'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', sans-serif"
SIZE = 10.0


def svg(
    parts: Sequence[str],
    title: str,
    description: str,
    width: float,
    height: float,
    chart_id: str,
    salt: str = "",
) -> Markup:
    body = "".join(parts)
    name = chart_id or id_of(title, description, body, salt)
    said = f'<title id="{escape(name)}-t">{escape(title)}</title>'
    named = f"{escape(name)}-t"
    if description:
        said += f'<desc id="{escape(name)}-d">{escape(description)}</desc>'
        named += f" {escape(name)}-d"
    return framed(parts, f'aria-labelledby="{named}"', said, width, height)


def framed(parts: Sequence[str], label: str, said: str, width: float, height: float) -> Markup:
    return Markup(
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" {label} viewBox="0 0 {num(width)} {num(height)}" '
        f'width="{num(width)}" height="{num(height)}" font-family="{escape(FONTS)}" font-size="{num(SIZE)}">{said}{"".join(parts)}</svg>'
    )  # Every word that came from outside went through escape, here, in svg or in write.


def id_of(*things: object) -> str:
    """The same id for the same things, in whichever process they are drawn."""
    return "c" + hashlib.sha256(repr(things).encode()).hexdigest()[:10]


def num(value: float) -> str:
    """A length or place in as few characters as two decimals need."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if round(value, 2) else "0"


def points(spots: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{num(x)},{num(y)}" for x, y in spots)


def text_width(text: str, size: float = SIZE, bold: bool = False) -> float:
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


def fit(text: str, room: float, size: float = SIZE) -> str:
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def in_two_lines(text: str, room: float) -> list[str]:
    """The text in one line, or in two, broken at a space; only what two lines cannot hold is shortened."""
    if text_width(text) <= room:
        return [text]
    words = text.split(" ")
    fitting = [n for n in range(1, len(words)) if text_width(" ".join(words[:n])) <= room]
    if not fitting:
        return [fit(text, room)]
    cut = fitting[-1]
    return [" ".join(words[:cut]), fit(" ".join(words[cut:]), room)]


def write(
    x: float,
    y: float,
    text: str,
    anchor: str,
    colour: str,
    size: float = SIZE,
    weight: str = "normal",
) -> str:
    bold = ' font-weight="bold"' if weight == "bold" else ""
    other = f' font-size="{num(size)}"' if size != SIZE else ""
    return f'<text x="{num(x)}" y="{num(y)}" text-anchor="{anchor}" fill="{colour}"{other}{bold}>{escape(text)}</text>'


def draw_line(
    x1: float, y1: float, x2: float, y2: float, colour: str, thick: float, dash: str = ""
) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}" stroke="{colour}" stroke-width="{num(thick)}"{dashed}/>'


def draw_whisker(x: float, y1: float, y2: float, colour: str) -> str:
    return (
        draw_line(x, y1, x, y2, colour, 1)
        + draw_line(x - 3, y1, x + 3, y1, colour, 1)
        + draw_line(x - 3, y2, x + 3, y2, colour, 1)
    )


def draw_mark(shape: str, x: float, y: float, r: float, colour: str) -> str:
    if shape in ("disc", "ring"):
        hollow = shape == "ring"
        return f'<circle cx="{num(x)}" cy="{num(y)}" r="{num(r)}" fill="{PAPER if hollow else colour}" stroke="{colour}" stroke-width="{1.6 if hollow else 0}"/>'
    if shape in ("square", "box"):
        return f'<rect x="{num(x - r)}" y="{num(y - r)}" width="{num(2 * r)}" height="{num(2 * r)}" fill="{PAPER if shape == "box" else colour}" stroke="{colour}" stroke-width="1"/>'
    if shape == "saltire":
        return f'<path d="M{num(x - r)} {num(y - r)}L{num(x + r)} {num(y + r)}M{num(x - r)} {num(y + r)}L{num(x + r)} {num(y - r)}" stroke="{colour}" stroke-width="2.2" fill="none"/>'
    if shape == "plus":
        return f'<path d="M{num(x - 1.2 * r)} {num(y)}H{num(x + 1.2 * r)}M{num(x)} {num(y - 1.2 * r)}V{num(y + 1.2 * r)}" stroke="{colour}" stroke-width="2.2" fill="none"/>'
    is_hollow, corners = _CORNERS[shape]
    spots = points([(x + right * r, y + down * r) for right, down in corners])
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


class Patterns:
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


def draw_bar(x: float, y: float, wide: float, high: float, look: Look, patterns: Patterns) -> str:
    return f'<rect x="{num(x)}" y="{num(y)}" width="{num(wide)}" height="{num(high)}" fill="{patterns.fill(look)}" stroke="{look.colour}" stroke-width="0.8"/>'


def draw_legend(
    entries: Sequence[tuple[str, Look]], patterns: Patterns, left: float, width: float
) -> tuple[str, float]:
    out, x, y = [], left, 2.0
    for label, look in entries:
        wide = 16 + text_width(label) + 14
        if x > left and x + wide > width:
            x, y = left, y + 15
        out.append(
            draw_bar(x + 0.5, y + 0.5, 11, 9, look, patterns)
            + write(x + 16, y + 9, label, "start", INK)
        )
        x += wide
    return "".join(out), (y + 15 if entries else 0.0)


def swatch(look: Look, label: str) -> Markup:
    """The look of a thing as it is drawn elsewhere: its line and its mark, for a heading.

    It bears its label itself and no id: the same swatch may stand on a page many times.
    """
    dash = f' stroke-dasharray="{look.dash}"' if look.dash else ""
    parts = [
        f'<line x1="1" y1="7" x2="27" y2="7" stroke="{look.colour}" stroke-width="1.8"{dash}/>',
        draw_mark(look.shape, 14, 7, 4, look.colour),
    ]
    return framed(parts, f'aria-label="{escape(label)}"', f"<title>{escape(label)}</title>", 28, 14)
