"""Action items."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor
from portal.access.scope import Scoped, of_company
from portal.accounts.models import Account
from portal.companies.models import Company
from portal.consultations.models import Consultation, Side
from portal.core.clock import local_date
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.states import Moves
from portal.minutes.targets import Targeted


class ActionStatus(StrEnum):
    """How far a promise has come. Late is derived, never stored."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    IN_PROGRESS = "in_progress"
    REPORTED_DONE = "reported_done"
    VERIFIED = "verified"
    RETURNED = "returned"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


A = ActionStatus
NEXT: dict[ActionStatus, tuple[ActionStatus, ...]] = {
    A.PROPOSED: (A.AGREED, A.WITHDRAWN),
    A.AGREED: (A.IN_PROGRESS, A.REPORTED_DONE, A.SUPERSEDED, A.WITHDRAWN),
    A.IN_PROGRESS: (A.REPORTED_DONE, A.SUPERSEDED, A.WITHDRAWN),
    A.REPORTED_DONE: (A.VERIFIED, A.RETURNED),
    A.RETURNED: (A.REPORTED_DONE, A.SUPERSEDED, A.WITHDRAWN),
    A.VERIFIED: (),
    A.SUPERSEDED: (),
    A.WITHDRAWN: (),
}
OPEN = (A.AGREED, A.IN_PROGRESS, A.REPORTED_DONE, A.RETURNED)
COUNTED = (*OPEN, A.VERIFIED)
OWED = (A.AGREED, A.IN_PROGRESS, A.RETURNED)
"""Where the next step is the owner's."""
CLOSED = (A.VERIFIED, A.SUPERSEDED, A.WITHDRAWN)
WEIGHTS = (1, 2, 3, 4, 5)


class Rhythm(StrEnum):
    """How often the owner reports on the way: at the end of each month or quarter, or never."""

    NONE = "none"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class Clocked:
    """The clock of a promise: how late it is, or was. Nothing of it is ever stored."""

    if TYPE_CHECKING:
        status: Any
        due_at: Any
        due_zone: Any
        reported_at: Any
        done_at: Any

    def _until(self, at: datetime) -> datetime:
        if self.status is ActionStatus.REPORTED_DONE and self.reported_at is not None:
            return self.reported_at
        return self.done_at or at

    def lateness(self, *, at: datetime) -> timedelta:
        """How late it is at an instant, or was when it was done: zero or more. Never stored.

        The clock runs while an item is returned; it stands still while a report is examined.
        """
        return max(self._until(at) - self.due_at, timedelta(0))

    def is_late(self, *, at: datetime) -> bool:
        """Whether it is, or was, late. What was never agreed or was given up is not."""
        return self.status in COUNTED and self._until(at) > self.due_at

    def minutes_late(self, *, at: datetime) -> int:
        """How late it is or was in whole minutes: the clock of the due zone, to the minute."""
        return self.lateness(at=at) // timedelta(minutes=1)

    def days_late(self, *, at: datetime) -> int:
        """Calendar days after the due day, as its owner's calendar counts them."""
        return max(0, -self.days_left(at=self._until(at)))

    def days_left(self, *, at: datetime) -> int:
        """Calendar days to the due day where it is due; negative once it has passed."""
        zone = ZoneInfo(self.due_zone)
        return (local_date(self.due_at, zone) - local_date(at, zone)).days


