"""What the scorecards room writes. Figures stand behind the wall, not in a mail."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import current_app

from portal.access.actor import Role
from portal.accounts import queries as accounts
from portal.accounts.models import Account
from portal.core.i18n import both, month_name, with_zone
from portal.core.outbox import post
from portal.scorecards.models import Scorecard


def _write(
    kind: str,
    people: Iterable[Account],
    card: Scorecard,
    *,
    subject: str,
    body: str,
    at: datetime,
    **values: Any,
) -> None:
    for person in people:
        post(
            kind,
            to=person,
            subject=subject,
            body=body,
            about=card,
            at=at,
            month=lambda: month_name(card.month),
            company=lambda: both(card.company, "name"),
            link=f"{current_app.config['BASE_URL']}/scorecards/{card.id}",
            **values,
        )


def _company(card: Scorecard) -> list[Account]:
    return accounts.of_company(card.company_id)


def _casework(card: Scorecard) -> list[Account]:
    people = [*accounts.officers_for(card.company_id), *accounts.with_role(Role.HEAD)]
    return list({person.id: person for person in people}.values())


def sent(card: Scorecard, *, at: datetime) -> None:
    """The company is told that it may reply, and until when."""
    due_at = card.reply_due_at
    _write(
        "scorecards:send",
        _company(card),
        card,
        subject="Your scorecard for %(month)s: please comment until %(until)s",
        body=(
            "The scorecard of %(company)s for %(month)s is ready for your comment. What you write"
            " until %(until)s is printed on it word for word.\n\n%(link)s"
        ),
        at=at,
        until=lambda: with_zone(due_at),
    )


def commented(card: Scorecard, *, at: datetime) -> None:
    """The officers and heads are told that the company has replied."""
    _write(
        "scorecards:comment",
        _casework(card),
        card,
        subject="%(company)s commented on its scorecard for %(month)s",
        body=(
            "%(company)s has commented on its scorecard for %(month)s. The card can now be"
            " frozen.\n\n%(link)s"
        ),
        at=at,
    )


def frozen(card: Scorecard, *, at: datetime) -> None:
    """The company receives the final figures."""
    _write(
        "scorecards:freeze",
        _company(card),
        card,
        subject="Your scorecard for %(month)s is final",
        body=(
            "The scorecard of %(company)s for %(month)s is frozen: its figures do not change any"
            " more. The document is ready to download.\n\n%(link)s"
        ),
        at=at,
    )


def published(card: Scorecard, *, at: datetime) -> None:
    """The company and the commissioners are told that the card may be read."""
    _write(
        "scorecards:publish",
        [*_company(card), *accounts.with_role(Role.COMMISSIONER)],
        card,
        subject="Scorecard published: %(company)s, %(month)s",
        body=(
            "The scorecard of %(company)s for %(month)s is published and can be read on screen and"
            " as a document.\n\n%(link)s"
        ),
        at=at,
    )


def correction_asked(card: Scorecard, *, at: datetime) -> None:
    """The officers and heads are told that the company wants something corrected."""
    _write(
        "scorecards:ask_correction",
        _casework(card),
        card,
        subject="%(company)s asks for a correction of its scorecard for %(month)s",
        body=(
            "%(company)s asks for a correction of its scorecard for %(month)s. The card is not"
            " frozen before that is decided.\n\n%(link)s"
        ),
        at=at,
    )


def correction_decided(card: Scorecard, *, at: datetime) -> None:
    """The company is told what was decided, and where the reason stands."""
    _write(
        "scorecards:decide_correction",
        _company(card),
        card,
        subject="Your scorecard for %(month)s: a correction is decided",
        body=(
            "A correction that you asked for on the scorecard of %(company)s for %(month)s is"
            " decided. The decision and its reason stand on the card.\n\n%(link)s"
        ),
        at=at,
    )


def recomputed(card: Scorecard, *, at: datetime) -> None:
    """The company is told that its card was computed again, as it had asked."""
    _write(
        "scorecards:compute",
        _company(card),
        card,
        subject="Your scorecard for %(month)s was computed again",
        body=(
            "After a correction that you asked for, the scorecard of %(company)s for %(month)s was"
            " computed again. It names what changed.\n\n%(link)s"
        ),
        at=at,
    )


def corrected(card: Scorecard, people: Iterable[Account], *, at: datetime) -> None:
    """Whoever holds an earlier version is told that it was corrected, and in what."""
    _write(
        "scorecards:correct",
        people,
        card,
        subject="Scorecard corrected: %(company)s, %(month)s",
        body=(
            "The scorecard of %(company)s for %(month)s that you hold was corrected: version"
            " %(version)s takes its place. The version before stays as it was.\n\nWhat was corrected:"
            " %(reason)s\n\n%(link)s"
        ),
        at=at,
        version=card.version,
        reason=card.correction_reason,
    )
