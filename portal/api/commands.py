"""Commands of the API room: the sandbox."""

from __future__ import annotations

from datetime import timedelta

import click
from flask.cli import AppGroup
from sqlalchemy import insert, select

from portal.access.actor import CLOCK, OrganisationKind, Role
from portal.accounts.models import Account, Organisation
from portal.accounts.passwords import hash_password
from portal.companies.models import Company, Platform
from portal.core.audit import record
from portal.core.calendar import month_of
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.secrets import digest, seal
from portal.removal_requests.models import (
    Category,
    DeliveryChannel,
    LegalGround,
    MeasureType,
    RemovalRequest,
    Surface,
)

group = AppGroup("api", help="The API for companies: its sandbox.")
SLUG = "sandbox"


@group.command("sandbox")
@click.option("--email", default="sandbox@sandbox.example", help="Address of its administrator.")
@click.option("--password", prompt=True, hide_input=True, help="That administrator's password.")
@click.option("--requests", "number", default=200, help="How many requests wait in it.")
def sandbox(email: str, password: str, number: int) -> None:
    """Make the sandbox company, or fill it up again: made-up requests that count nowhere."""
    at = now()
    with transaction():
        company = db.session.scalar(select(Company).where(Company.slug == SLUG))
        if company is None:
            company = _company()
            record("companies:add", company, by=CLOCK, at=at, sandbox=True)
        if not company.is_sandbox:
            raise click.ClickException("There is a real company called 'sandbox'. Rename it first.")
        if db.session.scalar(select(Account).where(Account.email == email)) is None:
            db.session.add(
                Account(
                    organisation_id=company.id, role=Role.COMPANY_ADMIN, email=email,
                    name_ko="샌드박스 관리자", name_en="Sandbox administrator", language="en",
                    time_zone="UTC", password_hash=hash_password(password), created_at=at,
                )
            )  # fmt: skip
        platform = db.session.scalars(
            select(Platform).where(Platform.company_id == company.id)
        ).one()
        taken = len(
            db.session.scalars(
                select(RemovalRequest.id).where(RemovalRequest.company_id == company.id)
            ).all()
        )
        rows = []
        for n in range(taken + 1, taken + number + 1):
            reference = f"https://content.example/sandbox/{n}"
            when = at - timedelta(minutes=7 * (n - taken))
            rows.append(
                {
                    "request_no": f"SANDBOX-{n:06d}", "company_id": company.id,
                    "platform_id": platform.id, "month": month_of(when),
                    "category": Category.SEXUAL_DEEPFAKE.value,
                    "legal_ground": LegalGround.VOLUNTARY_REQUEST, "surface": Surface.PUBLIC_POST,
                    "measure_type": MeasureType.REMOVAL, "reference_encrypted": seal(reference),
                    "reference_digest": digest(reference), "recorded_at": when, "issued_at": when,
                    "delivered_at": when, "delivery_channel": DeliveryChannel.PORTAL,
                    "is_synthetic": True,
                }
            )  # fmt: skip
        if rows:
            db.session.execute(insert(RemovalRequest), rows)
        record("api:sandbox", company, by=CLOCK, at=at, requests=len(rows))
    click.echo(f"The sandbox company has {len(rows)} new requests. Log in as {email}.")


def _company() -> Company:
    names = {"name_ko": "샌드박스", "name_en": "Sandbox"}
    organisation = Organisation(kind=OrganisationKind.COMPANY, slug=SLUG, **names)
    db.session.add(organisation)
    db.session.flush()
    company = Company(
        id=organisation.id, slug=SLUG, country="KR", time_zone="UTC", has_korean_office=False,
        is_sandbox=True, **names,
    )  # fmt: skip
    db.session.add(company)
    db.session.flush()
    db.session.add(Platform(company_id=company.id, slug=SLUG, **names))
    db.session.flush()
    return company
