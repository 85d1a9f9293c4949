"""What was punctual and what was not, of one company: a few queries, however long the time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from portal.access.scope import beyond_scope
from portal.agendas.models import AgendaItem, Paper
from portal.consultations.duties import K, WorkingDays, agenda_cut_off, rules_for
from portal.consultations.models import (
    OVER,
    Attendance,
    Consultation,
    ConsultationStatus,
    Delegate,
    Side,
    Step,
)
from portal.core.db import db
from portal.dialogue.punctuality import DialogueFact, Turn, waiting
from portal.minutes.models import Acceptance, ItemAnswer, ItemText, Minutes
from portal.slots.models import Poll, Slot, SlotAnswer

OTHER = {Side.COMPANY: Side.INSTITUTION, Side.INSTITUTION: Side.COMPANY}
CALLED_OFF = (ConsultationStatus.CANCELLED.value, ConsultationStatus.POSTPONED.value)


def facts(
    company_id: int, start: datetime, end: datetime, *, as_of: datetime
) -> tuple[DialogueFact, ...]:
    """Everything that counts from `start` on and before `end`, and had happened by `as_of`.

    The same for whoever asks: the company's own, and nothing that one side keeps to itself.
    """
    with beyond_scope("the punctuality of a dialogue is the same for whoever may ask for it"):
        found = [
            *_slots(company_id, start, end),
            *_papers(company_id, start, end),
            *_adoptions(company_id, start, end),
            *_called_off(company_id, start, end),
            *_attendance(company_id, start, end),
        ]
    return tuple(
        sorted(
            (fact for fact in found if start <= fact.happened_at < end
             and fact.happened_at <= as_of),
            key=lambda fact: (fact.happened_at, fact.kind, fact.consultation_id, fact.side),
        )
    )  # fmt: skip


def _slots(company_id: int, start: datetime, end: datetime) -> Iterator[DialogueFact]:
    """Of each poll each side that has delegates: whether anybody of it answered in time.

    A poll that ended before its date, by a choice or by being given up, blames nobody.
    """
    polls = db.session.scalars(
        select(Poll).where(
            Poll.company_id == company_id, Poll.respond_by >= start, Poll.respond_by < end
        )
    ).all()
    ids = [poll.id for poll in polls]
    first = {
        (poll_id, _side(organisation_id, company_id)): at
        for poll_id, organisation_id, at in db.session.execute(
            select(SlotAnswer.poll_id, SlotAnswer.organisation_id, func.min(SlotAnswer.at))
            .where(SlotAnswer.poll_id.in_(ids))
            .group_by(SlotAnswer.poll_id, SlotAnswer.organisation_id)
            .order_by(func.min(SlotAnswer.at).desc())
        )
    }
    chosen = {
        row.poll_id: row.at
        for row in db.session.execute(
            select(Slot.poll_id, func.min(Slot.chosen_at).label("at"))
            .where(Slot.poll_id.in_(ids), Slot.chosen_at.is_not(None))
            .group_by(Slot.poll_id)
        )
    }
    sides = {
        (consultation_id, side)
        for consultation_id, side in db.session.execute(
            select(Delegate.consultation_id, Delegate.side)
            .where(Delegate.consultation_id.in_([poll.consultation_id for poll in polls]))
            .distinct()
        )
    }
    for poll in polls:
        ended = [chosen.get(poll.id), poll.consultation.cancelled_at]
        is_cut_short = any(at is not None and at < poll.respond_by for at in ended)
        for side in Side:
            answered = first.get((poll.id, side))
            is_kept = answered is not None and answered <= poll.respond_by
            if (poll.consultation_id, side) in sides and (is_kept or not is_cut_short):
                yield _fact("slots", side, poll.consultation, poll.respond_by, is_kept=is_kept)


def _side(organisation_id: int, company_id: int) -> Side:
    return Side.COMPANY if organisation_id == company_id else Side.INSTITUTION


def _papers(company_id: int, start: datetime, end: datetime) -> Iterator[DialogueFact]:
    """Each paper that was laid before both sides, against the cut-off of its agenda."""
    rows = db.session.execute(
        select(Paper.side, Paper.added_at, Consultation)
        .join(AgendaItem, AgendaItem.id == Paper.agenda_item_id)
        .join(Consultation, Consultation.id == AgendaItem.consultation_id)
        .where(
            Paper.company_id == company_id, Paper.is_shared, Consultation.starts_at >= start,
        )
        .order_by(Paper.id)
    ).all()  # fmt: skip
    if not rows:
        return
    rule, days = rules_for(company_id)[K.AGENDA_CUT_OFF], WorkingDays.as_known()
    for side, added_at, consultation in rows:
        cut_off = agenda_cut_off(consultation, rule, days)
        if cut_off is not None:
            yield _fact("papers", side, consultation, cut_off, is_kept=added_at <= cut_off)


def _adoptions(company_id: int, start: datetime, end: datetime) -> Iterator[DialogueFact]:
    """Each adopted text: how long it waited for each side since the company first had it.

    A text that is released waits for the company, an answer of the company for the institution, and
    after the acceptance of one side for that of the other.
    """
    adopted = db.session.scalars(
        select(Minutes)
        .options(selectinload(Minutes.consultation))
        .where(
            Minutes.company_id == company_id, Minutes.adopted_at >= start, Minutes.adopted_at < end
        )
        .order_by(Minutes.id)
    ).all()
    ids = [minutes.id for minutes in adopted]
    turns: dict[int, list[Turn]] = defaultdict(list)
    for minutes_id, at in db.session.execute(
        select(ItemText.minutes_id, ItemText.at).where(ItemText.minutes_id.in_(ids)).distinct()
    ):
        turns[minutes_id].append(Turn(at, Side.COMPANY))
    for minutes_id, at in db.session.execute(
        select(ItemAnswer.minutes_id, ItemAnswer.answered_at)
        .where(ItemAnswer.minutes_id.in_(ids))
        .distinct()
    ):
        turns[minutes_id].append(Turn(at, Side.INSTITUTION))
    for minutes_id, side, at in db.session.execute(
        select(Acceptance.minutes_id, Acceptance.side, Acceptance.accepted_at)
        .where(Acceptance.minutes_id.in_(ids), Acceptance.erratum_number == 0)
        .order_by(Acceptance.id)
    ):
        turns[minutes_id].append(Turn(at, OTHER[side]))
    for minutes in adopted:
        if minutes.adopted_at is None or not turns[minutes.id]:
            continue
        for side, hours in waiting(turns[minutes.id], minutes.adopted_at).items():
            yield _fact("adoption", side, minutes.consultation, minutes.adopted_at, hours=hours)


def _called_off(company_id: int, start: datetime, end: datetime) -> Iterator[DialogueFact]:
    """What was cancelled or postponed, by whom, and how many hours before its start."""
    rows = db.session.execute(
        select(Step.at, Step.by_side, Consultation)
        .join(Consultation, Consultation.id == Step.consultation_id)
        .where(
            Step.company_id == company_id, Step.what.in_(CALLED_OFF), Step.at >= start,
            Step.at < end, Consultation.serial.is_not(None),
        )
        .order_by(Step.id)
    ).all()  # fmt: skip
    for at, by_side, consultation in rows:
        named = consultation.cancelled_by if consultation.cancelled_at == at else None
        is_last = named is not None
        side = named or (Side.COMPANY if by_side == Side.COMPANY else Side.INSTITUTION)
        was_to_start = consultation.starts_at if is_last else consultation.original_starts_at
        hours = None if was_to_start is None else (was_to_start - at).total_seconds() / 3600
        yield _fact("called_off", side, consultation, at, hours=hours)


def _attendance(company_id: int, start: datetime, end: datetime) -> Iterator[DialogueFact]:
    """Of what was held each side: whether somebody with capacity to bind was there."""
    held = db.session.scalars(
        select(Consultation)
        .where(
            Consultation.company_id == company_id, Consultation.status.in_(OVER),
            Consultation.starts_at >= start, Consultation.starts_at < end,
        )
        .order_by(Consultation.id)
    ).all()  # fmt: skip
    able = {
        (consultation_id, side)
        for consultation_id, side in db.session.execute(
            select(Delegate.consultation_id, Delegate.side)
            .where(
                Delegate.consultation_id.in_([one.id for one in held]),
                Delegate.can_bind,
                Delegate.attendance.in_((Attendance.PRESENT, Attendance.REMOTE)),
            )
            .distinct()
        )
    }
    for one in held:
        for side in Side:
            yield _fact("attendance", side, one, one.starts_at, is_kept=(one.id, side) in able)


def _fact(
    kind: str,
    side: Side,
    consultation: Consultation,
    at: datetime,
    *,
    is_kept: bool | None = None,
    hours: float | None = None,
) -> DialogueFact:
    label = consultation.serial or consultation.title_en
    return DialogueFact(kind, side.value, consultation.id, label, at, is_kept, hours)
