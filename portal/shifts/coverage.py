"""What is wrong with a roster: gaps, too few people, double bookings, rest and nights. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from portal.shifts.models import ProblemKind
from portal.shifts.pattern import DAY, Shift

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend, from when to when; `people` are account ids."""

    kind: ProblemKind
    starts_at: datetime
    ends_at: datetime
    people: tuple[int, ...] = ()
    on: int = 0
    """How many people are on, where there are too few; how many nights, hours of rest."""
    needed: int = 0
    shift: Shift | None = None


def stretches(
    shifts: Sequence[Shift], first: datetime, last: datetime
) -> Iterator[tuple[datetime, datetime, int]]:
    """The period cut at every hour and every change of people: begin, end and how many are on.

    Somebody with two shifts at once is one person; a shift of nobody is nobody.
    """
    cuts = {first, last}
    hour = first.replace(minute=0, second=0, microsecond=0) + HOUR
    while hour < last:
        cuts.add(hour)
        hour += HOUR
    manned = [s for s in shifts if s.account_id is not None and s.overlaps(first, last)]
    turns: dict[datetime, list[tuple[int, int]]] = {}
    for shift in manned:
        assert shift.account_id is not None
        begins, ends = max(shift.starts_at, first), min(shift.ends_at, last)
        turns.setdefault(begins, []).append((shift.account_id, 1))
        turns.setdefault(ends, []).append((shift.account_id, -1))
    present: dict[int, int] = {}
    for begins, ends in pairwise(sorted(cuts | set(turns))):
        for person, step in turns.get(begins, ()):
            present[person] = present.get(person, 0) + step
        yield begins, ends, sum(count > 0 for count in present.values())


def uncovered(
    shifts: Sequence[Shift],
    first: datetime,
    last: datetime,
    needed: Callable[[datetime], int] | None = None,
) -> list[Problem]:
    """Where nobody is on, and where fewer are than `needed` says for the hour. Neighbours are one."""
    found: list[Problem] = []
    for begins, ends, on in stretches(shifts, first, last):
        least = needed(begins) if needed else 1
        if on and on >= least:
            continue
        kind = ProblemKind.SHORT if on else ProblemKind.GAP
        before = found[-1] if found else None
        if before and before.kind is kind and before.ends_at == begins:
            worst = min((before.on - before.needed, before.on, before.needed),
                        (on - least, on, least))  # fmt: skip
            found[-1] = Problem(kind, before.starts_at, ends, on=worst[1], needed=worst[2])
        else:
            found.append(Problem(kind, begins, ends, on=on, needed=least))
    return found


def vacant(shifts: Iterable[Shift]) -> list[Problem]:
    """Shifts for which nobody is named, or whose person has lost access."""
    return [
        Problem(ProblemKind.VACANT, shift.starts_at, shift.ends_at, shift=shift)
        for shift in shifts
        if shift.account_id is None
    ]


def _by_person(shifts: Iterable[Shift]) -> dict[int, list[Shift]]:
    """The shifts of each person, by begin."""
    found: dict[int, list[Shift]] = {}
    for shift in sorted(shifts, key=lambda s: (s.starts_at, s.ends_at)):
        if shift.account_id is not None:
            found.setdefault(shift.account_id, []).append(shift)
    return found


def doubles(shifts: Iterable[Shift]) -> list[Problem]:
    """Where one person is on twice at once: from when to when both last."""
    found = []
    for person, own in _by_person(shifts).items():
        longest: Shift | None = None
        for shift in own:
            if longest is not None and shift.starts_at < longest.ends_at:
                until = min(shift.ends_at, longest.ends_at)
                found.append(
                    Problem(ProblemKind.DOUBLE, shift.starts_at, until, (person,), shift=shift)
                )
            if longest is None or shift.ends_at > longest.ends_at:
                longest = shift
    return found


def tired(shifts: Iterable[Shift], *, rest_hours: int, most_nights: int) -> list[Problem]:
    """Shifts too soon after a night, and nights beyond the most in a row.

    Rest of 11 hours from the end of one working day to the next: Labour Standards Act
    (근로기준법), art. 59(2). Two or three nights in a row at most: HSE, Managing shift work (HSG256).
    Both numbers are terms of the roster.
    """
    found = []
    for person, own in _by_person(shifts).items():
        nights = [shift for shift in own if shift.is_night]
        for night in nights:
            after = next((s for s in own if s.starts_at >= night.ends_at), None)
            if after is not None and after.starts_at - night.ends_at < timedelta(hours=rest_hours):
                rest = int((after.starts_at - night.ends_at) / HOUR)
                found.append(
                    Problem(ProblemKind.REST, after.starts_at, after.ends_at, (person,), rest,
                            rest_hours, after)
                )  # fmt: skip
        run: list[Shift] = []
        for night in nights:
            if run and night.on == run[-1].on:
                continue
            is_next = bool(run) and night.on - run[-1].on == DAY
            if not is_next:
                found += _too_many(run, person, most_nights)
                run = []
            run.append(night)
        found += _too_many(run, person, most_nights)
    return found


def _too_many(run: list[Shift], person: int, most: int) -> list[Problem]:
    if len(run) <= most:
        return []
    begins, ends = run[0].starts_at, run[-1].ends_at
    return [Problem(ProblemKind.NIGHTS, begins, ends, (person,), len(run), most, run[most])]


def in_order(problems: Iterable[Problem], first: datetime, last: datetime) -> list[Problem]:
    """The problems of which some part lies in a period, by begin and then by weight."""
    weight = list(ProblemKind)
    kept = (p for p in problems if p.starts_at < last and p.ends_at > first)
    return sorted(kept, key=lambda p: (p.starts_at, weight.index(p.kind), p.people))
