"""What awaits a person today, over all rooms. The wall has already hidden what is not theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, case, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from portal.access.actor import Actor
from portal.actions.models import ActionItem, ActionStatus, ProgressReport
from portal.actions.queries import is_unassigned
from portal.agendas.models import AgendaItem, ItemStatus
from portal.batches import queries as batches
from portal.consultations.models import UPCOMING, Consultation, Side
from portal.core.audit import AuditEvent
from portal.core.db import db
from portal.errata.models import Erratum, ErratumStatus
from portal.hotline.models import Intake
from portal.information_requests.models import InformationRequest
from portal.methodology import queries as methodology
from portal.methodology.models import Methodology, MethodologyStatus
from portal.minutes.models import Minutes, MinutesStatus
from portal.reports.models import Report, ReportStatus
from portal.scorecards.models import Correction, CorrectionStatus, Scorecard, ScorecardStatus

MOST = 8


# The desk is opened more often than any other page: its questions are put together once.
UPCOMING_CONSULTATIONS = (
    select(Consultation)
    .options(joinedload(Consultation.company))
    .where(Consultation.status.in_(UPCOMING), Consultation.ends_at >= bindparam("at"))
    .order_by(Consultation.starts_at)
    .limit(MOST)
)
PROPOSALS = (
    select(AgendaItem)
    .join(Consultation, Consultation.id == AgendaItem.consultation_id)
    .options(joinedload(AgendaItem.consultation))
    .where(
        AgendaItem.status == ItemStatus.PROPOSED,
        AgendaItem.proposed_by != bindparam("side"),
        Consultation.ends_at >= bindparam("at"),
    )
    .order_by(Consultation.starts_at, AgendaItem.position)
    .limit(MOST)
)
MINUTES_UNDER_WAY = (
    select(Minutes)
    .options(joinedload(Minutes.consultation))
    .where(
        or_(
            Minutes.status.not_in((MinutesStatus.ADOPTED, MinutesStatus.SUPERSEDED)),
            # Adopted ones come back to the desk while an erratum waits for somebody's word.
            Minutes.id.in_(
                select(Erratum.minutes_id).where(
                    or_(
                        Erratum.status == ErratumStatus.PROPOSED,
                        (Erratum.status == ErratumStatus.DRAFTED)
                        & (bindparam("side") == Side.INSTITUTION.value),
                    )
                )
            ),
        )
    )
    .order_by(Minutes.deadline_at.is_(None), Minutes.deadline_at, Minutes.id)
    .limit(MOST)
)
IS_OURS = ActionItem.owner == bindparam("side")
IS_OWED = ActionItem.status.in_(
    (ActionStatus.AGREED, ActionStatus.IN_PROGRESS, ActionStatus.RETURNED)
)
IS_UNASSIGNED = IS_OURS & is_unassigned()
ACTION_ITEMS_WAITING = (
    select(ActionItem)
    .options(joinedload(ActionItem.contact))
    .where(
        or_(
            IS_UNASSIGNED,
            IS_OURS & IS_OWED & (ActionItem.due_at <= bindparam("soon")),
            ~IS_OURS & (ActionItem.status == ActionStatus.REPORTED_DONE),
            ~IS_OURS & IS_OWED & (ActionItem.due_at < bindparam("at")),
        )
    )
    .order_by(case((IS_UNASSIGNED, 0), else_=1), ActionItem.due_at, ActionItem.id)
    .limit(MOST)
)


PROGRESS_WAITING = (
    select(ProgressReport)
    .join(ProgressReport.action_item)
    .options(contains_eager(ProgressReport.action_item))
    .where(
        IS_OURS,
        IS_OWED,
        ProgressReport.filed_at.is_(None),
        ProgressReport.due_at <= bindparam("soon"),
    )
    .order_by(ProgressReport.due_at, ProgressReport.id)
    .limit(MOST)
)


def upcoming_consultations(*, at: datetime) -> Sequence[Consultation]:
    """The next consultations, soonest first."""
    return db.session.scalars(UPCOMING_CONSULTATIONS, {"at": at}).all()


def proposals_of_the_other_side(actor: Actor, *, at: datetime) -> Sequence[AgendaItem]:
    """Agenda items of coming consultations that wait for this side's word."""
    return db.session.scalars(PROPOSALS, {"side": actor.side, "at": at}).all()


