"""From a call to a draft, and what the caller learns at each stage."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.secrets import unseal
from portal.hotline.models import Ground
from portal.removal_requests import service
from portal.removal_requests.models import (
    Category,
    DeliveryChannel,
    Exclusion,
    Outcome,
    Recheck,
    RemovalRequest,
    RequestStatus,
    Verification,
)
from tests.removal_requests import make

WORDS = {
    "case_received": "has been received",
    "case_asked": "was asked to remove",
    "case_answered": "has answered",
    "case_gone": "content is gone",
    "case_closed": "has ended",
}


def handed_over(company, cast, *, at, **given):
    intake, secret = make.intake(company, cast, at=at, **given)
    with transaction():
        [request] = service.hand_over(intake, by=cast.operator.as_actor(), at=at)
    return intake, secret, request


@pytest.mark.parametrize(
    ("is_minor", "category"), [(False, "sexual_deepfake"), (True, "child_sexual_material")]
)
def test_a_call_becomes_a_draft_once(companies, cast, at, is_minor, category):
    intake, _secret, request = handed_over(
        companies["telegram"], cast, at=at, is_minor_involved=is_minor,
        reference="https://t.example/SECRETWORD",
    )  # fmt: skip
    by = cast.operator.as_actor()

    assert (request.status, request.category) == (RequestStatus.DRAFT, category)
    assert (request.intake_id, request.platform_id) == (intake.id, intake.platform_id)
    assert unseal(request.reference_encrypted) == "https://t.example/SECRETWORD"
    assert (request.recorded_by_id, intake.handed_over_at) == (cast.operator.id, at)
    with pytest.raises(Refused, match="handed over already"), transaction():
        service.hand_over(intake, by=by, at=at)
    assert db.session.query(RemovalRequest).count() == 1
    event = db.session.query(AuditEvent).filter_by(verb="intake:hand_over").one()
    assert event.details == {"case_code": intake.case_code}


def test_an_address_elsewhere_is_looked_at_before_it_is_issued(companies, cast, visit, at):
    make.platform_of(companies["telegram"]).hosts = "t.example"
    db.session.commit()
    elsewhere, here = [
        handed_over(
            companies["telegram"], cast, at=at, reference=reference, is_elsewhere=True,
        )[2].id
        for reference in ("https://short.example/a", "https://t.example/a")
    ]  # fmt: skip
    word = "stands at no host of this platform"
    pages = [make.text(visit(cast.officer, "GET", f"/removal-requests/{number}"))
             for number in (elsewhere, here)]  # fmt: skip
    many = {"id": [elsewhere, here]}
    preview = make.text(visit(cast.officer, "POST", "/removal-requests/issue-many", many))

    assert word in pages[0] and word not in pages[1]
    assert "short.example" not in pages[0] + preview
    assert preview.count("cannot be done") == 1
    assert "1 would be done, 1 refused" in preview
    visit(cast.officer, "POST", f"/removal-requests/{elsewhere}/issue")
    assert db.session.get(RemovalRequest, elsewhere).status is RequestStatus.ISSUED
    assert word not in make.text(visit(cast.officer, "GET", f"/removal-requests/{elsewhere}"))


def test_two_callers_may_report_the_same(companies, cast, at):
    made = [
        handed_over(companies["telegram"], cast, at=at, reference="https://t.example/same")
        for _n in range(2)
    ]

    assert len({request.request_no for _intake, _secret, request in made}) == 2
    assert len({request.reference_digest for _intake, _secret, request in made}) == 1


def test_the_operator_hands_over_on_the_page_and_does_not_see_the_request(
    companies, cast, visit, at
):
    intake, _secret = make.intake(companies["telegram"], cast, at=at)
    number = intake.id

    done = visit(cast.operator, "POST", f"/hotline/{number}/hand-over", follow=True)
    request = db.session.query(RemovalRequest).filter_by(intake_id=number).one()

    assert f"Handed over as {request.request_no}." in make.text(done)
    page = f"/removal-requests/{request.id}"
    assert visit(cast.operator, "GET", page).status_code == 404
    assert visit(cast.delegate, "GET", page).status_code == 404
    assert visit(cast.officer, "GET", page).status_code == 200


def test_the_caller_follows_it_through_its_stages(companies, cast, visit, at):
    intake, secret = make.intake(companies["telegram"], cast, at=at)
    code, week = intake.case_code, timedelta(days=7)
    officer, head, company = (p.as_actor() for p in (cast.officer, cast.head, cast.delegate))

    def told() -> set[str]:
        page = make.text(visit(None, "POST", "/case", {"case_code": code, "secret": secret}))
        assert not any(word in page.lower() for word in ("telegram", "called.example"))
        return {stage for stage, words in WORDS.items() if words in page}

    with transaction():
        [request] = service.hand_over(intake, by=cast.operator.as_actor(), at=at)
    stages = [told()]
    for step in (
        lambda: service.issue(request, by=head, at=at),
        lambda: service.deliver(
            request, channel=DeliveryChannel.PORTAL, proof="", by=officer, at=at
        ),
        lambda: service.decide(request, outcome=Outcome.NEEDS_INFORMATION, by=company, at=at),
        lambda: service.decide(request, outcome=Outcome.REMOVED, by=company, at=at),
        lambda: service.verify(request, Verification.STILL_UP, by=officer, at=at),
        lambda: service.verify(request, Verification.GONE, by=officer, at=at),
        lambda: service.recheck(
            make.drawn(request, at=at + week), Recheck.REAPPEARED, by=officer, at=at + week
        ),
    ):
        with transaction():
            step()
        stages.append(told())

    assert [next(iter(stage)) for stage in stages if len(stage) == 1] == [
        "case_received", "case_asked", "case_asked", "case_asked", "case_answered",
        "case_answered", "case_gone", "case_answered",
    ]  # fmt: skip


@pytest.mark.parametrize("why", list(Exclusion))
def test_the_caller_of_a_draft_that_was_taken_out_does_not_wait_for_ever(companies, cast, at, why):
    intake, _secret, request = handed_over(companies["telegram"], cast, at=at)
    with transaction():
        service.propose_exclusion(request, why, by=cast.officer.as_actor(), at=at)
    assert service.progress(intake) == "case_received"
    with transaction():
        service.confirm_exclusion(request, by=cast.head.as_actor(), at=at)

    assert service.progress(intake) == "case_closed"


def test_before_the_hand_over_it_is_received(companies, cast, at):
    intake, _secret = make.intake(companies["telegram"], cast, at=at)

    assert service.progress(intake) == "case_received"


def test_the_eleventh_try_within_ten_minutes_is_refused(companies, cast, visit, at):
    codes = [make.intake(companies["telegram"], cast, at=at)[0].case_code for _n in range(11)]

    # Each try at another code: it is the address that is counted.
    answers = [
        visit(None, "POST", "/case", {"case_code": code, "secret": "0000 0000"}).status_code
        for code in codes
    ]
    assert answers == [200] * 10 + [429]


def test_every_reference_of_a_call_becomes_a_draft_and_the_caller_waits_for_the_last(
    companies, cast, at
):
    intake, _secret = make.intake(
        companies["telegram"], cast, at=at, ground=Ground.NON_CONSENSUAL_IMAGE,
        reference="https://t.example/1\nhttps://t.example/2",
    )  # fmt: skip
    with transaction():
        made = service.hand_over(intake, by=cast.operator.as_actor(), at=at)
    first, second = made
    with transaction():
        service.issue(first, by=cast.head.as_actor(), at=at)
    one_is_issued = service.progress(intake)
    with transaction():
        service.issue(second, by=cast.head.as_actor(), at=at)
        service.propose_exclusion(first, Exclusion.ALREADY_GONE, by=cast.officer.as_actor(), at=at)
        service.confirm_exclusion(first, by=cast.head.as_actor(), at=at)

    assert [unseal(request.reference_encrypted) for request in made] == [
        "https://t.example/1", "https://t.example/2",
    ]  # fmt: skip
    assert {(r.intake_id, r.category) for r in made} == {(intake.id, "non_consensual_image")}
    assert (one_is_issued, service.progress(intake)) == ("case_received", "case_asked")
    events = db.session.query(AuditEvent).filter_by(verb="intake:hand_over").all()
    assert len(events) == 1


@pytest.mark.parametrize("ground", list(Ground))
def test_what_is_reported_is_a_category_of_requests(ground):
    assert Category(ground.value).value == ground.value
