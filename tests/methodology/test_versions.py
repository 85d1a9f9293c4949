"""The method as data, and its page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from portal.access.actor import CLOCK
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.methodology import queries, service
from portal.methodology.method import VERSION_1_0, Target
from portal.methodology.models import Methodology


def test_a_version_is_stored_once_and_read_as_it_was(app: Any, at: Any) -> None:
    for _n in range(2):
        with transaction():
            service.ensure_version(by=CLOCK, at=at)

    stored = db.session.query(Methodology).one()
    assert stored.method == VERSION_1_0


def test_a_stored_version_never_changes(app: Any, at: Any) -> None:
    with transaction():
        service.ensure_version(by=CLOCK, at=at)
    mark = Target("commission", "R1", 12, None, date(2026, 1, 1), None)

    with pytest.raises(Refused, match="other figures"):
        service.ensure_version(replace(VERSION_1_0, targets=(mark,)), by=CLOCK, at=at)


def test_which_version_was_in_force(app: Any, at: Any) -> None:
    assert queries.valid_on(date(2024, 9, 1)) is None
    assert queries.method_on(date(2024, 9, 1)) == VERSION_1_0
    later = replace(VERSION_1_0, version="1.1", valid_from=date(2026, 7, 1))
    with transaction():
        service.ensure_version(by=CLOCK, at=at)
        service.ensure_version(later, by=CLOCK, at=at)

    assert queries.method_on(date(2019, 12, 1)) is None
    assert [queries.method_on(date(2026, m, 1)).version for m in (6, 7)] == ["1.0", "1.1"]


@pytest.mark.parametrize("part", ["delegate", "commissioner", "administrator", "operator"])
def test_everybody_reads_the_method(cast: Any, visit: Any, part: str) -> None:
    page = visit(getattr(cast, part), "GET", "/methodology")

    assert page.status_code == 200
    assert "64.2857" in page.get_data(as_text=True)
