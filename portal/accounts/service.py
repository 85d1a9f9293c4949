"""Invite, accept an invitation, log in and out, deactivate."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from portal.access import throttle
from portal.access.actor import ROLES_OF, Actor, Role
from portal.accounts import letters, passwords, queries
from portal.accounts.models import (
    Account,
    Desk,
    Invitation,
    LoginSession,
    Organisation,
    ReminderMode,
)
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.secrets import new_secret

INVITATION_LASTS = timedelta(days=7)


def invite(
    organisation: Organisation,
    *,
    role: Role,
    email: str,
    name_ko: str,
    name_en: str,
    language: str,
    time_zone: str,
    by: Actor,
    at: datetime,
    desks: tuple[int, ...] = (),
) -> Account:
    """Create an account without a password and mail its link."""
    if queries.by_email(email) is not None:
        raise FieldError("email", _("This address already has an account. Use another one."))
    if role not in ROLES_OF[organisation.kind]:
        raise FieldError("role", _("This organisation has no such role. Choose another."))
    account = Account(
        organisation_id=organisation.id,
        role=role,
        email=email.strip().lower(),
        name_ko=name_ko,
        name_en=name_en,
        language=language,
        time_zone=time_zone,
        created_at=at,
        proposed_by_id=by.account_id,
    )
    account.organisation = organisation
    db.session.add(account)
    db.session.flush()
    db.session.add_all(Desk(account_id=account.id, company_id=company_id) for company_id in desks)
    record("accounts:invite", account, by=by, at=at, role=role, organisation=organisation.slug)
    send_invitation(account, at=at)
    return account


def propose(
    organisation: Organisation,
    *,
    email: str,
    name_ko: str,
    name_en: str,
    language: str,
    time_zone: str,
    by: Actor,
    at: datetime,
) -> None:
    """A company administrator brings in a colleague.

    Whether another organisation has the address is not the company's to learn: it gets the same
    answer, nothing is made, and the administrators are told. So that asking twice tells no more,
    a colleague who has not come yet is sent a fresh link.
    """
    known = queries.by_email(email)
    if known is None:
        invite(
            organisation, role=Role.REPRESENTATIVE, email=email, name_ko=name_ko, name_en=name_en,
            language=language, time_zone=time_zone, by=by, at=at,
        )  # fmt: skip
    elif known.organisation_id != organisation.id:
        record("accounts:propose", organisation, by=by, at=at, account=known.id)
        letters.proposed_twice(organisation, known, at=at)
    elif known.password_hash is None and known.deactivated_at is None:
        record("accounts:propose", known, by=by, at=at, organisation=organisation.slug)
        send_invitation(known, at=at)
    else:
        raise FieldError("email", _("This address already has an account. Use another one."))


def send_invitation(account: Account, *, at: datetime) -> str:
    """Mail a fresh link; the ones before stop working. Returns the link's secret."""
    db.session.execute(
        update(Invitation)
        .where(Invitation.account_id == account.id, Invitation.used_at.is_(None))
        .values(expires_at=at)
    )
    secret, secret_hash = new_secret()
    expires_at = at + INVITATION_LASTS
    db.session.add(
        Invitation(
            account_id=account.id, secret_hash=secret_hash, created_at=at, expires_at=expires_at
        )
    )
    letters.invited(account, secret=secret, expires_at=expires_at, at=at)
    return secret


def check_invitation(invitation: Invitation | None, *, at: datetime) -> Invitation:
    """The invitation if its link still works; refused with the remedy otherwise."""
    if invitation is None:
        raise Refused(_("This link is not known. Ask whoever invited you for a new one."))
    if invitation.used_at is not None:
        raise Refused(_("This link was used already. Log in, or ask for a new one."))
    if invitation.expires_at <= at:
        raise Refused(_("This link has expired. Ask whoever invited you for a new one."))
    if invitation.account.deactivated_at is not None:
        raise Refused(_("This link is not known. Ask whoever invited you for a new one."))
    return invitation


def accept_invitation(invitation: Invitation, *, password: str, at: datetime) -> Account:
    """Set the password of the invited person, once; sessions from before end."""
    check_invitation(invitation, at=at)
    check_password(password)
    invitation.used_at = at
    account = invitation.account
    account.password_hash = passwords.hash_password(password)
    end_sessions(account, at=at)
    record("accounts:accept_invitation", account, by=account.as_actor(), at=at)
    return account


def check_password(password: str) -> None:
    """Refuse a password that is too short to be safe on the open internet."""
    if len(password) < passwords.SHORTEST:
        raise FieldError("password", _("Use at least 12 characters; a short sentence is good."))


