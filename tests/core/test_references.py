"""Finding the same thing again: references in one form, twins without opening them, hosts."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.core import references
from portal.core.db import db, transaction
from portal.core.errors import FieldError
from portal.removal_requests import queries, service
from portal.removal_requests.models import MeasureType, RemovalRequest
from tests.queries import counting
from tests.removal_requests import make

SAME = (
    (
        "https://t.me/channel/12", "http://telegram.me/channel/12", "t.me/s/Channel/12?single",
        "tg://resolve?domain=channel&post=12", "https://www.t.me/channel/12/#a",
    ),
    ("https://t.me/+AbC_d", "https://t.me/joinchat/AbC_d", "tg://join?invite=AbC_d"),
    ("https://t.me/c/123/45?thread=9", "tg://privatepost?channel=123&post=45"),
    (
        "https://x.com/one/status/99", "https://mobile.twitter.com/two/status/99?s=20&t=x",
        "https://x.com/i/web/status/99/photo/1",
    ),
    (
        "https://www.youtube.com/watch?v=abc-1&t=5s", "https://youtu.be/abc-1?si=zz",
        "https://m.youtube.com/shorts/abc-1?feature=share",
    ),
    ("https://www.instagram.com/u/reel/XyZ/?igshid=1", "https://instagram.com/p/XyZ"),
    (
        "HTTPS://Example.com:443//a/%7Eb/?utm_source=x&b=2&a=1#part", "example.com/a/~b?a=1&b=2",
        "http://www.example.com/a/~b?b=2&a=1&fbclid=q",
    ),
)  # fmt: skip
OTHER = (
    ("https://t.me/channel/12", "https://t.me/channel/13"),
    ("https://t.me/+AbC", "https://t.me/+abc"),
    ("https://example.com/A", "https://example.com/a"),
    ("https://example.com/?id=1", "https://example.com/?id=2"),
    ("https://example.com:8443/a", "https://example.com/a"),
    ("https://example.com/#/a", "https://example.com/#/b"),
    ("https://instagram.com/p/XyZ", "https://instagram.com/p/xyz"),
    ("tg://user?id=12", "tg://user?id=13"),
    ("https://facel.book.example/a", "https://facebook.example/a"),
)


@pytest.mark.parametrize("ways", SAME)
def test_one_place_has_one_form_however_it_was_copied(ways):
    assert len({references.normalised(way) for way in ways}) == 1


@pytest.mark.parametrize("pair", OTHER)
def test_two_places_have_two(pair):
    one, two = pair
    assert references.normalised(one) != references.normalised(two)


@given(
    st.from_regex(
        r"(https?://)?(www\.|m\.)?[a-z]{1,8}\.(com|example)(/[\w%.~-]{0,9}){0,3}(\?[a-z]=[\w%&=]{0,9})?",
        fullmatch=True,
    )
)
def test_the_form_of_a_form_is_itself(reference):
    once = references.normalised(reference)
    assert references.normalised(once) == once


@given(st.text(max_size=60), st.sampled_from(("", "tg:", "tg://", "https://")))
@example("user?id=12", "tg://")
@example("resolve", "tg:")
@example("[", "tg://")
def test_nothing_breaks_it(text, scheme):
    assert isinstance(references.normalised(scheme + text), str)


@pytest.mark.parametrize(
    ("reference", "host"),
    [
        ("https://m.x.com/a", "x.com"), ("a message of Monday", None), ("ftp://x.com/a", None),
        ("https://x/", None), ("https://[::1", None), ("tg://resolve?domain=a", "t.me"),
        ("https://xn--3e0b707e.example/", "xn--3e0b707e.example"),
        ("https://한국.example/", "xn--3e0b707e.example"),
        ("https://www.m.x.com/a", "x.com"), ("https://team.x.com/a", "team.x.com"),
        ("https://x.com@evil.example/", "evil.example"),
        ("https://evil.example\\@x.com/", None), ("https://x.com:99999/", None),
    ],
)  # fmt: skip
def test_the_host_of_a_reference(reference, host):
    assert references.host_of(reference) == host


def test_a_host_stands_for_those_under_it_and_no_other():
    assert references.is_at("cdn.x.com", ["x.com"])
    assert references.is_at("x.com", ["twitter.com"])
    assert not references.is_at("notx.com", ["x.com"])
    assert not references.is_at("x.com.evil.example", ["x.com"])


@pytest.mark.parametrize("link", ["tg://user?id=12", "tg:resolve", "tg://["])
def test_a_link_of_the_app_that_stands_for_no_address_is_recorded(companies, cast, at, visit, link):
    given = {
        "platform_id": make.platform_of(companies["telegram"]).id, "reference": link,
        "measure_type": "removal", "legal_ground": "voluntary_request", "surface": "public_post",
        "category": "sexual_deepfake",
    }  # fmt: skip

    answers = [visit(cast.officer, "POST", "/removal-requests/record", given) for _n in range(2)]

    assert [answer.status_code for answer in answers] == [303, 200]  # the second: asked for already


def at_home(company, hosts="telegram.example t.me"):
    with transaction():
        make.platform_of(company).hosts = hosts


def test_a_host_of_another_platform_is_named_and_nothing_recorded(companies, cast, at, visit):
    at_home(companies["telegram"])
    with pytest.raises(FieldError, match=r"x\.com is no host of this platform \(telegram\.example"):
        make.draft(companies["telegram"], cast, at=at, reference="https://x.com/a/status/1")
    with pytest.raises(FieldError, match="no web address"):
        make.draft(companies["telegram"], cast, at=at, reference="javascript://t.me/%0aalert(1)")
    make.draft(companies["telegram"], cast, at=at, reference="https://cdn.telegram.example/1")
    make.draft(companies["telegram"], cast, at=at, reference="message-17-of-a-group")
    assert len(db.session.scalars(select(RemovalRequest)).all()) == 2


def test_the_same_place_is_refused_while_it_is_asked_for_however_it_is_written(companies, cast, at):
    first = make.issued(companies["telegram"], cast, at=at, reference="https://t.me/channel/12")
    with pytest.raises(FieldError, match=first.request_no):
        make.draft(companies["telegram"], cast, at=at, reference="t.me/s/channel/12?single")
    other = make.draft(
        companies["telegram"], cast, at=at, reference="http://telegram.me/channel/12",
        measure_type=MeasureType.ACCOUNT,
    )  # fmt: skip
    assert [one.id for one in queries.twins(other)] == [first.id]
    assert other.reference_digest != first.reference_digest


def test_twins_are_shown_before_a_request_is_issued_and_never_to_a_company(
    companies, cast, at, visit
):
    first = make.delivered(companies["telegram"], cast, at=at, reference="https://t.me/channel/12")
    other = make.delivered(
        companies["telegram"], cast, at=at, reference="t.me/channel/12/",
        measure_type=MeasureType.ACCOUNT,
    )  # fmt: skip
    draft = make.draft(
        companies["telegram"], cast, at=at, reference="tg://resolve?domain=channel&post=12",
        measure_type=MeasureType.BLOCK,
    )  # fmt: skip
    with counting() as sent:
        page = visit(cast.officer, "GET", f"/removal-requests/{draft.id}").text
    assert first.request_no in page and other.request_no in page
    assert "2 other requests name the same place" in page
    assert "t.me" not in page
    assert len(sent) <= 8
    assert other.request_no not in visit(cast.delegate, "GET", f"/removal-requests/{first.id}").text


def test_places_stored_before_are_hashed_bit_by_bit(companies, cast, at):
    for number in range(5):
        make.draft(companies["telegram"], cast, at=at, reference=f"https://t.me/channel/{number}")
    with transaction():
        for request in db.session.scalars(select(RemovalRequest)):
            request.place_digest = None
    steps = []
    while True:
        with transaction():
            done = service.find_places(most=2)
        if not done:
            break
        steps.append(done)
    assert steps == [2, 2, 1]
    assert queries.without_place() == 0
    last = db.session.scalars(select(RemovalRequest).order_by(RemovalRequest.id.desc())).first()
    assert last.place_digest == queries.place("telegram.me/s/channel/4")
