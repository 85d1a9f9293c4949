"""What the figures of the dialogue say, in words: for their own page and for the scorecard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.core.figures import shown
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.dialogue.punctuality import KINDS

NAMES = {
    "slots": _l("Offered times answered by the respond-by date"),
    "papers": _l("Papers in before the cut-off of the agenda"),
    "adoption": _l("Waiting for the adoption of minutes"),
    "called_off": _l("Consultations called off"),
    "attendance": _l("Consultations held with somebody who may bind"),
}
DEFINITIONS = {
    "slots": _l(
        "Polls whose respond-by date lies in the time; a side answered when anybody of it did. A poll"
        " that ended before its date blames nobody."
    ),
    "papers": _l(
        "Papers laid before both sides; in time up to the end of the day by which proposals for the"
        " agenda are due."
    ),
    "adoption": _l(
        "Minutes adopted in the time, from the day they were with the company. A released text waits"
        " for the company, its answer for the commission, an acceptance for the other side."
    ),
    "called_off": _l(
        "Cancelled or postponed once a date was fixed, by the side that did it, with the median hours"
        " of notice."
    ),
    "attendance": _l(
        "Consultations held in the time; quorate when each side had somebody with capacity to bind at"
        " the table."
    ),
}


@dataclass(frozen=True)
class DialogueLine:
    """One kind of punctuality: the same question answered for both sides."""

    kind: str
    name: str
    definition: str
    company: str
    institution: str
    together: str


def dialogue_lines(rows: Sequence[Mapping[str, Any]]) -> list[DialogueLine]:
    """What `Punctuality.to_dict` wrote, one line for each kind, in the language that is spoken."""
    by_key = {(row["kind"], row["side"]): row for row in rows}
    return [
        DialogueLine(
            kind,
            str(NAMES[kind]),
            str(DEFINITIONS[kind]),
            _said(kind, by_key[kind, "company"]),
            _said(kind, by_key[kind, "institution"]),
            _together(kind, by_key),
        )
        for kind in KINDS
    ]


def _said(kind: str, row: Mapping[str, Any]) -> str:
    if kind == "adoption":
        return _days(row["median_hours"])
    if kind == "called_off":
        if not row["x"] or row["median_hours"] is None:
            return str(row["x"])
        return _("%(x)s (%(hours)s h of notice)", x=row["x"], hours=shown(row["median_hours"], 0))
    return f"{row['x']} / {row['n']}" if row["n"] else "–"


def _together(kind: str, rows: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    ours, theirs = rows[kind, "institution"], rows[kind, "company"]
    if kind == "adoption":
        total = (ours["total_hours"] or 0) + (theirs["total_hours"] or 0)
        if not total:
            return "–"
        return _(
            "n = %(n)s, %(days)s on average; %(share)s%% of it the company",
            n=theirs["n"], days=_days(total / theirs["n"]),
            share=shown(100 * (theirs["total_hours"] or 0) / total, 0),
        )  # fmt: skip
    if kind == "attendance":
        both = rows[kind, "both"]
        return _("quorate %(x)s / %(n)s", x=both["x"], n=both["n"]) if both["n"] else "–"
    return str(theirs["n"]) if kind == "called_off" else ""


def _days(hours: float | None) -> str:
    return "–" if hours is None else _("%(days)s days", days=shown(hours / 24))
