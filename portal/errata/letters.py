"""What the errata room writes to both sides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from portal.access.actor import Role
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.consultations.models import Side
from portal.core.db import db
from portal.core.outbox import Letter, post
from portal.errata.models import Erratum
from portal.minutes.queries import readers_only

HELD = ("minutes:adopt", "errata:agree")
"""The letters with which people received a version."""


def _write(
    kind: str,
    people: Iterable[Account],
    erratum: Erratum,
    *,
    subject: str,
    body: str,
    at: datetime,
    **values: Any,
) -> None:
    link = f"{current_app.config['BASE_URL']}/errata/{erratum.id}"
    for person in {one.id: one for one in readers_only(people, erratum.minutes)}.values():
        post(
            kind, to=person, subject=subject, body=body, about=erratum, at=at,
            serial=erratum.minutes.serial, number=erratum.number, link=link, **values,
        )  # fmt: skip


def _people(erratum: Erratum, side: Side) -> list[Account]:
    if side is Side.COMPANY:
        return accounts.of_company(erratum.company_id)
    return [*accounts.officers_for(erratum.company_id), *accounts.with_role(Role.HEAD)]


def _other(side: Side) -> Side:
    return Side.INSTITUTION if side is Side.COMPANY else Side.COMPANY


def drafted(erratum: Erratum, *, at: datetime) -> None:
    """The heads of team are asked to release an officer's erratum."""
    _write(
        "errata:propose",
        accounts.with_role(Role.HEAD),
        erratum,
        subject="Erratum to release: %(serial)s",
        body=(
            "Erratum %(number)s to the adopted minutes of %(serial)s waits for your release."
            "\n\n%(link)s"
        ),
        at=at,
    )


def proposed(erratum: Erratum, *, at: datetime) -> None:
    """The other side is asked."""
    _write(
        "errata:propose",
        _people(erratum, _other(erratum.proposed_side)),
        erratum,
        subject="Erratum proposed: %(serial)s",
        body=(
            "The other side proposes erratum %(number)s to the adopted minutes of %(serial)s."
            " Please read what should change and accept or decline it. Until both sides accept,"
            " the adopted version stands.\n\n%(link)s"
        ),
        at=at,
    )


def accepted(erratum: Erratum, *, side: Side, at: datetime) -> None:
    """The other side learns that its acceptance is missing."""
    _write(
        "errata:accept",
        _people(erratum, _other(side)),
        erratum,
        subject="Erratum accepted by the other side: %(serial)s",
        body=(
            "The other side has accepted erratum %(number)s to the minutes of %(serial)s. It takes"
            " effect when your side accepts the same text.\n\n%(link)s"
        ),
        at=at,
    )


def declined(erratum: Erratum, *, at: datetime) -> None:
    """Whoever proposed it learns why it was not accepted."""
    _write(
        "errata:decline",
        _people(erratum, erratum.proposed_side),
        erratum,
        subject="Erratum declined: %(serial)s",
        body=(
            "Erratum %(number)s to the minutes of %(serial)s was declined. The adopted version"
            " stands. Reason: %(reason)s\n\n%(link)s"
        ),
        at=at,
        reason=erratum.answer,
    )


def withdrawn(erratum: Erratum, *, at: datetime) -> None:
    """The other side need not answer any more."""
    _write(
        "errata:withdraw",
        _people(erratum, _other(erratum.proposed_side)),
        erratum,
        subject="Erratum withdrawn: %(serial)s",
        body=(
            "Erratum %(number)s to the minutes of %(serial)s was withdrawn. The adopted version"
            " stands. Reason: %(reason)s\n\n%(link)s"
        ),
        at=at,
        reason=erratum.answer,
    )


def agreed(erratum: Erratum, *, at: datetime) -> None:
    """Everybody who received the version before is told that it is superseded."""
    _write(
        "errata:agree",
        [*_people(erratum, Side.COMPANY), *_people(erratum, Side.INSTITUTION), *_held(erratum)],
        erratum,
        subject="Minutes corrected: %(serial)s, version %(version)s",
        body=(
            "Both sides have accepted erratum %(number)s to the minutes of %(serial)s. Version"
            " %(version)s takes the place of version %(before)s, which you received; it stays"
            " as it was, and whoever checks it learns that it is superseded."
            "\n\nSHA-256 of the corrected text: %(hash)s\n\n%(link)s"
        ),
        at=at,
        version=erratum.base_version + 1,
        before=erratum.base_version,
        hash=erratum.content_hash,
    )


def _held(erratum: Erratum) -> list[Account]:
    """Whoever was told of the adoption or of an earlier erratum, and can still log in."""
    with beyond_scope("whoever received a version is told, whoever accepted last"):
        mine = select(Erratum.id).where(Erratum.minutes_id == erratum.minutes_id)
        told = select(Letter.account_id).where(
            Letter.kind.in_(HELD),
            ((Letter.about == "minutes") & (Letter.about_id == erratum.minutes_id))
            | ((Letter.about == "erratum") & Letter.about_id.in_(mine)),
        )
        return list(
            db.session.scalars(
                select(Account).where(Account.id.in_(told), Account.deactivated_at.is_(None))
            )
        )
