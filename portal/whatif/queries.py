"""Questions about frozen cards and the facts they hold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, undefer

from portal.core.db import db
from portal.scorecards.models import Scorecard
from portal.scorecards.queries import BINDING


def cards(months: Sequence[str]) -> list[Scorecard]:
    """The latest frozen card of each company and month with all it holds, by month and name.

    The wall holds here as everywhere: a commissioner is given published cards only.
    """
    found = db.session.scalars(
        select(Scorecard)
        .options(
            joinedload(Scorecard.company), undefer(Scorecard.score), undefer(Scorecard.details),
            undefer(Scorecard.inputs),
        )
        .where(
            Scorecard.month.in_(months), Scorecard.status.in_(BINDING), Scorecard.inputs.is_not(None)
        )
        .order_by(Scorecard.month, Scorecard.version)
    ).all()  # fmt: skip
    newest = {(card.month, card.company_id): card for card in found}
    return sorted(newest.values(), key=lambda card: (card.month, card.company.name_en, card.id))


def months() -> Sequence[str]:
    """The months with a frozen card that the person may know of, the newest first."""
    return db.session.scalars(
        select(Scorecard.month)
        .where(Scorecard.status.in_(BINDING), Scorecard.inputs.is_not(None))
        .distinct()
        .order_by(Scorecard.month.desc())
    ).all()
