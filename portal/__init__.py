"""The consultation portal."""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask

from portal import commands, navigation
from portal.access import guard
from portal.accounts import views as accounts_views
from portal.config import Settings, secret_key
from portal.core import db as database
from portal.core import migrate, web
from portal.rooms import ROOMS

__version__ = "0.1.0"


def create_app(settings: Settings | None = None, **overrides: Any) -> Flask:
    """Build the application: settings, floor, models, wall, doors, commands."""
    settings = settings or Settings.read()
    app = _bare_app(settings, overrides)
    _import_models()
    database.install(app)
    if os.environ.get("FLASK_RUN_FROM_CLI"):
        migrate.install(app)
    web.install(app)
    accounts_views.login_manager.init_app(app)
    app.before_request(accounts_views.identify)
    guard.install(app)
    _open_doors(app)
    navigation.install(app)
    commands.install(app)
    return app


def _bare_app(settings: Settings, overrides: dict[str, Any]) -> Flask:
    app = Flask(
        __name__,
        template_folder="../templates",
        static_folder="../static",
        instance_path=str(settings.instance_path),
    )
    app.config.update(configuration(settings), **overrides)
    return app


def configuration(settings: Settings) -> dict[str, Any]:
    """What the app is told: the settings and the keys of the installation, made on first use."""
    secret_key(settings.instance_path, "encryption.key")
    return settings.as_flask() | {
        "KEY_FILE": settings.instance_path / "encryption.key",
        "SIGNING_KEY": secret_key(settings.instance_path, "signing.key"),
    }


def _import_models() -> None:
    """Make every table known; a room that has no models has none to import."""
    for room in ROOMS:
        if _has(room, "models"):
            import_module(f"portal.{room}.models")


def _open_doors(app: Flask) -> None:
    """Register the views of every room, in walking order."""
    for room in ROOMS:
        if _has(room, "views"):
            app.register_blueprint(import_module(f"portal.{room}.views").bp)


def _has(room: str, file: str) -> bool:
    return find_spec(f"portal.{room}.{file}") is not None
