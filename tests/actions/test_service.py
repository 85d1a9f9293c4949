"""Action items: opened by adopted minutes, extended and withdrawn only by both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.actions import queries, service
from portal.actions.models import ActionItem, ActionStatus, AmendmentStatus
from portal.consultations.models import Side
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.responses import service as responses
from tests.actions import make
from tests.minutes import make as make_minutes

SEOUL = ZoneInfo("Asia/Seoul")
LINK = "https://evidence.example/procedure"
LATER = datetime(2026, 4, 15, 18, 0)


def test_adopted_minutes_open_what_both_sides_took_on(companies, cast, at):
    minutes = make_minutes.adopted(companies["telegram"], cast, at=at)
    items = db.session.query(ActionItem).order_by(ActionItem.id).all()

    assert [(i.number, i.owner, i.status, i.due_at) for i in items] == [
        (
            "Telegram A-2026-001", Side.COMPANY, ActionStatus.AGREED,
            datetime(2026, 3, 31, 10, 0, tzinfo=UTC),
        ),
        (
            "Telegram A-2026-002", Side.INSTITUTION, ActionStatus.AGREED,
            datetime(2026, 3, 31, 10, 0, tzinfo=UTC),
        ),
    ]  # fmt: skip
    assert [i.contact_id for i in items] == [cast.delegate.id, cast.head.id]
    assert make.events(items[0]) == [("actions:open", "Representative, Telegram")]
    told = make.letters("actions:open")
    assert {who for who, _subject in told} == {
        "delegate@telegram.example", "company_admin@telegram.example", "officer@kcsc.example",
        "officer2@kcsc.example",
    }  # fmt: skip
    with transaction():
        assert service.open_agreed(minutes, by=cast.officer.as_actor(), at=at) == []


def test_minutes_that_bind_nobody_open_nothing(companies, cast, at):
    minutes = make_minutes.reconciled(companies["telegram"], cast, at=at)

    with pytest.raises(Refused, match="through adopted minutes"), transaction():
        service.open_agreed(minutes, by=cast.officer.as_actor(), at=at)


def test_numbers_run_per_company(companies, cast, at):
    numbers = [
        make.agreed(companies[slug], at=at, text=text).number
        for slug, text in (("telegram", "One."), ("x", "One."), ("telegram", "Two."))
    ]

    assert numbers == ["Telegram A-2026-001", "X A-2026-001", "Telegram A-2026-002"]


def test_what_the_company_agrees_to_binds_from_then_on(companies, cast, at, visit):
    item = make.agreed(companies["telegram"], at=at, source="", by=cast.officer.as_actor())
    assert ("delegate@telegram.example", f"Action item proposed: {item.number}") in make.letters(
        "actions:propose"
    )
    path = f"/action-items/{item.id}"
    assert "Agree to it" not in visit(cast.officer, "GET", path).text
    assert "Agree to it" in visit(cast.delegate, "GET", path).text
    assert "the company agrees to it" in visit(cast.officer, "POST", f"{path}/agree").text
    assert item.status is ActionStatus.PROPOSED
    assert visit(cast.rival, "POST", f"{path}/agree").status_code == 404
    visit(cast.delegate, "POST", f"{path}/agree")
    db.session.refresh(item)
    assert (item.status, item.agreed_at) == (ActionStatus.AGREED, at)
    assert make.events(item)[-1][0] == "actions:agree"
    again = visit(cast.delegate, "POST", f"{path}/agree").text
    assert "cannot become" in again
    assert [verb for verb, _who in make.events(item)].count("actions:agree") == 1


def test_what_is_due_before_it_is_agreed_to_is_recorded_anew(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at, source="", by=cast.officer.as_actor())
    with pytest.raises(Refused, match="has passed before it was agreed"), transaction():
        service.agree(item, by=cast.delegate.as_actor(), at=item.due_at)


def test_what_is_recorded_without_a_source_binds_nobody(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at, source=" ", by=cast.officer.as_actor())

    assert (item.status, item.agreed_at, item.source) == (ActionStatus.PROPOSED, None, None)
    assert item.contact_id == cast.delegate.id
    assert make.events(item) == [("actions:record", "Liaison officer")]
    assert not item.is_late(at=at + timedelta(days=90))
    with pytest.raises(Refused, match="that is proposed cannot become in progress"), transaction():
        service.begin(item, by=cast.delegate.as_actor(), at=at)


def test_the_same_promise_is_recorded_once(companies, at):
    make.agreed(companies["telegram"], at=at)

    with pytest.raises(Refused, match="already as Telegram A-2026-001"):
        make.agreed(companies["telegram"], at=at)


def test_a_text_with_a_phone_number_is_refused(companies, at):
    with pytest.raises(FieldError, match="phone") as refusal:
        make.agreed(companies["telegram"], at=at, text="Call 010-1234-5678.")
    assert refusal.value.field == "text_ko"


def test_only_the_owner_begins(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    with pytest.raises(Refused, match="Only the side that owes"), transaction():
        service.begin(item, by=cast.officer.as_actor(), at=at)
    with transaction():
        service.begin(item, by=cast.delegate.as_actor(), at=at)

    assert item.status is ActionStatus.IN_PROGRESS
    assert make.events(item)[1:] == [("actions:begin", "Representative, Telegram")]
    with pytest.raises(Refused, match="in progress cannot become in progress"), transaction():
        service.begin(item, by=cast.delegate.as_actor(), at=at)


def ask(item, cast, *, at, until=LATER):
    with transaction():
        return service.ask_extension(
            item, new_due_wall=until, reason="The supplier is late.", by=cast.delegate.as_actor(),
            at=at,
        )  # fmt: skip


def test_a_granted_extension_moves_the_date_and_keeps_the_old_one(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    amendment = ask(item, cast, at=at)
    agreed_due = datetime(2026, 3, 31, 18, 0, tzinfo=SEOUL)
    assert (item.due_at, item.first_due_at) == (agreed_due, None)
    assert make.letters("actions:ask") == [
        ("officer@kcsc.example", "Extension asked for: Telegram A-2026-001"),
        ("officer2@kcsc.example", "Extension asked for: Telegram A-2026-001"),
    ]
    with transaction():
        service.grant(amendment, by=cast.officer.as_actor(), at=at + timedelta(days=1))

    assert amendment.status is AmendmentStatus.GRANTED
    assert (item.due_at, item.first_due_at) == (LATER.replace(tzinfo=SEOUL), agreed_due)
    assert amendment.old_due_at == agreed_due
    assert make.events(amendment) == [
        ("actions:ask", "Representative, Telegram"), ("actions:grant", "Liaison officer"),
    ]  # fmt: skip
    assert [who for who, _subject in make.letters("actions:answer")] == [
        "delegate@telegram.example", "company_admin@telegram.example",
    ]  # fmt: skip
    second = ask(item, cast, at=at, until=datetime(2026, 4, 30, 18, 0))
    with transaction():
        service.grant(second, by=cast.officer.as_actor(), at=at)
    assert item.first_due_at == agreed_due


def test_a_refused_extension_leaves_the_date(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    before, amendment = item.due_at, ask(item, cast, at=at)
    with pytest.raises(FieldError, match="Say why"), transaction():
        service.refuse(amendment, answer=" ", by=cast.officer.as_actor(), at=at)
    with transaction():
        service.refuse(amendment, answer="Not needed.", by=cast.officer.as_actor(), at=at)

    assert (item.due_at, item.first_due_at) == (before, None)
    assert (amendment.status, amendment.answer) == (AmendmentStatus.REFUSED, "Not needed.")
    with pytest.raises(Refused, match="refused already"), transaction():
        service.grant(amendment, by=cast.officer.as_actor(), at=at)
    assert ask(item, cast, at=at).status is AmendmentStatus.ASKED


def test_who_may_not_ask_or_grant(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    with pytest.raises(Refused, match="Only the side that owes"), transaction():
        service.ask_extension(
            item, new_due_wall=LATER, reason="Why not.", by=cast.officer.as_actor(), at=at
        )
    amendment = ask(item, cast, at=at)
    with pytest.raises(Refused, match="does not answer itself"), transaction():
        service.grant(amendment, by=cast.company_admin.as_actor(), at=at)
    with pytest.raises(Refused, match="asked for already"):
        ask(item, cast, at=at)


def test_lateness_cannot_be_extended_away(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    with pytest.raises(Refused, match="has passed"):
        ask(item, cast, at=item.due_at + timedelta(minutes=1))
    with pytest.raises(FieldError, match="after the one"):
        ask(item, cast, at=at, until=datetime(2026, 3, 31, 18, 0))


def test_what_was_asked_in_time_may_be_granted_after_the_day(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    amendment = ask(item, cast, at=item.due_at)
    with transaction():
        service.grant(amendment, by=cast.officer.as_actor(), at=item.due_at + timedelta(days=2))

    assert not item.is_late(at=item.due_at)


@pytest.mark.parametrize(("asks", "answers"), [("delegate", "officer"), ("officer", "delegate")])
def test_a_promise_is_withdrawn_by_both(companies, cast, at, asks, answers):
    item = make.agreed(companies["telegram"], at=at)
    with transaction():
        amendment = service.ask_withdrawal(
            item, reason="Replaced by law.", by=getattr(cast, asks).as_actor(), at=at
        )
    assert item.status is ActionStatus.AGREED
    with transaction():
        service.grant(amendment, by=getattr(cast, answers).as_actor(), at=at)

    assert item.status is ActionStatus.WITHDRAWN
    with pytest.raises(Refused, match="withdrawn cannot become withdrawn"), transaction():
        service.ask_withdrawal(item, reason="Again.", by=cast.officer.as_actor(), at=at)


def test_a_closed_item_needs_no_answer(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    amendment = ask(item, cast, at=at)
    with transaction():
        report = responses.report_done(
            item, text="Done.", evidence=[LINK], by=cast.delegate.as_actor(), at=at
        )
        responses.verify(report, by=cast.officer.as_actor(), at=at)

    assert item.pending() is None
    with pytest.raises(Refused, match="closed"), transaction():
        service.grant(amendment, by=cast.officer.as_actor(), at=at)


def test_the_owner_names_the_contact_person(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    for contact, by, why in (
        (cast.rival, cast.delegate, "of the side that owes it"),
        (cast.company_admin, cast.officer, "Only the side that owes"),
    ):
        with pytest.raises(Refused, match=why), transaction():
            service.assign(item, contact, by=by.as_actor(), at=at)
    with transaction():
        service.assign(item, cast.company_admin, by=cast.delegate.as_actor(), at=at)

    assert item.contact_id == cast.company_admin.id
    assert make.events(item)[1:] == [("actions:assign", "Representative, Telegram")]
    assert make.letters("actions:assign") == [
        ("company_admin@telegram.example", "You answer for Telegram A-2026-001")
    ]


def test_an_item_of_somebody_who_left_is_unassigned_and_stays_owed(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    me = cast.officer.as_actor()
    assert not item.is_unassigned
    with transaction():
        cast.delegate.deactivated_at = at

    assert item.is_unassigned
    assert item.status is ActionStatus.AGREED
    assert db.session.scalars(queries.listed("unassigned", me, at=at)).all() == [item]
    assert queries.counts(me, at=at)["unassigned"] == 1
    assert [person.id for person in queries.owners(item)] == [cast.company_admin.id]


def test_what_waits_for_whom(companies, cast, at):
    owed = make.agreed(companies["telegram"], at=at, text="Owed.")
    reported = make.agreed(companies["telegram"], at=at, text="Reported.")
    ours = make.agreed(companies["telegram"], at=at, text="Ours.", owner=Side.INSTITUTION)
    asked = make.agreed(companies["telegram"], at=at, text="Asked.")
    with transaction():
        responses.report_done(
            reported, text="Done.", evidence=[LINK], by=cast.delegate.as_actor(), at=at
        )
    ask(asked, cast, at=at)

    waiting = {
        part: {
            item.text_en
            for item in db.session.scalars(
                queries.listed("mine", getattr(cast, part).as_actor(), at=at)
            )
        }
        for part in ("officer", "delegate")
    }

    assert waiting == {"officer": {"Reported.", "Ours.", "Asked."}, "delegate": {"Owed.", "Asked."}}
    assert queries.counts(cast.officer.as_actor(), at=at) == {
        "all": 4, "mine": 3, "open": 4, "overdue": 0, "unassigned": 0, "closed": 0,
    }  # fmt: skip
    assert ours.contact_id == cast.officer.id
    assert owed.contact_id == cast.delegate.id


def test_late_is_derived_and_stays(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at)
    due = item.due_at
    assert not item.is_late(at=due)
    assert item.is_late(at=due + timedelta(seconds=1))
    assert item.days_late(at=due + timedelta(hours=1)) == 0
    with transaction():
        first = responses.report_done(
            item, text="Done.", evidence=[LINK], by=cast.delegate.as_actor(),
            at=due + timedelta(days=2),
        )  # fmt: skip
    # While a report is examined the clock stands; returned, it has never stood.
    assert item.days_late(at=due + timedelta(days=9)) == 2
    with transaction():
        responses.return_(
            first, reason="No dates.", by=cast.officer.as_actor(), at=due + timedelta(days=9)
        )
    assert item.days_late(at=due + timedelta(days=9)) == 9
    with transaction():
        second = responses.report_done(
            item, text="With dates.", evidence=[LINK], by=cast.delegate.as_actor(),
            at=due + timedelta(days=10),
        )  # fmt: skip
        responses.verify(second, by=cast.officer.as_actor(), at=due + timedelta(days=30))

    assert item.days_late(at=due + timedelta(days=400)) == 10
    assert item.lateness(at=due + timedelta(days=400)) == timedelta(days=10)


def test_a_month_counts_in_time_late_and_open(companies, cast, at):
    items = [
        make.agreed(companies["telegram"], at=at, text=text)
        for text in ("In time.", "Late.", "No.")
    ]
    for item, done_at in ((items[0], at), (items[1], items[1].due_at + timedelta(days=3))):
        with transaction():
            report = responses.report_done(
                item, text="Done.", evidence=[LINK], by=cast.delegate.as_actor(), at=done_at
            )
            responses.verify(report, by=cast.officer.as_actor(), at=done_at)

    [month] = queries.by_month("2026-03", "2026-03", at=at + timedelta(days=60))
    [early] = queries.by_month("2026-03", "2026-03", at=at + timedelta(days=1))

    assert (month.in_time, month.late, month.open) == (1, 1, 1)
    assert (early.in_time, early.late, early.open) == (1, 0, 2)
    assert list(queries.due_in("2026-03", companies["telegram"].id)) == items
    assert list(queries.due_in("2026-03", companies["x"].id)) == []
