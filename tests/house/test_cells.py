"""No file that leaves makes a spreadsheet run what somebody typed: every door.

Which signs make a formula is tested with the cells themselves (tests/core/test_sheets.py).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from typing import Any

import pytest
from flask import Flask

from tests.access import world
from tests.access.test_wall import address, rules

SIGNS = ("=", "+", "-", "@", "\t", "\r")
OF_A_FILE = re.compile(r"csv|xlsx|template")
READERS = ("head", "delegate", "company_admin", "police", "auditor")


def files(app: Flask, cast: Any, visit: Any, at: Any) -> dict[str, list[tuple[str, bytes]]]:
    """By door: its kind and its bytes, as everybody who may have the file gets it."""
    records = world.build(at)["telegram"]
    found: dict[str, list[tuple[str, bytes]]] = {}
    for endpoint, rule in rules(app).items():
        if "GET" not in rule.methods or not OF_A_FILE.search(rule.rule):
            continue
        url = address(rule, records)
        for path in {url, url.replace(".csv", ".xlsx") if "any(" in rule.rule else url}:
            for part in READERS:
                answer = visit(getattr(cast, part), "GET", path, buffered=True)
                if answer.status_code == 200:
                    found.setdefault(endpoint, []).append((answer.mimetype, answer.get_data()))
    return found


@pytest.mark.parametrize("sign", ["=", "\t"])
def test_no_cell_begins_like_a_formula(
    app: Flask, cast: Any, visit: Any, at: Any, monkeypatch: pytest.MonkeyPatch, sign: str
) -> None:
    monkeypatch.setattr(world, "SECRET", f"{sign}SECRETWORD")
    found = files(app, cast, visit, at)
    shown = set()
    for endpoint, answers in found.items():
        for kind, content in answers:
            if kind == "text/csv":
                text = content.decode("utf-8-sig")
                cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
                wrong = [cell for cell in cells if cell.startswith(SIGNS)]
                assert wrong == [], (endpoint, wrong[:3])
                if any(cell.startswith(f"'{sign}SECRETWORD") for cell in cells):
                    shown.add(endpoint)
            else:  # a text of a workbook is a text, whatever it begins with
                with zipfile.ZipFile(io.BytesIO(content)) as book:
                    sheets = [n for n in book.namelist() if n.startswith("xl/worksheets/sheet")]
                    assert not any(b"<f>" in book.read(name) for name in sheets), endpoint
                    assert sheets

    assert {"removal_requests.export", "actions.export", "information_requests.export"} <= shown
    assert {"removal_requests.export_workbook", "registers.export_workbook"} <= set(found)
