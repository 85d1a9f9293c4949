"""Questions about what became of a record's files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import joinedload, selectinload

from portal.access.actor import OrganisationKind, Role
from portal.access.scope import beyond_scope
from portal.accounts.models import Account, Organisation
from portal.core.db import db
from portal.documents.models import Document, DocumentKind, Embargo
from portal.minutes.models import Minutes
from portal.publications.models import Countersignature, PublicStatus, PublicVersion


def countersignatures(minutes: Minutes) -> Sequence[Countersignature]:
    """The files the company has signed as well, the newest first."""
    return db.session.scalars(
        select(Countersignature)
        .where(Countersignature.minutes_id == minutes.id)
        .options(joinedload(Countersignature.document))
        .order_by(Countersignature.id.desc())
    ).all()


def public_versions(minutes: Minutes) -> Sequence[PublicVersion]:
    """The public versions that were prepared, the newest first. Internal."""
    return db.session.scalars(
        select(PublicVersion)
        .where(PublicVersion.minutes_id == minutes.id)
        .order_by(PublicVersion.number.desc())
    ).all()


def next_number(minutes_id: int) -> int:
    """The number of the next public version."""
    statement = select(func.max(PublicVersion.number)).where(PublicVersion.minutes_id == minutes_id)
    return (db.session.scalar(statement) or 0) + 1


def documents_of(version: PublicVersion) -> Sequence[Document]:
    """The documents of a public version, Korean first."""
    return db.session.scalars(
        select(Document)
        .where(
            Document.kind == DocumentKind.MINUTES_PUBLIC,
            Document.subject_id == version.minutes_id,
            Document.version == version.number,
        )
        .order_by(Document.language.desc())
    ).all()


def published() -> Sequence[tuple[Document, ...]]:
    """What everybody may read: the newest released public version of each minutes, Korean first."""
    newest = (
        select(PublicVersion.minutes_id, func.max(PublicVersion.number).label("number"))
        .where(PublicVersion.status == PublicStatus.RELEASED)
        .group_by(PublicVersion.minutes_id)
        .subquery()
    )
    statement = (
        _published()
        .join(
            newest,
            and_(newest.c.minutes_id == Document.subject_id, newest.c.number == Document.version),
        )
        .order_by(Document.released_at.desc(), Document.subject_id, Document.language.desc())
    )
    with beyond_scope("a released public version is for everybody"):
        rows: Sequence[Document] = db.session.scalars(statement).all()
    return [tuple(of_one) for _number, of_one in groupby(rows, key=_minutes_of)]


def _minutes_of(document: Document) -> int:
    return document.subject_id


def published_file(sha256: str) -> Document | None:
    """The released public version whose PDF has this SHA-256."""
    with beyond_scope("a released public version is for everybody"):
        found: Document | None = db.session.scalar(
            _published().where(Document.pdf_sha256 == sha256)
        )
    return found


def _published() -> Select[Any]:
    """A later embargo takes a version back from the public."""
    return select(Document).where(
        Document.kind == DocumentKind.MINUTES_PUBLIC,
        Document.released_at.is_not(None),
        Document.embargo_id.is_(None),
    )


def embargo_of(minutes: Minutes) -> Embargo | None:
    """The embargo a record is under, with its readers."""
    if minutes.embargo_id is None:
        return None
    return db.session.scalar(
        select(Embargo)
        .where(Embargo.id == minutes.embargo_id)
        .options(selectinload(Embargo.readers))
    )


def under_embargo_until(at: datetime) -> Sequence[Minutes]:
    """Records whose embargo has run out."""
    return db.session.scalars(
        select(Minutes)
        .join(Embargo, Embargo.id == Minutes.embargo_id)
        .where(Embargo.until <= at, Embargo.lifted_at.is_(None))
        .order_by(Minutes.id)
    ).all()


READERS = (Role.OFFICER, Role.HEAD, Role.COMMISSIONER, Role.AGENCY, Role.POLICE)


def possible_readers(minutes: Minutes) -> list[Account]:
    """Who may be named in an embargo: our side's people, and those of this company alone."""
    with beyond_scope("an embargo names people of both sides"):
        return list(
            db.session.scalars(
                select(Account)
                .join(Organisation, Organisation.id == Account.organisation_id)
                .where(
                    Account.deactivated_at.is_(None),
                    Account.role.in_(READERS) | (Account.organisation_id == minutes.company_id),
                )
                .order_by(
                    Organisation.kind != OrganisationKind.INSTITUTION,
                    Account.organisation_id,
                    Account.name_en,
                )
            )
        )
