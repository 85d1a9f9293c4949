"""Requests of the demo: Telegram's 148 of September 2024, and synthetic months from a fixed seed.

The count of 148, that all were gone and the longest time of 36 hours are published; when each one
was delivered and removed is not, so the single times are synthetic and the rows say so.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from portal.accounts import queries as accounts
from portal.companies.models import Company, Platform
from portal.core.calendar import add_working_days, end_of_day, month_of, month_start, next_month
from portal.core.clock import local_date
from portal.core.db import db
from portal.core.secrets import digest, seal
from portal.demo import changes
from portal.demo.months import newest_followed
from portal.information_requests import service as information_requests
from portal.information_requests.models import Answer, InformationRequest
from portal.removal_requests import queries
from portal.removal_requests import service as requests
from portal.removal_requests.models import (
    DeliveryChannel,
    Exclusion,
    LegalGround,
    MeasureType,
    Outcome,
    Recheck,
    RemovalRequest,
    Surface,
    Verification,
)

SEED = 20240903
MONTHS = 13
# Per company: requests a month, share removed, median hours, share geo-restricted, share refused.
HABITS = {
    "telegram": (58, 0.93, 14, 0.00, 0.03),
    "x": (46, 0.66, 40, 0.10, 0.14),
    "meta": (34, 0.90, 18, 0.04, 0.03),
    "google": (52, 0.97, 9, 0.02, 0.01),
    "tiktok": (28, 0.95, 8, 0.02, 0.01),
    "automattic": (14, 0.80, 30, 0.05, 0.07),
    "pinterest": (12, 0.86, 26, 0.05, 0.03),
    "medium": (7, 0.70, 44, 0.00, 0.10),
    "wix": (9, 0.45, 80, 0.05, 0.25),
    "wattpad": (4, 0.75, 36, 0.00, 0.10),
    "example-network": (24, 0.88, 20, 0.02, 0.04),
    "example-board": (16, 0.70, 40, 0.05, 0.10),
}
# From so many months before the newest followed one: a night shift, and moderators who were let go.
TURNS = {
    "telegram": (1, (58, 0.96, 8, 0.00, 0.02)),
    "x": (1, (46, 0.50, 60, 0.12, 0.22)),
}
QUIET = {"medium": 2}
"""The company of which nothing was asked in one month: so many before the newest followed one."""
CATEGORIES = ("sexual_deepfake", "non_consensual_image", "child_sexual_material")


def load(*, at: datetime) -> None:
    """Every request of the demo."""
    dice = random.Random(SEED)
    companies = {c.slug: c for c in db.session.scalars(select(Company))}
    platforms: dict[int, list[Platform]] = {}
    for platform in db.session.scalars(select(Platform).order_by(Platform.id)):
        platforms.setdefault(platform.company_id, []).append(platform)
    rows = _september_2024(dice, companies["telegram"], platforms)
    first, newest = next_month(month_of(at), -MONTHS), newest_followed(at)
    for slug, usual in HABITS.items():
        company = companies[slug]
        ago, other = TURNS.get(slug, (0, usual))
        turn = next_month(newest, -ago)
        number = 0
        for step in range(MONTHS + 1):
            month = next_month(first, step)
            run = _run_in(month, company, platforms, at)
            if not run or (slug in QUIET and month == next_month(newest, -QUIET[slug])):
                continue
            habit = other if month >= turn else usual
            for _n in range(max(3, round(habit[0] * dice.uniform(0.7, 1.3)))):
                number += 1
                row = _request(dice, company, run, month, number, habit, at)
                if row["delivered_at"] <= at - timedelta(minutes=10):
                    rows.append(row)
    rows.sort(key=lambda row: row["delivered_at"])  # as they would have come
    db.session.execute(insert(RemovalRequest), rows)
    _information_requests(dice, companies, platforms, at)
    _told_requests(companies["telegram"], platforms, at)
    _second_spells(companies, at)


def _run_in(
    month: str, company: Company, platforms: dict[int, list[Platform]], at: datetime
) -> list[Platform]:
    """The platforms a company ran in a month: one moves to the new company on the first of a month."""
    if company.slug == changes.NEW:
        return platforms[company.id] if month >= changes.begun_in(at) else []
    if company.slug == changes.RENAMED and month < changes.begun_in(at):
        moved = next(p for ps in platforms.values() for p in ps if p.slug == changes.MOVED)
        return [*platforms[company.id], moved]
    return platforms[company.id]


def _blank(company: Company, platform: Platform, request_no: str) -> dict[str, Any]:
    reference = f"https://content.example/{platform.slug}/{request_no.lower()}"
    return {
        "request_no": request_no,
        "company_id": company.id,
        "platform_id": platform.id,
        "category": "sexual_deepfake",
        "legal_ground": LegalGround.VOLUNTARY_REQUEST,
        "surface": Surface.PUBLIC_POST,
        "measure_type": MeasureType.REMOVAL,
        "reference_encrypted": seal(reference),
        "reference_digest": digest(reference),
        "place_digest": queries.place(reference),
        "is_synthetic": True,
        **dict.fromkeys(
            (
                "acknowledged_at", "decided_at", "outcome", "refusal_reason", "removed_at",
                "verified_at", "verification", "rechecked_at", "recheck", "exclusion", "excluded_by",
            )
        ),
    }  # fmt: skip


def _september_2024(
    dice: random.Random, telegram: Company, platforms: dict[int, list[Platform]]
) -> list[dict[str, Any]]:
    start = datetime(2024, 9, 3, 0, 0, tzinfo=UTC)
    rows = []
    for n in range(1, 149):
        delivered = start + timedelta(hours=dice.uniform(0, 26 * 24))
        hours = 36.0 if n == 74 else dice.uniform(1, 30)
        removed = delivered + timedelta(seconds=round(hours * 3600))
        row = _blank(telegram, platforms[telegram.id][0], f"TELEGRAM-2024-{n:06d}")
        row |= {
            "recorded_at": delivered - timedelta(hours=2),
            "issued_at": delivered - timedelta(hours=1),
            "delivered_at": delivered,
            "acknowledged_at": removed,
            "decided_at": removed,
            "outcome": Outcome.REMOVED,
            "removed_at": removed,
            "verified_at": removed + timedelta(hours=2),
            "verification": Verification.GONE,
            "rechecked_at": removed + timedelta(days=7),
            "recheck": Recheck.GONE,
            "surface": Surface.INVITE_ONLY_CHANNEL,
            "month": month_of(delivered),
        }
        rows.append(row)
    return rows


def _request(
    dice: random.Random,
    company: Company,
    platforms: list[Platform],
    month: str,
    number: int,
    habit: tuple[int, float, int, float, float],
    at: datetime,
) -> dict[str, Any]:
    _volume, removed_share, median, restricted_share, refused_share = habit
    start = month_start(month)
    seconds = int((month_start(next_month(month)) - start).total_seconds())
    delivered = start + timedelta(seconds=dice.randrange(seconds))
    platform = dice.choice(platforms)
    row = _blank(company, platform, f"{company.slug.upper()}-{month[:4]}-{number + 1000:06d}")
    row |= {
        "recorded_at": delivered - timedelta(hours=dice.uniform(3, 20)),
        "issued_at": delivered - timedelta(hours=dice.uniform(0.2, 2)),
        "delivered_at": delivered,
        "month": month,
        "category": dice.choices(CATEGORIES, (8, 3, 1))[0],
        "surface": dice.choices(list(Surface), (6, 3, 1, 1))[0],
        "measure_type": dice.choices(list(MeasureType), (30, 3, 1))[0],
        "legal_ground": dice.choices(list(LegalGround), (1, 6))[0],
    }
    hours = max(0.4, median * dice.lognormvariate(0, 0.8))
    answered = delivered + timedelta(seconds=round(hours * 3600))
    chance = dice.random()
    events: dict[str, Any] = {"acknowledged_at": delivered + timedelta(hours=dice.uniform(0.05, 3))}
    if row["measure_type"] is MeasureType.BLOCK:
        events |= {"decided_at": answered, "outcome": Outcome.RESTRICTED}
    elif chance < removed_share:
        verified = answered + timedelta(hours=dice.uniform(1, 9))
        gone = dice.random() < 0.97
        events |= {
            "decided_at": answered,
            "outcome": Outcome.ACCOUNT_ACTION
            if row["measure_type"] is MeasureType.ACCOUNT
            else Outcome.REMOVED,
            "removed_at": answered,
            "verified_at": verified,
            "verification": Verification.GONE if gone else Verification.STILL_UP,
        }
        if gone and dice.random() < 0.6:
            events["rechecked_at"] = answered + timedelta(days=7)
            events["recheck"] = Recheck.GONE if dice.random() < 0.95 else Recheck.REAPPEARED
    elif chance < removed_share + restricted_share:
        events |= {"decided_at": answered, "outcome": Outcome.RESTRICTED}
    elif chance < removed_share + restricted_share + refused_share:
        events |= {
            "decided_at": answered,
            "outcome": Outcome.REFUSED,
            "refusal_reason": "The company sees no violation of its terms.",
        }
    elif dice.random() < 0.2:
        events["exclusion"], events["excluded_by"] = Exclusion.MALFORMED, "Head of team"
    return row | _until(events, at)


PAIRS = {
    "decided_at": ("outcome", "refusal_reason"),
    "verified_at": ("verification",),
    "rechecked_at": ("recheck",),
}


def _until(events: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Only what has happened by now: a time of the future, and what came with it, is left out."""
    kept = dict(events)
    for name, value in events.items():
        if isinstance(value, datetime) and value > at:
            for gone in (name, *PAIRS.get(name, ())):
                kept.pop(gone, None)
    return kept


