"""A PDF is archivable, can be heard, is the same when made again, and fetches nothing."""

import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pypdf import PdfReader

from portal.core import pdf
from portal.core.pdf import (
    Attachment,
    FetchRefused,
    MissingKoreanFont,
    RenderTimeout,
    render,
    render_in_child,
)

AT = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
ATTACHED = Attachment("data.json", b'{"n": 148}', "자료", "Source")
HTML = """<!doctype html><html lang="ko"{more}><head><title>이행 평가서</title></head>
<body data-org="위원회" data-docno="제4호" data-hash="SHA-256 abc" data-draft="{draft}">
<main><h1>평가서</h1><p>한글 본문</p><h2>근거</h2><h3>표</h3>
<table><thead><tr><th>항목</th></tr></thead><tbody><tr><td>값</td></tr></tbody></table>
<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 9 9" width="90" height="90"><title>그림</title><desc>설명</desc>
<defs><pattern id="p" width="3" height="3" patternUnits="userSpaceOnUse"><rect width="1" height="3" fill="#063a74"/></pattern></defs>
<rect width="9" height="9" fill="url(#p)"/></svg>
<h2 class="page">둘째 쪽</h2><p>끝</p></main></body></html>"""
FINAL, DRAFT = HTML.format(more="", draft=""), HTML.format(more=' class="draft"', draft="초안")


def make(html=FINAL, **more):
    return render(
        html, **{"made_at": AT, "identifier": b"scorecard 4", "attachments": [ATTACHED], **more}
    )


@pytest.fixture(scope="module")
def made():
    return make()


@pytest.fixture(scope="module")
def reader(made):
    return PdfReader(io.BytesIO(made))


def elements(reader):
    """Every structure element with its tag, in reading order."""
    waiting = [reader.trailer["/Root"]["/StructTreeRoot"]["/K"]]
    while waiting:
        kid = waiting.pop()
        kid = kid.get_object() if hasattr(kid, "get_object") else kid
        if isinstance(kid, list):
            waiting.extend(reversed(kid))
        elif isinstance(kid, dict):
            yield kid
            waiting.append(kid.get("/K", []))


def test_is_byte_identical_when_made_again(made):
    assert make() == made


