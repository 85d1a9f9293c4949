"""Removal requests and the words for what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor
from portal.access.scope import NOTHING, Scoped, of_company
from portal.companies.models import Company, Platform
from portal.core.db import Code, UTCDateTime, db
from portal.hotline.models import Intake

LONGEST_REASON = 500
ANSWER_WITHIN = timedelta(hours=24)
"""The commission's own target for a substantive answer; what is older is overdue."""
RECHECK_AFTER = timedelta(days=7)


class Category(StrEnum):
    """What the content is. An import may bring categories of other years; these are offered."""

    SEXUAL_DEEPFAKE = "sexual_deepfake"
    NON_CONSENSUAL_IMAGE = "non_consensual_image"
    CHILD_SEXUAL_MATERIAL = "child_sexual_material"
    DRUGS = "drugs"
    PROSTITUTION = "prostitution"
    GAMBLING = "gambling"


class DeliveryChannel(StrEnum):
    """By which way a request reached the company."""

    PORTAL = "portal"
    EMAIL = "email"
    COMPANY_FORM = "company_form"
    LETTER = "letter"


class RevealPurpose(StrEnum):
    """Why somebody opens a reference; kept in the audit log."""

    ANSWER = "to_answer"
    CHECK = "to_check"
    DELIVER = "to_deliver"
    COMPLAINT = "for_a_complaint"


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


class Step(StrEnum):
    """What happened to a request: the kinds of its events, in the order they usually come."""

    RECORDED = "recorded"
    ISSUED = "issued"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    DECIDED = "decided"
    VERIFIED = "verified"
    RECHECKED = "rechecked"
    EXTENDED = "extended"
    CORRECTED = "corrected"
    DISPUTED = "disputed"
    DISPUTE_DECIDED = "dispute_decided"
    REAPPEARED = "reappeared"
    EXCLUSION_PROPOSED = "exclusion_proposed"
    EXCLUDED = "excluded"
    EXCLUSION_DROPPED = "exclusion_dropped"


INTERNAL = (Step.RECORDED, Step.EXCLUSION_PROPOSED, Step.EXCLUSION_DROPPED)
"""What only the regulator's side is shown: when a draft was made is its own affair, and a proposal
that nobody has agreed to is none yet."""


class Dispute(StrEnum):
    """Whether the company disputes a request, and what became of it."""

    OPEN = "dispute_open"
    UPHELD = "dispute_upheld"
    REJECTED = "dispute_rejected"


class CorrectedTime(StrEnum):
    """A time that may have been entered wrongly."""

    DELIVERED = "delivered_at"
    ANSWERED = "answered_at"
    REMOVED = "removed_at"


WAITS = "outcome IS NULL OR outcome = 'needs_information'"
"""No substantive answer, as SQL: partial indexes are found by the very same words."""


def _of_few(name: str, where: str, *columns: str) -> Index:
    """An index over the few rows of which something is true."""
    return Index(
        f"ix_removal_request_{name}", *columns,
        sqlite_where=text(where), postgresql_where=text(where),
    )  # fmt: skip


UNVERIFIED = (
    "verified_at IS NULL AND coalesce(outcome, '') IN ('removed', 'account_action', 'partial')"
)
"""A claim of removal that nobody has looked at yet; `coalesce`, so that no index of all outcomes is
taken for it. Refusals are never verified and stand in no
index of what waits: with time they would be nearly all of it."""


COUNTED_BY = ("exclusion", "excluded_by", "company_id", "measure_type")
"""What tells whether a request is counted, and for whom."""


