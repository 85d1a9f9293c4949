"""`flask reports`: the monthly report from the command line."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from portal.access.actor import CLOCK, Actor, Role
from portal.accounts import queries as accounts
from portal.core.calendar import parse_instant
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.pdf import PrintError
from portal.documents.printing import print_missing
from portal.reports import queries, schedule, service
from portal.reports.models import Report, ReportStatus

group = AppGroup("reports", help="Monthly reports for the commissioners.")

month_option = click.option("--month", required=True, help="The month, as 2026-03.")
at_option = click.option("--at", "at_text", help="The instant at which it is done; now without it.")
PRINT_STEPS = 7


def _instant(text: str | None) -> datetime:
    try:
        return parse_instant(text) if text else now()
    except ValueError as problem:
        raise click.ClickException(f"The instant {text!r} is not one: {problem}.") from problem


def _bar(length: int) -> Any:
    return click.progressbar(length=length, label="Printing", file=sys.stderr)


def _made(month: str, at: datetime) -> tuple[Report, str]:
    """The report made now, or the one there is when nothing in it has changed."""
    try:
        found = service.gather(month, at=at)
        with transaction():
            report = service.make(month, by=CLOCK, at=at, found=found)
    except Refused as refusal:
        held = queries.latest(month)
        if held is None:
            raise click.ClickException(refusal.sentence) from refusal
        return held, refusal.sentence
    return report, "Made, and held for release by a head of team."


@group.command("make")
@month_option
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The PDF.")
@click.option("--language", default="ko", type=click.Choice(["ko", "en"]))
@at_option
def make(month: str, output: Path | None, language: str, at_text: str | None) -> None:
    """Make a month's report, hold it for release and write its PDF.

    A report that is not released yet is written as a draft with its watermark.
    """
    report, what = _made(month, _instant(at_text))
    if output is not None:
        kept = service.kept_print(report, language=language)
        if kept is not None:
            print_missing(kept)
        with _bar(PRINT_STEPS) as bar:

            def progress(step: int, _page: int | None) -> None:
                bar.update(max(0, step - bar.pos))

            try:
                output.write_bytes(service.print_of(report, language=language, progress=progress))
            except OSError as problem:
                raise click.ClickException(
                    f"{output} cannot be written: {problem.strerror}."
                ) from problem
            except PrintError as problem:
                raise click.ClickException(str(problem)) from problem
            bar.update(max(0, PRINT_STEPS - bar.pos))
    state = "draft" if report.status is ReportStatus.HELD else "as stored"
    click.echo(f"{month}, version {report.version}: {what}")
    if output is not None:
        click.echo(f"{output}: {state}.")


@group.command("run")
@at_option
def run(at_text: str | None) -> None:
    """Take every step of a report that is due: draft, make again, ask, remind.

    What the clock does each hour. Run twice it finds nothing left to do.
    """
    at = _instant(at_text)
    schedule.run(by=CLOCK, at=at)
    late = schedule.late(at)
    for one in late:
        click.echo(f"{one.month} late: {one.what}. {one.remedy}: {one.url}. {one.problem}".rstrip())
    click.echo(f"{len(late)} steps are late.")


def _releaser(email: str | None) -> Actor:
    if email is None:
        return CLOCK
    account = accounts.by_email(email)
    if account is None or account.role is not Role.HEAD or account.deactivated_at is not None:
        raise click.ClickException(f"{email!r} is not the address of an active head of team.")
    return account.as_actor()


@group.command("release")
@month_option
@click.option("--as", "email", help="The address of the head of team who releases it.")
@at_option
def release(month: str, email: str | None, at_text: str | None) -> None:
    """Release the held report of a month: printed, kept for ever, mailed to the commissioners."""
    at, by = _instant(at_text), _releaser(email)
    report = queries.latest(month)
    if report is None:
        raise click.ClickException(
            f"There is no report for {month}. Make one: flask reports make --month {month}"
        )
    try:
        # Refused before anything is printed, and judged again under the lock.
        if not report.can_move(ReportStatus.RELEASED):
            report.move(ReportStatus.RELEASED)
        with _bar(2 * PRINT_STEPS) as bar:
            printed = service.prints(report, progress=lambda _step, _page: bar.update(1))
        with transaction():
            service.release(report, by=by, at=at, printed=printed)
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    except PrintError as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"{month}, version {report.version}: released, both documents are stored.")
