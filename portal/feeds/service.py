"""What a person does with feeds, and what happens when one is read."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from portal.access.actor import Actor
from portal.access.permissions import Permission
from portal.access.policy import allows
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.secrets import new_secret
from portal.feeds import queries
from portal.feeds.models import Feed

MOST = 10
NOTED_EVERY = timedelta(minutes=5)


def create(name: str, *, by: Actor, at: datetime) -> tuple[Feed, str]:
    """Open a feed for oneself. Give it and the secret of its address, which is not stored.

    Refused where the name is empty or in use, and where ten feeds live already.
    """
    name = " ".join(name.split())
    if not name:
        raise FieldError("name", _("Give the feed a name, such as the program that reads it."))
    living = [feed for feed in queries.own(by.account_id) if feed.revoked_at is None]
    if any(feed.name.casefold() == name.casefold() for feed in living):
        raise FieldError(
            "name", _("You have a feed of this name. Revoke it first, or choose another name.")
        )
    if len(living) >= MOST:
        raise FieldError("name", _("You have ten feeds. Revoke one that nobody reads any more."))
    secret, secret_hash = new_secret()
    feed = Feed(account_id=by.account_id, name=name, secret_hash=secret_hash, created_at=at)
    db.session.add(feed)
    record("feeds:create", feed, by=by, at=at, name=name)
    return feed, secret


def revoke(feed: Feed, *, by: Actor, at: datetime) -> None:
    """End a feed for good: from the next reading on its address gives nothing."""
    hold(feed)
    if feed.revoked_at is not None:
        raise Refused(_("This feed is revoked already."))
    feed.revoked_at = at
    record("feeds:revoke", feed, by=by, at=at, name=feed.name)


def opened_by(secret: str) -> tuple[Feed, Actor] | None:
    """Whose feed an address is and as whom it is read; asked anew at every reading.

    None where it is unknown or revoked, its owner was deactivated or has a role now that sees no
    consultations: the four look alike from outside.
    """
    feed = queries.by_secret(secret)
    if feed is None:
        return None
    actor = feed.account.as_actor()
    return (feed, actor) if allows(actor.role, Permission.FEEDS_KEEP) else None


def changed_at(feed: Feed, fingerprint: str, *, at: datetime) -> datetime:
    """Since when the feed holds this: a whole second, later than what was said before."""
    if feed.changed_at is not None and feed.fingerprint == fingerprint:
        return feed.changed_at
    second = at.replace(microsecond=0)
    # HTTP counts in seconds. Two changes within one must not look like one.
    before = feed.changed_at
    return second if before is None else max(second, before + timedelta(seconds=1))


def is_worth_noting(feed: Feed, fingerprint: str, *, at: datetime) -> bool:
    """Whether a reading is to be written down: something changed, or the last note is old."""
    is_old = feed.used_at is None or feed.used_at + NOTED_EVERY <= at
    return is_old or feed.fingerprint != fingerprint


def note_use(
    feed_id: int, *, fingerprint: str, changed_at: datetime, program: str, at: datetime
) -> None:
    """Write down when a feed was read, by what, and what it held."""
    db.session.execute(
        update(Feed)
        .where(Feed.id == feed_id)
        .values(
            used_at=at,
            used_by="".join(sign for sign in program if sign.isprintable())[:120],
            fingerprint=fingerprint,
            changed_at=changed_at,
        )
    )
