"""What is printed of a card, for whom, with which files inside; and the cases behind each figure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from datetime import timedelta
from typing import Any

import pypdf
import pytest

from portal.core import clock, files
from portal.core.db import db, transaction
from portal.core.figures import shown_below
from portal.core.signing import Integrity, signatures
from portal.documents import verification
from portal.documents.models import Document, DocumentKind
from portal.documents.printing import print_missing
from portal.documents.verification import Standing
from portal.methodology.membership import Member, Part
from portal.removal_requests.models import MeasureType, RemovalRequest
from portal.scorecards import annex, copies, service
from portal.scorecards.models import Copy, Scorecard
from tests.scorecards.conftest import MONTH, OVER

LATER = OVER + timedelta(days=20)


@pytest.fixture
def frozen(sent: Any, by: Any, companies: Any, request_to: Any) -> Scorecard:
    """Telegram's card: twelve requests, and a block that was never asked of it."""
    request_to(companies["telegram"], measure_type=MeasureType.BLOCK)
    card: Scorecard = sent()
    with transaction():
        service.freeze(card, by=by("head"), at=LATER)
    return card


@pytest.fixture
def published(frozen: Scorecard, by: Any, draft: Any) -> Scorecard:
    """Telegram's card is out, and X's of the same month is frozen beside it."""
    rival = draft("x")
    with transaction():
        service.freeze(rival, by=by("head"), at=LATER, unasked="A rehearsal.")
    with transaction():
        service.publish(frozen, by=by("head"), at=LATER)
    return frozen


def file_of(card: Scorecard, kind: DocumentKind, language: str = "en") -> bytes:
    held = (
        db.session.query(Document).filter_by(kind=kind, subject_id=card.id, language=language).one()
    )
    print_missing(held)
    return files.load(held.pdf_sha256 or "")


def words(pdf: bytes) -> list[str]:
    return [
        " ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
    ]


# The cases on screen


def test_a_figure_leads_to_its_cases(cast: Any, draft: Any, visit: Any) -> None:
    card = draft()
    address = f"/scorecards/{card.id}"

    with clock.stopped_at(OVER):
        page = visit(cast.officer, "GET", address).get_data(as_text=True)
        missed = visit(cast.officer, "GET", f"{address}/cases?measure=R2").get_data(as_text=True)
        done = visit(cast.officer, "GET", f"{address}/cases?measure=R2&part=counted").get_data(
            as_text=True
        )

    assert all(f"{address}/cases?measure=R{place}" in page for place in range(1, 7))
    assert missed.count("refused by the company") == 5
    assert done.count("gone in time") == 7
    assert "7 / 12" in done and "/removal-requests/" in done


def test_a_draft_shows_the_rows_of_now_and_a_frozen_card_those_it_holds(
    cast: Any, sent: Any, by: Any, companies: Any, request_to: Any, visit: Any
) -> None:
    card = sent()
    with transaction():
        service.freeze(card, by=by("head"), at=LATER)
    request_to(companies["telegram"], answered=1, removed=1)
    db.session.commit()
    with transaction():
        again = service.draft(
            companies["telegram"], MONTH, by=by("officer"), at=LATER, why="A late row."
        )
    late = request_to(companies["telegram"], answered=2, removed=2)
    db.session.commit()
    number, kept, live = late.request_no, card.id, again.id

    with clock.stopped_at(LATER):
        pages = [
            visit(cast.officer, "GET", f"/scorecards/{one}/cases.csv").get_data(as_text=True)
            for one in (kept, live)
        ]

    assert [page.count("\n") - 1 for page in pages] == [12, 14]
    assert [number in page for page in pages] == [False, True]


