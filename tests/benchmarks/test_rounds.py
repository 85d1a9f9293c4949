"""Published rounds: read exactly, measured by the method, refused as a whole."""

import json
from pathlib import Path

import pytest
from flask import Flask

from portal.benchmarks import queries, table

HEAD = "round,period,company,notices,reviewed_24h_pct,removed_pct,source\n"
ROWS = (
    "r1,2020-11,Alpha,200,90.0,50.25,https://source.example\n"
    "r1,2020-11,Beta,7,0,0,https://source.example\n"
    "r1,2020-11,None,0,,,https://source.example\n"
    "r1,2020-11,Total,208,90,50,https://source.example\n"
)


def run(app: Flask, *args: str):
    return app.test_cli_runner().invoke(args=["benchmarks", *args])


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_a_round_is_measured_and_its_wrong_totals_are_named(app: Flask, tmp_path: Path, bom: bytes):
    file = tmp_path / "r.csv"
    file.write_bytes(bom + (HEAD + ROWS).encode())
    first = run(app, "import", str(file))
    assert first.exit_code == 0, first.output
    assert "Total does not add up in notices: printed 208" in first.output
    before = run(app, "show", "r1", "--target", "66.67", "--json").output
    assert "already there" in run(app, "import", str(file)).output
    assert run(app, "show", "r1", "--target", "66.67", "--json").output == before
    alpha, beta, none = json.loads(before)["companies"]
    assert (alpha["reviewed_24h"]["x"], alpha["removed"]["x"]) == (180, 101)  # 100.5 goes up
    assert alpha["reviewed_24h"]["low"] == pytest.approx(85.0594, abs=1e-4)
    assert (alpha["reviewed_24h"]["verdict"], alpha["removed"]["verdict"]) == ("met", "not met")
    assert (alpha["removed"]["rank_best"], alpha["removed"]["rank_worst"]) == (1, 1)
    assert (beta["removed"]["low"], beta["removed"]["verdict"]) == (0.0, "not met")
    assert (none["removed"]["verdict"], none["removed"]["rank_best"]) == ("not assessed", None)
    assert "not assessed" in run(app, "show", "r1").output


def test_one_bad_cell_and_nothing_is_changed(app: Flask, tmp_path: Path):
    file = tmp_path / "r.csv"
    file.write_text(HEAD + ROWS + "r1,2020-11,Gamma,1.5,101,x,\nr1,2020-11,ALPHA,3,1,1,s\n")
    done = run(app, "import", str(file))
    assert done.exit_code == 1
    for part in (
        "line 6, column notices, value '1.5'",
        "line 6, column reviewed_24h_pct, value '101'",
        "line 6, column removed_pct, value 'x'",
        "line 6, column source",
        "line 7, column company, value 'ALPHA'",
    ):
        assert part in done.output
    assert queries.rounds() == []
    assert run(app, "show", "r1").exit_code == 1


@pytest.mark.parametrize("percent", ["NaN", "Infinity", "1e2", "-1", "100.01", "43,2"])
def test_what_is_no_percentage_is_refused(percent: str):
    rows, problems = table.read(f'{HEAD}r,p,A,10,"{percent}",1,s\n'.encode())
    assert not rows and [one.column for one in problems] == ["reviewed_24h_pct"]


@pytest.mark.parametrize("data", [b"", HEAD.encode(), b"a;b\n1;2\n", b"\xff\xfe", b'round,"x\n'])
def test_a_file_that_is_no_table_is_refused(data: bytes):
    assert table.read(data)[1]


@pytest.mark.parametrize(
    ("percent", "notices", "x"),
    [
        ("0.5", 100, 1),
        ("0.15", 1000, 2),
        ("2.675", 20000, 535),
        ("57.5", 20, 12),
        ("1.005", 100, 1),
    ],
)
def test_counts_are_rounded_half_up_exactly(percent: str, notices: int, x: int):
    assert queries.count(percent, notices) == x


def test_the_page_shows_the_same_figures(app: Flask, cast, visit, tmp_path: Path):
    page = visit(cast.commissioner, "GET", "/benchmarks/").get_data(as_text=True)
    assert "No round was brought in yet" in page
    file = tmp_path / "r.csv"
    file.write_text(HEAD + ROWS + "r1,2020-11,<b>x,9,50,50,https://source.example\n")
    assert run(app, "import", str(file)).exit_code == 0
    page = visit(cast.commissioner, "GET", "/benchmarks/?round=r1").get_data(as_text=True)
    for part in ("180 / 200", "85.1–93.4%", "101 / 200", "A total does not add up", "&lt;b&gt;x"):
        assert part in page
    assert "<b>x" not in page
    assert "https://source.example" in page
    lenient = visit(cast.auditor, "GET", "/benchmarks/?round=r1&target=30").get_data(as_text=True)
    assert 'value="30"' in lenient
    for typed in ("many", "101", "-1", "NaN", "1e9", "inf"):
        bad = visit(cast.auditor, "GET", f"/benchmarks/?target={typed}").get_data(as_text=True)
        assert "from 0 to 100" in bad
        assert f'value="{typed}"' in bad
    assert visit(cast.auditor, "GET", "/benchmarks/?round=unknown").status_code == 200
    assert visit(cast.delegate, "GET", "/benchmarks/").status_code == 404
