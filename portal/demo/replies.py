"""Mails of the demo: one that is clear, one that proposes a time, two that an officer looks at."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import select

from portal.accounts import queries as accounts
from portal.consultations.models import Consultation, ConsultationStatus
from portal.core.db import db
from portal.core.secrets import new_secret
from portal.feeds.models import Feed
from portal.replies import service

OPEN = (ConsultationStatus.SCHEDULED, ConsultationStatus.AGENDA_PUBLISHED)


def load(*, at: datetime) -> None:
    """Take the mails in as they came in the last two days, and give two people a feed."""
    telegram, x = (_next(slug, at) for slug in ("telegram", "x"))
    start = telegram.starts_at + timedelta(days=1)
    mails = (
        (40, "rep@telegram.example", "Accepted: Consultation", "[Synthetic]",
         _answer(telegram, "rep@telegram.example", "ACCEPTED", at - timedelta(hours=41))),
        (30, "admin@telegram.example", "Re: 협의 초대", "[가상] 통역을 한 명 데려가도 됩니까?", ""),
        (20, "rep@telegram.example", "New time proposed: Consultation",
         "[Synthetic] Our lead lands in the evening. Could it be a day later?",
         _answer(telegram, "rep@telegram.example", "TENTATIVE", at - timedelta(hours=21),
                 method="COUNTER", start=start)),
        (5, "somebody@mail.example", "Declined: Consultation", "[Synthetic]",
         _answer(x, "rep@x.example", "DECLINED", at - timedelta(hours=6))),
    )  # fmt: skip
    for hours, sender, subject, text, calendar in mails:
        raw = _mail(sender, subject, text, calendar)
        when = at - timedelta(hours=hours)
        service.take_in(service.Arrival(raw, len(raw), is_whole=True, received_at=when), at=at)
    for email, name, program in (
        ("officer@kcsc.example", "Outlook", "Microsoft Office/16.0"),
        ("rep@telegram.example", "Phone", "iOS/26.1 dataaccessd/1.0"),
    ):
        account = accounts.by_email(email)
        if account is not None:
            db.session.add(
                Feed(
                    account_id=account.id, name=name, secret_hash=new_secret()[1],
                    created_at=at - timedelta(days=30), used_at=at - timedelta(minutes=50),
                    used_by=program,
                )
            )  # fmt: skip


def _next(slug: str, at: datetime) -> Consultation:
    return db.session.scalars(
        select(Consultation)
        .where(
            Consultation.company.has(slug=slug),
            Consultation.status.in_(OPEN),
            Consultation.starts_at > at,
        )
        .order_by(Consultation.starts_at)
        .limit(1)
    ).one()


def _answer(
    about: Consultation, address: str, word: str, at: datetime, *, method: str = "REPLY",
    start: datetime | None = None,
) -> str:  # fmt: skip
    start = start or about.starts_at
    times = [moment.strftime("%Y%m%dT%H%M%SZ")
             for moment in (at, start, start + (about.ends_at - about.starts_at))]  # fmt: skip
    return "\r\n".join((
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Synthetic//EN", f"METHOD:{method}",
        "BEGIN:VEVENT", f"UID:{about.uid}", f"SEQUENCE:{about.sequence}", f"DTSTAMP:{times[0]}",
        f"DTSTART:{times[1]}", f"DTEND:{times[2]}",
        f"ATTENDEE;PARTSTAT={word}:mailto:{address}", "END:VEVENT", "END:VCALENDAR", "",
    ))  # fmt: skip


def _mail(sender: str, subject: str, text: str, calendar: str) -> bytes:
    message = EmailMessage()
    message["From"], message["Subject"] = sender, subject
    message["Message-ID"] = f"<{len(subject)}.{len(calendar)}@mail.example>"
    message.set_content(text)
    if calendar:
        method = "COUNTER" if "METHOD:COUNTER" in calendar else "REPLY"
        message.add_alternative(calendar, subtype="calendar", params={"method": method})
    return message.as_bytes()
