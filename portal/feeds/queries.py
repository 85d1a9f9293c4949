"""Questions about feeds and about what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.consultations.models import Consultation, ConsultationStatus, Step
from portal.core.db import db
from portal.core.secrets import hashed
from portal.feeds.models import Feed

UNDATED = (ConsultationStatus.DRAFT, ConsultationStatus.POLLING)
"""Nobody was asked to come yet: these never leave the portal as a calendar entry."""


def own(account_id: int | None) -> Sequence[Feed]:
    """A person's feeds, those that live first, the newest first."""
    return db.session.scalars(
        select(Feed)
        .where(Feed.account_id == account_id)
        .order_by(Feed.revoked_at.is_not(None), Feed.created_at.desc(), Feed.id.desc())
        .limit(100)
    ).all()


def by_secret(secret: str) -> Feed | None:
    """The feed of an address with its owner, if it was not revoked and the owner may log in."""
    with beyond_scope("the secret of the address says who asks"):
        return db.session.scalar(
            select(Feed)
            .join(Account, Account.id == Feed.account_id)
            .options(joinedload(Feed.account, innerjoin=True))
            .where(
                Feed.secret_hash == hashed(secret),
                Feed.revoked_at.is_(None),
                Account.deactivated_at.is_(None),
                Account.password_hash.is_not(None),
            )
        )


def of_people_who_left() -> Sequence[Feed]:
    """Feeds that live although their owner's access has ended."""
    return db.session.scalars(
        select(Feed)
        .join(Account, Account.id == Feed.account_id)
        .where(Feed.revoked_at.is_(None), Account.deactivated_at.is_not(None))
        .order_by(Feed.id)
    ).all()


def entries() -> Sequence[Any]:
    """What a feed shows of every consultation with a date that the person may know of, in order.

    One query of plain columns: enough to tell whether anything changed before anything is written
    out.
    """
    changed = (
        select(func.max(Step.at))
        .where(Step.consultation_id == Consultation.id)
        .correlate(Consultation)
        .scalar_subquery()
    )
    return db.session.execute(
        select(
            Consultation.id,
            Consultation.uid,
            Consultation.sequence,
            Consultation.status,
            Consultation.starts_at,
            Consultation.ends_at,
            changed.label("changed_at"),
        )
        .where(Consultation.status.not_in(UNDATED))
        .order_by(Consultation.starts_at, Consultation.id)
    ).all()
