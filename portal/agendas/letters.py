"""What the agendas room writes to people."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.agendas.changes import in_words
from portal.agendas.models import AgendaItem, AgendaVersion, Paper
from portal.consultations import queries as consultations
from portal.consultations.models import Consultation, Side
from portal.core.i18n import both, language, local
from portal.core.i18n import gettext as _
from portal.core.outbox import post


def _link(consultation: Consultation) -> str:
    return f"{current_app.config['BASE_URL']}/consultations/{consultation.id}/agenda"


def _of_side(consultation: Consultation, side: Side) -> list[Account]:
    if side is Side.COMPANY:
        return accounts.of_company(consultation.company_id)
    return accounts.officers_for(consultation.company_id)


def published(version: AgendaVersion, consultation: Consultation, *, at: datetime) -> None:
    """The agenda went out, to both sides and who is invited beside them."""
    people = [
        *_of_side(consultation, Side.COMPANY),
        *_of_side(consultation, Side.INSTITUTION),
        *consultations.accounts_of(consultation.delegates),
    ]
    for person in {person.id: person for person in people}.values():
        post(
            "agendas:publish",
            to=person,
            subject="Agenda of %(serial)s, version %(version)s",
            body=(
                "The agenda of the consultation %(serial)s is published (version %(version)s).\n\n"
                "%(start)s (%(zone)s), %(venue)s\n\n%(items)s\n\n%(changes)s"
                "The agenda as PDF:\n%(link)s"
            ),
            about=consultation,
            at=at,
            serial=lambda: consultation.label,
            version=version.number,
            start=lambda: local(consultation.starts_at, "instant", consultation.zone),
            zone=consultation.zone,
            venue=consultation.venue,
            items=lambda: "\n".join(
                f"{number}. {_in_own_words(item)}" for number, item in enumerate(version.items, 1)
            ),
            changes=lambda: _changes(version),
            link=_link(consultation),
        )


def _changes(version: AgendaVersion) -> str:
    if not version.changes:
        return ""
    lines = "\n".join(f"- {in_words(change)}" for change in version.changes)
    return _("What changed since version %(number)s", number=version.number - 1) + f":\n{lines}\n\n"


def _in_own_words(item: dict[str, str]) -> str:
    first, second = ("ko", "en") if language() == "ko" else ("en", "ko")
    return item[f"title_{first}"] or item[f"title_{second}"]


def proposed(item: AgendaItem, *, at: datetime) -> None:
    """A proposal waits for the other side's word."""
    consultation = item.consultation
    other = Side.INSTITUTION if item.proposed_by is Side.COMPANY else Side.COMPANY
    for person in _of_side(consultation, other):
        post(
            "agendas:propose",
            to=person,
            subject="Proposed for the agenda of %(serial)s",
            body=(
                "For the consultation %(serial)s the other side proposes:\n\n%(title)s\n\n"
                "Accept it, decline it with a reason, or defer it:\n%(link)s"
            ),
            about=consultation,
            at=at,
            serial=lambda: consultation.label,
            title=lambda: both(item, "title"),
            link=_link(consultation),
        )


def decided(item: AgendaItem, *, at: datetime) -> None:
    """What the other side said to a proposal."""
    consultation = item.consultation
    for person in _of_side(consultation, item.proposed_by):
        post(
            "agendas:decide",
            to=person,
            subject="Your proposal for %(serial)s: %(became)s",
            body=(
                "Your proposal for the agenda of %(serial)s is now: %(became)s.\n\n"
                "%(title)s\nReason: %(reason)s\n\n%(link)s"
            ),
            about=consultation,
            at=at,
            serial=lambda: consultation.label,
            became=lambda: _(item.status.value),
            title=lambda: both(item, "title"),
            reason=item.reason or "–",
            link=_link(consultation),
        )


def attached(paper: Paper, *, at: datetime) -> None:
    """The other side learns that a paper lies there for both."""
    item = paper.item
    other = Side.INSTITUTION if paper.side is Side.COMPANY else Side.COMPANY
    for person in _of_side(item.consultation, other):
        post(
            "agendas:attach",
            to=person,
            subject="A paper for %(serial)s",
            body=(
                "The other side has laid a paper to an agenda item of %(serial)s.\n\n"
                "%(title)s\n%(name)s\n\n%(link)s"
            ),
            about=item.consultation,
            at=at,
            serial=lambda: item.consultation.label,
            title=lambda: both(item, "title"),
            name=paper.filename,
            link=f"{current_app.config['BASE_URL']}/agenda-items/{item.id}",
        )
