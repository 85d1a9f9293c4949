"""Large files: memory stays flat, an interrupted run goes on, and nothing is written twice."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from portal.access.actor import CLOCK
from portal.core import bulk, references
from portal.core.db import db, transaction
from portal.core.secrets import Press, digest, seal, unseal
from portal.removal_requests import filing, importing, reading, service
from portal.removal_requests.models import RemovalRequest
from tests.removal_requests import make
from tests.removal_requests.files import GOOD, content, row

# Writes the first parts of a file and is killed in the middle of the next, as by a power cut.
KILLED = """
import os, signal, sys
from pathlib import Path
from portal import create_app
from portal.config import Settings
from portal.core import bulk
from portal.removal_requests import commands

commands.PART = 500
write, parts = bulk.insert_rows, 0

def killed(*given):
    global parts
    parts += given[1].name == "removal_request"
    write(*given)
    if parts == 4:  # written, not committed: 1,500 of 2,500 rows stand
        os.kill(os.getpid(), signal.SIGKILL)

bulk.insert_rows = killed
app = create_app(Settings.read(os.environ))
app.test_cli_runner().invoke(args=["requests", "import", sys.argv[1]])
"""


def lines(count: int) -> list[dict[str, str]]:
    """As many good lines, each with a place of its own."""
    return [
        row(request_no=f"L-{n}", reference=f"https://t.example/c/{n}",
            delivered_at="2026-02-01T00:00:00+09:00")
        for n in range(count)
    ]  # fmt: skip


def count() -> int:
    db.session.rollback()
    return db.session.query(RemovalRequest).count()


def test_a_run_that_was_killed_goes_on_where_it_was(app, database, companies, tmp_path):
    path = tmp_path / "given.csv"
    path.write_bytes(content(*lines(2500)))
    db.session.commit()
    given = {"INSTANCE_PATH": app.instance_path, "DATABASE_URL": database}
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, path],
        env=os.environ | given | {"PYTHONPATH": str(Path.cwd())},
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    assert count() == 1500
    again = app.test_cli_runner().invoke(args=["requests", "import", str(path)])
    assert "1000 written, 1500 were here already, 0 rejected" in again.output
    third = app.test_cli_runner().invoke(args=["requests", "import", str(path)])
    assert (third.exit_code, count()) == (0, 2500)
    assert "0 written, 2500 were here already" in third.output
    assert sum(e.details["written"] for e in make.events("import")) == 2500


def test_three_bad_lines_of_many_come_back_as_a_file(app, companies, tmp_path):
    rows = lines(3000)
    rows[10] |= {"surface": "wall"}
    rows[1500] |= {"company": "nobody"}
    rows[2999] |= {"request_no": "L-7"}
    path, aside = tmp_path / "given.csv", tmp_path / "given.rejected.csv"
    path.write_bytes(content(*rows))
    db.session.commit()
    whole = app.test_cli_runner().invoke(args=["requests", "import", str(path)])

    assert (whole.exit_code, count()) == (1, 0)
    part = app.test_cli_runner().invoke(args=["requests", "import", "--partial", str(path)])
    assert "2997 written, 0 were here already, 3 rejected" in part.output
    assert "line 12, column surface (wall)" in part.output
    assert "line 3001, column request_no (L-7): This number stood on line 9" in part.output
    text = aside.read_text("utf-8-sig")
    text = text.replace("wall", "account").replace("nobody", "telegram").replace("\nL-7", "\nL-X")
    aside.write_text(text, "utf-8")
    assert app.test_cli_runner().invoke(args=["requests", "import", str(aside)]).exit_code == 0
    assert count() == 3000


def test_memory_stays_flat(app, companies, at, tmp_path):
    def peak(size: int) -> int:
        path = tmp_path / f"{size}.csv"
        path.write_bytes(content(*lines(size)))
        tracemalloc.start()
        try:
            found = filing.judge(path, at=at)
            return tracemalloc.get_traced_memory()[1] if len(found.new) == size else 0
        finally:
            tracemalloc.stop()

    peak(1000)  # what is loaded once
    few, many = peak(4000), peak(16_000)

    assert 0 < many < 1.5 * few


def test_what_somebody_wrote_meanwhile_is_not_written_twice(companies, at):
    first, second = filing.judge(content(*GOOD), at=at), filing.judge(content(*GOOD), at=at)
    with transaction():
        assert filing.import_rows(first, by=CLOCK, at=at) == 2
    with transaction():
        assert filing.import_rows(second, by=CLOCK, at=at) == 0

    other = filing.judge(content(row(request_no="A-9")), at=at)
    with transaction():
        filing.import_rows(
            filing.judge(content(row(request_no="A-9", category="drugs2")), at=at), by=CLOCK, at=at
        )
    with pytest.raises(service.Refused, match="A-9 was written by somebody else"), transaction():
        filing.import_rows(other, by=CLOCK, at=at)
    assert count() == 3


def test_problems_are_counted_and_only_the_first_are_held(companies, at):
    found = filing.judge(content(*({**one, "surface": "wall"} for one in lines(1200))), at=at)

    assert (found.rows.wrong, len(found.rows.problems)) == (1200, reading.KEPT_PROBLEMS)
    assert len(found.rows.rejected) == 1200
    back = list(csv.DictReader(io.StringIO(importing.rejected_file(found.rows))))
    assert [line["request_no"] for line in back] == [f"L-{n}" for n in range(1200)]
    assert all(line["problem"].startswith("surface: ") for line in back)


def test_what_waits_on_disk_is_not_readable(companies, at):
    found = filing.judge(content(*({**one, "surface": "wall"} for one in lines(2000))), at=at)
    file = found.rows.rejected._file
    file.seek(0)

    assert b"t.example" not in file.read()


def test_a_line_without_an_end_is_told(companies, at):
    found = filing.judge(content() + b'"' + b"x" * (2 * reading.LONGEST_LINE), at=at)

    [problem] = found.rows.problems
    assert "cannot be read" in problem.remedy


def test_korean_at_the_seam_of_two_pieces_is_read(companies, at):
    for encoding, name in (("utf-8", "UTF-8"), ("cp949", "EUC-KR/CP949")):
        text = content(row(refusal_reason="가" * 100), encoding=encoding)
        pad = b"\r\n" * ((reading.PIECE - len(text) // 2) // 2)
        source = reading.Source(pad + b"x" + text)

        assert source.encoding()[1] == name


# Sheets


def sheet(*rows: dict[str, object]) -> bytes:
    """An XLSX file whose times are real dates."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        page.write_row(0, 0, importing.COLUMNS)
        for number, line in enumerate(rows, 1):
            for column, name in enumerate(importing.COLUMNS):
                value = line[name]
                if isinstance(value, datetime):
                    page.write_datetime(number, column, value, day)
                elif value != "":
                    page.write(number, column, value)
    return file.getvalue()


