"""Invitations, log-in, the end of an access."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.access import scope, throttle
from portal.access.actor import Role
from portal.accounts import queries, service
from portal.accounts.models import Account, LoginSession
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from tests.cast import PASSWORD


def invite(cast: Any, at: datetime, **changes: Any) -> Account:
    values = {
        "role": Role.REPRESENTATIVE, "email": "new@telegram.example", "name_ko": "대표자",
        "name_en": "Representative", "language": "en", "time_zone": "Asia/Dubai",
        "by": cast.administrator.as_actor(), "at": at,
    } | changes  # fmt: skip
    with transaction():
        return service.invite(cast.delegate.organisation, **values)


def secret_of(letter: Letter) -> str:
    return letter.body.split("/invitations/")[1].split()[0]


def test_an_invitation_is_mailed_and_works_once(visit: Any, cast: Any, at: datetime) -> None:
    invite(cast, at)
    secret = secret_of(db.session.query(Letter).one())
    password = {"password": "a fine new password", "again": "a fine new password"}

    first = visit(None, "POST", f"/invitations/{secret}", password)
    second = visit(cast.officer, "GET", f"/invitations/{secret}")

    assert first.status_code == 303
    assert second.status_code == 410
    assert "used already" in second.text


def test_an_expired_invitation_says_so(visit: Any, cast: Any, at: datetime) -> None:
    invite(cast, at)
    secret = secret_of(db.session.query(Letter).one())

    with clock.stopped_at(at + timedelta(days=7)):
        answer = visit(None, "GET", f"/invitations/{secret}")

    assert answer.status_code == 410
    assert "expired" in answer.text


def test_an_address_in_use_is_named_at_its_field(cast: Any, at: datetime) -> None:
    with pytest.raises(FieldError) as refusal:
        invite(cast, at, email="RIVAL@x.example")

    assert refusal.value.field == "email"


def test_a_company_has_no_officers(cast: Any, at: datetime) -> None:
    with pytest.raises(FieldError):
        invite(cast, at, role=Role.OFFICER)


def log_in(email: str, password: str, at: datetime) -> None:
    service.check_credentials(email, password, where="192.0.2.1", at=at)


def test_a_wrong_password_and_an_unknown_address_sound_the_same(cast: Any, at: datetime) -> None:
    with pytest.raises(Refused) as wrong:
        log_in(cast.officer.email, "wrong", at)
    with pytest.raises(Refused) as unknown:
        log_in("nobody@kcsc.example", "wrong", at)

    assert wrong.value.sentence == unknown.value.sentence


def test_after_ten_tries_even_the_right_password_waits(cast: Any, at: datetime, visit: Any) -> None:
    email = cast.officer.email
    for _n in range(10):
        visit(None, "POST", "/login", {"email": email, "password": "wrong"})

    throttled = visit(None, "POST", "/login", {"email": email, "password": PASSWORD})
    with clock.stopped_at(at + timedelta(minutes=16)):
        later = visit(None, "POST", "/login", {"email": email, "password": PASSWORD})

    assert "Too many tries" in throttled.text
    assert later.status_code == 303


def test_a_stranger_elsewhere_locks_nobody_out(cast: Any, at: datetime) -> None:
    email = cast.officer.email

    def wrong(where: str) -> str:
        with pytest.raises(Refused) as refused:
            service.check_credentials(email, "wrong", where=where, at=at)
        return refused.value.sentence

    said = [wrong("198.51.100.7") for _n in range(12)]

    assert [sentence.startswith("Too many tries") for sentence in said] == [False] * 10 + [True] * 2
    assert service.check_credentials(email, PASSWORD, where="203.0.113.9", at=at) == cast.officer


def test_from_everywhere_an_account_has_a_hundred_tries_in_a_quarter_of_an_hour(
    cast: Any, at: datetime, monkeypatch: Any
) -> None:
    email, bound = cast.officer.email, service.TRIES.from_all
    few = dataclasses.replace(service.TRIES, from_all=throttle.Limit(12, bound.seconds))
    monkeypatch.setattr(service, "TRIES", few)
    for n in range(12):
        with pytest.raises(Refused, match="not right"):
            service.check_credentials(email, "wrong", where=f"198.51.100.{n}", at=at)

    with pytest.raises(Refused, match="Too many tries"):
        service.check_credentials(email, PASSWORD, where="203.0.113.9", at=at)
    assert bound == (100, 900)


def log_in_form(app: Any, email: str, next_url: str | None = None) -> tuple[Any, Any]:
    """A client that has sent the log-in form, and the answer it got."""
    client = app.test_client()
    with app.app_context():
        page = client.get("/login").text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    with client.session_transaction() as session:
        session["planted"] = "before"
    form = {"csrf_token": token, "email": email, "password": PASSWORD}
    with app.app_context():
        answer = client.post("/login", query_string={"next": next_url or "/"}, data=form)
    scope.act_as(None)
    db.session.rollback()
    return client, answer


def test_logging_in_opens_a_new_session(cast: Any, app: Any) -> None:
    client, _answer = log_in_form(app, cast.officer.email)

    with client.session_transaction() as session:
        assert "planted" not in session
        found = queries.by_session(session["_user_id"])
    assert found is not None
    assert found[0].id == cast.officer.id


def test_deactivation_bites_at_the_next_request(visit: Any, cast: Any) -> None:
    assert visit(cast.delegate, "GET", "/account").status_code == 200

    visit(cast.administrator, "POST", f"/accounts/{cast.delegate.id}/deactivate")

    assert visit(cast.delegate, "GET", "/account").status_code == 302


def test_logging_out_everywhere_ends_every_session(visit: Any, cast: Any, at: datetime) -> None:
    with transaction():
        service.open_session(cast.officer, machine="another", at=at)
    visit(cast.officer, "POST", "/logout-everywhere")

    open_sessions = db.session.query(LoginSession).filter(
        LoginSession.account_id == cast.officer.id, LoginSession.ended_at.is_(None)
    )
    assert open_sessions.count() == 0


def test_nobody_ends_their_own_access(cast: Any, at: datetime) -> None:
    with pytest.raises(Refused), transaction():
        me = cast.administrator
        service.deactivate(me, by=me.as_actor(), at=at)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_log_in_leads_nowhere_else(app: Any, cast: Any, target: str) -> None:
    _client, answer = log_in_form(app, cast.officer.email, target)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


def test_a_company_administrator_invites_for_the_own_company_only(visit: Any, cast: Any) -> None:
    form = {
        "email": "colleague@telegram.example", "name_en": "Colleague", "name_ko": "동료",
        "language": "en", "time_zone": "Asia/Dubai", "organisation_id": cast.rival.organisation_id,
        "role": "head",
    }  # fmt: skip
    visit(cast.company_admin, "POST", "/colleagues/propose", form)

    made = queries.by_email("colleague@telegram.example")
    assert made.organisation_id == cast.company_admin.organisation_id
    assert made.role is Role.REPRESENTATIVE
