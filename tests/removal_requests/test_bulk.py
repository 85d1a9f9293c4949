"""Many requests at once: what is shown first is what is done second."""

from __future__ import annotations

import pytest

from portal.core.db import db
from portal.removal_requests.models import RemovalRequest, Verification
from tests.removal_requests import make

HOME = "/removal-requests/"


def test_many_are_verified_by_another_than_who_answered(companies, cast, at, visit):
    claimed = [make.decided(companies["telegram"], cast, at=at) for _n in range(2)]
    waiting = make.delivered(companies["x"], cast, at=at)
    form = {"id": [r.id for r in (*claimed, waiting)], "verification": "still_up"}
    preview = make.text(visit(cast.officer, "POST", f"{HOME}verify-many", form))

    assert "2 would be done, 1 refused" in preview
    assert 'name="verification" value="still_up"' in preview
    db.session.expire_all()
    assert {r.verified_at for r in db.session.query(RemovalRequest)} == {None}
    assert make.events("verify") == []
    visit(cast.officer, "POST", f"{HOME}verify-many", form | {"confirmed": "1"})
    db.session.expire_all()
    assert [r.verification for r in (*claimed, waiting)] == [Verification.STILL_UP] * 2 + [None]
    assert visit(cast.delegate, "POST", f"{HOME}verify-many", form).status_code == 404


@pytest.mark.parametrize("seen", ["", "drawn"])
def test_nothing_is_verified_without_what_was_seen(companies, cast, at, visit, seen):
    request = make.decided(companies["telegram"], cast, at=at)
    form = {"id": request.id, "verification": seen, "confirmed": "1"}

    assert visit(cast.officer, "POST", f"{HOME}verify-many", form).status_code == 303
    db.session.expire_all()
    assert request.verified_at is None


def test_more_than_some_hundreds_are_refused_and_none_is_left_out_silently(cast, visit):
    form = {"id": list(range(1, 502)), "confirmed": "1"}
    refused = visit(cast.officer, "POST", f"{HOME}issue-many", form)

    assert refused.status_code == 409
    assert "At most 500 at once" in make.text(refused)


@pytest.mark.parametrize(("part", "verb"), [("officer", "verify"), ("delegate", "answer")])
def test_without_a_choice_one_is_back_in_the_same_list(companies, cast, at, visit, part, verb):
    request = make.decided(companies["telegram"], cast, at=at)
    form = {"id": request.id, "list": "state=to_verify&company=telegram"}
    answer = visit(getattr(cast, part), "POST", f"{HOME}{verb}-many", form)

    assert (answer.status_code, answer.location) == (303, f"{HOME}?{form['list']}")
