"""Everything a reader is shown of a card on its first page, and its two charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.companies import queries as companies
from portal.companies.models import Named
from portal.core import charts
from portal.core.calendar import month_end
from portal.core.figures import in_hours, in_hundred, shown, shown_below, span
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.dialogue.words import DialogueLine
from portal.methodology.method import MEASURES, Method
from portal.methodology.score import Score
from portal.methodology.words import Pair, timely_in_words
from portal.scorecards.beside import PromiseLine, dialogue_parts, promise_lines
from portal.scorecards.definitions import definitions
from portal.scorecards.headlines import Clock, Headline, beside_the_index, clocks, headlines
from portal.scorecards.lines import Line, line_of, look_of
from portal.scorecards.models import Scorecard
from portal.scorecards.reasons import why

ON_SCREEN = (420.0, 420.0)
ON_PAPER = (380.0, 300.0)
"""Widths of the charts (removal curve, in time) that make their letters as large as text."""


@dataclass(frozen=True)
class Out:
    """One request out of the cohort."""

    number: str
    reason: str
    by: str


@dataclass(frozen=True)
class Figures:
    """Everything a reader is shown of a card, in the reader's language."""

    letter: str
    label: str
    label_word: str
    score: str
    score_interval: str
    requests: str
    why: list[str]
    headlines: list[Headline]
    lines: list[Line]
    removal_chart: str
    removal_words: str
    timely_chart: str
    timely: dict[str, list[int]]
    clocks: list[Clock]
    beside: list[Headline]
    excluded: list[Out]
    flagged: str
    definitions: list[Pair]
    promises: list[PromiseLine]
    dialogue: list[tuple[str, list[DialogueLine]]]


def figures_of(card: Scorecard, method: Method, widths: tuple[float, float] = ON_SCREEN) -> Figures:
    """The figures of a card in words, in the language that is spoken."""
    score, details = card.figures, card.details
    company = both(named(card), "name")
    lines = [line_of(score.measures[id], score, method) for id in MEASURES]
    drawn = details.get("uncertainty")
    return Figures(
        letter=score.letter or "",
        label=score.label,
        label_word=_(score.label) if score.label else "",
        score=shown_below(score.score, [band.at_least for band in method.bands]),
        score_interval=span(drawn["low"], drawn["high"]) if drawn else "",
        requests=shown(score.beside["requests"], 0),
        why=why(score, method, drawn),
        headlines=headlines(score, lines, details),
        lines=lines,
        removal_chart=_removal_chart(score, method, look_of(card), widths[0])
        if score.removal.f48 is not None
        else "",
        removal_words=_removal_words(score, method),
        timely={id: list(counts) for id, counts in details.get("timely", {}).items()},
        timely_chart=_timely_chart(details.get("timely", {}), company, widths[1]),
        clocks=clocks(score, details),
        beside=beside_the_index(score, method),
        excluded=[Out(one.number, _(one.reason), one.by or "–") for one in score.excluded],
        flagged=", ".join(score.flagged),
        definitions=definitions(method, score.month),
        promises=promise_lines(details.get("promises", ()), score.month),
        dialogue=dialogue_parts(details.get("dialogue"), score.month),
    )


def named(card: Scorecard) -> Named:
    """The company under the name that it had at the end of the card's month."""
    return companies.name_on(card.company, month_end(card.month))


def _removal_chart(score: Score, method: Method, look: charts.Look, width: float) -> str:
    return str(
        charts.removal_curve(
            [
                charts.Step(point.hours, 1 - point.share, 1 - point.high, 1 - point.low)
                for point in score.removal.curve
            ],
            title=_("Share of requests removed at source, by hours since delivery"),
            description=_removal_words(score, method),
            marks=(method.answer_hours, method.removal_hours, method.horizon_hours),
            mark_label=lambda hours: _("%(hours)s h", hours=f"{hours:g}"),
            format=_percent,
            band_label=_("95% interval"),
            look=look,
            width=width,
            height=max(120.0, width * 0.3),
        )
    )


def _removal_words(score: Score, method: Method) -> str:
    removal = score.removal
    if removal.f24 is None or removal.f48 is None:
        return _("No request was delivered, so there is no curve.")
    return _(
        "Of %(n)s requests, %(f24)s%% were verified as gone within %(first)s hours and %(f48)s%%"
        " within %(second)s hours; half were gone after: %(median)s.",
        n=score.measures["R2"].n,
        f24=in_hundred(removal.f24),
        first=method.answer_hours,
        f48=in_hundred(removal.f48),
        second=method.removal_hours,
        median=in_hours(removal.median_hours, _("not reached")),
    )


def _timely_chart(timely: dict[str, Any], company: str, width: float) -> str:
    labels = {
        "R1": _("R1 answers"),
        "R5": _("R5 police"),
        "R6": _("R6 action items"),
        "regulator": _("The commission's own"),
    }
    rows = [charts.TimelyRow(label, *timely.get(key, (0, 0, 0))) for key, label in labels.items()]
    if not any(row.in_time or row.late or row.open for row in rows):
        return ""
    return str(
        charts.in_time_chart(
            rows,
            title=_("What was due in the month: in time, late, still open"),
            description=timely_in_words(rows),
            words=(_("in time"), _("late"), _("still open")),
            width=width,
        )
    )


def _percent(value: float) -> str:
    return f"{in_hundred(value, 0)}%"
