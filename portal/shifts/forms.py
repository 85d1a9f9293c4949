"""Input of the duty roster."""

from __future__ import annotations

from datetime import time
from typing import Any

from babel.dates import get_day_names
from wtforms import (
    DateField,
    DateTimeLocalField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core import i18n
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form
from portal.shifts.models import OnHolidays


def weekday_names() -> list[str]:
    """The weekdays in the reader's language, from Monday on."""
    names = get_day_names("wide", locale=i18n.language())
    return [names[n] for n in range(7)]


REASON = (Length(max=300),)


def as_clock(value: time | None) -> str:
    """An hour as it is stored: 22:00."""
    return "" if value is None else f"{value:%H:%M}"


class PersonForm(Form):
    """A form on which an operator is chosen."""

    account_id = SelectField(_l("Operator"), coerce=int, validators=[InputRequired()])

    def __init__(
        self, *given: Any, people: list[tuple[int, str]], nobody: str | None = None, **more: Any
    ) -> None:
        super().__init__(*given, **more)
        self.is_somebody_needed = nobody is None
        self.account_id.choices = [(0, nobody or _("Choose an operator")), *people]

    def validate_account_id(self, field: SelectField) -> None:
        """Where no shift may be nobody's, somebody is chosen."""
        if self.is_somebody_needed and not field.data:
            raise ValidationError(_("Choose an operator."))


class RuleForm(PersonForm):
    """A weekly shift."""

    weekdays = SelectMultipleField(
        _l("Begins on"),
        coerce=int,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    starts = TimeField(_l("From"), validators=[InputRequired()])
    ends = TimeField(_l("Until"), validators=[InputRequired()])
    every = IntegerField(
        _l("Every so many weeks"), default=1, validators=[InputRequired(), NumberRange(1, 8)]
    )
    from_on = DateField(_l("First day"), validators=[InputRequired()])
    until_on = DateField(_l("Last day"), validators=[Optional()])
    on_holidays = RadioField(
        _l("On public holidays"),
        choices=[(one.value, _l(one.value)) for one in OnHolidays],
        default=OnHolidays.AS_USUAL.value,
        validators=[InputRequired()],
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.weekdays.choices = list(enumerate(weekday_names()))


class EndForm(Form):
    """The last day of a rule."""

    until_on = DateField(_l("Last day"), validators=[InputRequired()])


class AddForm(PersonForm):
    """One more shift by hand."""

    starts_at = DateTimeLocalField(
        _l("From"), format="%Y-%m-%dT%H:%M", validators=[InputRequired()]
    )
    ends_at = DateTimeLocalField(_l("Until"), format="%Y-%m-%dT%H:%M", validators=[InputRequired()])
    reason = StringField(_l("Why"), validators=REASON)


class ChangeForm(PersonForm):
    """One shift of a rule: another person, or nobody."""

    on = DateField(_l("The shift that begins on"), validators=[InputRequired()])
    reason = StringField(_l("Why"), validators=REASON)


class NoteForm(Form):
    """A word to the next shift."""

    text = TextAreaField(_l("To the next shift"), validators=[InputRequired(), Length(max=1000)])


class TermsForm(Form):
    """The terms of the roster from a day on."""

    from_on = DateField(_l("Valid from"), validators=[InputRequired()])
    acknowledge_minutes = IntegerField(
        _l("Minutes until who is on duty is told"),
        validators=[InputRequired(), NumberRange(1, 1440)],
    )
    hand_over_minutes = IntegerField(
        _l("Minutes until the heads are told"), validators=[InputRequired(), NumberRange(1, 10080)]
    )
    handling_minutes = IntegerField(
        _l("Minutes that one intake takes"), validators=[InputRequired(), NumberRange(1, 240)]
    )
    share_percent = IntegerField(
        _l("Share of callers answered in time, in per cent"),
        validators=[InputRequired(), NumberRange(1, 99)],
    )
    within_seconds = IntegerField(
        _l("In time means within so many seconds"),
        validators=[InputRequired(), NumberRange(0, 3600)],
    )
    least = IntegerField(
        _l("Never fewer people than"), validators=[InputRequired(), NumberRange(1, 50)]
    )
    least_on_holidays = IntegerField(
        _l("On public holidays never fewer than"), validators=[InputRequired(), NumberRange(1, 50)]
    )
    rest_hours = IntegerField(
        _l("Hours of rest after a night"), validators=[InputRequired(), NumberRange(0, 48)]
    )
    most_nights = IntegerField(
        _l("Most nights in a row"), validators=[InputRequired(), NumberRange(1, 14)]
    )
    source = StringField(_l("Source"), validators=[InputRequired(), Length(max=400)])


NUMBERS = (
    "acknowledge_minutes", "hand_over_minutes", "handling_minutes", "share_percent",
    "within_seconds", "least", "least_on_holidays", "rest_hours", "most_nights",
)  # fmt: skip
