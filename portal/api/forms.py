"""Input of the API room's pages."""

from __future__ import annotations

from wtforms import RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from portal.api.models import TokenScope
from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class CreateForm(Form):
    """A new token."""

    name = StringField(_l("Name of the system"), validators=[InputRequired(), Length(max=80)])
    scope = RadioField(
        _l("What it may do"),
        choices=[(scope.value, _l(scope.value)) for scope in TokenScope],
        default=TokenScope.READ.value,
        validators=[InputRequired()],
    )
    days = SelectField(
        _l("Valid for"),
        choices=[
            (30, _l("30 days")),
            (90, _l("90 days")),
            (180, _l("180 days")),
            (365, _l("365 days")),
        ],
        coerce=int,
        default=90,
    )
