"""The caller's status page under 200 requests: a bounded number of answers, and no more work."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from portal.access.throttle import Limit
from portal.core.clock import stopped_at
from portal.core.db import db
from portal.hotline import codes, service

REQUESTS, AT_ONCE, ALLOWED = 200, 8, 10


def _asker(app: Flask, address: str) -> Any:
    """Somebody at an address who has the form open; gives what sends it."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    page = client.get("/case").get_data(as_text=True)
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page)[-1]

    def ask(code: str, secret: str) -> int:
        sent = {"csrf_token": token, "case_code": code, "secret": secret}
        return client.post("/case", data=sent).status_code  # type: ignore[no-any-return]

    return ask


@pytest.fixture
def looked_up() -> Any:
    """How often an intake was looked for."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if re.search(r"FROM intake\b", statement):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


def _answers(app: Flask, tries: list[tuple[str, str, str]]) -> Counter[int]:
    """Send each try (address, code, secret), several at once; count the answers."""
    db.session.commit()

    def one(given: tuple[str, str, str]) -> int:
        address, code, secret = given
        return int(_asker(app, address)(code, secret))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(one, tries))


def test_two_hundred_from_one_address_get_ten_answers(
    app: Flask, take: Any, looked_up: list[str]
) -> None:
    take()
    looked_up.clear()
    tries = [("198.51.100.7", codes.code_of(n * 7919), "0000 0000") for n in range(REQUESTS)]

    answers = _answers(app, tries)

    assert answers == {200: ALLOWED, 429: REQUESTS - ALLOWED}
    assert len(looked_up) == ALLOWED


def test_a_stranger_with_the_code_does_not_lock_the_caller_out(
    app: Flask, take: Any, looked_up: list[str]
) -> None:
    intake, secret = take()
    wrong = "0000 0000" if secret != "0000 0000" else "1111 1111"
    code = intake.case_code
    looked_up.clear()
    tries = [("198.51.100.7", code.lower(), wrong)] * REQUESTS

    answers = _answers(app, tries)

    assert answers == {200: ALLOWED, 429: REQUESTS - ALLOWED}
    assert len(looked_up) == ALLOWED
    assert _answers(app, [("203.0.113.9", code, secret)]) == {200: 1}


def test_one_network_has_thirty_tries_a_day_at_a_code_and_the_other_codes_still(
    app: Flask, take: Any, at: datetime
) -> None:
    (intake, secret), (other, other_secret) = take(), take()
    code, other_code = intake.case_code, other.case_code
    wrong = "0000 0000" if secret != "0000 0000" else "1111 1111"
    start, asked = at.replace(hour=0, minute=0, second=0), Counter[int]()
    for nth in range(4):
        with stopped_at(start + nth * timedelta(minutes=10)):
            asked += _answers(app, [("2001:db8::1", code, wrong)] * 9)

    assert asked == {200: 30, 429: 6}
    with stopped_at(start + timedelta(hours=1)):
        # Another address of the same line is the same network.
        same, elsewhere = "2001:db8::beef", "2001:db8:0:1::1"
        assert _answers(app, [(same, code, secret)]) == {429: 1}
        assert _answers(app, [(same, other_code, other_secret)]) == {200: 1}
        assert _answers(app, [(elsewhere, code, secret)]) == {200: 1}


def test_who_opens_the_case_may_look_as_often_as_they_like(
    app: Flask, take: Any, at: datetime
) -> None:
    intake, secret = take()
    code, start = intake.case_code, at.replace(hour=0, minute=0, second=0)
    asked = Counter[int]()
    for nth in range(5):
        with stopped_at(start + nth * timedelta(minutes=10)):
            asked += _answers(app, [("198.51.100.7", code, secret)] * 9)

    assert asked == {200: 45}


def test_from_everywhere_a_code_has_a_thousand_tries_a_day_and_then_the_right_one_waits_too(
    app: Flask, take: Any, at: datetime, looked_up: list[str], monkeypatch: Any
) -> None:
    fewer = replace(service.TRIES, from_all=Limit(40, 86_400))  # the bound itself is read below
    monkeypatch.setattr(service, "TRIES", fewer)
    intake, secret = take()
    wrong = "0000 0000" if secret != "0000 0000" else "1111 1111"
    code = intake.case_code
    looked_up.clear()
    tries = [(f"198.51.100.{n}", code, wrong) for n in range(REQUESTS)]

    answers = _answers(app, tries)

    assert answers == {200: 40, 429: REQUESTS - 40}
    assert len(looked_up) == 40
    assert _answers(app, [("203.0.113.9", code, secret)]) == {429: 1}


def test_a_year_of_tries_from_everywhere_stays_hopeless() -> None:
    bound = service.TRIES.from_all
    in_a_year = bound.tries * 366 * (86_400 // bound.seconds)

    assert in_a_year / 10**8 < 0.005
    assert bound.tries > 30 * service.TRIES.from_one.tries


def test_an_address_written_as_a_code_uses_up_no_tries_of_that_address(
    app: Flask, take: Any
) -> None:
    intake, secret = take()
    for n in range(ALLOWED + 1):
        _answers(app, [(f"198.51.100.{n}", "203.0.113.9", secret)])

    assert _answers(app, [("203.0.113.9", intake.case_code, secret)]) == {200: 1}


@pytest.mark.parametrize(("language", "sentence"), [("ko", "신고"), ("en", "What became of my report")])  # fmt: skip
def test_the_page_speaks_the_language_of_the_caller(
    app: Flask, language: str, sentence: str
) -> None:
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    page = client.get("/case").get_data(as_text=True)

    assert f'<html lang="{language}">' in page
    assert sentence in page
    for number in ("1366", "112", "1377-3"):
        assert f"<b>{number}</b>" in page
    assert 'content="noindex, nofollow"' in page
