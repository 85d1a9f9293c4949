"""Questions about published facts."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.core.db import db
from portal.facts.models import PublishedFact


def all_facts() -> Sequence[PublishedFact]:
    """Every published figure, in the order of the table it came from."""
    return db.session.scalars(select(PublishedFact).order_by(PublishedFact.id)).all()
