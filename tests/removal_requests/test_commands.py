"""`flask requests import|export`: what is written, what is said, and the exit codes."""

from __future__ import annotations

import csv
import io

import pytest

from portal.core.db import db
from portal.removal_requests.models import RemovalRequest
from tests.removal_requests import make
from tests.removal_requests.files import GOOD, content, row


@pytest.fixture
def run(app):
    """Run `flask requests ...` and give the result."""

    def go(*words):
        db.session.commit()
        return app.test_cli_runner().invoke(args=["requests", *map(str, words)])

    return go


@pytest.fixture
def file(tmp_path):
    """A file of lines."""

    def make_file(*rows, name="given.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content(*rows, encoding=encoding))
        return path

    return make_file


def count():
    db.session.rollback()
    return db.session.query(RemovalRequest).count()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "euc-kr"])
def test_a_good_file_is_written_once(run, file, encoding):
    path = file(*GOOD, encoding=encoding)
    first, second = run("import", path), run("import", path)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "2 written, 0 were here already, 0 rejected" in first.output
    assert "0 written, 2 were here already, 0 rejected" in second.output
    assert count() == 2


def test_nothing_is_written_unless_all_is_good(run, file, tmp_path):
    bad = row(request_no="A-7", surface="wall")
    result = run("import", file(*GOOD, bad))

    assert result.exit_code == 1
    assert "line 4, column surface (wall): Not a code of this column." in result.output
    assert "Nothing was written." in result.output
    assert count() == 0
    assert [path.name for path in tmp_path.glob("*.csv")] == ["given.csv"]


def test_partial_writes_the_good_lines_and_a_file_of_the_others(run, file, tmp_path):
    bad = row(request_no="A-7", surface="wall")
    result = run("import", "--partial", file(*GOOD, bad))
    aside = tmp_path / "given.rejected.csv"

    assert result.exit_code == 1
    assert "2 written" in result.output and str(aside) in result.output
    assert count() == 2
    [line] = csv.DictReader(io.StringIO(aside.read_text("utf-8-sig")))
    assert line["request_no"] == "A-7"
    aside.write_text(aside.read_text("utf-8-sig").replace("wall", "account"), "utf-8")
    assert run("import", aside).exit_code == 0
    assert count() == 3


def test_the_rejected_lines_go_where_one_says(run, file, tmp_path):
    aside = tmp_path / "elsewhere.csv"
    run("import", "--partial", "--rejected", aside, file(row(surface="wall")))

    assert "A-3" in aside.read_text("utf-8-sig")


def test_a_dry_run_writes_nothing(run, file):
    result = run("import", "--dry-run", file(*GOOD))

    assert result.exit_code == 0
    assert "2 lines read (UTF-8), 0 written" in result.output
    assert count() == 0


@pytest.mark.parametrize("options", [(), ("--partial",)])
def test_what_is_no_table_fails_with_a_remedy(run, tmp_path, options):
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"%PDF-1.7")
    result = run("import", *options, path)

    assert result.exit_code == 1
    assert "line 1: This is no CSV file. Save the sheet as CSV" in result.output


def test_a_number_taken_by_other_values_fails(run, file):
    run("import", file(GOOD[0]))
    result = run("import", file(GOOD[0] | {"category": "drugs"}, name="other.csv"))

    assert result.exit_code == 1
    assert "line 2, column request_no (A-1): This number is taken" in result.output


def test_no_file_is_a_usage_error(run, tmp_path):
    assert run("import", tmp_path / "missing.csv").exit_code == 2


def test_an_export_is_an_import(run, file, tmp_path):
    run("import", file(*GOOD))
    out, back = tmp_path / "out.csv", tmp_path / "back.csv"
    assert run("export", "--with-references", "-o", out).exit_code == 0
    assert "0 written, 2 were here already" in run("import", out).output
    db.session.query(RemovalRequest).delete()
    db.session.commit()

    assert run("import", out).exit_code == 0
    run("export", "--with-references", "-o", back)
    assert back.read_bytes() == out.read_bytes()
    assert list(tmp_path.glob("*.part")) == []


def test_an_export_to_the_terminal_is_narrowed_and_keeps_references_closed(
    run, file, companies, cast, at
):
    run("import", file(*GOOD))
    make.delivered(companies["telegram"], cast, at=at)

    def seen(*words):
        result = run("export", *words)
        assert result.exit_code == 0
        assert "t.example" not in result.output and "made.example" not in result.output
        return [line["request_no"] for line in csv.DictReader(io.StringIO(result.output))]

    assert sorted(seen()) == ["A-1", "A-2", "TELEGRAM-2026-000001"]
    assert seen("--company", "x") == ["A-2"]
    assert sorted(seen("--month", "2026-02")) == ["A-1", "A-2"]


def test_a_company_that_is_not_there_is_a_usage_error(run):
    result = run("export", "--company", "nobody")

    assert result.exit_code == 2
    assert "There is no company 'nobody'." in result.output
