"""`flask users`: accounts from the command line."""

from __future__ import annotations

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.access.actor import CLOCK, Role
from portal.accounts import service
from portal.accounts.models import Organisation
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused

group = AppGroup("users", help="Accounts.")


@group.command("add")
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--organisation", "slug", required=True, help="Its slug, such as kcsc or telegram.")
@click.option("--name", required=True, help="The name shown, such as 'Head of team'.")
@click.option("--language", default="ko", type=click.Choice(["ko", "en"]))
def add(email: str, role: str, slug: str, name: str, language: str) -> None:
    """Invite somebody: the link is mailed, and printed here."""
    organisation = db.session.scalar(select(Organisation).where(Organisation.slug == slug))
    if organisation is None:
        known = ", ".join(db.session.scalars(select(Organisation.slug)))
        raise click.ClickException(f"There is no organisation {slug!r}. Known: {known or 'none'}.")
    try:
        with transaction():
            account = service.invite(
                organisation,
                role=Role(role),
                email=email,
                name_ko=name,
                name_en=name,
                language=language,
                time_zone="Asia/Seoul",
                by=CLOCK,
                at=now(),
            )
            secret = service.send_invitation(account, at=now())
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"Invited. The link works once, for seven days: /invitations/{secret}")
