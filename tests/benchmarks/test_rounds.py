"""Published rounds: read exactly, measured by the method, refused as a whole."""

import json
import random
from fractions import Fraction
from pathlib import Path

import pytest
from flask import Flask

from portal.benchmarks import forms, queries, table
from portal.benchmarks.models import BenchmarkRow
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError
from portal.methodology import estimators
from portal.methodology.method import VERSION_1_0
from portal.scorecards import service as scorecards
from tests.benchmarks import reference
from tests.queries import counting
from tests.scorecards.conftest import OVER

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


@pytest.mark.parametrize(
    "percent", ["NaN", "Infinity", "1e2", "-1", "100.01", "1,000.5", "<1", "43..2", "5.", "½"]
)
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


def shown(app: Flask, file: Path, *args: str) -> dict:
    """What is shown of round r after a file was brought in."""
    done = run(app, "import", str(file))
    assert done.exit_code == 0, done.output
    return json.loads(run(app, "show", "r", "--json", *args).output)


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("63.5", "63.5"), ("63.5%", "63.5"), ("63,5 %", "63.5"), ("63,5\u00a0％", "63.5"), ("100", "100"),
        ("100 %", "100"), ("0", "0"), ("33.33333333333333", "33.33333333333333"), ("", None),
        ("-", None), ("–", None), ("n/a", None),
    ],
)  # fmt: skip
def test_a_percentage_is_read_as_it_is_printed(cell: str, read: str | None):
    rows, problems = table.read(f'{HEAD}r,p,A,10,"{cell}",1,s\n'.encode())
    assert not problems
    assert rows[0].reviewed_24h_pct == read


@pytest.mark.parametrize(
    ("cell", "notices"),
    [
        ("1234", 1234), ("1,234", 1234), ("1 234 567", 1234567), ("1\u202f234", 1234),
        ("1'234", 1234), ("200.0", 200), ("0", 0), ("", None), ("–", None),
    ],
)  # fmt: skip
def test_notices_are_read_with_their_separators(cell: str, notices: int | None):
    rows, problems = table.read(f'{HEAD}r,p,A,"{cell}",1,1,s\n'.encode())
    assert not problems
    assert rows[0].notices == notices


@pytest.mark.parametrize(
    "cell", ["1.234", "1,23", "1,2345", "1.5", "-3", "ten", "1 234,567", "12e3"]
)
def test_notices_that_may_mean_two_things_are_refused(cell: str):
    rows, problems = table.read(f'{HEAD}r,p,A,"{cell}",1,1,s\n'.encode())
    assert not rows and [(one.line, one.column) for one in problems] == [(2, "notices")]


def test_a_table_with_decimal_commas_and_semicolons(app: Flask, tmp_path: Path):
    file = tmp_path / "r.csv"
    lines = HEAD.replace(",", ";") + "r;2019-12;A;1 000;63,5 %;71,2;s\nr;2019-12;B;0;;;s\n"
    file.write_bytes(b"\xef\xbb\xbf" + lines.replace("\n", "\r\n").encode())
    body = shown(app, file)
    assert [(one["company"], one["notices"], one["removed"]["x"]) for one in body["companies"]] == [
        ("A", 1000, 712),
        ("B", 0, None),
    ]


