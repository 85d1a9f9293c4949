"""Input of the hotline room."""

from __future__ import annotations

from datetime import datetime

from wtforms import (
    BooleanField,
    DateTimeLocalField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Optional

from portal.core import i18n
from portal.core.calendar import instant
from portal.core.i18n import LazyText as _l
from portal.core.web import Form
from portal.hotline.models import Channel


class RecordForm(Form):
    """A call: the address first, then what can be clicked."""

    reference = StringField(
        _l("Address or message link"),
        validators=[InputRequired(_l("Give the address or message link of the content."))],
    )
    platform_id = SelectField(_l("Platform"), coerce=int)
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

    def received(self) -> datetime | None:
        """The instant of the call, on the operator's clock."""
        wall = self.received_at.data
        return None if wall is None else instant(wall, str(i18n.zone()), field="received_at")
