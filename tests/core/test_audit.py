"""The chain of the audit log holds, and says where it does not."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from portal.access.actor import CLOCK
from portal.core.audit import AuditEvent, breaks, record
from portal.core.db import db, transaction


def drop_triggers() -> None:
    """Take the database's own guard away, as someone with the file in hand could."""
    with db.engine.begin() as connection:
        if db.engine.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER audit_event_no_update"))
            connection.execute(text("DROP TRIGGER audit_event_no_delete"))
        else:
            connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER ALL"))


def three_events(subject: Any, at: datetime) -> None:
    for number in range(3):
        with transaction():
            record("test:verb", subject, by=CLOCK, at=at, number=number)


def test_a_whole_chain_has_no_breaks(cast: Any, at: datetime) -> None:
    three_events(cast.officer, at)

    assert list(breaks()) == []
    assert db.session.query(AuditEvent).count() == 3


def test_a_changed_event_is_named(cast: Any, at: datetime) -> None:
    three_events(cast.officer, at)
    drop_triggers()
    with transaction():
        db.session.execute(text("UPDATE audit_event SET actor_name = 'somebody' WHERE id = 2"))

    assert list(breaks()) == [(2, "was changed after it was written")]


def test_a_removed_event_is_named(cast: Any, at: datetime) -> None:
    three_events(cast.officer, at)
    drop_triggers()
    with transaction():
        db.session.execute(text("DELETE FROM audit_event WHERE id = 2"))

    assert (2, "missing") in list(breaks())


def test_a_cut_off_end_is_named(cast: Any, at: datetime) -> None:
    three_events(cast.officer, at)
    drop_triggers()
    with transaction():
        db.session.execute(text("DELETE FROM audit_event WHERE id = 3"))

    assert list(breaks()) == [(3, "the end of the log was cut off")]


def test_an_undone_verb_leaves_no_event(cast: Any, at: datetime) -> None:
    try:
        with transaction():
            record("test:verb", cast.officer, by=CLOCK, at=at)
            raise RuntimeError
    except RuntimeError:
        pass

    assert db.session.query(AuditEvent).count() == 0


def test_the_chain_holds_whatever_zone_an_instant_was_given_in(cast: Any, at: datetime) -> None:
    three_events(cast.officer, at.astimezone(ZoneInfo("Asia/Seoul")))
    db.session.expire_all()

    assert list(breaks()) == []
