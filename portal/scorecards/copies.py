"""For whom a card is printed: the company, the regulator, or anybody outside; and the files inside.

The company's copy names its own cases and says nothing of others. The regulator's adds ranks and
the standardised case mix. The copy for outside has no case number, and no cell of fewer than five.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from itertools import chain
from typing import Any

from portal.core.audit import canonical
from portal.core.figures import SMALL, is_small
from portal.core.i18n import gettext as _
from portal.core.i18n import spoken
from portal.core.sheets import written
from portal.methodology import small_cells
from portal.methodology.method import MEASURES
from portal.methodology.score import Score
from portal.scorecards import document
from portal.scorecards.annex import COLUMNS, rows_of
from portal.scorecards.certainty import Peer
from portal.scorecards.document import SEOUL, PrintedCard
from portal.scorecards.figures import Figures
from portal.scorecards.headlines import Headline
from portal.scorecards.lines import Line
from portal.scorecards.models import Copy, Scorecard

FIGURES = ("measure", "x", "n", "value", "low", "high", "assessed", "weight", "effective_weight")


def printable(
    card: Scorecard, *, language: str, at: datetime, copy: Copy, peers: Sequence[Peer] = ()
) -> dict[str, Any]:
    """The card as content of a document in one language, for those the copy is made for.

    `peers` are the other cards of the month; they are read for the regulator's copy alone.
    """
    with spoken(language, SEOUL):
        printed = document.printed(
            card,
            language=language,
            at=at,
            for_company=copy is not Copy.REGULATOR,
            peers=peers if copy is Copy.REGULATOR else (),
        )
        if copy is Copy.OUTSIDE:
            printed = _outside(printed, card.figures)
        name, note = _words(copy, is_alone=not peers)
        return asdict(replace(printed, copy_name=name, copy_note=note))


def _words(copy: Copy, *, is_alone: bool) -> tuple[str, str]:
    """What a copy is called, and what is different in it."""
    if copy is Copy.REGULATOR:
        return _("copy of the commission"), (
            _(
                "Copy of the commission: no other card of the month was frozen yet to be ranked with."
            )
            if is_alone
            else _("Copy of the commission: ranks and the mix of all requests are in it.")
        )
    if copy is Copy.OUTSIDE:
        return _("copy for outside"), _(
            "Copy for outside: cells of fewer than %(n)s cases are suppressed, and no case is"
            " named.",
            n=SMALL,
        )
    return "", ""


def _outside(printed: PrintedCard, score: Score) -> PrintedCard:
    """Without case numbers, without small cells and what they could be worked out from."""
    kept = [one for one in printed.annex if one.id in ("comment", "definitions")]
    lettered = [replace(one, mark=chr(ord("A") + place)) for place, one in enumerate(kept)]
    return replace(
        printed,
        figures=_without_small(printed.figures, score),
        certainty=None,
        annex=lettered,
        cases_mark="",
    )


def _without_small(told: Figures, score: Score) -> Figures:
    is_few = is_small(int(score.beside["requests"] or 0))
    hidden, outcomes = small_cells.hidden(score), small_cells.outcomes(score)
    hides_open = outcomes["open"] in (small_cells.HIDDEN, small_cells.UNTOLD)
    removed, open_for, median, ours = told.headlines
    timely = [told.timely.get(id, ()) for id in ("R1", "R5")]  # R6 is no case of people
    found = replace(
        told,
        requests=_few() if is_few else told.requests,
        headlines=[
            _hush(removed) if is_few else removed,
            _hush(open_for) if hides_open else open_for,
            _hush(median) if is_few else median,
            _hush(ours) if is_few else ours,
        ],
        lines=[_hush_line(line) if line.id in hidden else line for line in told.lines],
        removal_chart="" if is_few else told.removal_chart,
        timely_chart="" if any(map(is_small, chain(*timely))) else told.timely_chart,
        clocks=[],
        promises=[],
        dialogue=[],
        beside=[_hush_count(one, outcomes) for one in told.beside],
        excluded=[],
        flagged="",
    )
    if not hidden:
        return found
    # From the score and the other measures the hidden one could be worked out.
    return replace(
        found,
        score="–",
        score_interval="",
        why=[
            _(
                "Figures of fewer than %(n)s cases are suppressed, and with them the score, from"
                " which they could be worked out: %(measures)s.",
                n=SMALL,
                measures=", ".join(hidden),
            )
        ],
    )


def _few() -> str:
    return f"< {SMALL}"


def _hush(one: Headline) -> Headline:
    return replace(one, value="–", note=_("suppressed: fewer than %(n)s cases", n=SMALL))


def _hush_count(one: Headline, cells: Mapping[str, str]) -> Headline:
    # Nought of three tells that there were three.
    value = _few() if is_small(one.count) or is_small(one.of) else one.value
    if not is_small(one.of) and cells.get(one.id) == small_cells.UNTOLD:
        value = small_cells.UNTOLD
    return one if value == one.value else replace(one, value=value, note="", count=0, of=0)


def _hush_line(line: Line) -> Line:
    return replace(
        line, x=0, n=0, share=_few(), value="–", interval="–", detail="", verdict="none",
        verdict_word=_("suppressed"),
    )  # fmt: skip


# The files inside


def attachments(card: Scorecard, *, language: str, copy: Copy) -> list[dict[str, str]]:
    """Figures and inputs for machines, as texts with `name` and `description`.

    The company's inputs leave out access blocks, which are not asked of it; the others' are the
    text whose SHA-256 is printed. Outside go the figures alone.
    """
    with spoken(language, SEOUL):
        return _files(card, copy)


def _files(card: Scorecard, copy: Copy) -> list[dict[str, str]]:
    score, is_outside = card.figures, copy is Copy.OUTSIDE
    found = [
        {
            "name": "figures.json",
            "text": json.dumps(_machine(card, is_outside), ensure_ascii=False, indent=1),
            "description": _("Figures of the card in full precision"),
        },
        {
            "name": "figures.csv",
            "text": written(FIGURES, _rows(score, is_outside)).decode(),
            "description": _("The measures as a table"),
        },
    ]
    if is_outside or card.inputs is None:
        return found
    given, is_company = card.inputs, copy is Copy.COMPANY
    if is_company:
        asked = [one for one in given["requests"] if one["measure_type"] != "block"]
        given = given | {"requests": asked}
    members = document.members_of(document.held_by(card), for_company=is_company)
    return [
        *found,
        {
            "name": "inputs.json",
            "text": canonical(given),
            "description": _("The facts the card was computed from"),
        },
        {
            "name": "cases.csv",
            "text": written(COLUMNS, rows_of(members)).decode(),
            "description": _("Every case with its part in each measure"),
        },
    ]


def _machine(card: Scorecard, is_outside: bool) -> dict[str, Any]:
    score = card.figures
    found = score.public_json() | {"version": card.version, "inputs_sha256": card.inputs_hash}
    if not is_outside:
        return found | {
            "uncertainty": card.details.get("uncertainty"),
            "sensitivity": card.details.get("sensitivity", []),
            "beside": score.beside,
        }
    hidden = small_cells.hidden(score)
    measures = {
        id: dict.fromkeys(values) | {"suppressed": True} if id in hidden else values
        for id, values in found["measures"].items()
    }
    whole = None if hidden else found["score"]
    return found | {"measures": measures, "score": whole, "excluded": None}


def _rows(score: Score, is_outside: bool) -> Iterable[list[object]]:
    for id in MEASURES:
        one = score.measures[id]
        if is_outside and small_cells.is_hidden(one):
            yield [id, *[""] * 4, "", "", "", ""]
        else:
            yield [
                id, one.x, one.n, one.value, one.low, one.high, one.assessed, one.weight,
                one.effective_weight,
            ]  # fmt: skip
