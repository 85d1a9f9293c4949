"""Doors of the reminders room: what will be said, the table of duties, proof of notification."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.actor import OrganisationKind
from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.consultations.duties import (
    AFTER,
    WITH_DEADLINE,
    DutyKind,
    Rule,
    WorkingDays,
)
from portal.consultations.models import Consultation, Side
from portal.core import i18n, pdf
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.web import asked_number, back, refuse
from portal.documents.service import print_pdf
from portal.reminders import document, queries, service
from portal.reminders.forms import DutyForm
from portal.reminders.models import Proof

bp = Blueprint("reminders", __name__)

MOST_PRINTED = 300
"""More letters than one consultation ever had; a file has to end somewhere."""
FEW = 3
"""So few letters are printed at once; for more the page would wait in the way of others."""
MEANING = {
    DutyKind.RESPOND_BY: _l(
        "Who has not answered the invitation is asked again. While slots are offered, the same "
        "notice holds before the date for answers to them."
    ),
    DutyKind.AGENDA_CUT_OFF: _l("Until then proposals for the agenda are in time."),
    DutyKind.FIRST_REMINDER: _l("Time and place, and what is still open."),
    DutyKind.LAST_REMINDER: _l("Time and place, and what is still open."),
    DutyKind.MINUTES_DUE: _l("Names what is missing before the minutes go to the company."),
    DutyKind.MINUTES_ANSWER: _l("Names the items that the company has not answered."),
}


@bp.get("/consultations/<int:consultation_id>/reminders")
@requires(Permission.CONSULTATIONS_READ, on=Consultation)
def of_consultation(consultation: Consultation) -> str:
    """What will be said about a consultation to whom and when, and what was said."""
    me, at = actor(), now()
    minutes = queries.minutes_of(consultation) if consultation.held_at else None
    said = service.sayings(consultation, minutes, days=WorkingDays.as_known())
    if me.kind is not OrganisationKind.INSTITUTION:
        said = [one for one in said if one.to.organisation_id == me.organisation_id]
    sent = queries.sent_for(consultation.id)
    keys = {(one.kind, one.recipient, one.armed_for) for one in sent}
    coming = [one for one in said if one.key not in keys and one.moment.until > at]
    return render_template(
        "reminders/of_consultation.html",
        c=consultation,
        groups=_grouped(coming),
        sent=sent,
        sides={
            Side.INSTITUTION: _("The institution"),
            Side.COMPANY: both(consultation.company, "name"),
        },
        meaning=MEANING,
        at=at,
    )


def _grouped(coming: list[service.Saying]) -> list[dict[str, Any]]:
    """One line for all who are told the same at the same time on the same clock."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in coming:
        key = (one.moment.rule.kind, one.to.side, one.to.time_zone, one.moment.send_at)
        group = groups.setdefault(
            key,
            {
                "kind": one.moment.rule.kind,
                "side": one.to.side,
                "zone": one.to.time_zone,
                "send_at": one.moment.send_at,
                "deadline": one.moment.deadline,
                "names": [],
            },
        )
        group["names"].append(one.to.name)
    return list(groups.values())


@bp.get("/duties/")
@requires(Permission.DUTIES_READ)
def duties() -> str:
    """What is due when, for all and for the companies that have rules of their own."""
    held = queries.all_duties()
    known = {company.id: both(company, "name") for company in companies.names()}
    return render_template(
        "reminders/duties.html",
        standard=[(kind, queries.standard(kind, held), held.get(None, {}).get(kind))
                  for kind in DutyKind],
        own=[
            (known[company_id], company_id, [(duty.as_rule(), duty) for duty in rules.values()])
            for company_id, rules in held.items()
            if company_id in known
        ],
        companies=known,
        meaning=MEANING,
        in_words=in_words,
    )  # fmt: skip


