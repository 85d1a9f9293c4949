"""Counts of two companies and one unannounced batch: synthetic like the requests they are about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.access.actor import Actor
from portal.accounts.models import Account
from portal.batches.models import BatchMember, BatchReader, UnannouncedBatch
from portal.companies.models import Company
from portal.core.audit import record
from portal.core.calendar import next_month
from portal.core.db import db
from portal.demo.months import newest_followed
from portal.demo.synthetic import Players
from portal.methodology.cohort import freeze_instant
from portal.reconciliations import queries, service
from portal.reconciliations.counting import Line
from portal.reconciliations.models import CompanyCount, CountDifference, FiledBy, Right
from portal.removal_requests import sampling
from portal.removal_requests.models import RemovalRequest

R = RemovalRequest
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOTE = "Synthetic: made for the demonstration from the portal's own rows, with some lines changed."
REASONS = {
    "only_theirs": (Right.UNCLEAR, "Synthetic. No side finds a letter of this number."),
    "only_ours": (Right.REGULATOR, "Synthetic. The delivery was acknowledged by the company."),
    "other_outcome": (Right.REGULATOR, "Synthetic. The answer on the portal says otherwise."),
    "other_answered_at": (Right.COMPANY, "Synthetic. The company's log shows the earlier time."),
}
CANDIDATES, DRAWN = 12, 6
SEED = "5a17de0b5a17de0b5a17de0b5a17de0b"


def decided_count(at: datetime) -> None:
    """X's count of the month before the newest: each difference was decided before the freeze."""
    month = next_month(newest_followed(at), -1)
    players = Players()
    count = _file(players, "x", month)
    differences = db.session.scalars(
        select(CountDifference).where(CountDifference.count_id == count.id)
    ).all()
    for kind, (right, reason) in REASONS.items():
        ids = [one.id for one in differences if one.kind.value == kind]
        service.decide_many(
            count, ids, right, reason=reason, by=players.officer.as_actor(),
            at=freeze_instant(month) + 20 * HOUR,
        )  # fmt: skip


def open_count(at: datetime) -> None:
    """Telegram's count of the newest month: its differences wait for an officer."""
    _file(Players(), "telegram", newest_followed(at))


def _file(players: Players, slug: str, month: str) -> CompanyCount:
    company, speaker = players.companies[slug], players.speaker(slug)
    if speaker is None:
        raise LookupError(f"The demo has nobody who speaks for {slug}.")
    rows = db.session.scalars(
        select(R)
        .where(R.company_id == company.id, R.month == month, queries.IS_COUNTED)
        .order_by(R.delivered_at, R.id)
    ).all()
    return service.file(
        company, month, totals={}, lines=_changed(slug, rows), note=NOTE, way=FiledBy.FILE,
        by=speaker, at=freeze_instant(month) + 2 * HOUR,
    )  # fmt: skip


def _changed(slug: str, rows: Sequence[RemovalRequest]) -> list[Line]:
    """Our rows as the company tells them: one is missing, one is new, some say something else."""
    lines = [
        Line(
            one.request_no, one.outcome.value if one.outcome else None, one.delivered_at,
            one.decided_at, one.removed_at,
        )
        for one in rows
    ]  # fmt: skip
    removed = [place for place, line in enumerate(lines) if line.outcome == "removed"]
    for place in removed[1:3]:
        line = lines[place]
        if line.answered_at is not None and line.delivered_at is not None:
            earlier = line.delivered_at + (line.answered_at - line.delivered_at) / 2
            lines[place] = line._replace(answered_at=earlier)
    lines[removed[4]] = lines[removed[4]]._replace(outcome="not_found", removed_at=None)
    del lines[removed[0]]
    return [*lines, Line(f"{slug.upper()}-0000-000000", "removed", None, None, None)]


def compared_batch(at: datetime) -> None:
    """Drafts to Telegram of one day, half of them marked; their month's card was frozen since.

    They were recorded on one day, so that there was something to choose from.
    """
    players = Players()
    telegram = players.companies["telegram"]
    month = next_month(newest_followed(at), -1)
    drafts = db.session.scalars(
        select(R)
        .where(R.company_id == telegram.id, R.month == month, queries.IS_COUNTED)
        .order_by(R.issued_at)
        .limit(CANDIDATES)
    ).all()
    marked_at = min(one.issued_at for one in drafts if one.issued_at) - HOUR
    for one in drafts:
        one.recorded_at = min(one.recorded_at, marked_at - HOUR)
    numbers = [one.request_no for one in drafts]
    drawn = set(sampling.drawn(numbers, SEED, DRAWN))
    _mark(players, telegram, [one for one in drafts if one.request_no in drawn], numbers, marked_at)


def _mark(
    players: Players,
    company: Company,
    members: list[RemovalRequest],
    numbers: list[str],
    at: datetime,
) -> None:
    # The verb takes drafts only, and these were issued long ago.
    by: Actor = players.officer.as_actor()
    batch = UnannouncedBatch(
        company_id=company.id, marked_at=at, marked_by_id=players.officer.id, marked_by=by.name,
        purpose="Synthetic: are requests that nobody announced treated like the others?",
        seed=SEED, candidates=len(numbers), numbers_hash=sampling.hash_of(numbers),
    )  # fmt: skip
    db.session.add(batch)
    db.session.flush()
    named: list[Account] = [players.officer, players.head, players.account("auditor@kcsc.example")]
    db.session.add_all(
        BatchReader(batch_id=batch.id, account_id=one.id, name=one.name_en) for one in named
    )
    db.session.add_all(BatchMember(batch_id=batch.id, request_id=one.id) for one in members)
    db.session.flush()
    record("batches:mark", batch, by=by, at=at, size=len(members), candidates=len(numbers),
           seed=SEED, numbers_hash=batch.numbers_hash, readers=sorted(one.id for one in named))  # fmt: skip


STEPS = (
    ("a count of X, decided", decided_count),
    ("a count of Telegram, open", open_count),
    ("an unannounced batch", compared_batch),
)
