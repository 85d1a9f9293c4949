"""What a number of staff makes of the work that comes: backlog and waiting time. Pure and exact.

The staff work off the oldest first. Each day A items come and at most C are done, so the backlog
is B(t) = max(0, B(t-1) + A - C). Who comes as the last of a day waits until all before are done:
W(t) = B(t) / C days (first come, first served; the same as L = lambda W, Little, Operations
Research 9 (1961), once the backlog stands still). C is the staff times the minutes each works in a
day on average over the week, divided by the minutes an item takes.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

WEEKLY_HOURS = 40
"""A week of work: Labour Standards Act (근로기준법), art. 50(1)."""


class Plan(NamedTuple):
    """What is asked: people, items a day, minutes an item takes, and what waits at the start."""

    staff: int
    per_day: Fraction
    minutes: Fraction
    hours: Fraction
    """Hours that one person works on items in a week."""
    backlog: Fraction
    weeks: int

    @property
    def daily(self) -> Fraction:
        """How many items the staff can do on a day, on average over the week."""
        return self.staff * self.hours * 60 / 7 / self.minutes

    @property
    def use(self) -> Fraction | None:
        """The share of the staff's time that the work takes; None where nobody works."""
        return self.per_day / self.daily if self.daily else None

    @property
    def enough(self) -> int:
        """The fewest people with whom the backlog does not grow."""
        one = self.hours * 60 / 7 / self.minutes
        return -(-self.per_day // one) if one else 0


class Week(NamedTuple):
    """The end of a week: what waits, for how many days the last to come will, what was done."""

    number: int
    backlog: Fraction
    wait: Fraction | None
    """Days; None where nobody works and the wait has no end."""
    done: Fraction


def run(plan: Plan) -> list[Week]:
    """The end of each week, from the start (week 0) on."""
    backlog, daily = plan.backlog, plan.daily
    found = [Week(0, backlog, _wait(backlog, daily), Fraction(0))]
    for number in range(1, plan.weeks + 1):
        done = Fraction(0)
        for _day in range(7):
            waiting = backlog + plan.per_day
            today = min(waiting, daily)
            done += today
            backlog = waiting - today
        found.append(Week(number, backlog, _wait(backlog, daily), done))
    return found


def _wait(backlog: Fraction, daily: Fraction) -> Fraction | None:
    if not backlog:
        return Fraction(0)
    return backlog / daily if daily else None


def cleared_in(plan: Plan) -> Fraction | None:
    """After how many days the backlog is gone; None where it never is."""
    if not plan.backlog:
        return Fraction(0)
    spare = plan.daily - plan.per_day
    return plan.backlog / spare if spare > 0 else None