TRIES = throttle.Limits(
    of_network=throttle.Limit(30, 900),
    from_one=throttle.Limit(10, 900),
    from_all=throttle.Limit(100, 900),
)


def check_credentials(email: str, password: str, *, where: str, at: datetime) -> Account:
    """Whose address and password these are; refused, without saying which of the two is wrong.

    One network has thirty tries in a quarter of an hour, ten of them at one account; all networks
    together have a hundred at one account. Then even the right password waits. Call it outside a
    transaction: a refused try must still count, and hashing takes time that nobody should wait for
    the database's lock.
    """
    if not throttle.may_try("login", email.strip().lower(), where=where, limits=TRIES, at=at):
        raise Refused(_("Too many tries. Wait a quarter of an hour and try again."))
    account = queries.by_email(email)
    right = passwords.is_right(password, account.password_hash if account else None)
    if account is None or not right or not account.is_active:
        raise Refused(_("The address or the password is not right. Check both."))
    return account


def log_in(account: Account, *, machine: str, at: datetime) -> str:
    """Open a log-in session for someone whose password was right; returns the cookie's secret."""
    secret = open_session(account, machine=machine, at=at)
    account.last_login_at = at
    record("accounts:log_in", account, by=account.as_actor(), at=at)
    return secret


def log_out(session: LoginSession, *, by: Actor, at: datetime) -> None:
    """End one log-in session."""
    session.ended_at = at
    account = db.session.get_one(Account, session.account_id)
    record("accounts:log_out", account, by=by, at=at)


def end_sessions(account: Account, *, at: datetime) -> None:
    """End every log-in session of an account, on every machine."""
    db.session.execute(
        update(LoginSession)
        .where(LoginSession.account_id == account.id, LoginSession.ended_at.is_(None))
        .values(ended_at=at)
    )


def log_out_everywhere(account: Account, *, by: Actor, at: datetime) -> None:
    """End every session of one's own."""
    end_sessions(account, at=at)
    record("accounts:log_out_everywhere", account, by=by, at=at)


def deactivate(account: Account, *, by: Actor, at: datetime) -> None:
    """End a person's access at once. What they did stays; what was theirs stays with the house."""
    if account.id == by.account_id:
        raise Refused(_("You cannot end your own access. Ask another administrator."))
    if account.deactivated_at is not None:
        raise Refused(_("This account is already deactivated."))
    account.deactivated_at = at
    end_sessions(account, at=at)
    record("accounts:deactivate", account, by=by, at=at)


def reactivate(account: Account, *, by: Actor, at: datetime) -> None:
    """Give access back; the person sets a new password by a fresh link."""
    if account.deactivated_at is None:
        raise Refused(_("This account is active."))
    account.deactivated_at, account.password_hash = None, None
    record("accounts:reactivate", account, by=by, at=at)
    send_invitation(account, at=at)


def choose_reminders(organisation_id: int, mode: ReminderMode, *, by: Actor, at: datetime) -> None:
    """Choose for the people of an organisation: one letter a week, or one for each item and step."""
    organisation = db.session.get_one(Organisation, organisation_id)
    hold(organisation)
    if organisation.reminders is mode:
        return
    before, organisation.reminders = organisation.reminders, mode
    record("organisations:choose_reminders", organisation, by=by, at=at,
           before=before.value, after=mode.value)  # fmt: skip


def set_language(account: Account, language: str) -> None:
    """Remember the language a person reads in."""
    account.language = language


def set_own(account: Account, *, language: str, time_zone: str, by: Actor, at: datetime) -> None:
    """Change one's own language and time zone."""
    account.language, account.time_zone = language, time_zone
    record("accounts:set_own", account, by=by, at=at, language=language, time_zone=time_zone)


def change_password(account: Account, *, old: str, new: str, by: Actor, at: datetime) -> None:
    """Change one's own password; every other session ends."""
    if not passwords.is_right(old, account.password_hash):
        raise FieldError("old_password", _("This is not your present password."))
    check_password(new)
    account.password_hash = passwords.hash_password(new)
    end_sessions(account, at=at)
    record("accounts:change_password", account, by=by, at=at)


def open_session(account: Account, *, machine: str, at: datetime) -> str:
    """Open a log-in session without asking again, after a step that proved who it is."""
    secret, secret_hash = new_secret()
    db.session.add(
        LoginSession(
            account_id=account.id, secret_hash=secret_hash, created_at=at, machine=machine[:200]
        )
    )
    return secret


def has_any() -> bool:
    """Whether there is any account."""
    return db.session.scalar(select(Account.id).limit(1)) is not None
