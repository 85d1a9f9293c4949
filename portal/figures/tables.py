"""The figures as tables: the page, the files and the words beside the charts are made of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from portal.core.clock import SEOUL
from portal.core.figures import in_hundred, percent, shown
from portal.core.i18n import gettext as _
from portal.core.i18n import local, month_name
from portal.facts.models import NationalSeries
from portal.facts.queries import National
from portal.figures.queries import (
    HORIZON,
    HOUR,
    OF_REGULATOR,
    Ages,
    Asked,
    Clock,
    Counts,
    Tally,
    Times,
)
from portal.methodology import estimators
from portal.methodology.method import VERSION_1_0
from portal.removal_requests.counted import OPEN_BANDS, Counted
from portal.removal_requests.models import Exclusion, LegalGround, MeasureType, Surface

MARKS = (24, 48, 168)
"""Hours at which a curve is read: the marks of the method."""
DASH = "–"


class Cell(NamedTuple):
    """What stands in a table: the value for a file, the text for a reader, and where it leads."""

    value: object
    text: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """x of n with its Wilson interval, each leading to its rows."""

    x: int
    n: int
    x_url: str = ""
    n_url: str = ""

    @property
    def value(self) -> float | None:
        """x/n, 0..1; None where there is nothing to divide by."""
        return self.x / self.n if self.n else None

    @property
    def interval(self) -> estimators.Interval | None:
        """The 95 per cent interval of the method, 0..1."""
        return estimators.wilson(self.x, self.n, VERSION_1_0.z)

    @property
    def text(self) -> str:
        """The share in per cent."""
        return percent(self.x, self.n)

    @property
    def bounds(self) -> str:
        """The interval in per cent."""
        held = self.interval
        return f"{in_hundred(held.low)}–{in_hundred(held.high)}" if held else ""

    def values(self) -> tuple[object, ...]:
        """What a file says of it: x, n, share and bounds in 0..1."""
        held = self.interval
        return (self.x, self.n, self.value, held.low if held else None, held.high if held else None)


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what it holds: text, number or share."""

    word: str
    kind: str = "number"


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its name in an address, its title, its columns and rows."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell | Share]]

    def header(self) -> list[str]:
        """The columns of a file: a share has five."""
        words: list[str] = []
        for column in self.columns:
            if column.kind == "share":
                words += [
                    f"{column.word}: {part}" for part in ("x", "n", _("share"), _("from"), _("to"))
                ]
            else:
                words.append(column.word)
        return words

    def lines(self) -> Iterable[list[object]]:
        """The rows of a file."""
        for row in self.rows:
            line: list[object] = []
            for cell in row:
                line += cell.values() if isinstance(cell, Share) else [cell.value]
            yield line


class Rows:
    """Addresses of the list that shows the rows behind a number; none for who may not read it."""

    def __init__(self, asked: Asked, *, company: str, platform: str, is_open: bool) -> None:
        self.is_open = is_open
        said = {"company": company, "platform": platform}
        # Some hundred addresses stand on a page: what they share is put together once.
        self.base = urlencode({name: word for name, word in said.items() if word})
        self.period = (asked.since, asked.until)

    def url(self, what: Counted, *, month: str = "", **more: str) -> str:
        """The requests that are counted as something: of the period or of one month, and of any
        month where it is counted as of now. What is given more is a code or a slug."""
        since, until = (month, month) if month else self.period
        dated = "" if what in OPEN_BANDS else f"&from={since}&to={until}"
        return self._address(
            "".join(f"&{name}={word}" for name, word in more.items()) + dated, what
        )

    def all_open(self) -> str:
        """What waits for an answer now, of any month."""
        return self._address("", Counted.OPEN)

    def _address(self, narrowed: str, what: Counted) -> str:
        if not self.is_open:
            return ""
        said = f"{self.base}{narrowed}&counted={what.value}".lstrip("&")
        return f"/removal-requests/?{said}"


def _number(value: int, url: str = "") -> Cell:
    return Cell(value, f"{value:,}", url if value else "")


def answered(tally: Tally, rows: Rows, **where: str) -> Share:
    """Those with a substantive answer within 24 hours, of those followed so long."""
    return Share(
        tally.answered_24h, tally.followed_24h,
        rows.url(Counted.ANSWERED_24H, **where), rows.url(Counted.FOLLOWED_24H, **where),
    )  # fmt: skip


def gone(tally: Tally, rows: Rows, **where: str) -> Share:
    """Those seen to be gone at the source within 48 hours, of those followed so long."""
    return Share(
        tally.gone_48h, tally.followed_48h,
        rows.url(Counted.GONE_48H, **where), rows.url(Counted.FOLLOWED_48H, **where),
    )  # fmt: skip