class ActionItem(Clocked, Targeted, Moves, Scoped, db.Model):
    """Something one side owes by an instant, in the words in which it was agreed."""

    __tablename__ = "action_item"
    STEPS = NEXT
    REFUSAL = _l("An action item that is %(now)s cannot become %(to)s.")
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    number: Mapped[str] = mapped_column(String(60), unique=True)
    text_ko: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    owner: Mapped[Side] = mapped_column(Code(Side))
    owner_organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """The date that holds: the last of `due_dates`, kept here too so that lists can sort by it."""
    first_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """The due instant as it was first agreed, where an extension moved it."""
    due_zone: Mapped[str] = mapped_column(String(60))
    required_evidence: Mapped[str] = mapped_column(String(300), default="")
    target: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What is to be measured, as `minutes.targets.Target.words` writes it; none for most."""
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), index=True)
    minutes_item_id: Mapped[int | None] = mapped_column(ForeignKey("minutes_item.id"))
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcome.id"), unique=True)
    weight: Mapped[int] = mapped_column(default=1, server_default="1")
    """How much it matters, from 1 to 5."""
    rhythm: Mapped[Rhythm] = mapped_column(
        Code(Rhythm), default=Rhythm.NONE, server_default=Rhythm.NONE.value
    )
    rhythm_from: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Since when the rhythm holds: the periods that end after it are reported on."""
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("action_item.id"), index=True)
    status: Mapped[ActionStatus] = mapped_column(Code(ActionStatus))
    agreed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reported_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the last report was filed. While it waits for its verdict the clock stands still."""
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the report was filed whose evidence the other side accepted."""
    source: Mapped[str | None] = mapped_column(String(400))
    is_synthetic: Mapped[bool] = mapped_column(default=False)
    last_reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    company: Mapped[Company] = relationship()
    consultation: Mapped[Consultation | None] = relationship()
    contact: Mapped[Account | None] = relationship()
    amendments: Mapped[list[Amendment]] = relationship(
        back_populates="action_item",
        order_by="Amendment.id",
        foreign_keys="Amendment.action_item_id",
    )
    due_dates: Mapped[list[DueDate]] = relationship(
        back_populates="action_item", order_by="DueDate.id"
    )
    assignments: Mapped[list[Assignment]] = relationship(
        back_populates="action_item", order_by="Assignment.id"
    )
    progress_reports: Mapped[list[ProgressReport]] = relationship(
        back_populates="action_item", order_by="ProgressReport.due_at"
    )
    superseded_by: Mapped[ActionItem | None] = relationship(
        remote_side=[id], back_populates="supersedes"
    )
    supersedes: Mapped[list[ActionItem]] = relationship(
        back_populates="superseded_by", order_by="ActionItem.id"
    )

    __table_args__ = (
        Index("ix_action_item_company_due", "company_id", "due_at"),
        Index("ix_action_item_status_due", "status", "due_at"),
        Index("ix_action_item_due", "due_at", "id"),
        # All that the register counts by, so that it counts without reading the texts.
        Index(
            "ix_action_item_register",
            "company_id",
            "status",
            "owner",
            "due_at",
            "agreed_at",
            "contact_id",
            "minutes_item_id",
        ),
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_company(cls.company_id, actor)

    @property
    def is_unassigned(self) -> bool:
        """Whether nobody answers for it by name: the organisation owes it all the same."""
        return self.contact is None or self.contact.deactivated_at is not None

    def pending(self) -> Amendment | None:
        """The change that is asked for and not answered; what is closed needs no answer."""
        if self.status not in (*OPEN, ActionStatus.PROPOSED):
            return None
        asked = [change for change in self.amendments if change.status is AmendmentStatus.ASKED]
        return asked[0] if asked else None

    @property
    def ended_at(self) -> datetime | None:
        """When it was superseded or withdrawn by both; None while it is owed or was done."""
        if self.status not in (ActionStatus.SUPERSEDED, ActionStatus.WITHDRAWN):
            return None
        granted = [c.decided_at for c in self.amendments if c.ends_it and c.decided_at]
        return granted[-1] if granted else None


class AmendmentKind(StrEnum):
    """What may change about an agreed promise: its date, its terms, or that it is owed at all."""

    EXTENSION = "extension"
    WITHDRAWAL = "withdrawal"
    SUPERSESSION = "supersession"
    TERMS = "terms"
    """Its weight and the rhythm of its progress reports."""


class AmendmentStatus(StrEnum):
    """What the other side said to it."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"


class Amendment(Moves, Scoped, db.Model):
    """A change to what was agreed: one side asks for it, the other grants or refuses it."""

    __tablename__ = "amendment"
    STEPS: ClassVar[dict[AmendmentStatus, tuple[AmendmentStatus, ...]]] = {
        AmendmentStatus.ASKED: (AmendmentStatus.GRANTED, AmendmentStatus.REFUSED),
        AmendmentStatus.GRANTED: (),
        AmendmentStatus.REFUSED: (),
    }
    REFUSAL = _l("What was asked for is %(now)s already.")
    id: Mapped[int] = mapped_column(primary_key=True)
    action_item_id: Mapped[int] = mapped_column(ForeignKey("action_item.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    kind: Mapped[AmendmentKind] = mapped_column(Code(AmendmentKind))
    status: Mapped[AmendmentStatus] = mapped_column(Code(AmendmentStatus))
    old_due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    new_due_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    replacement_id: Mapped[int | None] = mapped_column(ForeignKey("action_item.id"))
    """The item that would take this one's place."""
    new_weight: Mapped[int | None]
    new_rhythm: Mapped[Rhythm | None] = mapped_column(Code(Rhythm))
    reason: Mapped[str] = mapped_column(Text)
    asked_side: Mapped[Side] = mapped_column(Code(Side))
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by: Mapped[str] = mapped_column(String(120))
    answer: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))

    action_item: Mapped[ActionItem] = relationship(
        back_populates="amendments", foreign_keys=[action_item_id]
    )
    replacement: Mapped[ActionItem | None] = relationship(foreign_keys=[replacement_id])

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_company(cls.company_id, actor)

    @property
    def ends_it(self) -> bool:
        """Whether it was granted and nothing is owed since."""
        return self.status is AmendmentStatus.GRANTED and self.kind in (
            AmendmentKind.WITHDRAWAL,
            AmendmentKind.SUPERSESSION,
        )


