"""The desk leads everybody on, those without casework too."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.core.db import transaction
from portal.methodology import service as methodology
from portal.methodology.method import VERSION_1_0

MAIN = re.compile(r"<main.*?</main>", re.DOTALL)
DOOR = re.compile(r'<a href="([^"]+)">([^<]+)</a>')


@pytest.mark.parametrize(
    ("who", "door"),
    [
        ("administrator", ("/accounts/", "Accounts")),
        ("administrator", ("/retention/", "Retention")),
        ("auditor", ("/audit-log", "Audit log")),
        ("auditor", ("/scorecards/", "Scorecards")),
    ],
)
def test_who_has_no_casework_is_led_through_the_doors_of_the_menu(
    cast: Any, visit: Any, who: str, door: tuple[str, str]
) -> None:
    page = html.unescape(visit(getattr(cast, who), "GET", "/").get_data(as_text=True))
    main = MAIN.search(page)

    assert main is not None
    doors = DOOR.findall(main[0])
    assert door in doors
    assert "Desk" not in [label for _url, label in doors]
    assert all(url.startswith("/") and label.strip() for url, label in doors)


def test_a_proposed_method_waits_on_the_desk_of_who_did_not_work_on_it(
    app: Any, cast: Any, visit: Any
) -> None:
    at = datetime(2026, 3, 2, 3, tzinfo=UTC)
    method = replace(VERSION_1_0, version="1.1", valid_from=date(2026, 7, 1), caps=())
    with transaction():
        made = methodology.draft(method, "No caps.", by=cast.administrator.as_actor(), at=at)
        methodology.propose(made, seen=made.revision, by=cast.administrator.as_actor(), at=at)
    door = f'<a href="/methodology/{made.id}">Version 1.1</a>'

    def is_asked(who: str) -> bool:
        return door in visit(getattr(cast, who), "GET", "/").get_data(as_text=True)

    assert is_asked("head")
    assert not any(is_asked(who) for who in ("administrator", "officer", "commissioner"))
