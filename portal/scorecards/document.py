"""What a card says, in words: the same for the page and for the document that is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from portal.companies import queries as companies
from portal.companies.models import Named
from portal.core import charts
from portal.core.calendar import month_end
from portal.core.clock import local_date
from portal.core.figures import rounded, shown, shown_below, span
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both, local, month_name, zone_label
from portal.core.i18n import gettext as _
from portal.dialogue.words import DialogueLine
from portal.institution import queries as institution
from portal.methodology import estimators
from portal.methodology.membership import Member, members
from portal.methodology.method import MEASURES, Method
from portal.methodology.score import BesideFact, Measure, Score
from portal.methodology.words import definition_of, name_of, origin_of
from portal.scorecards.annex import Quote, Section, Table, case_sections
from portal.scorecards.beside import PromiseLine, clock_rows, dialogue_parts, promise_lines
from portal.scorecards.certainty import Certainty, Peer, certainty_of
from portal.scorecards.inputs import Inputs, RegulatorFact
from portal.scorecards.models import Scorecard

SEOUL = "Asia/Seoul"
HALF = 0.5 - 1e-9
LEAST_TOLD = 0.005
"""A chance below this would be printed as nought."""
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
class Headline:
    """A figure for the first sight: what, how much, of how many and how sure, where its cases are."""

    term: str
    value: str
    note: str
    measure: str = ""
    count: int = 0
    """How many cases it counts, where it is a count."""
    of: int = 0
    """Of how many, where it is a share."""


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
    timely: list[list[int]]
    clocks: list[Clock]
    beside: list[Headline]
    excluded: list[Out]
    flagged: str
    definitions: list[Pair]
    promises: list[PromiseLine]
    dialogue: list[tuple[str, list[DialogueLine]]]


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
    mark: str
    """How the company is drawn in every chart."""
    month: str
    version: int
    methodology: str
    status: str
    as_of: str
    cohort: str
    figures: Figures
    certainty: Certainty | None
    copy_name: str
    copy_note: str
    said: Section
    annex: list[Section]
    cases_mark: str
    inputs_hash: str


def printed(
    card: Scorecard,
    *,
    language: str,
    at: datetime,
    for_company: bool = True,
    peers: Sequence[Peer] = (),
) -> PrintedCard:
    """The card as a document, in the language that is spoken, which is `language`."""
    ours = institution.on(local_date(at))
    inputs = held_by(card)
    called = named(card)
    shown_figures = figures(card, card.method, ON_PAPER)
    said = comment_of(card)
    annex = _annex(card, shown_figures, inputs, for_company)
    other = "en" if language == "ko" else "ko"
    name = both(called, "name")
    return PrintedCard(
        doc_no=f"{called.name_en} S-{card.month}",
        doc_title=_("Scorecard of %(company)s", company=name),
        doc_lead=_("Requests and promises of %(month)s", month=month_name(card.month)),
        org_name=getattr(ours, f"name_{language}", ""),
        org_name_other=getattr(ours, f"name_{other}", ""),
        made_at_text=local(at),
        draft_word=_("DRAFT"),
        company=name,
        mark=charts.swatch(look_of(card), name),
        month=month_name(card.month),
        version=card.version,
        methodology=card.methodology,
        status=_(card.status.value),
        as_of=f"{local(card.as_of, 'instant', SEOUL)} {zone_label(card.as_of, SEOUL)}",
        cohort="; ".join(
            (
                _(
                    "Requests delivered in %(month)s (Korean time), as they stood at the as-of instant",
                    month=month_name(card.month),
                ),
                *renaming(card),
                *platform_changes(card),
            )
        ),
        figures=shown_figures,
        certainty=certainty(card, inputs, peers),
        copy_name="",
        copy_note="",
        said=said,
        annex=annex,
        cases_mark=next(one.mark for one in annex if one.id == CASES),
        inputs_hash=card.inputs_hash or "",
    )


def named(card: Scorecard) -> Named:
    """The company under the name that it had at the end of the card's month."""
    return companies.name_on(card.company, month_end(card.month))


def renaming(card: Scorecard) -> list[str]:
    """The name that the company gave up in the card's month, in words."""
    changed = companies.renaming_of(card.company, card.month)
    return [] if changed is None else [changed.words]


def platform_changes(card: Scorecard) -> list[str]:
    """The platforms that came to the company or left it in the card's month, in words."""
    return [one.words for one in companies.changes_in(card.month).get(card.company_id, [])]


def held_by(card: Scorecard) -> Inputs:
    """The facts a card holds; a card without any has no cases to show."""
    if card.inputs is not None:
        return Inputs.from_dict(card.inputs)
    return Inputs(
        company="", month=card.month, as_of=card.as_of, method=card.method, requests=(), police=(),
        actions=(), beside=BesideFact(), regulator=RegulatorFact(),
    )  # fmt: skip


