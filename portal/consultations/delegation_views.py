"""Doors of the delegations: who comes, their answers, what the gate asks of them."""

from __future__ import annotations

from flask import abort, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access.actor import OrganisationKind
from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.companies import queries as companies
from portal.companies.models import Representative
from portal.consultations import queries, service, visitors
from portal.consultations.blueprint import bp
from portal.consultations.forms import (
    DelegateForm,
    VisitorForm,
)
from portal.consultations.invitation import answered_by
from portal.consultations.models import (
    Consultation,
    Delegate,
    Rsvp,
    Side,
    Visitor,
)
from portal.consultations.words import ANSWERS, WAYS, S
from portal.core.clock import local_date, now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import both, country_name
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse


@bp.route("/<int:consultation_id>/delegation", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_RESPOND, on=Consultation)
def delegation(consultation: Consultation) -> str | Response:
    """The own delegation: who comes, who leads, one person more."""
    me = actor()
    may_name = me.kind in (OrganisationKind.INSTITUTION, OrganisationKind.COMPANY)
    form, people, representatives = _delegate_form(consultation)
    if may_name and form.validate_on_submit():
        try:
            with transaction():
                later = consultations_after(consultation) if form.later.data else ()
                service.join(
                    [consultation, *later],
                    account=people.get(form.account_id.data),
                    representative=representatives.get(form.representative_id.data),
                    name=form.name.data or "",
                    title=form.title.data or "",
                    can_bind="can_bind" in form and form.can_bind.data,
                    is_lead=form.is_lead.data,
                    email=form.email.data or "",
                    language=form.language.data or None,
                    is_interpreter=form.is_interpreter.data,
                    by=me,
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The delegation is changed."))
            return back(url_for(".delegation", consultation_id=consultation.id))
    side, known = Side(me.side), visitors.known_for(consultation)
    return render_template(
        "consultations/delegation.html",
        c=consultation,
        form=form,
        side=side,
        ours=[d for d in consultation.delegates if d.side is side],
        my_organisation=me.organisation_id,
        may_name=may_name and consultation.status in service.OPEN_DELEGATION,
        may_answer=consultation.status in service.INVITED,
        is_fixed=consultation.status in service.FIXED_DELEGATION,
        is_over=consultation.ends_at <= now(),
        answers=queries.answers(consultation),
        visitors=known,
        theirs=[d for d in consultation.delegates if d.side is not side and d.id in known],
        ways={via: str(word) for via, word in WAYS.items()},
        words={one: str(word) for one, (word, _look) in ANSWERS.items()},
    )


def _delegate_form(
    consultation: Consultation,
) -> tuple[DelegateForm, dict[int, Account], dict[int, Representative]]:
    form = DelegateForm()
    people: dict[int, Account] = {}
    representatives: dict[int, Representative] = {}
    if actor().is_company:
        day = local_date(consultation.starts_at)
        representatives = {
            person.id: person
            for person in companies.representatives(consultation.company_id)
            if person.until_on is None or person.until_on >= day
        }
        del form.can_bind
    elif actor().kind is OrganisationKind.INSTITUTION:
        people = {account.id: account for account in queries.possible_delegates()}
    nobody = (0, _("Nobody of the list"))
    form.account_id.choices = [
        nobody,
        *((a.id, f"{both(a, 'name')} ({both(a.organisation, 'name')})") for a in people.values()),
    ]
    form.representative_id.choices = [
        nobody,
        *((p.id, f"{p.name}, {p.title}".rstrip(", ")) for p in representatives.values()),
    ]
    return form, people, representatives


@bp.post("/delegates/<int:delegate_id>/respond")
@requires(Permission.CONSULTATIONS_RESPOND, on=Delegate)
def respond(delegate: Delegate) -> Response:
    """Say whether somebody comes."""
    answer = request.form.get("answer", "")
    if answer not in list(Rsvp):
        abort(400)
    with transaction():
        service.respond(delegate, Rsvp(answer), by=actor(), at=now())
    flash(_("The answer is recorded."))
    where = ".delegation" if "from_delegation" in request.form else ".show"
    return back(url_for(where, consultation_id=delegate.consultation_id))


def consultations_after(consultation: Consultation) -> list[Consultation]:
    """The later ones that have their date: somebody who joins is invited to each of them."""
    return [c for c in queries.later_ones(consultation) if c.status in service.INVITED]


@bp.route("/rsvp/<token>", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def answer(token: str) -> str | Response:
    """Answer an invitation from its letter. Opening the page answers nothing: it asks."""
    whose = answered_by(token)
    seat = queries.seat(*whose) if whose else None
    if seat is None or seat.consultation.status is S.DRAFT:
        abort(410)
    with beyond_scope("a signed link is its holder's way in"):
        if request.method == "POST":
            given, seen = request.form.get("answer", ""), request.form.get("sequence", type=int)
            if given not in list(Rsvp) or seen is None:
                abort(400)
            try:
                with transaction():
                    service.answer_by_link(seat, Rsvp(given), sequence=seen, at=now())
            except Refused as refusal:
                flash(refusal.sentence, "error")
            else:
                flash(_("The answer is recorded."))
            return back(url_for(".answer", token=token))
        c = seat.consultation
        return render_template(
            "consultations/answer.html",
            c=c,
            seat=seat,
            clocks=c.clocks(),
            country=country_name(c.venue_country),
            answer=ANSWERS[seat.rsvp][0],
            is_open=c.status in service.TO_ANSWER and c.starts_at > now(),
        )


@bp.route("/delegates/<int:delegate_id>/visitor", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_RESPOND, on=Delegate)
def visitor(delegate: Delegate) -> str | Response:
    """What the gate of the venue asks of somebody; their own organisation gives it."""
    is_ours = delegate.organisation_id == actor().organisation_id
    if not is_ours and actor().kind is not OrganisationKind.INSTITUTION:
        abort(404)
    form = VisitorForm()
    if is_ours and form.validate_on_submit():
        told = {name: form[name].data or "" for name in visitors.FIELDS}
        try:
            with transaction():
                visitors.keep(delegate, told, by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Kept, sealed. It is erased 30 days after the consultation at the latest."))
            return back(url_for(".delegation", consultation_id=delegate.consultation_id))
    return render_template(
        "consultations/visitor.html",
        form=form,
        is_ours=is_ours,
        delegate=delegate,
        c=delegate.consultation,
        held=visitors.of_delegate(delegate),
    )


@bp.post("/visitors/<int:visitor_id>/reveal")
@requires(Permission.CONSULTATIONS_RESPOND, on=Visitor)
def reveal_visitor(held: Visitor) -> str:
    """Open what is kept for the gate; the log says who did."""
    with transaction():
        told = visitors.reveal(held, by=actor(), at=now())
        consultation = db.session.get(Consultation, held.consultation_id)
        return render_template("consultations/revealed.html", c=consultation, told=told)


@bp.post("/delegates/<int:delegate_id>/lead")
@requires(Permission.CONSULTATIONS_RESPOND, on=Delegate)
def name_lead(delegate: Delegate) -> Response:
    """Let somebody lead the own delegation."""
    with transaction():
        service.name_lead(delegate, by=actor(), at=now())
    flash(_("The delegation is changed."))
    return back(url_for(".delegation", consultation_id=delegate.consultation_id))


@bp.post("/delegates/<int:delegate_id>/remove")
@requires(Permission.CONSULTATIONS_RESPOND, on=Delegate)
def remove_delegate(delegate: Delegate) -> Response:
    """Take somebody off the own delegation."""
    consultation_id = delegate.consultation_id
    with transaction():
        service.remove_delegate(delegate, by=actor(), at=now())
    flash(_("The delegation is changed."))
    return back(url_for(".delegation", consultation_id=consultation_id))
