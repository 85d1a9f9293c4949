"""`flask binder`: a year's minutes from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.binder import service
from portal.companies.models import Company
from portal.core.clock import now
from portal.core.db import db
from portal.core.errors import Refused
from portal.core.pdf import PrintError

group = AppGroup("binder", help="A year's adopted minutes as one file.")
PRINT_STEPS = 7


@group.command("pdf")
@click.argument("company")
@click.argument("year")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", default="ko", type=click.Choice(["ko", "en"]))
def pdf(company: str, year: str, output: Path, language: str) -> None:
    """Write the binder of COMPANY (its short name, such as telegram) and YEAR."""
    at, found = now(), db.session.scalar(select(Company).where(Company.slug == company))
    if found is None:
        raise click.ClickException(f"There is no company {company!r}. Give its short name.")
    try:
        said = service.content(found, service.year_of(year), language=language, at=at, role=None)
        with click.progressbar(length=PRINT_STEPS, label="Printing", file=sys.stderr) as bar:

            def progress(step: int, _page: int | None) -> None:
                bar.update(max(0, step - bar.pos))

            output.write_bytes(service.print_of(said, language=language, at=at, progress=progress))
            bar.update(max(0, PRINT_STEPS - bar.pos))
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    except PrintError as problem:
        raise click.ClickException(str(problem)) from problem
    except OSError as problem:
        raise click.ClickException(f"{output} cannot be written: {problem.strerror}.") from problem
    click.echo(f"{output}: {len(said['parts'])} minutes, {output.stat().st_size:,} bytes.")
