"""A file of answers, judged line by line. Nothing here knows the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from portal.core.i18n import gettext as _
from portal.core.sheets import unshielded
from portal.removal_requests.importing import instant, time_remedy
from portal.removal_requests.models import Outcome
from portal.removal_requests.reading import Problem, Seen, wrong_width

COLUMNS = ("request_no", "outcome", "reason", "removed_at")
ACKNOWLEDGED = "acknowledged"
"""Said as an outcome: received, and not answered yet."""
CODES = (ACKNOWLEDGED, *(code.value for code in Outcome))


class Answer(NamedTuple):
    """What a line says; no outcome is an acknowledgement."""

    request_no: str
    outcome: Outcome | None
    reason: str
    removed_at: datetime | None


class Answers:
    """Judges the lines of one file of answers. None is the value of a line that says nothing yet."""

    columns = COLUMNS

    def __init__(self) -> None:
        self.seen = Seen()
        self.width = 0
        self.in_order: Callable[[Sequence[str]], tuple[str, ...]] = tuple

    def begin(self, header: Sequence[str]) -> None:
        """Take note of the order of the columns."""
        self.width = len(header)
        self.in_order = itemgetter(*(header.index(name) for name in COLUMNS))

    def line(self, number: int, cells: Sequence[str]) -> tuple[Answer | None, list[Problem]]:
        """The answer of a line, or its problems."""
        if len(cells) != self.width:
            return None, [wrong_width(number, len(cells), self.width)]
        said = [unshielded(cell.strip()) for cell in self.in_order(cells)]
        request_no, outcome, reason, removed_at = said
        if request_no and not any(said[1:]):
            return None, []
        problems = []

        def tell(column: str, value: str, remedy: str) -> None:
            problems.append(Problem(number, column, value[:80], remedy))

        if not request_no:
            tell("request_no", "", _("This cell is empty. Fill it in."))
        if not outcome:
            tell("outcome", "", _("This cell is empty. Fill it in."))
        elif outcome not in CODES:
            remedy = _("Not a code of this column. Use one of: %(codes)s.", codes=", ".join(CODES))
            tell("outcome", outcome, remedy)
        elif outcome == ACKNOWLEDGED:
            for column, cell in (("reason", reason), ("removed_at", removed_at)):
                if cell:
                    tell(column, "", _("Who only acknowledges says no more. Empty this, or choose an outcome."))  # fmt: skip
        if len(reason) > 500:
            tell("reason", "", _("At most 500 characters. Shorten it."))
        when = instant(removed_at) if removed_at else None
        if removed_at and when is None:
            tell("removed_at", removed_at, time_remedy(removed_at))
        if not problems:
            first = self.seen.first(request_no, number)
            if first != number:
                remedy = _("This number stood on line %(line)s already. Keep one of the two.", line=first)  # fmt: skip
                tell("request_no", request_no, remedy)
        if problems:
            return None, problems
        is_receipt = outcome == ACKNOWLEDGED
        return Answer(request_no, None if is_receipt else Outcome(outcome), reason, when), []
