"""Twelve months: requests, shares and promises by month, and the letters of each company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.core import charts
from portal.core.calendar import next_month
from portal.core.figures import percent, shown
from portal.core.i18n import gettext as _
from portal.core.i18n import month_name
from portal.facts.queries import Standstill
from portal.methodology import estimators
from portal.methodology.method import Method
from portal.methodology.small_cells import is_few
from portal.methodology.words import timely_in_words
from portal.reports.queries import Flow, Gathered
from portal.reports.words import axis_month, name_of


@dataclass(frozen=True)
class MonthRow:
    """A month of the trend."""

    month: str
    requests: str
    answered: str
    answered_share: str
    gone: str
    gone_share: str


@dataclass(frozen=True)
class LetterRow:
    """A company's letters of twelve months."""

    name: str
    letters: list[str]


def pooled(found: Gathered, month: str) -> Flow:
    """All companies of a month together, less those whose own count is too small to be printed."""
    flows = (
        flow
        for (_company, of), flow in found.flows.items()
        if of == month and not is_few(flow.requests)
    )
    return sum(flows, start=Flow())


def month_row(month: str, flow: Flow) -> MonthRow:
    return MonthRow(
        month=month_name(month),
        requests=shown(flow.requests, 0),
        answered=f"{flow.answered:,} / {flow.followed_to_answer:,}",
        answered_share=percent(flow.answered, flow.followed_to_answer),
        gone=f"{flow.gone:,} / {flow.followed_to_removal:,}",
        gone_share=percent(flow.gone, flow.followed_to_removal),
    )


def is_within(still: Standstill, month: str) -> bool:
    """Whether a part of the month lies in the time in which nobody sat."""
    return still.starts_on < date.fromisoformat(
        f"{next_month(month)}-01"
    ) and still.ends_on >= date.fromisoformat(f"{month}-01")


def shades(found: Gathered) -> list[charts.Band]:
    """The months in which nobody sat in the commission are shaded, and say so."""
    still = found.standstill
    if still is None:
        return []
    inside = [place for place, month in enumerate(found.months) if is_within(still, month)]
    return [charts.Band(inside[0], inside[-1] + 1, _("no quorum"))] if inside else []


def volume_chart(found: Gathered) -> str:
    numbers = [pooled(found, month).requests for month in found.months]
    title = _("Requests delivered in each month, all companies")
    return str(
        charts.bar_chart(
            [charts.Series("requests", title, numbers)],
            [axis_month(month) for month in found.months],
            title=title,
            description="; ".join(
                f"{month_name(month)} {number:,}"
                for month, number in zip(found.months, numbers, strict=True)
            ),
            format=lambda value: shown(value, 0),
            palette={"requests": 0},
            bands=shades(found),
            width=400,
            height=190,
        )
    )


def rate_chart(found: Gathered) -> str:
    method = found.method
    flows = [pooled(found, month) for month in found.months]
    series = [
        _share_series(
            "answered",
            _("answered"),
            [(flow.answered, flow.followed_to_answer) for flow in flows],
            method,
        ),
        _share_series(
            "gone", _("removed"), [(flow.gone, flow.followed_to_removal) for flow in flows], method
        ),
    ]
    return str(
        charts.line_chart(
            series,
            [axis_month(month) for month in found.months],
            title=_(
                "Share answered within %(answer)s hours and share gone at source within"
                " %(removal)s hours, all companies",
                answer=method.answer_hours,
                removal=method.removal_hours,
            ),
            description="; ".join(
                f"{one.label}: "
                + ", ".join(
                    f"{month_name(month)} {_percent(value)}"
                    for month, value in zip(found.months, one.values, strict=True)
                    if value is not None
                )
                for one in series
            ),
            limits=(0, 100),
            format=_percent,
            palette={"answered": 1, "gone": 0},
            bands=shades(found),
            width=400,
            height=190,
        )
    )


def _share_series(
    key: str, label: str, counts: Sequence[tuple[int, int]], method: Method
) -> charts.Series:
    bounds = [estimators.wilson(x, n, method.z) for x, n in counts]
    return charts.Series(
        key,
        label,
        [100 * x / n if n else None for x, n in counts],
        [None if one is None else (100 * one.low, 100 * one.high) for one in bounds],
    )


def _percent(value: float) -> str:
    return f"{shown(value, 0)}%"


def promise_chart(found: Gathered) -> str:
    rows = [
        charts.TimelyRow(month_name(one.month), one.in_time, one.late, one.open)
        for one in found.timely
        if one.in_time + one.late + one.open
    ]
    if not rows:
        return ""
    return str(
        charts.in_time_chart(
            rows,
            title=_("Action items of both sides by the month they were due in"),
            description=timely_in_words(rows),
            words=(_("in time"), _("late"), _("still open")),
        )
    )


def letter_rows(found: Gathered) -> list[LetterRow]:
    """A break between two versions of the method is a bar before the letter."""
    rows = []
    for one in found.companies:
        cells, method = [], None
        for month in found.months:
            card = found.letters.get((one.id, month))
            if card is None:
                cells.append("")
                continue
            letter = card.summary.get("letter") or "?"
            is_binding = card.status in ("frozen", "published")
            text = letter if is_binding else f"({letter})"
            cells.append(f"| {text}" if method not in (None, card.methodology) else text)
            method = card.methodology
        rows.append(LetterRow(name_of(one.id, found), cells))
    return rows if any(any(row.letters) for row in rows) else []


def letters_note(found: Gathered) -> str:
    words = _("In brackets: not final. ?: a card without a letter. Empty: no card.")
    if len({row.methodology for row in found.letters.values()}) > 1:
        words += " " + _(
            "A bar stands where the method changed: letters on its two sides are not compared."
        )
    return words  # fmt: skip
