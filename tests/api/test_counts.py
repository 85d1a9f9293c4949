"""A company's own count through the API: filed, compared, decided, and read by nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.api.models import TokenScope
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.reconciliations import service as reconciling
from portal.reconciliations.models import CompanyCount, CountDifference, CountLine, Right
from portal.removal_requests import service as requests
from tests.api.test_api import ask, asked, rival, token, token_of
from tests.queries import counting

__all__ = ["ask", "asked", "rival", "token"]
COUNTS = "/api/v1/counts"
NOTHING = {
    "their_outcome": None, "our_outcome": None, "their_time": None, "our_time": None,
    "their_number": None, "our_number": None, "decision": None, "reason": None, "decided_at": None,
    "correction": None,
}  # fmt: skip
UNDECIDED = {"company_was_right": 0, "regulator_was_right": 0, "neither_or_unclear": 0}
ZERO = dict.fromkeys(("removed", "account_action", "restricted", "partial", "refused",
                      "not_found", "duplicate"), 0)  # fmt: skip
IN_TIME = {"answered_24h": 0, "removed_48h": 0}
"""Of a list without times only our side has these."""


def month_of(asked: str) -> str:
    return str(db.session.query(requests.RemovalRequest).filter_by(request_no=asked).one().month)


def decide_all(cast: Any, right: Right, *, at: Any) -> None:
    with transaction():
        count = db.session.query(CompanyCount).one()
        ids = [one.id for one in db.session.query(CountDifference).filter_by(count_id=count.id)]
        reconciling.decide_many(
            count, ids, right, reason="Looked up.", by=cast.officer.as_actor(), at=at
        )


def test_a_list_is_filed_compared_and_its_decisions_are_read(
    ask: Any, token: str, asked: str, cast: Any, at: Any
) -> None:
    month = month_of(asked)
    body = {"month": month, "note": "By our queue.", "lines": [
        {"number": asked, "outcome": "refused", "answered_at": None},
        {"number": "Z-1", "outcome": "unanswered"},
    ]}  # fmt: skip

    filed = ask(token, "POST", COUNTS, json=body)

    expected = {
        "month": month, "version": 1, "filed_at": "2026-03-02T01:00:00Z", "way": "filed_by_api",
        "compared_at": "2026-03-02T01:00:00Z", "note": "By our queue.",
        "their_totals": ZERO | {"requests": 2, "refused": 1, "unanswered": 1},
        "our_totals": ZERO | IN_TIME | {"requests": 1, "unanswered": 1},
        "decisions": {"all": 2, "open": 2, **UNDECIDED},
        "is_closed": False,
        "items": [
            NOTHING | {"kind": "other_outcome", "about": asked, "their_outcome": "refused",
                       "our_outcome": "unanswered"},
            NOTHING | {"kind": "only_theirs", "about": "Z-1", "their_outcome": "unanswered"},
        ],
        "next_cursor": None,
    }  # fmt: skip
    said = filed.get_json()
    said["items"].sort(key=lambda one: one["about"])
    assert (filed.status_code, said) == (200, expected)
    decide_all(cast, Right.REGULATOR, at=at)
    read = ask(token, "GET", f"{COUNTS}/{month}").get_json()
    assert read["decisions"] == {"all": 2, "open": 0, **UNDECIDED, "regulator_was_right": 2}
    assert {(one["decision"], one["reason"], one["decided_at"]) for one in read["items"]} == {
        ("regulator_was_right", "Looked up.", "2026-03-02T01:00:00Z")
    }
    event = db.session.query(AuditEvent).filter_by(verb="reconciliations:file").one()
    assert event.actor_name == "API: system 0"


def test_totals_are_compared_and_filed_again_they_are_a_version(
    ask: Any, token: str, asked: str
) -> None:
    month = month_of(asked)
    first = ask(token, "POST", COUNTS, json={"month": month, "totals": {"requests": 3}}).get_json()
    second = ask(token, "POST", COUNTS, json={"month": month, "totals": {"requests": 1}}).get_json()

    assert first["items"] == [
        NOTHING | {"kind": "other_total", "about": "requests", "their_number": 3, "our_number": 1}
    ]
    assert first["their_totals"] == {"requests": 3}
    assert (second["version"], second["items"]) == (2, [])
    assert ask(token, "GET", f"{COUNTS}/{month}").get_json() == second


def test_a_rival_learns_nothing(ask: Any, token: str, rival: str, asked: str) -> None:
    month = month_of(asked)
    ask(token, "POST", COUNTS, json={"month": month, "totals": {"requests": 3}})
    never = ask(rival, "GET", f"{COUNTS}/2025-01")
    theirs = ask(rival, "GET", f"{COUNTS}/{month}")
    assert (theirs.status_code, theirs.get_json()) == (404, never.get_json())

    # A number of somebody else's reads like one that nobody has; an own version begins at one.
    lines = [{"number": number, "outcome": "removed"} for number in (asked, "Z-9")]
    filed = ask(rival, "POST", COUNTS, json={"month": month, "lines": lines}).get_json()
    assert filed["version"] == 1 and filed["our_totals"]["requests"] == 0
    assert sorted(filed["items"], key=lambda one: one["about"]) == [
        NOTHING | {"kind": "only_theirs", "about": number, "their_outcome": "removed"}
        for number in sorted((asked, "Z-9"))
    ]
    assert ask(token, "GET", f"{COUNTS}/{month}").get_json()["their_totals"] == {"requests": 3}


def test_differences_come_in_pages_that_end_when_it_is_compared_again(
    ask: Any, token: str, rival: str, asked: str, cast: Any, at: Any
) -> None:
    month = month_of(asked)
    lines = [{"number": f"Z-{n}", "outcome": "removed"} for n in range(3)]
    for who in (token, rival):
        ask(who, "POST", COUNTS, json={"month": month, "lines": lines})
    path = f"{COUNTS}/{month}"
    first = ask(token, "GET", path, query_string={"limit": 3}).get_json()
    asking = {"limit": 3, "cursor": first["next_cursor"]}
    rest = ask(token, "GET", path, query_string=asking).get_json()

    about = [one["about"] for one in (*first["items"], *rest["items"])]
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
    assert sorted(about) == sorted([asked, "Z-0", "Z-1", "Z-2"])
    assert ask(rival, "GET", path, query_string=asking).status_code == 422
    with transaction():
        count = (
            db.session.query(CompanyCount).filter_by(company_id=cast.delegate.organisation_id).one()
        )
        reconciling.compare(count, at=at + timedelta(minutes=1))
    again = ask(token, "GET", path, query_string=asking)
    assert (again.status_code, again.get_json()["field"]) == (422, "cursor")


def test_under_a_key_it_is_filed_once(ask: Any, token: str, asked: str) -> None:
    month, key = month_of(asked), {"Idempotency-Key": "march"}
    body = {"month": month, "totals": {"requests": 3}}
    first = ask(token, "POST", COUNTS, json=body, headers=key)
    again = ask(token, "POST", COUNTS, json=body, headers=key)
    other = ask(token, "POST", COUNTS, json=body | {"note": "-"}, headers=key)

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 422)
    assert first.get_json() == again.get_json()
    assert db.session.query(CompanyCount).count() == 1


def test_a_token_that_may_only_read_files_nothing(ask: Any, cast: Any, at: Any, asked: str) -> None:
    reader = token_of(cast.company_admin, at=at, may=TokenScope.READ)
    body = {"month": month_of(asked), "totals": {"requests": 3}}

    assert ask(reader, "POST", COUNTS, json=body).status_code == 403
    assert ask(None, "POST", COUNTS, json=body).status_code == 401
    assert db.session.query(CompanyCount).count() == 0


def test_a_frozen_month_is_a_conflict_in_both_languages(
    ask: Any, token: str, asked: str, companies: Any, at: Any
) -> None:
    month = month_of(asked)
    body = {"month": month, "totals": {"requests": 3}}
    ask(token, "POST", COUNTS, json=body)
    with transaction():
        reconciling.close(companies["telegram"].id, month, at=at)
    english, korean = (ask(token, "POST", COUNTS, json=body, language=one) for one in ("en", "ko"))

    assert (english.status_code, korean.status_code) == (409, 409)
    assert english.get_json()["detail"] == (
        "The card of March 2026 is frozen. A count is filed before that; write to your liaison"
        " officer."
    )
    assert "2026년 3월" in korean.get_json()["detail"]
    assert ask(token, "GET", f"{COUNTS}/{month}").get_json()["is_closed"] is True


LINE = {"number": "A-1", "outcome": "removed"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "month"), ({"month": "2026-13", "totals": {"requests": 1}}, "month"),
        ({"month": "2026-04", "totals": {"requests": 1}}, "month"), ({"month": 202603}, "month"),
        ({"month": "2026-03"}, "totals"), ({"month": "2026-03", "totals": {}, "lines": []}, "totals"),
        ({"month": "2026-03", "totals": {"eaten": 1}}, "totals/eaten"),
        ({"month": "2026-03", "totals": {"requests": -1}}, "totals/requests"),
        ({"month": "2026-03", "totals": {"requests": True}}, "totals/requests"),
        ({"month": "2026-03", "totals": {"requests": 1.5}}, "totals/requests"),
        ({"month": "2026-03", "totals": {"requests": 10**9}}, "totals/requests"),
        ({"month": "2026-03", "totals": []}, "totals"),
        ({"month": "2026-03", "totals": {"requests": 2}, "lines": [LINE]}, "totals/requests"),
        ({"month": "2026-03", "lines": LINE}, "lines"),
        ({"month": "2026-03", "lines": ["A-1"]}, "lines/0"),
        ({"month": "2026-03", "lines": [{"number": "A-1"}]}, "lines/0/outcome"),
        ({"month": "2026-03", "lines": [LINE, LINE | {"outcome": "eaten"}]}, "lines/1/outcome"),
        ({"month": "2026-03", "lines": [LINE, LINE]}, "lines/1/number"),
        ({"month": "2026-03", "lines": [LINE | {"number": "A?"}]}, "lines/0/number"),
        ({"month": "2026-03", "lines": [LINE | {"company": "x"}]}, "lines/0/company"),
        ({"month": "2026-03", "lines": [LINE | {"removed_at": "2026-03-01"}]}, "lines/0/removed_at"),
        ({"month": "2026-03", "lines": [LINE | {"removed_at": "2030-03-01T00:00:00Z"}]},
         "lines/0/removed_at"),
        ({"month": "2026-03", "lines": [{"number": "A-1", "outcome": "unanswered",
          "answered_at": "2026-03-01T00:00:00Z"}]}, "lines/0/answered_at"),
        ({"month": "2026-03", "totals": {"requests": 1}, "note": "call 010-1234-5678"}, "note"),
    ],
)  # fmt: skip
def test_what_cannot_be_filed_is_named_and_changes_nothing(
    ask: Any, token: str, body: Any, field: str
) -> None:
    answer = ask(token, "POST", COUNTS, json=body)

    assert (answer.status_code, answer.get_json()["field"]) == (422, field)
    assert db.session.query(CompanyCount).count() == db.session.query(CountLine).count() == 0
    assert db.session.query(Letter).filter_by(kind="reconciliations:file").count() == 0


def test_too_much_at_once_is_refused_before_it_is_read(ask: Any, token: str) -> None:
    answer = ask(token, "POST", COUNTS, data=b" " * (8 * 1024 * 1024 + 1),
                 content_type="application/json")  # fmt: skip
    many = {"month": "2026-03", "lines": [LINE] * 50_001}

    assert answer.status_code == 413
    assert ask(token, "POST", COUNTS, json=many).get_json()["field"] == "lines"


def test_a_page_costs_the_same_whatever_its_length(ask: Any, token: str) -> None:
    month = "2026-03"

    def cost(many: int) -> int:
        lines = [{"number": f"Z-{n}", "outcome": "removed"} for n in range(many)]
        ask(token, "POST", COUNTS, json={"month": month, "lines": lines})
        with counting() as sent:
            ask(token, "GET", f"{COUNTS}/{month}")
        return len(sent)

    assert 0 < cost(1) == cost(80)
