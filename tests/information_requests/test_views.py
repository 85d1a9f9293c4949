"""The pages: who sees and does what, what a wrong form keeps, and how many queries a list asks."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from portal.core import clock
from portal.core.db import db, transaction
from portal.information_requests import service
from portal.information_requests.models import Answer, InformationRequest
from tests.information_requests.conftest import platform_of
from tests.queries import counting

READERS = {"officer", "head", "police", "delegate", "company_admin", "auditor"}
PARTS = (
    "officer", "head", "operator", "police", "agency", "delegate", "company_admin", "rival",
    "rival_admin", "commissioner", "auditor", "administrator",
)  # fmt: skip


def text(response: Any) -> str:
    return response.get_data(as_text=True)


def test_who_sees_a_request(cast: Any, file: Any, visit: Any) -> None:
    url = f"/information-requests/{file().id}"

    codes = {part: visit(getattr(cast, part), "GET", url).status_code for part in PARTS}

    assert {part for part, code in codes.items() if code == 200} == READERS
    assert set(codes.values()) == {200, 404}


def test_a_company_lists_and_exports_only_its_own(cast: Any, file: Any, visit: Any) -> None:
    own, other = file(request_no="OWN-1"), file("x", request_no="OTHER-1")

    for path in ("/information-requests/", "/information-requests/export.csv"):
        page = text(visit(cast.delegate, "GET", path + "?company=x"))
        assert own.request_no in page and other.request_no not in page


@pytest.mark.parametrize("part", ["officer", "head", "delegate", "auditor", "operator"])
def test_only_the_police_file(cast: Any, companies: Any, visit: Any, part: str) -> None:
    answer = visit(
        getattr(cast, part), "POST", "/information-requests/file",
        {"platform_id": platform_of(companies["x"]).id, "request_no": "1", "legal_basis": "§ 1",
         "kind": "subscriber_data"},
    )  # fmt: skip

    assert answer.status_code == 404
    assert db.session.query(InformationRequest).count() == 0


def test_the_police_file_on_the_page(cast: Any, companies: Any, visit: Any, at: Any) -> None:
    answer = visit(
        cast.police, "POST", "/information-requests/file",
        {"platform_id": platform_of(companies["telegram"]).id, "request_no": "KNPA-9",
         "legal_basis": "§ 13", "kind": "traffic_data", "delivered_at": "2026-02-27T09:30"},
    )  # fmt: skip

    made = db.session.query(InformationRequest).one()
    assert answer.status_code == 303
    assert answer.location.endswith(f"/information-requests/{made.id}")
    assert made.delivered_at.isoformat() == "2026-02-27T00:30:00+00:00"
    assert (made.kind, made.filed_by_id) == ("traffic_data", cast.police.id)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"platform_id": "0"}, "Choose a platform."),
        ({"platform_id": "99999"}, "Not a valid choice"),
        ({"request_no": ""}, "Give the number of the request."),
        ({"legal_basis": ""}, "Name the law and article."),
        ({"kind": "gossip"}, "Not a valid choice"),
        ({"delivered_at": "2026-02-30T10:00"}, "Not a valid datetime value"),
        ({"delivered_at": "0001-01-01T00:00"}, "Choose a year between 2000 and 2100."),
        ({"delivered_at": "2026-03-02T10:01"}, "This lies in the future."),
    ],
)
def test_a_wrong_form_says_where_and_keeps_what_was_typed(
    cast: Any, companies: Any, visit: Any, changed: dict[str, str], sentence: str
) -> None:
    data = {"platform_id": platform_of(companies["x"]).id, "request_no": "KEPT-77",
            "legal_basis": "KEPT-LAW", "kind": "subscriber_data", "delivered_at": ""} | changed  # fmt: skip

    page = visit(cast.police, "POST", "/information-requests/file", data)

    assert page.status_code == 200
    assert sentence in text(page)
    assert all(value in text(page) for value in data.values() if str(value).startswith("KEPT"))
    assert db.session.query(InformationRequest).count() == 0


def test_the_same_form_sent_twice_files_once(cast: Any, companies: Any, visit: Any) -> None:
    data = {"platform_id": platform_of(companies["x"]).id, "request_no": "TWICE",
            "legal_basis": "§ 1", "kind": "subscriber_data"}  # fmt: skip
    first = visit(cast.police, "POST", "/information-requests/file", data)
    second = visit(cast.police, "POST", "/information-requests/file", data)

    assert (first.status_code, second.status_code) == (303, 200)
    assert "This number is taken" in text(second)
    assert db.session.query(InformationRequest).count() == 1


def test_the_company_answers_on_the_page_and_only_once(cast: Any, file: Any, visit: Any) -> None:
    number = file().id
    url = f"/information-requests/{number}/answer"

    bare = visit(cast.delegate, "POST", url, {"answer": "refused", "reason": ""})
    done = visit(cast.delegate, "POST", url, {"answer": "refused", "reason": "No <b>law</b>."})
    again = visit(cast.delegate, "POST", url, {"answer": "answered"})
    shown = text(visit(cast.police, "GET", f"/information-requests/{number}"))

    assert (bare.status_code, done.status_code, again.status_code) == (200, 303, 200)
    assert "Say why it was not answered in full" in text(bare)
    assert "answered already" in text(again)
    assert "No &lt;b&gt;law&lt;/b&gt;." in shown
    assert db.session.get(InformationRequest, number).answer is Answer.REFUSED


@pytest.mark.parametrize("part", ["rival", "rival_admin", "police", "officer", "auditor"])
def test_nobody_else_answers(cast: Any, file: Any, visit: Any, part: str) -> None:
    number = file().id
    url = f"/information-requests/{number}/answer"

    answer = visit(getattr(cast, part), "POST", url, {"answer": "answered"})

    assert answer.status_code == 404
    assert db.session.get(InformationRequest, number).answer is None


def test_a_company_does_not_learn_who_filed(cast: Any, file: Any, visit: Any) -> None:
    url = f"/information-requests/{file().id}"

    assert "Police liaison" in text(visit(cast.officer, "GET", url))
    assert "Police liaison" not in text(visit(cast.delegate, "GET", url))


def test_the_page_shows_the_deadline_on_both_clocks(cast: Any, file: Any, visit: Any) -> None:
    cast.delegate.time_zone = "Asia/Dubai"
    db.session.commit()

    page = text(visit(cast.delegate, "GET", f"/information-requests/{file().id}"))

    assert "Mon 16 Mar 2026, 23:59" in page and "Mon 16 Mar 2026, 18:59" in page
    assert "Seoul (UTC+09:00)" in page and "Dubai (UTC+04:00)" in page


def test_the_list_is_narrowed_by_state_company_and_month(
    cast: Any, file: Any, by: Any, visit: Any, at: Any
) -> None:
    fresh, old, late, answered = (
        file(request_no="FRESH"), file("x", request_no="OLD", delivered_at=at - timedelta(days=60)),
        file(request_no="LATE", delivered_at=at - timedelta(days=90)), file(request_no="DONE"),
    )  # fmt: skip
    with transaction():
        for request in (late, answered):
            service.answer(request, Answer.ANSWERED, by=by("delegate"), at=at)
    names = {r.request_no for r in (fresh, old, late, answered)}

    def seen(query: str) -> set[str]:
        page = text(visit(cast.head, "GET", f"/information-requests/{query}"))
        return {name for name in names if f">{name}<" in page}

    assert seen("") == names
    assert seen("?state=unanswered") == {"FRESH", "OLD"}
    assert seen("?state=overdue") == {"OLD"}
    assert seen("?state=answered") == {"LATE", "DONE"}
    assert seen("?state=late") == {"LATE"}
    assert seen("?company=x") == {"OLD"}
    assert seen("?month=2026-03") == {"FRESH", "DONE"}
    assert seen("?state=nonsense&company=nobody&month=2026-13&page=x") == names


def test_the_export_holds_what_the_list_shows(cast: Any, file: Any, visit: Any, by: Any) -> None:
    request = file(request_no="-1", legal_basis="=HYPERLINK(1)")
    file("x")
    with transaction():
        service.answer(request, Answer.PARTLY, reason="+half", by=by("delegate"), at=clock.now())

    answer = visit(cast.police, "GET", "/information-requests/export.csv?company=telegram")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))

    assert rows == [
        {"request_no": "'-1", "company": "telegram", "platform": "telegram",
         "kind": "subscriber_data", "legal_basis": "'=HYPERLINK(1)",
         "delivered_at": "2026-03-02T09:00:00+09:00", "due_at": "2026-03-16T23:59:59+09:00",
         "answered_at": "2026-03-02T10:00:00+09:00", "answer": "partly", "reason": "'+half",
         "extension": "", "extended_until": "", "is_late": "no"}
    ]  # fmt: skip


@pytest.mark.parametrize("part", ["head", "police", "delegate"])
@pytest.mark.parametrize("query", ["", "?state=unanswered&company=telegram&month=2026-03"])
def test_a_list_asks_the_same_few_queries_however_long(
    cast: Any, file: Any, visit: Any, part: str, query: str
) -> None:
    who, url = getattr(cast, part), f"/information-requests/{query}"
    file()
    visit(who, "GET", url)
    with counting() as one:
        visit(who, "GET", url)
    for _n in range(60):
        file()
    with counting() as many:
        page = visit(who, "GET", url)

    assert text(page).count('scope="row"') == 50
    assert len(many) == len(one) <= 9


def test_one_request_asks_few_queries(cast: Any, file: Any, visit: Any) -> None:
    url = f"/information-requests/{file().id}"
    visit(cast.officer, "GET", url)
    with counting() as one:
        visit(cast.officer, "GET", url)
    for _n in range(10):
        file()
    with counting() as many:
        visit(cast.officer, "GET", url)

    assert len(many) == len(one) <= 9
