"""What the documents say can be done, can be done."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """Every `flask` command the README names, one by one."""
    section = README.split("## Commands")[1].split("\n## ")[0]
    named = []
    for text in re.findall(r"`([a-z]+(?: [a-z|-]+)?)`", section):
        group, _space, verbs = text.partition(" ")
        named += [f"{group} {verb}".strip() for verb in verbs.split("|")]
    return named


def test_the_readme_names_the_commands() -> None:
    assert len(commands()) >= 12


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_readme_explains_itself(app: Flask, command: str) -> None:
    told = app.test_cli_runner().invoke(args=[*command.split(), "--help"])

    assert told.exit_code == 0, told.output
    assert len(told.output.splitlines()) > 3


def test_every_setting_is_in_the_readme() -> None:
    table = README.split("## Settings")[1].split("\n### ")[0]
    source = (ROOT / "portal/config.py").read_text(encoding="utf-8")
    names = re.findall(r'environ(?:\.get\(|, )"([A-Z_]+)"', source)

    assert len(names) > 8
    assert [name for name in names if f"`{name}`" not in table] == []


@pytest.mark.parametrize("target", ["run", "test", "check", "bench", "help"])
def test_a_target_of_the_readme_is_in_the_makefile(target: str) -> None:
    planned = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert planned.returncode == 0
    assert f"make {target}" in README


def test_the_files_the_documents_link_to_exist() -> None:
    missing = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                missing.append(f"{page.name}: {target}")

    assert missing == []
