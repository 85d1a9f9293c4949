"""The dialogue: the consultations of the month, and how punctual both sides were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.companies.models import Company
from portal.consultations.models import OVER, Consultation, ConsultationStatus
from portal.core.i18n import gettext as _
from portal.core.i18n import local, zone_label
from portal.dialogue.words import dialogue_lines
from portal.reports.queries import Gathered
from portal.reports.words import name_of


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


def consultation_row(one: Consultation, found: Gathered) -> ConsultationRow:
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
        name=name_of(one.company_id, found),
        serial=one.serial or "–",
        when=f"{local(one.starts_at, 'instant', one.zone)} {zone_label(one.starts_at, one.zone)}",
        place=one.venue,
        state=state,
        kind=kind,
        detail="; ".join(details),
    )


def _side(side: str | None) -> str:
    return {"company": _("the company"), "institution": _("the commission")}.get(side or "", "–")


def _mover(one: Consultation, found: Gathered) -> str | None:
    """Who asked for the move: who postponed it, else who gave it its new time."""
    steps = [step.by_side for step in one.history if step.what in ("postponed", "rescheduled")]
    return found.moved_by.get(one.id) or (steps[-1] if steps else None)


def _notice(hours: int) -> str:
    if hours < 0:
        return _("after its time had come")
    return _("%(hours)s h before", hours=hours)


def dialogue_rows(found: Gathered) -> list[DialogueRow]:
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
        rows.append(DialogueRow(name_of(one.id, found), lines))
    return rows


def quiet_dialogues(found: Gathered) -> str:
    """The companies that have no line, and why: each is named."""
    quiet = [
        name_of(one.id, found)
        for one in found.companies
        if one.id in found.cards and _held_dialogue(one, found) is None
    ]
    none = [name_of(one.id, found) for one in found.companies if one.id not in found.cards]
    return " ".join(
        sentence
        for sentence, names in (
            (_("Nothing to tell of twelve months: %(names)s.", names=", ".join(quiet)), quiet),
            (_("Without a card of the month: %(names)s.", names=", ".join(none)), none),
        )
        if names
    )


def _held_dialogue(company: Company, found: Gathered) -> Mapping[str, Any] | None:
    """Both sides' punctuality as the card holds it; None where nothing happened in twelve months, and
    on cards of before."""
    card = found.cards.get(company.id)
    held: Mapping[str, Any] | None = card.details.get("dialogue") if card else None
    return held if held and any(row["n"] for row in held["year"]) else None
