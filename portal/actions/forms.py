"""Input of the actions room."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from wtforms import (
    DateTimeLocalField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form


class RecordForm(Form):
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
    due_wall = DateTimeLocalField(_l("Due"), format="%Y-%m-%dT%H:%M", validators=[InputRequired()])
    due_zone = StringField(
        _l("Time zone of the due time"), default="Asia/Seoul", validators=[InputRequired()]
    )
    required_evidence = StringField(
        _l("Required evidence"), validators=[Optional(), Length(max=300)]
    )
    source = StringField(_l("Source"), validators=[Optional(), Length(max=400)])

    def __init__(self, *given: Any, companies: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.company_id.choices = companies

    def validate_due_zone(self, field: StringField) -> None:
        """Refuse a zone the IANA database does not have."""
        if field.data not in available_timezones():
            raise ValidationError(_("No such time zone. Write it as in Asia/Seoul."))
