"""Input of the accounts room."""

from __future__ import annotations

from zoneinfo import available_timezones

from wtforms import EmailField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Email, EqualTo, InputRequired, Length, ValidationError

from portal.access.actor import Role
from portal.core.i18n import LANGUAGE_NAMES
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form

LANGUAGE_CHOICES = list(LANGUAGE_NAMES.items())
ZONES = (
    "Asia/Seoul",
    "UTC",
    "America/Los_Angeles",
    "America/New_York",
    "Europe/Dublin",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Dubai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
)


def known_zone(_form: Form, field: StringField) -> None:
    """Refuse a time zone that the IANA database does not have."""
    if field.data not in available_timezones():
        raise ValidationError(_("No such time zone. Write it as in Asia/Seoul."))


class LogInForm(Form):
    """Log in."""

    email = EmailField(_l("E-mail address"), validators=[InputRequired(), Length(max=254)])
    password = PasswordField(_l("Password"), validators=[InputRequired(), Length(max=1000)])


class AcceptInvitationForm(Form):
    """Set the first password."""

    password = PasswordField(_l("New password"), validators=[InputRequired(), Length(max=1000)])
    again = PasswordField(
        _l("The same again"),
        validators=[InputRequired(), EqualTo("password", _l("The two are not the same."))],
    )


class InviteForm(Form):
    """Invite somebody."""

    organisation_id = SelectField(_l("Organisation"), coerce=int)
    role = SelectField(_l("Role"), choices=[(role.value, role.value) for role in Role])
    email = EmailField(
        _l("E-mail address"), validators=[InputRequired(), Email(_l("This is no e-mail address."))]
    )
    name_ko = StringField(_l("Name in Korean"), validators=[InputRequired(), Length(max=120)])
    name_en = StringField(_l("Name in English"), validators=[InputRequired(), Length(max=120)])
    language = SelectField(_l("Language"), choices=LANGUAGE_CHOICES)
    time_zone = StringField(_l("Time zone"), default="Asia/Seoul", validators=[known_zone])
    desks = SelectMultipleField(_l("Desks (liaison officer only)"), coerce=int)


class SelfForm(Form):
    """One's own settings."""

    language = SelectField(_l("Language"), choices=LANGUAGE_CHOICES)
    time_zone = StringField(_l("Time zone"), validators=[known_zone])


class ChangePasswordForm(Form):
    """Change one's own password."""

    old_password = PasswordField(_l("Present password"), validators=[InputRequired()])
    password = PasswordField(_l("New password"), validators=[InputRequired(), Length(max=1000)])
    again = PasswordField(
        _l("The same again"),
        validators=[InputRequired(), EqualTo("password", _l("The two are not the same."))],
    )


class ProposeColleagueForm(Form):
    """A company administrator proposes a colleague."""

    email = EmailField(
        _l("E-mail address"), validators=[InputRequired(), Email(_l("This is no e-mail address."))]
    )
    name_en = StringField(_l("Name in English"), validators=[InputRequired(), Length(max=120)])
    name_ko = StringField(_l("Name in Korean"), validators=[InputRequired(), Length(max=120)])
    language = SelectField(_l("Language"), choices=LANGUAGE_CHOICES, default="en")
    time_zone = StringField(_l("Time zone"), validators=[known_zone])
