"""Questions about retention: what is due, what was erased, whether the chain holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Select, case, func, select

from portal.access.scope import beyond_scope
from portal.core.audit import GENESIS
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.retention import Erasable, erasable, erasables
from portal.retention.models import Residue, ResidueHead, RetentionRule

AHEAD = 30
PIECE = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of the table: the rule that holds, what is due, what was erased."""

    one: Erasable
    days: int
    appeal_days: int
    effective: int
    is_waiting: bool
    now: int
    soon: int
    """Due within the next thirty days, those due now not counted."""
    erased: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would erase: at once, and on each of the next thirty days that has some."""

    now: int
    days: list[tuple[date, int]]


def rule_of(code: str) -> RetentionRule | None:
    """The rule somebody set, if anybody did."""
    return db.session.scalar(select(RetentionRule).where(RetentionRule.code == code))


def standing(one: Erasable, *, at: datetime) -> Standing:
    """How a kind of data stands at an instant."""
    rule = rule_of(one.code)
    days, appeal = (rule.days, rule.appeal_days) if rule else (one.days, one.appeal_days)
    effective = rule.effective if rule else days + appeal
    now, soon = _counts(one, effective, at=at)
    erased, last_at = db.session.execute(
        select(func.count(Residue.id), func.max(Residue.erased_at)).where(Residue.code == one.code)
    ).one()
    return Standing(
        one, days, appeal, effective, bool(rule and rule.is_waiting), now, soon, erased, last_at
    )


def table(*, at: datetime) -> list[Standing]:
    """Every kind of data that is erased under a rule."""
    return [standing(one, at=at) for one in erasables]


def _counts(one: Erasable, days: int, *, at: datetime) -> tuple[int, int]:
    before = at - timedelta(days=days)
    rows = one.due(before + timedelta(days=AHEAD)).order_by(None).subquery()
    statement = select(func.count(), func.coalesce(func.sum(case((rows.c.since < before, 1))), 0))
    with beyond_scope("numbers alone are shown, of everybody's records"):
        every, now = db.session.execute(statement.select_from(rows)).one()
    return now, every - now


def preview(one: Erasable, days: int, *, at: datetime) -> Preview:
    """What is erased at once, and on which of the next thirty days, if the term were `days`."""
    term = timedelta(days=days)
    before = at - term
    rows = one.due(before + timedelta(days=AHEAD)).order_by(None).subquery()
    now, _soon = _counts(one, days, at=at)
    later = select(rows.c.since).where(rows.c.since >= before).execution_options(yield_per=1000)
    with beyond_scope("numbers alone are shown, of everybody's records"):
        found = Counter(local_date(since + term) for since in db.session.scalars(later))
    return Preview(now, sorted(found.items()))


def residues(number: str = "") -> Select[Any]:
    """Residues, the newest first; with a number those whose record's number begins with it."""
    statement = select(Residue).order_by(Residue.id.desc())
    if number:
        statement = statement.where(
            func.lower(Residue.number).startswith(number.lower(), autoescape=True)
        )
    return statement


def every_residue() -> Iterator[Residue]:
    """Every residue in the order of the chain, fetched as it is read."""
    yield from db.session.scalars(
        select(Residue).order_by(Residue.id).execution_options(yield_per=PIECE)
    )


def breaks() -> Iterator[tuple[int, str]]:
    """Where the residues do not hold: (number, what is wrong), oldest first.

    A residue is missing, was changed, does not follow the one before it, or says that something is
    erased that is there.
    """
    previous, expected = GENESIS, 1
    last = 0
    while True:
        part = db.session.scalars(
            select(Residue).where(Residue.id > last).order_by(Residue.id).limit(PIECE)
        ).all()
        if not part:
            break
        for residue in part:
            if residue.id != expected:
                yield expected, "missing"
            if residue.previous_hash != previous:
                yield residue.id, "does not follow its predecessor"
            if residue.proven != residue.hash:
                yield residue.id, "was changed after it was written"
            previous, expected = residue.hash, residue.id + 1
        yield from _still_there(part)
        last = part[-1].id
        db.session.expunge_all()
    head = db.session.get(ResidueHead, 1)
    if (head.last_id, head.last_hash) != (expected - 1, previous) if head else expected > 1:
        yield expected, "the end of the chain was cut off"


def _still_there(part: Any) -> Iterator[tuple[int, str]]:
    for code, group in groupby(sorted(part, key=lambda r: (r.code, r.id)), key=lambda r: r.code):
        one, rows = erasable(code), list(group)
        left = one.left([row.subject_id for row in rows]) if one else set()
        for row in rows:
            if row.subject_id in left:
                yield row.id, "says that something was erased that is still there"


def total() -> int:
    """How many residues there are."""
    return db.session.scalar(select(func.count(Residue.id))) or 0
