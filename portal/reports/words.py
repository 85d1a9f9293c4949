"""How every part of a report says a name, a state, a rank, the cell of a measure."""

from __future__ import annotations

from dataclasses import dataclass

from portal.companies.models import Company
from portal.core import charts
from portal.core.clock import local_date
from portal.core.figures import in_hours, shown, span
from portal.core.i18n import both, day
from portal.core.i18n import gettext as _
from portal.methodology.score import Measure
from portal.methodology.small_cells import HIDDEN, is_hidden
from portal.reports.queries import Gathered
from portal.scorecards.models import Scorecard

SEOUL = "Asia/Seoul"


@dataclass(frozen=True)
class Cell:
    """A measure of a card in full."""

    value: str
    share: str
    interval: str


def short_name(id: str) -> str:
    """A measure in a few words."""
    return {
        "R1": _("answer within 24 h"),
        "R2": _("removed at source within 48 h"),
        "R3": _("speed of removal"),
        "R4": _("still gone after 7 days"),
        "R5": _("police requests answered in time"),
        "R6": _("action items done in time"),
    }[id]


def axis_month(month: str) -> str:
    """A month for the axis of a chart: '26-03'."""
    return month[2:]


def in_days_too(hours: float) -> str:
    """Hours, and from three days on the days as well: nobody can picture 887 hours."""
    if hours < 72:
        return in_hours(hours)
    return _("%(hours)s h (%(days)s days)", hours=shown(hours), days=shown(hours / 24, 0))


def rank_text(rank: tuple[int, int]) -> str:
    return str(rank[0]) if rank[0] == rank[1] else f"{rank[0]}–{rank[1]}"


def axis_point(value: float) -> str:
    """A score for the axis of a chart: no decimals where there are none."""
    return shown(value, 0) if float(value).is_integer() else shown(value)


def name_of(company_id: int, found: Gathered) -> str:
    return both(found.names[company_id], "name") if company_id in found.names else "–"


def mark_of(company: Company, found: Gathered) -> str:
    return charts.swatch(charts.kept_look(company.look), name_of(company.id, found))


def card_state(company: Company, card: Scorecard | None, found: Gathered) -> str:
    """What a reader must know of a card that does not bind yet, or is not there."""
    if card is None:
        return _("nothing to assess") if company.id in found.empty else _("no card")
    if card.is_binding:
        return ""
    if card.reply_due_at is not None:
        return _("with the company until %(day)s", day=day(local_date(card.reply_due_at)))
    return _("not final")


def cell(measure: Measure) -> Cell:
    if not measure.assessed:
        return Cell("–", _("not assessed"), "")
    if is_hidden(measure):
        return Cell("–", f"n {HIDDEN}", "")
    return Cell(
        shown(measure.value),
        f"{measure.x:,} / {measure.n:,}",
        span(measure.low, measure.high),
    )
