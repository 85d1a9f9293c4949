"""A new version of the method from what somebody typed: every fault is named with its remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from portal.core.errors import FieldError
from portal.core.figures import in_hundred
from portal.core.i18n import LazyText as _l
from portal.core.i18n import catalogue, day
from portal.core.i18n import gettext as _
from portal.methodology.method import MEASURES, Band, Cap, Method, Target, Weight
from portal.methodology.words import ORIGINS, origin_of

LETTERS = ("A", "B", "C", "D", "E")
SHARE = re.compile(r"[0-9]{1,6}(/[1-9][0-9]{0,5}|[.][0-9]{1,6})?%?")
"""Nothing with an exponent: 1e99999999 is a fraction too, and takes hours to write out."""
EDGES = LETTERS[:-1]
"""Letters with an edge of their own; the last one takes what is left."""
NUMBERS = {
    "answer_hours": _l("Hours for a substantive answer (R1)"),
    "removal_hours": _l("Hours for a removal at source (R2)"),
    "horizon_hours": _l("Hours over which speed is measured (R3)"),
    "minimum_weight": _l("Least weight that must be assessed, of 100"),
    "insufficient_below": _l("No letter below this many requests"),
    "provisional_below": _l("Provisional below this many requests"),
    "provisional_half_width": _l("Provisional above this half width of R2's interval, in points"),
}


class Difference(NamedTuple):
    """One figure of the method that another version has otherwise."""

    what: str
    before: str
    after: str


def built(base: Method, typed: Mapping[str, Any]) -> Method:
    """The base with what was typed: version, valid_from, a number for each measure, edge and rule.

    Refused at the field: weights that do not make 100, edges that do not fall, caps without
    effect, a target whose share or dates make no sense, hours beyond the follow-up.
    """
    return replace(
        base,
        version=_version(typed["version"]),
        valid_from=typed["valid_from"],
        valid_to=None,
        weights=_weights(typed),
        bands=_bands(typed),
        caps=_caps(typed["caps"]),
        targets=_targets(typed["targets"]),
        required=_required(typed),
        **_numbers(base, typed),
    )


def _version(text: str) -> str:
    text = (text or "").strip()
    if not text or not all(part.isdigit() for part in text.split(".")) or len(text) > 20:
        raise FieldError("version", _("Name the version by numbers and dots, such as 1.1."))
    return text


def _number(field: str, value: Any, low: int, high: int) -> int:
    if not isinstance(value, int) or not low <= value <= high:
        raise FieldError(
            field, _("Write a whole number from %(low)s to %(high)s.", low=low, high=high)
        )
    return value


def _weights(typed: Mapping[str, Any]) -> tuple[Weight, ...]:
    weights = tuple(Weight(id, _number(id, typed[id], 0, 100)) for id in MEASURES)
    total = sum(weight.points for weight in weights)
    if total > 100:
        raise FieldError(
            "R1",
            _(
                "The weights make %(total)s. They must make 100: take away %(points)s points.",
                total=total,
                points=total - 100,
            ),
        )
    if total < 100:
        raise FieldError(
            "R1",
            _(
                "The weights make %(total)s. They must make 100: add %(points)s points.",
                total=total,
                points=100 - total,
            ),
        )
    return weights


def _bands(typed: Mapping[str, Any]) -> tuple[Band, ...]:
    edges = [_number(letter, typed[letter], 1, 100) for letter in EDGES]
    for better, worse, high, low in zip(EDGES, EDGES[1:], edges, edges[1:], strict=False):
        if high <= low:
            raise FieldError(
                worse,
                _(
                    "The edge of %(worse)s must be lower than the %(edge)s of %(better)s.",
                    worse=worse,
                    edge=high,
                    better=better,
                ),
            )
    return tuple(Band(*pair) for pair in zip(LETTERS, [*edges, 0], strict=True))


def _caps(rows: Sequence[Mapping[str, Any]]) -> tuple[Cap, ...]:
    caps = []
    for row in rows:
        if not row.get("measure"):
            continue
        if row["measure"] not in MEASURES or row["at_most"] not in LETTERS[1:]:
            raise FieldError("caps", _("A cap names a measure and a letter from B to E."))
        below = _number("caps", row["below"], 1, 100)
        caps.append(
            Cap(f"{row['measure'].lower()}_below_{below}", row["measure"], below, row["at_most"])
        )
    if len({cap.code for cap in caps}) < len(caps):
        raise FieldError("caps", _("Two caps have the same edge: keep the harsher one."))
    for one in caps:
        for other in caps:
            if (
                one.measure == other.measure
                and one.below < other.below
                and one.at_most <= other.at_most
            ):
                raise FieldError(
                    "caps",
                    _(
                        "%(measure)s below %(low)s must cost more than %(measure)s below %(high)s:"
                        " choose a worse letter, or take the cap out.",
                        measure=one.measure,
                        low=one.below,
                        high=other.below,
                    ),
                )
    # The harshest first: the arithmetic takes the first that bites.
    return tuple(sorted(caps, key=lambda cap: (-LETTERS.index(cap.at_most), cap.below, cap.code)))


def _targets(rows: Sequence[Mapping[str, Any]]) -> tuple[Target, ...]:
    targets = []
    for row in rows:
        source = (row.get("source") or "").strip()
        if not source:
            continue
        if row["measure"] not in MEASURES:
            raise FieldError("targets", _("%(origin)s: choose a measure.", origin=source))
        if not row["valid_from"]:
            raise FieldError(
                "targets", _("%(origin)s: say from which day it is valid.", origin=source)
            )
        if row["valid_to"] and row["valid_to"] < row["valid_from"]:
            raise FieldError(
                "targets", _("%(origin)s: the last day comes before the first.", origin=source)
            )
        targets.append(
            Target(
                _code_of(source),
                row["measure"],
                _number("targets", row["hours"], 1, 8784),
                _share(source, row["share"]),
                row["valid_from"],
                row["valid_to"] or None,
            )
        )
    return tuple(targets)


def _code_of(source: str) -> str:
    """A source we have a word for is stored by its code, whichever language it was typed in."""
    for code, word in ORIGINS.items():
        if source in (code, word.source, catalogue("ko").get(word.source)):
            return code
    return source


def _share(source: str, text: str | None) -> Fraction | None:
    text = (text or "").strip().replace(" ", "")
    if not text:
        return None
    share = Fraction(-1)
    if SHARE.fullmatch(text):
        share = Fraction(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    if not 0 < share <= 1:
        raise FieldError(
            "targets",
            _("%(origin)s: write the share as 2/3 or as 80%%, or leave it empty.", origin=source),
        )
    return share


def _required(typed: Mapping[str, Any]) -> tuple[str, ...]:
    chosen = tuple(id for id in MEASURES if id in (typed["required"] or ()))
    for id in chosen:
        if not typed[id]:
            raise FieldError(
                "required",
                _("%(measure)s has no weight: give it some, or do not require it.", measure=id),
            )
    return chosen


def _numbers(base: Method, typed: Mapping[str, Any]) -> dict[str, int]:
    followed = base.followup_hours
    limits = {
        "answer_hours": (1, followed), "removal_hours": (1, followed),
        "horizon_hours": (1, followed), "minimum_weight": (1, 100),
        "insufficient_below": (1, 1000), "provisional_below": (1, 10_000),
        "provisional_half_width": (1, 50),
    }  # fmt: skip
    values = {name: _number(name, typed[name], *span) for name, span in limits.items()}
    if values["removal_hours"] > values["horizon_hours"]:
        raise FieldError(
            "removal_hours",
            _(
                "Speed is measured over %(hours)s hours: choose no more than that.",
                hours=values["horizon_hours"],
            ),
        )
    if values["provisional_below"] < values["insufficient_below"]:
        raise FieldError(
            "provisional_below",
            _(
                "Below %(n)s requests there is no letter at all: choose at least %(n)s.",
                n=values["insufficient_below"],
            ),
        )
    return values


def typed_of(method: Method) -> dict[str, Any]:
    """What the form is filled with, so that `built` gives the same method again."""
    return {
        "version": method.version,
        "month": f"{method.valid_from:%Y-%m}",
        **{weight.measure: weight.points for weight in method.weights},
        **{band.letter: band.at_least for band in method.bands[:-1]},
        "caps": [
            {"measure": cap.measure, "below": cap.below, "at_most": cap.at_most}
            for cap in method.caps
        ],
        "targets": [
            {
                "source": origin_of(target.code),
                "measure": target.measure,
                "hours": target.hours,
                "share": "" if target.share is None else str(target.share),
                "valid_from": target.valid_from,
                "valid_to": target.valid_to,
            }
            for target in method.targets
        ],
        "required": list(method.required),
        **{name: getattr(method, name) for name in NUMBERS},
    }


def differences(old: Method, new: Method) -> list[Difference]:
    """Every figure that differs, in the order of the form; dates and names of versions aside."""
    before, after = _told(old), _told(new)
    return [
        Difference(what, before.get(what, "–"), after.get(what, "–"))
        for what in dict.fromkeys([*before, *after])
        if before.get(what) != after.get(what)
    ]


def _told(method: Method) -> dict[str, str]:
    told = {
        _("Weight of %(measure)s", measure=weight.measure): str(weight.points)
        for weight in method.weights
    }
    for band in method.bands[:-1]:
        told[_("Edge of %(letter)s", letter=band.letter)] = str(band.at_least)
    for cap in method.caps:
        what = _("Cap: %(measure)s below %(edge)s", measure=cap.measure, edge=cap.below)
        told[what] = _("at most %(letter)s", letter=cap.at_most)
    told[_("Measures without which there is no grade")] = ", ".join(method.required) or "–"
    for name, label in NUMBERS.items():
        told[str(label)] = str(getattr(method, name))
    for target in method.targets:
        what = _(
            "Target: %(origin)s, %(measure)s",
            origin=origin_of(target.code),
            measure=target.measure,
        )
        given = {
            "hours": target.hours,
            "share": "–" if target.share is None else f"{in_hundred(target.share)}%",
            "start": day(target.valid_from),
        }
        said = (
            _(
                "%(hours)s h, share %(share)s, from %(start)s to %(end)s",
                end=day(target.valid_to),
                **given,
            )
            if target.valid_to
            else _("%(hours)s h, share %(share)s, from %(start)s", **given)
        )
        told[what] = f"{told[what]}; {said}" if what in told else said
    return told


def next_version(taken: Sequence[str]) -> str:
    """A free name after those there are: the last number counts on."""
    best = max(([int(part) for part in name.split(".")] for name in taken), default=[1, -1])
    return ".".join(str(part) for part in [*best[:-1], best[-1] + 1])


def month_start(month: str) -> date:
    """The first day of a month that was typed as 2027-01."""
    try:
        return date.fromisoformat(f"{month.strip()}-01")
    except ValueError:
        raise FieldError("month", _("Write the month as 2026-03.")) from None
