"""Against a real IMAP server: nothing is lost, nothing is taken twice, nothing large is fetched."""

from __future__ import annotations

import imaplib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from portal.consultations.models import Rsvp
from portal.core.db import db
from portal.core.jobs import run_due
from portal.replies import mailbox
from portal.replies.jobs import JOBS, read_mailbox
from portal.replies.models import Message, Outcome, Why
from tests import imap_server
from tests.consultations import make as planned
from tests.replies.make import MINUTE, event, mail


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[imap_server.Folder]:
    with imap_server.serving(tmp_path_factory.mktemp("imap")) as folder:
        yield folder


@pytest.fixture
def folder(app: Any, server: imap_server.Folder) -> imap_server.Folder:
    """An empty mailbox that the portal is set to."""
    for file in Path(server.path).iterdir():
        file.unlink()
    app.config.update(
        IMAP_HOST="127.0.0.1", IMAP_PORT=server.port, IMAP_TLS="no", IMAP_FOLDER="INBOX",
        IMAP_USER=imap_server.USER, IMAP_PASSWORD=imap_server.PASSWORD,
    )  # fmt: skip
    return server


@pytest.fixture
def ours(app: Any, cast: Any, companies: Any, at: Any) -> Any:
    return planned.scheduled(companies["telegram"], cast, at=at)


def outcomes() -> list[Any]:
    found = db.session.query(Message).order_by(Message.id)
    return [one.why or one.outcome for one in found]


def test_the_clock_reads_the_mailbox_and_the_answer_is_set(
    folder: Any, cast: Any, ours: Any, at: Any
) -> None:
    folder.put(mail(cast.delegate.email, event(ours, cast.delegate.email, at=at)))
    folder.put(mail("somebody@mail.example", None, text="Hello"))

    told = run_due(JOBS[:1], at=at + MINUTE)

    assert told == {"read replies": "done"}
    assert planned.delegate_of(ours, cast.delegate).rsvp is Rsvp.ACCEPTED
    assert outcomes() == [Outcome.ANSWERED, Why.NO_CALENDAR]
    assert folder.seen() == [1, 2]
    read_mailbox(at + 2 * MINUTE)
    assert len(outcomes()) == 2


@pytest.mark.parametrize(("command", "stored"), [("FETCH", 0), ("STORE", 2)])
def test_after_the_connection_broke_half_way_the_rest_comes_and_nothing_twice(
    folder: Any, cast: Any, ours: Any, at: Any, command: str, stored: int
) -> None:
    for account in (cast.delegate, cast.company_admin, cast.officer):
        folder.put(mail(account.email, event(ours, account.email, at=at)))
    folder.hang_up_at(command)

    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        read_mailbox(at)

    assert len(outcomes()) == stored
    assert len(folder.seen()) == max(stored - 1, 0)  # nothing is marked that is not stored
    read_mailbox(at + MINUTE)
    assert outcomes() == [Outcome.ANSWERED] * 3
    assert folder.seen() == [1, 2, 3]


def test_two_processes_that_read_at_once_take_a_mail_once(
    app: Any, folder: Any, cast: Any, ours: Any, at: Any
) -> None:
    for account in (cast.delegate, cast.company_admin, cast.officer):
        folder.put(mail(account.email, event(ours, account.email, at=at)))
    db.session.rollback()
    together = threading.Barrier(2)

    def read() -> None:
        with app.app_context():
            together.wait(timeout=20)
            read_mailbox(at)
            db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(read) for _n in range(2)]:
            done.result(timeout=60)

    assert outcomes() == [Outcome.ANSWERED] * 3
    assert folder.seen() == [1, 2, 3]


def test_ten_megabytes_are_queued_and_never_fetched(folder: Any, cast: Any, at: Any) -> None:
    big = mail(cast.delegate.email, None, subject="너무 큰 회신") + b"x" * 10_000_000
    folder.put(big)

    [incoming] = list(mailbox.visit(dict(_settings(folder))))
    assert (len(incoming.raw) < 20_000, incoming.size) == (True, len(big))
    (folder.path / "1.seen").unlink()

    read_mailbox(at)

    [message] = db.session.query(Message)
    assert (message.why, message.outcome) == (Why.TOO_LARGE, Outcome.QUEUED)
    assert (message.sender, message.size) == (cast.delegate.email, len(big))
    assert folder.seen() == [1]


def _settings(folder: Any) -> dict[str, Any]:
    return {
        "IMAP_HOST": "127.0.0.1", "IMAP_PORT": folder.port, "IMAP_TLS": "no",
        "IMAP_USER": imap_server.USER, "IMAP_PASSWORD": imap_server.PASSWORD,
        "IMAP_FOLDER": "INBOX",
    }  # fmt: skip


def test_one_visit_takes_the_oldest_so_many_and_the_next_goes_on(
    folder: Any, at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MOST", 3)
    for n in range(5):
        folder.put(mail(f"person{n}@mail.example", None))

    read_mailbox(at)
    assert folder.seen() == [1, 2, 3]
    read_mailbox(at + MINUTE)
    assert folder.seen() == [1, 2, 3, 4, 5]


def test_a_wrong_password_is_a_problem_of_the_job_and_not_of_the_portal(
    app: Any, folder: Any, at: Any
) -> None:
    app.config["IMAP_PASSWORD"] = "wrong"

    told = run_due(JOBS[:1], at=at)

    assert "error" in told["read replies"]


def test_without_a_mailbox_nothing_is_asked(app: Any, at: Any) -> None:
    read_mailbox(at)

    assert outcomes() == []
