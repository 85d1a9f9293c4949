"""Input that is the same for the seniors of both sides; the companies room uses it too."""

from __future__ import annotations

from wtforms import EmailField, IntegerField, StringField
from wtforms.validators import Email, InputRequired, Length, NumberRange

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class SeniorForm(Form):
    """A senior for escalation, of the institution or of a company."""

    level = IntegerField(_l("Level"), validators=[InputRequired(), NumberRange(min=1, max=3)])
    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=120)])
    title = StringField(_l("Title"), validators=[Length(max=120)])
    email = EmailField(
        _l("E-mail address"), validators=[InputRequired(), Email(_l("This is no e-mail address."))]
    )
