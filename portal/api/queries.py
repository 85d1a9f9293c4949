"""Questions the API asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from portal.access.actor import Role
from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.api.models import ApiToken
from portal.companies.models import Platform
from portal.core.db import db
from portal.core.secrets import hashed
from portal.information_requests.models import InformationRequest
from portal.reconciliations.models import CountDifference
from portal.removal_requests.models import ANSWER_WITHIN, RemovalRequest
from portal.removal_requests.queries import in_state

R = RemovalRequest
I = InformationRequest  # noqa: E741


def by_secret(secret: str, *, at: datetime) -> ApiToken | None:
    """The token of a secret, if it lives: not revoked, not expired, its maker still in charge.

    Asked at every request, so that a token is dead with the next request after its maker's access
    ended, they changed company or ceased to administer it.
    """
    with beyond_scope("the secret says who asks"):
        return db.session.scalar(
            select(ApiToken)
            .join(Account, Account.id == ApiToken.account_id)
            .options(joinedload(ApiToken.account, innerjoin=True))
            .where(
                ApiToken.secret_hash == hashed(secret),
                ApiToken.revoked_at.is_(None),
                ApiToken.expires_at > at,
                Account.deactivated_at.is_(None),
                Account.password_hash.is_not(None),
                Account.role == Role.COMPANY_ADMIN,
                Account.organisation_id == ApiToken.company_id,
            )
        )


def tokens() -> Sequence[ApiToken]:
    """The tokens that the person may know of, those that live first."""
    return db.session.scalars(
        select(ApiToken)
        .options(joinedload(ApiToken.account), joinedload(ApiToken.company))
        .order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
        .limit(200)
    ).all()


def of_people_who_left() -> Sequence[ApiToken]:
    """Tokens not yet revoked although the access of who made them has ended."""
    return db.session.scalars(
        select(ApiToken)
        .join(Account, Account.id == ApiToken.account_id)
        .where(ApiToken.revoked_at.is_(None), Account.deactivated_at.is_not(None))
        .order_by(ApiToken.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of removal requests is narrowed to."""

    state: str | None = None
    platform: str | None = None
    delivered_from: datetime | None = None
    delivered_before: datetime | None = None
    due_before: datetime | None = None


def removal_requests(
    company_id: int, asked: Asked, *, after: tuple[datetime, int] | None, most: int, at: datetime
) -> Sequence[Any]:
    """Delivered requests of a company with their platform's slug, in the order of delivery.

    `after` is the time and id of the last one seen: a page costs the same wherever it stands.
    """
    statement = (
        select(R, Platform.slug)
        .join(Platform, Platform.id == R.platform_id)
        .where(R.company_id == company_id, R.delivered_at.is_not(None))
        .order_by(R.delivered_at, R.id)
        .limit(most)
    )
    if asked.state is not None:
        statement = statement.where(in_state(asked.state, at))
    if asked.platform is not None:
        statement = statement.where(Platform.slug == asked.platform)
    if asked.delivered_from is not None:
        statement = statement.where(R.delivered_at >= asked.delivered_from)
    if asked.delivered_before is not None:
        statement = statement.where(R.delivered_at < asked.delivered_before)
    if asked.due_before is not None:
        statement = statement.where(
            in_state("undecided", at), R.delivered_at < asked.due_before - ANSWER_WITHIN
        )
    if after is not None:
        when, last = after
        is_later = and_(R.delivered_at == when, R.id > last)
        statement = statement.where(or_(R.delivered_at > when, is_later))
    return db.session.execute(statement).all()


def removal_request(company_id: int, number: str) -> Any:
    """One request of a company by its number, with its platform's slug."""
    return db.session.execute(
        select(R, Platform.slug)
        .join(Platform, Platform.id == R.platform_id)
        .where(R.company_id == company_id, R.request_no == number)
    ).one_or_none()


def information_requests(company_id: int, *, after: int, most: int) -> Sequence[Any]:
    """Information requests to a company, with their platform's slug."""
    return db.session.execute(
        select(I, Platform.slug)
        .join(Platform, Platform.id == I.platform_id)
        .where(I.company_id == company_id, I.id > after)
        .order_by(I.id)
        .limit(most)
    ).all()


def differences(count_id: int, *, after: int, most: int) -> Sequence[CountDifference]:
    """Where a company's own count differs from ours, and how each was decided."""
    return db.session.scalars(
        select(CountDifference)
        .where(CountDifference.count_id == count_id, CountDifference.id > after)
        .order_by(CountDifference.id)
        .limit(most)
    ).all()
