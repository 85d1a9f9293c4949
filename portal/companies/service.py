"""Companies, platforms, who may speak, whom to escalate to."""

from __future__ import annotations

import re
from datetime import date, datetime

from sqlalchemy import select

from portal.access.actor import Actor, OrganisationKind
from portal.access.scope import beyond_scope
from portal.accounts.models import Account, Organisation
from portal.companies.models import Company, Platform, Representative, Senior
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check_slug(slug: str) -> None:
    """Refuse a slug that could not stand in a file or an address."""
    if not SLUG.fullmatch(slug) or len(slug) > 60:
        raise FieldError("slug", _("Use small letters, digits and hyphens only."))


def add_company(
    *,
    slug: str,
    name_ko: str,
    name_en: str,
    country: str,
    time_zone: str,
    has_korean_office: bool,
    by: Actor,
    at: datetime,
) -> Company:
    """Bring a company into the dialogue."""
    check_slug(slug)
    if db.session.scalar(select(Organisation.id).where(Organisation.slug == slug)) is not None:
        raise FieldError("slug", _("This slug is in use. Choose another."))
    organisation = Organisation(
        kind=OrganisationKind.COMPANY, slug=slug, name_ko=name_ko, name_en=name_en
    )
    db.session.add(organisation)
    db.session.flush()
    company = Company(
        id=organisation.id,
        slug=slug,
        name_ko=name_ko,
        name_en=name_en,
        country=country.upper(),
        time_zone=time_zone,
        has_korean_office=has_korean_office,
    )
    db.session.add(company)
    db.session.flush()
    record("companies:add", company, by=by, at=at, slug=slug)
    return company


def edit_company(
    company: Company,
    *,
    name_ko: str,
    name_en: str,
    country: str,
    time_zone: str,
    has_korean_office: bool,
    lapse_days: int | None,
    by: Actor,
    at: datetime,
) -> None:
    """Change what is known of a company. What was printed before keeps the old words."""
    before = {"name": company.name_en, "country": company.country, "zone": company.time_zone}
    company.name_ko, company.name_en = name_ko, name_en
    company.country, company.time_zone = country.upper(), time_zone
    company.has_korean_office, company.lapse_days = has_korean_office, lapse_days
    organisation = db.session.get_one(Organisation, company.id)
    organisation.name_ko, organisation.name_en = name_ko, name_en
    record("companies:edit", company, by=by, at=at, before=before, after={"name": name_en})


HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


def checked_hosts(hosts: str) -> str:
    """Hosts as a person typed them, in their one form; refused at `hosts` by name where one is none."""
    found = []
    for typed in hosts.replace(",", " ").split():
        try:
            host = typed.lower().rstrip(".").encode("idna").decode()
        except UnicodeError:
            host = ""
        if not HOST.fullmatch(host):
            raise FieldError(
                "hosts",
                _(
                    "%(host)s is no host. Write it without https:// and path, as in t.me.",
                    host=typed,
                ),
            )
        if host not in found:
            found.append(host)
    said = " ".join(found)
    if len(said) > 1000:
        raise FieldError("hosts", _("These are too many hosts. A host stands for those under it."))
    return said


def set_hosts(platform: Platform, *, hosts: str, by: Actor, at: datetime) -> None:
    """Say at which hosts the content of a platform stands; none: any host is taken for it."""
    after = checked_hosts(hosts)
    hold(platform)
    if after == platform.hosts:
        return
    record("platforms:set_hosts", platform, by=by, at=at, before=platform.hosts, after=after)
    platform.hosts = after


def add_platform(
    company: Company,
    *,
    slug: str,
    name_ko: str,
    name_en: str,
    hosts: str = "",
    by: Actor,
    at: datetime,
) -> Platform:
    """Record a service that a company runs, and the hosts at which its content stands."""
    check_slug(slug)
    known = checked_hosts(hosts)
    with beyond_scope("a slug is unique over all companies"):
        if db.session.scalar(select(Platform.id).where(Platform.slug == slug)) is not None:
            raise FieldError("slug", _("This slug is in use. Choose another."))
    platform = Platform(
        company_id=company.id, slug=slug, name_ko=name_ko, name_en=name_en, hosts=known
    )
    db.session.add(platform)
    db.session.flush()
    record("platforms:add", platform, by=by, at=at, slug=slug)
    return platform


def add_representative(
    company: Company,
    *,
    name: str,
    title: str,
    email: str,
    can_bind: bool,
    from_on: date,
    until_on: date | None,
    by: Actor,
    at: datetime,
) -> Representative:
    """Record who may speak for a company; capacity to bind counts once the company confirms it."""
    if until_on is not None and until_on < from_on:
        raise FieldError("until_on", _("The last day is before the first. Choose a later one."))
    email = email.strip().lower()
    account = db.session.scalar(
        select(Account).where(Account.email == email, Account.organisation_id == company.id)
    )
    representative = Representative(
        company_id=company.id,
        account_id=account.id if account else None,
        name=name,
        title=title,
        email=email,
        can_bind=can_bind,
        from_on=from_on,
        until_on=until_on,
        is_confirmed=by.organisation_id == company.id,
    )
    db.session.add(representative)
    db.session.flush()
    record("representatives:add", representative, by=by, at=at, can_bind=can_bind, name=name)
    return representative


def confirm_representative(representative: Representative, *, by: Actor, at: datetime) -> None:
    """The company says that this person may speak for it."""
    if representative.is_confirmed:
        raise Refused(_("This representative is already confirmed."))
    representative.is_confirmed = True
    record("representatives:confirm", representative, by=by, at=at)


def end_representative(
    representative: Representative, *, on: date, by: Actor, at: datetime
) -> None:
    """Let someone's standing end with a day; what they bound before stays bound."""
    if representative.until_on is not None and representative.until_on <= on:
        raise Refused(_("This standing has already ended."))
    representative.until_on = on
    record("representatives:end", representative, by=by, at=at, on=on)


def add_senior(
    company: Company, *, level: int, name: str, title: str, email: str, by: Actor, at: datetime
) -> Senior:
    """Name a senior to whom an overdue promise is escalated."""
    senior = Senior(
        company_id=company.id, level=level, name=name, title=title, email=email.strip().lower()
    )
    db.session.add(senior)
    db.session.flush()
    record("seniors:add", senior, by=by, at=at, level=level, name=name)
    return senior
