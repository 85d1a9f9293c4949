"""What is read at first sight, what stands beside the index, and the same question asked of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.core.figures import in_hours, rounded, shown, span
from portal.core.i18n import gettext as _
from portal.methodology import estimators
from portal.methodology.method import Method
from portal.methodology.score import Score
from portal.scorecards.beside import clock_rows
from portal.scorecards.lines import Line

HALF = 0.5 - 1e-9


@dataclass(frozen=True)
class Headline:
    """A figure for the first sight: what, how much, of how many and how sure, where its cases are."""

    term: str
    value: str
    note: str
    measure: str = ""
    count: int = 0
    """How many cases it counts, where it is a count."""
    of: int = 0
    """Of how many, where it is a share."""
    id: str = ""
    """Of what, where a small cell may have to be hidden with its neighbours."""


@dataclass(frozen=True)
class Clock:
    """The same question asked of both sides."""

    question: str
    company: str
    institution: str


def headlines(score: Score, lines: Sequence[Line], details: dict[str, Any]) -> list[Headline]:
    """What is read at first sight: R2, the oldest open request, and one clock of each side."""
    removed = next(line for line in lines if line.id == "R2")
    beside, n = score.beside, int(score.beside["requests"] or 0)
    delays = details.get("regulator", {})
    return [
        Headline(
            removed.name,
            removed.value,
            _("%(share)s, interval %(span)s: %(verdict)s", share=removed.share.replace(" ", "\u00a0"),
              span=removed.interval, verdict=removed.verdict_word),
            "R2",
        ),
        Headline(
            _("Oldest request without an answer"),
            _age(beside["oldest_open_hours"]),
            _("%(share)s without a substantive answer", share=_part(beside["open"], n)),
            "R1",
        ),
        Headline(
            _("Delivery to removal: half gone after"),
            in_hours(score.removal.median_hours, _("not reached")),
            _("interval %(span)s, n = %(n)s", span=_median_span(score), n=n),
            "R3",
        ),
        Headline(
            _("The commission: intake to issue"),
            in_hours(delays.get("intake_to_issue_hours")),
            _("median; issue to delivery %(hours)s",
              hours=in_hours(delays.get("issue_to_delivery_hours"))),
        ),
    ]  # fmt: skip


def _age(hours: float | int | None) -> str:
    """Hours, or days once there are three of them."""
    if hours is None or hours < 72:
        return in_hours(hours)
    return _("%(days)s days", days=shown(hours / 24))


def _part(x: float | int | None, n: int) -> str:
    return "–" if x is None or not n else f"{shown(x, 0)} / {shown(n, 0)}"


def _median_span(score: Score) -> str:
    """The interval of the median: where the bounds of the curve reach one half.

    Brookmeyer and Crowley 1982, Biometrics 38:29; the bounds are those of the curve itself.
    """
    ends = [
        next((point.hours for point in score.removal.curve if share(point) >= HALF), None)
        for share in (lambda point: point.high, lambda point: point.low)
    ]
    if ends[0] is None:
        return "–"
    return f"{shown(ends[0])}–{in_hours(ends[1], _('not reached'))}"


def beside_the_index(score: Score, method: Method) -> list[Headline]:
    beside, n = score.beside, int(score.beside["requests"] or 0)
    disputed = beside["share_disputed"]
    counts = [
        ("excluded", _("Left out, with reason"), beside["excluded"], 0),
        ("blocks", _("Access blocks in Korea"), beside["blocks"], 0),
        ("restrictions", _("Geo-restrictions"), beside["restrictions"], n),
        ("refusals", _("Refusals"), beside["refusals"], n),
        ("still_up", _("Still up when checked"), beside["still_up"], n),
        (
            "disputed",
            _("Disputed by the company"),
            None if disputed is None else int(rounded(disputed * n, 0)),
            n,
        ),
    ]
    return [
        Headline(_("Requests in the cohort"), shown(n, 0), "", count=n),
        *(
            Headline(
                term,
                _part(x, of) if of else shown(x, 0),
                _share_span(x, of, method),
                count=int(x or 0),
                of=of,
                id=id,
            )
            for id, term, x, of in counts
        ),
        Headline(
            _("Consultations held, attended"),
            f"{beside['consultations_held']}, {beside['consultations_attended']}",
            "",
        ),
    ]


def _share_span(x: Any, n: int, method: Method) -> str:
    bounds = estimators.wilson(int(x), n, method.z) if x is not None and n else None
    return "" if bounds is None else f"{span(100 * bounds.low, 100 * bounds.high)}%"


def clocks(score: Score, details: dict[str, Any]) -> list[Clock]:
    regulator = details.get("regulator", {})
    timely = details.get("timely", {})
    if "clocks" in details:  # what was due and done in time stands in the chart above
        return [Clock(*row) for row in clock_rows(score, details)]
    return [
        Clock(
            _("Median time on a request"),
            _(
                "delivery to removal: %(hours)s",
                hours=in_hours(score.removal.median_hours, _("not reached")),
            )
            if score.removal.f48 is not None
            else "–",
            _(
                "intake to issue: %(issue)s; issue to delivery: %(delivery)s",
                issue=in_hours(regulator.get("intake_to_issue_hours")),
                delivery=in_hours(regulator.get("issue_to_delivery_hours")),
            ),
        ),
        Clock(
            _("Action items due in the month, done in time"),
            _of(timely.get("R6")),
            _of(timely.get("regulator")),
        ),
    ]


def _of(parts: Sequence[int] | None) -> str:
    return "–" if not parts or not sum(parts) else f"{parts[0]} / {sum(parts)}"
