"""The requests as a company's people work through them: with the keyboard, and many at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.core.db import db
from portal.removal_requests.models import Outcome, RemovalRequest
from tests.removal_requests import make

HOUR = timedelta(hours=1)


def test_a_list_is_worked_through_with_the_keyboard(companies, cast, at, enter: Any) -> None:
    first, second = (make.delivered(companies["telegram"], cast, at=at - n * HOUR) for n in (2, 1))
    person = enter("delegate")
    person.open("/removal-requests/")
    page, keys = person.page, person.page.keyboard
    page.wait_for_selector("[data-triage-help]:not([hidden])")
    keys.press("j")
    assert page.evaluate("document.activeElement.textContent") == first.request_no
    keys.press("j")
    keys.press("x")
    assert page.locator("input[name=id]:checked").get_attribute("value") == str(second.id)
    keys.press("k")
    with page.expect_navigation():
        keys.press("a")
    assert person.path() == f"/removal-requests/{first.id}/answer?list=state%3Dundecided"
    person.fill(outcome="not_found")
    person.press("Record")
    assert person.path().startswith(f"/removal-requests/{first.id}?list=")
    with page.expect_navigation():
        keys.press("n")
    assert person.path().startswith(f"/removal-requests/{second.id}?list=")
    assert person.wrong == []


def test_many_are_answered_at_once_on_a_phone(companies, cast, at, enter: Any) -> None:
    for n in range(3):
        make.delivered(companies["telegram"], cast, at=at - n * HOUR)
    person = enter("delegate", viewport={"width": 390, "height": 800})
    person.open("/removal-requests/")
    for box in person.page.locator("input[name=id]").all():
        box.check()
    person.page.locator("#many-outcome").select_option("removed")
    person.press("Answer")
    assert person.sees("%(done)s would be done, %(refused)s refused. Nothing is written yet.",
                       done=3, refused=0)  # fmt: skip
    person.press("Do it for %(count)s requests", count=3)
    assert person.sees("Nothing waits for you.")
    db.session.expire_all()
    assert {r.outcome for r in db.session.query(RemovalRequest)} == {Outcome.REMOVED}
