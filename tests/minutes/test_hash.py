"""The hash both sides accept, computed again by somebody who only read docs/minutes-hash.md."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from portal.minutes import document
from tests.minutes import make

PAGE = Path(__file__).parents[2] / "docs" / "minutes-hash.md"


def digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_the_example_of_the_page_has_the_hash_the_page_names():
    page = PAGE.read_text()
    example = json.loads(re.search(r"```json\n(.*?)```", page, re.S)[1])
    named = re.search(r"^([0-9a-f]{64})$", page, re.M)[1]

    assert digest(example) == named


def test_the_portal_computes_what_the_page_describes(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    example = json.loads(re.search(r"```json\n(.*?)```", PAGE.read_text(), re.S)[1])

    assert document.agreed_content(minutes) == example
    assert minutes.content_hash == digest(example)
