"""Input of the retention room."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class SetRuleForm(Form):
    """After how many days."""

    days = IntegerField(_l("Days"), validators=[InputRequired(), NumberRange(0, 36500)])
    appeal_days = IntegerField(
        _l("Period of appeal in days"), validators=[InputRequired(), NumberRange(0, 36500)]
    )


class ConfirmRuleForm(Form):
    """That the preview was read."""

    term = HiddenField(validators=[InputRequired()])
    confirmed = BooleanField(
        _l("I have read what is erased. It cannot be brought back."), validators=[InputRequired()]
    )
