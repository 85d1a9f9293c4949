"""Questions about accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from portal.access.actor import Role
from portal.access.scope import acting, beyond_scope
from portal.accounts.models import (
    Account,
    Desk,
    Invitation,
    LoginSession,
    Organisation,
    ReminderMode,
)
from portal.core.db import db
from portal.core.i18n import THE_CLOCK, language
from portal.core.i18n import gettext as _
from portal.core.secrets import hashed

BY_SESSION = (
    select(Account, LoginSession)
    .join(LoginSession, LoginSession.account_id == Account.id)
    .options(joinedload(Account.desks))
    .where(
        LoginSession.secret_hash == bindparam("secret_hash"),
        LoginSession.ended_at.is_(None),
        Account.deactivated_at.is_(None),
    )
)
"""Asked at every request, hence put together once."""


def by_email(email: str) -> Account | None:
    """The account with this address, however it is written."""
    return db.session.scalar(select(Account).where(Account.email == email.strip().lower()))


def by_id(account_id: int) -> Account | None:
    """The account with this number, whoever asks: to write to it."""
    with beyond_scope("letters go to people the sender may not know"):
        return db.session.get(Account, account_id)


def by_session(secret: str) -> tuple[Account, LoginSession] | None:
    """Whose log-in session a cookie's secret is, if that session and account still live."""
    found = db.session.execute(BY_SESSION, {"secret_hash": hashed(secret)}).unique().first()
    return None if found is None else (found[0], found[1])


def by_invitation(secret: str) -> Invitation | None:
    """The invitation a link belongs to, used or not."""
    return db.session.scalar(select(Invitation).where(Invitation.secret_hash == hashed(secret)))


def all_accounts() -> Select[Any]:
    """Every account, by organisation and role."""
    return (
        select(Account)
        .join(Organisation, Organisation.id == Account.organisation_id)
        .order_by(Organisation.kind, Organisation.name_en, Account.role, Account.id)
    )


def organisations() -> Sequence[Organisation]:
    """Every organisation, the institution first."""
    return db.session.scalars(
        select(Organisation).order_by(Organisation.kind != "institution", Organisation.name_en)
    ).all()


def reminder_modes() -> dict[int, ReminderMode]:
    """How each organisation chose to be reminded."""
    with beyond_scope("the clock writes to every organisation"):
        rows = db.session.execute(select(Organisation.id, Organisation.reminders))
        return {row.id: row.reminders for row in rows}


def reminder_mode(organisation_id: int) -> ReminderMode:
    """How one organisation chose to be reminded."""
    return reminder_modes()[organisation_id]


def with_role(*roles: Role) -> list[Account]:
    """Everyone active in these roles, to be told of something."""
    with beyond_scope("letters go to people the sender may not know"):
        return list(
            db.session.scalars(
                select(Account)
                .where(Account.role.in_(roles), Account.deactivated_at.is_(None))
                .order_by(Account.id)
            )
        )


def active(account_ids: list[int]) -> list[Account]:
    """Those of these accounts that can still log in."""
    with beyond_scope("letters go to people the sender may not know"):
        return list(
            db.session.scalars(
                select(Account)
                .where(Account.id.in_(account_ids), Account.deactivated_at.is_(None))
                .order_by(Account.id)
            )
        )


def of_company(company_id: int) -> list[Account]:
    """Everyone active who logs in for a company."""
    with beyond_scope("letters go to the other side"):
        return list(
            db.session.scalars(
                select(Account)
                .where(Account.organisation_id == company_id, Account.deactivated_at.is_(None))
                .order_by(Account.id)
            )
        )


def officers_for(company_id: int) -> list[Account]:
    """The officers whose desk the company is; where nobody's, the officers without desks."""
    with beyond_scope("letters go to the other side"):
        on_desk = select(Desk.account_id).where(Desk.company_id == company_id)
        statement = select(Account).where(
            Account.role == Role.OFFICER, Account.deactivated_at.is_(None)
        )
        mine = db.session.scalars(statement.where(Account.id.in_(on_desk))).all()
        if mine:
            return list(mine)
        nobodys = statement.where(~Account.id.in_(select(Desk.account_id)))
        return list(db.session.scalars(nobodys.order_by(Account.id)))


KOREAN_NAMES = (
    select(Account.name_en.label("recorded"), func.min(Account.name_ko).label("korean"))
    .group_by(Account.name_en)
    .having(func.min(Account.name_ko) == func.max(Account.name_ko))
)
"""By the name that is recorded the Korean one, where everybody so recorded agrees on it."""


def doer(name: str | None) -> str:
    """The name of who did something, as it was recorded, in the reader's language.

    An act keeps its doer's English name as text. A Korean reader is shown the Korean name of the
    account that bears it, if the reader may know of that account; any other name stays as it is.
    """
    if not name:
        return "–"
    if name == THE_CLOCK:
        return _("the clock")
    return _korean_names().get(name) or name if language() == "ko" else name


def _korean_names() -> dict[str, str]:
    """The Korean names by those recorded, as the reader may know them; asked once in a transaction."""
    session = db.session()
    asked_in, known = session.info.get("korean_names", (None, {}))
    if asked_in is None or asked_in is not session.get_transaction():
        known = {}
    if acting() not in known:
        known[acting()] = {row.recorded: row.korean for row in session.execute(KOREAN_NAMES)}
        session.info["korean_names"] = session.get_transaction(), known
    return known[acting()]


def number_of_accounts() -> int:
    """How many accounts there are; none means the portal is new."""
    return db.session.scalar(select(func.count(Account.id))) or 0
