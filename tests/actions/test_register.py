"""The register of action items: filters, counts, board, timeline, files, and the wall around them."""

from __future__ import annotations

import csv
import html
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from portal.access.actor import OrganisationKind
from portal.accounts.models import Organisation
from portal.actions import register
from portal.actions.models import (
    ActionItem,
    ActionStatus,
    Amendment,
    AmendmentKind,
    AmendmentStatus,
)
from portal.agendas.models import AgendaItem
from portal.consultations.models import Side
from portal.core import i18n
from portal.core.db import db, transaction
from portal.responses import service as responses
from tests.actions import make
from tests.minutes import make as make_minutes
from tests.queries import counting

A = ActionStatus
OWED = (A.AGREED, A.IN_PROGRESS, A.RETURNED)
DAY = timedelta(days=1)


@pytest.fixture
def items(app, companies, cast, at):
    """Items of both companies in every state, due and agreed at all distances, some carried."""
    minutes = make_minutes.adopted(companies["telegram"], cast, at=at)
    ours = db.session.query(Organisation).filter_by(kind=OrganisationKind.INSTITUTION).one()
    places = [item.id for item in minutes.items]
    with transaction():
        for times, place in zip((1, 4), minutes.items, strict=False):
            db.session.get(AgendaItem, place.agenda_item_id).times_carried = times
        for n, status in enumerate(list(A) * 6):
            slug = ("telegram", "x")[n % 3 == 2]
            company = companies[slug]
            owner = Side.INSTITUTION if n % 5 == 3 else Side.COMPANY
            due = at + (n * 11 % 90 - 55) * DAY
            done = due - 2 * DAY if status is A.VERIFIED else None
            item = ActionItem(
                company_id=company.id, number=f"{slug} B-{n:03}", text_ko=f"과제 {n}",
                text_en=f"Promise {n} of {slug}.", owner=owner, is_synthetic=True,
                owner_organisation_id=company.id if owner is Side.COMPANY else ours.id,
                due_at=due, due_zone="Asia/Seoul", status=status, done_at=done,
                agreed_at=None if status is A.PROPOSED else at - (n * 7 % 250) * DAY,
                reported_at=due if status is A.REPORTED_DONE else None,
                minutes_item_id=places[n % 2] if slug == "telegram" and n % 5 < 2 else None,
            )  # fmt: skip
            db.session.add(item)
            db.session.flush()
            if n % 10 == 0:
                db.session.add(
                    Amendment(
                        action_item_id=item.id, company_id=company.id, asked_side=list(Side)[n % 4 == 2],
                        kind=AmendmentKind.EXTENSION, status=AmendmentStatus.ASKED, old_due_at=due,
                        new_due_at=due + DAY, reason="Later.", asked_at=at, asked_by="somebody",
                    )
                )  # fmt: skip
    return db.session.query(ActionItem).order_by(ActionItem.id).all()


def age_of(item, at):
    if item.agreed_at is None:
        return ""
    age = at - item.agreed_at
    spans = (("month", 30), ("quarter", 90), ("half", 180))
    return next((word for word, days in spans if age < days * DAY), "more")


def carried_of(item):
    if item.minutes_item_id is None:
        return "0"
    place = db.session.get(AgendaItem, _agenda_item(item.minutes_item_id))
    return str(min(place.times_carried, 3)) if place else "0"


def _agenda_item(minutes_item_id):
    from portal.minutes.models import MinutesItem

    return db.session.get(MinutesItem, minutes_item_id).agenda_item_id


def overdue_of(item, at):
    if item.status not in OWED or item.due_at >= at:
        return "no"
    late = at - item.due_at
    return "week" if late <= 7 * DAY else "month" if late <= 30 * DAY else "more"


def waits_of(item):
    return {side.value for side, _step in register.next_steps(item)}


def holds(item, name, value, at):
    """Whether a row belongs to a filter, said once more in plain words."""
    month = item.due_at.astimezone(i18n.ZoneInfo("Asia/Seoul")).strftime("%Y-%m")
    if name == "overdue" and value == "any":
        return overdue_of(item, at) != "no"
    if name == "month" and value in ("earlier", "later"):
        return month < "2026-03" if value == "earlier" else month > "2026-08"
    if name == "waits":
        return value in waits_of(item)
    return value == {
        "state": item.status.value, "owner": item.owner.value, "company": str(item.company_id),
        "overdue": overdue_of(item, at), "age": age_of(item, at), "carried": carried_of(item),
        "month": month,
    }[name]  # fmt: skip