def certainty(
    card: Scorecard, inputs: Inputs | None = None, peers: Sequence[Peer] = ()
) -> Certainty:
    """The second page: how sure the grade is."""
    return certainty_of(
        card, card.method, inputs or held_by(card), strip_of(card, card.method), peers
    )


# The annex

CASES = "cases"
SHORT = 300
"""So many letters of a comment stand on the second page; a longer one stands in the annex alone."""


def comment_of(card: Scorecard) -> Section:
    """What the company says of its card, word for word, or why it says nothing."""
    quotes, note = [], ""
    by = f"{card.commented_by}, {local(card.commented_at)}"
    if card.comment or card.remarks:
        quotes = [Quote(card.comment, by)] if card.comment else []
        quotes += [Quote(one.text, f"{one.term}. {by}") for one in remarks(card)]
    elif card.unasked_reason:
        note = _("The company was not asked. Reason: %(reason)s", reason=card.unasked_reason)
    elif card.is_binding:
        note = _("The company made no comment by %(when)s.", when=local(card.reply_due_at))
    else:
        note = _("No comment yet.")
    return Section("comment", _("Comment of the company"), quotes=quotes, note=note)


def own_count_of(card: Scorecard) -> Section:
    """The company's own count beside ours, and how the differences were decided."""
    title, count = _("The company's own count"), card.details.get("reconciliation")
    if count is None:
        note = _("The company filed no count of its own for this month.")
        return Section("own-count", title, note=note)
    said = _(
        "The company's own count: %(theirs)s requests, ours: %(ours)s. Differences: %(differences)s;"
        " decided for the company %(company)s, for us %(regulator)s, neither or unclear %(unclear)s,"
        " open %(open)s.",
        theirs="–" if count["theirs"] is None else f"{count['theirs']:,}",
        ours=f"{count['ours']:,}",
        **{
            name: f"{count[name]:,}"
            for name in ("differences", "company", "regulator", "unclear", "open")
        },
    )
    if not count["is_listed"]:
        said += " " + _("It has totals only and names no request.")
    return Section("own-count", title, lead=said)


def sections_of(card: Scorecard) -> list[Section]:
    """What was said and decided about the card, in the order in which it is printed."""
    return [
        section
        for section in (comment_of(card), _corrections(card), _changes(card), own_count_of(card))
        if section is not None
    ]


def remarks(card: Scorecard) -> list[Pair]:
    """The company's words on single measures, in the order of the table."""
    return [
        Pair(f"{id} {name_of(id)}", card.remarks[id]) for id in MEASURES if card.remarks.get(id)
    ]


def _corrections(card: Scorecard) -> Section | None:
    """What the company asked to be corrected, what was decided, and why."""
    rows = [
        [
            " ".join(part for part in (one.measure, one.case_no) if part),
            f"{one.what} – {one.why}",
            _(one.status.value),
            one.answer,
            f"{one.decided_by}, {local(one.decided_at)}" if one.decided_at else "",
        ]
        for one in card.corrections
    ]
    if not rows:
        return None
    heads = [_("Concerning"), _("What and why"), _("Decision"), _("Reason"), _("By")]
    title = _("Corrections the company asked for")
    return Section("corrections", title, tables=[Table(heads, rows)])


@dataclass(frozen=True)
class Change:
    """A figure that a correction changed."""

    what: str
    before: str
    after: str


def changes(card: Scorecard) -> list[Change]:
    """The figures that a correction changed, before and after."""
    words = {
        "letter": _("Grade"), "score": _("Score"), "requests": _("Requests in the cohort"),
        "excluded": _("Left out, with reason"), "median_hours": _("Median hours to removal"),
    }  # fmt: skip
    return [
        Change(words.get(one["what"], one["what"]), _figure(one["before"]), _figure(one["after"]))
        for one in card.changes or ()
    ]


def _figure(value: Any) -> str:
    """A figure to two places, so that a small correction is seen; a count or a letter as it is."""
    return shown(value, 2) if isinstance(value, float) else "–" if value is None else str(value)


def _changes(card: Scorecard) -> Section | None:
    """What a later version corrects, why, and the figures before and after."""
    rows = [[one.what, one.before, one.after] for one in changes(card)]
    if not rows and not card.correction_reason:
        return None
    table = Table([_("Figure"), _("Before"), _("After")], rows, numeric=[1, 2])
    return Section(
        "changes", _("What was corrected"), lead=card.correction_reason,
        tables=[table] if rows else [], note="" if rows else _("No figure changed."),
    )  # fmt: skip


