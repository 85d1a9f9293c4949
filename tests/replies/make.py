"""Mails as calendar programs send them."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

from portal.consultations.models import Consultation
from portal.core.db import db
from portal.replies import jobs
from portal.replies.mailbox import LARGEST, Incoming
from portal.replies.models import Message


def stamp(at: datetime) -> str:
    """An instant as RFC 5545 writes it."""
    return at.strftime("%Y%m%dT%H%M%SZ")


def event(
    consultation: Consultation,
    address: str,
    word: str = "ACCEPTED",
    *,
    at: datetime,
    method: str = "REPLY",
    sequence: int | None = None,
    uid: str | None = None,
    starts_at: datetime | None = None,
    more: str = "",
) -> str:
    """The calendar part of an answer."""
    start = starts_at or consultation.starts_at
    end = start + (consultation.ends_at - consultation.starts_at)
    lines = [
        "BEGIN:VCALENDAR", "PRODID:-//A calendar program//EN", "VERSION:2.0", f"METHOD:{method}",
        "BEGIN:VEVENT", f"UID:{uid or consultation.uid}",
        f"SEQUENCE:{consultation.sequence if sequence is None else sequence}",
        f"DTSTAMP:{stamp(at)}", f"DTSTART:{stamp(start)}", f"DTEND:{stamp(end)}",
        "ORGANIZER:mailto:portal@kcsc.example",
        f"ATTENDEE;PARTSTAT={word};CN=Somebody:mailto:{address}",
        *more.splitlines(), "SUMMARY:Consultation", "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    return "\r\n".join(lines)


def mail(
    sender: str,
    calendar: str | None,
    *,
    label: str = "REPLY",
    text: str = "I come. 참석합니다.",
    subject: str = "Accepted: Consultation",
    headers: dict[str, str] | None = None,
) -> bytes:
    """A mail with a calendar part, as RFC 6047 wants it."""
    message = EmailMessage()
    message["From"] = f"Somebody <{sender}>"
    message["To"] = "portal@kcsc.example"
    message["Subject"] = subject
    message["Message-ID"] = make_msgid(domain="mail.example")
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(text)
    if calendar is not None:
        message.add_alternative(calendar, subtype="calendar", params={"method": label})
    return message.as_bytes()


def arrives(raw: bytes, *, at: datetime, size: int | None = None) -> Message | None:
    """Take a mail in as the job does; the newest message, None if it made none."""
    before = {number for (number,) in db.session.query(Message.id)}
    db.session.rollback()
    size = len(raw) if size is None else size
    incoming = Incoming(raw=raw, size=size, is_whole=size <= LARGEST, received_at=at)
    jobs.take_in(incoming, at=at)
    made = [one for one in db.session.query(Message).order_by(Message.id) if one.id not in before]
    return made[-1] if made else None


def answers(
    consultation: Consultation, account: Any, word: str = "ACCEPTED", *, at: datetime, **more: Any
) -> Message | None:
    """A delegate answers from their own address."""
    return arrives(
        mail(account.email, event(consultation, account.email, word, at=at, **more)), at=at
    )


MINUTE = timedelta(minutes=1)
