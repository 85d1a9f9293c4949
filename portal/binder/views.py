"""Doors of the binder room."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.access.policy import allows
from portal.binder import document, queries, service
from portal.companies.models import Company
from portal.core.clock import now
from portal.core.errors import Refused
from portal.core.i18n import LANGUAGES, language

bp = Blueprint("binder", __name__)
bp.add_app_template_global(document.bodies, "bodies")


def _tongue() -> str:
    asked = request.args.get("language", "")
    return asked if asked in LANGUAGES else language()


@bp.get("/companies/<int:company_id>/binder")
@requires(Permission.BINDER_READ, on=Company)
def show(company: Company) -> str:
    """A company's years, and what the binder of the chosen one will contain."""
    return _page(company)


def _page(company: Company, problem: str = "") -> str:
    years, asked = queries.years(company.id), request.args.get("year", "")
    year = years[0] if years else None
    if asked:
        try:
            year = service.year_of(asked)
        except Refused as refusal:
            year, problem = None, refusal.sentence
    sees_items = allows(actor().role, Permission.ACTIONS_READ)
    return render_template(
        "binder/show.html",
        company=company,
        years=years,
        year=year,
        asked=asked,
        problem=problem,
        parts=queries.parts(company.id, year, language(), with_content=False) if year else [],
        sees_items=sees_items,
        items=len(queries.open_items(company.id, year)) if year and sees_items else 0,
    )


@bp.get("/companies/<int:company_id>/binder.pdf")
@requires(Permission.BINDER_READ, on=Company)
def pdf(company: Company) -> AnyResponse:
    """The binder of a year; a year without adopted minutes is said, not printed."""
    tongue, at = _tongue(), now()
    try:
        year = service.year_of(request.args.get("year", ""))
        said = service.content(company, year, language=tongue, at=at, role=actor().role)
    except Refused as refusal:
        return Response(_page(company, refusal.sentence), status=422)
    name = f"binder-{company.slug}-{year}-{tongue}.pdf"
    return Response(
        service.print_of(said, language=tongue, at=at),
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
