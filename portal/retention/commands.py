"""`flask retention`: what is due, erasing it, and whether the residues hold."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import click
from flask.cli import AppGroup

from portal.core.calendar import parse_instant
from portal.core.clock import now
from portal.retention import jobs, queries

group = AppGroup("retention", help="What is erased after its time, and the rows that say so.")
at_option = click.option("--at", "at_text", help="Look as of this instant; now without it.")
json_option = click.option("--json", "as_json", is_flag=True, help="The outcome as JSON.")


def _instant(text: str | None) -> datetime:
    try:
        return parse_instant(text) if text else now()
    except ValueError as problem:
        raise click.ClickException(f"The instant {text!r} is not one: {problem}.") from problem


@group.command("preview")
@at_option
@json_option
def preview(at_text: str | None, as_json: bool) -> None:
    """Say how much each rule erases now and within thirty days. Nothing is erased."""
    rows = queries.table(at=_instant(at_text))
    if as_json:
        told = [
            {
                "code": row.one.code, "days": row.days, "appeal_days": row.appeal_days,
                "effective_days": row.effective, "due": row.now, "due_within_30_days": row.soon,
            }
            for row in rows
        ]  # fmt: skip
        click.echo(json.dumps(told, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row.one.code:<12}{row.effective:>6} days  {row.now:>9,} due now"
            f"  {row.soon:>9,} within 30 days"
            + ("  (a shorter rule waits for its confirmation)" if row.is_waiting else "")
        )


@group.command("run")
@json_option
def run(as_json: bool) -> None:
    """Erase what is due now, as the clock does each night. Safe to interrupt and to run again."""
    at = now()
    waiting = sum(row.now for row in queries.table(at=at))
    with click.progressbar(length=waiting, label="Erasing", file=sys.stderr) as shown:
        done = jobs.erase(at, step=shown.update)
    if as_json:
        click.echo(json.dumps(done))
        return
    for code, count in done.items():
        click.echo(f"{code}: {count:,} erased")


@group.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Check the chain of residues, and that what they say is erased is gone."""
    total, broken = queries.total(), list(queries.breaks())
    if as_json:
        places = [{"residue": number, "problem": problem} for number, problem in broken]
        click.echo(json.dumps({"residues": total, "broken": places}))
    else:
        for number, problem in broken:
            click.echo(f"residue {number}: {problem}", err=True)
        click.echo(f"{total:,} residues, {len(broken)} do not hold.")
    if broken:
        sys.exit(1)
