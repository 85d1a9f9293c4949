"""What is done with tokens and with repeated requests."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from portal.access.actor import Actor
from portal.api import queries
from portal.api.models import ApiToken, KeyedAnswer, TokenScope
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.core.secrets import hashed

MOST = 10
DAYS = (30, 90, 180, 365)
NOTED_EVERY = timedelta(minutes=1)
KEPT_FOR = timedelta(hours=24)
LEASE = timedelta(minutes=2)
"""After so long a request under a key that was never answered is taken for dead."""
PREFIX = "kcp_"
"""By this a token is known for one when it was left in a file or a log."""


def create(
    name: str, scope: TokenScope, *, days: int, by: Actor, at: datetime
) -> tuple[ApiToken, str]:
    """Make a token for one's own company; return it and its secret, which is not stored.

    Refused: an empty or used name, a life other than those offered, more than ten that live.
    """
    name = " ".join(name.split())
    if not by.is_company or by.organisation_id is None or by.account_id is None:
        raise Refused(_("Only a company has tokens."))
    if not name:
        raise FieldError("name", _("Name the system that will use the token."))
    refuse_personal_data(name, field="name")
    if days not in DAYS:
        raise FieldError("days", _("Choose one of the periods offered."))
    living = [token for token in queries.tokens() if token.state(at) == "active"]
    if any(token.name.casefold() == name.casefold() for token in living):
        raise FieldError("name", _("A token of this name is active. Revoke it first."))
    if len(living) >= MOST:
        raise FieldError("name", _("Ten tokens are active. Revoke one that is not used."))
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        company_id=by.organisation_id, account_id=by.account_id, name=name, scope=scope,
        secret_hash=hashed(secret), hint=secret[-4:], created_at=at,
        expires_at=at + timedelta(days=days), used_by="",
    )  # fmt: skip
    db.session.add(token)
    record("tokens:create", token, by=by, at=at, name=name, scope=scope.value, days=days)
    return token, secret


def revoke(token: ApiToken, *, by: Actor, at: datetime) -> None:
    """End a token for good, from the next request on."""
    hold(token)
    if token.revoked_at is not None:
        raise Refused(_("This token is revoked already."))
    token.revoked_at = at
    record("tokens:revoke", token, by=by, at=at, name=token.name)


def is_worth_noting(token: ApiToken, *, at: datetime) -> bool:
    """Whether the last use that is written down is older than a minute."""
    return token.used_at is None or token.used_at + NOTED_EVERY <= at


def note_use(token_id: int, *, program: str, at: datetime) -> None:
    """Write down when a token was used, and by which program."""
    plain = "".join(sign for sign in program if sign.isprintable())[:120]
    db.session.execute(
        update(ApiToken).where(ApiToken.id == token_id).values(used_at=at, used_by=plain)
    )


class Claim(StrEnum):
    """What is to be done with a request that came under a key."""

    OURS = "ours"
    ANSWERED = "answered"
    UNDER_WAY = "under_way"
    OTHER = "other"


def claim(token_id: int, key: str, request_hash: str, *, at: datetime) -> tuple[Claim, KeyedAnswer]:
    """Take a key of a token for a request, or say what stands under it.

    The primary key makes that of two requests at once one is ours. A request that died without an
    answer changed nothing, for its answer is stored with its effect; its key is free after a while.
    """
    values = {"token_id": token_id, "key_hash": hashed(key), "claimed_at": at}
    insert = sqlite_insert if db.engine.dialect.name == "sqlite" else postgresql_insert
    made = db.session.execute(
        insert(KeyedAnswer)
        .values(request_hash=request_hash, **values)
        .on_conflict_do_nothing(index_elements=["token_id", "key_hash"])
        .returning(KeyedAnswer.token_id)
    ).all()
    held = db.session.get_one(
        KeyedAnswer, (token_id, values["key_hash"]), with_for_update=True, populate_existing=True
    )
    if made:
        return Claim.OURS, held
    if held.claimed_at + KEPT_FOR <= at:
        held.request_hash, held.claimed_at, held.status, held.body = request_hash, at, None, None
        return Claim.OURS, held
    if held.request_hash != request_hash:
        return Claim.OTHER, held
    if held.status is not None:
        return Claim.ANSWERED, held
    if held.claimed_at + LEASE <= at:
        held.claimed_at = at
        return Claim.OURS, held
    return Claim.UNDER_WAY, held


def answer(token_id: int, key: str, *, status: int, body: str) -> None:
    """Keep what was answered under a key, in the transaction of its effect."""
    db.session.execute(
        update(KeyedAnswer)
        .where(KeyedAnswer.token_id == token_id, KeyedAnswer.key_hash == hashed(key))
        .values(status=status, body=body)
    )


def forget_answers(*, at: datetime) -> None:
    """Drop the answers whose time is over: a key may be used anew after a day."""
    db.session.execute(delete(KeyedAnswer).where(KeyedAnswer.claimed_at <= at - KEPT_FOR))
