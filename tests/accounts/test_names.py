"""Who did something, shown in the language of the reader."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.access import scope
from portal.accounts import queries
from portal.accounts.models import Account
from portal.core import i18n
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.i18n import THE_CLOCK
from portal.holidays import service as holidays
from tests.queries import counting


@pytest.fixture
def named(cast: Any) -> Any:
    """The cast with Korean names of their own, the officer and the auditor reading Korean."""
    korean = {
        "officer": "담당관", "head": "국제협력팀장", "administrator": "시스템 관리자",
        "delegate": "텔레그램 대표자", "rival": "엑스 대표자",
    }  # fmt: skip
    with transaction():
        for part, name in korean.items():
            getattr(cast, part).name_ko = name
        for part in ("officer", "auditor", "delegate"):
            getattr(cast, part).language = "ko"
    return cast


def test_a_korean_reader_is_shown_the_korean_name(named: Any) -> None:
    i18n.speak("ko")

    assert queries.doer("Liaison officer") == "담당관"
    assert queries.doer(THE_CLOCK) == "시스템(자동)"
    assert queries.doer("Liaison officer, retired") == "Liaison officer, retired"
    assert queries.doer("") == queries.doer(None) == "–"


def test_an_english_reader_is_shown_what_was_recorded(named: Any) -> None:
    assert queries.doer("Liaison officer") == "Liaison officer"
    assert queries.doer(THE_CLOCK) == "the clock"


@pytest.mark.parametrize(
    ("other", "shown"), [("담당관", "담당관"), ("다른 담당관", "Liaison officer")]
)
def test_a_name_that_two_bear_is_shown_only_if_they_agree(
    named: Any, other: str, shown: str
) -> None:
    with transaction():
        named.officer2.name_en, named.officer2.name_ko = "Liaison officer", other
    i18n.speak("ko")

    assert queries.doer("Liaison officer") == shown


def test_a_renamed_account_is_shown_by_its_new_korean_name(named: Any) -> None:
    i18n.speak("ko")
    assert queries.doer("Liaison officer") == "담당관"

    with transaction():
        db.session.get(Account, named.officer.id).name_ko = "선임 담당관"

    assert queries.doer("Liaison officer") == "선임 담당관"


def test_nobody_learns_of_an_account_through_its_name(named: Any) -> None:
    i18n.speak("ko")
    scope.act_as(named.delegate.as_actor())

    assert queries.doer("Liaison officer") == "담당관"
    assert queries.doer("Representative, X") == "Representative, X"

    scope.act_as(named.officer.as_actor())
    assert queries.doer("Representative, X") == "엑스 대표자"


def test_pages_show_names_in_korean_and_ask_once(named: Any, visit: Any, at: Any) -> None:
    for part, day in (("head", 3), ("administrator", 4)):
        with transaction():
            holidays.add(
                "KR", date(2027, 3, day), name_ko="임시공휴일", name_en="Extra holiday",
                by=getattr(named, part).as_actor(), at=at,
            )  # fmt: skip
    recorded = [event.actor_name for event in db.session.query(AuditEvent).order_by(AuditEvent.id)]

    table = visit(named.officer, "GET", "/holidays/").get_data(as_text=True)
    with counting() as sent:
        log = visit(named.auditor, "GET", "/audit-log").get_data(as_text=True)

    for page in (table, log):
        assert "국제협력팀장" in page and "시스템 관리자" in page
        assert "Head of team" not in page.split("<main")[1]
    assert sum("min(account.name_ko)" in statement for statement in sent) == 1
    again = [event.actor_name for event in db.session.query(AuditEvent).order_by(AuditEvent.id)]
    assert again == recorded
    assert "Head of team" in recorded
