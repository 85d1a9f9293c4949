"""Scorecards and monthly reports of the demo: computed from its rows like any other, never typed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.access.actor import CLOCK
from portal.companies.models import Company
from portal.core.db import db
from portal.demo.months import newest_followed, published
from portal.demo.synthetic import Players
from portal.methodology import service as methodology
from portal.methodology.cohort import freeze_instant
from portal.reports import service as reports
from portal.scorecards import service as scorecards
from portal.scorecards.models import MonthStep, MonthStepKind, Scorecard

WITH_COMPANY = ("telegram", "x", "meta")
COMMENTS = {
    (
        "telegram",
        3,
    ): "야간에 접수된 요청은 다음 날 아침에야 처리되었습니다. 담당 인력을 늘리고 있습니다.",
    ("telegram", 1): (
        "The night shift was strengthened in the middle of the month; the figures of the second half "
        "show it. 요청 파일의 참조 형식이 바뀐 날에는 접수가 늦어졌습니다."
    ),
    ("telegram", 0): "The duty contact for the night now answers within the hour.",
    ("x", 1): (
        "We do not agree that a refusal with a stated reason counts like silence for R2. Our reviewers "
        "found no violation of our terms in these cases."
    ),
    ("x", 0): "We repeat what we said of the month before about refusals with a stated reason.",
}
"""What a company says of a card, by how many months that is before the newest one."""
DAY = timedelta(days=1)


def publish(at: datetime) -> None:
    """The months before the newest: every company has replied or let its time pass; published."""
    methodology.ensure_version(by=CLOCK, at=at)
    months = published(at)
    for back, month in zip(range(len(months), 0, -1), months, strict=True):
        _publish(Players(), month, back)


def _publish(players: Players, month: str, back: int) -> None:
    computed = freeze_instant(month) + DAY
    head = players.head.as_actor()
    cards = [
        card
        for company in _companies()
        if (card := _drafted(players, company, month, computed)) is not None
    ]
    for card in cards:
        _send(players, card, back, computed)
    closed = _over(cards, computed)
    for card in cards:
        # Printing all of them would take longer than all the rest: it is done when one is opened, or by
        # the clock once the portal runs.
        scorecards.freeze(card, by=head, at=closed)
    for card in cards:  # once all are frozen: the commission's copy ranks each among the others
        scorecards.publish(card, by=head, at=closed + DAY)


def _over(cards: Iterable[Scorecard], computed: datetime) -> datetime:
    """When the time for replies to all these cards is over."""
    return max(card.reply_due_at or computed for card in cards) + timedelta(hours=10)


def let_reply(at: datetime) -> None:
    """The newest month: some cards are with their companies, the others are drafts."""
    players = Players()
    month = newest_followed(at)
    computed = min(freeze_instant(month) + DAY, at)
    for company in _companies():
        is_sent = company.slug in WITH_COMPANY
        card = _drafted(
            players, company, month, max(computed, at - 3 * DAY) if is_sent else computed
        )
        if card is not None and is_sent:
            _send(players, card, 0, max(computed, at - 3 * DAY))


def _companies() -> list[Company]:
    return list(db.session.scalars(select(Company).order_by(Company.id)))


def _drafted(players: Players, company: Company, month: str, at: datetime) -> Scorecard | None:
    """The card of a month; where nothing was asked there is none, and that is noted as by the clock."""
    try:
        return scorecards.draft(company, month, by=players.officer.as_actor(), at=at)
    except scorecards.NothingToAssess:
        db.session.add(
            MonthStep(
                month=month, kind=MonthStepKind.CLOSE, company_id=company.id, is_empty=True,
                tried_at=at,
            )
        )  # fmt: skip
        return None


def _send(players: Players, card: Scorecard, back: int, at: datetime) -> None:
    scorecards.send(card, by=players.head.as_actor(), at=at)
    slug = card.company.slug
    speaker, text = players.speaker(slug), COMMENTS.get((slug, back))
    if speaker is not None and text is not None:
        scorecards.comment(card, text, by=speaker, at=at + timedelta(hours=1))


def report(at: datetime) -> None:
    """The reports of the published months are released, the newest waits for the head of team."""
    head = Players().head.as_actor()
    for month in (*published(at), newest_followed(at)):
        made_at = min(at, freeze_instant(month) + 12 * DAY)
        made = reports.make(month, by=CLOCK, at=made_at)
        if month != newest_followed(at):
            reports.release(made, by=head, at=made_at + DAY, is_printed_later=True)


STEPS = (
    ("scorecards published", publish),
    ("scorecards with the companies", let_reply),
    ("monthly reports", report),
)