class DueDate(Scoped, db.Model):
    """A due date that was set, by whom and why. A row never changes; triggers refuse it.

    The first is the date that was agreed; each further one is an extension that was granted.
    """

    __tablename__ = "due_date"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_item_id: Mapped[int] = mapped_column(ForeignKey("action_item.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    zone: Mapped[str] = mapped_column(String(60))
    set_at: Mapped[datetime] = mapped_column(UTCDateTime)
    set_by: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text)
    """In words where it was granted; empty where it stands in minutes or a named source."""
    amendment_id: Mapped[int | None] = mapped_column(ForeignKey("amendment.id"))

    action_item: Mapped[ActionItem] = relationship(back_populates="due_dates")
    amendment: Mapped[Amendment | None] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_company(cls.company_id, actor)


class Assignment(Scoped, db.Model):
    """Who was named to answer for an item, when and by whom."""

    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_item_id: Mapped[int] = mapped_column(ForeignKey("action_item.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    set_at: Mapped[datetime] = mapped_column(UTCDateTime)
    set_by: Mapped[str] = mapped_column(String(120))

    action_item: Mapped[ActionItem] = relationship(back_populates="assignments")
    contact: Mapped[Account] = relationship()

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_company(cls.company_id, actor)


class ProgressReport(Scoped, db.Model):
    """What the owner says on the way, due at the end of a month or quarter. Once filed it stays."""

    __tablename__ = "progress_report"
    id: Mapped[int] = mapped_column(primary_key=True)
    action_item_id: Mapped[int] = mapped_column(ForeignKey("action_item.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    text: Mapped[str] = mapped_column(Text, default="")
    filed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    filed_by: Mapped[str | None] = mapped_column(String(120))
    last_reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    action_item: Mapped[ActionItem] = relationship(back_populates="progress_reports")

    __table_args__ = (UniqueConstraint("action_item_id", "due_at"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_company(cls.company_id, actor)

    @property
    def is_owed(self) -> bool:
        """Whether it still waits to be filed. What is closed or being examined needs no reports."""
        return self.filed_at is None and self.action_item.status in OWED

    def is_late(self, *, at: datetime) -> bool:
        """Whether it was filed late, or is owed and late."""
        if self.filed_at is not None:
            return self.filed_at > self.due_at
        return self.is_owed and at > self.due_at

    def days_left(self, *, at: datetime) -> int:
        """Calendar days to the due day where it is due; negative once it has passed."""
        zone = ZoneInfo(self.action_item.due_zone)
        return (local_date(self.due_at, zone) - local_date(at, zone)).days


class Digest(Scoped, db.Model):
    """One side of one company was written to about one week. The unique key is what makes it once."""

    __tablename__ = "action_digest"
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    side: Mapped[Side] = mapped_column(Code(Side))
    week_on: Mapped[date] = mapped_column(Date)
    """The Monday of the week, in Korean time."""
    written_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("company_id", "side", "week_on"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Each side knows of what it was written itself."""
        return and_(of_company(cls.company_id, actor), cls.side == actor.side)
