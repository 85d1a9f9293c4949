"""Which slot is best, and why, in words. Nothing is weighed in secret: the order is a list of rules.

Slots are compared by these, and only where one ties does the next decide:

1. at how many sides somebody who may bind can come (a consultation is quorate with both),
2. at how many sides the lead can come,
3. how few people cannot come,
4. how many can come without reservation,
5. how few things are awkward about the time (holidays, weekends, unsocial hours),
6. the earlier slot.

"If need be" counts as coming for 1 and 2 and not for 4. Who has not answered counts for nothing.
A slot that has passed stands behind all others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.consultations.models import Delegate, Side
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.slots.models import Can, Slot

COMES = (Can.YES, Can.IF_NEED_BE)
VOICES = (
    (Can.YES, "ok", _l("Can come: %(names)s.")),
    (Can.IF_NEED_BE, "warn", _l("Only if need be: %(names)s.")),
    (Can.NO, "bad", _l("Cannot come: %(names)s.")),
    (None, "mute", _l("Not answered yet: %(names)s.")),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A slot, what each delegate says of it (None: nothing yet), and what is awkward about it."""

    slot: Slot
    voices: tuple[tuple[Delegate, Can | None], ...]
    warnings: tuple[str, ...]
    has_passed: bool

    def who(self, can: Can | None) -> list[str]:
        """The names of those who say so, in the order of the delegations."""
        return [delegate.name for delegate, said in self.voices if said is can]

    def sides_that_bind(self) -> set[Side]:
        """The sides for which somebody with capacity to bind can come."""
        return {d.side for d, said in self.voices if d.can_bind and said in COMES}

    def sides_that_are_led(self) -> set[Side]:
        """The sides whose lead can come."""
        return {d.side for d, said in self.voices if d.is_lead and said in COMES}

    @property
    def order(self) -> tuple[object, ...]:
        """What slots are compared by; the smaller comes first."""
        return (
            self.has_passed,
            -len(self.sides_that_bind()),
            -len(self.sides_that_are_led()),
            len(self.who(Can.NO)),
            -len(self.who(Can.YES)),
            len(self.warnings),
            self.slot.starts_at,
        )

    def reasons(self, names: Mapping[Side, str]) -> list[tuple[str, str]]:
        """Why it stands where it does: (how good it is, a sentence). `names` are the sides'."""
        said = []
        for can, look, sentence in VOICES:
            if people := self.who(can):
                said.append((look, sentence % {"names": ", ".join(people)}))
        for side in Side:
            said.append(self._bound(side, names[side]))
            said.append(self._led(side, names[side]))
        return said

    def _bound(self, side: Side, name: str) -> tuple[str, str]:
        able = [(d, can) for d, can in self.voices if d.side is side and d.can_bind]
        if not able:
            return "bad", _("%(side)s: nobody on the delegation may bind.", side=name)
        come = [d.name for d, can in able if can in COMES]
        if come:
            return "ok", _("%(side)s: %(names)s may bind and can come.", side=name,
                           names=", ".join(come))  # fmt: skip
        if any(can is None for _d, can in able):
            return "mute", _("%(side)s: nobody who may bind has said yes so far.", side=name)
        return "bad", _("%(side)s: nobody who may bind can come.", side=name)

    def _led(self, side: Side, name: str) -> tuple[str, str]:
        lead = next(((d, can) for d, can in self.voices if d.side is side and d.is_lead), None)
        if lead is None:
            return "warn", _("%(side)s: nobody leads the delegation.", side=name)
        delegate, can = lead
        if can is None:
            return "mute", _("%(side)s: the lead, %(name)s, has not answered.", side=name,
                             name=delegate.name)  # fmt: skip
        if can is Can.NO:
            return "bad", _("%(side)s: the lead, %(name)s, cannot come.", side=name,
                            name=delegate.name)  # fmt: skip
        if can is Can.IF_NEED_BE:
            return "warn", _("%(side)s: the lead, %(name)s, comes only if need be.", side=name,
                             name=delegate.name)  # fmt: skip
        return "ok", _("%(side)s: the lead, %(name)s, can come.", side=name, name=delegate.name)


def ranked(
    slots: Sequence[Slot],
    delegates: Sequence[Delegate],
    said: Mapping[tuple[int, int], Can],
    warnings: Mapping[int, Sequence[str]],
    *,
    at: datetime,
) -> list[Standing]:
    """The slots from best to worst, by the rules above. `said` is by slot and delegate."""
    return sorted(
        (
            Standing(
                slot,
                tuple((d, said.get((slot.id, d.id))) for d in delegates),
                tuple(warnings.get(slot.id, ())),
                slot.starts_at <= at,
            )
            for slot in slots
        ),
        key=lambda standing: standing.order,
    )
