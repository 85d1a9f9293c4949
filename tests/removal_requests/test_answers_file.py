"""Answers as a file: tried first, entered once, and nothing told of other companies."""

from __future__ import annotations

import csv
import io
import re

import pytest

from portal.core import uploads
from portal.core.db import db
from portal.removal_requests import answering, jobs
from portal.removal_requests.models import Outcome, RemovalRequest
from tests.removal_requests import make

URL = "/removal-requests/answers/import"


def file_of(*rows: tuple[str, ...]) -> bytes:
    """A file of answers."""
    text = io.StringIO()
    csv.writer(text).writerows([answering.COLUMNS, *((*one, "", "", "")[:4] for one in rows)])
    return text.getvalue().encode()


def text(page):
    return page.get_data(as_text=True)


def check(visit, person, file):
    return visit(person, "POST", URL, {"file": (io.BytesIO(file), "answers.csv"), "check": "1"})


def kept(page):
    return {"kept": re.findall(r'name="kept"[^>]* value="([^"]+)"', text(page))[0]}


def test_answers_are_checked_then_entered_once(companies, cast, visit, at):
    one, two, three, four = (make.delivered(companies["telegram"], cast, at=at) for _n in range(4))
    numbers = [r.request_no for r in (one, two, three, four)]
    file = file_of(
        (numbers[0], "removed"), (numbers[1], "refused", "satire"), (numbers[2], "acknowledged"),
        (numbers[3],),
    )  # fmt: skip
    checked = check(visit, cast.delegate, file)

    assert "4 lines read (UTF-8): 3 new answers, 0 stood already, 1 say nothing yet, 0 rejected." in text(checked)  # fmt: skip
    assert make.events("answer") == make.events("acknowledge") == []
    assert db.session.get(RemovalRequest, one.id).outcome is None
    done = visit(cast.delegate, "POST", URL, kept(checked) | {"write": "1"}, follow=True)
    assert "3 answers entered, 0 stood already." in text(done)
    db.session.expire_all()
    assert [r.outcome for r in (one, two, three, four)] == [Outcome.REMOVED, Outcome.REFUSED, None, None]  # fmt: skip
    assert three.acknowledged_at is not None and two.refusal_reason == "satire"
    assert len(make.events("answer")) == 2
    again = check(visit, cast.delegate, file)
    assert "0 new answers, 3 stood already" in text(again)
    assert 'name="write"' not in text(again)


def test_a_rivals_number_is_told_like_one_that_nobody_has(companies, cast, visit, at):
    rival = make.delivered(companies["x"], cast, at=at)
    page = text(check(visit, cast.delegate, file_of((rival.request_no, "removed"), ("NO-1", "removed"))))  # fmt: skip
    told = re.findall(r'data-label="What to do">([^<]+)<', page)

    assert told == ["No such request to this company. Check the number."] * 2


