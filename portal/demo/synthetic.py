"""Synthetic consultations around today, made with the same verbs that people use.

Between them they show every state: adopted and disputed minutes, kept, late and returned promises,
a cancelled and a postponed consultation, an agenda both sides work on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.access.actor import Actor
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.actions import service as actions
from portal.actions.models import ActionItem
from portal.agendas import document as agenda_document
from portal.agendas import queries as agenda_queries
from portal.agendas import service as agendas
from portal.agendas.models import Disposition, ItemKind
from portal.companies.models import Company, Platform
from portal.consultations import service as consultations
from portal.consultations.models import Attendance, Consultation, Rsvp, Side
from portal.core.clock import SEOUL, local_date
from portal.core.db import db
from portal.errata import service as errata
from portal.hotline import service as hotline
from portal.hotline.models import Channel
from portal.minutes import drafting, outcomes
from portal.minutes import service as minutes_service
from portal.minutes.corrections import Correction
from portal.minutes.models import AnswerKind, Minutes, OutcomeKind
from portal.minutes.outcomes import OutcomeText
from portal.minutes.service import Answer
from portal.minutes.targets import TypedTarget
from portal.removal_requests import service as requests
from portal.responses import service as responses


@dataclass(frozen=True, slots=True)
class Topic:
    """An agenda item with what was said and agreed on it."""

    title_ko: str
    title_en: str
    said_ko: str
    said_en: str
    outcomes: tuple[tuple[OutcomeKind, str, str, Side | None, int], ...] = ()


DECISION, ACTION, INFO = OutcomeKind.DECISION, OutcomeKind.ACTION_ITEM, OutcomeKind.INFORMATION
TOPICS = (
    Topic(
        "삭제요청 처리 시간",
        "Time to act on removal requests",
        "위원회는 지난달 요청 가운데 24시간을 넘긴 건의 목록을 제시하였다. 사업자는 야간 담당 인력을 "
        "보강하겠다고 밝혔다. 양측은 접수 확인이 답변이 아니라는 점을 다시 확인하였다.",
        "The commission presented the list of last month's requests that took more than 24 hours. The "
        "company said that it will strengthen its night shift. Both sides confirmed again that an "
        "acknowledgement is not an answer.",
        (
            (DECISION, "접수 확인은 실질적 답변으로 세지 않는다.",
             "An acknowledgement does not count as a substantive answer.", None, 0),
            (ACTION, "야간(한국시간 22시부터 07시까지) 처리 담당자를 지정하고 연락처를 알린다.",
             "Name a duty contact for the night (22:00 to 07:00 Korean time) and give the address.",
             Side.COMPANY, 14),
            (ACTION, "24시간을 넘긴 요청의 원인을 건별로 정리하여 제출한다.",
             "Submit the cause of each request that took more than 24 hours.", Side.COMPANY, 21),
        ),
    ),
    Topic(
        "재게시 차단",
        "Keeping removed content from returning",
        "사업자는 해시 대조 범위를 설명하였다. 위원회는 재게시 표본을 7일 뒤 다시 확인한다는 방법을 설명하였다.",
        "The company explained the reach of its hash matching. The commission explained that a sample "
        "is rechecked after seven days.",
        (
            (INFO, "사업자의 해시 대조는 공개 게시물에 적용된다.",
             "The company's hash matching covers public posts.", None, 0),
            (ACTION, "초대 전용 채널로 해시 대조를 넓히는 일정을 제시한다.",
             "Present a schedule for extending hash matching to invite-only channels.",
             Side.COMPANY, 30),
        ),
    ),
    Topic(
        "요청 양식과 전달 경로",
        "Form and channel of requests",
        "위원회는 요청번호와 참조를 한 파일로 보내기로 하였다.",
        "The commission will send request numbers and references in one file.",
        (
            (ACTION, "요청 파일 형식의 설명서를 영문으로 보낸다.",
             "Send the description of the request file in English.", Side.INSTITUTION, 10),
        ),
    ),
)  # fmt: skip


MEASURED = "Name a duty contact for the night"
"""The promise of the topics that is measured besides."""


def ninety_per_cent(at: datetime) -> TypedTarget:
    """What the night shift is to achieve, from the day of the agreement on."""
    return TypedTarget("answered", share="90", hours=24, from_on=local_date(at))


class Players:
    """The demo's people, as those who act."""

    def __init__(self) -> None:
        self.officer = self.account("officer@kcsc.example")
        self.head = self.account("head@kcsc.example")
        self.agency = self.account("agency@centre.example")
        self.companies = {c.slug: c for c in db.session.scalars(select(Company))}

    @staticmethod
    def account(email: str) -> Account:
        found = accounts.by_email(email)
        if found is None:
            raise LookupError(f"The demo has no account {email}.")
        return found

    def speaker(self, slug: str) -> Actor | None:
        """Who speaks for a company, if it has an account in the demo."""
        account = accounts.by_email(f"rep@{slug}.example")
        return account.as_actor() if account else None


