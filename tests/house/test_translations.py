"""Every sentence a reader can meet exists in Korean."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from flask import Flask

from portal.core.i18n import catalogue
from portal.rooms import ROOMS

ROOT = Path(__file__).parents[2]
METHODS = [("portal/demo/**.py", "ignore"), ("portal/**.py", "python"), ("templates/**", "jinja2")]
KEYWORDS = {"_": None, "_l": None, "gettext": None, "LazyText": None}


def sentences() -> dict[str, str]:
    """Every source sentence in code and templates, with where it stands."""
    found: dict[str, str] = {}
    for folder, method in (("portal", "python"), ("templates", "jinja2")):
        for name, _line, message, _comments, _context in extract_from_dir(
            str(ROOT / folder), [("**", method)], keywords=KEYWORDS
        ):
            if isinstance(message, str) and message and not name.startswith("demo/"):
                found.setdefault(message, f"{folder}/{name}")
    return found


def test_every_sentence_has_its_korean() -> None:
    korean = catalogue("ko")
    missing = {text: where for text, where in sentences().items() if text not in korean}

    assert missing == {}


def said_in_letters() -> Iterator[str]:
    """What letters say: the subjects and bodies, which are translated for each who gets them."""
    for file in sorted((ROOT / "portal").glob("*/letters.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in ("subject", "body"):
                for part in ast.walk(node.value):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield part.value


def test_every_letter_has_its_korean() -> None:
    korean = catalogue("ko")
    said = list(said_in_letters())

    assert len(said) > 20
    assert [text for text in said if " " in text and text not in korean] == []


def test_a_translation_fills_in_the_same_values() -> None:
    import re

    values = re.compile(r"%\((\w+)\)s")
    wrong = [
        source
        for source, text in catalogue("ko").items()
        if set(values.findall(source)) != set(values.findall(text))
    ]

    assert wrong == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_code_has_its_korean_word(room: str) -> None:
    from enum import EnumMeta, StrEnum
    from importlib import import_module
    from importlib.util import find_spec

    if find_spec(f"portal.{room}.models") is None:
        return
    module = import_module(f"portal.{room}.models")
    words = [
        member.value
        for enum in vars(module).values()
        if isinstance(enum, EnumMeta) and issubclass(enum, StrEnum) and enum is not StrEnum
        for member in enum
    ]
    korean = catalogue("ko")

    assert [word for word in words if word not in korean] == []


def test_a_sentence_has_one_translation() -> None:
    from babel.messages.pofile import read_po

    from portal.core.i18n import CATALOGUES

    said: dict[tuple[str, str], set[str]] = {}
    for path in sorted(CATALOGUES.glob("*/*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    said.setdefault((path.parent.name, str(message.id)), set()).add(
                        str(message.string)
                    )

    assert {source: texts for source, texts in said.items() if len(texts) > 1} == {}


def test_a_form_speaks_the_language_of_the_reader(app: Flask) -> None:
    from wtforms import StringField
    from wtforms.validators import InputRequired

    from portal.core import i18n
    from portal.core.web import Form

    class Asked(Form):
        name = StringField(validators=[InputRequired()])

    with app.test_request_context(method="POST"), i18n.spoken("ko"):
        form = Asked(meta={"csrf": False})

        assert not form.validate()
        assert form.name.errors == ["이 항목은 필수입니다."]
