"""The printed agenda: one published version, frozen, in each language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.access.scope import beyond_scope
from portal.agendas import queries
from portal.agendas.changes import in_words
from portal.agendas.models import STANDING, AgendaItem, AgendaVersion, ItemKind
from portal.consultations.models import Consultation, Delegate, Side
from portal.consultations.service import previous_minutes
from portal.core import i18n
from portal.core.clock import local_date
from portal.core.i18n import LANGUAGES, spoken
from portal.core.i18n import gettext as _
from portal.documents import service as documents
from portal.documents.models import Document, DocumentKind
from portal.institution import queries as institution

ZONE = "Asia/Seoul"


@dataclass(frozen=True, slots=True)
class AgendaContent:
    """Everything the printed agenda says, in one language."""

    doc_no: str
    doc_title: str
    doc_title_other: str
    org_name: str
    org_name_other: str
    made_at_text: str
    version_text: str
    words: dict[str, str]
    clocks: list[dict[str, str]]
    facts: list[tuple[str, str]]
    items: list[dict[str, Any]]
    total: str
    delegations: list[dict[str, Any]]
    changes: list[str]


def keep(version: AgendaVersion, consultation: Consultation, *, at: datetime) -> list[Document]:
    """Keep what is printed of a published version in both languages; the company may open it at once."""
    with beyond_scope("a document says the same whoever has it printed"):
        items = queries.items_of(consultation.id)
        since = queries.on_the_agenda_since(items)
        kept = []
        for language in LANGUAGES:
            with spoken(language, ZONE):
                content = asdict(_content(version, consultation, since))
            kept.append(
                documents.keep(
                    DocumentKind.AGENDA,
                    template="agendas/pdf.html",
                    content=content,
                    company_id=consultation.company_id,
                    subject_id=consultation.id,
                    version=version.number,
                    language=language,
                    at=at,
                    released_at=at,
                )
            )
    return kept


def _content(
    version: AgendaVersion, consultation: Consultation, since: dict[int, datetime]
) -> AgendaContent:
    own, other = ("ko", "en") if i18n.language() == "ko" else ("en", "ko")
    held = institution.on(local_date(version.published_at))
    names = {code: getattr(held, f"name_{code}", "") for code in (own, other)}
    sum_of_minutes = sum(item["minutes"] for item in version.items)
    return AgendaContent(
        doc_no=f"{consultation.serial} A{version.number}",
        doc_title=_("Agenda: %(title)s", title=getattr(consultation, f"title_{own}")),
        doc_title_other=getattr(consultation, f"title_{other}"),
        org_name=names[own],
        org_name_other=names[other],
        made_at_text=i18n.day(local_date(version.published_at)),
        version_text=_("Version %(number)s", number=version.number),
        words={
            "other": other,
            "when": _("Time"),
            "items": _("Items"),
            "number": _("No."),
            "item": _("Item"),
            "presenter": _("Presenter"),
            "minutes": _("Duration (minutes)"),
            "starts": _("Begins"),
            "delegations": _("Delegations"),
            "changes": _("What changed since version %(number)s", number=version.number - 1),
            "total": _("In all"),
            "facts": _("Consultation"),
        },
        clocks=[
            {"whose": whose, "when": when, "zone": zone}
            for whose, when, zone in consultation.clocks()
        ],
        facts=[
            (_("Number"), consultation.serial or ""),
            (_("Company"), i18n.both(consultation.company, "name")),
            (_("Venue"), consultation.venue),
            (_("Duration"), _("%(minutes)s minutes", minutes=consultation.duration)),
        ],
        items=_items(version, consultation, since, own, other),
        total=_("%(minutes)s minutes", minutes=sum_of_minutes),
        delegations=_delegations(consultation),
        changes=[in_words(change) for change in version.changes],
    )


def _items(
    version: AgendaVersion,
    consultation: Consultation,
    since: dict[int, datetime],
    own: str,
    other: str,
) -> list[dict[str, Any]]:
    lines = []
    begins = consultation.starts_at.astimezone(ZoneInfo(consultation.zone))
    for number, item in enumerate(version.items, 1):
        kind = item["kind"]
        # A standing item is called what it is.
        notes = [] if kind in STANDING else [_(kind)]
        notes.append(_proposer(item, consultation))
        if item["times_carried"]:
            notes.append(
                carried(item["times_carried"], since.get(item["id"], consultation.starts_at))
            )
        if item["is_late"]:
            notes.append(_("proposed late"))
        if kind == ItemKind.CONFIRM_MINUTES:
            notes.append(previous_minutes(consultation))
        title = item[f"title_{own}"] or item[f"title_{other}"]
        title_other = item[f"title_{other}"]
        lines.append(
            {
                "number": number,
                "title": title,
                "title_other": title_other if title_other != title else "",
                "notes": " · ".join(filter(None, notes)),
                "presenter": item["presenter"],
                "minutes": item["minutes"],
                "begins": begins.strftime("%H:%M"),
            }
        )
        begins += timedelta(minutes=item["minutes"])
    return lines


def _proposer(item: dict[str, Any], consultation: Consultation) -> str:
    if item["proposed_by"] == Side.COMPANY.value:
        return _("proposed by %(side)s", side=i18n.both(consultation.company, "name"))
    return _("proposed by the institution")


def carried(times: int, since: datetime) -> str:
    """How often an item was carried over, and since when it has stood on an agenda."""
    return _(
        "carried %(times)s times since %(month)s",
        times=times,
        month=i18n.local(since, "month", ZONE),
    )


def carried_notes(items: Sequence[AgendaItem]) -> dict[int, str]:
    """The same for the items of a page."""
    since = queries.on_the_agenda_since(items)
    return {item.id: carried(item.times_carried, since[item.id]) for item in items
            if item.id in since}  # fmt: skip


def _delegations(consultation: Consultation) -> list[dict[str, Any]]:
    return [
        {
            "side": i18n.both(consultation.company, "name")
            if side is Side.COMPANY
            else _("The institution"),
            "people": [
                {"name": one.name, "title": one.title, "role": _role(one)}
                for one in consultation.delegates
                if one.side is side
            ],
        }
        for side in (Side.INSTITUTION, Side.COMPANY)
    ]


def _role(delegate: Delegate) -> str:
    words = []
    if delegate.is_lead:
        words.append(_("leads"))
    if delegate.can_bind:
        words.append(_("can bind"))
    return ", ".join(words)
