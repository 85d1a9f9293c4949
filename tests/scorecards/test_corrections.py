"""What the company says and asks for, what an officer decides, and what a later version names."""

from __future__ import annotations

import html
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from portal.core import clock
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.outbox import Letter
from portal.documents.models import Document
from portal.removal_requests import service as requests
from portal.removal_requests.models import CorrectedTime, RemovalRequest
from portal.scorecards import queries, said, service
from portal.scorecards.models import Copy, Correction, CorrectionStatus, Scorecard, ScorecardStatus
from tests.scorecards.conftest import DELIVERED, MONTH, OVER

REPLIED = OVER + timedelta(days=1)
HOUR = timedelta(hours=1)


def told(kind: str) -> list[str]:
    return sorted(one.address for one in db.session.query(Letter).filter_by(kind=kind))


@pytest.fixture
def slow(sent: Any) -> RemovalRequest:
    """The card is with the company; the request of it that was gone only at 48 hours."""
    sent()
    found = db.session.query(RemovalRequest).filter_by(removed_at=DELIVERED + 48 * HOUR).one()
    assert isinstance(found, RemovalRequest)
    return found


@pytest.fixture
def card(slow: RemovalRequest) -> Scorecard:
    found: Scorecard = db.session.query(Scorecard).one()
    return found


@pytest.fixture
def asked(card: Scorecard, slow: RemovalRequest, by: Any) -> Correction:
    with transaction():
        return service.ask_correction(
            card, measure="R2", case_no=slow.request_no, what="It was gone after 40 hours.",
            why="Our log of the deletion.", by=by("delegate"), at=REPLIED,
        )  # fmt: skip


def decide(asked: Correction, by: Any, who: str = "officer", granted: bool = True) -> None:
    decision = CorrectionStatus.GRANTED if granted else CorrectionStatus.REFUSED
    with transaction():
        service.decide_correction(
            asked, decision, reason="The log is sound.", by=by(who), at=REPLIED + HOUR
        )


def test_words_on_single_measures_are_printed_as_they_are(card: Scorecard, by: Any) -> None:
    with transaction():
        service.comment(
            card, "", remarks={"R2": "Two of these\r\nwere satire.", "R4": " ", "R9": "?"},
            by=by("delegate"), at=REPLIED,
        )  # fmt: skip
    with transaction():
        service.freeze(card, by=by("head"), at=REPLIED)

    assert card.remarks == {"R2": "Two of these\nwere satire."}
    printed = db.session.query(Document).filter_by(language="en").one()
    assert [one["text"] for one in printed.content["said"]["quotes"]] == [
        "Two of these\nwere satire."
    ]
    assert printed.content["said"]["quotes"][0]["by"].startswith("R2 Removed at source in time")


def test_who_says_nothing_at_all_is_asked_to(card: Scorecard, by: Any) -> None:
    with pytest.raises(Refused, match="Write what you want printed"):
        service.comment(card, " ", remarks={"R1": ""}, by=by("delegate"), at=REPLIED)


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ({"measure": "", "case_no": ""}, "Choose the figure"),
        ({"measure": "R9"}, "Choose one"),
        ({"case_no": "R-none"}, "is not on this card"),
        ({"what": " "}, "Say what should be corrected"),
        ({"why": ""}, "Say what should be corrected"),
        ({"why": "Call 010-1234-5678"}, "personal data"),
    ],
)
def test_a_correction_names_what_and_why(
    card: Scorecard, by: Any, given: dict[str, str], remedy: str
) -> None:
    values = {"measure": "R1", "case_no": "", "what": "This.", "why": "That."} | given

    with pytest.raises(Refused, match=remedy):
        service.ask_correction(card, **values, by=by("delegate"), at=REPLIED)


