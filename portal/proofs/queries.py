"""What a case is made of. The wall has already hidden what is not the reader's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.access.actor import Actor, OrganisationKind, Role
from portal.actions.models import ActionItem, Amendment, ProgressReport
from portal.agendas.models import AgendaItem
from portal.consultations.models import Consultation
from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.errata.models import Erratum
from portal.minutes.models import Minutes, MinutesItem
from portal.reminders.models import Proof
from portal.responses.models import Response

Subjects = dict[str, list[int]]
"""The records of a case: their numbers by the name of their table."""
MOST = 2000


def of_consultation(consultation: Consultation, minutes: Minutes | None) -> Subjects:
    """The consultation, its agenda, minutes, errata and action items."""
    items = _numbers(AgendaItem.id, AgendaItem.consultation_id == consultation.id)
    found: Subjects = {Consultation.__tablename__: [consultation.id], "agenda_item": items}
    if minutes is not None:
        found["minutes"] = [minutes.id]
        found["minutes_item"] = _numbers(MinutesItem.id, MinutesItem.minutes_id == minutes.id)
        found["erratum"] = _numbers(Erratum.id, Erratum.minutes_id == minutes.id)
    for number in _numbers(ActionItem.id, ActionItem.consultation_id == consultation.id):
        for name, numbers in of_action_item(number).items():
            found.setdefault(name, []).extend(numbers)
    return found


def of_action_item(number: int) -> Subjects:
    """An action item, the reports on it and the changes that were asked for."""
    return {
        "action_item": [number],
        "response": _numbers(Response.id, Response.action_item_id == number),
        "amendment": _numbers(Amendment.id, Amendment.action_item_id == number),
        "progress_report": _numbers(ProgressReport.id, ProgressReport.action_item_id == number),
    }


def _numbers(column: object, condition: object) -> list[int]:
    return list(db.session.scalars(select(column).where(condition)))  # type: ignore[call-overload]


def letters(subjects: Subjects) -> Sequence[Proof]:
    """The letters about a case that the reader may know of, in the order of their writing."""
    about = or_(
        *(
            and_(Proof.about == name, Proof.about_id.in_(numbers))
            for name, numbers in subjects.items()
            if numbers
        )
    )
    return db.session.scalars(select(Proof).where(about).order_by(Proof.id).limit(MOST)).all()


def acts(subjects: Subjects, actor: Actor) -> Sequence[AuditEvent]:
    """What the log has of a case: to the auditor all, to each side what that side did.

    The institution's side reads the clock's acts with its own. The newest, oldest first.
    """
    about = or_(
        *(
            and_(AuditEvent.subject == name, AuditEvent.subject_id.in_(numbers))
            for name, numbers in subjects.items()
            if numbers
        )
    )
    statement = select(AuditEvent).where(about).order_by(AuditEvent.id.desc()).limit(MOST)
    if actor.role is not Role.AUDITOR:
        own = AuditEvent.organisation_id == actor.organisation_id
        if actor.kind is OrganisationKind.INSTITUTION:
            own = or_(own, AuditEvent.organisation_id.is_(None))
        statement = statement.where(own)
    return db.session.scalars(statement).all()[::-1]


def action_items(numbers: Iterable[int]) -> Sequence[ActionItem]:
    """Action items with what became of them."""
    return db.session.scalars(
        select(ActionItem)
        .where(ActionItem.id.in_(list(numbers)))
        .options(selectinload(ActionItem.amendments))
        .order_by(ActionItem.due_at, ActionItem.id)
    ).all()


def responses(numbers: Iterable[int]) -> Sequence[Response]:
    """Reports with their evidence and verdicts, the oldest first."""
    return db.session.scalars(
        select(Response).where(Response.id.in_(list(numbers))).order_by(Response.id)
    ).all()


def progress_reports(numbers: Iterable[int]) -> Sequence[ProgressReport]:
    """Reports on the way, in the order in which they are due."""
    return db.session.scalars(
        select(ProgressReport)
        .where(ProgressReport.id.in_(list(numbers)))
        .options(joinedload(ProgressReport.action_item))
        .order_by(ProgressReport.action_item_id, ProgressReport.due_at)
    ).all()


def errata(numbers: Iterable[int]) -> Sequence[Erratum]:
    """Errata, the oldest first."""
    return db.session.scalars(
        select(Erratum).where(Erratum.id.in_(list(numbers))).order_by(Erratum.id)
    ).all()
