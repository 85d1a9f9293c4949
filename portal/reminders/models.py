"""Reminders that were sent, and letters as proof of who was told what."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, ForeignKey, String, UniqueConstraint, and_, not_, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.access import permissions  # the codes of a room's models are its own words
from portal.access.actor import Actor, OrganisationKind, Role
from portal.access.policy import allows
from portal.access.scope import EVERYTHING, NOTHING, Scoped, of_company
from portal.accounts.models import Account
from portal.agendas.models import AgendaItem
from portal.batches.models import UnannouncedBatch
from portal.consultations.duties import DutyKind
from portal.consultations.models import Consultation
from portal.core.audit import canonical
from portal.core.db import Code, UTCDateTime, db
from portal.core.outbox import Letter
from portal.documents.models import opened_to
from portal.errata.models import Erratum
from portal.minutes.models import Minutes

SECRET = re.compile(r"(?<=/)[\w.~=-]{24,}")
"""The part of a link that opens something to whoever has it."""
TO_OPEN_AN_ACCOUNT = "account"
"""What such a letter is about; it is the administrator's and the auditor's alone."""


class Reminder(Scoped, db.Model):
    """One person was told of one duty of a consultation at this time. The key is what makes it once.

    `armed_for` is the time the duty hangs on, so that a new time arms it again.
    """

    __tablename__ = "reminder"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[DutyKind] = mapped_column(Code(DutyKind))
    consultation_id: Mapped[int] = mapped_column(ForeignKey("consultation.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    recipient: Mapped[str] = mapped_column(String(260))
    """An account by number, or the address of somebody who has none."""
    name: Mapped[str] = mapped_column(String(120))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    armed_for: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))

    __table_args__ = (UniqueConstraint("consultation_id", "kind", "recipient", "armed_for"),)

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """Beside the institution everyone reads of their own people only."""
        if actor.role is not None and actor.kind is not OrganisationKind.INSTITUTION:
            return cls.organisation_id == actor.organisation_id
        return of_company(cls.company_id, actor)


def _records_about(consultations: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a letter is about such consultations, their agenda items or their minutes."""
    held, items = Consultation.__table__, AgendaItem.__table__
    minutes, letter = Minutes.__table__, Letter.__table__
    chosen = select(held.c.id).where(consultations)
    return or_(
        and_(letter.c.about == held.name, letter.c.about_id.in_(chosen)),
        and_(
            letter.c.about == items.name,
            letter.c.about_id.in_(select(items.c.id).where(items.c.consultation_id.in_(chosen))),
        ),
        and_(
            letter.c.about == minutes.name,
            letter.c.about_id.in_(
                select(minutes.c.id).where(minutes.c.consultation_id.in_(chosen))
            ),
        ),
    )


def about_consultation(consultation_id: int) -> ColumnElement[bool]:
    """The letters about a consultation, its agenda items and its minutes."""
    return _records_about(Consultation.__table__.c.id == consultation_id)


def about_company(company_id: int) -> ColumnElement[bool]:
    """The letters to a company, and those about its consultations to anybody."""
    letter = Letter.__table__.c
    about = _records_about(Consultation.__table__.c.company_id == company_id)
    return or_(letter.organisation_id == company_id, about)


class Proof(Scoped, db.Model):
    """A letter as proof of notification: the same row, read behind the wall and never written."""

    __table__ = Letter.__table__
    if TYPE_CHECKING:
        id: Mapped[int]
        kind: Mapped[str]
        account_id: Mapped[int | None]
        organisation_id: Mapped[int | None]
        address: Mapped[str]
        language: Mapped[str]
        subject: Mapped[str]
        body: Mapped[str]
        about: Mapped[str]
        about_id: Mapped[int | None]
        version: Mapped[str | None]
        written_at: Mapped[datetime]
        due_at: Mapped[datetime]
        sent_at: Mapped[datetime | None]
        attempts: Mapped[int]
        answer: Mapped[str | None]
        message_id: Mapped[str]
        calendar: Mapped[str | None]
        calendar_method: Mapped[str | None]
        replaced_by_id: Mapped[int | None]

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        """A company sees what its own people were told; an officer what concerns their companies.

        A letter about minutes under an embargo is read by those it names, and by its addressee; one
        about an unannounced batch by whoever may look at the batch, and by its addressee.
        """
        letter = Letter.__table__.c
        batches = select(UnannouncedBatch.id).where(UnannouncedBatch.visible_to(actor))
        hides_no_batch = or_(
            letter.about != UnannouncedBatch.__tablename__,
            letter.account_id == actor.account_id,
            letter.about_id.in_(batches)
            if allows(actor.role, permissions.Permission.BATCHES_READ)
            else NOTHING,
        )
        return and_(hides_no_batch, cls._but_for_batches(actor))

    @classmethod
    def _but_for_batches(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role is Role.AUDITOR:
            return EVERYTHING
        letter, minutes, errata = Letter.__table__.c, Minutes.__table__, Erratum.__table__
        hidden = select(minutes.c.id).where(
            not_(opened_to(minutes.c.embargo_id, actor, EVERYTHING))
        )
        corrected = select(errata.c.id).where(errata.c.minutes_id.in_(hidden))
        is_free = or_(
            letter.about.not_in((minutes.name, errata.name)),
            letter.account_id == actor.account_id,
            and_(letter.about == minutes.name, letter.about_id.not_in(hidden)),
            and_(letter.about == errata.name, letter.about_id.not_in(corrected)),
        )
        return and_(cls._of_role(actor), is_free)

    @classmethod
    def _of_role(cls, actor: Actor) -> ColumnElement[bool]:
        letter = Letter.__table__.c
        no_account = letter.about != TO_OPEN_AN_ACCOUNT
        if actor.role is Role.ADMINISTRATOR:
            return EVERYTHING
        if actor.is_company:
            return and_(letter.organisation_id == actor.organisation_id, no_account)
        if actor.role is Role.HEAD or (actor.role is Role.OFFICER and actor.desks is None):
            return no_account
        if actor.role is Role.OFFICER:
            desks = sorted(actor.desks or ())
            theirs = _records_about(Consultation.__table__.c.company_id.in_(desks))
            told = or_(
                letter.organisation_id.in_(desks), letter.account_id == actor.account_id, theirs
            )
            return and_(told, no_account)
        return NOTHING

    @property
    def content_hash(self) -> str:
        """SHA-256 over what was sent to whom: changes with the smallest change of any of it."""
        said = (self.message_id, self.address, self.subject, self.body, self.calendar,
                self.calendar_method, self.written_at)  # fmt: skip
        return hashlib.sha256(canonical(said).encode()).hexdigest()

    @property
    def shown_body(self) -> str:
        """The text as it was sent, but for what would open a door to whoever reads it here."""
        return SECRET.sub("[…]", self.body)

    @property
    def hides_secret(self) -> bool:
        """Whether a part of the text is not shown."""
        return SECRET.search(self.body) is not None


def recipient_key(account: Account | None, address: str) -> str:
    """The name under which a person's reminders are counted."""
    return f"account:{account.id}" if account is not None else address.lower()
