"""The second page of a card: how sure the grade is, and what other choices would have given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from portal.core import charts
from portal.core.figures import in_hundred, percent, shown, shown_below, span
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.methodology import estimators
from portal.methodology.chances import in_whole
from portal.methodology.cohort import Followed, followed
from portal.methodology.method import MEASURES, Method
from portal.methodology.score import Score
from portal.methodology.sensitivity import sensitivity
from portal.methodology.standardisation import Standardised, standardise
from portal.methodology.strata import PARTS, removed_by, surfaces
from portal.scorecards.inputs import Inputs
from portal.scorecards.models import Scorecard

SURE = 0.05
"""Below this chance the log-rank test is read as a difference."""
MIX = {"surface": _l("By surface"), "legal_ground": _l("By legal ground")}
STRATA = {"account": _l("the account itself")}
"""A surface whose code means something else where measures are meant."""
WIDTH = 330.0
FEW = 3
"""So many choices of weights are named; more are counted."""


@dataclass(frozen=True)
class Choice:
    """What another choice of weights gives."""

    name: str
    score: str
    letters: str
    rank: str = ""


@dataclass(frozen=True)
class Stratum:
    """One part of the cohort: gone in time, of how many."""

    name: str
    share: str
    value: str
    interval: str


@dataclass(frozen=True)
class Mix:
    """The cohort by one division; `standardised` only where all companies may be compared."""

    title: str
    strata: list[Stratum]
    standardised: str


@dataclass(frozen=True)
class Rank:
    """From which to which place the company may stand, on one measure or by the score."""

    name: str
    place: str


@dataclass(frozen=True)
class Certainty:
    """The second page in words and drawings."""

    uncertainty: str
    letters_chart: str
    strip_chart: str
    runs_chart: str
    choices: list[Choice]
    real: str
    mixes: list[Mix]
    curves: str
    ranks: list[Rank]
    rank_note: str


class Peer(NamedTuple):
    """Another card of the same month and method: what the regulator alone may hold beside this."""

    score: Score
    cases: tuple[Followed, ...]


def certainty_of(
    card: Scorecard,
    method: Method,
    inputs: Inputs,
    strip: Sequence[charts.StripRow],
    peers: Sequence[Peer] = (),
) -> Certainty:
    """How sure the card is, in the language that is spoken.

    `peers` are the other cards of the month, for the regulator's copy: a company that read its rank
    or the mix of all requests would learn that others have a card.
    """
    score, drawn = card.figures, card.details.get("uncertainty")
    look = charts.kept_look(card.company.look)
    own = followed(inputs.requests, month=inputs.month, as_of=inputs.as_of)
    ranked = _ranked_runs(score, peers, method) if peers else {}
    choices = _choices(card.details.get("sensitivity", []), score, ranked, method)
    return Certainty(
        uncertainty=_uncertainty(drawn),
        letters_chart=_letters_chart(drawn, score, look),
        strip_chart=_strip_chart(strip),
        runs_chart=_runs_chart(choices, method, look),
        choices=[one.words for one in choices],
        real=_real(choices, score),
        mixes=[_mix(part, own, score.company, peers, method) for part in PARTS] if own else [],
        curves=_curves(own),
        ranks=_ranks(score, peers, ranked),
        rank_note=_rank_note(peers),
    )


# The score's interval, and the letters


def _uncertainty(drawn: Mapping[str, Any] | None) -> str:
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


def _letters_chart(drawn: Mapping[str, Any] | None, score: Score, look: charts.Look) -> str:
    chances = in_whole(drawn["letters"]) if drawn else {}
    if not chances:
        return ""
    return str(
        charts.share_bar(
            [(letter, chance / 100) for letter, chance in chances.items()],
            chosen=score.letter or "",
            title=_("How likely each letter is"),
            description="; ".join(f"{letter} {chance}%" for letter, chance in chances.items()),
            look=look,
            width=WIDTH,
        )
    )


def _strip_chart(rows: Sequence[charts.StripRow]) -> str:
    return str(
        charts.interval_strip(
            rows,
            title=_("Each measure with its 95 per cent interval"),
            description="; ".join(
                f"{row.label} {shown(row.value)} ({span(row.low, row.high)})" for row in rows
            ),
            limits=(0, 100),
            format=lambda value: shown(value, 0) if value % 1 == 0 else shown(value),
            words=(_("met or no target"), _("not shown"), _("not met")),
            width=WIDTH,
        )
    )


# Other choices of weights


class _Chosen(NamedTuple):
    words: Choice
    low: float
    high: float


def _ranked_runs(score: Score, peers: Sequence[Peer], method: Method) -> dict[str, tuple[int, int]]:
    everyone = [score, *(peer.score for peer in peers)]
    return {
        run.name: run.ranks[score.company]
        for run in sensitivity(everyone, method=method)
        if score.company in run.ranks
    }


def _choices(
    runs: Sequence[Mapping[str, Any]],
    score: Score,
    ranked: Mapping[str, tuple[int, int]],
    method: Method,
) -> list[_Chosen]:
    if not runs or runs[0]["score"] is None:
        return []
    by_name = {run["name"]: run for run in runs}
    assessed = [id for id in MEASURES if score.measures[id].assessed]
    plans = [
        (_("As the method says"), ["base"]),
        *((f"{id} × 0.75, × 1.25", [f"{id}_x0.75", f"{id}_x1.25"]) for id in assessed),
        (_("Equal weights"), ["equal"]),
        *((_("Without %(measure)s", measure=id), [f"without_{id}"]) for id in assessed),
        (_("Geometric, floor 1"), ["geometric"]),
    ]
    edges = [band.at_least for band in method.bands]
    found = [_choice(name, [by_name[run] for run in names], ranked, edges) for name, names in plans]
    return [one for one in found if one is not None]


def _choice(
    name: str,
    runs: Sequence[Mapping[str, Any]],
    ranked: Mapping[str, tuple[int, int]],
    edges: Sequence[int],
) -> _Chosen | None:
    scores = sorted(run["score"] for run in runs if run["score"] is not None)
    letters = sorted({run["letter"] for run in runs if run["letter"]})
    if not scores:
        return None
    low, high = (shown_below(value, edges) for value in (scores[0], scores[-1]))
    places = [ranked[run["name"]] for run in runs if run["name"] in ranked]
    rank = _place(min(one[0] for one in places), max(one[1] for one in places)) if places else ""
    words = Choice(name, low if low == high else f"{low}–{high}", ", ".join(letters) or "–", rank)
    return _Chosen(words, scores[0], scores[-1])


def _place(best: int, worst: int) -> str:
    return str(best) if best == worst else f"{best}–{worst}"


def _real(choices: Sequence[_Chosen], score: Score) -> str:
    """Whether the letter hangs on the weights, in a sentence."""
    if not choices or score.letter is None:
        return ""
    others = sorted(
        {letter for one in choices for letter in one.words.letters.split(", ")}
        - {score.letter, "–"}
    )
    if not others:
        return _("Every choice of weights gives the letter %(letter)s.", letter=score.letter)
    names = [one.words.name for one in choices if set(one.words.letters.split(", ")) & set(others)]
    if len(names) > FEW:
        return _(
            "The letter hangs on the weights: %(k)s of %(n)s choices would or could give %(letters)s.",
            k=len(names),
            n=len(choices) - 1,
            letters=", ".join(others),
        )
    return _(
        "The letter hangs on the weights: %(names)s would give %(letters)s.",
        names=", ".join(names),
        letters=", ".join(others),
    )


def _runs_chart(choices: Sequence[_Chosen], method: Method, look: charts.Look) -> str:
    if not choices:
        return ""
    return str(
        charts.run_strip(
            [charts.RunRow(one.words.name, one.low, one.high) for one in choices],
            edges=[(float(band.at_least), band.letter) for band in method.bands],
            title=_("The score under other choices of weights"),
            description="; ".join(
                f"{one.words.name} {one.words.score} ({one.words.letters})" for one in choices
            ),
            look=look,
            width=WIDTH,
        )
    )


# The case mix


def _mix(
    part: str,
    own: Sequence[Followed],
    company: str,
    peers: Sequence[Peer],
    method: Method,
) -> Mix:
    counts = removed_by(own, part, method)
    strata = []
    for code, (x, n) in sorted(counts.items()):
        bounds = estimators.wilson(x, n, method.z)
        assert bounds is not None  # a stratum has a case
        strata.append(
            Stratum(
                stratum_of(code),
                f"{x:,} / {n:,}",
                percent(x, n),
                span(100 * bounds.low, 100 * bounds.high),
            )
        )
    told = ""
    if peers:
        everyone = {company: counts} | {
            peer.score.company: removed_by(peer.cases, part, method) for peer in peers
        }
        told = _standardised(standardise(everyone, method.z)[company])
    return Mix(str(MIX[part]), strata, told)


def stratum_of(code: str) -> str:
    """A surface or legal ground in words."""
    return str(STRATA[code]) if code in STRATA else _(code)


def _standardised(found: Standardised) -> str:
    if found.rate is None or found.interval is None:
        missing = ", ".join(stratum_of(code) for code in found.missing)
        return _("Not standardisable: no case of %(strata)s.", strata=missing or "–")
    return _(
        "If all had been asked for the same mix: %(rate)s%% (%(span)s).",
        rate=in_hundred(found.rate),
        span=span(100 * found.interval.low, 100 * found.interval.high),
    )


def _curves(own: Iterable[Followed]) -> str:
    """The log-rank test between surfaces in a sentence."""
    sizes, test = surfaces(own)
    if test is None:
        return _("Log-rank test between surfaces: there are not two that could be compared.")
    chance = "< 0.001" if test.p < 0.0005 else f"= {shown(test.p, 3)}"
    words = {
        "statistic": shown(test.statistic, 2),
        "freedom": test.freedom,
        "chance": chance,
        "n": shown(sum(size for _code, size in sizes), 0),
    }
    if test.p < SURE:
        return _(
            "Log-rank test between surfaces: the curves differ (χ² = %(statistic)s, d.f. %(freedom)s,"
            " p %(chance)s, n = %(n)s).",
            **words,
        )
    return _(
        "Log-rank test between surfaces: no difference shown (χ² = %(statistic)s, d.f. %(freedom)s,"
        " p %(chance)s, n = %(n)s).",
        **words,
    )


# Ranks, for the regulator alone


def _ranks(
    score: Score, peers: Sequence[Peer], ranked: Mapping[str, tuple[int, int]]
) -> list[Rank]:
    if not peers:
        return []
    everyone = [score, *(peer.score for peer in peers)]
    ranks = []
    for id in MEASURES:
        bounds = [
            (one.company, one.measures[id].low, one.measures[id].high)
            for one in everyone
            if one.measures[id].assessed
        ]
        known = [
            (name, low, high) for name, low, high in bounds if low is not None and high is not None
        ]
        places = estimators.rank_interval(known)
        place = places.get(score.company)
        ranks.append(Rank(id, f"{_place(*place)} / {len(known)}" if place else "–"))
    base = ranked.get("base")
    counted = sum(one.score is not None for one in everyone)
    ranks.append(Rank(_("Score"), f"{_place(*base)} / {counted}" if base else "–"))
    return ranks


def _rank_note(peers: Sequence[Peer]) -> str:
    if not peers:
        return ""
    return _(
        "Best and worst place among the %(n)s cards of this month and method that were frozen when"
        " this was made; only intervals that are apart decide.",
        n=len(peers) + 1,
    )
