"""Lists by keyset, counts beside filters, saved views, many at once, next of a list, files."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import event, insert, select

from portal.access import scope
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.core.secrets import digest, seal
from portal.removal_requests import lists, queries, service
from portal.removal_requests.models import (
    LegalGround,
    MeasureType,
    Outcome,
    RemovalRequest,
    SavedView,
    Surface,
)
from tests.removal_requests import make

HOME = "/removal-requests/"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def numbers(page: Any) -> list[str]:
    return re.findall(r'<a href="/removal-requests/\d+\?list=[^"]*">([^<]+)</a>', make.text(page))


@pytest.fixture
def hundreds(companies: Any, cast: Any, at: Any) -> list[int]:
    """227 requests of two companies in every state, many delivered in the same second."""
    rows = []
    for n in range(227):
        company = companies["telegram" if n % 3 else "x"]
        outcome = (None, Outcome.REMOVED, Outcome.REFUSED, Outcome.NEEDS_INFORMATION)[n % 4]
        rows.append(
            {
                "request_no": f"L-{n:04d}", "company_id": company.id,
                "platform_id": make.platform_of(company).id,
                "category": "drugs" if n % 5 else "gambling",
                "legal_ground": list(LegalGround)[n % 2], "surface": list(Surface)[n % 4],
                "measure_type": MeasureType.REMOVAL, "reference_encrypted": seal("-"),
                "reference_digest": digest(f"{n}"), "recorded_at": at - 40 * DAY,
                "issued_at": at - 40 * DAY,
                "delivered_at": at - (n // 9) * 3 * HOUR, "month": "2026-02",
                "outcome": outcome, "decided_at": at if outcome else None,
            }
        )  # fmt: skip
    with transaction():
        db.session.execute(insert(RemovalRequest), rows)
    return list(db.session.scalars(db.select(RemovalRequest.id).order_by(RemovalRequest.id)))


FILTERS: list[dict[str, Any]] = [
    {}, {"state": "undecided"}, {"state": "overdue"}, {"clock": "over_2d"}, {"outcome": "removed"},
    {"category": "gambling"}, {"surface": "account", "ground": "voluntary_request"},
    {"state": "to_verify"}, {"number": "L-01"}, {"state": "closed"},
]  # fmt: skip


@pytest.mark.parametrize("said", FILTERS, ids=str)
@pytest.mark.parametrize("size", [1, 7, 50])
def test_pages_forward_and_back_hold_each_line_once(hundreds, at, said, size):
    chosen = queries.Filter(**said)
    wanted = [row.line.id for row in db.session.execute(lists.lines(chosen, at=at)).all()]
    assert len(wanted) == len(set(wanted))

    seen, pages, page = [], [], lists.page(chosen, at=at, size=size)
    while True:
        seen += [line.id for line in page.rows]
        pages.append([line.id for line in page.rows])
        if page.next is None:
            break
        page = lists.page(chosen, at=at, after=lists.place(str(page.next)), size=size)
    assert seen == wanted
    back = [[line.id for line in page.rows]]
    while page.previous is not None:
        page = lists.page(chosen, at=at, before=lists.place(str(page.previous)), size=size)
        back.append([line.id for line in page.rows])

    assert back[::-1] == pages or back[::-1][1:] == pages[1:]
    assert back[-1] == pages[0]


@pytest.mark.parametrize(
    "word", ["", "x", "1.2.3", "-1", "9" * 30, "1.", "²", "99999999999999999.1"]
)
def test_a_place_that_is_none_shows_the_first_page(hundreds, cast, visit, word):
    first = numbers(visit(cast.head, "GET", HOME))

    assert numbers(visit(cast.head, "GET", HOME, query_string={"after": word})) == first


def test_a_place_of_another_order_shows_the_first_page(hundreds, at):
    chosen = queries.Filter(state="undecided")

    assert lists.page(chosen, at=at, after=lists.Place(5)) == lists.page(chosen, at=at)


@pytest.mark.parametrize("said", FILTERS, ids=str)
def test_what_stands_beside_a_filter_is_what_it_shows(hundreds, companies, at, said):
    chosen = queries.Filter(**said)
    told = lists.tallies(chosen, at=at)

    def shown(**more: Any) -> int:
        narrowed = queries.Filter(**(said | more))
        return len(db.session.execute(lists.lines(narrowed, at=at)).all())

    assert told.total == shown()
    assert told.is_of_newest is False
    for outcome in Outcome:
        assert told.by.get("outcome", {}).get(outcome, 0) == shown(outcome=outcome.value)
    for surface in Surface:
        assert told.by.get("surface", {}).get(surface, 0) == shown(surface=surface.value)
    for category in ("drugs", "gambling"):
        assert told.by.get("category", {}).get(category, 0) == shown(category=category)
    for company in companies.values():
        assert told.by.get("company", {}).get(company.id, 0) == shown(company_id=company.id)


def test_counts_are_of_the_newest_where_there_are_more(hundreds, at, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED", 100)
    told = lists.tallies(queries.Filter(), at=at)

    assert (told.total, told.is_of_newest) == (100, True)


def test_a_companys_counts_read_its_index_alone(
    companies: Any, hundreds: list[int], at: Any
) -> None:
    """By state the table is read: the index holds the columns of the other filters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        sent.append((statement, given))

    company = companies["telegram"].id
    wanted = [
        queries.Filter(company_id=company, ground="correction_request", measure="account"),
        queries.Filter(company_id=company, month="2026-03"),
        queries.Filter(company_id=company, state="undecided"),
    ]
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        for chosen in wanted:
            lists.tallies(chosen, at=at)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert len(sent) == len(wanted)
    if db.engine.dialect.name == "sqlite":  # PostgreSQL chooses by the size of the table
        plans = [
            "; ".join(
                row.detail
                for row in db.session.connection().exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", given
                )
            )
            for statement, given in sent
        ]
        covered = "USING COVERING INDEX ix_removal_request_company_id (company_id=?)"
        assert [covered in plan for plan in plans] == [True, True, False]


