"""What a card says, in words: the same for the page and for the document that is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from portal.core import charts
from portal.core.clock import local_date
from portal.core.figures import rounded, shown
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both, local, month_name, spoken, zone_label
from portal.core.i18n import gettext as _
from portal.institution import queries as institution
from portal.methodology import estimators
from portal.methodology.method import MEASURES, Method
from portal.methodology.score import Measure, Score
from portal.methodology.words import definition_of, name_of, origin_of
from portal.scorecards.models import Scorecard

SEOUL = "Asia/Seoul"
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


@dataclass(frozen=True)
class Pair:
    """A term and what is said of it."""

    term: str
    text: str


@dataclass(frozen=True)
class Clock:
    """The same question asked of both sides."""

    question: str
    company: str
    institution: str


@dataclass(frozen=True)
class Out:
    """One request out of the cohort."""

    number: str
    reason: str
    by: str


@dataclass(frozen=True)
class Choice:
    """What another choice of weights gives."""

    name: str
    score: str
    letters: str


@dataclass(frozen=True)
class Figures:
    """Everything a reader is shown of a card, in the reader's language."""

    letter: str
    label: str
    label_word: str
    score: str
    score_interval: str
    requests: int
    why: list[str]
    lines: list[Line]
    removal_chart: str
    removal_words: str
    timely_chart: str
    strip_chart: str
    clocks: list[Clock]
    beside: list[Pair]
    uncertainty: str
    letters: list[Pair]
    sensitivity: list[Choice]
    excluded: list[Out]
    flagged: str
    definitions: list[Pair]


@dataclass(frozen=True)
class PrintedCard:
    """The card as a document in one language."""

    doc_no: str
    doc_title: str
    doc_lead: str
    org_name: str
    org_name_other: str
    made_at_text: str
    draft_word: str
    company: str
    month: str
    version: int
    methodology: str
    status: str
    as_of: str
    cohort: str
    figures: Figures
    comment: str
    comment_by: str
    unasked: str
    reply_due: str
    inputs_hash: str


def printable(card: Scorecard, *, language: str, at: datetime) -> dict[str, Any]:
    """The card as content of a document in one language."""
    with spoken(language):
        return asdict(_printed(card, language, at))


def _printed(card: Scorecard, language: str, at: datetime) -> PrintedCard:
    ours = institution.on(local_date(at))
    other = "en" if language == "ko" else "ko"
    name = both(card.company, "name")
    return PrintedCard(
        doc_no=f"{card.company.name_en} S-{card.month}",
        doc_title=_("Scorecard of %(company)s", company=name),
        doc_lead=_("Requests and promises of %(month)s", month=month_name(card.month)),
        org_name=getattr(ours, f"name_{language}", ""),
        org_name_other=getattr(ours, f"name_{other}", ""),
        made_at_text=local(at),
        draft_word=_("DRAFT"),
        company=name,
        month=month_name(card.month),
        version=card.version,
        methodology=card.methodology,
        status=_(card.status.value),
        as_of=f"{local(card.as_of, 'instant', SEOUL)} {zone_label(card.as_of, SEOUL)}",
        cohort=_(
            "Requests delivered in %(month)s (Korean time), as they stood at the as-of instant",
            month=month_name(card.month),
        ),
        figures=figures(card, card.method, ON_PAPER),
        comment=card.comment,
        comment_by=_comment_by(card),
        unasked=card.unasked_reason,
        reply_due=local(card.reply_due_at) if card.reply_due_at else "",
        inputs_hash=card.inputs_hash or "",
    )


def _comment_by(card: Scorecard) -> str:
    if not card.comment:
        return ""
    return f"{card.commented_by}, {local(card.commented_at)}"


ON_SCREEN = (420.0, 420.0, 420.0)
ON_PAPER = (380.0, 300.0, 340.0)
"""Widths of the charts (removal curve, in time, strip) that make their letters as large as text."""


