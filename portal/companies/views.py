"""Doors of the companies room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.accounts import queries as accounts
from portal.accounts import service as accounts_service
from portal.accounts.models import ReminderMode
from portal.companies import queries, service
from portal.companies.forms import (
    AddCompanyForm,
    EditCompanyForm,
    HostsForm,
    MergeForm,
    MovePlatformForm,
    PlatformForm,
    RemindersForm,
    RenameForm,
    RepresentativeForm,
)
from portal.companies.models import Company, Platform, Representative
from portal.core.clock import local_date, now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.web import Form, back, refuse
from portal.institution.seniors import SeniorForm

bp = Blueprint("companies", __name__, url_prefix="/companies")


@bp.get("/")
@requires(Permission.COMPANIES_READ)
def index() -> str:
    """The companies the person may know of."""
    return render_template("companies/index.html", companies=queries.all_companies())


@bp.get("/<int:company_id>")
@requires(Permission.COMPANIES_READ, on=Company)
def show(company: Company) -> str:
    """A company, its platforms, who may speak for it and whom to escalate to."""
    return render_template(
        "companies/show.html",
        company=company,
        representatives=queries.representatives(company.id),
        seniors=queries.seniors(company.id),
        reminders=accounts.reminder_mode(company.id),
        former_names=queries.former_names(company.id),
        runs=queries.runs(company_id=company.id),
        predecessors=queries.predecessors(company.id),
        successor=queries.successor(company),
        today=local_date(now()),
    )


def _form_page(
    form: Form, title: str, verb: Callable[..., Any], target: Callable[[], str], crumb: Any = None
) -> str | Response:
    """Show a form; when it is good, do the verb with its values and go where it leads."""
    if form.validate_on_submit():
        values = {name: field.data for name, field in form._fields.items() if name != "csrf_token"}
        try:
            with transaction():
                verb(**values, by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Saved."))
            return back(target())
    return render_template("companies/edit.html", form=form, title=title, company=crumb)


@bp.route("/add", methods=["GET", "POST"])
@requires(Permission.COMPANIES_EDIT)
def add() -> str | Response:
    """Bring a company into the dialogue."""
    return _form_page(
        AddCompanyForm(), _("Add a company"), service.add_company, lambda: url_for(".index")
    )


@bp.route("/<int:company_id>/edit", methods=["GET", "POST"])
@requires(Permission.COMPANIES_EDIT, on=Company)
def edit(company: Company) -> str | Response:
    """Change what is known of a company."""
    return _form_page(
        EditCompanyForm(obj=company),
        _("Edit the company"),
        lambda **values: service.edit_company(company, **values),
        lambda: url_for(".show", company_id=company.id),
        company,
    )


@bp.route("/<int:company_id>/rename", methods=["GET", "POST"])
@requires(Permission.COMPANIES_RENAME, on=Company)
def rename(company: Company) -> str | Response:
    """Give a company a new name from a day on."""
    return _form_page(
        RenameForm(obj=company, data={"from_on": local_date(now())}),
        _("Rename the company"),
        lambda **values: service.rename(company, **values),
        lambda: url_for(".show", company_id=company.id),
        company,
    )


@bp.route("/platforms/<int:platform_id>/move", methods=["GET", "POST"])
@requires(Permission.COMPANIES_MOVE_PLATFORM, on=Platform)
def move_platform(platform: Platform) -> str | Response:
    """Record that another company runs a platform from a day on."""
    before = platform.company
    form = MovePlatformForm(data={"from_on": local_date(now())})
    form.company_id.offer(_others(before))
    return _form_page(
        form,
        _("Move %(platform)s to another company", platform=both(platform, "name")),
        lambda company_id, **values: service.move_platform(
            platform, db.session.get_one(Company, company_id), **values
        ),
        lambda: url_for(".show", company_id=before.id),
        before,
    )


@bp.route("/<int:company_id>/merge", methods=["GET", "POST"])
@requires(Permission.COMPANIES_MERGE, on=Company)
def merge(company: Company) -> str | Response:
    """Record that a company merged into another."""
    form = MergeForm()
    form.company_id.offer(_others(company))
    return _form_page(
        form,
        _("Merge into another company"),
        lambda company_id, **values: service.merge(
            company, db.session.get_one(Company, company_id), **values
        ),
        lambda: url_for(".show", company_id=company.id),
        company,
    )


def _others(company: Company) -> list[tuple[int, str]]:
    lasting = queries.all_companies(lasting=local_date(now()))
    return [(one.id, both(one, "name")) for one in lasting if one.id != company.id]


@bp.route("/<int:company_id>/platforms/add", methods=["GET", "POST"])
@requires(Permission.COMPANIES_EDIT, on=Company)
def add_platform(company: Company) -> str | Response:
    """Record a platform."""
    return _form_page(
        PlatformForm(),
        _("Add a platform"),
        lambda **values: service.add_platform(company, **values),
        lambda: url_for(".show", company_id=company.id),
        company,
    )


@bp.route("/platforms/<int:platform_id>/hosts", methods=["GET", "POST"])
@requires(Permission.COMPANIES_EDIT, on=Platform)
def set_hosts(platform: Platform) -> str | Response:
    """Say at which hosts the content of a platform stands."""
    return _form_page(
        HostsForm(hosts=platform.hosts.replace(" ", "\n")),
        _("Hosts of %(platform)s", platform=both(platform, "name")),
        lambda **values: service.set_hosts(platform, **values),
        lambda: url_for(".show", company_id=platform.company_id),
        platform.company,
    )


@bp.route("/<int:company_id>/representatives/add", methods=["GET", "POST"])
@requires(Permission.REPRESENTATIVES_EDIT, on=Company)
def add_representative(company: Company) -> str | Response:
    """Record somebody who may speak for the company."""
    return _form_page(
        RepresentativeForm(),
        _("Add a representative"),
        lambda **values: service.add_representative(company, **values),
        lambda: url_for(".show", company_id=company.id),
        company,
    )


@bp.post("/representatives/<int:representative_id>/confirm")
@requires(Permission.REPRESENTATIVES_CONFIRM, on=Representative)
def confirm_representative(representative: Representative) -> Response:
    """The company confirms who may speak for it."""
    with transaction():
        service.confirm_representative(representative, by=actor(), at=now())
    flash(_("Confirmed."))
    return back(url_for(".show", company_id=representative.company_id))


@bp.post("/representatives/<int:representative_id>/end")
@requires(Permission.REPRESENTATIVES_EDIT, on=Representative)
def end_representative(representative: Representative) -> Response:
    """End somebody's standing with today."""
    with transaction():
        service.end_representative(representative, on=local_date(now()), by=actor(), at=now())
    flash(_("Saved."))
    return back(url_for(".show", company_id=representative.company_id))


@bp.route("/<int:company_id>/seniors/add", methods=["GET", "POST"])
@requires(Permission.REPRESENTATIVES_EDIT, on=Company)
def add_senior(company: Company) -> str | Response:
    """Name a senior for escalation."""
    return _form_page(
        SeniorForm(),
        _("Name a senior"),
        lambda **values: service.add_senior(company, **values),
        lambda: url_for(".show", company_id=company.id),
        company,
    )


@bp.route("/<int:company_id>/reminders", methods=["GET", "POST"])
@requires(Permission.COMPANIES_CHOOSE_REMINDERS, on=Company)
def choose_reminders(company: Company) -> str | Response:
    """Choose how the company's people are reminded of what it owes."""
    return _form_page(
        RemindersForm(data={"mode": accounts.reminder_mode(company.id).value}),
        _("Reminders of action items"),
        lambda mode, **who: accounts_service.choose_reminders(
            company.id, ReminderMode(mode), **who
        ),
        lambda: url_for(".show", company_id=company.id),
        company,
    )
