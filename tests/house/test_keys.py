"""Changing the key that seals: nothing is lost, whenever it is interrupted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.core import keys, secrets
from portal.core.db import db, transaction
from portal.hotline import service as hotline
from portal.hotline.models import Channel, Intake
from portal.removal_requests import queries
from portal.removal_requests import service as removals
from portal.removal_requests.models import RemovalRequest, RevealPurpose
from tests.removal_requests import make


@pytest.fixture
def own_key(app, tmp_path, monkeypatch):
    """A key file of this test alone."""
    path = tmp_path / "encryption.key"
    path.write_text("the-first-key")
    monkeypatch.setitem(app.config, "KEY_FILE", path)
    return path


def opened(request, cast, at):
    with transaction():
        return removals.reveal(request, RevealPurpose.CHECK, by=cast.officer.as_actor(), at=at)


class Interrupted(Exception):
    pass


def test_everything_opens_before_during_and_after(app, own_key, companies, cast, at, monkeypatch):
    monkeypatch.setattr(keys, "BATCH", 2)
    made = [
        make.issued(companies["telegram"], cast, at=at, reference=f"https://t.me/channel/{n}")
        for n in range(5)
    ]
    with transaction():
        hotline.record_intake(
            make.platform_of(companies["telegram"]), channel=Channel.PHONE,
            reference="https://t.me/channel/77", is_minor_involved=False,
            by=cast.operator.as_actor(), at=at,
        )  # fmt: skip
    assert keys.waiting() == 0
    keys.add()
    assert own_key.read_text().splitlines()[1:] == ["the-first-key"]
    assert (own_key.stat().st_mode & 0o777) == 0o600
    assert keys.waiting() == keys.total() == 6

    looked_at = []

    def stop(rows):
        looked_at.append(rows)
        if sum(looked_at) >= 3:
            raise Interrupted

    with pytest.raises(Interrupted):
        keys.reseal(stop)
    assert 0 < keys.waiting() < 6
    assert [opened(one, cast, at) for one in made] == [
        f"https://t.me/channel/{n}" for n in range(5)
    ]
    for number, one in enumerate(made):  # some are hashed with the new key, some with the old one
        again = queries.open_twin(one.platform_id, f"t.me/s/channel/{number}", one.measure_type)
        assert again == one.request_no
    waiting = keys.waiting()
    assert keys.reseal(lambda _rows: None) == waiting
    assert keys.waiting() == 0
    assert keys.reseal(lambda _rows: None) == 0
    own_key.write_text(own_key.read_text().splitlines()[0])  # what the old key sealed is no more
    secrets._read.clear()
    for number, one in enumerate(made):
        db.session.refresh(one)
        assert opened(one, cast, at) == f"https://t.me/channel/{number}"
        assert one.place_digest == queries.place(f"https://t.me/channel/{number}")


def test_a_caller_keeps_the_secret_that_was_read_out(app, own_key, companies, cast, at):
    with transaction():
        intake, secret = hotline.record_intake(
            make.platform_of(companies["telegram"]), channel=Channel.PHONE,
            reference="https://t.me/channel/77", is_minor_involved=False,
            by=cast.operator.as_actor(), at=at,
        )  # fmt: skip
    keys.add()
    keys.reseal(lambda _rows: None)
    assert hotline.opened_by(intake.case_code, secret).id == intake.id
    assert hotline.opened_by(intake.case_code, "0000 0000") is None


def test_the_command_tells_what_it_did(app, own_key, companies, cast, at):
    make.issued(companies["telegram"], cast, at=at, reference="https://t.me/channel/1")
    runner = app.test_cli_runner()
    said = runner.invoke(args=["keys", "rotate"]).output
    assert "1 texts were sealed anew; 0 wait for it." in said
    assert "0 texts were sealed anew" in runner.invoke(args=["keys", "rotate", "--resume"]).output
    assert "2 keys; 0 of 1 texts wait" in runner.invoke(args=["keys", "show"]).output


def test_every_column_of_sealed_text_is_known(app):
    """A column that holds something sealed and is not in the list would be lost with the old key."""
    named = {(one.table.name, one.column) for one in keys.columns}
    sealed = {
        (table.name, column.name)
        for table in db.metadata.tables.values()
        for column in table.columns
        if column.name.endswith(("_encrypted", "sealed")) and not column.name.startswith("is_")
    }
    assert sealed == named
    assert Intake.__tablename__ in {name for name, _column in named}
    assert RemovalRequest.__tablename__ in {name for name, _column in named}
    assert db.session.scalar(select(RemovalRequest.id)) is None
