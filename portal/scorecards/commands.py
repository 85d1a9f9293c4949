"""`flask scorecards`: cards from the command line."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.access.actor import CLOCK
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.core.calendar import parse_instant
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.figures import shown
from portal.documents import verification
from portal.documents.models import CARDS, Document
from portal.documents.printing import print_missing
from portal.methodology import service as methodology
from portal.methodology.method import MEASURES
from portal.methodology.score import Score
from portal.scorecards import queries, schedule, service
from portal.scorecards.models import Scorecard, ScorecardStatus

group = AppGroup("scorecards", help="Scorecards: a company's month, computed, frozen, printed.")

company_option = click.option("--company", "slug", required=True, help="The company's slug.")
month_option = click.option("--month", required=True, help="The month, as 2026-03.")
at_option = click.option("--at", "at_text", help="The instant at which it is done; now without it.")


def _company(slug: str) -> Company:
    company = companies.by_slug(slug)
    if company is None:
        known = ", ".join(sorted(one.slug for one in companies.all_companies()))
        raise click.ClickException(f"There is no company {slug!r}. Known: {known or 'none yet'}.")
    return company


def _instant(text: str | None) -> datetime:
    try:
        return parse_instant(text) if text else now()
    except ValueError as problem:
        raise click.ClickException(f"The instant {text!r} is not one: {problem}.") from problem


def _card(slug: str, month: str) -> Scorecard:
    card = queries.latest(_company(slug).id, month)
    if card is None:
        raise click.ClickException(
            f"There is no card of {slug} for {month}. Make one:"
            f" flask scorecards draft --company {slug} --month {month}"
        )
    return card


@group.command("compute")
@company_option
@month_option
@click.option("--as-of", help="The instant the card looks back from, with offset; now without it.")
@click.option("--json", "as_json", is_flag=True, help="The figures in full precision, as JSON.")
def compute(slug: str, month: str, as_of: str | None, as_json: bool) -> None:
    """Compute a company's month and print it. Nothing is stored."""
    at = _instant(as_of)
    try:
        score = service.compute(_company(slug), month, at)
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    if as_json:
        click.echo(json.dumps(score.public_json(), indent=2, ensure_ascii=False))
    else:
        _tell(score)


def _tell(score: Score) -> None:
    grade = f"{score.letter or 'no letter'} {f'({score.label})' if score.label else ''}".strip()
    click.echo(f"{score.company} {score.month}: score {shown(score.score)}, {grade}")
    for id in MEASURES:
        one = score.measures[id]
        click.echo(
            f"  {id}  {one.x:>6,} of {one.n:<6,}  {shown(one.value):>5}  "
            + (f"[{shown(one.low)}, {shown(one.high)}]" if one.assessed else "not assessed")
        )
    click.echo(f"  as of {score.as_of.isoformat()}, method {score.methodology}")


@group.command("draft")
@company_option
@month_option
@click.option("--why", default="", help="What a new version of a frozen card corrects, and why.")
@at_option
def draft(slug: str, month: str, why: str, at_text: str | None) -> None:
    """Compute a company's month and keep it as a draft; a draft before it is replaced."""
    at = _instant(at_text)
    try:
        with transaction():
            methodology.ensure_version(by=CLOCK, at=at)
            card = service.draft(_company(slug), month, why=why, by=CLOCK, at=at)
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    click.echo(f"{slug} {month}: draft of version {card.version}, as of {card.as_of.isoformat()}")


@group.command("send")
@company_option
@month_option
@at_option
def send(slug: str, month: str, at_text: str | None) -> None:
    """Send a draft to the company, which has five Korean working days to comment."""
    try:
        with transaction():
            card = _card(slug, month)
            service.send(card, by=CLOCK, at=_instant(at_text))
    except Refused as refusal:
        raise click.ClickException(refusal.sentence) from refusal
    assert card.reply_due_at is not None
    click.echo(f"{slug} {month}: with the company until {card.reply_due_at.isoformat()}")


@group.command("freeze")
@company_option
@month_option
@at_option
@click.option("--unasked", default="", help="Why the company was not asked; printed on the card.")
def freeze(slug: str, month: str, at_text: str | None, unasked: str) -> None:
    """Freeze a card and keep its documents; the clock prints them, or who opens them first.

    The company must have commented or had its five working days. A month without a card is computed
    first when --unasked says why the company is not asked.
    """
    at = _instant(at_text)
    try:
        with transaction():
            company = _company(slug)
            held = queries.latest(company.id, month)
            if unasked and (held is None or held.status is ScorecardStatus.DRAFT):
                methodology.ensure_version(by=CLOCK, at=at)
                service.draft(company, month, by=CLOCK, at=at)
            card = _card(slug, month)
            service.freeze(card, by=CLOCK, at=at, unasked=unasked)
    except Refused as refusal:
        raise click.ClickException(
            f"{refusal.sentence} (Steps: flask scorecards draft, send, freeze; or freeze --unasked"
            " REASON.)"
        ) from refusal
    click.echo(f"{slug} {month}: version {card.version} is frozen, inputs {card.inputs_hash}")


@group.command("run")
@at_option
def run(at_text: str | None) -> None:
    """Take every step that is due: close and send the cards of a month, freeze those after reply.

    What the clock does each hour. Run twice it finds nothing left to do.
    """
    at = _instant(at_text)
    closed, frozen = schedule.close_due(by=CLOCK, at=at), schedule.freeze_due(by=CLOCK, at=at)
    click.echo(f"Closed and sent: {closed.done}; frozen: {frozen.done}.")
    problems = [one for one in schedule.steps(schedule.months(at)) if one.problem]
    for one in problems:
        click.echo(f"{one.month} {one.kind.name.lower()}, company {one.company_id}: {one.problem}")
    if closed.in_vain or frozen.in_vain:
        raise SystemExit(1)