def wall(at: datetime, days: int, hour: int = 10) -> datetime:
    """A working day some days from now on the wall clock in Seoul."""
    day = (at + timedelta(days=days)).astimezone(SEOUL).replace(tzinfo=None)
    while day.weekday() > 4:
        day += timedelta(days=1 if days >= 0 else -1)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def schedule(
    players: Players, slug: str, when: datetime, *, at: datetime, **more: Any
) -> Consultation:
    """A consultation scheduled three weeks ahead, as it would have been."""
    values: dict[str, Any] = {
        "title_ko": "정기 대면협의",
        "title_en": "Regular face-to-face consultation",
        "duration": 120,
        "zone": "Asia/Seoul",
        "venue": "방송회관 회의실 (서울 양천구) / Meeting room, Broadcasting Centre, Seoul",
        "venue_country": "KR",
    } | more
    made_at = min(at, when.replace(tzinfo=SEOUL) - timedelta(days=21))
    made = consultations.schedule(
        players.companies[slug], wall=when, delegates=[players.officer, players.head],
        by=players.officer.as_actor(), at=made_at, **values,
    )  # fmt: skip
    made.is_synthetic = True
    db.session.flush()
    return made


def agree_agenda(
    players: Players,
    consultation: Consultation,
    slug: str,
    at: datetime,
    topics: tuple[Topic, ...] = TOPICS,
) -> None:
    """Both sides put items on the agenda, each accepts the other's, it is published."""
    officer = players.officer.as_actor()
    speaker = players.speaker(slug)
    agendas.open_agenda(consultation, by=officer, at=at)
    for index, topic in enumerate(topics):
        by_company = speaker is not None and index == 1
        proposer = speaker if by_company and speaker else officer
        item = agendas.propose(
            consultation, kind=ItemKind.DISCUSSION, title_ko=topic.title_ko,
            title_en=topic.title_en, presenter="", minutes_planned=30, by=proposer, at=at,
        )  # fmt: skip
        if speaker is not None:
            agendas.accept(item, by=officer if by_company else speaker, at=at)
        elif item.status.value == "proposed":
            item.move(type(item.status).ACCEPTED)
    version = agendas.publish(consultation, by=officer, at=at)
    if consultation.starts_at > at + timedelta(days=6):
        # The coming ones as people hold them in hand.
        agenda_document.keep(version, consultation, at=at)


