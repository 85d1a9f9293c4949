"""Webhooks: signed, written with their cause, tried again, and never sent to a neighbour."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import Flask

from portal.api import spec
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.removal_requests import service as removal_requests
from portal.removal_requests.models import Outcome
from portal.webhooks import sender, service
from portal.webhooks.address import Target, WrongAddress, parse, resolve
from portal.webhooks.models import Delivery, HookEvent
from tests.removal_requests import make


@pytest.fixture
def system() -> Iterator[Any]:
    """A company's own system, which keeps what it is sent and answers `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((dict(self.headers), body))
            self.send_response(server.status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_a: Any) -> None:
            pass

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def hooked(app: Flask, cast: Any, system: Any, at: Any) -> str:
    """The secret of Telegram's webhook; X has one of its own to the same system."""
    address = f"http://127.0.0.1:{system.server_port}/portal?a=1"
    with transaction():
        _hook, secret = service.create(
            address, may_be_loopback=True, by=cast.company_admin.as_actor(), at=at
        )
    return secret


def test_a_message_is_signed_and_holds_no_reference(
    cast: Any, companies: Any, system: Any, hooked: str, at: Any
) -> None:
    asked = make.delivered(companies["telegram"], cast, at=at)
    make.delivered(companies["x"], cast, at=at)

    assert sender.send_waiting(at=at) == 1
    ((headers, body),) = system.got
    key = base64.b64decode(hooked.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    said = json.loads(body)
    assert (said["type"], said["data"]["number"]) == (HookEvent.DELIVERED, asked.request_no)
    assert b"made.example" not in body
    assert sender.send_waiting(at=at) == 0


def test_nothing_is_told_of_what_was_undone(
    cast: Any, companies: Any, hooked: str, at: Any
) -> None:
    asked = make.delivered(companies["telegram"], cast, at=at)
    before = db.session.query(Delivery).count()

    with pytest.raises(RuntimeError), transaction():
        removal_requests.decide(asked, outcome=Outcome.REMOVED, by=cast.delegate.as_actor(), at=at)
        raise RuntimeError

    assert db.session.query(Delivery).count() == before


def test_what_was_not_accepted_is_tried_again_and_given_up(
    cast: Any, companies: Any, system: Any, hooked: str, at: Any
) -> None:
    make.delivered(companies["telegram"], cast, at=at)
    system.status = 302  # a redirect is not followed
    when = at
    for wait in (*service.RETRY_AFTER, None):
        assert sender.send_waiting(at=when) == 0
        one = db.session.query(Delivery).one()
        assert one.due_at == (when + wait if wait else None)
        when += wait or timedelta(0)
    assert len({headers["webhook-id"] for headers, _body in system.got}) == 1
    assert (one.status, one.problem, one.accepted_at) == (302, "HTTP 302", None)

    system.status = 204
    with transaction():
        service.resend(one, by=cast.company_admin.as_actor(), at=when)
    assert sender.send_waiting(at=when) == 1
    assert db.session.query(Delivery).one().accepted_at == when


def test_an_ended_webhook_gets_nothing_more(
    visit: Any, cast: Any, companies: Any, system: Any, hooked: str, at: Any
) -> None:
    make.delivered(companies["telegram"], cast, at=at)
    hook_id = db.session.query(Delivery).one().webhook_id
    visit(cast.company_admin, "POST", f"/webhooks/{hook_id}/end")

    assert sender.send_waiting(at=at) == 0 and system.got == []
    with pytest.raises(Refused), transaction():
        one = db.session.query(Delivery).one()
        service.resend(one, by=cast.company_admin.as_actor(), at=at)


@pytest.mark.parametrize(
    "address",
    [
        "http://hook.example/", "https://127.0.0.1/", "https://localhost/", "https://10.0.0.1/",
        "https://169.254.169.254/latest", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://user@hook.example/", "https://hook.example/#a", "https://2130706433/",
        "https://0x7f.1/", "https://intranet/", "https://db.internal/", "ftp://hook.example/",
        "https://hook.example/a b", "https://hook.example:99999/", "https://[64:ff9b::a00:1]/", "",
    ],
)  # fmt: skip
def test_an_address_inside_is_refused(app: Flask, cast: Any, at: Any, address: str) -> None:
    with pytest.raises(FieldError) as refused, transaction():
        service.create(address, may_be_loopback=False, by=cast.company_admin.as_actor(), at=at)

    assert refused.value.field == "address"


def test_a_name_that_leads_inside_is_refused_when_it_is_resolved() -> None:
    target = Target(True, "localhost", 443, "/")

    with pytest.raises(WrongAddress):
        resolve(target, may_be_loopback=False)
    assert resolve(target, may_be_loopback=True) in ("127.0.0.1", "::1")
    assert parse("https://hook.example:8443/a?b=c", may_be_loopback=False) == Target(
        True, "hook.example", 8443, "/a?b=c"
    )


def test_the_secret_is_shown_once_and_a_rival_sees_no_log(
    visit: Any, cast: Any, system: Any, at: Any
) -> None:
    address = f"http://127.0.0.1:{system.server_port}/"
    made = visit(cast.company_admin, "POST", "/webhooks/create", {"address": address}).text
    secret = made.split('id="secret">')[1].split("<")[0]
    hook_id = db.session.query(service.Webhook).one().id
    visit(cast.company_admin, "POST", f"/webhooks/{hook_id}/test")

    own = visit(cast.company_admin, "GET", "/webhooks/").text
    assert secret.startswith("whsec_") and secret not in own and address in own
    assert sender.send_waiting(at=at) == 1
    assert "accepted" in visit(cast.company_admin, "GET", "/webhooks/").text
    assert address not in visit(cast.rival_admin, "GET", "/webhooks/").text
    assert visit(cast.rival_admin, "POST", f"/webhooks/{hook_id}/test").status_code == 404


def test_the_page_names_all_that_comes_back_and_all_that_a_message_holds(
    app: Flask, cast: Any, companies: Any, hooked: str, at: Any
) -> None:
    make.delivered(companies["telegram"], cast, at=at)
    said = json.loads(db.session.query(Delivery).one().body)
    page = app.test_client().get("/api/docs").get_data(as_text=True)
    for operation in spec.OPERATIONS:
        section = page.split(f'id="{operation.id}"')[1].split("</section>")[0]
        for name in spec.SCHEMAS[operation.answer]["properties"]:
            assert f"<code>{name}</code>" in section, (operation.id, name)

    assert set(said) == set(spec.SCHEMAS["Message"]["properties"])
    assert set(said["data"]) == set(spec.SCHEMAS["News"]["properties"])
    for name in said["data"]:
        assert f"<code>data/{name}</code>" in page.split('id="webhooks"')[1]


def test_the_log_speaks_the_readers_language(visit: Any, cast: Any, hooked: str, at: Any) -> None:
    with transaction():
        cast.company_admin.language = "ko"
        db.session.query(service.Webhook).one().address = "https://10.0.0.1/"
    hook_id = db.session.query(service.Webhook).one().id
    visit(cast.company_admin, "POST", f"/webhooks/{hook_id}/test")
    sender.send_waiting(at=at)
    page = visit(cast.company_admin, "GET", "/webhooks/").text

    assert "허용되지 않는 주소" in page and "address refused" not in page