@pytest.mark.parametrize(
    ("line", "column", "words"),
    [
        (("", "removed"), "request_no", "empty"),
        (("N", "", "why"), "outcome", "empty"),
        (("N", "gone"), "outcome", "Not a code"),
        (("N", "acknowledged", "why"), "reason", "Who only acknowledges"),
        (("N", "refused"), "reason", "A refusal needs its reason"),
        (("N", "refused", "ask kim@mail.example"), "reason", "personal data"),
        (("N", "refused", "x" * 501), "reason", "At most 500 characters"),
        (("N", "removed", "", "2026-03-01"), "removed_at", "Not an instant"),
        (("N", "removed", "", "2027-03-01T00:00:00Z"), "removed_at", "in the future"),
        (("N", "removed", "", "2020-03-01T00:00:00Z"), "removed_at", "after the delivery"),
    ],
)
def test_a_bad_line_is_named_and_comes_back(companies, cast, visit, at, line, column, words):
    number = make.delivered(companies["telegram"], cast, at=at).request_no
    good = make.delivered(companies["telegram"], cast, at=at).request_no
    bad = (line[0].replace("N", number), *line[1:])
    checked = check(visit, cast.delegate, file_of((good, "not_found"), bad))

    assert re.search(f">3</td>.*{column}.*{words}", text(checked))
    assert "kim@mail" not in text(checked)
    refused = visit(cast.delegate, "POST", URL, kept(checked) | {"write": "1"})
    assert "Some lines are rejected. Tick this to write the others" in text(refused)
    assert make.events("answer") == []
    part = visit(cast.delegate, "POST", URL, kept(checked) | {"write": "1", "partial": "y"})
    assert "1 answers entered, 0 stood already." in text(part)
    file = visit(cast.delegate, "POST", URL, kept(part) | {"rejected": "1"})
    [back] = csv.DictReader(io.StringIO(file.get_data().decode("utf-8-sig")))
    assert back["problem"].startswith(f"{column}: ")
    assert len(make.events("answer")) == 1


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_the_file_to_fill_in_names_what_is_open_and_comes_back(companies, cast, visit, at, ending):
    number = make.delivered(companies["telegram"], cast, at=at).request_no
    make.decided(companies["telegram"], cast, at=at)
    make.delivered(companies["x"], cast, at=at)
    given = visit(cast.delegate, "GET", f"/removal-requests/answers/template.{ending}").get_data()
    page = check(visit, cast.delegate, given)

    assert "1 lines read" in text(page) and "1 say nothing yet" in text(page)
    if ending == "csv":
        filled = given.decode("utf-8-sig").replace(f"{number},", f"{number},removed")
        assert "1 new answers" in text(check(visit, cast.delegate, filled.encode("euc-kr")))


def test_a_kept_file_is_its_senders_alone_and_erased(app, companies, cast, visit, at):
    number = make.delivered(companies["telegram"], cast, at=at).request_no
    checked = check(visit, cast.delegate, file_of((number, "removed")))
    token = kept(checked)["kept"]

    assert uploads.kept(token, owner=cast.rival.id) is None
    assert uploads.kept(token, owner=cast.delegate.id) == file_of((number, "removed"))
    assert b"removed" not in b"".join(p.read_bytes() for p in uploads._folder().iterdir())
    visit(cast.delegate, "POST", URL, {"kept": token, "write": "1"})
    assert uploads.kept(token, owner=cast.delegate.id) is None
    old = uploads.keep(b"old", owner=1, at=at)
    assert jobs.erase_uploads(at) == 0
    assert jobs.erase_uploads(at.replace(day=at.day + 2)) == 1
    assert uploads.kept(old, owner=1) is None


def test_an_officer_enters_a_file_of_a_company(app, companies, cast, at, tmp_path):
    number = make.delivered(companies["telegram"], cast, at=at).request_no
    rival = make.delivered(companies["x"], cast, at=at).request_no
    path = tmp_path / "answers.csv"
    path.write_bytes(file_of((number, "not_found"), (rival, "not_found")))
    db.session.commit()

    def run(*words):
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["requests", "answer", "telegram", *words, str(path)])  # fmt: skip

    whole = run()
    assert (whole.exit_code, make.events("answer")) == (1, [])
    assert f"line 3, column request_no ({rival}): No such request" in whole.output
    part = run("--partial")
    assert "1 entered, 0 stood already, 0 say nothing yet, 1 rejected" in part.output
    assert (tmp_path / "answers.rejected.csv").exists()
    assert "0 entered, 1 stood already" in run("--partial").output
    assert len(make.events("answer")) == 1


def test_a_time_that_cannot_be_is_shown_and_a_refused_reason_is_not(companies, cast, visit, at):
    one, two = (make.delivered(companies["telegram"], cast, at=at) for _n in range(2))
    file = file_of(
        (one.request_no, "removed", "", "2031-01-01T00:00:00+09:00"),
        (two.request_no, "refused", "call 010-1234-5678"),
    )
    page = text(check(visit, cast.delegate, file))

    assert '<td data-label="Value">2031-01-01T00:00:00+09:00</td>' in page
    assert "010-1234-5678" not in page
