"""The timetable: every job and its hour. APScheduler is only the clock that looks at it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from portal.core import outbox
from portal.core.clock import now
from portal.core.db import db
from portal.core.jobs import Job, daily_at, every_minute, forget_before, run_due
from portal.rooms import ROOMS

log = logging.getLogger(__name__)


def _tidy(at: datetime) -> None:
    forget_before(at - timedelta(days=2))
    db.session.commit()


def timetable() -> tuple[Job, ...]:
    """Every job of the house: the post, then what each room does by the clock."""
    jobs = [
        Job("send letters", lambda at: outbox.send_waiting(at=at), every_minute),
        Job("tidy claims", _tidy, daily_at(3)),
    ]
    for room in ROOMS:
        if find_spec(f"portal.{room}.jobs"):
            jobs.extend(import_module(f"portal.{room}.jobs").JOBS)
    return tuple(jobs)


def start(app: Flask) -> BackgroundScheduler:
    """Look at the timetable every 20 seconds in this process; a slot is still run only once."""

    def look() -> None:
        with app.app_context():
            try:
                run_due(timetable(), at=now())
            finally:
                db.session.remove()

    # A look that takes longer than twenty seconds, as while the demo's cards are printed, is no fault:
    # the next one does what is left.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        look,
        "interval",
        seconds=20,
        next_run_time=datetime.now().astimezone() + timedelta(seconds=5),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    scheduler.start()
    return scheduler
