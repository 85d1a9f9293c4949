"""The blueprint on which every door of the room hangs: of a consultation, its planning, its delegations."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("consultations", __name__, url_prefix="/consultations")
