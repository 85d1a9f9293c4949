"""Input of the removal requests room."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from portal.core import i18n
from portal.core.calendar import instant
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form, RecordField
from portal.removal_requests.models import (
    Category,
    CorrectedTime,
    DeliveryChannel,
    Dispute,
    Exclusion,
    LegalGround,
    MeasureType,
    Outcome,
    Recheck,
    RemovalRequest,
    RevealPurpose,
    Surface,
    Verification,
)


def words(codes: type[StrEnum]) -> list[tuple[str, Any]]:
    """The codes of a list with their words."""
    return [(code.value, _l(code.value)) for code in codes]


CHOOSE = InputRequired(_l("Choose one."))


class RecordForm(Form):
    """A reference on a platform, and what is asked for."""

    platform_id = RecordField(
        _l("Platform"), first=_l("Choose a platform"), refusal=_l("Choose a platform.")
    )
    reference = StringField(
        _l("Address or message link"),
        validators=[InputRequired(_l("Give the address or message link of the content."))],
    )
    category = SelectField(_l("Category"), choices=words(Category))
    surface = SelectField(_l("Where it stands"), choices=words(Surface))
    measure_type = RadioField(
        _l("What is asked for"), choices=words(MeasureType), default="removal", validators=[CHOOSE]
    )
    legal_ground = RadioField(
        _l("Legal ground"),
        choices=words(LegalGround),
        default="voluntary_request",
        validators=[CHOOSE],
    )


class WhenForm(Form):
    """A step that happened at a time, now unless another is named."""

    def at_field(self, name: str) -> datetime | None:
        """The instant of a field, read on the reader's clock."""
        wall = self[name].data
        return None if wall is None else instant(wall, str(i18n.zone()), field=name)


class DeliverForm(WhenForm):
    """By which way it reached the company."""

    channel = RadioField(
        _l("Channel"), choices=words(DeliveryChannel), default="portal", validators=[CHOOSE]
    )
    proof = StringField(_l("Proof of delivery"), validators=[Length(max=200)])
    delivered_at = DateTimeLocalField(
        _l("Delivered at"), format="%Y-%m-%dT%H:%M", validators=[Optional()]
    )


class AnswerForm(WhenForm):
    """What the company decided."""

    outcome = RadioField(_l("Decision"), choices=words(Outcome), validators=[CHOOSE])
    removed_at = DateTimeLocalField(
        _l("Time of removal"), format="%Y-%m-%dT%H:%M", validators=[Optional()]
    )
    reason = TextAreaField(_l("Reason"), validators=[Length(max=500)])


class VerifyForm(Form):
    """What somebody else saw."""

    verification = RadioField(_l("What you saw"), choices=words(Verification), validators=[CHOOSE])


class RecheckForm(Form):
    """What was seen after seven days."""

    recheck = RadioField(_l("What you saw"), choices=words(Recheck), validators=[CHOOSE])


class ExtendForm(WhenForm):
    """Until when a later answer is granted."""

    until = DateTimeLocalField(
        _l("Later answer until"), format="%Y-%m-%dT%H:%M",
        validators=[InputRequired(_l("Choose a time."))],
    )  # fmt: skip
    reason = TextAreaField(_l("Reason"), validators=[InputRequired(_l("Give the reason."))])


class CorrectTimeForm(WhenForm):
    """Which time was entered wrongly, and what it is."""

    which = RadioField(_l("Which time"), validators=[CHOOSE])
    to = DateTimeLocalField(
        _l("The right time"), format="%Y-%m-%dT%H:%M",
        validators=[InputRequired(_l("Choose a time."))],
    )  # fmt: skip
    reason = TextAreaField(_l("Reason"), validators=[InputRequired(_l("Give the reason."))])

    def offer(self, request: RemovalRequest) -> None:
        """The times that a request has, each as it stands."""
        held = ((which, getattr(request, which.value)) for which in CorrectedTime)
        self.which.choices = [
            (which.value, f"{_(which.value)}: {i18n.local(at)}") for which, at in held if at
        ]


class DisputeForm(Form):
    """Why the company holds a request to be wrong."""

    reason = TextAreaField(_l("Reason"), validators=[InputRequired(_l("Give the reason."))])


class DecideDisputeForm(Form):
    """Whether the company is right."""

    decision = RadioField(
        _l("The dispute is"),
        choices=[(code.value, _l(code.value)) for code in (Dispute.UPHELD, Dispute.REJECTED)],
        validators=[CHOOSE],
    )
    reason = TextAreaField(_l("Reason"), validators=[InputRequired(_l("Give the reason."))])


class ExcludeForm(Form):
    """Why a request should leave the cohort."""

    why = RadioField(_l("Reason"), choices=words(Exclusion), validators=[CHOOSE])


class RevealForm(Form):
    """Why a reference is opened."""

    purpose = RadioField(_l("Purpose"), choices=words(RevealPurpose), validators=[CHOOSE])


class ImportForm(Form):
    """A file of requests or answers. Once checked it is kept here, and the page names it."""

    file = FileField(_l("CSV or XLSX file"))
    kept = HiddenField()
    partial = BooleanField(_l("Write the good lines and give me the others as a file"))


class CaseForm(Form):
    """What the caller was told."""

    case_code = StringField(
        _l("Case code"), validators=[InputRequired(_l("Enter the case code.")), Length(max=40)]
    )
    secret = StringField(
        _l("Secret number"), validators=[InputRequired(_l("Enter the number.")), Length(max=40)]
    )
