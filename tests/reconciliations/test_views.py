"""The pages of a company's own count: by form, by file, and what each side sees."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from portal.core.db import db
from portal.reconciliations.models import CompanyCount, CountDifference, CountLine, FiledBy
from tests.queries import counting
from tests.reconciliations.conftest import AT, HOUR, MONTH
from tests.removal_requests.make import text

HEAD = "request_no,outcome,delivered_at,answered_at,removed_at\n"


def sent(content: str | bytes, **more: Any) -> dict[str, Any]:
    data = content if isinstance(content, bytes) else content.encode()
    return {"month": MONTH, "file": (io.BytesIO(data), "count.csv"), "check": "1", **more}


def kept(page: str) -> str:
    found = re.search(r'name="kept"[^>]*value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def test_totals_are_filed_on_a_page(visit, cast, asked):
    asked("removed")
    page = visit(cast.delegate, "POST", "/reconciliations/file",
                 {"month": MONTH, "requests": "2", "note": "By hand"}, follow=True)  # fmt: skip
    assert "Your count is filed and compared." in text(page)
    count = db.session.query(CompanyCount).one()
    assert (count.totals, count.is_listed, count.note) == ({"requests": 2}, False, "By hand")
    assert (count.filed_by_way, count.filed_by) == (FiledBy.PAGE, cast.delegate.name_en)
    wrong = visit(cast.delegate, "POST", "/reconciliations/file", {"month": MONTH, "removed": "-1"})
    assert "Write a whole number, 0 or more." in text(wrong)


def test_a_list_is_checked_first_and_filed_then(visit, cast, asked):
    request = asked("removed")
    content = f"{HEAD}{request.request_no},refused,,,\nT-9,unanswered,,,\n"
    page = text(visit(cast.delegate, "POST", "/reconciliations/file/list", sent(content)))
    assert "2 lines read (UTF-8): 2 good, 0 rejected." in page
    assert db.session.query(CompanyCount).count() == 0
    done = visit(cast.delegate, "POST", "/reconciliations/file/list",
                 {"month": MONTH, "kept": kept(page), "write": "1"}, follow=True)  # fmt: skip
    assert "Your count is filed and compared." in text(done)
    lines = db.session.query(CountLine).order_by(CountLine.request_no)
    assert [(line.request_no, line.outcome) for line in lines] == [
        ("T-9", None), (request.request_no, "refused"),
    ]  # fmt: skip
    assert db.session.query(CompanyCount).one().filed_by_way is FiledBy.FILE


def test_each_bad_cell_is_named_and_nothing_is_filed(visit, cast):
    content = (
        HEAD
        + "T-1,gone,,,\n"
        + "T-2,,,,\n"
        + "T-3,removed,2026-03-10,,\n"
        + "T-4,removed,2026-03-10T12:00:00+09:00,2026-03-10T11:00:00+09:00,\n"
        + "T-5,unanswered,,2026-03-10T11:00:00+09:00,\n"
        + "T-6,refused,,,2026-03-10T11:00:00+09:00\n"
        + "T-7,removed,2027-03-10T11:00:00+09:00,,\n"
        + "T-8,removed,,,\n"
        + "T-8,removed,,,\n"
        + "T-9,removed\n"
        + ",removed,,,\n"
    )
    page = text(visit(cast.delegate, "POST", "/reconciliations/file/list", sent(content)))
    found = re.findall(
        r'data-label="Line">(\d+)</td><td data-label="Column">([^<]*)</td>'
        r'<td data-label="Value">([^<]*)</td>',
        page,
    )
    assert found == [
        ("2", "outcome", "gone"), ("3", "outcome", "–"), ("4", "delivered_at", "2026-03-10"),
        ("5", "answered_at", "2026-03-10T11:00:00+09:00"),
        ("6", "answered_at", "2026-03-10T11:00:00+09:00"),
        ("7", "removed_at", "2026-03-10T11:00:00+09:00"),
        ("8", "delivered_at", "2027-03-10T11:00:00+09:00"), ("10", "request_no", "T-8"),
        ("11", "–", "–"), ("12", "request_no", "–"),
    ]  # fmt: skip
    forced = visit(cast.delegate, "POST", "/reconciliations/file/list",
                   {"month": MONTH, "kept": kept(page), "write": "1"})  # fmt: skip
    assert forced.status_code == 200
    assert db.session.query(CompanyCount).count() == 0
    back = visit(cast.delegate, "POST", "/reconciliations/file/list",
                 {"month": MONTH, "kept": kept(page), "rejected": "1"})  # fmt: skip
    assert back.mimetype == "text/csv"
    assert len(text(back).splitlines()) == 11


def test_the_template_names_the_requests_of_the_month(visit, cast, asked):
    request = asked("removed")
    page = visit(cast.delegate, "GET", f"/reconciliations/template.csv?month={MONTH}")
    assert text(page).splitlines() == ["\ufeff" + HEAD.strip(), f"{request.request_no},,,,"]
    assert request.request_no not in text(
        visit(cast.rival, "GET", f"/reconciliations/template.csv?month={MONTH}")
    )


def test_an_officer_decides_the_chosen_and_the_company_reads_it(visit, cast, asked, file):
    one, two = asked("removed"), asked("removed")
    count = file(
        (one.request_no, "removed", None, None, AT + HOUR),
        (two.request_no, "removed", AT - HOUR, None, None),
    )
    ids = [row.id for row in db.session.query(CountDifference).order_by(CountDifference.id)]
    address = f"/reconciliations/{count.id}"
    assert 'type="checkbox"' not in text(visit(cast.delegate, "GET", address))
    page = text(visit(cast.officer, "POST", f"{address}/decide",
                      {"id": ids, "right": "company_was_right", "reason": "The log shows it."}))  # fmt: skip
    assert "Choose a time from" in page  # the refused one is named, the other is done
    seen = text(visit(cast.delegate, "GET", address))
    for part in ("the company was right", "correction entered", "The log shows it.", "open"):
        assert part in seen
    assert visit(cast.rival, "GET", address).status_code == 404
    nothing = visit(cast.officer, "POST", f"{address}/decide", {"right": "x"}, follow=True)
    assert "Choose differences in the list first." in text(nothing)
    bare = text(visit(cast.officer, "POST", f"{address}/decide", {"id": ids[1:]}))
    assert "Choose one." in bare and "Give the reason." in bare


@pytest.mark.parametrize("query", ["", "?kind=only_ours", "?decision=open", "?kind=x&decision=y"])
def test_a_long_list_of_differences_costs_the_same(visit, cast, asked, file, query):
    count = file(("T-0", "removed"))
    address = f"/reconciliations/{count.id}{query}"
    visit(cast.officer, "GET", address)
    with counting() as few:
        visit(cast.officer, "GET", address)
    count = file(*((f"T-{n}", "removed") for n in range(250)))
    address = f"/reconciliations/{count.id}{query}"
    with counting() as many:
        page = text(visit(cast.officer, "GET", address))
    assert len(many) == len(few)
    assert ("page 1 of 3" in page) is (query != "?kind=only_ours")


def test_the_list_of_counts_shows_the_latest_of_each_month(visit, cast, file):
    file(("T-0", "removed")), file(("T-0", "removed"), ("T-1", "removed"))
    for person in (cast.officer, cast.delegate, cast.auditor):
        page = text(visit(person, "GET", "/reconciliations/"))
        assert "version 2" in page and "version 1" not in page
    assert "March 2026" not in text(visit(cast.rival, "GET", "/reconciliations/"))
