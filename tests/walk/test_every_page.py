"""Every page of the demo, as every role: no violation of WCAG, no error, no sideways scrolling."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from sqlalchemy import select

from portal import demo
from portal.companies.models import Company
from portal.core import clock
from portal.core.audit import breaks
from portal.core.db import db
from portal.core.migrate import upgrade
from portal.demo import people
from portal.reports.models import Report, ReportStatus
from tests.conftest import build
from tests.walk.conftest import Person

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
FILES = re.compile(r"\.(pdf|csv|ics|json|xlsx)$|^/(evidence|static)/|/export")
# Pages of one kind that a person looks at: those who work in the records see them in more states.
OFTEN, ONCE = 2, 1
WORKERS = ("officer@kcsc.example", "rep@telegram.example")
WIDTHS = (1440, 390)
SAME = ("officer2@", "admin@x", "rep@x")  # they see the same kinds of pages as their colleagues
ROLES = [(p.email, p.language) for p in people.PEOPLE if not p.email.startswith(SAME)]


@pytest.fixture
def app(tmp_path: Path, at: datetime) -> Iterator[Flask]:
    """The app with the demo, as `make run` shows it."""
    app = build(tmp_path, f"sqlite:///{tmp_path / 'portal.sqlite3'}")
    with app.app_context(), clock.stopped_at(at):
        upgrade()
        demo.load()
        assert list(breaks()) == []
        tell_months()
        yield app
        db.session.remove()
        db.engine.dispose()


def tell_months() -> None:
    """The demo tells several months: one company renamed, one new, one of which nothing was asked."""
    reports = list(db.session.scalars(select(Report).order_by(Report.month)))
    with_card = [{one["company_id"] for one in report.glance} for report in reports]
    number = {company.slug: company.id for company in db.session.scalars(select(Company))}
    names = [
        {row["company_id"]: row["name"] for row in report.content["en"]["rows"]}
        for report in reports
    ]

    assert [report.status for report in reports] == [ReportStatus.RELEASED] * 4 + [
        ReportStatus.HELD
    ]
    assert [number["medium"] in ids for ids in with_card] == [True, True, False, True, True]
    assert [number["example-board"] in ids for ids in with_card] == [False] * 3 + [True] * 2
    assert [of[number["example-network"]] for of in names] == [
        *["Example Network"] * 2, *["Example Group"] * 3
    ]  # fmt: skip


def kind(path: str) -> str:
    """What kind of page an address is: its numbers and what it asks for left out."""
    return re.sub(r"\d+", "N", urlsplit(path).path)


def pages_of(person: Person, each: int) -> Iterator[tuple[str, int]]:
    """Every address the person can reach by links, a few of each kind, and what it answers."""
    waiting, seen, counts = ["/"], {"/"}, dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        answer = person.page.goto(person.base + path)
        yield path, answer.status if answer else 0
        for href in person.page.eval_on_selector_all("a[href]", "nodes => nodes.map(a => a.href)"):
            if not href.startswith(person.base):
                continue
            found = href.removeprefix(person.base).split("#")[0] or "/"
            if found in seen or FILES.search(urlsplit(found).path):
                continue
            seen.add(found)
            counts[kind(found)] = counts.get(kind(found), 0) + 1
            if counts[kind(found)] <= each:
                waiting.append(found)


def faults(person: Person, path: str) -> Iterator[str]:
    """What is wrong with the page the person looks at."""
    for violation in Axe().run(person.page, options=WCAG).response["violations"]:
        where = violation["nodes"][0]["target"]
        yield f"{path}: {violation['id']} at {where} ({len(violation['nodes'])} times)"
    for width in WIDTHS:
        person.page.set_viewport_size({"width": width, "height": 900})
        wide = person.page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            yield f"{path}: {wide} px wide on {width} px"
    if person.page.locator("h1").count() != 1:
        yield f"{path}: not one heading of the first level"


@pytest.mark.parametrize("half", (0, 1))
def test_every_page_of_the_demo(
    half: int, app: Flask, sit_down: Callable[..., Person], monkeypatch: Any
) -> None:
    monkeypatch.setattr("tests.walk.conftest.PASSWORD", people.PASSWORD)
    wrong: list[str] = []
    seen: set[str] = set()
    for email, language in ROLES[half::2]:
        person = sit_down(email, language)
        for path, status in pages_of(person, OFTEN if email in WORKERS else ONCE):
            seen.add(kind(path))
            if status != 200:
                wrong.append(f"{email} {path}: answers {status}")
                continue
            wrong.extend(f"{email} {fault}" for fault in faults(person, path))
        wrong.extend(f"{email}: {said}" for said in person.wrong)
        person.page.context.close()

    assert not wrong, "\n".join(wrong)
    assert len(seen) > 30
