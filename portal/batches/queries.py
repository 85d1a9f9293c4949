"""Questions about unannounced batches. The wall decides who is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import Actor, Role
from portal.access.permissions import Permission
from portal.access.policy import allows
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.batches.comparison import Difference, of_measures
from portal.batches.models import BatchMember, BatchReader, UnannouncedBatch
from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.methodology import membership
from portal.methodology.computing import compute
from portal.methodology.membership import Member
from portal.methodology.score import Measure
from portal.methodology.words import definition_of
from portal.removal_requests.models import MeasureType, RemovalRequest
from portal.scorecards import queries as scorecards
from portal.scorecards.inputs import Inputs
from portal.scorecards.models import Scorecard

R = RemovalRequest
COMPARED = ("R1", "R2")
WAITS_FOR = timedelta(days=14)
"""How long an opened batch waits on the desk of who was told of it."""


def batches(*, opened_of: int | None = None) -> Select[Any]:
    """The batches that the person may know of with their size, the newest first.

    Of the request with the id `opened_of`: those that are open to the desk and held it.
    """
    size = (
        select(func.count())
        .where(BatchMember.batch_id == UnannouncedBatch.id)
        .correlate(UnannouncedBatch)
        .scalar_subquery()
    )
    found = (
        select(UnannouncedBatch, size.label("size"), UnannouncedBatch.is_open().label("is_open"))
        .options(joinedload(UnannouncedBatch.company))
        .order_by(UnannouncedBatch.id.desc())
    )
    if opened_of is None:
        return found
    held = select(BatchMember.batch_id).where(BatchMember.request_id == opened_of)
    return found.where(UnannouncedBatch.id.in_(held), UnannouncedBatch.is_open())


def is_open(batch: UnannouncedBatch) -> bool:
    """Whether every request of it lies in a frozen month."""
    return bool(
        db.session.scalar(select(UnannouncedBatch.is_open()).where(UnannouncedBatch.id == batch.id))
    )


def opened(since: datetime, until: datetime) -> Sequence[UnannouncedBatch]:
    """The batches that opened after one instant and up to another, in the order of their marking.

    One opens with the first freeze of the last of its months.
    """
    frozen = (
        select(
            Scorecard.company_id, Scorecard.month, func.min(Scorecard.frozen_at).label("at")
        )
        .where(Scorecard.status.in_(scorecards.BINDING))
        .group_by(Scorecard.company_id, Scorecard.month)
        .subquery()
    )  # fmt: skip
    within = (
        select(BatchMember.batch_id)
        .join(R, R.id == BatchMember.request_id)
        .join(frozen, and_(frozen.c.company_id == R.company_id, frozen.c.month == R.month))
        .group_by(BatchMember.batch_id)
        .having(func.max(frozen.c.at) > since, func.max(frozen.c.at) <= until)
    )
    return db.session.scalars(
        select(UnannouncedBatch)
        .where(UnannouncedBatch.id.in_(within), UnannouncedBatch.is_open())
        .order_by(UnannouncedBatch.id)
    ).all()


def to_tell() -> Sequence[UnannouncedBatch]:
    """The open batches of which somebody named was not told yet."""
    untold = select(BatchReader.batch_id).where(BatchReader.told_at.is_(None))
    return db.session.scalars(
        select(UnannouncedBatch)
        .where(UnannouncedBatch.id.in_(untold), UnannouncedBatch.is_open())
        .order_by(UnannouncedBatch.id)
    ).all()


def untold(batch: UnannouncedBatch) -> list[tuple[BatchReader, Account]]:
    """Who is named, was not told yet and may look at it today.

    Outside a request there is no wall: who has left, or has another role or desk now, is left out here.
    """
    found = db.session.execute(
        select(BatchReader, Account)
        .join(Account, Account.id == BatchReader.account_id)
        .where(
            BatchReader.batch_id == batch.id,
            BatchReader.told_at.is_(None),
            Account.deactivated_at.is_(None),
        )
        .order_by(Account.id)
    )
    return [(reader, person) for reader, person in found if _may_look(person, batch)]


def _may_look(person: Account, batch: UnannouncedBatch) -> bool:
    if not allows(person.role, Permission.BATCHES_READ):
        return False
    seen = UnannouncedBatch.visible_to(person.as_actor())
    asked = select(UnannouncedBatch.id).where(UnannouncedBatch.id == batch.id, seen)
    return db.session.scalar(asked) is not None


def to_look_at(actor: Actor, *, at: datetime) -> Sequence[UnannouncedBatch]:
    """The open batches that wait for this person by name: until they have looked, for 14 days."""
    waiting = select(BatchReader.batch_id).where(
        BatchReader.account_id == actor.account_id,
        BatchReader.seen_at.is_(None),
        or_(BatchReader.told_at.is_(None), BatchReader.told_at > at - WAITS_FOR),
    )
    return db.session.scalars(
        select(UnannouncedBatch)
        .options(joinedload(UnannouncedBatch.company))
        .where(UnannouncedBatch.id.in_(waiting), UnannouncedBatch.is_open())
        .order_by(UnannouncedBatch.id)
    ).all()


def unseen(batch: UnannouncedBatch, actor: Actor) -> BatchReader | None:
    """The row of somebody who is named and has not looked at the open batch yet."""
    return db.session.scalar(
        select(BatchReader).where(
            BatchReader.batch_id == batch.id,
            BatchReader.account_id == actor.account_id,
            BatchReader.seen_at.is_(None),
        )
    )


def candidates(company_id: int) -> Sequence[RemovalRequest]:
    """Drafts of a company, by number: marked or not, so that the list tells nobody anything."""
    return db.session.scalars(
        select(R)
        .where(
            R.company_id == company_id, R.issued_at.is_(None), R.delivered_at.is_(None),
            R.exclusion.is_(None), R.measure_type != MeasureType.BLOCK,
        )
        .order_by(R.request_no)
    ).all()  # fmt: skip


def possible_readers() -> list[Account]:
    """Whom one may name: heads of team and auditors."""
    return [*accounts.with_role(Role.HEAD), *accounts.with_role(Role.AUDITOR)]


def readers(batch: UnannouncedBatch) -> Sequence[str]:
    """Who is named, by name."""
    return db.session.scalars(
        select(BatchReader.name).where(BatchReader.batch_id == batch.id).order_by(BatchReader.name)
    ).all()


def members(batch: UnannouncedBatch) -> Sequence[RemovalRequest]:
    """Its requests, by number."""
    return db.session.scalars(
        select(R)
        .join(BatchMember, BatchMember.request_id == R.id)
        .where(BatchMember.batch_id == batch.id)
        .order_by(R.request_no)
    ).all()


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure of a month: of the batch, of the rest, and the difference with its interval."""

    month: str
    measure: str
    batch: Measure
    rest: Measure
    difference: Difference | None
    definition: str
    card_id: int
    counted: tuple[Member, ...]
    """The requests of the batch as they count in this measure, by number."""


