"""`flask scorecards`: cards from the command line."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

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
from portal.methodology import service as methodology
from portal.methodology.method import MEASURES
from portal.methodology.score import Score
from portal.scorecards import queries, service
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
@at_option
def draft(slug: str, month: str, at_text: str | None) -> None:
    """Compute a company's month and keep it as a draft; a draft before it is replaced."""
    at = _instant(at_text)
    try:
        with transaction():
            methodology.ensure_version(by=CLOCK, at=at)
            card = service.draft(_company(slug), month, by=CLOCK, at=at)
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
    """Freeze a card and store its documents.

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


@group.command("pdf")
@company_option
@month_option
@click.option("--language", default="ko", type=click.Choice(["ko", "en"]))
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
def pdf(slug: str, month: str, language: str, output: Path) -> None:
    """Write a card as PDF: as stored once frozen, else as a draft with its watermark."""
    card = _card(slug, month)
    try:
        output.write_bytes(service.pdf(card, language=language, at=now()))
    except OSError as problem:
        raise click.ClickException(f"{output} cannot be written: {problem.strerror}.") from problem
    what = "as stored" if card.is_binding else "draft"
    click.echo(f"{output}: {slug} {month}, version {card.version}, {what}.")


@group.command("verify")
@click.option("--company", "slug", help="Only this company.")
@click.option("--month", help="Only this month.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def verify(slug: str | None, month: str | None, as_json: bool) -> None:
    """Compute frozen cards again from what they hold; fails where a digit differs."""
    statement = select(Scorecard.id).where(Scorecard.status.in_(queries.BINDING))
    if slug:
        statement = statement.where(Scorecard.company_id == _company(slug).id)
    if month:
        statement = statement.where(Scorecard.month == month)
    numbers = db.session.scalars(statement.order_by(Scorecard.id)).all()
    found = {}
    with click.progressbar(numbers, label="Cards", file=sys.stderr) as cards:
        for number in cards:
            card = db.session.get(Scorecard, number)
            assert card is not None
            if differences := service.verify(card):
                found[f"{card.company.slug} {card.month} v{card.version}"] = differences
            db.session.expunge(card)
    if as_json:
        click.echo(json.dumps({"cards": len(numbers), "differences": found}, indent=2))
    else:
        for name, differences in found.items():
            click.echo(f"{name}: {', '.join(differences)}")
        click.echo(f"{len(numbers)} frozen cards computed again, {len(found)} differ.")
    if found:
        raise SystemExit(1)
