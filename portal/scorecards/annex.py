"""What stands behind the two pages of a card: sections of words, tables and case numbers.

A section says what it is and holds plain values, so that a stored document prints again as it was.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from portal.core.figures import rounded
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.methodology.membership import Member, Part
from portal.methodology.method import HOUR, MEASURES
from portal.methodology.words import name_of

LONG = 300
"""From so many numbers on, the longest list of a measure is told as what the others leave over."""
PARTS = {
    Part.COUNTED: _l("Counted as done (x)"),
    Part.MISSED: _l("In n, not in x"),
    Part.LEFT_OUT: _l("Left out of this measure"),
}
REASONS = {
    "answered_in_time": _l("answered in time"),
    "answered_late": _l("answered late"),
    "no_answer": _l("no answer"),
    "followed_too_short": _l("not followed long enough yet"),
    "gone_in_time": _l("gone in time"),
    "gone_late": _l("gone late"),
    "still_up": _l("still up when checked"),
    "not_verified": _l("said to be gone, not verified"),
    "removed": _l("said to be gone, not verified"),
    "restricted": _l("restricted in Korea only"),
    "account_action": _l("action against the account only"),
    "partial": _l("removed in part"),
    "refused": _l("refused by the company"),
    "not_found": _l("not found by the company"),
    "needs_information": _l("the company asked for information"),
    "still_gone": _l("gone at the recheck"),
    "reappeared": _l("back at the recheck"),
    "never_gone": _l("no verified removal to recheck"),
    "not_rechecked": _l("not rechecked"),
    "unreachable": _l("unreachable at the recheck"),
    "not_due": _l("not due yet"),
    "done_in_time": _l("done in time"),
    "done_late": _l("done late"),
    "not_done": _l("not done, or evidence not accepted"),
    "block": _l("access block, not asked of the company"),
    "withdrawn": _l("withdrawn by the commission"),
    "duplicate": _l("duplicate of another request"),
    "malformed": _l("reference could not be used"),
    "already_gone": _l("gone before the clock began"),
}
NUMBER = re.compile(r"(.*?)([0-9]+)")


@dataclass(frozen=True)
class Table:
    """Rows of words under their heads; the columns of `numeric` hold figures."""

    head: list[str]
    rows: list[list[str]]
    numeric: list[int] = field(default_factory=list)
    caption: str = ""


@dataclass(frozen=True)
class Quote:
    """Somebody's words as they are, and whose they are."""

    text: str
    by: str


@dataclass(frozen=True)
class Run:
    """Case numbers that share a part and a reason, run in."""

    part: str
    reason: str
    count: int
    numbers: str


@dataclass(frozen=True)
class Section:
    """One section: its mark (A, B, C1), a title, and whatever it has of the rest."""

    id: str
    title: str
    mark: str = ""
    level: int = 2
    lead: str = ""
    quotes: list[Quote] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    note: str = ""


def reason_of(code: str) -> str:
    """Why a case counts as it does, in words."""
    return str(REASONS[code]) if code in REASONS else _(code)


def run_in(numbers: Iterable[str]) -> str:
    """Case numbers as people write them: the common beginning once, neighbours as a range.

    R-000001, R-000002, R-000003 and R-000009 are "R-: 000001-000003, 000009" (with an en dash).
    """
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    whole = []
    for number in sorted(set(numbers)):
        parted = NUMBER.fullmatch(number)
        if parted is None:
            whole.append(number)
        else:
            groups[parted[1]].append((int(parted[2]), parted[2]))
    told = [_group(head, sorted(tails)) for head, tails in sorted(groups.items())]
    return "; ".join([*told, *([", ".join(whole)] if whole else [])])


def _group(head: str, tails: Sequence[tuple[int, str]]) -> str:
    runs: list[list[tuple[int, str]]] = []
    for value, text in tails:
        # Only numbers written equally wide are neighbours: 9 and 010 are other series.
        follows = runs and value == runs[-1][-1][0] + 1 and len(text) == len(runs[-1][-1][1])
        if follows:
            runs[-1].append((value, text))
        else:
            runs.append([(value, text)])
    words = []
    for run in runs:
        if len(run) > 2:
            words.append(f"{run[0][1]}–{run[-1][1]}")
        else:
            words += [text for _value, text in run]
    if len(words) == 1 and "–" not in words[0]:
        return head + words[0]
    return f"{head}: {', '.join(words)}" if head else ", ".join(words)


COLUMNS = ("case", *(f"{id}_{what}" for id in MEASURES for what in ("part", "why", "hours")))


def rows_of(found: Mapping[str, Sequence[Member]]) -> list[list[object]]:
    """Every case once, with its part, reason (as codes) and hours in each measure, for a file."""
    by_case: dict[str, dict[str, Member]] = {}
    for id in MEASURES:
        for member in found.get(id, ()):
            by_case.setdefault(member.number, {})[id] = member
    rows: list[list[object]] = []
    for number, parts in by_case.items():
        row: list[object] = [number]
        for id in MEASURES:
            one = parts.get(id)
            hours = "" if one is None or one.seconds is None else _hours(one.seconds)
            row += ["", "", ""] if one is None else [one.part.value, one.why, hours]
        rows.append(row)
    return rows


def _hours(seconds: int) -> str:
    """Seconds as hours with four places, without separators: a second is 0.0003 h."""
    return str(rounded(Fraction(seconds, HOUR), 4))


def case_sections(found: Mapping[str, Sequence[Member]], mark: str) -> list[Section]:
    """The cohort, and by measure every case number with its part and reason.

    In a measure with more than `LONG` numbers the largest group is told as all of the cohort that
    stand under no other heading: nothing is lost, and 5,000 requests take a few pages.
    """
    cohort = [member.number for member in found.get("R2", ()) if member.part is not Part.LEFT_OUT]
    sections = [
        Section(
            "cases-0",
            _("Requests of the cohort"),
            mark=f"{mark}0",
            level=3,
            runs=[Run("", "", len(cohort), run_in(cohort))] if cohort else [],
            note="" if cohort else _("No request was delivered in the month."),
        )
    ]
    for place, id in enumerate(MEASURES, start=1):
        members = found.get(id, ())
        sections.append(
            Section(
                f"cases-{id}",
                f"{id} {name_of(id)}",
                mark=f"{mark}{place}",
                level=3,
                runs=_runs(members, frozenset(cohort), f"{mark}0"),
                note="" if members else _("No case."),
            )
        )
    return sections


def _runs(members: Sequence[Member], cohort: frozenset[str], cohort_mark: str) -> list[Run]:
    groups: dict[tuple[Part, str], list[str]] = defaultdict(list)
    for member in members:
        groups[member.part, member.why].append(member.number)
    ordered = sorted(
        groups.items(),
        key=lambda one: (list(Part).index(one[0][0]), -len(one[1]), one[0][1]),
    )
    # Police requests, action items, exclusions and blocks are not of the cohort.
    told = max(
        (one for one in ordered if len(one[1]) > LONG and cohort.issuperset(one[1])),
        key=lambda one: len(one[1]),
        default=None,
    )
    return [
        Run(
            str(PARTS[part]),
            reason_of(why),
            len(numbers),
            _("all of %(mark)s that stand under no other reason here", mark=cohort_mark)
            if told is not None and told[0] == (part, why)
            else run_in(numbers),
        )
        for (part, why), numbers in ordered
    ]
