"""What is done with removal requests. Whoever claims something never verifies it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select, update

from portal.access.actor import CLOCK, Actor
from portal.access.scope import beyond_scope
from portal.companies.models import Company, Platform
from portal.core import keys, references
from portal.core.audit import record
from portal.core.calendar import month_of
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.core.i18n import local
from portal.core.personal_data import refuse_personal_data
from portal.core.secrets import digest, digests, seal, unseal
from portal.hotline import service as hotline
from portal.hotline.models import Intake
from portal.removal_requests import erasing, letters, queries, sampling
from portal.removal_requests.answers import ANSWERABLE, Given, enter, judge_answer
from portal.removal_requests.events import S, begin, expect, judge, note, take, tell
from portal.removal_requests.models import (
    LONGEST_REASON,
    Category,
    CorrectedTime,
    DeliveryChannel,
    Dispute,
    Exclusion,
    LegalGround,
    MeasureType,
    Outcome,
    Recheck,
    RecheckDraw,
    RemovalRequest,
    RevealPurpose,
    Step,
    Surface,
    Verification,
)
from portal.webhooks.models import HookEvent

T = TypeVar("T")
LONGEST_REFERENCE = 2000
LONGEST_EXTENSION = timedelta(days=30)
BATCH = 1000
MOST_AT_ONCE = 500


def record_draft(
    platform: Platform,
    *,
    category: str,
    legal_ground: LegalGround,
    surface: Surface,
    measure_type: MeasureType,
    reference: str,
    intake: Intake | None = None,
    previous: RemovalRequest | None = None,
    by: Actor,
    at: datetime,
) -> RemovalRequest:
    """Note a reference for a platform. Nobody but the regulator sees it before it is issued."""
    reference = reference.strip()
    if not reference:
        raise FieldError("reference", _("Give the address or message link of the content."))
    # What an import brought in another form is asked for again as it stands.
    is_address = len(reference) <= LONGEST_REFERENCE and not any(c.isspace() for c in reference)
    if previous is None and not is_address:
        raise FieldError("reference", _("One address without spaces, at most 2000 characters."))
    if previous is None and intake is None:
        _check_host(reference, platform)
    with beyond_scope("numbers run on for the company, whoever records"):
        company = db.session.scalars(
            select(Company).where(Company.id == platform.company_id).with_for_update()
        ).one()
    company.check_lasts(local_date(at), field="platform_id")
    # Two callers may report the same: each gets an answer to their own code, and an officer sees both.
    # What has reappeared may have been recorded anew meanwhile; the recheck is kept all the same.
    twin = None if intake or previous else queries.open_twin(platform.id, reference, measure_type)
    if twin is not None:
        raise FieldError(
            "reference",
            _("%(number)s asks the same for this reference and is still open.", number=twin),
        )
    prefix = f"{company.slug.upper()}-{local_date(at).year}-"
    made = RemovalRequest(
        request_no=f"{prefix}{queries.last_number(company.id, prefix) + 1:06d}",
        company_id=company.id,
        platform_id=platform.id,
        intake_id=intake.id if intake else None,
        category=category,
        legal_ground=legal_ground,
        surface=surface,
        measure_type=measure_type,
        reference_encrypted=seal(reference),
        reference_digest=digest(reference),
        place_digest=queries.place(reference),
        recorded_by_id=by.account_id,
        recorded_at=at,
        previous_id=previous.id if previous else None,
        last_event_at=at,
        is_synthetic=bool(previous and previous.is_synthetic),
    )
    db.session.add(made)
    db.session.flush()
    note(made, Step.RECORDED, by=by, at=at)
    record("removal_requests:record", made, by=by, at=at, number=made.request_no)
    return made


def _check_host(reference: str, platform: Platform) -> None:
    """Refuse an address that cannot stand on a platform. One of none is taken as it is."""
    remedy = references.wrong_host(reference, tuple(platform.hosts.split()))
    if remedy is not None:
        raise FieldError("reference", remedy)


def hand_over(intake: Intake, *, by: Actor, at: datetime) -> list[RemovalRequest]:
    """Make a draft of each reference the hotline took in; from then on they are an officer's."""
    hold(intake)
    if intake.handed_over_at is not None:
        raise Refused(_("This intake was handed over already."))
    category = (
        Category.CHILD_SEXUAL_MATERIAL
        if intake.is_minor_involved
        else Category(intake.ground.value)
    )
    made = [
        record_draft(
            intake.platform,
            category=category.value,
            legal_ground=LegalGround.VOLUNTARY_REQUEST,
            surface=Surface.PUBLIC_POST,
            measure_type=MeasureType.REMOVAL,
            reference=reference,
            intake=intake,
            by=by,
            at=at,
        )
        for reference in hotline.references(intake)
    ]
    intake.handed_over_at = at
    record("intake:hand_over", intake, by=by, at=at, case_code=intake.case_code)
    return made


