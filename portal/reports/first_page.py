"""The first page: the figures of the month, the month in brief, all companies at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.companies.models import Company
from portal.consultations.models import OVER
from portal.core import charts
from portal.core.figures import in_hours, percent, shown, span
from portal.core.i18n import day
from portal.core.i18n import gettext as _
from portal.methodology import estimators
from portal.methodology.score import Score
from portal.methodology.small_cells import HIDDEN, counted, hidden, is_few, is_hidden
from portal.reports.changes import Change, measure_change, score_change
from portal.reports.promises import by_punctuality, overdue_in_brief, punctuality
from portal.reports.queries import Gathered
from portal.reports.targets import targets_in_brief
from portal.reports.trends import is_within, pooled
from portal.reports.words import axis_point, card_state, in_days_too, mark_of, name_of, rank_text


@dataclass(frozen=True)
class Tile:
    """One figure of the month, and what stands behind it."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class CompanyRow:
    """One company at a glance."""

    company_id: int
    name: str
    mark: str
    """How it is drawn in every chart."""
    letter: str
    label: str
    state: str
    score: str
    interval: str
    rank: str
    gone: str
    gone_interval: str
    oldest_open: str
    requests: str
    change: Change
    gone_change: Change


def finality(found: Gathered) -> str:
    final = sum(card.is_binding for card in found.cards.values())
    if found.waiting:
        said = _(
            "%(final)s of %(all)s cards are final. The others are marked: their figures may still"
            " change.",
            final=final,
            all=final + len(found.waiting),
        )
    else:
        said = _("All %(n)s cards are final.", n=final)
    quiet = ", ".join(
        name_of(one.id, found)
        for one in found.companies
        if one.id in found.empty and one.id not in found.cards
    )
    nothing = _("No card, for nothing was to assess: %(names)s.", names=quiet) if quiet else ""
    renamed = (
        f"{name_of(company_id, found)}: {change.words}."
        for company_id, change in found.renamed.items()
    )
    moved = (
        f"{name_of(company_id, found)}: {', '.join(one.words for one in changes)}."
        for company_id, changes in found.changes.items()
    )
    return " ".join(filter(None, (said, nothing, *renamed, *moved)))


def tiles(found: Gathered, scores: dict[int, Score]) -> list[Tile]:
    flow = pooled(found, found.month)
    counts = by_punctuality(found.due, found.at)
    held = [one for one in found.consultations if one.status in OVER]
    moved = [one for one in found.consultations if one.original_starts_at is not None]
    off = [one for one in found.consultations if one.is_struck]
    letters = [score.letter for score in scores.values() if score.letter]
    return [
        Tile(
            _("Companies with a letter"),
            f"{len(letters)} / {len(found.companies)}",
            ", ".join(
                f"{letter} {letters.count(letter)}" for letter in sorted(set(letters))
            ) or _("no letter"),
        ),
        Tile(
            _("Requests delivered"),
            counted(flow.requests),
            _(
                "gone at source within %(hours)s h: %(share)s",
                hours=found.method.removal_hours,
                share=percent(flow.gone, flow.followed_to_removal),
            ),
        ),
        Tile(
            _("Action items due"),
            shown(len(found.due), 0),
            _("%(in_time)s in time, %(late)s late, %(open)s open", **counts),
        ),
        Tile(
            _("Consultations held"),
            shown(len(held), 0),
            _("%(moved)s moved, %(off)s called off", moved=len(moved), off=len(off)),
        ),
    ]  # fmt: skip


def in_brief(found: Gathered, scores: dict[int, Score]) -> list[str]:
    """What a reader in a hurry takes along: removals, letters, promises, the commission's own part."""
    sentences = [
        *_nobody_sat(found),
        _removals_in_brief(found),
        *_shown_in_brief(found, scores),
        *_letters_in_brief(found),
        *_first_cards(found),
        *_attention(found, scores),
        *_promises_in_brief(found),
        *overdue_in_brief(found),
    ]
    waits = [
        hours
        for card in found.cards.values()
        if not is_few(card.figures.beside["requests"])
        and (hours := card.details.get("regulator", {}).get("intake_to_issue_hours")) is not None
    ]
    if waits:
        sentences.append(
            _(
                "The commission itself took %(span)s from intake to issue (medians by company).",
                span=in_hours(waits[0])
                if len(waits) == 1
                else _("%(low)s to %(high)s", low=in_hours(min(waits)), high=in_hours(max(waits))),
            )
        )
    return sentences