def _partly(name: str, where: str, *columns: str, sqlite: str = "") -> Iterator[Index]:
    """Indexes over the few rows that wait for something: of one company, and of all."""
    for extra, first in (("", ()), ("_company", ("company_id",))):
        others = (column for column in columns if column not in first)
        yield Index(
            f"ix_removal_request_{name}{extra}", *first, *others,
            sqlite_where=text(sqlite or where), postgresql_where=text(where),
        )  # fmt: skip


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
    place_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    """Keyed hash of the reference in its one form (`references.normalised`): finds the same place
    again however its address was copied. Empty where the reference was left out."""
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    delivered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    delivery_channel: Mapped[DeliveryChannel | None] = mapped_column(Code(DeliveryChannel))
    delivery_proof: Mapped[str | None] = mapped_column(String(200))
    acknowledged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The first substantive answer given here: later ones change the outcome, never this time.
    Empty where there is none, and in an import, whose only answer is of `decided_at`."""
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The answer that stands."""
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    """Who entered the decision: the company, or an officer in its name. That person never verifies."""
    outcome: Mapped[Outcome | None] = mapped_column(Code(Outcome))
    refusal_reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
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
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("removal_request.id"))
    """The spell before this one, when removed content appeared again."""
    excluded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    extended_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Until when the regulator granted a later answer. The 24 hours of R1 are not moved by it."""
    dispute: Mapped[Dispute | None] = mapped_column(Code(Dispute))
    disputed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the company first disputed the request."""
    is_drawn: Mapped[bool | None]
    """Whether the recheck's sample has it; None while no draw has considered it."""
    drawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The instant of the draw that considered it (`RecheckDraw.at`)."""
    reappeared_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When somebody saw it again outside of the sample."""
    last_event_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When its last event was entered. Empty where events do not tell everything: what an import
    brought has none until it changes."""
    overdue_noted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the log said that the request became overdue; once, whatever happens after."""
    is_synthetic: Mapped[bool] = mapped_column(default=False)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the reference and its hashes were erased; the rest of the row stays."""

    company: Mapped[Company] = relationship()
    platform: Mapped[Platform] = relationship()
    intake: Mapped[Intake | None] = relationship()

    __table_args__ = (
        UniqueConstraint("company_id", "request_no"),
        Index("ix_removal_request_request_no", "request_no"),
        # All that the figures and the cards count, in the order in which they part it: the table is not read.
        Index(
            "ix_removal_request_figures",
            "company_id", "month", "measure_type", "legal_ground", "surface", "platform_id",
            "delivered_at", "answered_at", "decided_at", "outcome", "removed_at", "verified_at",
            "verification", "recheck", "reappeared_at", "exclusion", "excluded_by", "issued_at",
            "recorded_at", "intake_id", "rechecked_at", "disputed_at", "last_event_at",
        ),
        Index("ix_removal_request_delivered", "delivered_at", "id"),
        _of_few("again", "previous_id IS NOT NULL", "company_id", "month", "previous_id"),
        _of_few("previous", "previous_id IS NOT NULL", "previous_id"),
        _of_few("left_out", "exclusion IS NOT NULL", "company_id", "month", "exclusion"),
        # Each order in which a list is paged through, for one company and for all.
        # By what else a company's list is narrowed and counted stands in it too.
        Index(
            "ix_removal_request_company_id",
            "company_id", "id", "outcome", "legal_ground", "surface", "measure_type", "category",
            "platform_id", "month",
        ),
        Index("ix_removal_request_company_outcome", "company_id", "outcome", "id"),
        Index("ix_removal_request_company_delivered", "company_id", "delivered_at", "id"),
        # A month as it stood before a request was delivered: until then its issue counted. And what
        # was recorded and not out yet. Neither reads the table.
        Index(
            "ix_removal_request_company_issued",
            "company_id", "issued_at", "month", "recorded_at", "delivered_at",
        ),
        _of_few("intake", "intake_id IS NOT NULL", "intake_id"),
        Index("ix_removal_request_platform_id", "platform_id", "id"),
        Index("ix_removal_request_outcome_id", "outcome", "id"),
        Index("ix_removal_request_category_id", "category", "id"),
        Index("ix_removal_request_month_id", "month", "id"),
        # What waits is counted on every page of the list: what the count asks stands in the index too.
        *_partly(
            "waiting", WAITS,
            "delivered_at", "id", "outcome", "issued_at", *COUNTED_BY,
        ),
        *_partly(
            "unverified", UNVERIFIED,
            "id", "verified_at", "outcome", "issued_at", "delivered_at", *COUNTED_BY,
        ),
        *_partly("seen_up", "verification = 'still_up'", "id"),
        *_partly("disputed", "dispute = 'dispute_open'", "id"),
        *_partly("excluded", "exclusion IS NOT NULL", "id"),
        *_partly(
            "to_recheck",
            "is_drawn AND rechecked_at IS NULL",
            "id",
            sqlite="is_drawn = 1 AND rechecked_at IS NULL",
        ),
        Index(
            "ix_removal_request_undrawn",
            "company_id",
            "removed_at",
            sqlite_where=text("is_drawn IS NULL AND verification = 'gone'"),
            postgresql_where=text("is_drawn IS NULL AND verification = 'gone'"),
        ),
    )  # fmt: skip

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """A company sees what was issued to it; drafts, and blocks by Korean providers, not."""
        own = of_company(cls.company_id, actor)
        if actor.is_company:
            is_out = or_(cls.issued_at.is_not(None), cls.delivered_at.is_not(None))
            return and_(own, is_out, cls.measure_type != MeasureType.BLOCK)
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

    @property
    def clock_zero(self) -> datetime | None:
        """From when the company's time counts: delivery, else issue."""
        return self.delivered_at or self.issued_at

    @property
    def latest_at(self) -> datetime:
        """The last time at which something was entered. Nothing is entered before that, even by a
        clock that was put back."""
        if self.last_event_at is not None:
            return self.last_event_at
        times = (
            self.recorded_at, self.issued_at, self.delivered_at, self.acknowledged_at,
            self.decided_at, self.verified_at, self.rechecked_at,
        )  # fmt: skip
        return max(at for at in times if at is not None)

    @property
    def recheck_at(self) -> datetime | None:
        """From when a removal that was seen is looked at again; None while none was seen."""
        if self.verification is not Verification.GONE:
            return None
        since = self.removed_at or self.verified_at
        return since + RECHECK_AFTER if since else None

    @property
    def due_at(self) -> datetime | None:
        """Until when a substantive answer is in time; None while nothing was delivered."""
        return self.delivered_at + ANSWER_WITHIN if self.delivered_at else None

    @property
    def is_answered(self) -> bool:
        """Whether there is a substantive answer. A question back is none."""
        return self.outcome is not None and self.outcome is not Outcome.NEEDS_INFORMATION

    @property
    def is_excluded(self) -> bool:
        """Whether two persons have taken the request out of the cohort."""
        return self.exclusion is not None and self.excluded_by is not None

    def is_overdue(self, at: datetime) -> bool:
        """Whether the answer is late by now. Computed, never stored."""
        return self.due_at is not None and not self.is_answered and self.due_at < at

    def history(self, events: Sequence[RemovalRequestEvent]) -> list[Moment]:
        """What happened, in order. What an import brought has no event: its times tell of it."""
        moments = [
            Moment(_shown_at(event), event.step, event.outcome, event.verification, event.recheck,
                   event.reason, event.removed_at, event.dispute, event.corrected,
                   event.time_from, event.time_to, event.exclusion)
            for event in events
        ]  # fmt: skip
        if self.last_event_at is None:
            told = {event.step for event in events}
            moments += [one for one in self.stored_moments() if one.step not in told]
        order = list(Step)
        return sorted(
            (one for one in moments if one.at is not None),
            key=lambda one: (one.at, order.index(one.step)),
        )

    def stored_moments(self) -> list[Moment]:
        """What the columns tell by themselves, each with its time, in the order of the steps."""
        stored = (
            Moment(self.recorded_at, Step.RECORDED),
            Moment(self.issued_at, Step.ISSUED),
            Moment(self.delivered_at, Step.DELIVERED),
            Moment(self.acknowledged_at, Step.ACKNOWLEDGED),
            Moment(self.decided_at, Step.DECIDED, outcome=self.outcome,
                   reason=self.refusal_reason, removed_at=self.removed_at),
            Moment(self.verified_at, Step.VERIFIED, verification=self.verification),
            Moment(self.rechecked_at, Step.RECHECKED, recheck=self.recheck),
        )  # fmt: skip
        return [one for one in stored if one.at is not None]


