"""The API as a program meets it: a rival learns nothing, nothing is half done or done twice."""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

from portal.access import scope
from portal.api import service, spec
from portal.api.models import ApiToken, TokenScope
from portal.core import audit, clock
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.reconciliations import service as reconciling
from portal.reconciliations.models import CompanyCount, FiledBy
from portal.removal_requests import erasing
from portal.removal_requests.models import Outcome, RemovalRequest
from portal.webhooks import service as webhooks
from portal.webhooks.models import Delivery
from tests.removal_requests import make

ALL = "/api/v1/removal-requests"


def token_of(account: Any, *, at: Any, may: TokenScope = TokenScope.ANSWER, days: int = 30) -> str:
    with transaction():
        count = db.session.query(ApiToken).count()
        _made, secret = service.create(
            f"system {count}", may, days=days, by=account.as_actor(), at=at
        )
    return secret


def file_count(company: Any, cast: Any, *, at: Any, month: str = "2026-02") -> CompanyCount:
    with transaction():
        return reconciling.file(
            company, month, totals={"requests": 1}, way=FiledBy.PAGE,
            by=cast.company_admin.as_actor(), at=at,
        )  # fmt: skip


@pytest.fixture
def ask(app: Flask) -> Any:
    """Ask the API: `ask(token, "GET", path, json=...)`."""

    def go(token: str | None, method: str, path: str, *, language: str = "en", **more: Any) -> Any:
        db.session.commit()
        headers = {"Accept-Language": language, **more.pop("headers", {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with app.app_context():
            answer = app.test_client(use_cookies=False).open(
                path, method=method, headers=headers, **more
            )
            answer.get_data()
        scope.act_as(None)
        db.session.rollback()
        return answer

    return go


@pytest.fixture
def token(cast: Any, at: Any) -> str:
    return token_of(cast.company_admin, at=at)


@pytest.fixture
def rival(cast: Any, at: Any) -> str:
    return token_of(cast.rival_admin, at=at)


@pytest.fixture
def asked(cast: Any, companies: Any, at: Any) -> str:
    return make.delivered(companies["telegram"], cast, at=at - timedelta(hours=2)).request_no


def test_a_company_reads_its_requests_without_a_reference(
    ask: Any, token: str, asked: str, companies: Any, cast: Any
) -> None:
    listed = ask(token, "GET", ALL).get_json()
    one = ask(token, "GET", f"{ALL}/{asked}")

    assert [item["number"] for item in listed["items"]] == [asked]
    assert listed["items"][0] == one.get_json()
    assert "reference" not in one.get_json() and "made.example" not in one.text
    again = ask(token, "GET", f"{ALL}/{asked}", headers={"If-None-Match": one.headers["ETag"]})
    assert again.status_code == 304
    steps = ask(token, "GET", f"{ALL}/{asked}/events").get_json()["items"]
    assert [step["step"] for step in steps] == ["issued", "delivered"]
    assert "Set-Cookie" not in one.headers and "Access-Control-Allow-Origin" not in one.headers


def test_a_rival_learns_nothing(ask: Any, token: str, rival: str, asked: str) -> None:
    nothing = ask(rival, "GET", f"{ALL}/X-2026-999999")
    asked_id = db.session.query(RemovalRequest).one().id

    for method, path, body in (
        ("GET", f"{ALL}/{asked}", None),
        ("GET", f"{ALL}/{asked_id}", None),
        ("GET", f"{ALL}/{asked}/events", None),
        ("POST", f"{ALL}/{asked}/reveal", {"purpose": "to_answer"}),
        ("POST", f"{ALL}/{asked}/acknowledge", None),
        ("POST", f"{ALL}/{asked}/answer", {"outcome": "removed"}),
    ):
        answer = ask(rival, method, path, json=body)
        assert (answer.status_code, answer.get_json()) == (404, nothing.get_json()), path
    assert ask(rival, "GET", ALL).get_json() == {"items": [], "next_cursor": None}
    named = ask(rival, "GET", f"{ALL}?platform=telegram").get_json()
    assert named == {"items": [], "next_cursor": None}
    lines = "".join(
        json.dumps({"number": number, "outcome": "removed"}) + "\n" for number in (asked, "X-0")
    )
    many = ask(
        rival, "POST", "/api/v1/answers", data=lines, content_type="application/x-ndjson"
    ).text.splitlines()
    assert [json.loads(line)["result"] for line in many] == ["unknown", "unknown"]
    assert db.session.query(RemovalRequest).one().outcome is None


def test_a_cursor_and_a_key_of_another_company_open_nothing(
    ask: Any, token: str, rival: str, asked: str, cast: Any, companies: Any, at: Any
) -> None:
    make.delivered(companies["telegram"], cast, at=at - timedelta(hours=1))
    cursor = ask(token, "GET", f"{ALL}?limit=1").get_json()["next_cursor"]
    second = ask(token, "GET", ALL, query_string={"limit": 1, "cursor": cursor}).get_json()
    taken = ask(rival, "GET", ALL, query_string={"limit": 1, "cursor": cursor})
    invented = ask(rival, "GET", ALL, query_string={"limit": 1, "cursor": "abc"})

    assert second["items"][0]["number"] != asked and second["next_cursor"] is None
    assert taken.status_code == 422 and taken.get_json() == invented.get_json()
    key = {"Idempotency-Key": "k1"}
    path = f"{ALL}/{asked}/answer"
    assert ask(token, "POST", path, json={"outcome": "removed"}, headers=key).status_code == 200
    replayed = ask(rival, "POST", path, json={"outcome": "removed"}, headers=key)
    assert replayed.status_code == 404


def test_one_key_of_two_companies_is_two_keys(
    ask: Any, token: str, rival: str, asked: str, cast: Any, companies: Any, at: Any
) -> None:
    own = make.delivered(companies["x"], cast, at=at - timedelta(hours=1)).request_no
    key = {"Idempotency-Key": "the-same"}

    ours = ask(token, "POST", f"{ALL}/{asked}/acknowledge", headers=key)
    theirs = ask(rival, "POST", f"{ALL}/{own}/acknowledge", headers=key)
    again = ask(rival, "POST", f"{ALL}/{own}/acknowledge", headers=key)

    assert (ours.status_code, ours.get_json()["number"]) == (200, asked)
    assert (theirs.status_code, theirs.get_json()["number"]) == (200, own)
    assert again.text == theirs.text


def test_a_webhook_hears_of_its_own_company_alone(
    ask: Any, token: str, rival: str, asked: str, cast: Any, companies: Any, at: Any
) -> None:
    own = make.delivered(companies["x"], cast, at=at - timedelta(hours=1)).request_no
    with transaction():
        for person in (cast.company_admin, cast.rival_admin):
            hook, _secret = webhooks.create(
                "https://hook.example/", may_be_loopback=False, by=person.as_actor(), at=at
            )
    lines = "\n".join(json.dumps({"number": n, "outcome": "removed"}) for n in (asked, own))
    for secret in (token, rival):
        ask(secret, "POST", "/api/v1/answers", data=lines, content_type="application/x-ndjson")

    told = {d.company_id: json.loads(d.body)["data"]["number"] for d in db.session.query(Delivery)}
    assert told == {companies["telegram"].id: asked, companies["x"].id: own}
    assert db.session.query(Delivery).count() == 2
    assert hook.company_id == companies["x"].id


def test_what_was_not_delivered_is_not_acknowledged(
    ask: Any, token: str, cast: Any, companies: Any, at: Any
) -> None:
    number = make.issued(companies["telegram"], cast, at=at - timedelta(hours=1)).request_no
    drafted = make.draft(companies["telegram"], cast, at=at).request_no

    early = ask(token, "POST", f"{ALL}/{number}/acknowledge")
    hidden = ask(token, "POST", f"{ALL}/{drafted}/acknowledge")

    assert (early.status_code, early.get_json()["type"].rsplit("#")[-1]) == (409, "conflict")
    assert hidden.status_code == 404
    assert [r.acknowledged_at for r in db.session.query(RemovalRequest)] == [None, None]


def test_an_answer_under_a_key_is_entered_once(ask: Any, token: str, asked: str) -> None:
    path, key = f"{ALL}/{asked}/answer", {"Idempotency-Key": "once"}
    first = ask(token, "POST", path, json={"outcome": "removed"}, headers=key)
    again = ask(token, "POST", path, json={"outcome": "removed"}, headers=key)
    other = ask(token, "POST", path, json={"outcome": "not_found"}, headers=key)
    without = ask(token, "POST", path, json={"outcome": "removed"})

    assert first.status_code == again.status_code == 200 and first.text == again.text
    assert first.get_json()["outcome"] == "removed"
    assert (other.status_code, other.get_json()["type"].rsplit("#")[-1]) == (422, "key-reused")
    assert without.status_code == 409
    assert db.session.query(AuditEvent).filter_by(verb="removal_requests:answer").count() == 1


def test_a_key_whose_request_is_under_way_waits_and_a_dead_one_is_freed(
    app: Flask, ask: Any, token: str, asked: str, at: Any
) -> None:
    path, key = f"{ALL}/{asked}/acknowledge", "busy"
    import hashlib

    mark = hashlib.sha256(f"POST {path}\n".encode()).hexdigest()
    token_id = db.session.query(ApiToken).one().id
    with transaction():
        service.claim(token_id, key, mark, at=at)
    waiting = ask(token, "POST", path, headers={"Idempotency-Key": key})
    with clock.stopped_at(at + service.LEASE):
        freed = ask(token, "POST", path, headers={"Idempotency-Key": key})

    assert (waiting.status_code, waiting.headers["Retry-After"]) == (409, "2")
    assert (freed.status_code, freed.get_json()["state"]) == (200, "acknowledged")


def test_a_refusal_is_a_problem_in_both_languages(ask: Any, token: str, asked: str) -> None:
    path = f"{ALL}/{asked}/answer"
    english = ask(token, "POST", path, json={"outcome": "refused"})
    korean = ask(token, "POST", path, json={"outcome": "refused"}, language="ko")
    personal = ask(token, "POST", path, json={"outcome": "refused", "reason": "call 010-1234-5678"})

    assert english.content_type == "application/problem+json"
    assert english.get_json() == {
        "type": "http://127.0.0.1:5000/api/docs#invalid",
        "title": "A value cannot be taken",
        "status": 422,
        "detail": "A refusal needs its reason: it is kept and counted.",
        "field": "reason",
    }
    assert korean.get_json()["title"] != english.get_json()["title"]
    assert korean.headers["Content-Language"] == "ko"
    assert personal.status_code == 422 and "010-1234" not in personal.text
    assert ask(token, "GET", "/api/v1/nothing").content_type == "application/problem+json"
    assert ask(token, "DELETE", f"{ALL}/{asked}").headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "eaten"}, {}, {"outcome": "removed", "more": 1}, {"outcome": ["removed"]},
        {"outcome": "removed", "removed_at": "2026-03-02T09:00:00"}, {"outcome": None},
        {"outcome": "removed", "removed_at": "2030-03-02T09:00:00Z"},
        {"outcome": "refused", "reason": "x" * 501}, {"outcome": "refused", "reason": "a\0b"},
        {"outcome": "removed", "removed_at": "9999-12-31T23:59:59-12:00"}, [], "removed",
    ],
)  # fmt: skip
def test_bad_input_changes_nothing(ask: Any, token: str, asked: str, body: Any) -> None:
    assert ask(token, "POST", f"{ALL}/{asked}/answer", json=body).status_code == 422
    assert db.session.query(RemovalRequest).one().outcome is None