def rows(visit, who, query):
    answer = visit(who, "GET", f"/action-items/export.csv?{query}")
    text = answer.get_data(as_text=True).removeprefix("\ufeff")
    return list(csv.DictReader(io.StringIO(text)))


def numbers(visit, who, query):
    return {row["number"] for row in rows(visit, who, query)}


def offered(page):
    """What a page offers: filter, word and the count beside it."""
    found = {}
    for name, inside in re.findall(r'<select id="f-\w+" name="(\w+)">(.*?)</select>', page, re.S):
        for value, count in re.findall(r'value="([^"]+)"[^>]*>[^<]*\((\d+)\)</option>', inside):
            found[name, html.unescape(value)] = int(count)
    return found


def listed_on(page):
    return re.findall(r'class="nowrap"><a href="/action-items/\d+">([^<]+)</a>', page)


def get(visit, who, path):
    return visit(who, "GET", path).get_data(as_text=True)


def test_each_filter_shows_exactly_its_rows_and_counts_them(items, cast, at, visit):
    page = get(visit, cast.officer, "/action-items/?show=all")
    words = offered(page)

    assert {name for name, _word in words} == set(register.FACETS)
    for (name, value), count in words.items():
        wanted = {item.number for item in items if holds(item, name, value, at)}
        assert numbers(visit, cast.officer, f"show=all&{name}={value}") == wanted, (name, value)
        assert count == len(wanted), (name, value)
    assert all(sum(words[n, v] for n, v in words if n == name) for name in register.FACETS)


@pytest.mark.parametrize(
    "chosen",
    ["overdue=any&owner=company", "waits=company&carried=1", "state=returned&month=2026-02",
     "age=more&waits=institution"],
)  # fmt: skip
def test_filters_add_up_and_a_count_says_what_choosing_its_word_instead_shows(
    items, cast, at, visit, chosen
):
    pairs = dict(part.split("=") for part in chosen.split("&"))
    page = get(visit, cast.officer, f"/action-items/?show=all&{chosen}")
    wanted = {i.number for i in items if all(holds(i, n, v, at) for n, v in pairs.items())}

    assert set(listed_on(page)) == wanted
    for (name, value), count in offered(page).items():
        others = {**pairs, name: value}
        expected = [i for i in items if all(holds(i, n, v, at) for n, v in others.items())]
        assert count == len(expected), (name, value)
    assert all(f"{name}=" in page for name in pairs)
    tabs = dict(re.findall(r'href="\?show=(\w+)&[^"]*"[^>]*>[^<]* <span class="count">(\d+)', page))
    assert int(tabs["overdue"]) == len(numbers(visit, cast.officer, f"show=overdue&{chosen}"))
    assert int(tabs["open"]) == len(numbers(visit, cast.officer, f"show=open&{chosen}"))


@pytest.mark.parametrize(("sort", "key"), [
    ("due", lambda i: (i.due_at, i.id)), ("number", lambda i: i.number),
    ("age", lambda i: (i.agreed_at is None, i.agreed_at or datetime.max.replace(tzinfo=UTC), i.id)),
    ("company", lambda i: (i.company_id, i.due_at, i.id)),
    ("carried", lambda i: (-{"0": 0, "1": 1, "3": 4}[carried_of(i)], i.due_at, i.id)),
])  # fmt: skip
def test_the_order(items, cast, at, visit, sort, key):
    shown = [row["number"] for row in rows(visit, cast.officer, f"show=all&sort={sort}")]

    assert shown == [item.number for item in sorted(items, key=key)]


def test_pages_of_fifty_keep_the_filter(items, cast, visit):
    first = get(visit, cast.officer, "/action-items/?show=all&sort=number")
    second = get(visit, cast.officer, "/action-items/?show=all&sort=number&page=2")

    assert len(items) == 50, "48 made here and two of the minutes"
    assert len(listed_on(first)) == 50
    assert listed_on(second) == listed_on(first), "the last page is the last page"
    assert "/action-items/export.xlsx?show=all&amp;sort=number" in first


