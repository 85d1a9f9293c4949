"""Printing what is kept and was never opened, for doors and commands."""

from __future__ import annotations

from portal.core.db import transaction
from portal.documents import service
from portal.documents.models import Document


def print_missing(document: Document) -> None:
    """Print a kept document that nobody has opened yet, and store that; one that is printed stays.

    The pages are made before the transaction, so that nobody who writes waits for them.
    """
    if document.is_printed:
        return
    made = service.printed(document)
    with transaction():
        service.print_kept(document, made)
