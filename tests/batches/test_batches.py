"""A batch that only named people know of, compared after the freeze."""

from __future__ import annotations

import re
from datetime import timedelta
from math import sqrt
from typing import Any

import pytest
from flask_migrate import downgrade

from portal.access.scope import visible
from portal.accounts.models import Desk
from portal.batches import jobs, queries, service
from portal.batches.comparison import Difference
from portal.batches.models import BatchMember, BatchReader, UnannouncedBatch
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.errors import FieldError
from portal.core.migrate import install, upgrade
from portal.core.outbox import Letter
from portal.methodology import estimators
from portal.methodology.method import VERSION_1_0
from portal.removal_requests import sampling
from portal.removal_requests import service as requests
from portal.removal_requests.models import RemovalRequest, RemovalRequestEvent
from portal.scorecards import service as scorecards
from tests.removal_requests import make
from tests.scorecards.conftest import DELIVERED, MONTH, OVER

TOKEN = re.compile(r'name="csrf_token"[^>]*>')


def drafts(companies: Any, cast: Any, at: Any, many: int = 6) -> list[RemovalRequest]:
    return [make.draft(companies["telegram"], cast, at=at) for _n in range(many)]


def mark(companies: Any, cast: Any, at: Any, **given: Any) -> UnannouncedBatch:
    values = {"purpose": "Are all treated alike?", "by": cast.officer.as_actor()} | given
    with transaction():
        return service.mark(companies["telegram"], at=at, **values)


def issued_batch(companies: Any, cast: Any, at: Any, members: Any, *named: Any) -> UnannouncedBatch:
    """A batch whose requests were issued since: the verb takes drafts only."""
    batch = UnannouncedBatch(
        company_id=companies["telegram"].id, purpose="Alike?", marked_at=at, seed="",
        candidates=10, marked_by_id=cast.officer.id, marked_by="-", numbers_hash="-",
    )  # fmt: skip
    db.session.add(batch)
    db.session.flush()
    db.session.add_all(
        BatchReader(batch_id=batch.id, account_id=one.id, name="-")
        for one in (cast.officer, *named)
    )
    db.session.add_all(BatchMember(batch_id=batch.id, request_id=one.id) for one in members)
    db.session.commit()
    return batch


def freeze(companies: Any, by: Any) -> None:
    with transaction():
        card = scorecards.draft(companies["telegram"], MONTH, by=by("officer"), at=OVER)
        scorecards.freeze(card, by=by("head"), at=OVER, unasked="made for a test")


def told() -> list[Letter]:
    return db.session.query(Letter).filter_by(kind="batches:open").order_by(Letter.id).all()


def knowing(cast: Any) -> set[str]:
    """Whose eyes the batch, its members and its readers are open to."""
    return {
        part
        for part, account in cast.people.items()
        for model in (UnannouncedBatch, BatchMember, BatchReader)
        if db.session.scalars(visible(model, account.as_actor())).all()
    }


def test_a_drawn_batch_can_be_drawn_again(companies, cast, at):
    numbers = [one.request_no for one in drafts(companies, cast, at)]
    batch = mark(companies, cast, at, size=2)
    assert [one.request_no for one in queries.members(batch)] == sampling.drawn(
        numbers, batch.seed, 2
    )
    assert (batch.candidates, batch.numbers_hash) == (6, sampling.hash_of(numbers))


