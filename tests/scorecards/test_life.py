"""Draft, with the company, frozen, published: each verb, who may not, and what stays."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.core import files
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.outbox import Letter
from portal.documents.jobs import print_waiting
from portal.documents.models import Document, DocumentKind
from portal.retention import jobs as retention
from portal.scorecards import queries, service
from portal.scorecards.models import Scorecard, ScorecardStatus
from tests.scorecards.conftest import MONTH, OVER

REPLIED = OVER + timedelta(days=1)


def letters(kind: str) -> list[str]:
    return [one.address for one in db.session.query(Letter).filter_by(kind=kind)]


def test_a_second_compute_replaces_the_draft(
    companies: Any, draft: Any, request_to: Any, by: Any
) -> None:
    first = draft()
    before = (first.id, first.inputs_hash)
    request_to(companies["telegram"], answered=1, removed=1)
    db.session.commit()

    with transaction():
        second = service.draft(companies["telegram"], MONTH, by=by("officer"), at=OVER)

    assert second.id == before[0] and second.inputs_hash != before[1]
    assert second.summary["requests"] == 13
    assert db.session.query(Scorecard).count() == 1


def test_the_follow_up_ends_before_a_card_is_sent(companies: Any, twelve: Any, by: Any) -> None:
    twelve(companies["telegram"])
    with transaction():
        early = service.draft(
            companies["telegram"], MONTH, by=by("officer"), at=OVER - timedelta(days=3)
        )

    with pytest.raises(Refused, match="followed until"):
        service.send(early, by=by("head"), at=OVER)


def test_a_month_without_anything_is_refused(companies: Any, by: Any) -> None:
    with pytest.raises(Refused, match="nothing to assess"):
        service.draft(companies["x"], MONTH, by=by("officer"), at=OVER)


def test_the_company_has_five_korean_working_days(sent: Any) -> None:
    card = sent()

    # Sent on Wednesday 8 April 2026; the fifth working day is Wednesday 15 April.
    assert card.reply_due_at == datetime(2026, 4, 15, 14, 59, 59, tzinfo=UTC)
    assert card.status is ScorecardStatus.WITH_COMPANY
    assert sorted(letters("scorecards:send")) == ["company_admin@telegram.example", "delegate@telegram.example"]  # fmt: skip
    # A mail is handed on: the hour in it names its zone, in the subject and in the text.
    until = "Wed 15 Apr 2026, 23:59 Seoul (UTC+09:00)"
    for letter in db.session.query(Letter).filter_by(kind="scorecards:send"):
        assert until in letter.subject and until in letter.body
    assert db.session.query(AuditEvent).filter_by(verb="scorecards:send").count() == 1


def test_silence_is_waited_for(sent: Any, by: Any) -> None:
    card = sent()

    with pytest.raises(Refused, match="may reply until"):
        service.freeze(card, by=by("head"), at=REPLIED)


def test_a_comment_after_its_time_is_refused(sent: Any, by: Any) -> None:
    card = sent()

    with pytest.raises(Refused, match="ended"):
        service.comment(card, "Too late.", by=by("delegate"), at=OVER + timedelta(days=9))


def test_a_comment_holds_no_personal_data(sent: Any, by: Any) -> None:
    card = sent()

    with pytest.raises(Refused, match="personal data"):
        service.comment(card, "Call 010-1234-5678", by=by("delegate"), at=REPLIED)


@pytest.fixture
def frozen(sent: Any, by: Any) -> Scorecard:
    card: Scorecard = sent()
    with transaction():
        service.comment(card, "Word for word.", by=by("delegate"), at=REPLIED)
    with transaction():
        service.freeze(card, by=by("head"), at=REPLIED)
    return card


def test_a_frozen_card_holds_its_inputs_and_what_is_printed_of_it(frozen: Scorecard) -> None:
    kept = db.session.query(Document).filter_by(kind=DocumentKind.SCORECARD).all()

    assert sorted(one.language for one in kept) == ["en", "ko"]
    assert [one.released_at for one in kept] == [None, None]
    assert all(one.content["said"]["quotes"][0]["text"] == "Word for word." for one in kept)
    assert service.verify(frozen) == []


def test_the_clock_prints_a_frozen_card(frozen: Scorecard) -> None:
    kept = db.session.query(Document).filter_by(kind=DocumentKind.SCORECARD).all()
    assert [one.is_printed for one in kept] == [False, False]

    print_waiting(OVER)

    assert all(files.load(one.pdf_sha256).startswith(b"%PDF") for one in kept)


def test_a_frozen_card_does_not_follow_its_rows(
    frozen: Scorecard, companies: Any, request_to: Any, by: Any
) -> None:
    figures = dict(frozen.score)
    request_to(companies["telegram"])
    db.session.commit()

    assert service.verify(frozen) == []
    with transaction():
        correction = service.draft(
            companies["telegram"], MONTH, why="One was missing.", by=by("officer"), at=REPLIED
        )
    assert (correction.version, correction.summary["requests"]) == (2, 13)
    assert db.session.get(Scorecard, frozen.id).score == figures
    assert [card.version for card in queries.of_month(MONTH)] == [2]
    assert [card.version for card in queries.of_month(MONTH, statuses=queries.BINDING)] == [1]
    assert queries.latest(companies["telegram"].id, MONTH).version == 2


def test_what_was_changed_by_hand_is_found(frozen: Scorecard, app: Any) -> None:
    changed = json.loads(json.dumps(frozen.score))
    changed["score"] += 1
    with transaction():
        db.session.get(Scorecard, frozen.id).score = changed

    answer = app.test_cli_runner().invoke(args=["scorecards", "verify"])

    assert answer.exit_code == 1
    assert "telegram 2026-03 v1: score.score" in answer.output


@pytest.mark.parametrize("verb", ["send", "freeze"])
def test_a_frozen_card_goes_no_way_back(frozen: Scorecard, by: Any, verb: str) -> None:
    with pytest.raises(Refused):
        getattr(service, verb)(frozen, by=by("head"), at=REPLIED)


def test_publishing_releases_the_documents(frozen: Scorecard, by: Any) -> None:
    with transaction():
        service.publish(frozen, by=by("head"), at=REPLIED)

    assert frozen.status is ScorecardStatus.PUBLISHED
    assert {one.released_at for one in db.session.query(Document)} == {REPLIED}
    assert "commissioner@kcsc.example" in letters("scorecards:publish")
    verbs = [one.verb for one in db.session.query(AuditEvent).order_by(AuditEvent.id)]
    assert [verb for verb in verbs if verb.startswith("scorecards:")] == [
        "scorecards:compute", "scorecards:send", "scorecards:comment", "scorecards:freeze",
        "scorecards:publish",
    ]  # fmt: skip


def test_without_a_reply_only_with_a_reason_that_is_printed(draft: Any, by: Any) -> None:
    card = draft()
    with pytest.raises(Refused, match="right of reply"):
        service.freeze(card, by=by("head"), at=OVER)

    with transaction():
        service.freeze(card, by=by("head"), at=OVER, unasked="A month before the portal.")

    printed = db.session.query(Document).filter_by(language="en").one()
    assert "A month before the portal." in printed.content["said"]["note"]


def test_from_the_command_line(app: Any, companies: Any, twelve: Any, tmp_path: Any) -> None:
    twelve(companies["telegram"])
    run = app.test_cli_runner().invoke
    named = ["--company", "telegram", "--month", MONTH]

    refused = run(args=["scorecards", "freeze", *named, "--at", OVER.isoformat()])
    frozen = run(args=["scorecards", "freeze", *named, "--at", OVER.isoformat(), "--unasked", "A rehearsal."])  # fmt: skip
    printed = run(args=["scorecards", "pdf", *named, "-o", str(tmp_path / "card.pdf")])
    checked = run(args=["scorecards", "verify", "--json"])

    assert refused.exit_code != 0 and "flask scorecards draft" in refused.output
    assert (frozen.exit_code, printed.exit_code, checked.exit_code) == (0, 0, 0), frozen.output
    assert "as stored" in printed.output
    assert (tmp_path / "card.pdf").read_bytes().startswith(b"%PDF")
    assert json.loads(checked.stdout) == {
        "cards": 1, "differences": {}, "live": {}, "file": True
    }  # fmt: skip


def test_erasing_references_changes_no_frozen_card(sent: Any, by: Any) -> None:
    card = sent()
    with transaction():
        service.freeze(card, by=by("head"), at=OVER + timedelta(days=20))
    kept = (card.inputs_hash, card.score, card.summary, card.details)

    assert retention.erase(OVER + timedelta(days=400))["references"] == 7
    db.session.expire_all()
    assert service.verify(card) == []
    assert (card.inputs_hash, card.score, card.summary, card.details) == kept
    # The skeleton is enough to compute the month anew.
    again = service.compute(card.company, card.month, card.as_of)
    assert again.to_dict()["measures"] == card.score["measures"]
