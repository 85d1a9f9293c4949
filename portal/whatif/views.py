"""Doors of the what-if room. All are read: the weights stand in the address, nothing is stored."""

from __future__ import annotations

import re

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from portal.access.actor import Role
from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.access.scope import beyond_scope
from portal.core import charts
from portal.core.calendar import month_of, next_month
from portal.core.clock import now
from portal.core.figures import shown
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both, month_name
from portal.core.i18n import gettext as _
from portal.methodology.method import MEASURES, Method
from portal.methodology.models import Methodology
from portal.methodology.words import name_of
from portal.whatif import comparison, queries

bp = Blueprint("whatif", __name__, url_prefix="/what-if")
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
LOOKED_BACK = 12
WORDS = {"account": _l("the account itself")}
"""A surface whose code means something else where measures are meant."""


@bp.get("/")
@requires(Permission.WHAT_IF_READ)
def index() -> str | Response:
    """The newest month with frozen cards."""
    months = queries.months()
    if months:
        return redirect(url_for(".month", month=months[0]))
    return render_template("whatif/empty.html")


@bp.get("/<month>")
@requires(Permission.WHAT_IF_READ)
def month(month: str) -> str | Response:
    """A month's companies under the method's weights and under those of the address."""
    if not MONTH.fullmatch(month):
        return redirect(url_for(".index"))
    cards, others = comparison.of_one_method(queries.cards([month]))
    months = queries.months()
    if not cards:
        return render_template("whatif/empty.html", month=month, months=months)
    method = cards[0].method
    asked = comparison.asked_weights(request.args, method)
    rows = comparison.compared(cards, asked.weights, method, is_geometric=asked.is_geometric)
    cohorts = comparison.cohorts(cards)
    return render_template(
        "whatif/month.html",
        month=month,
        months=months,
        method=method,
        asked=asked,
        total=sum(asked.weights.values()),
        measures=[(id, name_of(id), method.points(id)) for id in MEASURES],
        outcomes=[
            (one, _address(month, one.preset, method)) for one in comparison.outcomes(cards, method)
        ],
        rows=rows,
        plot=_plot(rows, month),
        orders=comparison.orders(rows),
        ahead=comparison.ahead_of(rows),
        others=others,
        mixes=[
            (_("By surface"), comparison.mix(cohorts, "surface", method)),
            (_("By legal ground"), comparison.mix(cohorts, "legal_ground", method)),
        ],
        curves=comparison.curves(cohorts),
        sure=comparison.SURE,
        words=WORDS,
    )


def _address(month: str, preset: comparison.Preset, method: Method) -> str:
    """Where a preset stands: its weights are in the address, so that it can be sent to others."""
    here = url_for(".month", month=month)
    said = [f"mean={comparison.GEOMETRIC}"] if preset.is_geometric else []
    if preset.weights != comparison.own_weights(method):
        said += [f"{id}={float(points):g}" for id, points in preset.weights.items()]
    return f"{here}?{'&'.join(said)}" if said else here


def _plot(rows: list[comparison.Row], month: str) -> Markup | str:
    strip = [
        charts.StripRow(
            both(row.card.company, "name"), row.moved.score, row.moved.low, row.moved.high,
            note=_("no score"), look=charts.kept_look(row.card.company.look),
        )
        for row in rows
    ]  # fmt: skip
    return charts.interval_strip(
        strip,
        title=_("Scores under these weights"),
        description=_(
            "One dot with its 95%% interval for each company, %(month)s.", month=month_name(month)
        ),
        limits=(0, 100),
        format=lambda value: shown(value),
        chart_id="what-if",
    )


@bp.get("/methodology/<int:methodology_id>")
@requires(Permission.METHODOLOGY_REVIEW, on=Methodology)
def version(found: Methodology) -> str:
    """What a version would have made of the frozen cards of the past twelve months."""
    this_month = month_of(now())
    months = [next_month(this_month, -step) for step in range(LOOKED_BACK, 0, -1)]
    if actor().role is Role.ADMINISTRATOR:
        # Who drafts a method must see its effect; no page of a card is opened by this.
        with beyond_scope("scores and letters of past cards beside those of a drafted method"):
            effects = comparison.effects(queries.cards(months), found.method)
    else:
        effects = comparison.effects(queries.cards(months), found.method)
    return render_template(
        "whatif/version.html",
        version=found,
        months=months,
        # What is asked of a draft first is which letters it changes.
        effects=sorted(effects, key=lambda effect: not effect.is_other_letter),
        changed=sum(effect.is_other_letter for effect in effects),
    )
