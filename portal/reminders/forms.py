"""Input of the reminders room."""

from __future__ import annotations

from wtforms import BooleanField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from portal.consultations.duties import MOST_DAYS, Whom
from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class DutyForm(Form):
    """How one duty holds, for a company or for all."""

    is_active = BooleanField(_l("It is said"))
    days = IntegerField(
        _l("Working days before or after"),
        validators=[InputRequired(), NumberRange(min=0, max=MOST_DAYS)],
    )
    notice = IntegerField(
        _l("Working days between the reminder and the deadline"),
        validators=[InputRequired(), NumberRange(min=0, max=MOST_DAYS)],
    )
    whom = SelectField(_l("Whom"), choices=[(one.value, _l(one.value)) for one in Whom])
