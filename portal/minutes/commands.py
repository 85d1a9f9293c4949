"""`flask minutes`: the record from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import click
from flask.cli import AppGroup

from portal.core.clock import now
from portal.documents import queries as documents
from portal.documents import verification
from portal.documents.models import DocumentKind
from portal.documents.printing import print_missing
from portal.documents.service import stored
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
    if printed is not None:
        print_missing(printed)
    content = (
        stored(printed) if printed else service.draft_pdf(minutes, language=language, at=now())
    )
    try:
        output.write_bytes(content)
    except OSError as problem:
        raise click.ClickException(f"{output} cannot be written: {problem.strerror}.") from problem
    what = "adopted, as stored" if printed else "draft"
    click.echo(f"{output}: {len(content):,} bytes, {what}.")


@group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def verify(context: click.Context, file: Path, as_json: bool) -> None:
    """Say of FILE: issued by us or not, which version, unchanged, superseded, seal valid or not.

    Ends with 0 where it is ours and unchanged, else with 1.
    """
    if file.stat().st_size > verification.MOST_BYTES:
        raise click.ClickException(f"{file} is larger than 32 MB: no document of ours is.")
    verdict = verification.examine(file.read_bytes())
    said = {
        "standing": verdict.standing.value,
        "sha256": verdict.sha256,
        "kind": verdict.kind or None,
        "version": verdict.version or None,
        "language": verdict.language or None,
        "superseded_by": verdict.newest_version if verdict.is_superseded else None,
        "seal": None if not verdict.is_sealed else "valid" if verdict.is_seal_valid else "broken",
        "other_signatures": [
            {"signer": one.signer, "integrity": one.integrity.value} for one in verdict.others
        ],
    }
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        for name, value in said.items():
            if value not in (None, []):
                click.echo(f"{name.replace('_', ' ')}: {value}")
    context.exit(0 if verdict.is_ours else 1)
