"""The caller's status page under 200 requests: a bounded number of answers, and no more work."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from portal.core.db import db
from portal.hotline import codes

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


def test_two_hundred_addresses_get_ten_answers_for_one_code_even_the_right_one(
    app: Flask, take: Any, looked_up: list[str]
) -> None:
    intake, secret = take()
    wrong = "0000 0000" if secret != "0000 0000" else "1111 1111"
    code = intake.case_code
    looked_up.clear()
    tries = [(f"198.51.100.{n}", code.lower(), wrong) for n in range(REQUESTS)]

    answers = _answers(app, tries)

    assert answers == {200: ALLOWED, 429: REQUESTS - ALLOWED}
    assert len(looked_up) == ALLOWED
    assert _asker(app, "203.0.113.9")(code, secret) == 429


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
