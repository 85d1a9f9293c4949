"""Published facts."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import db


class PublishedFact(db.Model):
    """A figure as somebody published it, in the words and with the source it had there."""

    __tablename__ = "published_fact"
    id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(String(60), index=True)
    statement: Mapped[str] = mapped_column(String(300))
    figure: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(Text)
