"""What every page and form shares: bad characters never reach the database."""

from __future__ import annotations

from typing import Any

from flask import Flask

from portal.companies.models import Company


def test_a_nul_character_in_a_form_is_dropped(app: Flask, cast: Any, visit: Any) -> None:
    data = {
        "slug": "new", "name_ko": "새\0것", "name_en": "New\0 thing", "country": "US",
        "time_zone": "America/New_York",
    }  # fmt: skip
    answer = visit(cast.administrator, "POST", "/companies/add", data)
    made = app.extensions["sqlalchemy"].session.query(Company).filter_by(slug="new").one()

    assert answer.status_code == 303
    assert (made.name_ko, made.name_en) == ("새것", "New thing")


def test_a_nul_character_in_an_address_is_no_page(cast: Any, visit: Any) -> None:
    assert visit(cast.officer, "GET", "/removal-requests/?number=%00").status_code == 404
    assert visit(cast.officer, "GET", "/removal-requests/?number=A").status_code == 200