def test_after_its_time_or_the_freeze_nothing_is_asked(card: Scorecard, by: Any) -> None:
    given = {"measure": "R1", "case_no": "", "what": "This.", "why": "That."}
    with pytest.raises(Refused, match="ended"):
        service.ask_correction(card, **given, by=by("delegate"), at=OVER + timedelta(days=9))
    with transaction():
        service.freeze(card, by=by("head"), at=OVER + timedelta(days=9))

    with pytest.raises(Refused, match="while the card is with the company"):
        service.ask_correction(card, **given, by=by("delegate"), at=REPLIED)


def test_a_card_is_not_frozen_over_an_open_correction(
    card: Scorecard, asked: Correction, by: Any
) -> None:
    assert "officer@kcsc.example" in told("scorecards:ask_correction")
    with pytest.raises(Refused, match="Decide each of them first"):
        service.freeze(card, by=by("head"), at=OVER + timedelta(days=9))


def test_who_issued_the_request_does_not_decide(
    slow: RemovalRequest, asked: Correction, by: Any
) -> None:
    with transaction():
        db.session.get_one(RemovalRequest, slow.id).issued_by_id = by("officer").account_id

    with pytest.raises(Refused, match="Somebody other than the person who issued"):
        decide(asked, by)
    decide(asked, by, "head", granted=False)

    assert (asked.status, asked.decided_by) == (CorrectionStatus.REFUSED, by("head").name)
    assert told("scorecards:decide_correction") == [
        "company_admin@telegram.example", "delegate@telegram.example"
    ]  # fmt: skip
    with pytest.raises(Refused, match="decided already"):
        decide(asked, by, "head")


def test_a_refused_correction_leaves_the_figures(
    card: Scorecard, asked: Correction, companies: Any, by: Any
) -> None:
    decide(asked, by, granted=False)

    with pytest.raises(Refused, match="one of them is granted"):
        service.draft(companies["telegram"], MONTH, by=by("officer"), at=REPLIED + HOUR)


def test_what_is_granted_is_put_right_and_the_card_names_it(
    card: Scorecard, asked: Correction, slow: RemovalRequest, companies: Any, by: Any
) -> None:
    """The time is corrected after the follow-up: the card knows it, and stays with the company."""
    decide(asked, by)
    with transaction():
        requests.correct_time(
            slow, CorrectedTime.REMOVED, DELIVERED + 40 * HOUR, reason="The company's log.",
            by=by("head"), at=REPLIED + HOUR,
        )  # fmt: skip
    with transaction():
        service.draft(companies["telegram"], MONTH, by=by("officer"), at=REPLIED + 2 * HOUR)

    assert (card.status, card.version) == (ScorecardStatus.WITH_COMPANY, 1)
    assert {one["what"] for one in card.changes} == {"R3", "score"}
    assert told("scorecards:compute")
    with transaction():
        service.comment(card, "Thank you.", by=by("delegate"), at=REPLIED + 3 * HOUR)
    with transaction():
        service.freeze(card, by=by("head"), at=REPLIED + 3 * HOUR)
    printed = sections(card)
    assert printed["corrections"]["tables"][0]["rows"][0][:4] == [
        f"R2 {slow.request_no}", "It was gone after 40 hours. – Our log of the deletion.",
        "granted", "The log is sound.",
    ]  # fmt: skip
    assert [row[0] for row in printed["changes"]["tables"][0]["rows"]] == ["R3", "Score"]


def sections(card: Scorecard) -> dict[str, Any]:
    """The annex of a card's English print, by the sections' ids."""
    document = db.session.query(Document).filter_by(subject_id=card.id, language="en").one()
    return {one["id"]: one for one in document.content["annex"]}


@pytest.fixture
def published(card: Scorecard, by: Any) -> Scorecard:
    with transaction():
        service.comment(card, "Noted.", by=by("delegate"), at=REPLIED)
    with transaction():
        service.freeze(card, by=by("head"), at=REPLIED)
    with transaction():
        service.publish(card, by=by("head"), at=REPLIED)
    return card


