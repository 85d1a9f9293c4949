"""Doors of the consultations room."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access.actor import OrganisationKind
from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.consultations import delegation_views, planning_views, queries, service
from portal.consultations.blueprint import bp
from portal.consultations.models import (
    Attendance,
    Consultation,
    Delegate,
    Rsvp,
    Side,
)
from portal.consultations.words import ANSWERS, KINDS, THERE, S, stages
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.i18n import country_name
from portal.core.i18n import gettext as _
from portal.core.web import Page, asked_number, back, page_number
from portal.documents import queries as documents
from portal.documents.models import DocumentKind

ELSEWHERE = (planning_views, delegation_views)
"""Imported with this file, so that their doors hang on the blueprint too."""


def url_if_open(endpoint: str, **values: Any) -> str | None:
    """The address of a door of a room below this one, if it is there."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


@bp.get("/")
@requires(Permission.CONSULTATIONS_READ)
def index() -> str:
    """Every consultation the person may know of: to come first, past below."""
    company_id = asked_number("company")
    status = request.args.get("status", "")
    statement = queries.listed(
        company_id=company_id, status=S(status) if status in list(S) else None
    )
    may_choose = can(Permission.COMPANIES_READ) and not actor().is_company
    page = Page(statement, number=page_number())
    to_come = [c for c in page.rows if c.status in queries.TO_COME]
    return render_template(
        "consultations/index.html",
        page=page,
        parts=[
            (_("To come"), to_come),
            (_("Past"), [c for c in page.rows if c.status not in queries.TO_COME]),
        ],
        companies=companies.names() if may_choose else [],
        of_many=not actor().is_company,
        company_id=company_id,
        status=status,
        statuses=[one for one in S if not (actor().is_company and one is S.DRAFT)],
        words={one: _(one.value) for one in S},
        kinds=KINDS,
    )


@bp.get("/<int:consultation_id>")
@requires(Permission.CONSULTATIONS_READ, on=Consultation)
def show(consultation: Consultation) -> str:
    """The consultation as a whole: where it stands, who comes, what is next."""
    mine = next((d for d in consultation.delegates if d.account_id == actor().account_id), None)
    over = consultation.status in (S.HELD, S.CLOSED, S.IN_SESSION)
    may_answer = consultation.status in service.TO_ANSWER
    agenda = consultation.agenda_items  # type: ignore[attr-defined]
    printed = []
    if consultation.agenda_version:
        printed = list(documents.of_subject(DocumentKind.AGENDA, subject_id=consultation.id))
    return render_template(
        "consultations/show.html",
        c=consultation,
        stages=stages(consultation),
        kind=KINDS[consultation.status],
        country=country_name(consultation.venue_country),
        mine=mine,
        is_guest=actor().kind in (OrganisationKind.AGENCY, OrganisationKind.POLICE),
        waiting=sum(may_answer and waits_for_us(item) for item in agenda),
        sides=[
            (side, [d for d in consultation.delegates if d.side is side])
            for side in (Side.INSTITUTION, Side.COMPANY)
        ],
        printed=printed,
        items=[item for item in agenda if item.status not in ("declined", "deferred")],
        may_answer=may_answer,
        over=over,
        words={
            # Without a date nobody was asked to come.
            one: (str(word) if consultation.has_date else "", look)
            for one, (word, look) in (THERE if over else ANSWERS).items()
        },
        my_answer=ANSWERS[mine.rsvp][0] if mine else None,
        is_due=consultation.starts_at <= now(),
        minutes_url=minutes_url(consultation),
    )


def waits_for_us(item: Any) -> bool:
    """Whether an agenda item, of the room below, is a proposal that waits for this side's word."""
    return item.status == "proposed" and item.proposed_by.value != actor().side


def minutes_url(consultation: Consultation) -> str | None:
    """The way to the minutes, once there is something to write down."""
    if consultation.status not in (S.IN_SESSION, S.HELD, S.CLOSED):
        return None
    return url_if_open("minutes.of_consultation", consultation_id=consultation.id)


@bp.post("/<int:consultation_id>/begin")
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def begin(consultation: Consultation) -> Response:
    """Both sides are at the table."""
    with transaction():
        service.begin(consultation, by=actor(), at=now())
    flash(_("The session has begun. Record who is there."))
    return back(url_for(".attendance", consultation_id=consultation.id))


@bp.route("/<int:consultation_id>/attendance", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def attendance(consultation: Consultation) -> str | Response:
    """Record who was there."""
    if request.method == "POST":
        given = {}
        for delegate in consultation.delegates:
            word = request.form.get(f"attendance-{delegate.id}", "")
            # Two people record at once: each changes only what they changed on their page.
            if word in list(Attendance) and word != request.form.get(f"was-{delegate.id}"):
                given[delegate.id] = Attendance(word)
        with transaction():
            service.record_attendance(consultation, given, by=actor(), at=now())
        flash(_("Attendance is recorded."))
        return back(url_for(".show", consultation_id=consultation.id))
    return render_template(
        "consultations/attendance.html",
        c=consultation,
        sides=[
            (side, [d for d in consultation.delegates if d.side is side])
            for side in (Side.INSTITUTION, Side.COMPANY)
        ],
        answers=[(one.value, str(word)) for one, (word, _look) in THERE.items()],
        answered=ANSWERS,
        proposed={d.id: _presumed(d) for d in consultation.delegates},
        can_record=consultation.status in service.FIXED_DELEGATION,
    )


def _presumed(delegate: Delegate) -> str:
    """What the form offers until somebody has said who was there: who said yes, came."""
    if delegate.attendance is Attendance.UNKNOWN and delegate.rsvp is Rsvp.ACCEPTED:
        return Attendance.PRESENT.value
    return delegate.attendance.value


@bp.post("/<int:consultation_id>/hold")
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def hold(consultation: Consultation) -> Response:
    """The session is over."""
    with transaction():
        service.hold(consultation, by=actor(), at=now())
    flash(_("Recorded as held. Write the minutes, and say what became of each agenda item."))
    return back(url_for(".show", consultation_id=consultation.id))
