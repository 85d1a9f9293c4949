"""Bringing a published round in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from portal.access.actor import Actor
from portal.benchmarks.models import BenchmarkRow
from portal.benchmarks.table import Row
from portal.core.audit import record
from portal.core.db import db


def bring_in(rows: Sequence[Row], *, by: Actor, at: datetime) -> list[str]:
    """Replace the rounds the rows name by them; the names of the rounds that changed.

    A file holds a whole round: a company it no longer names goes. The same rows change nothing.
    """
    changed: list[str] = []
    for name in dict.fromkeys(row.round for row in rows):
        new = [row for row in rows if row.round == name]
        stored = db.session.scalars(
            select(BenchmarkRow).where(BenchmarkRow.round == name).with_for_update()
        ).all()
        was = {Row(*(getattr(one, field) for field in Row._fields)) for one in stored}
        if was == set(new):
            continue
        for one in stored:
            db.session.delete(one)
        db.session.flush()
        added = [BenchmarkRow(**row._asdict()) for row in new]
        db.session.add_all(added)
        db.session.flush()
        record("benchmarks:import", added[0], by=by, at=at, round=name, rows=len(new))
        changed.append(name)
    return changed