def _annex(card: Scorecard, told: Figures, inputs: Inputs, for_company: bool) -> list[Section]:
    """Everything behind the two pages, each section with its letter."""
    said = [
        one
        for one in sections_of(card)
        # A short comment stands whole on the second page.
        if one.id != "comment" or sum(len(quote.text) for quote in one.quotes) > SHORT
    ]
    upper = [*said, _cases(), _left_out(told), _definitions(told)]
    lettered = [replace(one, mark=chr(ord("A") + place)) for place, one in enumerate(upper)]
    sections = []
    for one in lettered:
        sections.append(one)
        if one.id == CASES:
            sections += case_sections(members_of(inputs, for_company=for_company), one.mark)
    return sections


def members_of(inputs: Inputs, *, for_company: bool) -> dict[str, tuple[Member, ...]]:
    """By measure every case and how it counts; a company is not told of access blocks."""
    found = members(
        month=inputs.month,
        as_of=inputs.as_of,
        method=inputs.method,
        requests=inputs.requests,
        police=inputs.police,
        actions=inputs.actions,
    )
    if not for_company:
        return found
    return {id: tuple(one for one in every if one.why != "block") for id, every in found.items()}


def _cases() -> Section:
    return Section(
        CASES,
        _("The cases behind each figure"),
        lead=_(
            "x is what counts as done, n what could have been done. The attached cases.csv names"
            " every case with its part in each measure."
        ),
    )


def _left_out(told: Figures) -> Section:
    rows = [[one.number, one.reason, one.by] for one in told.excluded]
    heads = [_("Request"), _("Reason"), _("Second person")]
    return Section(
        "left-out",
        _("Left out of the cohort"),
        tables=[Table(heads, rows)] if rows else [],
        note="" if rows else _("No request was left out."),
        words=[
            _("Clock from the issue, for want of proof of delivery: %(numbers)s",
              numbers=told.flagged)
        ] if told.flagged else [],
    )  # fmt: skip


def _definitions(told: Figures) -> Section:
    return Section(
        "definitions",
        _("Definitions"),
        tables=[
            Table(
                [],
                [
                    *([f"{one.id} {one.name}", one.definition] for one in told.lines),
                    *([pair.term, pair.text] for pair in told.definitions),
                ],
            )
        ],
    )


ON_SCREEN = (420.0, 420.0)
ON_PAPER = (380.0, 300.0)
"""Widths of the charts (removal curve, in time) that make their letters as large as text."""


def figures(card: Scorecard, method: Method, widths: tuple[float, float] = ON_SCREEN) -> Figures:
    """The figures of a card in words, in the language that is spoken."""
    score, details = card.figures, card.details
    company = both(named(card), "name")
    lines = [_line(score.measures[id], score, method) for id in MEASURES]
    drawn = details.get("uncertainty")
    return Figures(
        letter=score.letter or "",
        label=score.label,
        label_word=_(score.label) if score.label else "",
        score=shown_below(score.score, [band.at_least for band in method.bands]),
        score_interval=span(drawn["low"], drawn["high"]) if drawn else "",
        requests=shown(score.beside["requests"], 0),
        why=why(score, method, drawn),
        headlines=_headlines(score, lines, details),
        lines=lines,
        removal_chart=_removal_chart(score, method, look_of(card), widths[0])
        if score.removal.f48 is not None
        else "",
        removal_words=_removal_words(score, method),
        timely=[list(counts) for counts in details.get("timely", {}).values()],
        timely_chart=_timely_chart(details.get("timely", {}), company, widths[1]),
        clocks=_clocks(score, details),
        beside=_beside(score, method),
        excluded=[Out(one.number, _(one.reason), one.by or "–") for one in score.excluded],
        flagged=", ".join(score.flagged),
        definitions=definitions(method, score.month),
        promises=promise_lines(details.get("promises", ()), score.month),
        dialogue=dialogue_parts(details.get("dialogue"), score.month),
    )


# The grade and why


