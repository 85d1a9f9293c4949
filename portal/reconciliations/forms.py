"""Input of the reconciliations room."""

from __future__ import annotations

from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from portal.core.i18n import LazyText as _l
from portal.core.web import Form
from portal.reconciliations.models import Right
from portal.reconciliations.queries import TOTALS


class MonthForm(Form):
    """Of which month, and what is to be said about it."""

    month = StringField(
        _l("Month"),
        validators=[
            InputRequired(),
            Regexp(r"^20\d\d-(0[1-9]|1[0-2])$", message=_l("Write the month as 2026-03.")),
        ],
        render_kw={"type": "month", "placeholder": "2026-03"},
    )
    note = TextAreaField(_l("Remark (how you counted)"), validators=[Length(max=2000)])


class TotalsForm(MonthForm):
    """What the company counted, in totals. An empty one is not compared."""


for total in TOTALS:
    field = IntegerField(_l(f"total_{total}"), validators=[Optional()])
    setattr(TotalsForm, total, field)


class CountFileForm(MonthForm):
    """A list of requests. Once checked it is kept here, and the page names it."""

    file = FileField(_l("CSV or XLSX file"))
    kept = HiddenField()


class DecideForm(Form):
    """Who was right, and why."""

    right = RadioField(
        _l("Who was right"),
        choices=[(right.value, _l(right.value)) for right in Right],
        validators=[InputRequired(_l("Choose one."))],
    )
    reason = TextAreaField(
        _l("Reason"), validators=[InputRequired(_l("Give the reason.")), Length(max=500)]
    )
