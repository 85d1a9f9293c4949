"""Input of the information requests room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wtforms import (
    DateField,
    DateTimeLocalField,
    Field,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from portal.core import i18n
from portal.core.calendar import instant
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form, RecordField
from portal.information_requests.models import Answer, Kind


class FileForm(Form):
    """A question to a platform."""

    platform_id = RecordField(
        _l("Platform"), first=_l("Choose a platform"), refusal=_l("Choose a platform.")
    )
    request_no = StringField(
        _l("Number of the request"),
        validators=[InputRequired(_l("Give the number of the request.")), Length(max=60)],
    )
    kind = SelectField(_l("What is asked for"), choices=[(k.value, _l(k.value)) for k in Kind])
    legal_basis = StringField(
        _l("Legal basis"),
        validators=[InputRequired(_l("Name the law and article.")), Length(max=200)],
    )
    delivered_at = DateTimeLocalField(
        _l("Delivered at"), format="%Y-%m-%dT%H:%M", validators=[Optional()]
    )

    def __init__(self, *given: Any, platforms: list[tuple[int, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.platform_id.offer(platforms)

    def validate_delivered_at(self, field: Field) -> None:
        """Refuse a year that is a slip of the keyboard."""
        if field.data is not None and not 2000 <= field.data.year <= 2100:
            raise ValidationError(_("Choose a year between 2000 and 2100."))

    def delivered(self) -> datetime | None:
        """The instant of the delivery, on the reader's clock."""
        wall = self.delivered_at.data
        return None if wall is None else instant(wall, str(i18n.zone()), field="delivered_at")


class AnswerForm(Form):
    """How the company answered."""

    answer = RadioField(
        _l("Answer"),
        choices=[(a.value, _l(a.value)) for a in Answer],
        validators=[InputRequired(_l("Choose one."))],
    )
    reason = TextAreaField(_l("Reason"), validators=[Length(max=500)])


class AskExtensionForm(Form):
    """More time, once."""

    until = DateField(_l("Until the end of"), validators=[InputRequired(_l("Say until when."))])
    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(_l("Give the reason: it is kept.")), Length(max=500)],
    )


class DecideExtensionForm(Form):
    """Whether there is more time, and until when."""

    decision = RadioField(
        _l("Decision"),
        choices=[
            ("extension_granted", _l("extension_granted")),
            ("extension_refused", _l("extension_refused")),
        ],
        validators=[InputRequired(_l("Choose one."))],
    )
    until = DateField(_l("Until the end of"), validators=[Optional()])
    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(_l("Give the reason: it is kept.")), Length(max=500)],
    )
