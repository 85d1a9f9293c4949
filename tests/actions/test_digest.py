"""One letter a week for each company, what is urgent at once, and the way up on both sides."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.accounts.models import Account, Organisation, ReminderMode
from portal.actions import jobs, service
from portal.consultations.models import Side
from portal.core.db import db, transaction
from portal.core.jobs import run_due
from portal.core.outbox import Letter
from portal.institution import service as institution
from portal.institution.models import InstitutionSenior
from portal.responses import service as responses
from tests.actions import make

SEOUL = ZoneInfo("Asia/Seoul")
DUE = datetime(2026, 4, 1, 18, 0)  # a Wednesday
DAY = timedelta(days=1)
MONDAY = datetime(2026, 3, 30, 9, 0, tzinfo=SEOUL)
TIMETABLE = [job for job in jobs.JOBS if "letters" in job.name or "remind" in job.name]


def run_days(first: datetime, last: datetime, *, runs_a_day: int = 2) -> dict[str, set]:
    """Run the clock each morning; who got which kind of letter on which day, each once."""
    got: dict[str, set[tuple[str, str]]] = {}
    day = first
    while day <= last:
        known = db.session.query(Letter.id).order_by(Letter.id.desc()).limit(1).scalar() or 0
        for run in range(runs_a_day):
            run_due(TIMETABLE, at=day + timedelta(minutes=run))
            db.session.commit()
        sent = db.session.query(Letter).filter(Letter.id > known).all()
        pairs = [(one.kind.split(":")[1], one.address) for one in sent]
        assert len(pairs) == len(set(pairs))
        if pairs:
            got[f"{day:%m-%d}"] = set(pairs)
        day += DAY
    return got


COMPANY = {"delegate@telegram.example", "company_admin@telegram.example"}
OFFICERS = {"officer@kcsc.example", "officer2@kcsc.example"}
HEAD = {"head@kcsc.example"}


def to(kind: str, *people: set[str]) -> set[tuple[str, str]]:
    return {(kind, address) for group in people for address in group}


@pytest.mark.parametrize(
    ("owner", "owners", "seniors"),
    [
        (Side.COMPANY, COMPANY, {"senior@telegram.example"} | OFFICERS | HEAD),
        (Side.INSTITUTION, OFFICERS, {"chair@kcsc.example"} | HEAD | COMPANY),
    ],
)
def test_a_week_one_letter_and_what_is_urgent_at_once(companies, cast, at, owner, owners, seniors):
    with transaction():
        institution.add_senior(
            level=1, name="Secretary general", title="", email="Chair@kcsc.example",
            by=cast.administrator.as_actor(), at=at,
        )  # fmt: skip
    make.agreed(companies["telegram"], at=at, due=DUE, owner=owner)

    got = run_days(MONDAY - 14 * DAY, MONDAY + 24 * DAY)

    weekly, soon, late, up = (
        to(kind, who) for kind, who in
        (("digest", owners), ("remind", owners), ("overdue", owners), ("escalate", seniors))
    )  # fmt: skip
    assert got == {
        "03-23": weekly, "03-30": weekly, "04-01": soon, "04-02": late, "04-06": weekly,
        "04-08": late | up, "04-13": weekly, "04-20": weekly, "04-22": late | up,
    }  # fmt: skip


def test_the_weekly_letter_names_all_that_waits_in_the_words_of_its_reader(companies, cast, at):
    telegram = companies["telegram"]
    with transaction():
        db.session.get_one(Account, cast.company_admin.id).language = "ko"
    late = make.agreed(telegram, at=at, due=datetime(2026, 3, 20, 18), text="Late.")
    soon = make.agreed(telegram, at=at, due=DUE, text="Soon.")
    far = make.agreed(telegram, at=at, due=datetime(2026, 9, 1, 18), text="Far.")
    ours = make.agreed(telegram, at=at, due=DUE, text="Ours.", owner=Side.INSTITUTION)
    theirs = make.agreed(companies["x"], at=at, due=DUE, text="Another company's.")
    with transaction():
        responses.report_done(
            ours, text="Done.", evidence=["https://evidence.example/1"],
            by=cast.officer.as_actor(), at=at,
        )  # fmt: skip
        far.contact_id = None
    jobs.write_digests(MONDAY)
    bodies = {one.address: one for one in db.session.query(Letter).filter_by(kind="actions:digest")}
    english = bodies["delegate@telegram.example"].body
    korean = bodies["company_admin@telegram.example"].body

    order = [
        "Overdue\n", f"{late.number}, ", "late by 10 days", "Due within two weeks\n", soon.number,
        "To verify or return\n", ours.number, "Nobody is named for these\n", far.number,
    ]  # fmt: skip
    places = [english.index(words) for words in order]
    assert places == sorted(places)
    assert "10일 지연" in korean
    assert "2주 이내 기한 도래" in korean
    assert theirs.number not in english + korean
    assert "rival@x.example" in bodies
    assert "elegram" not in bodies["rival@x.example"].body
    # Of the regulator's people each reads one letter for each company.
    told = [one.subject for one in db.session.query(Letter).filter_by(
        kind="actions:digest", address="officer@kcsc.example")]  # fmt: skip
    assert told == []  # nothing of ours is owed now, and nothing waits for our verdict


def test_the_weekly_letter_comes_once_however_often_the_clock_runs(companies, cast, at):
    make.agreed(companies["telegram"], at=at, due=DUE)
    for when in (MONDAY, MONDAY, MONDAY + 2 * DAY, MONDAY + 6 * DAY):
        jobs.write_digests(when)
        db.session.commit()

    assert len(make.letters("actions:digest")) == len(COMPANY)


def test_after_days_of_silence_the_latest_step_alone_is_made_up(companies, cast, at):
    make.agreed(companies["telegram"], at=at, due=DUE)
    run_days(MONDAY, MONDAY)
    got = run_days(MONDAY + 24 * DAY, MONDAY + 26 * DAY)  # down for three weeks

    up = to("escalate", {"senior@telegram.example"}, OFFICERS, HEAD)
    assert got == {"04-23": to("digest", COMPANY) | to("overdue", COMPANY) | up}


def test_an_organisation_chooses_for_its_people(companies, cast, visit, at):
    telegram = companies["telegram"]
    path = f"/companies/{telegram.id}/reminders"
    for who, status in ((cast.delegate, 404), (cast.rival_admin, 404), (cast.officer, 404)):
        assert visit(who, "POST", path, {"mode": "each"}).status_code == status
    assert "Choose one." in visit(cast.company_admin, "POST", path, {}).text
    assert visit(cast.company_admin, "POST", path, {"mode": "each"}).status_code == 303
    assert db.session.get(Organisation, telegram.id).reminders is ReminderMode.EACH
    shown = visit(cast.delegate, "GET", f"/companies/{telegram.id}").text
    assert "One letter for each action item and step." in shown
    make.agreed(telegram, at=at, due=DUE)
    got = run_days(MONDAY - 12 * DAY, MONDAY + 3 * DAY)

    each = to("remind", COMPANY)
    assert got == {
        "03-18": each, "03-25": each, "03-29": each, "03-31": each, "04-01": each,
        "04-02": to("overdue", COMPANY),
    }  # fmt: skip
    assert visit(cast.head, "POST", "/institution/reminders", {"mode": "each"}).status_code == 303
    assert visit(cast.officer, "GET", "/institution/reminders").status_code == 404


def test_the_institution_names_its_seniors(cast, visit):
    path = "/institution/seniors/add"
    typed = {"level": "2", "name": "Secretary general", "title": "", "email": "sg@kcsc.example"}
    assert visit(cast.administrator, "POST", path, typed).status_code == 303
    again = visit(cast.administrator, "POST", path, typed).text
    assert "named for this level already" in again
    senior = db.session.query(InstitutionSenior).one()
    assert "Secretary general" in visit(cast.officer, "GET", "/institution/").text
    end = f"/institution/seniors/{senior.id}/end"
    assert visit(cast.head, "POST", end).status_code == 404
    assert visit(cast.administrator, "POST", end).status_code == 303
    assert visit(cast.administrator, "POST", end).status_code == 409

    assert "Secretary general" not in visit(cast.officer, "GET", "/institution/").text


def test_both_sides_escalate_to_the_level_that_was_reached(companies, cast, at):
    with transaction():
        for level in (1, 2, 3):
            institution.add_senior(
                level=level, name=f"Senior {level}", title="", email=f"s{level}@kcsc.example",
                by=cast.administrator.as_actor(), at=at,
            )  # fmt: skip
    make.agreed(companies["telegram"], at=at, due=DUE, owner=Side.INSTITUTION)
    due = DUE.replace(hour=9, tzinfo=SEOUL)
    got = [
        sorted(who for kind, who in sent if kind == "escalate" and who.startswith("s"))
        for step in (7, 21, 45)
        for sent in run_days(due + step * DAY, due + step * DAY).values()
    ]

    assert [[who[:2] for who in told] for told in got] == [
        ["s1"], ["s1", "s2"], ["s1", "s2", "s3"],
    ]  # fmt: skip


def test_requests_that_wait_for_an_answer_are_in_the_letter(companies, cast, at):
    item = make.agreed(companies["telegram"], at=at, due=datetime(2026, 9, 1, 18))
    with transaction():
        service.ask_extension(
            item, new_due_wall=datetime(2026, 10, 1, 18), reason="Later.",
            by=cast.delegate.as_actor(), at=at,
        )  # fmt: skip
    jobs.write_digests(MONDAY)

    assert {who for who, _s in make.letters("actions:digest")} == OFFICERS
    body = db.session.query(Letter).filter_by(kind="actions:digest").first().body
    assert "Requests to answer\n- Telegram A-2026-001" in body
