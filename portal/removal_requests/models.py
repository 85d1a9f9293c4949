"""Removal requests and the words for what becomes of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor
from portal.access.scope import Scoped, of_company
from portal.companies.models import Company, Platform
from portal.core.db import Code, UTCDateTime, db
from portal.hotline.models import Intake


class MeasureType(StrEnum):
    """What was asked for. A block is not a removal."""

    REMOVAL = "removal"
    BLOCK = "block"
    ACCOUNT = "account"


class LegalGround(StrEnum):
    """On what ground: a statutory correction request or a voluntary one to a foreign platform."""

    CORRECTION_REQUEST = "correction_request"
    VOLUNTARY_REQUEST = "voluntary_request"


class Surface(StrEnum):
    """Where the content stands."""

    PUBLIC_POST = "public_post"
    INVITE_ONLY_CHANNEL = "invite_only_channel"
    SEARCH_RESULT = "search_result"
    ACCOUNT = "account"


class Outcome(StrEnum):
    """What the company decided."""

    REMOVED = "removed"
    RESTRICTED = "restricted"
    ACCOUNT_ACTION = "account_action"
    PARTIAL = "partial"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    DUPLICATE = "duplicate"
    NEEDS_INFORMATION = "needs_information"


class Verification(StrEnum):
    """What someone other than the claimant saw."""

    GONE = "gone"
    STILL_UP = "still_up"
    UNREACHABLE = "unreachable"


class Recheck(StrEnum):
    """What the recheck at seven days saw."""

    GONE = "gone"
    REAPPEARED = "reappeared"
    UNREACHABLE = "unreachable"


class Exclusion(StrEnum):
    """Why a request is not in the cohort of a scorecard."""

    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"
    MALFORMED = "malformed"
    ALREADY_GONE = "already_gone"


class RequestStatus(StrEnum):
    """How far a request has come; derived from its times, never stored."""

    DRAFT = "draft"
    ISSUED = "issued"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    DECIDED = "decided"
    VERIFIED = "verified"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class RemovalRequest(Scoped, db.Model):
    """One reference on one platform and what became of it. The content itself is never stored."""

    __tablename__ = "removal_request"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_no: Mapped[str] = mapped_column(String(60))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    intake_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"))
    month: Mapped[str | None] = mapped_column(String(7))
    """Month of clock zero in Korean time; the cohort of the scorecard."""
    category: Mapped[str] = mapped_column(String(60))
    legal_ground: Mapped[LegalGround] = mapped_column(Code(LegalGround))
    surface: Mapped[Surface] = mapped_column(Code(Surface))
    measure_type: Mapped[MeasureType] = mapped_column(Code(MeasureType))
    reference_encrypted: Mapped[str] = mapped_column(Text)
    reference_digest: Mapped[str] = mapped_column(String(64), index=True)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[Outcome | None] = mapped_column(Code(Outcome))
    refusal_reason: Mapped[str | None] = mapped_column(String(500))
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    verified_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    verification: Mapped[Verification | None] = mapped_column(Code(Verification))
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    rechecked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recheck: Mapped[Recheck | None] = mapped_column(Code(Recheck))
    exclusion: Mapped[Exclusion | None] = mapped_column(Code(Exclusion))
    exclusion_proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    excluded_by: Mapped[str | None] = mapped_column(String(200))
    """The second person who agreed; empty while the exclusion is only proposed."""
    is_synthetic: Mapped[bool] = mapped_column(default=False)

    company: Mapped[Company] = relationship()
    platform: Mapped[Platform] = relationship()
    intake: Mapped[Intake | None] = relationship()

    __table_args__ = (
        UniqueConstraint("company_id", "request_no"),
        Index("ix_removal_request_company_month", "company_id", "month"),
        Index("ix_removal_request_recent", "delivered_at", "id"),
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """A company sees what was issued to it; drafts, and blocks by Korean providers, not."""
        own = of_company(cls.company_id, actor)
        if actor.is_company:
            return and_(own, cls.issued_at.is_not(None), cls.measure_type != MeasureType.BLOCK)
        return own

    @property
    def status(self) -> RequestStatus:
        """How far the request has come."""
        if self.exclusion is Exclusion.WITHDRAWN and self.excluded_by:
            return RequestStatus.WITHDRAWN
        if self.rechecked_at:
            return RequestStatus.CLOSED
        if self.verified_at:
            return RequestStatus.VERIFIED
        if self.decided_at:
            return RequestStatus.DECIDED
        if self.acknowledged_at:
            return RequestStatus.ACKNOWLEDGED
        if self.delivered_at:
            return RequestStatus.DELIVERED
        return RequestStatus.ISSUED if self.issued_at else RequestStatus.DRAFT
