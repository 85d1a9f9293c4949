"""Outside yardsticks on a page."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flask import Blueprint, render_template, request
from markupsafe import Markup

from portal.access.guard import requires
from portal.access.permissions import Permission
from portal.benchmarks import forms, queries
from portal.core import charts
from portal.core.errors import Refused
from portal.core.figures import shown
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.methodology.words import definition_of

bp = Blueprint("benchmarks", __name__, url_prefix="/benchmarks")
DEFINITIONS = {
    "reviewed_24h": _l(
        "Notices that the company reviewed within 24 hours of receiving them, as a share of all"
        " notices sent to it. A refusal is a review too."
    ),
    "removed": _l(
        "Notices whose content was removed, as a share of all notices sent to it: by when, and"
        " whether a block in one country counts, is for the publisher to say."
    ),
}
"""What a round says it counts. The portal's own definitions are those of the method."""
NAMES = {"reviewed_24h": _l("Reviewed within 24 hours"), "removed": _l("Removed")}


@bp.get("/")
@requires(Permission.FACTS_READ)
def index() -> str:
    """A published round: each company's rates with interval, verdict and ranks."""
    known, problem = queries.rounds(), ""
    asked = request.args.get("round", "")
    name = asked if asked in known else (known[-1] if known else "")
    typed = request.args.get("target", "")
    try:
        target = forms.target_of(typed)
    except Refused as refusal:
        target, problem = forms.target_of(forms.USUAL), refusal.sentence
    rows = queries.rows_of(name) if name else []
    rates = {rate: queries.rates(rows, rate, target) for rate in queries.RATES}
    return render_template(
        "benchmarks/index.html",
        rounds=known,
        name=name,
        typed=typed or forms.USUAL,
        problem=problem,
        target=target,
        rows=[row for row in rows if not queries.is_total(row)],
        rates=rates,
        names=NAMES,
        plots={rate: _plot(name, rate, rates[rate], target) for rate in rates} if rows else {},
        totals=[one for one in queries.totals(rows) if not one.adds_up],
        ours=queries.ours(target) if rows else None,
        own=queries.OWN,
        definitions=DEFINITIONS,
        definition_of=definition_of,
        sources=list(dict.fromkeys(row.source for row in rows)),
        periods=list(dict.fromkeys(row.period for row in rows)),
    )


def _plot(name: str, rate: str, found: dict[str, Any], target: Fraction) -> Markup:
    rows = [
        charts.StripRow(company, one.value, one.low, one.high, note=_(one.verdict))
        for company, one in found.items()
    ]
    return charts.interval_strip(
        rows,
        title=str(NAMES[rate]),
        description=_(
            "%(rate)s in %(round)s: one dot with its 95%% interval for each company.",
            rate=NAMES[rate],
            round=name,
        ),
        limits=(0, 100),
        format=lambda value: f"{shown(value)}%",
        target=float(target),
        target_label=_("Target"),
        words=(_("met"), _("not shown"), _("not met")),
        chart_id=f"benchmark-{rate}",
    )
