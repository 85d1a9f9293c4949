"""What a spreadsheet would take for a formula is shielded, and comes back as it was."""

from __future__ import annotations

import csv
import io

import pytest

from portal.core.sheets import shielded, unshielded, written


@pytest.mark.parametrize(
    "text", ["=1+1", "+82 2 1234", "-1", "@name", "\tx", "\rx", "\nx", "＝1", "'=1", "''@x"]
)
def test_a_formula_is_shielded_and_read_back(text):
    assert shielded(text) == "'" + text
    assert unshielded(shielded(text)) == text


@pytest.mark.parametrize("value", ["", "plain", "a=1", "'tis", "협의", 7, None, -2])
def test_anything_else_stays_what_it_is(value):
    assert shielded(value) == value
    if isinstance(value, str):
        assert unshielded(value) == value


def test_a_file_is_utf8_with_its_sign_and_shields_every_cell():
    content = written(("name", "n"), [("=HYPERLINK(1)", -3), ("협의, 둘", None)])

    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows == [["name", "n"], ["'=HYPERLINK(1)", "-3"], ["협의, 둘", ""]]
