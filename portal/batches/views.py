"""Unannounced batches on screen, for those who are named."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.batches import queries, service
from portal.batches.forms import MarkForm
from portal.batches.models import UnannouncedBatch
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.figures import signed
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.web import Page, asked_number, back, page_number, refuse
from portal.methodology.words import name_of
from portal.scorecards.annex import reason_of

bp = Blueprint("batches", __name__, url_prefix="/batches")


@bp.get("/")
@requires(Permission.BATCHES_READ)
def index() -> str:
    """The batches that the person may know of; of one request those that held it and are open."""
    request_id = asked_number("request")
    page = Page(queries.batches(opened_of=request_id), number=page_number(), is_of_columns=True)
    return render_template("batches/index.html", page=page, is_of_request=request_id is not None)


@bp.route("/mark", methods=["GET", "POST"])
@requires(Permission.BATCHES_MARK)
def mark() -> str | AnyResponse:
    """Mark drafts before they are issued."""
    known = companies.all_companies()
    asked = asked_number("company") or (known[0].id if known else 0)
    form = MarkForm(data={"company": asked, "chosen": [], "readers": []})
    form.company.choices = [(one.id, both(one, "name")) for one in known]
    # What was sent is asked for only where it is one of those offered.
    chosen = form.company.data if form.company.data in {one.id for one in known} else asked
    drafts = queries.candidates(chosen)
    form.chosen.choices = [(one.id, one.request_no) for one in drafts]
    form.readers.choices = [(one.id, both(one, "name")) for one in queries.possible_readers()]
    if form.validate_on_submit():
        try:
            with transaction():
                batch = service.mark(
                    db.session.get_one(Company, form.company.data),
                    purpose=form.purpose.data or "",
                    size=form.size.data,
                    chosen=form.chosen.data or (),
                    readers=form.readers.data or (),
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The batch is marked. Only those named know of it."))
            return back(url_for(".show", unannounced_batch_id=batch.id))
    return render_template("batches/mark.html", form=form, known=known, drafts=drafts)


@bp.get("/<int:unannounced_batch_id>")
@requires(Permission.BATCHES_READ, on=UnannouncedBatch)
def show(batch: UnannouncedBatch) -> str:
    """One batch; once it is open, R1 and R2 of it beside those of the rest."""
    is_open = queries.is_open(batch)
    # Only the first look of who is named writes anything.
    if is_open and queries.unseen(batch, actor()):
        with transaction():
            service.look(batch, by=actor(), at=now())
    return render_template(
        "batches/show.html",
        batch=batch,
        members=queries.members(batch),
        readers=queries.readers(batch),
        is_open=is_open,
        compared=queries.compared(batch),
        name_of=name_of,
        reason_of=reason_of,
        signed=signed,
    )
