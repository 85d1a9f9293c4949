"""Input of the holidays room."""

from __future__ import annotations

from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class HolidayForm(Form):
    """A day off of a country."""

    country = SelectField(_l("Country"), default="KR")
    on = DateField(_l("Day"), validators=[InputRequired()])
    name_ko = StringField(_l("Name in Korean"), validators=[InputRequired(), Length(max=120)])
    name_en = StringField(_l("Name in English"), validators=[InputRequired(), Length(max=120)])
    confirmed = BooleanField(_l("I have seen which deadlines move"))
