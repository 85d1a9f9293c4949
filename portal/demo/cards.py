"""Scorecards and monthly reports of the demo: computed from its rows like any other, never typed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from portal.access.actor import CLOCK
from portal.companies.models import Company
from portal.core.calendar import month_of, next_month
from portal.core.db import db
from portal.demo.synthetic import Players
from portal.methodology import service as methodology
from portal.methodology.score import freeze_instant
from portal.reports import service as reports
from portal.scorecards import service as scorecards
from portal.scorecards.models import Scorecard

WITH_COMPANY = ("telegram", "x", "meta")
COMMENTS = {
    "telegram": (
        "The night shift was strengthened in the middle of the month; the figures of the second half "
        "show it. 요청 파일의 참조 형식이 바뀐 날에는 접수가 늦어졌습니다."
    ),
    "x": (
        "We do not agree that a refusal with a stated reason counts like silence for R2. Our reviewers "
        "found no violation of our terms in these cases."
    ),
}
DAY = timedelta(days=1)


def newest_followed(at: datetime) -> str:
    """The newest month whose last request has been followed to the horizon."""
    month = next_month(month_of(at), -1)
    while freeze_instant(month) > at - DAY:
        month = next_month(month, -1)
    return month


def publish(at: datetime) -> None:
    """The month before the newest: every company has replied or let its time pass; published."""
    players = Players()
    methodology.ensure_version(by=CLOCK, at=at)
    month = next_month(newest_followed(at), -1)
    computed = freeze_instant(month) + DAY
    head = players.head.as_actor()
    cards = [_send(players, company, month, computed) for company in _companies()]
    closed = max(card.reply_due_at or computed for card in cards) + timedelta(hours=10)
    for card in cards:
        # Printing all of them would take longer than all the rest: it is done when one is opened, or by
        # the clock once the portal runs.
        scorecards.freeze(card, by=head, at=closed)
    for card in cards:  # once all are frozen: the commission's copy ranks each among the others
        scorecards.publish(card, by=head, at=closed + DAY)


def let_reply(at: datetime) -> None:
    """The newest month: some cards are with their companies, the others are drafts."""
    players = Players()
    month = newest_followed(at)
    computed = min(freeze_instant(month) + DAY, at)
    for company in _companies():
        if company.slug in WITH_COMPANY:
            _send(players, company, month, max(computed, at - 3 * DAY))
        else:
            scorecards.draft(company, month, by=players.officer.as_actor(), at=computed)


def _companies() -> list[Company]:
    return list(db.session.scalars(select(Company).order_by(Company.id)))


def _send(players: Players, company: Company, month: str, at: datetime) -> Scorecard:
    card = scorecards.draft(company, month, by=players.officer.as_actor(), at=at)
    scorecards.send(card, by=players.head.as_actor(), at=at)
    speaker = players.speaker(company.slug)
    if speaker is not None and company.slug in COMMENTS:
        text = COMMENTS[company.slug]
        scorecards.comment(card, text, by=speaker, at=at + timedelta(hours=1))
    return card


def report(at: datetime) -> None:
    """The report of the published month is released, the one after it waits for the head of team."""
    head = Players().head.as_actor()
    newest = newest_followed(at)
    for month, is_released in ((next_month(newest, -1), True), (newest, False)):
        made_at = min(at, freeze_instant(month) + 12 * DAY)
        made = reports.make(month, by=CLOCK, at=made_at)
        if is_released:
            reports.release(made, by=head, at=made_at + DAY)


STEPS = (
    ("scorecards published", publish),
    ("scorecards with the companies", let_reply),
    ("monthly reports", report),
)
