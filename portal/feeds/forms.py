"""Input of the feeds room."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class CreateForm(Form):
    """A new feed."""

    name = StringField(_l("Name of the feed"), validators=[InputRequired(), Length(max=80)])
