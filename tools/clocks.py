"""By what is measured: the CPU time of the work, wherever it is done.

On a machine that others use as well, the clock on the wall measures the others. CPU time of this
process is all there is on SQLite; on PostgreSQL that of its server belongs to it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from portal.core.db import db

_PROCESSES = Path("/proc")
_TICK = 1 / os.sysconf("SC_CLK_TCK")


def clock_of(app: Flask) -> Callable[[], float]:
    """A clock in seconds of CPU time: of this process and, on PostgreSQL, of every process of its
    server. Where that server is on another machine, the clock on the wall."""
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            return time.process_time
        backend = db.session.scalar(select(func.pg_backend_pid()))
        db.session.remove()
    status = _PROCESSES / str(backend) / "stat"
    if not status.exists():
        return time.perf_counter
    server = int(_fields(status)[1])

    def clock() -> float:
        return time.process_time() + _of_server(server)

    return clock


def _fields(status: Path) -> list[str]:
    """What the kernel says of a process, from its state on; the name before it may hold anything."""
    return status.read_text().rpartition(")")[2].split()


def _of_server(server: int) -> float:
    """CPU seconds of the processes a server runs, and of those it ran: these in ticks."""
    children = (_PROCESSES / f"{server}/task/{server}/children").read_text().split()
    seconds = 0.0
    for child in children:
        try:
            seconds += int((_PROCESSES / child / "schedstat").read_text().split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
    # Waited-for children, user and system: fields 16 and 17 of proc(5), the state being the third.
    ended = _fields(_PROCESSES / str(server) / "stat")[13:15]
    return seconds + sum(map(int, ended)) * _TICK
