"""A batch of requests that nobody but named people knows to be a test."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, String, Text, and_, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column, relationship

from portal.access.actor import Actor
from portal.access.scope import NOTHING, Scoped, of_company
from portal.companies.models import Company
from portal.core.db import UTCDateTime, db
from portal.removal_requests.models import RemovalRequest
from portal.scorecards.models import Scorecard, ScorecardStatus


class UnannouncedBatch(Scoped, db.Model):
    """Drafts of one company, marked before their issue. Nothing of it stands at the requests."""

    __tablename__ = "unannounced_batch"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    purpose: Mapped[str] = mapped_column(Text)
    marked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    marked_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    marked_by: Mapped[str] = mapped_column(String(120))
    seed: Mapped[str] = mapped_column(String(64), default="")
    """Of a drawn batch; empty where it was chosen by hand."""
    candidates: Mapped[int]
    numbers_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the sorted numbers it was taken from, one on each line."""

    company: Mapped[Company] = relationship()

    @classmethod
    def is_open(cls) -> ColumnElement[bool]:
        """Whether every request of it lies in a month whose card is frozen.

        A draft that was never issued keeps it shut, unless two persons have withdrawn it. Written
        with tables, so that the wall of who asks does not change what is true.
        """
        member, request = BatchMember.__table__.c, RemovalRequest.__table__.c
        card, of_card = Scorecard.__table__, Scorecard.__table__.c
        is_frozen = (
            select(of_card.id)
            .select_from(card)
            .where(
                of_card.company_id == request.company_id,
                of_card.month == request.month,
                of_card.status.in_((ScorecardStatus.FROZEN, ScorecardStatus.PUBLISHED)),
            )
            .exists()
        )
        is_gone = and_(request.month.is_(None), request.excluded_by.is_not(None))
        unsettled = (
            select(member.request_id)
            .select_from(
                BatchMember.__table__.join(
                    RemovalRequest.__table__, request.id == member.request_id
                )
            )
            .where(member.batch_id == cls.id, not_(or_(is_frozen, is_gone)))
            .exists()
        )
        return not_(unsettled)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Those named, and once it is open the regulator's people of its desk; a company never."""
        if actor.is_company or actor.account_id is None:
            return NOTHING
        reader = BatchReader.__table__.c
        named = cls.id.in_(select(reader.batch_id).where(reader.account_id == actor.account_id))
        return and_(of_company(cls.company_id, actor), or_(named, cls.is_open()))


class BatchReader(Scoped, db.Model):
    """Somebody who is named: the one who marked it, heads of team and auditors."""

    __tablename__ = "unannounced_batch_reader"
    batch_id: Mapped[int] = mapped_column(ForeignKey("unannounced_batch.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the letter was written that it has opened."""
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When they first looked at it open."""

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Whoever sees the batch."""
        return _of_batches(cls.batch_id, actor)


class BatchMember(Scoped, db.Model):
    """One request of a batch. It may be in several: a draft that could not be chosen again would
    tell whoever chooses next that it is marked."""

    __tablename__ = "unannounced_batch_member"
    batch_id: Mapped[int] = mapped_column(ForeignKey("unannounced_batch.id"), primary_key=True)
    request_id: Mapped[int] = mapped_column(
        ForeignKey("removal_request.id"), primary_key=True, index=True
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Whoever sees the batch."""
        return _of_batches(cls.batch_id, actor)


def _of_batches(batch_id: InstrumentedAttribute[int], actor: Actor) -> ColumnElement[bool]:
    return batch_id.in_(select(UnannouncedBatch.id).where(UnannouncedBatch.visible_to(actor)))
