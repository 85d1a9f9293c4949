"""Doors of the figures room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.campaigns import queries as campaigns
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.core.calendar import as_month, month_of, next_month
from portal.core.clock import now
from portal.core.i18n import both, language, zone
from portal.core.kept import instant, kept
from portal.core.sheets import XLSX, streamed, workbook
from portal.facts import queries as facts
from portal.figures import drawing, queries, tables
from portal.figures.queries import Asked, Clock
from portal.removal_requests import queries as requests

bp = Blueprint("figures", __name__, url_prefix="/figures")

MONTHS = 13
"""Months shown unasked: the month that runs stands beside the same month a year ago."""
MOST_MONTHS = 60
MOST_KEPT = 64
"""Pages kept: one of five years takes a quarter of a megabyte, and everybody has their own."""
FILES = {"csv": "text/csv", "xlsx": XLSX}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a page is of: whose figures, which months, which platform."""

    asked: Asked
    company: Company | None
    platforms: Sequence[Any]
    """Those there are to choose from."""
    platform: str
    others: Sequence[Company]
    """The companies that stand beside one another; none on the page of one company."""

    @property
    def query(self) -> str:
        """The choice as part of an address."""
        said = {"from": self.asked.since, "to": self.asked.until, "platform": self.platform}
        return "?" + urlencode({name: word for name, word in said.items() if word})

    def rows(self) -> tables.Rows:
        """Addresses of the rows behind the numbers."""
        slug = self.company.slug if self.company and not actor().is_company else ""
        return tables.Rows(
            self.asked, company=slug, platform=self.platform,
            is_open=can(Permission.REMOVAL_REQUESTS_READ),
        )  # fmt: skip


def _choice(company: Company | None, at: datetime) -> Choice:
    """What an address asks for. A period the wrong way round is turned, a long one cut."""
    others = [] if company else companies.all_companies()
    ids = [company.id] if company else [one.id for one in others]
    until = as_month(request.args.get("to", "")) or month_of(at)
    since = as_month(request.args.get("from", "")) or next_month(until, 1 - MONTHS)
    since, until = min(since, until), max(since, until)
    since = max(since, next_month(until, 1 - MOST_MONTHS))
    # A platform that was moved has a row for each company that ran it, and is offered once.
    rows = companies.platform_names()
    offered = list({one.id: one for one in rows if one.company_id in ids}.values())
    slug = request.args.get("platform", "")
    platform = next((one for one in offered if one.slug == slug), None)
    asked = Asked(ids, since, until, at, platform.id if platform else None)
    return Choice(asked, company, offered, slug if platform else "", others)


def _own(door: str) -> str:
    """The same of the company that asks."""
    here = url_for(door, company_id=actor().organisation_id)
    query = urlencode(list(request.args.items(multi=True)))
    return f"{here}?{query}" if query else here


@bp.get("/")
@requires(Permission.FIGURES_READ)
def index() -> str | AnyResponse:
    """All companies together and side by side; a company is led to its own page."""
    if actor().is_company:
        return redirect(_own(".show"))
    return _page(None)


@bp.get("/<int:company_id>")
@requires(Permission.FIGURES_READ, on=Company)
def show(company: Company) -> str:
    """The figures of one company."""
    return _page(company)


@bp.get("/export")
@requires(Permission.FIGURES_READ)
def export() -> AnyResponse:
    """A table over all companies as a file; a company is led to its own."""
    if actor().is_company:
        return redirect(_own(".export_company"))
    return _file(_choice(None, now()))


