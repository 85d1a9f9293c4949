"""References are erased in time and not before; the skeleton and the scorecards stay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import inspect

from portal.core import keys
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.secrets import digest, seal, unseal
from portal.hotline import service as hotline
from portal.removal_requests import erasing, filing, importing, queries
from portal.removal_requests import service as removals
from portal.removal_requests.models import (
    Dispute,
    Exclusion,
    Outcome,
    Recheck,
    RemovalRequest,
    RevealPurpose,
    Verification,
)
from portal.retention import jobs
from tests.removal_requests import make
from tests.retention.conftest import DAY, TERM

LATER = timedelta(days=400)


def erased(at: Any) -> list[str]:
    jobs.erase(at)
    db.session.expire_all()
    held = db.session.query(RemovalRequest).filter(RemovalRequest.erased_at.is_not(None))
    return sorted(one.request_no for one in held)


def test_the_reference_goes_and_the_skeleton_stays(gone: Any, at: Any) -> None:
    request = gone()
    number, columns = request.request_no, [c.key for c in inspect(RemovalRequest).columns]
    before = {name: getattr(request, name) for name in columns}

    assert erased(at + TERM) == []
    assert erased(at + TERM + DAY) == [number]
    after = {name: getattr(request, name) for name in columns}
    changed = {name: after[name] for name in columns if after[name] != before[name]}
    assert changed == {
        "reference_encrypted": "", "reference_digest": "", "place_digest": None,
        "erased_at": at + TERM + DAY,
    }  # fmt: skip
    assert erasing.left([request.id]) == set()
    assert erased(at + TERM + 2 * DAY) == [number]  # once


@pytest.mark.parametrize(
    "state",
    [
        {"dispute": Dispute.OPEN},
        {"exclusion": Exclusion.WITHDRAWN},
        {"verification": Verification.STILL_UP},
        {"verification": None, "verified_at": None},
        {"is_drawn": True},
        {"is_drawn": True, "recheck": Recheck.REAPPEARED, "rechecked_at": "at"},
        {"reappeared_at": "at"},
        {"last_event_at": "late"},
    ],
    ids=str,
)
def test_never_while_somebody_needs_it(gone: Any, at: Any, state: dict[str, Any]) -> None:
    request = gone()
    times = {"at": at, "late": at + LATER - TERM}
    for name, value in state.items():
        setattr(request, name, times.get(value, value) if isinstance(value, str) else value)
    db.session.commit()

    assert erased(at + LATER) == []


@pytest.mark.parametrize(
    "state",
    [
        {"dispute": Dispute.REJECTED},
        {"is_drawn": False},
        {"is_drawn": True, "recheck": Recheck.GONE, "rechecked_at": "at"},
        {"verification": Verification.STILL_UP, "exclusion": Exclusion.WITHDRAWN,
         "excluded_by": "Head", "excluded_at": "at"},
    ],
    ids=str,
)  # fmt: skip
def test_what_has_ended_is_erased(gone: Any, at: Any, state: dict[str, Any]) -> None:
    request = gone()
    for name, value in state.items():
        setattr(request, name, at if value == "at" else value)
    db.session.commit()

    assert erased(at + LATER) == [request.request_no]


def test_a_spell_waits_for_the_one_after_it(gone: Any, cast: Any, at: Any) -> None:
    first = gone()
    with transaction():
        second = removals.report_reappearance(first, by=cast.officer.as_actor(), at=at + DAY)
    assert second is not None

    assert erased(at + LATER) == []
    second.verification, second.verified_at = Verification.GONE, at + DAY
    second.outcome = Outcome.REMOVED
    db.session.commit()
    assert erased(at + LATER) == [second.request_no]
    assert erased(at + LATER + DAY) == [first.request_no, second.request_no]


def test_what_was_imported_without_a_reference_leaves_no_residue(gone: Any, at: Any) -> None:
    request = gone()
    request.reference_encrypted, request.reference_digest = seal(""), digest("")
    request.place_digest = None
    db.session.commit()

    assert erased(at + LATER) == []


def test_the_hotlines_copy_goes_with_it(companies: Any, cast: Any, at: Any) -> None:
    intake, secret = make.intake(companies["telegram"], cast, at=at)
    with transaction():
        [request] = removals.hand_over(intake, by=cast.operator.as_actor(), at=at)
    request.verification, request.verified_at = Verification.GONE, at
    db.session.commit()

    assert erased(at + TERM + DAY) == [request.request_no]
    assert intake.reference_encrypted == ""
    held = hotline.opened_by(intake.case_code, secret)
    assert held is not None and removals.progress(held) == "case_gone"


def test_an_erased_reference_is_refused_with_its_day(
    gone: Any, cast: Any, visit: Any, at: Any
) -> None:
    request = gone()
    erased(at + TERM + DAY)
    here = f"/removal-requests/{request.id}"

    with pytest.raises(Refused, match="erased on"), transaction():
        removals.reveal(request, RevealPurpose.CHECK, by=cast.officer.as_actor(), at=at + LATER)
    assert make.events("reveal") == []
    for person in (cast.officer, cast.delegate):
        page = visit(person, "GET", f"{here}/reveal")
        assert page.status_code == 200 and "was erased on" in page.text
        assert "retention rule" in page.text and "/retention/" not in page.text
        posted = visit(person, "POST", f"{here}/reveal", {"purpose": "to_check"})
        assert posted.status_code == 409
        page = visit(person, "GET", here)
        assert "Reference erased on" in page.text and f"{here}/reveal" not in page.text
    assert "/retention/residues" in visit(cast.head, "GET", here).text
    assert visit(cast.rival, "GET", here).status_code == 404


def test_looking_for_the_same_place_passes_it_over(gone: Any, cast: Any, at: Any) -> None:
    request, twin = gone(), gone(at=at + LATER)
    assert [one.id for one in queries.twins(twin)] == [request.id]
    erased(at + LATER)

    assert list(queries.twins(twin)) == [] == list(queries.twins(request))
    assert queries.without_place() == 0
    assert removals.find_places() == 0
    with transaction():
        again = removals.report_reappearance(request, by=cast.officer.as_actor(), at=at + LATER)
    assert again is None  # nothing is left to ask for again


def test_an_export_with_references_leaves_it_empty_and_the_file_is_known(
    gone: Any, at: Any
) -> None:
    gone()
    when = at + LATER

    def export() -> str:
        rows = queries.rows_for_export(None, queries.Filter(), at=when)
        return "".join(importing.written(rows, unseal))

    before = export()
    erased(when)

    assert "SECRETWORD" in before and "SECRETWORD" not in export()
    for content in (before, export()):
        reading = filing.judge(content.encode(), at=when)
        assert (reading.known, list(reading.new), reading.rows.problems) == (1, [], [])


def test_a_new_key_passes_it_over(app: Any, gone: Any, at: Any, tmp_path: Any, monkeypatch: Any) -> None:  # fmt: skip
    path = tmp_path / "encryption.key"
    path.write_text("the-first-key")
    monkeypatch.setitem(app.config, "KEY_FILE", path)
    request, other = gone(), gone(at=at + LATER)
    erased(at + LATER)
    keys.add()

    assert keys.reseal(lambda _count: None) == 1
    assert keys.waiting() == 0
    db.session.expire_all()
    assert erasing.left([request.id]) == set()
    assert unseal(other.reference_encrypted) == "https://t.me/SECRETWORD/7"
    path.write_text(path.read_text().splitlines()[0])  # the old key is thrown away
    assert queries.without_place() == 0 == removals.find_places()
