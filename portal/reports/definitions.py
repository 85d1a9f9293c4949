# ruff: noqa: E501 - a definition is easier to read on one line.
"""What each figure of a report means."""

from __future__ import annotations

from portal.core.i18n import gettext as _
from portal.methodology.method import MEASURES, Method
from portal.methodology.small_cells import HIDDEN
from portal.methodology.words import Pair


def definitions(method: Method) -> list[Pair]:
    values = {
        "answer": method.answer_hours,
        "removal": method.removal_hours,
        "horizon": method.horizon_hours,
        "followup": method.followup_hours,
        "working": method.police_working_days,
        "days": method.recheck_days,
        "few": method.insufficient_below,
        "some": method.provisional_below,
    }
    weights = ", ".join(f"{id} {method.points(id)}" for id in MEASURES)
    bands = ", ".join(f"{band.letter} {band.at_least}+" for band in method.bands)
    caps = "; ".join(
        _("%(measure)s below %(below)s: at most %(letter)s", measure=cap.measure, below=cap.below, letter=cap.at_most)
        for cap in method.caps
    )  # fmt: skip
    return [
        Pair(_("Cohort"), _("Requests delivered in the month in Korean time, followed for %(followup)s hours after its end. Refused, ignored and still visible requests stay in the denominator; left out are only withdrawn, duplicate and malformed requests and what was gone before, each with a second person.", **values)),
        Pair("R1", _("Requests decided within %(answer)s hours of delivery. An acknowledgement is no answer; a refusal is one.", **values)),
        Pair("R2", _("Share removed at source within %(removal)s hours (Kaplan-Meier), verified by someone other than who claimed it.", **values)),
        Pair("R3", _("100 less the share of the first %(horizon)s hours for which content stayed up on average.", **values)),
        Pair("R4", _("Removals still gone %(days)s days later, of those rechecked.", **values)),
        Pair("R5", _("Police information requests answered within %(working)s Korean working days, of those due in the month.", **values)),
        Pair("R6", _("Agreed action items of the company done in time with evidence accepted, of those due in the month.", **values)),
        Pair(_("Score and letter"), _("Weighted mean of the assessed measures (%(weights)s). Letters: %(bands)s; %(caps)s.", weights=weights, bands=bands, caps=caps)),
        Pair(_("Labels"), _("Fewer than %(few)s requests: insufficient data, no letter. Fewer than %(some)s, or a wide interval of R2: a provisional letter. Nothing is imputed.", **values)),
        Pair(_("Interval"), _("95 per cent. For the score from %(draws)s seeded draws; for shares after Wilson; R2 log-log with Greenwood's variance.", draws=f"{method.draws:,}")),
        Pair(_("Rank"), _("Only as an interval: one company stands before another only where their intervals do not overlap.")),
        Pair(_("Against last month"), _("A change is printed only where it is shown: where the 95 per cent interval of the difference (square-and-add, Newcombe 1998) excludes no change. Otherwise “not shown” stands, for the difference may be chance. About one in twenty shown changes is chance all the same.")),
        Pair(_("Small cells"), _("A count of one to four cases is printed as %(hidden)s, and no figure is made of it; a score with such a measure in it is left out, for the measure could be worked out from it, and totals leave out the companies concerned. The letter stays: it bounds the hidden share and tells no count. Of a measure of five cases or more x stands as it is, for the interval rests on it. What became of requests that were not removed is told where they are five or more. There, and among the parts of a count, a dash stands for all of them where a hidden one would be what is left over; what became of a part that is hidden is not told. When half were answered is told of eight requests or more. The age of the oldest open request is told of every company with five requests or more. Action items and consultations are matters of organisations and are counted as they are.", hidden=HIDDEN)),
        Pair(_("As of"), _("Cards and trends look back from the end of each month's follow-up: what was entered later changes neither. A month without a line or bar has no card or no request; where nobody sat in the commission the months are shaded.")),
        Pair(_("Sensitivity"), _("Each weight times 0.75 and 1.25, equal weights, one measure left out, geometric mean: how many of these runs give which letter, and the best and worst rank among them.")),
        Pair(_("Waiting at the commission"), _("Intakes of the hotline and recorded requests that were neither issued nor left out by the instant of the card. Nothing of it enters a grade.")),
        Pair(_("Dialogue"), _("Offered times are answered in time by the respond-by date, papers by the cut-off of the agenda; minutes wait for a side from the day it has them until it answers or accepts; who called off and with how much notice; who had somebody with capacity to bind at the table. Both sides by the same rules.")),
        Pair(_("Unannounced batch"), _("Requests that were marked before their issue and known to named people only, beside the other requests of the company in the same month. A difference is shown where its 95 per cent interval (Newcombe 1998, Zou and Donner 2008) leaves 0 out.")),
        Pair(_("In time"), _("An action item is done in time when the report whose evidence was accepted came before it was due. A granted extension moves the date and leaves the old one on record; the clock runs while an item is returned.")),
        Pair(_("A block is not a removal"), _("Access blocks by Korean providers and restrictions in Korea are counted apart. They are never added to removals and enter no grade.")),
        Pair(_("Pooled shares"), _("The trend counts all companies together by the definitions of R1 and R2. The mix of companies changes from month to month; no grade is made of it.")),
    ]  # fmt: skip
