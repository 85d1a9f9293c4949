"""The pages of the actions room."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest

from portal.actions import service
from portal.actions.models import ActionItem, ActionStatus, Amendment, AmendmentStatus
from portal.consultations.models import Side
from portal.core import clock
from portal.core.db import db, transaction
from portal.minutes.models import Minutes, MinutesStatus
from tests.actions import make
from tests.minutes import make as make_minutes
from tests.queries import counting

CASEWORK_AND_OWN = {"officer", "head", "delegate", "company_admin", "auditor"}
EVERYBODY = (
    "officer", "head", "delegate", "company_admin", "auditor", "rival", "rival_admin", "operator",
    "police", "agency", "commissioner", "administrator",
)  # fmt: skip


@pytest.mark.parametrize("who", EVERYBODY)
def test_who_reads_an_item(companies, cast, at, visit, who):
    item = make.agreed(companies["telegram"], at=at)

    got = visit(getattr(cast, who), "GET", f"/action-items/{item.id}").status_code

    assert got == (200 if who in CASEWORK_AND_OWN else 404)


def test_the_list_opens_on_what_waits_for_ones_own_side(companies, cast, at, visit):
    make.agreed(companies["telegram"], at=at, text="The company owes this.")
    make.agreed(companies["telegram"], at=at, text="We owe this.", owner=Side.INSTITUTION)

    company = visit(cast.delegate, "GET", "/action-items/").get_data(as_text=True)
    officer = visit(cast.officer, "GET", "/action-items/").get_data(as_text=True)
    auditor = visit(cast.auditor, "GET", "/action-items/").get_data(as_text=True)

    assert ("The company owes this." in company, "We owe this." in company) == (True, False)
    assert ("The company owes this." in officer, "We owe this." in officer) == (False, True)
    assert "The company owes this." in auditor
    assert "Waiting for my side" not in auditor


def test_the_list_narrows_to_a_company(companies, cast, at, visit):
    make.agreed(companies["telegram"], at=at, text="Telegram owes this.")
    make.agreed(companies["x"], at=at, text="X owes this.")

    page = visit(
        cast.officer, "GET", f"/action-items/?show=open&company={companies['x'].id}"
    ).get_data(as_text=True)

    assert ("Telegram owes this." in page, "X owes this." in page) == (False, True)
    rival = visit(
        cast.rival, "GET", f"/action-items/?show=all&company={companies['telegram'].id}"
    ).get_data(as_text=True)
    assert "Telegram" not in rival


@pytest.mark.parametrize("words", ["?page=99", "?page=x", "?show=none", "?company=x&page=-1"])
def test_an_odd_address_still_shows_the_list(companies, cast, at, visit, words):
    make.agreed(companies["telegram"], at=at)

    assert visit(cast.officer, "GET", f"/action-items/{words}").status_code == 200


def test_the_list_and_the_page_ask_few_questions_however_long(companies, cast, at, visit):
    counts = {}
    for rows in (1, 30):
        for number in range(rows):
            item = make.agreed(companies["telegram"], at=at, text=f"Promise {rows}-{number}.")
        with transaction():
            service.ask_extension(
                item, new_due_wall=datetime(2026, 4, 15, 18, 0), reason="Later.",
                by=cast.delegate.as_actor(), at=at,
            )  # fmt: skip
        for name, path in (
            ("list", "/action-items/?show=all"),
            ("page", f"/action-items/{item.id}"),
        ):
            visit(cast.officer, "GET", path)
            with counting() as sent:
                visit(cast.officer, "GET", path)
            counts.setdefault(name, []).append(len(sent))

    assert counts["list"][0] == counts["list"][1] <= 8, counts
    assert counts["page"][0] == counts["page"][1] <= 8, counts


def test_a_begun_item(companies, cast, at, visit):
    item = make.agreed(companies["telegram"], at=at)
    path = f"/action-items/{item.id}/begin"

    assert visit(cast.rival, "POST", path).status_code == 404
    assert visit(cast.auditor, "POST", path).status_code == 404
    assert visit(cast.officer, "POST", path).status_code == 409
    assert visit(cast.delegate, "POST", path).status_code == 303
    assert db.session.get(ActionItem, item.id).status is ActionStatus.IN_PROGRESS
    again = visit(cast.delegate, "POST", path)
    assert again.status_code == 409
    assert "that is in progress cannot become in progress" in again.get_data(as_text=True)


def form(companies, **changed):
    return {
        "company_id": companies["telegram"].id, "owner": "company", "text_ko": "보고서를 낸다.",
        "text_en": "File a report.", "due_wall": "2026-03-31T18:00", "due_zone": "Asia/Seoul",
        "required_evidence": "", "source": "Press release", **changed,
    }  # fmt: skip


def test_an_item_is_recorded_by_hand(companies, cast, at, visit):
    answer = visit(cast.officer, "POST", "/action-items/record", form(companies))
    item = db.session.query(ActionItem).one()

    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/action-items/{item.id}")
    assert (item.number, item.status) == ("Telegram A-2026-001", ActionStatus.AGREED)
    again = visit(cast.officer, "POST", "/action-items/record", form(companies))
    assert "recorded already as Telegram A-2026-001" in again.get_data(as_text=True)
    assert db.session.query(ActionItem).count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("company_id", "999", "Not a valid choice"),
        ("text_ko", " ", "written in both languages"),
        ("due_wall", "2026-02-30T10:00", "There is no such date or time."),
        ("due_wall", "0001-01-01T00:00", "between 2000 and 2100"),
        ("agreed_on", "0001-01-01", "between 2000 and 2100"),
        ("due_zone", "Asia/Atlantis", "No such time zone"),
        ("due_zone", "../etc/passwd", "No such time zone"),
        ("text_en", "Write to jane@mail.example", "personal data"),
    ],
)
def test_bad_input_is_named_at_its_field_and_kept(
    companies, cast, at, visit, field, value, sentence
):
    page = visit(
        cast.officer, "POST", "/action-items/record", form(companies, **{field: value})
    ).get_data(as_text=True)

    assert sentence in page
    assert f'id="{field}-error"' in page
    assert "File a report." in page or field == "text_en"
    assert db.session.query(ActionItem).count() == 0


def test_a_time_that_the_clocks_skip_is_refused(companies, cast, at, visit):
    page = visit(
        cast.officer, "POST", "/action-items/record",
        form(companies, due_wall="2026-03-29T02:30", due_zone="Europe/Berlin"),
    ).get_data(as_text=True)  # fmt: skip

    assert "The clocks skip this time in Europe/Berlin" in page


def test_an_extension_is_asked_for_and_granted(companies, cast, at, visit):
    item = make.agreed(companies["telegram"], at=at)
    path = f"/action-items/{item.id}/extend"
    assert visit(cast.officer, "GET", path).status_code == 404
    assert visit(cast.rival, "GET", path).status_code == 404
    early = visit(
        cast.delegate, "POST", path, {"new_due_wall": "2026-03-30T18:00", "reason": "My reason"}
    ).get_data(as_text=True)
    assert "Choose a date after the one that is agreed." in early
    assert "My reason" in early
    asked = {"new_due_wall": "2026-04-15T18:00", "reason": "The supplier is late."}
    assert visit(cast.delegate, "POST", path, asked).status_code == 303
    assert "asked for already" in visit(cast.delegate, "POST", path, asked).get_data(as_text=True)

    amendment = db.session.query(Amendment).one()
    decide = f"/amendments/{amendment.id}/decide"
    assert [visit(who, "GET", decide).status_code for who in (cast.delegate, cast.rival)] == [
        404,
        404,
    ]
    assert "Answer the request" in visit(cast.officer, "GET", f"/action-items/{item.id}").get_data(
        as_text=True
    )
    unsaid = visit(cast.officer, "POST", decide, {"verdict": "refused", "answer": ""})
    assert "Say why it is refused." in unsaid.get_data(as_text=True)
    assert visit(cast.officer, "POST", decide, {"verdict": "granted"}).status_code == 303
    again = visit(cast.officer, "POST", decide, {"verdict": "refused", "answer": "No."})
    assert "granted already" in again.get_data(as_text=True)

    page = visit(cast.delegate, "GET", f"/action-items/{item.id}").get_data(as_text=True)
    assert db.session.get(Amendment, amendment.id).status is AmendmentStatus.GRANTED
    assert "<s>Tue 31 Mar 2026, 18:00 Seoul (UTC+09:00)</s>" in page
    assert "<s>2026-03-31 18:00</s>" in visit(cast.officer, "GET", "/action-items/?show=all").get_data(as_text=True)  # fmt: skip


def test_a_withdrawal_needs_the_other_side(companies, cast, at, visit):
    item = make.agreed(companies["telegram"], at=at)
    path = f"/action-items/{item.id}/withdraw"
    assert visit(cast.rival, "POST", path, {"reason": "Mine."}).status_code == 404
    assert visit(cast.officer, "POST", path, {"reason": "Superseded by law."}).status_code == 303
    amendment = db.session.query(Amendment).one()
    decide = f"/amendments/{amendment.id}/decide"
    assert visit(cast.head, "POST", decide, {"verdict": "granted"}).status_code == 404
    assert visit(cast.delegate, "POST", decide, {"verdict": "granted"}).status_code == 303

    assert db.session.get(ActionItem, item.id).status is ActionStatus.WITHDRAWN
    page = visit(cast.delegate, "GET", f"/action-items/{item.id}").get_data(as_text=True)
    assert "nothing more is owed" in page
    assert "Superseded by law." in page
    assert "Report done" not in page


def test_the_contact_person_is_named(companies, cast, at, visit):
    item = make.agreed(companies["telegram"], at=at)
    path = f"/action-items/{item.id}/assign"
    assert visit(cast.officer, "GET", path).status_code == 404
    page = visit(cast.delegate, "GET", path).get_data(as_text=True)
    assert "Company administrator, Telegram" in page
    assert "Representative, X" not in page
    wrong = visit(cast.delegate, "POST", path, {"contact_id": cast.rival.id})
    assert "Not a valid choice" in wrong.get_data(as_text=True)
    assert visit(
        cast.delegate, "POST", path, {"contact_id": cast.company_admin.id}
    ).status_code == 303  # fmt: skip
    assert db.session.get(ActionItem, item.id).contact_id == cast.company_admin.id


def test_a_late_item_says_so_for_ever(companies, cast, at, visit):
    item = make.agreed(companies["telegram"], at=at)
    path = f"/action-items/{item.id}"
    with clock.stopped_at(item.due_at + timedelta(days=3)):
        page = visit(cast.delegate, "GET", path).get_data(as_text=True)
        assert "Late by 3 days." in page
        assert "Ask for an extension" not in page
        assert "late by 3 days" in visit(cast.officer, "GET", "/action-items/?show=overdue").get_data(as_text=True)  # fmt: skip


def export(visit, account, query=""):
    answer = visit(account, "GET", f"/action-items/export.csv{query}")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="action-items.csv"'
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def test_the_export_shields_formulas_and_keeps_the_wall(companies, cast, at, visit):
    make.agreed(companies["telegram"], at=at, text='=HYPERLINK("https://evil.example")')
    make.agreed(companies["x"], at=at, text="@SUM(1)")

    rows = export(visit, cast.officer)
    assert sorted(row["text_en"] for row in rows) == [
        '\'=HYPERLINK("https://evil.example")', "'@SUM(1)",
    ]  # fmt: skip
    assert rows[0]["due_at"] == "2026-03-31T18:00:00+09:00"
    assert [row["company"] for row in export(visit, cast.rival)] == ["x"]
    assert export(visit, cast.rival, "?show=closed") == []


def test_minutes_are_accepted_and_their_items_open(companies, cast, at, visit):
    minutes = make_minutes.reconciled(companies["telegram"], cast, at=at)
    path, text = f"/minutes/{minutes.id}/accept", {"content_hash": minutes.content_hash}
    assert visit(cast.rival, "GET", path).status_code == 404
    assert visit(cast.delegate, "POST", path, text).status_code == 303
    assert db.session.query(ActionItem).count() == 0
    answer = visit(cast.head, "POST", path, text, follow=True).get_data(as_text=True)

    assert "the action items are open" in answer
    assert db.session.get(Minutes, minutes.id).status is MinutesStatus.ADOPTED
    assert db.session.query(ActionItem).count() == 2
    again = visit(cast.head, "POST", path, text)
    assert again.status_code == 200
    assert db.session.query(ActionItem).count() == 2
