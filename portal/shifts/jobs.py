"""What the clock does for the roster."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from portal.access.actor import CLOCK
from portal.core.clock import local_date
from portal.core.jobs import Job, every_minute, one_by_one
from portal.shifts import queries, service
from portal.shifts.models import AlarmStage


def escalate(at: datetime) -> int:
    """Tell who is on duty of what nobody takes up, then the heads of what is not handed over."""
    terms = queries.terms_on(local_date(at))
    done = 0
    for stage, minutes in (
        (AlarmStage.ON_DUTY, terms.acknowledge_minutes),
        (AlarmStage.HEADS, terms.hand_over_minutes),
    ):
        waiting = queries.waiting_for(stage, at - timedelta(minutes=minutes))
        done += one_by_one(waiting, partial(service.raise_alarm, stage=stage, by=CLOCK, at=at))
    return done


JOBS = (Job("escalate intakes that wait", escalate, every_minute),)
