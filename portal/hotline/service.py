"""What the hotline does: take in, and tell the caller how far it is."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from secrets import token_urlsafe
from typing import Any, NoReturn

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from portal.access import throttle
from portal.access.actor import Actor
from portal.companies import queries as companies
from portal.companies.models import Platform
from portal.core import keys
from portal.core.audit import record
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.core.references import wrong_host
from portal.core.retention import Erasable, erasables
from portal.core.secrets import digest, digests, seal, unseal
from portal.hotline import codes, queries
from portal.hotline.models import Channel, Ground, Intake

LONGEST_REFERENCE = 2000
MOST_REFERENCES = 20
EARLIEST = timedelta(days=7)


def record_intake(
    platform: Platform,
    *,
    channel: Channel,
    reference: str,
    is_minor_involved: bool,
    ground: Ground = Ground.SEXUAL_DEEPFAKE,
    received_at: datetime | None = None,
    is_elsewhere: bool = False,
    sheet: str = "",
    by: Actor,
    at: datetime,
) -> tuple[Intake, str]:
    """Note a call. Give the intake and the caller's secret, which is not stored.

    `reference` holds every address of the call, one on each line; the same one twice is one. One
    that stands at no host of the platform is refused by name, until the operator has seen that and
    notes it as it is (`is_elsewhere`): a shortened link leads to the platform all the same.
    `sheet` is the number of the form. Code and secret come from it, so that the same form sent
    twice is one call with one secret, although the portal keeps only the hash: an operator whose
    finger slipped still has a number to read to the caller.
    """
    references = list(
        dict.fromkeys(line.strip() for line in reference.splitlines() if line.strip())
    )
    _check_references(references)
    if not is_elsewhere:
        _check_hosts(references, platform)
    reference = "\n".join(references)
    when = received_at or at
    if when > at:
        raise FieldError("received_at", _("This lies in the future. Check the time."))
    if when < at - EARLIEST:
        raise FieldError("received_at", _("A call is noted within seven days. Check the time."))
    sheet = sheet or token_urlsafe(12)
    for nth in count():
        number = int(digest(f"intake:{sheet}:{nth}"), 16)
        code, secret = codes.code_of(number // 10**8), codes.secret_of(number)
        made = Intake(
            case_code=code,
            secret_hash=_hashed(code, secret),
            channel=channel,
            platform_id=platform.id,
            reference_encrypted=seal(reference),
            reference_count=len(references),
            ground=ground,
            is_minor_involved=is_minor_involved,
            received_at=when,
            recorded_at=at,
            recorded_by_id=by.account_id,
        )
        held = queries.by_code(code)
        if held is None and not _added(made):
            held = queries.by_code(code)
        if held is None:
            break
        if _is_same(held, made, reference):
            return held, secret
    record("intake:record", made, by=by, at=at, case_code=code, channel=channel.value,
           is_elsewhere=is_elsewhere)  # fmt: skip
    return made, secret


def _check_references(references: Sequence[str]) -> None:
    if not references:
        raise FieldError("reference", _("Give the address or message link of the content."))
    if len(references) > MOST_REFERENCES:
        raise FieldError(
            "reference",
            _(
                "At most %(most)s addresses. Note the others as a second intake.",
                most=MOST_REFERENCES,
            ),
        )
    for number, reference in enumerate(references, 1):
        if len(reference) > LONGEST_REFERENCE or any(sign.isspace() for sign in reference):
            _refuse_line(
                number, _("One address without spaces, at most 2000 characters."), references
            )
        # A link may hold long numbers of its own; what is no link is looked at like any free text.
        if "/" not in reference:
            refuse_personal_data(reference, field="reference")


def _check_hosts(references: Sequence[str], platform: Platform) -> None:
    hosts = tuple(platform.hosts.split())
    for number, reference in enumerate(references, 1):
        remedy = wrong_host(reference, hosts)
        if remedy is not None:
            owners = [
                both(one, "name")
                for one in companies.real_platforms()
                if one.hosts and wrong_host(reference, tuple(one.hosts.split())) is None
            ]
            if owners:
                remedy += " " + _("The address belongs to: %(names)s.", names=", ".join(owners))
            _refuse_line(number, remedy, references)


def _refuse_line(number: int, what: str, references: Sequence[str]) -> NoReturn:
    """Refuse an address, by its line where there are several."""
    if len(references) > 1:
        what = _("Line %(number)s: %(what)s", number=number, what=what)
    raise FieldError("reference", what)


def references(intake: Intake) -> list[str]:
    """What an intake is about, opened; nothing once it was erased."""
    sealed = intake.reference_encrypted
    return unseal(sealed).splitlines() if sealed else []


def take_up(intake: Intake, *, by: Actor, at: datetime) -> None:
    """Say that one sees to an intake. Of two who say so at once the second learns who has it."""
    hold(intake)
    if intake.handed_over_at is not None:
        raise Refused(_("This intake was handed over already."))
    if intake.taken_up_by_id == by.account_id:
        return
    if intake.taken_up_by is not None:
        raise Refused(
            _("%(who)s has taken this up already. Agree with each other who hands it over.",
              who=both(intake.taken_up_by, "name"))
        )  # fmt: skip
    intake.taken_up_at, intake.taken_up_by_id = at, by.account_id
    record("intake:take_up", intake, by=by, at=at, case_code=intake.case_code)


def _added(made: Intake) -> bool:
    """Store an intake, unless another operator took its code at the same moment."""
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:
        return False
    return True


def _is_same(held: Intake, made: Intake, reference: str) -> bool:
    """Whether an intake is the same call noted by the same operator from the same form."""
    return (
        held.secret_hash == made.secret_hash
        and held.recorded_by_id == made.recorded_by_id
        and held.platform_id == made.platform_id
        and unseal(held.reference_encrypted) == reference
    )


def _hashed(code: str, secret: str) -> str:
    """Keyed, because eight digits alone could be tried out by whoever holds the database."""
    return digest(f"{code}:{codes.bare(secret)}")


keys.columns.append(keys.Sealed(Intake.__table__, "reference_encrypted"))  # type: ignore[arg-type]


TRIES = throttle.Limits(
    of_network=throttle.Limit(10, 600),
    from_one=throttle.Limit(30, 86_400),
    from_all=throttle.Limit(1000, 86_400),
)


def may_try(case_code: str, *, where: str, at: datetime) -> bool:
    """Count a try to open a case; False when it is one too many, whether or not the code exists.

    See docs/decisions/020.
    """
    code = codes.cleaned(case_code) or case_code.strip().upper()
    return throttle.may_try("case", code, where=where, limits=TRIES, at=at)


def forget_tries(intake: Intake, *, where: str) -> None:
    """Who has opened the case may open it as often as they like, ten times in ten minutes."""
    throttle.forget_tries("case", intake.case_code, where=where)


def opened_by(case_code: str, secret: str) -> Intake | None:
    """The intake that code and secret open together. A wrong code and a wrong secret look alike."""
    code = codes.cleaned(case_code)
    intake = queries.by_code(code) if code else None
    # An erased intake has no secret: it is compared like a code that was never given.
    held = (intake.secret_hash if intake else "") or "0" * 64
    # All are compared, whichever fits: the time taken tells nothing.
    said = digests(f"{code or ''}:{codes.bare(secret)}")
    is_right = sum(hmac.compare_digest(held, one) for one in said) > 0
    return intake if is_right else None


def due_for_erasure(before: datetime) -> Any:
    """Intakes that were handed over before an instant and still hold something."""
    return (
        select(Intake.id, Intake.case_code.label("number"), Intake.handed_over_at.label("since"))
        .where(Intake.erased_at.is_(None), Intake.handed_over_at < before)
        .order_by(Intake.id)
    )


def erase(ids: Sequence[int], at: datetime) -> int:
    """Empty reference and secret; the code, the flags and the times stay. Of how many intakes."""
    done = db.session.execute(
        update(Intake)
        .where(Intake.id.in_(ids), Intake.erased_at.is_(None))
        .values(reference_encrypted="", secret_hash="", erased_at=at)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def erase_references(ids: Sequence[int]) -> None:
    """Empty the references whose request has lost its own; the callers may still ask."""
    db.session.execute(update(Intake).where(Intake.id.in_(ids)).values(reference_encrypted=""))


def left(ids: Sequence[int]) -> set[int]:
    """Of these intakes those that still hold something."""
    holds = or_(Intake.reference_encrypted != "", Intake.secret_hash != "")
    return set(db.session.scalars(select(Intake.id).where(Intake.id.in_(ids), holds)))


erasables.append(
    Erasable(
        code="intake",
        table=Intake.__table__,  # type: ignore[arg-type]
        columns=("reference_encrypted", "secret_hash"),
        name=_l("Hotline intake"),
        what=_l(
            "The reference and the caller's secret: from then on the status page answers as to a"
            " wrong code. Code, flags and times stay."
        ),
        since=_l("the hand-over"),
        days=365,
        appeal_days=0,
        least=180,
        least_appeal=0,
        most=3650,
        why=_l("A caller can ask for half a year at least. This bound is the portal's own."),
        due=due_for_erasure,
        erase=erase,
        left=left,
    )
)
