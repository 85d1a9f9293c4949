"""Input of the replies room."""

from __future__ import annotations

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.consultations.models import Rsvp
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form

ANSWERS = [
    (Rsvp.ACCEPTED.value, _l("comes")),
    (Rsvp.TENTATIVE.value, _l("perhaps")),
    (Rsvp.DECLINED.value, _l("does not come")),
]


class AnswerForm(Form):
    """The answer that a message means, in an officer's reading."""

    delegate_id = SelectField(_l("Whose answer it is"), coerce=int)
    answer = RadioField(
        _l("Answer"), choices=ANSWERS, validators=[InputRequired(_l("Choose one."))]
    )

    def validate_delegate_id(self, field: SelectField) -> None:
        """Ask for somebody; the form comes with nobody where the sender is on no delegation."""
        if not field.data:
            raise ValidationError(_("Choose one."))


class SettleForm(Form):
    """What was done about a message."""

    note = StringField(_l("What you did about it"), validators=[Length(max=500)])


class DeclineForm(Form):
    """Why a proposed time cannot be."""

    reason = TextAreaField(_l("Reason"), validators=[InputRequired(), Length(max=500)])
