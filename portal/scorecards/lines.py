"""The measures of a card: each on its line of the table, and as a strip against its target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from portal.core import charts
from portal.core.figures import in_hours, in_hundred, shown, shown_below, span
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.methodology import estimators
from portal.methodology.method import MEASURES, Method
from portal.methodology.score import Measure, Score
from portal.methodology.words import definition_of, name_of, origin_of
from portal.scorecards.models import Scorecard

VERDICTS = {"met": "met", "not_shown": "unclear", "not_met": "missed", "": "none"}
WORDS = {
    "met": _l("met"), "not_shown": _l("not shown"), "not_met": _l("not met"), "": _l("no target"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One measure: what, of how many, the value with its interval, and whether the target is met."""

    id: str
    name: str
    definition: str
    x: int
    n: int
    share: str
    value: str
    interval: str
    detail: str
    target: str
    target_origin: str
    verdict: str
    verdict_word: str
    weight: str


def line_of(measure: Measure, score: Score, method: Method) -> Line:
    target, origin = target_of(measure.id, score.month, method)
    verdict = ""
    if target is not None and measure.low is not None and measure.high is not None:
        verdict = estimators.verdict(estimators.Interval(measure.low, measure.high), target)
    is_share = measure.id != "R3"
    return Line(
        id=measure.id,
        name=name_of(measure.id),
        definition=definition_of(measure.id, method),
        x=measure.x,
        n=measure.n,
        share=f"{measure.x:,} / {measure.n:,}" if measure.n else "–",
        value=shown_below(
            measure.value, [cap.below for cap in method.caps if cap.measure == measure.id]
        )
        + ("%" if is_share and measure.value is not None else ""),
        interval=span(measure.low, measure.high),
        detail=_detail(measure, score),
        target="" if target is None else f"{shown(target)}%",
        target_origin=origin,
        verdict=VERDICTS[verdict] if measure.assessed else "none",
        verdict_word=str(WORDS[verdict]) if measure.assessed else _("not assessed"),
        weight=_weight(measure),
    )


def _weight(measure: Measure) -> str:
    if not measure.assessed:
        return f"– ({measure.weight})"
    if abs(measure.effective_weight - measure.weight) < 0.05 or not measure.effective_weight:
        return str(measure.weight)
    return f"{shown(measure.effective_weight)} ({measure.weight})"


def _detail(measure: Measure, score: Score) -> str:
    removal = score.removal
    if measure.id == "R2" and removal.f24 is not None and removal.f48 is not None:
        return _(
            "gone by 24 h: %(f24)s%%; median %(median)s",
            f24=in_hundred(removal.f24),
            median=in_hours(removal.median_hours, _("not reached")),
        )
    if measure.id == "R3" and removal.rmst_hours is not None:
        return _(
            "still up on average %(mean)s h of the first %(tau)s h (s.e. %(se)s)",
            mean=shown(removal.rmst_hours),
            tau=shown(removal.tau_hours, 0),
            se=shown(removal.se),
        )
    return ""


def target_of(id: str, month: str, method: Method) -> tuple[Fraction | int | None, str]:
    """The share asked for (0..100) and who asks for it: an outside target, else the method's cap."""
    valid = [
        target
        for target in method.targets_on(date.fromisoformat(f"{month}-01"))
        if target.measure == id and target.share is not None
    ]
    if valid:
        hardest = max(valid, key=lambda target: target.share or Fraction(0))
        return 100 * (hardest.share or Fraction(0)), origin_of(hardest.code)
    caps = [cap.below for cap in method.caps if cap.measure == id]
    return (max(caps), _("the method's own mark")) if caps else (None, "")


def strip_of(card: Scorecard, method: Method) -> list[charts.StripRow]:
    """Each measure with its interval and target, for the drawing."""
    rows, look = [], look_of(card)
    for id in MEASURES:
        measure, target = card.figures.measures[id], target_of(id, card.month, method)[0]
        aim = None if target is None else float(target)
        rows.append(
            charts.StripRow(
                id, measure.value, measure.low, measure.high, aim, _("not assessed"), look
            )
        )
    return rows


def look_of(card: Scorecard) -> charts.Look:
    """How the company is drawn, here as in every other chart."""
    return charts.kept_look(card.company.look)
