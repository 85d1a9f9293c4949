"""Agenda items, published versions, private preparation."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    and_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import Scoped, of_company
from portal.consultations.models import Consultation, Side, invited_to, stamp
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.states import Moves


class ItemKind(StrEnum):
    """What an agenda item is for."""

    INFORMATION = "information"
    DISCUSSION = "discussion"
    DECISION = "decision"
    ACTION_REVIEW = "action_review"
    CONFIRM_MINUTES = "confirm_minutes"
    NEXT_DATE = "next_date"


STANDING = (ItemKind.CONFIRM_MINUTES, ItemKind.ACTION_REVIEW, ItemKind.NEXT_DATE)
"""They come by themselves at every consultation, so that none of them is carried over."""


class ItemStatus(StrEnum):
    """What the other side said to a proposal."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DEFERRED = "deferred"


NEXT = {
    ItemStatus.PROPOSED: (ItemStatus.ACCEPTED, ItemStatus.DECLINED, ItemStatus.DEFERRED),
    ItemStatus.ACCEPTED: (),
    ItemStatus.DECLINED: (),
    ItemStatus.DEFERRED: (),
}


class Disposition(StrEnum):
    """What became of an item in the room."""

    OPEN = "open"
    DONE = "done"
    CARRIED = "carried"
    NOT_REACHED = "not_reached"
    WITHDRAWN = "withdrawn"


class AgendaItem(Moves, Scoped, db.Model):
    """One item of a consultation, proposed by one side and accepted by the other."""

    __tablename__ = "agenda_item"
    STEPS = NEXT
    REFUSAL = _l("An agenda item that is %(now)s cannot become %(to)s.")
    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), index=True)
    position: Mapped[int]
    kind: Mapped[ItemKind] = mapped_column(Code(ItemKind))
    title_ko: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    presenter: Mapped[str] = mapped_column(String(120), default="")
    minutes_planned: Mapped[int] = mapped_column(default=10)
    proposed_by: Mapped[Side] = mapped_column(Code(Side))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    is_late: Mapped[bool] = mapped_column(default=False)
    status: Mapped[ItemStatus] = mapped_column(Code(ItemStatus), default=ItemStatus.PROPOSED)
    reason: Mapped[str | None] = mapped_column(String(500))
    deferred_to_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"))
    carried_from_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id"))
    times_carried: Mapped[int] = mapped_column(default=0)
    disposition: Mapped[Disposition] = mapped_column(Code(Disposition), default=Disposition.OPEN)
    begun_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when the room has been at this item; empty while it is at another."""
    seconds_used: Mapped[int] = mapped_column(default=0, server_default="0")
    """What was used before it was begun this time."""

    # The consultation's own page shows its agenda, though its room stands above this one.
    consultation: Mapped[Consultation] = relationship(
        foreign_keys=[consultation_id],
        backref=backref("agenda_items", order_by="AgendaItem.position, AgendaItem.id"),
    )
    deferred_to: Mapped[Consultation | None] = relationship(foreign_keys=[deferred_to_id])

    def used(self, *, at: datetime) -> int:
        """The seconds that the room has given the item."""
        running = (at - self.begun_at).total_seconds() if self.begun_at is not None else 0
        return self.seconds_used + max(0, int(running))

    @property
    def stamp(self) -> str:
        """Changes whenever one of the things changes that the form of an item sets."""
        return stamp(self.kind, self.title_ko, self.title_en, self.presenter,
                     self.minutes_planned)  # fmt: skip

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role in (Role.AGENCY, Role.POLICE):
            return and_(
                cls.consultation_id.in_(invited_to(actor)), cls.status == ItemStatus.ACCEPTED
            )
        return of_company(cls.company_id, actor)


class AgendaVersion(Scoped, db.Model):
    """The agenda as it was published once, with what changed since the version before."""

    __tablename__ = "agenda_version"
    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    number: Mapped[int]
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)
    published_by: Mapped[str] = mapped_column(String(120))
    items: Mapped[list[Any]] = mapped_column(JSON)
    meeting: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """When and where it was to be, so that a new time shows as a change."""
    changes: Mapped[list[Any]] = mapped_column(JSON)

    __table_args__ = (UniqueConstraint("consultation_id", "number"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role in (Role.AGENCY, Role.POLICE):
            return cls.consultation_id.in_(invited_to(actor))
        return of_company(cls.company_id, actor)


class Preparation(Scoped, db.Model):
    """Private preparation of one side for one item. The other side never sees it."""

    __tablename__ = "preparation"
    id: Mapped[int] = mapped_column(primary_key=True)
    agenda_item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)
    written_by: Mapped[str] = mapped_column(String(120))

    __table_args__ = (UniqueConstraint("agenda_item_id", "organisation_id"),)

    @property
    def stamp(self) -> str:
        """Changes whenever the text changes."""
        return stamp(self.text)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return cls.organisation_id == actor.organisation_id


class Paper(Scoped, db.Model):
    """A file that one side laid to an agenda item: for both sides, or for its own alone."""

    __tablename__ = "paper"
    id: Mapped[int] = mapped_column(primary_key=True)
    agenda_item_id: Mapped[int] = mapped_column(ForeignKey("agenda_item.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    side: Mapped[Side] = mapped_column(Code(Side))
    is_shared: Mapped[bool]
    filename: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime] = mapped_column(UTCDateTime)
    added_by: Mapped[str] = mapped_column(String(120))

    item: Mapped[AgendaItem] = relationship()

    __table_args__ = (UniqueConstraint("agenda_item_id", "organisation_id", "sha256"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """What is not shared is its own organisation's; guests see what lies to items they see."""
        own = cls.organisation_id == actor.organisation_id
        shared = or_(own, cls.is_shared)
        if actor.role in (Role.AGENCY, Role.POLICE):
            item = AgendaItem.__table__.alias()
            seen = select(item.c.id).where(
                item.c.consultation_id.in_(invited_to(actor)),
                item.c.status == ItemStatus.ACCEPTED.value,
            )
            return and_(cls.agenda_item_id.in_(seen.scalar_subquery()), shared)
        return and_(of_company(cls.company_id, actor), shared)
