"""Action items."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor
from portal.access.scope import Scoped, of_company
from portal.companies.models import Company
from portal.consultations.models import Consultation, Side
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.states import Moves


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
    A.PROPOSED: (A.AGREED,),
    A.AGREED: (A.IN_PROGRESS, A.REPORTED_DONE, A.SUPERSEDED, A.WITHDRAWN),
    A.IN_PROGRESS: (A.REPORTED_DONE, A.SUPERSEDED, A.WITHDRAWN),
    A.REPORTED_DONE: (A.VERIFIED, A.RETURNED),
    A.RETURNED: (A.REPORTED_DONE, A.SUPERSEDED, A.WITHDRAWN),
    A.VERIFIED: (),
    A.SUPERSEDED: (),
    A.WITHDRAWN: (),
}
OPEN = (A.AGREED, A.IN_PROGRESS, A.REPORTED_DONE, A.RETURNED)
CLOSED = (A.VERIFIED, A.SUPERSEDED, A.WITHDRAWN)


class ActionItem(Moves, Scoped, db.Model):
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
    due_zone: Mapped[str] = mapped_column(String(60))
    required_evidence: Mapped[str] = mapped_column(String(300), default="")
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id"), index=True)
    minutes_item_id: Mapped[int | None] = mapped_column(ForeignKey("minutes_item.id"))
    outcome_id: Mapped[int | None] = mapped_column(ForeignKey("outcome.id"), unique=True)
    status: Mapped[ActionStatus] = mapped_column(Code(ActionStatus))
    agreed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the report was filed whose evidence the other side accepted."""
    source: Mapped[str | None] = mapped_column(String(400))
    is_synthetic: Mapped[bool] = mapped_column(default=False)
    last_reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    company: Mapped[Company] = relationship()
    consultation: Mapped[Consultation | None] = relationship()

    __table_args__ = (
        Index("ix_action_item_company_due", "company_id", "due_at"),
        Index("ix_action_item_status_due", "status", "due_at"),
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_company(cls.company_id, actor)

    def lateness(self, *, at: datetime) -> timedelta:
        """How late it is at an instant, or was when it was done: zero or more. Never stored."""
        return max((self.done_at or at) - self.due_at, timedelta(0))