def _nobody_sat(found: Gathered) -> list[str]:
    """That there was no sitting in the month, or in a part of it."""
    still = found.standstill
    if still is None or not is_within(still, found.month):
        return []
    return [
        _(
            "Nobody sat from %(first)s to %(last)s, as far as was published.",
            first=day(still.starts_on),
            last=day(still.ends_on),
        )
    ]


def _removals_in_brief(found: Gathered) -> str:
    now, before = (pooled(found, month) for month in found.months[:-3:-1])
    if not now.followed_to_removal:
        return _("No request was delivered in this month.")
    told = {
        "n": shown(now.followed_to_removal, 0),
        "gone": shown(now.gone, 0),
        "hours": found.method.removal_hours,
        "share": percent(now.gone, now.followed_to_removal),
    }
    if not before.followed_to_removal:
        return _(
            "Of %(n)s requests, %(gone)s were gone at source within %(hours)s hours and verified:"
            " %(share)s.",
            **told,
        )
    return _(
        "Of %(n)s requests, %(gone)s were gone at source within %(hours)s hours and verified:"
        " %(share)s, after %(before)s in the month before.",
        before=percent(before.gone, before.followed_to_removal),
        **told,
    )


def _shown_in_brief(found: Gathered, scores: dict[int, Score]) -> list[str]:
    """Only what is more than chance: where the interval of the difference excludes no change."""
    moved = [
        f"{name_of(one.id, found)} {what} {change.points} ({change.interval})"
        for one in found.companies
        for what, change in (
            (_("score"), score_change(one.id, found)),
            ("R2", measure_change("R2", one.id, found, scores)),
        )
        if change.way
    ]
    if moved:
        return [_("Shown changes against the month before: %(changes)s.", changes="; ".join(moved))]
    if not found.before:
        return []
    return [
        _("No change of a score or of R2 against the month before is shown: each may be chance.")
    ]


def _letters_in_brief(found: Gathered) -> list[str]:
    better: list[str] = []
    worse: list[str] = []
    for one in found.companies:
        now, before = (found.letters.get((one.id, month)) for month in found.months[:-3:-1])
        if now is None or before is None or now.methodology != before.methodology:
            continue
        new, old = now.summary.get("letter"), before.summary.get("letter")
        if new and old and new != old:
            (better if new < old else worse).append(f"{name_of(one.id, found)} ({old} → {new})")
    parts = [
        f"{word}: {', '.join(names)}"
        for word, names in ((_("better"), better), (_("worse"), worse))
        if names
    ]
    if not parts:
        return []
    return [_("Letter against the month before: %(parts)s.", parts="; ".join(parts))]


def _first_cards(found: Gathered) -> list[str]:
    """Whose first card this is, where others had one before: there is nothing to compare it with."""
    known = {company_id for company_id, month in found.letters if month < found.month}
    new = [
        name_of(one.id, found)
        for one in found.companies
        if one.id in found.cards and one.id not in known
    ]
    if not known or not new:
        return []
    return [_("First card within twelve months: %(names)s.", names=", ".join(new))]


def _attention(found: Gathered, scores: dict[int, Score]) -> list[str]:
    """Where to look first: the two worst letters, and who leaves a request waiting the longest."""
    worst = [band.letter for band in found.method.bands][-2:]
    low = [
        f"{name_of(one.id, found)} ({letter})"
        for one in found.companies
        if (letter := scores[one.id].letter if one.id in scores else None) in worst
    ]
    waits = [
        (hours, name_of(one.id, found))
        for one in found.companies
        if one.id in scores
        and not is_few(scores[one.id].beside["requests"])
        and (hours := scores[one.id].beside["oldest_open_hours"]) is not None
    ]
    sentences = []
    if low:
        sentences.append(
            _("Letter %(letters)s: %(names)s.", letters="/".join(worst), names=", ".join(low))
        )
    if waits:
        hours, name = max(waits)
        sentences.append(
            _(
                "The request that waits longest for an answer waits at %(company)s: %(hours)s.",
                company=name,
                hours=in_days_too(hours),
            )
        )
    return sentences


