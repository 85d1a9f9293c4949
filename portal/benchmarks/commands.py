"""`flask benchmarks`: published rounds from the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from flask.cli import AppGroup

from portal.access.actor import CLOCK
from portal.benchmarks import forms, queries, service, table
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.figures import shown

group = AppGroup("benchmarks", help="Outside yardsticks: other regulators' published rounds.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def bring_in(file: Path) -> None:
    """Bring in a CSV: round, period, company, notices, reviewed_24h_pct, removed_pct, source.

    Every round the file names is replaced by the file's rows; one bad row and nothing is changed.
    """
    rows, problems = table.read(file.read_bytes())
    if problems:
        told = "\n".join(f"  {problem}" for problem in problems)
        raise click.ClickException(f"Nothing was imported from {file}:\n{told}")
    with transaction():
        changed = service.bring_in(rows, by=CLOCK, at=now())
    names = list(dict.fromkeys(row.round for row in rows))
    click.echo(f"{len(rows)} rows in {len(names)} rounds: {', '.join(names)}.")
    click.echo(f"Changed: {', '.join(changed)}." if changed else "Everything was already there.")
    for name in names:
        _tell_totals(name, queries.totals(queries.rows_of(name)))


@group.command("show")
@click.argument("name", metavar="ROUND")
@click.option(
    "--target",
    "target_text",
    default="66.67",
    show_default=True,
    help="In per cent, or as a share such as 2/3.",
)
@click.option("--json", "as_json", is_flag=True, help="The figures in full precision, as JSON.")
def show(name: str, target_text: str, as_json: bool) -> None:
    """Each company's two rates of a round with intervals, verdicts and rank intervals.

    The shape of the JSON is described in docs/benchmarks.md.
    """
    try:
        target = forms.target_of(target_text)
    except Refused as refusal:
        raise click.ClickException(
            f"The target {target_text!r} is not one. {refusal.sentence}"
        ) from refusal
    rows = queries.rows_of(name)
    if not rows:
        known = ", ".join(queries.rounds())
        raise click.ClickException(
            f"There is no round {name!r}. Known: {known or 'none yet; flask benchmarks import FILE'}."
        )
    rates = {rate: queries.rates(rows, rate, target) for rate in queries.RATES}
    totals = queries.totals(rows)
    companies = [row for row in rows if not queries.is_total(row)]
    if as_json:
        body = {
            "round": name,
            "target": float(target),
            "companies": [
                {
                    "company": row.company,
                    "period": row.period,
                    "notices": row.notices,
                    **{rate: asdict(rates[rate][row.company]) for rate in rates},
                    "source": row.source,
                }
                for row in companies
            ],
            "totals": [
                asdict(one) | {"difference": one.stated - one.summed, "adds_up": one.adds_up}
                for one in totals
            ],
        }
        click.echo(json.dumps(body, indent=2, ensure_ascii=False))
        return
    click.echo(f"{name}: target {shown(target, 2)}%, published figures, 95% intervals")
    for row in companies:
        click.echo(row.company)
        for rate in rates:
            _tell(rate, rates[rate][row.company])
    _tell_totals(name, totals)
    for source in dict.fromkeys(row.source for row in rows):
        click.echo(f"source: {source}")


def _tell(rate: str, one: queries.Rate) -> None:
    if one.x is None:
        click.echo(f"  {rate:<12}  {one.verdict}")
        return
    click.echo(
        f"  {rate:<12}  {one.x:>7,} of {one.n:<7,}  {shown(one.value):>5}"
        f"  [{shown(one.low)}, {shown(one.high)}]  {one.verdict},"
        f" rank {one.rank_best} to {one.rank_worst}"
    )
    if not one.is_whole:
        click.echo(f"  {'':<12}  no whole number of {one.n:,} gives the published {one.published}%")


def _tell_totals(name: str, totals: list[queries.Total]) -> None:
    for one in totals:
        if not one.adds_up:
            why = (
                "rounding of the percentages can explain it"
                if one.within_rounding
                else "rounding does not explain it; check the table against its source"
            )
            click.echo(
                f"{name}: {one.row} does not add up in {one.of}: printed {one.stated},"
                f" the companies give {one.summed} ({why})."
            )