def test_a_company_sees_first_what_is_due_first(companies, cast, at, visit):
    late = make.delivered(companies["telegram"], cast, at=at - 30 * HOUR)
    soon = make.delivered(companies["telegram"], cast, at=at - 20 * HOUR)
    young = make.delivered(companies["telegram"], cast, at=at - HOUR)
    make.decided(companies["telegram"], cast, at=at - HOUR)
    page = visit(cast.delegate, "GET", HOME)

    assert numbers(page) == [late.request_no, soon.request_no, young.request_no]
    headings = re.findall(r'scope="rowgroup"[^>]*>([^<]+)<', make.text(page))
    assert headings == ["over 24 hours", "due within 6 hours", "due within 24 hours"]
    assert len(numbers(visit(cast.delegate, "GET", f"{HOME}?state=all"))) == 4


def test_mine_are_those_i_worked_on(companies, cast, at, visit):
    made = make.issued(companies["telegram"], cast, at=at)
    other = make.draft(companies["telegram"], cast, at=at, by=cast.officer2.as_actor())

    assert set(numbers(visit(cast.officer, "GET", f"{HOME}?mine=1"))) == {made.request_no}
    assert set(numbers(visit(cast.head, "GET", f"{HOME}?mine=1"))) == {made.request_no}
    assert other.request_no in numbers(visit(cast.head, "GET", HOME))


def test_the_sandbox_is_not_in_the_way(companies, cast, at, visit):
    shown = make.delivered(companies["telegram"], cast, at=at)
    make.delivered(companies["x"], cast, at=at)
    companies["x"].is_sandbox = True
    db.session.commit()

    assert numbers(visit(cast.head, "GET", HOME)) == [shown.request_no]
    assert len(numbers(visit(cast.head, "GET", f"{HOME}?company=x"))) == 1


