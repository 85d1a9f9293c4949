"""A company renamed, a platform moved, a company merged: what holds from which day, and for whom."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from portal.access import scope
from portal.companies import jobs, queries, service
from portal.companies.models import Company, Named, Platform
from portal.consultations import service as consultations
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from portal.information_requests import service as information_requests
from portal.removal_requests import filing, importing
from portal.removal_requests import service as requests
from portal.scorecards import service as scorecards
from tests.removal_requests import make

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)
OLD, NEW = Named("텔레그램", "Telegram"), Named("텔레그램 새이름", "Telegram New")


def told(kind: str) -> list[tuple[str, str]]:
    return sorted(
        (one.address, one.subject) for one in db.session.query(Letter).filter_by(kind=kind)
    )


def logged(verb: str) -> dict[str, Any]:
    return dict(db.session.query(AuditEvent).filter_by(verb=verb).one().details)


def said(refusal: pytest.ExceptionInfo[FieldError]) -> str:
    return refusal.value.field


@pytest.fixture
def telegram(companies: dict[str, Company]) -> Company:
    return companies["telegram"]


@pytest.fixture
def x(companies: dict[str, Company]) -> Company:
    return companies["x"]


@pytest.fixture
def rename(telegram: Company, cast: Any, at: datetime) -> Any:
    def do(from_on: date = TODAY, named: Named = NEW) -> None:
        with transaction():
            service.rename(
                telegram, name_ko=named.name_ko, name_en=named.name_en, from_on=from_on,
                by=cast.head.as_actor(), at=at,
            )  # fmt: skip

    return do


@pytest.fixture
def platform(telegram: Company) -> Platform:
    return make.platform_of(telegram)


@pytest.fixture
def move(platform: Platform, x: Company, cast: Any, at: datetime) -> Any:
    def do(from_on: date = TODAY, to: Company = x, at: datetime = at) -> None:
        with transaction():
            service.move_platform(platform, to, from_on=from_on, by=cast.head.as_actor(), at=at)

    return do


@pytest.fixture
def merge(telegram: Company, x: Company, cast: Any, at: datetime) -> Any:
    def do(last_on: date = TODAY - DAY, into: Company = x) -> None:
        with transaction():
            service.merge(telegram, into, last_on=last_on, by=cast.head.as_actor(), at=at)

    return do


# A new name


def test_each_day_has_the_name_of_then(rename: Any, telegram: Company, x: Company) -> None:
    rename(date(2026, 2, 1), Named("중간", "Between"))
    rename(TODAY)

    assert [queries.name_on(telegram, day) for day in (
        date(2026, 1, 31), date(2026, 2, 1), TODAY - DAY, TODAY,
    )] == [OLD, Named("중간", "Between"), Named("중간", "Between"), NEW]  # fmt: skip
    assert queries.names_on(date(2026, 1, 31)) == {
        telegram.id: OLD, x.id: Named("엑스", "X")
    }  # fmt: skip
    assert queries.names_on(TODAY)[telegram.id] == NEW


def test_both_sides_and_the_log_learn_of_a_new_name(rename: Any) -> None:
    rename()

    subject = "Telegram New: new name from Mon 2 Mar 2026"
    assert told("companies:rename") == [
        ("company_admin@telegram.example", subject), ("delegate@telegram.example", subject),
        ("head@kcsc.example", subject), ("officer2@kcsc.example", subject),
        ("officer@kcsc.example", subject),
    ]  # fmt: skip
    assert logged("companies:rename") == {
        "before": "Telegram", "after": "Telegram New", "from_on": "2026-03-02"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("from_on", "named", "field"),
    [
        (TODAY + DAY, NEW, "from_on"),
        (date(2026, 2, 1), NEW, "from_on"),
        (TODAY, Named("중간", "Between"), "name_en"),
    ],
)
def test_when_a_company_is_not_renamed(
    rename: Any, telegram: Company, from_on: date, named: Named, field: str
) -> None:
    rename(date(2026, 2, 1), Named("중간", "Between"))

    with pytest.raises(FieldError) as refusal:
        rename(from_on, named)

    assert (said(refusal), telegram.name_en) == (field, "Between")


def test_the_page_says_what_it_was_called(
    rename: Any, telegram: Company, visit: Any, cast: Any
) -> None:
    rename()

    page = make.text(visit(cast.delegate, "GET", f"/companies/{telegram.id}"))

    assert "formerly Telegram (until Sun 1 Mar 2026)" in page
    assert "Telegram New" in page


# A platform that moves


def test_what_was_issued_stays_and_what_is_new_goes_to_the_new_owner(
    move: Any, telegram: Company, x: Company, platform: Platform, cast: Any, at: datetime
) -> None:
    old = make.delivered(telegram, cast, at=at - DAY)
    move()
    with transaction():
        new = requests.record_draft(
            platform, category=old.category, legal_ground=old.legal_ground, surface=old.surface,
            measure_type=old.measure_type, reference="https://made.example/new",
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip

    assert (old.company_id, new.company_id) == (telegram.id, x.id)
    assert new.request_no == "X-2026-000001"
    assert [(run.company_id, run.since_on, run.until_on) for run in queries.runs()] == [
        (telegram.id, None, TODAY - DAY), (x.id, TODAY, None)
    ]  # fmt: skip


def test_each_company_is_told_its_own_side(move: Any) -> None:
    move()

    gone = "Telegram is no longer yours from Mon 2 Mar 2026"
    come = "Telegram is yours from Mon 2 Mar 2026"
    both = "Telegram moved from Telegram to X"
    assert told("companies:move_platform") == [
        ("company_admin@telegram.example", gone), ("delegate@telegram.example", gone),
        ("head@kcsc.example", both), ("officer2@kcsc.example", both),
        ("officer@kcsc.example", both), ("rival@x.example", come), ("rival_admin@x.example", come),
    ]  # fmt: skip
    assert logged("companies:move_platform") == {
        "before": "telegram", "after": "x", "from_on": "2026-03-02"
    }  # fmt: skip


def test_both_companies_see_their_own_time_alone(
    move: Any, telegram: Company, x: Company, cast: Any, visit: Any, at: datetime
) -> None:
    old = make.delivered(telegram, cast, at=at - DAY)
    move()

    theirs = make.text(visit(cast.delegate, "GET", f"/companies/{telegram.id}"))
    ours = make.text(visit(cast.rival, "GET", f"/companies/{x.id}"))
    head = make.text(visit(cast.head, "GET", f"/companies/{x.id}"))
    listed = visit(cast.delegate, "GET", "/removal-requests/?number=")
    row = make.text(visit(cast.delegate, "GET", f"/removal-requests/{old.id}"))

    assert f"/companies/{x.id}" not in theirs and "Sun 1 Mar 2026" in theirs
    assert f"/companies/{telegram.id}" not in ours and "Mon 2 Mar 2026" in ours
    assert f"/companies/{telegram.id}" in head and "Sun 1 Mar 2026" in head
    assert (listed.status_code, old.request_no in make.text(listed)) == (200, True)
    assert "Telegram" in row
    assert visit(cast.rival, "GET", f"/removal-requests/{old.id}").status_code == 404


def test_a_draft_from_before_the_move_is_not_issued(
    move: Any, telegram: Company, cast: Any, at: datetime
) -> None:
    draft = make.draft(telegram, cast, at=at - DAY)
    move()

    with pytest.raises(Refused, match="moved to another company"), transaction():
        requests.issue(draft, by=cast.head.as_actor(), at=at)
    assert draft.issued_at is None


def test_a_question_dated_before_the_move_is_refused(
    move: Any, platform: Platform, x: Company, cast: Any, at: datetime
) -> None:
    move()
    given = {"kind": "subscriber_data", "legal_basis": "Art. 1", "by": cast.police.as_actor()}

    with pytest.raises(FieldError, match="another company until Sun 1 Mar 2026") as refusal:
        information_requests.file(platform, request_no="P-1", delivered_at=at - DAY, at=at, **given)
    with transaction():
        asked = information_requests.file(platform, request_no="P-1", at=at, **given)

    assert (said(refusal), asked.company_id) == ("delivered_at", x.id)


@pytest.mark.parametrize(
    ("company", "issued", "is_good"),
    [
        ("telegram", "2026-03-01T23:59:59+09:00", True),
        ("telegram", "2026-03-02T00:00:00+09:00", False),
        ("x", "2026-03-01T23:59:59+09:00", False),
        ("x", "2026-03-02T00:00:00+09:00", True),
    ],
)
def test_a_file_names_the_company_of_the_day(
    move: Any, at: datetime, company: str, issued: str, is_good: bool
) -> None:
    move()
    cells = dict.fromkeys(importing.COLUMNS, "") | {
        "request_no": "F-1", "company": company, "platform": "telegram",
        "category": "sexual_deepfake", "legal_ground": "voluntary_request",
        "surface": "public_post", "measure_type": "removal",
        "reference": "https://made.example/1", "issued_at": issued,
    }  # fmt: skip
    content = "\n".join((",".join(cells), ",".join(cells.values()), "")).encode()

    rows = importing.read(content, filing.known_platforms(), at=at)

    assert [problem.column for problem in rows.problems] == ([] if is_good else ["platform"])
    assert len(rows.good) == is_good


@pytest.mark.parametrize(
    ("from_on", "to", "field"),
    [
        (TODAY + DAY, "telegram", "from_on"),
        (TODAY - DAY, "telegram", "from_on"),
        (TODAY, "x", "company_id"),
    ],
)
def test_when_a_platform_does_not_move(
    move: Any, companies: Any, x: Company, platform: Platform, from_on: date, to: str, field: str
) -> None:
    move(TODAY - DAY)

    with pytest.raises(FieldError) as refusal:
        move(from_on, companies[to])

    assert (said(refusal), platform.company_id) == (field, x.id)


def test_a_moved_platform_is_offered_once_among_the_figures(
    move: Any, cast: Any, visit: Any
) -> None:
    move()

    page = make.text(visit(cast.head, "GET", "/figures/"))

    assert page.count('<option value="telegram"') == 1


def test_a_platform_may_come_back(move: Any, telegram: Company, x: Company) -> None:
    move(date(2026, 2, 10))
    move(to=telegram)

    assert [(run.company_id, run.since_on, run.until_on) for run in queries.runs()] == [
        (telegram.id, None, date(2026, 2, 9)),
        (x.id, date(2026, 2, 10), TODAY - DAY),
        (telegram.id, TODAY, None),
    ]
    words = {id: [one.words for one in of] for id, of in queries.changes_in("2026-03").items()}
    assert words == {
        x.id: ["without platform Telegram from Mon 2 Mar 2026"],
        telegram.id: ["with platform Telegram from Mon 2 Mar 2026"],
    }
    owners = [
        db.session.scalar(db.select(queries.owner_on(day)).where(Platform.slug == "telegram"))
        for day in (date(2026, 2, 9), date(2026, 2, 10), TODAY - DAY, TODAY)
    ]
    assert owners == [telegram.id, x.id, x.id, telegram.id]


# A company that merges into another


def test_a_merged_company_ends_and_its_platforms_go_over(
    merge: Any, telegram: Company, x: Company, platform: Platform, cast: Any
) -> None:
    merge()

    assert (telegram.ended_on, telegram.successor_id) == (TODAY - DAY, x.id)
    assert (platform.company_id, platform.since_on) == (x.id, TODAY)
    assert [one.until_on for one in queries.representatives(telegram.id)] == [TODAY - DAY] * 2
    assert [cast.delegate.is_active, cast.company_admin.is_active, cast.rival.is_active] == [
        False, False, True
    ]  # fmt: skip
    assert logged("companies:merge") == {"into": "x", "last_on": "2026-03-01"}


def test_the_successor_is_named_to_our_side_alone(merge: Any) -> None:
    merge()

    own = "Telegram: your access ends after Sun 1 Mar 2026"
    ours = "Telegram merges into X, last day Sun 1 Mar 2026"
    assert told("companies:merge") == [
        ("company_admin@telegram.example", own), ("delegate@telegram.example", own),
        ("head@kcsc.example", ours), ("officer2@kcsc.example", ours), ("officer@kcsc.example", ours),
    ]  # fmt: skip


def test_the_clock_ends_what_ends_later(
    merge: Any, telegram: Company, x: Company, platform: Platform, cast: Any, at: datetime
) -> None:
    merge(TODAY)
    jobs.complete_mergers(at)
    assert (platform.company_id, cast.delegate.is_active) == (telegram.id, True)

    jobs.complete_mergers(at + DAY)
    jobs.complete_mergers(at + DAY)

    db.session.expire_all()
    assert (platform.company_id, platform.since_on) == (x.id, TODAY + DAY)
    assert (cast.delegate.is_active, len(queries.runs())) == (False, 2)


def test_nothing_new_comes_to_a_company_that_ended(
    merge: Any, telegram: Company, cast: Any, at: datetime
) -> None:
    merge(date(2026, 2, 20))
    given = {"by": cast.head.as_actor(), "at": at}

    with pytest.raises(FieldError) as consultation:
        consultations.schedule(
            telegram, title_ko="협의", title_en="Talk", wall=datetime(2026, 4, 1, 10), duration=60,
            zone="Asia/Seoul", venue="Seoul", venue_country="KR", **given,
        )  # fmt: skip
    with pytest.raises(FieldError) as card:
        scorecards.draft(telegram, "2026-03", **given)
    with pytest.raises(FieldError) as added:
        service.add_platform(telegram, slug="new", name_ko="새", name_en="New", **given)

    assert [said(one) for one in (consultation, card, added)] == ["wall", "month", "slug"]
    assert [one.slug for one in queries.all_companies(lasting=date(2026, 3, 1))] == ["x"]
    assert {one.slug for one in queries.all_companies(lasting=date(2026, 2, 1))} == {
        "telegram", "x"
    }  # fmt: skip


def test_a_request_is_not_recorded_on_the_day_after_before_the_clock_has_come(
    merge: Any, telegram: Company, cast: Any, at: datetime
) -> None:
    draft = make.draft(telegram, cast, at=at)
    merge(TODAY)

    with pytest.raises(FieldError, match="gets nothing new"):
        make.draft(telegram, cast, at=at + DAY)
    with pytest.raises(FieldError, match="gets nothing new"), transaction():
        requests.issue(draft, by=cast.head.as_actor(), at=at + DAY)


def test_the_past_stays_and_the_successor_sees_nothing_of_it(
    merge: Any, telegram: Company, x: Company, cast: Any, visit: Any, at: datetime
) -> None:
    old = make.delivered(telegram, cast, at=at - 2 * DAY)
    merge()

    doors = [f"/companies/{telegram.id}", f"/removal-requests/{old.id}"]
    assert [visit(cast.head, "GET", door).status_code for door in doors] == [200, 200]
    assert [visit(cast.rival_admin, "GET", door).status_code for door in doors] == [404, 404]
    own = make.text(visit(cast.rival_admin, "GET", f"/companies/{x.id}"))
    assert f"/companies/{telegram.id}" not in own
    page = make.text(visit(cast.head, "GET", doors[0]))
    assert "This company merged into X. Its last day: Sun 1 Mar 2026." in page
    assert "To its past" in make.text(visit(cast.head, "GET", f"/companies/{x.id}"))
    assert visit(cast.delegate, "GET", doors[1]).status_code != 200


def test_when_a_company_does_not_merge(
    merge: Any,
    move: Any,
    telegram: Company,
    x: Company,
    platform: Platform,
    cast: Any,
    at: datetime,
) -> None:
    with pytest.raises(FieldError) as itself:
        merge(into=telegram)
    move()
    move_back = {"from_on": TODAY, "by": cast.head.as_actor(), "at": at}
    with pytest.raises(FieldError) as early:
        service.merge(x, telegram, last_on=TODAY - DAY, by=cast.head.as_actor(), at=at)
    merge(TODAY)
    with pytest.raises(Refused, match="already"):
        merge()
    with pytest.raises(FieldError) as chained:
        service.merge(x, telegram, last_on=TODAY, by=cast.head.as_actor(), at=at)
    with pytest.raises(FieldError) as gone:
        service.move_platform(platform, telegram, **move_back)

    assert [said(one) for one in (itself, early, chained, gone)] == [
        "company_id", "last_on", "company_id", "from_on"
    ]  # fmt: skip


def test_the_forms_do_what_the_verbs_do(
    telegram: Company, x: Company, platform: Platform, cast: Any, visit: Any
) -> None:
    here = f"/companies/{telegram.id}"
    sent = [
        (f"{here}/rename", {"name_ko": "새", "name_en": "New", "from_on": "2026-03-01"}),
        (f"/companies/platforms/{platform.id}/move", {"company_id": x.id, "from_on": "2026-03-02"}),
        (f"{here}/merge", {"company_id": x.id, "last_on": "2026-03-02"}),
    ]

    assert [visit(cast.administrator, "POST", door, data).status_code for door, data in sent] == [
        303, 303, 303
    ]  # fmt: skip
    db.session.expire_all()
    assert (telegram.name_en, platform.company_id, telegram.ended_on) == ("New", x.id, TODAY)
    page = make.text(visit(cast.head, "GET", here))
    assert "merges into X" in page and "none at present" in page


def test_no_company_is_chosen_for_whoever_merges_or_moves(
    telegram: Company, x: Company, platform: Platform, cast: Any, visit: Any
) -> None:
    sent = [
        (f"/companies/platforms/{platform.id}/move", {"from_on": "2026-03-02"}),
        (f"/companies/{telegram.id}/merge", {"last_on": "2026-03-02"}),
    ]
    for door, data in sent:
        assert "Choose a company" in make.text(visit(cast.administrator, "GET", door))
        answer = visit(cast.administrator, "POST", door, data | {"company_id": "0"})
        assert "Choose a company." in make.text(answer)

    db.session.expire_all()
    assert (platform.company_id, telegram.ended_on) == (telegram.id, None)


def test_the_wall_holds_for_names_and_times(
    rename: Any, move: Any, cast: Any, telegram: Company
) -> None:
    rename()
    move()

    scope.act_as(cast.rival.as_actor())
    try:
        assert queries.former_names(telegram.id) == []
        assert [run.until_on for run in queries.runs()] == [None]
    finally:
        scope.act_as(None)