def _information_requests(
    dice: random.Random,
    companies: dict[str, Company],
    platforms: dict[int, list[Platform]],
    at: datetime,
) -> None:
    first = next_month(month_of(at), -MONTHS)
    rows = []
    for slug, share in (("telegram", 0.95), ("x", 0.7), ("meta", 0.9), ("google", 0.97)):
        company = companies[slug]
        for n in range(1, 8 * MONTHS):
            delivered = month_start(first) + timedelta(seconds=dice.randrange(MONTHS * 30 * 86400))
            due = end_of_day(add_working_days(local_date(delivered), 10))
            answered: datetime | None = delivered + timedelta(days=dice.uniform(2, 11))
            if dice.random() > share:
                answered = None
            if answered is not None and answered > at:
                answered = None
            rows.append(
                {
                    "request_no": f"KNPA-{slug.upper()}-{n:04d}",
                    "company_id": company.id,
                    "platform_id": platforms[company.id][0].id,
                    "legal_basis": "통신비밀보호법 제13조",
                    "kind": "subscriber_data",
                    "delivered_at": delivered,
                    "due_at": due,
                    "answered_at": answered,
                    "answer": Answer.ANSWERED if answered else None,
                    "overdue_noted_at": due + timedelta(hours=9)
                    if answered is None and due < at
                    else None,
                    "is_synthetic": True,
                }
            )
    db.session.execute(insert(InformationRequest), rows)


