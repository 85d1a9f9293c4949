"""The pages: who sees what, the steps by form, the import, and how many queries a list asks."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from portal.core import clock
from portal.core.db import db, transaction
from portal.removal_requests import filing, service
from portal.removal_requests.models import (
    Exclusion,
    MeasureType,
    Outcome,
    Recheck,
    RemovalRequest,
    RequestStatus,
)
from tests.queries import counting
from tests.removal_requests import make
from tests.removal_requests.files import GOOD, content, row

PARTS = (
    "officer", "head", "operator", "police", "agency", "delegate", "company_admin", "rival",
    "rival_admin", "commissioner", "auditor", "administrator",
)  # fmt: skip
HOME = "/removal-requests/"
IMPORT = "/removal-requests/import"
text = make.text


def numbers(page):
    return re.findall(r'<th scope="row"[^>]*><a [^>]*>([^<]+)</a>', text(page))


def test_who_sees_a_request(companies, cast, visit, at):
    url = f"{HOME}{make.delivered(companies['telegram'], cast, at=at).id}"

    codes = {part: visit(getattr(cast, part), "GET", url).status_code for part in PARTS}

    assert {part for part, code in codes.items() if code == 200} == {
        "officer", "head", "delegate", "company_admin", "auditor",
    }  # fmt: skip
    assert set(codes.values()) == {200, 404}


def test_a_company_sees_neither_drafts_nor_blocks_nor_others(companies, cast, visit, at):
    hidden = [
        make.draft(companies["telegram"], cast, at=at),
        make.delivered(companies["telegram"], cast, at=at, measure_type=MeasureType.BLOCK),
        make.delivered(companies["x"], cast, at=at),
    ]
    shown = make.issued(companies["telegram"], cast, at=at)

    for request in hidden:
        url = f"{HOME}{request.id}"
        assert visit(cast.delegate, "GET", url).status_code == 404
        for step in ("answer", "reveal"):
            assert visit(cast.delegate, "GET", f"{url}/{step}").status_code == 404
        assert visit(cast.delegate, "POST", f"{url}/acknowledge").status_code == 404
    assert numbers(visit(cast.delegate, "GET", HOME)) == []  # nothing waits for the company yet
    for query in ("?state=all", "?company=x", "?state=draft"):
        assert numbers(visit(cast.delegate, "GET", HOME + query)) == [shown.request_no]
    file = text(visit(cast.delegate, "GET", "/removal-requests/export.csv", buffered=True))
    assert [line["request_no"] for line in csv.DictReader(io.StringIO(file))] == [shown.request_no]
    assert len(numbers(visit(cast.officer, "GET", HOME))) == 4


def test_a_company_does_not_learn_who_worked_on_it_nor_of_a_new_draft(companies, cast, visit, at):
    request = make.verified(companies["telegram"], cast, at=at - timedelta(days=8))
    make.drawn(request, at=at)
    with transaction():
        spell = service.recheck(request, Recheck.REAPPEARED, by=cast.head.as_actor(), at=at)
    url, number = f"{HOME}{request.id}", spell.request_no

    ours, theirs = (text(visit(person, "GET", url)) for person in (cast.head, cast.delegate))

    assert "Liaison officer" in ours and number in ours
    assert "Liaison officer" not in theirs and number not in theirs


@pytest.mark.parametrize("part", ["operator", "police", "delegate", "auditor", "commissioner"])
def test_only_casework_records_imports_and_verifies(companies, cast, visit, at, part):
    number = make.decided(companies["telegram"], cast, at=at).id
    person = getattr(cast, part)

    for path in ("record", "import", f"{number}/verify", f"{number}/withdraw"):
        assert visit(person, "GET", HOME + path).status_code == 404
    assert visit(person, "POST", f"{HOME}{number}/confirm-withdrawal").status_code == 404


@pytest.mark.parametrize("chosen", ["0", "", "987654"])
def test_no_platform_is_chosen_for_whoever_records(companies, cast, visit, chosen):
    page = text(visit(cast.officer, "GET", f"{HOME}record"))
    form = {
        "platform_id": chosen, "reference": "https://t.example/a", "category": "drugs",
        "surface": "account", "measure_type": "removal", "legal_ground": "correction_request",
    }  # fmt: skip
    answer = visit(cast.officer, "POST", f"{HOME}record", form)

    assert "Choose a platform" in page
    assert "Choose a platform." in text(answer) or "Not a valid choice" in text(answer)
    assert db.session.query(RemovalRequest).count() == 0


def test_the_life_of_a_request_on_the_pages(companies, cast, visit, at):
    link = "https://t.example/SECRETWORD"
    form = {
        "platform_id": make.platform_of(companies["telegram"]).id, "reference": link,
        "category": "drugs", "surface": "account", "measure_type": "removal",
        "legal_ground": "correction_request",
    }  # fmt: skip
    made = visit(cast.officer, "POST", f"{HOME}record", form)
    number = db.session.query(RemovalRequest.id).scalar()
    here = f"{HOME}{number}"
    assert (made.status_code, made.location) == (303, here)
    assert visit(cast.officer, "POST", f"{here}/issue").status_code == 409
    steps = (
        (cast.head, "issue", {}, RequestStatus.ISSUED),
        (cast.officer, "deliver", {"channel": "email", "proof": "MSG-1"}, RequestStatus.DELIVERED),
        (cast.delegate, "acknowledge", {}, RequestStatus.ACKNOWLEDGED),
        (cast.delegate, "answer", {"outcome": "removed", "reason": "<b>"}, RequestStatus.DECIDED),
        (cast.officer, "verify", {"verification": "gone"}, RequestStatus.VERIFIED),
    )
    for person, step, data, status in steps:
        assert visit(person, "POST", f"{here}/{step}", data).status_code == 303
        assert db.session.get(RemovalRequest, number).status is status
    with clock.stopped_at(at + timedelta(days=7)):
        make.drawn(db.session.get(RemovalRequest, number), at=at + timedelta(days=7))
        assert visit(cast.head, "POST", f"{here}/recheck", {"recheck": "gone"}).status_code == 303

    page = text(visit(cast.officer, "GET", here))
    assert "&lt;b&gt;" in page and "MSG-1" in page and "SECRETWORD" not in page


def test_an_answer_by_mail_is_entered_by_an_officer_who_then_does_not_verify(
    companies, cast, visit, at
):
    number = make.delivered(companies["telegram"], cast, at=at).id
    here = f"{HOME}{number}"

    assert (
        visit(cast.officer, "POST", f"{here}/record-answer", {"outcome": "removed"}).status_code
        == 303
    )
    own = visit(cast.officer, "POST", f"{here}/verify", {"verification": "gone"})
    page = text(visit(cast.officer, "GET", here))

    assert "Somebody other than the person who entered" in text(own)
    assert f"{here}/verify" not in page and "Somebody else verifies it" in page
    assert f"{here}/verify" in text(visit(cast.head, "GET", here))
    assert db.session.get(RemovalRequest, number).verified_at is None


@pytest.mark.parametrize(
    ("part", "state", "step", "data", "sentence"),
    [
        ("officer", "issued", "deliver", {"channel": "email", "proof": ""}, "proves the delivery"),
        ("officer", "issued", "deliver", {"channel": "pigeon"}, "Not a valid choice"),
        ("officer", "issued", "deliver", {"channel": "email", "proof": "kim@mail.example"},
         "personal data"),
        ("officer", "issued", "deliver",
         {"channel": "portal", "delivered_at": "2026-03-02T10:01"}, "in the future"),
        ("delegate", "delivered", "answer", {"outcome": "refused"}, "needs its reason"),
        ("delegate", "delivered", "answer", {"outcome": ""}, "Choose one"),
        ("delegate", "delivered", "answer", {"outcome": "refused", "reason": "010-1234-5678"},
         "personal data"),
        ("delegate", "delivered", "answer", {"outcome": "refused", "reason": "x" * 501}, "500"),
        ("delegate", "verified", "answer", {"outcome": "refused", "reason": "No."}, "This step is for"),
        ("head", "delivered", "verify", {"verification": "gone"}, "This step is for"),
        ("head", "verified", "recheck", {"recheck": "gone"}, "seven days after the removal"),
    ],
)  # fmt: skip
def test_a_wrong_form_says_why_and_changes_nothing(
    companies, cast, visit, at, part, state, step, data, sentence
):
    number = getattr(make, state)(companies["telegram"], cast, at=at).id
    before = db.session.get(RemovalRequest, number).status

    page = visit(getattr(cast, part), "POST", f"{HOME}{number}/{step}", data)

    assert page.status_code == 200
    assert sentence in text(page)
    assert db.session.get(RemovalRequest, number).status is before


def test_the_reference_is_shown_for_a_purpose_only(companies, cast, visit, at):
    request = make.delivered(
        companies["telegram"], cast, at=at, reference="https://t.example/SECRETWORD"
    )
    url = f"{HOME}{request.id}/reveal"

    before = visit(cast.delegate, "GET", url)
    bare = visit(cast.delegate, "POST", url, {})
    wrong = visit(cast.delegate, "POST", url, {"purpose": "curiosity"})
    assert make.events("reveal") == []
    shown = visit(cast.delegate, "POST", url, {"purpose": "to_answer"})

    assert not any("SECRETWORD" in text(page) for page in (before, bare, wrong))
    assert "https://t.example/SECRETWORD" in text(shown)
    [event] = make.events("reveal")
    assert (event.account_id, event.details["purpose"]) == (cast.delegate.id, "to_answer")
    for part in ("rival", "auditor", "operator"):
        assert visit(getattr(cast, part), "GET", url).status_code == 404


def test_an_exclusion_takes_two_on_the_page(companies, cast, visit, at):
    number = make.delivered(companies["telegram"], cast, at=at).id
    here = f"{HOME}{number}"

    visit(cast.officer, "POST", f"{here}/withdraw", {"why": "duplicate"})
    own, others = (text(visit(person, "GET", here)) for person in (cast.officer, cast.head))
    alone = visit(cast.officer, "POST", f"{here}/confirm-withdrawal")
    visit(cast.head, "POST", f"{here}/confirm-withdrawal")
    after = visit(cast.head, "GET", here)

    assert "confirm-withdrawal" not in own and "confirm-withdrawal" in others
    assert alone.status_code == 409
    assert db.session.get(RemovalRequest, number).exclusion is Exclusion.DUPLICATE
    assert "Agreed by Head of team" in text(after) and "/withdraw" not in text(after)


def test_the_list_is_narrowed(companies, cast, visit, at):
    young, old = (
        make.delivered(companies["telegram"], cast, at=at - timedelta(days=days))
        for days in (0, 40)
    )
    rival = make.decided(companies["x"], cast, at=at)
    draft = make.draft(companies["telegram"], cast, at=at)
    back = make.decided(
        companies["telegram"], cast, at=at - timedelta(days=2), outcome=Outcome.NEEDS_INFORMATION
    )
    every = {r.request_no for r in (young, old, rival, draft, back)}

    def seen(query):
        page = visit(cast.head, "GET", HOME + query)
        assert page.status_code == 200
        return set(numbers(page))

    assert seen("") == every
    assert seen("?state=undecided") == every - {rival.request_no, draft.request_no}
    assert seen("?state=overdue") == {old.request_no, back.request_no}
    assert seen("?state=delivered") == {young.request_no, old.request_no}
    assert seen("?state=to_verify") == seen("?company=x") == {rival.request_no}
    assert seen("?outcome=needs_information") == {back.request_no}
    assert seen("?month=2026-01") == {old.request_no}
    assert seen("?number=X-2026") == {rival.request_no}
    assert seen("?number=TELEGRAM-2026-000001") == {young.request_no}
    assert seen("?number=%25") == set()
    assert seen("?state=nonsense&company=nobody&platform=no&page=x") == every


# The import


def check(visit, person, file):
    page = visit(person, "POST", IMPORT, {"file": (io.BytesIO(file), "requests.csv"), "check": "1"})
    page.request.environ["wsgi.input"].close()  # the client leaves a large upload open
    return page


def carried(page):
    """What the page carries on to the next step."""
    [kept] = re.findall(r'name="kept"[^>]* value="([^"]+)"', text(page))
    return {"kept": kept}


def test_a_file_is_checked_then_written(companies, cast, visit):
    checked = check(visit, cast.officer, content(*GOOD))
    assert "2 lines read (UTF-8): 2 new, 0 here already, 0 rejected." in text(checked)
    assert "t.example" not in text(checked)
    assert db.session.query(RemovalRequest).count() == 0
    written = visit(cast.officer, "POST", IMPORT, carried(checked) | {"write": "1"}, follow=True)

    assert "2 requests written, 0 were here already." in text(written)
    assert db.session.query(RemovalRequest).count() == 2
    assert {e.account_id for e in make.events("import")} == {cast.officer.id}
    again = check(visit, cast.officer, content(*GOOD))
    assert "0 new, 2 here already" in text(again)
    assert 'name="write"' not in text(again)


def test_a_file_with_a_bad_line_is_written_in_part_only_if_told(companies, cast, visit):
    bad = row(request_no="A-7", surface="wall", reference="https://t.example/SECRETWORD")
    checked = check(visit, cast.officer, content(*GOOD, bad))
    assert "2 new, 0 here already, 1 rejected." in text(checked)
    assert re.search(r">4</td>.*surface.*wall.*Not a code of this column", text(checked))
    kept = carried(checked)
    refused = visit(cast.officer, "POST", IMPORT, kept | {"write": "1"})
    assert "Some lines are rejected. Tick this to write the others" in text(refused)
    assert db.session.query(RemovalRequest).count() == 0
    download = visit(cast.officer, "POST", IMPORT, kept | {"rejected": "1"})
    assert db.session.query(RemovalRequest).count() == 0
    part = visit(cast.officer, "POST", IMPORT, kept | {"write": "1", "partial": "y"})

    assert db.session.query(RemovalRequest).count() == 2
    assert "2 requests written, 0 were here already." in text(part)
    assert 'name="write"' not in text(part)
    for file in (download, visit(cast.officer, "POST", IMPORT, carried(part) | {"rejected": "1"})):
        assert "rejected.csv" in file.headers["Content-Disposition"]
        [line] = csv.DictReader(io.StringIO(file.get_data().decode("utf-8-sig")))
        assert (line["request_no"], line["problem"][:8]) == ("A-7", "surface:")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"%PDF-1.7 a letter", "This is no CSV file."),
        (b"", "The file is empty."),
        (b"a;b\r\n", "Separate the columns by commas."),
        (content() + b'"A-1,telegram\r\n', "Check its quotation marks."),
        (b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_on_the_page(companies, cast, visit, file, words):
    page = check(visit, cast.officer, file)

    assert page.status_code == 200
    assert words in text(page)
    assert 'name="write"' not in text(page)


@pytest.mark.parametrize("kept", ["", "forged", "../../key"])
def test_without_a_file_the_page_asks_for_one(companies, cast, visit, kept):
    page = visit(cast.officer, "POST", IMPORT, {"kept": kept, "write": "1"})

    assert page.status_code == 200
    assert "Choose a file." in text(page)


def test_the_largest_file_is_carried_through_the_page(companies, cast, visit):
    rows = [
        row(request_no=f"BIG-{n}", delivered_at="2026-02-01T00:00:00Z", refusal_reason="가" * 490,
            outcome="refused", decided_at="2026-02-01T01:00:00Z")
        for n in range(1300)
    ]  # fmt: skip
    file = content(*rows)
    assert 1_900_000 < len(file) < 2 * 1024 * 1024
    checked = check(visit, cast.officer, file)
    written = visit(cast.officer, "POST", IMPORT, carried(checked) | {"write": "1"})

    assert written.status_code == 303
    assert db.session.query(RemovalRequest).count() == 1300


def test_an_export_shields_formulas_keeps_references_closed_and_is_logged(
    companies, cast, visit, at
):
    request = make.decided(
        companies["telegram"], cast, at=at, outcome=Outcome.REFUSED,
        reference="https://t.example/SECRETWORD",
    )  # fmt: skip
    request.refusal_reason = "=HYPERLINK(1)"
    db.session.commit()
    make.delivered(companies["x"], cast, at=at)

    page = visit(
        cast.auditor, "GET", "/removal-requests/export.csv?company=telegram", buffered=True
    )
    [line] = csv.DictReader(io.StringIO(text(page)))

    assert page.mimetype == "text/csv"
    assert (line["reference"], line["refusal_reason"]) == ("", "'=HYPERLINK(1)")
    [event] = make.events("export")
    assert (event.account_id, event.details) == (cast.auditor.id, {"rows": 1})


# Queries


@pytest.mark.parametrize("part", ["officer", "delegate", "auditor"])
@pytest.mark.parametrize("query", ["", "?state=undecided&company=telegram&month=2026-02"])
def test_the_list_asks_the_same_few_queries_however_long(companies, cast, visit, at, part, query):
    person = getattr(cast, part)

    def bring(*names):
        rows = [row(request_no=n, delivered_at="2026-02-01T00:00:00Z") for n in names]
        with transaction():
            filing.import_rows(
                filing.judge(content(*rows), at=at), by=cast.officer.as_actor(), at=at
            )

    bring("L-0")
    visit(person, "GET", HOME + query)
    bring("L-1")  # counts are made anew after an act
    with counting() as one:
        visit(person, "GET", HOME + query)
    bring(*(f"M-{n}" for n in range(120)))
    with counting() as many:
        page = visit(person, "GET", HOME + query)

    assert len(numbers(page)) == 50
    assert len(many) == len(one) <= 9


@pytest.mark.parametrize("part", ["officer", "delegate", "auditor"])
@pytest.mark.parametrize("state", ["issued", "delivered", "verified"])
def test_one_request_asks_few_queries(companies, cast, visit, at, part, state):
    person = getattr(cast, part)
    url = f"{HOME}{getattr(make, state)(companies['telegram'], cast, at=at).id}"
    visit(person, "GET", url)
    with counting() as one:
        visit(person, "GET", url)
    for _n in range(10):
        getattr(make, state)(companies["telegram"], cast, at=at)
    with counting() as many:
        visit(person, "GET", url)

    assert len(many) == len(one) <= 9


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_empty_file_has_the_columns_that_an_import_takes(companies, cast, visit, ending):
    page = text(visit(cast.officer, "GET", IMPORT))
    assert f"{IMPORT}/template.{ending}" in page
    assert re.search(r"<code>telegram</code> – <code>telegram</code>", page)
    given = visit(cast.officer, "GET", f"{IMPORT}/template.{ending}").get_data()

    assert "0 lines read" in text(check(visit, cast.officer, given))
    assert "Always to be filled in" in page


def test_lines_that_name_a_known_place_are_named(companies, cast, visit):
    here = {"reference": "https://t.example/here"}
    first = check(visit, cast.officer, content(row(request_no="A-1", **here)))
    visit(cast.officer, "POST", IMPORT, carried(first) | {"write": "1"})
    other = row(request_no="A-2", reference="https://t.example/other")
    again = check(visit, cast.officer, content(other, row(request_no="A-3", **here)))

    assert "an older request names as well: 1. Lines: 3." in text(again)