def test_a_company_is_told_of_no_block_and_of_no_other_card(
    cast: Any, frozen: Scorecard, visit: Any
) -> None:
    block = db.session.query(RemovalRequest).filter_by(measure_type=MeasureType.BLOCK).one()
    number, address = block.request_no, f"/scorecards/{frozen.id}/cases"

    told = {
        part: [
            visit(getattr(cast, part), "GET", path).get_data(as_text=True)
            for path in (f"{address}.csv", f"{address}?measure=R1&part=left_out")
        ]
        for part in ("officer", "delegate")
    }

    assert [f"{number}," in told["officer"][0], f">{number}<" in told["officer"][1]] == [True, True]
    assert not any(f"{number}," in page or f">{number}<" in page for page in told["delegate"])
    assert visit(cast.rival, "GET", address).status_code == 404
    assert visit(cast.rival, "GET", f"{address}.csv").status_code == 404


# Case numbers, run in


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        (["R-7"], "R-7"),
        (["R-000001", "R-000002"], "R-: 000001, 000002"),
        (["R-000003", "R-000001", "R-000002", "R-000009"], "R-: 000001–000003, 000009"),
        (["R-09", "R-10", "R-9"], "R-: 09, 9, 10"),
        (["B-1", "A-1", "odd"], "A-1; B-1; odd"),
    ],
)
def test_numbers_are_written_as_people_write_them(numbers: list[str], text: str) -> None:
    assert annex.run_in(numbers) == text


def told(runs: list[annex.Run]) -> set[str]:
    """The case numbers that a person reads out of printed runs of one series."""
    found = set()
    for run in runs:
        head, _colon, tail = run.numbers.partition(": ")
        for piece in tail.split(", ") if tail else []:
            first, _dash, last = piece.partition("–")
            found |= {f"{head}{n:06d}" for n in range(int(first), int(last or first) + 1)}
    return found


def test_five_thousand_cases_are_complete_and_take_a_few_pages() -> None:
    source = random.Random(7)
    parts = [Part.COUNTED, Part.COUNTED, Part.MISSED]
    members = [
        Member(f"T-{number:06d}", source.choice(parts), "gone_in_time") for number in range(5000)
    ]
    members = [one if one.part is Part.COUNTED else one._replace(why="refused") for one in members]
    found = {f"R{place}": members for place in (1, 2, 3, 4)}

    sections = annex.case_sections(found, "A")

    cohort, measure = sections[0].runs, sections[1].runs
    assert told(cohort) == {one.number for one in members}
    listed = [run for run in measure if ":" in run.numbers]
    [rest] = [run for run in measure if run not in listed]
    assert told(listed) == {one.number for one in members if one.part is Part.MISSED}
    assert rest.count == sum(one.part is Part.COUNTED for one in members)
    assert rest.numbers == "all of A0 that stand under no other reason here"
    # A page holds about 9,000 letters at this size.
    assert sum(len(run.numbers) for one in sections for run in one.runs) < 9_000 * 8


# Rounding at an edge


def test_a_value_below_an_edge_does_not_look_as_if_it_reached_it() -> None:
    assert [shown_below(value, [80]) for value in (80, 79.99, 79.94, 79.96, None)] == [
        "80.0", "79.99", "79.9", "79.96", "–",
    ]  # fmt: skip


# The print


@pytest.mark.parametrize("language", ["ko", "en"])
def test_two_pages_and_an_annex_that_can_be_kept_and_heard(
    frozen: Scorecard, language: str
) -> None:
    pdf = file_of(frozen, DocumentKind.SCORECARD, language)
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    pages = words(pdf)
    root = reader.trailer["/Root"]
    claims = root["/Metadata"].get_object().get_data().decode()

    behind = {"ko": "점수에 넣지 않는 참고 수치", "en": "Printed beside, never in the score"}
    assert [behind[language] in page for page in pages[:3]] == [False, False, True]
    assert {"ko": "부록 A", "en": "Annex A"}[language] in " ".join(pages[2:])
    assert {"ko": "등급의 불확실성", "en": "How sure the grade is"}[language] in pages[1]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == language
    assert "<pdfaid:part>3</pdfaid:part>" in claims.replace('pdfaid:part="3"', "<pdfaid:part>3</pdfaid:part>")  # fmt: skip
    assert 'pdfuaid:part="1"' in claims


