"""Mail. A letter is a row first, written in the transaction of its cause; the clock sends it."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from flask import current_app
from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import UTCDateTime, db, transaction
from portal.core.i18n import gettext as _
from portal.core.i18n import spoken

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))


class Letter(db.Model):
    """One mail to one person: what it said, when it was written and when it left."""

    __tablename__ = "letter"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(60))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(String(40))
    about_id: Mapped[int | None]
    written_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str | None] = mapped_column(String(500))
    message_id: Mapped[str] = mapped_column(String(200))

    __table_args__ = (Index("ix_letter_waiting", "sent_at", "due_at"),)


def post(
    kind: str,
    *,
    to: object,
    subject: str,
    body: str,
    about: object,
    at: datetime,
    **values: object,
) -> Letter:
    """Write a letter to an account, in that person's language.

    `subject` and `body` are English sources in the catalogue; `values` fill them in. A value that
    is callable is called in the recipient's language and zone, for dates and names.
    """
    with spoken(to.language, to.time_zone):  # type: ignore[attr-defined]
        filled = {name: value() if callable(value) else value for name, value in values.items()}
        letter = Letter(
            kind=kind,
            account_id=to.id,  # type: ignore[attr-defined]
            organisation_id=to.organisation_id,  # type: ignore[attr-defined]
            address=to.email,  # type: ignore[attr-defined]
            language=to.language,  # type: ignore[attr-defined]
            # A name typed by a person must not open a second header line.
            subject=" ".join(_(subject, **filled).split())[:200],
            body=_(body, **filled),
            about=about.__tablename__,  # type: ignore[attr-defined]
            about_id=about.id,  # type: ignore[attr-defined]
            written_at=at,
            due_at=at,
            attempts=0,
            message_id=make_msgid(domain=current_app.config["MAIL_DOMAIN"]),
        )
    db.session.add(letter)
    return letter


def waiting(*, at: datetime, most: int = 500) -> Sequence[Letter]:
    """Letters that are due and not yet sent, in the order they were written."""
    return db.session.scalars(
        select(Letter)
        .where(Letter.sent_at.is_(None), Letter.due_at <= at, Letter.attempts < 20)
        .order_by(Letter.id)
        .limit(most)
    ).all()


def compose(letter: Letter) -> EmailMessage:
    """The letter as a mail message."""
    message = EmailMessage()
    message["Subject"] = letter.subject
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = letter.address
    message["Message-ID"] = letter.message_id
    message["Date"] = format_datetime(letter.written_at)
    message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message


def send_waiting(*, at: datetime) -> int:
    """Send what is due over SMTP, one transaction a letter; return how many left.

    Without a mail server the letters stay readable on the outbox page. A refusal is kept and the
    letter tried again later; nothing is lost when the server goes away half-way.
    """
    host = current_app.config["SMTP_HOST"]
    letters = [letter.id for letter in waiting(at=at)] if host else []
    if not letters:
        return 0
    sent = 0
    try:
        server = smtplib.SMTP(host, current_app.config["SMTP_PORT"], timeout=20)
    except OSError as problem:
        _put_off(letters[:1], str(problem), at)
        return 0
    with server:
        if current_app.config["SMTP_TLS"]:
            server.starttls()
        if current_app.config["SMTP_USER"]:
            server.login(current_app.config["SMTP_USER"], current_app.config["SMTP_PASSWORD"])
        for letter_id in letters:
            with transaction():
                letter = db.session.get(Letter, letter_id, with_for_update=True)
                if letter is None or letter.sent_at is not None:
                    continue
                letter.attempts += 1
                try:
                    server.send_message(compose(letter))
                except (smtplib.SMTPException, OSError) as problem:
                    letter.answer = str(problem)[:500]
                    letter.due_at = at + RETRY_AFTER[min(letter.attempts, len(RETRY_AFTER)) - 1]
                else:
                    letter.sent_at, letter.answer = at, "accepted"
                    sent += 1
    return sent


def _put_off(letter_ids: Sequence[int], why: str, at: datetime) -> None:
    with transaction():
        for letter_id in letter_ids:
            letter = db.session.get(Letter, letter_id)
            if letter is not None:
                letter.answer = why[:500]
