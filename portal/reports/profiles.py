"""Company by company: the month of each on half a page, with the score of twelve months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.companies.models import Company
from portal.consultations.models import OVER, Side
from portal.core import charts
from portal.core.figures import shown, span
from portal.core.i18n import gettext as _
from portal.core.i18n import month_name
from portal.methodology.method import MEASURES
from portal.methodology.score import Score
from portal.methodology.small_cells import counted, hidden, hides_score, is_few
from portal.reports.changes import Change, measure_change
from portal.reports.promises import by_punctuality
from portal.reports.queries import Gathered
from portal.reports.trends import shades
from portal.reports.words import (
    Cell,
    axis_month,
    axis_point,
    card_state,
    cell,
    in_days_too,
    mark_of,
    name_of,
    short_name,
)


@dataclass(frozen=True)
class Profile:
    """A company's month on half a page."""

    name: str
    mark: str
    letter: str
    score: str
    interval: str
    words: str
    chart: str
    measures: list[ProfileRow]
    lines: list[str]
    comment: str


@dataclass(frozen=True)
class ProfileRow:
    """A measure of a company and how it moved."""

    id: str
    name: str
    cell: Cell
    change: Change


def profile(company: Company, found: Gathered, score: Score) -> Profile:
    card = found.cards[company.id]
    shut = hidden(score)
    drawn = card.details.get("uncertainty")
    words = [_(score.label) if score.label else "", card_state(company, card, found)]
    if score.cap:
        words.append(_("at most %(letter)s, because of R2", letter=score.letter or ""))
    if shut:
        words.append(_("no score: %(measures)s on fewer than five", measures=", ".join(shut)))
    return Profile(
        name=name_of(company.id, found),
        mark=mark_of(company, found),
        letter=score.letter or "–",
        score="–" if shut else shown(score.score),
        interval=span(drawn["low"], drawn["high"]) if drawn and not shut else "",
        words=" · ".join(filter(None, words)),
        chart=_company_chart(company, found),
        measures=[
            ProfileRow(
                id,
                short_name(id),
                cell(score.measures[id]),
                measure_change(id, company.id, found, {company.id: score}),
            )
            for id in MEASURES
        ],
        lines=_of_company(company, found, score),
        comment=card.comment,
    )


def _of_company(company: Company, found: Gathered, score: Score) -> list[str]:
    due = [item for item in found.due if item.company_id == company.id]
    agreed = sum(item.company_id == company.id for item in found.agreed)
    done = sum(item.company_id == company.id for item in found.done)
    talks = [one for one in found.consultations if one.company_id == company.id]
    theirs = [item for item in due if item.owner is Side.COMPANY]
    lines = [_requests_of(score)]
    if theirs or agreed or done:
        lines.append(
            _(
                "Its action items due: %(n)s (%(in_time)s in time, %(late)s late, %(open)s open). With"
                " it agreed this month: %(agreed)s, done: %(done)s.",
                n=len(theirs),
                agreed=agreed,
                done=done,
                **by_punctuality(theirs, found.at),
            )
        )
    if talks:
        lines.append(
            _(
                "Consultations: %(held)s held, %(moved)s moved, %(off)s called off.",
                held=sum(one.status in OVER for one in talks),
                moved=sum(one.original_starts_at is not None for one in talks),
                off=sum(one.is_struck for one in talks),
            )
        )
    if len(lines) == 1:
        lines.append(_("No action item and no consultation in this month."))
    return lines


def _requests_of(score: Score) -> str:
    """Its requests, and how long the oldest has been without an answer; of few requests not even that."""
    requests, hours = score.beside["requests"], score.beside["oldest_open_hours"]
    said = _(
        "Requests %(requests)s, left out %(excluded)s.",
        requests=counted(requests),
        excluded=counted(len(score.excluded)),
    )
    if is_few(requests) or not requests:
        return said
    if hours is None:
        return f"{said} " + _("None is without an answer.")
    return f"{said} " + _("Oldest without an answer: %(oldest)s.", oldest=in_days_too(hours))


def _company_chart(company: Company, found: Gathered) -> str:
    """Its score of twelve months; a month without a card is a gap, another method another line."""
    rows = [found.letters.get((company.id, month)) for month in found.months]
    rows = [None if row is None or hides_score(row.measures) else row for row in rows]
    methods = list(dict.fromkeys(row.methodology for row in rows if row is not None))
    series = [
        charts.Series(
            f"{company.slug} {method}",
            _("score") if method == methods[-1] else "",
            [
                row.summary.get("score") if row is not None and row.methodology == method else None
                for row in rows
            ],
            [
                (row.summary["low"], row.summary["high"])
                if row is not None
                and row.methodology == method
                and row.summary.get("low") is not None
                else None
                for row in rows
            ],
        )
        for method in methods
    ]
    if not any(value is not None for one in series for value in one.values):
        return ""
    name = name_of(company.id, found)
    return str(
        charts.line_chart(
            series,
            [axis_month(month) for month in found.months],
            title=_("Score of %(company)s by month", company=name),
            description="; ".join(
                f"{month_name(month)} {shown(row.summary.get('score'))}"
                f" ({_('method %(version)s', version=row.methodology)})"
                if row is not None
                else _("%(month)s: no score", month=month_name(month))
                for month, row in zip(found.months, rows, strict=True)
            ),
            limits=(0, 100),
            format=axis_point,
            palette={one.key: charts.kept_index(company.look) for one in series},
            bands=[*shades(found), *_breaks(rows, found)],
            width=260,
            height=120,
        )
    )


def _breaks(rows: Sequence[Any], found: Gathered) -> list[charts.Band]:
    """What stands after a change of the method is shaded, and the version named."""
    bands, method = [], None
    for place, row in enumerate(rows):
        if row is None:
            continue
        if method not in (None, row.methodology):
            bands.append(
                charts.Band(
                    place, len(found.months), _("method %(version)s", version=row.methodology)
                )
            )
        method = row.methodology
    return bands
