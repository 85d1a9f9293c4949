"""Removal requests: each step works, takes two persons where it must, and leaves its trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.access.actor import CLOCK
from portal.accounts import queries as accounts
from portal.core.audit import breaks
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.secrets import seal, unseal
from portal.removal_requests import answers, cohort, jobs, lists, queries, service
from portal.removal_requests.models import (
    DeliveryChannel,
    Exclusion,
    MeasureType,
    Outcome,
    Recheck,
    RemovalRequest,
    RequestStatus,
    RevealPurpose,
    Step,
    Verification,
)
from tests.removal_requests import make

S = RequestStatus
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
COMPANY = ["company_admin@telegram.example", "delegate@telegram.example"]
OFFICERS = ["officer2@kcsc.example", "officer@kcsc.example"]
PERSONAL = ["Ask kim@mail.example", "call 010-1234-5678", "900101-1234568"]


def test_the_whole_life_of_a_request(companies, cast, at):
    officer, head, company = (p.as_actor() for p in (cast.officer, cast.head, cast.delegate))
    hours = [at + timedelta(hours=n) for n in range(6)]
    request = make.draft(
        companies["telegram"], cast, at=hours[0], reference=" https://t.example/SECRETWORD "
    )
    states = [request.status]
    steps = (
        lambda: service.issue(request, by=head, at=hours[1]),
        lambda: service.deliver(
            request, channel=DeliveryChannel.PORTAL, proof="", by=officer, at=hours[2]
        ),
        lambda: service.acknowledge(request, by=company, at=hours[3]),
        lambda: service.decide(request, outcome=Outcome.REMOVED, by=company, at=hours[4]),
        lambda: service.verify(request, Verification.GONE, by=officer, at=hours[5]),
        lambda: service.recheck(
            make.drawn(request, at=hours[4] + 7 * DAY), Recheck.GONE, by=head, at=hours[4] + 7 * DAY
        ),
    )
    for step in steps:
        with transaction():
            step()
        states.append(request.status)

    assert states == [
        S.DRAFT, S.ISSUED, S.DELIVERED, S.ACKNOWLEDGED, S.DECIDED, S.VERIFIED, S.CLOSED,
    ]  # fmt: skip
    told = request.history(queries.events(request.id))
    assert [(moment.step, moment.at) for moment in told] == list(
        zip(list(Step)[:7], (*hours[:6], hours[4] + 7 * DAY), strict=True)
    )
    assert (request.recorded_by_id, request.issued_by_id) == (cast.officer.id, cast.head.id)
    assert (request.decided_by_id, request.verified_by_id) == (cast.delegate.id, cast.officer.id)
    assert (request.removed_at, request.month) == (hours[4], "2026-03")
    assert "SECRETWORD" not in request.reference_encrypted
    assert unseal(request.reference_encrypted) == "https://t.example/SECRETWORD"
    verbs = ("record", "issue", "deliver", "acknowledge", "answer", "verify", "recheck")
    logged = [event for verb in verbs for event in make.events(verb)]
    assert len(logged) == len(verbs)
    assert {event.details["number"] for event in logged} == {request.request_no}
    assert "SECRETWORD" not in "".join(str(event.details) for event in logged)
    assert list(breaks()) == []


def test_numbers_run_on_without_gap_by_company_and_year(companies, cast, at):
    first = make.draft(companies["telegram"], cast, at=at)
    with pytest.raises(FieldError):
        make.draft(companies["telegram"], cast, at=at, reference="two words")
    second = make.draft(companies["telegram"], cast, at=at)
    other = make.draft(companies["x"], cast, at=at)
    # 31 December 15:00 in London is the next year in Seoul.
    turn = make.draft(companies["telegram"], cast, at=datetime(2026, 12, 31, 15, tzinfo=UTC))

    assert [r.request_no for r in (first, second, other, turn)] == [
        "TELEGRAM-2026-000001", "TELEGRAM-2026-000002", "X-2026-000001", "TELEGRAM-2027-000001",
    ]  # fmt: skip


def test_numbers_of_another_kind_do_not_disturb(companies, cast, at):
    first = make.draft(companies["telegram"], cast, at=at)
    first.request_no = "TELEGRAM-2026-00007A"
    db.session.commit()
    make.draft(companies["telegram"], cast, at=at).request_no = "TELEGRAM-2026-000041"
    db.session.commit()

    assert make.draft(companies["telegram"], cast, at=at).request_no == "TELEGRAM-2026-000042"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("", "Give the address"), ("   ", "Give the address"),
        ("https://a.example/1 https://a.example/2", "without spaces"),
        ("https://a.example/1\nmore", "without spaces"),
        ("https://a.example/" + "x" * 2000, "2000 characters"),
    ],
)  # fmt: skip
def test_what_is_no_reference_is_refused(companies, cast, at, reference, words):
    with pytest.raises(FieldError, match=words) as refusal:
        make.draft(companies["telegram"], cast, at=at, reference=reference)
    assert refusal.value.field == "reference"
    assert db.session.query(RemovalRequest).count() == 0


def test_an_open_twin_is_refused_and_names_the_other(companies, cast, at):
    link = "https://t.example/twin"
    first = make.draft(companies["telegram"], cast, at=at, reference=link)

    with pytest.raises(FieldError, match=first.request_no) as refusal:
        make.draft(companies["telegram"], cast, at=at, reference=link)
    assert refusal.value.field == "reference"
    make.draft(companies["telegram"], cast, at=at, reference=link, measure_type=MeasureType.BLOCK)
    make.draft(companies["x"], cast, at=at, reference=link)
    assert db.session.query(RemovalRequest).count() == 3


def test_what_was_verified_or_excluded_is_no_open_twin(companies, cast, at):
    link = "https://t.example/again"
    make.verified(companies["telegram"], cast, at=at, reference=link)
    second = make.draft(companies["telegram"], cast, at=at, reference=link)
    with transaction():
        service.propose_exclusion(second, Exclusion.DUPLICATE, by=cast.officer.as_actor(), at=at)
    with pytest.raises(FieldError):  # only proposed: it is open
        make.draft(companies["telegram"], cast, at=at, reference=link)
    with transaction():
        service.confirm_exclusion(second, by=cast.head.as_actor(), at=at)

    assert make.draft(companies["telegram"], cast, at=at, reference=link).status is S.DRAFT


def test_whoever_recorded_does_not_issue(companies, cast, at):
    request = make.draft(companies["telegram"], cast, at=at)

    with pytest.raises(Refused, match="A second person issues"), transaction():
        service.issue(request, by=cast.officer.as_actor(), at=at)
    assert request.status is S.DRAFT
    assert make.events("issue") == []


@pytest.mark.parametrize("entered_by", ["delegate", "officer"])
def test_whoever_entered_the_answer_does_not_verify(companies, cast, at, entered_by):
    request = make.delivered(companies["telegram"], cast, at=at)
    person = getattr(cast, entered_by).as_actor()
    with transaction():
        service.decide(request, outcome=Outcome.REMOVED, by=person, at=at)

    with pytest.raises(Refused, match="Somebody other than"), transaction():
        service.verify(request, Verification.GONE, by=person, at=at)
    assert (request.status, request.verified_at) == (S.DECIDED, None)
    with transaction():
        service.verify(request, Verification.GONE, by=cast.head.as_actor(), at=at)
    assert request.verified_by_id == cast.head.id


def test_an_exclusion_takes_two(companies, cast, at):
    request = make.delivered(companies["telegram"], cast, at=at)
    officer, head = cast.officer.as_actor(), cast.head.as_actor()
    with pytest.raises(Refused, match="No exclusion waits"), transaction():
        service.confirm_exclusion(request, by=head, at=at)
    with transaction():
        service.propose_exclusion(request, Exclusion.WITHDRAWN, by=officer, at=at)
    assert (request.is_excluded, request.status) == (False, S.DELIVERED)
    with pytest.raises(Refused, match="A second person agrees"), transaction():
        service.confirm_exclusion(request, by=officer, at=at)
    with pytest.raises(Refused, match="proposed already"), transaction():
        service.propose_exclusion(request, Exclusion.DUPLICATE, by=head, at=at)
    assert make.told("withdraw") == []
    with transaction():
        service.confirm_exclusion(request, by=head, at=at)

    assert (request.is_excluded, request.status) == (True, S.WITHDRAWN)
    assert request.excluded_by == cast.head.name_en
    assert make.told("withdraw") == COMPANY
    assert [event.account_id for event in make.events("withdraw")] == [cast.officer.id]
    assert [event.account_id for event in make.events("confirm_withdrawal")] == [cast.head.id]
    with pytest.raises(Refused, match="No exclusion waits"), transaction():
        service.drop_exclusion(request, by=head, at=at)
    for step in (
        lambda: service.acknowledge(request, by=cast.delegate.as_actor(), at=at),
        lambda: service.decide(
            request, outcome=Outcome.REMOVED, by=cast.delegate.as_actor(), at=at
        ),
    ):
        with pytest.raises(Refused, match="taken out of the cohort"), transaction():
            step()


def test_a_proposal_can_be_taken_back_and_made_again(companies, cast, at):
    request = make.delivered(companies["telegram"], cast, at=at)
    officer = cast.officer.as_actor()
    with transaction():
        service.propose_exclusion(request, Exclusion.MALFORMED, by=officer, at=at)
    with transaction():
        service.drop_exclusion(request, by=officer, at=at)
    assert (request.exclusion, request.exclusion_proposed_by_id) == (None, None)
    assert make.events("drop_withdrawal")[0].details["proposed"] == "malformed"
    with transaction():
        service.propose_exclusion(request, Exclusion.ALREADY_GONE, by=officer, at=at)
    assert request.exclusion is Exclusion.ALREADY_GONE


STEPS = {
    "issue": lambda r, c, at: service.issue(r, by=c.head.as_actor(), at=at),
    "deliver": lambda r, c, at: service.deliver(
        r, channel=DeliveryChannel.PORTAL, proof="", by=c.officer.as_actor(), at=at
    ),
    "acknowledge": lambda r, c, at: service.acknowledge(r, by=c.delegate.as_actor(), at=at),
    "decide": lambda r, c, at: service.decide(
        r, outcome=Outcome.NOT_FOUND, by=c.delegate.as_actor(), at=at
    ),
    "verify": lambda r, c, at: service.verify(
        r, Verification.GONE, by=c.head.as_actor(), at=at
    ),
    "recheck": lambda r, c, at: service.recheck(
        make.drawn(r, at=at + 8 * DAY), Recheck.GONE, by=c.head.as_actor(), at=at + 8 * DAY
    ),
}  # fmt: skip
ALLOWED = {
    "draft": {"issue"},
    "issued": {"deliver"},
    "delivered": {"acknowledge", "decide"},
    "acknowledged": {"decide"},
    "decided": {"decide", "verify"},
    "verified": {"recheck"},
}


@pytest.mark.parametrize("state", ALLOWED)
def test_a_step_out_of_order_is_refused_with_a_sentence(companies, cast, at, state):
    request = getattr(make, state)(companies["telegram"], cast, at=at)
    status = request.status

    for step in STEPS.keys() - ALLOWED[state]:
        with pytest.raises(Refused, match=r"^The request is .+ This step is for .+\.$"):
            with transaction():
                STEPS[step](request, cast, at)
        assert request.status is status


def test_a_delivery_by_portal_writes_to_the_company_and_starts_its_clock(companies, cast, at):
    request = make.delivered(companies["telegram"], cast, at=at, reference="https://SECRETWORD.x/")

    assert make.told("deliver") == COMPANY
    assert (request.clock_zero, request.due_at) == (at, at + DAY)
    assert not request.is_overdue(at + DAY)
    assert request.is_overdue(at + DAY + timedelta(seconds=1))


def test_another_delivery_needs_its_proof_and_writes_no_letter(companies, cast, at):
    request = make.issued(companies["telegram"], cast, at=at)
    values = {"channel": DeliveryChannel.EMAIL, "by": cast.officer.as_actor(), "at": at + DAY}
    with pytest.raises(FieldError, match="proves the delivery") as refusal, transaction():
        service.deliver(request, proof=" ", **values)
    assert refusal.value.field == "proof"
    with transaction():
        service.deliver(request, proof=" MSG-42 ", delivered_at=at + timedelta(hours=2), **values)

    assert (request.delivery_proof, request.delivered_at) == ("MSG-42", at + timedelta(hours=2))
    assert make.told("deliver") == []


def test_the_month_is_the_month_of_the_delivery_in_seoul(companies, cast):
    night = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)  # 1 April 00:30 in Seoul
    request = make.issued(companies["telegram"], cast, at=night - timedelta(hours=1))
    assert request.month == "2026-03"
    with transaction():
        service.deliver(
            request, channel=DeliveryChannel.PORTAL, proof="", by=cast.officer.as_actor(), at=night
        )

    assert request.month == "2026-04"


@pytest.mark.parametrize(("shift", "words"), [(1, "in the future"), (-1, "after it was issued")])
def test_a_delivery_at_an_impossible_time_is_refused(companies, cast, at, shift, words):
    request = make.issued(companies["telegram"], cast, at=at)

    with pytest.raises(FieldError, match=words) as refusal, transaction():
        service.deliver(
            request, channel=DeliveryChannel.LETTER, proof="R-1", by=cast.officer.as_actor(),
            delivered_at=at + timedelta(seconds=shift), at=at,
        )  # fmt: skip
    assert refusal.value.field == "delivered_at"


def test_a_block_is_not_told_to_the_company(companies, cast, at):
    make.delivered(companies["telegram"], cast, at=at, measure_type=MeasureType.BLOCK)

    assert make.told("deliver") == []


@pytest.mark.parametrize("text", PERSONAL)
def test_personal_data_is_refused_in_proof_and_reason(companies, cast, at, text):
    issued = make.issued(companies["telegram"], cast, at=at)
    delivered = make.delivered(companies["telegram"], cast, at=at)

    with pytest.raises(FieldError, match="personal data") as proof, transaction():
        service.deliver(
            issued, channel=DeliveryChannel.EMAIL, proof=text, by=cast.officer.as_actor(), at=at
        )
    with pytest.raises(FieldError, match="personal data") as reason, transaction():
        service.decide(
            delivered, outcome=Outcome.REFUSED, reason=text, by=cast.delegate.as_actor(), at=at
        )
    assert (proof.value.field, reason.value.field) == ("proof", "reason")
    assert (issued.status, delivered.status) == (S.ISSUED, S.DELIVERED)


@pytest.mark.parametrize(
    ("outcome", "reason", "removed", "field", "words"),
    [
        (Outcome.REFUSED, " ", None, "reason", "needs its reason"),
        (Outcome.REFUSED, "No law.", 0, "removed_at", "Only a removal"),
        (Outcome.REMOVED, "", 1, "removed_at", "in the future"),
        (Outcome.REMOVED, "", -1, "removed_at", "after the delivery"),
    ],
)
def test_an_answer_that_cannot_be(companies, cast, at, outcome, reason, removed, field, words):
    request = make.delivered(companies["telegram"], cast, at=at)
    when = None if removed is None else at + timedelta(minutes=removed)

    with pytest.raises(FieldError, match=words) as refusal, transaction():
        service.decide(
            request, outcome=outcome, reason=reason, removed_at=when,
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    assert refusal.value.field == field
    assert request.status is S.DELIVERED


@pytest.mark.parametrize("outcome", list(Outcome))
def test_only_a_claim_has_a_time_of_removal(companies, cast, at, outcome):
    request = make.decided(companies["telegram"], cast, at=at, outcome=outcome)

    assert (request.removed_at is not None) is (outcome in queries.CLAIMS)
    assert request.is_answered is (outcome is not Outcome.NEEDS_INFORMATION)


def test_a_question_back_is_told_and_may_be_followed_by_a_decision(companies, cast, at):
    request = make.decided(companies["telegram"], cast, at=at, outcome=Outcome.NEEDS_INFORMATION)
    assert make.told("answer") == OFFICERS
    assert request.is_overdue(at + 2 * DAY)
    with transaction():
        service.decide(request, outcome=Outcome.REMOVED, by=cast.delegate.as_actor(), at=at + DAY)

    assert (request.outcome, request.decided_at) == (Outcome.REMOVED, at + DAY)
    with pytest.raises(Refused, match="A question back comes before"), transaction():
        service.decide(request, outcome=Outcome.NEEDS_INFORMATION,
                       by=cast.delegate.as_actor(), at=at + DAY)  # fmt: skip


def test_refused_and_later_removed_is_one_answer_in_time_and_one_removal(companies, cast, at):
    """The first answer counts for the 24 hours, the removal from its own time; both stay read."""
    request = make.decided(companies["telegram"], cast, at=at, outcome=Outcome.REFUSED)
    company = cast.delegate.as_actor()
    with pytest.raises(Refused, match="This answer stands already"), transaction():
        service.decide(request, outcome=Outcome.REFUSED, reason="For a reason.", by=company,
                       at=at + DAY)  # fmt: skip
    with transaction():
        service.decide(request, outcome=Outcome.REMOVED, by=company, at=at + 2 * DAY)
    with transaction():
        service.verify(request, Verification.GONE, by=cast.officer.as_actor(), at=at + 3 * DAY)

    (fact,) = cohort.facts_for(request.company_id, "2026-03")
    assert (fact.decided_at, fact.outcome, fact.removed_at) == (at, Outcome.REMOVED, at + 2 * DAY)
    told = [moment for moment in request.history(queries.events(request.id)) if moment.outcome]
    assert [(moment.outcome, moment.reason, moment.at) for moment in told] == [
        (Outcome.REFUSED, "For a reason.", at), (Outcome.REMOVED, None, at + 2 * DAY),
    ]  # fmt: skip
    with pytest.raises(Refused, match="This step is for"), transaction():
        service.decide(request, outcome=Outcome.REFUSED, reason="No.", by=company, at=at + 4 * DAY)


def test_what_was_claimed_and_found_still_up_is_answered_again(companies, cast, at):
    request = make.verified(companies["telegram"], cast, at=at, verification=Verification.STILL_UP)
    company, number = cast.delegate.as_actor(), request.request_no
    assert make.told("verify") == sorted(p.email for p in accounts.of_company(request.company_id))
    with pytest.raises(FieldError, match="still up at") as refusal, transaction():
        service.decide(request, outcome=Outcome.REMOVED, reason="Look again.", removed_at=at,
                       by=company, at=at + DAY)  # fmt: skip
    assert refusal.value.field == "removed_at"

    # The claim that was disproved is known when it comes again; without its time it is a new one.
    old = answers.Given(number, Outcome.REMOVED, "For a reason.", at)
    with transaction():
        assert answers.answer_many([old], by=company, at=at + DAY) == [("known", None)]
    new = answers.Given(number, Outcome.REMOVED, "For a reason.")
    with transaction():
        assert answers.answer_many([new], by=company, at=at + DAY) == [("done", None)]

    assert (request.status, request.verification) == (S.DECIDED, None)
    assert (request.answered_at, request.removed_at) == (at, at + DAY)
    steps = [moment.step for moment in request.history(queries.events(request.id))]
    assert steps[-3:] == [Step.DECIDED, Step.VERIFIED, Step.DECIDED]


@pytest.mark.parametrize("change", ["UPDATE removal_request_event SET reason = 'x'",
                                    "DELETE FROM removal_request_event"])  # fmt: skip
def test_what_happened_is_never_changed(companies, cast, at, change):
    make.draft(companies["telegram"], cast, at=at)
    with pytest.raises(DBAPIError, match="never changed"):
        db.session.execute(text(change))
    db.session.rollback()


def test_an_imported_answer_is_kept_when_a_later_one_comes(companies, cast, at):
    """An import brings no events: what it said becomes one before it is replaced."""
    request = make.delivered(companies["telegram"], cast, at=at)
    with transaction():
        request.outcome, request.decided_at = Outcome.REFUSED, at + HOUR
        request.refusal_reason, request.last_event_at = "Imported.", None
    with transaction():
        service.decide(request, outcome=Outcome.REMOVED, by=cast.delegate.as_actor(), at=at + DAY)

    told = [moment for moment in request.history(queries.events(request.id)) if moment.outcome]
    assert [(moment.at, moment.reason) for moment in told] == [
        (at + HOUR, "Imported."), (at + DAY, None),
    ]  # fmt: skip
    (fact,) = cohort.facts_for(request.company_id, "2026-03")
    assert fact.decided_at == at + HOUR


def test_what_is_still_up_is_looked_at_again(companies, cast, at):
    request = make.verified(companies["telegram"], cast, at=at, verification=Verification.STILL_UP)
    with pytest.raises(Refused, match="seen to be gone"), transaction():
        service.recheck(request, Recheck.GONE, by=cast.head.as_actor(), at=at + 8 * DAY)
    with transaction():
        service.verify(request, Verification.GONE, by=cast.head.as_actor(), at=at + DAY)

    assert (request.verification, request.verified_at) == (Verification.GONE, at + DAY)
    # The claimed time was disproved: it counts as gone from the time it was seen to be gone.
    assert request.removed_at == at + DAY
    assert [(e.details["before"], e.details["after"]) for e in make.events("verify")] == [
        (None, "still_up"), ("still_up", "gone"),
    ]  # fmt: skip
    with pytest.raises(Refused, match="This step is for"), transaction():
        service.verify(request, Verification.STILL_UP, by=cast.head.as_actor(), at=at + DAY)


def test_the_recheck_waits_seven_days(companies, cast, at):
    request = make.verified(companies["telegram"], cast, at=at)
    due, by = at + 7 * DAY, cast.head.as_actor()

    with pytest.raises(Refused, match=r"seven days after the removal: .*9 Mar"), transaction():
        service.recheck(request, Recheck.GONE, by=by, at=due - timedelta(seconds=1))
    make.drawn(request, at=due)
    with transaction():
        assert service.recheck(request, Recheck.GONE, by=by, at=due) is None
    assert (request.status, db.session.query(RemovalRequest).count()) == (S.CLOSED, 1)


def test_what_reappeared_opens_a_linked_new_spell(companies, cast, at):
    request = make.verified(companies["telegram"], cast, at=at, reference="https://t.example/back")
    make.drawn(request, at=at + 7 * DAY)
    with transaction():
        spell = service.recheck(
            request, Recheck.REAPPEARED, by=cast.head.as_actor(), at=at + 7 * DAY
        )

    assert (request.status, request.recheck) == (S.CLOSED, Recheck.REAPPEARED)
    assert (spell.status, spell.previous_id) == (S.DRAFT, request.id)
    assert spell.request_no == "TELEGRAM-2026-000002"
    assert unseal(spell.reference_encrypted) == "https://t.example/back"
    assert (spell.category, spell.measure_type) == (request.category, request.measure_type)
    assert list(queries.spells(request)) == list(queries.spells(spell)) == [request, spell]
    with pytest.raises(Refused, match="A second person issues"), transaction():
        service.issue(spell, by=cast.head.as_actor(), at=at + 7 * DAY)


def test_what_reappeared_and_was_recorded_meanwhile_can_still_be_rechecked(companies, cast, at):
    link = "https://t.example/back"
    request = make.verified(companies["telegram"], cast, at=at, reference=link)
    meanwhile = make.draft(companies["telegram"], cast, at=at + DAY, reference=link)
    make.drawn(request, at=at + 7 * DAY)
    with transaction():
        spell = service.recheck(
            request, Recheck.REAPPEARED, by=cast.head.as_actor(), at=at + 7 * DAY
        )

    assert (request.status, request.recheck) == (S.CLOSED, Recheck.REAPPEARED)
    assert (spell.status, spell.previous_id) == (S.DRAFT, request.id)
    assert spell.id != meanwhile.id


@pytest.mark.parametrize("reference", ["", "channel, message 17"])
def test_whatever_reference_an_import_brought_it_can_be_rechecked(companies, cast, at, reference):
    request = make.verified(companies["telegram"], cast, at=at)
    request.reference_encrypted = seal(reference)
    db.session.commit()
    make.drawn(request, at=at + 7 * DAY)
    with transaction():
        spell = service.recheck(
            request, Recheck.REAPPEARED, by=cast.head.as_actor(), at=at + 7 * DAY
        )

    assert (unseal(spell.reference_encrypted) if spell else "") == reference
    assert (request.status, request.recheck) == (S.CLOSED, Recheck.REAPPEARED)


def test_a_reference_is_opened_for_a_purpose_and_that_is_logged(companies, cast, at):
    request = make.delivered(
        companies["telegram"], cast, at=at, reference="https://t.example/SECRETWORD"
    )
    with transaction():
        shown = service.reveal(
            request, RevealPurpose.ANSWER, by=cast.delegate.as_actor(), at=at + DAY
        )

    assert shown == "https://t.example/SECRETWORD"
    [event] = make.events("reveal")
    assert (event.account_id, event.at, event.subject_id) == (
        cast.delegate.id, at + DAY, request.id,
    )  # fmt: skip
    assert event.details == {"number": request.request_no, "purpose": "to_answer"}


def test_each_delay_is_logged_once(companies, cast, at):
    late = make.delivered(companies["telegram"], cast, at=at)
    rival = make.acknowledged(companies["x"], cast, at=at)
    make.decided(companies["telegram"], cast, at=at)
    make.issued(companies["telegram"], cast, at=at)
    make.delivered(companies["telegram"], cast, at=at, measure_type=MeasureType.BLOCK)
    make.delivered(companies["telegram"], cast, at=at + DAY)
    out = make.delivered(companies["telegram"], cast, at=at)
    with transaction():
        service.propose_exclusion(out, Exclusion.WITHDRAWN, by=cast.officer.as_actor(), at=at)
        service.confirm_exclusion(out, by=cast.head.as_actor(), at=at)
    when = at + DAY + timedelta(minutes=1)

    assert jobs.note_overdue(at + DAY) == 0
    assert jobs.note_overdue(when) == 2
    assert jobs.note_overdue(when + timedelta(minutes=1)) == 0
    assert [(e.subject_id, e.at, e.actor_name) for e in make.events("overdue")] == [
        (late.id, when, CLOCK.name), (rival.id, when, CLOCK.name),
    ]  # fmt: skip


def test_a_question_back_does_not_stop_the_clock(companies, cast, at):
    asked = make.decided(companies["telegram"], cast, at=at, outcome=Outcome.NEEDS_INFORMATION)
    later = at + 2 * DAY

    assert asked.is_overdue(later)
    assert queries.waiting(at=later)["overdue"] == 1
    listed = db.session.execute(lists.lines(queries.Filter(state="overdue"), at=later)).all()
    assert [row.line.id for row in listed] == [asked.id]
    assert jobs.note_overdue(later) == 1


def test_what_waits_is_counted_by_state(companies, cast, at):
    for state in ("draft", "issued", "delivered", "decided"):
        getattr(make, state)(companies["telegram"], cast, at=at)

    assert queries.waiting(at=at) == {
        "draft": 1, "issued": 1, "in_time": 1, "overdue": 0, "to_verify": 1,
    }  # fmt: skip
    assert queries.waiting(at=at + 2 * DAY)["overdue"] == 1