def test_only_those_named_know_before_the_freeze(companies, cast, at, visit):
    one, *_others = drafts(companies, cast, at)
    before = db.session.query(RemovalRequestEvent).count(), db.session.query(Letter).count()
    batch = mark(companies, cast, at, chosen=[one.id], readers=[cast.head.id])
    address = f"/batches/{batch.id}"
    assert knowing(cast) == {"officer", "head"}
    assert (
        db.session.query(RemovalRequestEvent).count(),
        db.session.query(Letter).count(),
    ) == before
    for part, status in (
        ("officer", 200), ("head", 200), ("officer2", 404), ("auditor", 404), ("delegate", 404),
        ("company_admin", 404), ("rival", 404), ("commissioner", 404), ("administrator", 404),
    ):  # fmt: skip
        assert visit(getattr(cast, part), "GET", address).status_code == status, part
    listed = visit(cast.officer2, "GET", "/batches/").get_data(as_text=True)
    assert address not in listed and "No batch you may know of" in listed
    log = visit(cast.auditor, "GET", "/audit-log").get_data(as_text=True)
    assert "batches:mark" not in log and "unannounced" not in log
    # Whoever chooses next is offered the same drafts: the list tells nothing.
    offered = visit(cast.officer2, "GET", f"/batches/mark?company={batch.company_id}")
    assert one.request_no in offered.get_data(as_text=True)


def test_pages_and_files_are_the_same_with_and_without_a_batch(companies, cast, at, visit):
    asked = make.draft(companies["telegram"], cast, at=at)
    addresses = [f"/removal-requests/{asked.id}", "/removal-requests/export.csv", "/batches/"]

    def seen() -> list[str]:
        return [
            TOKEN.sub("", visit(person, "GET", address).get_data(as_text=True))
            for person in (cast.officer2, cast.delegate)
            for address in addresses
        ]

    before = seen()
    mark(companies, cast, at, chosen=[asked.id])
    assert seen() == before


def test_the_company_is_never_told_and_the_desk_once_all_is_frozen(
    companies, cast, at, request_to, by, visit
):
    kept = [request_to(companies["telegram"], answered=2, removed=3) for _n in range(6)]
    slow = [request_to(companies["telegram"], answered=30) for _n in range(4)]
    batch = issued_batch(companies, cast, at, (*kept[:1], *slow[:3]))
    assert knowing(cast) == {"officer"} and queries.compared(batch) == []

    def told(asked: Any) -> set[str]:
        link = f'href="/batches/{batch.id}"'
        address = f"/batches/?request={asked.id}"
        found = set()
        for part in ("officer", "officer2", "head", "auditor", "delegate", "company_admin"):
            page = visit(getattr(cast, part), "GET", f"/removal-requests/{asked.id}").text
            assert asked.request_no in page
            answer = visit(getattr(cast, part), "GET", address)
            is_ours = part not in ("delegate", "company_admin")
            assert (address in page, answer.status_code) == (is_ours, 200 if is_ours else 404)
            if link in answer.text:
                found.add(part)
        return found

    assert told(kept[0]) == set()
    with transaction():
        card = scorecards.draft(companies["telegram"], MONTH, by=by("officer"), at=OVER)
        scorecards.freeze(card, by=by("head"), at=OVER, unasked="made for a test")
    assert knowing(cast) == {"officer", "officer2", "head", "auditor"}
    assert told(kept[0]) == {"officer", "officer2", "head", "auditor"}
    assert told(kept[1]) == set()
    r1, r2 = queries.compared(batch)
    assert [(one.measure, one.batch.x, one.batch.n, one.rest.x, one.rest.n) for one in (r1, r2)] == [
        ("R1", 1, 4, 5, 6), ("R2", 1, 4, 5, 6),
    ]  # fmt: skip
    z = VERSION_1_0.z
    (l1, u1), (l2, u2) = estimators.wilson(1, 4, z), estimators.wilson(5, 6, z)
    d = 1 / 4 - 5 / 6
    assert r1.difference.value == pytest.approx(100 * d)
    assert r1.difference.low == pytest.approx(
        100 * (d - sqrt((0.25 - l1) ** 2 + (u2 - 5 / 6) ** 2))
    )
    assert r1.difference.high == pytest.approx(
        100 * (d + sqrt((u1 - 0.25) ** 2 + (5 / 6 - l2) ** 2))
    )
    # Which way the difference goes is said, and every request of it says how it counts.
    assert (r1.difference.verdict, r2.difference.verdict) == ("batch_not_shown",) * 2
    assert [(one.number, one.part, one.why) for one in r1.counted] == [
        (kept[0].request_no, "counted", "answered_in_time"),
        *((one.request_no, "missed", "answered_late") for one in slow[:3]),
    ]
    page = visit(cast.head, "GET", f"/batches/{batch.id}").text
    assert (
        "Substantive answer in time" in page and "<b>25.0%</b>" in page and "<b>−58.3</b>" in page
    )
    assert page.count("answered late, 30.0 h") == 3
    assert f'href="/scorecards/{card.id}/cases?measure=R2"' in page
    # One more request in a month that is not frozen shuts it again.
    later = make.delivered(companies["telegram"], cast, at=DELIVERED + timedelta(days=40))
    db.session.add(BatchMember(batch_id=batch.id, request_id=later.id))
    db.session.commit()
    assert knowing(cast) == {"officer"}


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-3, 0, "batch_not_shown"), (1, 9, "batch_higher"), (-9, -1, "batch_lower")],
)
def test_the_verdict_says_which_way_a_difference_goes(low, high, verdict):
    assert Difference((low + high) / 2, low, high).verdict == verdict


