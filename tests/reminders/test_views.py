"""What will be said, the table of duties, and letters as proof: each reads what is theirs."""

from __future__ import annotations

import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from pypdf import PdfReader

from portal.consultations import service as consultations
from portal.consultations.duties import Duty, DutyKind, Whom
from portal.core import clock
from portal.core.db import db, transaction
from portal.core.outbox import Letter, post
from portal.reminders import jobs
from portal.reminders.models import Proof
from tests.consultations import make
from tests.queries import counting
from tests.reminders.test_service import seoul


@pytest.fixture
def fixed(companies: Any, cast: Any, at: datetime) -> Any:
    return make.scheduled(companies["telegram"], cast, at=at, days=24, guests=("agency",))


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))


def printed(answer: Any) -> str:
    assert answer.mimetype == "application/pdf"
    pages = PdfReader(io.BytesIO(answer.get_data())).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


def test_each_side_reads_what_will_be_said_to_its_own(fixed, cast, visit):
    page = f"/consultations/{fixed.id}/reminders"
    ours, theirs = (text_of(visit(who, "GET", page)) for who in (cast.officer, cast.delegate))
    agency = text_of(visit(cast.agency, "GET", page))

    assert "last reminder of the date" in ours
    assert cast.head.name_en in ours and cast.delegate.name_en in ours
    assert cast.company_admin.name_en in theirs
    assert cast.officer.name_en not in theirs
    assert cast.agency.name_en in agency and cast.delegate.name_en not in agency
    assert visit(cast.rival, "GET", page).status_code == 404


def test_what_was_said_leads_to_its_letter_and_what_is_off_says_nothing(fixed, cast, visit, at):
    jobs.remind(seoul("2026-03-25T09:00"))
    page = f"/consultations/{fixed.id}/reminders"
    with clock.stopped_at(seoul("2026-03-25T10:00")):
        said = visit(cast.delegate, "GET", page).get_data(as_text=True)
    link = re.search(r"/letters/\d+", said)

    assert link is not None
    assert "last reminder of the date" in said
    assert text_of(visit(cast.delegate, "GET", link.group())).count(fixed.serial) > 0


def test_questions_do_not_grow_with_the_people(fixed, cast, visit, at):
    for who in (cast.officer, cast.delegate):
        visit(who, "GET", "/account")
        for page in (f"/consultations/{fixed.id}/reminders", "/outbox"):
            with counting() as sent:
                assert visit(who, "GET", page).status_code == 200
            assert len(sent) <= 8, sent


def test_the_administrator_changes_a_duty_for_one_company(cast, visit, companies):
    telegram = companies["telegram"].id
    wrong = {"kind": "last_reminder", "company": telegram, "days": "70", "whom": Whom.BOTH.value}
    right = {**wrong, "days": "2", "notice": "0", "is_active": "y"}

    refused = visit(cast.administrator, "POST", "/duties/edit", wrong)
    assert refused.status_code == 200 and db.session.query(Duty).count() == 0
    visit(cast.administrator, "POST", "/duties/edit", right)

    (duty,) = db.session.query(Duty)
    assert (duty.kind, duty.company_id, duty.days) == (DutyKind.LAST_REMINDER, telegram, 2)
    page = text_of(visit(cast.officer, "GET", "/duties/"))
    assert "Instead, for Telegram" in page and "2 working day(s) before" in page
    visit(cast.administrator, "POST", f"/duties/drop?kind=last_reminder&company={telegram}")
    assert db.session.query(Duty).count() == 0


@pytest.mark.parametrize("query", ["", "?kind=nothing", "?kind=last_reminder&company=9999"])
def test_a_duty_that_is_none_leads_back_to_the_table(cast, visit, query):
    answer = visit(cast.administrator, "GET", f"/duties/edit{query}")

    assert answer.status_code == 303 and answer.location == "/duties/"


