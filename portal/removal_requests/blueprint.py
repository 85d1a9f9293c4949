"""The blueprint on which every door of the room hangs: of the list, of one request, of the hotline, of files."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("removal_requests", __name__)