def hold(
    players: Players,
    consultation: Consultation,
    slug: str,
    topics: tuple[Topic, ...] = TOPICS,
) -> Minutes:
    """The session itself: attendance, dispositions, the draft of the minutes."""
    officer = players.officer.as_actor()
    start, end = consultation.starts_at, consultation.ends_at
    speaker = players.speaker(slug)
    if not any(delegate.side is Side.COMPANY for delegate in consultation.delegates):
        consultations.add_delegate(
            consultation, name=f"Representative, {players.companies[slug].name_en}",
            title="", by=speaker or _company_voice(players.companies[slug]),
            at=start - timedelta(days=3),
        )  # fmt: skip
    for delegate in consultation.delegates:
        delegate.rsvp = Rsvp.ACCEPTED
    consultations.begin(consultation, by=officer, at=start)
    there = {delegate.id: Attendance.PRESENT for delegate in consultation.delegates}
    consultations.record_attendance(consultation, there, by=officer, at=start)
    minutes = drafting.open_minutes(consultation, by=officer, at=start)
    consultations.hold(consultation, by=officer, at=end)
    for item in agenda_queries.items_of(consultation.id):
        agendas.dispose(item, Disposition.DONE, by=officer, at=end)
    write(minutes, officer, end, topics)
    return minutes


def _company_voice(company: Company) -> Actor:
    """A company without an account in the demo still sends people."""
    from portal.access.actor import OrganisationKind, Role

    return Actor(None, company.id, OrganisationKind.COMPANY, Role.REPRESENTATIVE,
                 f"Representative, {company.name_en}")  # fmt: skip


def write(minutes: Minutes, officer: Actor, at: datetime, topics: tuple[Topic, ...]) -> None:
    """What was said and agreed, item by item."""
    said = {topic.title_en: topic for topic in topics}
    for item in minutes.items:
        topic = said.get(item.title_en)
        ko = topic.said_ko if topic else "이견이 없었다."
        en = topic.said_en if topic else "There were no objections."
        drafting.save_item(
            item, edition=item.edition, discussion_ko=ko, discussion_en=en, by=officer, at=at
        )
        for kind, text_ko, text_en, owner, days in topic.outcomes if topic else ():
            due = wall(at, days, 18) if owner else None
            outcomes.add_outcome(
                item,
                OutcomeText(
                    kind, text_ko, text_en, owner, due, "Asia/Seoul" if owner else None,
                    target=ninety_per_cent(at) if text_en.startswith(MEASURED) else None,
                ),
                by=officer, at=at,
            )  # fmt: skip


def release(players: Players, minutes: Minutes, at: datetime) -> None:
    """Through internal review to the company."""
    minutes_service.submit_for_review(minutes, by=players.officer.as_actor(), at=at)
    minutes_service.release(minutes, by=players.head.as_actor(), at=at + timedelta(hours=20))


def adopt(
    players: Players, minutes: Minutes, slug: str, at: datetime, *, is_printed_later: bool = False
) -> None:
    """The company agrees to every item and both sides accept the same text."""
    speaker = players.speaker(slug)
    if speaker is None:
        raise LookupError(f"Nobody in the demo speaks for {slug}.")
    agree = [Answer(item.id, AnswerKind.AGREE) for item in minutes.items]
    minutes_service.answer(minutes, agree, revision=minutes.revision, by=speaker, at=at)
    minutes_service.reconcile(minutes, by=players.officer.as_actor(), at=at + timedelta(hours=1))
    for by in (players.head.as_actor(), speaker):
        actions.accept_minutes(
            minutes, content_hash=minutes.content_hash or "", by=by, at=at + timedelta(hours=2)
        )
    if not is_printed_later:
        minutes_service.print_adopted(minutes)