def in_words(rule: Rule) -> str:
    """When a duty falls due, as a sentence."""
    if not rule.is_active:
        return _("Nobody is told.")
    if rule.kind is DutyKind.MINUTES_ANSWER:
        return _("%(notice)s working day(s) before the company's deadline", notice=rule.notice)
    when = (
        _("%(days)s working day(s) after it was held", days=rule.days)
        if rule.kind in AFTER
        else _("%(days)s working day(s) before", days=rule.days)
    )
    if rule.kind not in WITH_DEADLINE:
        return when
    return _("%(when)s; reminder %(notice)s working day(s) earlier", when=when, notice=rule.notice)


@bp.route("/duties/edit", methods=["GET", "POST"])
@requires(Permission.DUTIES_EDIT)
def edit_duty() -> str | AnyResponse:
    """Change one duty, for all or for a company."""
    kind, company = _chosen()
    if kind is None:
        return back(url_for(".duties"))
    held = queries.all_duties()
    rule = queries.standard(kind, held)
    if company is not None and kind in held.get(company.id, {}):
        rule = held[company.id][kind].as_rule()
    form = DutyForm(obj=rule)
    if form.validate_on_submit():
        try:
            with transaction():
                service.set_duty(
                    kind,
                    company,
                    days=form.days.data or 0,
                    notice=form.notice.data or 0,
                    whom=form.whom.data,
                    is_active=form.is_active.data,
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Saved. What was said already is not said again."))
            return back(url_for(".duties"))
    return render_template(
        "reminders/edit_duty.html", form=form, kind=kind, company=company, meaning=MEANING[kind],
        has_deadline=kind in WITH_DEADLINE, has_days=kind is not DutyKind.MINUTES_ANSWER,
        is_own=company is not None and kind in held.get(company.id, {}),
    )  # fmt: skip


@bp.post("/duties/drop")
@requires(Permission.DUTIES_EDIT)
def drop_duty() -> AnyResponse:
    """Take a changed duty back."""
    kind, company = _chosen()
    if kind is not None:
        with transaction():
            service.drop_duty(kind, company, by=actor(), at=now())
        flash(_("Taken back."))
    return back(url_for(".duties"))


def _chosen() -> tuple[DutyKind | None, Company | None]:
    word, company_id = request.values.get("kind", ""), asked_number("company")
    company = queries.company(company_id) if company_id else None
    kind = DutyKind(word) if word in list(DutyKind) else None
    return (None if company_id and company is None else kind), company


@bp.get("/letters/<int:letter_id>")
@requires(Permission.OUTBOX_READ, on=Proof)
def letter(letter: Proof) -> str:
    """One letter as proof of notification: who was told what and when, and what the server said."""
    return render_template("reminders/letter.html", letter=letter, facts=document.facts(letter))


@bp.get("/letters/<int:letter_id>.pdf")
@requires(Permission.OUTBOX_READ, on=Proof)
def letter_pdf(letter: Proof) -> AnyResponse:
    """The same on paper."""
    return _printed([letter], number=f"L-{letter.id}", name=f"letter-{letter.id}.pdf")


@bp.get("/consultations/<int:consultation_id>/letters.pdf")
@requires(Permission.OUTBOX_READ, on=Consultation)
def letters_pdf(consultation: Consultation) -> AnyResponse:
    """Every letter about a consultation that the person may know of, in order, in one file."""
    letters = queries.letters_about(consultation.id, most=MOST_PRINTED)
    if not letters:
        flash(_("No letter about this consultation was written to you or your side."))
        return back(url_for("consultations.show", consultation_id=consultation.id))
    return _printed(
        letters,
        number=consultation.serial or "",
        name=f"letters-{consultation.id}.pdf",
        note=_("Letters about %(serial)s, its agenda and its minutes, in the order in which they"
               " were written: %(count)s", serial=consultation.serial, count=len(letters)),
    )  # fmt: skip


def _printed(letters: Any, *, number: str, name: str, note: str = "") -> AnyResponse:
    at = now()
    content = document.content(
        letters, number=number, title=_("Proof of notification"), note=note, at=at
    )
    printed = print_pdf(
        "reminders/pdf.html", content, language=i18n.language(), made_at=at,
        render=pdf.render if len(letters) <= FEW else pdf.render_in_child,
    )  # fmt: skip
    return Response(
        printed,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
