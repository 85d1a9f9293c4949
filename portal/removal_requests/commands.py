"""`flask requests import|answer|export`: removal requests as files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from flask.cli import AppGroup

from portal.access.actor import CLOCK
from portal.companies import queries as companies
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.secrets import unseal
from portal.removal_requests import (
    exporting,
    filing,
    importing,
    projection,
    queries,
    reading,
    service,
)

T = TypeVar("T")
PART = 5000
group = AppGroup("requests", help="Removal requests as files.")


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partial", is_flag=True, help="Write the good lines; the others go to a file.")
@click.option(
    "--rejected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the rejected lines go (FILE.rejected.csv unless told).",
)
@click.option("--dry-run", is_flag=True, help="Check the file and write nothing.")
def import_command(file: Path, partial: bool, rejected: Path | None, dry_run: bool) -> None:
    """Read FILE (CSV in UTF-8 or EUC-KR, or XLSX). Nothing is written unless all of it is good.

    Safe to interrupt: run it again with the same FILE and it goes on where it was.
    Exit code 0: everything in the file stands in the portal now. 1: something was rejected.
    """
    at = now()
    found = _judged(file, lambda step: filing.judge(file, at=at, step=step))
    written = 0
    if (found.is_good or partial) and not dry_run and len(found.new):
        with click.progressbar(length=len(found.new), label="Writing") as shown:
            for part in reading.parts(found.new, PART):
                # Each part stands by itself: what is written stays, whatever happens to the next.
                with refusals(), transaction():
                    written += filing.import_part(part, by=CLOCK, at=at)
                shown.update(len(part))
    _tell(found, written)
    if not found.is_good:
        _set_aside(found.rows, file, rejected, partial=partial)


def _judged(file: Path, judge: Callable[[Callable[[int], object]], T]) -> T:
    """Read a file while its bytes are counted, with the time that is left."""
    with click.progressbar(length=max(1, file.stat().st_size), label="Reading") as shown:
        return judge(shown.update)


@contextmanager
def refusals() -> Iterator[None]:
    """Say why something was refused instead of showing where."""
    try:
        yield
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal


def _set_aside(rows: reading.Rows, file: Path, rejected: Path | None, *, partial: bool) -> None:
    """Write the rejected lines to a file if asked to; ends with exit code 1."""
    if len(rows.rejected) and (partial or rejected):
        to = rejected or file.with_suffix(".rejected.csv")
        aside = to.with_name(to.name + ".part")
        with aside.open("w", encoding="utf-8-sig", newline="") as text:
            text.writelines(reading.rejected_pieces(rows))
        aside.replace(to)
        click.echo(f"Rejected lines: {to}. Correct them there and import that file.", err=True)
    if not partial:
        click.echo("Nothing was written. Correct the lines, or use --partial.", err=True)
    sys.exit(1)


def _tell_problems(rows: reading.Rows) -> None:
    for problem in rows.problems[:100]:
        column = f", column {problem.column}" if problem.column else ""
        value = f" ({problem.value})" if problem.value else ""
        click.echo(f"line {problem.line}{column}{value}: {problem.remedy}", err=True)
    if rows.wrong > 100:
        click.echo(f"... and {rows.wrong - 100} problems more.", err=True)


def _tell(found: filing.Reading, written: int) -> None:
    rows = found.rows
    _tell_problems(rows)
    click.echo(
        f"{rows.read} lines read ({rows.encoding}), {written} written, "
        f"{found.known} were here already, {len(rows.rejected)} rejected."
    )
    if found.places_known:
        click.echo(f"{found.places_known} new lines name a place that was requested before.")


@group.command("answer")
@click.argument("company", metavar="COMPANY")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--partial", is_flag=True, help="Enter the good lines; the others go to a file.")
@click.option(
    "--rejected",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the rejected lines go (FILE.rejected.csv unless told).",
)
@click.option("--dry-run", is_flag=True, help="Check the file and enter nothing.")
def answer_command(
    company: str, file: Path, partial: bool, rejected: Path | None, dry_run: bool
) -> None:
    """Enter the answers of COMPANY (slug) that came as FILE: CSV or XLSX with the columns
    request_no, outcome, reason, removed_at. Nothing is entered unless all of it is good.

    Safe to interrupt and to run again. Exit code 0: every answer stands now. 1: some were rejected.
    """
    at, named = now(), companies.by_slug(company)
    if named is None:
        raise click.BadParameter(f"There is no company {company!r}.", param_hint="COMPANY")
    company_id, entered = named.id, 0
    with transaction():
        found = _judged(
            file,
            lambda step: filing.judge_answers(
                file, by=CLOCK, at=at, company_id=company_id, step=step
            ),
        )
    if (found.is_good or partial) and not dry_run and len(found.new):
        with click.progressbar(length=len(found.new), label="Entering") as shown:
            for part in found.new.blocks():
                with refusals(), transaction():
                    entered += filing.enter_answers(part, by=CLOCK, at=at, company_id=company_id)
                shown.update(len(part))
    _tell_problems(found.rows)
    click.echo(
        f"{found.rows.read} lines read ({found.rows.encoding}), {entered} entered, {found.known}"
        f" stood already, {found.silent} say nothing yet, {len(found.rows.rejected)} rejected."
    )
    if not found.is_good:
        _set_aside(found.rows, file, rejected, partial=partial)


@group.command("find-places")
def find_places_command() -> None:
    """Hash the places of requests stored by an earlier version, so that duplicates are found.

    Safe to interrupt and to run again: it goes on where it was.
    """
    with click.progressbar(length=queries.without_place(), label="Hashing places") as shown:
        while True:
            with transaction():
                done = service.find_places()
            if not done:
                break
            shown.update(done)


@group.command("check")
def check_command() -> None:
    """Replay the events of every request and compare: the columns say nothing of their own.

    Exit code 1 where a column differs from what the events tell.
    """
    ids = list(db.session.scalars(queries.with_events()))
    wrong = 0
    with click.progressbar(length=len(ids), label="Replaying") as shown:
        for start in range(0, len(ids), service.BATCH):
            part = ids[start : start + service.BATCH]
            for request, events in queries.with_their_events(part):
                for column, (held, told) in projection.differences(request, events).items():
                    wrong += 1
                    click.echo(
                        f"{request.request_no}: {column} is {held}, its events say {told}", err=True
                    )
            db.session.expunge_all()
            shown.update(len(part))
    click.echo(f"{len(ids)} requests replayed, {wrong} differences.")
    sys.exit(1 if wrong else 0)


def _told(rows: Iterator[Any], step: Callable[[int], object]) -> Iterator[Any]:
    for row in rows:
        yield row
        step(1)


@group.command("export")
@click.option("--company", "slug", help="Only this company (slug).")
@click.option("--month", default="", help="Only this month of delivery, as 2026-03.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--with-references", is_flag=True, help="Open the references: for a move, never to share."
)
def export_command(
    slug: str | None, month: str, output: Path | None, with_references: bool
) -> None:
    """Write the requests as CSV, to standard output unless -o names a file."""
    at: datetime = now()
    company = companies.by_slug(slug) if slug else None
    if slug and company is None:
        raise click.BadParameter(f"There is no company {slug!r}.", param_hint="--company")
    chosen = queries.Filter(company_id=company.id if company else None, month=month)
    count = exporting.count(None, chosen, at=at)
    # The bar stands on standard error, and only before a person's eyes: the rows may go to a pipe.
    with click.progressbar(
        length=count,
        label=f"Writing {count:,} rows",
        file=sys.stderr,
        show_pos=True,
        hidden=not sys.stderr.isatty(),
    ) as shown:
        if with_references:
            rows = _told(queries.rows_for_export(None, chosen, at=at), shown.update)
            pieces = importing.written(rows, unseal)
        else:
            pieces = exporting.written(exporting.parts(None, chosen, at=at), shown.update)
        if output is None:
            for piece in pieces:
                sys.stdout.write(piece)
            return
        # Written aside first: a file that is there is whole.
        aside = output.with_name(output.name + ".part")
        with aside.open("w", encoding="utf-8", newline="") as file:
            for piece in pieces:
                file.write(piece)
        aside.replace(output)
    click.echo(f"Written: {output}")
