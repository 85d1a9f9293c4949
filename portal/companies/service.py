"""Companies, platforms, who may speak, whom to escalate to."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from sqlalchemy import select

from portal.access.actor import Actor, OrganisationKind
from portal.access.scope import beyond_scope
from portal.accounts import queries as accounts
from portal.accounts import service as accounts_service
from portal.accounts.models import Account, Organisation
from portal.companies import letters, queries
from portal.companies.models import (
    Company,
    FormerName,
    FormerOwner,
    Platform,
    Representative,
    Senior,
)
from portal.core import charts
from portal.core.audit import record
from portal.core.calendar import check_year
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import both, day
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
        look=charts.free_place(slug, queries.looks()),
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
    """Correct what is known of a company. What was printed before keeps the old words.

    A name that was right until a day and is another from then on is no correction: see `rename`.
    """
    before = {"name": company.name_en, "country": company.country, "zone": company.time_zone}
    company.name_ko, company.name_en = name_ko, name_en
    company.country, company.time_zone = country.upper(), time_zone
    company.has_korean_office, company.lapse_days = has_korean_office, lapse_days
    organisation = db.session.get_one(Organisation, company.id)
    organisation.name_ko, organisation.name_en = name_ko, name_en
    record("companies:edit", company, by=by, at=at, before=before, after={"name": name_en})


def rename(
    company: Company, *, name_ko: str, name_en: str, from_on: date, by: Actor, at: datetime
) -> None:
    """Give a company a new name from a day on (in Seoul); what is about a day before keeps the old.

    Refused at `from_on`: a day to come, one that is not after the last renaming, one after its end.
    """
    hold(company)
    if (name_ko, name_en) == (company.name_ko, company.name_en):
        raise FieldError("name_en", _("The company has this name already."))
    _check_begun(from_on, at=at)
    company.check_lasts(from_on, field="from_on")
    until_on = from_on - timedelta(days=1)
    former = queries.former_names(company.id)
    if former and until_on <= former[0].until_on:
        raise FieldError(
            "from_on", _("The new name must begin after the present one began. Choose a later day.")
        )
    before = FormerName(
        company_id=company.id, name_ko=company.name_ko, name_en=company.name_en, until_on=until_on
    )
    db.session.add(before)
    company.name_ko, company.name_en = name_ko, name_en
    organisation = db.session.get_one(Organisation, company.id)
    organisation.name_ko, organisation.name_en = name_ko, name_en
    db.session.flush()
    record("companies:rename", company, by=by, at=at, before=before.name_en, after=name_en,
           from_on=from_on)  # fmt: skip
    letters.renamed(company, before, from_on, at=at)


def _check_begun(from_on: date, *, at: datetime) -> None:
    check_year(from_on, field="from_on")
    if from_on > local_date(at):
        raise FieldError(
            "from_on", _("This day is still to come. Enter the change on the day it takes effect.")
        )


def move_platform(
    platform: Platform, to: Company, *, from_on: date, by: Actor, at: datetime
) -> None:
    """Record that another company runs a platform from a day on (in Seoul).

    What was issued stays with the company it was issued to. Refused at `from_on`: a day to come, or
    one that is not after the last move; at `company_id`: the company that runs it, a company that
    had ended by then, the one made up for trials.
    """
    hold(platform)
    _check_begun(from_on, at=at)
    if to.id == platform.company_id:
        raise FieldError("company_id", _("This company runs the platform already."))
    with beyond_scope("who moves a platform knows both sides of the move"):
        source = db.session.get_one(Company, platform.company_id)
    if to.is_sandbox or source.is_sandbox:
        raise FieldError("company_id", _("The sandbox company is made up: it trades no platform."))
    to.check_lasts(from_on, field="company_id")
    if platform.since_on is not None and from_on <= platform.since_on:
        raise FieldError(
            "from_on",
            _(
                "The platform came to %(company)s on %(day)s. Choose a later day.",
                company=both(source, "name"),
                day=day(platform.since_on),
            ),
        )
    _hand_over(platform, source, to, from_on=from_on, by=by, at=at)


def _hand_over(
    platform: Platform, source: Company, to: Company, *, from_on: date, by: Actor, at: datetime
) -> None:
    db.session.add(
        FormerOwner(
            platform_id=platform.id, company_id=source.id, since_on=platform.since_on,
            until_on=from_on - timedelta(days=1),
        )
    )  # fmt: skip
    platform.company_id, platform.since_on = to.id, from_on
    db.session.flush()
    db.session.expire(platform, ["company"])
    db.session.expire(source, ["platforms"])
    db.session.expire(to, ["platforms"])
    record("companies:move_platform", platform, by=by, at=at, before=source.slug, after=to.slug,
           from_on=from_on)  # fmt: skip
    letters.moved(platform, source, to, from_on, at=at)


def merge(company: Company, into: Company, *, last_on: date, by: Actor, at: datetime) -> None:
    """Record that a company merged into another: its last day (in Seoul), and the one that follows.

    Its past stays its own. Once the day is over its platforms go to the successor and its people's
    access and standing end (`complete`, at once or by the clock). Refused at `company_id`: itself,
    a company that ends no later, the one made up for trials; at `last_on`: a day before a platform
    came to it.
    """
    hold(company)
    if company.ended_on is not None:
        raise Refused(_("This company has merged into another already."))
    if into.id == company.id:
        raise FieldError("company_id", _("A company merges into another one. Choose that one."))
    if company.is_sandbox or into.is_sandbox:
        raise FieldError("company_id", _("The sandbox company is made up: it does not merge."))
    into.check_lasts(last_on + timedelta(days=1), field="company_id")
    with beyond_scope("a company that merges into this one may be on nobody's desk"):
        last = max(
            (one.ended_on for one in queries.predecessors(company.id) if one.ended_on), default=None
        )
    if last is not None and last_on <= last:
        raise FieldError(
            "last_on",
            _(
                "Another company merges into this one after %(day)s. Choose a later day.",
                day=day(last),
            ),
        )
    came = [p.since_on for p in company.platforms if p.since_on is not None]
    if came and last_on < max(came):
        raise FieldError(
            "last_on",
            _("A platform came to the company on %(day)s. Choose no earlier day.", day=day(max(came))),
        )  # fmt: skip
    company.ended_on, company.successor_id = last_on, into.id
    db.session.flush()
    record("companies:merge", company, by=by, at=at, into=into.slug, last_on=last_on)
    letters.merged(company, into, at=at)
    if last_on < local_date(at):
        complete(company, by=by, at=at)


def complete(company: Company, *, by: Actor, at: datetime) -> None:
    """Do what follows once a company's last day is over; nothing is left to do the second time."""
    hold(company)
    if company.ended_on is None or company.ended_on >= local_date(at):
        raise Refused(_("The last day of this company is not over."))
    with beyond_scope("the successor may be on nobody's desk"):
        into = db.session.get_one(Company, company.successor_id)
    for platform in list(company.platforms):
        from_on = company.ended_on + timedelta(days=1)
        _hand_over(platform, company, into, from_on=from_on, by=by, at=at)
    for standing in queries.representatives(company.id):
        if standing.until_on is None or standing.until_on > company.ended_on:
            end_representative(standing, on=company.ended_on, by=by, at=at)
    for person in accounts.of_company(company.id):
        accounts_service.deactivate(person, by=by, at=at)


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
    company.check_lasts(local_date(at), field="slug")
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
    company.check_lasts(from_on, field="from_on")
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