def test_counts_are_kept_until_somebody_acts_or_a_minute_is_over(companies, cast, at):
    """An answer shows at once, and so does a deadline that nobody caused."""
    request, by = make.delivered(companies["telegram"], cast, at=at), cast.head.as_actor()
    chosen = queries.Filter(state="undecided")
    first = lists.counts(chosen, by=by, at=at)

    assert lists.counts(chosen, by=by, at=at) is first
    late = lists.counts(chosen, by=by, at=at + DAY + HOUR)
    assert (first.waiting["overdue"], late.waiting["overdue"]) == (0, 1)
    with transaction():
        service.decide(request, outcome=Outcome.REMOVED, by=cast.delegate.as_actor(), at=at)
    after = lists.counts(chosen, by=by, at=at)
    assert (first.tallies.total, after.tallies.total, after.waiting["to_verify"]) == (1, 0, 1)


def test_counts_that_are_kept_are_shown_to_nobody_else(companies, cast, at):
    make.delivered(companies["telegram"], cast, at=at)
    told = {}
    for account in (cast.head, cast.rival, cast.delegate, cast.rival):
        by = account.as_actor()
        scope.act_as(by)
        chosen = queries.Filter(company_id=by.organisation_id if by.is_company else None)
        counts = lists.counts(chosen, by=by, at=at)
        told[account.email] = (counts.waiting["in_time"], counts.tallies.total)

    assert told == {
        cast.head.email: (1, 1), cast.delegate.email: (1, 1), cast.rival.email: (0, 0),
    }  # fmt: skip


# Saved views


def test_a_view_is_kept_for_oneself_replaced_and_dropped(companies, cast, visit):
    keep = {"name": "Late", "query": "state=overdue&evil=1&company=telegram"}
    assert visit(cast.officer, "POST", f"{HOME}views/save", keep).status_code == 303
    visit(cast.officer, "POST", f"{HOME}views/save", keep | {"query": "state=overdue"})
    page = make.text(visit(cast.officer, "GET", f"{HOME}?state=overdue"))

    [view] = db.session.query(SavedView).all()
    assert view.query == "state=overdue"
    assert f'href="{HOME}?state=overdue" aria-current="page">Late' in page
    assert "Late</a>" not in make.text(visit(cast.head, "GET", HOME))
    assert visit(cast.head, "POST", f"{HOME}views/{view.id}/drop").status_code == 404
    assert visit(cast.officer, "POST", f"{HOME}views/{view.id}/drop").status_code == 303
    assert db.session.query(SavedView).count() == 0


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "010-1234-5678"])
def test_a_view_without_a_fit_name_is_not_kept(companies, cast, visit, name):
    visit(cast.officer, "POST", f"{HOME}views/save", {"name": name, "query": "state=draft"})

    assert db.session.query(SavedView).count() == 0


# Many at once


def test_many_are_shown_first_and_done_second(companies, cast, at, visit):
    own = make.draft(companies["telegram"], cast, at=at, by=cast.head.as_actor())
    drafts = [make.draft(companies["telegram"], cast, at=at) for _n in range(3)]
    form = {"id": [r.id for r in (own, *drafts)], "list": "state=draft"}
    preview = make.text(visit(cast.head, "POST", f"{HOME}issue-many", form))

    assert "3 would be done, 1 refused" in preview
    assert "A second person issues" in preview
    assert {r.issued_at for r in db.session.query(RemovalRequest)} == {None}
    assert make.events("issue") == []
    done = visit(cast.head, "POST", f"{HOME}issue-many", form | {"confirmed": "1"})
    assert "3 done, 1 refused" in make.text(done)
    db.session.expire_all()
    assert [r.issued_at is not None for r in (own, *drafts)] == [False, True, True, True]
    assert len(make.events("issue")) == 3
    delivered = visit(
        cast.officer, "POST", f"{HOME}deliver-many",
        {"id": [r.id for r in drafts], "confirmed": "1", "list": "state=issued"},
    )  # fmt: skip
    assert (delivered.status_code, delivered.location) == (303, f"{HOME}?state=issued")
    told = db.session.scalars(select(Letter).where(Letter.kind == "removal_requests:deliver")).all()
    assert sorted(letter.address for letter in told) == sorted(
        [cast.delegate.email, cast.company_admin.email]
    )
    assert {letter.subject for letter in told} == {"3 voluntary requests"}
    assert all(f"/removal-requests/{r.id}" in told[0].body for r in drafts)


