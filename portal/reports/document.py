"""What a report says, in words: the same for the page and for the document that is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from portal.core.clock import local_date
from portal.core.i18n import gettext as _
from portal.core.i18n import local, month_name, spoken, zone_label
from portal.institution import queries as institution
from portal.methodology.method import MEASURES
from portal.methodology.small_cells import hidden
from portal.methodology.words import Pair
from portal.reports.beside import BesideRow, FactRow, beside_row, fact_row
from portal.reports.clocks import ClockRow, clock_row
from portal.reports.corrections import corrections
from portal.reports.definitions import definitions
from portal.reports.dialogue import (
    ConsultationRow,
    DialogueRow,
    consultation_row,
    dialogue_rows,
    quiet_dialogues,
)
from portal.reports.first_page import (
    CompanyRow,
    Tile,
    company_rows,
    finality,
    in_brief,
    score_strip,
    tiles,
)
from portal.reports.measures import (
    EXCLUSIONS,
    BatchRow,
    ExclusionRow,
    MeasureRow,
    SensitivityRow,
    batch_rows,
    exclusion_rows,
    measure_row,
    sensitivity_rows,
)
from portal.reports.profiles import Profile, profile
from portal.reports.promises import (
    DecisionRow,
    ItemRow,
    decisions,
    due_in_words,
    item_row,
    overdue,
    punctuality,
    punctuality_chart,
)
from portal.reports.queries import Gathered
from portal.reports.targets import TargetRow, target_rows
from portal.reports.trends import (
    LetterRow,
    MonthRow,
    letter_rows,
    letters_note,
    month_row,
    pooled,
    promise_chart,
    rate_chart,
    volume_chart,
)
from portal.reports.words import SEOUL, axis_month, short_name


@dataclass(frozen=True)
class PrintedReport:
    """The report as a document in one language."""

    doc_no: str
    doc_title: str
    doc_lead: str
    org_name: str
    org_name_other: str
    made_at_text: str
    draft_word: str
    month: str
    version: int
    as_of: str
    methodology: str
    finality: str
    tiles: list[Tile]
    brief: list[str]
    rows: list[CompanyRow]
    measures: list[Pair]
    strip_chart: str
    clocks: list[ClockRow]
    dialogue: list[DialogueRow]
    dialogue_note: str
    decisions: list[DecisionRow]
    agreed: list[ItemRow]
    due_words: str
    timely_chart: str
    done: list[ItemRow]
    not_in_time: list[ItemRow]
    overdue: list[str]
    targets: list[TargetRow]
    consultations: list[ConsultationRow]
    volume_chart: str
    rate_chart: str
    promise_chart: str
    trend: list[MonthRow]
    letter_months: list[str]
    letters: list[LetterRow]
    letters_note: str
    beside: list[BesideRow]
    details: list[MeasureRow]
    profiles: list[Profile]
    sensitivity: list[SensitivityRow]
    corrected: list[str]
    batches: list[BatchRow]
    exclusion_words: list[str]
    exclusions: list[ExclusionRow]
    facts: list[FactRow]
    definitions: list[Pair]


def printable(found: Gathered, *, version: int, language: str) -> dict[str, Any]:
    """The report as content of a document in one language."""
    with spoken(language):
        return asdict(_printed(found, version, language))


def _printed(found: Gathered, version: int, language: str) -> PrintedReport:
    ours = institution.on(local_date(found.at))
    other = "en" if language == "ko" else "ko"
    scores = {card.company_id: card.figures for card in found.cards.values()}
    return PrintedReport(
        doc_no=f"R-{found.month}",
        doc_title=_("Monthly report, %(month)s", month=month_name(found.month)),
        doc_lead=_("What the platforms promised and what they did, for the commissioners"),
        org_name=getattr(ours, f"name_{language}", ""),
        org_name_other=getattr(ours, f"name_{other}", ""),
        made_at_text=local(found.at),
        draft_word=_("DRAFT"),
        month=month_name(found.month),
        version=version,
        as_of=f"{local(found.at, 'instant', SEOUL)} {zone_label(found.at, SEOUL)}",
        methodology=_and({card.methodology for card in found.cards.values()})
        or found.method.version,
        finality=finality(found),
        tiles=tiles(found, scores),
        brief=in_brief(found, scores),
        rows=company_rows(found, scores),
        measures=[Pair(id, short_name(id)) for id in MEASURES],
        strip_chart=score_strip(found, scores),
        clocks=[clock_row(one, found, scores.get(one.id)) for one in found.companies],
        dialogue=dialogue_rows(found),
        dialogue_note=quiet_dialogues(found),
        decisions=decisions(found),
        agreed=[item_row(item, found) for item in found.agreed],
        due_words=due_in_words(found.due, found.at),
        timely_chart=punctuality_chart(found),
        done=[item_row(item, found) for item in found.done],
        not_in_time=[
            item_row(item, found) for item in found.due if punctuality(item, found.at) != "in_time"
        ],
        overdue=overdue(found),
        targets=target_rows(found),
        consultations=[consultation_row(one, found) for one in found.consultations],
        volume_chart=volume_chart(found),
        rate_chart=rate_chart(found),
        promise_chart=promise_chart(found),
        trend=[month_row(month, pooled(found, month)) for month in found.months],
        letter_months=[axis_month(month) for month in found.months],
        letters=letter_rows(found),
        letters_note=letters_note(found),
        beside=[beside_row(one, found, scores.get(one.id)) for one in found.companies],
        details=[
            measure_row(one, found, scores[one.id]) for one in found.companies if one.id in scores
        ],
        profiles=[
            profile(one, found, scores[one.id]) for one in found.companies if one.id in scores
        ],
        sensitivity=sensitivity_rows(found, scores),
        corrected=corrections(found),
        batches=batch_rows(found),
        exclusion_words=[_(reason) for reason in EXCLUSIONS],
        exclusions=exclusion_rows(found, scores),
        facts=[fact_row(fact) for fact in found.facts],
        definitions=definitions(found.method),
    )


def _and(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def glance(found: Gathered) -> list[dict[str, Any]]:
    """What the archive shows of each company that has a card."""
    return [
        {
            "company_id": one.id,
            "letter": card.summary.get("letter"),
            "label": card.summary.get("label") or "",
            "score": None if hidden(card.figures) else card.summary.get("score"),
        }
        for one in found.companies
        if (card := found.cards.get(one.id)) is not None
    ]