def figures(
    card: Scorecard, method: Method, widths: tuple[float, float, float] = ON_SCREEN
) -> Figures:
    """The figures of a card in words, in the language that is spoken."""
    score, details = card.figures, card.details
    company = both(card.company, "name")
    lines = [_line(score.measures[id], score, method) for id in MEASURES]
    drawn = details.get("uncertainty")
    return Figures(
        letter=score.letter or "",
        label=score.label,
        label_word=_(score.label) if score.label else "",
        score=shown(score.score) if score.score is not None else "–",
        score_interval=_span(drawn["low"], drawn["high"]) if drawn else "",
        requests=int(score.beside["requests"] or 0),
        why=why(score, method),
        lines=lines,
        removal_chart=_removal_chart(score, method, widths[0])
        if score.removal.f48 is not None
        else "",
        removal_words=_removal_words(score, method),
        timely_chart=_timely_chart(details.get("timely", {}), company, widths[1]),
        strip_chart=_strip_chart(lines, score, method, widths[2]),
        clocks=_clocks(score, details),
        beside=_beside(score),
        uncertainty=_uncertainty(drawn, method),
        letters=_letters(drawn, method),
        sensitivity=_sensitivity(details.get("sensitivity", [])),
        excluded=[Out(one.number, _(one.reason), one.by or "–") for one in score.excluded],
        flagged=", ".join(score.flagged),
        definitions=definitions(method, score.month),
    )


# The grade and why


def why(score: Score, method: Method) -> list[str]:
    """Sentences that say where the letter, or its absence, comes from; the first is the answer."""
    sentences = [_first_reason(score, method)]
    if score.cap is not None:
        cap = next(cap for cap in method.caps if cap.code == score.cap)
        sentences.append(
            _(
                "%(measure)s is %(value)s, below %(edge)s: whatever the score, the letter is at most"
                " %(letter)s.",
                measure=cap.measure,
                value=shown(score.measures[cap.measure].value),
                edge=cap.below,
                letter=cap.at_most,
            )
        )
    if score.label == "provisional":
        sentences.append(_provisional(score, method))
    lost = _lost(score)
    if lost:
        sentences.append(_("Most points were lost on %(measures)s.", measures=_and(lost)))
    missing = [id for id in MEASURES if not score.measures[id].assessed]
    if missing and score.score is not None:
        sentences.append(
            _(
                "Not assessed, for want of cases: %(measures)s; the weight is shared out among the"
                " others.",
                measures=", ".join(missing),
            )
        )
    return sentences


def _first_reason(score: Score, method: Method) -> str:
    n = score.beside["requests"]
    if score.label == "insufficient_data":
        return _(
            "Insufficient data: %(n)s requests, fewer than %(least)s. Figures are shown, no letter"
            " is given.",
            n=n,
            least=method.insufficient_below,
        )
    if score.score is None or score.letter is None:
        return _(
            "Not graded: %(required)s must be assessed, and at least %(weight)s of the 100 points of"
            " weight.",
            required=_and(list(method.required)),
            weight=method.minimum_weight,
        )
    band = next(band for band in method.bands if score.score >= band.at_least - 1e-9)
    return _(
        "The score %(score)s lies in band %(letter)s (%(edge)s or more).",
        score=shown(score.score),
        letter=band.letter,
        edge=band.at_least,
    )


def _provisional(score: Score, method: Method) -> str:
    n = int(score.beside["requests"] or 0)
    if n < method.provisional_below:
        return _(
            "The letter is provisional: %(n)s requests, fewer than %(least)s.",
            n=n,
            least=method.provisional_below,
        )
    return _(
        "The letter is provisional: the interval of R2 reaches more than %(half)s points to each"
        " side on average.",
        half=method.provisional_half_width,
    )


def _lost(score: Score) -> list[str]:
    """The two measures that cost the most points, if they cost at least one."""
    losses = sorted(
        (
            (measure.effective_weight * (100 - measure.value) / 100, id)
            for id, measure in score.measures.items()
            if measure.value is not None and measure.effective_weight
        ),
        reverse=True,
    )
    return [
        _(
            "%(measure)s (%(lost)s of %(weight)s)",
            measure=id,
            lost=shown(points),
            weight=shown(score.measures[id].effective_weight),
        )
        for points, id in losses[:2]
        if points >= 1
    ]


