"""States and the steps between them. The table of steps stands in the model that has the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar

from portal.core.errors import Refused
from portal.core.i18n import LazyText
from portal.core.i18n import gettext as _


class Moves:
    """A record with a `status`, the steps it may take and the sentence that refuses others."""

    STEPS: ClassVar[Mapping[Any, Sequence[Any]]]
    REFUSAL: ClassVar[LazyText]
    """An English sentence with %(now)s and %(to)s."""
    status: Any

    def can_move(self, to: StrEnum) -> bool:
        """Whether the step is allowed from here."""
        return to in self.STEPS[self.status]

    def move(self, to: StrEnum) -> None:
        """Step to another status, or refuse with a sentence."""
        if not self.can_move(to):
            raise Refused(_(self.REFUSAL.source, now=_(self.status.value), to=_(to.value)))
        self.status = to
