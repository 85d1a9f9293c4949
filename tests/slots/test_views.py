"""The pages of a search for a time: what each side reads, what a rival cannot, what is kept."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from portal.consultations import service as consultations
from portal.consultations.models import Consultation, ConsultationStatus
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.slots.models import Can, Poll, SlotAnswer, SlotProposal
from tests.consultations import make
from tests.queries import counting
from tests.slots.test_service import UNTIL, draft, open_poll, poll, proposed, say, seat

__all__ = ["draft", "poll"]


def form(*walls: str, **more: Any) -> dict[str, Any]:
    """The form of an offer as a browser sends it."""
    rows: dict[str, Any] = {}
    for place, wall in enumerate(walls):
        rows |= {
            f"slots-{place}-wall": wall, f"slots-{place}-duration": "120",
            f"slots-{place}-zone": "Asia/Seoul",
        }  # fmt: skip
    return rows | {
        "venue": "Meeting room 3", "venue_country": "KR", "respond_by": "2026-03-13T18:00",
    } | more  # fmt: skip


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def test_an_officer_offers_slots_after_seeing_them_on_every_clock(draft, cast, visit):
    url = f"/consultations/{draft.id}/slots/offer"
    assert 'href="/consultations/1/slots/offer"' in text_of(
        visit(cast.officer, "GET", f"/consultations/{draft.id}")
    )
    assert "Slot 4" in text_of(visit(cast.officer, "GET", url))
    # Saturday is awkward: shown first, offered when confirmed.
    asked = form("2026-03-26T15:00", "", "2026-03-28T15:00")
    page = text_of(visit(cast.officer, "POST", url, asked))

    assert "Thu 26 Mar 2026, 10:00" in page
    assert "Sat 28 Mar 2026 is a weekend day for Korea." in page
    assert db.session.query(Poll).count() == 0
    key = re.search(r'name="warned_of"[^>]*value="([^"]+)"', page)
    done = visit(cast.officer, "POST", url, asked | {"warned_of": key[1], "anyway": "y"})
    assert done.status_code == 303
    assert [slot.wall_time for slot in db.session.query(Poll).one().slots] == [
        "2026-03-26T15:00", "2026-03-28T15:00",
    ]  # fmt: skip


def test_a_refused_offer_keeps_what_was_typed_and_names_the_row(draft, cast, visit):
    url = f"/consultations/{draft.id}/slots/offer"
    page = text_of(
        visit(cast.officer, "POST", url, form("2026-03-26T15:00", "", "2026-02-28T15:00"))
    )

    assert "This time has passed. Choose one to come." in page
    assert 'aria-describedby="slots-2-wall-error"' in page
    assert 'value="2026-03-26T15:00"' in page
    assert "Offer at least two slots" in text_of(
        visit(cast.officer, "POST", url, form("2026-03-26T15:00"))
    )
    for wrong in ("2026-02-30T10:00", "tomorrow"):
        page = text_of(visit(cast.officer, "POST", url, form("2026-03-26T15:00", wrong)))
        assert "There is no such date or time." in page
    more = text_of(visit(cast.officer, "POST", url, form("2026-03-26T15:00") | {"more": "1"}))
    assert "Slot 3" in more and 'value="2026-03-26T15:00"' in more
    for wrong in ("9999-12-31T23:59", "0001-01-01T00:00"):
        page = visit(
            cast.officer, "POST", url,
            form("2026-03-26T15:00", "2026-03-27T15:00", respond_by=wrong),
        )  # fmt: skip
        assert page.status_code == 200
    assert db.session.query(Poll).count() == 0


def test_an_offer_sent_twice_asks_once(draft, cast, visit):
    url = f"/consultations/{draft.id}/slots/offer"
    asked = form("2026-03-25T15:00", "2026-03-26T15:00")
    first, second = (visit(cast.officer, "POST", url, asked) for _twice in range(2))

    assert (first.status_code, second.status_code) == (303, 200)
    assert "Slots are offered for drafts." in text_of(second)
    assert db.session.query(Letter).filter_by(kind="slots:offer").count() == 3


@pytest.mark.parametrize("part", ["rival", "rival_admin", "police", "agency", "operator"])
def test_whom_it_does_not_concern_finds_nothing(poll, cast, visit, part, at):
    proposal = proposed(poll, cast, at)
    mine, slot = seat(poll, cast.delegate), poll.slots[0]
    doors = [
        ("GET", f"/consultations/{poll.consultation_id}/slots"),
        ("GET", f"/slots/delegates/{mine.id}"), ("POST", f"/slots/delegates/{mine.id}"),
        ("GET", f"/slots/{poll.id}/propose"), ("POST", f"/slots/{poll.id}/propose"),
        ("POST", f"/slots/{slot.id}/schedule"), ("GET", f"/slots/{poll.id}/add"),
        ("POST", f"/slots/proposals/{proposal.id}/accept"),
        ("GET", f"/slots/proposals/{proposal.id}/decline"),
        ("GET", f"/slots/{poll.id}/deadline"), ("POST", f"/slots/{poll.id}/cancel"),
    ]  # fmt: skip

    answers = {door: visit(getattr(cast, part), *door).status_code for door in doors}

    assert answers == dict.fromkeys(doors, 404)


def test_the_company_cannot_arrange_and_a_draft_is_nothing_to_it(draft, cast, visit, at):
    assert visit(cast.delegate, "GET", f"/consultations/{draft.id}/slots").status_code == 404
    poll = open_poll(draft, cast, at)
    for door in ("add", "deadline", "cancel"):
        assert visit(cast.delegate, "GET", f"/slots/{poll.id}/{door}").status_code == 404
    assert visit(cast.delegate, "POST", f"/slots/{poll.slots[0].id}/schedule").status_code == 404
    assert db.session.get_one(Consultation, draft.id).status is ConsultationStatus.POLLING


def test_each_side_reads_its_own_names_and_of_the_other_only_numbers(poll, cast, visit, at):
    say(poll, cast.officer, "yyn", at=at)
    say(poll, cast.delegate, "yn?", at=at)
    url = f"/consultations/{poll.consultation_id}/slots"

    company, ours = text_of(visit(cast.delegate, "GET", url)), text_of(visit(cast.head, "GET", url))

    assert "The institution: 1 can, 0 if need be, 0 cannot, 1 not answered" in company
    assert "Liaison officer <" not in company and "Can come:" not in company
    assert "Schedule this slot" not in company
    assert "Can come: Liaison officer, Representative, Telegram." in ours
    assert ours.index("1. Wed 25 Mar 2026, 15:00") < ours.index("2. Thu 26 Mar 2026, 15:00")
    assert "Sat 28 Mar 2026 is a weekend day for Korea." in ours


def test_a_guest_reads_their_own_answer_and_numbers(companies, cast, visit, at):
    with transaction():
        made = consultations.save_draft(
            companies["telegram"], wall=make.wall(at), zone="Asia/Seoul", by=cast.officer.as_actor(),
            delegates=[cast.officer, cast.agency], at=at, **make.PLAN,
        )  # fmt: skip
    poll = open_poll(made, cast, at)
    say(poll, cast.agency, "yyn", at=at)
    page = text_of(visit(cast.agency, "GET", f"/consultations/{made.id}/slots"))

    assert "Agency delegate" in page
    assert "The institution: 1 can, 0 if need be, 0 cannot, 1 not answered" in page
    assert "Can come:" not in page and "Company administrator" not in page
    assert (
        visit(cast.agency, "GET", f"/slots/delegates/{seat(poll, cast.officer).id}").status_code
        == 409
    )


def test_a_delegate_answers_on_the_page_and_changes_it(poll, cast, visit):
    url = f"/slots/delegates/{seat(poll, cast.delegate).id}"
    first, second, third = (f"slot-{slot.id}" for slot in poll.slots)
    done = visit(cast.delegate, "POST", url, {first: "slot_yes", second: "nonsense"}, follow=True)
    visit(cast.delegate, "POST", url, {first: "slot_no", second: "slot_yes", third: "slot_yes"})
    empty = visit(cast.delegate, "POST", url, {first: "nonsense"})

    assert "It can be changed until Fri 13 Mar 2026, 18:00." in text_of(done)
    assert "Choose an answer for at least one slot." in text_of(empty)
    assert [row.can for row in db.session.query(SlotAnswer).order_by(SlotAnswer.slot_id)] == [
        Can.NO, Can.YES, Can.YES,
    ]  # fmt: skip


def test_a_form_sent_after_the_date_keeps_nothing_and_says_what_to_do(poll, cast, visit):
    mine, slot = seat(poll, cast.delegate).id, poll.slots[0].id
    with clock.stopped_at(UNTIL):
        late = visit(
            cast.delegate, "POST", f"/slots/delegates/{mine}", {f"slot-{slot}": "slot_yes"}
        )
        page = text_of(visit(cast.delegate, "GET", f"/consultations/{poll.consultation_id}/slots"))

    assert "Ask the officer to set a later date" in text_of(late)
    assert "Answers are not taken any more." in page
    assert db.session.query(SlotAnswer).count() == 0


def test_an_officer_writes_down_what_a_delegate_said(poll, cast, visit):
    number, slot = seat(poll, cast.delegate).id, poll.slots[0].id
    visit(cast.officer, "POST", f"/slots/delegates/{number}", {f"slot-{slot}": "slot_yes"})
    page = text_of(visit(cast.delegate, "GET", f"/consultations/{poll.consultation_id}/slots"))

    assert "written down by an officer, Liaison officer" in page


def test_a_proposal_from_the_form_to_the_further_slot(poll, cast, visit):
    url = f"/slots/{poll.id}/propose"
    asked = {"wall": "2026-03-31T11:00", "duration": "90", "zone": "Asia/Dubai", "reason": ""}
    assert "Say why: the officer decides by it." in text_of(
        visit(cast.delegate, "POST", url, asked)
    )
    sent = visit(cast.delegate, "POST", url, asked | {"reason": "Travel"})
    again = visit(cast.delegate, "POST", url, asked | {"reason": "Travel"})
    assert (sent.status_code, again.status_code) == (303, 200)
    assert "This time is proposed already and waits for the officer." in text_of(again)
    number = db.session.query(SlotProposal).one().id
    for _twice in range(2):
        visit(cast.officer, "POST", f"/slots/proposals/{number}/accept")

    page = text_of(visit(cast.delegate, "GET", f"/consultations/{poll.consultation_id}/slots"))
    assert "offered as a slot" in page and "proposed by the company" in page
    assert len(db.session.get_one(Poll, poll.id).slots) == 4


def test_one_click_schedules_and_the_second_says_who_was_first(poll, cast, visit):
    first, second = poll.slots[0].id, poll.slots[1].id
    number = poll.consultation_id
    done = visit(cast.officer, "POST", f"/slots/{first}/schedule", follow=True)
    late = visit(cast.head, "POST", f"/slots/{second}/schedule", follow=True)

    assert "Scheduled as Telegram 2026-01. Both sides are invited." in text_of(done)
    assert "Liaison officer has chosen a slot already: Wed 25 Mar 2026, 15:00" in text_of(late)
    assert db.session.get_one(Consultation, number).wall_time == "2026-03-25T15:00"
    history = text_of(visit(cast.delegate, "GET", f"/consultations/{number}/slots"))
    assert "The answers below are history" in history


def test_what_has_no_date_shows_none(poll, cast, visit):
    number = poll.consultation_id
    for path in (f"/consultations/{number}", "/consultations/", "/",
                 f"/consultations/{number}/delegation", f"/consultations/{number}/agenda"):  # fmt: skip
        page = text_of(visit(cast.delegate, "GET", path, follow=True))
        assert "28 Mar 2026" not in page, path
    title, march = "Telegram 2026-01", "/calendar/?month=2026-03"
    assert title not in text_of(visit(cast.delegate, "GET", march))
    assert "Draft" not in text_of(visit(cast.delegate, "GET", march))
    assert visit(cast.delegate, "GET", f"/consultations/{number}.ics").status_code == 404
    visit(cast.officer, "POST", f"/slots/{poll.slots[0].id}/schedule")
    assert title in text_of(visit(cast.delegate, "GET", march))


def test_the_desk_shows_what_waits_for_the_person(poll, cast, visit, at):
    words = "Say which slots suit you"
    assert words in text_of(visit(cast.delegate, "GET", "/"))
    assert words not in text_of(visit(cast.company_admin, "GET", "/"))
    assert "Finding a time" not in text_of(visit(cast.rival, "GET", "/"))
    say(poll, cast.delegate, "yyy", at=at)
    assert words not in text_of(visit(cast.delegate, "GET", "/"))
    assert "Answer the proposed time" not in text_of(visit(cast.officer, "GET", "/"))
    proposed(poll, cast, at)
    assert "Answer the proposed time" in text_of(visit(cast.officer, "GET", "/"))
    assert "Answer the proposed time" not in text_of(visit(cast.delegate, "GET", "/"))
    with clock.stopped_at(UNTIL + timedelta(minutes=1)):
        assert "Choose a slot" in text_of(visit(cast.officer, "GET", "/"))


def test_the_page_asks_as_often_for_twenty_slots_as_for_two(companies, cast, visit, at):
    asked = []
    for many in (2, 20):
        made = make.drafted(companies["telegram"], cast, at=at)
        offered = [datetime(2026, 3, 25, 9) + timedelta(hours=n) for n in range(many)]
        found = open_poll(made, cast, at, [_offer(one) for one in offered])
        say(found, cast.delegate, "y" * many, at=at)
        visit(cast.officer, "GET", f"/consultations/{made.id}/slots")
        with counting() as sent:
            visit(cast.officer, "GET", f"/consultations/{made.id}/slots")
        asked.append(len(sent))

    assert asked[0] == asked[1] <= 8


def _offer(wall: datetime) -> Any:
    from portal.slots.service import Offer

    return Offer(wall, 60, "Asia/Seoul")


def test_pages_speak_korean(poll, cast, visit, at):
    cast.delegate.language = cast.officer.language = "ko"
    db.session.commit()
    number = poll.consultation_id
    company = text_of(visit(cast.delegate, "GET", f"/consultations/{number}/slots"))
    officer = text_of(visit(cast.officer, "GET", f"/consultations/{number}/slots"))

    assert "가능한 시간을 답해 주십시오" in company and "2026년 3월 26일 (목) 15:00" in company
    assert "위원회: 가능 0명, 필요하면 가능 0명, 불가 0명, 미답변 2명" in company
    assert "후보 시간 순위" in officer and "미답변: " in officer