def test_the_company_sees_what_is_expected_of_it_first(items, companies, cast, at, visit):
    own = [i for i in items if i.company_id == companies["telegram"].id]
    page = get(visit, cast.delegate, "/action-items/")

    assert set(listed_on(page)) == {i.number for i in own if "company" in waits_of(i)}
    assert page.index("Expected of you next") < page.index("<table")
    assert page.count('/report">Report done</a>') == len(
        [i for i in own if i.owner is Side.COMPANY and i.status in OWED]
    )
    assert ("company", str(companies["telegram"].id)) not in offered(page)
    theirs = re.search(r'show=all&amp;waits=institution">[^<]*</a></p>\s*<p[^>]*>(\d+)', page)
    assert int(theirs[1]) == len([i for i in own if "institution" in waits_of(i)])


@pytest.mark.parametrize("path", ["", "board", "timeline", "export.csv", "export.xlsx"])
def test_the_rival_learns_nothing(items, companies, cast, visit, path):
    slug = companies["telegram"].id
    for query in (
        "",
        "?show=all",
        f"?show=all&company={slug}",
        "?show=all&state=agreed&sort=carried",
    ):
        answer = visit(cast.rival, "GET", f"/action-items/{path}{query}")
        content = answer.get_data()
        if path == "export.xlsx":
            content = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
        assert answer.status_code == 200
        assert b"telegram" not in content.lower()
        assert b"x B-0" in content or query != "?show=all"
    own = [i for i in items if i.company_id == companies["x"].id]
    words = offered(get(visit, cast.rival, "/action-items/?show=all"))
    assert sum(words[n, v] for n, v in words if n == "owner") == len(own)
    assert words["carried", "1"] == words["carried", "3"] == 0, "only Telegram's were carried"


@pytest.mark.parametrize("who", ["operator", "police", "agency", "commissioner", "administrator"])
def test_who_has_no_action_items_has_no_register(items, cast, visit, who):
    for path in ("", "board", "timeline", "export.csv", "export.xlsx"):
        assert visit(getattr(cast, who), "GET", f"/action-items/{path}").status_code == 404


@pytest.mark.parametrize(
    ("query", "told"),
    [("state=agreedd", "State"), ("month=2026-13", "Due in"), ("company=1%20or%201=1", "Company"),
     ("carried=-1", "Carried over before"), ("sort=%27;drop", "Order"), ("age=²", "Agreed since"),
     ("overdue=ANY&waits=x", "Waiting for whom, Past its date"), ("month=2099-99", "Due in"),
     ("company=٣", "Company"), ("company=99999999999999999999", "Company")],
)  # fmt: skip
def test_a_word_that_is_none_of_ours_is_named_and_narrows_nothing(items, cast, visit, query, told):
    page = get(visit, cast.officer, f"/action-items/?show=all&{query}")

    assert f"Left out, because it was not understood: {told}." in page
    assert len(listed_on(page)) == 50
    for path in ("board", "timeline", "export.csv", "export.xlsx"):
        assert visit(cast.officer, "GET", f"/action-items/{path}?{query}").status_code == 200


def test_the_board_has_each_state_with_its_count(items, cast, at, visit):
    page = get(visit, cast.officer, "/action-items/board?owner=company&state=withdrawn")
    lanes = dict(re.findall(r'<h2 id="lane-(\w+)">[^<]* <span class="count">(\d+)', page))
    mine = [i for i in items if i.owner is Side.COMPANY]
    lately = at - register.RECENT

    assert lanes == {
        status.value: str(
            len([i for i in mine if i.status is status and (i.done_at or at) >= lately])
        )
        for status in register.BOARD
    }
    assert sum(map(int, lanes.values())) == sum(
        count for (name, _word), count in offered(page).items() if name == "company"
    )


def test_the_timeline_counts_what_is_overdue_and_each_month(items, cast, at, visit):
    page = get(visit, cast.officer, "/action-items/timeline?owner=company")
    table = re.findall(
        r'<th scope="row">(?:<a href="([^"]+)">)?([^<]+)(?:</a>)?</th><td class="number">(\d+)',
        page,
    )

    assert [name for _url, name, _n in table][:2] == ["Overdue", "March 2026"]
    assert len(table) == 7
    assert sum(int(n) for _url, _name, n in table) > 5
    for url, name, count in table:
        linked = get(visit, cast.officer, html.unescape(url)) if url else ""
        assert len(listed_on(linked)) == int(count), name
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img"' in page
    assert "Overdue: " in page, "the chart says in words what it shows"


