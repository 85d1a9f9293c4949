"""Input of the actions room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from wtforms import (
    DateField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from portal.actions.models import WEIGHTS
from portal.companies.models import Company
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.web import DueField, Form
from portal.minutes.target_fields import TargetFields


def in_reach(_form: Form, field: Field) -> None:
    """Refuse a year that is a slip of the keyboard."""
    if isinstance(field.data, date) and not 2000 <= field.data.year <= 2100:
        raise ValidationError(_("Choose a year between 2000 and 2100."))


def weight_field() -> SelectField:
    """How much an item matters, from 1 to 5."""
    return SelectField(
        _l("Weight"), coerce=int, choices=[(n, str(n)) for n in WEIGHTS], default=WEIGHTS[0]
    )


def rhythm_field() -> RadioField:
    """How often the owner reports on the way."""
    return RadioField(
        _l("Progress reports"),
        choices=[
            ("none", _l("No progress reports")),
            ("monthly", _l("At the end of each month")),
            ("quarterly", _l("At the end of each quarter")),
        ],
        default="none",
    )


class AcceptMinutesForm(Form):
    """The text that is accepted, by its hash."""

    content_hash = HiddenField(validators=[InputRequired(), Length(min=64, max=64)])


class RecordForm(TargetFields):
    """A promise that stands in no minutes here."""

    company_id = SelectField(_l("Company"), coerce=int, validators=[InputRequired()])
    text_ko = TextAreaField(_l("Text in Korean"), validators=[InputRequired(), Length(max=5000)])
    text_en = TextAreaField(_l("Text in English"), validators=[InputRequired(), Length(max=5000)])
    owner = RadioField(
        _l("Owner"),
        choices=[("company", _l("company")), ("institution", _l("institution"))],
        default="company",
        validators=[InputRequired()],
    )
    due_wall = DueField(_l("Due"), format="%Y-%m-%dT%H:%M", validators=[InputRequired(), in_reach])
    due_zone = StringField(
        _l("Time zone of the due time"), default="Asia/Seoul", validators=[InputRequired()]
    )
    required_evidence = StringField(
        _l("Required evidence"), validators=[Optional(), Length(max=300)]
    )
    source = StringField(_l("Source"), validators=[Optional(), Length(max=400)])
    agreed_on = DateField(_l("Agreed on"), validators=[Optional(), in_reach])
    weight = weight_field()
    rhythm = rhythm_field()

    def __init__(self, *given: Any, companies: Sequence[Company], **more: Any) -> None:
        super().__init__(*given, **more)
        named = [(one.id, both(one, "name")) for one in companies]
        self.company_id.choices = [(0, _("Choose a company")), *named]
        self.offer(platform for one in companies for platform in one.platforms)

    def validate_company_id(self, field: SelectField) -> None:
        """Refuse a form on which nobody chose: the first of a list is not a choice."""
        if not field.data:
            raise ValidationError(_("Choose a company."))

    def validate_due_zone(self, field: StringField) -> None:
        """Refuse a zone the IANA database does not have."""
        if field.data not in available_timezones():
            raise ValidationError(_("No such time zone. Write it as in Asia/Seoul."))


class ExtendForm(Form):
    """A later date that is asked for, and why."""

    new_due_wall = DueField(
        _l("New due date"), format="%Y-%m-%dT%H:%M", validators=[InputRequired(), in_reach]
    )
    reason = TextAreaField(_l("Reason"), validators=[InputRequired(), Length(max=5000)])


class SupersedeForm(Form):
    """Which other item should take this one's place, and why."""

    replacement_id = SelectField(_l("Replaced by"), coerce=int, validators=[InputRequired()])
    reason = TextAreaField(_l("Reason"), validators=[InputRequired(), Length(max=5000)])

    def __init__(self, *given: Any, items: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.replacement_id.choices = [(0, _("Choose an action item")), *items]

    def validate_replacement_id(self, field: SelectField) -> None:
        """Refuse a form on which nobody chose: the first of a list is not a choice."""
        if not field.data:
            raise ValidationError(_("Choose an action item."))


class TermsForm(Form):
    """Another weight or rhythm, and why."""

    weight = weight_field()
    rhythm = rhythm_field()
    reason = TextAreaField(_l("Reason"), validators=[InputRequired(), Length(max=5000)])


class ProgressForm(Form):
    """How far it is."""

    text = TextAreaField(_l("How far it is"), validators=[InputRequired(), Length(max=10_000)])


class WithdrawForm(Form):
    """Why a promise should be given up."""

    reason = TextAreaField(_l("Reason"), validators=[InputRequired(), Length(max=5000)])


class AnswerForm(Form):
    """The other side's answer to what was asked for."""

    verdict = RadioField(
        _l("Answer"),
        choices=[("granted", _l("Grant it")), ("refused", _l("Refuse it with a reason"))],
        validators=[InputRequired(message=_l("Choose one."))],
    )
    answer = TextAreaField(_l("Reason"), validators=[Optional(), Length(max=5000)])


class AssignForm(Form):
    """Who answers for an action item by name."""

    contact_id = SelectField(_l("Contact person"), coerce=int, validators=[InputRequired()])

    def __init__(self, *given: Any, people: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.contact_id.choices = people