@bp.get("/<int:company_id>/export")
@requires(Permission.FIGURES_READ, on=Company)
def export_company(company: Company) -> AnyResponse:
    """A table of one company as a file."""
    return _file(_choice(company, now()))


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was counted for a page."""

    counts: queries.Counts
    ages: dict[int, queries.Ages]
    clocks: dict[Clock, queries.Times]
    spells: dict[int, int]
    excluded: dict[Any, int]
    national: facts.National


def _find(asked: Asked) -> Found:
    counts = queries.counts(asked)
    most = counts.total.delivered
    return Found(
        counts,
        queries.ages(asked),
        {clock: queries.times(asked, clock, most=most) for clock in Clock},
        queries.spells(asked),
        queries.excluded(asked),
        facts.national() if can(Permission.FACTS_READ) else facts.National({}),
    )


def _tables(choice: Choice, found: Found) -> dict[str, tables.Table]:
    """Every table of the page, by its name."""
    asked, rows, counts = choice.asked, choice.rows(), found.counts
    made = [
        tables.months(asked, counts, rows),
        tables.kinds(counts, rows, has_blocks=not actor().is_company),
        tables.ages(queries.together(found.ages), rows),
        tables.spells(counts, found.spells, rows),
        tables.grounds(counts, rows),
        tables.surfaces(counts, rows),
        tables.clocks(found.clocks),
        tables.exclusions(found.excluded, rows),
    ]
    if choice.others:
        names = [(one.id, one.slug, both(one, "name")) for one in choice.others]
        made.append(tables.companies(counts, found.ages, names, choice.query, rows, at=asked.at))
    if found.national.series:
        made.append(tables.national(found.national))
    return {table.name: table for table in made}


def _page(company: Company | None) -> str:
    """The page, whose figures are kept while nothing is entered, and for the running minute."""
    stamp = requests.stamp()
    choice = _choice(company, instant(stamp.last_at, at=now()))
    asked = choice.asked
    figures = kept("figures", MOST_KEPT).get(
        (actor(), language(), str(zone()), company and company.id, choice.query),
        (stamp, asked.at),
        lambda: Markup(_figures(choice)),
    )
    return render_template(
        "figures/show.html", asked=asked, company=company, is_own=actor().is_company,
        query=choice.query, figures=figures,
    )  # fmt: skip


def _figures(choice: Choice) -> str:
    asked, found = choice.asked, _find(choice.asked)
    counts, rows, months = found.counts, choice.rows(), asked.months()
    still = found.national.standstill
    bands = drawing.shades(months, campaigns.listed(), still)
    open_now = queries.together(found.ages)
    gone = found.clocks[Clock.DELIVERY_TO_GONE]
    groups, look = drawing.groups(counts), drawing.look_of(choice.company)
    return render_template(
        "figures/figures.html",
        choice=choice,
        counts=counts,
        tables=_tables(choice, found),
        base=f"/figures/{choice.company.id}" if choice.company else "/figures",
        answered=tables.answered(counts.total, rows),
        gone=tables.gone(counts.total, rows),
        came_back=tables.came_back(counts.total, rows),
        delivered_url=rows.url(queries.Counted.DELIVERED),
        open_url=rows.all_open(),
        open_now=open_now,
        oldest=tables.waiting_since(open_now.oldest, asked.at),
        oldest_note=tables.oldest_note(open_now),
        is_exact=counts.total.delivered <= queries.EXACT_UP_TO,
        volume=drawing.volume(months, counts, bands, still, look)
        if counts.total.delivered
        else None,
        shares=drawing.shares(months, counts, rows, bands) if counts.total.delivered else None,
        kinds=drawing.kinds(months, counts, bands, has_blocks=not actor().is_company),
        ages=drawing.ages(open_now, look) if open_now.open else None,
        parts=drawing.parts(groups, rows, look) if groups else None,
        curve=drawing.curve(gone, look) if gone.n else None,
        still=still,
        still_note=drawing.gaps(found.national),
        national=drawing.national(found.national),
        reports=drawing.reports(found.national),
    )


def _file(choice: Choice) -> Response:
    """One table as a file for spreadsheets: a share as x, n, share and bounds. A table or kind of
    file that there is not gives the months, and CSV."""
    made = _tables(choice, _find(choice.asked))
    table = made.get(request.args.get("table", ""), made["months"])
    kind = "xlsx" if request.args.get("format") == "xlsx" else "csv"
    if kind == "csv":
        content = b"".join(streamed(table.header(), table.lines()))
    else:
        content = workbook(table.title, table.header(), table.lines(), made_at=choice.asked.at)
    who = choice.company.slug if choice.company else "all"
    named = f"figures-{who}-{table.name}-{choice.asked.since}-{choice.asked.until}.{kind}"
    return Response(
        content,
        mimetype=FILES[kind],
        headers={"Content-Disposition": f'attachment; filename="{named}"'},
    )
