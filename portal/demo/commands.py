"""`flask demo load`."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from portal import demo
from portal.accounts import service as accounts

group = AppGroup("demo", help="The demonstration.")


@group.command("load")
def load() -> None:
    """Fill an empty database with the demonstration."""
    if accounts.has_any():
        raise click.ClickException(
            "The database is not empty. Point DATABASE_URL or INSTANCE_PATH at a new one."
        )
    demo.load()
    click.echo(demo.banner())
