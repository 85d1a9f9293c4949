"""What the venue's gate asks of a delegate: sealed, opened on the record, erased in time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from portal.access.actor import CLOCK, Actor
from portal.consultations.models import Consultation, Delegate, Visitor
from portal.core import keys
from portal.core.audit import record, record_many
from portal.core.db import db
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.retention import Erasable, erasables
from portal.core.secrets import seal, unseal

KEPT_FOR = timedelta(days=30)
FIELDS = ("passport_name", "document", "vehicle")


keys.columns.append(keys.Sealed(Visitor.__table__, "sealed"))  # type: ignore[arg-type]


def of_delegate(delegate: Delegate) -> Visitor | None:
    """What is kept for a delegate, if the person asking may know of it."""
    return db.session.scalar(select(Visitor).where(Visitor.delegate_id == delegate.id))


def known_for(consultation: Consultation) -> dict[int, Visitor]:
    """What is kept for a consultation and not erased, by the number of the delegate."""
    held = db.session.scalars(
        select(Visitor).where(
            Visitor.consultation_id == consultation.id, Visitor.erased_at.is_(None)
        )
    )
    return {visitor.delegate_id: visitor for visitor in held if visitor.delegate_id is not None}


def keep(delegate: Delegate, told: dict[str, str], *, by: Actor, at: datetime) -> Visitor:
    """Keep what the gate needs of a person of the own organisation. It replaces what was there."""
    if delegate.organisation_id != by.organisation_id:
        raise Refused(_("Each organisation gives the visitor data of its own people."))
    if delegate.consultation.ends_at <= at:
        raise Refused(_("The consultation is over: the gate asks for nothing any more."))
    if not told.get("passport_name", "").strip():
        raise FieldError("passport_name", _("Give the name as it stands in the passport."))
    visitor = of_delegate(delegate)
    if visitor is None:
        visitor = Visitor(
            consultation_id=delegate.consultation_id, company_id=delegate.company_id,
            organisation_id=delegate.organisation_id, delegate_id=delegate.id,
        )  # fmt: skip
        db.session.add(visitor)
    told = {name: told.get(name, "").strip() for name in FIELDS}
    visitor.sealed = seal(json.dumps(told, ensure_ascii=False))
    visitor.recorded_at, visitor.recorded_by, visitor.erased_at = at, by.name, None
    db.session.flush()
    # Whose data and that it was given, never the data.
    record("consultations:keep_visitor", delegate.consultation, by=by, at=at, name=delegate.name)
    return visitor


def reveal(visitor: Visitor, *, by: Actor, at: datetime) -> dict[str, str]:
    """Open what is kept. Who opened it and when stands in the audit log."""
    if visitor.sealed is None:
        raise Refused(_("This was erased. Nothing of it is left."))
    held = db.session.get(Consultation, visitor.consultation_id)
    record("consultations:reveal_visitor", held, by=by, at=at, delegate_id=visitor.delegate_id)
    opened: dict[str, str] = json.loads(unseal(visitor.sealed))
    return opened


def due(before: datetime) -> Any:
    """What is kept for consultations whose last planned minute lies before an instant."""
    return (
        select(
            Visitor.id,
            func.coalesce(Consultation.serial, "").label("number"),
            Consultation.ends_at.label("since"),
        )
        .join(Consultation, Consultation.id == Visitor.consultation_id)
        .where(Visitor.erased_at.is_(None), Consultation.ends_at < before)
        .order_by(Visitor.id)
    )


def erase(ids: Sequence[int], at: datetime) -> int:
    """Erase the data; the rows say that there was some, who gave it and when it was erased."""
    found = db.session.scalars(
        select(Visitor).where(Visitor.id.in_(ids), Visitor.erased_at.is_(None)).order_by(Visitor.id)
    ).all()
    for visitor in found:
        visitor.sealed, visitor.delegate_id, visitor.erased_at = None, None, at
    db.session.flush()
    acts = [
        (db.session.get(Consultation, one.consultation_id), {"visitor_id": one.id}) for one in found
    ]
    record_many("consultations:erase_visitor", acts, by=CLOCK, at=at)
    return len(found)


def left(ids: Sequence[int]) -> set[int]:
    """Of these rows those that still hold something."""
    holds = or_(Visitor.sealed.is_not(None), Visitor.delegate_id.is_not(None))
    return set(db.session.scalars(select(Visitor.id).where(Visitor.id.in_(ids), holds)))


erasables.append(
    Erasable(
        code="visitors",
        table=Visitor.__table__,  # type: ignore[arg-type]
        columns=("sealed", "delegate_id"),
        name=_l("Visitor data of consultations"),
        what=_l("Name as in the passport, document and vehicle. That something was given stays."),
        since=_l("the planned end of the consultation"),
        days=KEPT_FOR.days,
        appeal_days=0,
        least=1,
        least_appeal=0,
        most=KEPT_FOR.days,
        why=_l("Whoever gives visitor data is promised that it is erased after 30 days at most."),
        due=due,
        erase=erase,
        left=left,
    )
)