def why(score: Score, method: Method, drawn: dict[str, Any] | None) -> list[str]:
    """Sentences that say where the letter, or its absence, comes from; the first is the answer."""
    sentences = [_first_reason(score, method)]
    if drawn is not None and score.letter is not None:
        sentences.append(_chances(drawn, score.letter))
    if score.cap is not None:
        cap = next(cap for cap in method.caps if cap.code == score.cap)
        sentences.append(
            _(
                "%(measure)s is %(value)s, below %(edge)s: whatever the score, the letter is at most"
                " %(letter)s.",
                measure=cap.measure,
                value=shown_below(score.measures[cap.measure].value, [cap.below]),
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
    if missing and score.label == "not_graded":
        sentences.append(
            _(
                "Not assessed, for want of cases: %(measures)s; %(weight)s of the 100 points of weight"
                " remain.",
                measures=", ".join(missing),
                weight=sum(method.points(id) for id in MEASURES if id not in missing),
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
        score=shown_below(score.score, [band.at_least for band in method.bands]),
        letter=band.letter,
        edge=band.at_least,
    )


def _chances(drawn: dict[str, Any], letter: str) -> str:
    """How sure the letter is, and what else it might be, in the words of the draws."""
    others = [
        f"{other} {shown(100 * chance, 0)}%"
        for other, chance in drawn["letters"].items()
        if other != letter and chance >= LEAST_TOLD
    ]
    if not others:
        return _("The figures leave no doubt about the letter %(letter)s.", letter=letter)
    return _(
        "On these numbers the letter is %(letter)s with a chance of %(chance)s%%;"
        " otherwise %(others)s.",
        letter=letter,
        chance=shown(100 * drawn["letters"][letter], 0),
        others=", ".join(others),
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


def look_of(card: Scorecard) -> charts.Look:
    """How the company is drawn, here as in every other chart."""
    return charts.kept_look(card.company.look)


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
    if not any(row.in_time or row.late or row.open for row in rows):
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


# Beside the index


def _hours(value: float | int | None, otherwise: str = "–") -> str:
    return otherwise if value is None else _("%(hours)s h", hours=shown(value))


def _clocks(score: Score, details: dict[str, Any]) -> list[Clock]:
    regulator = details.get("regulator", {})
    timely = details.get("timely", {})
    if "clocks" in details:  # what was due and done in time stands in the chart above
        return [Clock(*row) for row in clock_rows(score, details)]
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


def _headlines(score: Score, lines: Sequence[Line], details: dict[str, Any]) -> list[Headline]:
    """What is read at first sight: R2, the oldest open request, and one clock of each side."""
    removed = next(line for line in lines if line.id == "R2")
    beside, n = score.beside, int(score.beside["requests"] or 0)
    delays = details.get("regulator", {})
    return [
        Headline(
            removed.name,
            removed.value,
            _("%(share)s, interval %(span)s: %(verdict)s", share=removed.share.replace(" ", "\u00a0"),
              span=removed.interval, verdict=removed.verdict_word),
            "R2",
        ),
        Headline(
            _("Oldest request without an answer"),
            _age(beside["oldest_open_hours"]),
            _("%(share)s without a substantive answer", share=_part(beside["open"], n)),
            "R1",
        ),
        Headline(
            _("Delivery to removal: half gone after"),
            _hours(score.removal.median_hours, _("not reached")),
            _("interval %(span)s, n = %(n)s", span=_median_span(score), n=n),
            "R3",
        ),
        Headline(
            _("The commission: intake to issue"),
            _hours(delays.get("intake_to_issue_hours")),
            _("median; issue to delivery %(hours)s",
              hours=_hours(delays.get("issue_to_delivery_hours"))),
        ),
    ]  # fmt: skip


def _age(hours: float | int | None) -> str:
    """Hours, or days once there are three of them."""
    if hours is None or hours < 72:
        return _hours(hours)
    return _("%(days)s days", days=shown(hours / 24))


def _part(x: float | int | None, n: int) -> str:
    return "–" if x is None or not n else f"{shown(x, 0)} / {shown(n, 0)}"


def _median_span(score: Score) -> str:
    """The interval of the median: where the bounds of the curve reach one half.

    Brookmeyer and Crowley 1982, Biometrics 38:29; the bounds are those of the curve itself.
    """
    ends = [
        next((point.hours for point in score.removal.curve if share(point) >= HALF), None)
        for share in (lambda point: point.high, lambda point: point.low)
    ]
    if ends[0] is None:
        return "–"
    return f"{shown(ends[0])}–{_hours(ends[1], _('not reached'))}"


def _beside(score: Score, method: Method) -> list[Headline]:
    beside, n = score.beside, int(score.beside["requests"] or 0)
    disputed = beside["share_disputed"]
    counts = [
        (_("Left out, with reason"), beside["excluded"], 0),
        (_("Access blocks in Korea"), beside["blocks"], 0),
        (_("Geo-restrictions"), beside["restrictions"], n),
        (_("Refusals"), beside["refusals"], n),
        (_("Still up when checked"), beside["still_up"], n),
        (
            _("Disputed by the company"),
            None if disputed is None else int(rounded(disputed * n, 0)),
            n,
        ),
    ]
    return [
        Headline(_("Requests in the cohort"), shown(n, 0), "", count=n),
        *(
            Headline(
                term,
                _part(x, of) if of else shown(x, 0),
                _share_span(x, of, method),
                count=int(x or 0),
                of=of,
            )
            for term, x, of in counts
        ),
        Headline(
            _("Consultations held, attended"),
            f"{beside['consultations_held']}, {beside['consultations_attended']}",
            "",
        ),
    ]


def _share_span(x: Any, n: int, method: Method) -> str:
    bounds = estimators.wilson(int(x), n, method.z) if x is not None and n else None
    return "" if bounds is None else f"{span(100 * bounds.low, 100 * bounds.high)}%"


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
