"""The register of decisions: adopted minutes only, exact filters, files, the wall."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from portal.core.db import db, transaction
from portal.minutes.models import Minutes, MinutesStatus, Outcome, OutcomeKind
from tests.minutes import make
from tests.queries import counting


def decide(minutes: Minutes, ko: str, en: str) -> None:
    """One more decision in the second item, as if it had been adopted with it."""
    with transaction():
        db.session.add(
            Outcome(
                minutes_id=minutes.id, item_id=minutes.items[1].id, kind=OutcomeKind.DECISION,
                text_ko=ko, text_en=en,
            )
        )  # fmt: skip


@pytest.fixture
def records(companies, cast, at):
    """Adopted minutes of both companies, and unadopted ones whose decisions are nobody's yet."""
    telegram = make.adopted(companies["telegram"], cast, at=at)
    x = make.adopted(companies["x"], cast, at=at)
    decide(telegram, "=1+1 야간 담당자", "=HYPERLINK(1) night_contact 100%")
    decide(x, "엑스만의 결정", "Only of X.")
    pending = make.released(companies["telegram"], cast, at=at, number=2)
    decide(pending, "미채택", "Not adopted yet.")
    return {"telegram": telegram, "x": x}


def texts(visit, who, query=""):
    answer = visit(who, "GET", f"/decisions/export.csv{query}")
    assert answer.status_code == 200
    table = csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff")))
    return [(row["number"], row["text_en"]) for row in table]


def get(visit, who, query=""):
    return visit(who, "GET", f"/decisions/{query}").get_data(as_text=True)


def test_only_what_adopted_minutes_decided_under_its_number_there(records, cast, visit):
    own = [
        ("Telegram 2026-01 · 2.1", "Checked every month."),
        ("Telegram 2026-01 · 2.3", "'=HYPERLINK(1) night_contact 100%"),
    ]
    page = get(visit, cast.delegate)

    assert texts(visit, cast.delegate) == own
    assert "Telegram 2026-01 · 2.3" in page and "night_contact" in page
    assert f'href="/minutes/{records["telegram"].id}"' in page
    assert "Not adopted yet." not in page and "Only of X." not in page
    assert len(texts(visit, cast.officer)) == 4
    with transaction():
        db.session.get(Minutes, records["telegram"].id).status = MinutesStatus.SUPERSEDED
    assert texts(visit, cast.delegate) == []


@pytest.mark.parametrize(
    ("query", "count"),
    [("?text=night", 1), ("?text=NIGHT_contact", 1), ("?text=%25", 1), ("?text=_", 1),
     ("?text=야간", 1), ("?text=nothing+of+the+kind", 0), ("?year=2026", 4), ("?year=2025", 0),
     ("?text=Telegram%202026", 2), ("?text='%20or%201=1--", 0), ("?year=twenty", 4),
     ("?company=x", 4), ("?company=-1", 4), ("?company=99999999", 0), ("?year=²²²²", 4)],
)  # fmt: skip
def test_the_filters(records, cast, visit, query, count):
    assert len(texts(visit, cast.officer, query)) == count
    page = get(visit, cast.officer, query)
    assert page.count('class="nowrap"><a href="/minutes/') == count
    is_unknown = any(word in query for word in ("twenty", "=x", "-1&", "=-1", "²"))
    assert ("was not understood" in page) is is_unknown


def test_counts_stand_beside_companies_and_years(records, companies, cast, visit):
    page = get(visit, cast.officer, "?text=only")

    assert "X (1)</option>" in page
    assert "2026 (1)</option>" in page
    telegram = companies["telegram"].id
    assert len(texts(visit, cast.officer, f"?company={telegram}")) == 2
    assert "X (2)</option>" in get(visit, cast.officer, f"?company={telegram}")


def test_the_rival_learns_nothing(records, companies, cast, visit):
    for query in ("", f"?company={companies['telegram'].id}", "?text=night", "?year=2026"):
        page = get(visit, cast.rival, query)
        table = texts(visit, cast.rival, query)
        content = visit(cast.rival, "GET", f"/decisions/export.xlsx{query}").data
        book = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
        assert "Telegram" not in page + str(table) + book
        assert "night_contact" not in page + str(table) + book
    assert len(texts(visit, cast.rival)) == 2


@pytest.mark.parametrize("who", ["operator", "administrator"])
def test_who_reads_no_minutes_reads_no_decision(records, cast, visit, who):
    for path in ("", "export.csv", "export.xlsx"):
        assert visit(getattr(cast, who), "GET", f"/decisions/{path}").status_code == 404


def test_guests_read_what_they_were_invited_to_and_a_commissioner_all(records, cast, visit):
    assert texts(visit, cast.police) == texts(visit, cast.agency) == []
    assert len(texts(visit, cast.commissioner)) == 4
    assert get(visit, cast.commissioner).count('class="nowrap"><a href="/minutes/') == 4


def test_the_workbook_holds_texts_and_no_formula(records, cast, visit):
    with transaction():
        cast.officer.language = "ko"
    answer = visit(cast.officer, "GET", "/decisions/export.xlsx")
    book = zipfile.ZipFile(io.BytesIO(answer.data)).read("xl/worksheets/sheet1.xml").decode()

    assert answer.headers["Content-Disposition"] == 'attachment; filename="decisions.xlsx"'
    assert "=1+1 야간 담당자" in book and "<f>" not in book
    assert "결정" in book and "night_contact" not in book, "in the language of the reader"
    page = get(visit, cast.officer)
    assert "결정 사항 대장" in page and "엑스만의 결정" in page and "Only of X." not in page


def test_the_page_asks_few_questions_however_long(records, cast, visit):
    asked = []
    for _turn in range(2):
        get(visit, cast.officer)
        with counting() as sent:
            get(visit, cast.officer, "?text=e&year=2026")
        asked.append(len(sent))
        for n in range(60):
            decide(records["x"], f"결정 {n}", f"Decision {n}.")

    assert asked[0] == asked[1] <= 8, asked