def test_the_shape_of_the_json(app: Flask, tmp_path: Path):
    file = tmp_path / "r.csv"
    file.write_text(
        HEAD
        + "r,2020-11,Alpha,10,33.5,100,s\n"
        + "r,2020-11,Beta,0,,,s\n"
        + "r,2020-11,Gamma,,50,50,s\n"
        + "r,2020-11,TOTAL*,11,33.5,100,s\n"
    )
    body = shown(app, file, "--target", "66.67")
    nothing = dict.fromkeys(("x", "value", "low", "high", "rank_best", "rank_worst", "is_whole"))
    left_out = {**nothing, "verdict": "not assessed", "published": None}
    alpha = body["companies"][0]
    low, high = reference.bounds(3, 10)
    assert alpha.pop("reviewed_24h") == {
        "x": 3, "n": 10, "value": 30.0, "low": pytest.approx(100 * float(low), rel=1e-12),
        "high": pytest.approx(100 * float(high), rel=1e-12), "verdict": "not met",
        "rank_best": 1, "rank_worst": 1, "published": 33.5, "is_whole": False,
    }  # fmt: skip
    assert alpha.pop("removed") == {
        "x": 10, "n": 10, "value": 100.0, "low": pytest.approx(72.246, abs=1e-3), "high": 100.0,
        "verdict": "met", "rank_best": 1, "rank_worst": 1, "published": 100.0, "is_whole": True,
    }  # fmt: skip
    assert body == {
        "round": "r",
        "target": 66.67,
        "companies": [
            {"company": "Alpha", "period": "2020-11", "notices": 10, "source": "s"},
            {"company": "Beta", "period": "2020-11", "notices": 0, "source": "s",
             "reviewed_24h": {**left_out, "n": 0}, "removed": {**left_out, "n": 0}},
            {"company": "Gamma", "period": "2020-11", "notices": None, "source": "s",
             "reviewed_24h": {**left_out, "n": None, "published": 50.0},
             "removed": {**left_out, "n": None, "published": 50.0}},
        ],
        "totals": [
            {"row": "TOTAL*", "of": "notices", "stated": 11, "summed": 10,
             "within_rounding": False, "difference": 1, "adds_up": False},
            {"row": "TOTAL*", "of": "reviewed_24h", "stated": 4, "summed": 3,
             "within_rounding": False, "difference": 1, "adds_up": False},
            {"row": "TOTAL*", "of": "removed", "stated": 11, "summed": 10,
             "within_rounding": False, "difference": 1, "adds_up": False},
        ],
    }  # fmt: skip
    told = run(app, "show", "r").output
    assert "no whole number of 10 gives the published 33.5%" in told


def test_a_corrected_file_replaces_the_round_and_the_log_says_so(app: Flask, tmp_path: Path):
    file = tmp_path / "r.csv"
    file.write_text(HEAD + "r,p,A,10,50,50,s\nr,p,B,10,50,50,s\nother,p,A,7,50,50,s\n")
    assert len(shown(app, file)["companies"]) == 2
    file.write_text(HEAD + "r,p,A,12,50,50,s\n")
    assert [one["notices"] for one in shown(app, file)["companies"]] == [12]
    assert "already there" in run(app, "import", str(file)).output
    assert queries.rounds() == ["other", "r"]
    events = db.session.query(AuditEvent).filter_by(verb="benchmarks:import").order_by("id").all()
    assert [event.details for event in events] == [
        {"round": "r", "rows": 2},
        {"round": "other", "rows": 1},
        {"round": "r", "rows": 1},
    ]


def test_one_company_in_two_spellings_is_named():
    _rows_read, problems = table.read((HEAD + "r,p,Ａlpha,1,1,1,s\nr,p,ALPHA,1,1,1,s\n").encode())
    assert [(one.line, one.column, one.value) for one in problems] == [(3, "company", "ALPHA")]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("", Fraction(6667, 100)), ("66.67", Fraction(6667, 100)), ("66,67 %", Fraction(6667, 100)),
        ("2/3", Fraction(200, 3)), ("0", Fraction(0)), ("100", Fraction(100)), ("1/1", Fraction(100)),
    ],
)  # fmt: skip
def test_a_target_is_exact(text: str, target: Fraction):
    assert forms.target_of(text) == target


@pytest.mark.parametrize("text", ["3/2", "1/0", "-1", "100.1", "1e1", "NaN", "2/3/4", "two thirds"])
def test_what_is_no_target_is_refused(text: str):
    with pytest.raises(FieldError) as refusal:
        forms.target_of(text)
    assert refusal.value.field == "target"