def test_what_cannot_be_marked_is_named(companies, cast, at):
    one, *_others = drafts(companies, cast, at)
    gone = make.issued(companies["telegram"], cast, at=at)
    rival = make.draft(companies["x"], cast, at=at)
    for given, field in (
        ({"purpose": " ", "size": 1}, "purpose"), ({"size": 0}, "size"), ({"size": 6}, "size"),
        ({"size": 1, "chosen": [one.id]}, "size"), ({}, "chosen"), ({"chosen": [gone.id]}, "chosen"), ({"chosen": [rival.id]}, "chosen"),
        ({"chosen": [one.id], "readers": [cast.officer2.id]}, "readers"),
        ({"chosen": [one.id], "readers": [cast.delegate.id]}, "readers"),
    ):  # fmt: skip
        with pytest.raises(FieldError) as refusal:
            mark(companies, cast, at, **given)
        assert refusal.value.field == field
    assert db.session.query(UnannouncedBatch).count() == 0


def test_a_marked_draft_is_issued_like_any_other(companies, cast, at, visit):
    one, *_others = drafts(companies, cast, at)
    page = visit(cast.officer, "POST", f"/batches/mark?company={one.company_id}",
                 {"company": one.company_id, "purpose": "Alike?", "chosen": [one.id],
                  "readers": [cast.auditor.id]}, follow=True)  # fmt: skip
    assert "The batch is marked." in page.get_data(as_text=True)
    with transaction():
        requests.issue(db.session.get(RemovalRequest, one.id), by=cast.head.as_actor(), at=at)
    assert knowing(cast) == {"officer", "auditor"}
    log = visit(cast.auditor, "GET", "/audit-log").get_data(as_text=True)
    assert "batches:mark" in log


def test_those_named_are_told_once_that_it_has_opened(companies, cast, at, request_to, by):
    asked = [request_to(companies["telegram"], answered=2, removed=3) for _n in range(4)]
    gone, elsewhere = cast.head, cast.officer2
    batch = issued_batch(companies, cast, at, asked[:2], gone, elsewhere, cast.auditor)
    cast.auditor.language = "en"
    cast.officer.language = "ko"
    gone.deactivated_at = at
    elsewhere.desks.append(Desk(company_id=companies["x"].id))
    db.session.commit()

    jobs.tell_of_opened(OVER)
    assert told() == []  # nothing is said before the freeze
    freeze(companies, by)
    jobs.tell_of_opened(OVER)
    jobs.tell_of_opened(OVER + timedelta(days=1))

    # Neither who has left nor whose desk is another's now.
    assert [one.account_id for one in told()] == sorted((cast.officer.id, cast.auditor.id))
    letters = {one.account_id: one for one in told()}
    english, korean = letters[cast.auditor.id], letters[cast.officer.id]
    assert english.subject == "An unannounced batch has opened: Telegram"
    assert korean.subject == "불시 점검 묶음이 공개되었습니다: 텔레그램"
    for letter in (english, korean):
        assert letter.body.endswith(f"/batches/{batch.id}")
        said = letter.subject + letter.body
        assert batch.purpose not in said
        assert not any(one.request_no in said for one in asked)
    # Whoever comes back, or to the desk again, is told then, and once.
    with transaction():
        gone.deactivated_at = None
    jobs.tell_of_opened(OVER + timedelta(days=2))
    jobs.tell_of_opened(OVER + timedelta(days=3))
    assert [one.account_id for one in told()][2:] == [gone.id]


