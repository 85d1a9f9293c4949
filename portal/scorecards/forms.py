"""Forms of the scorecards room."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class ComputeCardForm(Form):
    """Which company's month is computed."""

    company = SelectField(_l("Company"), coerce=int, validators=[InputRequired()])
    month = StringField(
        _l("Month"),
        validators=[
            InputRequired(),
            Regexp(r"^20\d\d-(0[1-9]|1[0-2])$", message=_l("Write the month as 2026-03.")),
        ],
        render_kw={"type": "month", "placeholder": "2026-03"},
    )


class CommentForm(Form):
    """The company's words."""

    comment = TextAreaField(
        _l("Comment of the company"), validators=[InputRequired(), Length(max=4000)]
    )


class FreezeForm(Form):
    """Why a card is frozen that never was with the company."""

    unasked = TextAreaField(
        _l("Why the company was not asked"), validators=[InputRequired(), Length(max=500)]
    )
