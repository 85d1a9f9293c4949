"""Filing a company's own count, comparing it with ours, and deciding who was right."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import and_, delete, func, insert, literal, select
from sqlalchemy.orm import aliased

from portal.access.actor import Actor
from portal.companies.models import Company
from portal.core import bulk
from portal.core.audit import record
from portal.core.calendar import month_start
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.i18n import month_name
from portal.core.personal_data import refuse_personal_data
from portal.reconciliations import counting, letters, queries
from portal.reconciliations.counting import Line
from portal.reconciliations.models import (
    TIMES,
    ClosedMonth,
    CompanyCount,
    Correction,
    CountDifference,
    CountLine,
    DifferenceKind,
    FiledBy,
    Right,
)
from portal.removal_requests import reading
from portal.removal_requests import service as removal_requests
from portal.removal_requests.models import Outcome, RemovalRequest

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
BATCH = 1000
LONGEST_NOTE = 2000
LONGEST_REASON = 500
MOST_COUNTED = 100_000_000
LINE = tuple(CountLine.__table__.c.keys())
DECIDED = ("right", "reason", "decided_at", "decided_by", "correction")


# Filing


def file(
    company: Company,
    month: str,
    *,
    totals: Mapping[str, int],
    lines: Iterable[Line] = (),
    note: str = "",
    way: FiledBy,
    by: Actor,
    at: datetime,
) -> CompanyCount:
    """Store a company's own count of a month (Korean time) and compare it with ours.

    `totals` by code of `queries.TOTALS`, `lines` one for each request; at least one of the two. A
    count filed before stays as a version, and decisions about what has not changed are taken over.

    Refused: a month that is none or has not begun, one whose card is frozen, nothing counted, a
    total that its own lines contradict.
    """
    if not MONTH.fullmatch(month):
        raise FieldError("month", _("Write the month as 2026-03."))
    if at < month_start(month):
        raise FieldError("month", _("%(month)s has not begun yet.", month=month_name(month)))
    note = note.replace("\r\n", "\n").strip()
    if len(note) > LONGEST_NOTE:
        raise FieldError("note", _("At most %(most)s characters.", most=LONGEST_NOTE))
    refuse_personal_data(note, field="note")
    _check_totals(totals)
    hold(company)  # two people of a company at once: versions run on
    if queries.is_closed(company.id, month):
        raise Refused(
            _(
                "The card of %(month)s is frozen. A count is filed before that; write to your"
                " liaison officer.",
                month=month_name(month),
            )
        )
    before = queries.of_month(company.id, month)
    count = CompanyCount(
        company_id=company.id, month=month, version=before.version + 1 if before else 1,
        filed_by_way=way, filed_at=at, filed_by=by.name, note=note, totals=dict(totals),
        is_listed=False, compared_at=at,
    )  # fmt: skip
    db.session.add(count)
    db.session.flush()
    written = _write(count, lines)
    if not written and not totals:
        raise FieldError("totals", _("Fill in at least one number, or send a list."))
    if written:
        _add_up(count)
    compare(count, at=at, before=before)
    record("reconciliations:file", count, by=by, at=at, month=month, version=count.version,
           lines=written, totals=count.totals)  # fmt: skip
    letters.filed(count, at=at)
    return count


def _check_totals(totals: Mapping[str, int]) -> None:
    for name, number in totals.items():
        if name not in queries.TOTALS:
            raise FieldError(
                name, _("There is no such total. Use: %(known)s.", known=", ".join(queries.TOTALS))
            )
        if not 0 <= number <= MOST_COUNTED:
            raise FieldError(name, _("Write a whole number, 0 or more."))
    _check_parts(totals)


def _check_parts(totals: Mapping[str, int]) -> None:
    """What is a part of another total is not more than it; outcomes together are parts of all."""
    outcomes = [totals[one.value] for one in queries.OUTCOMES if one.value in totals]
    if "requests" in totals and sum(outcomes) > totals["requests"]:
        raise FieldError(
            "requests",
            _(
                "The outcomes make %(sum)s, more than the requests. Check them.",
                sum=f"{sum(outcomes):,}",
            ),
        )
    if "requests" in totals and totals.get("answered_24h", 0) > totals["requests"]:
        raise FieldError("answered_24h", _("These are more than the requests. Check both."))


def _write(count: CompanyCount, lines: Iterable[Line]) -> int:
    written = 0
    for part in reading.parts(lines, BATCH):
        bulk.insert_rows(
            db.session.connection(),
            CountLine.__table__,  # type: ignore[arg-type]
            LINE,
            [(count.id, *line) for line in part],
        )
        written += len(part)
    return written


def _add_up(count: CompanyCount) -> None:
    """The totals of a list are what its lines add up to; one given beside must say the same."""
    added = queries.listed_totals(count.id)
    for name, number in count.totals.items():
        if added.setdefault(name, number) != number:
            raise FieldError(
                name,
                _(
                    "Your list adds up to %(added)s here, your total says %(number)s. Correct one"
                    " of the two.",
                    added=added[name],
                    number=number,
                ),
            )
    count.totals, count.is_listed = added, True


def compare(count: CompanyCount, *, at: datetime, before: CompanyCount | None = None) -> None:
    """Set down anew where a count differs from our rows; what was decided stays as it was decided.

    One statement whatever the length. `before`: the version whose decisions are taken over where a
    difference says the same as it did there.
    """
    db.session.flush()
    db.session.execute(
        delete(CountDifference).where(
            CountDifference.count_id == count.id, CountDifference.right.is_(None)
        )
    )
    if count.is_listed:
        _compare_lines(count, before)
    else:
        _compare_totals(count)
    count.compared_at = at
    db.session.flush()
    db.session.expire_all()


def _compare_lines(count: CompanyCount, before: CompanyCount | None) -> None:
    found, decided, held = queries.differing(count), aliased(CountDifference), aliased(CountDifference)  # fmt: skip
    d = CountDifference.__table__.c
    same = and_(
        held.count_id == (before.id if before else 0),
        held.right.is_not(None),
        *(
            getattr(held, name).is_not_distinct_from(found.c[name])
            for name in queries.DIFFERING
            if name != "request_id"
        ),
    )
    db.session.execute(
        insert(CountDifference).from_select(
            ["count_id", "company_id", *queries.DIFFERING, *DECIDED],
            select(
                literal(count.id), literal(count.company_id),
                *(found.c[name] for name in queries.DIFFERING),
                held.right,
                func.coalesce(held.reason, "", type_=d.reason.type),
                held.decided_at, held.decided_by, held.correction,
            )
            .outerjoin(held, same)
            .where(
                ~select(decided.id)
                .where(
                    decided.count_id == count.id, decided.kind == found.c.kind,
                    decided.about == found.c.about,
                )
                .exists()
            ),
        )
    )  # fmt: skip


def _compare_totals(count: CompanyCount) -> None:
    ours = queries.our_totals(count.company_id, count.month)
    decided = set(
        db.session.scalars(
            select(CountDifference.about).where(CountDifference.count_id == count.id)
        )
    )
    db.session.add_all(
        CountDifference(
            count_id=count.id, company_id=count.company_id, kind=DifferenceKind.TOTAL, about=name,
            their_number=number, our_number=ours[name], reason="",
        )
        for name, number in count.totals.items()
        if number != ours[name] and name not in decided
    )  # fmt: skip


def close(company_id: int, month: str, *, at: datetime) -> None:
    """The card of the month is frozen: no count is filed for it any more. Safe to repeat."""
    if not queries.is_closed(company_id, month):
        db.session.add(ClosedMonth(company_id=company_id, month=month, closed_at=at))
        db.session.flush()


# Deciding


def decide(
    difference: CountDifference, right: Right, *, reason: str, by: Actor, at: datetime
) -> None:
    """Decide who was right, with the reason, which the company reads.

    Where the company was right our record is corrected by the verb that exists for it, so that the
    correction is an event of the request like any other; what that verb refuses is refused here. A
    missing or superfluous request, and a total, are corrected by hand.
    """
    hold(difference)
    said = reason.strip()
    if not said:
        raise FieldError("reason", _("Give the reason: it is kept and shown to both sides."))
    if len(said) > LONGEST_REASON:
        raise FieldError("reason", _("At most %(most)s characters.", most=LONGEST_REASON))
    refuse_personal_data(said, field="reason")
    if difference.right is not None:
        raise Refused(
            _(
                "%(about)s was decided already: %(right)s.",
                about=difference.about,
                right=_(difference.right.value),
            )
        )
    if right is Right.COMPANY:
        difference.correction = _correct(difference, reason=said, by=by, at=at)
    difference.right, difference.reason = right, said
    difference.decided_at, difference.decided_by = at, by.name
    db.session.flush()
    record("reconciliations:decide", difference, by=by, at=at, about=difference.about,
           kind=difference.kind.value, right=right.value,
           correction=difference.correction.value if difference.correction else None)  # fmt: skip


def _correct(difference: CountDifference, *, reason: str, by: Actor, at: datetime) -> Correction:
    request = db.session.get(RemovalRequest, difference.request_id or 0)
    if request is None:
        return Correction.BY_HAND
    if difference.kind in TIMES and difference.our_time and difference.their_time:
        removal_requests.correct_time(
            request, TIMES[difference.kind], difference.their_time, reason=reason, by=by, at=at
        )
        return Correction.ENTERED
    if difference.kind is DifferenceKind.OUTCOME and difference.their_outcome is not None:
        line = queries.line_of(difference)
        removal_requests.decide(
            request,
            outcome=difference.their_outcome,
            reason=reason if difference.their_outcome is Outcome.REFUSED else "",
            removed_at=line.removed_at if line else None,
            by=by,
            at=at,
        )
        return Correction.ENTERED
    return Correction.BY_HAND


def decide_many(
    count: CompanyCount,
    ids: list[int],
    right: Right,
    *,
    reason: str,
    by: Actor,
    at: datetime,
) -> list[tuple[str, str]]:
    """Decide many differences of a count in the same way; each by itself.

    Returns for each what it is about and why it was refused, or "". Afterwards the count is
    compared again: a correction may bring the next difference to light.
    """
    done = removal_requests.do_many(
        queries.chosen(count.id, ids),
        lambda one: decide(one, right, reason=reason, by=by, at=at),
    )
    told = [(one.about, why) for one, why in done]
    compare(count, at=at)
    if any(not why for _about, why in told) and not queries.tally(count.id).open:
        letters.decided(count, at=at)
    return told


# Files


@dataclass(slots=True)
class CountReading:
    """A file of a company's count that was read: its lines, and what is wrong."""

    rows: reading.Rows = field(default_factory=reading.Rows)
    lines: reading.Aside[Line] = field(default_factory=reading.Aside)

    @property
    def is_good(self) -> bool:
        """Whether every line can be filed."""
        return not self.rows.wrong and len(self.lines) > 0


def judge(
    given: bytes | Path, *, at: datetime, step: Callable[[int], object] | None = None
) -> CountReading:
    """Read a file without writing anything; its lines wait on disk, so memory stays flat."""
    found = CountReading()
    for one in reading.judged(reading.Source(given), counting.Counts(at), found.rows, step):
        if one.problems:
            found.rows.reject(one)
        else:
            found.lines.append(one.values)
    found.rows.problems.sort(key=lambda problem: problem.line)
    return found