STAGES = ("case_received", "case_asked", "case_answered", "case_closed", "case_gone")


def progress(intake: Intake) -> str:
    """How far an intake is, as a code for the caller: no platform, no number, no name.

    Of several references the one that is least far: "gone" means that all of them are.
    """
    stages = {_stage(request) for request in queries.of_intake(intake.id)}
    return min(stages, key=STAGES.index, default="case_received")


def _stage(request: RemovalRequest) -> str:
    if request.verification is Verification.GONE and request.recheck is not Recheck.REAPPEARED:
        return "case_gone"
    if request.is_excluded:
        return "case_closed"
    if request.status is S.DRAFT:
        return "case_received"
    return "case_answered" if request.is_answered else "case_asked"


def stands_elsewhere(request: RemovalRequest) -> bool:
    """Whether a draft names an address at no host of its platform: one that the hotline noted as the
    caller gave it. Where it stands is not told; that is for who opens the reference."""
    if request.status is not S.DRAFT or request.intake_id is None or request.erased_at is not None:
        return False
    hosts = tuple(request.platform.hosts.split())
    return references.wrong_host(unseal(request.reference_encrypted), hosts) is not None


def issue_among_many(request: RemovalRequest, *, by: Actor, at: datetime) -> None:
    """Issue one of many; one whose address has to be looked at first is left for its own page."""
    if stands_elsewhere(request):
        raise Refused(
            _(
                "Its address stands at no host of the platform. Open the reference, and issue it from"
                " its own page if it leads there."
            )
        )
    issue(request, by=by, at=at)


def issue(request: RemovalRequest, *, by: Actor, at: datetime) -> None:
    """Approve a draft and issue it: two people for every request."""
    at = expect(request, S.DRAFT, at=at)
    if by.account_id == request.recorded_by_id:
        raise Refused(_("A second person issues what somebody else recorded."))
    if request.platform.company_id != request.company_id:
        raise Refused(
            _(
                "The platform moved to another company since this was recorded. Propose to withdraw"
                " this draft and record the reference anew: the new request goes to the new company."
            )
        )
    request.company.check_lasts(local_date(at), field="platform_id")
    request.issued_at, request.issued_by_id, request.month = at, by.account_id, month_of(at)
    note(request, Step.ISSUED, by=by, at=at)
    record("removal_requests:issue", request, by=by, at=at, number=request.request_no)


