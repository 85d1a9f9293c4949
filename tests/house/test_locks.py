"""The locked dependencies: complete, hashed, and naming no host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


def test_there_are_locks() -> None:
    assert [lock.name for lock in LOCKS] == ["dev.txt", "run.txt"]


JAVASCRIPT = ROOT / "tests" / "javascript" / "package-lock.json"


@pytest.mark.parametrize("lock", [*LOCKS, JAVASCRIPT], ids=lambda path: path.name)
def test_no_host_is_named(lock: Path) -> None:
    assert "://" not in lock.read_text()
    assert "index-url" not in lock.read_text()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_with_hashes(lock: Path) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", lock.read_text())
    packages = [block for block in blocks if "==" in block.splitlines()[0]]

    assert len(packages) > 30
    assert all("--hash=sha256:" in block for block in packages)
