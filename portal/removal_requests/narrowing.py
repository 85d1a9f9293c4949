"""What an address narrows the list to: the list itself, what stands behind a request in it, its export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from portal.access.guard import actor
from portal.core.calendar import as_month
from portal.removal_requests import queries

ARGUMENTS = (
    "state", "company", "platform", "clock", "outcome", "ground", "surface", "measure",
    "category", "month", "from", "to", "counted", "left_out", "number", "mine",
)  # fmt: skip
"""What narrows a list, as it stands in an address."""


def chosen_by(platforms: Sequence[Any], said: Mapping[str, str]) -> queries.Filter:
    """What an address narrows the list to. What it does not know narrows nothing."""
    me, word = actor(), said.get
    slug = word("company", "")
    company = next((p.company_id for p in platforms if p.company == slug), None)
    if me.is_company:  # by its own index, and a sandbox sees its own
        company = me.organisation_id
    platform = next((p.id for p in platforms if p.slug == word("platform", "")), None)
    states = queries.COMPANY_STATES if me.is_company else queries.STATES
    state = word("state", "")
    return queries.Filter(
        company_id=company,
        platform_id=platform,
        state=state if state in states else "",
        outcome=word("outcome", ""),
        month=as_month(word("month", "")),
        since=as_month(word("from", "")),
        until=as_month(word("to", "")),
        counted=word("counted", ""),
        left_out=word("left_out", ""),
        number=word("number", "").strip()[:60],
        clock=word("clock", "") if word("clock", "") in queries.CLOCKS else "",
        ground=word("ground", ""),
        surface=word("surface", ""),
        measure=word("measure", ""),
        category=word("category", "")[:60],
        mine=me.account_id if word("mine") and not me.is_company else None,
    )


def narrowing_of(said: Mapping[str, str]) -> str:
    """What narrows a list, as the part of an address; pages are left out."""
    return urlencode([(name, said[name]) for name in ARGUMENTS if said.get(name)])
