"""What the venue's gate asks of a delegate: sealed, opened on the record, erased in time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from portal.access.actor import CLOCK, Actor
from portal.consultations.models import Consultation, Delegate, Visitor
from portal.core import keys
from portal.core.audit import record
from portal.core.db import db
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
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


def to_erase(*, at: datetime) -> Sequence[Visitor]:
    """What has served: the consultation's last planned minute is thirty days past."""
    return db.session.scalars(
        select(Visitor)
        .join(Consultation, Consultation.id == Visitor.consultation_id)
        .where(Visitor.erased_at.is_(None), Consultation.ends_at < at - KEPT_FOR)
        .order_by(Visitor.id)
    ).all()


def erase(visitor: Visitor, *, at: datetime) -> None:
    """Erase the data; the row says that there was some, who gave it and when it was erased."""
    visitor.sealed, visitor.delegate_id, visitor.erased_at = None, None, at
    held = db.session.get(Consultation, visitor.consultation_id)
    record("consultations:erase_visitor", held, by=CLOCK, at=at, visitor_id=visitor.id)
