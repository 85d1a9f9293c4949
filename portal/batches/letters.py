"""What the batches room writes: that a batch has opened. What it showed stands behind the wall."""

from __future__ import annotations

from datetime import datetime

from flask import current_app

from portal.accounts.models import Account
from portal.batches.models import UnannouncedBatch
from portal.core.i18n import both, with_zone
from portal.core.outbox import post


def opened(batch: UnannouncedBatch, person: Account, *, at: datetime) -> None:
    """Somebody who is named is told that the comparison can be looked at: no number of a request,
    and neither the purpose nor the figures."""
    post(
        "batches:open",
        to=person,
        subject="An unannounced batch has opened: %(company)s",
        body=(
            "The unannounced batch of requests to %(company)s that was marked at %(marked)s has"
            " opened: the scorecards of all its months are frozen, and the batch can be compared"
            " with the other requests.\n\nYou are told because you are named on it. The company is"
            " not told.\n\n%(link)s"
        ),
        about=batch,
        at=at,
        company=lambda: both(batch.company, "name"),
        marked=lambda: with_zone(batch.marked_at),
        link=f"{current_app.config['BASE_URL']}/batches/{batch.id}",
    )