def correct(slow: RemovalRequest, by: Any) -> None:
    """Gone after the 48 hours, as it turns out."""
    with transaction():
        requests.correct_time(
            slow, CorrectedTime.DELIVERED, DELIVERED - HOUR / 2, reason="The receipt says so.",
            by=by("head"), at=REPLIED + HOUR,
        )  # fmt: skip


def test_a_frozen_card_is_corrected_only_with_words(
    published: Scorecard, companies: Any, by: Any
) -> None:
    with pytest.raises(Refused, match="Say what the new version corrects"):
        service.draft(companies["telegram"], MONTH, by=by("officer"), at=REPLIED + HOUR)


def test_a_new_version_names_the_change_and_tells_who_holds_the_old(
    published: Scorecard, slow: RemovalRequest, companies: Any, by: Any
) -> None:
    kept = (
        published.inputs_hash,
        [one.content for one in db.session.query(Document).order_by(Document.id)],
    )
    before = published.summary["values"]["R2"]
    correct(slow, by)
    with transaction():
        second = service.draft(
            companies["telegram"], MONTH, why="The receipt of one delivery was read wrongly.",
            by=by("officer"), at=REPLIED + 2 * HOUR,
        )  # fmt: skip
    with transaction():
        service.freeze(second, by=by("head"), at=REPLIED + 2 * HOUR, unasked="It asked for it.")

    changed = {one["what"]: (one["before"], one["after"]) for one in second.changes}
    assert changed["R2"] == (before, second.summary["values"]["R2"])
    assert before > second.summary["values"]["R2"]
    assert said.changes(second)[0].before == "58.33"
    assert told("scorecards:correct") == [
        "commissioner@kcsc.example", "company_admin@telegram.example", "delegate@telegram.example"
    ]  # fmt: skip
    old = db.session.get_one(Scorecard, published.id)
    documents = db.session.query(Document).filter_by(subject_id=old.id).order_by(Document.id)
    held = [one.content for one in documents]
    assert (old.inputs_hash, held) == kept and old.status is ScorecardStatus.PUBLISHED
    assert sections(second)["changes"]["lead"] == "The receipt of one delivery was read wrongly."
    assert service.verify(old) == service.verify(second) == []
    assert queries.before(second) is old
    assert db.session.query(AuditEvent).filter_by(verb="scorecards:freeze").count() == 2


def test_a_change_that_two_places_do_not_show_is_told_with_more() -> None:
    card = Scorecard(changes=[
        {"what": "R3", "before": 87.0123, "after": 86.95},
        {"what": "score", "before": 85.8812, "after": 85.8801},
        {"what": "letter", "before": "B", "after": "B"},
        {"what": "median_hours", "before": None, "after": 8.5},
    ])  # fmt: skip

    assert [(one.before, one.after) for one in said.changes(card)] == [
        ("87.01", "86.95"), ("85.881", "85.880"), ("B", "B"), ("–", "8.50"),
    ]  # fmt: skip


# On the pages


def page_of(visit: Any, who: Any, path: str, at: Any = REPLIED) -> str:
    with clock.stopped_at(at):
        return html.unescape(visit(who, "GET", path).get_data(as_text=True))


def test_a_correction_to_decide_stands_on_the_desk_and_first_on_the_card(
    cast: Any, visit: Any, asked: Correction, by: Any
) -> None:
    number, card = asked.id, f"/scorecards/{asked.scorecard_id}"
    door = f'<a href="/scorecards/corrections/{number}/decide">Telegram, March 2026</a>'

    assert door in page_of(visit, cast.officer, "/")
    assert door in page_of(visit, cast.head, "/")
    shown = page_of(visit, cast.officer, card)
    assert '<a class="button button-primary" href="#corrections">' in shown
    assert "nobody has decided" in shown
    assert "Corrections of scorecards" not in page_of(visit, cast.delegate, "/")
    decide(asked, by, granted=False)
    assert door not in page_of(visit, cast.officer, "/")


