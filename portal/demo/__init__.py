"""The demonstration: the true story with published figures, and synthetic cases marked as such."""

from __future__ import annotations

import click
from flask import current_app

from portal.core.clock import now
from portal.core.db import transaction
from portal.demo import (
    api,
    changes,
    people,
    promises,
    replies,
    requests,
    series,
    shifts,
    slots,
    story,
)

PASSWORD = people.PASSWORD


def load() -> None:
    """Fill an empty database. All of it is stored, or nothing."""
    at = now()
    steps = [
        ("institution, companies and people", lambda: people.load(at=at)),
        ("published figures", lambda: people.load_facts()),
        ("names and owners that changed", lambda: changes.load(at=at)),
        ("removal and information requests", lambda: requests.load(at=at)),
        *story.steps(at=at),
        ("promises that changed", lambda: promises.load(at=at)),
        ("replies and feeds", lambda: replies.load(at=at)),
        ("a search for a time", lambda: slots.load(at=at)),
        ("a regular consultation", lambda: series.load(at=at)),
        ("the duty roster", lambda: shifts.load(at=at)),
        ("tokens and webhooks", lambda: api.load(at=at)),
    ]
    with (
        transaction(),
        click.progressbar(
            steps, label="Loading the demo", item_show_func=lambda step: step[0] if step else ""
        ) as shown,
    ):
        for _name, step in shown:
            step()


def banner() -> str:
    """The addresses, the demo accounts and what to try first."""
    base = current_app.config["BASE_URL"]
    lines = [
        "",
        f"The consultation portal is at {base}",
        "",
        f"Demo accounts (password: {PASSWORD})",
        *(f"  {person.email:<34} {person.name_en}" for person in people.PEOPLE),
        "",
        "Try first:",
        "  1. As officer@kcsc.example open Consultations, then Telegram: agenda, minutes, action items.",
        "  2. As rep@telegram.example answer the minutes and report an action item done.",
        "  3. As head@kcsc.example release minutes, freeze a scorecard, release the monthly report.",
        "  4. As commissioner@kcsc.example read the PDFs under Documents.",
        "",
        "Stop with Ctrl+C. The data stays in instance/.",
    ]
    return "\n".join(lines)
