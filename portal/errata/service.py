"""Errata: propose, release, accept, decline. The adopted version is never touched."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from portal.access.actor import Actor, Role
from portal.access.scope import beyond_scope
from portal.consultations.models import Side
from portal.core.audit import canonical, record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.errata import letters, queries
from portal.errata.models import Erratum, ErratumStatus
from portal.minutes import drafting
from portal.minutes import service as minutes_service
from portal.minutes.corrections import Correction, NoPlace, corrected
from portal.minutes.models import Minutes

MOST_AT_ONCE = 5


def propose(
    minutes: Minutes, corrections: Sequence[Correction], *, by: Actor, at: datetime
) -> Erratum:
    """Propose what should read otherwise in adopted minutes.

    A company's proposal, and that of a head of team, reaches the other side at once; an officer's
    waits for release. Refused at `old_<n>`, `new_<n>` or `reason_<n>` (counted from 0) where
    a passage does not stand in its item exactly once, nothing would change, or no reason is given.
    """
    hold(minutes)
    if not minutes.is_binding:
        raise Refused(_("Only adopted minutes are corrected by an erratum."))
    with beyond_scope("whether a correction is open is the same for both sides"):
        if (held := queries.open_one(minutes.id)) is not None:
            if held.status is ErratumStatus.DRAFTED and by.is_company:
                raise Refused(
                    _("The other side is at work on these minutes. Try again in a few days.")
                )
            raise Refused(
                _("Erratum %(number)s is not decided yet. Answer it first.", number=held.number)
            )
        number = queries.next_number(minutes.id)
    if not corrections:
        raise FieldError("old_0", _("Say which passage should read otherwise."))
    cleaned = [_checked(one, place) for place, one in enumerate(corrections)]
    agreed = _agreed(minutes, cleaned)
    at_once = by.is_company or by.role is Role.HEAD
    erratum = Erratum(
        minutes_id=minutes.id,
        company_id=minutes.company_id,
        number=number,
        status=ErratumStatus.PROPOSED if at_once else ErratumStatus.DRAFTED,
        base_version=minutes.version,
        corrections=[asdict(one) for one in cleaned],
        content_hash=hashlib.sha256(canonical(agreed).encode()).hexdigest(),
        proposed_side=Side(by.side),
        proposed_at=at,
        proposed_by=by.name,
        released_at=at if at_once else None,
    )
    db.session.add(erratum)
    db.session.flush()
    record(
        "errata:propose",
        erratum,
        by=by,
        at=at,
        minutes=minutes.id,
        number=number,
        content_hash=erratum.content_hash,
    )
    if at_once:
        letters.proposed(erratum, at=at)
    else:
        letters.drafted(erratum, at=at)
    return erratum


def _checked(given: Correction, place: int) -> Correction:
    old, new = drafting.cleaned(given.old), drafting.cleaned(given.new)
    reason = drafting.cleaned(given.reason)
    if not old:
        raise FieldError(f"old_{place}", _("Copy the words that stand there now."))
    if old == new:
        raise FieldError(f"new_{place}", _("The old and the new text are the same."))
    if not reason:
        raise FieldError(f"reason_{place}", _("Say why it was wrong; the reason is printed."))
    for name, words in (("old", old), ("new", new), ("reason", reason)):
        if len(words) > drafting.LONGEST_TEXT:
            raise FieldError(f"{name}_{place}", _("This is too long. Correct a shorter passage."))
    refuse_personal_data(reason, field=f"reason_{place}")
    return Correction(given.item, old, new, reason)


def _agreed(minutes: Minutes, corrections: Sequence[Correction]) -> dict[str, Any]:
    """The record as it would read; refused at the passage that has no clear place."""
    agreed: dict[str, Any] = minutes_service.frozen(minutes)["ko"].content["agreed"]
    for place in range(len(corrections)):
        try:
            made = corrected(agreed, corrections[: place + 1])
        except NoPlace as problem:
            raise FieldError(
                f"old_{place}",
                _("These words do not stand in the item. Copy the passage exactly.")
                if problem.count == 0
                else _(
                    "These words stand in the item %(count)s times. Copy a longer passage.",
                    count=problem.count,
                ),
            ) from None
    return made


def preview(erratum: Erratum) -> dict[str, Any]:
    """The record as it would read: its canonical form has the hash that both sides accept."""
    return corrected(
        minutes_service.frozen(erratum.minutes)["ko"].content["agreed"], erratum.listed
    )


def release(erratum: Erratum, *, by: Actor, at: datetime) -> None:
    """A head of team puts an officer's erratum before the company."""
    hold(erratum)
    if erratum.status is not ErratumStatus.DRAFTED:
        raise Refused(_("This erratum was released already."))
    erratum.move(ErratumStatus.PROPOSED)
    erratum.released_at = at
    record("errata:release", erratum, by=by, at=at)
    letters.proposed(erratum, at=at)


