"""Doors of the overviews room: calendar, a company's year, search, history."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from flask import Blueprint, Response, render_template, request, url_for

from portal.access.actor import Role
from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.accounts import queries as accounts
from portal.companies import queries as companies
from portal.consultations.models import Consultation, Side
from portal.core import i18n
from portal.core.calendar import month_of, next_month
from portal.core.clock import local_date, now
from portal.core.db import db
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.sheets import written
from portal.core.web import asked_number, page_number, same_page
from portal.overviews import month as months
from portal.overviews import queries

bp = Blueprint("overviews", __name__)

MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
LIST_MONTHS = 3
ROWS = 50
MOST_ACTS = 500
LOOKS = {
    "draft": "mute", "polling": "info", "scheduled": "info", "agenda_published": "info",
    "in_session": "warn", "held": "ok", "closed": "ok", "postponed": "warn",
    "cancelled": "bad", "not_held": "bad",
}  # fmt: skip


def _company_id() -> int | None:
    me = actor()
    return me.organisation_id if me.is_company else asked_number("company")


def _choices() -> Any:
    """The companies to choose from; who knows one only has nothing to choose."""
    may_choose = can(Permission.COMPANIES_READ) and not actor().is_company
    return companies.names() if may_choose else []


def _month() -> str:
    asked = request.args.get("month", "")
    return asked if MONTH.fullmatch(asked) else month_of(now())


def _address(endpoint: str, month: str, company_id: int | None) -> str | None:
    """The address of a month in a calendar; none beyond the years it knows."""
    if not MONTH.fullmatch(month):
        return None
    chosen = None if actor().is_company else company_id
    return url_for(endpoint, month=month, company=chosen)


def _spanned(first: date, last: date, company_id: int | None) -> tuple[Any, dict[date, Any]]:
    """What begins in a span of the reader's days, and the holidays of everybody at the table."""
    zone = i18n.zone()
    rows = queries.between(
        months.midnight(first, zone), months.midnight(last, zone), company_id=company_id
    )
    countries = {"KR", *months.countries_of(rows)}
    named = queries.holidays(countries, first, last - timedelta(days=1), language=i18n.language())
    return rows, named


@bp.get("/calendar/")
@requires(Permission.CONSULTATIONS_READ)
def calendar() -> str:
    """A month, in weeks from Sunday on, on the reader's clock."""
    month, company_id = _month(), _company_id()
    first, last = months.span(month)
    rows, named = _spanned(first, last, company_id)
    by_day, more = months.entries(rows, i18n.zone(), first=first, last=last)
    return render_template(
        "overviews/calendar.html",
        month=month,
        weeks=months.weeks(month, by_day, more, named),
        day_names=_day_names(),
        today=local_date(now(), i18n.zone()),
        **_around("overviews.calendar", month, company_id, 1),
    )


@bp.get("/calendar/list")
@requires(Permission.CONSULTATIONS_READ)
def calendar_list() -> str:
    """Three months day by day; with `day`, all of one day."""
    month, company_id = _month(), _company_id()
    one_day = _day(request.args.get("day", ""))
    if one_day is not None:
        month = f"{one_day:%Y-%m}"
        first, last = one_day, one_day + timedelta(days=1)
    else:
        first = months.first_day(month)
        last = months.first_day(next_month(month, LIST_MONTHS))
    rows, named = _spanned(first, last, company_id)
    by_day, more = months.entries(rows, i18n.zone(), first=first, last=last, most=ROWS)
    shown = sorted({*by_day, *named})
    days = [
        months.Day(on, True, named.get(on, ()), by_day.get(on, []), more.get(on, 0)) for on in shown
    ]
    return render_template(
        "overviews/list.html",
        month=month,
        one_day=one_day,
        parts=_by_month(days),
        count=sum(len(day.entries) + day.hidden for day in days),
        **_around("overviews.calendar_list", month, company_id, LIST_MONTHS),
    )


def _by_month(days: list[months.Day]) -> list[tuple[str, list[months.Day]]]:
    parts: dict[str, list[months.Day]] = {}
    for day in days:
        parts.setdefault(f"{day.on:%Y-%m}", []).append(day)
    return list(parts.items())


def _day(text: str) -> date | None:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if 2000 <= on.year <= 2099 else None


def _day_names() -> list[tuple[str, str]]:
    """The days of the week from Sunday on: (short, whole)."""
    short = get_day_names("abbreviated", locale=i18n.language())
    whole = get_day_names("wide", locale=i18n.language())
    return [(short[n], whole[n]) for n in (6, 0, 1, 2, 3, 4, 5)]


