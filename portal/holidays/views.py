"""Doors of the holidays room."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import countries
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse
from portal.holidays import queries, service
from portal.holidays.forms import HolidayForm
from portal.holidays.models import Holiday

bp = Blueprint("holidays", __name__, url_prefix="/holidays")


@bp.route("/", methods=["GET", "POST"])
@requires(Permission.HOLIDAYS_READ)
def index() -> str | Response:
    """The days off that we added to the calendars of countries; administrators add more."""
    form = HolidayForm()
    form.country.choices = [one for one in countries() if one[0] != "ZZ"]  # a day has a country
    may_edit = can(Permission.HOLIDAYS_EDIT)
    if may_edit and form.validate_on_submit():
        try:
            if not form.confirmed.data:
                service.judge(form.country.data, form.on.data)
                return _preview(_asked(form), form=form)
            with transaction():
                service.add(
                    form.country.data,
                    form.on.data,
                    name_ko=form.name_ko.data or "",
                    name_en=form.name_en.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Added. Warnings and deadlines count it from now on."))
            return back(url_for(".index"))
    return render_template("holidays/index.html", form=form if may_edit else None,
                           holidays=queries.listed())  # fmt: skip


@bp.route("/<int:holiday_id>/drop", methods=["GET", "POST"])
@requires(Permission.HOLIDAYS_EDIT, on=Holiday)
def drop(holiday: Holiday) -> str | Response:
    """Take a day out of the table, after a look at what that moves."""
    form = HolidayForm()
    if not form.is_submitted():
        return _preview(service.dropping(holiday), form=form)
    with transaction():
        service.drop(holiday, by=actor(), at=now())
    flash(_("Taken out of the table. Warnings and deadlines do not count it from now on."))
    return back(url_for(".index"))


def _asked(form: HolidayForm) -> service.Change:
    return service.Change(
        form.country.data, form.on.data, form.name_ko.data or "", form.name_en.data or "",
        is_added=True,
    )  # fmt: skip


def _preview(change: service.Change, *, form: Any) -> str:
    """Which open deadlines a change would move: by day for everybody who may change the table."""
    at = now()
    moves = service.preview(change, at=at)
    days = Counter((move.due_from, move.due_to, move.counted_to) for move in moves)
    return render_template(
        "holidays/preview.html", change=change, form=form, at=at, total=len(moves),
        days=sorted(days.items()),
        kept=sum(move.counted_to < move.due_to for move in moves),
    )  # fmt: skip