def minutes_under_way(actor: Actor) -> Sequence[Minutes]:
    """Minutes that are not adopted yet or have an open erratum, the oldest deadline first."""
    return db.session.scalars(MINUTES_UNDER_WAY, {"side": actor.side}).all()


def action_items_waiting(actor: Actor, *, at: datetime) -> Sequence[ActionItem]:
    """What nobody of this side answers for, what it owes soon or must verify, what is owed it late.

    First comes what was left by somebody whose access ended: it is owed all the same.
    """
    soon = at + timedelta(days=14)
    return db.session.scalars(
        ACTION_ITEMS_WAITING, {"side": actor.side, "soon": soon, "at": at}
    ).all()


def progress_reports_waiting(actor: Actor, *, at: datetime) -> Sequence[ProgressReport]:
    """What this side has to say within two weeks about how far it is."""
    soon = at + timedelta(days=14)
    return db.session.scalars(PROGRESS_WAITING, {"side": actor.side, "soon": soon}).all()


def scorecards_under_way() -> Sequence[Scorecard]:
    """Cards that are not published yet, the newest month first."""
    return db.session.scalars(
        select(Scorecard)
        .options(joinedload(Scorecard.company))
        .where(Scorecard.status != ScorecardStatus.PUBLISHED)
        .order_by(Scorecard.month.desc(), Scorecard.company_id)
        .limit(MOST)
    ).all()


def corrections_to_decide() -> Sequence[Correction]:
    """What companies asked to be corrected on their cards and nobody decided, the oldest first."""
    return db.session.scalars(
        select(Correction)
        .join(Correction.card)
        .join(Scorecard.company)
        .options(contains_eager(Correction.card).contains_eager(Scorecard.company))
        .where(Correction.status == CorrectionStatus.ASKED)
        .order_by(Correction.asked_at, Correction.id)
        .limit(MOST)
    ).all()


def methods_to_approve(actor: Actor) -> list[Methodology]:
    """Proposed versions of the method that the person did not work on."""
    proposed = (one for one in methodology.drafts() if one.status is MethodologyStatus.PROPOSED)
    return [one for one in proposed if actor.account_id not in one.authors]


def published_scorecards() -> Sequence[Scorecard]:
    """The published cards of the newest months."""
    return db.session.scalars(
        select(Scorecard)
        .options(joinedload(Scorecard.company))
        .where(Scorecard.status == ScorecardStatus.PUBLISHED)
        .order_by(Scorecard.month.desc(), Scorecard.company_id)
        .limit(MOST * 2)
    ).all()


def reports(status: ReportStatus) -> Sequence[Report]:
    """Monthly reports in a status, the newest first."""
    return db.session.scalars(
        select(Report).where(Report.status == status).order_by(Report.month.desc()).limit(MOST)
    ).all()


def adopted_minutes() -> Sequence[Minutes]:
    """The last adopted minutes."""
    return db.session.scalars(
        select(Minutes)
        .options(joinedload(Minutes.consultation))
        .where(Minutes.status == MinutesStatus.ADOPTED)
        .order_by(Minutes.adopted_at.desc())
        .limit(MOST)
    ).all()


def open_information_requests() -> Sequence[InformationRequest]:
    """Information requests without an answer, the soonest deadline first."""
    return db.session.scalars(
        select(InformationRequest)
        .options(joinedload(InformationRequest.company))
        .where(InformationRequest.answered_at.is_(None))
        .order_by(InformationRequest.due_at)
        .limit(MOST)
    ).all()


def intakes_to_hand_over() -> Sequence[Intake]:
    """Intakes that no request was made of yet, the oldest first."""
    return db.session.scalars(
        select(Intake)
        .options(joinedload(Intake.platform), joinedload(Intake.taken_up_by))
        .where(Intake.handed_over_at.is_(None))
        .order_by(Intake.received_at)
        .limit(MOST)
    ).all()


def audit_events() -> Select[Any]:
    """Every audit event, the newest first; of an unannounced batch only to those who know of it."""
    return select(AuditEvent).where(batches.hides_no_batch()).order_by(AuditEvent.id.desc())
