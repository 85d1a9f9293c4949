"""The hash both sides accept, computed again by somebody who only read docs/minutes-hash.md."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from portal.core.db import db, transaction
from portal.documents.models import Document
from portal.minutes import document, drafting, service
from portal.minutes.models import AnswerKind, Resolution
from portal.minutes.service import Answer
from tests.minutes import make

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "minutes-hash.md").read_text(encoding="utf-8")
EXAMPLE = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.S)[1])
HASH = re.search(r"^([0-9a-f]{64})$", PAGE, re.M)[1]
ITEM_KEYS = ("position", "title_ko", "title_en", "discussion_ko", "discussion_en", "outcomes")
SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def by_the_rules(value: Any) -> str:
    """The one form, written out as the page says it, without a JSON library."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        escaped = [SHORT.get(c) or (c if c >= " " else f"\\u{ord(c):04x}") for c in value]
        return f'"{"".join(escaped)}"'
    if isinstance(value, list):
        return f"[{','.join(map(by_the_rules, value))}]"
    pairs = sorted(value.items())
    return "{" + ",".join(f"{by_the_rules(k)}:{by_the_rules(v)}" for k, v in pairs) + "}"


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


def test_one_item_and_the_awkward_line_have_the_hashes_the_page_names():
    item = {key: EXAMPLE["items"][0][key] for key in ITEM_KEYS}
    assert f"`{digest(item)}`" in PAGE
    line = re.search(r"^\{\"a\".*$", PAGE, re.M)[0]
    assert f"`{hashlib.sha256(line.encode()).hexdigest()}`" in PAGE
    assert by_the_rules(json.loads(line)) == line


def test_a_record_with_everything_in_it_is_hashed_as_the_page_says(companies, cast, at, visit):
    """Awkward characters, a declined proposal, a disagreement, silence: put together by hand."""
    awkward = 'A "word", a \\ and a /,\n한글 e\u0301 \u00e9 🙂 <&>\t\u0001\x7f\u2028end'
    minutes = make.drafted(companies["telegram"], cast, at=at)
    by, later = cast.officer.as_actor(), at.replace(month=5)
    ours, theirs = minutes.consultation.delegates
    with transaction():
        ours.name, theirs.name = "\U0001f642", "\uff61"  # the other way round in UTF-16
    make.write(minutes.items[0], cast, at=at, ko="가", en=f" {awkward}\r\n ".replace("\n", "\r\n"))
    with transaction():
        drafting.add_item(minutes, title_ko="침묵", title_en="Silence", by=by, at=at)
        service.submit_for_review(minutes, by=by, at=at)
        service.release(minutes, by=cast.head.as_actor(), at=at)
    first, second, third = minutes.items
    for kind, words in (
        (AnswerKind.PROPOSE, ("word", "term", "Better")),
        (AnswerKind.DISAGREE, ("", "", "Not so.")),
    ):
        with transaction():
            service.answer(
                minutes, [Answer(first.id, kind, *words), Answer(second.id, AnswerKind.AGREE)],
                revision=1, by=cast.delegate.as_actor(), at=at,
            )  # fmt: skip
        if kind is AnswerKind.PROPOSE:
            with transaction():
                service.resolve(
                    first.answers[0], Resolution.DECLINED, reason="It was the word.", by=by, at=at
                )
    with transaction():
        service.reconcile(minutes, by=by, at=later)

    old, new = EXAMPLE["items"]
    expected = EXAMPLE | {
        "attendance": [
            {"side": "company", "name": "\uff61", "title": "Lead", "attendance": "present"},
            {"side": "institution", "name": "\U0001f642", "title": "Lead", "attendance": "present"},
        ],
        "items": [
            old | {
                "discussion_ko": "가",
                "discussion_en": awkward,
                "disagreement": {
                    "statement": "Not so.",
                    "by": "Representative, Telegram",
                    "at": "2026-03-02T01:00:00Z",
                },
                "declined_proposals": [
                    {
                        "old": "word",
                        "new": "term",
                        "reason": "Better",
                        "declined_because": "It was the word.",
                    }
                ],
            },
            new,
            {
                "position": 3, "title_ko": "침묵", "title_en": "Silence",
                "discussion_ko": "", "discussion_en": "", "outcomes": [],
                "disagreement": None, "declined_proposals": [], "no_answer": True,
            },
        ],
    }  # fmt: skip
    assert document.agreed_content(minutes) == expected
    assert digest(expected) == minutes.content_hash
    held = visit(cast.delegate, "GET", f"/minutes/{minutes.id}/agreed.json").data
    assert held == by_the_rules(expected).encode()
    assert third.hash() == digest({key: expected["items"][2][key] for key in ITEM_KEYS})
