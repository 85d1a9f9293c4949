"""What changed of the companies in the demo: one was renamed, and a new one took a platform over."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import select

from portal.companies import service as companies
from portal.companies.models import Platform
from portal.core.calendar import next_month, start_of_day
from portal.core.clock import SEOUL
from portal.core.db import db
from portal.demo.months import newest_followed
from portal.demo.synthetic import Players

RENAMED, NEW, MOVED = "example-network", "example-board", "example-board"
"""The company with another name, the new company, and the platform it began with."""
RENAMED_AGO, BEGUN_AGO = 2, 1
"""In which month before the newest followed one."""
MORNING = timedelta(hours=9)


def begun_in(at: datetime) -> str:
    """The first month of the new company."""
    return next_month(newest_followed(at), -BEGUN_AGO)


def load(*, at: datetime) -> None:
    """Both changes, each entered on the day from which it was in force."""
    players = Players()
    by = players.head.as_actor()
    on = date.fromisoformat(f"{next_month(newest_followed(at), -RENAMED_AGO)}-15")
    companies.rename(
        players.companies[RENAMED], name_ko="예시그룹", name_en="Example Group", from_on=on,
        by=by, at=start_of_day(on, SEOUL.key) + MORNING,
    )  # fmt: skip
    on = date.fromisoformat(f"{begun_in(at)}-01")
    platform = db.session.scalars(select(Platform).where(Platform.slug == MOVED)).one()
    companies.move_platform(
        platform, players.companies[NEW], from_on=on, by=by,
        at=start_of_day(on, SEOUL.key) + MORNING,
    )  # fmt: skip