@pytest.mark.parametrize("seed", ["1", "2"])
def test_is_byte_identical_in_another_process(made, seed, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    told = []

    assert (
        render_in_child(
            FINAL,
            made_at=AT,
            identifier=b"scorecard 4",
            attachments=[ATTACHED],
            progress=lambda *step: told.append(step),
        )
        == made
    )
    assert told[-1] == (7, None)
    assert (5, 2) in told


def test_another_identifier_or_instant_is_another_file(made):
    assert len({made, make(identifier=b"scorecard 5"), make(made_at=AT.replace(year=2027))}) == 3


def test_refuses_an_instant_without_zone():
    with pytest.raises(ValueError):
        make(made_at=datetime(2026, 11, 3))


def test_knows_its_title_language_and_dates(reader):
    root = reader.trailer["/Root"]

    assert reader.metadata.title == "이행 평가서"
    assert root["/Lang"] == "ko"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.creation_date == reader.metadata.modification_date == AT


def test_claims_archive_and_accessibility(reader):
    root = reader.trailer["/Root"]
    xmp = root["/Metadata"].get_data().decode()

    assert root["/MarkInfo"]["/Marked"]
    assert root["/OutputIntents"]
    assert 'pdfaid:part="3"' in xmp and 'pdfaid:conformance="A"' in xmp
    assert 'pdfuaid:part="1"' in xmp and "pdfaSchema:namespaceURI" in xmp
    assert xmp.count("</rdf:RDF>") == 1


def test_is_tagged(reader):
    tags = [element.get("/S") for element in elements(reader)]

    assert {"/H1", "/H2", "/H3", "/P", "/Table", "/TH", "/TD", "/Figure"} <= set(tags)


def test_a_drawing_is_read_aloud_with_its_description(reader):
    assert [element["/Alt"] for element in elements(reader) if element.get("/S") == "/Figure"] == [
        "그림. 설명"
    ]


def test_has_bookmarks(reader):
    def titles(outline):
        return [titles(entry) if isinstance(entry, list) else entry.title for entry in outline]

    assert titles(reader.outline) == ["평가서", ["근거", ["표"], "둘째 쪽"]]


def test_embeds_its_fonts(reader):
    fonts = [
        font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()
    ]

    assert fonts
    for font in fonts:
        below = font["/DescendantFonts"][0].get_object()
        described = below["/FontDescriptor"]
        assert "/FontFile2" in described or "/FontFile3" in described
        assert pdf.korean_font().replace(" ", "") in str(font["/BaseFont"]).replace(
            "#20", ""
        ).replace("-", "")


def test_says_page_number_and_hash_on_every_page(reader):
    for number, page in enumerate(reader.pages, start=1):
        text = page.extract_text()
        assert f"{number} / 2" in text and "SHA-256 abc" in text


def test_carries_its_attachments(reader):
    assert reader.attachments == {"data.json": [b'{"n": 148}']}
    assert reader.trailer["/Root"]["/AF"][0]["/AFRelationship"] == "/Source"


def test_only_a_draft_has_the_watermark(reader):
    draft = PdfReader(io.BytesIO(make(DRAFT)))

    assert all("초안" in page.extract_text() for page in draft.pages)
    assert not any("초안" in page.extract_text() for page in reader.pages)


def test_what_the_margins_repeat_is_an_artifact():
    draft = PdfReader(io.BytesIO(make(DRAFT)))
    known = {
        (element["/Pg"].indirect_reference.idnum, kid)
        for element in elements(draft)
        for kid in element.get("/K", [])
        if isinstance(kid, int)
    }

    for page in draft.pages:
        marked = [
            operands[1]["/MCID"]
            for operands, operator in page.get_contents().operations
            if operator == b"BDC"
        ]
        assert marked
        assert all((page.indirect_reference.idnum, mcid) in known for mcid in marked)
    parents = draft.trailer["/Root"]["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    assert any(str(entry) == "NullObject" for entry in parents[1])


@pytest.mark.parametrize(
    "asks",
    [
        '<img alt="" src="http://example.org/a.png">',
        '<img alt="" src="file:///etc/hostname">',
        '<img alt="" src="a.png">',
        '<img alt="" src="data:image/png;base64,AAAA">',
        '<link rel="stylesheet" href="https://example.org/a.css">',
        "<style>@import url(http://example.org/a.css);</style>",
        '<p style="background: url(http://example.org/a.png)">a</p>',
        '<link rel="attachment" href="file:///etc/hostname">',
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="http://example.org/a.png" width="9" height="9"/></svg>',
        "<style>@font-face { font-family: a; src: url(file:///a.ttf) } p { font-family: a }</style>",
    ],
)
def test_fetches_nothing(asks):
    with pytest.raises(FetchRefused):
        make(f'<html lang="en"><title>t</title><body>{asks}<p>text</p></body></html>')


def test_refuses_in_the_child_too():
    with pytest.raises(FetchRefused, match="example"):
        render_in_child(
            '<html lang="en"><img src="http://example.org/a.png">', made_at=AT, identifier=b"1"
        )


def test_a_child_that_takes_too_long_is_ended():
    with pytest.raises(RenderTimeout):
        render_in_child(FINAL, made_at=AT, identifier=b"1", timeout_seconds=0.01)


def test_korean_without_a_korean_font_is_refused_with_the_remedy(tmp_path, monkeypatch):
    (tmp_path / "fc-list").write_text("#!/bin/sh\n")
    (tmp_path / "fc-list").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "_families", frozenset())

    assert pdf.korean_font() is None
    with pytest.raises(MissingKoreanFont, match="apt-get install fonts-nanum"):
        make()
    assert make('<html lang="en"><title>t</title><p>English needs none.</p></html>')


def test_costs_nothing_until_the_first_document():
    root = Path(pdf.__file__).parents[2]
    code = "import sys, portal.core.pdf; sys.exit('weasyprint' in sys.modules)"

    assert (
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(root)}
        ).returncode
        == 0
    )