def came_back(tally: Tally, rows: Rows, **where: str) -> Share:
    """Those that were seen again, of those that were seen to be gone."""
    return Share(
        tally.came_back, tally.gone,
        rows.url(Counted.CAME_BACK, **where), rows.url(Counted.GONE, **where),
    )  # fmt: skip


def _tally_columns() -> list[Column]:
    return [
        Column(_("Delivered")),
        Column(_("Answered within 24 h"), "share"),
        Column(_("Gone within 48 h"), "share"),
        Column(_("Gone by now")),
        Column(_("Open")),
    ]


def _tally_cells(tally: Tally, rows: Rows, **where: str) -> list[Cell | Share]:
    return [
        _number(tally.delivered, rows.url(Counted.DELIVERED, **where)),
        answered(tally, rows, **where),
        gone(tally, rows, **where),
        _number(tally.gone, rows.url(Counted.GONE, **where)),
        _number(tally.open, rows.url(Counted.OPEN, **where)),
    ]


def months(asked: Asked, counts: Counts, rows: Rows) -> Table:
    """What was delivered in each month and what became of it."""
    return Table(
        "months",
        _("By month of delivery"),
        [Column(_("Month"), "text"), *_tally_columns()],
        [
            [
                Cell(month, month_name(month)),
                *_tally_cells(counts.by_month.get(month, Tally()), rows, month=month),
            ]
            for month in reversed(asked.months())
        ],
    )


def grounds(counts: Counts, rows: Rows) -> Table:
    """By the legal ground."""
    return _parted("grounds", _("By legal ground"), _("Legal ground"), "ground", LegalGround,
                   counts.by_ground, rows)  # fmt: skip


def surfaces(counts: Counts, rows: Rows) -> Table:
    """By where the content stands."""
    return _parted("surfaces", _("By surface"), _("Where it stands"), "surface", Surface,
                   counts.by_surface, rows)  # fmt: skip


def _parted(
    name: str, title: str, word: str, field: str, codes: Iterable[str],
    tallies: Mapping[str, Tally], rows: Rows,
) -> Table:  # fmt: skip
    return Table(
        name,
        title,
        [Column(word, "text"), *_tally_columns()],
        [
            [
                Cell(str(code), _(str(code))),
                *_tally_cells(tallies[code], rows, **{field: str(code)}),
            ]
            for code in codes
            if code in tallies
        ],
    )


def kinds(counts: Counts, rows: Rows, *, has_blocks: bool) -> Table:
    """Removals, actions on accounts, geo-restrictions and blocks: never added up."""
    by_measure = counts.by_measure
    columns = [
        Column(_("Kind of measure"), "text"),
        Column(_("Requests")),
        Column(_("Seen to be done")),
    ]
    found: list[list[Cell | Share]] = []
    for code in (MeasureType.REMOVAL, MeasureType.ACCOUNT):
        tally = by_measure.get(code, Tally())
        found.append(
            [
                Cell(code.value, _("Removal at the source") if code is MeasureType.REMOVAL
                     else _("Action on an account")),
                _number(tally.delivered, rows.url(Counted.DELIVERED, measure=code.value)),
                _number(tally.gone, rows.url(Counted.GONE, measure=code.value)),
            ]
        )  # fmt: skip
    restricted = counts.total.restricted
    found.append(
        [
            Cell("restricted", _("Geo-restriction instead of a removal")),
            _number(restricted, rows.url(Counted.RESTRICTED)),
            Cell(None, DASH),
        ]
    )
    if has_blocks:
        found.append(
            [
                Cell("block", _("Access block by Korean providers")),
                _number(counts.all_blocks, rows.url(Counted.BLOCKS)),
                Cell(None, DASH),
            ]
        )
    return Table("kinds", _("By kind of measure"), columns, found)


def ages(found: Ages, rows: Rows) -> Table:
    """How long what is open now has waited, of any month."""
    return Table(
        "ages",
        _("Age of open requests"),
        [Column(_("Waiting for"), "text"), Column(_("Requests"))],
        [
            [Cell(band.value, _(band.value)), _number(number, rows.url(band))]
            for band, number in found.bands.items()
        ],
    )


def spells(counts: Counts, found: Mapping[int, int], rows: Rows) -> Table:
    """How often the same content had to be asked for."""
    first = counts.total.delivered - sum(found.values())
    return Table(
        "spells",
        _("Spells of the same content"),
        [Column(_("Spell"), "text"), Column(_("Requests"))],
        [
            [
                Cell(spell, _("spell %(number)s", number=spell)),
                _number(number, rows.url(Counted.AGAIN) if spell > 1 else ""),
            ]
            for spell, number in {1: first, **found}.items()
        ],
    )


