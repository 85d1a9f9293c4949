"""The register of action items: what an address narrows it to, and what stands beside each filter.

Every filter is a word in the address, so that a view of the register is a link. A filter that the
address leaves out narrows nothing; a word that is none of ours narrows nothing either, and is
named to the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import joinedload, selectinload

from portal.access.actor import Actor
from portal.actions import queries
from portal.actions.models import (
    OWED,
    ActionItem,
    ActionStatus,
    Amendment,
    AmendmentStatus,
    Clocked,
)
from portal.agendas.models import AgendaItem
from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core.calendar import month_of, month_start, next_month
from portal.core.db import UTCDateTime, db
from portal.minutes.models import MinutesItem
from portal.minutes.targets import Targeted

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
AHEAD = 6
"""Months of the timeline, the present one among them."""
BEHIND = 6
OLDER, NEWER = "0000-00", "9999-99"
"""The words under which months beyond those that are counted one by one are gathered."""
OVERDUE_BY = ("week", "month", "more")
OVERDUE = {"week": timedelta(days=7), "month": timedelta(days=30)}
AGES = {"month": timedelta(days=30), "quarter": timedelta(days=90), "half": timedelta(days=180)}
CHOICES: dict[str, tuple[str, ...]] = {
    "state": tuple(status.value for status in ActionStatus),
    "waits": tuple(side.value for side in Side),
    "overdue": ("any", "week", "month", "more", "no"),
    "owner": tuple(side.value for side in Side),
    "age": ("month", "quarter", "half", "more"),
    "carried": ("0", "1", "2", "3"),
    "counts": ("yes",),
}
"""The words of each filter. `carried=3` is three times or more."""
SORTS = ("due", "-due", "number", "age", "company", "carried")
BOARD = (
    ActionStatus.AGREED,
    ActionStatus.IN_PROGRESS,
    ActionStatus.REPORTED_DONE,
    ActionStatus.RETURNED,
    ActionStatus.VERIFIED,
)
RECENT = timedelta(days=30)
"""How long a verified item stays on the board after it was done."""
CARDS = 12
"""Cards of one column of the board, and lines of one month of the timeline."""
COUNTED_UP_TO = 2_000
"""Rows up to which every word of every filter is counted unasked; beyond, by `counts=yes`."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What an address narrows the register to; an empty word narrows nothing."""

    show: str = ""
    state: str = ""
    waits: str = ""
    overdue: str = ""
    company: str = ""
    owner: str = ""
    age: str = ""
    carried: str = ""
    month: str = ""
    consultation: str = ""
    sort: str = ""
    counts: str = ""

    def url(self, path: str = "", **changed: str) -> str:
        """The address of this view with some words changed; an empty word drops out."""
        words = replace(self, **changed)
        pairs = [(f.name, value) for f in fields(self) if (value := getattr(words, f.name))]
        return f"{path}?{urlencode(pairs)}" if pairs else path or "?"

    @property
    def chosen(self) -> tuple[str, ...]:
        """The filters that narrow, by name."""
        return tuple(name for name in FACETS if getattr(self, name))


FACETS = ("state", "waits", "overdue", "company", "owner", "age", "carried", "month")


def read(words: Mapping[str, str], *, is_company: bool) -> tuple[Filter, list[str]]:
    """The filter an address asks for, and the words in it that are none of ours."""
    taken, unknown = {}, []
    for field in fields(Filter):
        value = words.get(field.name, "").strip()
        if not value:
            continue
        if _is_known(field.name, value):
            taken[field.name] = value
        else:
            unknown.append(field.name)
    if is_company:
        taken.pop("company", None)  # it has but one, its own
    return Filter(**taken), unknown


def _is_known(name: str, value: str) -> bool:
    if name in CHOICES:
        return value in CHOICES[name]
    if name == "month":
        return value in ("earlier", "later") or MONTH.fullmatch(value) is not None
    if name in ("company", "consultation"):
        return value.isascii() and value.isdecimal() and len(value) < 10
    return value in (queries.SHOWS if name == "show" else SORTS)


# What each filter asks of a row


def _ago(at: datetime, span: timedelta = timedelta()) -> ColumnElement[datetime]:
    """An instant before `at`, under a name: a statement that was kept is asked again with others."""
    return bindparam(f"ago_{span.days}", at - span, UTCDateTime)


def _instants(at: datetime) -> dict[str, datetime]:
    spans = (timedelta(), RECENT, *OVERDUE.values(), *AGES.values())
    return {f"ago_{span.days}": at - span for span in spans}


