"""Input of the batches room."""

from __future__ import annotations

from wtforms import IntegerField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class Boxes(SelectMultipleField):
    """Several of a list, each with a box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MarkForm(Form):
    """Which drafts are a batch, why, and who knows."""

    company = SelectField(_l("Company"), coerce=int, validators=[InputRequired()])
    purpose = TextAreaField(
        _l("What it is to show"), validators=[InputRequired(), Length(max=1000)]
    )
    size = IntegerField(_l("How many are drawn"), validators=[Optional()])
    chosen = Boxes(_l("Or chosen by hand"), coerce=int)
    readers = Boxes(_l("Who else knows"), coerce=int)
