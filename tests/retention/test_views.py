"""The pages: who sees them, and setting a rule with its preview."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from portal.core.clock import stopped_at
from portal.core.db import db
from portal.retention import jobs, queries
from portal.retention.models import Residue
from tests.retention.conftest import DAY, TERM

PAGES = ("/retention/", "/retention/residues", "/retention/residues/1", "/retention/residues.csv")
SET, CONFIRM = "/retention/references/set", "/retention/references/confirm"


@pytest.mark.parametrize("part", ["officer", "operator", "delegate", "company_admin", "rival"])
def test_nobody_else_knows_of_it(gone: Any, cast: Any, visit: Any, at: Any, part: str) -> None:
    gone()
    jobs.erase(at + TERM + DAY)

    got = {page: visit(getattr(cast, part), "GET", page).status_code for page in (*PAGES, SET)}

    assert set(got.values()) == {404}
    assert "/retention/" not in visit(getattr(cast, part), "GET", "/").text


@pytest.mark.parametrize("part", ["head", "auditor", "administrator"])
def test_who_reads_it(gone: Any, cast: Any, visit: Any, at: Any, part: str) -> None:
    request, person = gone(), getattr(cast, part)
    with stopped_at(at + TERM + DAY):
        due = visit(person, "GET", "/retention/").text
        jobs.erase(at + TERM + DAY)
        page = visit(person, "GET", "/retention/").text
        listed = visit(person, "GET", f"/retention/residues?number={request.request_no[:11]}").text
        other = visit(person, "GET", "/retention/residues?number=X-").text
        proof = visit(person, "GET", "/retention/residues/1").text
        file = visit(person, "GET", "/retention/residues.csv").get_data().decode("utf-8-sig")

    assert 'data-label="Due now">1<' in due and 'data-label="Due now">1<' not in page
    assert "Kept for ever" in page and "Sent letters" in page
    assert request.request_no in listed and request.request_no not in other
    (residue,) = db.session.query(Residue)
    assert residue.hash in proof and "The hash fits" in proof
    (row,) = csv.DictReader(io.StringIO(file))
    assert (row["number"], row["hash"]) == (request.request_no, residue.hash)
    assert (SET in page) == (part == "administrator")


def test_a_rule_is_previewed_set_and_confirmed(gone: Any, cast: Any, visit: Any, at: Any) -> None:
    gone()
    me = cast.administrator
    with stopped_at(at + 200 * DAY):
        seen = visit(me, "POST", SET, {"days": "90", "appeal_days": "90", "preview": "1"}).text
        assert "erased in the next night: 1" in seen
        assert queries.rule_of("references") is None
        short = visit(me, "POST", SET, {"days": "9", "appeal_days": "90"}).text
        assert "At least 90 days." in short and 'value="9"' in short
        letters = visit(me, "POST", SET, {"days": "soon", "appeal_days": "90"})
        assert letters.status_code == 200
        answer = visit(me, "POST", SET, {"days": "90", "appeal_days": "90"})
        assert answer.headers["Location"] == CONFIRM
        page = visit(me, "GET", CONFIRM).text
        assert "erased in the next night: 1" in page and 'value="180"' in page
        assert "waits for its confirmation" in visit(me, "GET", "/retention/").text
        unread = visit(me, "POST", CONFIRM, {"term": "180"})
        assert unread.status_code == 200
        stale = visit(me, "POST", CONFIRM, {"term": "x", "confirmed": "y"})
        assert stale.status_code == 409
        done = visit(me, "POST", CONFIRM, {"term": "180", "confirmed": "y"})
        assert done.status_code == 303
        assert "No shortened rule waits" in visit(me, "GET", CONFIRM).text
    held = queries.rule_of("references")
    assert held is not None and (held.days, held.effective) == (90, 180)
    assert visit(cast.auditor, "POST", SET, {"days": "90", "appeal_days": "90"}).status_code == 404
    assert visit(me, "GET", "/retention/nothing/set").status_code == 404
