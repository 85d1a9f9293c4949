"""Every route, every role, both companies, from one table. A new route without a row fails.

`o` officer, `h` head, `c` hotline operator, `p` police, `a` agency, `r` representative, `m` company
administrator, `k` commissioner, `u` auditor, `s` administrator; `*` everyone who is logged in, `+`
everybody, `t` no person: a token of the API (tests/api). The records are Telegram's: X's people, the rivals, may open none that has a record.
"""

from __future__ import annotations

import gc
import re
import weakref
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.access import scope
from portal.access.scope import Scoped, scoped_models
from portal.companies.models import Company
from portal.core.db import db
from portal.removal_requests.models import RemovalRequest
from tests.access import world
from tests.access.routes import ROUTES
from tests.cast import Cast
from tests.removal_requests import make

LETTERS = {
    "o": "officer", "h": "head", "c": "operator", "p": "police", "a": "agency", "r": "delegate",
    "m": "company_admin", "k": "commissioner", "u": "auditor", "s": "administrator",
}  # fmt: skip
EVERYONE = "ohcparmkus"
RIVALS = ("rival", "rival_admin")


def rules(app: Flask) -> dict[str, Any]:
    """Every door: its endpoint and its first rule."""
    return {rule.endpoint: rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}


@pytest.fixture(scope="module")
def endpoints() -> list[str]:
    return sorted(ROUTES)


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    assert sorted(rules(app)) == sorted(ROUTES)


def test_every_route_names_a_permission(app: Flask) -> None:
    unmarked = [e for e in rules(app) if not hasattr(app.view_functions[e], "permission")]

    assert unmarked == []


def address(rule: Any, records: dict[str, Any]) -> str:
    """The address of a door for given records."""

    def value(found: re.Match[str]) -> str:
        one_of, name = found.groups()
        return str(records[name]) if name.endswith(("_id", "_code")) else one_of or "x"

    return re.sub(r"<(?:any\((\w+)[^<>]*\):|[^:<>]+:)?([^<>]+)>", value, rule.rule)


@pytest.mark.parametrize("endpoint", sorted(ROUTES))
def test_who_may_open_a_door(
    app: Flask, cast: Any, visit: Any, records: Any, endpoint: str
) -> None:
    rule = rules(app)[endpoint]
    records = records["telegram"]
    method = "GET" if "GET" in rule.methods else "POST"
    url = address(rule, records)
    allowed = ROUTES[endpoint]
    if "+" in allowed:
        assert method == "POST" or visit(None, method, url).status_code in (200, 410)
        return
    if allowed == "t":
        everyone = [None, *(getattr(cast, part) for part in (*LETTERS.values(), *RIVALS))]
        assert {visit(person, method, url).status_code for person in everyone} == {401}
        return
    allowed = EVERYONE if allowed == "*" else allowed
    shut = [LETTERS[letter] for letter in EVERYONE if letter not in allowed]
    shut += [part for part in RIVALS if any(n.endswith("_id") for n in rule.arguments)]

    got = {part: visit(getattr(cast, part), method, url).status_code for part in shut}
    nobody = visit(None, method, url).status_code
    opened = {
        LETTERS[letter]: visit(getattr(cast, LETTERS[letter]), method, url).status_code
        for letter in allowed[:1]
    } | {
        LETTERS[letter]: visit(getattr(cast, LETTERS[letter]), method, url).status_code
        for letter in allowed[1:]
        if method == "GET"
    }

    assert got == dict.fromkeys(shut, 404)
    assert nobody == (302 if method == "GET" else 404)
    assert [part for part, code in opened.items() if code in (404, 500)] == []


PAGES = sorted(endpoint for endpoint, allowed in ROUTES.items() if set(allowed) & set("rm*"))


@pytest.mark.parametrize(("part", "own", "other"), [("rival", "x", "telegram"), ("delegate", "telegram", "x")])  # fmt: skip
@pytest.mark.parametrize("endpoint", PAGES)
def test_no_page_of_a_company_names_another(
    app: Flask, cast: Any, visit: Any, records: Any, endpoint: str, part: str, own: str, other: str
) -> None:
    rule = rules(app)[endpoint]
    if "GET" not in rule.methods:
        return
    answer = visit(getattr(cast, part), "GET", address(rule, records[own]), follow=True)
    text = answer.get_data().decode("utf-8", "replace")  # a PDF is no text

    assert f"{world.SECRET}-{other}" not in text
    assert f"{world.SECRET}-{own}-internal" not in text
    assert f"{world.SECRET}-{own}-private-1<" not in text
    if other == "telegram":
        assert not re.search(r"telegram|텔레그램", text, re.IGNORECASE)


def test_every_record_with_a_company_stands_behind_the_wall() -> None:
    open_tables = [
        mapper.class_.__tablename__
        for mapper in db.Model.registry.mappers
        if {"company_id", "organisation_id"} & set(mapper.columns.keys())
        and not issubclass(mapper.class_, Scoped)
    ]

    # Read only by the administrator and the auditor, or before anyone is known.
    assert sorted(open_tables) == ["audit_event", "desk", "institution", "letter"]


def test_nobody_sees_nothing(app: Flask) -> None:
    from portal.access.actor import NOBODY

    seen = {
        model.__tablename__: db.session.query(model).filter(model.visible_to(NOBODY)).count()
        for model in scoped_models()
    }

    assert {name: count for name, count in seen.items() if count} == {}


def test_a_statement_that_is_kept_stands_behind_the_wall_of_whoever_asks(
    app: Flask, companies: dict[str, Company], cast: Cast, at: datetime
) -> None:
    make.draft(companies["telegram"], cast, at=at)
    statement = select(RemovalRequest)
    seen = []
    for person in (cast.head, cast.rival, cast.officer, cast.commissioner, cast.rival, cast.head):
        scope.act_as(person.as_actor())
        seen.append({request.company_id for request in db.session.scalars(statement)})

    all_of_them, its_own = seen[0], {cast.rival.organisation_id}
    assert companies["telegram"].id in all_of_them
    assert seen == [all_of_them, its_own, all_of_them, set(), its_own, all_of_them]


def test_a_statement_goes_with_its_walls(app: Flask, cast: Cast) -> None:
    scope.act_as(cast.rival.as_actor())
    statement = select(RemovalRequest)
    db.session.scalars(statement).all()
    gone = weakref.ref(statement)
    del statement
    gc.collect()

    assert gone() is None
