"""Setting a rule, and erasing what is due under it, one batch at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.access.actor import CLOCK, Actor
from portal.core.audit import GENESIS, record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.retention import Erasable
from portal.retention import queries
from portal.retention.models import Residue, ResidueHead, RetentionRule

BATCH = 500


def check(one: Erasable, days: int, appeal_days: int) -> None:
    """Refuse days below the least or above the most that a kind of data allows."""
    if days < one.least:
        raise FieldError(
            "days", _("At least %(least)s days. %(why)s", least=one.least, why=one.why)
        )
    if appeal_days < one.least_appeal:
        raise FieldError(
            "appeal_days",
            _("At least %(least)s days. %(why)s", least=one.least_appeal, why=one.why),
        )
    if days + appeal_days > one.most:
        raise FieldError(
            "days", _("Together at most %(most)s days. %(why)s", most=one.most, why=one.why)
        )


def set_rule(
    one: Erasable, *, days: int, appeal_days: int, by: Actor, at: datetime
) -> RetentionRule:
    """Change after how many days something is erased. A longer term holds at once; under a shorter
    one nothing is erased earlier than before until its preview is confirmed."""
    check(one, days, appeal_days)
    rule = _held(one, at=at)
    was = {"days": rule.days, "appeal_days": rule.appeal_days}
    now = {"days": days, "appeal_days": appeal_days}
    if was == now:
        return rule
    rule.days, rule.appeal_days = days, appeal_days
    rule.confirmed_days = max(rule.term, rule.confirmed_days)
    rule.changed_at, rule.changed_by = at, by.name
    record("retention:set", rule, by=by, at=at, code=one.code, before=was, after=now,
           effective=rule.effective)  # fmt: skip
    return rule


def confirm(one: Erasable, *, term: int, by: Actor, at: datetime) -> RetentionRule:
    """Let a shortened rule erase. `term` is what the preview was of; another one is refused."""
    rule = _held(one, at=at)
    if not rule.is_waiting:
        raise Refused(_("No shortened rule waits for a confirmation."))
    if rule.term != term:
        raise Refused(_("The rule was changed meanwhile. Look at its preview again."))
    was, rule.confirmed_days = rule.confirmed_days, rule.term
    record("retention:confirm", rule, by=by, at=at, code=one.code, before=was, after=rule.term)
    return rule


def _held(one: Erasable, *, at: datetime) -> RetentionRule:
    """The rule under lock; it is made with the usual days where nobody has set it."""
    rule = queries.rule_of(one.code)
    if rule is None:
        rule = RetentionRule(
            code=one.code, days=one.days, appeal_days=one.appeal_days,
            confirmed_days=one.days + one.appeal_days, changed_at=at, changed_by=CLOCK.name,
        )  # fmt: skip
        try:
            with db.session.begin_nested():
                db.session.add(rule)
        except IntegrityError:  # another process was first
            rule = queries.rule_of(one.code)
    assert rule is not None
    hold(rule)
    return rule


def erase_batch(
    one: Erasable, *, after: int = 0, by: Actor = CLOCK, at: datetime
) -> tuple[int, int]:
    """Erase up to 500 due records behind number `after` and leave a residue of each.

    Returns of how many, and the last number; (0, `after`) where nothing is due. All of it is stored
    or nothing: whatever interrupts it, a record is whole or erased with its residue.
    """
    rule = _held(one, at=at)
    rows = db.session.execute(
        one.due(at - timedelta(days=rule.effective))
        .where(one.table.c.id > after)
        .limit(BATCH)
        .with_for_update(of=one.table)
    ).all()
    if not rows:
        return 0, after
    ids = [row.id for row in rows]
    one.erase(ids, at)
    if left := one.left(ids):
        raise RuntimeError(f"{one.code}: something is left in {sorted(left)[:5]}")
    head = _head()
    first = head.last_id + 1
    for row in rows:
        residue = Residue(
            id=head.last_id + 1, code=one.code, subject=one.table.name, subject_id=row.id,
            number=row.number or "", columns=", ".join(one.columns), erased_at=at,
            days=rule.days, appeal_days=rule.appeal_days, effective_days=rule.effective,
            previous_hash=head.last_hash,
        )  # fmt: skip
        residue.hash = residue.proven
        db.session.add(residue)
        head.last_id, head.last_hash = residue.id, residue.hash
    # The audit log holds the hash of each batch: who cut the end of the chain would have to cut both.
    record("retention:erase", rule, by=by, at=at, code=one.code, records=len(rows),
           first=first, last=head.last_id, hash=head.last_hash)  # fmt: skip
    return len(rows), ids[-1]


def _head() -> ResidueHead:
    held = db.session.scalar(select(ResidueHead).where(ResidueHead.id == 1).with_for_update())
    if held is None:
        held = ResidueHead(id=1, last_id=0, last_hash=GENESIS)
        db.session.add(held)
        db.session.flush()
    return held
