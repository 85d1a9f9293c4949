"""Rules, batches, residues: what is set, what is erased, what proves it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.core.audit import AuditEvent
from portal.core.clock import stopped_at
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.retention import erasable
from portal.hotline import service as hotline
from portal.removal_requests.models import RemovalRequest
from portal.retention import jobs, queries, service
from portal.retention.models import Residue, ResidueHead
from tests.removal_requests import make
from tests.retention.conftest import DAY, TERM

REFERENCES, INTAKE = erasable("references"), erasable("intake")
assert REFERENCES is not None and INTAKE is not None


def set_rule(cast: Any, at: Any, days: int, appeal_days: int = 90) -> None:
    with transaction():
        service.set_rule(REFERENCES, days=days, appeal_days=appeal_days,
                         by=cast.administrator.as_actor(), at=at)  # fmt: skip


def events(verb: str) -> list[dict[str, Any]]:
    held = db.session.query(AuditEvent).filter_by(verb=f"retention:{verb}")
    return [event.details for event in held.order_by(AuditEvent.id)]


def unlocked(*statements: str) -> None:
    """Do what only somebody could who owns the database."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    for verb in ("update", "delete"):
        of = "" if is_sqlite else " ON residue"
        db.session.execute(text(f"DROP TRIGGER residue_no_{verb}{of}"))
    for statement in statements:
        db.session.execute(text(statement))
    db.session.commit()
    db.session.expunge_all()


@pytest.mark.parametrize(
    ("days", "appeal_days", "field"),
    [(89, 90, "days"), (90, 89, "appeal_days"), (3600, 90, "days"), (-1, 0, "days")],
)
def test_no_rule_is_shorter_than_the_law_allows(
    cast: Any, at: Any, days: int, appeal_days: int, field: str
) -> None:
    with pytest.raises(FieldError) as refused:
        set_rule(cast, at, days, appeal_days)

    assert refused.value.field == field and "Article 27" in refused.value.sentence
    assert queries.rule_of("references") is None


def test_a_longer_rule_holds_at_once(gone: Any, cast: Any, at: Any) -> None:
    gone()
    when = at + TERM + DAY
    assert queries.standing(REFERENCES, at=when).now == 1

    set_rule(cast, when, 200)

    held = queries.standing(REFERENCES, at=when)
    assert (held.now, held.soon, held.effective, held.is_waiting) == (0, 1, 290, False)
    assert jobs.erase(when)["references"] == 0
    assert events("set") == [
        {"code": "references", "before": {"days": 180, "appeal_days": 90},
         "after": {"days": 200, "appeal_days": 90}, "effective": 290}
    ]  # fmt: skip


def test_a_shorter_rule_erases_once_its_preview_was_confirmed(
    gone: Any, cast: Any, at: Any
) -> None:
    gone()
    when, head = at + 200 * DAY, cast.administrator.as_actor()
    set_rule(cast, when, 90)

    held = queries.standing(REFERENCES, at=when)
    assert (held.days, held.effective, held.is_waiting, held.now) == (90, 270, True, 0)
    assert queries.preview(REFERENCES, 180, at=when).now == 1
    assert jobs.erase(when)["references"] == 0
    with pytest.raises(Refused, match="changed meanwhile"), transaction():
        service.confirm(REFERENCES, term=200, by=head, at=when)
    with transaction():
        service.confirm(REFERENCES, term=180, by=head, at=when)
    with pytest.raises(Refused, match="No shortened rule"), transaction():
        service.confirm(REFERENCES, term=180, by=head, at=when)
    assert jobs.erase(when)["references"] == 1
    assert events("confirm") == [{"code": "references", "before": 270, "after": 180}]
    (residue,) = db.session.query(Residue)
    assert (residue.days, residue.appeal_days, residue.effective_days) == (90, 90, 180)


def test_the_same_rule_again_changes_nothing(cast: Any, at: Any) -> None:
    set_rule(cast, at, 180)

    assert events("set") == []


def test_the_preview_names_the_days(gone: Any, at: Any) -> None:
    for n in (0, 1, 1, 40):
        gone(at=at + n * DAY, reference=f"https://t.me/c/{n}/{at + n * DAY}".replace(" ", ""),
             measure_type="removal" if n else "account")  # fmt: skip

    held = queries.preview(REFERENCES, 270, at=at + TERM + timedelta(hours=1))

    assert held.now == 1
    assert [count for _on, count in held.days] == [2]


