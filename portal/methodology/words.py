"""The words of the method: names, definitions and origins, for the page, the card and the report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.core.charts import TimelyRow
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.methodology.method import Method


@dataclass(frozen=True)
class Pair:
    """A term and what is said of it."""

    term: str
    text: str


NAMES = {
    "R1": _l("Substantive answer in time"),
    "R2": _l("Removed at source in time, verified"),
    "R3": _l("Speed of removal"),
    "R4": _l("Still gone at the recheck"),
    "R5": _l("Police information requests answered in time"),
    "R6": _l("Agreed action items done in time"),
}
DEFINITIONS = {
    "R1": _l(
        "Requests decided within %(answer)s hours of delivery, of those followed that long. An"
        " acknowledgement is no answer; a refusal is one."
    ),
    "R2": _l(
        "Share gone at source within %(removal)s hours (Kaplan-Meier), at the time of the removal,"
        " once someone other than the claimant has checked."
    ),
    "R3": _l(
        "100 less the share of the first %(horizon)s hours for which content stayed up on average"
        " (restricted mean)."
    ),
    "R4": _l(
        "Removals still gone %(days)s days later, of those rechecked: all of them, or a sample of"
        " at least %(least)s drawn by the system."
    ),
    "R5": _l(
        "Police information requests due in the month and answered within %(working)s Korean"
        " working days."
    ),
    "R6": _l(
        "Agreed action items of the company due in the month, done in time and with the evidence"
        " accepted."
    ),
}
ORIGINS = {
    "commission": _l("the commission's own target"),
    "eu_code_plus": _l("EU Code of conduct+"),
    "us_take_it_down": _l("US TAKE IT DOWN Act"),
    "de_netzdg": _l("German NetzDG"),
}


def name_of(id: str) -> str:
    """A measure's name."""
    return str(NAMES[id])


def definition_of(id: str, method: Method) -> str:
    """What a measure counts, in a sentence."""
    values = {
        "answer": method.answer_hours,
        "removal": method.removal_hours,
        "horizon": method.horizon_hours,
        "days": method.recheck_days,
        "least": method.recheck_minimum,
        "working": method.police_working_days,
    }
    return _(DEFINITIONS[id].source, **values)


def origin_of(code: str) -> str:
    """Where a mark comes from."""
    return str(ORIGINS.get(code, code))


def timely_in_words(rows: Iterable[TimelyRow]) -> str:
    """What a chart of things done in time, late and still open shows, for those who cannot see it."""
    return "; ".join(
        _(
            "%(label)s: %(in_time)s in time, %(late)s late, %(open)s open",
            label=row.label,
            in_time=row.in_time,
            late=row.late,
            open=row.open,
        )
        for row in rows
    )