def test_many_answers_each_line_whole_or_not_at_all_and_safe_to_repeat(
    ask: Any, token: str, cast: Any, companies: Any, at: Any
) -> None:
    with transaction():
        webhooks.create(
            "https://hook.example/", may_be_loopback=False, by=cast.company_admin.as_actor(), at=at
        )
    company = companies["telegram"]
    a, b, c = (
        make.delivered(company, cast, at=at - timedelta(hours=3)).request_no for _n in range(3)
    )
    foreign = make.delivered(companies["x"], cast, at=at - timedelta(hours=3)).request_no
    told = db.session.query(Delivery).count()
    lines = "\n".join(
        (
            json.dumps({"number": a, "outcome": "removed"}),
            json.dumps({"number": b, "outcome": "refused"}),
            "{not json",
            json.dumps({"number": foreign, "outcome": "removed"}),
            json.dumps({"number": c, "outcome": "acknowledged"}),
            json.dumps({"number": c, "outcome": "not_found"}),
        )
    )

    def send() -> list[str]:
        answer = ask(
            token, "POST", "/api/v1/answers", data=lines, content_type="application/x-ndjson"
        )
        return [json.loads(line)["result"] for line in answer.text.splitlines()]

    assert send() == ["done", "refused", "malformed", "unknown", "done", "done"]
    assert send() == ["known", "refused", "malformed", "unknown", "known", "known"]
    outcomes = {r.request_no: r.outcome for r in db.session.query(RemovalRequest)}
    assert outcomes == {a: Outcome.REMOVED, b: None, c: Outcome.NOT_FOUND, foreign: None}
    assert db.session.query(Delivery).count() - told == 2
    assert list(audit.breaks()) == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('{"number": "T-1", "outcome": "lost"}', "T-1"), ('{"number": "T-1"}', "T-1"),
        ('{"number": "T-1", "outcome": "removed", "more": 1}', "T-1"), ('{"number": 7}', None),
        ('{"number": ""}', None), ("[]", None), ("{not json", None), ('"number"', None),
    ],
)  # fmt: skip
def test_a_malformed_line_is_found_by_the_number_it_names(
    ask: Any, token: str, line: str, named: str | None
) -> None:
    answer = ask(token, "POST", "/api/v1/answers", data=line, content_type="application/x-ndjson")
    [said] = [json.loads(one) for one in answer.text.splitlines()]

    assert (said["result"], said["number"]) == ("malformed", named)