def test_a_company_answers_many_of_its_own_and_learns_of_no_other(companies, cast, at, visit):
    ours = [make.delivered(companies["telegram"], cast, at=at) for _n in range(2)]
    rival = make.delivered(companies["x"], cast, at=at)
    form = {"id": [r.id for r in (*ours, rival)], "outcome": "removed", "reason": ""}
    preview = make.text(visit(cast.delegate, "POST", f"{HOME}answer-many", form))

    assert "2 would be done, 0 refused" in preview
    assert rival.request_no not in preview
    visit(cast.delegate, "POST", f"{HOME}answer-many", form | {"confirmed": "1"})
    db.session.expire_all()
    assert [r.outcome for r in (*ours, rival)] == [Outcome.REMOVED, Outcome.REMOVED, None]
    alone = {"id": [rival.id], "outcome": "removed", "confirmed": "1"}
    assert visit(cast.delegate, "POST", f"{HOME}answer-many", alone).status_code == 303
    assert visit(cast.officer, "POST", f"{HOME}answer-many", alone).status_code == 404
    refused = visit(cast.delegate, "POST", f"{HOME}answer-many", form | {"outcome": "refused"})
    assert "A refusal needs its reason" in make.text(refused)
    long = {"outcome": "refused", "reason": "x" * 501}
    refused = visit(cast.delegate, "POST", f"{HOME}answer-many", form | long)
    assert "0 would be done" in make.text(refused)
    assert "At most 500 characters." in make.text(refused)


def test_no_more_than_some_hundreds_at_once(app):
    from portal.core.errors import Refused

    with pytest.raises(Refused, match="At most 500"):
        service.do_many([RemovalRequest()] * 501, lambda request: None)


# The next of a list


def test_whoever_works_through_a_list_is_led_on(companies, cast, at, visit):
    first, second, third = (
        make.delivered(companies["telegram"], cast, at=at - n * HOUR) for n in (3, 2, 1)
    )
    way = "?list=state%3Dundecided"
    page = make.text(visit(cast.delegate, "GET", f"{HOME}{first.id}{way}"))
    assert f'data-next href="{HOME}{second.id}{way}"' in page
    assert f'href="{HOME}{first.id}/answer{way}"' in page
    done = visit(cast.delegate, "POST", f"{HOME}{first.id}/answer{way}", {"outcome": "not_found"})
    assert done.location == f"{HOME}{first.id}{way.replace('%3D', '%3D')}"
    after = make.text(visit(cast.delegate, "GET", done.location))
    assert f'data-next href="{HOME}{second.id}{way}"' in after  # it left the list and leads on
    assert "data-next" not in make.text(visit(cast.delegate, "GET", f"{HOME}{third.id}{way}"))
    assert "data-next" not in make.text(visit(cast.delegate, "GET", f"{HOME}{first.id}"))


# Files


def test_the_spreadsheet_holds_what_the_filter_shows_and_no_reference(companies, cast, at, visit):
    refused = make.decided(companies["telegram"], cast, at=at, outcome=Outcome.REFUSED)
    refused.refusal_reason = "=1+1"
    db.session.commit()
    make.delivered(companies["x"], cast, at=at)
    answer = visit(cast.delegate, "GET", f"{HOME}export.xlsx?outcome=refused")

    [sheet] = [CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0)]
    header, row = sheet.to_python()
    told = dict(zip(header, row, strict=True))
    assert told["request_no"] == refused.request_no
    assert told["refusal_reason"] == "=1+1"
    assert told["reference"] == ""
    assert visit(cast.commissioner, "GET", f"{HOME}export.xlsx").status_code == 404
