"""Input of the campaigns room."""

from __future__ import annotations

from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class CampaignForm(Form):
    """A dated period with its source."""

    name_ko = StringField(_l("Name in Korean"), validators=[InputRequired(), Length(max=120)])
    name_en = StringField(_l("Name in English"), validators=[InputRequired(), Length(max=120)])
    starts_on = DateField(_l("First day"), validators=[InputRequired()])
    ends_on = DateField(_l("Last day"), validators=[InputRequired()])
    source = StringField(_l("Source"), validators=[InputRequired(), Length(max=300)])
