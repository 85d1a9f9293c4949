"""The pages of the consultations room, as each of its people meets them."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.agendas import service as agendas
from portal.agendas.models import ItemKind
from portal.consultations.models import Attendance, Consultation, ConsultationStatus, Delegate, Rsvp
from portal.core import clock
from portal.core.db import db, transaction
from tests.consultations import make
from tests.consultations.test_queries import crowd
from tests.queries import counting

S = ConsultationStatus
PLAN = {
    "title_ko": "정기 대면협의", "title_en": "Regular consultation", "wall": "2026-03-12T14:00",
    "duration": "120", "zone": "Asia/Seoul", "venue": "Room 3", "venue_country": "KR",
}  # fmt: skip


def only() -> Consultation:
    return db.session.scalars(select(Consultation)).one()


def text_of(response) -> str:
    return html.unescape(response.get_data(as_text=True))


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("officer", 200), ("head", 200), ("auditor", 200), ("delegate", 200),
        ("company_admin", 200), ("police", 200), ("agency", 200), ("rival", 404),
        ("rival_admin", 404), ("operator", 404), ("commissioner", 404), ("administrator", 404),
    ],
)  # fmt: skip
def test_who_reads_a_consultation(companies, cast, at, visit, who, status):
    consultation = make.published(companies["telegram"], cast, at=at, guests=("police", "agency"))

    for page in ("", "/agenda"):
        address = f"/consultations/{consultation.id}{page}"
        assert visit(getattr(cast, who), "GET", address).status_code == status


@pytest.mark.parametrize("who", ["police", "agency", "delegate", "rival"])
def test_who_knows_nothing_of_a_draft_or_is_not_invited(companies, cast, at, visit, who):
    draft = make.drafted(companies["telegram"], cast, at=at)
    other = make.published(companies["x"], cast, at=at, days=12)
    hidden = [draft] if who == "rival" else [draft, other]

    for consultation in hidden:
        address = f"/consultations/{consultation.id}"
        assert visit(getattr(cast, who), "GET", address).status_code == 404
    seat = make.delegate_of(draft, cast.officer).id
    answer = visit(
        getattr(cast, who),
        "POST",
        f"/consultations/delegates/{seat}/respond",
        {"answer": "accepted"},
    )
    assert answer.status_code == 404
    listed = text_of(visit(getattr(cast, who), "GET", "/consultations/"))
    assert "Telegram" not in listed or who == "delegate"
    assert (other.serial in listed) == (who == "rival")


def test_an_officer_schedules(companies, cast, visit):
    answer = visit(
        cast.officer, "POST", "/consultations/schedule",
        PLAN | {"company_id": companies["telegram"].id, "delegates": [cast.officer.id]},
        follow=True,
    )  # fmt: skip

    page = text_of(answer)
    assert "Scheduled as Telegram 2026-01" in page
    assert "Thu 12 Mar 2026, 14:00" in page
    assert "Thu 12 Mar 2026, 09:00" in page
    assert only().status is S.SCHEDULED
    assert visit(cast.delegate, "GET", f"/consultations/{only().id}").status_code == 200


def test_a_draft_is_kept_and_gone_on_with(companies, cast, visit):
    values = PLAN | {"company_id": companies["telegram"].id, "delegates": [cast.head.id]}
    kept = visit(cast.officer, "POST", "/consultations/schedule", values | {"draft": "1"}, True)
    assert "nobody was told" in text_of(kept)
    address = f"/consultations/{only().id}/plan"
    form = text_of(visit(cast.officer, "GET", address))
    assert 'value="2026-03-12T14:00"' in form
    visit(cast.officer, "POST", address, values)

    assert only().status is S.SCHEDULED
    assert visit(cast.officer, "GET", address).status_code == 303


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wall": "2026-02-30T14:00"}, "There is no such date or time"),
        ({"wall": "tomorrow"}, "There is no such date or time"),
        ({"wall": "2026-03-29T02:30", "zone": "Europe/Berlin"}, "The clocks skip this time"),
        ({"wall": "2026-10-25T02:30", "zone": "Europe/Berlin"}, "This time comes twice"),
        ({"wall": "2026-01-12T14:00"}, "This time has passed"),
        ({"duration": "-60"}, "It would end before it starts"),
        ({"duration": "2 hours"}, "Not a valid integer value"),
        ({"zone": "Mars/Olympus"}, "No such time zone"),
        ({"company_id": "0"}, "Choose the company"),
        ({"company_id": "99999"}, "Not a valid choice"),
        ({"venue_country": "XX"}, "Not a valid choice"),
        ({"title_en": ""}, "This field is required"),
    ],
)
def test_bad_input_is_named_at_its_field_and_kept(companies, cast, visit, change, words):
    values = PLAN | {"company_id": companies["telegram"].id, "venue": "A room I typed"} | change
    page = visit(cast.officer, "POST", "/consultations/schedule", values)
    text = text_of(page)

    assert page.status_code == 200
    assert words in text
    field = next(iter(change))
    assert re.search(rf'id="{field}-error"[^>]*>[^<]*<[^>]*>[^<]*</span>{re.escape(words)}', text)
    assert 'value="A room I typed"' in text
    for name, value in change.items():
        if name not in ("company_id", "venue_country"):
            assert f'value="{value}"' in text
    assert db.session.query(Consultation).count() == 0


def test_a_second_submit_is_told_of_the_first(companies, cast, visit):
    values = PLAN | {"company_id": companies["telegram"].id}
    visit(cast.officer, "POST", "/consultations/schedule", values)
    again = text_of(visit(cast.officer, "POST", "/consultations/schedule", values))

    assert "There is a consultation at this time: Telegram 2026-01" in again
    assert db.session.query(Consultation).count() == 1


def test_what_is_awkward_is_named_before_it_is_saved(companies, cast, visit):
    values = PLAN | {"company_id": companies["telegram"].id, "wall": "2026-05-05T14:00"}
    page = text_of(visit(cast.officer, "POST", "/consultations/schedule", values))
    assert "Tue 5 May 2026 is a public holiday in South Korea: Children's Day." in page
    assert "Tue 5 May 2026, 09:00" in page
    assert db.session.query(Consultation).count() == 0
    warned = re.search(r'name="warned_of"[^>]*value="([^"]+)"', page)[1]

    # Another awkward time than the one that was confirmed is named again.
    other = values | {"wall": "2026-06-06T14:00", "anyway": "y", "warned_of": warned}
    assert "is a weekend day for Korea" in text_of(
        visit(cast.officer, "POST", "/consultations/schedule", other)
    )
    visit(
        cast.officer,
        "POST",
        "/consultations/schedule",
        values | {"anyway": "y", "warned_of": warned},
    )
    assert only().wall_time == "2026-05-05T14:00"


def test_checking_the_time_saves_nothing(companies, cast, visit):
    values = PLAN | {"company_id": companies["telegram"].id, "check": "1"}
    page = text_of(visit(cast.officer, "POST", "/consultations/schedule", values))

    assert "Nothing is awkward about this time." in page
    assert db.session.query(Consultation).count() == 0


def test_a_new_time(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    address = f"/consultations/{consultation.id}/reschedule"
    form = text_of(visit(cast.officer, "GET", address))
    assert 'value="2026-03-12T14:00"' in form
    values = {"wall": "2026-03-17T14:00", "duration": "60", "zone": "Asia/Singapore"}
    page = text_of(visit(cast.officer, "POST", address, values, True))

    assert "Both sides are told and asked again" in page
    assert "Tue 17 Mar 2026, 14:00" in page
    assert re.search(r"<del>Thu 12 Mar 2026, 13:00</del>", page)
    again = text_of(visit(cast.officer, "POST", address, values))
    assert "It has this time already" in again


def test_two_people_edit_at_once_and_nothing_is_lost(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    address, seen = f"/consultations/{consultation.id}/edit", consultation.stamp
    words = {"title_ko": "제목", "venue_country": "KR", "stamp": seen}
    visit(cast.officer, "POST", address, words | {"title_en": "First words", "venue": "Room 1"})
    second = words | {"title_en": "Second words", "venue": "Room 2"}
    page = text_of(visit(cast.head, "POST", address, second))

    assert "Somebody else changed this" in page
    assert "First words" in page
    assert 'value="Second words"' in page
    assert only().title_en == "First words"
    renewed = re.search(r'name="stamp"[^>]*value="([^"]+)"', page)[1]
    visit(cast.head, "POST", address, second | {"stamp": renewed})
    assert only().title_en == "Second words"


@pytest.mark.parametrize(("door", "word"), [("cancel", "cancelled"), ("postpone", "postponed")])
def test_calling_off(companies, cast, at, visit, door, word):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    address = f"/consultations/{consultation.id}/{door}"
    refused = text_of(visit(cast.officer, "POST", address, {"reason": "No visa."}))
    assert "Choose the side." in refused
    assert "No visa." in refused
    page = text_of(
        visit(cast.officer, "POST", address, {"side": "company", "reason": "No visa."}, True)
    )

    assert word in page
    assert "244 hours of notice" in page
    assert "No visa." in page
    assert consultation.serial in text_of(visit(cast.delegate, "GET", "/consultations/"))


def test_each_answers_for_their_own(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at, guests=("agency",))
    for who, answer, words in (
        ("delegate", "accepted", "comes"), ("agency", "declined", "does not come"),
        ("officer", "tentative", "perhaps"),
    ):  # fmt: skip
        person = getattr(cast, who)
        seat = make.delegate_of(consultation, person).id
        page = visit(
            person, "POST", f"/consultations/delegates/{seat}/respond", {"answer": answer}, True
        )
        assert re.search(rf"Your answer so far: <strong>{words}", text_of(page))
    theirs = make.delegate_of(consultation, cast.delegate).id
    address = f"/consultations/delegates/{theirs}/respond"
    assert visit(cast.officer, "POST", address, {"answer": "declined"}).status_code == 409
    assert visit(cast.rival, "POST", address, {"answer": "declined"}).status_code == 404
    assert visit(cast.delegate, "POST", address, {"answer": "maybe"}).status_code == 400
    assert db.session.get(Delegate, theirs).rsvp is Rsvp.ACCEPTED


def test_a_side_names_its_delegation(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    address = f"/consultations/{consultation.id}/delegation"
    page = text_of(
        visit(cast.delegate, "POST", address, {"name": "An interpreter", "title": "Guest"}, True)
    )
    assert "An interpreter" in page
    twice = text_of(visit(cast.delegate, "POST", address, {"name": "An interpreter"}))
    assert "An interpreter is named already." in twice
    seat = db.session.query(Delegate).filter_by(name="An interpreter").one()
    assert visit(
        cast.officer, "POST", f"/consultations/delegates/{seat.id}/remove"
    ).status_code == 409  # fmt: skip
    visit(cast.delegate, "POST", f"/consultations/delegates/{seat.id}/lead")
    assert db.session.query(Delegate).filter_by(is_lead=True, name="An interpreter").count() == 1
    visit(cast.delegate, "POST", f"/consultations/delegates/{seat.id}/remove")
    assert db.session.query(Delegate).filter_by(name="An interpreter").count() == 0


def test_quorum_is_missed_aloud(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    for person in (cast.delegate, cast.company_admin):
        seat = make.delegate_of(consultation, person).id
        visit(person, "POST", f"/consultations/delegates/{seat}/respond", {"answer": "declined"})

    for who in (cast.officer, cast.delegate):
        page = text_of(visit(who, "GET", f"/consultations/{consultation.id}"))
        assert "nobody with capacity to bind comes for this side: Telegram" in page


def test_the_day_itself(companies, cast, at, visit):
    consultation = make.published(companies["telegram"], cast, at=at, days=1)
    address = f"/consultations/{consultation.id}"
    early = text_of(visit(cast.officer, "GET", address))
    assert "Its time has not come yet" in early
    with clock.stopped_at(consultation.starts_at + timedelta(minutes=3)):
        visit(cast.officer, "POST", f"{address}/begin")
        assert visit(cast.officer, "POST", f"{address}/begin").status_code == 409
        assert visit(cast.officer, "POST", f"{address}/hold").status_code == 409
        seats = {f"attendance-{n}": "present" for n in make.firsts(only())}
        visit(cast.officer, "POST", f"{address}/attendance", seats)
        page = text_of(visit(cast.officer, "POST", f"{address}/hold", follow=True))
    assert "Recorded as held" in page
    assert only().status is S.HELD
    assert "The minutes are being written" in text_of(visit(cast.delegate, "GET", address))


def test_two_record_attendance_at_once(companies, cast, at, visit):
    consultation = make.in_session(companies["telegram"], cast, at=at)
    address = f"/consultations/{consultation.id}/attendance"
    first, second = make.firsts(consultation)
    both = {f"was-{first}": "unknown", f"was-{second}": "unknown"}
    left = {f"attendance-{first}": "present", f"attendance-{second}": "unknown"}
    right = {f"attendance-{first}": "unknown", f"attendance-{second}": "absent"}
    visit(cast.officer, "POST", address, both | left)
    visit(cast.head, "POST", address, both | right)

    found = {d.id: d.attendance for d in db.session.query(Delegate)}
    assert (found[first], found[second]) == (Attendance.PRESENT, Attendance.ABSENT)


def test_who_said_yes_is_offered_as_present(companies, cast, at, visit):
    consultation = make.published(companies["telegram"], cast, at=at)
    seat = make.delegate_of(consultation, cast.delegate).id
    visit(cast.delegate, "POST", f"/consultations/delegates/{seat}/respond", {"answer": "accepted"})
    visit(cast.officer, "POST", f"/consultations/{consultation.id}/begin")
    page = text_of(visit(cast.officer, "GET", f"/consultations/{consultation.id}/attendance"))

    chosen = re.search(rf'name="attendance-{seat}">(.*?)</select>', page)[1]
    assert '<option value="present" selected>' in chosen
    assert db.session.get(Delegate, seat).attendance is Attendance.UNKNOWN


def test_the_page_says_what_waits_for_this_side(companies, cast, at, visit):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    with transaction():
        agendas.propose(
            consultation, kind=ItemKind.DISCUSSION, title_ko="", title_en="Their point",
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    waits = "Proposals of the other side that wait for your answer: 1"
    address = f"/consultations/{consultation.id}"

    assert waits in text_of(visit(cast.officer, "GET", address))
    assert waits not in text_of(visit(cast.delegate, "GET", address))
    assert waits not in text_of(visit(cast.auditor, "GET", address))


def test_the_list_by_company_and_status(companies, cast, at, visit):
    make.scheduled(companies["telegram"], cast, at=at)
    make.published(companies["x"], cast, at=at)
    page = text_of(visit(cast.officer, "GET", f"/consultations/?company={companies['x'].id}"))
    assert "X 2026-01" in page
    assert "Telegram 2026-01" not in page
    page = text_of(visit(cast.officer, "GET", "/consultations/?status=scheduled"))
    assert "X 2026-01" not in page
    assert "Telegram 2026-01" in page
    assert (
        visit(cast.officer, "GET", "/consultations/?status=nonsense&company=x").status_code == 200
    )


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("state", ["drafted", "scheduled", "published", "in_session", "held"])
def test_no_raw_code_is_shown(companies, cast, at, visit, state, language):
    consultation = getattr(make, state)(companies["telegram"], cast, at=at)
    cast.officer.language = language
    address = f"/consultations/{consultation.id}"
    for page in ("", "/agenda", "/delegation", "/attendance", "/dispositions"):
        text = text_of(visit(cast.officer, "GET", address + page))
        shown = re.sub(r"<[^>]+>", " ", text)
        assert not re.search(r"\b[a-z]+_[a-z_]+\b", shown), page


@pytest.mark.parametrize("size", [1, 40])
def test_queries_do_not_grow_with_the_rows(companies, cast, at, visit, size):
    consultation = make.published(companies["telegram"], cast, at=at, guests=("agency",))
    crowd(consultation, at=at, items=size, people=size + 20)
    for who in (cast.officer, cast.delegate, cast.agency, cast.auditor):
        for page in ("", "/agenda"):
            visit(who, "GET", f"/consultations/{consultation.id}{page}")
            with counting() as sent:
                answer = visit(who, "GET", f"/consultations/{consultation.id}{page}")
            assert answer.status_code == 200
            assert len(sent) <= 8, sent
