"""Disputes, extensions, corrections, draws and reappearances; and that events alone tell it all."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, text, update
from sqlalchemy.exc import DBAPIError

from portal.core import audit
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.removal_requests import answers, cohort, projection, queries, sampling, service
from portal.removal_requests.models import (
    CorrectedTime,
    Dispute,
    Exclusion,
    LegalGround,
    MeasureType,
    Outcome,
    Recheck,
    RecheckDraw,
    RemovalRequest,
    RemovalRequestEvent,
    Step,
    Verification,
)
from tests.removal_requests import make

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def differences(request: RemovalRequest) -> dict[str, Any]:
    return projection.differences(request, queries.events(request.id))


# Kinds


@pytest.mark.parametrize(
    ("ground", "subject"),
    [
        (LegalGround.CORRECTION_REQUEST, "Correction request"),
        (LegalGround.VOLUNTARY_REQUEST, "Voluntary request"),
    ],
)
def test_a_statutory_and_a_voluntary_request_are_told_apart(companies, cast, at, ground, subject):
    from portal.core.outbox import Letter

    request = make.delivered(companies["telegram"], cast, at=at, legal_ground=ground)
    subjects = {letter.subject for letter in db.session.query(Letter).all()}

    assert f"{subject} {request.request_no}" in subjects


# Disputes


def test_a_dispute_is_decided_with_reason_by_another_than_the_issuer(companies, cast, at):
    request = make.delivered(companies["telegram"], cast, at=at)
    with transaction():
        service.dispute(request, reason="A satire.", by=cast.delegate.as_actor(), at=at + HOUR)
    with pytest.raises(Refused, match="disputed already"), transaction():
        service.dispute(request, reason="Again.", by=cast.delegate.as_actor(), at=at + HOUR)
    decide = {"reason": "It is none.", "at": at + 2 * HOUR}
    with pytest.raises(Refused, match="other than the person who issued"), transaction():
        service.decide_dispute(request, Dispute.REJECTED, by=cast.head.as_actor(), **decide)
    with pytest.raises(FieldError, match="reason"), transaction():
        service.decide_dispute(
            request, Dispute.REJECTED, by=cast.officer.as_actor(), reason=" ", at=at
        )
    with transaction():
        service.decide_dispute(request, Dispute.REJECTED, by=cast.officer.as_actor(), **decide)

    assert (request.dispute, request.disputed_at) == (Dispute.REJECTED, at + HOUR)
    assert make.told("decide_dispute") and make.told("dispute")
    said = [(e.step, e.reason) for e in queries.events(request.id)][-2:]
    assert said == [(Step.DISPUTED, "A satire."), (Step.DISPUTE_DECIDED, "It is none.")]
    [fact] = cohort.facts_for(request.company_id, "2026-03")
    assert fact.is_disputed is True
    [before] = cohort.facts_for(request.company_id, "2026-03", as_of=at)
    assert before.is_disputed is False
    assert differences(request) == {}


def test_only_what_was_delivered_is_disputed(companies, cast, at):
    request = make.issued(companies["telegram"], cast, at=at)

    with pytest.raises(Refused, match="This step is for"), transaction():
        service.dispute(request, reason="No.", by=cast.delegate.as_actor(), at=at)


# Extensions


def test_an_extension_moves_no_clock_of_the_scorecard(companies, cast, at):
    request = make.delivered(companies["telegram"], cast, at=at)
    until = at + 3 * DAY
    with transaction():
        service.extend(request, until, reason="A holiday.", by=cast.officer.as_actor(), at=at)

    assert (request.extended_until, request.due_at) == (until, at + DAY)
    assert request.is_overdue(at + 2 * DAY)
    [event] = [e for e in queries.events(request.id) if e.step is Step.EXTENDED]
    assert (event.reason, event.time_from, event.time_to) == ("A holiday.", at + DAY, until)
    assert len(make.told("extend")) > 0
    for wrong in (until, at + DAY, at + timedelta(days=31)):
        with pytest.raises(FieldError), transaction():
            service.extend(request, wrong, reason="More.", by=cast.officer.as_actor(), at=at)
    assert differences(request) == {}


# Corrections


def test_a_corrected_delivery_moves_the_clock_and_the_month_and_keeps_what_was(companies, cast, at):
    request = make.issued(companies["telegram"], cast, at=at - 3 * DAY)
    with transaction():
        service.deliver(
            request, channel=service.DeliveryChannel.EMAIL, proof="Message 17",
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip
    assert request.month == "2026-03"
    right = at - 2 * DAY
    with transaction():
        service.correct_time(
            request, CorrectedTime.DELIVERED, right, reason="The mail's own time.",
            by=cast.officer.as_actor(), at=at + HOUR,
        )  # fmt: skip

    assert (request.delivered_at, request.month) == (right, "2026-02")
    [event] = [e for e in queries.events(request.id) if e.step is Step.CORRECTED]
    assert (event.time_from, event.time_to, event.corrected) == (
        at, right, CorrectedTime.DELIVERED,
    )  # fmt: skip
    assert make.told("correct_time")
    assert differences(request) == {}


@pytest.mark.parametrize(
    ("which", "off", "field"),
    [
        (CorrectedTime.DELIVERED, -HOUR, "to"),  # before the issue
        (CorrectedTime.DELIVERED, 30 * DAY, "to"),  # in the future
        (CorrectedTime.DELIVERED, timedelta(0), "to"),  # the same
        (CorrectedTime.REMOVED, HOUR, "to"),  # after it was seen gone
        (CorrectedTime.REMOVED, -HOUR, "to"),  # before the delivery
    ],
)
def test_a_time_is_not_corrected_into_a_contradiction(companies, cast, at, which, off, field):
    request = make.verified(companies["telegram"], cast, at=at)
    with pytest.raises(FieldError) as refusal, transaction():
        service.correct_time(
            request, which, at + off, reason="Wrong.", by=cast.head.as_actor(), at=at + 2 * DAY
        )

    assert refusal.value.field == field


def test_whoever_entered_the_answer_does_not_correct_its_time(companies, cast, at):
    request = make.delivered(companies["telegram"], cast, at=at)
    with transaction():
        service.decide(
            request, outcome=Outcome.REMOVED, by=cast.officer.as_actor(), at=at + 2 * HOUR
        )
    change = {"reason": "Their log.", "at": at + 3 * HOUR}
    with pytest.raises(Refused, match="Somebody other"), transaction():
        service.correct_time(
            request, CorrectedTime.REMOVED, at + HOUR, by=cast.officer.as_actor(), **change
        )
    with transaction():
        service.correct_time(
            request, CorrectedTime.REMOVED, at + HOUR, by=cast.head.as_actor(), **change
        )

    assert request.removed_at == at + HOUR
    assert differences(request) == {}


# Draws


def test_a_draw_takes_what_is_seven_days_old_and_can_be_drawn_again(companies, cast, at):
    requests = [make.verified(companies["telegram"], cast, at=at) for _n in range(23)]
    make.verified(companies["telegram"], cast, at=at + HOUR)
    make.verified(companies["telegram"], cast, at=at, measure_type=MeasureType.BLOCK)
    rival = make.verified(companies["x"], cast, at=at)
    with transaction():
        draw = service.draw_rechecks(companies["telegram"].id, at=at + 7 * DAY)

    numbers = [request.request_no for request in requests]
    assert (draw.candidates, draw.drawn) == (23, 20)
    assert draw.numbers_hash == sampling.hash_of(numbers)
    db.session.expire_all()
    chosen = [r.request_no for r in requests if r.is_drawn]
    assert chosen == sampling.drawn(numbers, draw.seed)
    assert {r.drawn_at for r in requests} == {at + 7 * DAY}
    assert rival.is_drawn is None
    [logged] = make.events("draw_rechecks")
    assert logged.details["seed"] == draw.seed
    with transaction():  # what was passed over is not drawn by trying again
        assert service.draw_rechecks(companies["telegram"].id, at=at + 7 * DAY) is None
    passed_over = next(r for r in requests if not r.is_drawn)
    with pytest.raises(Refused, match="did not draw"), transaction():
        service.recheck(passed_over, Recheck.GONE, by=cast.head.as_actor(), at=at + 8 * DAY)


def test_two_draws_of_a_company_bear_instants_of_their_own(companies, cast, at):
    seventh_day = at + 7 * DAY
    instants = []
    for _n in range(2):
        request = make.verified(companies["telegram"], cast, at=at)
        with transaction():
            draw = service.draw_rechecks(companies["telegram"].id, at=seventh_day)
        db.session.refresh(request)
        assert queries.draw_of(request) == draw
        instants.append(draw.at)

    assert instants == [seventh_day, seventh_day + timedelta(microseconds=1)]


def test_what_is_older_than_a_fortnight_says_nothing_of_seven_days(companies, cast, at):
    request = make.verified(companies["telegram"], cast, at=at)
    make.drawn(request, at=at + 14 * DAY)

    assert request.is_drawn is None


@pytest.mark.parametrize("change", [update(RecheckDraw).values(seed="x"), delete(RecheckDraw)])
def test_a_draw_is_never_changed(companies, cast, at, change):
    make.drawn(make.verified(companies["telegram"], cast, at=at), at=at + 7 * DAY)

    with pytest.raises(DBAPIError, match="never changed"), transaction():
        db.session.execute(change.execution_options(synchronize_session=False))


def test_a_reappearance_outside_of_the_sample_opens_a_spell_and_counts_in_no_recheck(
    companies, cast, at
):
    request = make.verified(companies["telegram"], cast, at=at)
    with transaction():
        spell = service.report_reappearance(request, by=cast.officer.as_actor(), at=at + DAY)

    assert spell is not None and spell.previous_id == request.id
    assert (request.recheck, request.reappeared_at) == (None, at + DAY)
    with pytest.raises(Refused, match="noted already"), transaction():
        service.report_reappearance(request, by=cast.officer.as_actor(), at=at + DAY)
    assert differences(request) == {}


def test_every_page_of_a_chain_shows_all_its_spells_and_a_company_no_draft(
    companies, cast, visit, at
):
    first = make.verified(companies["telegram"], cast, at=at)
    with transaction():
        second = service.report_reappearance(first, by=cast.officer.as_actor(), at=at + DAY)
    numbers = [first.request_no, second.request_no]
    first_id, second_id = first.id, second.id

    def spells(person, request_id):
        page = visit(person, "GET", f"/removal-requests/{request_id}").get_data(as_text=True)
        chain = page.partition("Spells of the same content")[2].partition("</ol>")[0]
        return re.findall(r"spell (\d)</span> <(?:b|a [^>]*)>([^<]+)<", chain)

    both = [("1", numbers[0]), ("2", numbers[1])]
    assert spells(cast.officer, first_id) == spells(cast.officer, second_id) == both
    assert spells(cast.delegate, first_id) == []
    second = db.session.get(RemovalRequest, second_id)
    with transaction():
        service.issue(second, by=cast.head.as_actor(), at=at + DAY)
        service.deliver(second, channel=service.DeliveryChannel.PORTAL, proof="",
                        by=cast.officer.as_actor(), at=at + DAY)  # fmt: skip
    assert spells(cast.delegate, first_id) == spells(cast.delegate, second_id) == both


def test_removed_reappeared_removed_again_is_two_spells(companies, cast, at):
    first = make.drawn(make.verified(companies["telegram"], cast, at=at), at=at + 7 * DAY)
    with transaction():
        second = service.recheck(
            first, Recheck.REAPPEARED, by=cast.officer.as_actor(), at=at + 7 * DAY
        )
    later = at + 8 * DAY
    steps = (
        lambda: service.issue(second, by=cast.head.as_actor(), at=later),
        lambda: service.deliver(second, channel=service.DeliveryChannel.PORTAL, proof="",
                                by=cast.officer.as_actor(), at=later),
        lambda: service.decide(second, outcome=Outcome.REMOVED, by=cast.delegate.as_actor(),
                               at=later + HOUR),
        lambda: service.verify(second, Verification.GONE, by=cast.head.as_actor(),
                               at=later + 2 * HOUR),
    )  # fmt: skip
    for step in steps:
        with transaction():
            step()
    facts = {f.number: f for f in cohort.facts_for(first.company_id, "2026-03")}

    assert facts[first.request_no].recheck is Recheck.REAPPEARED
    assert facts[first.request_no].removed_at == at
    assert facts[second.request_no].removed_at == later + HOUR
    assert differences(first) == differences(second) == {}


# The clock


def test_a_clock_that_was_put_back_turns_no_order(companies, cast, at):
    request = make.delivered(companies["telegram"], cast, at=at)
    with transaction():
        service.acknowledge(request, by=cast.delegate.as_actor(), at=at + HOUR)
    with transaction():
        service.decide(request, outcome=Outcome.REFUSED, reason="No.",
                       by=cast.delegate.as_actor(), at=at - HOUR)  # fmt: skip

    assert request.decided_at == request.acknowledged_at == at + HOUR
    times = [event.at for event in queries.events(request.id)]
    assert times == sorted(times)


def test_acknowledged_and_never_decided_stays_overdue(companies, cast, at):
    request = make.delivered(companies["telegram"], cast, at=at)
    with transaction():
        service.acknowledge(request, by=cast.delegate.as_actor(), at=at + timedelta(seconds=59))

    assert request.is_overdue(at + 30 * DAY)
    [fact] = cohort.facts_for(request.company_id, "2026-03")
    assert (fact.outcome, fact.decided_at) == (None, None)


# Events tell it all


def as_imported(*requests: RemovalRequest) -> None:
    """Leave requests as an import leaves them: columns and no events."""
    numbers = [request.id for request in requests]
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER IF EXISTS removal_request_event_no_delete"
                                + ("" if db.engine.dialect.name == "sqlite"
                                   else " ON removal_request_event")))  # fmt: skip
        event_rows = delete(RemovalRequestEvent)
        connection.execute(event_rows.where(RemovalRequestEvent.request_id.in_(numbers)))
    for request in requests:
        request.last_event_at = request.answered_at = None
    db.session.commit()


def test_what_an_import_brought_becomes_events_before_it_changes(companies, cast, at):
    request = make.verified(companies["telegram"], cast, at=at)
    as_imported(request)
    with transaction():
        service.report_reappearance(request, by=cast.head.as_actor(), at=at + DAY)

    assert [e.step for e in queries.events(request.id)] == [
        Step.RECORDED, Step.ISSUED, Step.DELIVERED, Step.DECIDED, Step.VERIFIED, Step.REAPPEARED,
    ]  # fmt: skip
    assert differences(request) == {}


def test_many_answers_become_events_in_their_order_and_columns_that_agree(companies, cast, at):
    """Written in bulk, they say what `acknowledge` and `decide` say one by one."""
    telegram = companies["telegram"]
    one, two = (make.delivered(telegram, cast, at=at) for _n in range(2))
    answered = make.decided(telegram, cast, at=at, outcome=Outcome.REFUSED)
    as_imported(one, answered)
    lines = [
        answers.Given(one.request_no),
        answers.Given(one.request_no, Outcome.REMOVED),
        answers.Given(two.request_no, Outcome.REFUSED, "Parody within the rules"),
        answers.Given(answered.request_no, Outcome.REMOVED),
    ]
    with transaction():
        results = answers.answer_many(lines, by=cast.delegate.as_actor(), at=at + DAY)

    assert results == [("done", None)] * 4
    before = [Step.RECORDED, Step.ISSUED, Step.DELIVERED]
    assert [[e.step for e in queries.events(r.id)] for r in (one, two, answered)] == [
        [*before, Step.ACKNOWLEDGED, Step.DECIDED],
        [*before, Step.DECIDED],
        [*before, Step.DECIDED, Step.DECIDED],
    ]
    assert [differences(r) for r in (one, two, answered)] == [{}, {}, {}]
    assert (one.outcome, one.removed_at, one.acknowledged_at) == (
        Outcome.REMOVED, at + DAY, at + DAY,
    )  # fmt: skip
    assert (two.outcome, two.refusal_reason) == (Outcome.REFUSED, "Parody within the rules")
    assert (answered.answered_at, answered.decided_at) == (at, at + DAY)
    assert list(audit.breaks()) == []


def test_many_answers_cost_as_many_statements_as_a_few(companies, cast, at):
    requests = [make.delivered(companies["telegram"], cast, at=at) for _n in range(12)]
    as_imported(*requests)
    said = [(Outcome.REMOVED, ""), (Outcome.REFUSED, "Parody"), (Outcome.NOT_FOUND, "")]

    def sent(chosen):
        lines = [
            answers.Given(number, *said[n % 3]) for n, number in enumerate(chosen)
        ]  # fmt: skip
        count = []
        listener = lambda *_given: count.append(1)  # noqa: E731 - the same one is taken off again
        event.listen(db.engine, "before_cursor_execute", listener)
        with transaction():
            answers.answer_many(lines, by=cast.delegate.as_actor(), at=at + DAY)
        event.remove(db.engine, "before_cursor_execute", listener)
        return len(count)

    numbers = [request.request_no for request in requests]
    assert sent(numbers[:3]) == sent(numbers[3:])


def test_a_file_of_answers_is_found_by_its_numbers(companies, cast, at):
    """Put in the order of the ids, SQLite would read every request that the company ever had."""
    request = make.delivered(companies["telegram"], cast, at=at)
    numbers = [request.request_no, *(f"NOT-OURS-{n}" for n in range(499))]
    sent = []

    def note(_connection: Any, cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        if "removal_request.request_no IN" in statement:
            sent.append((statement, given))

    event.listen(db.engine, "before_cursor_execute", note)
    with transaction():
        lines = [answers.Given(number) for number in numbers]
        answers.answer_many(lines, by=cast.delegate.as_actor(), at=at + DAY)
    event.remove(db.engine, "before_cursor_execute", note)
    (statement, given) = sent[0]

    assert len(sent) == 1
    if db.engine.dialect.name == "sqlite":  # PostgreSQL chooses by the size of the table
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        told = [row.detail for row in plan if " removal_request " in row.detail]
        assert [detail.split("(")[-1] for detail in told] == [
            "company_id=? AND id=?)",
            "company_id=? AND request_no=?)",
        ]


VERBS: dict[str, Any] = {
    "issue": lambda r, c, at: service.issue(r, by=c.head.as_actor(), at=at),
    "deliver": lambda r, c, at: service.deliver(
        r, channel=service.DeliveryChannel.PORTAL, proof="", by=c.officer.as_actor(), at=at
    ),
    "acknowledge": lambda r, c, at: service.acknowledge(r, by=c.delegate.as_actor(), at=at),
    "refuse": lambda r, c, at: service.decide(
        r, outcome=Outcome.REFUSED, reason="No.", by=c.delegate.as_actor(), at=at
    ),
    "ask": lambda r, c, at: service.decide(
        r, outcome=Outcome.NEEDS_INFORMATION, by=c.delegate.as_actor(), at=at
    ),
    "remove": lambda r, c, at: service.decide(
        r, outcome=Outcome.REMOVED, by=c.delegate.as_actor(), at=at
    ),
    "gone": lambda r, c, at: service.verify(
        r, Verification.GONE, by=c.officer.as_actor(), at=at
    ),
    "up": lambda r, c, at: service.verify(
        r, Verification.STILL_UP, by=c.officer.as_actor(), at=at
    ),
    "draw": lambda r, c, at: service.draw_rechecks(r.company_id, at=at),
    "recheck": lambda r, c, at: service.recheck(
        r, Recheck.GONE, by=c.officer.as_actor(), at=at
    ),
    "reappear": lambda r, c, at: service.report_reappearance(
        r, by=c.officer.as_actor(), at=at
    ),
    "extend": lambda r, c, at: service.extend(
        r, at + 5 * DAY, reason="More.", by=c.officer.as_actor(), at=at
    ),
    "correct": lambda r, c, at: service.correct_time(
        r, CorrectedTime.DELIVERED, (r.delivered_at or at) + timedelta(minutes=1),
        reason="Wrong.", by=c.head.as_actor(), at=at,
    ),
    "dispute": lambda r, c, at: service.dispute(
        r, reason="Wrong.", by=c.delegate.as_actor(), at=at
    ),
    "decide_dispute": lambda r, c, at: service.decide_dispute(
        r, Dispute.UPHELD, reason="Right.", by=c.officer.as_actor(), at=at
    ),
    "propose": lambda r, c, at: service.propose_exclusion(
        r, Exclusion.DUPLICATE, by=c.officer.as_actor(), at=at
    ),
    "agree": lambda r, c, at: service.confirm_exclusion(r, by=c.head.as_actor(), at=at),
    "drop": lambda r, c, at: service.drop_exclusion(r, by=c.head.as_actor(), at=at),
}  # fmt: skip


@given(
    verbs=st.lists(
        st.tuples(st.sampled_from(sorted(VERBS)), st.integers(-2, 200)), min_size=8, max_size=20
    )
)
@settings(
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_whatever_is_done_the_columns_say_what_the_events_say(companies, cast, at, verbs):
    request = make.draft(companies["telegram"], cast, at=at)
    moment = at
    for verb in ("issue", "deliver"):
        with transaction():
            VERBS[verb](request, cast, moment)
    for verb, hours in verbs:
        moment += hours * HOUR
        try:
            with transaction():
                VERBS[verb](request, cast, moment)
        except Refused:
            pass
        db.session.refresh(request)

        assert differences(request) == {}
    times = [event.at for event in queries.events(request.id)]
    assert times == sorted(times)


# The wall


def test_a_company_is_not_told_what_was_only_proposed(companies, cast, at, visit):
    request = make.delivered(companies["telegram"], cast, at=at)
    with transaction():
        service.propose_exclusion(request, Exclusion.MALFORMED, by=cast.officer.as_actor(), at=at)
    here = f"/removal-requests/{request.id}"

    assert "exclusion proposed" in make.text(visit(cast.officer, "GET", here))
    theirs = make.text(visit(cast.delegate, "GET", here))
    assert "exclusion proposed" not in theirs
    assert "recorded</p>" not in theirs


def test_the_pages_of_a_life(companies, cast, at, visit):
    request = make.delivered(companies["telegram"], cast, at=at)
    here = f"/removal-requests/{request.id}"
    done = visit(cast.delegate, "POST", f"{here}/dispute", {"reason": "A satire."})
    assert done.status_code == 303
    missing = visit(cast.officer, "POST", f"{here}/decide-dispute", {"decision": "dispute_upheld"})
    assert "Give the reason." in make.text(missing)
    assert visit(cast.rival, "GET", f"{here}/dispute").status_code == 404
    for person, path, said in (
        (cast.officer, "decide-dispute", {"decision": "dispute_upheld", "reason": "Right."}),
        (cast.officer, "extend", {"until": "2026-03-05T10:00", "reason": "A holiday."}),
    ):
        assert visit(person, "POST", f"{here}/{path}", said).status_code == 303
    wrong = {"which": "delivered_at", "to": "2026-03-02T09:59", "reason": "The mail says so."}
    assert "Choose a time from" in make.text(
        visit(cast.officer, "POST", f"{here}/correct-time", wrong)
    )
    shown = make.text(visit(cast.delegate, "GET", here))
    assert "A satire." in shown and "upheld" in shown and "A holiday." in shown
    assert visit(cast.delegate, "GET", "/removal-requests/rechecks").status_code == 404


def test_the_command_replays_everything(app, companies, cast, at):
    request = make.verified(companies["telegram"], cast, at=at)
    runner = app.test_cli_runner()
    assert "1 requests replayed, 0 differences." in runner.invoke(args=["requests", "check"]).output
    db.session.execute(
        update(RemovalRequest).where(RemovalRequest.id == request.id).values(removed_at=at + HOUR)
    )
    db.session.commit()

    wrong = runner.invoke(args=["requests", "check"])
    assert wrong.exit_code == 1
    assert "removed_at" in wrong.output


def test_whoever_may_agree_to_a_withdrawal_is_told_and_finds_it(companies, cast, at, visit):
    request, other = (make.delivered(companies["telegram"], cast, at=at) for _n in range(2))
    with transaction():
        service.propose_exclusion(request, Exclusion.WITHDRAWN, by=cast.officer.as_actor(), at=at)
    listed = "/removal-requests/?state=to_agree"
    told = make.told("propose_withdrawal")
    found = make.text(visit(cast.head, "GET", listed))
    theirs = make.text(visit(cast.delegate, "GET", listed))

    assert cast.head.email in told and cast.officer.email not in told
    assert not set(told) & {cast.delegate.email, cast.company_admin.email, cast.rival.email}
    assert request.request_no in found and other.request_no not in found
    assert "withdrawal proposed" not in theirs  # their own page does not know the word
    with transaction():
        service.confirm_exclusion(request, by=cast.head.as_actor(), at=at)
    assert request.request_no not in make.text(visit(cast.head, "GET", listed))


def test_a_dispute_is_told_to_those_who_may_decide_it(companies, cast, at):
    by_the_head = make.delivered(companies["telegram"], cast, at=at)
    with transaction():
        service.dispute(by_the_head, reason="A satire.", by=cast.delegate.as_actor(), at=at)

    assert by_the_head.issued_by_id == cast.head.id
    told = make.told("dispute")
    assert cast.officer.email in told and cast.head.email not in told


def test_who_decides_a_dispute_reads_it_and_is_led_on(companies, cast, at, visit):
    request = make.delivered(companies["telegram"], cast, at=at)
    with transaction():
        service.dispute(request, reason="A satire.", by=cast.delegate.as_actor(), at=at)
    here = f"/removal-requests/{request.id}"
    form = make.text(visit(cast.officer, "GET", f"{here}/decide-dispute"))
    visit(cast.officer, "POST", f"{here}/decide-dispute",
          {"decision": "dispute_upheld", "reason": "Right."})  # fmt: skip
    after = make.text(visit(cast.officer, "GET", here))
    theirs = make.text(visit(cast.delegate, "GET", here))

    assert "A satire." in form
    assert "The dispute is upheld, and the request still counts." in after
    assert after.count(f'href="{here}/withdraw"') == 1
    assert "still counts" not in theirs


def test_only_times_that_a_request_has_are_offered_for_correction(companies, cast, at, visit):
    request = make.delivered(companies["telegram"], cast, at=at)
    page = make.text(visit(cast.officer, "GET", f"/removal-requests/{request.id}/correct-time"))

    assert re.findall(r'name="which"[^>]* value="(\w+)"', page) == ["delivered_at"]
    assert "time of delivery: Mon 2 Mar 2026, 10:00" in page


def test_what_reappeared_at_the_recheck_leads_to_its_next_spell(companies, cast, at, visit):
    request = make.drawn(make.verified(companies["telegram"], cast, at=at - 8 * DAY), at=at - HOUR)
    with transaction():
        spell = service.recheck(request, Recheck.REAPPEARED, by=cast.officer.as_actor(), at=at)
    here = f"/removal-requests/{request.id}"
    ours, theirs = (make.text(visit(one, "GET", here)) for one in (cast.officer, cast.delegate))

    assert spell is not None
    assert f'asked for again: <a href="/removal-requests/{spell.id}">{spell.request_no}</a>' in ours
    assert "seen at the recheck of" in theirs and spell.request_no not in theirs