def conditions(chosen: Filter, *, at: datetime, without: str = "") -> list[ColumnElement[bool]]:
    """What holds for the rows of a filter; `without` leaves one of them out, to count its words."""
    found = []
    if chosen.consultation:
        found.append(ActionItem.consultation_id == int(chosen.consultation))
    for name in FACETS:
        value = getattr(chosen, name)
        if value and name != without:
            found.append(_condition(name, value, at))
    return found


def _condition(name: str, value: str, at: datetime) -> ColumnElement[bool]:
    if name == "state":
        return ActionItem.status == value
    if name == "waits":
        return queries.waiting_for(value)
    if name == "owner":
        return ActionItem.owner == value
    if name == "company":
        return ActionItem.company_id == int(value)
    if name == "overdue":
        return _overdue(value, at)
    if name == "age":
        return _age(at) == value
    if name == "carried":
        return _carried_is(value)
    if value == "earlier":
        return ActionItem.due_at < month_start(month_of(at))
    if value == "later":
        return ActionItem.due_at >= month_start(next_month(month_of(at), AHEAD))
    return and_(
        ActionItem.due_at >= month_start(value), ActionItem.due_at < month_start(next_month(value))
    )


def _overdue(value: str, at: datetime) -> ColumnElement[bool]:
    is_overdue = and_(ActionItem.status.in_(OWED), ActionItem.due_at < _ago(at))
    if value == "any":
        return is_overdue
    if value == "no":
        return or_(ActionItem.status.not_in(OWED), ActionItem.due_at >= _ago(at))
    week, month = _ago(at, OVERDUE["week"]), _ago(at, OVERDUE["month"])
    since = {
        "week": ActionItem.due_at >= week,
        "month": and_(ActionItem.due_at < week, ActionItem.due_at >= month),
        "more": ActionItem.due_at < month,
    }
    return and_(is_overdue, since[value])


def _age(at: datetime) -> ColumnElement[str]:
    """How long ago an item was agreed, as a word; none while it is only proposed."""
    return case(
        (ActionItem.agreed_at.is_(None), ""),
        *((ActionItem.agreed_at > _ago(at, span), word) for word, span in AGES.items()),
        else_="more",
    )


# How often an item was carried over is a fact of the agenda item it was agreed in. Whoever sees
# the promise sees this number with it, so the tables are asked and not the records behind the wall.
_minutes_item, _agenda_item = MinutesItem.__table__, AgendaItem.__table__
CARRIED = (
    select(_minutes_item.c.id, _agenda_item.c.times_carried)
    .join(_agenda_item, _agenda_item.c.id == _minutes_item.c.agenda_item_id)
    .where(_agenda_item.c.times_carried > 0)
)


def _carried_is(value: str) -> ColumnElement[bool]:
    carried = CARRIED.subquery()
    if value == "0":
        return or_(
            ActionItem.minutes_item_id.is_(None),
            ActionItem.minutes_item_id.not_in(select(carried.c.id)),
        )
    times = carried.c.times_carried
    wanted = times >= 3 if value == "3" else times == int(value)
    return ActionItem.minutes_item_id.in_(select(carried.c.id).where(wanted))


# The list


class Asked(NamedTuple):
    """A change that was asked for and not answered, as far as a line of the register tells."""

    asked_side: Side


@dataclass(slots=True)
class Line(Clocked, Targeted):
    """One line of the register: the columns it shows, without the record behind them."""

    id: int
    number: str
    text_ko: str
    text_en: str
    owner: Side
    company_ko: str
    company_en: str
    due_at: datetime
    first_due_at: datetime | None
    due_zone: str
    status: ActionStatus
    reported_at: datetime | None
    done_at: datetime | None
    minutes_item_id: int | None
    target: dict[str, Any] | None
    asked: Asked | None = None
    times_carried: int = 0

    def pending(self) -> Asked | None:
        """The change that is asked for and not answered."""
        return self.asked


LINE = (
    ActionItem.id, ActionItem.number, ActionItem.text_ko, ActionItem.text_en, ActionItem.owner,
    Company.name_ko, Company.name_en, ActionItem.due_at, ActionItem.first_due_at,
    ActionItem.due_zone, ActionItem.status, ActionItem.reported_at, ActionItem.done_at,
    ActionItem.minutes_item_id, ActionItem.target,
)  # fmt: skip


def columns(chosen: Filter, actor: Actor, *, at: datetime) -> Select[Any]:
    """The rows of a filter in its order, as the columns of which `lines` makes lines."""
    statement = listed(chosen, actor, at=at, options=())
    narrowed: Any = statement.with_only_columns(*LINE, maintain_column_froms=True)
    found: Select[Any] = narrowed.join(ActionItem.company)
    return found


