"""The story of the demo: what was published of the first consultations, then synthetic months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from portal.access.actor import OrganisationKind
from portal.accounts.models import Organisation
from portal.actions.models import ActionItem, ActionStatus, DueDate
from portal.agendas.models import AgendaItem, Disposition, ItemKind, ItemStatus
from portal.companies.models import Company
from portal.consultations.models import (
    Attendance,
    Consultation,
    ConsultationStatus,
    Delegate,
    Rsvp,
    Side,
)
from portal.core.db import db
from portal.core.outbox import Letter
from portal.demo import cards, checks, earlier, synthetic

WORKING_LEVEL = "https://m.sedaily.com/NewsViewAmp/2DEEM24PGW"
FIRST_TELEGRAM = "https://www.koreaherald.com/view.php?ud=20240929050177"
AGREED = "https://m.ajupress.com/view/20240930103845925"

# company, day, hour and minute at the venue; the hours were not published and are synthetic
PUBLISHED = (
    ("meta", (2024, 9, 24, 10, 0)),
    ("x", (2024, 9, 24, 15, 0)),
    ("google", (2024, 9, 25, 10, 0)),
    ("tiktok", (2024, 9, 25, 15, 0)),
)
FIVE_POINTS = (
    ("디지털 성범죄 영상물에 대한 무관용 원칙 적용", "Zero tolerance of digital sex crime content"),
    (
        "마약, 성매매, 도박 등 다른 불법정보에도 협력 확대",
        "Cooperation extended to drugs, prostitution and gambling",
    ),
    ("상시 연락을 위한 추가 핫라인 개설", "An additional hotline for constant contact"),
    ("정기 실무협의 개최", "Regular working-level meetings"),
    (
        "경찰청, 방송통신위원회와의 협의에 응할 것",
        "Consultation with the National Police Agency and the Communications Commission",
    ),
)


def steps(*, at: datetime) -> list[tuple[str, Callable[[], None]]]:
    """The steps of the story, in the order in which they happened."""
    return [
        ("the consultations of September 2024", published_consultations),
        *(
            (name, partial(step, at))
            for name, step in (*earlier.STEPS, *synthetic.STEPS, *checks.STEPS, *cards.STEPS)
        ),
        ("letters", partial(quiet_letters, at)),
    ]


def _institution() -> Organisation:
    return db.session.scalars(
        select(Organisation).where(Organisation.kind == OrganisationKind.INSTITUTION)
    ).one()


def published_consultations() -> None:
    """24 and 25 September with the four that have a Korean entity; 27 September with Telegram."""
    companies = {company.slug: company for company in db.session.scalars(select(Company))}
    for slug, wall in PUBLISHED:
        _held(
            companies[slug], datetime(*wall), "Asia/Seoul", "서울 / Seoul", "KR",
            WORKING_LEVEL, "실무협의", "Working-level meeting",
        )  # fmt: skip
    telegram = _held(
        companies["telegram"], datetime(2024, 9, 27, 10, 0), "UTC",
        "제3국 (비공개) / a third country (not published)", "ZZ",
        FIRST_TELEGRAM, "제1차 대면협의", "First face-to-face consultation",
    )  # fmt: skip
    _five_points(companies["telegram"], telegram)


def _held(
    company: Company,
    wall: datetime,
    zone: str,
    venue: str,
    country: str,
    source: str,
    title_ko: str,
    title_en: str,
) -> Consultation:
    starts_at = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    consultation = Consultation(
        company_id=company.id, year=2024, number=1, serial=f"{company.name_en} 2024-01",
        status=ConsultationStatus.CLOSED, title_ko=title_ko, title_en=title_en,
        starts_at=starts_at, ends_at=starts_at.replace(hour=starts_at.hour + 2), zone=zone,
        wall_time=wall.strftime("%Y-%m-%dT%H:%M"), venue=venue, venue_country=country,
        agenda_version=1, held_at=starts_at, source=source,
    )  # fmt: skip
    db.session.add(consultation)
    db.session.flush()
    institution = _institution()
    for side, organisation_id, name in (
        (Side.INSTITUTION, institution.id, "Liaison officer"),
        (Side.COMPANY, company.id, f"Representative, {company.name_en}"),
    ):
        db.session.add(
            Delegate(
                consultation_id=consultation.id, company_id=company.id, side=side,
                organisation_id=organisation_id, name=name, is_lead=True, can_bind=True,
                rsvp=Rsvp.ACCEPTED, attendance=Attendance.PRESENT,
            )
        )  # fmt: skip
    db.session.add(
        AgendaItem(
            consultation_id=consultation.id, company_id=company.id, position=1,
            kind=ItemKind.DISCUSSION, title_ko="성적 허위영상물 대응 협력",
            title_en="Cooperation against sexually explicit deepfakes", minutes_planned=120,
            proposed_by=Side.INSTITUTION, proposed_at=starts_at, status=ItemStatus.ACCEPTED,
            disposition=Disposition.DONE,
        )
    )  # fmt: skip
    db.session.flush()
    return consultation


def _five_points(telegram: Company, consultation: Consultation) -> None:
    """The five points published as agreed with Telegram, as action items.

    No due dates were published; the end of 2024 is synthetic, and so is when each was done.
    """
    due = datetime(2024, 12, 31, 14, 59, 59, tzinfo=UTC)
    for number, (text_ko, text_en) in enumerate(FIVE_POINTS, 1):
        item = ActionItem(
            company_id=telegram.id, number=f"Telegram A-2024-{number:03d}", text_ko=text_ko,
            text_en=text_en, owner=Side.COMPANY, owner_organisation_id=telegram.id,
            due_at=due, due_zone="Asia/Seoul", consultation_id=consultation.id,
            status=ActionStatus.VERIFIED if number in (1, 3, 4) else ActionStatus.IN_PROGRESS,
            agreed_at=consultation.starts_at, source=AGREED,
            done_at=datetime(2024, 11, 20, 5, 0, tzinfo=UTC) if number in (1, 3, 4) else None,
        )  # fmt: skip
        db.session.add(item)
        db.session.flush()
        db.session.add(
            DueDate(
                action_item_id=item.id, company_id=telegram.id, due_at=due, zone="Asia/Seoul",
                set_at=consultation.starts_at, set_by="", reason="Synthetic: none was published.",
            )
        )  # fmt: skip
    db.session.flush()


def quiet_letters(_at: datetime) -> None:
    """The letters of the story are history: they are kept to be read and never leave."""
    db.session.flush()
    db.session.execute(
        update(Letter).values(sent_at=Letter.written_at, answer="demonstration: not sent")
    )
