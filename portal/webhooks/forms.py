"""Input of the webhooks room."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class CreateForm(Form):
    """A new webhook."""

    address = StringField(
        _l("Address of your system"), validators=[InputRequired(), Length(max=500)]
    )
