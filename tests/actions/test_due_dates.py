"""Due dates to the minute, as rows; what both sides change about a promise; who answers for it."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask_migrate import downgrade
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal.accounts import service as accounts
from portal.actions import progress, service
from portal.actions.models import (
    ActionItem,
    ActionStatus,
    Amendment,
    Assignment,
    DueDate,
    ProgressReport,
    Rhythm,
)
from portal.consultations.models import Side
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.migrate import install, upgrade
from portal.responses import service as responses
from portal.responses.models import Response, Verdict
from tests.actions import make

SEOUL = ZoneInfo("Asia/Seoul")
FRIDAY = datetime(2026, 10, 30, 18, 0)
DUE = FRIDAY.replace(tzinfo=SEOUL)
LINK = "https://evidence.example/procedure"


@pytest.fixture
def item(companies, at) -> ActionItem:
    return make.agreed(companies["telegram"], at=at, due=FRIDAY)


def report(item, who, at) -> Response:
    with transaction():
        return responses.report_done(
            item, text="In force.", evidence=[LINK], by=who.as_actor(), at=at
        )


def page_of(visit, who, item, *, at) -> str:
    with clock.stopped_at(at):
        return visit(who, "GET", f"/action-items/{item.id}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("minute", "said"),
    [
        (-1, "Reported in time."), (0, "Reported in time."), (1, "Late by one minute."),
        (61, "Late by 1 h 1 min."),
    ],
)  # fmt: skip
def test_a_minute_decides_for_every_viewer_and_for_ever(item, cast, visit, minute, said):
    with transaction():
        cast.delegate.time_zone = "America/Los_Angeles"
    filed = DUE + timedelta(minutes=minute)
    response = report(item, cast.delegate, filed)
    viewers = (cast.officer, cast.delegate, cast.auditor)
    for moment in (filed, filed + timedelta(days=1)):
        assert all(said in page_of(visit, who, item, at=moment) for who in viewers)
    with transaction():
        responses.verify(response, by=cast.officer.as_actor(), at=DUE + timedelta(days=30))
    years = DUE + timedelta(days=800)

    assert all(said in page_of(visit, who, item, at=years) for who in viewers)
    assert item.minutes_late(at=years) == max(minute, 0)
    if minute == -1:
        there = page_of(visit, cast.delegate, item, at=years)
        assert "01:59" in there  # in Los Angeles, the same day


def test_evidence_that_was_returned_resumes_the_first_clock(item, cast, visit):
    first = report(item, cast.delegate, DUE - timedelta(minutes=1))
    assert not item.is_late(at=DUE + timedelta(days=4))
    with transaction():
        responses.return_(
            first, reason="No dates.", by=cast.officer.as_actor(), at=DUE + timedelta(days=5)
        )
    assert item.lateness(at=DUE + timedelta(days=6)) == timedelta(days=6)
    second = report(item, cast.delegate, DUE + timedelta(days=7, minutes=3))
    with transaction():
        responses.verify(second, by=cast.officer.as_actor(), at=DUE + timedelta(days=20))

    assert item.lateness(at=DUE + timedelta(days=90)) == timedelta(days=7, minutes=3)
    said = page_of(visit, cast.delegate, item, at=DUE + timedelta(days=90))
    assert "Late by 7 days. It was closed late" in said
    assert "7 d 0 h 3 min" in said


def test_every_due_date_is_a_row_and_the_first_stays_visible(item, cast, visit, at):
    later = FRIDAY + timedelta(days=14)
    with transaction():
        amendment = service.ask_extension(
            item, new_due_wall=later, reason="The supplier is late.",
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    assert len(item.due_dates) == 1
    with transaction():
        service.grant(amendment, by=cast.officer.as_actor(), at=at + timedelta(hours=1))
    rows = db.session.query(DueDate).order_by(DueDate.id).all()

    assert [(r.due_at, r.set_by, r.reason, r.amendment_id) for r in rows] == [
        (DUE, "the clock", "", None),
        (
            later.replace(tzinfo=SEOUL), "Liaison officer", "The supplier is late.", amendment.id,
        ),
    ]  # fmt: skip
    assert (item.due_at, item.first_due_at) == (rows[1].due_at, rows[0].due_at)
    said = page_of(visit, cast.delegate, item, at=at)
    for words in ("Fri 30 Oct 2026", "Fri 13 Nov 2026", "granted by Liaison officer"):
        assert words in said
    done = report(item, cast.delegate, DUE + timedelta(days=3))
    assert not item.is_late(at=DUE + timedelta(days=3))
    assert done.verdict is Verdict.PENDING


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE due_date SET due_at = due_at + {day}", "DELETE FROM due_date",
        "UPDATE evidence SET link = 'https://other.example'", "DELETE FROM evidence",
        "UPDATE response SET text = 'Other words.'",
        "UPDATE response SET reported_at = reported_at",
        "UPDATE progress_report SET text = 'Other words.'",
    ],
)  # fmt: skip
def test_what_was_stated_is_changed_by_nobody(companies, cast, at, statement):
    item = make.agreed(companies["telegram"], at=at, due=FRIDAY, rhythm=Rhythm.MONTHLY)
    with transaction():
        progress.file_report(
            item.progress_reports[0], text="Half.", by=cast.delegate.as_actor(), at=at
        )
    report(item, cast.delegate, at)
    day = "1" if db.engine.dialect.name == "sqlite" else "interval '1 day'"

    with pytest.raises(DBAPIError, match="not changed in place"), transaction():
        db.session.execute(text(statement.format(day=day)))


def test_a_due_date_before_the_agreement_is_refused_and_what_was_typed_is_kept(
    companies, cast, visit, at
):
    form = {
        "company_id": companies["telegram"].id, "owner": "company", "text_ko": "보고서를 낸다.",
        "text_en": "My long text.", "due_wall": ["2026-02-27", "18:00"], "due_zone": "Asia/Seoul",
        "weight": "3", "rhythm": "monthly", "source": "Published",
    }  # fmt: skip
    refused = visit(cast.officer, "POST", "/action-items/record", form).get_data(as_text=True)
    assert "The due date is before the agreement." in refused
    assert 'id="due_wall-error"' in refused
    for typed in ("My long text.", 'value="2026-02-27"', '<option selected value="3">'):
        assert typed in refused
    future = visit(
        cast.officer, "POST", "/action-items/record", {**form, "agreed_on": "2026-03-03"}
    )
    assert "This day is still to come." in future.get_data(as_text=True)
    assert db.session.query(ActionItem).count() == 0
    # What was agreed on and due before the portal knew of it can be recorded with its day.
    data = {**form, "agreed_on": "2026-01-05"}
    assert visit(cast.officer, "POST", "/action-items/record", data).status_code == 303

    item = db.session.query(ActionItem).one()
    assert (item.weight, item.rhythm, item.status) == (3, Rhythm.MONTHLY, ActionStatus.AGREED)
    assert item.agreed_at == datetime(2026, 1, 4, 15, tzinfo=UTC)
    # A day is a day wherever it is read: in Los Angeles it is not the evening before.
    with transaction():
        cast.delegate.time_zone = "America/Los_Angeles"
    read = visit(cast.delegate, "GET", f"/action-items/{item.id}").get_data(as_text=True)
    assert '<p class="quiet">Mon 5 Jan 2026</p>' in read and "<b>Source</b> <span>Published" in read
    again = visit(cast.officer, "POST", "/action-items/record", data).get_data(as_text=True)
    assert "recorded already as Telegram A-2026-001" in again


@pytest.mark.parametrize(
    ("given", "hour"),
    [("2026-10-30", 18), (["2026-10-30", ""], 18), (["2026-10-30", "12:30"], 12)],
)
def test_what_is_due_on_a_day_is_due_at_18_unless_said(companies, cast, visit, given, hour):
    data = {
        "company_id": companies["x"].id, "owner": "company", "text_ko": "가", "text_en": "a",
        "due_wall": given, "due_zone": "America/Los_Angeles", "source": "Published",
        "weight": "1", "rhythm": "none",
    }  # fmt: skip
    assert 'value="18:00"' in visit(cast.officer, "GET", "/action-items/record").text
    assert visit(cast.officer, "POST", "/action-items/record", data).status_code == 303

    due = db.session.query(ActionItem).one().due_at
    assert due.astimezone(ZoneInfo("America/Los_Angeles")).hour == hour


def test_an_item_takes_the_place_of_another_by_agreement(companies, cast, visit, at):
    old = make.agreed(companies["telegram"], at=at, due=datetime(2026, 3, 5, 18, 0), text="Old.")
    new = make.agreed(companies["telegram"], at=at, due=FRIDAY, text="New.")
    ours = make.agreed(companies["telegram"], at=at, text="Ours.", owner=Side.INSTITUTION)
    theirs = make.agreed(companies["x"], at=at, text="Another company's.")
    late = old.due_at + timedelta(days=2)
    delegate, officer = cast.delegate.as_actor(), cast.officer.as_actor()
    for wrong in (ours, theirs, old, None):
        with pytest.raises(FieldError) as refusal, transaction():
            service.ask_supersession(old, wrong, reason="Newer.", by=delegate, at=late)
        assert refusal.value.field == "replacement_id"
    path = f"/action-items/{old.id}/supersede"
    form = visit(cast.delegate, "GET", path).get_data(as_text=True)
    assert (new.number in form, ours.number in form, theirs.number in form) == (True, False, False)
    hidden = visit(cast.delegate, "POST", path, {"replacement_id": theirs.id, "reason": "Mine."})
    assert "Mine." in hidden.get_data(as_text=True)
    with clock.stopped_at(late):
        data = {"replacement_id": new.id, "reason": "The new one says it better."}
        assert visit(cast.delegate, "POST", path, data).status_code == 303
    asked = db.session.query(Amendment).one()
    assert old.status is ActionStatus.AGREED
    with pytest.raises(Refused, match="does not answer itself"), transaction():
        service.grant(asked, by=delegate, at=late)
    decision = visit(cast.officer, "GET", f"/amendments/{asked.id}/decide").get_data(as_text=True)
    assert new.number in decision
    with transaction():
        service.grant(asked, by=officer, at=late)

    assert (old.status, old.superseded_by_id) == (ActionStatus.SUPERSEDED, new.id)
    assert new.supersedes == [old]
    assert f'href="/action-items/{new.id}"' in page_of(visit, cast.delegate, old, at=late)
    assert "It was late when both sides gave it up" in page_of(visit, cast.officer, old, at=late)
    assert f'href="/action-items/{old.id}"' in page_of(visit, cast.delegate, new, at=late)
    with pytest.raises(Refused, match="superseded"), transaction():
        service.ask_supersession(old, new, reason="Again.", by=delegate, at=late)


def test_two_that_would_replace_each_other_leave_one(companies, cast, at):
    one, two = (make.agreed(companies["telegram"], at=at, text=words) for words in ("One.", "Two."))
    delegate, officer = cast.delegate.as_actor(), cast.officer.as_actor()
    with transaction():
        first = service.ask_supersession(one, two, reason="Same.", by=delegate, at=at)
        second = service.ask_supersession(two, one, reason="Same.", by=delegate, at=at)
        service.grant(first, by=officer, at=at)
    with pytest.raises(Refused, match="is not owed any more"), transaction():
        service.grant(second, by=officer, at=at)

    assert (one.status, two.status) == (ActionStatus.SUPERSEDED, ActionStatus.AGREED)


def test_the_terms_change_only_by_agreement(item, cast, visit, at):
    path = f"/action-items/{item.id}/terms"
    same = visit(cast.officer, "POST", path, {"weight": 1, "rhythm": "none", "reason": "My reason"})
    assert "This is what holds already." in same.text
    assert "My reason" in same.text
    forged = visit(cast.officer, "POST", path, {"weight": 9, "rhythm": "daily", "reason": "x"})
    assert forged.status_code == 200
    asked = {"weight": 4, "rhythm": "quarterly", "reason": "It matters."}
    assert visit(cast.officer, "POST", path, asked).status_code == 303
    amendment = db.session.query(Amendment).one()
    assert (item.weight, item.rhythm) == (1, Rhythm.NONE)
    assert "asked for already" in visit(cast.officer, "POST", path, asked).text
    with transaction():
        service.grant(amendment, by=cast.delegate.as_actor(), at=at)

    assert (item.weight, item.rhythm) == (4, Rhythm.QUARTERLY)
    assert "4 of 5" in page_of(visit, cast.delegate, item, at=at)
    assert db.session.query(ProgressReport).one().due_at == datetime(2026, 3, 31, 9, tzinfo=UTC)


def test_who_answers_for_it_is_named_by_the_owner_from_its_own_people(item, cast, visit, at):
    for outsider in (cast.officer, cast.rival):
        with pytest.raises(FieldError), transaction():
            service.assign(item, outsider, by=cast.delegate.as_actor(), at=at)
    for _twice in range(2):  # the same form twice names nobody twice
        with transaction():
            service.assign(item, cast.company_admin, by=cast.delegate.as_actor(), at=at)
    rows = db.session.query(Assignment).order_by(Assignment.id).all()

    assert [(r.contact_id, r.set_by) for r in rows] == [
        (cast.delegate.id, "the clock"), (cast.company_admin.id, "Representative, Telegram"),
    ]  # fmt: skip
    said = page_of(visit, cast.officer, item, at=at)
    assert "Contact persons" in said
    assert "named by Representative, Telegram" in said


def test_who_leaves_leaves_the_items_with_the_organisation_first_on_the_desk(
    companies, cast, visit, at
):
    near = make.agreed(companies["telegram"], at=at, due=datetime(2026, 3, 4, 18, 0), text="Near.")
    left = make.agreed(companies["telegram"], at=at, due=FRIDAY, text="Left.")
    with transaction():
        service.assign(near, cast.company_admin, by=cast.delegate.as_actor(), at=at)
        accounts.deactivate(cast.delegate, by=cast.administrator.as_actor(), at=at)

    assert (left.is_unassigned, left.status) == (True, ActionStatus.AGREED)
    desk = visit(cast.company_admin, "GET", "/").get_data(as_text=True)
    assert desk.index(left.number) < desk.index(near.number)
    assert desk.count("unassigned") == 1
    assert f'href="/action-items/{left.id}/assign"' in desk
    assert "unassigned" in page_of(visit, cast.officer, left, at=at)
    with transaction():
        service.assign(left, cast.company_admin, by=cast.company_admin.as_actor(), at=at)
    assert left.number not in visit(cast.company_admin, "GET", "/").get_data(as_text=True)


def test_of_two_verifiers_at_once_one_gives_the_verdict(app, item, cast, at):
    number = report(item, cast.delegate, at).id
    verifiers = (cast.officer.as_actor(), cast.head.as_actor())
    db.session.commit()
    ready, said = threading.Barrier(2), []

    def decide(actor) -> None:
        with app.app_context():
            try:
                response = db.session.get_one(Response, number)
                ready.wait()
                with transaction():
                    if actor is verifiers[0]:
                        responses.verify(response, by=actor, at=at)
                    else:
                        responses.return_(response, reason="No dates.", by=actor, at=at)
                said.append("done")
            except Refused as refusal:
                said.append(refusal.sentence)
            finally:
                db.session.remove()

    both = [threading.Thread(target=decide, args=(actor,)) for actor in verifiers]
    for one in both:
        one.start()
    for one in both:
        one.join()
    db.session.expire_all()

    assert sorted(said) == ["The verdict on this report is given already.", "done"]
    response = db.session.get_one(Response, number)
    ended = {Verdict.VERIFIED: ActionStatus.VERIFIED, Verdict.RETURNED: ActionStatus.RETURNED}
    assert response.action_item.status is ended[response.verdict]
    assert len(make.events(response)) == 2


def test_the_dates_of_items_from_before_become_rows(app, item, cast, at):
    with transaction():
        amendment = service.ask_extension(
            item, new_due_wall=FRIDAY + timedelta(days=1), reason="Later.",
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
        service.grant(amendment, by=cast.officer.as_actor(), at=at)
    asked = select_rows()
    db.session.remove()
    install(app)
    downgrade(revision="0016")
    upgrade()

    assert select_rows() == asked
    assert len(asked[0]) == 2


def select_rows() -> tuple[list, list]:
    """The due dates and the people named, as they are stored."""
    dates = db.session.query(
        DueDate.action_item_id, DueDate.due_at, DueDate.zone, DueDate.set_at, DueDate.set_by,
        DueDate.reason, DueDate.amendment_id,
    )  # fmt: skip
    people = db.session.query(Assignment.contact_id, Assignment.set_at, Assignment.set_by)
    return [tuple(r) for r in dates.order_by(DueDate.id)], [tuple(r) for r in people]


def test_adopted_minutes_state_the_first_date(companies, cast, at, visit):
    from tests.minutes import make as make_minutes

    make_minutes.adopted(companies["telegram"], cast, at=at)
    row = db.session.query(DueDate).order_by(DueDate.id).first()

    assert (row.set_at, row.set_by, row.reason) == (at, "Representative, Telegram", "")
    assert "Agreed in the minutes" in page_of(visit, cast.officer, row.action_item, at=at)
    assert date(2026, 3, 31) == clock.local_date(row.due_at)