@group.command("pdf")
@company_option
@month_option
@click.option("--language", default="ko", type=click.Choice(["ko", "en"]))
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def pdf(slug: str, month: str, language: str, output: Path) -> None:
    """Write a card as PDF: as stored once frozen, else as a draft with its watermark."""
    card = _card(slug, month)
    kept = service.kept_copy(card, language=language)
    if kept is not None:
        print_missing(kept)
    try:
        output.write_bytes(service.pdf(card, language=language, at=now()))
    except OSError as problem:
        raise click.ClickException(f"{output} cannot be written: {problem.strerror}.") from problem
    what = "as stored" if card.is_binding else "draft"
    click.echo(f"{output}: {slug} {month}, version {card.version}, {what}.")


@group.command("verify")
@click.argument("card", nargs=-1)
@click.option("--all", "is_all", is_flag=True, help="Every frozen card; so it is without a card.")
@click.option("--company", "slug", help="Only this company.")
@click.option("--month", help="Only this month.")
@click.option("--from", "first", help="From this month on, as 2024-01.")
@click.option("--to", "last", help="Up to this month.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def verify(
    card: tuple[str, ...], is_all: bool, slug: str | None, month: str | None, first: str | None,
    last: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Compute frozen cards again from what they hold, and compare that with the rows of today.

    CARD is a company and month (telegram 2026-03), the number of a card, or the file of its PDF.
    Exit code 1 where a card does not follow from its snapshot, a file is not the one that was
    stored, or the rows say something else now.
    """
    numbers, is_file_good = _chosen(card, slug, month, first, last, is_quiet=as_json)
    found: dict[str, list[str]] = {}
    live: dict[str, list[dict[str, Any]]] = {}
    at = now()
    with click.progressbar(numbers, label="Cards", file=sys.stderr) as shown_cards:
        for number in shown_cards:
            one = db.session.get_one(Scorecard, number)
            name = _name(one)
            if differences := service.verify(one):
                found[name] = differences
            if rows := service.verify_live(one, at=at):
                live[name] = [row._asdict() for row in rows]
            db.session.expunge(one)
    if as_json:
        told = {"cards": len(numbers), "differences": found, "live": live, "file": is_file_good}
        click.echo(json.dumps(told, indent=2, default=str, ensure_ascii=False))
    else:
        _tell_differences(found, live)
        click.echo(
            f"{len(numbers)} frozen cards computed again, {len(found)} differ;"
            f" the rows of {len(live)} say something else now."
        )
    if found or live or not is_file_good:
        raise SystemExit(1)


def _tell_differences(found: dict[str, list[str]], live: dict[str, list[dict[str, Any]]]) -> None:
    for name, differences in found.items():
        click.echo(f"{name}: {', '.join(differences)}")
    for name, rows in live.items():
        click.echo(f"{name}: {len(rows)} fields differ in the rows:")
        for row in rows:
            click.echo(
                f"  {row['number']} {row['field']}: {row['held']} on the card, {row['live']} now"
            )


def _name(card: Scorecard) -> str:
    return f"{card.company.slug} {card.month} v{card.version}"


def _chosen(
    words: tuple[str, ...], slug: str | None, month: str | None, first: str | None,
    last: str | None, *, is_quiet: bool,
) -> tuple[Sequence[int], bool]:  # fmt: skip
    """The ids of the frozen cards that are meant, and whether a file that was named is unchanged."""
    statement = select(Scorecard.id).where(Scorecard.status.in_(queries.BINDING))
    named = " ".join(words).split()
    is_file_good = True
    if len(words) == 1 and (words[0].lower().endswith(".pdf") or Path(words[0]).is_file()):
        document, is_file_good = _document(Path(words[0]))
        if not is_quiet:
            click.echo(
                f"{words[0]}: {'the print' if is_file_good else 'NOT the print'} of card"
                f" {document.number}, version {document.version} ({document.language}), as stored."
            )
        statement = statement.where(Scorecard.id == document.subject_id)
    elif len(named) == 1 and named[0].isdigit():
        statement = statement.where(Scorecard.id == int(named[0]))
    elif named:
        slug, month = named[0], named[1] if len(named) == 2 else ""
        if len(named) != 2 or not service.MONTH.fullmatch(month):
            raise click.ClickException(
                "Name a card as telegram 2026-03, by its number, or by the file of its PDF."
            )
    for text in (month, first, last):
        if text is not None and not service.MONTH.fullmatch(text):
            raise click.ClickException(f"Write the month as 2026-03, not {text!r}.")
    if slug:
        statement = statement.where(Scorecard.company_id == _company(slug).id)
    if month:
        statement = statement.where(Scorecard.month == month)
    if first:
        statement = statement.where(Scorecard.month >= first)
    if last:
        statement = statement.where(Scorecard.month <= last)
    numbers = db.session.scalars(statement.order_by(Scorecard.month, Scorecard.id)).all()
    if named and not numbers:
        raise click.ClickException(f"There is no frozen card {' '.join(words)!r}.")
    return numbers, is_file_good


def _document(path: Path) -> tuple[Document, bool]:
    """The stored print that a file is, or claims to be by its identifier; and whether it is that."""
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise click.ClickException(f"{path} cannot be read: {problem.strerror}.") from problem
    held = db.session.scalar(
        select(Document).where(
            Document.kind.in_(CARDS),
            Document.pdf_sha256 == hashlib.sha256(content).hexdigest(),
        )
    )
    if held is not None:
        return held, True
    claimed = verification.claimed(content)
    if claimed is None or claimed.kind not in CARDS:
        raise click.ClickException(f"{path} is no frozen card of this portal.")
    return claimed, False
