"""What was corrected since the report before: cards, minutes, times of requests, decided counts."""

from __future__ import annotations

from typing import Any

from portal.core.clock import local_date
from portal.core.i18n import day, month_name
from portal.core.i18n import gettext as _
from portal.methodology.small_cells import HIDDEN, UNTOLD, counted, parts
from portal.reports.queries import Gathered
from portal.reports.words import name_of


def corrections(found: Gathered) -> list[str]:
    lines = [
        _(
            "Scorecard of %(company)s for %(month)s: version %(version)s took the place of the"
            " one before on %(day)s.",
            company=name_of(card.company_id, found),
            month=month_name(card.month),
            version=card.version,
            day=day(local_date(card.frozen_at)) if card.frozen_at else "–",
        )
        for card in found.corrected.cards
    ]
    lines += [
        _(
            "Minutes %(serial)s: erratum %(number)s agreed on %(day)s.",
            serial=row.serial,
            number=row.number,
            day=day(local_date(row.decided_at)),
        )
        for row in found.corrected.errata
    ]
    lines += [
        _(
            "%(company)s: times of %(n)s requests were corrected, each with a reason.",
            company=name_of(company_id, found),
            n=counted(number),
        )
        for company_id, number in found.corrected.times
    ]
    return [*lines, *(_count_line(row, found) for row in found.corrected.counts)]


def _count_line(row: Any, found: Gathered) -> str:
    """What was decided of a company's own count."""
    right = (row.company_was_right, row.regulator_was_right, row.neither_or_unclear)
    theirs, ours, unclear = parts(right)
    said = _(
        "%(company)s: %(n)s differences between its own count for %(month)s and ours were decided:"
        " for the company %(theirs)s, for the commission %(ours)s, neither or unclear %(unclear)s.",
        company=name_of(row.company_id, found),
        month=month_name(row.month),
        n=counted(row.differences),
        theirs=theirs,
        ours=ours,
        unclear=unclear,
    )
    # The parts of a part that is hidden would tell the least that it can be.
    if not row.company_was_right or theirs in (HIDDEN, UNTOLD):
        return said
    neither = row.company_was_right - row.entered - row.by_hand
    entered, by_hand, _neither = parts((row.entered, row.by_hand, neither))
    return f"{said} " + _(
        "Entered in the record: %(entered)s; to be corrected by hand: %(by_hand)s. A frozen card"
        " changes only by a new version.",
        entered=entered,
        by_hand=by_hand,
    )
