"""Errata."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, ColumnElement, ForeignKey, String, Text, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.access.actor import Actor, Role
from portal.access.scope import NOTHING, Scoped
from portal.consultations.models import Side
from portal.core.db import Code, UTCDateTime, db
from portal.core.i18n import LazyText as _l
from portal.core.states import Moves
from portal.minutes.corrections import Correction
from portal.minutes.models import Acceptance, Minutes, of_minutes


class ErratumStatus(StrEnum):
    """How far a correction has come."""

    DRAFTED = "drafted"
    """Written by an officer; the other side hears of it when a head of team releases it."""
    PROPOSED = "proposed"
    AGREED = "agreed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


S = ErratumStatus
OPEN = (S.DRAFTED, S.PROPOSED)


class Erratum(Moves, Scoped, db.Model):
    """A correction of adopted minutes that one side proposes and both accept."""

    __tablename__ = "erratum"
    STEPS: ClassVar[dict[ErratumStatus, tuple[ErratumStatus, ...]]] = {
        S.DRAFTED: (S.PROPOSED, S.WITHDRAWN),
        S.PROPOSED: (S.AGREED, S.DECLINED, S.WITHDRAWN),
        S.AGREED: (),
        S.DECLINED: (),
        S.WITHDRAWN: (),
    }
    REFUSAL = _l("An erratum that is %(now)s cannot become %(to)s.")
    id: Mapped[int] = mapped_column(primary_key=True)
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    number: Mapped[int]
    """Counted for each minutes, from 1."""
    status: Mapped[ErratumStatus] = mapped_column(Code(ErratumStatus))
    base_version: Mapped[int]
    corrections: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Item, old words, new words and reason of each; see `portal.minutes.document.Correction`."""
    content_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the record as it would read: what both sides accept."""
    proposed_side: Mapped[Side] = mapped_column(Code(Side))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    proposed_by: Mapped[str] = mapped_column(String(120))
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the company came to know of it; never, while it is the institution's own draft."""
    answer: Mapped[str] = mapped_column(Text, default="")
    """Why it was declined or withdrawn."""
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(120))

    minutes: Mapped[Minutes] = relationship()

    __table_args__ = (UniqueConstraint("minutes_id", "number"),)

    @property
    def listed(self) -> list[Correction]:
        """What it corrects."""
        return [Correction(**one) for one in self.corrections]

    def is_accepted_by(self, side: Side) -> bool:
        """Whether a side has accepted the record as it would read, in answer to this erratum."""
        return any(one.side is side for one in self.acceptances)

    @property
    def acceptances(self) -> list[Acceptance]:
        """Who accepted it. An acceptance of an earlier erratum with the same words does not count."""
        return [
            one
            for one in self.minutes.acceptances
            if one.content_hash == self.content_hash and one.erratum_number == self.number
        ]

    @property
    def told_version(self) -> str:
        """How it stands, for letters: the version it would make."""
        return f"V{self.base_version + 1}"

    @classmethod
    def visible_to(cls, actor: Actor) -> ColumnElement[bool]:
        if actor.role not in (
            Role.OFFICER, Role.HEAD, Role.AUDITOR, Role.REPRESENTATIVE, Role.COMPANY_ADMIN
        ):  # fmt: skip
            return NOTHING
        condition = of_minutes(cls.minutes_id, actor)  # type: ignore[arg-type]
        if actor.is_company:
            return and_(condition, cls.released_at.is_not(None))
        return condition
