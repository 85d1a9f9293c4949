"""What the clock says before and after a consultation, from what stands at that moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import current_app

from portal.agendas import queries as agendas
from portal.agendas.models import AgendaItem, ItemStatus
from portal.consultations.duties import DutyKind, Moment
from portal.consultations.models import Consultation, Rsvp, Side
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both, local, zone_label
from portal.core.i18n import gettext as _
from portal.core.outbox import Letter, post
from portal.minutes.models import Minutes
from portal.reminders.queries import NOT_RELEASED, Recipient


def tell(
    told: Moment,
    consultation: Consultation,
    minutes: Minutes | None,
    *,
    to: Recipient,
    at: datetime,
) -> Letter:
    """Write the letter of a duty to one person."""
    return WRITERS[told.rule.kind](told, consultation, minutes, to, at)


def _post(
    kind: DutyKind,
    consultation: Consultation,
    to: Recipient,
    *,
    subject: str,
    body: str,
    at: datetime,
    **values: Any,
) -> Letter:
    return post(
        f"reminders:{kind.value}",
        to=to,
        subject=subject,
        body=body,
        about=consultation,
        at=at,
        serial=consultation.serial,
        title=lambda: both(consultation, "title"),
        clocks=lambda: "\n".join(f"- {who}: {when} {zone}" for who, when, zone in consultation.clocks()),
        venue=consultation.venue,
        link=f"{current_app.config['BASE_URL']}/consultations/{consultation.id}",
        **values,
    )  # fmt: skip


def _until(deadline: datetime | None, to: Recipient) -> Callable[[], str]:
    def words() -> str:
        if deadline is None:
            return "–"
        return f"{local(deadline)} {zone_label(deadline, to.time_zone)}"

    return words


def _lines(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def respond_by(
    told: Moment, consultation: Consultation, _minutes: Minutes | None, to: Recipient, at: datetime
) -> Letter:
    """Who has not answered is asked once more."""
    return _post(
        told.rule.kind,
        consultation,
        to,
        subject="Your answer is missing: %(serial)s",
        body=(
            "%(ask)s\n\n%(serial)s, %(title)s\n%(clocks)s\n- Venue: %(venue)s\n\n"
            "Please answer until %(until)s:\n%(link)s"
        ),
        at=at,
        until=_until(told.deadline, to),
        ask=lambda: (
            _("You have not said yet whether you come.")
            if to.delegate is not None
            else _("Your side has not said yet who comes.")
        ),
    )


def agenda_cut_off(
    told: Moment, consultation: Consultation, _minutes: Minutes | None, to: Recipient, at: datetime
) -> Letter:
    """Proposals are in time until then; what waits for the other side is named."""
    return _post(
        told.rule.kind,
        consultation,
        to,
        subject="Agenda of %(serial)s: proposals until %(until)s",
        body=(
            "Proposals for the agenda of %(serial)s, %(title)s, are in time until %(until)s."
            " Later ones are taken too and marked as late.\n\n"
            "On the agenda:\n%(items)s\n\n"
            "Waiting for your side's answer:\n%(waiting)s\n\n%(link)s/agenda"
        ),
        at=at,
        until=_until(told.deadline, to),
        items=lambda: _titles(consultation, ItemStatus.ACCEPTED, None),
        waiting=lambda: _titles(consultation, ItemStatus.PROPOSED, to.side),
    )


def _titles(consultation: Consultation, status: ItemStatus, waits_for: Side | None) -> str:
    items: list[AgendaItem] = [
        item
        for item in agendas.everything_of(consultation.id)
        if item.status is status and item.proposed_by is not waits_for
    ]
    return _lines([both(item, "title") for item in items]) or _("- nothing")


def ahead(
    told: Moment, consultation: Consultation, _minutes: Minutes | None, to: Recipient, at: datetime
) -> Letter:
    """The date comes near: when, where, and what is still open."""
    return _post(
        told.rule.kind,
        consultation,
        to,
        subject="Reminder: %(serial)s on %(when)s",
        body=(
            "The consultation %(serial)s, %(title)s, is coming up.\n\n"
            "%(clocks)s\n- Venue: %(venue)s\n\n%(standing)s\n\n%(link)s"
        ),
        at=at,
        when=lambda: f"{local(consultation.starts_at)} {zone_label(consultation.starts_at, to.time_zone)}",
        standing=lambda: _standing(consultation, to),
    )  # fmt: skip


ANSWERS = {
    Rsvp.NEEDS_ACTION: _l("You have not answered yet whether you come."),
    Rsvp.ACCEPTED: _l("You said that you come."),
    Rsvp.TENTATIVE: _l("You said that you may come. Please say yes or no."),
    Rsvp.DECLINED: _l("You said that you do not come."),
}


def _standing(consultation: Consultation, to: Recipient) -> str:
    lines = [str(ANSWERS[to.delegate.rsvp])] if to.delegate is not None else []
    if consultation.agenda_version:
        lines.append(_("The agenda is published in version %(number)s.",
                       number=consultation.agenda_version))  # fmt: skip
    else:
        lines.append(_("The agenda is not published yet."))
    waiting = sum(
        item.status is ItemStatus.PROPOSED and item.proposed_by is not to.side
        for item in agendas.everything_of(consultation.id)
    )
    if waiting:
        lines.append(_("Proposals that wait for your side's answer: %(count)s", count=waiting))
    for side in consultation.sides_without_capacity():
        lines.append(_("Nobody with capacity to bind comes for: %(side)s", side=_(side.value)))
    return _lines(lines)


def minutes_due(
    told: Moment, consultation: Consultation, minutes: Minutes | None, to: Recipient, at: datetime
) -> Letter:
    """The own side's minutes: until when, and what is missing."""
    is_late = told.deadline is not None and told.deadline < at
    return _post(
        told.rule.kind,
        consultation,
        to,
        subject=(
            "Minutes of %(serial)s were due on %(until)s"
            if is_late
            else "Minutes of %(serial)s are due on %(until)s"
        ),
        body=(
            "The minutes of %(serial)s, %(title)s, go to the company until %(until)s."
            "\n\nWhat is missing:\n%(missing)s\n\n%(link)s"
        ),
        at=at,
        until=_until(told.deadline, to),
        missing=lambda: _lines(missing_in(consultation, minutes)),
    )