def total(chosen: Filter, actor: Actor, *, at: datetime) -> int:
    """How many rows a filter has: counted by index, without the columns that a page shows."""
    shown = queries.condition_of(chosen.show, actor, at=at)
    where = conditions(chosen, at=at) + ([] if shown is None else [shown])
    return db.session.scalar(select(func.count(ActionItem.id)).where(*where)) or 0


def lines(rows: Sequence[Any]) -> list[Line]:
    """The rows of one page as lines, with what stands in other tables."""
    made = [Line(*row) for row in rows]
    _complete(made)
    return made


def _complete(shown: Sequence[Line]) -> None:
    """What stands in other tables: what was asked for, and how often an item was carried over.

    Only of lines that the reader may see, hence asked of the tables themselves.
    """
    amendment, carried = Amendment.__table__.c, CARRIED.subquery()
    open_ones = [one.id for one in shown if one.status in queries.LIVE]
    places = {one.minutes_item_id for one in shown if one.minutes_item_id}
    connection = db.session.connection()
    asked: dict[int, Asked] = {}
    if open_ones:
        for item_id, side in connection.execute(
            select(amendment.action_item_id, amendment.asked_side)
            .where(
                amendment.status == AmendmentStatus.ASKED, amendment.action_item_id.in_(open_ones)
            )
            .order_by(amendment.id.desc())
        ):
            asked[item_id] = Asked(side)
    times: dict[int, int] = {}
    if places:
        found = connection.execute(
            select(carried.c.id, carried.c.times_carried).where(carried.c.id.in_(places))
        )
        times = {row.id: row.times_carried for row in found}
    for one in shown:
        one.asked = asked.get(one.id)
        one.times_carried = times.get(one.minutes_item_id or 0, 0)


def listed(
    chosen: Filter, actor: Actor, *, at: datetime, options: Sequence[Any] = queries.WITH_COMPANY
) -> Select[Any]:
    """The rows of a filter in its order, with `options` of loading."""
    statement = queries.listed(chosen.show, actor, at=at, options=options)
    statement = statement.where(*conditions(chosen, at=at))
    if not chosen.sort and (chosen.waits or chosen.overdue not in ("", "no")):
        chosen = replace(chosen, sort="due")  # what must be done: the soonest due first
    if not chosen.sort:
        return statement
    statement = statement.order_by(None)
    if chosen.sort == "carried":
        carried = CARRIED.subquery()
        statement = statement.outerjoin(carried, carried.c.id == ActionItem.minutes_item_id)
        return statement.order_by(
            func.coalesce(carried.c.times_carried, 0).desc(), ActionItem.due_at, ActionItem.id
        )
    if chosen.sort == "age":
        return statement.order_by(
            ActionItem.agreed_at.is_(None), ActionItem.agreed_at, ActionItem.id
        )
    order: dict[str, tuple[Any, ...]] = {
        "due": (ActionItem.due_at, ActionItem.id),
        "-due": (ActionItem.due_at.desc(), ActionItem.id.desc()),
        "number": (ActionItem.number,),
        "company": (ActionItem.company_id, ActionItem.due_at, ActionItem.id),
    }
    return statement.order_by(*order[chosen.sort])


def times_carried(items: Sequence[ActionItem]) -> dict[int, int]:
    """How often what each item was agreed in had been carried over, where it had; one query."""
    places = {item.minutes_item_id for item in items if item.minutes_item_id}
    if not places:
        return {}
    carried = CARRIED.subquery()
    found = db.session.execute(
        select(carried.c.id, carried.c.times_carried).where(carried.c.id.in_(places))
    )
    by_place: dict[int, int] = {row.id: row.times_carried for row in found}
    return {
        item.id: by_place[item.minutes_item_id]
        for item in items
        if item.minutes_item_id in by_place
    }


def for_export(chosen: Filter, actor: Actor, *, at: datetime) -> Iterator[tuple[ActionItem, int]]:
    """Every row of a filter with how often it was carried, fetched as it is written.

    The wall is named once more: the last rows are read when the request is as good as over.
    """
    statement = (
        listed(chosen, actor, at=at)
        .where(ActionItem.visible_to(actor))
        .options(joinedload(ActionItem.consultation), selectinload(ActionItem.amendments))
        .execution_options(yield_per=500)
    )
    for some in db.session.scalars(statement).partitions():
        carried = times_carried(some)
        for item in some:
            yield item, carried.get(item.id, 0)


# What stands beside each filter

LATEST = select(func.max(ActionItem.__table__.c.id))
"""The last number given to a row, whoever asks: how long the register is at most."""


