"""Mail. A letter is a row first, written in the transaction of its cause; the clock sends it."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import policy
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from functools import lru_cache
from secrets import token_hex
from typing import Any

from flask import current_app
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.core import files
from portal.core.db import UTCDateTime, db, transaction
from portal.core.i18n import gettext as _
from portal.core.i18n import spoken

MOST_ATTEMPTS = 20
BATCH = 100
LEASE = timedelta(minutes=15)
"""After so long a claimed letter without an answer is taken for one whose process died."""
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
    version: Mapped[str | None] = mapped_column(String(40))
    """How the record stood of which the letter speaks, in the record's own count."""
    written_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str | None] = mapped_column(String(500))
    message_id: Mapped[str] = mapped_column(String(200))
    calendar: Mapped[str | None] = mapped_column(Text)
    """What a calendar program does with the letter (RFC 5545), if anything."""
    calendar_method: Mapped[str | None] = mapped_column(String(20))

    claim: Mapped[str | None] = mapped_column(String(40), index=True)
    """Which sender has it in hand at the moment."""
    claimed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    replaced_by_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    """The later letter that says this one's news too; this one never left."""
    carries: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """What a letter that takes this one's place must still say: how things stood before."""

    enclosed: Mapped[list[dict[str, str]] | None] = mapped_column(JSON)
    """Stored PDFs that go with it: `name` and `sha256` of each."""

    __table_args__ = (Index("ix_letter_waiting", "sent_at", "due_at"),)


LETTERS = Letter.__table__


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is written to without an account."""

    organisation_id: int
    email: str
    language: str
    time_zone: str
    id: None = None


def post(
    kind: str,
    *,
    to: object,
    subject: str,
    body: str,
    about: object,
    at: datetime,
    calendar: Callable[[], bytes] | None = None,
    method: str | None = None,
    settles: timedelta = timedelta(0),
    carries: dict[str, Any] | None = None,
    enclosed: list[dict[str, str]] | None = None,
    **values: object,
) -> Letter:
    """Write a letter to an account (or a `Person`), in that person's language.

    `subject` and `body` are English sources in the catalogue; `values` fill them in. A value that
    is callable is called in the recipient's language and zone, for dates and names. `calendar`
    makes the calendar object that goes with it, of the iTIP `method` (RFC 5546). A letter that
    `settles` is held back for so long, so that a further change can take its place. `enclosed` are
    stored PDFs that go with it, each with the `name` it gets and its `sha256`.
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
            version=getattr(about, "told_version", None),
            written_at=at,
            due_at=at + settles,
            attempts=0,
            message_id=make_msgid(domain=current_app.config["MAIL_DOMAIN"]),
            calendar=calendar().decode() if calendar else None,
            calendar_method=method,
            carries=carries,
            enclosed=enclosed,
        )
    db.session.add(letter)
    return letter


def settling(about: object, *, address: str, kinds: Collection[str], at: datetime) -> list[Letter]:
    """Letters of these kinds about a record that are still held back from an address."""
    return list(
        db.session.scalars(
            select(Letter)
            .where(
                Letter.about == about.__tablename__,  # type: ignore[attr-defined]
                Letter.about_id == about.id,  # type: ignore[attr-defined]
                Letter.address == address,
                Letter.kind.in_(kinds),
                Letter.sent_at.is_(None),
                Letter.replaced_by_id.is_(None),
                Letter.claim.is_(None),
                Letter.due_at > at,
            )
            .order_by(Letter.id)
        )
    )


def take_place(of: Collection[Letter], letter: Letter) -> None:
    """Let a letter speak for earlier ones: they stay on record and never leave."""
    db.session.flush()
    for held in of:
        held.replaced_by_id = letter.id


def waiting(*, at: datetime) -> ColumnElement[bool]:
    """The condition of letters that are due and neither sent, replaced nor given up."""
    return and_(
        IS_OPEN, Letter.due_at <= at, or_(Letter.claim.is_(None), Letter.claimed_at < at - LEASE)
    )


IS_OPEN = and_(
    Letter.sent_at.is_(None), Letter.replaced_by_id.is_(None), Letter.attempts < MOST_ATTEMPTS
)


class _Headers(HeaderRegistry):
    """Headers read once: those of a batch are alike, and reading them is most of the work."""

    __call__ = lru_cache(2000)(HeaderRegistry.__call__)
    __getitem__ = lru_cache(100)(HeaderRegistry.__getitem__)


MAIL = policy.SMTP.clone(header_factory=_Headers())


def compose(letter: Letter) -> EmailMessage:
    """The letter as a mail message."""
    message = EmailMessage(MAIL)
    message["Subject"] = letter.subject
    message["From"] = current_app.config["MAIL_FROM"]
    message["To"] = letter.address
    message["Message-ID"] = letter.message_id
    message["Date"] = format_datetime(letter.written_at)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    if letter.calendar is not None:
        # RFC 6047, 2.4: the method of the part is that of the calendar.
        message.add_alternative(
            letter.calendar, subtype="calendar", params={"method": letter.calendar_method or ""}
        )
    for one in letter.enclosed or ():
        message.add_attachment(
            files.load(one["sha256"]), maintype="application", subtype="pdf", filename=one["name"]
        )
    # Last: to set or join contents takes such headers away, or into a part.
    message["Content-Language"] = letter.language
    return message