def test_the_files_inside_are_those_of_the_card(frozen: Scorecard) -> None:
    attached = pypdf.PdfReader(io.BytesIO(file_of(frozen, DocumentKind.SCORECARD))).attachments
    given = {name: content[0] for name, content in attached.items()}

    assert sorted(given) == ["cases.csv", "figures.csv", "figures.json", "inputs.json"]
    figures = json.loads(given["figures.json"])
    assert (figures["measures"]["R2"]["x"], figures["measures"]["R2"]["n"]) == (7, 12)
    assert figures["score"] == frozen.figures.score
    assert figures["inputs_sha256"] == frozen.inputs_hash
    inputs = json.loads(given["inputs.json"])
    assert len(inputs["requests"]) == 12 and len(frozen.inputs["requests"]) == 13
    rows = list(csv.DictReader(io.StringIO(given["cases.csv"].decode("utf-8-sig"))))
    assert [row["R2_part"] for row in rows].count("counted") == 7
    assert len(rows) == 12


def test_it_is_sealed_and_known_before_it_is_published(frozen: Scorecard) -> None:
    pdf = file_of(frozen, DocumentKind.SCORECARD)

    [seal] = signatures(pdf)
    verdict = verification.examine(pdf)

    assert seal.integrity is Integrity.WHOLE
    assert (verdict.standing, verdict.is_seal_valid, verdict.kind) == (Standing.ISSUED, True, "scorecard")  # fmt: skip


def test_a_new_version_supersedes_the_file_of_the_one_before(
    published: Scorecard, companies: Any, by: Any
) -> None:
    before = file_of(published, DocumentKind.SCORECARD)
    with transaction():
        again = service.draft(
            companies["telegram"], MONTH, by=by("officer"), at=LATER, why="A late row."
        )
        service.freeze(again, by=by("head"), at=LATER, unasked="A correction.")
    assert not verification.examine(before).is_superseded

    with transaction():
        service.publish(again, by=by("head"), at=LATER)

    assert verification.examine(before).is_superseded


def test_the_copy_of_the_regulator_has_ranks_and_the_inputs_whose_hash_is_printed(
    cast: Any, published: Scorecard, visit: Any
) -> None:
    number, inputs_hash = published.id, published.inputs_hash
    address = f"/scorecards/{number}.pdf?language=en"

    own = visit(cast.delegate, "GET", f"{address}&copy=regulator").data
    full = visit(cast.commissioner, "GET", address).data

    inside = pypdf.PdfReader(io.BytesIO(full)).attachments["inputs.json"][0]
    assert hashlib.sha256(inside).hexdigest() == inputs_hash
    assert (
        "Rank, best to worst" in words(full)[1] and "R1 R2 R3 R4 R5 R6 Score 1–2" in words(full)[1]
    )
    assert "Printed beside" in words(full)[2]
    assert "Rank" not in " ".join(words(own)) and "same mix" not in " ".join(words(own))
    kinds = {one.kind for one in db.session.query(Document).filter_by(subject_id=number).all()}
    assert kinds == {
        DocumentKind.SCORECARD, DocumentKind.SCORECARD_REGULATOR, DocumentKind.SCORECARD_OUTSIDE,
    }  # fmt: skip
    page = visit(cast.delegate, "GET", "/documents/").get_data(as_text=True)
    assert "copy of the regulator" not in page and "copy for outside" not in page


def test_a_card_that_stands_alone_says_that_it_has_no_rank(draft: Any) -> None:
    alone = copies.printable(draft(), language="en", at=OVER, copy=Copy.REGULATOR)

    assert alone["copy_note"] == (
        "Copy of the commission: no other card of the month was frozen yet to be ranked with."
    )
    assert alone["certainty"]["rank_note"] == ""


