"""Input of the methodology room."""

from __future__ import annotations

from wtforms import (
    DateField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms import (
    Form as Part,
)
from wtforms.validators import InputRequired, Length, Optional

from portal.core.i18n import LazyText as _l
from portal.core.web import Form
from portal.methodology.drafting import LETTERS, NUMBERS
from portal.methodology.method import MEASURES

A_MEASURE = [("", "–"), *((id, id) for id in MEASURES)]
EMPTY_ROWS = 1


def _points(label: object) -> IntegerField:
    return IntegerField(label, validators=[InputRequired()], render_kw={"inputmode": "numeric"})


class CapForm(Part):
    """Below this value of a measure the letter is at most this one."""

    measure = SelectField(_l("Measure"), choices=A_MEASURE, validators=[Optional()])
    below = IntegerField(_l("Below"), validators=[Optional()])
    at_most = SelectField(_l("At most"), choices=[(one, one) for one in LETTERS[1:]])


class TargetForm(Part):
    """A mark in time with its source and its days."""

    source = StringField(_l("Source"), validators=[Optional(), Length(max=120)])
    measure = SelectField(_l("Measure"), choices=A_MEASURE, validators=[Optional()])
    hours = IntegerField(_l("Hours"), validators=[Optional()])
    share = StringField(_l("Share"), validators=[Optional(), Length(max=20)])
    valid_from = DateField(_l("Valid from"), validators=[Optional()])
    valid_to = DateField(_l("Valid until"), validators=[Optional()])


class DraftForm(Form):
    """All figures of a version. A row without a measure or a source is left out."""

    seen = HiddenField(default="0")
    version = StringField(_l("Version"), validators=[InputRequired(), Length(max=20)])
    month = StringField(
        _l("First month"),
        validators=[InputRequired()],
        render_kw={"type": "month", "placeholder": "2027-01"},
    )
    why = TextAreaField(_l("What changes, and why"), validators=[InputRequired(), Length(max=4000)])
    R1 = _points("R1")
    R2 = _points("R2")
    R3 = _points("R3")
    R4 = _points("R4")
    R5 = _points("R5")
    R6 = _points("R6")
    A = _points("A")
    B = _points("B")
    C = _points("C")
    D = _points("D")
    caps = FieldList(FormField(CapForm, _l("Cap")), _l("Caps"))
    required = SelectMultipleField(
        _l("Measures without which there is no grade"), choices=[(id, id) for id in MEASURES]
    )
    answer_hours = _points(NUMBERS["answer_hours"])
    removal_hours = _points(NUMBERS["removal_hours"])
    horizon_hours = _points(NUMBERS["horizon_hours"])
    minimum_weight = _points(NUMBERS["minimum_weight"])
    insufficient_below = _points(NUMBERS["insufficient_below"])
    provisional_below = _points(NUMBERS["provisional_below"])
    provisional_half_width = _points(NUMBERS["provisional_half_width"])
    targets = FieldList(FormField(TargetForm, _l("Target")), _l("Targets, with their dates"))


class SeenForm(Form):
    """A deed on a version as the person saw it."""

    seen = HiddenField()


class SendBackForm(Form):
    """Why a proposal goes back to its draft."""

    remark = TextAreaField(_l("What should change"), validators=[InputRequired(), Length(max=2000)])
