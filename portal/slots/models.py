"""Polls over the time of a consultation: slots, answers, times the company proposed instead."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, OrganisationKind, Role
from portal.access.scope import Scoped, of_company
from portal.companies.models import Company
from portal.consultations.models import Consultation, ConsultationStatus, Side, invited_to
from portal.core import i18n
from portal.core.clock import SEOUL
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import gettext as _


class Can(StrEnum):
    """What a person says of a slot."""

    YES = "slot_yes"
    IF_NEED_BE = "slot_if_need_be"
    NO = "slot_no"


class ProposalStatus(StrEnum):
    """What became of a time that the company proposed instead."""

    WAITING = "slot_proposal_waiting"
    OFFERED = "slot_proposal_offered"
    DECLINED = "slot_proposal_declined"


class CallKind(StrEnum):
    """What a person was told, once for the time it hangs on."""

    ASKED = "slots_asked"
    REMINDED = "slots_reminded"


def around(
    company_id: ColumnElement[int], consultation_id: ColumnElement[int], actor: Actor
) -> ColumnElement[bool]:
    """Who may know of a poll: who may know of its consultation."""
    if actor.role in (Role.AGENCY, Role.POLICE):
        return consultation_id.in_(invited_to(actor))
    return of_company(company_id, actor)


class Poll(Scoped, db.Model):
    """Both sides are asked which of several times suits them, until a date."""

    __tablename__ = "slot_poll"
    id: Mapped[int] = mapped_column(primary_key=True)
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"), unique=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    respond_by: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    respond_by_set_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    opened_by: Mapped[str] = mapped_column(String(120))

    consultation: Mapped[Consultation] = relationship(lazy="joined", innerjoin=True)
    slots: Mapped[list[Slot]] = relationship(
        back_populates="poll", order_by="(Slot.starts_at, Slot.id)"
    )
    proposals: Mapped[list[SlotProposal]] = relationship(
        back_populates="poll", order_by="SlotProposal.id"
    )

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return around(cls.company_id, cls.consultation_id, actor)  # type: ignore[arg-type]

    @property
    def is_running(self) -> bool:
        """Whether a slot can still be chosen."""
        return self.consultation.status is ConsultationStatus.POLLING

    def takes_answers(self, *, at: datetime) -> bool:
        """Whether answers count: the search goes on and the respond-by date has not passed."""
        return self.is_running and at < self.respond_by

    @property
    def chosen(self) -> Slot | None:
        """The slot that became the date."""
        return next((slot for slot in self.slots if slot.chosen_at is not None), None)


class Slot(Scoped, db.Model):
    """One time that is offered, as the venue's clock shows it."""

    __tablename__ = "slot"
    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(ForeignKey("slot_poll.id"))
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    zone: Mapped[str] = mapped_column(String(60))
    wall_time: Mapped[str] = mapped_column(String(16))
    side: Mapped[Side] = mapped_column(Code(Side))
    """Which side had the idea: the officer's offer, or a proposal of the company."""
    offered_at: Mapped[datetime] = mapped_column(UTCDateTime)
    offered_by: Mapped[str] = mapped_column(String(120))
    chosen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    chosen_by: Mapped[str | None] = mapped_column(String(120))

    poll: Mapped[Poll] = relationship(back_populates="slots")

    __table_args__ = (UniqueConstraint("poll_id", "starts_at"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return around(cls.company_id, cls.consultation_id, actor)  # type: ignore[arg-type]

    @property
    def duration(self) -> int:
        """The planned length in minutes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


class SlotAnswer(Scoped, db.Model):
    """What one delegate says of one slot, as it stands; what was said before is in the audit log."""

    __tablename__ = "slot_answer"
    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(ForeignKey("slot_poll.id"), index=True)
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    delegate_id: Mapped[int]
    """No foreign key: who leaves the delegation leaves the answer behind; it counts no more."""
    name: Mapped[str] = mapped_column(String(120))
    can: Mapped[Can] = mapped_column(Code(Can))
    via: Mapped[str] = mapped_column(String(20))
    by_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (UniqueConstraint("slot_id", "delegate_id"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Who on the other side can or cannot come on a day is the other side's business.

        The officers who arrange the consultation see every answer, as with invitations; everyone
        else reads those of their own organisation, and of the others how many they are.
        """
        if actor.role in (Role.HEAD, Role.AUDITOR, Role.OFFICER):
            return of_company(cls.company_id, actor)
        return cls.organisation_id == actor.organisation_id


class SlotProposal(Scoped, db.Model):
    """A time that the company would rather have; the officer offers it to all or says why not."""

    __tablename__ = "slot_proposal"
    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(ForeignKey("slot_poll.id"), index=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    starts_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime)
    zone: Mapped[str] = mapped_column(String(60))
    wall_time: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    proposed_by: Mapped[str] = mapped_column(String(120))
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    status: Mapped[ProposalStatus] = mapped_column(
        Code(ProposalStatus), default=ProposalStatus.WAITING
    )
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))
    decision_reason: Mapped[str | None] = mapped_column(String(500))

    poll: Mapped[Poll] = relationship(back_populates="proposals")

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        return of_company(cls.company_id, actor)

    @property
    def duration(self) -> int:
        """The planned length in minutes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


class SlotCall(Scoped, db.Model):
    """One person was asked, or reminded, for this respond-by date. The key is what makes it once."""

    __tablename__ = "slot_call"
    id: Mapped[int] = mapped_column(primary_key=True)
    poll_id: Mapped[int] = mapped_column(ForeignKey("slot_poll.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[CallKind] = mapped_column(Code(CallKind))
    recipient: Mapped[str] = mapped_column(String(260))
    """An account by number, or the address of somebody who has none."""
    name: Mapped[str] = mapped_column(String(120))
    armed_for: Mapped[datetime] = mapped_column(UTCDateTime)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))

    __table_args__ = (UniqueConstraint("poll_id", "kind", "recipient", "armed_for"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Beside the institution everyone reads of their own people only."""
        if actor.role is not None and actor.kind is not OrganisationKind.INSTITUTION:
            return cls.organisation_id == actor.organisation_id
        return of_company(cls.company_id, actor)


def clocks(starts_at: datetime, zone: str, company: Company) -> list[tuple[str, str, str]]:
    """A start on every clock that matters, the venue's first: (whose, when, which zone)."""
    owners: dict[str, list[str]] = {zone: [_("Venue")]}
    owners.setdefault(company.time_zone, []).append(i18n.both(company, "name"))
    owners.setdefault(SEOUL.key, []).append(_("Korea"))
    return [
        (", ".join(words), i18n.local(starts_at, "instant", one), i18n.zone_label(starts_at, one))
        for one, words in owners.items()
    ]
