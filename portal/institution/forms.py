"""Input of the institution room."""

from __future__ import annotations

from wtforms import DateField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class RenameForm(Form):
    """A new name from a day on."""

    name_ko = StringField(_l("Name in Korean"), validators=[InputRequired(), Length(max=200)])
    name_en = StringField(_l("Name in English"), validators=[InputRequired(), Length(max=200)])
    short_name = StringField(_l("Short name"), validators=[InputRequired(), Length(max=40)])
    legal_basis_ko = StringField(_l("Legal basis in Korean"), validators=[Length(max=400)])
    legal_basis_en = StringField(_l("Legal basis in English"), validators=[Length(max=400)])
    from_on = DateField(_l("Valid from"), validators=[InputRequired()])


class RemindersForm(Form):
    """How the institution's people are reminded of what it owes."""

    mode = RadioField(
        _l("Reminders of action items"),
        choices=[
            ("digest", _l("One letter a week for each company; what is urgent at once")),
            ("each", _l("One letter for each action item and step")),
        ],
        validators=[InputRequired(message=_l("Choose one."))],
    )
