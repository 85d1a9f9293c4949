"""What the hotline does: take in, and tell the caller how far it is."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from portal.access.actor import Actor
from portal.companies.models import Platform
from portal.core.audit import record
from portal.core.db import db
from portal.core.errors import FieldError
from portal.core.i18n import gettext as _
from portal.core.secrets import digest, seal
from portal.hotline import codes, queries
from portal.hotline.models import Channel, Intake

LONGEST_REFERENCE = 2000
EARLIEST = timedelta(days=7)


def record_intake(
    platform: Platform,
    *,
    channel: Channel,
    reference: str,
    is_minor_involved: bool,
    received_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> tuple[Intake, str]:
    """Note a call. Give the intake and the caller's secret, which is not stored and told once."""
    reference = reference.strip()
    if not reference:
        raise FieldError("reference", _("Give the address or message link of the content."))
    if len(reference) > LONGEST_REFERENCE or any(sign.isspace() for sign in reference):
        raise FieldError("reference", _("One address without spaces, at most 2000 characters."))
    when = received_at or at
    if when > at:
        raise FieldError("received_at", _("This lies in the future. Check the time."))
    if when < at - EARLIEST:
        raise FieldError("received_at", _("A call is noted within seven days. Check the time."))
    code, secret = codes.new_code(), codes.new_secret()
    while queries.by_code(code) is not None:
        code = codes.new_code()
    made = Intake(
        case_code=code,
        secret_hash=_hashed(code, secret),
        channel=channel,
        platform_id=platform.id,
        reference_encrypted=seal(reference),
        is_minor_involved=is_minor_involved,
        received_at=when,
        recorded_by_id=by.account_id,
    )
    db.session.add(made)
    db.session.flush()
    record("intake:record", made, by=by, at=at, case_code=code, channel=channel.value)
    return made, secret


def _hashed(code: str, secret: str) -> str:
    """Keyed, because eight digits alone could be tried out by whoever holds the database."""
    return digest(f"{code}:{codes.bare(secret)}")


def opened_by(case_code: str, secret: str) -> Intake | None:
    """The intake that code and secret open together. A wrong code and a wrong secret look alike."""
    code = codes.cleaned(case_code)
    intake = queries.by_code(code) if code else None
    held = intake.secret_hash if intake else "0" * 64
    is_right = hmac.compare_digest(held, _hashed(code or "", secret))
    return intake if is_right else None
