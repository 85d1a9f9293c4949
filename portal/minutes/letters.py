"""What the minutes room writes to both sides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import bindparam, select

from portal.access.actor import Role
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.consultations.models import Side
from portal.core.db import db
from portal.core.i18n import local, with_zone
from portal.core.outbox import Letter, post
from portal.minutes.models import Minutes
from portal.minutes.queries import readers_only

QUIET = timedelta(hours=1)


def _link(minutes: Minutes, page: str = "") -> str:
    return f"{current_app.config['BASE_URL']}/minutes/{minutes.id}{page}"


def _officers(minutes: Minutes) -> list[Account]:
    return accounts.officers_for(minutes.company_id)


def _heads() -> list[Account]:
    return accounts.with_role(Role.HEAD)


def _company(minutes: Minutes) -> list[Account]:
    return accounts.of_company(minutes.company_id)


def _write(
    kind: str,
    people: Iterable[Account],
    minutes: Minutes,
    *,
    subject: str,
    body: str,
    at: datetime,
    page: str = "",
    **values: Any,
) -> None:
    for person in readers_only(people, minutes):
        post(
            kind,
            to=person,
            subject=subject,
            body=body,
            about=minutes,
            at=at,
            serial=minutes.serial,
            link=_link(minutes, page),
            **values,
        )


def submitted(minutes: Minutes, *, at: datetime) -> None:
    """The heads of team are asked to review and release."""
    _write(
        "minutes:submit",
        _heads(),
        minutes,
        subject="Minutes to review: %(serial)s",
        body="The minutes of %(serial)s are ready for internal review.\n\n%(link)s",
        at=at,
    )


def released(minutes: Minutes, *, at: datetime) -> None:
    """The company is asked to answer item by item."""
    deadline = minutes.deadline_at
    _write(
        "minutes:release",
        _company(minutes),
        minutes,
        subject="Minutes for your review: %(serial)s",
        body=(
            "The minutes of %(serial)s are ready for your review. Please answer item by item"
            " (agree, propose a change, or record a disagreement) until %(until)s.\n\n%(link)s"
        ),
        at=at,
        page="/answer",
        until=lambda: with_zone(deadline),
    )


_letters = Letter.__table__.c
WRITTEN = (
    select(_letters.id)
    .where(
        _letters.kind == "minutes:change",
        _letters.about == "minutes",
        _letters.about_id == bindparam("number"),
        _letters.written_at > bindparam("since"),
    )
    .limit(1)
)


def changed(minutes: Minutes, *, at: datetime) -> None:
    """The company is asked again, for changed items only; once an hour, not once an edit."""
    # Asked of the table: whether a letter was written does not hang on who may read it.
    since = {"number": minutes.id, "since": at - QUIET}
    if db.session.connection().scalar(WRITTEN, since) is not None:
        return
    deadline = minutes.deadline_at
    _write(
        "minutes:change",
        _company(minutes),
        minutes,
        subject="Minutes changed: %(serial)s",
        body=(
            "The text of the minutes of %(serial)s was changed. Please answer the changed items"
            " until %(until)s; your other answers stand.\n\n%(link)s"
        ),
        at=at,
        page="/answer",
        until=lambda: with_zone(deadline),
    )


def answered(minutes: Minutes, *, at: datetime) -> None:
    """The officers see what the company answered."""
    _write(
        "minutes:answer",
        _officers(minutes),
        minutes,
        subject="Answer to the minutes of %(serial)s",
        body=(
            "There are answers to the minutes of %(serial)s. Proposals wait for your decision."
            "\n\n%(link)s"
        ),
        at=at,
    )


def resolved(minutes: Minutes, *, at: datetime) -> None:
    """The company learns that one of its proposals was declined."""
    _write(
        "minutes:resolve",
        _company(minutes),
        minutes,
        subject="Your proposal to the minutes of %(serial)s",
        body=(
            "A proposal of yours to the minutes of %(serial)s was declined. The reason stands"
            " beside it, and both will be printed.\n\n%(link)s"
        ),
        at=at,
    )


def reconciled(minutes: Minutes, *, at: datetime) -> None:
    """Both sides are asked to accept one text."""
    _write(
        "minutes:reconcile",
        [*_company(minutes), *_officers(minutes), *_heads()],
        minutes,
        subject="Minutes ready for acceptance: %(serial)s",
        body=(
            "The minutes of %(serial)s are reconciled. Someone with capacity to bind may now"
            " accept them for your side.\n\n%(link)s"
        ),
        at=at,
        page="/accept",
    )


def reopened(minutes: Minutes, *, at: datetime) -> None:
    """Acceptances given so far no longer count; the company is told why."""
    _write(
        "minutes:reopen",
        _company(minutes),
        minutes,
        subject="Minutes reopened: %(serial)s",
        body=(
            "The minutes of %(serial)s were taken up again before adoption. You will be asked to"
            " accept the final text.\n\n%(link)s"
        ),
        at=at,
    )


def accepted(minutes: Minutes, *, side: Side, at: datetime) -> None:
    """The other side learns that its acceptance is the one that is missing."""
    people = _company(minutes) if side is Side.INSTITUTION else [*_officers(minutes), *_heads()]
    _write(
        "minutes:accept",
        people,
        minutes,
        subject="The other side accepted the minutes of %(serial)s",
        body=(
            "The other side accepted the minutes of %(serial)s. They are adopted as soon as your"
            " side accepts the same text.\n\n%(link)s"
        ),
        at=at,
        page="/accept",
    )


def adopted(minutes: Minutes, *, at: datetime) -> None:
    """Both sides receive proof of adoption with the hash."""
    _write(
        "minutes:adopt",
        [*_company(minutes), *_officers(minutes), *_heads()],
        minutes,
        subject="Minutes adopted: %(serial)s",
        body=(
            "The minutes of %(serial)s were adopted on %(when)s. From now on their text does not"
            " change.\n\nSHA-256 of the text: %(hash)s\n\n%(link)s"
        ),
        at=at,
        when=lambda: local(at),
        hash=minutes.content_hash,
    )