def _around(endpoint: str, month: str, company_id: int | None, step: int) -> dict[str, Any]:
    """What every page of the calendar offers: other views, earlier, later, another company."""
    chosen = None if actor().is_company else company_id
    year = int(month[:4])
    return {
        "previous": _address(endpoint, next_month(month, -step), company_id),
        "following": _address(endpoint, next_month(month, step), company_id),
        "this_month": month_of(now()),
        "endpoint": endpoint,
        "views": [
            (_("Month"), _address("overviews.calendar", month, company_id),
             endpoint == "overviews.calendar"),
            (_("List"), _address("overviews.calendar_list", month, company_id),
             endpoint == "overviews.calendar_list"),
            (_("Year"), url_for("overviews.calendar_year", year=year, company=chosen),
             endpoint == "overviews.calendar_year"),
        ],
        "companies": _choices(),
        "company_id": company_id,
        "of_many": not actor().is_company,
        "looks": LOOKS,
        "names": {"name": "name_ko" if i18n.language() == "ko" else "name_en"},
        "base": url_for("consultations.index"),
    }  # fmt: skip


@bp.get("/calendar/year")
@requires(Permission.CONSULTATIONS_READ)
def calendar_year() -> str:
    """A company's year in numbers and line by line; without a company, one line for each."""
    year, company_id = _year(), _company_id()
    around = _around("overviews.calendar_year", f"{year}-01", company_id, 12)
    known = {company.id: company for company in companies.names()}
    company = known.get(company_id) if company_id is not None else None
    if company is None:
        return render_template(
            "overviews/years.html", year=year, rows=queries.years_of_all(year), **around
        )
    moves = queries.moves_of(company.id, year)
    sums = queries.sums_of(company.id, year, moves)
    pages = max(1, -(-sums.total // ROWS))
    number = min(page_number(), pages)
    return render_template(
        "overviews/year.html",
        year=year,
        company=company,
        sums=sums,
        lines=queries.lines_of(company.id, year, moves, first=(number - 1) * ROWS, most=ROWS),
        pager=_Pages(number, pages, sums.total),
        notice=notice_in_words,
        sides=_sides(company),
        **around,
    )


class _Pages:
    """Where the reader is in a list that was read whole."""

    def __init__(self, number: int, pages: int, total: int) -> None:
        self.number, self.pages, self.total = number, pages, total

    def _url(self, number: int) -> str | None:
        if not 1 <= number <= self.pages:
            return None
        return same_page(number)

    @property
    def prev_url(self) -> str | None:
        """The address of the page before."""
        return self._url(self.number - 1)

    @property
    def next_url(self) -> str | None:
        """The address of the page after."""
        return self._url(self.number + 1)


def _year() -> int:
    asked = request.args.get("year", default=0, type=int)
    return asked if 2000 <= asked <= 2099 else local_date(now()).year


def _sides(company: Any) -> dict[Side, str]:
    return {Side.INSTITUTION: _("The institution"), Side.COMPANY: both(company, "name")}


def notice_in_words(notice: timedelta | None) -> str:
    """How long before, in days and hours; a negative one lies after the start."""
    if notice is None:
        return "–"
    hours = int(abs(notice).total_seconds()) // 3600
    if notice < timedelta():
        return _("%(hours)s hours after the start", hours=hours)
    if hours < 48:
        return _("%(hours)s hours", hours=hours)
    return _("%(days)s days (%(hours)s hours)", days=hours // 24, hours=hours)


COLUMNS = (
    "number", "title_ko", "title_en", "status", "first_start", "start", "zone", "times_moved",
    "moved_by", "hours_of_notice_of_move", "cancelled_at", "cancelled_by",
    "hours_of_notice_of_cancellation", "held_at",
)  # fmt: skip


@bp.get("/calendar/year.csv")
@requires(Permission.CONSULTATIONS_READ)
def export_year() -> Response:
    """A company's year as a file for spreadsheets; without a company, the numbers of each."""
    year, company_id = _year(), _company_id()
    known = {company.id: company for company in companies.names()}
    company = known.get(company_id) if company_id is not None else None
    if company is None:
        header: tuple[str, ...] = (
            "company_ko", "company_en", "planned", "held", "moved", "postponed",
            "cancelled_by_institution", "cancelled_by_company", "not_held", "all",
        )  # fmt: skip
        rows = [
            (r.name_ko, r.name_en, r.planned, r.held, r.moved, r.postponed, r.by_us, r.by_them,
             r.not_held, r.total)
            for r in queries.years_of_all(year)
        ]  # fmt: skip
        content, name = written(header, rows), f"consultations-{year}.csv"
    else:
        lines = queries.lines_of(company.id, year, queries.moves_of(company.id, year))
        content = written(COLUMNS, (_cells(line) for line in lines))
        name = f"consultations-{company.slug}-{year}.csv"
    return Response(
        content,
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cells(line: queries.Line) -> list[object]:
    row = line.row
    off = row.starts_at - row.cancelled_at if row.cancelled_at else None
    return [
        row.serial, row.title_ko, row.title_en, row.status.value,
        _iso(row.original_starts_at or row.starts_at, row.zone), _iso(row.starts_at, row.zone),
        row.zone, line.times_moved, line.moved_by.value if line.moved_by else "",
        _hours(line.move.notice if line.is_moved else None), _iso(row.cancelled_at, row.zone),
        row.cancelled_by.value if row.cancelled_by else "", _hours(off),
        _iso(row.held_at, row.zone),
    ]  # fmt: skip


def _iso(at: datetime | None, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).isoformat() if at is not None else ""


def _hours(length: timedelta | None) -> int | str:
    return "" if length is None else int(length.total_seconds() // 3600)


@bp.get("/search")
@requires(Permission.CONSULTATIONS_READ)
def search() -> str:
    """Consultations and agenda items in which all the words stand; at most fifty, with the count."""
    asked = request.args.get("q", "")
    words = queries.words_of(asked)
    found: Any = []
    items: Any = []
    counts = (0, 0)
    if words:
        of_consultations, of_items = queries.consultations_with(words), queries.items_with(words)
        most = queries.MOST_FOUND
        items = db.session.execute(of_items.limit(most)).all()
        found = db.session.execute(of_consultations.limit(most)).all()
        counts = (
            len(found) if len(found) < most else queries.counted(of_consultations),
            len(items) if len(items) < most else queries.counted(of_items),
        )
        # Neither kind crowds the other out.
        found = found[: most - min(len(items), most // 2)]
        items = items[: most - len(found)]
    return render_template(
        "overviews/search.html",
        asked=asked[: queries.LONGEST_QUERY],
        words=words,
        found=found,
        items=items,
        counts=counts,
        looks=LOOKS,
        of_many=not actor().is_company,
        base=url_for("consultations.index"),
    )


SHOWN = ("all", "shared", "own")
AREAS = {
    "time": ("schedul", "postpone", "cancel", "not_held", "moved", "correct"),
    "people": ("delegate", "respond", "lead", "attendance"),
    "agenda": ("agenda",),
    "minutes": ("minutes:",),
}
"""What a filter shows, by pieces of the words under which things are recorded."""
AREA_WORDS = {
    "time": _l("Time and place"), "people": _l("Delegations"), "agenda": _l("Agenda"),
    "minutes": _l("Minutes"),
}  # fmt: skip


@bp.get("/consultations/<int:consultation_id>/history")
@requires(Permission.CONSULTATIONS_READ, on=Consultation)
def history(consultation: Consultation) -> str:
    """What happened to a consultation: the steps both sides read, and what the own side did."""
    me = actor()
    chosen = {name: request.args.get(name, "") for name in ("show", "area", "side")}
    moments: list[dict[str, Any]] = []
    if chosen["show"] != "own":
        moments += [_of_step(step) for step in queries.steps_of(consultation.id)]
    if chosen["show"] != "shared":
        acts = queries.acts_of(consultation.id, me, most=MOST_ACTS)
        moments += [_of_act(event, consultation) for event in acts]
    if chosen["area"] in AREAS:
        pieces = AREAS[chosen["area"]]
        moments = [m for m in moments if any(piece in m["code"] for piece in pieces)]
    if chosen["side"] in list(Side):
        moments = [m for m in moments if m["side"] == chosen["side"]]
    moments.sort(key=lambda m: (m["at"], not m["is_shared"]), reverse=True)
    pages = max(1, -(-len(moments) // ROWS))
    number = min(page_number(), pages)
    return render_template(
        "overviews/history.html",
        c=consultation,
        moments=moments[(number - 1) * ROWS : number * ROWS],
        pager=_Pages(number, pages, len(moments)),
        chosen=chosen,
        areas=AREA_WORDS,
        sides=_sides(consultation.company),
        reads_all=me.role is Role.AUDITOR,
    )


def _of_step(step: Any) -> dict[str, Any]:
    return {
        "at": step.at, "code": step.what, "title": _(step.what), "text": step.detail,
        "who": accounts.doer(step.by_name), "side": step.by_side, "is_shared": True,
    }  # fmt: skip


def _of_act(event: Any, consultation: Consultation) -> dict[str, Any]:
    of_company = event.organisation_id == consultation.company_id
    return {
        "at": event.at, "code": event.verb, "title": _(event.verb),
        "text": "\n".join(_details(event.details)),
        "who": accounts.doer(event.actor_name), "side": "company" if of_company else "institution",
        "is_shared": False,
    }  # fmt: skip


DETAILS = {
    "serial": _l("Number"), "name": _l("Name"), "title": _l("Title"), "side": _l("Side"),
    "before": _l("Before"), "after": _l("After"), "starts_at": _l("Start"), "zone": _l("Time zone"),
    "venue": _l("Venue"), "version": _l("Version"), "reason": _l("Reason"), "to": _l("Became"),
    "via": _l("By which way"), "hours_of_notice": _l("Hours of notice"), "late": _l("Late"),
    "can_bind": _l("Can bind"), "disposition": _l("Became"), "kind": _l("Kind"),
}  # fmt: skip
"""What is shown of an act. The rest of what the log keeps are numbers of rows and hashes."""


def _details(details: dict[str, Any]) -> list[str]:
    """What an act was about, one line each; what is empty says nothing."""
    return [
        f"{DETAILS[name]}: {_value(details[name])}"
        for name in DETAILS
        if name in details and details[name] not in (None, "", [], {}, False)
    ]


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(_details(value)) or "–"
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value if one not in (None, ""))
    if value is True:
        return _("yes")
    if not isinstance(value, str):
        return str(value)
    if INSTANT.fullmatch(value):
        return i18n.local(datetime.fromisoformat(value))
    return _(value)
