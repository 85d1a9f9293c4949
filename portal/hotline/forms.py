"""Input of the hotline room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Field,
    HiddenField,
    RadioField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Optional

from portal.core import i18n
from portal.core.calendar import instant
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form, RecordField
from portal.hotline.models import Channel, Ground


class RecordForm(Form):
    """A call: the address first, then what can be clicked."""

    reference = TextAreaField(
        _l("Addresses or message links, one on each line"),
        validators=[InputRequired(_l("Give the address or message link of the content."))],
    )
    is_elsewhere = BooleanField(
        _l("Note the addresses as they are: the caller says that they lead there")
    )
    """Offered once an address was refused."""
    platform_id = RecordField(
        _l("Platform"), first=_l("Choose a platform"), refusal=_l("Choose a platform.")
    )
    ground = RadioField(
        _l("What is reported"),
        choices=[(g.value, _l(g.value)) for g in Ground],
        default=Ground.SEXUAL_DEEPFAKE.value,
        validators=[InputRequired(_l("Choose one."))],
    )
    channel = RadioField(
        _l("How the caller reached us"),
        choices=[(c.value, _l(c.value)) for c in Channel],
        default=Channel.PHONE.value,
        validators=[InputRequired(_l("Choose one."))],
    )
    is_minor_involved = BooleanField(_l("A minor is involved"))
    received_at = DateTimeLocalField(
        _l("Received at"), format="%Y-%m-%dT%H:%M", validators=[Optional()]
    )
    sheet = HiddenField()
    """A number of the form itself: the same form sent twice is one call."""

    def __init__(self, *given: Any, platforms: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.platform_id.offer(platforms)

    def validate_received_at(self, field: Field) -> None:
        """Refuse a year that is a slip of the keyboard."""
        if field.data is not None and not 2000 <= field.data.year <= 2100:
            raise ValidationError(_("Choose a year between 2000 and 2100."))

    def received(self) -> datetime | None:
        """The instant of the call, on the operator's clock."""
        wall = self.received_at.data
        return None if wall is None else instant(wall, str(i18n.zone()), field="received_at")