def _shown_at(event: RemovalRequestEvent) -> datetime:
    """A delivery stands at its own time; what was entered about a time stands where it was."""
    return event.happened_at or event.at


class Moment(NamedTuple):
    """A line of a request's history."""

    at: datetime | None
    step: Step
    outcome: Outcome | None = None
    verification: Verification | None = None
    recheck: Recheck | None = None
    reason: str | None = None
    removed_at: datetime | None = None
    dispute: Dispute | None = None
    corrected: CorrectedTime | None = None
    time_from: datetime | None = None
    time_to: datetime | None = None
    exclusion: Exclusion | None = None

    def words(self) -> dict[str, Any]:
        """What was said with it, beside the step and its time, by name."""
        if self[2:] == NOTHING_SAID:
            return {}
        return {
            name: value
            for name, value in zip(self._fields[2:], self[2:], strict=True)
            if value is not None
        }


NOTHING_SAID = Moment(None, Step.RECORDED)[2:]


class RemovalRequestEvent(Scoped, db.Model):
    """One thing that happened to a request. Rows are added and never changed, which triggers see
    to: an answer that was replaced, or a removal that was found still up, stays readable here."""

    __tablename__ = "removal_request_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("removal_request.id"), index=True)
    step: Mapped[Step] = mapped_column(Code(Step))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When it was entered."""
    happened_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it happened, where that is another time than `at`."""
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    outcome: Mapped[Outcome | None] = mapped_column(Code(Outcome))
    verification: Mapped[Verification | None] = mapped_column(Code(Verification))
    recheck: Mapped[Recheck | None] = mapped_column(Code(Recheck))
    reason: Mapped[str | None] = mapped_column(String(LONGEST_REASON))
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    exclusion: Mapped[Exclusion | None] = mapped_column(Code(Exclusion))
    dispute: Mapped[Dispute | None] = mapped_column(Code(Dispute))
    corrected: Mapped[CorrectedTime | None] = mapped_column(Code(CorrectedTime))
    time_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    time_to: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The end of an extension, or what a corrected time is from now on."""

    __table_args__ = (
        Index(
            "ix_removal_request_event_moved", "at",
            sqlite_where=text("corrected = 'delivered_at'"),
            postgresql_where=text("corrected = 'delivered_at'"),
        ),
    )  # fmt: skip

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Whoever sees the request sees what happened to it; a company not what was only proposed."""
        seen = cls.request_id.in_(select(RemovalRequest.id).where(RemovalRequest.visible_to(actor)))
        if actor.is_company:
            return and_(seen, cls.step.not_in(INTERNAL))
        return seen


class RecheckDraw(Scoped, db.Model):
    """One draw of the removals of a company that are looked at again after seven days.

    The seed and the hash of the numbers it was drawn from are kept, so that anybody who holds the
    numbers can draw again (`sampling.drawn`) and finds the same ones. A draw never changes.
    """

    __tablename__ = "recheck_draw"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    seed: Mapped[str] = mapped_column(String(64))
    candidates: Mapped[int]
    drawn: Mapped[int]
    numbers_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the sorted numbers, one on each line."""

    company: Mapped[Company] = relationship()

    __table_args__ = (UniqueConstraint("company_id", "at"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """The regulator's own: a company that knew which are looked at could mind those alone."""
        return NOTHING if actor.is_company else of_company(cls.company_id, actor)


class SavedView(Scoped, db.Model):
    """A filter of the list that a person keeps under a name. Nobody else sees it."""

    __tablename__ = "saved_view"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000))

    __table_args__ = (UniqueConstraint("account_id", "name"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Its owner's own."""
        return cls.account_id == actor.account_id
