"""What the roster writes: that an intake waits. Where the content stands is in no letter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask import current_app

from portal.accounts.models import Account
from portal.core.i18n import local
from portal.core.outbox import post
from portal.hotline.models import Intake


def _link(intake: Intake) -> str:
    return f"{current_app.config['BASE_URL']}/hotline/{intake.id}"


def to_duty(people: Iterable[Account], intake: Intake, *, minutes: int, at: datetime) -> None:
    """Who is on duty learns that nobody has taken an intake up."""
    for person in people:
        post(
            "intake:alarm_on_duty",
            to=person,
            subject="Waits to be taken up: intake %(code)s",
            body=(
                "Intake %(code)s was recorded on %(when)s, and after %(minutes)s minutes nobody has"
                " taken it up. You are on duty: take it up or hand it over, please.\n\n%(link)s"
            ),
            about=intake,
            at=at,
            code=intake.case_code,
            when=lambda: local(intake.recorded_at),
            minutes=minutes,
            link=_link(intake),
        )


def to_heads(
    people: Iterable[Account], intake: Intake, *, minutes: int, is_nobody_on: bool, at: datetime
) -> None:
    """The heads learn that an intake is not handed over, or that nobody was on duty to be told."""
    for person in people:
        post(
            "intake:alarm_heads",
            to=person,
            subject=(
                "Nobody is on duty: intake %(code)s waits"
                if is_nobody_on
                else "Not handed over: intake %(code)s"
            ),
            body=(
                "Intake %(code)s was recorded on %(when)s, and after %(minutes)s minutes nobody has"
                " taken it up. The roster names nobody who is on duty now, so this comes to"
                " you.\n\n%(link)s"
                if is_nobody_on
                else "Intake %(code)s was recorded on %(when)s and is not handed over after"
                " %(minutes)s minutes.\n\n%(link)s"
            ),
            about=intake,
            at=at,
            code=intake.case_code,
            when=lambda: local(intake.recorded_at),
            minutes=minutes,
            link=_link(intake),
        )
