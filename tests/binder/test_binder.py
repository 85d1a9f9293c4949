"""The binder says what was adopted, to whom it may be said."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.access.actor import Role
from portal.binder import service
from portal.core import pdf
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.documents.models import Document
from tests.minutes import make


def text_of(content: bytes, tmp_path: Path, *options: str) -> str:
    path = tmp_path / "binder.pdf"
    path.write_bytes(content)
    return subprocess.run(
        ["pdftotext", "-layout", *options, str(path), "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("language", ["ko", "en"])
def test_it_says_what_was_adopted_whatever_changed_since(companies, cast, at, language, tmp_path):
    company = companies["telegram"]
    for number in (1, 2):
        minutes = make.adopted(company, cast, at=at, number=number)
    adopted_name = getattr(company, f"name_{language}")
    with transaction():
        company.name_ko = company.name_en = "Renamed"
        minutes.items[0].discussion_ko = minutes.items[0].discussion_en = "Tampered"
    said = service.content(company, 2026, language=language, at=at, role=Role.HEAD)
    printed = service.print_of(said, language=language, at=at, render=pdf.render)
    text = text_of(printed, tmp_path)
    assert "Tampered" not in text
    assert adopted_name in text
    held = db.session.scalars(select(Document).where(Document.language == language)).all()
    hashes = [one.pdf_sha256 for one in held if one.kind == "minutes"]
    assert len(hashes) == 2
    assert all(one in text for one in hashes)
    assert len(said["items"]) == 4
    pages = text.split("\f")
    for part in said["parts"]:
        (line,) = [
            row for row in pages[0].splitlines() if row.startswith(part["serial"]) and ". ." in row
        ]
        assert part["sha256"] in pages[int(line.split()[-1]) - 1]


def test_a_reader_without_action_items_gets_none_and_is_told(companies, cast, at):
    make.adopted(companies["telegram"], cast, at=at)
    said = service.content(
        companies["telegram"], 2026, language="en", at=at, role=Role.COMMISSIONER
    )
    assert not said["items"]
    assert not said["sees_items"]


@pytest.mark.parametrize("year", ["26", "abcd", "", "٢٠٢٦", "1999"])
def test_a_bad_year_is_refused(app, year):
    with pytest.raises(FieldError):
        service.year_of(year)


def test_an_empty_year_is_said_and_not_printed(companies, cast, at):
    make.reconciled(companies["telegram"], cast, at=at)
    with pytest.raises(Refused):
        service.content(companies["telegram"], 2026, language="en", at=at, role=None)
