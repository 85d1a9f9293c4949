"""`flask documents`: are the stored documents still what they were?"""

from __future__ import annotations

from collections.abc import Iterator

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from portal.core import files
from portal.core.db import db
from portal.documents.models import Document
from portal.documents.service import content_hash

group = AppGroup("documents", help="Documents.")


@group.command("verify")
def verify() -> None:
    """Compare every stored document with its hashes, and name what differs.

    A document whose PDF is not made yet has its content compared; what waits is told, and is no damage.
    """
    total = db.session.scalar(select(func.count(Document.id))) or 0
    damaged, waiting = [], 0
    with click.progressbar(_stored(), length=total, label="Documents") as stored:
        for document in stored:
            damaged += [f"{document.number}, version {document.version}, {document.language}: {one}"
                        for one in _damage(document)]  # fmt: skip
            waiting += not document.is_printed
    for line in damaged:
        click.echo(line, err=True)
    if damaged:
        raise click.ClickException(
            f"{len(damaged)} of {total} documents are damaged. Restore them from a backup."
        )
    click.echo(f"{total} documents are what they were.")
    if waiting:
        click.echo(
            f"Of {waiting} the PDF is not made yet: the clock makes it, or who opens it first."
        )


def _stored() -> Iterator[Document]:
    yield from db.session.scalars(
        select(Document).order_by(Document.id).execution_options(yield_per=50)
    )


def _damage(document: Document) -> Iterator[str]:
    if content_hash(document.content) != document.content_hash:
        yield "what was frozen in the database was changed"
    if document.pdf_sha256 is None:
        return
    try:
        files.load(document.pdf_sha256)
    except files.Damaged as problem:
        yield str(problem)
