"""Clock work of the retention room."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from portal.access.actor import CLOCK, Actor
from portal.core.db import db, transaction
from portal.core.jobs import Job, daily_at
from portal.core.retention import erasables
from portal.retention import service

log = logging.getLogger(__name__)
NAME = "erase by retention"


def erase(
    at: datetime, *, by: Actor = CLOCK, step: Callable[[int], object] | None = None
) -> dict[str, int]:
    """Erase what is due under every rule, each batch in a transaction of its own; how many by code.

    What fails under one rule does not keep the others; it is raised once they are done.
    """
    done: dict[str, int] = {}
    problem: Exception | None = None
    for one in erasables:
        done[one.code] = last = 0
        try:
            while True:
                with transaction():
                    count, last = service.erase_batch(one, after=last, by=by, at=at)
                if not count:
                    break
                done[one.code] += count
                if step is not None:
                    step(count)
        except Exception as error:
            log.exception("erasing %s stopped; the other rules go on", one.code)
            db.session.rollback()
            problem = problem or error
    if problem is not None:
        raise problem
    return done


JOBS = (Job(NAME, erase, daily_at(4)),)
