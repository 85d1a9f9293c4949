"""Work by the clock. A slot of a job is claimed by one process; the others leave it alone."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import String, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.calendar import month_of, month_start
from portal.core.clock import SEOUL
from portal.core.db import UTCDateTime, db, transaction

T = TypeVar("T")
log = logging.getLogger(__name__)
LEASE = timedelta(minutes=15)


class JobRun(db.Model):
    """One slot of one job, claimed once. The primary key is what makes it once."""

    __tablename__ = "job_run"
    job: Mapped[str] = mapped_column(String(60), primary_key=True)
    slot: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    owner: Mapped[str] = mapped_column(String(120))
    claimed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    problem: Mapped[str | None] = mapped_column(String(500))


@dataclass(frozen=True, slots=True)
class Job:
    """A row of the timetable: what runs, and the latest slot due at an instant (None: never yet)."""

    name: str
    run: Callable[[datetime], object]
    slot_at: Callable[[datetime], datetime]


def every_minute(at: datetime) -> datetime:
    """The slot of a job that runs each minute."""
    return at.replace(second=0, microsecond=0)


def hourly(at: datetime) -> datetime:
    """The slot of a job that runs each hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def daily_at(hour: int) -> Callable[[datetime], datetime]:
    """The slot of a job that runs each day at an hour in Seoul. Missed hours are made up, once."""

    def slot(at: datetime) -> datetime:
        local = at.astimezone(SEOUL).replace(minute=0, second=0, microsecond=0)
        today = local.replace(hour=hour)
        return today if at >= today else today - timedelta(days=1)

    return slot


def weekly_at(weekday: int, hour: int) -> Callable[[datetime], datetime]:
    """The slot of a job that runs on a day of each week (Monday is 0) at an hour in Seoul."""
    daily = daily_at(hour)

    def slot(at: datetime) -> datetime:
        latest = daily(at)
        return latest - timedelta(days=(latest.weekday() - weekday) % 7)

    return slot


def monthly(day: int, hour: int) -> Callable[[datetime], datetime]:
    """The slot of a job that runs on a day of each month at an hour in Seoul."""

    def slot(at: datetime) -> datetime:
        start = month_start(month_of(at)).astimezone(SEOUL)
        this = start.replace(day=day, hour=hour)
        if at >= this:
            return this
        return (start - timedelta(days=1)).replace(day=day, hour=hour)

    return slot


def claim(job: Job, *, at: datetime) -> JobRun | None:
    """Take the latest due slot of a job, or None when it was taken. A dead owner's slot is freed."""
    slot = job.slot_at(at)
    try:
        with transaction():
            held = db.session.get(JobRun, (job.name, slot), with_for_update=True)
            if held is None:
                held = JobRun(job=job.name, slot=slot)
                db.session.add(held)
            elif held.finished_at is not None or held.claimed_at + LEASE > at:
                return None
            held.owner, held.claimed_at = f"{socket.gethostname()}:{os.getpid()}", at
            db.session.flush()
    except IntegrityError:  # another process was first
        return None
    return held


def run_due(timetable: Iterable[Job], *, at: datetime) -> dict[str, str]:
    """Run every job whose slot is due and unclaimed; say what became of each."""
    outcome: dict[str, str] = {}
    for job in timetable:
        if claim(job, at=at) is None:
            continue
        problem = None
        try:
            job.run(at)
        except Exception as error:
            log.exception("job %s failed", job.name)
            db.session.rollback()
            problem = f"{type(error).__name__}: {error}"[:500]
        with transaction():
            run = db.session.get(JobRun, (job.name, job.slot_at(at)))
            if run is not None:
                run.finished_at, run.problem = at, problem
        outcome[job.name] = problem or "done"
    return outcome


def one_by_one(
    things: Iterable[T],
    act: Callable[..., object],
    *,
    prepare: Callable[[T], object] | None = None,
) -> int:
    """Do `act` to each thing in a transaction of its own; one failure stops none of the others.

    What takes long and writes nothing is done by `prepare` before the transaction, so that nobody
    waits for its lock; what it returns is handed to `act` after the thing.
    """
    done = 0
    for thing in things:
        try:
            prepared = () if prepare is None else (prepare(thing),)
            with transaction():
                act(thing, *prepared)
            done += 1
        except Exception:
            log.exception("a piece of clock work failed; the rest goes on")
    return done


def latest_run(name: str) -> JobRun | None:
    """The most recent slot of a job."""
    return db.session.scalar(
        select(JobRun).where(JobRun.job == name).order_by(JobRun.slot.desc()).limit(1)
    )


def forget_before(at: datetime) -> None:
    """Drop finished claims from before an instant; they only serve to run a slot once."""
    db.session.execute(delete(JobRun).where(JobRun.slot < at, JobRun.finished_at.is_not(None)))
