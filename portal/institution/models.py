"""The institution: one row for each name it has had."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import db


class Institution(db.Model):
    """The regulator under one name, from a day to a day (both included; no end: until further)."""

    __tablename__ = "institution"
    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name_ko: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str] = mapped_column(String(40))
    legal_basis_ko: Mapped[str] = mapped_column(String(400), default="")
    legal_basis_en: Mapped[str] = mapped_column(String(400), default="")
    valid_from: Mapped[date] = mapped_column(unique=True)
    valid_until: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(400), default="")
