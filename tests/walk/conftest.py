"""A real browser against the served app. The clock is the one that tests set."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Response
from werkzeug.serving import make_server

from portal.core import clock, i18n
from portal.core.db import db, transaction
from tests.cast import PASSWORD


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The app behind a real HTTP server on the loopback; gives its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


@pytest.fixture
def go_to() -> Iterator[Callable[[datetime], None]]:
    """Move the clock to an instant, for the rest of the test."""
    with ExitStack() as stack:
        yield lambda at: stack.enter_context(clock.stopped_at(at))


class Person:
    """Somebody at a browser. What the page says is looked up in the person's language."""

    def __init__(self, page: Page, base: str, language: str) -> None:
        self.page, self.base, self.language = page, base, language
        self.wrong: list[str] = []
        page.on("console", lambda said: self._note(said.type == "error", said.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("response", self._response)

    def _note(self, is_wrong: bool, text: str) -> None:
        # Chromium writes a console line for every 4xx; those are looked at as responses.
        if is_wrong and "Failed to load resource" not in text:
            self.wrong.append(text)

    def _response(self, answer: Response) -> None:
        if answer.status >= 500:
            self.wrong.append(f"{answer.status} {answer.url}")

    def word(self, source: str, **values: Any) -> str:
        """A sentence of the portal as this person reads it."""
        with i18n.spoken(self.language):
            return i18n.gettext(source, **values)

    def log_in(self, email: str) -> None:
        """Through the log-in page."""
        self.open("/login")
        self.page.fill("input[name=email]", email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.locator("main button[type=submit]").last.click()
        assert not self.page.url.endswith("/login"), self.text()

    def open(self, path: str) -> None:
        """Go to an address of the portal."""
        answer = self.page.goto(self.base + path)
        assert answer is not None and answer.status == 200, (path, answer and answer.status)

    def press(self, source: str, **values: Any) -> None:
        """A button by what stands on it, and the question it asks, if it asks one."""
        word = self.word(source, **values)
        button = self.page.locator("main").get_by_role("button", name=word, exact=True).first
        if button.get_attribute("data-confirm"):
            button.click()
            button = self.page.locator("dialog[open] button:not(.button-secondary)")
        with self.page.expect_navigation():
            button.click()
        assert self.wrong == []

    def follow(self, source: str, **values: Any) -> None:
        """A link by what stands on it."""
        self.page.locator("main").get_by_role(
            "link", name=self.word(source, **values), exact=True
        ).first.click()
        self.page.wait_for_load_state()
        assert self.wrong == []

    def fill(self, **values: Any) -> None:
        """Fields of the form by their names."""
        for name, value in values.items():
            field = self.page.locator(f"main [name={name}]").first
            if field.evaluate("node => node.tagName") == "SELECT":
                field.select_option(str(value))
            elif field.get_attribute("type") in ("radio", "checkbox"):
                self.page.locator(f"main [name={name}][value='{value}']").check()
            else:
                field.fill(str(value))

    def text(self) -> str:
        """What stands in the main part of the page."""
        return self.page.locator("main").inner_text()

    def sees(self, source: str, **values: Any) -> bool:
        """Whether a sentence stands on the page."""
        return self.word(source, **values) in self.text()

    def path(self) -> str:
        """Where the person is."""
        return self.page.url.removeprefix(self.base).split("#")[0]

    def fetch(self, path: str) -> bytes:
        """A file behind a link, with the person's own session."""
        answer = self.page.request.get(self.base + path)
        assert answer.status == 200, (path, answer.status)
        return answer.body()


@pytest.fixture
def sit_down(browser: Browser, served: str) -> Iterator[Callable[..., Person]]:
    """`sit_down("head@kcsc.example", "ko")`: somebody logged in at a browser of their own."""
    contexts = []

    def seat(email: str, language: str, **more: Any) -> Person:
        context = browser.new_context(locale="ko-KR" if language == "ko" else "en-US", **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("dialog", lambda dialog: dialog.accept())
        person = Person(page, served, language)
        person.log_in(email)
        return person

    yield seat
    for context in contexts:
        context.close()


@pytest.fixture
def language(database: str) -> str:
    """English on one database, Korean on the other."""
    return "ko" if database.startswith("postgresql") else "en"


@pytest.fixture
def enter(
    app: Flask, cast: Any, language: str, sit_down: Callable[..., Person]
) -> Callable[..., Person]:
    """Somebody of the cast sits down, in the language of this walk."""

    def seat(part: str, **more: Any) -> Person:
        account = getattr(cast, part)
        with transaction():
            account.language = language
        email = account.email
        db.session.rollback()
        return sit_down(email, language, **more)

    return seat
