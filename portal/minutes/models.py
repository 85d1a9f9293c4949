"""Minutes: items, outcomes, answers, acceptances."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import EVERYTHING, NOTHING, Scoped, of_company
from portal.agendas.models import AgendaItem
from portal.companies.models import Company
from portal.consultations.models import Consultation, Side, invited_to, stamp
from portal.core.audit import canonical
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.states import Moves
from portal.documents.models import opened_to
from portal.minutes.targets import Targeted


class MinutesStatus(StrEnum):
    """How far the record has come."""

    DRAFTING = "drafting"
    INTERNAL_REVIEW = "internal_review"
    WITH_COMPANY = "with_company"
    RECONCILED = "reconciled"
    ADOPTED = "adopted"
    SUPERSEDED = "superseded"


M = MinutesStatus
NEXT: dict[MinutesStatus, tuple[MinutesStatus, ...]] = {
    M.DRAFTING: (M.INTERNAL_REVIEW,),
    M.INTERNAL_REVIEW: (M.DRAFTING, M.WITH_COMPANY),
    M.WITH_COMPANY: (M.RECONCILED, M.DRAFTING),
    M.RECONCILED: (M.WITH_COMPANY, M.ADOPTED),
    M.ADOPTED: (M.SUPERSEDED,),
    M.SUPERSEDED: (),
}
SHOWN_TO_COMPANY = (M.WITH_COMPANY, M.RECONCILED, M.ADOPTED, M.SUPERSEDED)
EDITABLE = (M.DRAFTING, M.INTERNAL_REVIEW, M.WITH_COMPANY)
ANSWERABLE = (M.WITH_COMPANY, M.RECONCILED)
"""Until both sides have accepted, the company may answer instead of accepting."""


class OutcomeKind(StrEnum):
    """What an outcome is."""

    INFORMATION = "information"
    DECISION = "decision"
    ACTION_ITEM = "action_item"


class AnswerKind(StrEnum):
    """What the company says to an item."""

    AGREE = "agree"
    PROPOSE = "propose"
    DISAGREE = "disagree"


class Capacity(StrEnum):
    """In which capacity a person without a title of their own binds a side."""

    HEAD = "head of team"
    REPRESENTATIVE = "representative with capacity to bind"
    DELEGATE = "delegate with capacity to bind"


class Resolution(StrEnum):
    """What the officers did with a proposed change."""

    TAKEN_OVER = "taken_over"
    DECLINED = "declined"
    PRINTED = "printed"


def iso(at: datetime) -> str:
    """An instant as it is written in what is hashed: 2026-03-02T05:00:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Minutes(Moves, Scoped, db.Model):
    """The record of one consultation. Once adopted, its text never changes."""

    __tablename__ = "minutes"
    STEPS = NEXT
    REFUSAL = _l("Minutes that are %(now)s cannot become %(to)s.")
    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), unique=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    serial: Mapped[str] = mapped_column(String(200))
    """The serial of the consultation, kept here for readers who do not see the consultation."""
    status: Mapped[MinutesStatus] = mapped_column(
        Code(MinutesStatus), default=MinutesStatus.DRAFTING
    )
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=1)
    authoritative_language: Mapped[str] = mapped_column(String(2), default="ko")
    content_hash: Mapped[str | None] = mapped_column(String(64))
    """SHA-256 of the canonical form of the revision that both sides are asked to accept."""
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    deadline_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    adopted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    is_adopted_by_lapse: Mapped[bool] = mapped_column(default=False)
    corrections: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    """What errata changed since version 1, as it stands in what was accepted: the oldest first."""
    embargo_id: Mapped[int | None] = mapped_column(ForeignKey("embargo.id"), index=True)

    consultation: Mapped[Consultation] = relationship()
    company: Mapped[Company] = relationship()
    items: Mapped[list[MinutesItem]] = relationship(
        back_populates="minutes", order_by="MinutesItem.position"
    )
    acceptances: Mapped[list[Acceptance]] = relationship(order_by="Acceptance.id")

    @property
    def told_version(self) -> str:
        """How they stand, for letters: the version (V) and its revision (R)."""
        return f"V{self.version} R{self.revision}"

    @property
    def is_editable(self) -> bool:
        """Whether the text may still be changed."""
        return self.status in EDITABLE

    @property
    def is_answerable(self) -> bool:
        """Whether the company may still answer items."""
        return self.status in ANSWERABLE

    @property
    def is_binding(self) -> bool:
        """Whether both sides have accepted the text; from then on it never changes."""
        return self.status in (MinutesStatus.ADOPTED, MinutesStatus.SUPERSEDED)

    def unanswered(self) -> list[MinutesItem]:
        """The items to which the company has said nothing in their present words."""
        return [item for item in self.items if item.answer_now() is None]

    def unresolved(self) -> list[ItemAnswer]:
        """The proposals that stand last on their item, neither taken over nor declined."""
        answers = [item.answers[-1] for item in self.items if item.answers]
        return [answer for answer in answers if answer.is_unresolved]

    def accepted_by(self, side: Side) -> Acceptance | None:
        """The acceptance of the present text by a side; the last, where an erratum came back."""
        for acceptance in reversed(self.acceptances):
            if acceptance.side is side and acceptance.content_hash == self.content_hash:
                return acceptance
        return None

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return opened_to(cls.embargo_id, actor, cls._of_role(actor))

    @classmethod
    def _of_role(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.is_company:
            return and_(cls.company_id == actor.organisation_id, cls.status.in_(SHOWN_TO_COMPANY))
        if actor.role in (Role.AGENCY, Role.POLICE):
            return and_(
                cls.consultation_id.in_(invited_to(actor)),
                cls.status.in_((MinutesStatus.ADOPTED, MinutesStatus.SUPERSEDED)),
            )
        if actor.role is Role.COMMISSIONER:
            return cls.status.in_((MinutesStatus.ADOPTED, MinutesStatus.SUPERSEDED))
        return of_company(cls.company_id, actor)


def of_minutes(minutes_id: ColumnElement[int], actor: Actor) -> ColumnElement[bool]:
    """What belongs to minutes is seen by whoever sees the minutes."""
    condition = Minutes.visible_to(actor)
    if condition is EVERYTHING or condition is NOTHING:
        return condition
    return minutes_id.in_(select(Minutes.id).where(condition).scalar_subquery())


class MinutesItem(Scoped, db.Model):
    """What was said on one agenda item, in both languages. `edition` counts its saves."""

    __tablename__ = "minutes_item"
    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"), index=True)
    agenda_item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id"))
    position: Mapped[int]
    title_ko: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    discussion_ko: Mapped[str] = mapped_column(Text, default="")
    discussion_en: Mapped[str] = mapped_column(Text, default="")
    stale_language: Mapped[str | None] = mapped_column(String(2))
    """The language whose text is older than the other's since the last save."""
    edition: Mapped[int] = mapped_column(default=1)
    adopted_hash: Mapped[str | None] = mapped_column(String(64))
    """The hash of the words that were adopted. An erratum mends them; what the company had
    answered to them stands."""

    minutes: Mapped[Minutes] = relationship(back_populates="items")
    agenda_item: Mapped[AgendaItem | None] = relationship()
    outcomes: Mapped[list[Outcome]] = relationship(
        back_populates="item", order_by="Outcome.id", cascade="all, delete-orphan"
    )
    answers: Mapped[list[ItemAnswer]] = relationship(
        back_populates="item", order_by="ItemAnswer.id"
    )
    writers: Mapped[list[Writer]] = relationship(order_by="Writer.since", viewonly=True)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_minutes(cls.minutes_id, actor)  # type: ignore[arg-type]

    @property
    def is_stale(self) -> bool:
        """Whether one language of the item or of an outcome is older than the other."""
        return bool(self.stale_language) or any(one.stale_language for one in self.outcomes)

    def words(self) -> dict[str, Any]:
        """Everything of the item that is agreed upon: the form that is hashed."""
        return {
            "position": self.position,
            "title_ko": self.title_ko,
            "title_en": self.title_en,
            "discussion_ko": self.discussion_ko,
            "discussion_en": self.discussion_en,
            "outcomes": [outcome.words() for outcome in self.outcomes],
        }

    def hash(self) -> str:
        """SHA-256 of the item's present words: an answer counts while it was given to these."""
        return hashlib.sha256(canonical(self.words()).encode()).hexdigest()

    def answer_now(self) -> ItemAnswer | None:
        """The company's last answer to the item in its present words."""
        if not self.answers:
            return None
        present = self.adopted_hash or self.hash()
        for answer in reversed(self.answers):
            if answer.item_hash == present:
                return answer
        return None


class Outcome(Targeted, Scoped, db.Model):
    """Something an item ended in: information, a decision, an action item with owner and date."""

    __tablename__ = "outcome"
    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("minutes_item.id"), index=True)
    kind: Mapped[OutcomeKind] = mapped_column(Code(OutcomeKind))
    text_ko: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    owner: Mapped[Side | None] = mapped_column(Code(Side))
    due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    due_zone: Mapped[str | None] = mapped_column(String(60))
    required_evidence: Mapped[str] = mapped_column(String(300), default="")
    target: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What is to be measured, as `targets.Target.words` writes it; none for most."""
    stale_language: Mapped[str | None] = mapped_column(String(2))
    """The language whose text is older than the other's since the last save."""

    item: Mapped[MinutesItem] = relationship(back_populates="outcomes")

    @property
    def stamp(self) -> str:
        """How the outcome reads, for a form to know whether somebody else changed it meanwhile."""
        return stamp(self.words())

    def words(self) -> dict[str, Any]:
        """Everything of the outcome that is agreed upon: the form that is hashed."""
        # Without a target there is no key either: what was accepted before keeps its hash.
        return ({"target": self.target} if self.target else {}) | {
            "kind": self.kind.value,
            "text_ko": self.text_ko,
            "text_en": self.text_en,
            "owner": self.owner.value if self.owner else None,
            "due_at": iso(self.due_at) if self.due_at else None,
            "due_zone": self.due_zone,
            "required_evidence": self.required_evidence,
        }

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_minutes(cls.minutes_id, actor)  # type: ignore[arg-type]


