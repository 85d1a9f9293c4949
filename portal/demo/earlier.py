"""Consultations of some months ago with Telegram and X: what they agreed fell due in published months."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.access.actor import Actor
from portal.actions.models import ActionItem
from portal.agendas import service as agendas
from portal.consultations import service as consultations
from portal.consultations.models import Side
from portal.core.db import db
from portal.demo.synthetic import (
    ACTION,
    DECISION,
    Players,
    Topic,
    adopt,
    agree_agenda,
    hold,
    release,
    schedule,
    wall,
)
from portal.responses import service as responses

DAY = timedelta(days=1)
TOPICS = (
    Topic(
        "삭제 결과의 통보",
        "Notice of what was removed",
        "위원회는 삭제 결과가 요청번호 없이 통보되어 대조할 수 없었던 사례를 들었다. "
        "사업자는 요청번호별로 통보하겠다고 밝혔다.",
        "The commission named cases in which the notice bore no request number and could not be "
        "matched. The company said that it will name the number of each request.",
        (
            (DECISION, "삭제 결과는 요청번호별로 통보한다.",
             "What was removed is told by request number.", None, 0),
            (ACTION, "삭제 결과를 요청번호별로 통보하기 시작한다.",
             "Begin to tell by request number what was removed.", Side.COMPANY, 14),
            (ACTION, "요청번호 체계를 설명하는 문서를 보낸다.",
             "Send the document that explains the request numbers.", Side.INSTITUTION, 12),
        ),
    ),
    Topic(
        "한국어 신고 양식",
        "A reporting form in Korean",
        "사업자는 신고 양식의 한국어 번역 일정을 설명하였다.",
        "The company explained when its reporting form will be there in Korean.",
        (
            (ACTION, "한국어 신고 양식을 공개한다.",
             "Publish the reporting form in Korean.", Side.COMPANY, 24),
        ),
    ),
    Topic(
        "다시 게시하는 계정",
        "Accounts that post again",
        "양측은 같은 계정이 되풀이하여 게시하는 경우의 조치를 논의하였다.",
        "Both sides discussed what is done about accounts that post again.",
        (
            (ACTION, "되풀이하여 게시하는 계정에 대한 조치 기준을 서면으로 알린다.",
             "Say in writing what is done about accounts that post again.", Side.COMPANY, 30),
        ),
    ),
)  # fmt: skip


def telegram(at: datetime) -> None:
    """Everything was done, one thing late."""
    _held(Players(), "telegram", wall(at, -128, 15), {"reporting form": 5}, at)


def x(at: datetime) -> None:
    """Moved by the company; one thing was done late, one is open, and the commission was late too."""
    players = Players()
    _held(
        players, "x", wall(at, -97, 10), {"by request number": 9, "explains": 3, "in writing": None},
        at, moved_from=wall(at, -103, 10),
    )  # fmt: skip


def _held(
    players: Players,
    slug: str,
    when: datetime,
    late: dict[str, int | None],
    at: datetime,
    *,
    moved_from: datetime | None = None,
) -> None:
    """Held, adopted, closed. `late` says of a promise, by its words, the days; None: not done."""
    speaker, officer = players.speaker(slug), players.officer.as_actor()
    if speaker is None:
        raise LookupError(f"Nobody in the demo speaks for {slug}.")
    consultation = schedule(players, slug, moved_from or when, at=at)
    if moved_from is not None:
        asked_at = consultation.starts_at - 8 * DAY
        consultations.postpone(
            consultation, side=Side.COMPANY, reason="출장 일정 변경 / The delegation travels later",
            by=speaker, at=asked_at,
        )  # fmt: skip
        consultations.reschedule(
            consultation,
            wall=when,
            zone=consultation.zone,
            duration=120,
            by=officer,
            at=asked_at + DAY,
        )
    agree_agenda(players, consultation, slug, consultation.starts_at - 6 * DAY, TOPICS)
    minutes = hold(players, consultation, slug, TOPICS)
    release(players, minutes, consultation.ends_at + DAY)
    adopt(players, minutes, slug, consultation.ends_at + 4 * DAY, is_printed_later=True)
    agendas.close(consultation, by=officer, at=consultation.ends_at + 5 * DAY)
    for item in db.session.scalars(
        select(ActionItem)
        .where(ActionItem.consultation_id == consultation.id)
        .order_by(ActionItem.id)
    ):
        days = next((days for words, days in late.items() if words in item.text_en), -2)
        if days is not None:
            _done(item, speaker, officer, item.due_at + days * DAY)


def _done(item: ActionItem, speaker: Actor, officer: Actor, at: datetime) -> None:
    owner, other = (
        (speaker, officer) if item.owner is Side.COMPANY else (officer, speaker)
    )  # fmt: skip
    report = responses.report_done(
        item, text="완료하였습니다. / Done.", evidence=[f"https://evidence.example/{item.id}"],
        by=owner, at=at,
    )  # fmt: skip
    responses.verify(report, by=other, at=at + DAY)


STEPS = (
    ("earlier consultations with Telegram", telegram),
    ("earlier consultations with X", x),
)
