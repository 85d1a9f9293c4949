"""A published round, measured as the method measures its own shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from sqlalchemy import select

from portal.benchmarks.models import BenchmarkRow
from portal.core.db import db
from portal.methodology import estimators
from portal.methodology.method import VERSION_1_0, Method
from portal.scorecards import queries as scorecards
from portal.scorecards.models import Scorecard

RATES = {"reviewed_24h": "reviewed_24h_pct", "removed": "removed_pct"}
TOTALS = frozenset(
    {
        "total", "totals", "grand total", "sum", "all", "all companies", "all platforms", "overall",
        "합계", "총계", "총합계", "계", "전체",
    }
)  # fmt: skip
WORDS = {"met": "met", "not_met": "not met", "not_shown": "not shown"}
NOT_ASSESSED = "not assessed"


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its interval, in per cent; without cases everything but n is empty.

    `value` is 100 x/n, as the interval is that of x of n. `published` is the percentage that was
    printed, and `is_whole` says whether x of n gives it to its last printed digit.
    """

    x: int | None
    n: int | None
    value: float | None
    low: float | None
    high: float | None
    verdict: str
    rank_best: int | None = None
    rank_worst: int | None = None
    published: float | None = None
    is_whole: bool | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """What a table prints as its total beside what its rows add up to.

    `within_rounding` says that the rounding of the printed percentages can explain the difference.
    """

    row: str
    of: str
    stated: int
    summed: int
    within_rounding: bool

    @property
    def adds_up(self) -> bool:
        return self.stated == self.summed


def rounds() -> Sequence[str]:
    """The names of the rounds there are, sorted."""
    found = select(BenchmarkRow.round).distinct().order_by(BenchmarkRow.round)
    return db.session.scalars(found).all()


def rows_of(name: str) -> Sequence[BenchmarkRow]:
    """The rows of a round as they were published, totals among them, by company."""
    found = select(BenchmarkRow).where(BenchmarkRow.round == name)
    return sorted(db.session.scalars(found), key=lambda row: row.company.casefold())


def is_total(row: BenchmarkRow) -> bool:
    """Whether the row is the table's own sum and no company."""
    return row.company.casefold().strip(" .:*()") in TOTALS


def count(percent: str, notices: int) -> int:
    """The percentage of the notices as a whole number, half up, in exact decimal arithmetic."""
    exact = Decimal(percent) * notices / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def rates(rows: Sequence[BenchmarkRow], rate: str, target: Fraction) -> dict[str, Rate]:
    """One rate of each company: Wilson interval, verdict, rank interval among those assessed.

    `target` is in per cent, exact. The method's formulas (section "Formulas") with x the published
    percentage of the notices, rounded half up. Totals are left out.
    """
    found: dict[str, Rate] = {}
    bounds: list[tuple[str, float, float]] = []
    for row in rows:
        if is_total(row):
            continue
        percent = getattr(row, RATES[rate])
        published = None if percent is None else float(percent)
        if percent is None or not row.notices:
            found[row.company] = Rate(
                None, row.notices, None, None, None, NOT_ASSESSED, published=published
            )
            continue
        x = count(percent, row.notices)
        interval = estimators.wilson(x, row.notices, VERSION_1_0.z)
        assert interval is not None  # there are notices
        bounds.append((row.company, interval.low, interval.high))
        found[row.company] = Rate(
            x,
            row.notices,
            100 * x / row.notices,
            100 * interval.low,
            100 * interval.high,
            WORDS[estimators.verdict(interval, target / 100)],
            published=published,
            is_whole=is_whole(percent, row.notices),
        )
    for name, (best, worst) in estimators.rank_interval(bounds).items():
        found[name] = replace(found[name], rank_best=best, rank_worst=worst)
    return found


def is_whole(percent: str, notices: int) -> bool:
    """Whether some whole number of the notices gives the percentage to its last printed digit."""
    exact = Decimal(percent) * notices / 100
    return abs(exact - count(percent, notices)) <= _slack(percent, notices)


def totals(rows: Sequence[BenchmarkRow]) -> list[Total]:
    """Each printed total beside the sum of the companies' rows.

    A rate's total is compared only where every company with notices has that rate. A company whose
    notices are not given adds nothing.
    """
    companies = [row for row in rows if not is_total(row)]
    found: list[Total] = []
    for total in (row for row in rows if is_total(row)):
        if total.notices is None:
            continue
        summed = sum(row.notices or 0 for row in companies)
        found.append(Total(total.company, "notices", total.notices, summed, False))
        for rate, column in RATES.items():
            printed = getattr(total, column)
            shares = [(getattr(row, column), row.notices) for row in companies if row.notices]
            if printed is None or any(percent is None for percent, _ in shares):
                continue
            stated = count(printed, total.notices)
            added = sum(count(percent, notices) for percent, notices in shares)
            slack = _slack(printed, total.notices) + sum(_slack(*share) for share in shares)
            exact = sum((Decimal(p) * n / 100 for p, n in shares), Decimal(0))
            apart = abs(Decimal(printed) * total.notices / 100 - exact)
            found.append(Total(total.company, rate, stated, added, apart <= slack))
    return found


def _slack(percent: str, notices: int) -> Decimal:
    """Half a unit of the last printed digit, in notices."""
    exponent = Decimal(percent).as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(5).scaleb(exponent - 1) * notices / 100


OWN = {"reviewed_24h": "R1", "removed": "R2"}
"""The portal's own measure that asks nearly the same."""


@dataclass(frozen=True, slots=True)
class Ours:
    """The portal's own figures of one month, to stand beside a published round."""

    month: str
    method: Method
    cards: list[Scorecard]
    rates: dict[str, dict[int, Rate]]
    """By rate and card: the measure as on the frozen card, against the same target."""


def ours(target: Fraction) -> Ours | None:
    """The latest month with frozen cards that the person may know of; None without one.

    The verdict is against `target` (per cent, exact), so that both tables are read with one mark.
    """
    month = scorecards.latest_binding_month()
    cards = scorecards.of_month(month, statuses=scorecards.BINDING) if month else []
    if not cards or month is None:
        return None
    found: dict[str, dict[int, Rate]] = {rate: {} for rate in OWN}
    for card in cards:
        for rate, id in OWN.items():
            one = card.figures.measures[id]
            verdict = NOT_ASSESSED
            if one.assessed and one.low is not None and one.high is not None:
                interval = estimators.Interval(one.low, one.high)
                verdict = WORDS[estimators.verdict(interval, target)]
            found[rate][card.id] = Rate(one.x, one.n, one.value, one.low, one.high, verdict)
    return Ours(month, cards[-1].method, cards, found)
