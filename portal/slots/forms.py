"""Input of the slots room."""

from __future__ import annotations

from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from portal.consultations import service as consultations
from portal.consultations.models import Side
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form, WallTimeField

SIDES = [(side.value, _l(side.value)) for side in Side]
WALL_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


class TimeForm(Form):
    """A time on the venue's clock."""

    wall = WallTimeField(
        _l("Date and time at the venue"), format=WALL_FORMATS, validators=[InputRequired()]
    )
    duration = IntegerField(
        _l("Duration in minutes"),
        default=120,
        validators=[InputRequired(), NumberRange(min=-100000, max=100000)],
    )
    zone = StringField(_l("Time zone of the venue"), validators=[InputRequired(), Length(max=60)])

    def validate_zone(self, field: StringField) -> None:
        """Refuse a zone the IANA database does not have."""
        if field.data not in consultations.zones():
            raise ValidationError(_("No such time zone. Write it as in Asia/Seoul."))


class SlotRow(TimeForm):
    """One offered time; a row without a date counts as empty."""

    class Meta(TimeForm.Meta):
        """The form around it carries the token."""

        csrf = False

    wall = WallTimeField(
        _l("Date and time at the venue"), format=WALL_FORMATS, validators=[Optional()]
    )


class DeadlineForm(Form):
    """Until when answers count."""

    respond_by = WallTimeField(
        _l("Answers until"), format=WALL_FORMATS, validators=[InputRequired()]
    )


class OfferForm(DeadlineForm):
    """Slots to choose from."""

    venue = StringField(_l("Venue"), validators=[InputRequired(), Length(max=200)])
    venue_country = SelectField(_l("Country of the venue"))

    slots = FieldList(FormField(SlotRow), label=_l("Slots"), max_entries=40)
    anyway = BooleanField(_l("I have seen this and offer these slots"))
    warned_of = HiddenField(validators=[Optional()])


class AddSlotForm(TimeForm):
    """One more slot."""

    anyway = BooleanField(_l("I have seen this and keep the time"))
    warned_of = HiddenField(validators=[Optional()])


class ProposeSlotForm(AddSlotForm):
    """Another time that the company would rather have."""

    reason = TextAreaField(
        _l("Why another time"),
        validators=[InputRequired(_l("Say why: the officer decides by it.")), Length(max=500)],
    )


class DeclineSlotForm(Form):
    """Why a proposed time is not offered."""

    reason = TextAreaField(_l("Reason"), validators=[Length(max=500)])


class EndPollForm(Form):
    """Why no time is looked for any more."""

    side = RadioField(
        _l("By which side"), choices=SIDES, validators=[InputRequired(_l("Choose the side."))]
    )
    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(_l("Say why: both sides are told.")), Length(max=500)],
    )