def is_counted(chosen: Filter) -> bool:
    """Whether a view shows counts beside its filters: asked for, or the register is not long.

    To count the words of every filter, every row is read for each page.
    """
    return bool(chosen.counts) or (db.session.scalar(LATEST) or 0) <= COUNTED_UP_TO


def counts(
    chosen: Filter, actor: Actor, *, at: datetime, page: str = "list"
) -> dict[str, dict[str, int]]:
    """How many rows each word of each filter would show beside all the others; one query.

    A word's count leaves its own filter out: it says what choosing that word instead would show.
    `page` is where the filters stand: the list counts the rows of its view, the board and the
    timeline what they show.
    """
    statement = _counting(replace(chosen, sort="", counts=""), actor, month_of(at), page)
    found: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    # Not asked through the session: the statement names the wall itself, in each of its parts.
    for name, word, count in db.session.connection().execute(statement, _instants(at)):
        found[name][word] = count
    late = found["overdue"]
    late["any"] = sum(late.get(word, 0) for word in OVERDUE_BY)
    months = found["month"]
    here, last = month_of(at), next_month(month_of(at), AHEAD - 1)
    months["earlier"] = sum(n for word, n in months.items() if word < here)
    months["later"] = sum(n for word, n in months.items() if word > last and word != "earlier")
    months.pop(OLDER, None)
    months.pop(NEWER, None)
    return found


@lru_cache(maxsize=256)
def _counting(chosen: Filter, actor: Actor, month: str, page: str) -> CompoundSelect[Any]:
    """The statement that counts, kept: to put it together costs more than to run it."""
    at = month_start(month)
    if page == "list":
        shown = queries.condition_of(chosen.show, actor, at=_ago(at))
    else:
        shown = on_board(at=at) if page == "board" else on_timeline(at=at)
    common = [ActionItem.visible_to(actor)] + ([] if shown is None else [shown])
    offered = [name for name in FACETS if name != "company" or not actor.is_company]
    free = [name for name in offered if not getattr(chosen, name)]
    # What all filters leave is read once for the filters that are not set; a filter that is set
    # counts among the rows of the others.
    parts = _among(free, [*common, *conditions(chosen, at=at)], chosen, at)
    for name in offered:
        if name not in free:
            where = [*common, *conditions(chosen, at=at, without=name)]
            parts += _among([name], where, chosen, at)
    return union_all(*parts)


def _among(
    names: Sequence[str], where: Sequence[ColumnElement[bool]], chosen: Filter, at: datetime
) -> list[Select[Any]]:
    """For each filter the parts that count its words among the rows that fulfil a condition."""
    carried = CARRIED.subquery()
    columns: dict[str, ColumnElement[Any]] = {}
    for name in names:
        if name == "waits":
            for side in Side:
                columns[f"waits_{side.value}"] = case((queries.waiting_for(side), 1), else_=0)
        elif name == "carried":
            times = func.coalesce(carried.c.times_carried, 0)
            columns[name] = case((times >= 3, "3"), else_=cast(times, String))
        else:
            columns[name] = _word(name, chosen, at)
    found = select(*(column.label(name) for name, column in columns.items()))
    found = found.select_from(ActionItem).where(*where)
    if "carried" in names:
        found = found.outerjoin(carried, carried.c.id == ActionItem.minutes_item_id)
    rows = found.cte()
    parts = []
    for name in names:
        if name == "waits":
            for side in Side:
                part = _count(name, literal(side.value, String)).select_from(rows)
                parts.append(part.where(rows.c[f"waits_{side.value}"] == 1))
        else:
            parts.append(_count(name, rows.c[name]).group_by(rows.c[name]))
    return parts


def _count(name: str, word: ColumnElement[Any]) -> Select[Any]:
    return select(literal(name, String).label("name"), word.label("word"), func.count())


def _word(name: str, chosen: Filter, at: datetime) -> ColumnElement[Any]:
    if name == "state":
        return type_coerce(ActionItem.status, String)
    if name == "owner":
        return type_coerce(ActionItem.owner, String)
    if name == "company":
        return cast(ActionItem.company_id, String)
    if name == "age":
        return _age(at)
    if name == "overdue":
        week, month = _ago(at, OVERDUE["week"]), _ago(at, OVERDUE["month"])
        return case(
            (_overdue("no", at), "no"),
            (ActionItem.due_at >= week, "week"),
            (ActionItem.due_at >= month, "month"),
            else_="more",
        )
    steps: list[tuple[Any, str]] = []
    expected = ""
    for one in months_around(at, chosen.month):
        if one != expected:  # a gap before it, or all that lies before the first
            beyond = NEWER if steps and one > next_month(month_of(at), AHEAD) else OLDER
            steps.append((ActionItem.due_at < month_start(one), beyond))
        expected = next_month(one)
        steps.append((ActionItem.due_at < month_start(expected), one))
    return case(*steps, else_=NEWER)