def telegram(at: datetime) -> None:
    """One adopted with its promises in every state, one with the company, one to come."""
    players = Players()
    past = schedule(players, "telegram", wall(at, -55, 14), at=at)
    agree_agenda(players, past, "telegram", past.starts_at - timedelta(days=5))
    minutes = hold(players, past, "telegram")
    release(players, minutes, past.ends_at + timedelta(days=1))
    adopt(players, minutes, "telegram", past.ends_at + timedelta(days=4))
    agendas.close(past, by=players.officer.as_actor(), at=past.ends_at + timedelta(days=5))
    promises(players, past, at)
    correct(players, minutes, past.ends_at + timedelta(days=12))

    recent = schedule(
        players, "telegram", wall(at, -9, 15), at=at, zone="Asia/Singapore",
        venue="싱가포르 회의장 / Conference venue, Singapore", venue_country="SG",
    )  # fmt: skip
    agree_agenda(players, recent, "telegram", recent.starts_at - timedelta(days=5))
    release(players, hold(players, recent, "telegram"), recent.ends_at + timedelta(days=2))

    coming = schedule(players, "telegram", wall(at, 17, 14), at=at)
    agree_agenda(players, coming, "telegram", at - timedelta(days=1))
    agendas.propose(
        coming, kind=ItemKind.DISCUSSION, title_ko="초대 전용 채널의 신고 절차",
        title_en="Reports from invite-only channels", presenter="", minutes_planned=20,
        by=players.speaker("telegram") or players.officer.as_actor(), at=at - timedelta(hours=3),
    )  # fmt: skip
    consultations.add_delegate(
        coming, account=players.agency, by=players.officer.as_actor(), at=at - timedelta(days=1)
    )


def correct(players: Players, minutes: Minutes, at: datetime) -> None:
    """The company finds a word wrong: an erratum that both sides accepted, and a second proposed."""
    speaker = players.speaker("telegram")
    if speaker is None:
        return
    first = errata.propose(
        minutes,
        [Correction(_place(minutes, "hash matching"), "covers public posts",
                    "covers public posts and public channels",
                    "The company had said both; the note taker heard one."),
         Correction(_place(minutes, "hash matching"), "공개 게시물에 적용된다",
                    "공개 게시물과 공개 채널에 적용된다",
                    "사업자는 둘 다 말하였으나 하나만 기록되었다.")],
        by=speaker, at=at,
    )  # fmt: skip
    for by in (speaker, players.head.as_actor()):
        errata.accept(first, content_hash=first.content_hash, by=by, at=at + timedelta(hours=3))
    minutes_service.print_adopted(minutes)
    errata.propose(
        minutes,
        [Correction(_place(minutes, "one file"), "request numbers and references",
                    "request numbers, references and times of issue",
                    "The times were part of what was agreed.")],
        by=speaker, at=at + timedelta(days=20),
    )  # fmt: skip


def _place(minutes: Minutes, words: str) -> int:
    """The number of the item in which words stand."""
    return next(
        item.position
        for item in minutes.items
        if words in item.discussion_en or any(words in one.text_en for one in item.outcomes)
    )


def promises(players: Players, past: Consultation, at: datetime) -> None:
    """Kept in time, kept late, returned: what became of what was agreed."""
    owed = db.session.scalars(
        select(ActionItem).where(ActionItem.consultation_id == past.id).order_by(ActionItem.id)
    ).all()
    speaker = players.speaker("telegram")
    if speaker is None:
        return
    officer = players.officer.as_actor()
    night, causes, hashes, manual = owed
    link = "https://evidence.example/night-contact"
    report = responses.report_done(
        night, text="The duty contact is named; the address was mailed.", evidence=[link],
        by=speaker, at=night.due_at - timedelta(days=2),
    )  # fmt: skip
    responses.verify(report, by=officer, at=night.due_at - timedelta(days=1))
    report = responses.report_done(
        causes, text="The causes are listed in the attached table.",
        evidence=[("causes.csv", b"request_no,cause\n1,night shift\n")],
        by=speaker, at=causes.due_at + timedelta(days=3, hours=2),
    )  # fmt: skip
    responses.verify(report, by=officer, at=causes.due_at + timedelta(days=4))
    report = responses.report_done(
        hashes, text="A schedule will follow.", evidence=["https://evidence.example/schedule"],
        by=speaker, at=hashes.due_at - timedelta(days=1),
    )  # fmt: skip
    responses.return_(
        report, reason="The link shows no dates. Name the month in which each step is finished.",
        by=officer, at=min(at, hashes.due_at),
    )  # fmt: skip
    report = responses.report_done(
        manual, text="영문 설명서를 보냈습니다.", evidence=["https://evidence.example/manual"],
        by=officer, at=manual.due_at - timedelta(days=1),
    )  # fmt: skip
    responses.verify(report, by=speaker, at=manual.due_at)


