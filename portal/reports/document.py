# ruff: noqa: E501 - a definition is easier to read on one line.
"""What a report says, in words: the same for the page and for the document that is printed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from portal.actions.models import ActionItem, ActionStatus
from portal.batches.queries import Compared
from portal.companies.models import Company
from portal.consultations.models import OVER, Consultation, ConsultationStatus, Side
from portal.core import charts
from portal.core.calendar import next_month
from portal.core.clock import local_date
from portal.core.figures import percent, shown
from portal.core.i18n import both, day, local, month_name, spoken, zone_label
from portal.core.i18n import gettext as _
from portal.dialogue.words import dialogue_lines
from portal.facts.models import PublishedFact
from portal.institution import queries as institution
from portal.methodology import estimators
from portal.methodology import score as scoring
from portal.methodology.method import MEASURES, Method
from portal.methodology.score import Measure, Score
from portal.reports.figures import (
    HIDDEN,
    NONE,
    Change,
    change,
    counted,
    is_few,
    is_hidden,
    score_bounds,
    signed,
)
from portal.reports.queries import Flow, Gathered
from portal.scorecards.models import Scorecard

SEOUL = "Asia/Seoul"


@dataclass(frozen=True)
class Tile:
    """One figure of the month, and what stands behind it."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class CompanyRow:
    """One company at a glance."""

    company_id: int
    name: str
    mark: str
    """How it is drawn in every chart."""
    letter: str
    label: str
    state: str
    score: str
    interval: str
    rank: str
    gone: str
    gone_interval: str
    oldest_open: str
    requests: str
    change: Change
    gone_change: Change


@dataclass(frozen=True)
class Pair:
    """A term and what is said of it."""

    term: str
    text: str


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


@dataclass(frozen=True)
class BothSides:
    """One kind of punctuality in the dialogue: in the month, and in the twelve that end with it."""

    what: str
    company: str
    institution: str
    company_year: str
    institution_year: str


@dataclass(frozen=True)
class DialogueRow:
    """How punctual the dialogue with one company was, of both sides."""

    name: str
    lines: list[BothSides]


@dataclass(frozen=True)
class BatchRow:
    """One measure of an unannounced batch that has opened, beside that of the other requests."""

    name: str
    month: str
    measure: str
    batch: Cell
    rest: Cell
    difference: str
    interval: str
    verdict: str


@dataclass(frozen=True)
class DecisionRow:
    """A decision of minutes that both sides adopted."""

    name: str
    serial: str
    adopted: str
    text: str


@dataclass(frozen=True)
class ItemRow:
    """An action item and what became of it."""

    number: str
    text: str
    owner: str
    due: str
    state: str
    kind: str


@dataclass(frozen=True)
class ConsultationRow:
    """A consultation of the month: held, moved or called off, and by whom."""

    name: str
    serial: str
    when: str
    place: str
    state: str
    kind: str
    detail: str


@dataclass(frozen=True)
class MonthRow:
    """A month of the trend."""

    month: str
    requests: str
    answered: str
    answered_share: str
    gone: str
    gone_share: str


@dataclass(frozen=True)
class LetterRow:
    """A company's letters of twelve months."""

    name: str
    letters: list[str]


@dataclass(frozen=True)
class BesideRow:
    """What is never added up: what was asked of a company, by what became of it."""

    name: str
    requests: str
    gone: str
    restricted: str
    refused: str
    undecided: str
    blocks: str
    excluded: str


@dataclass(frozen=True)
class Cell:
    """A measure of a card in full."""

    value: str
    share: str
    interval: str


@dataclass(frozen=True)
class MeasureRow:
    """Every measure of a company in full, and the instant the card looks back from."""

    name: str
    as_of: str
    cells: list[Cell]


@dataclass(frozen=True)
class Profile:
    """A company's month on half a page."""

    name: str
    mark: str
    letter: str
    score: str
    interval: str
    words: str
    chart: str
    measures: list[ProfileRow]
    lines: list[str]
    comment: str


@dataclass(frozen=True)
class ProfileRow:
    """A measure of a company and how it moved."""

    id: str
    name: str
    cell: Cell
    change: Change


@dataclass(frozen=True)
class SensitivityRow:
    """What other weights make of a company."""

    name: str
    letter: str
    chances: str
    letters: str
    scores: str
    rank: str
    ranks: str


@dataclass(frozen=True)
class ExclusionRow:
    """What was left out of a company's cohort, by reason."""

    name: str
    counts: list[str]


@dataclass(frozen=True)
class FactRow:
    """A published figure with its source."""

    period: str
    statement: str
    figure: str
    source: str
    url: str


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
        finality=_finality(found),
        tiles=_tiles(found, scores),
        brief=_in_brief(found, scores),
        rows=_rows(found, scores),
        measures=[Pair(id, short_name(id)) for id in MEASURES],
        strip_chart=_strip_chart(found, scores),
        clocks=[_clock(one, found, scores.get(one.id)) for one in found.companies],
        dialogue=_dialogue(found),
        dialogue_note=_without_dialogue(found),
        decisions=_decisions(found),
        agreed=[_item(item, found) for item in found.agreed],
        due_words=_due_words(found.due, found.at),
        timely_chart=_timely_chart(found),
        done=[_item(item, found) for item in found.done],
        not_in_time=[
            _item(item, found) for item in found.due if _part(item, found.at) != "in_time"
        ],
        overdue=_overdue(found),
        consultations=[_consultation(one, found) for one in found.consultations],
        volume_chart=_volume_chart(found),
        rate_chart=_rate_chart(found),
        promise_chart=_promise_chart(found),
        trend=[_month_row(month, _pooled(found, month)) for month in found.months],
        letter_months=[_brief(month) for month in found.months],
        letters=_letters(found),
        letters_note=_letters_note(found),
        beside=[_beside(one, found) for one in found.companies],
        details=[
            _measure_row(one, found, scores[one.id]) for one in found.companies if one.id in scores
        ],
        profiles=[
            _profile(one, found, scores[one.id]) for one in found.companies if one.id in scores
        ],
        sensitivity=_sensitivity(found, scores),
        corrected=_corrected(found),
        batches=_batches(found),
        exclusion_words=[_(reason) for reason in EXCLUSIONS],
        exclusions=_exclusions(found, scores),
        facts=[_fact(fact) for fact in found.facts],
        definitions=_definitions(found.method),
    )