def months_around(at: datetime, chosen: str = "") -> list[str]:
    """The months that a filter offers one by one: around the present one, and the chosen one."""
    here = month_of(at)
    months = {next_month(here, step) for step in range(-BEHIND, AHEAD)}
    return sorted(months | ({chosen} if MONTH.fullmatch(chosen) else set()))


# The board and the timeline


@dataclass(frozen=True, slots=True)
class Part:
    """A column of the board, or a month of the timeline: its first rows, and how many there are."""

    word: str
    items: list[ActionItem]
    count: int
    of_company: int = 0
    """How many of them the company owes; the others are the institution's."""


def on_board(*, at: datetime) -> ColumnElement[bool]:
    """What the board shows: what is open, and what was verified and done lately."""
    return or_(
        ActionItem.status.in_(BOARD[:-1]),
        and_(ActionItem.status == ActionStatus.VERIFIED, ActionItem.done_at >= _ago(at, RECENT)),
    )


def board(chosen: Filter, actor: Actor, *, at: datetime) -> list[Part]:
    """The columns of the board: each state with what is due first, and what was verified lately."""
    where = [*conditions(chosen, at=at, without="state"), on_board(at=at)]
    word = type_coerce(ActionItem.status, String)
    return _parts([status.value for status in BOARD], word, where, actor)


def on_timeline(*, at: datetime) -> ColumnElement[bool]:
    """What the timeline shows: what is open, and overdue or due in the next months.

    What waits for its verdict is not overdue, whenever it was due: with a date in an earlier
    month it is not on it.
    """
    here = month_of(at)
    return and_(
        ActionItem.status.in_(queries.LIVE),
        or_(_overdue("any", at), ActionItem.due_at >= month_start(here)),
        ActionItem.due_at < month_start(next_month(here, AHEAD)),
    )


def timeline(chosen: Filter, actor: Actor, *, at: datetime) -> list[Part]:
    """What is open, by the month in which it is due: what is overdue first, then six months."""
    here = month_of(at)
    months = [next_month(here, step) for step in range(AHEAD)]
    is_overdue = _overdue("any", at)
    where = [*conditions(chosen, at=at, without="month"), on_timeline(at=at)]
    word = case(
        (is_overdue, "overdue"),
        *((ActionItem.due_at < month_start(next_month(month)), month) for month in months[:-1]),
        else_=months[-1],
    )
    return _parts(["overdue", *months], word, where, actor)


def _parts(
    words: Sequence[str],
    word: ColumnElement[Any],
    where: Sequence[ColumnElement[bool]],
    actor: Actor,
) -> list[Part]:
    placed = (
        select(
            ActionItem.id.label("id"),
            word.label("word"),
            case((ActionItem.owner == Side.COMPANY, 1), else_=0).label("theirs"),
            ActionItem.due_at.label("due_at"),
        )
        .where(*where, ActionItem.visible_to(actor))
        .subquery()
    )
    ranked = select(
        placed.c.id,
        placed.c.word,
        func.row_number()
        .over(partition_by=placed.c.word, order_by=(placed.c.due_at, placed.c.id))
        .label("place"),
        func.count().over(partition_by=placed.c.word).label("rows"),
        func.sum(placed.c.theirs).over(partition_by=placed.c.word).label("theirs"),
    ).subquery()
    rows = db.session.execute(
        select(ActionItem, ranked.c.word, ranked.c.rows, ranked.c.theirs)
        .join(ranked, ranked.c.id == ActionItem.id)
        .where(ranked.c.place <= CARDS)
        .options(joinedload(ActionItem.company))
        .order_by(ActionItem.due_at, ActionItem.id)
    ).all()
    parts = {name: Part(name, [], 0) for name in words}
    for item, name, count, theirs in rows:
        part = parts[name]
        parts[name] = Part(name, [*part.items, item], count, int(theirs))
    return list(parts.values())


# Whose step comes next


def next_steps(item: ActionItem | Line) -> list[tuple[Side, str]]:
    """Who must do what next, by words: the owner's or the examiner's step, and an open request."""
    steps = []
    if (asked := item.pending()) is not None:
        steps.append((queries.other(asked.asked_side), "answer"))
    if item.status in OWED:
        steps.append((item.owner, "report"))
    elif item.status is ActionStatus.REPORTED_DONE:
        steps.append((queries.other(item.owner), "verify"))
    return steps
