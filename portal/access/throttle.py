"""Throttling: how often something may be tried in a window, counted in the database.

Counters in memory are per process and forget on restart; these hold for all processes.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import db, transaction


class Throttle(db.Model):
    """How often a key was tried in one window. Keys are hashed: an address is nobody's business."""

    __tablename__ = "throttle"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    tries: Mapped[int]


def network(address: str | None) -> str:
    """Whom an address stands for when tries are counted.

    Of IPv6 a household has a whole /64, and a machine takes as many addresses of it as it likes; an
    IPv4 address written as IPv6 is that IPv4 address.
    """
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


class Limit(NamedTuple):
    """So many tries in so many seconds."""

    tries: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How often something secret may be tried, see `may_try`."""

    of_network: Limit
    """By one network, whatever it tries."""
    from_one: Limit
    """One account or code, by one network."""
    from_all: Limit
    """One account or code, by all networks together."""


def may_try(kind: str, what: str, *, where: str | None, limits: Limits, at: datetime) -> bool:
    """Count a try of `what` (an account, a code) from an address; False when it is one too many.

    What its own network has used up counts no further: so a stranger at one address locks out
    nobody but the own network. Whether there is such an account or code makes no difference.
    """
    place = network(where)
    counters = (
        (f"{kind} from {place}", limits.of_network),
        (_by_one(kind, what, place), limits.from_one),
        (f"{kind} of {what}", limits.from_all),
    )
    return not any(
        exceeded(key, most=limit.tries, window=limit.seconds, at=at) for key, limit in counters
    )


def forget_tries(kind: str, what: str, *, where: str | None) -> None:
    """After a success: this one may be opened from this network as often as the network may try.

    Only this one is forgotten: whoever holds it has no use for it in trying at others.
    """
    clear(_by_one(kind, what, network(where)))


def _by_one(kind: str, what: str, place: str) -> str:
    return f"{kind} of {what} from {place}"


def exceeded(what: str, *, most: int, window: int, at: datetime) -> bool:
    """Count one try of `what`; True when it is one too many in this window of seconds."""
    return counted(what, window=window, at=at) > most


def counted(what: str, *, window: int, at: datetime) -> int:
    """Count one try of `what`; return how many there were in this window of seconds."""
    key = hashlib.sha256(what.encode()).hexdigest()
    slot = int(at.timestamp()) // window
    insert = sqlite_insert if db.engine.dialect.name == "sqlite" else postgresql_insert
    with transaction():
        db.session.execute(
            insert(Throttle)
            .values(key=key, slot=slot, tries=1)
            .on_conflict_do_update(
                index_elements=["key", "slot"], set_={"tries": Throttle.tries + 1}
            )
        )
        tries = db.session.scalar(
            select(Throttle.tries).where(Throttle.key == key, Throttle.slot == slot)
        )
    return tries or 0


def clear(what: str) -> None:
    """Forget the tries of `what`, after a success."""
    key = hashlib.sha256(what.encode()).hexdigest()
    with transaction():
        db.session.execute(delete(Throttle).where(Throttle.key == key))