def glance(found: Gathered) -> list[dict[str, Any]]:
    """What the archive shows of each company that has a card."""
    return [
        {
            "company_id": one.id,
            "letter": card.summary.get("letter"),
            "label": card.summary.get("label") or "",
            "score": card.summary.get("score"),
        }
        for one in found.companies
        if (card := found.cards.get(one.id)) is not None
    ]


# Words used throughout


def _and(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


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


def _brief(month: str) -> str:
    """A month for the axis of a chart: '26-03'."""
    return month[2:]


def _hours(value: float | int | None, otherwise: str = "–") -> str:
    return otherwise if value is None else _("%(hours)s h", hours=shown(value))


def _span(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{shown(low)}–{shown(high)}"


def _name(company_id: int, found: Gathered) -> str:
    return both(found.names[company_id], "name") if company_id in found.names else "–"


def _mark(company: Company, found: Gathered) -> str:
    return charts.swatch(charts.kept_look(company.look), _name(company.id, found))


def _side(side: str | None) -> str:
    return {"company": _("the company"), "institution": _("the commission")}.get(side or "", "–")


# All companies at a glance


def _finality(found: Gathered) -> str:
    final = sum(card.is_binding for card in found.cards.values())
    if final == len(found.companies):
        said = _("All %(n)s cards are final.", n=final)
    else:
        said = _(
            "%(final)s of %(all)s cards are final. The others are marked: their figures may still"
            " change.",
            final=final,
            all=len(found.companies),
        )
    moved = (
        f"{_name(company_id, found)}: {', '.join(one.words for one in changes)}."
        for company_id, changes in found.changes.items()
    )
    return " ".join((said, *moved))


def _tiles(found: Gathered, scores: dict[int, Score]) -> list[Tile]:
    flow = _pooled(found, found.month)
    counts = _counts(found.due, found.at)
    held = [one for one in found.consultations if one.status in OVER]
    moved = [one for one in found.consultations if one.original_starts_at is not None]
    off = [one for one in found.consultations if one.is_struck]
    letters = [score.letter for score in scores.values() if score.letter]
    return [
        Tile(
            _("Companies with a letter"),
            f"{len(letters)} / {len(found.companies)}",
            ", ".join(
                f"{letter} {letters.count(letter)}" for letter in sorted(set(letters))
            ) or _("no letter"),
        ),
        Tile(
            _("Requests delivered"),
            counted(flow.requests),
            _(
                "gone at source within %(hours)s h: %(share)s",
                hours=found.method.removal_hours,
                share=percent(flow.gone, flow.followed_to_removal),
            ),
        ),
        Tile(
            _("Action items due"),
            shown(len(found.due), 0),
            _("%(in_time)s in time, %(late)s late, %(open)s open", **counts),
        ),
        Tile(
            _("Consultations held"),
            shown(len(held), 0),
            _("%(moved)s moved, %(off)s called off", moved=len(moved), off=len(off)),
        ),
    ]  # fmt: skip


def _in_brief(found: Gathered, scores: dict[int, Score]) -> list[str]:
    """What a reader in a hurry takes along: removals, letters, promises, the commission's own part."""
    sentences = [
        _removals_in_brief(found),
        *_shown_in_brief(found, scores),
        *_letters_in_brief(found),
        *_attention(found, scores),
        *_promises_in_brief(found),
    ]
    waits = [
        hours
        for card in found.cards.values()
        if (hours := card.details.get("regulator", {}).get("intake_to_issue_hours")) is not None
    ]
    if waits:
        sentences.append(
            _(
                "The commission itself took %(span)s from intake to issue (medians by company).",
                span=_hours(waits[0])
                if len(waits) == 1
                else _("%(low)s to %(high)s", low=_hours(min(waits)), high=_hours(max(waits))),
            )
        )
    return sentences


def _removals_in_brief(found: Gathered) -> str:
    now, before = (_pooled(found, month) for month in found.months[:-3:-1])
    if not now.followed_to_removal:
        return _("No request was delivered in this month.")
    return _(
        "Of %(n)s requests, %(gone)s were gone at source within %(hours)s hours and verified:"
        " %(share)s, after %(before)s in the month before.",
        n=shown(now.followed_to_removal, 0),
        gone=shown(now.gone, 0),
        hours=found.method.removal_hours,
        share=percent(now.gone, now.followed_to_removal),
        before=percent(before.gone, before.followed_to_removal),
    )


def _shown_in_brief(found: Gathered, scores: dict[int, Score]) -> list[str]:
    """Only what is more than chance: where the interval of the difference excludes no change."""
    moved = [
        f"{both(one, 'name')} {what} {change.points} ({change.interval})"
        for one in found.companies
        for what, change in (
            (_("score"), _score_change(one.id, found)),
            ("R2", _measure_change("R2", one.id, found, scores)),
        )
        if change.way
    ]
    if moved:
        return [_("Shown changes against the month before: %(changes)s.", changes="; ".join(moved))]
    if not found.before:
        return []
    return [
        _("No change of a score or of R2 against the month before is shown: each may be chance.")
    ]


def _letters_in_brief(found: Gathered) -> list[str]:
    better: list[str] = []
    worse: list[str] = []
    for one in found.companies:
        now, before = (found.letters.get((one.id, month)) for month in found.months[:-3:-1])
        if now is None or before is None or now.methodology != before.methodology:
            continue
        new, old = now.summary.get("letter"), before.summary.get("letter")
        if new and old and new != old:
            (better if new < old else worse).append(f"{_name(one.id, found)} ({old} → {new})")
    return [
        sentence
        for sentence, names in (
            (_("Better letter than the month before: %(names)s.", names=", ".join(better)), better),
            (_("Worse letter than the month before: %(names)s.", names=", ".join(worse)), worse),
        )
        if names
    ]


def _attention(found: Gathered, scores: dict[int, Score]) -> list[str]:
    """Where to look first: the two worst letters, and who leaves a request waiting the longest."""
    worst = [band.letter for band in found.method.bands][-2:]
    low = [
        f"{_name(one.id, found)} ({letter})"
        for one in found.companies
        if (letter := scores[one.id].letter if one.id in scores else None) in worst
    ]
    waits = [
        (hours, _name(one.id, found))
        for one in found.companies
        if one.id in scores
        and not is_few(scores[one.id].beside["requests"])
        and (hours := scores[one.id].beside["oldest_open_hours"]) is not None
    ]
    sentences = []
    if low:
        sentences.append(
            _("Letter %(letters)s: %(names)s.", letters="/".join(worst), names=", ".join(low))
        )
    if waits:
        hours, name = max(waits)
        sentences.append(
            _(
                "The request that waits longest for an answer waits at %(company)s: %(hours)s.",
                company=name,
                hours=_hours(hours),
            )
        )
    return sentences


def _promises_in_brief(found: Gathered) -> list[str]:
    if not found.due:
        return []
    kept = _counts(found.due, found.at)["in_time"]
    open_ones = [item.number for item in found.due if _part(item, found.at) == "open"]
    sentence = _(
        "%(kept)s of %(n)s action items due were done in time.", kept=kept, n=len(found.due)
    )
    if 0 < len(open_ones) <= 4:
        sentence += " " + _("Not done: %(numbers)s.", numbers=", ".join(open_ones))
    return [sentence]


def _rows(found: Gathered, scores: dict[int, Score]) -> list[CompanyRow]:
    bounds = {
        id: (drawn["low"], drawn["high"])
        for id, card in found.cards.items()
        if (drawn := card.details.get("uncertainty"))
    }
    ranks = estimators.rank_interval([(str(id), low, high) for id, (low, high) in bounds.items()])
    return [
        _row(one, found, scores, bounds.get(one.id), ranks.get(str(one.id)))
        for one in found.companies
    ]


def _row(
    company: Company,
    found: Gathered,
    scores: dict[int, Score],
    bounds: tuple[float, float] | None,
    rank: tuple[int, int] | None,
) -> CompanyRow:
    score = scores.get(company.id)
    card = found.cards.get(company.id)
    few = score is None or is_few(score.beside["requests"])
    removed = score.measures["R2"] if score else None
    shows_gone = removed is not None and removed.assessed and not is_hidden(removed)
    return CompanyRow(
        company_id=company.id,
        name=_name(company.id, found),
        mark=_mark(company, found),
        letter=(score.letter or "–") if score else "–",
        label=_(score.label) if score and score.label else "",
        state=_state(company, card, found),
        score=shown(score.score) if score and not few else "–",
        interval=_span(*bounds) if bounds and not few else "",
        rank="–" if rank is None or few else _rank(rank),
        gone=shown(removed.value) if removed and shows_gone else "–",
        gone_interval=_span(removed.low, removed.high) if removed and shows_gone else "",
        oldest_open=_hours(score.beside["oldest_open_hours"]) if score and not few else "–",
        requests=counted(score.beside["requests"]) if score else "–",
        change=_score_change(company.id, found),
        gone_change=_measure_change("R2", company.id, found, scores),
    )  # fmt: skip


def _rank(rank: tuple[int, int]) -> str:
    return str(rank[0]) if rank[0] == rank[1] else f"{rank[0]}–{rank[1]}"


def _state(company: Company, card: Scorecard | None, found: Gathered) -> str:
    if card is None:
        return _("nothing to assess") if company.id in found.empty else _("no card")
    if card.is_binding:
        return ""
    if card.reply_due_at is not None:
        return _("with the company until %(day)s", day=day(local_date(card.reply_due_at)))
    return _("not final")


def _may_compare(company_id: int, found: Gathered) -> tuple[Scorecard, Scorecard] | Change:
    """The two cards of a comparison, or why there is none."""
    now, before = found.cards.get(company_id), found.before.get(company_id)
    if now is None or before is None:
        return NONE
    if now.methodology != before.methodology:
        return replace(NONE, note=_("other method"))
    if any(is_few(card.summary.get("requests")) for card in (now, before)):
        return NONE
    return now, before


def _score_change(company_id: int, found: Gathered) -> Change:
    pair = _may_compare(company_id, found)
    if isinstance(pair, Change):
        return pair
    now, before = pair
    old = before.summary.get("letter")
    note = _("was %(letter)s", letter=old) if old and old != now.summary.get("letter") else ""
    points = change(
        now.summary.get("score"), score_bounds(now), before.summary.get("score"), score_bounds(before)
    )  # fmt: skip
    return replace(points, note=note)


def _measure_change(id: str, company_id: int, found: Gathered, scores: dict[int, Score]) -> Change:
    pair = _may_compare(company_id, found)
    if isinstance(pair, Change):
        return pair
    now, before = scores[company_id].measures[id], pair[1].figures.measures[id]
    if is_hidden(now) or is_hidden(before):
        return NONE
    return change(now.value, (now.low, now.high), before.value, (before.low, before.high))


def _strip_chart(found: Gathered, scores: dict[int, Score]) -> str:
    rows = []
    for one in found.companies:
        score = scores.get(one.id)
        few = score is None or is_few(score.beside["requests"])
        drawn = None if few else found.cards[one.id].details.get("uncertainty")
        value = score.score if score and not few else None
        rows.append(
            charts.StripRow(
                _name(one.id, found),
                value,
                drawn["low"] if drawn else None,
                drawn["high"] if drawn else None,
                None,
                _("no score"),
                charts.kept_look(one.look),
            )
        )
    if not any(row.value is not None for row in rows):
        return ""
    return str(
        charts.interval_strip(
            rows,
            title=_("Score of each company with its 95 per cent interval"),
            description="; ".join(
                f"{row.label} {shown(row.value)} ({_span(row.low, row.high)})"
                for row in rows
                if row.value is not None
            ),
            limits=(0, 100),
            format=_point,
        )
    )


def _point(value: float) -> str:
    return shown(value, 0) if float(value).is_integer() else shown(value)


# Both clocks


def _clock(company: Company, found: Gathered, score: Score | None) -> ClockRow:
    details = found.cards[company.id].details if score else {}
    regulator, clocks = details.get("regulator", {}), details.get("clocks")
    due = [item for item in found.due if item.company_id == company.id]
    few = score is None or is_few(score.beside["requests"])
    half_gone = "–"
    if score and not few and score.removal.f48 is not None:
        half_gone = _hours(score.removal.median_hours, _("not reached"))
    half_answered = "–"
    if clocks and not few and clocks["answer_n"]:
        half_answered = _hours(clocks["answer_median_hours"], _("not reached"))
    waits = [] if clocks is None else [clocks["oldest_intake_hours"], clocks["oldest_draft_hours"]]
    return ClockRow(
        name=_name(company.id, found),
        intake_to_issue=_hours(regulator.get("intake_to_issue_hours")),
        issue_to_delivery=_hours(regulator.get("issue_to_delivery_hours")),
        backlog="–" if clocks is None else counted(clocks["intakes"] + clocks["drafts"]),
        oldest_waiting=_hours(max((one for one in waits if one is not None), default=None)),
        ours=_in_time([item for item in due if item.owner is Side.INSTITUTION], found.at),
        delivery_to_answer=half_answered,
        delivery_to_gone=half_gone,
        unanswered=counted(score.beside["open"]) if score else "–",
        oldest_open=_hours(score.beside["oldest_open_hours"]) if score and not few else "–",
        theirs=_in_time([item for item in due if item.owner is Side.COMPANY], found.at),
    )


def _held_dialogue(company: Company, found: Gathered) -> Mapping[str, Any] | None:
    """Both sides' punctuality as the card holds it; None where nothing happened in twelve months, and
    on cards of before."""
    card = found.cards.get(company.id)
    held: Mapping[str, Any] | None = card.details.get("dialogue") if card else None
    return held if held and any(row["n"] for row in held["year"]) else None


def _dialogue(found: Gathered) -> list[DialogueRow]:
    rows = []
    for one in found.companies:
        held = _held_dialogue(one, found)
        if held is None:
            continue
        parts = zip(dialogue_lines(held["month"]), dialogue_lines(held["year"]), strict=True)
        lines = [
            BothSides(
                month.name, month.company, month.institution, year.company, year.institution
            )
            for month, year in parts
        ]  # fmt: skip
        rows.append(DialogueRow(_name(one.id, found), lines))
    return rows


def _without_dialogue(found: Gathered) -> str:
    quiet = [
        _name(one.id, found)
        for one in found.companies
        if one.id in found.cards and _held_dialogue(one, found) is None
    ]
    if not quiet:
        return ""
    return _("Nothing to tell of twelve months: %(names)s.", names=", ".join(quiet))


def _in_time(items: Sequence[ActionItem], at: datetime) -> str:
    return f"{_counts(items, at)['in_time']} / {len(items)}" if items else "–"


# What was agreed and what became of it


def _part(item: ActionItem, at: datetime) -> str:
    if item.done_at is None or item.done_at > at:
        return "open"
    return "in_time" if item.done_at <= item.due_at else "late"


def _counts(items: Sequence[ActionItem], at: datetime) -> dict[str, int]:
    parts = [_part(item, at) for item in items]
    return {name: parts.count(name) for name in ("in_time", "late", "open")}


def _decisions(found: Gathered) -> list[DecisionRow]:
    return [
        DecisionRow(
            name=_name(row.company_id, found),
            serial=row.serial,
            adopted=day(local_date(row.adopted_at)),
            text=both(row, "text"),
        )
        for row in found.decisions
    ]


def _item(item: ActionItem, found: Gathered) -> ItemRow:
    part = _part(item, found.at)
    if part == "late":
        state, kind = _("done, %(days)s days late", days=item.days_late(at=found.at)), "warn"
    elif part == "in_time":
        state, kind = _("done in time"), "good"
    else:
        state, kind = _(item.status.value), "bad" if item.due_at < found.at else ""
        if item.status is ActionStatus.VERIFIED:  # accepted only after the report looked
            state = _("still open")
    return ItemRow(
        number=item.number,
        text=both(item, "text"),
        owner=_("The commission")
        if item.owner is Side.INSTITUTION
        else _name(item.company_id, found),
        due=local(item.due_at, "day", item.due_zone),
        state=state,
        kind=kind,
    )


def _due_words(due: Sequence[ActionItem], at: datetime) -> str:
    if not due:
        return _("No action item was due in this month.")
    return _(
        "%(n)s action items of both sides were due: %(in_time)s done in time, %(late)s done late,"
        " %(open)s not done.",
        n=len(due),
        **_counts(due, at),
    )


def _timely_chart(found: Gathered) -> str:
    sides = [
        (
            _name(one.id, found),
            [i for i in found.due if i.company_id == one.id and i.owner is Side.COMPANY],
            charts.kept_look(one.look),
        )
        for one in found.companies
    ]
    ours = [item for item in found.due if item.owner is Side.INSTITUTION]
    sides.append((_("The commission"), ours, charts.HOUSE))
    rows = [
        charts.TimelyRow(label, look=look, **_counts(items, found.at))
        for label, items, look in sides
        if items
    ]
    if not rows:
        return ""
    return str(
        charts.in_time_chart(
            rows,
            title=_("Action items due in the month, by owner: in time, late, still open"),
            description=_said(rows),
            words=(_("in time"), _("late"), _("still open")),
        )
    )


def _said(rows: Sequence[charts.TimelyRow]) -> str:
    return "; ".join(
        _(
            "%(label)s: %(in_time)s in time, %(late)s late, %(open)s open",
            label=row.label,
            in_time=row.in_time,
            late=row.late,
            open=row.open,
        )
        for row in rows
    )


def _overdue(found: Gathered) -> list[str]:
    return [
        _(
            "%(owner)s: %(n)s, the oldest due %(day)s",
            owner=_name(company_id, found)
            if owner is Side.COMPANY
            else _("The commission (to %(company)s)", company=_name(company_id, found)),
            n=number,
            day=day(local_date(oldest)),
        )
        for company_id, owner, number, oldest in found.overdue
    ]


# Consultations


def _consultation(one: Consultation, found: Gathered) -> ConsultationRow:
    state, kind, details = _(one.status.value), "", []
    if one.status in OVER:
        state, kind = _("held"), "good"
    elif one.is_struck or one.status is ConsultationStatus.POSTPONED:
        kind = "bad" if one.is_struck else "warn"
        details.append(_("by %(side)s", side=_side(one.cancelled_by)))
        if one.hours_of_notice is not None:
            details.append(_notice(one.hours_of_notice))
        if one.cancelled_reason:
            details.append(one.cancelled_reason)
    if one.original_starts_at is not None and one.original_starts_at != one.starts_at:
        details.append(
            _(
                "moved from %(day)s by %(side)s",
                day=local(one.original_starts_at, "day", one.zone),
                side=_side(_mover(one, found)),
            )
        )
        kind = kind if one.is_struck else "warn"
    return ConsultationRow(
        name=_name(one.company_id, found),
        serial=one.serial or "–",
        when=f"{local(one.starts_at, 'instant', one.zone)} {zone_label(one.starts_at, one.zone)}",
        place=one.venue,
        state=state,
        kind=kind,
        detail="; ".join(details),
    )


def _mover(one: Consultation, found: Gathered) -> str | None:
    """Who asked for the move: who postponed it, else who gave it its new time."""
    steps = [step.by_side for step in one.history if step.what in ("postponed", "rescheduled")]
    return found.moved_by.get(one.id) or (steps[-1] if steps else None)


def _notice(hours: int) -> str:
    if hours < 0:
        return _("after its time had come")
    return _("%(hours)s h before", hours=hours)


# Trends


def _pooled(found: Gathered, month: str) -> Flow:
    """All companies of a month together, less those whose own count is too small to be printed."""
    flows = (
        flow
        for (_company, of), flow in found.flows.items()
        if of == month and not is_few(flow.requests)
    )
    return sum(flows, start=Flow())


def _month_row(month: str, flow: Flow) -> MonthRow:
    return MonthRow(
        month=month_name(month),
        requests=shown(flow.requests, 0),
        answered=f"{flow.answered:,} / {flow.followed_to_answer:,}",
        answered_share=percent(flow.answered, flow.followed_to_answer),
        gone=f"{flow.gone:,} / {flow.followed_to_removal:,}",
        gone_share=percent(flow.gone, flow.followed_to_removal),
    )


def _shades(found: Gathered) -> list[charts.Band]:
    """The months in which nobody sat in the commission are shaded, and say so."""
    still = found.standstill
    if still is None:
        return []
    inside = [
        place
        for place, month in enumerate(found.months)
        if still.starts_on < date.fromisoformat(f"{next_month(month)}-01")
        and still.ends_on >= date.fromisoformat(f"{month}-01")
    ]
    return [charts.Band(inside[0], inside[-1] + 1, _("no quorum"))] if inside else []


def _volume_chart(found: Gathered) -> str:
    numbers = [_pooled(found, month).requests for month in found.months]
    title = _("Requests delivered in each month, all companies")
    return str(
        charts.bar_chart(
            [charts.Series("requests", title, numbers)],
            [_brief(month) for month in found.months],
            title=title,
            description="; ".join(
                f"{month_name(month)} {number:,}"
                for month, number in zip(found.months, numbers, strict=True)
            ),
            format=lambda value: shown(value, 0),
            palette={"requests": 0},
            bands=_shades(found),
            width=400,
            height=190,
        )
    )


def _rate_chart(found: Gathered) -> str:
    method = found.method
    flows = [_pooled(found, month) for month in found.months]
    series = [
        _share_series(
            "answered",
            _("answered"),
            [(flow.answered, flow.followed_to_answer) for flow in flows],
            method,
        ),
        _share_series(
            "gone", _("removed"), [(flow.gone, flow.followed_to_removal) for flow in flows], method
        ),
    ]
    return str(
        charts.line_chart(
            series,
            [_brief(month) for month in found.months],
            title=_(
                "Share answered within %(answer)s hours and share gone at source within"
                " %(removal)s hours, all companies",
                answer=method.answer_hours,
                removal=method.removal_hours,
            ),
            description="; ".join(
                f"{one.label}: "
                + ", ".join(
                    f"{month_name(month)} {_percent(value)}"
                    for month, value in zip(found.months, one.values, strict=True)
                    if value is not None
                )
                for one in series
            ),
            limits=(0, 100),
            format=_percent,
            palette={"answered": 1, "gone": 0},
            bands=_shades(found),
            width=400,
            height=190,
        )
    )


def _share_series(
    key: str, label: str, counts: Sequence[tuple[int, int]], method: Method
) -> charts.Series:
    bounds = [estimators.wilson(x, n, method.z) for x, n in counts]
    return charts.Series(
        key,
        label,
        [100 * x / n if n else None for x, n in counts],
        [None if one is None else (100 * one.low, 100 * one.high) for one in bounds],
    )


def _percent(value: float) -> str:
    return f"{shown(value, 0)}%"


def _promise_chart(found: Gathered) -> str:
    rows = [
        charts.TimelyRow(month_name(one.month), one.in_time, one.late, one.open)
        for one in found.timely
        if one.in_time + one.late + one.open
    ]
    if not rows:
        return ""
    return str(
        charts.in_time_chart(
            rows,
            title=_("Action items of both sides by the month they were due in"),
            description=_said(rows),
            words=(_("in time"), _("late"), _("still open")),
        )
    )


def _letters(found: Gathered) -> list[LetterRow]:
    """A break between two versions of the method is a bar before the letter."""
    rows = []
    for one in found.companies:
        cells, method = [], None
        for month in found.months:
            card = found.letters.get((one.id, month))
            if card is None:
                cells.append("")
                continue
            letter = card.summary.get("letter") or "?"
            is_binding = card.status in ("frozen", "published")
            text = letter if is_binding else f"({letter})"
            cells.append(f"| {text}" if method not in (None, card.methodology) else text)
            method = card.methodology
        rows.append(LetterRow(_name(one.id, found), cells))
    return rows if any(any(row.letters) for row in rows) else []


def _letters_note(found: Gathered) -> str:
    words = _("In brackets: not final. ?: a card without a letter. Empty: no card.")
    if len({row.methodology for row in found.letters.values()}) > 1:
        words += " " + _(
            "A bar stands where the method changed: letters on its two sides are not compared."
        )
    return words  # fmt: skip


# Beside the grade


def _beside(company: Company, found: Gathered) -> BesideRow:
    volume = found.volumes.get((company.id, found.month))
    outcomes = (volume.by_outcome if volume else None) or {}

    number = counted
    return BesideRow(
        name=_name(company.id, found),
        requests=number(volume.requests if volume else 0),
        gone=number(volume.gone if volume else 0),
        restricted=number(outcomes.get("restricted")),
        refused=number(outcomes.get("refused")),
        undecided=number(outcomes.get("undecided", 0) + outcomes.get("needs_information", 0)),
        blocks=number(volume.blocks if volume else 0),
        excluded=number(volume.excluded if volume else 0),
    )


def _measure_row(company: Company, found: Gathered, score: Score) -> MeasureRow:
    card = found.cards[company.id]
    return MeasureRow(
        name=_name(company.id, found),
        as_of=local(card.as_of, "short", SEOUL),
        cells=[_cell(score.measures[id]) for id in MEASURES],
    )


def _cell(measure: Measure) -> Cell:
    if not measure.assessed:
        return Cell("–", _("not assessed"), "")
    if is_hidden(measure):
        return Cell("–", f"n {HIDDEN}", "")
    return Cell(
        shown(measure.value),
        f"{measure.x:,} / {measure.n:,}",
        _span(measure.low, measure.high),
    )


def _fact(fact: PublishedFact) -> FactRow:
    is_link = fact.source.startswith("http")
    return FactRow(
        period=fact.period.replace("..", " – "),
        statement=_(fact.statement),
        figure=re.sub(r"\d{4,}", lambda number: f"{int(number[0]):,}", _(fact.figure)),
        source=fact.source.split("/")[2].removeprefix("www.") if is_link else _(fact.source),
        url=fact.source if is_link else "",
    )


# Each company


EXCLUSIONS = ("withdrawn", "duplicate", "malformed", "already_gone")


def _profile(company: Company, found: Gathered, score: Score) -> Profile:
    card = found.cards[company.id]
    few = is_few(score.beside["requests"])
    drawn = card.details.get("uncertainty")
    words = [_(score.label) if score.label else "", _state(company, card, found)]
    if score.cap:
        words.append(_("at most %(letter)s, because of R2", letter=score.letter or ""))
    return Profile(
        name=_name(company.id, found),
        mark=_mark(company, found),
        letter=score.letter or "–",
        score="–" if few else shown(score.score),
        interval=_span(drawn["low"], drawn["high"]) if drawn and not few else "",
        words=" · ".join(filter(None, words)),
        chart=_company_chart(company, found),
        measures=[
            ProfileRow(
                id,
                short_name(id),
                _cell(score.measures[id]),
                _measure_change(id, company.id, found, {company.id: score}),
            )
            for id in MEASURES
        ],
        lines=_of_company(company, found, score),
        comment=card.comment,
    )


def _of_company(company: Company, found: Gathered, score: Score) -> list[str]:
    due = [item for item in found.due if item.company_id == company.id]
    agreed = sum(item.company_id == company.id for item in found.agreed)
    done = sum(item.company_id == company.id for item in found.done)
    talks = [one for one in found.consultations if one.company_id == company.id]
    theirs = [item for item in due if item.owner is Side.COMPANY]
    return [
        _(
            "Requests %(requests)s, left out %(excluded)s; oldest without an answer: %(oldest)s.",
            requests=counted(score.beside["requests"]),
            excluded=counted(len(score.excluded)),
            oldest="–"
            if is_few(score.beside["requests"])
            else _hours(score.beside["oldest_open_hours"]),
        ),
        _(
            "Its action items due: %(n)s (%(in_time)s in time, %(late)s late, %(open)s open). With it"
            " agreed this month: %(agreed)s, done: %(done)s.",
            n=len(theirs),
            agreed=agreed,
            done=done,
            **_counts(theirs, found.at),
        ),
        _(
            "Consultations: %(held)s held, %(moved)s moved, %(off)s called off.",
            held=sum(one.status in OVER for one in talks),
            moved=sum(one.original_starts_at is not None for one in talks),
            off=sum(one.is_struck for one in talks),
        ),
    ]


def _company_chart(company: Company, found: Gathered) -> str:
    """Its score of twelve months; a month without a card is a gap, another method another line."""
    rows = [found.letters.get((company.id, month)) for month in found.months]
    rows = [None if row is None or is_few(row.summary.get("requests")) else row for row in rows]
    methods = list(dict.fromkeys(row.methodology for row in rows if row is not None))
    series = [
        charts.Series(
            f"{company.slug} {method}",
            _("score") if method == methods[-1] else "",
            [
                row.summary.get("score") if row is not None and row.methodology == method else None
                for row in rows
            ],
            [
                (row.summary["low"], row.summary["high"])
                if row is not None
                and row.methodology == method
                and row.summary.get("low") is not None
                else None
                for row in rows
            ],
        )
        for method in methods
    ]
    if not any(value is not None for one in series for value in one.values):
        return ""
    name = _name(company.id, found)
    return str(
        charts.line_chart(
            series,
            [_brief(month) for month in found.months],
            title=_("Score of %(company)s by month", company=name),
            description="; ".join(
                f"{month_name(month)} {shown(row.summary.get('score'))}"
                f" ({_('method %(version)s', version=row.methodology)})"
                if row is not None
                else _("%(month)s: no card", month=month_name(month))
                for month, row in zip(found.months, rows, strict=True)
            ),
            limits=(0, 100),
            format=_point,
            palette={one.key: charts.kept_index(company.look) for one in series},
            bands=[*_shades(found), *_breaks(rows, found)],
            width=400,
            height=150,
        )
    )


def _breaks(rows: Sequence[Any], found: Gathered) -> list[charts.Band]:
    """What stands after a change of the method is shaded, and the version named."""
    bands, method = [], None
    for place, row in enumerate(rows):
        if row is None:
            continue
        if method not in (None, row.methodology):
            bands.append(
                charts.Band(
                    place, len(found.months), _("method %(version)s", version=row.methodology)
                )
            )
        method = row.methodology
    return bands


# How far it holds


def _sensitivity(found: Gathered, scores: dict[int, Score]) -> list[SensitivityRow]:
    """Letters and ranks under all other weights of the method; cards of one version only."""
    comparable = {
        id: score
        for id, score in scores.items()
        if score.methodology == found.method.version and not is_few(score.beside["requests"])
    }
    if not comparable:
        return []
    runs = scoring.sensitivity(list(comparable.values()), method=found.method)
    base, others = runs[0], runs[1:]
    rows = []
    for one in found.companies:
        score = comparable.get(one.id)
        if score is None:
            continue
        slug = score.company
        letters = [run.letters[slug] for run in others]
        known = [value for run in others if (value := run.scores[slug]) is not None]
        ranks = [run.ranks[slug] for run in runs if slug in run.ranks]
        drawn = found.cards[one.id].details.get("uncertainty")
        rows.append(
            SensitivityRow(
                name=_name(one.id, found),
                letter=score.letter or "–",
                chances=", ".join(
                    f"{letter} {percent(round(share * 1000), 1000, 0)}"
                    for letter, share in sorted(drawn["letters"].items())
                    if share >= CHANCE
                )
                if drawn
                else "–",
                letters=", ".join(
                    f"{letter or _('no letter')} {letters.count(letter)}"
                    for letter in sorted(set(letters), key=lambda letter: letter or "~")
                ),
                scores=_span(min(known), max(known)) if known else "–",
                rank=_rank(base.ranks[slug]) if slug in base.ranks else "–",
                ranks=_rank((min(low for low, _high in ranks), max(high for _low, high in ranks)))
                if ranks
                else "–",
            )
        )
    return rows


CHANCE = 0.005
"""A letter less likely than that is not printed among the chances."""


def _corrected(found: Gathered) -> list[str]:
    lines = [
        _(
            "Scorecard of %(company)s for %(month)s: version %(version)s took the place of the"
            " one before on %(day)s.",
            company=_name(card.company_id, found),
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
            company=_name(company_id, found),
            n=counted(number),
        )
        for company_id, number in found.corrected.times
    ]
    return [*lines, *(_count_line(row, found) for row in found.corrected.counts)]


def _count_line(row: Any, found: Gathered) -> str:
    """What was decided of a company's own count."""
    said = _(
        "%(company)s: of its own count for %(month)s %(n)s differences from ours were decided:"
        " for the company %(theirs)s, for the commission %(ours)s, neither or unclear %(unclear)s.",
        company=_name(row.company_id, found),
        month=month_name(row.month),
        n=counted(row.differences),
        theirs=counted(row.company_was_right),
        ours=counted(row.regulator_was_right),
        unclear=counted(row.neither_or_unclear),
    )
    if not row.company_was_right:
        return said
    return f"{said} " + _(
        "Entered in the record: %(entered)s; to be corrected by hand: %(by_hand)s. A frozen card"
        " changes only by a new version.",
        entered=counted(row.entered),
        by_hand=counted(row.by_hand),
    )


def _batches(found: Gathered) -> list[BatchRow]:
    return [
        BatchRow(
            name=_name(company_id, found),
            month=month_name(one.month),
            measure=f"{one.measure} {short_name(one.measure)}",
            **_compared(one),
        )
        for company_id, compared in found.batches
        for one in compared
    ]


def _compared(one: Compared) -> dict[str, Any]:
    """Both cells and their difference in points. Where one of the two is too small to be printed,
    the other is not printed either: what is left of the card's own count would tell it."""
    difference = one.difference
    if is_hidden(one.batch) or is_hidden(one.rest):
        hidden = Cell("–", f"n {HIDDEN}", "")
        return {
            "batch": hidden, "rest": hidden, "difference": "–", "interval": "",
            "verdict": _("too few cases"),
        }  # fmt: skip
    said = {"batch": _cell(one.batch), "rest": _cell(one.rest)}
    if difference is None:
        return said | {"difference": "–", "interval": "", "verdict": _("not assessed")}
    return said | {
        "difference": signed(difference.value),
        "interval": _(
            "%(low)s to %(high)s", low=signed(difference.low), high=signed(difference.high)
        ),
        "verdict": _(difference.verdict),
    }


def _exclusions(found: Gathered, scores: dict[int, Score]) -> list[ExclusionRow]:
    rows = []
    for one in found.companies:
        score = scores.get(one.id)
        if score is None or not score.excluded:
            continue
        reasons = [exclusion.reason for exclusion in score.excluded]
        rows.append(
            ExclusionRow(
                _name(one.id, found), [counted(reasons.count(reason)) for reason in EXCLUSIONS]
            )
        )
    return rows


# Definitions


def _definitions(method: Method) -> list[Pair]:
    values = {
        "answer": method.answer_hours,
        "removal": method.removal_hours,
        "horizon": method.horizon_hours,
        "followup": method.followup_hours,
        "working": method.police_working_days,
        "days": method.recheck_days,
        "few": method.insufficient_below,
        "some": method.provisional_below,
    }
    weights = ", ".join(f"{id} {method.points(id)}" for id in MEASURES)
    bands = ", ".join(f"{band.letter} {band.at_least}+" for band in method.bands)
    caps = "; ".join(
        _("%(measure)s below %(below)s: at most %(letter)s", measure=cap.measure, below=cap.below, letter=cap.at_most)
        for cap in method.caps
    )  # fmt: skip
    return [
        Pair(_("Cohort"), _("Requests delivered in the month in Korean time, followed for %(followup)s hours after its end. Refused, ignored and still visible requests stay in the denominator; left out are only withdrawn, duplicate and malformed requests and what was gone before, each with a second person.", **values)),
        Pair("R1", _("Requests decided within %(answer)s hours of delivery. An acknowledgement is no answer; a refusal is one.", **values)),
        Pair("R2", _("Share removed at source within %(removal)s hours (Kaplan-Meier), verified by someone other than who claimed it.", **values)),
        Pair("R3", _("100 less the share of the first %(horizon)s hours for which content stayed up on average.", **values)),
        Pair("R4", _("Removals still gone %(days)s days later, of those rechecked.", **values)),
        Pair("R5", _("Police information requests answered within %(working)s Korean working days, of those due in the month.", **values)),
        Pair("R6", _("Agreed action items of the company done in time with evidence accepted, of those due in the month.", **values)),
        Pair(_("Score and letter"), _("Weighted mean of the assessed measures (%(weights)s). Letters: %(bands)s; %(caps)s.", weights=weights, bands=bands, caps=caps)),
        Pair(_("Labels"), _("Fewer than %(few)s requests: insufficient data, no letter. Fewer than %(some)s, or a wide interval of R2: a provisional letter. Nothing is imputed.", **values)),
        Pair(_("Interval"), _("95 per cent. For the score from %(draws)s seeded draws; for shares after Wilson; R2 log-log with Greenwood's variance.", draws=f"{method.draws:,}")),
        Pair(_("Rank"), _("Only as an interval: one company stands before another only where their intervals do not overlap.")),
        Pair(_("Against last month"), _("A change is printed only where it is shown: where the 95 per cent interval of the difference (square-and-add, Newcombe 1998) excludes no change. Otherwise “not shown” stands, for the difference may be chance. About one in twenty shown changes is chance all the same.")),
        Pair(_("Small cells"), _("A count of one to four cases is printed as %(hidden)s, and no figure is made of it; totals leave out the companies concerned. Action items and consultations are matters of organisations and are counted as they are.", hidden=HIDDEN)),
        Pair(_("As of"), _("Cards and trends look back from the end of each month's follow-up: what was entered later changes neither. A month without a line or bar has no card or no request; where nobody sat in the commission the months are shaded.")),
        Pair(_("Sensitivity"), _("Each weight times 0.75 and 1.25, equal weights, one measure left out, geometric mean: how many of these runs give which letter, and the best and worst rank among them.")),
        Pair(_("Waiting at the commission"), _("Intakes of the hotline and recorded requests that were neither issued nor left out by the instant of the card. Nothing of it enters a grade.")),
        Pair(_("Dialogue"), _("Offered times are answered in time by the respond-by date, papers by the cut-off of the agenda; minutes wait for a side from the day it has them until it answers or accepts; who called off and with how much notice; who had somebody with capacity to bind at the table. Both sides by the same rules.")),
        Pair(_("Unannounced batch"), _("Requests that were marked before their issue and known to named people only, beside the other requests of the company in the same month. A difference is shown where its 95 per cent interval (Newcombe 1998, Zou and Donner 2008) excludes none.")),
        Pair(_("In time"), _("An action item is done in time when the report whose evidence was accepted came before it was due. A granted extension moves the date and leaves the old one on record; the clock runs while an item is returned.")),
        Pair(_("A block is not a removal"), _("Access blocks by Korean providers and restrictions in Korea are counted apart. They are never added to removals and enter no grade.")),
        Pair(_("Pooled shares"), _("The trend counts all companies together by the definitions of R1 and R2. The mix of companies changes from month to month; no grade is made of it.")),
    ]  # fmt: skip
