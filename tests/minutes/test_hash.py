"""The hash both sides accept, computed again by somebody who only read docs/minutes-hash.md."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from portal.core.db import db
from portal.documents.models import Document
from portal.minutes import document
from tests.minutes import make

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "minutes-hash.md").read_text(encoding="utf-8")
EXAMPLE = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.S)[1])
HASH = re.search(r"^([0-9a-f]{64})$", PAGE, re.M)[1]


def digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_the_example_of_the_page_has_the_hash_the_page_names():
    assert digest(EXAMPLE) == HASH


def test_the_file_beside_the_page_has_the_same_hash():
    held = (DOCS / "minutes-hash-example.json").read_bytes()
    assert hashlib.sha256(held).hexdigest() == HASH
    assert json.loads(held) == EXAMPLE


def test_the_lines_of_python_on_the_page_compute_it(capsys):
    lines = re.search(r"```python\n(.*?)```", PAGE, re.S)[1]
    exec(lines, {"content": EXAMPLE})
    assert capsys.readouterr().out == f"{HASH}\n"


def test_the_portal_computes_what_the_page_describes(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    assert document.agreed_content(minutes) == EXAMPLE
    assert minutes.content_hash == HASH


def test_the_file_that_is_handed_out_has_the_hash_that_was_accepted(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    address = f"/minutes/{minutes.id}/agreed.json"
    for who in (cast.delegate, cast.officer, cast.commissioner):
        held = visit(who, "GET", address)
        assert hashlib.sha256(held.data).hexdigest() == minutes.content_hash
    assert visit(cast.rival, "GET", address).status_code == 404
    for printed in db.session.query(Document):
        assert digest(printed.content["agreed"]) == minutes.content_hash
        assert printed.content["text_hash"] == minutes.content_hash


def test_what_was_accepted_stays_whatever_is_renamed_later(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    minutes.consultation.venue = "Another room"
    minutes.consultation.delegates[0].name = "Somebody else"
    db.session.commit()
    held = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/agreed.json").data
    assert hashlib.sha256(held).hexdigest() == minutes.content_hash


def test_what_does_not_belong_to_the_text_does_not_change_its_hash(companies, cast, at):
    minutes = make.released(companies["telegram"], cast, at=at)
    make.agree(minutes, cast.delegate, at=at)
    assert minutes.content_hash == HASH
