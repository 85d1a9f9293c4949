"""What a machine needs to run the portal, and how to get what is missing."""

from __future__ import annotations

import sys
from ctypes.util import find_library
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import text

from portal.core import audit, pdf, signing
from portal.core.db import db


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_good: bool
    remedy: str = ""


def examine() -> list[Finding]:
    """Look at everything the portal leans on."""
    return [
        Finding("Python 3.11 or newer", sys.version_info >= (3, 11), "install Python 3.11"),
        *(
            Finding(f"library {name}", find_library(name) is not None, f"apt-get install {package}")
            for name, package in (
                ("pango-1.0", "libpango-1.0-0"),
                ("pangoft2-1.0", "libpangoft2-1.0-0"),
                ("harfbuzz", "libharfbuzz0b"),
            )
        ),
        Finding("a Korean font", pdf.korean_font() is not None, "apt-get install fonts-nanum"),
        _seal(),
        _database(),
        Finding(
            "a mail server (letters stay in the outbox without one)",
            bool(current_app.config["SMTP_HOST"])
            or current_app.config["BASE_URL"].startswith("http://127."),
            "set SMTP_HOST",
        ),
    ]


def _seal() -> Finding:
    problem = signing.problem()
    return Finding("the seal", not problem, problem)


def _database() -> Finding:
    try:
        db.session.execute(text("SELECT 1"))
        is_whole = not any(True for _ in audit.breaks())
    except Exception as problem:
        return Finding("the database", False, f"check DATABASE_URL; {type(problem).__name__}")
    return Finding("the database and its audit chain", is_whole, "run flask audit verify")
