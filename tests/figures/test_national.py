"""What others published, beside the portal's own: gaps where nobody sat, and shaded time."""

from __future__ import annotations

from datetime import date, datetime
from html import unescape
from typing import Any

import pytest

from portal.core.db import db, transaction
from portal.demo import people
from portal.facts import queries as facts
from portal.facts.models import NationalSeries
from portal.figures import drawing, queries
from portal.figures.queries import Asked
from tests.figures.worlds import stored


@pytest.fixture
def published(app: Any) -> facts.National:
    with transaction():
        people.load_facts()
    return facts.national()


def test_the_published_series_with_their_days(published: facts.National) -> None:
    told = {
        kind: [(one.starts_on, one.ends_on, one.amount) for one in published.of(kind)]
        for kind in (NationalSeries.REPORTS, NationalSeries.REQUESTS)
    }

    assert [amount for _a, _b, amount in told[NationalSeries.REPORTS]] == [
        669, 347, 171, 273, 328, 459, 417, 817,
    ]  # fmt: skip
    assert told[NationalSeries.REPORTS][1][:2] == (date(2024, 2, 1), date(2024, 2, 29))
    assert told[NationalSeries.REQUESTS] == [
        (date(2024, 1, 1), date(2024, 6, 30), 6071),
        (date(2024, 1, 1), date(2024, 7, 31), 6434),
        (date(2024, 1, 1), date(2024, 12, 31), 23107),
        (date(2025, 1, 1), date(2025, 7, 31), 15808),
        (date(2025, 1, 1), date(2025, 8, 31), 15808),
    ]


def test_a_figure_that_stands_still_because_nobody_sat_is_a_gap(published: facts.National) -> None:
    still = published.standstill
    standing = [
        f.period for f in published.of(NationalSeries.REQUESTS) if published.stands_still(f)
    ]

    assert still is not None
    assert (still.starts_on, still.ends_on) == (date(2025, 6, 5), date(2025, 12, 7))
    assert standing == ["2025-01..2025-08"]
    chart = unescape(str(drawing.national(published)))
    assert "July 2025: 15,808; August 2025: gap: nobody sat; September 2025: no value" in chart
    assert "nobody sat</text>" in chart
    assert drawing.gaps(published) == (
        "The figure published for the end of August 2025 is still 15,808: it counts nothing new"
        " and is drawn as a gap."
    )


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 15809},  # it moved
        {"starts_on": date(2025, 2, 1)},  # counted from another day
        {"ends_on": date(2026, 1, 31)},  # beyond the time of which it is known that nobody sat
    ],
)
def test_what_moved_or_may_have_moved_is_no_gap(
    published: facts.National, change: dict[str, Any]
) -> None:
    last = published.of(NationalSeries.REQUESTS)[-1]
    for name, value in change.items():
        setattr(last, name, value)

    assert not published.stands_still(last)


def test_without_published_sittings_nothing_stands_still(published: facts.National) -> None:
    for fact in published.of(NationalSeries.LAST_SITTING):
        fact.series = None
    db.session.flush()
    found = facts.national()

    assert found.standstill is None
    assert not any(found.stands_still(one) for one in found.of(NationalSeries.REQUESTS))


def test_a_month_without_requests_in_which_nobody_sat_has_no_value(
    published: facts.National, companies: Any, at: datetime
) -> None:
    stored(companies["x"], datetime.fromisoformat("2025-05-10T00:00:00+00:00"))
    asked = Asked([companies["x"].id], "2025-05", "2025-07", at)

    look = companies["x"].look
    chart = str(
        drawing.volume(asked.months(), queries.counts(asked), (), published.standstill, look)
    )

    assert "May 2025: 1; June 2025: 0; July 2025: no value" in chart


def test_campaigns_and_the_time_without_sittings_are_shaded(
    published: facts.National, cast: Any, companies: Any, visit: Any
) -> None:
    stored(companies["x"], datetime.fromisoformat("2025-05-10T00:00:00+00:00"))

    def seen(query: str, who: Any) -> list[bool]:
        page = unescape(
            visit(who, "GET", f"/figures/{companies['x'].id}{query}").get_data(as_text=True)
        )
        volume = page[page.index("Requests by month of delivery") :]
        volume = volume[: volume.index("</svg>")]
        return [word in volume for word in ("crackdown", "nobody sat")]

    assert seen("?from=2024-08&to=2025-12", cast.head) == [True, True]
    assert seen("?from=2025-04&to=2025-05", cast.head) == [False, False]
    assert seen("?from=2024-08&to=2025-12", cast.rival) == [True, False]


def test_the_published_stands_beside_and_a_company_is_not_shown_it(
    published: facts.National, cast: Any, companies: Any, visit: Any
) -> None:
    pages = {
        part: unescape(
            visit(getattr(cast, part), "GET", f"/figures/{companies['x'].id}").get_data(
                as_text=True
            )
        )
        for part in ("head", "commissioner", "rival")
    }

    assert {part: "15,808" in page for part, page in pages.items()} == {
        "head": True, "commissioner": True, "rival": False,
    }  # fmt: skip
    assert "source-published" in pages["head"]
