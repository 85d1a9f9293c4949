"""The doors. `@requires` names what a door asks for; a door without it stays shut."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, abort, g, redirect, request, url_for

from portal.access import scope
from portal.access.actor import NOBODY, Actor
from portal.access.permissions import Permission
from portal.access.policy import allows

View = TypeVar("View", bound=Callable[..., Any])


def actor() -> Actor:
    """Who acts in this request; `NOBODY` before log-in."""
    return g.get("actor", NOBODY)  # type: ignore[no-any-return]


def can(permission: Permission | str, record: Any = None) -> bool:
    """Whether the person may use a door, for templates that show or hide it."""
    if not allows(actor().role, Permission(permission)):
        return False
    allowed = getattr(record, "allows", None)
    return True if allowed is None else bool(allowed(Permission(permission), actor()))


def requires(permission: Permission, *, on: type[Any] | None = None, by: str = "id") -> Any:
    """Open a view to those who hold `permission`.

    With `on`, the view is handed the record itself and never sees its id: the last URL parameter
    is looked up (as the column `by`) among what the person may know of. What is hidden is 404, and
    so is a door that is shut: whether it exists is nobody else's business.
    """

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(**parameters: Any) -> Any:
            if not allows(actor().role, permission):
                if permission is not Permission.PUBLIC and actor().account_id is None:
                    return _ask_to_log_in()
                abort(404)
            if on is not None:
                name = next(name for name in reversed(parameters) if name.endswith(f"_{by}"))
                record = _find(on, by, parameters.pop(name))
                if record is None:
                    abort(404)
                return view(record, **parameters)
            return view(**parameters)

        guarded.permission = permission  # type: ignore[attr-defined]
        guarded.on = on  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return mark


MOST_ID = 2**31 - 1
"""The largest number that a record can have: PostgreSQL refuses to be asked for a larger one."""


def _find(model: type[Any], column: str, value: Any) -> Any:
    if isinstance(value, int) and value > MOST_ID:
        return None
    return scope.seek(model, column, value, actor())


def _ask_to_log_in() -> Any:
    if request.method != "GET":
        abort(404)
    return redirect(url_for("accounts.log_in", next=request.full_path.rstrip("?")))


def install(app: Flask) -> None:
    """Shut every door that no permission opens, before its view can run."""

    @app.before_request
    def shut_unmarked() -> None:
        if request.endpoint is None:
            return
        view = app.view_functions.get(request.endpoint)
        if request.endpoint != "static" and not hasattr(view, "permission"):
            abort(404)

    app.jinja_env.globals["can"] = can
