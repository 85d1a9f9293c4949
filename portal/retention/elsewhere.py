"""What the table shows and no rule sets: what other rooms erase by themselves, what is kept."""

from __future__ import annotations

from typing import NamedTuple

from portal.core.i18n import LazyText


class Line(NamedTuple):
    """One row without a rule."""

    name: LazyText
    what: LazyText


_l = LazyText

ERASED_ELSEWHERE = (
    Line(_l("Words of mails to the portal"),
         _l("Erased half a year after they came, unless an officer still has to settle them.")),
    Line(_l("Answers kept for repeated API calls"),
         _l("Erased after a day: only a call that is repeated needs them.")),
    Line(_l("Claims of the clock and counters of wrong tries"),
         _l("Erased after two days, or when the count starts anew.")),
)  # fmt: skip
KEPT = (
    Line(_l("Audit log"), _l("It is the proof of who did what; its chain must not be broken.")),
    Line(_l("Sent letters"), _l("They prove who was told what, when and in which version.")),
    Line(_l("Adopted minutes and their documents"),
         _l("Both sides accepted them by their hash; a record of the consultations stays.")),
    Line(_l("Frozen scorecards and reports"),
         _l("They hold their own inputs, without any reference, and compute the same for ever.")),
    Line(_l("Skeletons of removal requests"),
         _l("Number, times, category and outcome, without the reference: for the statistics.")),
    Line(_l("Residues"), _l("They say what was erased when; each hangs on the one before it.")),
)  # fmt: skip