def compared(batch: UnannouncedBatch) -> list[Compared]:
    """R1 and R2 of the batch and of the rest, by month, from what the frozen cards hold.

    Nothing while the batch is shut: not even those named learn it before the freeze.
    """
    if not is_open(batch):
        return []
    numbers = {one.request_no: one.month for one in members(batch)}
    found: list[Compared] = []
    for month in sorted({month for month in numbers.values() if month}):
        card = scorecards.latest_binding(batch.company_id, month)
        if card is None or card.inputs is None:
            continue
        found += _of_card(card, {number for number, of in numbers.items() if of == month})
    return found


def _of_card(card: Scorecard, numbers: set[str]) -> list[Compared]:
    inputs = Inputs.from_dict(card.inputs or {})

    def measures(is_in: bool) -> dict[str, Measure]:
        score = compute(
            company=inputs.company,
            month=inputs.month,
            as_of=inputs.as_of,
            method=inputs.method,
            requests=tuple(one for one in inputs.requests if (one.number in numbers) is is_in),
            police=(),
            actions=(),
        )
        return score.measures

    batch, rest = measures(True), measures(False)
    every = membership.members(
        month=inputs.month, as_of=inputs.as_of, method=inputs.method,
        requests=tuple(one for one in inputs.requests if one.number in numbers),
        police=(), actions=(),
    )  # fmt: skip
    return [
        Compared(
            card.month, id, batch[id], rest[id], of_measures(batch[id], rest[id]),
            definition_of(id, inputs.method), card.id, tuple(sorted(every[id])),
        )
        for id in COMPARED
    ]  # fmt: skip


def hides_no_batch() -> Any:
    """Of the audit log what may be shown: the acts on a batch only to whom the batch is shown."""
    return (AuditEvent.subject != UnannouncedBatch.__tablename__) | AuditEvent.subject_id.in_(
        select(UnannouncedBatch.id)
    )
