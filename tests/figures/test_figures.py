"""What is counted, by hand-made worlds; the rows behind each number; who may read it."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from portal.access import scope
from portal.core.db import SecondsBetween, db, transaction
from portal.figures import queries
from portal.figures.queries import Asked, Clock, Tally
from portal.methodology import cohort
from portal.removal_requests import counted, lists, service
from portal.removal_requests import queries as requests
from portal.removal_requests.counted import Counted
from portal.removal_requests.models import (
    Exclusion,
    LegalGround,
    MeasureType,
    Outcome,
    Recheck,
    RemovalRequest,
    Surface,
)
from tests.figures.worlds import HOUR, answered, gone, stored
from tests.queries import counting
from tests.removal_requests import make

DAY = timedelta(days=1)


def asked(company: Any, at: datetime, since: str = "2025-03", until: str = "2026-03") -> Asked:
    return Asked([company.id], since, until, at)


def text(answer: Any) -> str:
    return unescape(answer.get_data(as_text=True))


def spread(company: Any, at: datetime) -> None:
    """The worked example of the method, all delivered in the February before."""
    start = datetime(2026, 2, 10, 3, tzinfo=UTC)
    for hours in (2, 5, 5, 9, 20, 24, 48):
        gone(company, start, hours)
    answered(company, start, 12, Outcome.REFUSED)
    answered(company, start, 30, Outcome.RESTRICTED)
    answered(company, start, 3, Outcome.NEEDS_INFORMATION)
    stored(company, start)
    stored(company, at - 5 * HOUR)


def test_the_words_of_the_figures_are_those_of_the_method() -> None:
    assert {o.value for o in Outcome} - {"needs_information"} == cohort.ANSWERS
    assert {
        asked.value: tuple(o.value for o in outcomes)
        for asked, outcomes in counted.REMOVALS.items()
    } == cohort.REMOVAL_OUTCOMES


def test_a_month_counted_by_hand(app: Any, companies: Any, at: datetime) -> None:
    spread(companies["telegram"], at)
    spread(companies["x"], at)

    counts = queries.counts(asked(companies["telegram"], at))

    february = Tally(delivered=11, followed_24h=11, answered_24h=7, followed_48h=11, gone_48h=7,
                     gone=7, restricted=1, came_back=0, open=2)  # fmt: skip
    march = Tally(delivered=1, open=1)
    assert counts.by_month == {"2026-02": february, "2026-03": march}
    assert counts.total == Tally(12, 11, 7, 11, 7, 7, 1, 0, 3)
    assert counts.by_company == {companies["telegram"].id: counts.total}
    assert counts.blocks == {}


@pytest.mark.parametrize(
    ("hours", "in_time", "gone_in_time"),
    [(24, 1, 1), (24 + 1 / 3600, 0, 1), (48, 0, 1), (48 + 1 / 3600, 0, 0)],
)
def test_the_last_second_counts(
    app: Any, companies: Any, at: datetime, hours: float, in_time: int, gone_in_time: int
) -> None:
    gone(companies["x"], at - 9 * DAY, hours)

    total = queries.counts(asked(companies["x"], at)).total

    assert (total.answered_24h, total.gone_48h) == (in_time, gone_in_time)


def test_a_fast_answer_waits_until_the_slow_ones_can_be_told(
    app: Any, companies: Any, at: datetime
) -> None:
    gone(companies["x"], at - 23 * HOUR, 1)

    total = queries.counts(asked(companies["x"], at)).total

    assert total == Tally(delivered=1, gone=1)


def test_a_refusal_that_became_a_removal_was_answered_when_it_was_refused(
    app: Any, companies: Any, at: datetime
) -> None:
    start = at - 9 * DAY
    gone(companies["x"], start, 70, answered_at=start + 2 * HOUR)

    total = queries.counts(asked(companies["x"], at)).total

    assert (total.answered_24h, total.gone_48h, total.gone) == (1, 0, 1)


def test_months_are_those_of_korea(app: Any, companies: Any, at: datetime) -> None:
    last = datetime(2026, 1, 31, 14, 59, 59, tzinfo=UTC)
    stored(companies["x"], last)
    stored(companies["x"], last + timedelta(seconds=1))

    of_january = asked(companies["x"], at, "2026-01", "2026-01")
    shown = lists.page(
        requests.Filter(since="2026-01", until="2026-01", company_id=companies["x"].id), at=at
    )

    assert queries.counts(of_january).total.delivered == 1
    assert [line.delivered_at for line in shown.rows] == [last]
    assert sorted(queries.counts(asked(companies["x"], at)).by_month) == ["2026-01", "2026-02"]


def test_removals_geo_restrictions_and_blocks_are_never_added_up(
    app: Any, companies: Any, at: datetime
) -> None:
    start = at - 9 * DAY
    gone(companies["x"], start, 1)
    gone(companies["x"], start, 1, measure_type=MeasureType.ACCOUNT,
         outcome=Outcome.ACCOUNT_ACTION)  # fmt: skip
    gone(companies["x"], start, 1, outcome=Outcome.RESTRICTED)
    stored(companies["x"], start, measure_type=MeasureType.BLOCK)

    counts = queries.counts(asked(companies["x"], at))

    assert counts.blocks == {"2026-02": 1}
    assert {kind: (t.delivered, t.gone, t.restricted) for kind, t in counts.by_measure.items()} == {
        MeasureType.REMOVAL: (2, 1, 1), MeasureType.ACCOUNT: (1, 1, 0),
    }  # fmt: skip


def test_by_ground_and_by_surface(app: Any, companies: Any, at: datetime) -> None:
    start = at - 9 * DAY
    gone(companies["x"], start, 1, legal_ground=LegalGround.CORRECTION_REQUEST)
    gone(companies["x"], start, 99, surface=Surface.ACCOUNT)

    counts = queries.counts(asked(companies["x"], at))

    assert {k: (t.gone_48h, t.followed_48h) for k, t in counts.by_ground.items()} == {
        LegalGround.CORRECTION_REQUEST: (1, 1), LegalGround.VOLUNTARY_REQUEST: (0, 1),
    }  # fmt: skip
    assert {k: (t.gone_48h, t.followed_48h) for k, t in counts.by_surface.items()} == {
        Surface.PUBLIC_POST: (1, 1), Surface.ACCOUNT: (0, 1),
    }  # fmt: skip


def test_what_two_persons_took_out_is_named_and_counts_nowhere(
    app: Any, companies: Any, at: datetime
) -> None:
    start = at - 9 * DAY
    gone(companies["x"], start, 1, exclusion=Exclusion.DUPLICATE, excluded_by="Head of team")
    stored(companies["x"], start, exclusion=Exclusion.WITHDRAWN)  # proposed, agreed by nobody

    of_x = asked(companies["x"], at)

    assert queries.excluded(of_x) == {Exclusion.DUPLICATE: 1}
    assert queries.counts(of_x).total == Tally(1, 1, 0, 1, 0, 0, 0, 0, 1)
    assert queries.ages(of_x)[companies["x"].id].open == 1


def test_the_age_of_what_is_open_has_its_edges(app: Any, companies: Any, at: datetime) -> None:
    for age in (HOUR, DAY, 2 * DAY - HOUR, 7 * DAY - HOUR, 7 * DAY, 30 * DAY, 400 * DAY):
        stored(companies["x"], at - age)
    stored(companies["x"], at - 3 * HOUR, measure_type=MeasureType.BLOCK)

    found = queries.ages(asked(companies["x"], at, "2026-03", "2026-03"))

    assert {band.value: number for band, number in found[companies["x"].id].bands.items()} == {
        "counted_open_24h": 1, "counted_open_48h": 2, "counted_open_7d": 1,
        "counted_open_30d": 1, "counted_open_longer": 2,
    }  # fmt: skip
    assert found[companies["x"].id].oldest == at - 400 * DAY


def test_what_came_back_and_its_spells(app: Any, companies: Any, at: datetime) -> None:
    start = at - 60 * DAY
    first = gone(companies["x"], start, 1, recheck=Recheck.REAPPEARED, rechecked_at=start + 8 * DAY)
    second = gone(companies["x"], start + 9 * DAY, 1, previous_id=first.id,
                  reappeared_at=start + 12 * DAY)  # fmt: skip
    gone(companies["x"], start + 13 * DAY, 1, previous_id=second.id)
    gone(companies["x"], start, 1, recheck=Recheck.GONE, rechecked_at=start + 8 * DAY)

    of_x = asked(companies["x"], at)

    total = queries.counts(of_x).total
    assert (total.came_back, total.gone) == (2, 4)
    assert queries.spells(of_x) == {2: 1, 3: 1}
    assert queries.spells(asked(companies["telegram"], at)) == {}


def test_what_an_earlier_company_of_a_platform_was_asked_for_is_no_spell_of_its_successor(
    app: Any, companies: Any, at: datetime
) -> None:
    start = at - 60 * DAY
    first = gone(companies["telegram"], start, 1)
    second = gone(companies["telegram"], start + 9 * DAY, 1, previous_id=first.id)
    third = gone(companies["x"], start + 13 * DAY, 1, previous_id=second.id)
    fourth = gone(companies["x"], start + 20 * DAY, 1, previous_id=third.id)

    of_x, of_telegram = asked(companies["x"], at), asked(companies["telegram"], at)
    chosen = requests.Filter(company_id=companies["x"].id, counted=Counted.AGAIN.value)
    listed = [line.id for line in lists.page(chosen, at=at).rows]

    assert queries.spells(of_x) == queries.spells(of_telegram) == {2: 1}
    assert (listed, lists.tallies(chosen, at=at).total) == ([fourth.id], 1)


def test_the_clock_of_the_removals_is_that_of_the_method(
    app: Any, companies: Any, at: datetime
) -> None:
    """The worked example of the method: censored at the instant of the count."""
    for hours in (2, 5, 5, 9, 20, 24, 48):
        gone(companies["x"], at - 10 * DAY, hours)
    for hours in (12, 30, 72, 100, 168):
        stored(companies["x"], at - hours * HOUR)

    found = queries.times(asked(companies["x"], at), Clock.DELIVERY_TO_GONE, most=12)

    assert (found.n, found.ended, found.median) == (12, 7, 24 * 3600)
    assert [str(found.curve.at(hours * 3600).exact) for hours in (24, 48)] == ["10/21", "5/14"]


def test_a_refusal_never_ends_the_clock_of_the_removal(
    app: Any, companies: Any, at: datetime
) -> None:
    answered(companies["x"], at - 10 * DAY, 1, Outcome.REFUSED)
    gone(companies["x"], at - 10 * DAY, 200)

    to_gone = queries.times(asked(companies["x"], at), Clock.DELIVERY_TO_GONE, most=2)
    to_answer = queries.times(asked(companies["x"], at), Clock.DELIVERY_TO_ANSWER, most=2)

    assert (to_gone.n, to_gone.ended, to_gone.median) == (2, 0, None)
    assert (to_answer.n, to_answer.ended, to_answer.median) == (2, 1, 3600)


@pytest.mark.parametrize(("seconds", "step", "kept"), [(61, 1, 61), (61, 60, 120), (60, 60, 60),
                                                       (-5, 60, 0)])  # fmt: skip
def test_times_of_many_are_rounded_up_to_the_minute(
    app: Any, companies: Any, at: datetime, seconds: int, step: int, kept: int
) -> None:
    gone(companies["x"], at - 10 * DAY, seconds / 3600)

    most = queries.EXACT_UP_TO + (step > 1)
    found = queries.times(asked(companies["x"], at), Clock.DELIVERY_TO_GONE, most=most)

    assert [step.seconds for step in found.curve.steps] == [kept]


def test_the_clocks_of_the_regulator(app: Any, companies: Any, at: datetime) -> None:
    start = at - 10 * DAY
    stored(companies["x"], start)  # recorded 3 hours and issued 1 hour before its delivery
    stored(companies["x"], start, recorded_at=start + HOUR)  # an import: recorded afterwards
    stored(companies["x"], None, issued_at=at - 50 * HOUR)  # issued, not delivered yet

    of_x = asked(companies["x"], at)
    issue = queries.times(of_x, Clock.INTAKE_TO_ISSUE, most=3)
    delivery = queries.times(of_x, Clock.ISSUE_TO_DELIVERY, most=3)

    assert (issue.n, issue.ended, issue.median) == (2, 2, 2 * 3600)
    assert (delivery.n, delivery.ended, delivery.median) == (3, 2, 3600)
    assert queries.counts(of_x).total.delivered == 2


def test_the_seconds_between_two_instants_are_a_whole_number(
    app: Any, companies: Any, at: datetime
) -> None:
    made = gone(companies["x"], at, 1.5)
    between = SecondsBetween(RemovalRequest.delivered_at, RemovalRequest.removed_at)

    assert db.session.scalar(db.select(between).where(RemovalRequest.id == made.id)) == 5400


@pytest.mark.parametrize("what", list(Counted))
def test_the_list_shows_the_rows_behind_each_number(
    app: Any, companies: Any, at: datetime, what: Counted
) -> None:
    company = companies["telegram"]
    spread(company, at)
    start = at - 20 * DAY
    first = gone(company, start, 1, recheck=Recheck.REAPPEARED, rechecked_at=start + 8 * DAY)
    gone(company, start + 9 * DAY, 60, previous_id=first.id)
    gone(company, start, 1, exclusion=Exclusion.DUPLICATE, excluded_by="Head of team")
    stored(company, start, measure_type=MeasureType.BLOCK)
    stored(company, at - 40 * DAY)
    of_company = asked(company, at)
    counts, ages = queries.counts(of_company), queries.ages(of_company)[company.id]
    total = counts.total
    number = {
        Counted.DELIVERED: total.delivered, Counted.FOLLOWED_24H: total.followed_24h,
        Counted.ANSWERED_24H: total.answered_24h,
        Counted.NOT_ANSWERED_24H: total.followed_24h - total.answered_24h,
        Counted.FOLLOWED_48H: total.followed_48h, Counted.GONE_48H: total.gone_48h,
        Counted.NOT_GONE_48H: total.followed_48h - total.gone_48h, Counted.GONE: total.gone,
        Counted.CAME_BACK: total.came_back, Counted.AGAIN: 1,
        Counted.RESTRICTED: total.restricted, Counted.BLOCKS: counts.all_blocks,
        Counted.EXCLUDED: 1, Counted.OPEN: ages.open, **ages.bands,
    }[what]  # fmt: skip

    chosen = requests.Filter(company_id=company.id, counted=what.value)
    rows = lists.page(chosen, at=at).rows

    assert len(rows) == number
    assert lists.tallies(chosen, at=at).total == number


def test_a_list_of_months_stands_in_the_order_of_delivery(
    app: Any, companies: Any, at: datetime
) -> None:
    times = [at - days * DAY for days in (3, 9, 1, 5)]
    for when in times:
        stored(companies["x"], when)
    chosen = requests.Filter(since="2026-02", until="2026-03")

    first = lists.page(chosen, at=at, size=3)
    second = lists.page(chosen, at=at, size=3, after=first.next)

    assert [line.delivered_at for line in first.rows] == sorted(times)[:3]
    assert [line.delivered_at for line in second.rows] == sorted(times)[3:]


@pytest.mark.parametrize("part", ["officer", "head", "auditor", "commissioner"])
def test_the_regulators_side_sees_all_and_each(
    app: Any, cast: Any, companies: Any, visit: Any, at: datetime, part: str
) -> None:
    spread(companies["telegram"], at)
    spread(companies["x"], at)
    own = companies["x"].id

    over_all = text(visit(getattr(cast, part), "GET", "/figures/"))
    of_one = text(visit(getattr(cast, part), "GET", f"/figures/{own}"))

    assert numbers(over_all)["Delivered"] == "24"
    assert numbers(of_one)["Delivered"] == "12"
    assert f'href="/figures/{own}?from=2025-03&to=2026-03"' in over_all
    assert ("/removal-requests/?" in over_all) is (part != "commissioner")


def numbers(page: str) -> dict[str, str]:
    """The great numbers at the top of the page, by their labels."""
    found = re.findall(
        r'class="stat-label">(?:<a[^>]*>)?([^<]+).*?class="stat-value">([^<]+)', page, re.DOTALL
    )
    return dict(found)


def test_a_company_sees_its_own_alone_and_nothing_internal(
    app: Any, cast: Any, companies: Any, visit: Any, at: datetime
) -> None:
    spread(companies["telegram"], at)
    spread(companies["x"], at)
    gone(companies["x"], at - 9 * DAY, 1)
    stored(companies["x"], at - 9 * DAY, measure_type=MeasureType.BLOCK)
    stored(companies["x"], None, recorded_at=at)  # a draft

    led = visit(cast.rival, "GET", "/figures/?from=2026-02")
    page = text(visit(cast.rival, "GET", "/figures/", follow=True))
    beside = visit(cast.rival, "GET", f"/figures/{companies['telegram'].id}")
    file = visit(cast.rival, "GET", "/figures/export?table=kinds", follow=True)

    assert (led.status_code, led.location) == (302, f"/figures/{companies['x'].id}?from=2026-02")
    assert numbers(page)["Delivered"] == "13"
    assert not re.search(
        "telegram|counted_blocks|by Korean providers|Published national|By company", page, re.I
    )
    assert "company=" not in page
    assert beside.status_code == 404
    assert [line.split(",")[0] for line in text(file).splitlines()] == [
        "\ufeffKind of measure", "removal", "account", "restricted",
    ]  # fmt: skip


def test_an_officer_counts_the_desks_alone(
    app: Any, cast: Any, companies: Any, at: datetime
) -> None:
    spread(companies["telegram"], at)
    spread(companies["x"], at)
    both = Asked([companies["telegram"].id, companies["x"].id], "2026-02", "2026-03", at)

    scope.act_as(cast.rival.as_actor())
    seen = queries.counts(both)
    ages = queries.ages(both)

    assert list(seen.by_company) == [companies["x"].id]
    assert list(ages) == [companies["x"].id]
    assert queries.times(both, Clock.DELIVERY_TO_GONE, most=24).n == 12


def test_the_number_of_questions_does_not_grow(
    app: Any, cast: Any, companies: Any, visit: Any, at: datetime
) -> None:
    stored(companies["x"], at - 9 * DAY)
    visit(cast.head, "GET", "/figures/?from=2024-01")
    with counting() as few:
        visit(cast.head, "GET", "/figures/?from=2023-01")
    spread(companies["telegram"], at)
    spread(companies["x"], at)
    with counting() as many:
        visit(cast.head, "GET", "/figures/?from=2022-01")

    assert len(few) == len(many) < 25


def test_what_is_kept_is_shown_until_something_is_entered_and_to_those_it_was_made_for(
    app: Any, cast: Any, companies: Any, visit: Any, at: datetime
) -> None:
    """Figures are made once; an answer shows at once; another reader and language get their own."""
    request = make.delivered(companies["x"], cast, at=at - 3 * DAY)
    address = f"/figures/{companies['x'].id}"
    first = visit(cast.head, "GET", address)
    with counting() as again:
        assert visit(cast.head, "GET", address).data == first.data
    assert not [one for one in again if "removal_request.outcome" in one]
    visit(cast.rival, "GET", address)
    cast.rival.language = "ko"
    db.session.commit()
    korean = visit(cast.rival, "GET", address).get_data(as_text=True)
    assert "미처리 요청의 경과 시간" in korean and "Age of open requests" not in korean
    assert visit(cast.delegate, "GET", address).status_code == 404

    with transaction():
        service.decide(request, outcome=Outcome.REMOVED, by=cast.rival.as_actor(), at=at)
    after = visit(cast.head, "GET", address).get_data(as_text=True)
    assert "the oldest since" in first.get_data(as_text=True)
    assert "the oldest since" not in after


def test_a_table_as_a_file(app: Any, cast: Any, companies: Any, visit: Any, at: datetime) -> None:
    gone(companies["x"], at - 9 * DAY, 1)
    gone(companies["x"], at - 9 * DAY, 90)
    url = f"/figures/{companies['x'].id}/export?from=2026-02&to=2026-02&table=months"

    csv = visit(cast.head, "GET", url)
    sheet = visit(cast.head, "GET", url + "&format=xlsx")

    header, line = text(csv).splitlines()
    assert header.split(",")[:4] == [
        "\ufeffMonth", "Delivered", "Answered within 24 h: x", "Answered within 24 h: n",
    ]  # fmt: skip
    assert line.split(",")[:5] == ["2026-02", "2", "1", "2", "0.5"]
    assert line.split(",")[-2:] == ["2", "0"]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert rows[1][:5] == ["2026-02", 2.0, 1.0, 2.0, 0.5]


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("", "2025-03", "2026-03"),
        ("?from=2026-02&to=2026-01", "2026-01", "2026-02"),
        ("?from=1999-01&to=x", "2025-03", "2026-03"),
        ("?from=2020-01&to=2026-03", "2021-04", "2026-03"),
        ("?to=2025-12", "2024-12", "2025-12"),
    ],
)
def test_the_period_that_is_chosen(
    app: Any, cast: Any, visit: Any, query: str, since: str, until: str
) -> None:
    page = text(visit(cast.head, "GET", f"/figures/{query}"))

    assert f'name="from" value="{since}"' in page
    assert f'name="to" value="{until}"' in page


def test_a_platform_narrows_the_figures(
    app: Any, cast: Any, companies: Any, visit: Any, at: datetime
) -> None:
    spread(companies["telegram"], at)
    spread(companies["x"], at)
    gone(companies["x"], at - 9 * DAY, 1)

    page = text(visit(cast.head, "GET", "/figures/?platform=x"))

    assert numbers(page)["Delivered"] == "13"
    assert "/removal-requests/?platform=x&from=2025-03&to=2026-03&counted=counted_delivered" in page


def test_each_reason_for_leaving_a_request_out_leads_to_its_own_rows(
    app: Any, cast: Any, companies: Any, visit: Any, at: datetime
) -> None:
    company, start = companies["telegram"], at - 20 * DAY
    gone(company, start, 1, exclusion=Exclusion.DUPLICATE, excluded_by="Head of team")
    for _n in range(2):
        gone(company, start, 1, exclusion=Exclusion.MALFORMED, excluded_by="Head of team")
    page = unescape(visit(cast.head, "GET", f"/figures/{company.id}").get_data(as_text=True))
    links = re.findall(r'href="/removal-requests/\?([^"]*left_out=\w+[^"]*)">(\d+)<', page)

    assert [number for _query, number in links] == ["1", "2"]
    for query, number in links:
        listed = visit(cast.head, "GET", f"/removal-requests/?{query}").get_data(as_text=True)
        assert listed.count('name="id" value="') == int(number)
