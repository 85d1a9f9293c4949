"""Commands: `flask <group> <verb>`. Each room brings its own; the house brings these."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

import click
from flask import Flask
from flask.cli import AppGroup

from portal import doctor, scheduler
from portal.core import audit, calendar, keys, secrets
from portal.core.clock import now
from portal.core.jobs import run_due
from portal.core.migrate import upgrade
from portal.rooms import ROOMS

jobs = AppGroup("jobs", help="Work by the clock.")
audit_group = AppGroup("audit", help="The audit log.")
keys_group = AppGroup("keys", help="The key that seals references and visitor data.")


def parse_instant(_context: object, _parameter: object, text: str | None) -> datetime | None:
    """An ISO 8601 instant with offset, for options such as --at and --as-of."""
    if text is None:
        return None
    try:
        return calendar.parse_instant(text)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


@jobs.command("run-due")
@click.option("--at", callback=parse_instant, help="Act as of this instant (ISO 8601, offset).")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def run_due_command(at: datetime | None, as_json: bool) -> None:
    """Run every job whose hour has come and that nobody has run."""
    outcome = run_due(scheduler.timetable(), at=at or now())
    if as_json:
        click.echo(json.dumps(outcome, ensure_ascii=False))
    else:
        for name, result in outcome.items():
            click.echo(f"{name}: {result}")
        click.echo(f"{len(outcome)} jobs were due.")
    if any(result != "done" for result in outcome.values()):
        sys.exit(1)


@keys_group.command("rotate")
@click.option("--resume", is_flag=True, help="Make no new key; go on where it was interrupted.")
def rotate_command(resume: bool) -> None:
    """Make a new key and seal everything with it. Safe to interrupt; go on with --resume.

    Keep a copy of instance/encryption.key: its first line seals, the lines below it still open
    what backups hold, and find the secrets of callers who were given one before.
    """
    if not resume:
        keys.add()
        click.echo("A new key stands first in encryption.key. Copy that file to where you keep it.")
    with click.progressbar(length=keys.total(), label="Sealing") as shown:
        changed = keys.reseal(shown.update)
    click.echo(f"{changed} texts were sealed anew; {keys.waiting()} wait for it.")


@keys_group.command("show")
def show_keys_command() -> None:
    """Say how many keys there are, and how many texts the first has not sealed."""
    click.echo(
        f"{len(secrets.keys())} keys; {keys.waiting()} of {keys.total()} texts wait for the first."
    )


@audit_group.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def verify_command(as_json: bool) -> None:
    """Check the hash chain of the audit log from its first event to its last."""
    broken = list(audit.breaks())
    head = audit.db.session.get(audit.AuditHead, 1)
    events = head.last_id if head else 0
    if as_json:
        places = [{"event": number, "problem": problem} for number, problem in broken]
        click.echo(json.dumps({"events": events, "broken": places}))
    else:
        for number, problem in broken:
            click.echo(f"event {number}: {problem}", err=True)
        click.echo(f"{events} events, {len(broken)} broken links.")
    if broken:
        sys.exit(1)


@click.command("prepare")
def prepare_command() -> None:
    """Make the portal ready to serve: migrate the database and, where it is new, load the demo."""
    upgrade()
    from portal.accounts import service as accounts

    if not accounts.has_any():
        click.echo("The database is new; the demo is loaded.")
        import_module("portal.demo").load()
    click.echo(import_module("portal.demo").banner())


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def doctor_command(as_json: bool) -> None:
    """Say what is missing on this machine, and how to get it."""
    findings = doctor.examine()
    if as_json:
        rows = [{"what": f.what, "is_good": f.is_good, "remedy": f.remedy} for f in findings]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        for finding in findings:
            mark = "ok     " if finding.is_good else "MISSING"
            click.echo(
                f"{mark}  {finding.what}" + ("" if finding.is_good else f": {finding.remedy}")
            )
    if not all(f.is_good for f in findings):
        sys.exit(1)


def install(app: Flask) -> None:
    """Add the commands of the house and of every room that has some."""
    for command in (jobs, audit_group, keys_group, prepare_command, doctor_command):
        app.cli.add_command(command)
    for name in (*(f"portal.{room}.commands" for room in ROOMS), "portal.demo.commands"):
        if _exists(name):
            app.cli.add_command(import_module(name).group)


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