def _promises_in_brief(found: Gathered) -> list[str]:
    """What was due and what was measured, in one line: the first page has room for twelve companies."""
    told = [*_due_in_brief(found), *targets_in_brief(found)]
    return [" ".join(told)] if told else []


def _due_in_brief(found: Gathered) -> list[str]:
    if not found.due:
        return []
    kept = by_punctuality(found.due, found.at)["in_time"]
    open_ones = [item.number for item in found.due if punctuality(item, found.at) == "open"]
    sentence = _(
        "%(kept)s of %(n)s action items due were done in time.", kept=kept, n=len(found.due)
    )
    if 0 < len(open_ones) <= 4:
        sentence += " " + _("Not done: %(numbers)s.", numbers=", ".join(open_ones))
    return [sentence]


def company_rows(found: Gathered, scores: dict[int, Score]) -> list[CompanyRow]:
    bounds = {
        id: (drawn["low"], drawn["high"])
        for id, card in found.cards.items()
        if (drawn := card.details.get("uncertainty"))
    }
    ranks = estimators.rank_interval([(str(id), low, high) for id, (low, high) in bounds.items()])
    return [
        _company_row(one, found, scores, bounds.get(one.id), ranks.get(str(one.id)))
        for one in found.companies
    ]


def _company_row(
    company: Company,
    found: Gathered,
    scores: dict[int, Score],
    bounds: tuple[float, float] | None,
    rank: tuple[int, int] | None,
) -> CompanyRow:
    score = scores.get(company.id)
    card = found.cards.get(company.id)
    few = score is None or is_few(score.beside["requests"])
    shut = hidden(score) if score else []
    shows_score = score is not None and not shut
    removed = score.measures["R2"] if score else None
    shows_gone = removed is not None and removed.assessed and not is_hidden(removed)
    return CompanyRow(
        company_id=company.id,
        name=name_of(company.id, found),
        mark=mark_of(company, found),
        letter=(score.letter or "–") if score else "–",
        label=_(score.label) if score and score.label else "",
        state=card_state(company, card, found),
        score=shown(score.score) if score and shows_score else "–",
        interval=_why_no_score(shut) if shut and not few
        else span(*bounds) if bounds and shows_score else "",
        rank="–" if rank is None or not shows_score else rank_text(rank),
        gone=shown(removed.value) if removed and shows_gone else "–",
        gone_interval=span(removed.low, removed.high) if removed and shows_gone else "",
        oldest_open=in_hours(score.beside["oldest_open_hours"]) if score and not few else "–",
        requests=counted(score.beside["requests"]) if score else "–",
        change=score_change(company.id, found),
        gone_change=measure_change("R2", company.id, found, scores),
    )  # fmt: skip


def _why_no_score(measures: Sequence[str]) -> str:
    """The measures that a score was left out with: R5 <5."""
    return ", ".join(f"{id} {HIDDEN}" for id in measures)


def score_strip(found: Gathered, scores: dict[int, Score]) -> str:
    rows = []
    for one in found.companies:
        score = scores.get(one.id)
        is_shut = score is None or bool(hidden(score))
        drawn = None if is_shut else found.cards[one.id].details.get("uncertainty")
        value = score.score if score and not is_shut else None
        rows.append(
            charts.StripRow(
                name_of(one.id, found),
                value,
                drawn["low"] if drawn else None,
                drawn["high"] if drawn else None,
                None,
                _("no score"),
                charts.kept_look(one.look),
            )
        )
    if not any(row.value is not None for row in rows):
        return ""
    return str(
        charts.interval_strip(
            rows,
            title=_("Score of each company with its 95 per cent interval"),
            description="; ".join(
                f"{row.label} {shown(row.value)} ({span(row.low, row.high)})"
                for row in rows
                if row.value is not None
            ),
            limits=(0, 100),
            format=axis_point,
        )
    )