def test_a_letter_about_a_batch_is_read_by_who_may_look_at_it(
    companies, cast, at, request_to, by, visit
):
    asked = request_to(companies["telegram"], answered=2, removed=3)
    batch = issued_batch(companies, cast, at, [asked], cast.head)
    freeze(companies, by)
    jobs.tell_of_opened(OVER)

    def reading() -> set[str]:
        return {
            part
            for part in ("officer", "officer2", "head", "auditor", "administrator", "delegate")
            if "An unannounced batch has opened"
            in visit(getattr(cast, part), "GET", "/outbox").text
        }

    cast.officer.language = cast.head.language = "en"
    assert "administrator" not in reading() and "delegate" not in reading()
    assert {"head", "auditor"} <= reading()
    later = make.delivered(companies["telegram"], cast, at=DELIVERED + timedelta(days=40))
    db.session.add(BatchMember(batch_id=batch.id, request_id=later.id))
    db.session.commit()
    assert "auditor" not in reading() and "head" in reading()


def test_an_opened_batch_waits_on_the_desk_of_those_named_until_they_have_looked(
    companies, cast, at, request_to, by, visit
):
    asked = [request_to(companies["telegram"], answered=2, removed=3) for _n in range(4)]
    batch = issued_batch(companies, cast, at, asked[:2], cast.head, cast.auditor)
    address = f"/batches/{batch.id}"

    def waiting(when: Any = OVER) -> set[str]:
        with clock.stopped_at(when):
            return {
                part
                for part in ("officer", "officer2", "head", "auditor", "delegate", "commissioner")
                if f'href="{address}"' in visit(getattr(cast, part), "GET", "/").text
            }

    with clock.stopped_at(OVER):
        visit(cast.head, "GET", address)  # a look before it is open takes nothing away
    assert waiting() == set()
    freeze(companies, by)
    assert waiting() == {"officer", "head", "auditor"}
    jobs.tell_of_opened(OVER)
    with clock.stopped_at(OVER):
        visit(cast.head, "GET", address)
        visit(cast.officer2, "GET", address)
    assert waiting(OVER + timedelta(days=13)) == {"officer", "auditor"}
    assert waiting(OVER + timedelta(days=14)) == set()
    seen = db.session.query(BatchReader).filter_by(account_id=cast.head.id).one().seen_at
    assert seen == OVER
    with clock.stopped_at(OVER + timedelta(days=1)):
        visit(cast.head, "GET", address)
    db.session.expire_all()
    assert db.session.query(BatchReader).filter_by(account_id=cast.head.id).one().seen_at == seen


def test_what_opened_before_anybody_was_told_is_no_news(app, companies, cast, at, request_to, by):
    asked = [request_to(companies["telegram"], answered=2, removed=3) for _n in range(4)]
    db.session.commit()
    later = make.delivered(companies["telegram"], cast, at=DELIVERED + timedelta(days=40))
    opened = issued_batch(companies, cast, at, asked[:2]).id
    shut = issued_batch(companies, cast, at, [later]).id
    freeze(companies, by)
    db.session.remove()
    install(app)
    downgrade(revision="0063")
    upgrade()

    told_at = dict(db.session.query(BatchReader.batch_id, BatchReader.told_at).all())
    assert told_at == {opened: at, shut: None}