class ItemAnswer(Scoped, db.Model):
    """The company's answer to one item of one revision, and what the officers did with it."""

    __tablename__ = "item_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("minutes_item.id"), index=True)
    revision: Mapped[int]
    item_hash: Mapped[str] = mapped_column(String(64))
    kind: Mapped[AnswerKind] = mapped_column(Code(AnswerKind))
    old_text: Mapped[str] = mapped_column(Text, default="")
    new_text: Mapped[str] = mapped_column(Text, default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    answered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_by: Mapped[str] = mapped_column(String(120))
    resolution: Mapped[Resolution | None] = mapped_column(Code(Resolution))
    resolution_reason: Mapped[str] = mapped_column(Text, default="")
    resolved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    item: Mapped[MinutesItem] = relationship(back_populates="answers")

    @property
    def is_unresolved(self) -> bool:
        """Whether the officers still have to take it over or decline it."""
        return self.kind is AnswerKind.PROPOSE and self.resolution is None

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_minutes(cls.minutes_id, actor)  # type: ignore[arg-type]


class Acceptance(Scoped, db.Model):
    """One side accepts one content hash: who, for whom, in which capacity, when."""

    __tablename__ = "acceptance"
    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"), index=True)
    side: Mapped[Side] = mapped_column(Code(Side))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(120))
    organisation_ko: Mapped[str] = mapped_column(String(200))
    organisation_en: Mapped[str] = mapped_column(String(200))
    capacity: Mapped[str] = mapped_column(String(200))
    """A code, or the title under which the person may bind."""
    accepted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    content_hash: Mapped[str] = mapped_column(String(64))
    erratum_number: Mapped[int] = mapped_column(default=0, server_default="0")
    """To which erratum of the minutes it was given; 0 for the minutes as they were adopted first."""

    __table_args__ = (UniqueConstraint("minutes_id", "side", "content_hash", "erratum_number"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_minutes(cls.minutes_id, actor)  # type: ignore[arg-type]


class InternalNote(Scoped, db.Model):
    """The regulator's own note to an item: a table of its own, never near a company's page."""

    __tablename__ = "internal_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("minutes_item.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    written_by: Mapped[str] = mapped_column(String(120))

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.is_company:
            return NOTHING
        return of_company(cls.company_id, actor)


class ItemText(Scoped, db.Model):
    """How an item read in one revision that the company was shown. Rows are written, never changed.

    Only the items a revision changed have a row of it; the others read as in the one before.
    """

    __tablename__ = "minutes_item_text"
    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("minutes_item.id"), index=True)
    revision: Mapped[int]
    words: Mapped[dict[str, Any]] = mapped_column(JSON)
    item_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (Index("ix_minutes_item_text_revision", "minutes_id", "revision"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_minutes(cls.minutes_id, actor)  # type: ignore[arg-type]


class Writer(Scoped, db.Model):
    """Somebody who has an item open and is typing. The row says nothing once it is old."""

    __tablename__ = "minutes_writer"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("minutes_item.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(120))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("item_id", "account_id"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.is_company:
            return NOTHING
        return of_company(cls.company_id, actor)


class TextBlock(Scoped, db.Model):
    """A recurring phrase in both languages, put into a text by choice. It belongs to the house."""

    __tablename__ = "minutes_text_block"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    text_ko: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by: Mapped[str] = mapped_column(String(120))

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return NOTHING if actor.is_company or actor.role is None else EVERYTHING

    @property
    def stamp(self) -> str:
        """How the phrase reads, for a form to know whether somebody changed it meanwhile."""
        return stamp(self.name, self.text_ko, self.text_en)
