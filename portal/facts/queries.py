"""Questions about published facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from portal.core.db import db
from portal.facts.models import NationalSeries, PublishedFact


def all_facts() -> Sequence[PublishedFact]:
    """Every published figure, in the order of the table it came from."""
    return db.session.scalars(select(PublishedFact).order_by(PublishedFact.id)).all()


@dataclass(frozen=True, slots=True)
class Standstill:
    """The days on which nobody sat: from the one after the last sitting to the last of which it
    is known. The two figures say so."""

    starts_on: date
    ends_on: date
    last_sitting: PublishedFact
    still: PublishedFact

    def covers(self, first: date, last: date) -> bool:
        """Whether nobody sat on any day of a period."""
        return self.starts_on <= first and last <= self.ends_on


@dataclass(frozen=True, slots=True)
class National:
    """The published series, in the order of their time."""

    series: Mapping[NationalSeries, Sequence[PublishedFact]]

    def of(self, kind: NationalSeries) -> Sequence[PublishedFact]:
        """The figures of one series."""
        return self.series.get(kind, ())

    @property
    def standstill(self) -> Standstill | None:
        """When nobody sat; None where that was not published."""
        sittings, stills = self.of(NationalSeries.LAST_SITTING), self.of(NationalSeries.NOBODY_SITS)
        if not sittings or not stills:
            return None
        last, still = sittings[-1], stills[-1]
        if last.ends_on is None or still.ends_on is None or still.ends_on <= last.ends_on:
            return None
        return Standstill(last.ends_on + timedelta(days=1), still.ends_on, last, still)

    def stands_still(self, fact: PublishedFact) -> bool:
        """Whether a figure repeats the one before only because nobody sat in between: then it
        counts nothing and is drawn as a gap."""
        before = [
            one
            for one in self.of(NationalSeries.REQUESTS)
            if one.ends_on and fact.ends_on and one.ends_on < fact.ends_on
            and one.starts_on == fact.starts_on
        ]  # fmt: skip
        held = self.standstill
        if held is None or not before or before[-1].amount != fact.amount:
            return False
        assert before[-1].ends_on and fact.ends_on
        return held.covers(before[-1].ends_on + timedelta(days=1), fact.ends_on)


def national() -> National:
    """Every figure that belongs to a series; one query."""
    found: dict[NationalSeries, list[PublishedFact]] = {}
    for fact in db.session.scalars(
        select(PublishedFact)
        .where(PublishedFact.series.is_not(None))
        .order_by(PublishedFact.ends_on, PublishedFact.id)
    ):
        if fact.series is not None:
            found.setdefault(fact.series, []).append(fact)
    return National(found)
