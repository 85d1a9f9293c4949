"""The report of a month in which a company had another name, lost a platform, or ended."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from portal.companies import service as companies_service
from portal.core.db import transaction
from portal.reports import document, service
from tests.reports.conftest import MONTH


def printed(at: Any, month: str = MONTH, language: str = "en") -> dict[str, Any]:
    found = service.gather(month, at=at)
    return document.printable(found, version=1, language=language)


def test_it_bears_the_names_of_its_month_and_says_what_moved(
    january: Any, companies: Any, cast: Any, at: Any
) -> None:
    telegram, x = companies["telegram"], companies["x"]
    before = printed(at)["finality"]
    given = {"by": cast.head.as_actor(), "at": at}
    with transaction():
        companies_service.rename(
            telegram, name_ko="새 이름", name_en="New name", from_on=date(2026, 2, 1), **given
        )
        companies_service.move_platform(
            telegram.platforms[0], x, from_on=date(2026, 1, 15), **given
        )

    report = printed(at)

    assert sorted(row["name"] for row in report["rows"]) == ["Telegram", "X"]
    assert "New name" not in json.dumps(report)
    assert report["finality"] == (
        f"{before} Telegram: without platform Telegram from Thu 15 Jan 2026."
        " X: with platform Telegram from Thu 15 Jan 2026."
    )


def test_the_month_of_a_renaming_says_the_name_of_before(
    january: Any, companies: Any, cast: Any, at: Any
) -> None:
    with transaction():
        companies_service.rename(
            companies["telegram"], name_ko="새 이름", name_en="New name", from_on=date(2026, 1, 15),
            by=cast.head.as_actor(), at=at,
        )  # fmt: skip

    assert "New name: until Wed 14 Jan 2026 called Telegram." in printed(at)["finality"]
    korean = printed(at, language="ko")["finality"]
    assert "새 이름: 2026년 1월 14일 (수)까지의 이름은 텔레그램." in korean
    assert "until" not in printed(at, "2026-02")["finality"]


def test_a_company_is_in_it_until_the_month_it_ended_in(
    january: Any, companies: Any, cast: Any, at: Any
) -> None:
    with transaction():
        companies_service.merge(
            companies["telegram"], companies["x"], last_on=date(2026, 1, 31),
            by=cast.head.as_actor(), at=at,
        )  # fmt: skip

    assert sorted(row["name"] for row in printed(at)["rows"]) == ["Telegram", "X"]
    assert [row["name"] for row in printed(at, "2026-02")["rows"]] == ["X"]
