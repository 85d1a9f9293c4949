"""Makes consultations in every state, with the verbs that people use."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.agendas import service as agendas
from portal.companies.models import Company
from portal.consultations import service
from portal.consultations.models import Attendance, Consultation, Delegate, Side
from portal.core.db import db, transaction

PLAN = {
    "title_ko": "정기 대면협의",
    "title_en": "Regular face-to-face consultation",
    "duration": 120,
    "venue": "Meeting room 3",
    "venue_country": "KR",
}
SEOUL = ZoneInfo("Asia/Seoul")


def wall(at: datetime, *, days: int = 10, hour: int = 14) -> datetime:
    """An hour on the clock in Seoul, some days later."""
    day = (at + timedelta(days=days)).astimezone(SEOUL)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0, tzinfo=None)


def drafted(company: Company, cast: Any, *, at: datetime, days: int = 10) -> Consultation:
    """A draft of the institution's."""
    with transaction():
        return service.save_draft(
            company, wall=wall(at, days=days), zone="Asia/Seoul",
            delegates=[cast.officer, cast.head], by=cast.officer.as_actor(), at=at, **PLAN,
        )  # fmt: skip


def scheduled(
    company: Company,
    cast: Any,
    *,
    at: datetime,
    days: int = 10,
    hour: int = 14,
    guests: tuple[str, ...] = (),
) -> Consultation:
    """A consultation on the books, both sides invited."""
    people = [cast.officer, cast.head, *(getattr(cast, guest) for guest in guests)]
    with transaction():
        return service.schedule(
            company, wall=wall(at, days=days, hour=hour), zone="Asia/Seoul", delegates=people,
            by=cast.officer.as_actor(), at=at, **PLAN,
        )  # fmt: skip


def published(company: Company, cast: Any, *, at: datetime, **plan: Any) -> Consultation:
    """Its agenda is out in version 1."""
    consultation = scheduled(company, cast, at=at, **plan)
    with transaction():
        agendas.publish(consultation, by=cast.officer.as_actor(), at=at)
    return consultation


def in_session(company: Company, cast: Any, *, at: datetime, **plan: Any) -> Consultation:
    """The two sides are at the table."""
    consultation = published(company, cast, at=at, **plan)
    with transaction():
        service.begin(consultation, by=cast.officer.as_actor(), at=consultation.starts_at)
    return consultation


def held(company: Company, cast: Any, *, at: datetime, **plan: Any) -> Consultation:
    """It was held; the first of each side was there."""
    consultation = in_session(company, cast, at=at, **plan)
    by, end = cast.officer.as_actor(), consultation.ends_at
    with transaction():
        service.record_attendance(
            consultation, dict.fromkeys(firsts(consultation), Attendance.PRESENT), by=by, at=end
        )
        service.hold(consultation, by=by, at=end)
    return consultation


def firsts(consultation: Consultation) -> list[int]:
    """The first delegate of each side, by number."""
    return [
        next(delegate.id for delegate in consultation.delegates if delegate.side is side)
        for side in Side
    ]


def delegate_of(consultation: Consultation, account: Any) -> Delegate:
    """How a person sits at a consultation."""
    return (
        db.session.query(Delegate)
        .filter_by(consultation_id=consultation.id, account_id=account.id)
        .one()
    )
