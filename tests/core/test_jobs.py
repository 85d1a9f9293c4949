"""A slot of a job runs once, whoever looks, and late if the process was down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from portal.core.db import db, transaction
from portal.core.jobs import LEASE, Job, JobRun, claim, daily_at, monthly, one_by_one, run_due


def test_a_slot_is_claimed_once(app: Flask, at: datetime) -> None:
    job = Job("count", lambda _at: None, daily_at(9))

    assert claim(job, at=at) is not None
    assert claim(job, at=at + timedelta(minutes=1)) is None


def test_a_slot_of_a_dead_owner_is_taken_over(app: Flask, at: datetime) -> None:
    job = Job("count", lambda _at: None, daily_at(9))
    claim(job, at=at)

    assert claim(job, at=at + LEASE + timedelta(seconds=1)) is not None


def test_a_job_missed_at_its_hour_runs_once_and_late(app: Flask, at: datetime) -> None:
    ran: list[datetime] = []
    job = Job("count", ran.append, daily_at(9))

    run_due([job], at=at + timedelta(hours=7))
    run_due([job], at=at + timedelta(hours=8))

    assert ran == [at + timedelta(hours=7)]


def test_a_failure_is_kept_and_the_next_job_still_runs(app: Flask, at: datetime) -> None:
    ran: list[datetime] = []

    def fail(_at: datetime) -> Any:
        raise ValueError("no")

    outcome = run_due(
        [Job("fails", fail, daily_at(9)), Job("runs", ran.append, daily_at(9))], at=at
    )

    assert outcome == {"fails": "ValueError: no", "runs": "done"}
    assert db.session.get(JobRun, ("fails", daily_at(9)(at))).problem == "ValueError: no"


def test_slots_are_cut_in_seoul() -> None:
    before_nine = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)  # 08:59 on 2 March in Seoul

    assert daily_at(9)(before_nine) == datetime(2026, 3, 1, 0, 0, tzinfo=UTC)
    assert daily_at(9)(before_nine + timedelta(minutes=1)) == datetime(2026, 3, 2, tzinfo=UTC)
    assert monthly(9, 9)(before_nine) == datetime(2026, 2, 9, 0, 0, tzinfo=UTC)


def test_a_write_inside_a_write_joins_it(app: Flask, at: datetime) -> None:
    try:
        with transaction():
            with transaction():
                db.session.add(JobRun(job="x", slot=at, owner="me", claimed_at=at))
            raise RuntimeError
    except RuntimeError:
        pass

    assert db.session.get(JobRun, ("x", at)) is None


def test_while_a_piece_of_work_is_prepared_others_write(app: Flask, at: datetime) -> None:
    claim(Job("count", lambda _at: None, daily_at(9)), at=at)
    (run,) = db.session.scalars(select(JobRun)).all()
    done: list[tuple[str, str]] = []

    def prepare(_run: JobRun) -> str:
        assert _run.job == "count"  # the session has read: it holds what a page would hold
        with db.engine.connect().execution_options(portal_writes=True) as other, other.begin():
            other.execute(update(JobRun).values(finished_at=at))
        return "prepared"

    assert one_by_one([run], lambda one, made: done.append((one.job, made)), prepare=prepare) == 1
    assert done == [("count", "prepared")]


def test_what_cannot_be_prepared_stops_nothing_else(app: Flask) -> None:
    done: list[tuple[int, float]] = []

    assert one_by_one([0, 4], lambda n, made: done.append((n, made)), prepare=lambda n: 8 / n) == 1
    assert done == [(4, 2.0)]