def missing_in(consultation: Consultation, minutes: Minutes | None) -> list[str]:
    """What stands between a held consultation and its minutes before the company."""
    lines = []
    if minutes is None:
        lines.append(_("The minutes have not been begun."))
    else:
        lines += [
            _("Nothing is written on: %(item)s", item=both(item, "title"))
            for item in minutes.items
            if not (item.discussion_ko or item.discussion_en or item.outcomes)
        ]
        if minutes.status in NOT_RELEASED:
            lines.append(_("They are not released to the company."))
    lines += [
        _("Nobody has said what became of: %(item)s", item=both(item, "title"))
        for item in agendas.open_items(consultation.id)
    ]
    return lines


def minutes_answer(
    told: Moment, consultation: Consultation, minutes: Minutes | None, to: Recipient, at: datetime
) -> Letter:
    """The company's answer to the minutes: until when, and to which items."""
    return _post(
        told.rule.kind,
        consultation,
        to,
        subject="Your answer to the minutes of %(serial)s is due on %(until)s",
        body=(
            "The minutes of %(serial)s, %(title)s, wait for your side's answer until %(until)s."
            "\n\nWhat is missing:\n%(missing)s\n\n%(page)s"
        ),
        at=at,
        until=_until(told.deadline, to),
        missing=lambda: _lines(unanswered_in(minutes)) if minutes is not None else "",
        page=f"{current_app.config['BASE_URL']}/minutes/{minutes.id if minutes else ''}",
    )


def unanswered_in(minutes: Minutes) -> list[str]:
    """The items the company has not answered, and its acceptance where that is asked for."""
    lines = [both(item, "title") for item in minutes.unanswered()]
    if minutes.status.value == "reconciled" and minutes.accepted_by(Side.COMPANY) is None:
        lines.append(_("The acceptance of the text for your side."))
    return lines


WRITERS = {
    DutyKind.RESPOND_BY: respond_by,
    DutyKind.AGENDA_CUT_OFF: agenda_cut_off,
    DutyKind.FIRST_REMINDER: ahead,
    DutyKind.LAST_REMINDER: ahead,
    DutyKind.MINUTES_DUE: minutes_due,
    DutyKind.MINUTES_ANSWER: minutes_answer,
}