def sheet(content):
    book = zipfile.ZipFile(io.BytesIO(content))
    found = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    of = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert found.findall(".//m:f", of) == [], "a cell holds a formula"
    assert found.findall(".//m:hyperlink", of) == [], "a cell became a link"
    return [
        ["".join(cell.itertext()) for cell in row.findall("m:c", of)]
        for row in found.findall(".//m:row", of)
    ]


def test_the_files_hold_what_the_filter_shows_and_no_formula(items, cast, visit):
    evil = '=HYPERLINK("https://evil.example")'
    with transaction():
        chosen = db.session.get(ActionItem, items[5].id)
        chosen.text_en, chosen.source = evil, "https://evil.example/"
    query = f"show=all&state={chosen.status.value}"

    table = rows(visit, cast.officer, query)
    answer = visit(cast.officer, "GET", f"/action-items/export.xlsx?{query}")
    lines = sheet(answer.data)

    assert [r["text_en"] for r in table if r["number"] == chosen.number] == ["'" + evil]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="action-items.xlsx"'
    assert lines[0][:3] == ["Number", "Company", "Text in Korean"]
    assert {line[0] for line in lines[1:]} == {row["number"] for row in table}
    assert evil in [line[3] for line in lines[1:]]
    assert (
        visit(cast.officer, "GET", f"/action-items/export.csv?{query}").data[:3] == b"\xef\xbb\xbf"
    )


def test_the_files_say_whom_it_waits_for_and_how_often_it_was_carried(items, cast, visit):
    by_number = {item.number: item for item in items}

    for row in rows(visit, cast.officer, "show=all"):
        item = by_number[row["number"]]
        assert row["waits_for"] == "+".join(sorted(waits_of(item)))
        assert min(int(row["times_carried"]), 3) == int(carried_of(item))


def test_both_languages(items, cast, visit):
    with transaction():
        cast.officer.language = "ko"
    page = get(visit, cast.officer, "/action-items/?show=all&overdue=any")
    book = sheet(visit(cast.officer, "GET", "/action-items/export.xlsx?show=all&state=agreed").data)

    assert "처리할 측" in page and "기한을 넘긴 과제 전체" in page and "과제 1" in page
    assert "Promise" not in page and "Waiting for" not in page
    assert book[0][0] == "번호" and all("합의됨" in line for line in book[1:]) and book[1:]
    assert "현황판" in get(visit, cast.officer, "/action-items/board")
    assert "2026년 3월" in get(visit, cast.officer, "/action-items/timeline")


def test_the_file_tells_what_is_late_by_less_than_a_day(companies, cast, at, visit):
    due = datetime(2026, 3, 31, 9, tzinfo=UTC)
    for text in ("In time.", "Late."):
        make.agreed(companies["telegram"], at=at, text=text)
    for item, when in zip(
        db.session.scalars(select(ActionItem).order_by(ActionItem.id)).all(),
        (due, due + timedelta(seconds=30)),
        strict=True,
    ):
        with transaction():
            responses.report_done(
                item, text="Done.", evidence=["https://example.com/"],
                by=cast.delegate.as_actor(), at=when,
            )  # fmt: skip
    said = visit(cast.officer, "GET", "/action-items/export.csv?show=all").data.decode("utf-8-sig")
    rows = {row["text_en"]: row for row in csv.DictReader(io.StringIO(said))}
    assert (rows["In time."]["days_late"], rows["In time."]["minutes_late"]) == ("0", "0")
    assert (rows["Late."]["days_late"], rows["Late."]["minutes_late"]) == ("0", "1")


def test_the_pages_ask_few_questions_however_long(items, companies, cast, at, visit):
    paths = ("?show=all&overdue=any&owner=company", "board?owner=company", "timeline", "export.csv")
    asked = {path: [] for path in paths}
    for turn in range(2):
        for path in paths:
            visit(cast.officer, "GET", f"/action-items/{path}")
            with counting() as sent:
                visit(cast.officer, "GET", f"/action-items/{path}")
            asked[path].append(len(sent))
        with transaction():
            for n in range(60):
                db.session.add(
                    ActionItem(
                        company_id=companies["x"].id, number=f"x C-{turn}-{n:03}", text_ko="과제",
                        text_en="Promise.", owner=Side.COMPANY, due_at=at - n * DAY,
                        owner_organisation_id=companies["x"].id, due_zone="Asia/Seoul",
                        status=A.AGREED, agreed_at=at - 40 * DAY,
                    )
                )  # fmt: skip

    assert all(first == second <= 9 for first, second in asked.values()), asked
