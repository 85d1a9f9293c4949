"""The desk leads everybody on, those without casework too."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

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