def x(at: datetime) -> None:
    """One reconciled with a disagreement, one cancelled, one to come."""
    players = Players()
    past = schedule(players, "x", wall(at, -30, 10), at=at)
    agree_agenda(players, past, "x", past.starts_at - timedelta(days=5))
    minutes = hold(players, past, "x")
    release(players, minutes, past.ends_at + timedelta(days=1))
    speaker = players.speaker("x")
    if speaker is not None:
        answers = [Answer(item.id, AnswerKind.AGREE) for item in minutes.items]
        answers[1] = Answer(
            minutes.items[1].id, AnswerKind.DISAGREE,
            reason="The company did not commit to a schedule; it will study the question.",
        )  # fmt: skip
        when = past.ends_at + timedelta(days=5)
        minutes_service.answer(minutes, answers, revision=minutes.revision, by=speaker, at=when)
        minutes_service.reconcile(minutes, by=players.officer.as_actor(), at=when)
    gone = schedule(players, "x", wall(at, -12, 10), at=at)
    consultations.cancel(
        gone, side=Side.COMPANY, reason="The company's delegation could not travel.",
        by=speaker or players.officer.as_actor(), at=gone.starts_at - timedelta(hours=40),
    )  # fmt: skip
    schedule(players, "x", wall(at, 24, 10), at=at)


def others(at: datetime) -> None:
    """Drafts, reviews, a postponed one, and dates to come for the other companies."""
    players = Players()
    officer = players.officer.as_actor()
    tiktok = schedule(players, "tiktok", wall(at, -6, 10), at=at)
    agree_agenda(players, tiktok, "tiktok", tiktok.starts_at - timedelta(days=5))
    minutes = hold(players, tiktok, "tiktok")
    minutes_service.submit_for_review(minutes, by=officer, at=tiktok.ends_at + timedelta(days=1))
    meta = schedule(players, "meta", wall(at, 9, 10), at=at)
    agree_agenda(players, meta, "meta", at - timedelta(days=2))
    google = schedule(players, "google", wall(at, 4, 15), at=at)
    consultations.postpone(
        google, side=Side.INSTITUTION, reason="국회 일정과 겹침 / Clash with a parliamentary hearing",
        by=officer, at=at - timedelta(days=1),
    )  # fmt: skip
    schedule(players, "pinterest", wall(at, 38, 16), at=at)
    consultations.save_draft(
        players.companies["wix"], title_ko="제1차 대면협의", title_en="First face-to-face consultation",
        wall=wall(at, 50, 16), duration=90, zone="Asia/Seoul", venue="서울 / Seoul",
        venue_country="KR", delegates=[players.officer], by=officer, at=at,
    )  # fmt: skip


def calls(at: datetime) -> None:
    """Three calls to the hotline: one of them is handed over, the others wait."""
    operator = Players.account("operator@kcsc.example").as_actor()
    platforms = {p.slug: p for p in db.session.scalars(select(Platform))}
    for number, (slug, channel, hours, is_minor) in enumerate(
        (
            ("telegram", Channel.PHONE, 26, False),
            ("x", Channel.WEB, 5, True),
            ("instagram", Channel.PHONE, 1, False),
        )
    ):
        intake, _secret = hotline.record_intake(
            platforms[slug], channel=channel, is_minor_involved=is_minor,
            reference=f"https://content.example/{slug}/call-{number}",
            by=operator, at=at - timedelta(hours=hours),
        )  # fmt: skip
        if number == 0:
            requests.hand_over(intake, by=operator, at=at - timedelta(hours=hours - 1))


STEPS = (
    ("consultations with Telegram", telegram),
    ("consultations with X", x),
    ("consultations with others", others),
    ("hotline", calls),
)
