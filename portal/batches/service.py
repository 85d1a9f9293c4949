"""Marking a batch before its requests are issued; telling those named that it has opened."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from portal.access.actor import CLOCK, Actor
from portal.batches import letters, queries
from portal.batches.models import BatchMember, BatchReader, UnannouncedBatch
from portal.companies.models import Company
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.removal_requests import sampling


def mark(
    company: Company,
    *,
    purpose: str,
    size: int | None = None,
    chosen: Iterable[int] = (),
    readers: Iterable[int] = (),
    by: Actor,
    at: datetime,
) -> UnannouncedBatch:
    """Mark drafts of a company as an unannounced batch, for named people only.

    `size` of them drawn by a recorded seed, or those `chosen` by hand; `readers` are heads of team
    and auditors. Nothing is written at the requests, and no letter is sent.

    Refused: no purpose, both ways at once, nothing or more than there is to choose from, what is no draft any more.
    """
    if by.account_id is None:
        raise Refused(_("A person marks a batch, by name."))
    purpose = purpose.strip()
    if not purpose:
        raise FieldError("purpose", _("Say what the batch is to show."))
    refuse_personal_data(purpose, field="purpose")
    hold(company)
    drafts = {one.id: one.request_no for one in queries.candidates(company.id)}
    seed, wanted = "", set(chosen)
    if size is not None:
        if wanted:
            raise FieldError(
                "size",
                _("Some are chosen by hand. Empty this field, or take the marks off below."),
            )
        if not 0 < size < len(drafts):
            raise FieldError(
                "size",
                _("Give a number from 1 to %(most)s: some drafts stay outside.", most=max(len(drafts) - 1, 0)),
            )  # fmt: skip
        seed = secrets.token_hex(16)
        drawn = set(sampling.drawn(drafts.values(), seed, size))
        wanted = {id for id, number in drafts.items() if number in drawn}
    if not wanted:
        raise FieldError("chosen", _("Choose drafts, or say how many are drawn."))
    if not wanted <= drafts.keys():
        raise FieldError("chosen", _("One of them is no draft any more. Choose again."))
    batch = UnannouncedBatch(
        company_id=company.id, purpose=purpose, marked_at=at, marked_by_id=by.account_id,
        marked_by=by.name, seed=seed, candidates=len(drafts),
        numbers_hash=sampling.hash_of(drafts.values()),
    )  # fmt: skip
    db.session.add(batch)
    db.session.flush()
    possible = {one.id: one.name_en for one in queries.possible_readers()}
    if not set(readers) <= possible.keys():
        raise FieldError("readers", _("Name heads of team and auditors only."))
    named = {by.account_id: by.name} | {id: possible[id] for id in readers}
    db.session.add_all(
        BatchReader(batch_id=batch.id, account_id=id, name=name) for id, name in named.items()
    )
    db.session.add_all(BatchMember(batch_id=batch.id, request_id=id) for id in sorted(wanted))
    db.session.flush()
    record("batches:mark", batch, by=by, at=at, size=len(wanted), candidates=len(drafts),
           seed=seed, numbers_hash=batch.numbers_hash, readers=sorted(named))  # fmt: skip
    return batch


def tell(batch: UnannouncedBatch, *, at: datetime) -> int:
    """Write to each of those named that the batch has opened, once; return to how many.

    Who may not look at it today is told when they may. A batch that shut meanwhile tells nobody.
    """
    hold(batch)
    if not queries.is_open(batch):
        return 0
    waiting = queries.untold(batch)
    for reader, person in waiting:
        letters.opened(batch, person, at=at)
        reader.told_at = at
    if waiting:
        record(
            "batches:open", batch, by=CLOCK, at=at, told=[reader.name for reader, _to in waiting]
        )
    return len(waiting)


def look(batch: UnannouncedBatch, *, by: Actor, at: datetime) -> None:
    """Take the open batch from the desk of somebody who is named and looks at it."""
    reader = queries.unseen(batch, by)
    if reader is not None:
        reader.seen_at = at
