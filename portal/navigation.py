"""What every page shows around its content: the menu of the role, the institution, the reader."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, g, request, url_for

from portal.access.actor import Role
from portal.access.guard import actor, can
from portal.access.permissions import Permission as P
from portal.access.policy import allows
from portal.core import i18n
from portal.core.clock import local_date, now
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.institution import queries as institution
from portal.shifts import queries as shifts

MENU = (
    (None, (
        ("desk.show", P.SIGNED_IN, _l("Desk")),
        ("overviews.search", P.CONSULTATIONS_READ, _l("Search")),
    )),
    (_l("Dialogue"), (
        ("consultations.index", P.CONSULTATIONS_READ, _l("Consultations")),
        ("overviews.calendar", P.CONSULTATIONS_READ, _l("Calendar")),
        ("replies.index", P.REPLIES_READ, _l("Replies")),
        ("minutes.index", P.MINUTES_READ, _l("Minutes")),
        ("actions.index", P.ACTIONS_READ, _l("Action items")),
        ("registers.decisions", P.MINUTES_READ, _l("Decisions")),
        ("dialogue.index", P.DIALOGUE_READ, _l("Punctuality")),
    )),
    (_l("Requests"), (
        ("removal_requests.index", P.REMOVAL_REQUESTS_READ, _l("Removal requests")),
        ("information_requests.index", P.INFORMATION_REQUESTS_READ, _l("Information requests")),
        ("figures.index", P.FIGURES_READ, _l("Figures")),
        ("hotline.index", P.INTAKE_READ, _l("Hotline intake")),
        ("shifts.index", P.SHIFTS_READ, _l("Duty roster")),
    )),
    (_l("Results"), (
        ("scorecards.index", P.SCORECARDS_READ, _l("Scorecards")),
        ("reconciliations.index", P.RECONCILIATIONS_READ, _l("Counts of companies")),
        ("batches.index", P.BATCHES_READ, _l("Unannounced batches")),
        ("reports.index", P.REPORTS_READ, _l("Monthly reports")),
        ("documents.index", P.DOCUMENTS_READ, _l("Documents")),
        ("facts.index", P.FACTS_READ, _l("Published figures")),
        ("benchmarks.index", P.FACTS_READ, _l("Outside yardsticks")),
        ("methodology.show", P.METHODOLOGY_READ, _l("Methodology")),
    )),
    (_l("The house"), (
        ("companies.index", P.COMPANIES_READ, _l("Companies")),
        ("institution.index", P.INSTITUTION_READ, _l("Institution")),
        ("accounts.index", P.ACCOUNTS_READ, _l("Accounts")),
        ("holidays.index", P.HOLIDAYS_READ, _l("Holidays")),
        ("campaigns.index", P.CAMPAIGNS_EDIT, _l("Campaigns")),
        ("reminders.duties", P.DUTIES_READ, _l("Duties")),
        ("retention.index", P.RETENTION_READ, _l("Retention")),
        ("desk.outbox", P.OUTBOX_READ, _l("Outbox")),
        ("desk.audit_log", P.AUDIT_READ, _l("Audit log")),
    )),
)  # fmt: skip
"""The doors in groups, in the order of the day's work; the first group needs no name."""

WITHIN = {
    "agendas": "consultations",
    "series": "consultations",
    "responses": "actions",
    "whatif": "scorecards",
}
"""Rooms without a door of their own, and the one they are entered through."""


def menu() -> list[dict[str, Any]]:
    """The groups of doors that are open to the person; a group without any is left out."""
    is_here = _whether_here(request.endpoint or "")
    return [
        {
            "title": title,
            "entries": [
                {"url": url, "label": label, "is_current": is_here(endpoint)}
                for endpoint, url, label in doors
            ],
        }
        for title, doors in _open_to(actor().role, i18n.language(), request.script_root)
    ]


@lru_cache(maxsize=128)
def _open_to(
    role: Role | None, language: str, root: str
) -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
    """The doors that are open to a role, in a language, below the root of the addresses: put
    together once, for they stand on every page."""
    groups = []
    for title, doors in MENU:
        entries = tuple(
            (endpoint, url_for(endpoint), str(label))
            for endpoint, permission, label in doors
            if allows(role, permission)
        )
        if entries:
            groups.append((str(title or ""), entries))
    return tuple(groups)


def _whether_here(asked: str) -> Callable[[str], bool]:
    """Tells of a door whether the page being shown is entered through it."""
    room = "hotline" if asked == "removal_requests.hotline_clock" else asked.split(".")[0]
    room = WITHIN.get(room, room)
    is_room_of_many = room in ("desk", "overviews", "reminders")

    def is_here(endpoint: str) -> bool:
        if endpoint == "overviews.calendar":
            return asked.startswith(endpoint)  # the month, the list and the year are one door
        return endpoint == asked or (not is_room_of_many and endpoint.split(".")[0] == room)

    return is_here


def _on_duty() -> list[shifts.Duty] | None:
    """Who is on duty now, beside every page of the hotline; None elsewhere."""
    is_hotline = request.blueprint == "hotline" and can(P.SHIFTS_READ)
    return shifts.on_duty(at=now()) if is_hotline else None


def surroundings() -> dict[str, Any]:
    """What the layout needs on every page."""
    account = g.get("account")
    if "institution" not in g:  # a page made of several templates asks once
        g.institution = institution.on(local_date(now()))
    held = g.institution
    return {
        "locale": i18n.language(),
        "me": account,
        "my_name": i18n.both(account, "name") if account else "",
        "role_label": _(account.role.value) if account else "",
        "institution_name": i18n.both(held, "name") if held else _("Consultation portal"),
        "navigation": menu() if account else [],
        "reader_zone": str(i18n.zone()),
        "on_duty": _on_duty() if account else None,
    }


def install(app: Flask) -> None:
    """Hand the surroundings to every template."""
    app.context_processor(surroundings)
