"""When a reference is erased, and what is left of a request then: the skeleton, for statistics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from portal.core.db import db
from portal.core.errors import Refused
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.i18n import local
from portal.core.retention import Erasable, erasables
from portal.core.secrets import digests
from portal.hotline import service as hotline
from portal.removal_requests.models import Dispute, Recheck, RemovalRequest, Verification

R = RemovalRequest


def refuse_erased(request: RemovalRequest) -> None:
    """Refuse to open what is no longer there, with the day and the rule."""
    if request.erased_at is not None:
        raise Refused(
            _(
                "The reference was erased on %(when)s under the retention rule for references of"
                " removal requests. What happened to the request stays.",
                when=local(request.erased_at),
            )
        )


def due(before: datetime) -> Any:
    """Requests with a reference that nothing can need any more since before an instant.

    Either it was seen to be gone and its recheck, if it was drawn for one, is done; or two people
    took the request out. Not while a dispute is open or an exclusion is only proposed; and what has
    appeared again waits until the reference of its next spell is erased.
    """
    following = aliased(R)
    since = func.coalesce(
        R.last_event_at, R.rechecked_at, R.excluded_at, R.verified_at, R.recorded_at,
        type_=R.recorded_at.type,
    ).label("since")  # fmt: skip
    is_seen_gone = and_(
        R.verification == Verification.GONE,
        or_(R.rechecked_at.is_not(None), R.is_drawn.is_not(True)),
    )
    came_back = or_(
        R.reappeared_at.is_not(None),
        and_(R.recheck.is_not(None), R.recheck == Recheck.REAPPEARED),
    )
    followed = select(following.id).where(following.previous_id == R.id)
    return (
        select(R.id, R.request_no.label("number"), since)
        .where(
            R.erased_at.is_(None),
            R.reference_digest.not_in(digests("")),
            or_(is_seen_gone, and_(R.exclusion.is_not(None), R.excluded_by.is_not(None))),
            or_(R.exclusion.is_(None), R.excluded_by.is_not(None)),
            or_(R.dispute.is_(None), R.dispute != Dispute.OPEN),
            ~exists(followed.where(following.erased_at.is_(None))),
            or_(~came_back, exists(followed)),
            since < before,
        )
        .order_by(R.id)
    )


def erase(ids: Sequence[int], at: datetime) -> int:
    """Empty the references, their hashes and the hotline's copy of them; of how many requests."""
    intakes = db.session.scalars(
        select(R.intake_id).where(R.id.in_(ids), R.intake_id.is_not(None))
    ).all()
    hotline.erase_references([number for number in intakes if number is not None])
    done = db.session.execute(
        update(R)
        .where(R.id.in_(ids), R.erased_at.is_(None))
        .values(reference_encrypted="", reference_digest="", place_digest=None, erased_at=at)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def left(ids: Sequence[int]) -> set[int]:
    """Of these requests those that still hold something of a reference."""
    holds = or_(R.reference_encrypted != "", R.reference_digest != "", R.place_digest.is_not(None))
    return set(db.session.scalars(select(R.id).where(R.id.in_(ids), holds)))


erasables.append(
    Erasable(
        code="references",
        table=R.__table__,  # type: ignore[arg-type]
        columns=("reference_encrypted", "reference_digest", "place_digest"),
        name=_l("References of removal requests"),
        what=_l(
            "The address, its keyed hashes and the hotline's copy. Number, times, category, outcome"
            " and history stay for the statistics."
        ),
        since=_l("the last entry after it was seen to be gone, or after two people took it out"),
        days=180,
        appeal_days=90,
        least=90,
        least_appeal=90,
        most=3650,
        why=_l(
            "An administrative appeal may be filed within 90 days of knowing of the act, at most 180"
            " days after it (Administrative Appeals Act, Article 27)."
        ),
        due=due,
        erase=erase,
        left=left,
    )
)
