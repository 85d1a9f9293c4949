"""The page of published figures."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.access.guard import requires
from portal.access.permissions import Permission
from portal.facts import queries

bp = Blueprint("facts", __name__, url_prefix="/published-figures")


@bp.get("/")
@requires(Permission.FACTS_READ)
def index() -> str:
    """Every published figure with its source."""
    return render_template("facts/index.html", facts=queries.all_facts())