def test_what_was_asked_stands_on_the_page_once_by_name_with_the_way_to_its_case(
    cast: Any, visit: Any, asked: Correction, slow: RemovalRequest
) -> None:
    title, case = "Corrections the company asked for", f"/removal-requests/{slow.id}"
    card, number = f"/scorecards/{asked.scorecard_id}", asked.id
    named = f"R2 Removed at source in time, verified, {slow.request_no}"

    for who in (cast.officer, cast.delegate):
        shown = page_of(visit, who, card)
        assert (shown.count(title), shown.count(named)) == (1, 1)
    form = page_of(visit, cast.officer, f"/scorecards/corrections/{number}/decide")
    assert named in form and f'<a href="{case}">' in form
    offered = page_of(visit, cast.delegate, f"{card}/ask-correction")
    assert ">R6 Agreed action items done in time</option>" in offered


def test_before_it_freezes_a_head_learns_that_a_granted_correction_changed_nothing(
    cast: Any, visit: Any, card: Scorecard, asked: Correction, slow: RemovalRequest,
    companies: Any, by: Any,
) -> None:  # fmt: skip
    with transaction():
        service.comment(card, "Look at it.", by=by("delegate"), at=REPLIED)
    decide(asked, by)
    path, warning = f"/scorecards/{card.id}", "but no figure of the card has changed. Put it right"

    assert warning in page_of(visit, cast.head, path)
    assert "Compute again</a>" in page_of(visit, cast.officer, path)
    with transaction():
        requests.correct_time(
            slow, CorrectedTime.REMOVED, DELIVERED + 40 * HOUR, reason="The company's log.",
            by=by("head"), at=REPLIED + HOUR,
        )  # fmt: skip
    with transaction():
        service.draft(companies["telegram"], MONTH, by=by("officer"), at=REPLIED + 2 * HOUR)
    assert warning not in page_of(visit, cast.head, path)


def test_a_frozen_card_is_corrected_on_the_page(
    cast: Any, visit: Any, published: Scorecard, slow: RemovalRequest, by: Any
) -> None:
    """The reason is asked for where it is typed; both versions then lead to each other."""
    correct(slow, by)
    company, first = published.company_id, published.id
    form = {"company": company, "month": MONTH}
    at = REPLIED + 2 * HOUR

    assert 'name="why"' in page_of(visit, cast.officer, f"/scorecards/compute?company={company}")
    with clock.stopped_at(at):
        done = visit(cast.officer, "POST", "/scorecards/compute", form | {"why": "Misread."})
    second = done.location
    shown = page_of(visit, cast.officer, f"/scorecards/{first}", at)
    assert f'A later version corrects this card: <a href="{second}">Version 2 (draft)</a>' in shown
    assert "This is version 2; it corrects an earlier one." in page_of(
        visit, cast.officer, second, at
    )
    assert "later version" not in page_of(visit, cast.commissioner, f"/scorecards/{first}", at)


def test_a_comment_of_many_short_lines_stands_in_the_annex(card: Scorecard, by: Any) -> None:
    with transaction():
        service.comment(card, "a\n" * 6 + "  b", by=by("delegate"), at=REPLIED)
    with transaction():
        service.freeze(card, by=by("head"), at=REPLIED)

    assert sections(card)["comment"]["quotes"][0]["text"].endswith("a\n  b")


# Verifying


def test_the_rows_are_compared_by_number_and_field(
    published: Scorecard, slow: RemovalRequest, request_to: Any, companies: Any, by: Any
) -> None:
    assert service.verify_live(published, at=REPLIED) == []
    correct(slow, by)
    late = request_to(companies["telegram"], answered=1)
    db.session.commit()

    found = service.verify_live(published, at=REPLIED + 2 * HOUR)

    assert {(one.number, one.field) for one in found} == {
        (slow.request_no, "delivered_at"), (late.request_no, "row"),
        ("regulator", "issue_to_delivery_hours"),
    } - {("regulator", "issue_to_delivery_hours")}  # fmt: skip
    assert service.verify_live(published, at=REPLIED)[0].number == late.request_no


