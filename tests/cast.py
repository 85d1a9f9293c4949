"""The cast: one person per role, two companies. The rival always has data, so a leak shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from portal.access.actor import OrganisationKind, Role
from portal.accounts.models import Account, Organisation
from portal.accounts.passwords import hash_password
from portal.companies.models import Company, Platform, Representative, Senior
from portal.core.db import db
from portal.institution.models import Institution

PASSWORD = "a long enough password"

PEOPLE = (
    ("officer", "kcsc", Role.OFFICER, "Liaison officer"),
    ("officer2", "kcsc", Role.OFFICER, "Second liaison officer"),
    ("head", "kcsc", Role.HEAD, "Head of team"),
    ("operator", "kcsc", Role.OPERATOR, "Hotline operator"),
    ("police", "knpa", Role.POLICE, "Police liaison"),
    ("agency", "centre", Role.AGENCY, "Agency delegate"),
    ("delegate", "telegram", Role.REPRESENTATIVE, "Representative, Telegram"),
    ("company_admin", "telegram", Role.COMPANY_ADMIN, "Company administrator, Telegram"),
    ("rival", "x", Role.REPRESENTATIVE, "Representative, X"),
    ("rival_admin", "x", Role.COMPANY_ADMIN, "Company administrator, X"),
    ("commissioner", "kcsc", Role.COMMISSIONER, "Commissioner"),
    ("auditor", "kcsc", Role.AUDITOR, "Auditor"),
    ("administrator", "kcsc", Role.ADMINISTRATOR, "Administrator"),
)


@dataclass
class Cast:
    """Everybody, by the name of their part."""

    people: dict[str, Account]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None


def company(slug: str, name_ko: str, name_en: str, *, country: str, zone: str) -> Company:
    """A company with one platform, stored."""
    organisation = Organisation(
        kind=OrganisationKind.COMPANY, slug=slug, name_ko=name_ko, name_en=name_en
    )
    db.session.add(organisation)
    db.session.flush()
    made = Company(
        id=organisation.id, slug=slug, name_ko=name_ko, name_en=name_en,
        country=country, time_zone=zone, has_korean_office=False,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    db.session.add(Platform(company_id=made.id, slug=slug, name_ko=name_ko, name_en=name_en))
    return made


def gather(at: datetime) -> None:
    """Store the cast in an empty database."""
    for kind, slug, name_ko, name_en in (
        (OrganisationKind.INSTITUTION, "kcsc", "방송통신심의위원회", "KCSC"),
        (OrganisationKind.POLICE, "knpa", "경찰청", "Korean National Police Agency"),
        (OrganisationKind.AGENCY, "centre", "지원센터", "Support centre"),
    ):
        db.session.add(Organisation(kind=kind, slug=slug, name_ko=name_ko, name_en=name_en))
    company("telegram", "텔레그램", "Telegram", country="AE", zone="Asia/Dubai")
    company("x", "엑스", "X", country="US", zone="America/Los_Angeles")
    db.session.flush()
    by_slug = {o.slug: o.id for o in db.session.query(Organisation)}
    db.session.add_all(
        (
            Institution(
                organisation_id=by_slug["kcsc"], name_ko="방송통신심의위원회",
                name_en="Korea Communications Standards Commission", short_name="KCSC",
                valid_from=date(2008, 5, 15), valid_until=date(2025, 9, 30),
            ),
            Institution(
                organisation_id=by_slug["kcsc"], name_ko="방송미디어통신심의위원회",
                name_en="Korea Media Communications Standards Commission", short_name="KMCSC",
                valid_from=date(2025, 10, 1),
            ),
        )
    )  # fmt: skip
    stored = hash_password(PASSWORD)
    for part, organisation, role, name in PEOPLE:
        account = Account(
            organisation_id=by_slug[organisation], role=role, email=f"{part}@{organisation}.example",
            name_ko=name, name_en=name, language="en", time_zone="Asia/Seoul",
            password_hash=stored, created_at=at - timedelta(days=400),
        )  # fmt: skip
        db.session.add(account)
        db.session.flush()
        if role in (Role.REPRESENTATIVE, Role.COMPANY_ADMIN):
            db.session.add(
                Representative(
                    company_id=by_slug[organisation], account_id=account.id, name=name,
                    email=account.email, can_bind=True, from_on=date(2024, 1, 1), is_confirmed=True,
                )
            )  # fmt: skip
    for slug in ("telegram", "x"):
        db.session.add(
            Senior(
                company_id=by_slug[slug], level=1, name=f"Head of trust and safety, {slug}",
                email=f"senior@{slug}.example",
            )
        )  # fmt: skip
    db.session.commit()


def called() -> Cast:
    """The cast of the database at hand."""
    accounts = {a.email.split("@")[0]: a for a in db.session.query(Account)}
    return Cast(accounts)
