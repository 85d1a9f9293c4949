"""Feeds: who reads what, for how long, and what other programs make of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import recurring_ical_events
from icalendar import Calendar

from portal.access import throttle
from portal.access.actor import Role
from portal.accounts import service as accounts
from portal.consultations import service as consultations
from portal.consultations.models import Consultation, Side
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.secrets import hashed
from portal.feeds import service, views
from portal.feeds.jobs import end_of_people_who_left
from portal.feeds.models import Feed
from tests.consultations import make as planned
from tests.queries import counting


@pytest.fixture
def subscribe(at: Any) -> Any:
    """`subscribe(cast.delegate)`: the address of a new feed of theirs."""

    def make(account: Any, name: str = "Outlook") -> str:
        with transaction():
            _feed, secret = service.create(name, by=account.as_actor(), at=at)
        return f"/feeds/{secret}.ics"

    return make


@pytest.fixture
def ours(app: Any, cast: Any, companies: Any, at: Any) -> Consultation:
    """A consultation with Telegram to which an agency is invited; the rival has one too."""
    planned.scheduled(companies["x"], cast, at=at, hour=10)
    return planned.scheduled(companies["telegram"], cast, at=at, guests=("agency",))


def uids(answer: Any) -> set[str]:
    assert answer.status_code == 200
    return {str(event["UID"]) for event in Calendar.from_ical(answer.data).walk("VEVENT")}


def test_two_other_programs_read_the_same_in_a_feed(
    cast: Any, visit: Any, subscribe: Any, ours: Any, companies: Any, at: Any, calendars: Any
) -> None:
    off = planned.scheduled(companies["telegram"], cast, at=at, days=20)
    moved = planned.scheduled(companies["telegram"], cast, at=at, days=30)
    late = planned.scheduled(companies["telegram"], cast, at=at, days=40)
    planned.drafted(companies["telegram"], cast, at=at, days=50)
    by = cast.officer.as_actor()
    with transaction():
        consultations.cancel(off, side=Side.COMPANY, reason="-", by=by, at=at)
        consultations.postpone(late, side=Side.COMPANY, reason="-", by=by, at=at)
        consultations.reschedule(
            moved, wall=planned.wall(at, days=31, hour=9), duration=60, zone="Asia/Singapore",
            by=by, at=at,
        )  # fmt: skip
    held = (ours, off, moved, late)
    want = [(c.uid, c.sequence, c.starts_at, c.ends_at) for c in held]

    answer = visit(None, "GET", subscribe(cast.officer2))
    events = [e for e in calendars.read(answer.data) if e.uid in {c.uid for c in held}]

    assert [(e.uid, e.sequence, e.start, e.end) for e in events] == want
    assert [e.status for e in events] == ["CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED"]
    assert len(calendars.read(answer.data)) == 5  # X's is there for an officer, the draft is not
    march = recurring_ical_events.of(Calendar.from_ical(answer.data)).between(at, timedelta(30))
    assert {str(event["UID"]) for event in march} >= {ours.uid}


@pytest.mark.parametrize(("language", "title"), [("ko", "협의"), ("en", "Consultation")])
def test_titles_are_neutral_in_the_language_of_the_owner(
    cast: Any, visit: Any, subscribe: Any, ours: Any, calendars: Any, language: str, title: str
) -> None:
    with transaction():
        accounts.set_language(cast.delegate, language)

    answer = visit(None, "GET", subscribe(cast.delegate))

    [event] = calendars.read(answer.data)
    assert (event.summary, event.location, event.description, event.attendees) == (
        title,
        "",
        "",
        (),
    )
    text = Calendar.from_ical(answer.data).to_ical().decode()
    assert not re.search("telegram|텔레그램|Meeting room|face-to-face|대면", text, re.IGNORECASE)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in answer.headers["Cache-Control"]
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in text and "X-PUBLISHED-TTL:PT1H" in text


def test_a_feed_shows_what_its_owner_may_know_of(
    cast: Any, visit: Any, subscribe: Any, ours: Any
) -> None:
    theirs = db.session.query(Consultation).filter(Consultation.id != ours.id).one()
    one, other = ours.uid, theirs.uid
    cases = {
        "delegate": {one}, "rival": {other}, "officer": {one, other}, "agency": {one},
        "police": set(), "auditor": {one, other},
    }  # fmt: skip

    got = {part: uids(visit(None, "GET", subscribe(getattr(cast, part)))) for part in cases}

    assert got == cases


def test_the_secret_is_shown_once_and_only_its_hash_is_kept(
    cast: Any, visit: Any, ours: Any
) -> None:
    page = visit(cast.delegate, "POST", "/feeds/", {"name": "My phone"}).get_data(as_text=True)
    [secret] = set(re.findall(r"/feeds/([\w-]{40,})\.ics", page))
    feed = db.session.query(Feed).one()

    assert (feed.secret_hash, feed.name) == (hashed(secret), "My phone")
    assert visit(None, "GET", f"/feeds/{secret}.ics").status_code == 200
    listed = visit(cast.delegate, "GET", "/feeds/").get_data(as_text=True)
    assert "My phone" in listed and secret not in listed
    assert "My phone" not in visit(cast.company_admin, "GET", "/feeds/").get_data(as_text=True)


@pytest.mark.parametrize("end", ["revoked", "deactivated", "other role"])
def test_a_feed_is_dead_at_once(
    cast: Any, visit: Any, subscribe: Any, ours: Any, at: Any, end: str
) -> None:
    address, other = subscribe(cast.delegate), subscribe(cast.delegate, "phone")
    feed = db.session.query(Feed).order_by(Feed.id).first()
    first = visit(None, "GET", address)
    tag = first.headers["ETag"]

    if end == "revoked":
        visit(cast.delegate, "POST", f"/feeds/{feed.id}/revoke")
    elif end == "deactivated":
        visit(cast.administrator, "POST", f"/accounts/{cast.delegate.id}/deactivate")
    else:
        with transaction():
            cast.delegate.role = Role.COMMISSIONER

    gone = visit(None, "GET", address, headers={"If-None-Match": tag})
    unknown = visit(None, "GET", "/feeds/unknown.ics")
    assert (first.status_code, gone.status_code, gone.data) == (200, 410, b"")
    assert (gone.status_code, gone.data) == (unknown.status_code, unknown.data)
    alive = visit(None, "GET", other).status_code
    assert alive == (200 if end == "revoked" else 410)


def test_logging_out_leaves_the_feeds(cast: Any, visit: Any, subscribe: Any, ours: Any) -> None:
    address = subscribe(cast.delegate)

    visit(cast.delegate, "POST", "/logout-everywhere")

    assert visit(None, "GET", address).status_code == 200


def test_who_gets_access_back_does_not_get_old_feeds_back(
    cast: Any, visit: Any, subscribe: Any, ours: Any, at: Any
) -> None:
    address, admin = subscribe(cast.delegate), cast.administrator.as_actor()
    with transaction():
        accounts.deactivate(cast.delegate, by=admin, at=at)
    end_of_people_who_left(at)
    with transaction():
        accounts.reactivate(cast.delegate, by=admin, at=at)
        cast.delegate.password_hash = "set again"

    assert visit(None, "GET", address).status_code == 410


def test_nobody_revokes_a_feed_of_somebody_else(
    cast: Any, visit: Any, subscribe: Any, ours: Any
) -> None:
    address = subscribe(cast.delegate)
    feed = db.session.query(Feed).one().id

    for part in ("company_admin", "rival", "officer", "administrator"):
        assert visit(getattr(cast, part), "POST", f"/feeds/{feed}/revoke").status_code == 404
    assert visit(None, "GET", address).status_code == 200


def test_what_did_not_change_is_not_sent_again(
    cast: Any, visit: Any, subscribe: Any, ours: Any, at: Any
) -> None:
    address = subscribe(cast.delegate)
    first = visit(None, "GET", address)
    tag, since = first.headers["ETag"], first.headers["Last-Modified"]
    asks = ({"If-None-Match": tag}, {"If-None-Match": f"W/{tag}"}, {"If-Modified-Since": since})

    for ask in asks:
        again = visit(None, "GET", address, headers=ask)
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)

    with transaction():
        consultations.reschedule(
            ours, wall=planned.wall(at, days=12), duration=120, zone="Asia/Seoul",
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip
    answers = [visit(None, "GET", address, headers=ask) for ask in asks]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].headers["Last-Modified"] != since


def test_a_change_that_the_feed_does_not_show_is_no_change(
    cast: Any, visit: Any, subscribe: Any, ours: Any, at: Any
) -> None:
    address = subscribe(cast.delegate)
    tag = visit(None, "GET", address).headers["ETag"]
    with transaction():
        consultations.correct(
            ours, title_ko="다른 제목", title_en="Another title", venue=ours.venue,
            venue_country=ours.venue_country, by=cast.officer.as_actor(), at=at,
        )  # fmt: skip

    assert visit(None, "GET", address, headers={"If-None-Match": tag}).status_code == 304


def test_reading_is_noted_and_throttled(
    cast: Any, visit: Any, subscribe: Any, ours: Any, at: Any
) -> None:
    address = subscribe(cast.delegate)

    first = visit(None, "GET", address, headers={"User-Agent": "Thunderbird/150\t"})
    number = db.session.query(Feed).one().id
    for _n in range(views.READINGS - 2):
        throttle.exceeded(f"feed:{number}", most=views.READINGS, window=300, at=at)
    codes = [visit(None, "GET", address).status_code for _n in range(3)]

    assert (first.status_code, codes) == (200, [200, 429, 429])
    feed = db.session.query(Feed).one()
    assert (feed.used_at, feed.used_by) == (at, "Thunderbird/150")
    with clock.stopped_at(at + timedelta(minutes=6)):
        assert visit(None, "GET", address).status_code == 200
    for _n in range(views.WRONG_TRIES - 1):
        throttle.exceeded("feed-from:127.0.0.1", most=views.WRONG_TRIES, window=900, at=at)
    guesses = [visit(None, "GET", f"/feeds/guess{n}.ics").status_code for n in range(2)]
    assert guesses == [410, 429]


def test_names_are_told_apart_and_there_is_an_end_to_them(
    cast: Any, visit: Any, subscribe: Any, at: Any
) -> None:
    subscribe(cast.delegate)
    twice = visit(cast.delegate, "POST", "/feeds/", {"name": " outlook "}).get_data(as_text=True)
    empty = visit(cast.delegate, "POST", "/feeds/", {"name": "  "}).get_data(as_text=True)
    with transaction():
        for n in range(9):
            service.create(f"feed {n}", by=cast.delegate.as_actor(), at=at)
    one_more = visit(cast.delegate, "POST", "/feeds/", {"name": "more"}).get_data(as_text=True)

    assert "You have a feed of this name" in twice
    assert "Name of the feed" in empty
    assert "You have ten feeds" in one_more
    assert db.session.query(Feed).count() == 10


def test_five_hundred_ask_as_few_queries_as_one(
    cast: Any, visit: Any, subscribe: Any, ours: Any, at: Any
) -> None:
    address = subscribe(cast.delegate)
    visit(None, "GET", address)
    with counting() as one:
        visit(None, "GET", address)
    same = {c.name: getattr(ours, c.name) for c in Consultation.__table__.columns}
    for name in ("id", "uid", "serial", "number"):
        same.pop(name)
    with transaction():
        db.session.add_all(
            Consultation(**same | {"number": n, "serial": f"T {n}", "uid": f"u{n}@x.example"})
            for n in range(100, 599)
        )
    visit(None, "GET", address)
    with counting() as many:
        answer = visit(None, "GET", address)

    assert len(uids(answer)) == 500
    assert len(many) == len(one) <= 8


def test_one_consultation_is_downloaded_with_its_full_title(
    cast: Any, visit: Any, ours: Any, companies: Any, at: Any, calendars: Any
) -> None:
    draft = planned.drafted(companies["telegram"], cast, at=at, days=50)
    address = f"/consultations/{ours.id}.ics"
    assert address in visit(cast.delegate, "GET", f"/consultations/{ours.id}").get_data(
        as_text=True
    )

    answer = visit(cast.delegate, "GET", address)

    [event] = calendars.read(answer.data, method="PUBLISH")
    assert (event.uid, event.start) == (ours.uid, ours.starts_at)
    assert "face-to-face" in event.summary or "대면" in event.summary
    assert visit(cast.rival, "GET", address).status_code == 404
    assert visit(cast.officer, "GET", f"/consultations/{draft.id}.ics").status_code == 404