def _told_requests(company: Company, platforms: dict[int, list[Platform]], at: datetime) -> None:
    """Information requests with a history: one over Chuseok 2024, some of the campaign, two open."""
    police = accounts.by_email("police@knpa.example")
    speaker = accounts.by_email("rep@telegram.example")
    if police is None or speaker is None:
        raise LookupError("The demo has no police liaison, or nobody who speaks for Telegram.")

    def filed(number: str, delivered: datetime) -> InformationRequest:
        made = information_requests.file(
            platforms[company.id][0], request_no=number, kind="access_logs",
            legal_basis="통신비밀보호법 제13조", delivered_at=delivered, by=police.as_actor(),
            at=delivered + timedelta(minutes=5),
        )  # fmt: skip
        made.is_synthetic = True
        return made

    def answered(asked: InformationRequest, given: Answer, days: float, why: str = "") -> None:
        information_requests.answer(asked, given, reason=why, by=speaker.as_actor(),
                                    at=asked.delivered_at + timedelta(days=days))  # fmt: skip

    # Friday 13 September 2024, before Chuseok; 1 October was a temporary holiday.
    chuseok = filed("KNPA-2024-0913", datetime(2024, 9, 13, 1, tzinfo=UTC))
    answered(chuseok, Answer.PARTLY, 6, "The access logs of one month were kept, no more.")
    answered(chuseok, Answer.ANSWERED, 20)
    for month, days in ((10, 8.0), (11, 12.0), (12, 22.0)):
        one = filed(f"KNPA-2024-{month:02d}21", datetime(2024, month, 21, 1, tzinfo=UTC))
        answered(one, Answer.ANSWERED, days)
    waits = filed("KNPA-MORE-TIME-1", at - timedelta(days=3))
    information_requests.ask_extension(
        waits, local_date(waits.due_at + timedelta(days=14)),
        reason="The records lie with a provider abroad.", by=speaker.as_actor(),
        at=at - timedelta(days=1),
    )  # fmt: skip
    granted = filed("KNPA-MORE-TIME-2", at - timedelta(days=5))
    until = local_date(granted.due_at + timedelta(days=10))
    information_requests.ask_extension(
        granted, until, reason="Several thousand lines are read by hand.",
        by=speaker.as_actor(), at=at - timedelta(days=4),
    )  # fmt: skip
    information_requests.decide_extension(
        granted, is_granted=True, until=until, reason="The scope of the request explains it.",
        by=police.as_actor(), at=at - timedelta(days=2),
    )  # fmt: skip


