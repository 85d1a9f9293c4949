"""The grade and why: where the letter, or its absence, comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.core.figures import shown, shown_below
from portal.core.i18n import gettext as _
from portal.methodology.chances import in_whole
from portal.methodology.method import MEASURES, Method
from portal.methodology.score import Score


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
    chances = in_whole(drawn["letters"])
    others = [f"{other} {chance}%" for other, chance in chances.items() if other != letter]
    if not others:
        return _("The figures leave no doubt about the letter %(letter)s.", letter=letter)
    return _(
        "On these numbers the letter is %(letter)s with a chance of %(chance)s%%;"
        " otherwise %(others)s.",
        letter=letter,
        chance=chances.get(letter, 0),
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
