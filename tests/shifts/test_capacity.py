"""What a number of staff makes of the work: by hand, and against a queue of single items."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import pytest

from portal.shifts import capacity
from portal.shifts.capacity import Plan, Week

F = Fraction


def plan(**given: object) -> Plan:
    values = {"staff": 7, "per_day": F(300), "minutes": F(10), "hours": F(40), "backlog": F(500),
              "weeks": 2} | given  # fmt: skip
    return Plan(**values)  # type: ignore[arg-type]


def test_two_weeks_by_hand() -> None:
    # 7 people, 40 hours a week, 10 minutes an item: 7 x 2400 / 7 / 10 = 240 a day, 60 fewer than come.
    asked = plan()

    assert (asked.daily, asked.use, asked.enough) == (240, F(5, 4), 9)
    assert capacity.run(asked) == [
        Week(0, F(500), F(500, 240), F(0)),
        Week(1, F(920), F(920, 240), F(1680)),
        Week(2, F(1340), F(1340, 240), F(1680)),
    ]
    assert capacity.cleared_in(asked) is None


def test_twice_the_staff_clears_the_backlog_and_then_waits_for_work() -> None:
    asked = plan(staff=14)

    assert asked.daily == 480
    assert [(week.backlog, week.wait) for week in capacity.run(asked)] == [
        (500, F(500, 480)), (0, 0), (0, 0),
    ]  # fmt: skip
    assert capacity.cleared_in(asked) == F(500, 180)
    assert capacity.run(asked)[1].done == 500 + 7 * 300


def test_with_nobody_at_work_the_wait_has_no_end() -> None:
    asked = plan(staff=0)

    assert (asked.daily, asked.use, asked.enough) == (0, None, 9)
    assert capacity.run(asked)[1] == Week(1, F(2600), None, F(0))
    assert capacity.run(plan(staff=0, per_day=F(0), backlog=F(0)))[1] == Week(1, F(0), F(0), F(0))


@pytest.mark.parametrize("staff", [6, 7, 9, 14])
def test_it_is_what_a_queue_of_single_items_does(staff: int) -> None:
    """Each item stands in a queue by itself; whole numbers, so that both can be held together."""
    asked = plan(staff=staff * 7, hours=F(5), per_day=F(190), backlog=F(33), weeks=3)
    daily = staff * 30
    assert asked.daily == daily
    queue, backlogs, done = deque([0] * 33), [33], [0]
    for day in range(1, 22):
        queue.extend([day] * 190)
        served = [queue.popleft() for _n in range(min(daily, len(queue)))]
        done.append(len(served))
        backlogs.append(len(queue))

    weeks = capacity.run(asked)

    assert [week.backlog for week in weeks] == [backlogs[n] for n in (0, 7, 14, 21)]
    assert [week.done for week in weeks[1:]] == [sum(done[n - 6 : n + 1]) for n in (7, 14, 21)]
    # The last of the third week is done after as many more days as its place in the queue says.
    waited = 0
    while queue:
        waited += 1
        for _n in range(min(daily, len(queue))):
            queue.popleft()
    last = weeks[-1].wait
    assert last is not None
    assert -(-last // 1) == waited
