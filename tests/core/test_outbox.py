"""A letter is a row first, leaves once over a real SMTP server, and is tried again when refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from portal.core.db import db, transaction
from portal.core.outbox import Letter, post, send_waiting
from tests.smtp_server import Mailbox


def write(to: Any, at: datetime, subject: str = "Log in") -> None:
    with transaction():
        post("test", to=to, subject=subject, body="Password", about=to, at=at)


def test_a_letter_leaves_once_in_the_language_of_its_reader(
    mailbox: Mailbox, cast: Any, at: datetime
) -> None:
    cast.officer.language = "ko"
    db.session.commit()
    write(cast.officer, at)

    assert send_waiting(at=at) == 1
    assert send_waiting(at=at) == 0
    (message,) = mailbox.messages
    assert message["To"] == cast.officer.email
    assert message["Subject"] == "로그인"
    assert message.get_content().strip() == "비밀번호"


def test_a_refused_letter_is_tried_again_and_stops_no_other(
    mailbox: Mailbox, cast: Any, at: datetime
) -> None:
    mailbox.refused.add(cast.officer.email)
    write(cast.officer, at)
    write(cast.head, at)

    assert send_waiting(at=at) == 1
    assert send_waiting(at=at) == 0  # not due again yet
    mailbox.refused.clear()
    assert send_waiting(at=at + timedelta(minutes=2)) == 1
    assert [m["To"] for m in mailbox.messages] == [cast.head.email, cast.officer.email]


def test_nothing_is_lost_when_the_server_is_away(app: Flask, cast: Any, at: datetime) -> None:
    app.config["SMTP_HOST"], app.config["SMTP_PORT"] = "127.0.0.1", 1
    write(cast.officer, at)

    assert send_waiting(at=at) == 0
    (letter,) = db.session.query(Letter)
    assert letter.sent_at is None
    assert "refused" in letter.answer.lower()


def test_a_line_break_in_a_subject_opens_no_header(
    mailbox: Mailbox, cast: Any, at: datetime
) -> None:
    write(cast.officer, at, subject="Hello\nBcc: rival@x.example")
    send_waiting(at=at)

    assert mailbox.messages[0]["Bcc"] is None


def test_an_undone_cause_sends_nothing(mailbox: Mailbox, cast: Any, at: datetime) -> None:
    try:
        with transaction():
            post("test", to=cast.officer, subject="a", body="b", about=cast.officer, at=at)
            raise RuntimeError
    except RuntimeError:
        pass

    assert send_waiting(at=at) == 0
    assert mailbox.messages == []