def test_a_letter_is_proof_on_one_page(fixed, cast, visit, at):
    letter = db.session.query(Letter).filter_by(account_id=cast.delegate.id).first()
    with transaction():
        letter.sent_at, letter.answer, letter.attempts = at, "250 OK queued", 2
    proof = db.session.get(Proof, letter.id)
    digest = proof.content_hash

    answer = visit(cast.delegate, "GET", f"/letters/{letter.id}.pdf")
    said = printed(answer)

    assert len(PdfReader(io.BytesIO(answer.get_data())).pages) == 1
    for part in (letter.address, letter.message_id, "250 OK queued", "S0 A0", fixed.serial):
        assert part in said
    assert digest in said.replace(" ", "")
    assert "2026-03-02 10:00:00 +0900" in said


def test_the_digest_changes_with_the_smallest_change(fixed, cast):
    proof = db.session.query(Proof).filter_by(account_id=cast.delegate.id).first()
    before = proof.content_hash
    proof.body += "."

    assert proof.content_hash != before
    db.session.rollback()


def test_all_letters_of_a_consultation_are_one_file_in_order(fixed, cast, visit, at):
    with transaction():
        consultations.reschedule(
            fixed, wall=datetime(2026, 4, 9, 14, 0), duration=120, zone="Asia/Seoul",
            reason="a holiday", by=cast.officer.as_actor(), at=at + timedelta(hours=1),
        )  # fmt: skip
    page = f"/consultations/{fixed.id}/letters.pdf"
    of_all = printed(visit(cast.auditor, "GET", page))
    of_company = printed(visit(cast.delegate, "GET", page))

    known = {account.email for account in (cast.delegate, cast.company_admin)}
    others = {account.email for account in (cast.officer, cast.head, cast.agency)}
    assert all(address in of_all for address in known | others)
    assert all(address in of_company for address in known)
    assert not any(address in of_company for address in others)
    count = db.session.query(Letter).filter_by(about="consultation", about_id=fixed.id).count()
    assert f"were written: {count}" in of_all


def test_a_secret_link_is_shown_to_nobody_but_its_reader(fixed, cast, visit, at):
    secret = "aB3-" * 12
    with transaction():
        post("test", to=cast.delegate, subject="a", body="https://portal.example/rsvp/%(secret)s",
             about=fixed, at=at, secret=secret)  # fmt: skip
    letter = db.session.query(Letter).filter_by(kind="test").one()

    for who in (cast.officer, cast.auditor, cast.company_admin):
        for page in (f"/letters/{letter.id}", "/outbox"):
            shown = visit(who, "GET", page).get_data(as_text=True)
            assert secret not in shown, page
            assert "https://portal.example/rsvp/[…]" in shown


def test_the_outbox_is_narrowed_and_shows_nobody_what_is_not_theirs(
    fixed, companies, cast, visit, at
):
    make.scheduled(companies["x"], cast, at=at, days=25)
    cast.officer.desks = []

    def numbers(who: Any, query: str = "") -> set[int]:
        page = visit(who, "GET", f"/outbox{query}").get_data(as_text=True)
        return {int(n) for n in re.findall(r"/letters/(\d+)\"", page)}

    everything = numbers(cast.auditor)
    to = {letter.id: letter for letter in db.session.query(Letter)}
    own = {n for n, one in to.items() if one.organisation_id == companies["telegram"].id}
    assert everything == set(to)
    assert numbers(cast.delegate) == own
    assert numbers(cast.delegate, f"?company={companies['x'].id}") == set()
    assert numbers(cast.auditor, f"?consultation={fixed.id}") == {
        n for n, one in to.items() if one.about_id == fixed.id
    }
    assert numbers(cast.auditor, f"?person={cast.head.email}") == {
        n for n, one in to.items() if one.account_id == cast.head.id
    }
    assert numbers(cast.auditor, "?state=sent") == set()
    other = next(iter(set(to) - own))
    assert visit(cast.delegate, "GET", f"/letters/{other}").status_code == 404


def test_who_opens_an_account_is_told_so_in_private(cast, visit, at):
    with transaction():
        post("accounts:invite", to=cast.delegate, subject="a", body="b", about=cast.delegate, at=at)
    letter = db.session.query(Letter).one()

    codes = {
        part: visit(getattr(cast, part), "GET", f"/letters/{letter.id}").status_code
        for part in ("officer", "head", "delegate", "company_admin", "auditor", "administrator")
    }
    assert codes == {"officer": 404, "head": 404, "delegate": 404, "company_admin": 404,
                     "auditor": 200, "administrator": 200}  # fmt: skip
