"""Questions about companies and who speaks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Row, func, null, or_, select, union
from sqlalchemy.orm import joinedload, selectinload

from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.companies.models import (
    Company,
    FormerName,
    FormerOwner,
    NameChange,
    Named,
    Platform,
    PlatformChange,
    Representative,
    Senior,
)
from portal.core.calendar import month_end
from portal.core.db import db

# Every list offers a choice of them: the two questions are put together once.
NAMES = select(Company.id, Company.slug, Company.name_ko, Company.name_en).order_by(Company.name_en)
PLATFORMS = (
    select(Platform)
    .join(Company, Company.id == Platform.company_id)
    .options(joinedload(Platform.company, innerjoin=True))
    .order_by(Company.name_en, Platform.name_en)
)
_RUN_BY = union(
    select(Platform.__table__.c.id.label("platform_id"), Platform.__table__.c.company_id),
    select(FormerOwner.__table__.c.platform_id, FormerOwner.__table__.c.company_id),
).subquery("run_by")
PLATFORM_NAMES = (
    select(
        Platform.id, Platform.slug, _RUN_BY.c.company_id, Platform.name_ko, Platform.name_en,
        Company.slug.label("company"), Company.name_ko.label("company_ko"),
        Company.name_en.label("company_en"),
    )
    .join(_RUN_BY, _RUN_BY.c.platform_id == Platform.id)
    .join(Company, Company.id == _RUN_BY.c.company_id)
    .order_by(Company.name_en, Platform.name_en)
)  # fmt: skip


def all_companies(*, lasting: date | None = None) -> Sequence[Company]:
    """Every company the person may know of, with its platforms, by name; none made up for trials.

    With `lasting`, those alone that had not ended before this day.
    """
    statement = (
        select(Company)
        .where(Company.is_sandbox.is_(False))
        .options(selectinload(Company.platforms))
        .order_by(Company.name_en)
    )
    if lasting is not None:
        statement = statement.where(lasted_to(lasting))
    return db.session.scalars(statement).all()


def looks() -> Sequence[int]:
    """The looks that are taken in the charts, whoever asks."""
    with beyond_scope("a look is one company's alone"):
        return db.session.scalars(select(Company.look).where(Company.is_sandbox.is_(False))).all()


def lasted_to(day: date) -> ColumnElement[bool]:
    """Whether a company had not ended before a day."""
    return or_(Company.ended_on.is_(None), Company.ended_on >= day)


def names() -> Sequence[Row[int, str, str, str]]:
    """Number, slug and names of every company the person may know of, for lists to choose from."""
    return db.session.execute(NAMES).all()


def by_slug(slug: str) -> Company | None:
    """The company with this slug."""
    return db.session.scalar(select(Company).where(Company.slug == slug))


def platforms() -> Sequence[Platform]:
    """Every platform the person may know of with its company, by name; one query."""
    return db.session.scalars(PLATFORMS).all()


def real_platforms() -> list[Platform]:
    """The platforms that people may report to: none made up for trials."""
    return [platform for platform in platforms() if not platform.company.is_sandbox]


def platform_names() -> Sequence[Row[int, str, int, str, str, str, str, str]]:
    """Platforms by columns alone, for lists and filters; one query.

    A platform that was moved has a row for each company that runs or ran it: what was issued to the
    one before is still found under it, and its people see their own row alone.
    """
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


# What a company was called, and who ran a platform, on a day


def names_on(day: date) -> dict[int, Named]:
    """By company the name it had on a day; two queries, however many there are."""
    named = {row.id: Named(row.name_ko, row.name_en) for row in names()}
    former = db.session.execute(
        select(FormerName.company_id, FormerName.name_ko, FormerName.name_en)
        .where(FormerName.until_on >= day)
        .order_by(FormerName.until_on.desc())
    )
    return named | {row.company_id: Named(row.name_ko, row.name_en) for row in former}


def renamed_in(month: str) -> dict[int, NameChange]:
    """By company the name that it gave up in a month, the last of them."""
    first = date.fromisoformat(f"{month}-01") - timedelta(days=1)
    rows = db.session.execute(
        select(FormerName.company_id, FormerName.name_ko, FormerName.name_en, FormerName.until_on)
        .where(FormerName.until_on >= first, FormerName.until_on < month_end(month))
        .order_by(FormerName.until_on)
    )
    return {
        row.company_id: NameChange(Named(row.name_ko, row.name_en), row.until_on) for row in rows
    }


def renaming_of(company: Company, month: str) -> NameChange | None:
    """The name that a company gave up in a month, the last of them."""
    first = date.fromisoformat(f"{month}-01") - timedelta(days=1)
    given_up = [one for one in company.former_names if first <= one.until_on < month_end(month)]
    if not given_up:
        return None
    return NameChange(Named(given_up[-1].name_ko, given_up[-1].name_en), given_up[-1].until_on)


def name_on(company: Company, day: date) -> Named:
    """The name that a company had on a day: that of before it was renamed, else the present one."""
    former = next((one for one in company.former_names if one.until_on >= day), company)
    return Named(former.name_ko, former.name_en)


def former_names(company_id: int) -> Sequence[FormerName]:
    """The names that a company had, the latest first."""
    return db.session.scalars(
        select(FormerName)
        .where(FormerName.company_id == company_id)
        .order_by(FormerName.until_on.desc())
    ).all()


def owner_on(day: date) -> ColumnElement[int]:
    """The number of the company that ran a platform on a day, for a query of platforms."""
    former, platform = FormerOwner.__table__.c, Platform.__table__.c
    before = (
        select(former.company_id)
        .where(former.platform_id == platform.id, former.until_on >= day)
        .order_by(former.until_on)
        .limit(1)
        .correlate(Platform.__table__)
        .scalar_subquery()
    )
    return func.coalesce(before, platform.company_id)


@dataclass(frozen=True, slots=True)
class Run:
    """A time in which a company ran a platform; days included, empty: from the start, until now."""

    slug: str
    platform: Named
    company_id: int
    company: Named
    since_on: date | None
    until_on: date | None


def runs(*, company_id: int | None = None) -> list[Run]:
    """Who ran the platforms that were ever moved, in the order of time.

    With `company_id`, of those alone that this company runs or ran. A company is shown its own times
    alone: the wall narrows the companies that are joined.
    """
    words = (Platform.slug, Platform.name_ko, Platform.name_en, Company.name_ko, Company.name_en)
    before = (
        select(FormerOwner.company_id, FormerOwner.since_on, FormerOwner.until_on, *words)
        .join(Platform, Platform.id == FormerOwner.platform_id)
        .join(Company, Company.id == FormerOwner.company_id)
        .where(_of(company_id))
        .order_by(Platform.name_en, FormerOwner.until_on)
    )
    present = (
        select(Platform.company_id, Platform.since_on, null(), *words)
        .join(Company, Company.id == Platform.company_id)
        .where(Platform.since_on.is_not(None), _of(company_id))
        .order_by(Platform.name_en)
    )
    return sorted(
        (
            *(_run(*row) for row in db.session.execute(before)),
            *(_run(*row) for row in db.session.execute(present)),
        ),
        key=lambda run: (run.platform.name_en, run.until_on or date.max),
    )


def _of(company_id: int | None) -> ColumnElement[bool]:
    if company_id is None:
        return Platform.id.is_not(None)
    return Platform.id.in_(select(_RUN_BY.c.platform_id).where(_RUN_BY.c.company_id == company_id))


def _run(company_id: int, since: date | None, until: date | None, *said: str) -> Run:
    slug, ko, en, *company = said
    return Run(slug, Named(ko, en), company_id, Named(*company), since, until)


def changes_in(month: str) -> dict[int, list[PlatformChange]]:
    """By company the platforms that came to it or left it in a month, in the order of time."""
    changes: dict[int, list[PlatformChange]] = {}
    for run in runs():
        gone_on = run.until_on and run.until_on + timedelta(days=1)
        for from_on, has_come in ((run.since_on, True), (gone_on, False)):
            if from_on is not None and f"{from_on:%Y-%m}" == month:
                change = PlatformChange(run.platform, from_on, has_come)
                changes.setdefault(run.company_id, []).append(change)
    return {
        company_id: sorted(of, key=lambda one: (one.from_on, one.platform.name_en))
        for company_id, of in changes.items()
    }


def predecessors(company_id: int) -> Sequence[Company]:
    """The companies that merged into this one, as far as the person may know of them."""
    return db.session.scalars(
        select(Company).where(Company.successor_id == company_id).order_by(Company.ended_on)
    ).all()


def successor(company: Company) -> Company | None:
    """The company that this one merged into, as far as the person may know of it."""
    if company.successor_id is None:
        return None
    return db.session.scalar(select(Company).where(Company.id == company.successor_id))


def over_and_open(*, today: date) -> Sequence[Company]:
    """Companies whose last day is over and that still run a platform, have access or standing."""
    return db.session.scalars(
        select(Company)
        .where(
            Company.ended_on < today,
            or_(
                select(Platform.id).where(Platform.company_id == Company.id).exists(),
                select(Account.id)
                .where(Account.organisation_id == Company.id, Account.deactivated_at.is_(None))
                .exists(),
                select(Representative.id)
                .where(
                    Representative.company_id == Company.id,
                    or_(
                        Representative.until_on.is_(None),
                        Representative.until_on > Company.ended_on,
                    ),
                )
                .exists(),
            ),
        )
        .order_by(Company.id)
    ).all()


def runs_by_slug() -> dict[str, list[tuple[int, date, date]]]:
    """By slug of a platform that was moved each company that runs or ran it, first and last day."""
    times: dict[str, list[tuple[int, date, date]]] = {}
    for run in runs():
        times.setdefault(run.slug, []).append(
            (run.company_id, run.since_on or date.min, run.until_on or date.max)
        )
    return times
