"""The desk of each role, the outbox and the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, render_template, request

from portal.access.actor import Actor, Role
from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.batches import queries as batches
from portal.companies import queries as companies
from portal.core.clock import now
from portal.core.web import Page, asked_number, page_number
from portal.desk import queries
from portal.reminders import queries as reminders
from portal.removal_requests import queries as removal_requests
from portal.replies import queries as replies
from portal.reports import schedule
from portal.reports.models import ReportStatus
from portal.shifts import queries as shifts
from portal.slots import queries as slots

bp = Blueprint("desk", __name__)


def _casework(me: Actor, **more: Any) -> dict[str, Any]:
    at = now()
    return {
        "consultations": queries.upcoming_consultations(at=at),
        "proposals": queries.proposals_of_the_other_side(me, at=at),
        "minutes_list": queries.minutes_under_way(me),
        "action_items": queries.action_items_waiting(me, at=at),
        "progress_reports": queries.progress_reports_waiting(me, at=at),
        "counts": removal_requests.waiting(at=at),
        "polls": slots.awaiting_answer(me, at=at),
        "polls_to_settle": () if me.is_company else slots.to_settle(at=at),
        "at": at,
        "side": me.side,
        **more,
    }


def _roster_to_mend() -> dict[str, Any]:
    """Gaps and double bookings of the coming weeks, soonest first, and who is concerned."""
    found = shifts.named_gaps(at=now())
    soonest = found[: queries.MOST]
    return {
        "roster_problems": soonest,
        "more_problems": len(found) - len(soonest),
        "roster_people": shifts.people(n for problem in soonest for n in problem.people),
    }


def _intakes_told_of() -> dict[str, Any]:
    """What waits at the hotline although somebody was told: without any the desk says nothing."""
    waiting = queries.intakes_to_hand_over()
    told = shifts.told_of(waiting)
    late = [intake for intake in waiting if intake.id in told]
    return {"intakes": late, "told_of": told} if late else {}


def _awaiting(me: Actor) -> dict[str, Any]:
    """What the desk of a role shows, and what waits for those whom a batch names."""
    shown = _of_role(me)
    if can(Permission.BATCHES_READ):
        shown["opened_batches"] = batches.to_look_at(me, at=now())
    return shown


def _of_role(me: Actor) -> dict[str, Any]:
    if me.role is Role.OFFICER:
        return _casework(
            me, replies=replies.waiting(), late_steps=schedule.late(now()),
            corrections=queries.corrections_to_decide(),
        )  # fmt: skip
    if me.role is Role.HEAD:
        held = queries.reports(ReportStatus.HELD)
        return _casework(
            me, replies=replies.waiting(), held_reports=held, late_steps=schedule.late(now()),
            corrections=queries.corrections_to_decide(), methods=queries.methods_to_approve(me),
            **_roster_to_mend(), **_intakes_told_of(),
        )  # fmt: skip
    if me.is_company:
        return _casework(me, scorecards=queries.scorecards_under_way())
    if me.role is Role.COMMISSIONER:
        return {
            "released_reports": queries.reports(ReportStatus.RELEASED),
            "published": queries.published_scorecards(),
            "adopted": queries.adopted_minutes(),
        }
    if me.role is Role.OPERATOR:
        at, intakes = now(), queries.intakes_to_hand_over()
        return {
            "intakes": intakes,
            "told_of": shifts.told_of(intakes),
            "on_duty": shifts.on_duty(at=at),
            "own_shifts": shifts.next_shifts(me.account_id, at=at),
            "unread": shifts.unread_notes(since=at - timedelta(days=3)),
        }
    if me.role is Role.POLICE:
        return {
            "information_requests": queries.open_information_requests(),
            "consultations": queries.upcoming_consultations(at=now()),
            "polls": slots.awaiting_answer(me, at=now()),
            "at": now(),
        }
    if me.role is Role.AGENCY:
        return {
            "consultations": queries.upcoming_consultations(at=now()),
            "polls": slots.awaiting_answer(me, at=now()),
            "at": now(),
        }
    if me.role is Role.ADMINISTRATOR:
        return {"links_only": True, "methods": queries.methods_to_approve(me)}
    return {"links_only": True}


@bp.get("/")
@requires(Permission.SIGNED_IN)
def show() -> str:
    """What awaits this person today."""
    return render_template("desk/show.html", most=queries.MOST, **_awaiting(actor()))


@bp.get("/outbox")
@requires(Permission.OUTBOX_READ)
def outbox() -> str:
    """Every letter the person may know of, sent or waiting; narrowed by what it is about."""
    # Without a mail server the administrator hands invitations over in person.
    may_read_links = actor().role is Role.ADMINISTRATOR and not current_app.config["SMTP_HOST"]
    company_id, consultation_id = asked_number("company"), asked_number("consultation")
    address, state = request.args.get("person", ""), request.args.get("state", "")
    statement = reminders.letters(
        company_id=company_id, consultation_id=consultation_id, address=address, state=state
    )
    may_choose = can(Permission.COMPANIES_READ) and not actor().is_company
    return render_template(
        "desk/outbox.html",
        page=Page(statement, number=page_number()),
        may_read_links=may_read_links,
        companies=companies.names() if may_choose else [],
        consultations=reminders.consultations_with_letters(),
        addresses=reminders.addresses(),
        chosen={"company": company_id, "consultation": consultation_id, "person": address,
                "state": state},
    )  # fmt: skip


@bp.get("/audit-log")
@requires(Permission.AUDIT_READ)
def audit_log() -> str:
    """Every audit event."""
    return render_template(
        "desk/audit_log.html", page=Page(queries.audit_events(), number=page_number())
    )