def accept(erratum: Erratum, *, content_hash: str, by: Actor, at: datetime) -> bool:
    """Accept an erratum for one side; return whether the new version is adopted by that."""
    minutes = erratum.minutes
    hold(minutes)
    hold(erratum)
    if erratum.status is not ErratumStatus.PROPOSED:
        raise Refused(_("This erratum is %(status)s already.", status=_(erratum.status.value)))
    capacity = minutes_service.capacity(minutes, by=by, at=at)
    if capacity is None:
        raise Refused(_("You have no capacity to accept these minutes for your side."))
    if content_hash != erratum.content_hash or erratum.base_version != minutes.version:
        raise Refused(_("The text is no longer the one you were shown. Read it again and accept."))
    side = Side(by.side)
    if erratum.is_accepted_by(side):
        raise Refused(_("Your side has accepted this text already."))
    minutes.acceptances.append(
        minutes_service.acceptance(
            minutes, side, capacity, content_hash=content_hash, erratum=erratum.number, by=by, at=at
        )
    )
    db.session.flush()
    record(
        "errata:accept",
        erratum,
        by=by,
        at=at,
        side=side.value,
        capacity=capacity,
        content_hash=content_hash,
    )
    if not all(erratum.is_accepted_by(each) for each in Side):
        letters.accepted(erratum, side=side, at=at)
        return False
    erratum.move(ErratumStatus.AGREED)
    erratum.decided_at, erratum.decided_by = at, by.name
    minutes_service.correct(minutes, erratum.listed, erratum=erratum.number, by=by, at=at)
    letters.agreed(erratum, at=at)
    return True


def decline(erratum: Erratum, *, reason: str, by: Actor, at: datetime) -> None:
    """The other side does not accept it, and says why."""
    hold(erratum)
    if by.side == erratum.proposed_side.value:
        raise Refused(_("Your own side proposed it: withdraw it instead."))
    _end(erratum, ErratumStatus.DECLINED, reason, by=by, at=at)
    record("errata:decline", erratum, by=by, at=at, reason=erratum.answer)
    letters.declined(erratum, at=at)


def withdraw(erratum: Erratum, *, reason: str, by: Actor, at: datetime) -> None:
    """The side that proposed it takes it back."""
    hold(erratum)
    if by.side != erratum.proposed_side.value:
        raise Refused(_("The other side proposed it: decline it instead."))
    was_known = erratum.status is ErratumStatus.PROPOSED
    _end(erratum, ErratumStatus.WITHDRAWN, reason, by=by, at=at)
    record("errata:withdraw", erratum, by=by, at=at, reason=erratum.answer)
    if was_known:
        letters.withdrawn(erratum, at=at)


def _end(erratum: Erratum, to: ErratumStatus, reason: str, *, by: Actor, at: datetime) -> None:
    if not reason.strip():
        raise FieldError("reason", _("Say why; the other side reads it."))
    refuse_personal_data(reason, field="reason")
    erratum.move(to)
    erratum.answer = reason.strip()
    erratum.decided_at, erratum.decided_by = at, by.name
    db.session.flush()