def _rows(counts: list[tuple[str, int]]) -> list[BenchmarkRow]:
    return [
        BenchmarkRow(round="r", period="p", company=f"C{place}", notices=n,
                     reviewed_24h_pct=percent, removed_pct=percent, source="s")
        for place, (percent, n) in enumerate(counts)
    ]  # fmt: skip


@pytest.mark.parametrize("target", ["66.67", "2/3", "0", "100", "50", "80"])
def test_every_figure_agrees_with_another_implementation(target: str):
    dice = random.Random(20260302)
    counts = [(f"{dice.randrange(10001) / 100:.2f}", dice.randrange(1, 3000)) for _ in range(200)]
    counts += [("100", 1), ("0", 1), ("66.67", 3), ("66.67", 10_000), ("50", 2), ("100", 500)]
    exact = forms.target_of(target)
    pairs = [(reference.count(percent, n), n) for percent, n in counts]
    ranks = reference.ranks(pairs)

    found = queries.rates(_rows(counts), "removed", exact)

    for place, (x, n) in enumerate(pairs):
        one, (low, high) = found[f"C{place}"], reference.bounds(x, n)
        assert (one.x, one.n) == (x, n)
        assert one.value == pytest.approx(100 * x / n, rel=1e-15)
        assert one.low == pytest.approx(float(reference.shown(low)), abs=1e-6)
        assert one.high == pytest.approx(float(reference.shown(high)), abs=1e-6)
        assert one.verdict == reference.verdict(x, n, exact / 100)
        assert (one.rank_best, one.rank_worst) == ranks[place]
    assert {one.verdict for one in found.values()} >= ({"met"} if target == "0" else {"not shown"})


def test_the_edge_of_a_verdict_is_the_lower_bound_itself():
    low = Fraction(estimators.wilson(67, 100, VERSION_1_0.z).low)
    for target, verdict in ((100 * low, "met"), (100 * low + Fraction(1, 10**15), "not shown")):
        assert queries.rates(_rows([("67", 100)]), "removed", target)["C0"].verdict == verdict


def test_two_thirds_and_what_is_printed_for_them_are_two_targets():
    # The lower bound lies between 66.6666… and 66.67.
    rows = _rows([("66.7", 8_000_000)])
    low = queries.rates(rows, "removed", Fraction(0))["C0"].low
    assert 66.6667 < low < 66.67
    verdicts = [
        queries.rates(rows, "removed", forms.target_of(text))["C0"].verdict
        for text in ("2/3", "66.67")
    ]
    assert verdicts == ["met", "not shown"]


def test_our_own_figures_stand_beside_with_their_definitions(
    app: Flask, cast, visit, tmp_path: Path, draft, by
):
    frozen_card = draft()
    with transaction():
        scorecards.freeze(frozen_card, by=by("head"), at=OVER, unasked="made for a test")
    file = tmp_path / "r.csv"
    file.write_text(HEAD + "r,p,Alpha,10,33.5,100,s\n")
    assert run(app, "import", str(file)).exit_code == 0
    page = visit(cast.officer, "GET", "/benchmarks/").get_data(as_text=True)
    one = frozen_card.figures.measures["R1"]
    assert f"{one.x:,} / {one.n:,}" in page
    assert "An acknowledgement is no answer" in page
    assert "gives the published 33.5%" in page
    # What is frozen and not published is not the commissioner's yet.
    assert "own, " not in visit(cast.commissioner, "GET", "/benchmarks/").get_data(as_text=True)
    assert "own, " not in visit(cast.police, "GET", "/benchmarks/").get_data(as_text=True)
    with counting() as few:
        visit(cast.officer, "GET", "/benchmarks/")
    file.write_text(HEAD + "".join(f"r,p,C{n},10,33.5,100,s\n" for n in range(50)))
    assert run(app, "import", str(file)).exit_code == 0
    with counting() as many:
        visit(cast.officer, "GET", "/benchmarks/")
    assert len(many) == len(few)
