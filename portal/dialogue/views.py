"""Doors of the dialogue room: both sides' punctuality, and the rows behind each figure."""

from __future__ import annotations

import re

from flask import Blueprint, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.core.calendar import month_of, month_start, next_month
from portal.core.clock import now
from portal.dialogue import queries
from portal.dialogue.punctuality import KINDS, punctuality, within
from portal.dialogue.words import NAMES, dialogue_lines

bp = Blueprint("dialogue", __name__, url_prefix="/dialogue")
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
LOOKED_BACK = 12


@bp.get("/")
@requires(Permission.DIALOGUE_READ)
def index() -> str | Response:
    """The companies whose dialogue the person may know of; a company comes to its own."""
    me = actor()
    if me.is_company:
        return redirect(url_for(".show", company_id=me.organisation_id))
    return render_template("dialogue/index.html", companies=companies.all_companies())


@bp.get("/<int:company_id>")
@requires(Permission.DIALOGUE_READ, on=Company)
def show(company: Company) -> str:
    """Both sides in a month and in the twelve months that end with it."""
    at = now()
    asked = request.args.get("month", "")
    this = month_of(at)
    month = asked if MONTH.fullmatch(asked) and asked <= this else this
    end = month_start(next_month(month))
    year = queries.facts(company.id, month_start(next_month(month, 1 - LOOKED_BACK)), end, as_of=at)
    parts = [within(year, month_start(month), end), list(year)]
    return render_template(
        "dialogue/show.html", company=company, month=month, at=at,
        months=[next_month(this, -step) for step in range(LOOKED_BACK)],
        lines=[dialogue_lines([row.to_dict() for row in punctuality(part)]) for part in parts],
        rows={kind: [fact for fact in year if fact.kind == kind] for kind in KINDS}, names=NAMES,
    )  # fmt: skip
