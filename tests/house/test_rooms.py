"""The shape of the house: which file may import which."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.rooms import ROOMS

PORTAL = Path(__file__).parents[2] / "portal"
ORDER = (
    "__init__", "models", "queries", "letters", "document", "service", "forms", "jobs", "commands",
    "views",
)  # fmt: skip
OPEN_TO_OTHERS = {"models", "queries", "service"}
NO_WEB = {"models", "queries", "service"}
ROOM_FILES = [
    path for room in ROOMS for path in sorted((PORTAL / room).glob("*.py")) if path.stem in ORDER
]


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, in full: `from portal.x import service` is portal.x.service."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                is_module = (PORTAL.parent / (full.replace(".", "/") + ".py")).exists()
                yield full if is_module else node.module


@pytest.mark.parametrize("path", sorted((PORTAL / "core").rglob("*.py")), ids=lambda p: p.stem)
def test_the_floor_imports_no_room(path: Path) -> None:
    above = [name for name in imports(path) if name.startswith("portal.")]

    assert all(name.startswith("portal.core") for name in above)


@pytest.mark.parametrize("path", sorted((PORTAL / "access").glob("*.py")), ids=lambda p: p.stem)
def test_access_imports_only_the_floor(path: Path) -> None:
    above = [name for name in imports(path) if name.startswith("portal.")]

    assert all(name.startswith(("portal.core", "portal.access")) for name in above)


@pytest.mark.parametrize("path", ROOM_FILES, ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_a_room_imports_only_rooms_above_and_of_those_what_is_open(path: Path) -> None:
    here = ROOMS.index(path.parent.name)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "portal" or len(parts) < 2 or parts[1] not in ROOMS:
            continue
        there = ROOMS.index(parts[1])
        assert there <= here, f"{path.parent.name} imports {name}, which lies below it"
        if there < here and len(parts) > 2 and parts[2] in ORDER:
            assert parts[2] in OPEN_TO_OTHERS, f"{name} is not open to other rooms"


@pytest.mark.parametrize("path", ROOM_FILES, ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_inside_a_room_a_file_imports_only_files_before_it(path: Path) -> None:
    own = f"portal.{path.parent.name}."
    for name in imports(path):
        if name.startswith(own) and name[len(own) :] in ORDER:
            assert ORDER.index(name[len(own) :]) < ORDER.index(path.stem), name


@pytest.mark.parametrize("path", ROOM_FILES, ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_models_queries_and_services_know_nothing_of_the_web(path: Path) -> None:
    if path.stem in NO_WEB and path.parent.name != "documents":
        web = [name for name in imports(path) if name.split(".")[0] in ("flask", "wtforms")]

        assert web == []


@pytest.mark.parametrize("path", ROOM_FILES, ids=lambda p: f"{p.parent.name}.{p.stem}")
def test_only_doors_ask_the_clock_and_commit(path: Path) -> None:
    text = path.read_text()
    if path.stem in ("models", "queries", "letters", "document", "service", "forms"):
        assert not re.search(r"(?<!\w)now\(\)", text)
        assert "session.commit()" not in text
        assert "with transaction()" not in text


def test_every_room_says_what_it_is_for() -> None:
    for room in ROOMS:
        docstring = ast.get_docstring(ast.parse((PORTAL / room / "__init__.py").read_text()))

        assert docstring and len(docstring.splitlines()) == 3, room
