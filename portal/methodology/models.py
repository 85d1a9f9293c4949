"""Versions of the methodology, with their dates."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import db
from portal.methodology.method import Method


class Methodology(db.Model):
    """How measures become a score, from a day on. A published card is never recomputed in place."""

    __tablename__ = "methodology"
    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(String(20), unique=True)
    valid_from: Mapped[date] = mapped_column(unique=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)

    @property
    def method(self) -> Method:
        """The version as the arithmetic reads it."""
        return Method.from_json(json.dumps(self.content))