def deliver(
    request: RemovalRequest,
    *,
    channel: DeliveryChannel,
    proof: str,
    delivered_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Note by which way the request reached the company: the company's clock starts."""
    _note_delivery(request, channel=channel, proof=proof, delivered_at=delivered_at, by=by, at=at)
    _tell_delivered([request], at=at)


def deliver_many(
    chosen: Sequence[RemovalRequest], *, by: Actor, at: datetime
) -> list[tuple[RemovalRequest, str]]:
    """Deliver some through the portal, each for itself (see `do_many`); each company is told of all
    of them in one letter to a person."""
    portal = DeliveryChannel.PORTAL
    results = do_many(chosen, lambda r: _note_delivery(r, channel=portal, proof="", by=by, at=at))
    _tell_delivered([request for request, why in results if not why], at=at)
    return results


def _tell_delivered(requests: Sequence[RemovalRequest], *, at: datetime) -> None:
    """Tell companies what reached them through the portal; a block is no company's to act on."""
    letters.delivered(
        [
            request
            for request in requests
            if request.delivery_channel is DeliveryChannel.PORTAL
            and request.measure_type is not MeasureType.BLOCK
        ],
        at=at,
    )


def _note_delivery(
    request: RemovalRequest,
    *,
    channel: DeliveryChannel,
    proof: str,
    delivered_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> None:
    at = expect(request, S.ISSUED, at=at)
    when = delivered_at or at
    if when > at:
        raise FieldError("delivered_at", _("This lies in the future. Check the time."))
    if request.issued_at is not None and when < request.issued_at:
        raise FieldError("delivered_at", _("A request is delivered after it was issued."))
    if channel is not DeliveryChannel.PORTAL and not proof.strip():
        raise FieldError("proof", _("Say what proves the delivery: a message number, a receipt."))
    refuse_personal_data(proof, field="proof")
    request.delivered_at, request.month = when, month_of(when)
    request.delivery_channel, request.delivery_proof = channel, proof.strip() or None
    note(request, Step.DELIVERED, by=by, at=at, happened_at=when)
    record("removal_requests:deliver", request, by=by, at=at, number=request.request_no,
           channel=channel.value, delivered_at=when)  # fmt: skip
    tell(HookEvent.DELIVERED, request, at=at)


def acknowledge(request: RemovalRequest, *, by: Actor, at: datetime) -> None:
    """Say that it was received. That is no answer, and the clock runs on."""
    at = expect(request, S.DELIVERED, at=at)
    request.acknowledged_at = at
    note(request, Step.ACKNOWLEDGED, by=by, at=at)
    record("removal_requests:acknowledge", request, by=by, at=at, number=request.request_no)


def decide(
    request: RemovalRequest,
    *,
    outcome: Outcome,
    reason: str = "",
    removed_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Enter what the company decided. A question back may be followed by a decision."""
    hold(request)
    given = Given(request.request_no, outcome, reason, removed_at)
    when = judge_answer(request, given, at=max(at, request.latest_at))
    at = begin(request, at=at)
    enter(request, given, when, by=by, at=at)
    record("removal_requests:answer", request, by=by, at=at, number=request.request_no,
           outcome=outcome.value, removed_at=when)  # fmt: skip
    tell(HookEvent.ANSWERED, request, at=at)


def verify(request: RemovalRequest, verification: Verification, *, by: Actor, at: datetime) -> None:
    """Look whether it is gone. Never by the person who entered the removal."""
    again = request.verification not in (None, Verification.GONE)
    at = expect(request, S.DECIDED, *((S.VERIFIED,) if again else ()), at=at)
    if by.account_id == request.decided_by_id:
        raise Refused(_("Somebody other than the person who entered the answer verifies it."))
    before = request.verification
    if before is Verification.STILL_UP and verification is Verification.GONE:
        # The time that was claimed is disproved: it is gone since somebody saw it gone.
        request.removed_at = at
    request.verified_at, request.verification, request.verified_by_id = (
        at,
        verification,
        by.account_id,
    )
    note(request, Step.VERIFIED, by=by, at=at, verification=verification,
          removed_at=request.removed_at if request.removed_at == at else None)  # fmt: skip
    if verification is Verification.STILL_UP and request.outcome in queries.CLAIMS:
        letters.still_up(request, at=at)
    record("removal_requests:verify", request, by=by, at=at, number=request.request_no,
           before=before.value if before else None, after=verification.value)  # fmt: skip
    tell(HookEvent.VERIFIED, request, at=at)


def recheck(
    request: RemovalRequest, result: Recheck, *, by: Actor, at: datetime
) -> RemovalRequest | None:
    """Look again after seven days at what was drawn. What has reappeared opens a new spell, which
    is returned."""
    at = expect(request, S.VERIFIED, at=at)
    if request.recheck_at is None:
        raise Refused(_("Only what was seen to be gone is rechecked."))
    if at < request.recheck_at:
        raise Refused(
            _(
                "The recheck is due seven days after the removal: %(when)s.",
                when=local(request.recheck_at),
            )
        )
    if not request.is_drawn:
        raise Refused(
            _(
                "The system draws what is rechecked, and did not draw this request. If it has"
                " appeared again, report the reappearance."
            )
        )
    request.rechecked_at, request.recheck = at, result
    note(request, Step.RECHECKED, by=by, at=at, recheck=result)
    record("removal_requests:recheck", request, by=by, at=at, number=request.request_no,
           result=result.value)  # fmt: skip
    return _next_spell(request, by=by, at=at) if result is Recheck.REAPPEARED else None


def _next_spell(request: RemovalRequest, *, by: Actor, at: datetime) -> RemovalRequest | None:
    """The same asked for again, as a draft linked to the spell before."""
    if request.erased_at is not None:
        return None
    reference = unseal(request.reference_encrypted)
    if not reference:  # an import may leave it out: then there is nothing to ask for again
        return None
    return record_draft(
        request.platform,
        category=request.category,
        legal_ground=request.legal_ground,
        surface=request.surface,
        measure_type=request.measure_type,
        reference=reference,
        previous=request,
        by=by,
        at=at,
    )


def report_reappearance(
    request: RemovalRequest, *, by: Actor, at: datetime
) -> RemovalRequest | None:
    """Note that what was seen to be gone is there again, and open a new spell, which is returned.

    It stays out of the measure of the recheck: only what was drawn counts there, or whoever looks
    harder at one company would make its figure worse.
    """
    at = expect(request, S.VERIFIED, S.CLOSED, at=at)
    if request.verification is not Verification.GONE:
        raise Refused(_("Only what was seen to be gone can appear again."))
    if request.recheck is Recheck.REAPPEARED or request.reappeared_at is not None:
        raise Refused(_("That it has appeared again is noted already: see the linked request."))
    request.reappeared_at = at
    note(request, Step.REAPPEARED, by=by, at=at)
    record("removal_requests:report_reappearance", request, by=by, at=at,
           number=request.request_no)  # fmt: skip
    return _next_spell(request, by=by, at=at)


def draw_rechecks(company_id: int, *, at: datetime) -> RecheckDraw | None:
    """Draw which removals of a company are looked at again, of those whose seventh day has come.

    All of them, or twenty: the seed is made here, kept with the draw and in the log, and decides
    alone. What was not drawn is never rechecked. None where nothing has come due. A draw bears an
    instant of its own: one at the instant of the draw before, or earlier, is noted just behind it.
    """
    waiting = queries.undrawn(company_id, at=at)
    if not waiting:
        return None
    last = queries.last_draw_at(company_id)
    at = at if last is None else max(at, last + timedelta(microseconds=1))
    seed = secrets.token_hex(16)
    chosen = set(sampling.drawn((row.request_no for row in waiting), seed))
    for start in range(0, len(waiting), BATCH):
        part = waiting[start : start + BATCH]
        for is_drawn in (True, False):
            ids = [row.id for row in part if (row.request_no in chosen) is is_drawn]
            db.session.execute(
                update(RemovalRequest)
                .where(RemovalRequest.id.in_(ids))
                .values(is_drawn=is_drawn, drawn_at=at)
            )
    draw = RecheckDraw(
        company_id=company_id,
        at=at,
        seed=seed,
        candidates=len(waiting),
        drawn=len(chosen),
        numbers_hash=sampling.hash_of(row.request_no for row in waiting),
    )
    db.session.add(draw)
    db.session.flush()
    record("removal_requests:draw_rechecks", draw, by=CLOCK, at=at, seed=seed,
           candidates=draw.candidates, drawn=draw.drawn, numbers_hash=draw.numbers_hash)  # fmt: skip
    return draw


def extend(
    request: RemovalRequest, until: datetime, *, reason: str, by: Actor, at: datetime
) -> None:
    """Grant a later answer, with the reason. The 24 hours of the scorecard are not moved by it."""
    hold(request)
    is_waiting = request.outcome is Outcome.NEEDS_INFORMATION and request.status is S.DECIDED
    judge(request, *ANSWERABLE, *((S.DECIDED,) if is_waiting else ()))
    at = begin(request, at=at)
    latest = max(time for time in (request.due_at, request.extended_until) if time is not None)
    if until <= max(at, latest):
        raise FieldError("until", _("Choose a time after %(when)s.", when=local(max(at, latest))))
    if until > at + LONGEST_EXTENSION:
        raise FieldError("until", _("At most 30 days from now. Ask again when they are over."))
    said = _said_why(reason)
    before, request.extended_until = request.extended_until, until
    note(request, Step.EXTENDED, by=by, at=at, reason=said, time_from=before or request.due_at,
          time_to=until)  # fmt: skip
    record("removal_requests:extend", request, by=by, at=at, number=request.request_no,
           before=before, after=until)  # fmt: skip
    letters.extended(request, at=at)


def correct_time(
    request: RemovalRequest,
    which: CorrectedTime,
    to: datetime,
    *,
    reason: str,
    by: Actor,
    at: datetime,
) -> None:
    """Correct a time that was entered wrongly, with the reason; the wrong one stays readable.

    Refused: a time that contradicts the others, and a time of removal by who entered the answer.
    """
    hold(request)
    judge(request, *(status for status in S if status not in (S.DRAFT, S.WITHDRAWN)))
    at = begin(request, at=at)
    before: datetime | None = getattr(request, which.value)
    if before is None:
        raise FieldError("which", _("This time was not entered yet; there is nothing to correct."))
    if which is CorrectedTime.REMOVED and by.account_id == request.decided_by_id:
        raise Refused(_("Somebody other than the person who entered the answer corrects its time."))
    if to == before:
        raise FieldError("to", _("This is the time that stands already."))
    if to > at:
        raise FieldError("to", _("This lies in the future. Check the time."))
    _check_between(request, which, to)
    said = _said_why(reason)
    setattr(request, which.value, to)
    if which is CorrectedTime.DELIVERED:
        request.month = month_of(to)
    note(request, Step.CORRECTED, by=by, at=at, reason=said, corrected=which, time_from=before,
          time_to=to)  # fmt: skip
    record("removal_requests:correct_time", request, by=by, at=at, number=request.request_no,
           which=which.value, before=before, after=to)  # fmt: skip
    letters.corrected(request, at=at)


def _check_between(request: RemovalRequest, which: CorrectedTime, to: datetime) -> None:
    """Refuse a time that lies before what it follows, or after what follows it."""
    later: tuple[datetime | None, ...]
    if which is CorrectedTime.DELIVERED:
        earliest = request.issued_at
        later = (
            request.acknowledged_at,
            request.answered_at,
            request.decided_at,
            request.removed_at,
        )
    elif which is CorrectedTime.ANSWERED:
        # The first answer: what was decided after it, or seen of it, came later.
        earliest = request.delivered_at
        later = (request.decided_at, request.verified_at, request.rechecked_at)
    else:
        earliest = request.delivered_at
        later = (request.verified_at, request.rechecked_at)
    latest = min((time for time in later if time is not None), default=None)
    if earliest is not None and to < earliest:
        raise FieldError("to", _("Choose a time from %(when)s on.", when=local(earliest)))
    if latest is not None and to > latest:
        raise FieldError("to", _("Choose a time not after %(when)s.", when=local(latest)))


def _said_why(reason: str) -> str:
    """A reason that is kept with an event, or a refusal that says what is missing."""
    said = reason.strip()
    if not said:
        raise FieldError("reason", _("Give the reason: it is kept and shown to both sides."))
    if len(said) > LONGEST_REASON:
        raise FieldError("reason", _("At most %(most)s characters.", most=LONGEST_REASON))
    refuse_personal_data(said, field="reason")
    return said


def dispute(request: RemovalRequest, *, reason: str, by: Actor, at: datetime) -> None:
    """The company says that a request is wrong. Its clock runs on until that is decided."""
    hold(request)
    judge(request, *(status for status in S if status not in (S.DRAFT, S.ISSUED, S.WITHDRAWN)))
    if request.dispute is Dispute.OPEN:
        raise Refused(_("It is disputed already. Wait for the decision."))
    said = _said_why(reason)
    at = begin(request, at=at)
    request.dispute = Dispute.OPEN
    request.disputed_at = request.disputed_at or at
    note(request, Step.DISPUTED, by=by, at=at, reason=said, dispute=Dispute.OPEN)
    record("removal_requests:dispute", request, by=by, at=at, number=request.request_no)
    letters.disputed(request, at=at)


def decide_dispute(
    request: RemovalRequest, decision: Dispute, *, reason: str, by: Actor, at: datetime
) -> None:
    """Decide a dispute with reason, as somebody other than who issued the request.

    Upheld, the request is not thereby out of the cohort: that takes two people, as always.
    """
    at = take(request, at=at)
    if request.dispute is not Dispute.OPEN:
        raise Refused(_("No dispute waits for a decision."))
    if by.account_id == request.issued_by_id:
        raise Refused(_("Somebody other than the person who issued the request decides."))
    if decision is Dispute.OPEN:
        raise FieldError("decision", _("Choose one."))
    said = _said_why(reason)
    request.dispute = decision
    note(request, Step.DISPUTE_DECIDED, by=by, at=at, reason=said, dispute=decision)
    record("removal_requests:decide_dispute", request, by=by, at=at, number=request.request_no,
           decision=decision.value)  # fmt: skip
    letters.dispute_decided(request, at=at)


def propose_exclusion(request: RemovalRequest, why: Exclusion, *, by: Actor, at: datetime) -> None:
    """Propose to take a request out of the cohort. It counts on until a second person agrees."""
    at = take(request, at=at)
    if request.exclusion is not None:
        raise Refused(_("An exclusion was proposed already."))
    request.exclusion, request.exclusion_proposed_by_id = why, by.account_id
    note(request, Step.EXCLUSION_PROPOSED, by=by, at=at, exclusion=why)
    record("removal_requests:withdraw", request, by=by, at=at, number=request.request_no,
           proposed=why.value)  # fmt: skip
    letters.withdrawal_proposed(request, at=at)


def confirm_exclusion(request: RemovalRequest, *, by: Actor, at: datetime) -> None:
    """Agree as the second person: the request leaves the cohort and stays listed with its reason."""
    at = _proposed(request, at=at)
    if by.account_id == request.exclusion_proposed_by_id:
        raise Refused(_("A second person agrees to what somebody else proposed."))
    request.excluded_by, request.excluded_at = by.name, at
    note(request, Step.EXCLUDED, by=by, at=at, exclusion=request.exclusion)
    record("removal_requests:confirm_withdrawal", request, by=by, at=at, number=request.request_no)
    if request.exclusion is Exclusion.WITHDRAWN and request.delivered_at is not None:
        letters.withdrawn(request, at=at)
        tell(HookEvent.WITHDRAWN, request, at=at)


def drop_exclusion(request: RemovalRequest, *, by: Actor, at: datetime) -> None:
    """Take the proposal back, or refuse it: the request counts as before."""
    at = _proposed(request, at=at)
    why = request.exclusion
    request.exclusion = request.exclusion_proposed_by_id = None
    note(request, Step.EXCLUSION_DROPPED, by=by, at=at, exclusion=why)
    record("removal_requests:drop_withdrawal", request, by=by, at=at, number=request.request_no,
           proposed=why.value if why else None)  # fmt: skip


def _proposed(request: RemovalRequest, *, at: datetime) -> datetime:
    at = take(request, at=at)
    if request.exclusion is None or request.excluded_by is not None:
        raise Refused(_("No exclusion waits for a second person."))
    return at


def reveal(request: RemovalRequest, purpose: RevealPurpose, *, by: Actor, at: datetime) -> str:
    """Open the reference. Who, when and for what stands in the audit log; erased, it is refused."""
    erasing.refuse_erased(request)
    record("removal_requests:reveal", request, by=by, at=at, number=request.request_no,
           purpose=purpose.value)  # fmt: skip
    return unseal(request.reference_encrypted)


def note_overdue(*, at: datetime) -> int:
    """Let the log say once of each request that its answer is overdue; return of how many."""
    noted = queries.newly_overdue(at=at)
    for request in noted:
        request.overdue_noted_at = at
        record("removal_requests:overdue", request, by=CLOCK, at=at, number=request.request_no)
    return len(noted)


def do_many(chosen: Sequence[T], verb: Callable[[T], object]) -> list[tuple[T, str]]:
    """Do a verb to each of some records; say of each why it was refused, or "".

    Each is a savepoint of its own in the running transaction: a refused one leaves nothing behind
    and stops none of the others.
    """
    if len(chosen) > MOST_AT_ONCE:
        raise Refused(_("At most %(most)s at once. Choose fewer.", most=MOST_AT_ONCE))
    results: list[tuple[T, str]] = []
    for one in chosen:
        try:
            with db.session.begin_nested():
                verb(one)
        except Refused as refusal:
            results.append((one, refusal.sentence))
        else:
            results.append((one, ""))
    return results


def _hashes(reference: str) -> dict[str, str | None]:
    return {"reference_digest": digest(reference), "place_digest": queries.place(reference)}


keys.columns.append(
    keys.Sealed(RemovalRequest.__table__, "reference_encrypted", _hashes)  # type: ignore[arg-type]
)


def find_places(*, most: int = BATCH) -> int:
    """Hash the places of requests that were stored before places were; return of how many.

    Called until it returns 0. Each call is a transaction of its own, so that it may be interrupted
    and goes on where it was.
    """
    rows = db.session.scalars(
        select(RemovalRequest)
        .where(
            RemovalRequest.place_digest.is_(None),
            RemovalRequest.erased_at.is_(None),
            RemovalRequest.reference_digest.not_in(digests("")),
        )
        .order_by(RemovalRequest.id)
        .limit(most)
    ).all()
    for row in rows:
        row.place_digest = queries.place(unseal(row.reference_encrypted))
    return len(rows)
