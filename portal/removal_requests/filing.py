"""Files of requests and of answers: judged whole without writing anything, then written in parts.

What a line must say stands in `importing` and `answering`; how a file is read, in `reading`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from sqlalchemy import bindparam, select

from portal.access.actor import Actor
from portal.access.scope import beyond_scope
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.core import bulk
from portal.core.audit import record
from portal.core.db import db
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.secrets import Press, digests
from portal.removal_requests import answering, importing, queries, reading
from portal.removal_requests.answers import Given, answer_many
from portal.removal_requests.models import RemovalRequest
from portal.removal_requests.service import BATCH

Line = TypeVar("Line")


@dataclass(slots=True)
class Judged(Generic[Line]):
    """A file that was read and judged: what is new, what is here already, what is wrong."""

    rows: reading.Rows = field(default_factory=reading.Rows)
    new: reading.Aside[Line] = field(default_factory=reading.Aside)
    known: int = 0
    is_written: bool = False

    @property
    def is_good(self) -> bool:
        """Whether every line can be written or is written already."""
        return not self.rows.wrong

    def settle(self) -> None:
        """After the writing: what was new is here."""
        self.known += len(self.new)
        self.new = reading.Aside()
        self.is_written = True


# Files of requests


KEPT = (
    "request_no", "company_id", "platform_id", "category", "refusal_reason",
    *importing.CODES, *importing.TIMES, "month",
    "reference_encrypted", "reference_digest", "place_digest",
)  # fmt: skip
"""The columns of a row that was judged and waits to be written, its reference sealed."""
Waiting = tuple[Any, ...]
KEPT_TWINS = 20
BY_NAME = {name: place for place, name in enumerate(KEPT)}


@dataclass(slots=True)
class Reading(Judged[Waiting]):
    """A judged file of requests."""

    places_known: int = 0
    """How many new lines name a place that an older request names as well."""
    twins: list[int] = field(default_factory=list)
    """The first of these lines."""


def known_platforms() -> importing.Platforms:
    """The companies and platforms an import may name: those the person may know of."""
    platforms = companies.platforms()
    return importing.Platforms(
        {one.slug: one.id for one in companies.names()},
        {platform.slug: (platform.id, platform.company_id) for platform in platforms},
        {platform.id: tuple(platform.hosts.split()) for platform in platforms if platform.hosts},
        companies.runs_by_slug(),
    )


def judge(
    given: bytes | Path, *, at: datetime, step: Callable[[int], object] | None = None
) -> Reading:
    """Read a file without writing anything; `step` is told of the bytes that were read.

    However long the file is, memory stays flat: what is new waits on disk, its references sealed.
    """
    found, press = Reading(), Press()
    judge_of = importing.Requests(known_platforms(), at)
    lines = reading.judged(reading.Source(given), judge_of, found.rows, step)
    for part in reading.parts(lines, BATCH):
        _take_in(found, part, press)
    found.rows.problems.sort(key=lambda problem: problem.line)
    return found


def _take_in(found: Reading, part: list[reading.Judged], press: Press) -> None:
    """Tell the new lines of a part from those that are here and those that are wrong."""
    held = _held(
        (one.values["company_id"], one.values["request_no"]) for one in part if not one.problems
    )
    new = []
    for one in part:
        if one.problems:
            found.rows.reject(one)
            continue
        existing = held.get((one.values["company_id"], one.values["request_no"]))
        if existing is None:
            new.append((one.line, _waiting(one.values, press)))
        elif _is_same(existing, one.values):
            found.known += 1
        else:
            remedy = _("This number is taken by other values. Correct the line or its number.")
            problem = reading.Problem(one.line, "request_no", one.values["request_no"], remedy)
            found.rows.reject(one._replace(problems=[problem]))
    places = [row[BY_NAME["place_digest"]] for _line, row in new]
    held_places = queries.places_known(places) if any(places) else ()
    for (line, row), place in zip(new, places, strict=True):
        found.new.append(row)
        if place in held_places:
            found.places_known += 1
            if len(found.twins) < KEPT_TWINS:
                found.twins.append(line)


def _waiting(values: Mapping[str, Any], press: Press) -> Waiting:
    reference = values["reference"]
    sealed = {
        "reference_encrypted": press.seal(reference),
        "reference_digest": press.digest(reference),
        "place_digest": press.digest(queries.place_text(reference)) if reference else None,
    }
    return tuple(sealed[name] if name in sealed else values[name] for name in KEPT)


COMPARED = tuple(
    name for name in importing.COLUMNS if name not in ("company", "platform", "reference")
)


_TABLE = RemovalRequest.__table__.c
_HELD = select(
    _TABLE.company_id, _TABLE.platform_id, _TABLE.reference_digest, _TABLE.erased_at,
    *(_TABLE[name] for name in COMPARED),
).where(
    _TABLE.company_id.in_(bindparam("company_ids", expanding=True)),
    _TABLE.request_no.in_(bindparam("numbers", expanding=True)),
)  # fmt: skip
"""Put together once: a statement for each part would hold its thousands of numbers, in a circle that
the collector finds late."""


def _held(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Any]:
    """The requests that have one of some numbers, whoever may see them."""
    wanted = set(keys)
    if not wanted:
        return {}
    asked = {
        "company_ids": list({company_id for company_id, _number in wanted}),
        "numbers": list({number for _company_id, number in wanted}),
    }
    with beyond_scope("a number is unique for the company, whoever imports"):
        rows = db.session.execute(_HELD, asked).all()
    return {(row.company_id, row.request_no): row for row in rows}


def _is_same(held: Any, values: Mapping[str, Any]) -> bool:
    # Nothing is left to compare an erased reference with: number and values decide alone.
    is_compared = values["reference"] and held.erased_at is None
    if is_compared and held.reference_digest not in digests(values["reference"]):
        return False
    return held.platform_id == values["platform_id"] and all(
        getattr(held, name) == values[name] for name in COMPARED
    )


def import_rows(
    found: Reading, *, by: Actor, at: datetime, step: Callable[[int], object] | None = None
) -> int:
    """Write what is new, all in the running transaction; return how many rows were written."""
    written = 0
    for part in found.new.blocks():
        written += import_part(part, by=by, at=at)
        if step is not None:
            step(len(part))
    return written


def import_part(part: Sequence[Waiting], *, by: Actor, at: datetime) -> int:
    """Write some of what is new in the running transaction; return how many rows were written.

    What somebody else wrote since the file was judged, with the same values, is not written twice;
    with other values, all of the part is refused.
    """
    company, number = BY_NAME["company_id"], BY_NAME["request_no"]
    held = _held((row[company], row[number]) for row in part)
    if held:
        for row in part:
            existing = held.get((row[company], row[number]))
            if existing is not None and not _is_this(existing, row):
                raise Refused(
                    _(
                        "%(number)s was written by somebody else meanwhile, with other values."
                        " Check the file again.",
                        number=row[number],
                    )
                )
        part = [row for row in part if (row[company], row[number]) not in held]
    bulk.insert_rows(
        db.session.connection(),
        RemovalRequest.__table__,  # type: ignore[arg-type]
        (*KEPT, "recorded_by_id", "recorded_at", "is_synthetic"),
        [(*row, by.account_id, at, False) for row in part],
    )
    for company_id, count in Counter(row[company] for row in part).items():
        record("removal_requests:import", db.session.get_one(Company, company_id), by=by, at=at,
               written=count)  # fmt: skip
    return len(part)


def _is_this(held: Any, row: Waiting) -> bool:
    same = ("platform_id", "reference_digest", *COMPARED)
    return all(getattr(held, name) == row[BY_NAME[name]] for name in same)


# Files of answers


@dataclass(slots=True)
class AnswerReading(Judged[Given]):
    """A judged file of answers; each line was tried."""

    silent: int = 0
    """Lines that name a request and say nothing of it yet."""


def judge_answers(
    given: bytes | Path,
    *,
    by: Actor,
    at: datetime,
    company_id: int | None = None,
    step: Callable[[int], object] | None = None,
) -> AnswerReading:
    """Read a file of answers and try each line by the rules of `answer_many`; nothing of it stays."""
    found = AnswerReading()
    lines = reading.judged(reading.Source(given), answering.Answers(), found.rows, step)
    for part in reading.parts(lines, BATCH):
        said = [Given(*one.values) for one in part if one.values is not None and not one.problems]
        tried = iter(_tried(said, by=by, at=at, company_id=company_id))
        for one in part:
            if one.problems:
                found.rows.reject(one)
            elif one.values is None:
                found.silent += 1
            else:
                _take_answer(found, one, *next(tried))
    found.rows.problems.sort(key=lambda problem: problem.line)
    return found


def _tried(
    said: list[Given], *, by: Actor, at: datetime, company_id: int | None
) -> list[tuple[str, Refused | None]]:
    """What would become of some answers. All that is written for that is undone at once."""
    if not said:
        return []
    with db.session.begin_nested() as trial:
        results = answer_many(said, by=by, at=at, company_id=company_id)
        trial.rollback()
    return results


def _take_answer(
    found: AnswerReading, one: reading.Judged, result: str, refusal: Refused | None
) -> None:
    answer: answering.Answer = one.values
    if result == "done":
        found.new.append(Given(*answer))
    elif result == "known":
        found.known += 1
    else:
        # A number that is another company's is told in the words for one that nobody has.
        remedy = _("No such request to this company. Check the number.")
        column, value = "request_no", answer.request_no
        if refusal is not None:
            remedy = refusal.sentence
            column = refusal.field if isinstance(refusal, FieldError) else column
            # A reason is not shown: it may be refused for the personal data it holds.
            is_shown = column in ("request_no", "removed_at") and column in found.rows.header
            value = one.cells[found.rows.header.index(column)] if is_shown else ""
        problem = reading.Problem(one.line, column, value[:80], remedy)
        found.rows.reject(one._replace(problems=[problem]))


def enter_answers(
    part: Sequence[Given], *, by: Actor, at: datetime, company_id: int | None = None
) -> int:
    """Enter some answers that were tried before, in the running transaction; return how many are new.

    What can no longer be entered because something happened meanwhile refuses all of the part.
    """
    results = answer_many(part, by=by, at=at, company_id=company_id)
    for given, (result, refusal) in zip(part, results, strict=True):
        if result not in ("done", "known"):
            why = refusal.sentence if refusal else _("No such request to this company. Check the number.")  # fmt: skip
            raise Refused(f"{given.number}: {why}")
    return sum(1 for result, _refusal in results if result == "done")
