"""Both clocks: the hours the commission took, and those the company took, on the same requests."""

from __future__ import annotations

from dataclasses import dataclass

from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core.figures import in_hours
from portal.core.i18n import gettext as _
from portal.methodology.score import Score
from portal.methodology.small_cells import UNTOLD, counted, is_few, outcomes, tells_half_answered
from portal.reports.promises import share_in_time
from portal.reports.queries import Gathered
from portal.reports.words import name_of


@dataclass(frozen=True)
class ClockRow:
    """The hours of both sides on the same requests, and the promises of both."""

    name: str
    intake_to_issue: str
    issue_to_delivery: str
    backlog: str
    oldest_waiting: str
    ours: str
    delivery_to_answer: str
    delivery_to_gone: str
    unanswered: str
    oldest_open: str
    theirs: str


def clock_row(company: Company, found: Gathered, score: Score | None) -> ClockRow:
    details = found.cards[company.id].details if score else {}
    regulator, clocks = details.get("regulator", {}), details.get("clocks")
    due = [item for item in found.due if item.company_id == company.id]
    few = score is None or is_few(score.beside["requests"])
    half_gone = "–"
    if score and not few and score.removal.f48 is not None:
        half_gone = in_hours(score.removal.median_hours, _("not reached"))
    half_answered = "–"
    if score and clocks and tells_half_answered(score) and clocks["answer_n"]:
        half_answered = in_hours(clocks["answer_median_hours"], _("not reached"))
    waits = [] if clocks is None else [clocks["oldest_intake_hours"], clocks["oldest_draft_hours"]]
    return ClockRow(
        name=name_of(company.id, found),
        intake_to_issue="–" if few else in_hours(regulator.get("intake_to_issue_hours")),
        issue_to_delivery="–" if few else in_hours(regulator.get("issue_to_delivery_hours")),
        backlog="–" if clocks is None else counted(clocks["intakes"] + clocks["drafts"]),
        oldest_waiting=in_hours(max((one for one in waits if one is not None), default=None)),
        ours=share_in_time([item for item in due if item.owner is Side.INSTITUTION], found.at),
        delivery_to_answer=half_answered,
        delivery_to_gone=half_gone,
        unanswered=outcomes(score)["open"] if score else UNTOLD,
        oldest_open=in_hours(score.beside["oldest_open_hours"]) if score and not few else "–",
        theirs=share_in_time([item for item in due if item.owner is Side.COMPANY], found.at),
    )