def hours(seconds: int | None) -> str:
    """Seconds as hours for a reader; what was not reached within the horizon says so."""
    if seconds is None:
        return _("over %(hours)s h", hours=HORIZON // HOUR)
    return _("%(hours)s h", hours=shown(seconds / HOUR))


def clocks(found: Mapping[Clock, Times]) -> Table:
    """Both sides' clocks side by side."""
    return Table(
        "clocks",
        _("Both clocks"),
        [
            Column(_("Whose"), "text"),
            Column(_("From what to what"), "text"),
            Column(_("Requests")),
            Column(_("Came to the end")),
            Column(_("Median"), "text"),
            *(Column(_("by %(hours)s h", hours=mark), "text") for mark in MARKS),
        ],
        [
            [
                Cell(*((_("the regulator"),) * 2 if clock in OF_REGULATOR
                       else (_("the company"),) * 2)),
                Cell(clock.value, _(clock.value)),
                _number(times.n),
                _number(times.ended),
                Cell(None if times.median is None else times.median / HOUR,
                     hours(times.median) if times.n else DASH),
                *(_by(times, mark) for mark in MARKS),
            ]
            for clock, times in found.items()
        ],
    )  # fmt: skip


def _by(times: Times, mark: int) -> Cell:
    """The share that had come to its end by an hour, with the interval of the method."""
    if not times.n:
        return Cell(None, DASH)
    at = times.curve.at(mark * HOUR)
    share = 1 - at.survival if at.exact is None else float(1 - at.exact)
    held = estimators.removed_interval(at, times.n, VERSION_1_0.z)
    bounds = f" ({in_hundred(held.low)}–{in_hundred(held.high)})" if held else ""
    return Cell(share, f"{in_hundred(share)}%{bounds}")


def exclusions(found: Mapping[Exclusion, int], rows: Rows) -> Table:
    """What two persons took out of every figure."""
    return Table(
        "excluded",
        _("Left out of every figure"),
        [Column(_("Reason"), "text"), Column(_("Requests"))],
        [
            [
                Cell(why.value, _(why.value)),
                _number(found[why], rows.url(Counted.EXCLUDED, left_out=why.value)),
            ]
            for why in Exclusion
            if why in found
        ],
    )


def companies(
    counts: Counts, open_now: Mapping[int, Ages], names: Sequence[tuple[int, str, str]],
    query: str, rows: Rows, at: datetime,
) -> Table:  # fmt: skip
    """Every company beside the others, each leading to its own page."""
    found: list[list[Cell | Share]] = []
    for company_id, slug, name in names:
        tally = counts.by_company.get(company_id, Tally())
        oldest = open_now[company_id].oldest if company_id in open_now else None
        found.append(
            [
                Cell(name, name, f"/figures/{company_id}{query}"),
                *_tally_cells(tally, rows, company=slug),
                Cell(oldest.astimezone(SEOUL) if oldest else None, waiting_since(oldest, at)),
            ]
        )
    return Table(
        "companies",
        _("By company"),
        [Column(_("Company"), "text"), *_tally_columns(), Column(_("Oldest open"), "text")],
        found,
    )


def waiting_since(oldest: datetime | None, at: datetime) -> str:
    """How long the oldest has waited, in hours, or in days from two on."""
    if oldest is None:
        return DASH
    waited = (at - oldest).total_seconds() / HOUR
    if waited < 48:
        return _("%(hours)s h", hours=shown(waited, 0))
    return _("%(days)s days", days=shown(waited / 24, 0))


def oldest_note(found: Ages) -> str:
    """When the oldest open request was delivered, for a reader."""
    return _("the oldest since %(when)s", when=local(found.oldest, "short")) if found.oldest else ""


def national(found: National) -> Table:
    """The published figures that are drawn, in their words, with their source."""
    rows: list[list[Cell | Share]] = []
    for kind in (NationalSeries.REQUESTS, NationalSeries.REPORTS):
        for fact in found.of(kind):
            note = _(fact.figure)
            if found.stands_still(fact):
                note += " · " + _("drawn as a gap")
            is_address = fact.source.startswith(("https://", "http://"))
            rows.append(
                [
                    Cell(fact.period, _(fact.period)),
                    Cell(fact.statement, _(fact.statement)),
                    Cell(fact.amount, note),
                    Cell(fact.source, fact.source.split("/")[2] if is_address else _(fact.source),
                         fact.source if is_address else ""),
                ]
            )  # fmt: skip
    return Table(
        "national",
        _("Published national series"),
        [
            Column(_("Period"), "text"), Column(_("What"), "text"), Column(_("Figure"), "text"),
            Column(_("Source"), "text"),
        ],
        rows,
    )  # fmt: skip