def test_outside_a_share_of_few_cases_tells_not_even_how_many(
    companies: Any, request_to: Any, by: Any
) -> None:
    for _n in range(3):
        request_to(companies["x"], answered=2, removed=3)
    db.session.commit()
    with transaction():
        card = service.draft(companies["x"], MONTH, by=by("officer"), at=OVER)
    shown = copies.printable(card, language="en", at=OVER, copy=Copy.OUTSIDE)["figures"]

    assert shown["requests"] == "< 5"
    told = {one["term"]: one["value"] for one in shown["beside"]}
    assert told == {
        "Requests in the cohort": "< 5",
        "Left out, with reason": "0",
        "Access blocks in Korea": "0",
        "Geo-restrictions": "< 5",
        "Refusals": "< 5",
        "Still up when checked": "< 5",
        "Disputed by the company": "< 5",
        "Consultations held, attended": "0, 0",
    }
    assert "/ 3" not in json.dumps(shown)
    # The commission's own time is of the same three.
    assert [one["value"] for one in shown["headlines"]] == ["–"] * 4


def test_outside_what_became_of_few_that_stayed_is_not_left_over(
    companies: Any, request_to: Any, by: Any
) -> None:
    """R3 tells that 12 of 14 went: of the other two not even is told that none was restricted."""
    for _n in range(12):
        request_to(companies["x"], answered=2, removed=3)
    for _n in range(2):
        request_to(companies["x"], answered=2)
    db.session.commit()
    with transaction():
        card = service.draft(companies["x"], MONTH, by=by("officer"), at=OVER)
    shown = copies.printable(card, language="en", at=OVER, copy=Copy.OUTSIDE)["figures"]

    assert shown["lines"][2]["share"] == "12 / 14"
    told = {one["term"]: (one["value"], one["note"]) for one in shown["beside"]}
    assert {told[term] for term in ("Geo-restrictions", "Refusals", "Still up when checked")} == {
        ("–", "")
    }


def test_outside_no_case_is_named_and_no_small_cell_shown(
    companies: Any, draft: Any, police_request: Any
) -> None:
    due = OVER - timedelta(days=12)
    police_request(companies["telegram"], due=due, answered=due - timedelta(days=1))
    police_request(companies["telegram"], due=due, answered=None)
    card = draft()
    whole = copies.printable(card, language="en", at=OVER, copy=Copy.COMPANY)
    shut = copies.printable(card, language="en", at=OVER, copy=Copy.OUTSIDE)
    given = {
        one["name"]: one["text"]
        for one in copies.attachments(card, language="en", copy=Copy.OUTSIDE)
    }

    assert whole["figures"]["lines"][4]["share"] == "1 / 2"
    hidden = shut["figures"]["lines"][4]
    assert (hidden["share"], hidden["value"], hidden["x"], hidden["n"]) == ("< 5", "–", 0, 0)
    # The score would give the hidden measure away.
    assert (shut["figures"]["score"], shut["certainty"]) == ("–", None)
    assert shut["figures"]["lines"][0] == whole["figures"]["lines"][0]
    numbers = [one["number"] for one in card.inputs["requests"]]
    assert not any(number in json.dumps(shut) for number in numbers)
    assert sorted(given) == ["figures.csv", "figures.json"]
    assert json.loads(given["figures.json"])["measures"]["R5"] == {
        "x": None, "n": None, "value": None, "low": None, "high": None, "assessed": None,
        "suppressed": True,
    }  # fmt: skip
    assert "R5,,,,,,,," in given["figures.csv"]


def test_outside_few_promises_stand_as_they_are(companies: Any, draft: Any, promise: Any) -> None:
    """As in the report of the month: they are matters of organisations, and hide no score."""
    promise(companies["telegram"], due=OVER - timedelta(days=12), done=OVER - timedelta(days=13))
    promise(companies["telegram"], due=OVER - timedelta(days=12), done=None)
    card = draft()
    whole = copies.printable(card, language="en", at=OVER, copy=Copy.COMPANY)["figures"]
    shut = copies.printable(card, language="en", at=OVER, copy=Copy.OUTSIDE)["figures"]

    assert shut["lines"][5] == whole["lines"][5]
    assert shut["lines"][5]["share"] == "1 / 2"
    assert shut["score"] == whole["score"] != "–"
