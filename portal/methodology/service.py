"""The methodology as data: drafted by one person, approved by another, and never changed after."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select

from portal.access.actor import Actor
from portal.core.audit import record
from portal.core.calendar import month_of, month_start, next_month
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.i18n import month_name
from portal.methodology import drafting
from portal.methodology.method import VERSION_1_0, Method
from portal.methodology.models import Methodology, MethodologyStatus


def ensure_version(method: Method = VERSION_1_0, *, by: Actor, at: datetime) -> Methodology:
    """Store a version of the method; a stored one never changes, a change is a new version."""
    content = json.loads(method.to_json())
    held = db.session.scalar(select(Methodology).where(Methodology.version == method.version))
    if held is not None:
        if held.content != content:
            raise Refused(
                _("Version %(version)s is stored with other figures.", version=method.version)
            )
        return held
    made = Methodology(
        version=method.version, valid_from=method.valid_from, content=content,
        status=MethodologyStatus.APPROVED, approved_at=at,
    )  # fmt: skip
    db.session.add(made)
    record("methodology:ensure_version", made, by=by, at=at, version=method.version)
    return made


def first_month(at: datetime) -> str:
    """The first month that a new version may begin with: the one after the month that runs."""
    return next_month(month_of(at))


def draft(method: Method, why: str, *, by: Actor, at: datetime) -> Methodology:
    """Write down a version that is not in force. Refused for a month that has begun."""
    _refuse_taken(method, at=at)
    made = Methodology(
        version=method.version, valid_from=method.valid_from, content=_content(method),
        status=MethodologyStatus.DRAFT, why=_reason(why), authors=[] if by.account_id is None else [by.account_id],
        drafted_at=at, drafted_by=by.name, revision=1,
    )  # fmt: skip
    db.session.add(made)
    record("methodology:draft", made, by=by, at=at, version=made.version, why=made.why,
           content=made.content)  # fmt: skip
    return made


def edit(
    version: Methodology, method: Method, why: str, *, seen: int, by: Actor, at: datetime
) -> None:
    """Change a draft; whoever changes it will not approve it."""
    _hold(version, seen)
    if version.status is not MethodologyStatus.DRAFT:
        raise Refused(
            _("Only a draft is edited. Send the proposal back, or draft a new version beside it.")
        )
    _refuse_taken(method, at=at, except_for=version)
    before = version.content
    version.version, version.valid_from = method.version, method.valid_from
    version.content, version.why = _content(method), _reason(why)
    version.revision += 1
    _sign(version, by)
    record("methodology:edit", version, by=by, at=at, version=version.version, why=version.why,
           before=before, after=version.content)  # fmt: skip


def propose(version: Methodology, *, seen: int, by: Actor, at: datetime) -> None:
    """Lay a draft before a second person."""
    _hold(version, seen)
    version.move(MethodologyStatus.PROPOSED)
    _refuse_taken(version.method, at=at, except_for=version)
    version.proposed_at, version.remark = at, ""
    _sign(version, by)
    record("methodology:propose", version, by=by, at=at, version=version.version)


def send_back(version: Methodology, remark: str, *, by: Actor, at: datetime) -> None:
    """Make a proposal a draft again, and say why: it was taken back, or something must change."""
    hold(version)
    if version.status is not MethodologyStatus.PROPOSED:
        raise Refused(_("Only a proposed version is sent back."))
    remark = remark.strip()
    if not remark:
        raise FieldError("remark", _("Say what should change."))
    version.move(MethodologyStatus.DRAFT)
    version.remark, version.proposed_at = remark, None
    record("methodology:send_back", version, by=by, at=at, version=version.version, remark=remark)


def approve(version: Methodology, *, seen: int, by: Actor, at: datetime) -> None:
    """Put a version in force from its month on; a second person's act, and the last one."""
    _hold(version, seen)
    if version.status is not MethodologyStatus.PROPOSED:
        raise Refused(_("Only a proposed version is approved. Propose the draft first."))
    if by.account_id is None or by.account_id in version.authors:
        raise Refused(
            _(
                "You drafted, changed or proposed this version. Somebody else with this right"
                " approves it."
            )
        )
    _refuse_taken(version.method, at=at, except_for=version)
    version.move(MethodologyStatus.APPROVED)
    version.approved_at, version.approved_by = at, by.name
    record("methodology:approve", version, by=by, at=at, version=version.version,
           valid_from=version.valid_from, content=version.content)  # fmt: skip


def discard(version: Methodology, *, by: Actor, at: datetime) -> None:
    """Drop a draft. What it said stays in the audit log."""
    hold(version)
    if version.status is not MethodologyStatus.DRAFT:
        raise Refused(_("Only a draft is discarded. Send the proposal back first."))
    record("methodology:discard", version, by=by, at=at, version=version.version, why=version.why,
           content=version.content)  # fmt: skip
    db.session.delete(version)


def _hold(version: Methodology, seen: int) -> None:
    hold(version)
    if version.revision != seen:
        raise Refused(
            _("Somebody changed this version since you opened it. Load the page again and look.")
        )


def _sign(version: Methodology, by: Actor) -> None:
    if by.account_id is not None and by.account_id not in version.authors:
        version.authors = [*version.authors, by.account_id]


def _content(method: Method) -> dict[str, object]:
    content: dict[str, object] = json.loads(replace(method, valid_to=None).to_json())
    return content


def _reason(why: str) -> str:
    why = why.replace("\r\n", "\n").strip()
    if not why:
        raise FieldError("why", _("Say what the version changes, and why."))
    return why


def _refuse_taken(method: Method, *, at: datetime, except_for: Methodology | None = None) -> None:
    """A version begins with a month that is still to come, and shares neither name nor month."""
    if method.valid_from.day != 1 or method.valid_from < _day(first_month(at)):
        raise FieldError(
            "month",
            _(
                "Choose %(month)s or later: a month that has begun keeps its method.",
                month=month_name(first_month(at)),
            ),
        )
    for other in db.session.scalars(
        select(Methodology).where(
            (Methodology.version == method.version) | (Methodology.valid_from == method.valid_from)
        )
    ):
        if except_for is not None and other.id == except_for.id:
            continue
        if other.version == method.version:
            raise FieldError(
                "version",
                _(
                    "Version %(version)s exists. Choose %(free)s.",
                    version=method.version,
                    free=drafting.next_version([method.version]),
                ),
            )
        raise FieldError(
            "month",
            _(
                "Version %(version)s begins with that month. Choose another month, or discard that"
                " draft if it is one.",
                version=other.version,
            ),
        )


def _day(month: str) -> date:
    return local_date(month_start(month))
