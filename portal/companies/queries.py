"""Questions about companies and who speaks for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.companies.models import Company, Platform, Representative, Senior
from portal.core.db import db

# Every list offers a choice of them: the two questions are put together once.
NAMES = select(Company.id, Company.slug, Company.name_ko, Company.name_en).order_by(Company.name_en)
PLATFORMS = (
    select(Platform)
    .join(Company, Company.id == Platform.company_id)
    .options(joinedload(Platform.company, innerjoin=True))
    .order_by(Company.name_en, Platform.name_en)
)
PLATFORM_NAMES = (
    select(
        Platform.id, Platform.slug, Platform.company_id, Platform.name_ko, Platform.name_en,
        Company.slug.label("company"), Company.name_ko.label("company_ko"),
        Company.name_en.label("company_en"),
    )
    .join(Company, Company.id == Platform.company_id)
    .order_by(Company.name_en, Platform.name_en)
)  # fmt: skip


def all_companies() -> Sequence[Company]:
    """Every company the person may know of, with its platforms, by name; none made up for trials."""
    return db.session.scalars(
        select(Company)
        .where(Company.is_sandbox.is_(False))
        .options(selectinload(Company.platforms))
        .order_by(Company.name_en)
    ).all()


def names() -> Sequence[Row[int, str, str, str]]:
    """Number, slug and names of every company the person may know of, for lists to choose from."""
    return db.session.execute(NAMES).all()


def by_slug(slug: str) -> Company | None:
    """The company with this slug."""
    return db.session.scalar(select(Company).where(Company.slug == slug))


def platforms() -> Sequence[Platform]:
    """Every platform the person may know of with its company, by name; one query."""
    return db.session.scalars(PLATFORMS).all()


def platform_names() -> Sequence[Row[int, str, int, str, str, str, str, str]]:
    """What `platforms` knows by columns alone, for lists and filters; one query."""
    return db.session.execute(PLATFORM_NAMES).all()


def representatives(company_id: int) -> Sequence[Representative]:
    """Who spoke or speaks for a company, those who may bind it first."""
    return db.session.scalars(
        select(Representative)
        .where(Representative.company_id == company_id)
        .order_by(Representative.can_bind.desc(), Representative.from_on, Representative.id)
    ).all()


def binding_on(company_id: int, day: date) -> Sequence[Representative]:
    """Who may bind a company on a day: confirmed, with capacity, within their dates."""
    return db.session.scalars(
        select(Representative)
        .where(
            Representative.company_id == company_id,
            Representative.can_bind.is_(True),
            Representative.is_confirmed.is_(True),
            Representative.from_on <= day,
            or_(Representative.until_on.is_(None), Representative.until_on >= day),
        )
        .order_by(Representative.id)
    ).all()


def seniors(company_id: int) -> Sequence[Senior]:
    """The named seniors of a company, in the order of escalation."""
    return db.session.scalars(
        select(Senior).where(Senior.company_id == company_id).order_by(Senior.level, Senior.id)
    ).all()