def _second_spells(companies: dict[str, Company], at: datetime) -> None:
    """What was gone and came back: removed once more, waiting at the company, waiting for us."""
    officer, head = (accounts.by_email(f"{name}@kcsc.example") for name in ("officer", "head"))
    speakers = {slug: accounts.by_email(f"rep@{slug}.example") for slug in ("telegram", "x")}
    for slug, how_many in (("telegram", 3), ("x", 1)):
        speaker = speakers[slug]
        if officer is None or head is None or speaker is None:
            raise LookupError(f"The demo has no officer, no head of team or nobody of {slug}.")
        seen_gone = db.session.scalars(
            select(RemovalRequest)
            .where(
                RemovalRequest.company_id == companies[slug].id,
                RemovalRequest.verification == Verification.GONE,
                RemovalRequest.verified_at.between(
                    at - timedelta(days=40), at - timedelta(days=12)
                ),
                RemovalRequest.recheck.is_(None),
            )
            .order_by(RemovalRequest.verified_at, RemovalRequest.id)
            .limit(how_many)
        ).all()
        for stage, first in enumerate(seen_gone):
            begun = at - timedelta(days=6, hours=stage)
            second = requests.report_reappearance(first, by=officer.as_actor(), at=begun)
            if second is None:
                continue
            second.is_synthetic = True
            if stage == 2:
                continue
            sent = begun + timedelta(hours=3)
            requests.issue(second, by=head.as_actor(), at=sent)
            requests.deliver(
                second, channel=DeliveryChannel.PORTAL, proof="", by=head.as_actor(), at=sent
            )
            if stage == 0:
                gone = sent + timedelta(hours=20)
                requests.decide(
                    second, outcome=Outcome.REMOVED, removed_at=gone, by=speaker.as_actor(), at=gone
                )
                requests.verify(
                    second, Verification.GONE, by=officer.as_actor(), at=gone + timedelta(hours=5)
                )
