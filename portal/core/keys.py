"""Changing the key that seals: a new one first, then every sealed row, batch by batch.

Each batch is a transaction of its own. Interrupted at any point nothing is lost: rows of both keys
open, and running it again goes on with those that are left.
"""

from __future__ import annotations

import os
import secrets as random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Table, bindparam, func, select, update

from portal.core.db import db, transaction
from portal.core.secrets import is_sealed_with_the_first, keys, seal, unseal

BATCH = 500
Rehash = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Sealed:
    """A column of sealed texts, and the columns that hold keyed hashes of the same text."""

    table: Table
    column: str
    rehash: Rehash | None = None


columns: list[Sealed] = []
"""Every column that holds something sealed. A room that has one adds it here."""


def add() -> None:
    """Put a new key first; what was sealed with those before it goes on opening."""
    path = Path(current_app.config["KEY_FILE"])
    aside = path.with_suffix(f".{os.getpid()}-{random.token_hex(4)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join([random.token_urlsafe(48), *(key.decode() for key in keys())]))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def total() -> int:
    """How many sealed texts there are."""
    return sum(
        db.session.scalar(select(func.count()).select_from(one.table).where(_is_filled(one))) or 0
        for one in columns
    )


def waiting() -> int:
    """How many texts the present key has not sealed; every text is looked at."""
    return sum(
        1
        for one in columns
        for (sealed,) in db.session.execute(
            select(one.table.c[one.column])
            .where(_is_filled(one))
            .execution_options(yield_per=BATCH)
        )
        if not is_sealed_with_the_first(sealed)
    )


def reseal(step: Callable[[int], object]) -> int:
    """Seal with the present key what another sealed; return of how many.

    `step` is told how many rows were looked at since it was told before.
    """
    return sum(_reseal(one, step) for one in columns)


def _reseal(one: Sealed, step: Callable[[int], object]) -> int:
    table, changed, last = one.table, 0, 0
    while True:
        with transaction():
            rows = db.session.execute(
                select(table.c.id, table.c[one.column])
                .where(table.c.id > last, _is_filled(one))
                .order_by(table.c.id)
                .limit(BATCH)
                .with_for_update()
            ).all()
            if not rows:
                return changed
            made = []
            for number, sealed in rows:
                if not is_sealed_with_the_first(sealed):
                    text = unseal(sealed)
                    more = one.rehash(text) if one.rehash else {}
                    made.append({"number": number, one.column: seal(text), **more})
            if made:
                statement = update(table).where(table.c.id == bindparam("number"))
                db.session.connection().execute(
                    statement.values(
                        {name: bindparam(name) for name in made[0] if name != "number"}
                    ),
                    made,
                )
        changed, last = changed + len(made), rows[-1].id
        step(len(rows))


def _is_filled(one: Sealed) -> Any:
    return one.table.c[one.column].is_not(None) & (one.table.c[one.column] != "")
