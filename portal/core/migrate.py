"""Migrations. Alembic takes a third of a cold start to load, and serving needs none of it."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, current_app

from portal.core.db import db

FOLDER = Path(__file__).parent.parent / "migrations"


def install(app: Flask) -> None:
    """Open `flask db` for those who write migrations."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(FOLDER), render_as_batch=True)


def upgrade() -> None:
    """Bring the database of the current app to the newest form; what is newest stays."""
    from flask_migrate import upgrade as run

    if "migrate" not in current_app.extensions:
        install(current_app._get_current_object())  # type: ignore[attr-defined]
    run()
