"""Input of the consultations room."""

from __future__ import annotations

from datetime import datetime

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Email, InputRequired, Length, NumberRange, Optional, ValidationError

from portal.consultations import service
from portal.consultations.models import Side
from portal.core import calendar, i18n
from portal.core.errors import FieldError
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form, WallTimeField

SIDES = [(side.value, _l(side.value)) for side in Side]


class WordsForm(Form):
    """What a consultation is called."""

    title_ko = StringField(_l("Title in Korean"), validators=[InputRequired(), Length(max=200)])
    title_en = StringField(_l("Title in English"), validators=[InputRequired(), Length(max=200)])


class PlaceForm(Form):
    """Where it takes place."""

    venue = StringField(_l("Venue"), validators=[InputRequired(), Length(max=200)])
    venue_country = SelectField(_l("Country of the venue"))


class TimeForm(Form):
    """When it takes place, on the venue's clock."""

    wall = WallTimeField(
        _l("Date and time at the venue"),
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"],
        validators=[InputRequired()],
    )
    duration = IntegerField(
        _l("Duration in minutes"),
        default=120,
        validators=[InputRequired(), NumberRange(min=-100000, max=100000)],
    )
    zone = StringField(_l("Time zone of the venue"), validators=[InputRequired(), Length(max=60)])
    which = RadioField(_l("Which of the two"), choices=[], validate_choice=False)
    anyway = BooleanField(_l("I have seen this and keep the time"))
    warned_of = HiddenField(validators=[Optional()])

    @property
    def later(self) -> bool | None:
        """Which is meant of a time that comes twice; None where nobody said."""
        return {"earlier": False, "later": True}.get(self.which.data or "")

    def agreed(self, at: datetime) -> tuple[datetime, datetime]:
        """The instants of start and end, or why they cannot be.

        For a time that comes twice the form offers both from then on.
        """
        wall, zone = self.wall.data, self.zone.data or ""
        if zone in service.zones() and wall is not None:
            try:
                calendar.instant(wall, zone, field="wall")
            except calendar.Twice as twice:
                self.which.choices = [
                    (word, f"{i18n.local(when, 'instant', zone)} {i18n.zone_label(when, zone)}")
                    for word, when in (("earlier", twice.first), ("later", twice.second))
                ]
            except FieldError:
                pass  # said below, with everything else
        return service.times(
            wall=wall, duration=self.duration.data or 0, zone=zone, later=self.later, at=at
        )

    def validate_zone(self, field: StringField) -> None:
        """Refuse a zone the IANA database does not have."""
        if field.data not in service.zones():
            raise ValidationError(_("No such time zone. Write it as in Asia/Seoul."))


class ScheduleForm(TimeForm, PlaceForm, WordsForm):
    """A consultation to be scheduled or kept as a draft."""

    company_id = SelectField(
        _l("Company"),
        coerce=int,
        validators=[NumberRange(min=1, message=_l("Choose the company."))],
    )
    delegates = SelectMultipleField(_l("Delegation of our side"), coerce=int)


class RescheduleForm(TimeForm):
    """Another time, and another place if that changes with it."""

    venue = StringField(_l("Venue"), validators=[Length(max=200)])
    venue_country = SelectField(_l("Country of the venue"))

    reason = StringField(_l("Reason for the new time"), validators=[Length(max=500)])
    stamp = HiddenField()


class CorrectForm(PlaceForm, WordsForm):
    """Words and place."""

    stamp = HiddenField()


class CallOffForm(Form):
    """Why a consultation does not take place as planned."""

    side = RadioField(
        _l("By which side"), choices=SIDES, validators=[InputRequired(_l("Choose the side."))]
    )
    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(_l("Say why: both sides are told.")), Length(max=500)],
    )


class DelegateForm(Form):
    """One more person on the own side."""

    account_id = SelectField(_l("Person"), coerce=int, default=0)
    representative_id = SelectField(_l("Representative"), coerce=int, default=0)
    name = StringField(_l("Or a name"), validators=[Length(max=120)])
    title = StringField(_l("Title"), validators=[Length(max=120)])
    email = StringField(_l("E-mail for the invitation"), validators=[Optional(), Email()])
    language = SelectField(
        _l("Language"),
        choices=[("", _l("as usual for this side")), ("ko", "한국어"), ("en", "English")],
        default="",
    )
    can_bind = BooleanField(_l("Has capacity to bind this side"))
    is_lead = BooleanField(_l("Leads the delegation"))
    is_interpreter = BooleanField(_l("Comes as interpreter"))
    later = BooleanField(_l("Also for every later consultation that is scheduled"))


class VisitorForm(Form):
    """What the venue's gate asks for."""

    passport_name = StringField(
        _l("Name as in the passport"), validators=[InputRequired(), Length(max=120)]
    )
    document = StringField(_l("Number of the document"), validators=[Length(max=60)])
    vehicle = StringField(_l("Number plate"), validators=[Length(max=40)])