def test_too_many_lines_are_refused_before_any_is_read(ask: Any, token: str, asked: str) -> None:
    line = json.dumps({"number": asked, "outcome": "removed"}) + "\n"
    answer = ask(
        token, "POST", "/api/v1/answers", data=line * 10_001, content_type="application/x-ndjson"
    )

    assert answer.status_code == 413 and db.session.query(RemovalRequest).one().outcome is None


def test_a_reference_is_opened_with_a_purpose_that_is_logged(
    ask: Any, token: str, asked: str
) -> None:
    opened = ask(token, "POST", f"{ALL}/{asked}/reveal", json={"purpose": "to_answer"})
    event = db.session.query(AuditEvent).filter_by(verb="removal_requests:reveal").one()

    assert opened.get_json()["reference"].startswith("https://made.example/")
    assert (event.details["purpose"], event.actor_name) == ("to_answer", "API: system 0")
    assert ask(token, "POST", f"{ALL}/{asked}/reveal", json={}).status_code == 422


def test_an_erased_reference_is_a_conflict_that_says_when(
    ask: Any, token: str, asked: str, at: Any
) -> None:
    held = db.session.query(RemovalRequest).one()
    with transaction():
        erasing.erase([held.id], at)

    gone = ask(token, "POST", f"{ALL}/{asked}/reveal", json={"purpose": "to_answer"})

    assert gone.status_code == 409
    assert "was erased on" in gone.get_json()["detail"]
    assert not db.session.query(AuditEvent).filter_by(verb="removal_requests:reveal").count()


