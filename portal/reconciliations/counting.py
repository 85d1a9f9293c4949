"""A file of a company's own count, judged line by line. Nothing here knows the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from portal.core.i18n import gettext as _
from portal.core.sheets import unshielded
from portal.reconciliations.queries import UNANSWERED
from portal.removal_requests.importing import NUMBER, instant, time_remedy
from portal.removal_requests.models import Outcome
from portal.removal_requests.reading import Problem, Seen, wrong_width

COLUMNS = ("request_no", "outcome", "delivered_at", "answered_at", "removed_at")
CODES = (UNANSWERED, *(code.value for code in Outcome))
REMOVALS = ("removed", "account_action", "partial")


class Line(NamedTuple):
    """What a company says of one request; no outcome is no answer."""

    request_no: str
    outcome: str | None
    delivered_at: datetime | None
    answered_at: datetime | None
    removed_at: datetime | None


def wrong(line: Line, *, at: datetime) -> list[tuple[str, str]]:
    """Where a line contradicts itself: (column, remedy)."""
    found = []
    delivered = line.delivered_at
    for name in COLUMNS[2:]:
        time = getattr(line, name)
        if time is not None and time > at:
            found.append((name, _("This lies in the future. Check the time.")))
        elif time is not None and delivered is not None and time < delivered:
            found.append((name, _("This lies before %(other)s. Check both.", other="delivered_at")))
    if line.answered_at is not None and line.outcome is None:
        found.append(("answered_at", _("An answer without an outcome. Fill in outcome, or empty this.")))  # fmt: skip
    if line.removed_at is not None and line.outcome not in REMOVALS:
        found.append(("removed_at", _("Only a removal has a time of removal.")))
    return found


class Counts:
    """Judges the lines of one file."""

    columns = COLUMNS

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.seen = Seen()
        self.width = 0
        self.in_order: Callable[[Sequence[str]], tuple[str, ...]] = tuple

    def begin(self, header: Sequence[str]) -> None:
        """Take note of the order of the columns."""
        self.width = len(header)
        self.in_order = itemgetter(*(header.index(name) for name in COLUMNS))

    def line(self, number: int, cells: Sequence[str]) -> tuple[Line | None, list[Problem]]:
        """What a line says, or its problems."""
        if len(cells) != self.width:
            return None, [wrong_width(number, len(cells), self.width)]
        said = dict(
            zip(COLUMNS, (unshielded(cell.strip()) for cell in self.in_order(cells)), strict=True)
        )
        problems = []

        def tell(column: str, value: str, remedy: str) -> None:
            problems.append(Problem(number, column, value[:80], remedy))

        if not said["request_no"]:
            tell("request_no", "", _("This cell is empty. Fill it in."))
        elif not NUMBER.fullmatch(said["request_no"]):
            tell(
                "request_no", said["request_no"], _("Use letters, digits, - . / only, at most 60.")
            )
        if not said["outcome"]:
            remedy = _("This cell is empty. Fill it in; %(code)s stands for no answer.", code=UNANSWERED)  # fmt: skip
            tell("outcome", "", remedy)
        elif said["outcome"] not in CODES:
            remedy = _("Not a code of this column. Use one of: %(codes)s.", codes=", ".join(CODES))
            tell("outcome", said["outcome"], remedy)
        times: list[datetime | None] = []
        for name in COLUMNS[2:]:
            time = instant(said[name]) if said[name] else None
            if said[name] and time is None:
                tell(name, said[name], time_remedy(said[name]))
            times.append(time)
        if problems:
            return None, problems
        outcome = None if said["outcome"] == UNANSWERED else said["outcome"]
        line = Line(said["request_no"], outcome, *times)
        for column, remedy in wrong(line, at=self.at):
            tell(column, said[column], remedy)
        first = self.seen.first(line.request_no, number)
        if first != number:
            remedy = _("This number stood on line %(line)s already. Keep one of the two.", line=first)  # fmt: skip
            tell("request_no", line.request_no, remedy)
        return (None, problems) if problems else (line, [])
