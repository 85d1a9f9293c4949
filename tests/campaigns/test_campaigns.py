"""Campaigns: the published one, who edits them, and what they narrow and shade."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from portal.campaigns import queries
from portal.campaigns.models import Campaign
from portal.companies.models import Platform
from portal.core import charts
from portal.core.audit import AuditEvent
from portal.core.calendar import end_of_day, start_of_day
from portal.core.db import db, transaction
from portal.information_requests import service

VALUES = {"name_ko": "집중단속", "name_en": "Crackdown", "starts_on": "2026-01-05",
          "ends_on": "2026-02-28", "source": "Announced on 2 January 2026"}  # fmt: skip


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def test_the_published_campaign_is_there_with_its_source(app: Any) -> None:
    campaign = db.session.query(Campaign).one()

    assert (campaign.starts_on, campaign.ends_on) == (date(2024, 8, 28), date(2025, 3, 31))
    assert campaign.source.startswith("https://edaily.co.kr/")


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        (date(2024, 1, 1), date(2024, 8, 27), 0),
        (date(2024, 1, 1), date(2024, 8, 28), 1),
        (date(2025, 3, 31), date(2025, 4, 30), 1),
        (date(2025, 4, 1), date(2025, 4, 30), 0),
    ],
)
def test_campaigns_between_two_days(app: Any, start: date, end: date, found: int) -> None:
    assert len(queries.campaigns_between(start, end)) == found


def test_the_administrator_adds_and_corrects(cast: Any, visit: Any) -> None:
    wrong = visit(cast.administrator, "POST", "/campaigns/", VALUES | {"ends_on": "2026-01-04"})
    visit(cast.administrator, "POST", "/campaigns/", VALUES)
    made = db.session.query(Campaign).filter_by(name_en="Crackdown").one()
    edited = visit(cast.administrator, "POST", f"/campaigns/{made.id}/edit",
                   VALUES | {"ends_on": "2026-03-31"})  # fmt: skip

    assert "The last day comes after the first." in text(wrong)
    assert edited.status_code == 303
    db.session.refresh(made)
    assert made.ends_on == date(2026, 3, 31)
    verbs = [e.verb for e in db.session.query(AuditEvent) if e.verb.startswith("campaigns:")]
    assert verbs == ["campaigns:add", "campaigns:edit"]


@pytest.mark.parametrize("days", [{"starts_on": "0001-01-01"}, {"ends_on": "9999-12-31"}])
def test_a_day_beyond_all_calendars_is_refused(cast: Any, visit: Any, days: Any) -> None:
    page = text(visit(cast.administrator, "POST", "/campaigns/", VALUES | days))

    assert "Choose a year between 2000 and 2100." in page
    assert db.session.query(Campaign).count() == 1


@pytest.mark.parametrize("part", ["officer", "police", "delegate", "rival"])
def test_others_read_only(cast: Any, visit: Any, part: str) -> None:
    who = getattr(cast, part)
    visit(who, "POST", "/campaigns/", VALUES)

    assert "Special crackdown" in text(visit(who, "GET", "/campaigns/"))
    assert visit(who, "GET", "/campaigns/1/edit").status_code == 404
    assert db.session.query(Campaign).count() == 1


def test_the_list_is_narrowed_to_a_campaign_and_the_chart_shades_it(
    cast: Any, companies: Any, visit: Any
) -> None:
    platform = db.session.query(Platform).filter_by(company_id=companies["telegram"].id).one()
    edges = {
        "BEFORE": start_of_day(date(2024, 8, 28), "Asia/Seoul") - timedelta(seconds=1),
        "FIRST": start_of_day(date(2024, 8, 28), "Asia/Seoul"),
        "LAST": end_of_day(date(2025, 3, 31)),
        "AFTER": end_of_day(date(2025, 3, 31)) + timedelta(seconds=1),
    }
    for number, when in edges.items():
        with transaction():
            service.file(platform, request_no=number, kind="access_logs", legal_basis="§ 13",
                         delivered_at=when, by=cast.police.as_actor(),
                         at=when + timedelta(hours=1))  # fmt: skip

    page = text(visit(cast.police, "GET", "/information-requests/?campaign=1"))
    file = text(visit(cast.police, "GET", "/information-requests/export.csv?campaign=1"))

    assert {n for n in edges if f">{n}<" in page} == {"FIRST", "LAST"}
    assert {n for n in edges if f"{n}," in file} == {"FIRST", "LAST"}
    assert page.count("Special crackdown on deepfake crimes") >= 3
    assert "Information requests by month of delivery" in page
    everything = text(visit(cast.police, "GET", "/information-requests/?campaign=99&campaign=x"))
    assert all(f">{number}<" in everything for number in edges)


def test_a_day_has_its_place_on_the_axis_of_months() -> None:
    months = ["2024-07", "2024-08", "2024-09"]

    assert queries.place_in_months(date(2024, 7, 1), months) == 0
    assert queries.place_in_months(date(2024, 8, 28), months) == pytest.approx(1 + 27 / 31)
    assert queries.place_in_months(date(2025, 4, 1), months) == 9


def test_charts_shade_what_they_show_alone(at: datetime) -> None:
    series, labels = [charts.Series("a", "A", [1, 2, 3])], ["1", "2", "3"]
    band, gone = charts.Band(0.5, 9, "Campaign"), charts.Band(7, 9, "Later")
    for chart in (charts.bar_chart, charts.line_chart):
        plain = chart(series, labels, title="T", description="D")
        shaded = chart(series, labels, title="T", description="D", bands=[band, gone])
        assert "Campaign" in shaded and "Later" not in shaded
        assert shaded.count('fill-opacity="0.55"') == 1 and 'fill-opacity="0.55"' not in plain
