"""Files of the list: the same cells as an import reads, the same filter, no reference, no formula."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import insert

from portal.core.db import db, transaction
from portal.core.secrets import unseal
from portal.removal_requests import exporting, importing, queries
from portal.removal_requests.models import Outcome, RemovalRequest
from tests.removal_requests import make

HOME = "/removal-requests/"
HOUR = timedelta(hours=1)


def lines(page):
    return list(csv.DictReader(io.StringIO(page.get_data(as_text=True))))


def test_the_database_writes_the_cells_that_python_writes(companies, cast, at):
    make.draft(companies["telegram"], cast, at=at)
    odd = make.decided(companies["x"], cast, at=at + timedelta(microseconds=70))
    refused = make.decided(companies["telegram"], cast, at=at, outcome=Outcome.REFUSED)
    refused.refusal_reason = '=1+1, "quoted"\nand a second line'
    odd.request_no = "@X-1"
    db.session.commit()
    chosen = queries.Filter()
    ours = "".join(exporting.written(exporting.parts(None, chosen, at=at)))

    assert ours == "".join(importing.written(queries.rows_for_export(None, chosen, at=at)))
    assert "'=1+1" in ours and "'@X-1" in ours and ".000070+09:00" in ours


def test_an_export_says_before_how_large_it_is_and_holds_so_many_rows(companies, cast, at, visit):
    for n in range(3):
        make.delivered(companies["telegram"], cast, at=at - n * HOUR)
    make.delivered(companies["x"], cast, at=at)
    before = make.text(visit(cast.delegate, "GET", f"{HOME}export?state=undecided"))
    page = visit(cast.delegate, "GET", f"{HOME}export.csv?state=undecided", buffered=True)

    assert "3 rows, in about 1 s." in before
    assert f'href="{HOME}export.csv?state=undecided"' in before
    assert (page.headers["X-Rows"], len(lines(page))) == ("3", 3)
    assert {line["company"] for line in lines(page)} == {"telegram"}
    assert make.events("export")[0].details == {"rows": 3}


def test_a_file_holds_what_the_list_shows(companies, cast, at, visit):
    shown = make.delivered(companies["telegram"], cast, at=at)
    hidden = make.delivered(companies["x"], cast, at=at)
    companies["x"].is_sandbox = True
    db.session.commit()

    def told(who, query=""):
        page = visit(who, "GET", f"{HOME}export.csv{query}", buffered=True)
        return [line["request_no"] for line in lines(page)]

    assert told(cast.officer) == [shown.request_no]
    assert told(cast.officer, "?company=x") == [hidden.request_no]
    assert told(cast.rival) == [hidden.request_no]
    assert hidden.request_no in make.text(visit(cast.rival, "GET", HOME))


def test_more_rows_than_a_sheet_holds_are_refused_before_anything_is_logged(
    companies, cast, at, visit, monkeypatch
):
    make.delivered(companies["telegram"], cast, at=at)
    monkeypatch.setattr("portal.removal_requests.file_views.MOST_IN_SHEET", 0)
    refused = visit(cast.officer, "GET", f"{HOME}export.xlsx")

    assert refused.status_code == 409
    assert "holds at most 0 rows" in make.text(refused)
    assert make.events("export") == []
    assert "export.xlsx" not in make.text(visit(cast.officer, "GET", f"{HOME}export"))


def test_rows_are_fetched_in_parts_and_never_twice(companies, cast, at):
    one = make.delivered(companies["telegram"], cast, at=at)
    assert unseal(one.reference_encrypted)
    table = RemovalRequest.__table__
    held = db.session.execute(db.select(table)).mappings().one()
    row = {name: value for name, value in held.items() if name != "id"}
    with transaction():
        db.session.execute(insert(table), [row | {"request_no": f"M-{n:05d}"} for n in range(2500)])
    steps: list[int] = []
    given = exporting.parts(None, queries.Filter(), at=at)
    text = "".join(exporting.written(given, steps.append))

    assert steps == [1000, 1000, 501]
    found = [line["request_no"] for line in csv.DictReader(io.StringIO(text))]
    assert len(found) == len(set(found)) == exporting.count(None, queries.Filter(), at=at) == 2501


@pytest.mark.parametrize(("rows", "told"), [(0, 1), (60_000, 1), (1_000_000, 17)])
def test_how_long_a_file_takes_is_guessed(rows, told):
    assert exporting.seconds(rows) == told