def test_a_token_ends_by_scope_time_revocation_and_with_its_maker(
    ask: Any, cast: Any, at: Any, asked: str
) -> None:
    reader = token_of(cast.company_admin, at=at, may=TokenScope.READ)
    assert ask(reader, "GET", ALL).status_code == 200
    assert ask(reader, "POST", f"{ALL}/{asked}/acknowledge").status_code == 403
    assert (
        ask(reader, "POST", f"{ALL}/{asked}/reveal", json={"purpose": "to_answer"}).status_code
        == 403
    )
    with clock.stopped_at(at + timedelta(days=30)):
        assert ask(reader, "GET", ALL).status_code == 401
    ended = token_of(cast.company_admin, at=at)
    with transaction():
        made = db.session.query(ApiToken).order_by(ApiToken.id.desc()).first()
        assert made is not None and ended not in made.secret_hash
        service.revoke(made, by=cast.company_admin.as_actor(), at=at)
    assert ask(ended, "GET", ALL).status_code == 401
    from portal.accounts import service as accounts

    with transaction():
        accounts.deactivate(cast.company_admin, by=cast.administrator.as_actor(), at=at)
    answer = ask(reader, "GET", ALL)
    assert answer.status_code == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_rates_are_limited_with_headers_across_processes(
    ask: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.api import door

    monkeypatch.setattr(door, "PER_MINUTE", 2)
    first = ask(token, "GET", ALL)
    ask(token, "GET", ALL)
    third = ask(token, "GET", ALL)

    assert first.headers["RateLimit"].startswith('"default";r=1;t=')
    assert third.status_code == 429 and int(third.headers["Retry-After"]) > 0


def test_a_cookie_is_no_token(visit: Any, cast: Any, asked: str) -> None:
    assert visit(cast.company_admin, "GET", ALL).status_code == 401
    assert visit(cast.company_admin, "POST", f"{ALL}/{asked}/acknowledge").status_code == 401


def test_a_token_is_shown_once_to_its_administrator(visit: Any, cast: Any) -> None:
    sent = {"name": "Queue", "scope": TokenScope.ANSWER.value, "days": "90"}
    made = visit(cast.company_admin, "POST", "/api/tokens/create", sent).text
    secret = made.split('id="token">')[1].split("<")[0]
    listed = visit(cast.company_admin, "GET", "/api/tokens").text
    again = visit(cast.company_admin, "POST", "/api/tokens/create", sent).text

    assert secret.startswith("kcp_") and secret not in listed and "Queue" in listed
    assert "A token of this name is active" in again and 'value="Queue"' in again
    assert "Queue" in visit(cast.officer, "GET", "/api/tokens").text
    assert "Queue" not in visit(cast.rival_admin, "GET", "/api/tokens").text


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_document_is_valid_openapi(ask: Any, language: str) -> None:
    document = ask(None, "GET", "/api/v1/openapi.json", language=language).get_json()

    validate(document)
    assert document["openapi"].startswith("3.1")


@pytest.mark.parametrize("operation", spec.OPERATIONS, ids=lambda operation: operation.id)
def test_every_example_of_the_page_works(
    ask: Any, token: str, asked: str, operation: spec.Operation, companies: Any, cast: Any, at: Any
) -> None:
    month = file_count(companies["telegram"], cast, at=at).month
    words = shlex.split(operation.example)
    method = words[words.index("-X") + 1] if "-X" in words else "GET"
    given = [words[n + 1] for n, word in enumerate(words) if word == "-H"]
    headers = dict(line.replace("$KEY", "abc").split(": ", 1) for line in given)
    headers.pop("Authorization")
    data = next((words[n + 1] for n, w in enumerate(words) if w in ("-d", "--data-binary")), None)
    path = words[-1].replace("$PORTAL", "").replace("$NUMBER", asked).replace("$MONTH", month)

    assert ask(token, method, path, headers=headers, data=data).status_code == 200


def test_the_sandbox_counts_nowhere(app: Flask, ask: Any, at: Any) -> None:
    from portal.accounts.models import Account
    from portal.companies.models import Company
    from portal.core.errors import Refused
    from portal.reports import queries as reports
    from portal.scorecards import queries as scorecards
    from portal.scorecards import service as cards
    from tests.conftest import the_cast

    run = app.test_cli_runner().invoke(
        args=["api", "sandbox", "--requests", "5", "--password", the_cast.PASSWORD]
    )
    assert run.exit_code == 0, run.output
    company = db.session.query(Company).filter_by(slug="sandbox").one()
    person = db.session.query(Account).filter_by(organisation_id=company.id).one()

    found = ask(token_of(person, at=at), "GET", ALL).get_json()["items"]

    assert [item["is_synthetic"] for item in found] == [True] * 5
    assert company not in reports.gather("2026-02", at=at).companies
    assert company.id not in [line.company_id for line in scorecards.lines("2026-02")]
    with pytest.raises(Refused), transaction():
        cards.draft(company, "2026-02", by=person.as_actor(), at=at)


def test_a_token_is_named_without_personal_data(visit: Any, cast: Any) -> None:
    sent = {"name": "Queue 010-1234-5678", "scope": TokenScope.READ.value, "days": "90"}
    page = visit(cast.company_admin, "POST", "/api/tokens/create", sent).text

    assert "This holds personal data" in page and 'id="token"' not in page