def send_waiting(*, at: datetime) -> int:
    """Send what is due over SMTP, in the order it was written; return how many left.

    Without a mail server the letters stay readable on the outbox page. Each letter is claimed
    before it is handed over and its answer stored at once after: a second process leaves it alone,
    and a restart loses nothing. A letter that was refused holds back later ones to the same person
    about the same thing (nobody is told of a cancellation before the invitation) and no others.
    """
    if not current_app.config["SMTP_HOST"]:
        return 0
    sent, last, stuck = 0, 0, _stuck(at)
    with ExitStack() as stack:
        server: smtplib.SMTP | None = None
        # One connection for all answers: to fetch one for each letter takes as long as to store it.
        books = stack.enter_context(db.engine.connect())
        books = books.execution_options(portal_writes=True)
        while batch := _claim(after=last, at=at):
            last = batch[-1].id
            try:
                server = server or stack.enter_context(_server())
                for letter in batch:
                    if stuck.get(_thread(letter), letter.id) < letter.id:
                        continue
                    if _hand_over(server, letter, books, at=at):
                        sent += 1
                    else:
                        stuck.setdefault(_thread(letter), letter.id)
            except (smtplib.SMTPException, OSError) as problem:
                _put_off(batch, str(problem))
                break
            finally:
                _release(batch)
    return sent


def _server() -> smtplib.SMTP:
    server = smtplib.SMTP(
        current_app.config["SMTP_HOST"], current_app.config["SMTP_PORT"], timeout=20
    )
    if current_app.config["SMTP_TLS"]:
        server.starttls()
    if current_app.config["SMTP_USER"]:
        server.login(current_app.config["SMTP_USER"], current_app.config["SMTP_PASSWORD"])
    return server


Thread = tuple[str, str, int | None]


def _thread(letter: Any) -> Thread:
    return letter.address, letter.about, letter.about_id


def _stuck(at: datetime) -> dict[Thread, int]:
    """The first letter of each thread that is not due yet: those after it wait too."""
    held = db.session.execute(
        select(LETTERS.c.address, LETTERS.c.about, LETTERS.c.about_id, func.min(LETTERS.c.id))
        .where(IS_OPEN, LETTERS.c.due_at > at)
        .group_by(LETTERS.c.address, LETTERS.c.about, LETTERS.c.about_id)
    )
    return {(address, about, about_id): first for address, about, about_id, first in held}


def _claim(*, after: int, at: datetime) -> Sequence[Any]:
    """Take the next letters for this process, in order; what another has taken is left alone."""
    claim = token_hex(16)
    with transaction():
        ids = select(LETTERS.c.id).where(waiting(at=at), LETTERS.c.id > after)
        ids = ids.order_by(LETTERS.c.id).limit(BATCH).with_for_update(skip_locked=True)
        taken = db.session.scalars(ids).all()
        if taken:
            db.session.execute(
                update(LETTERS).where(LETTERS.c.id.in_(taken)).values(claim=claim, claimed_at=at)
            )
    if not taken:
        return ()
    held = select(LETTERS).where(LETTERS.c.claim == claim).order_by(LETTERS.c.id)
    return db.session.execute(held).all()


def _hand_over(server: smtplib.SMTP, letter: Any, books: Connection, *, at: datetime) -> bool:
    """Give one letter to the server and store what it said."""
    values: dict[str, Any] = {"attempts": letter.attempts + 1, "claim": None}
    try:
        server.sendmail(_envelope_from(), [letter.address], compose(letter).as_bytes())
    except smtplib.SMTPServerDisconnected:
        raise
    except (smtplib.SMTPException, OSError, files.Damaged) as problem:
        wait = RETRY_AFTER[min(letter.attempts, len(RETRY_AFTER) - 1)]
        values |= {"answer": str(problem)[:500], "due_at": at + wait}
    else:
        values |= {"sent_at": at, "answer": "accepted"}
    with books.begin():
        books.execute(update(LETTERS).where(LETTERS.c.id == letter.id).values(values))
    return "sent_at" in values


def _envelope_from() -> str:
    return parseaddr(current_app.config["MAIL_FROM"])[1]


def _release(batch: Sequence[Any]) -> None:
    """Give back what was claimed and not handed over."""
    claims = {letter.claim for letter in batch}
    with transaction():
        db.session.execute(update(LETTERS).where(LETTERS.c.claim.in_(claims)).values(claim=None))


def _put_off(batch: Sequence[Any], why: str) -> None:
    with transaction():
        first = LETTERS.c.id == batch[0].id
        db.session.execute(
            update(LETTERS).where(first, LETTERS.c.sent_at.is_(None)).values(answer=why[:500])
        )
