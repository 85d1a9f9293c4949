"""Who did something is recorded as text, and every reader is shown it in the own language.

`doer` (portal/accounts/queries.py) does that; no template and no sentence prints such a name raw.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module

from jinja2 import Environment, nodes
from sqlalchemy import String

from portal.core.db import Base
from portal.rooms import ROOMS
from tests.house.test_rooms import PORTAL

TEMPLATES = PORTAL.parent / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*") if path.is_file())
FILES = sorted(path for room in ROOMS for path in (PORTAL / room).glob("*.py"))
OF_PROGRAMS = {"used_by"}
"""What a program says of itself: nobody's name."""
SENTENCES = {"_", "post", "_post", "flash"}


def recorded_names() -> set[str]:
    """The columns that hold the name of somebody who did something."""
    for path in FILES:
        if path.stem == "models":
            import_module(f"portal.{path.parent.name}.models")
    return {
        column.name
        for table in Base.metadata.tables.values()
        for column in table.columns
        if type(column.type) is String
        and (column.name.endswith("_by") or column.name in ("by_name", "actor_name"))
    } - OF_PROGRAMS


def raw_in_template(node: nodes.Node, names: set[str]) -> Iterator[str]:
    """The recorded names below a node that are printed as they are; questions print nothing."""
    is_both = isinstance(node, nodes.Call) and getattr(node.node, "name", "") == "both"
    if is_both or isinstance(node, nodes.Compare):
        return
    if isinstance(node, nodes.Filter) and node.name == "doer":
        return
    if isinstance(node, nodes.Getattr):
        if node.attr in names:
            yield f"line {node.lineno}: {node.attr}"
        if isinstance(node.node, nodes.Getattr) and node.node.attr in names:
            return  # a code's `value`, an account's address: no text
    for child in node.iter_child_nodes(exclude=("test",)):
        yield from raw_in_template(child, names)


def raw_in_code(tree: ast.AST, names: set[str]) -> Iterator[str]:
    """The recorded names that stand as they are in an f-string or in a sentence for a reader."""
    for node in ast.walk(tree):
        printed: list[ast.expr] = []
        if isinstance(node, ast.FormattedValue):
            printed = [node.value]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in SENTENCES:
            printed = [keyword.value for keyword in node.keywords]
        for value in printed:
            if isinstance(value, ast.Lambda):
                value = value.body
            if isinstance(value, ast.Attribute) and value.attr in names:
                yield f"line {value.lineno}: {value.attr}"


def test_no_template_prints_a_recorded_name_raw() -> None:
    names, parse = recorded_names(), Environment(autoescape=True).parse
    found = {str(path): list(raw_in_template(parse(path.read_text()), names)) for path in PAGES}

    assert {path: lines for path, lines in found.items() if lines} == {}


def test_no_sentence_prints_a_recorded_name_raw() -> None:
    names = recorded_names()
    found = {str(path): list(raw_in_code(ast.parse(path.read_text()), names)) for path in FILES}

    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_columns_are_found_and_what_is_raw_is_seen() -> None:
    names = recorded_names()
    template = (
        "{% if x.added_by %}{{ x.added_by|doer }}{{ _('by %(n)s', n=x.decided_by) }}{% endif %}"
    )
    code = "f'{one.asked_by}, {at}'; _('by %(n)s', n=doer(one.asked_by))"

    assert {"added_by", "actor_name", "by_name", "decided_by"} <= names
    assert list(raw_in_template(Environment().parse(template), names)) == ["line 1: decided_by"]
    assert list(raw_in_code(ast.parse(code), names)) == ["line 1: asked_by"]
