"""Questions about minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.companies.models import Company
from portal.consultations.models import Consultation
from portal.core.db import db
from portal.documents.models import EmbargoReader
from portal.minutes.models import (
    AnswerKind,
    InternalNote,
    ItemAnswer,
    ItemText,
    Minutes,
    MinutesItem,
    MinutesStatus,
    TextBlock,
    Writer,
)


def newest_first(company_id: int | None = None) -> Select[Any]:
    """All minutes the person may know of, the newest first."""
    statement = select(Minutes).options(joinedload(Minutes.company)).order_by(Minutes.id.desc())
    return statement if company_id is None else statement.where(Minutes.company_id == company_id)


def of_consultation(consultation_id: int) -> Minutes | None:
    """The minutes of a consultation."""
    return db.session.scalar(select(Minutes).where(Minutes.consultation_id == consultation_id))


def by_serial(text: str) -> Minutes | None:
    """The minutes of a consultation named by its serial or its number."""
    found = Consultation.serial == text
    if text.isdigit():
        found = or_(found, Consultation.id == int(text))
    return db.session.scalar(
        select(Minutes).join(Consultation, Consultation.id == Minutes.consultation_id).where(found)
    )


def with_all(minutes: Minutes) -> Minutes:
    """The minutes with everything they are made of, in three queries.

    Whoever may read minutes reads the facts of their consultation with them: a commissioner sees
    no consultation, but the adopted record of it.
    """
    with beyond_scope("what minutes are made of is read with them"):
        db.session.scalars(
            select(Minutes)
            .where(Minutes.id == minutes.id)
            .options(
                joinedload(Minutes.company),
                joinedload(Minutes.acceptances),
                joinedload(Minutes.consultation).joinedload(Consultation.company),
                joinedload(Minutes.consultation).selectinload(Consultation.delegates),
            )
            .execution_options(populate_existing=True)
        ).unique().one()
        items = (
            db.session.scalars(
                select(MinutesItem)
                .where(MinutesItem.minutes_id == minutes.id)
                .options(
                    joinedload(MinutesItem.outcomes),
                    joinedload(MinutesItem.answers),
                    joinedload(MinutesItem.agenda_item),
                )
                .order_by(MinutesItem.position, MinutesItem.id)
            )
            .unique()
            .all()
        )
    set_committed_value(minutes, "items", list(items))
    for item in items:
        set_committed_value(item, "minutes", minutes)
    return minutes


def item_with_all(item: MinutesItem) -> MinutesItem:
    """An item with its outcomes, its minutes and their consultation, in one query."""
    whole = joinedload(MinutesItem.minutes)
    return (
        db.session.scalars(
            select(MinutesItem)
            .where(MinutesItem.id == item.id)
            .options(
                joinedload(MinutesItem.outcomes),
                joinedload(MinutesItem.agenda_item),
                joinedload(MinutesItem.writers),
                whole.joinedload(Minutes.company).joinedload(Company.platforms),
                whole.joinedload(Minutes.consultation).joinedload(Consultation.company),
            )
            .execution_options(populate_existing=True)
        )
        .unique()
        .one()
    )


def notes(item: MinutesItem) -> Sequence[InternalNote]:
    """The regulator's own notes to an item, the oldest first."""
    return db.session.scalars(
        select(InternalNote).where(InternalNote.item_id == item.id).order_by(InternalNote.id)
    ).all()


def awaiting_company() -> Sequence[Minutes]:
    """Minutes before the company: to be answered or accepted, the soonest deadline first."""
    return db.session.scalars(
        select(Minutes)
        .where(Minutes.status.in_((MinutesStatus.WITH_COMPANY, MinutesStatus.RECONCILED)))
        .order_by(Minutes.deadline_at, Minutes.id)
    ).all()


def awaiting_officer() -> Sequence[Minutes]:
    """Minutes that wait for the Korean side: drafts, reviews, undecided proposals, acceptances."""
    undecided = (
        select(ItemAnswer.minutes_id)
        .where(ItemAnswer.kind == AnswerKind.PROPOSE, ItemAnswer.resolution.is_(None))
        .scalar_subquery()
    )
    return db.session.scalars(
        select(Minutes)
        .where(
            or_(
                Minutes.status.in_(
                    (
                        MinutesStatus.DRAFTING,
                        MinutesStatus.INTERNAL_REVIEW,
                        MinutesStatus.RECONCILED,
                    )
                ),
                Minutes.id.in_(undecided),
            )
        )
        .order_by(Minutes.deadline_at.is_(None), Minutes.deadline_at, Minutes.id)
    ).all()


def reconciled() -> Sequence[Minutes]:
    """Minutes that wait for acceptances, with what their adoption needs."""
    return db.session.scalars(
        select(Minutes)
        .options(selectinload(Minutes.acceptances), joinedload(Minutes.company))
        .where(Minutes.status == MinutesStatus.RECONCILED)
        .order_by(Minutes.id)
    ).all()


def texts_of(minutes: Minutes) -> Sequence[ItemText]:
    """How the items read in every revision the company was shown, the oldest first."""
    return db.session.scalars(
        select(ItemText)
        .where(ItemText.minutes_id == minutes.id)
        .order_by(ItemText.revision, ItemText.id)
    ).all()


def writers(item: MinutesItem, *, since: datetime, but: int | None) -> Sequence[Writer]:
    """The others who are writing at an item: heard of since then."""
    return db.session.scalars(
        select(Writer)
        .where(Writer.item_id == item.id, Writer.seen_at >= since, Writer.account_id != but)
        .order_by(Writer.since, Writer.id)
    ).all()


def text_blocks() -> Sequence[TextBlock]:
    """The recurring phrases by name."""
    return db.session.scalars(select(TextBlock).order_by(TextBlock.name)).all()


def readers_only(people: Iterable[Account], minutes: Minutes) -> list[Account]:
    """Of these people those who may read minutes: under an embargo the named ones."""
    if minutes.embargo_id is None:
        return list(people)
    with beyond_scope("letters go to whom the embargo names"):
        named = set(
            db.session.scalars(
                select(EmbargoReader.account_id).where(
                    EmbargoReader.embargo_id == minutes.embargo_id
                )
            )
        )
    return [person for person in people if person.id in named]
