"""A published round, row by row."""

from __future__ import annotations

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import db


class BenchmarkRow(db.Model):
    """One company, or the table's own total, in a round somebody else published.

    Percentages are kept as the text of the exact decimal, so that no binary fraction comes between.
    """

    __tablename__ = "benchmark_row"
    __table_args__ = (UniqueConstraint("round", "company"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    round: Mapped[str] = mapped_column(String(60), index=True)
    period: Mapped[str] = mapped_column(String(60))
    company: Mapped[str] = mapped_column(String(120))
    notices: Mapped[int | None]
    """Empty where the table gives none."""
    reviewed_24h_pct: Mapped[str | None] = mapped_column(String(20))
    removed_pct: Mapped[str | None] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(Text)
