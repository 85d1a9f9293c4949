"""What was said and decided about a card: the company's words, corrections, the company's own count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.accounts import queries as accounts
from portal.core.figures import MOST_PLACES, shown
from portal.core.i18n import gettext as _
from portal.core.i18n import local
from portal.methodology.method import MEASURES
from portal.methodology.words import Pair, name_of
from portal.scorecards.annex import Quote, Section, Table
from portal.scorecards.models import Correction, Scorecard


@dataclass(frozen=True)
class Change:
    """A figure that a correction changed."""

    what: str
    before: str
    after: str


def sections_of(card: Scorecard) -> list[Section]:
    """What was said and decided about the card, in the order in which it is printed."""
    return [
        section
        for section in (comment_of(card), _corrections(card), _changes(card), own_count_of(card))
        if section is not None
    ]


def comment_of(card: Scorecard) -> Section:
    """What the company says of its card, word for word, or why it says nothing."""
    quotes, note = [], ""
    by = f"{accounts.doer(card.commented_by)}, {local(card.commented_at)}"
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
            f"{accounts.doer(one.decided_by)}, {local(one.decided_at)}" if one.decided_at else "",
        ]
        for one in card.corrections
    ]
    if not rows:
        return None
    heads = [_("Concerning"), _("What and why"), _("Decision"), _("Reason"), _("Decided by")]
    title = _("Corrections the company asked for")
    return Section("corrections", title, tables=[Table(heads, rows)])


def concerning(asked: Correction) -> str:
    """What a correction is about: the figure by its name, the case by its number."""
    figure = f"{asked.measure} {name_of(asked.measure)}" if asked.measure else ""
    return ", ".join(part for part in (figure, asked.case_no) if part)


def changes(card: Scorecard) -> list[Change]:
    """The figures that a correction changed, before and after."""
    words = {
        "letter": _("Grade"), "score": _("Score"), "requests": _("Requests in the cohort"),
        "excluded": _("Left out, with reason"), "median_hours": _("Median hours to removal"),
    }  # fmt: skip
    return [
        Change(words.get(one["what"], one["what"]), *_told_apart(one["before"], one["after"]))
        for one in card.changes or ()
    ]


def _told_apart(before: Any, after: Any) -> tuple[str, str]:
    """Both figures, to two places, or to as many as it takes to see the correction."""
    places = 2
    while _figure(before, places) == _figure(after, places) and places < MOST_PLACES:
        places += 1
    return _figure(before, places), _figure(after, places)


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


def _figure(value: Any, places: int) -> str:
    """A figure to so many places; a count or a letter as it is."""
    return (
        shown(value, places) if isinstance(value, float) else "–" if value is None else str(value)
    )


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
