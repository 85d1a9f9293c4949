"""Files: what is good is written, what is not is told with line, column and remedy."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from portal.access.actor import CLOCK
from portal.core.db import db, transaction
from portal.core.secrets import unseal
from portal.removal_requests import filing, importing, queries
from portal.removal_requests.models import (
    MeasureType,
    Outcome,
    RemovalRequest,
    Verification,
)
from tests.removal_requests import make
from tests.removal_requests.files import GOOD, content, row


def judged(file: bytes, at: datetime) -> filing.Reading:
    return filing.judge(file, at=at)


def write(file: bytes, at: datetime) -> int:
    with transaction():
        return filing.import_rows(filing.judge(file, at=at), by=CLOCK, at=at)


def problems(file: bytes, at: datetime) -> list[tuple[int, str]]:
    return [(p.line, p.column) for p in judged(file, at).rows.problems]


def exported(*, with_references: bool) -> str:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    rows = queries.rows_for_export(None, queries.Filter(), at=at)
    return "".join(importing.written(rows, unseal if with_references else None))


def test_a_good_file_is_written_whole(companies, at):
    assert write(content(*GOOD), at) == 2

    first, second = db.session.query(RemovalRequest).order_by(RemovalRequest.request_no)
    assert (first.request_no, first.company_id) == ("A-1", companies["telegram"].id)
    assert (first.outcome, first.verification) == (Outcome.REMOVED, Verification.GONE)
    assert first.delivered_at == datetime(2026, 1, 31, 15, 30, tzinfo=UTC)
    assert first.month == "2026-02"  # 1 February 00:30 in Seoul
    assert unseal(first.reference_encrypted) == "https://t.example/one"
    assert (second.measure_type, second.outcome) == (MeasureType.BLOCK, None)
    assert [(e.subject_id, e.details["written"]) for e in make.events("import")] == [
        (companies["telegram"].id, 1), (companies["x"].id, 1),
    ]  # fmt: skip


def test_the_same_file_twice_writes_nothing_twice(companies, at):
    write(content(*GOOD), at)
    again = judged(content(*GOOD), at)

    assert (again.is_good, len(again.new), again.known) == (True, 0, 2)
    assert write(content(*GOOD), at) == 0
    assert db.session.query(RemovalRequest).count() == 2
    assert len(make.events("import")) == 2


def test_more_lines_in_a_longer_file_are_written_and_the_rest_known(companies, at):
    write(content(GOOD[0]), at)

    assert write(content(*GOOD, row(request_no="A-3")), at) == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"category": "drugs"}, {"reference": "https://t.example/other"},
        {"outcome": "partial"}, {"delivered_at": "2026-02-01T00:31:00+09:00"},
    ],
)  # fmt: skip
def test_a_number_taken_by_other_values_is_a_problem(companies, at, changed):
    write(content(GOOD[0]), at)
    reading = judged(content(GOOD[0] | changed, GOOD[1]), at)

    [problem] = reading.rows.problems
    assert (problem.line, problem.column, problem.value) == (2, "request_no", "A-1")
    assert "taken by other values" in problem.remedy
    assert (len(reading.new), reading.is_good) == (1, False)
    assert [one.line for one in reading.rows.rejected] == [2]


def test_the_same_number_of_another_company_is_another_request(companies, at):
    write(content(GOOD[0]), at)

    assert write(content(row(request_no="A-1", company="x", platform="x")), at) == 1


@pytest.mark.parametrize(
    ("changed", "column", "remedy"),
    [
        ({"request_no": ""}, "request_no", ""),
        ({"request_no": "A" * 61}, "request_no", ""),
        ({"company": "nobody"}, "company", "No such company"),
        ({"platform": "nobody"}, "platform", "No such platform"),
        ({"platform": "x"}, "platform", "run by another company"),
        ({"category": "Drugs!"}, "category", ""),
        ({"legal_ground": "law"}, "legal_ground", ""),
        ({"measure_type": "delete"}, "measure_type", ""),
        ({"surface": ""}, "surface", ""),
        ({"delivered_at": "2026-02-01T00:30:00"}, "delivered_at", "offset is missing"),
        ({"delivered_at": "2026-02-30T00:30:00+09:00"}, "delivered_at", "does not exist"),
        ({"delivered_at": "yesterday"}, "delivered_at", "Not an instant"),
        ({"delivered_at": "2026-W10-1"}, "delivered_at", "Not an instant"),
        ({"verified_at": "2027-01-01T00:00:00Z"}, "verified_at", "in the future"),
        ({"outcome": ""}, "outcome", "Fill this in"),
        ({"decided_at": ""}, "decided_at", "Fill this in"),
        ({"delivered_at": "2026-01-01T00:00:00Z"}, "delivered_at", "before issued_at"),
        ({"decided_at": "2026-02-01T00:29:59+09:00"}, "decided_at", "before delivered_at"),
        (
            {"acknowledged_at": "2026-02-01T00:29:59+09:00"},
            "acknowledged_at",
            "before delivered_at",
        ),
        ({"refusal_reason": "Ask kim@mail.example"}, "refusal_reason", "personal data"),
        ({"refusal_reason": "x" * 501}, "refusal_reason", ""),
        ({"reference": "x" * 4001}, "reference", "too long"),
    ],
)
def test_a_bad_cell_is_named_with_its_line_column_and_remedy(
    companies, at, changed, column, remedy
):
    reading = judged(content(row(request_no="A-0"), GOOD[0] | changed), at)

    assert {(p.line, p.column) for p in reading.rows.problems} == {(3, column)}
    assert all(remedy in p.remedy and p.remedy.endswith(".") for p in reading.rows.problems)
    assert "kim@mail.example" not in str(reading.rows.problems)
    assert [one.line for one in reading.rows.rejected] == [3]
    assert len(reading.new) == 1


def test_every_problem_of_a_line_is_told_at_once(companies, at):
    bad = GOOD[0] | {"company": "nobody", "surface": "wall", "outcome": "maybe"}

    assert sorted(problems(content(bad), at)) == [(2, "company"), (2, "outcome"), (2, "surface")]


def test_no_problem_repeats_a_reference(companies, at):
    bad = row(reference="https://t.example/SECRETWORD two")

    assert "SECRETWORD" not in str(judged(content(bad), at).rows.problems)


def test_a_number_twice_in_a_file_is_told_once(companies, at):
    reading = judged(content(GOOD[0], GOOD[1], GOOD[0]), at)

    [problem] = reading.rows.problems
    assert (problem.line, problem.column) == (4, "request_no")
    assert "line 2" in problem.remedy


def test_lines_are_counted_as_in_an_editor(companies, at):
    long = GOOD[0] | {"refusal_reason": "one\ntwo\nthree"}
    bad = row(request_no="A-9", surface="wall")

    assert problems(content(long, bad), at) == [(5, "surface")]


@pytest.mark.parametrize(
    ("file", "line", "words"),
    [
        (b"", 1, "empty"),
        (b"PK\x03\x04 a sheet", 1, "not what its name says"),
        (b"%PDF-1.7", 1, "no CSV file"),
        (b"request_no\0", 1, "no CSV file"),
        (b"request_no;company;platform\r\n", 1, "commas"),
        (content() + b"\xff\xff\xff\n", 2, "neither UTF-8 nor EUC-KR"),
        (content() + b'"A-1,telegram\r\n', 2, "quotation marks"),
    ],
)
def test_what_is_no_table_is_told(companies, at, file, line, words):
    reading = judged(file, at)

    [problem] = reading.rows.problems
    assert words in problem.remedy
    assert problem.line == line or f"line {line} " in problem.remedy
    assert (len(reading.new), len(reading.rows.rejected), reading.is_good) == (0, 0, False)


def test_a_line_with_too_few_cells_is_told_and_rejected(companies, at):
    reading = judged(content(GOOD[0]) + b"A-9,telegram\r\n", at)

    [problem] = reading.rows.problems
    assert (problem.line, problem.column) == (3, "")
    assert "has 2 cells" in problem.remedy
    assert [one[:2] for one in reading.rows.rejected] == [(3, ["A-9", "telegram"])]


def test_a_broken_quote_hides_no_number_that_is_taken(companies, at):
    write(content(GOOD[0]), at)
    reading = judged(content(GOOD[0] | {"category": "drugs"}) + b'"A-9,telegram\r\n', at)

    assert [p.column for p in reading.rows.problems] == ["request_no", ""]
    assert [one.line for one in reading.rows.rejected] == [2]


@pytest.mark.parametrize(
    ("header", "column", "words"),
    [
        (importing.COLUMNS[:-1], "recheck", "missing"),
        ((*importing.COLUMNS, "extra"), "extra", "not known"),
        ((*importing.COLUMNS, "surface"), "surface", "twice"),
    ],
)
def test_a_wrong_first_line_is_told(companies, at, header, column, words):
    [problem] = judged((",".join(header) + "\r\n").encode(), at).rows.problems

    assert (problem.line, problem.column) == (1, column)
    assert words in problem.remedy


def test_a_wrong_first_line_is_no_rejected_line(companies, at):
    assert len(judged(b"request_no,extra\r\nA-1,2\r\n", at).rows.rejected) == 0


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 (BOM)"), ("euc-kr", "EUC-KR/CP949"),
        ("utf-16", "UTF-16"),
    ],
)  # fmt: skip
def test_korean_text_is_read_in_each_encoding(companies, at, encoding, name):
    file = content(GOOD[0] | {"refusal_reason": "이용약관 위반 아님"}, encoding=encoding)

    assert judged(file, at).rows.encoding == name
    assert write(file, at) == 1
    assert db.session.query(RemovalRequest.refusal_reason).scalar() == "이용약관 위반 아님"


def test_rejected_lines_come_back_corrected(companies, at):
    bad = GOOD[1] | {"surface": "wall"}
    reading = judged(content(GOOD[0], bad), at)
    with transaction():
        assert filing.import_rows(reading, by=CLOCK, at=at) == 1
    aside = importing.rejected_file(reading.rows)
    [rejected] = csv.DictReader(io.StringIO(aside))

    assert rejected["request_no"] == "A-2"
    assert rejected["problem"].startswith("surface: ")
    assert write(aside.replace("wall", "search_result").encode("utf-8-sig"), at) == 1
    still_bad = judged(aside.encode(), at)
    assert importing.rejected_file(still_bad.rows) == aside


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_what_a_spreadsheet_takes_for_a_formula_is_shielded(companies, at, start):
    reason = f"{start}HYPERLINK(1)"
    write(content(GOOD[0] | {"request_no": "-1", "refusal_reason": reason}), at)
    [line] = csv.DictReader(io.StringIO(exported(with_references=True)))

    assert (line["request_no"], line["refusal_reason"]) == ("'-1", "'" + reason)
    again = judged(exported(with_references=True).encode(), at)
    assert (again.is_good, len(again.new), again.known) == (True, 0, 1)


@pytest.mark.parametrize("reason", ["'quoted'", "'=1", "''=1", 'a "b", c', "one\r\ntwo", "it's"])
def test_any_text_survives_export_and_import(companies, cast, at, reason):
    request = make.decided(companies["telegram"], cast, at=at)
    request.refusal_reason = reason
    db.session.commit()

    again = judged(exported(with_references=True).encode(), at)

    assert (again.rows.problems, len(again.new), again.known) == ([], 0, 1)


def test_an_export_is_an_import(companies, cast, at):
    for state in ("draft", "issued", "acknowledged", "decided", "verified"):
        getattr(make, state)(companies["telegram"], cast, at=at)
    make.verified(companies["x"], cast, at=at)
    write(content(*GOOD), at)
    whole, bare = exported(with_references=True), exported(with_references=False)

    for file in (whole, bare):
        again = judged(file.encode(), at)
        assert (again.rows.problems, len(again.new), again.known) == ([], 0, 8)
    # The same under other numbers: what was exported is written as it was.
    assert write(renumbered(whole).encode(), at) == 8
    for with_references, file in ((True, whole), (False, bare)):
        lines = exported(with_references=with_references).splitlines()
        assert sorted(line for line in lines if line.startswith("NEW-")) == sorted(
            renumbered(file).splitlines()[1:]
        )


def renumbered(file: str) -> str:
    """An export whose numbers are others; the number is the first cell of a line."""
    header, *lines = file.splitlines()
    return "\n".join([header, *(f"NEW-{line}" for line in lines), ""])


def test_an_export_keeps_references_closed(companies, at):
    write(content(*GOOD), at)

    assert "t.example" not in exported(with_references=False)
    assert "https://t.example/one" in exported(with_references=True)
