"""`flask minutes`: the record from the command line."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from portal.core import files
from portal.core.clock import now
from portal.documents import queries as documents
from portal.documents.models import DocumentKind
from portal.minutes import queries, service

group = AppGroup("minutes", help="Minutes.")


@group.command("pdf")
@click.argument("consultation")
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", default="ko", type=click.Choice(["ko", "en"]))
def pdf(consultation: str, output: Path, language: str) -> None:
    """Write the minutes of CONSULTATION (its serial or number): as adopted, else as a draft."""
    minutes = queries.by_serial(consultation)
    if minutes is None:
        raise click.ClickException(
            f"There are no minutes of {consultation!r}. Give a serial such as 'Telegram 2026-03'"
            " or the number in the address of the consultation."
        )
    printed = None
    if minutes.is_binding:
        held = documents.of_subject(DocumentKind.MINUTES, subject_id=minutes.id)
        printed = next((d for d in held if d.language == language), None)
    content = (
        files.load(printed.pdf_sha256)
        if printed
        else service.draft_pdf(minutes, language=language, at=now())
    )
    try:
        output.write_bytes(content)
    except OSError as problem:
        raise click.ClickException(f"{output} cannot be written: {problem.strerror}.") from problem
    what = "adopted, as stored" if printed else "draft"
    click.echo(f"{output}: {len(content):,} bytes, {what}.")