def test_each_batch_is_whole_and_it_goes_on_where_it_stopped(
    gone: Any, at: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(service, "BATCH", 2)
    for n in range(5):
        gone(reference=f"https://t.me/c/{n}")
    when, told = at + TERM + DAY, []

    class Interrupted(BaseException):
        pass

    def stop(count: int) -> None:
        told.append(count)
        if len(told) == 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        jobs.erase(when, step=stop)
    db.session.rollback()
    erased = db.session.query(RemovalRequest).filter(RemovalRequest.erased_at.is_not(None)).count()
    assert (erased, queries.total()) == (4, 4)
    assert list(queries.breaks()) == []
    assert jobs.erase(when)["references"] == 1
    assert jobs.erase(when)["references"] == 0
    assert (queries.total(), list(queries.breaks())) == (5, [])
    assert [one["records"] for one in events("erase")] == [2, 2, 1]
    assert events("erase")[-1]["hash"] == db.session.get_one(ResidueHead, 1).last_hash


def test_a_residue_says_what_was_erased_and_nothing_of_it(gone: Any, at: Any) -> None:
    request = gone()
    was = (request.reference_digest, request.place_digest)
    jobs.erase(at + TERM + DAY)

    (residue,) = db.session.query(Residue)
    assert (residue.number, residue.subject, residue.code) == (
        request.request_no, "removal_request", "references",
    )  # fmt: skip
    assert residue.columns == "reference_encrypted, reference_digest, place_digest"
    assert json.loads(residue.proof)["erased_at"] == (at + TERM + DAY).isoformat().replace(
        "+09:00", "+00:00"
    ) or json.loads(residue.proof)["erased_at"].endswith("+00:00")
    assert residue.proven == residue.hash
    assert "SECRETWORD" not in residue.proof
    assert not any(one in residue.proof for one in was)


@pytest.mark.parametrize("change", ["UPDATE residue SET number = 'x'", "DELETE FROM residue"])
def test_the_database_keeps_residues(gone: Any, at: Any, change: str) -> None:
    gone()
    jobs.erase(at + TERM + DAY)

    with pytest.raises(DBAPIError, match="never changed"):
        db.session.execute(text(change))
    db.session.rollback()


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        (["DELETE FROM residue WHERE id = 2"],
         [(2, "missing"), (3, "does not follow its predecessor")]),
        (["DELETE FROM residue WHERE id = 3"], [(3, "the end of the chain was cut off")]),
        (["UPDATE residue SET number = 'x' WHERE id = 1"],
         [(1, "was changed after it was written")]),
        (["UPDATE removal_request SET reference_encrypted = 'x' WHERE id = "
          "(SELECT subject_id FROM residue WHERE id = 2)"],
         [(2, "says that something was erased that is still there")]),
    ],
    ids=["a missing one", "a cut end", "a changed one", "something left"],
)  # fmt: skip
def test_what_does_not_hold_shows(
    app: Any, gone: Any, at: Any, changes: list[str], found: list[tuple[int, str]]
) -> None:
    for n in range(3):
        gone(reference=f"https://t.me/c/{n}")
    jobs.erase(at + TERM + DAY)
    assert list(queries.breaks()) == []
    unlocked(*changes)

    assert list(queries.breaks()) == found
    told = app.test_cli_runner().invoke(args=["retention", "verify", "--json"])
    assert told.exit_code == 1
    assert json.loads(told.output)["broken"] == [
        {"residue": number, "problem": problem} for number, problem in found
    ]


def test_an_erased_intake_answers_like_a_wrong_code(
    companies: Any, cast: Any, visit: Any, at: Any
) -> None:
    intake, secret = make.intake(companies["telegram"], cast, at=at)
    other, _secret = make.intake(companies["telegram"], cast, at=at)
    intake.handed_over_at = at
    db.session.commit()
    when = at + 366 * DAY

    assert hotline.opened_by(intake.case_code, secret) is not None
    assert jobs.erase(when)["intake"] == 1  # what was not handed over waits
    db.session.expire_all()
    assert (intake.reference_encrypted, intake.secret_hash, intake.erased_at) == ("", "", when)
    assert hotline.opened_by(intake.case_code, secret) is None
    assert hotline.opened_by(intake.case_code, "") is None
    assert other.reference_encrypted
    (residue,) = db.session.query(Residue)
    assert residue.number == intake.case_code
    assert "were erased on" in visit(cast.operator, "GET", f"/hotline/{intake.id}").text


def test_the_commands(app: Any, gone: Any, at: Any) -> None:
    gone()
    run = app.test_cli_runner().invoke
    with stopped_at(at + TERM + DAY):
        seen = json.loads(run(args=["retention", "preview", "--json"]).output)
        assert {row["code"]: row["due"] for row in seen} == {
            "visitors": 0, "intake": 0, "handover_notes": 0, "references": 1,
        }  # fmt: skip
        assert "1 due now" in run(args=["retention", "preview"]).output
        assert "references: 1 erased" in run(args=["retention", "run"]).output
        assert "references: 0 erased" in run(args=["retention", "run"]).output
    assert "1 residues, 0 do not hold." in run(args=["retention", "verify"]).output
    wrong = run(args=["retention", "preview", "--at", "yesterday"])
    assert wrong.exit_code == 1 and "is not one" in wrong.output
