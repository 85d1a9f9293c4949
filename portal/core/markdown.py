"""Markdown as people type it, as HTML that can do no harm: the one place where it is made."""

from __future__ import annotations

from functools import cache, lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

TAGS = {
    "p", "br", "strong", "em", "s", "ul", "ol", "li", "blockquote", "code", "pre", "hr",
    "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip
"""What may stand in a text. No image, no style, nothing that is fetched."""
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}
SCHEMES = {"https", "http", "mailto"}
LONGEST = 100_000
"""Longer texts are shown as they were typed: no form of ours takes them."""
NESTING = 12


@cache
def _parser() -> MarkdownIt:
    # Raw HTML stays text, images are not read at all, and a line end is a line end: what is
    # typed at the table keeps its lines.
    reader = MarkdownIt(
        "commonmark", {"html": False, "breaks": True, "linkify": False, "maxNesting": NESTING}
    )
    return reader.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])


def html(text: str) -> Markup:
    """A text in Markdown as cleaned HTML, for a page and for print.

    Raw HTML, scripts, images and style sheets come out as the characters that were typed. A table
    pasted from a word processor, whose cells a tab parts, becomes a table. Headings begin at the
    fourth level, below those of the page.
    """
    if not text:
        return Markup()
    if len(text) > LONGEST:
        return Markup("<p>%s</p>") % escape(text)
    return _html(text)


@lru_cache(maxsize=512)
def _html(text: str) -> Markup:
    tokens = _parser().parse(_tables(text.replace("\r\n", "\n")))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 3)}"
        elif token.type in ("th_open", "td_open") and "style" in token.attrs:
            # The parser says it by a style, which no page of ours lets through.
            token.attrs = {"align": str(token.attrs["style"]).removeprefix("text-align:")}
    made = _parser().renderer.render(tokens, _parser().options, {})
    return Markup(
        nh3.clean(
            made,
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes=SCHEMES,
            link_rel="noopener noreferrer",
        )
    )


def _tables(text: str) -> str:
    """Rows whose cells a tab parts, two or more in a row, as a table of Markdown."""
    if "\t" not in text:
        return text
    out: list[str] = []
    rows: list[list[str]] = []
    fenced = False
    for line in [*text.split("\n"), ""]:
        if line.startswith(("```", "~~~")):
            fenced = not fenced
        cells = line.split("\t")
        if not fenced and len(cells) > 1 and cells[0].strip() + cells[1].strip():
            rows.append([cell.strip().replace("|", "\\|") for cell in cells])
            continue
        out += _table(rows)
        rows = []
        out.append(line)
    return "\n".join(out[:-1] if out and out[-1] == "" else out)


def _table(rows: list[list[str]]) -> list[str]:
    if len(rows) < 2:
        return ["\t".join(cells) for cells in rows]
    width = max(len(cells) for cells in rows)
    lines = ["| " + " | ".join(cells + [""] * (width - len(cells))) + " |" for cells in rows]
    return ["", lines[0], "|" + " --- |" * width, *lines[1:], ""]
