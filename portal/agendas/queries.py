"""Questions about agendas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import aliased, joinedload

from portal.agendas.models import (
    STANDING,
    AgendaItem,
    AgendaVersion,
    Disposition,
    ItemKind,
    ItemStatus,
    Paper,
    Preparation,
)
from portal.consultations.models import UPCOMING, Consultation
from portal.core.db import db
from portal.documents.models import Document, DocumentKind


def items_of(consultation_id: int) -> Sequence[AgendaItem]:
    """The accepted items of a consultation, in the order of the agenda."""
    return db.session.scalars(
        select(AgendaItem)
        .where(
            AgendaItem.consultation_id == consultation_id,
            AgendaItem.status == ItemStatus.ACCEPTED,
        )
        .order_by(AgendaItem.position, AgendaItem.id)
    ).all()


def everything_of(consultation_id: int) -> Sequence[AgendaItem]:
    """Every item of a consultation, whatever was said to it, in order."""
    return db.session.scalars(
        select(AgendaItem)
        .options(joinedload(AgendaItem.deferred_to))
        .where(AgendaItem.consultation_id == consultation_id)
        .order_by(AgendaItem.position, AgendaItem.id)
    ).all()


def everything_with_notes(
    consultation_id: int, organisation_id: int | None
) -> list[tuple[AgendaItem, Preparation | None]]:
    """The same, each item with one's own organisation's private note."""
    own_note = and_(
        Preparation.agenda_item_id == AgendaItem.id, Preparation.organisation_id == organisation_id
    )
    rows = db.session.execute(
        select(AgendaItem, Preparation)
        .outerjoin(Preparation, own_note)
        .options(joinedload(AgendaItem.deferred_to))
        .where(AgendaItem.consultation_id == consultation_id)
        .order_by(AgendaItem.position, AgendaItem.id)
    )
    return [(item, note) for item, note in rows]


def open_items(consultation_id: int) -> list[AgendaItem]:
    """The accepted items of which nobody has said what became of them."""
    return [i for i in items_of(consultation_id) if i.disposition is Disposition.OPEN]


def carried_without_home(consultation: Consultation) -> Sequence[AgendaItem]:
    """What earlier consultations with the company carried and no later agenda holds yet."""
    successor = aliased(AgendaItem)
    return db.session.scalars(
        select(AgendaItem)
        .join(Consultation, Consultation.id == AgendaItem.consultation_id)
        .where(
            AgendaItem.company_id == consultation.company_id,
            AgendaItem.disposition.in_((Disposition.CARRIED, Disposition.NOT_REACHED)),
            AgendaItem.kind.not_in(STANDING),
            Consultation.starts_at < consultation.starts_at,
            ~exists().where(successor.carried_from_id == AgendaItem.id),
        )
        .order_by(Consultation.starts_at, AgendaItem.position, AgendaItem.id)
    ).all()


def successor_of(item: AgendaItem) -> AgendaItem | None:
    """The item into which this one was carried over."""
    return db.session.scalar(select(AgendaItem).where(AgendaItem.carried_from_id == item.id))


def on_the_agenda_since(items: Sequence[AgendaItem]) -> dict[int, datetime]:
    """For each carried item, when the consultation began at which it first stood."""
    carried = [item.id for item in items if item.times_carried]
    if not carried:
        return {}
    table, held = AgendaItem.__table__, Consultation.__table__
    chain = (
        select(table.c.id.label("item"), table.c.carried_from_id.label("before"), table.c.id)
        .where(table.c.id.in_(carried))
        .cte("chain", recursive=True)
    )
    earlier = table.alias()
    chain = chain.union_all(
        select(chain.c.item, earlier.c.carried_from_id, earlier.c.id).where(
            earlier.c.id == chain.c.before
        )
    )
    rows = db.session.execute(
        select(chain.c.item, held.c.starts_at)
        .join(table, table.c.id == chain.c.id)
        .join(held, held.c.id == table.c.consultation_id)
        .where(chain.c.before.is_(None))
    )
    return {row.item: row.starts_at for row in rows}


def preparation(item: AgendaItem, organisation_id: int | None) -> Preparation | None:
    """One's own organisation's private note on an item."""
    return db.session.scalar(
        select(Preparation).where(
            Preparation.agenda_item_id == item.id, Preparation.organisation_id == organisation_id
        )
    )


def versions(consultation_id: int) -> Sequence[AgendaVersion]:
    """Every published version, the newest first."""
    return db.session.scalars(
        select(AgendaVersion)
        .where(AgendaVersion.consultation_id == consultation_id)
        .order_by(AgendaVersion.number.desc())
    ).all()


def printed_versions(consultation_id: int) -> dict[AgendaVersion, list[tuple[int, str]]]:
    """Every published version, the newest first, with number and language of its documents.

    One query, and none of what stands in the documents.
    """
    found: dict[AgendaVersion, list[tuple[int, str]]] = {}
    for version, document_id, language in db.session.execute(
        select(AgendaVersion, Document.id, Document.language)
        .outerjoin(
            Document,
            and_(
                Document.kind == DocumentKind.AGENDA,
                Document.subject_id == AgendaVersion.consultation_id,
                Document.version == AgendaVersion.number,
            ),
        )
        .where(AgendaVersion.consultation_id == consultation_id)
        .order_by(AgendaVersion.number.desc(), Document.language.desc())
    ):
        documents = found.setdefault(version, [])
        if document_id is not None:
            documents.append((document_id, language))
    return found


def without_standing_items() -> Sequence[Consultation]:
    """Coming consultations whose agenda nobody has opened yet."""
    return db.session.scalars(
        select(Consultation).where(
            Consultation.status.in_(UPCOMING),
            ~exists().where(
                AgendaItem.consultation_id == Consultation.id,
                AgendaItem.kind == ItemKind.NEXT_DATE,
            ),
        )
    ).all()


def papers_of(consultation_id: int) -> dict[int, list[Paper]]:
    """The papers of a consultation that the person may read, by item; one query."""
    found: dict[int, list[Paper]] = {}
    for paper in db.session.scalars(
        select(Paper)
        .join(AgendaItem, AgendaItem.id == Paper.agenda_item_id)
        .where(AgendaItem.consultation_id == consultation_id)
        .order_by(Paper.id)
    ):
        found.setdefault(paper.agenda_item_id, []).append(paper)
    return found


def papers_by(item_id: int, organisation_id: int) -> Sequence[Paper]:
    """What one organisation laid to an item."""
    return db.session.scalars(
        select(Paper)
        .where(Paper.agenda_item_id == item_id, Paper.organisation_id == organisation_id)
        .order_by(Paper.id)
    ).all()


def running(consultation_id: int) -> Sequence[AgendaItem]:
    """The item that the room is at: one, or none."""
    return db.session.scalars(
        select(AgendaItem).where(
            AgendaItem.consultation_id == consultation_id, AgendaItem.begun_at.is_not(None)
        )
    ).all()
