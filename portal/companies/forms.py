"""Input of the companies room."""

from __future__ import annotations

from zoneinfo import available_timezones

from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import (
    Email,
    InputRequired,
    Length,
    NumberRange,
    Optional,
    Regexp,
    ValidationError,
)

from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form, RecordField


class CompanyForm(Form):
    """A company."""

    name_ko = StringField(_l("Name in Korean"), validators=[InputRequired(), Length(max=200)])
    name_en = StringField(_l("Name in English"), validators=[InputRequired(), Length(max=200)])
    country = StringField(
        _l("Country (two letters)"),
        validators=[
            InputRequired(),
            Regexp(r"^[A-Za-z]{2}$", message=_l("Two letters, as in IE.")),
        ],
    )
    time_zone = StringField(_l("Time zone"), validators=[InputRequired()])
    has_korean_office = BooleanField(_l("Has an office in Korea"))

    def validate_time_zone(self, field: StringField) -> None:
        """Refuse a zone the IANA database does not have."""
        if field.data not in available_timezones():
            raise ValidationError(_("No such time zone. Write it as in Asia/Seoul."))


class AddCompanyForm(CompanyForm):
    """A new company."""

    slug = StringField(_l("Slug"), validators=[InputRequired(), Length(max=60)])


class EditCompanyForm(CompanyForm):
    """A known company."""

    lapse_days = IntegerField(
        _l("Days after which silence on minutes counts as consent (only if the company agreed)"),
        validators=[Optional(), NumberRange(min=1, max=365)],
    )


class RenameForm(Form):
    """A new name from a day on."""

    name_ko = StringField(_l("New name in Korean"), validators=[InputRequired(), Length(max=200)])
    name_en = StringField(_l("New name in English"), validators=[InputRequired(), Length(max=200)])
    from_on = DateField(_l("From"), validators=[InputRequired()])


class MovePlatformForm(Form):
    """Who runs a platform, and from when."""

    company_id = RecordField(
        _l("Runs it from then on"), first=_l("Choose a company"), refusal=_l("Choose a company.")
    )
    from_on = DateField(_l("From"), validators=[InputRequired()])


class MergeForm(Form):
    """Into which company one merges, and its last day."""

    company_id = RecordField(
        _l("Merges into"), first=_l("Choose a company"), refusal=_l("Choose a company.")
    )
    last_on = DateField(_l("Last day of the company"), validators=[InputRequired()])


class HostsForm(Form):
    """Where the content of a platform stands."""

    hosts = TextAreaField(
        _l("Hosts at which its content stands, such as t.me; empty for any"),
        validators=[Length(max=2000)],
    )


class PlatformForm(Form):
    """A platform."""

    slug = StringField(_l("Slug"), validators=[InputRequired(), Length(max=60)])
    name_ko = StringField(_l("Name in Korean"), validators=[InputRequired(), Length(max=200)])
    name_en = StringField(_l("Name in English"), validators=[InputRequired(), Length(max=200)])
    hosts = TextAreaField(
        _l("Hosts at which its content stands, such as t.me; empty for any"),
        validators=[Length(max=2000)],
    )


class RepresentativeForm(Form):
    """Somebody who may speak for a company."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=120)])
    title = StringField(_l("Title"), validators=[Length(max=120)])
    email = EmailField(
        _l("E-mail address"), validators=[InputRequired(), Email(_l("This is no e-mail address."))]
    )
    can_bind = BooleanField(_l("Has capacity to bind the company"))
    from_on = DateField(_l("From"), validators=[InputRequired()])
    until_on = DateField(_l("Until"), validators=[Optional()])


class RemindersForm(Form):
    """How the company's people are reminded of what it owes."""

    mode = RadioField(
        _l("Reminders of action items"),
        choices=[
            ("digest", _l("One letter a week; what is urgent at once")),
            ("each", _l("One letter for each action item and step")),
        ],
        validators=[InputRequired(message=_l("Choose one."))],
    )
