"""The requests as a company's people work through them: with the keyboard, and many at once."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
from datetime import timedelta
from typing import Any

from python_calamine import CalamineWorkbook

from portal.core import sheets
from portal.core.db import db
from portal.removal_requests.models import Outcome, RemovalRequest
from tests.removal_requests import make

HOUR = timedelta(hours=1)


def test_a_list_is_worked_through_with_the_keyboard(companies, cast, at, enter: Any) -> None:
    first, second = (make.delivered(companies["telegram"], cast, at=at - n * HOUR) for n in (2, 1))
    person = enter("delegate")
    person.open("/removal-requests/")
    page, keys = person.page, person.page.keyboard
    page.wait_for_selector("[data-triage-help]:not([hidden])")
    keys.press("j")
    assert page.evaluate("document.activeElement.textContent") == first.request_no
    keys.press("j")
    keys.press("x")
    assert page.locator("input[name=id]:checked").get_attribute("value") == str(second.id)
    keys.press("k")
    with page.expect_navigation():
        keys.press("a")
    assert person.path() == f"/removal-requests/{first.id}/answer?list=state%3Dundecided"
    person.fill(outcome="not_found")
    person.press("Record")
    assert person.path().startswith(f"/removal-requests/{first.id}?list=")
    with page.expect_navigation():
        keys.press("n")
    assert person.path().startswith(f"/removal-requests/{second.id}?list=")
    assert person.wrong == []


def test_many_are_answered_at_once_on_a_phone(companies, cast, at, enter: Any) -> None:
    for n in range(3):
        make.delivered(companies["telegram"], cast, at=at - n * HOUR)
    person = enter("delegate", viewport={"width": 390, "height": 800})
    person.open("/removal-requests/")
    for box in person.page.locator("input[name=id]").all():
        box.check()
    person.page.locator("#many-outcome").select_option("removed")
    person.press("Answer")
    assert person.sees("%(done)s would be done, %(refused)s refused. Nothing is written yet.",
                       done=3, refused=0)  # fmt: skip
    person.press("Do it for %(count)s requests", count=3)
    assert person.sees("Nothing waits for you.")
    db.session.expire_all()
    assert {r.outcome for r in db.session.query(RemovalRequest)} == {Outcome.REMOVED}


def test_answers_come_by_page_by_spreadsheet_and_by_program(
    companies, cast, at, enter: Any, served: str
) -> None:
    """Four requests of one company: each way answers some, and the regulator reads them all."""
    by_page, by_sheet, by_program, by_lines = (
        make.delivered(companies["telegram"], cast, at=at - n * HOUR).request_no
        for n in (4, 3, 2, 1)
    )
    person = enter("company_admin")

    person.open("/removal-requests/")
    person.page.get_by_role("link", name=by_page, exact=True).click()
    person.follow("Answer this request")
    person.fill(outcome="refused", reason="Parody within the rules")
    person.press("Record")

    person.open("/removal-requests/answers/import")
    given = person.fetch("/removal-requests/answers/template.xlsx")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(given)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == [by_sheet, by_program, by_lines]
    filled = [[row[0], "removed" if row[0] == by_sheet else "", "", ""] for row in rows[1:]]
    book = sheets.workbook("A", [str(name) for name in rows[0]], filled, made_at=at)
    sheet = {"name": "answers.xlsx", "mimeType": sheets.XLSX, "buffer": book}
    person.page.locator("main input[type=file]").set_input_files(sheet)
    person.press("Check the file")
    person.press("Enter %(count)s answers", count=1)
    assert person.path() == "/removal-requests/"

    person.open("/api/tokens")
    person.fill(name="Queue", scope="api_scope_answer")
    person.press("Make the token")
    token = person.page.locator("#token").inner_text()

    def ask(path: str, body: str = "", kind: str = "application/json") -> list[dict[str, Any]]:
        """As a company's own system does, over the network."""
        asked = urllib.request.Request(
            served + path,
            data=body.encode() or None,
            headers={"Authorization": f"Bearer {token}", "Content-Type": kind},
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return [json.loads(line) for line in answer.read().decode().splitlines()]

    [page] = ask("/api/v1/removal-requests?state=undecided")
    assert [item["number"] for item in page["items"]] == [by_program, by_lines]
    [one] = ask(f"/api/v1/removal-requests/{by_program}/answer", '{"outcome": "not_found"}')
    line = json.dumps({"number": by_lines, "outcome": "account_action"})
    [result] = ask("/api/v1/answers", line, "application/x-ndjson")
    assert (one["state"], result["result"]) == ("decided", "done")

    head = enter("head")
    file = head.fetch("/removal-requests/export.csv?company=telegram").decode("utf-8-sig")
    told = {row["request_no"]: row["outcome"] for row in csv.DictReader(io.StringIO(file))}
    assert told == {
        by_page: "refused", by_sheet: "removed", by_program: "not_found",
        by_lines: "account_action",
    }  # fmt: skip
    assert person.wrong == head.wrong == []


def test_the_rejected_lines_are_fetched_and_the_others_entered_at_once(
    companies, cast, at, enter: Any
) -> None:
    """A file that comes back leaves the page as it is: the next click counts."""
    good, bad = (make.delivered(companies["telegram"], cast, at=at - n * HOUR) for n in (2, 1))
    lines = f"request_no,outcome,reason,removed_at\n{good.request_no},removed,,\n{bad.request_no},gone,,\n"
    person = enter("delegate")
    person.open("/removal-requests/answers/import")
    sheet = {"name": "answers.csv", "mimeType": "text/csv", "buffer": lines.encode()}
    person.page.locator("main input[type=file]").set_input_files(sheet)
    person.press("Check the file")
    with person.page.expect_download() as came:
        person.page.locator("button[name=rejected]").click()
    person.page.locator("[name=partial]").check()
    person.press("Enter %(count)s answers", count=1)

    assert bad.request_no in came.value.path().read_text("utf-8-sig")
    db.session.expire_all()
    assert (good.outcome, bad.outcome) == (Outcome.REMOVED, None)
