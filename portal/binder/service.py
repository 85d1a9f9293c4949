"""Makes the binder out of what was adopted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from portal.access.actor import Role
from portal.access.permissions import Permission
from portal.access.policy import allows
from portal.actions.models import ActionItem
from portal.binder import queries
from portal.companies.models import Company
from portal.consultations.models import Side
from portal.core import pdf
from portal.core.errors import FieldError, Refused
from portal.core.i18n import both, local, spoken, zone_label
from portal.core.i18n import gettext as _
from portal.documents.models import Document
from portal.documents.service import print_pdf

TEMPLATE = "binder/pdf.html"
SEOUL = "Asia/Seoul"


def year_of(text: str) -> int:
    """A year as typed; refused with how to write it."""
    if not (text.isascii() and text.isdigit() and len(text) == 4 and text.startswith("20")):
        raise FieldError("year", _("Write the year as 2026."))
    return int(text)


def content(
    company: Company, year: int, *, language: str, at: datetime, role: Role | None
) -> dict[str, Any]:
    """What a binder prints: frozen texts as they were adopted, and what is owed at `at`.

    `role` is the reader's; one without action items gets none, and is told so; None reads all.
    Refused where nothing the reader may read was adopted in the year.
    """
    with spoken(language, SEOUL):
        held = queries.parts(company.id, year, language, with_content=True)
        if not held:
            raise Refused(
                _("No minutes of %(year)s are adopted that you may read. Choose another year.",
                  year=year)
            )  # fmt: skip
        sees_items = role is None or allows(role, Permission.ACTIONS_READ)
        items = queries.open_items(company.id, year) if sees_items else ()
        newest = held[-1].content
        return {
            "doc_no": f"{held[-1].number.rsplit('-', 1)[0]}",
            "doc_title": _("Binder of the minutes of %(year)s", year=year),
            "doc_lead": both(company, "name"),
            "org_name": newest["org_name"],
            "org_name_other": newest["org_name_other"],
            "made_at_text": _instant(at),
            "parts": [_part(document) for document in held],
            "decisions": [
                {"part": f"part-{document.id}", "serial": document.number, **decision}
                for document in held
                for decision in document.content["decisions"]
            ],
            "sees_items": sees_items,
            "items": [_owed(item, newest["org_name"], at) for item in items],
        }


def _part(document: Document) -> dict[str, Any]:
    return {
        "anchor": f"part-{document.id}",
        "serial": document.number,
        "title": document.title,
        "version": document.version,
        "sha256": document.pdf_sha256,
        "template": document.template,
        "content": document.content,
    }


def _owed(item: ActionItem, org_name: str, at: datetime) -> dict[str, str]:
    moved = item.first_due_at is not None and item.first_due_at != item.due_at
    return {
        "number": item.number,
        "text": both(item, "text"),
        "owner": both(item.company, "name") if item.owner is Side.COMPANY else org_name,
        "due": _instant(item.due_at, item.due_zone),
        "first_due": _instant(item.first_due_at, item.due_zone)
        if moved and item.first_due_at
        else "",
        "state": _(item.status.value),
        "late": _("late by %(days)s d %(hours)s h %(minutes)s min", **_span(item, at))
        if item.is_late(at=at)
        else "",
    }


def _span(item: ActionItem, at: datetime) -> dict[str, int]:
    minutes = int(item.lateness(at=at).total_seconds()) // 60
    return {"days": minutes // 1440, "hours": minutes // 60 % 24, "minutes": minutes % 60}


def _instant(at: datetime, zone: str = SEOUL) -> str:
    return f"{local(at, 'instant', zone)} {zone_label(at, zone)}"


def print_of(
    said: dict[str, Any],
    *,
    language: str,
    at: datetime,
    progress: Callable[..., None] | None = None,
    render: Callable[..., bytes] | None = None,
) -> bytes:
    """The binder as a PDF, printed in a process of its own."""
    return print_pdf(
        TEMPLATE,
        said,
        language=language,
        made_at=at,
        render=render or partial(pdf.render_in_child, progress=progress),
    )
