"""The figures as charts of the house's one family, with their words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from markupsafe import Markup

from portal.campaigns import queries as campaigns
from portal.campaigns.models import Campaign
from portal.companies.models import Company
from portal.core import charts
from portal.core.calendar import next_month
from portal.core.figures import shown
from portal.core.i18n import both, month_name
from portal.core.i18n import gettext as _
from portal.facts.models import NationalSeries
from portal.facts.queries import National, Standstill
from portal.figures.queries import HOUR, Ages, Counts, Tally, Times
from portal.figures.tables import MARKS, Rows, Share, answered, gone
from portal.methodology import estimators
from portal.methodology.method import VERSION_1_0
from portal.removal_requests.models import LegalGround, Surface

PALETTE = {"answered": 0, "gone": 4, "removal": 4, "restricted": 3, "block": 2}
PERCENT: Callable[[float], str] = "{:.0%}".format
COUNT: Callable[[float], str] = "{:,.0f}".format
DRAWN_AT = (*range(1, 48), *range(48, 169, 4))
"""Hours at which a long curve is drawn."""


def shades(
    months: Sequence[str], known: Sequence[Campaign], still: Standstill | None
) -> list[charts.Band]:
    """The campaigns, and the time in which nobody sat, as far as they lie within the months."""
    periods = [(one.starts_on, one.ends_on, both(one, "name")) for one in known]
    if still is not None:
        periods.append((still.starts_on, still.ends_on, _("nobody sat")))
    first = date.fromisoformat(f"{months[0]}-01")
    last = date.fromisoformat(f"{next_month(months[-1])}-01") - timedelta(days=1)
    return [
        charts.Band(
            campaigns.place_in_months(start, months),
            campaigns.place_in_months(end + timedelta(days=1), months),
            word,
        )
        for start, end, word in sorted(periods)
        if start <= last and end >= first
    ]


def is_still(month: str, still: Standstill | None) -> bool:
    """Whether nobody sat in the whole of a month."""
    first = date.fromisoformat(f"{month}-01")
    last = date.fromisoformat(f"{next_month(month)}-01") - timedelta(days=1)
    return still is not None and still.covers(first, last)


def look_of(company: Company | None) -> int:
    """How the figures of a company are drawn, as in every chart; of all together, as the house does."""
    return 0 if company is None else charts.kept_index(company.look)


def volume(
    months: Sequence[str],
    counts: Counts,
    bands: Sequence[charts.Band],
    still: Standstill | None,
    look: int,
) -> Markup:
    """What was delivered, by month. A month without a request in which nobody sat is a gap."""
    values: list[float | None] = []
    for month in months:
        delivered = counts.by_month.get(month, Tally()).delivered
        values.append(None if not delivered and is_still(month, still) else delivered)
    return charts.bar_chart(
        [charts.Series("one", _("Delivered"), values)],
        [month_name(month) for month in months],
        title=_("Requests by month of delivery"),
        description=_said(months, [None if v is None else COUNT(v) for v in values]),
        format=COUNT, palette={"one": look}, bands=bands,
    )  # fmt: skip


def shares(
    months: Sequence[str], counts: Counts, rows: Rows, bands: Sequence[charts.Band]
) -> Markup:
    """Answered within 24 hours and gone within 48, by month, each with its interval."""
    tallies = [counts.by_month.get(month, Tally()) for month in months]
    drawn = {
        "answered": (_("answered"), [answered(tally, rows) for tally in tallies]),
        "gone": (_("gone"), [gone(tally, rows) for tally in tallies]),
    }
    return charts.line_chart(
        [
            charts.Series(key, word, [one.value for one in found], [one.interval for one in found])
            for key, (word, found) in drawn.items()
        ],
        [month_name(month) for month in months],
        title=_("Answered within 24 hours and gone within 48 hours"),
        description=" ".join(
            f"{word}: {_said(months, [_of(one) for one in found])}."
            for word, found in drawn.values()
        ),
        limits=(0, 1), format=PERCENT, palette=PALETTE, bands=bands,
    )  # fmt: skip


def _of(share: Share) -> str | None:
    return f"{share.text} ({share.x}/{share.n})" if share.n else None


def _said(months: Sequence[str], texts: Sequence[str | None]) -> str:
    """Values month by month in words, which stand beside the drawing."""
    return "; ".join(
        f"{month_name(month)}: {text if text is not None else _('no value')}"
        for month, text in zip(months, texts, strict=True)
    )


def ages(found: Ages, look: int) -> Markup:
    """What is open now, by how long it waits."""
    words = [_(band.value) for band in found.bands]
    return charts.bar_chart(
        [charts.Series("one", _("Requests"), list(found.bands.values()))],
        words,
        title=_("Age of open requests"),
        description="; ".join(
            f"{word}: {number:,}" for word, number in zip(words, found.bands.values(), strict=True)
        ),
        format=COUNT, palette={"one": look}, height=180,
    )  # fmt: skip


def kinds(
    months: Sequence[str], counts: Counts, bands: Sequence[charts.Band], *, has_blocks: bool
) -> Markup | None:
    """Removals seen, geo-restrictions and blocks by month, as lines: lines do not add up."""
    tallies = [counts.by_month.get(month, Tally()) for month in months]
    # A month in which nothing was asked for has no value: a line at 0 would say that it had.
    is_empty = [
        not t.delivered and not counts.blocks.get(m) for m, t in zip(months, tallies, strict=True)
    ]
    lines: list[tuple[str, str, list[int]]] = [
        ("removal", _("gone at the source"), [tally.gone for tally in tallies]),
        ("restricted", _("geo-restricted"), [tally.restricted for tally in tallies]),
    ]
    if has_blocks:
        lines.append(("block", _("blocked"), [counts.blocks.get(month, 0) for month in months]))
    if all(is_empty):
        return None
    drawn = {
        (key, word): [None if gap else value for gap, value in zip(is_empty, values, strict=True)]
        for key, word, values in lines
    }
    return charts.line_chart(
        [charts.Series(key, word, values) for (key, word), values in drawn.items()],
        [month_name(month) for month in months],
        title=_("Removals, geo-restrictions and blocks by month of delivery"),
        description=" ".join(
            f"{word}: {_said(months, [None if v is None else COUNT(v) for v in values])}."
            for (_key, word), values in drawn.items()
        ),
        format=COUNT, palette=PALETTE, bands=bands,
    )  # fmt: skip


def groups(counts: Counts) -> list[tuple[str, Tally]]:
    """The tallies by ground and by surface, as rows under one another."""
    return [
        (_(str(code)), tallies[code])
        for codes, tallies in ((LegalGround, counts.by_ground), (Surface, counts.by_surface))
        for code in codes
        if code in tallies
    ]


def parts(found: Sequence[tuple[str, Tally]], rows: Rows, look: int) -> Markup:
    """Gone within 48 hours, by ground and by surface."""
    strip = []
    for word, tally in found:
        share = gone(tally, rows)
        low, high = share.interval or (None, None)
        strip.append(
            charts.StripRow(
                word, share.value, low, high, note=_("not assessed"), look=charts.LOOKS[look]
            )
        )
    return charts.interval_strip(
        strip,
        title=_("Gone within 48 hours, by legal ground and by surface"),
        description="; ".join(
            f"{word}: {_of(gone(tally, rows)) or _('not assessed')}" for word, tally in found
        ),
    )


def curve(times: Times, look: int) -> Markup:
    """The share that is gone by each hour. A long curve is drawn by the hour, later by four."""
    steps = times.curve.steps
    if len(steps) > len(DRAWN_AT):
        steps = tuple(
            times.curve.at(hour * HOUR)._replace(seconds=hour * HOUR) for hour in DRAWN_AT
        )
    drawn = []
    for step in steps:
        bounds = estimators.removed_interval(step, times.n, VERSION_1_0.z)
        low, high = bounds or (0.0, 1.0)
        drawn.append(charts.Step(step.seconds / HOUR, step.survival, 1 - high, 1 - low))
    return charts.removal_curve(
        drawn,
        title=_("Gone at the source by the hours since delivery"),
        description="; ".join(
            f"{mark} h: {PERCENT(1 - times.curve.at(mark * HOUR).survival)}" for mark in MARKS
        ),
        marks=MARKS, band_label=_("95% interval"),
        mark_label=lambda hour: _("%(hours)s h", hours=shown(hour, 0)), look=charts.LOOKS[look],
    )  # fmt: skip


def national(found: National) -> Markup | None:
    """Sexual deepfakes acted upon since January, as published for the ends of months.

    A figure that only repeats the one before because nobody sat is a gap, and the time in which
    nobody sat is shaded.
    """
    points = {f"{fact.ends_on:%Y-%m}": fact for fact in found.of(NationalSeries.REQUESTS)
              if fact.ends_on is not None}  # fmt: skip
    if not points:
        return None
    still = found.standstill
    last = max(max(points), f"{still.ends_on:%Y-%m}" if still else "")
    months = [min(points)]
    while months[-1] < last:
        months.append(next_month(months[-1]))
    # Each year counts anew from January: no line leads from one into the next.
    series = []
    for year in sorted({month[:4] for month in points}):
        values: list[float | None] = []
        for month in months:
            fact = points.get(month) if month[:4] == year else None
            values.append(None if fact is None or found.stands_still(fact) else fact.amount)
        series.append(charts.Series(f"year-{year}", year, values))
    texts = [
        None if month not in points
        else _("gap: nobody sat") if found.stands_still(points[month])
        else COUNT(points[month].amount or 0)
        for month in months
    ]  # fmt: skip
    return charts.line_chart(
        series,
        [month_name(month) for month in months],
        title=_("Published: sexual deepfakes acted upon since January of the year"),
        description=_said(months, texts),
        format=COUNT, palette={"year-2024": 2, "year-2025": 6},
        bands=shades(months, (), still),
    )  # fmt: skip


def gaps(found: National) -> str:
    """What is drawn as a gap, in words."""
    still = [fact for fact in found.of(NationalSeries.REQUESTS) if found.stands_still(fact)]
    return " ".join(
        _(
            "The figure published for the end of %(month)s is still %(figure)s: it counts nothing"
            " new and is drawn as a gap.",
            month=month_name(f"{fact.ends_on:%Y-%m}"),
            figure=COUNT(fact.amount or 0),
        )
        for fact in still
    )


def reports(found: National) -> Markup | None:
    """Reports received, as published for each month."""
    points = {f"{fact.ends_on:%Y-%m}": fact.amount for fact in found.of(NationalSeries.REPORTS)
              if fact.ends_on is not None}  # fmt: skip
    if not points:
        return None
    months = [min(points)]
    while months[-1] < max(points):
        months.append(next_month(months[-1]))
    values = [points.get(month) for month in months]
    return charts.bar_chart(
        [charts.Series("published", _("Reports"), values)],
        [month_name(month) for month in months],
        title=_("Published: reports of digital sex crimes received"),
        description=_said(months, [None if v is None else COUNT(v) for v in values]),
        format=COUNT, palette={"published": 2}, height=180,
    )  # fmt: skip
