"""A company's own count of a month, its lines, and where it differs from ours."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor
from portal.access.scope import Scoped, of_company
from portal.companies.models import Company
from portal.core.db import Code, UTCDateTime, db
from portal.removal_requests.models import CorrectedTime, Outcome

TOLERANCE = timedelta(seconds=60)
"""Times that lie this far apart or less agree: many systems write minutes."""


class FiledBy(StrEnum):
    """By which way a count came."""

    PAGE = "filed_by_page"
    FILE = "filed_by_file"
    API = "filed_by_api"


class DifferenceKind(StrEnum):
    """In what the two counts differ, in the order in which they are listed."""

    TOTAL = "other_total"
    ONLY_THEIRS = "only_theirs"
    ONLY_OURS = "only_ours"
    OUTCOME = "other_outcome"
    DELIVERED = "other_delivered_at"
    ANSWERED = "other_answered_at"
    REMOVED = "other_removed_at"


TIMES = {
    DifferenceKind.DELIVERED: CorrectedTime.DELIVERED,
    DifferenceKind.ANSWERED: CorrectedTime.ANSWERED,
    DifferenceKind.REMOVED: CorrectedTime.REMOVED,
}
"""Which time of a request such a difference is about."""


class Right(StrEnum):
    """Who was right, as an officer decided it."""

    COMPANY = "company_was_right"
    REGULATOR = "regulator_was_right"
    UNCLEAR = "neither_or_unclear"


class Correction(StrEnum):
    """How our record follows a decision for the company."""

    ENTERED = "correction_entered"
    BY_HAND = "correction_by_hand"


class CompanyCount(Scoped, db.Model):
    """One version of what a company counted for a month. A later version takes its place."""

    __tablename__ = "company_count"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    month: Mapped[str] = mapped_column(String(7))
    version: Mapped[int]
    filed_by_way: Mapped[FiledBy] = mapped_column(Code(FiledBy))
    filed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    filed_by: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(Text, default="")
    totals: Mapped[dict[str, int]] = mapped_column(JSON)
    """By code (`queries.TOTALS`) what the company counted; of a list, what its lines add up to."""
    is_listed: Mapped[bool]
    """Whether it names each request; else it has totals only."""
    compared_at: Mapped[datetime] = mapped_column(UTCDateTime)

    company: Mapped[Company] = relationship()

    __table_args__ = (UniqueConstraint("company_id", "month", "version"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """The company's own, and the regulator's of its desk."""
        return of_company(cls.company_id, actor)


class CountLine(Scoped, db.Model):
    """What a company says of one request. No outcome: it did not answer."""

    __tablename__ = "company_count_line"
    count_id: Mapped[int] = mapped_column(ForeignKey("company_count.id"), primary_key=True)
    request_no: Mapped[str] = mapped_column(String(60), primary_key=True)
    outcome: Mapped[Outcome | None] = mapped_column(Code(Outcome))
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Whoever sees the count."""
        return cls.count_id.in_(select(CompanyCount.id).where(CompanyCount.visible_to(actor)))


class CountDifference(Scoped, db.Model):
    """One thing in which a count and ours differ, and who was right about it."""

    __tablename__ = "company_count_difference"
    id: Mapped[int] = mapped_column(primary_key=True)
    count_id: Mapped[int] = mapped_column(ForeignKey("company_count.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    kind: Mapped[DifferenceKind] = mapped_column(Code(DifferenceKind))
    about: Mapped[str] = mapped_column(String(60))
    """The number of the request; of a total, its code."""
    request_id: Mapped[int | None] = mapped_column(ForeignKey("removal_request.id"))
    """Our request of this number, in whatever month; none where the company may see none."""
    their_outcome: Mapped[Outcome | None] = mapped_column(Code(Outcome))
    our_outcome: Mapped[Outcome | None] = mapped_column(Code(Outcome))
    their_time: Mapped[datetime | None] = mapped_column(UTCDateTime)
    our_time: Mapped[datetime | None] = mapped_column(UTCDateTime)
    their_number: Mapped[int | None]
    our_number: Mapped[int | None]
    right: Mapped[Right | None] = mapped_column(Code(Right))
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    correction: Mapped[Correction | None] = mapped_column(Code(Correction))

    count: Mapped[CompanyCount] = relationship()

    __table_args__ = (
        UniqueConstraint("count_id", "kind", "about"),
        Index("ix_company_count_difference_request_id", "request_id"),
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Whoever sees the count: a company reads every decision about its own."""
        return of_company(cls.company_id, actor)


class ClosedMonth(Scoped, db.Model):
    """A month of a company whose card was frozen: no count is filed for it any more."""

    __tablename__ = "company_count_closed"
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    closed_at: Mapped[datetime] = mapped_column(UTCDateTime)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """The company's own, and the regulator's of its desk."""
        return of_company(cls.company_id, actor)
