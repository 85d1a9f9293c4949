"""Input of the series room."""

from __future__ import annotations

from datetime import date

from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from portal.consultations import service as consultations
from portal.consultations.models import Side
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form
from portal.series.rule import Rule, ShortMonth, Unit
from portal.series.service import Plan

EVERY = [
    (Unit.WEEKDAY_OF_MONTH.value, _l("by a weekday of the month, such as the last Thursday")),
    (Unit.DAY_OF_MONTH.value, _l("by a day of the month, such as the 15th")),
    (Unit.WEEK.value, _l("by weeks")),
    (Unit.DAY.value, _l("by days")),
]


class PlanForm(Form):
    """The rule, the time on the anchor's clock, the place and the words."""

    title_ko = StringField(_l("Title in Korean"), validators=[InputRequired(), Length(max=200)])
    title_en = StringField(_l("Title in English"), validators=[InputRequired(), Length(max=200)])
    venue = StringField(_l("Venue"), validators=[InputRequired(), Length(max=200)])
    venue_country = SelectField(_l("Country of the venue"))

    unit = RadioField(_l("It comes back"), choices=EVERY, default=Unit.WEEKDAY_OF_MONTH.value)
    every = IntegerField(
        _l("Every so many months, weeks or days"),
        default=1,
        validators=[InputRequired(), NumberRange(min=1, max=12)],
    )
    position = SelectField(_l("Which of the month"), coerce=int, default=-1)
    weekday = SelectField(_l("Weekday"), coerce=int, default=3)
    day = IntegerField(
        _l("Day of the month"), default=15, validators=[Optional(), NumberRange(min=1, max=31)]
    )
    short_month = RadioField(
        _l("In months that lack the day"),
        choices=[
            (ShortMonth.LAST_DAY.value, _l("on the last day of the month")),
            (ShortMonth.LEFT_OUT.value, _l("not at all: the month is left out")),
        ],
        default=ShortMonth.LAST_DAY.value,
    )
    until_on = DateField(_l("Ends on"), validators=[Optional()])
    time = TimeField(_l("Time"), validators=[InputRequired()])
    duration = IntegerField(
        _l("Duration in minutes"),
        default=120,
        validators=[InputRequired(), NumberRange(min=-100000, max=100000)],
    )
    zone = StringField(
        _l("Anchor: the time zone whose clock the series follows"),
        default="Asia/Seoul",
        validators=[InputRequired(), Length(max=60)],
    )

    def validate_zone(self, field: StringField) -> None:
        """Refuse a zone the IANA database does not have."""
        if field.data not in consultations.zones():
            raise ValidationError(_("No such time zone. Write it as in Asia/Seoul."))

    def plan(self, first_on: date) -> Plan:
        """What was filled in, from a first day on."""
        return Plan(
            rule=Rule(
                Unit(self.unit.data), self.every.data or 1, self.weekday.data, self.position.data,
                self.day.data or 1, ShortMonth(self.short_month.data),
            ),
            first_on=first_on,
            until_on=self.until_on.data,
            time=self.time.data,
            duration=self.duration.data or 0,
            zone=self.zone.data or "",
            venue=self.venue.data or "",
            venue_country=self.venue_country.data,
            title_ko=self.title_ko.data or "",
            title_en=self.title_en.data or "",
        )  # fmt: skip


class StartForm(PlanForm):
    """A series to begin."""

    company_id = SelectField(
        _l("Company"),
        coerce=int,
        validators=[NumberRange(min=1, message=_l("Choose the company."))],
    )
    first_on = DateField(_l("First on or after"), validators=[InputRequired()])
    delegates = SelectMultipleField(_l("Delegation of our side"), coerce=int)
    seen_plan = HiddenField()


class ChangeForm(PlanForm):
    """A series to change from one of its days on."""

    from_on = SelectField(_l("From which consultation on"))
    reason = StringField(
        _l("Reason for the change"),
        validators=[InputRequired(_l("Say why: both sides are told.")), Length(max=500)],
    )
    seen_plan = HiddenField()


class EndForm(Form):
    """When a series ends, and why."""

    last_on = DateField(_l("Last day"), validators=[InputRequired()])
    side = RadioField(
        _l("By which side"),
        choices=[(side.value, _l(side.value)) for side in Side],
        validators=[InputRequired(_l("Choose the side."))],
    )
    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(_l("Say why: both sides are told.")), Length(max=500)],
    )
