"""What the terms on a card mean, and where its marks in time come from."""

from __future__ import annotations

from datetime import date

from portal.core.figures import in_hundred
from portal.core.i18n import gettext as _
from portal.methodology.method import Method
from portal.methodology.words import Pair, origin_of


def definitions(method: Method, month: str) -> list[Pair]:
    """The terms on the card, and the origin of the marks in time."""
    marks = [
        Pair(
            _("%(measure)s, %(hours)s h", measure=target.measure, hours=target.hours),
            origin_of(target.code)
            + (f" ({in_hundred(target.share)}%)" if target.share is not None else ""),
        )
        for target in method.targets_on(date.fromisoformat(f"{month}-01"))
    ]
    return [
        Pair(
            _("Cohort and clock"),
            _(
                "Requests delivered in the month, followed for %(hours)s hours after its end. The"
                " clock starts with proof of delivery, else with the issue (flagged), and never"
                " pauses. Refused, ignored and still visible requests stay in the denominator.",
                hours=method.followup_hours,
            ),
        ),
        Pair(
            _("Interval"),
            _(
                "95 per cent: Wilson for shares, log-log with Greenwood's variance for R2, normal for"
                " R3."
            ),
        ),
        Pair(
            _("Verdict"),
            _(
                "Met when the whole interval reaches the target, not met when none of it does, else"
                " not shown."
            ),
        ),
        Pair(
            _("Score"),
            _("The mean of the assessed measures, weighted; nothing is imputed."),
        ),
        *(
            [Pair(_("Origin of the marks"), "; ".join(f"{m.term}: {m.text}" for m in marks))]
            if marks
            else []
        ),
    ]
