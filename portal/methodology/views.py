"""The page of the method."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.access.guard import requires
from portal.access.permissions import Permission
from portal.core.figures import shown
from portal.core.i18n import day
from portal.methodology import queries, words
from portal.methodology.method import VERSION_1_0, Method

bp = Blueprint("methodology", __name__, url_prefix="/methodology")
FORMULAS = {
    "R1": "100 x/n",
    "R2": "100 (1 − S({removal}))",
    "R3": "100 (1 − RMST({horizon})/{horizon})",
    "R4": "100 x/n",
    "R5": "100 x/n",
    "R6": "100 x/n",
}


@bp.get("")
@requires(Permission.METHODOLOGY_READ)
def show() -> str:
    """The method in full: measures, weights, grades, targets, formulas, an example."""
    versions = queries.versions()
    method = versions[0].method if versions else VERSION_1_0
    return render_template(
        "methodology/show.html",
        method=method,
        versions=versions,
        measures=_measures(method),
        targets=_targets(method),
    )


def _measures(method: Method) -> list[dict[str, object]]:
    return [
        {
            "id": weight.measure,
            "name": words.name_of(weight.measure),
            "definition": words.definition_of(weight.measure, method),
            "formula": FORMULAS[weight.measure].format(
                removal=method.removal_hours, horizon=method.horizon_hours
            ),
            "weight": weight.points,
        }
        for weight in method.weights
    ]


def _targets(method: Method) -> list[dict[str, object]]:
    return [
        {
            "source": words.origin_of(target.code),
            "measure": target.measure,
            "hours": target.hours,
            "share": "–" if target.share is None else f"{shown(100 * target.share)}%",
            "valid": f"{day(target.valid_from)} – {day(target.valid_to) if target.valid_to else ''}",
        }
        for target in method.targets
    ]