def _and(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(first)s and %(last)s", first=", ".join(words[:-1]), last=words[-1])


# The table


def _line(measure: Measure, score: Score, method: Method) -> Line:
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
        value=shown(measure.value) + ("%" if is_share and measure.value is not None else ""),
        interval=_span(measure.low, measure.high),
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


def _span(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{shown(low)}–{shown(high)}"


def _detail(measure: Measure, score: Score) -> str:
    removal = score.removal
    if measure.id == "R2" and removal.f24 is not None and removal.f48 is not None:
        return _(
            "gone by 24 h: %(f24)s%%; median %(median)s",
            f24=shown(100 * removal.f24),
            median=_hours(removal.median_hours, _("not reached")),
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


# Charts


def _percent(value: float) -> str:
    return f"{shown(100 * value, 0)}%"


def _points(value: float) -> str:
    return shown(value, 1 if value % 1 else 0)


def _removal_chart(score: Score, method: Method, width: float) -> str:
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
            width=width,
            height=max(136.0, width * 0.36),
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
        f24=shown(100 * removal.f24),
        first=method.answer_hours,
        f48=shown(100 * removal.f48),
        second=method.removal_hours,
        median=_hours(removal.median_hours, _("not reached")),
    )


def _timely_chart(timely: dict[str, Any], company: str, width: float) -> str:
    labels = {
        "R1": _("R1 answers"),
        "R5": _("R5 police"),
        "R6": _("R6 action items"),
        "regulator": _("The commission's own"),
    }
    rows = [charts.TimelyRow(label, *timely.get(key, (0, 0, 0))) for key, label in labels.items()]
    if not any(sum(row[1:]) for row in rows):
        return ""
    return str(
        charts.in_time_chart(
            rows,
            title=_("What was due in the month: in time, late, still open"),
            description="; ".join(
                _(
                    "%(label)s: %(in_time)s in time, %(late)s late, %(open)s open",
                    label=row.label,
                    in_time=row.in_time,
                    late=row.late,
                    open=row.open,
                )
                for row in rows
            ),
            words=(_("in time"), _("late"), _("still open")),
            width=width,
        )
    )


def _strip_chart(lines: Sequence[Line], score: Score, method: Method, width: float) -> str:
    rows = []
    for line in lines:
        measure = score.measures[line.id]
        target = target_of(line.id, score.month, method)[0]
        rows.append(
            charts.StripRow(
                line.id,
                measure.value,
                measure.low,
                measure.high,
                None if target is None else float(target),
                _("not assessed"),
            )
        )
    return str(
        charts.interval_strip(
            rows,
            title=_("Each measure with its 95 per cent interval"),
            description="; ".join(
                f"{line.id} {line.value} ({line.interval}) {line.verdict_word}" for line in lines
            ),
            limits=(0, 100),
            format=lambda value: shown(value, 0) if value % 1 == 0 else shown(value),
            width=width,
        )
    )


# Beside the index


def _hours(value: float | int | None, otherwise: str = "–") -> str:
    return otherwise if value is None else _("%(hours)s h", hours=shown(value))


def _clocks(score: Score, details: dict[str, Any]) -> list[Clock]:
    regulator = details.get("regulator", {})
    timely = details.get("timely", {})
    return [
        Clock(
            _("Median time on a request"),
            _(
                "delivery to removal: %(hours)s",
                hours=_hours(score.removal.median_hours, _("not reached")),
            )
            if score.removal.f48 is not None
            else "–",
            _(
                "intake to issue: %(issue)s; issue to delivery: %(delivery)s",
                issue=_hours(regulator.get("intake_to_issue_hours")),
                delivery=_hours(regulator.get("issue_to_delivery_hours")),
            ),
        ),
        Clock(
            _("Action items due in the month, done in time"),
            _of(timely.get("R6")),
            _of(timely.get("regulator")),
        ),
    ]


def _of(parts: Sequence[int] | None) -> str:
    return "–" if not parts or not sum(parts) else f"{parts[0]} / {sum(parts)}"


def _beside(score: Score) -> list[Pair]:
    beside = score.beside
    return [
        Pair(_("Requests in the cohort"), shown(beside["requests"], 0)),
        Pair(_("Left out, with reason"), shown(beside["excluded"], 0)),
        Pair(_("Access blocks in Korea"), shown(beside["blocks"], 0)),
        Pair(_("Geo-restrictions"), shown(beside["restrictions"], 0)),
        Pair(_("Refusals"), shown(beside["refusals"], 0)),
        Pair(_("Still up when checked"), shown(beside["still_up"], 0)),
        Pair(_("Without a substantive answer"), shown(beside["open"], 0)),
        Pair(_("Age of the oldest of these"), _hours(beside["oldest_open_hours"])),
        Pair(_("Disputed by the company, of all"), _disputed(beside)),
        Pair(
            _("Consultations held, attended"),
            f"{beside['consultations_held']}, {beside['consultations_attended']}",
        ),
    ]


def _disputed(beside: Mapping[str, Any]) -> str:
    n, share = int(beside["requests"] or 0), beside["share_disputed"]
    if share is None:
        return "–"
    return f"{rounded(share * n, 0)} / {n:,} ({shown(100 * share)}%)"


# The second page


def _uncertainty(drawn: dict[str, Any] | None, method: Method) -> str:
    if drawn is None:
        return _("No score, so nothing was drawn.")
    return _(
        "95 per cent of %(draws)s seeded draws of the score lie between %(low)s and %(high)s."
        " Proportions are drawn from Beta(x + 1/2, n - x + 1/2), R3 from a normal distribution. Seed:"
        " %(seed)s.",
        draws=f"{drawn['draws']:,}",
        low=shown(drawn["low"]),
        high=shown(drawn["high"]),
        seed=drawn["seed"],
    )


def _letters(drawn: dict[str, Any] | None, method: Method) -> list[Pair]:
    if drawn is None or not drawn["letters"]:
        return []
    return [
        Pair(band.letter, f"{shown(100 * drawn['letters'].get(band.letter, 0))}%")
        for band in method.bands
    ]


def _sensitivity(runs: Sequence[dict[str, Any]]) -> list[Choice]:
    if not runs or runs[0]["score"] is None:
        return []
    by_name = {run["name"]: run for run in runs}
    changed = [run for run in runs if run["name"].endswith(("_x0.75", "_x1.25"))]
    choices = [
        _choice(_("As the method says"), [by_name["base"]]),
        _choice(_("Each weight a quarter less, a quarter more (12 runs)"), changed),
        _choice(_("Equal weights"), [by_name["equal"]]),
        *(
            _choice(_("Without %(measure)s", measure=id), [by_name[f"without_{id}"]])
            for id in MEASURES
        ),
        _choice(_("Geometric mean, floor 1"), [by_name["geometric"]]),
    ]
    return [choice for choice in choices if choice.score]


def _choice(name: str, runs: Sequence[dict[str, Any]]) -> Choice:
    scores = sorted(run["score"] for run in runs if run["score"] is not None)
    letters = sorted({run["letter"] for run in runs if run["letter"]})
    if not scores:
        return Choice(name, "", "")
    low, high = shown(scores[0]), shown(scores[-1])
    return Choice(name, low if low == high else f"{low}–{high}", ", ".join(letters) or "–")


# Definitions


def definitions(method: Method, month: str) -> list[Pair]:
    """The terms on the card, and the origin of the marks in time."""
    marks = [
        Pair(
            _("%(measure)s, %(hours)s h", measure=target.measure, hours=target.hours),
            origin_of(target.code)
            + (f" ({shown(100 * target.share)}%)" if target.share is not None else ""),
        )
        for target in method.targets_on(date.fromisoformat(f"{month}-01"))
    ]
    return [
        Pair(
            _("Cohort and clock"),
            _(
                "Requests delivered in the month, followed for %(hours)s hours after its end. The"
                " clock starts with proof of delivery, else with the issue (flagged), and never"
                " pauses. Refused, ignored and still visible requests stay in the denominator.",
                hours=method.followup_hours,
            ),
        ),
        Pair(
            _("Interval"),
            _(
                "95 per cent: Wilson for shares, log-log with Greenwood's variance for R2, normal for"
                " R3."
            ),
        ),
        Pair(
            _("Verdict"),
            _(
                "Met when the whole interval reaches the target, not met when none of it does, else"
                " not shown."
            ),
        ),
        Pair(
            _("Score"),
            _("The mean of the assessed measures, weighted; nothing is imputed."),
        ),
        *(
            [Pair(_("Origin of the marks"), "; ".join(f"{m.term}: {m.text}" for m in marks))]
            if marks
            else []
        ),
    ]