def test_verify_from_the_command_line(
    published: Scorecard, slow: RemovalRequest, by: Any, app: Any, tmp_path: Path
) -> None:
    run = app.test_cli_runner().invoke
    file = tmp_path / "card.pdf"
    file.write_bytes(service.pdf(published, language="ko", at=REPLIED))
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(file.read_bytes() + b"\n% one line more\n")
    other = tmp_path / "other.pdf"
    other.write_bytes(b"%PDF-1.7 no card")
    copies = [tmp_path / f"{copy}.pdf" for copy in (Copy.REGULATOR, Copy.OUTSIDE)]
    for one in copies:
        one.write_bytes(service.pdf(published, language="en", at=REPLIED, copy=Copy(one.stem)))
    number, slug = str(published.id), "telegram"
    with clock.stopped_at(REPLIED + 2 * HOUR):
        good = [
            run(args=["scorecards", "verify", *words])
            for words in ([f"{slug} {MONTH}"], [slug, MONTH], [number], [str(file)], ["--all"],
                          *([str(one)] for one in copies), ["--from", "2026-01", "--to", MONTH])
        ]  # fmt: skip
        bad = run(args=["scorecards", "verify", str(changed)])
        none = run(args=["scorecards", "verify", str(other)])
        missing = run(args=["scorecards", "verify", f"{slug} 2026-02"])
        correct(slow, by)
        live = run(args=["scorecards", "verify", f"{slug} {MONTH}"])

    assert [one.exit_code for one in good] == [0] * 8, [one.output for one in good]
    assert all("1 frozen cards computed again, 0 differ" in one.output for one in good)
    assert (bad.exit_code, "NOT the print" in bad.output) == (1, True)
    assert (none.exit_code, "no frozen card" in none.output) == (1, True)
    assert (missing.exit_code, "There is no frozen card" in missing.output) == (1, True)
    assert live.exit_code == 1
    assert f"  {slow.request_no} delivered_at: 2026-03-10T03:00:00+00:00 on the card" in live.output


# Pages


def test_the_whole_way_by_pages(
    card: Scorecard, slow: RemovalRequest, cast: Any, visit: Any
) -> None:
    here = f"/scorecards/{card.id}"
    words = {"measure": "R2", "case_no": slow.request_no, "what": "Gone <b>before</b>.", "why": "A log."}  # fmt: skip
    with clock.stopped_at(REPLIED):
        wrong = visit(cast.delegate, "POST", f"{here}/ask-correction", words | {"case_no": "R-0"})
        done = visit(cast.delegate, "POST", f"{here}/ask-correction", words)
        asked = db.session.query(Correction).one().id
        page = visit(cast.officer, "GET", here).get_data(as_text=True)
        decide = f"/scorecards/corrections/{asked}/decide"
        empty = visit(cast.officer, "POST", decide, {"decision": "correction_granted"})
        given = visit(
            cast.officer, "POST", decide, {"decision": "correction_granted", "reason": "Right."}
        )
        seen = visit(cast.delegate, "GET", here).get_data(as_text=True)
        checked = visit(cast.auditor, "GET", f"{here}/verify").get_data(as_text=True)
        rival = visit(cast.rival, "GET", here).status_code

    assert (wrong.status_code, done.status_code) == (200, 303)
    assert "is not on this card" in wrong.get_data(as_text=True)
    assert "Gone &lt;b&gt;before&lt;/b&gt;." in page and decide in page
    assert (empty.status_code, given.status_code, rival) == (200, 303, 404)
    assert "Right." in seen and decide not in seen
    assert "to the last digit" in checked and "request by request" in checked