def test_a_sheet_is_read_and_its_dates_are_korean_time(companies, at):
    made = sheet(row(delivered_at=datetime(2026, 2, 1, 0, 30)), row(request_no="77"))
    found = filing.judge(made, at=at)
    with transaction():
        assert filing.import_rows(found, by=CLOCK, at=at) == 2

    assert found.rows.encoding == "XLSX"
    request = db.session.query(RemovalRequest).filter_by(request_no="A-3").one()
    assert request.delivered_at.isoformat() == "2026-01-31T15:30:00+00:00"
    assert request.month == "2026-02"
    assert filing.judge(made, at=at).known == 2


def test_a_bad_cell_of_a_sheet_is_named(companies, at):
    found = filing.judge(sheet(row(), row(request_no="A-4", surface="wall")), at=at)

    [problem] = found.rows.problems
    assert (problem.line, problem.column, problem.value) == (3, "surface", "wall")
    [back] = csv.DictReader(io.StringIO(importing.rejected_file(found.rows)))
    assert back["request_no"] == "A-4"


def test_a_sheet_that_would_fill_the_memory_is_refused(companies, at):
    bomb, whole = io.BytesIO(), zipfile.ZipFile(io.BytesIO(sheet(row())))
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in whole.infolist():
            part = whole.read(one)
            if "worksheets" in one.filename:
                part = part.replace(b'r="A2"', b'r="XFD1048576"')
            archive.writestr(one.filename, part)

    [problem] = filing.judge(bomb.getvalue(), at=at).rows.problems
    assert "reaches too far" in problem.remedy


# The short ways are the long ways


@pytest.mark.parametrize(
    "reference",
    [
        "https://t.me/s/Channel/12", "https://www.x.com/a/status/1", "http://m.example.com/",
        "https://youtu.be/abc", "https://youtube.com/shorts/abc", "https://instagram.com/p/A_b-1/",
        "https://example.com", "https://EXAMPLE.com/A/b", "https://한국.example/p",
    ],
)  # fmt: skip
def test_a_plain_address_has_the_form_that_care_would_give_it(reference):
    # A query that only tracks turns the same address into one that needs care.
    assert references.PLAIN.fullmatch(reference)
    assert references.normalised(reference) == references.normalised(reference + "?utm_source=x")


def test_the_press_seals_and_hashes_like_one_at_a_time(app):
    press = Press()
    for text in ("", "a", "x" * 15, "y" * 16, "가" * 40):
        assert unseal(press.seal(text)) == text
        assert len(press.seal(text)) == len(seal(text))
        assert press.digest(text) == digest(text)


def test_rows_in_bulk_are_the_rows_one_by_one(companies, cast, at):
    made = make.verified(companies["telegram"], cast, at=at)
    names = [c.name for c in RemovalRequest.__table__.columns if c.name != "id"]
    plain = {name: getattr(made, name) for name in names} | {"request_no": "COPY-1"}
    with transaction():
        bulk.insert_rows(
            db.session.connection(), RemovalRequest.__table__, names,
            [tuple(str(v) if isinstance(v, str) else v for v in plain.values())],
        )  # fmt: skip
    copy = db.session.query(RemovalRequest).filter_by(request_no="COPY-1").one()

    assert {name: getattr(copy, name) for name in names} == plain
