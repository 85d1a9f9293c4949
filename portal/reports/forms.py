"""Forms of the reports room."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import InputRequired, Regexp

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class MakeReportForm(Form):
    """Which month's report is made."""

    month = StringField(
        _l("Month"),
        validators=[
            InputRequired(),
            Regexp(r"^20\d\d-(0[1-9]|1[0-2])$", message=_l("Write the month as 2026-03.")),
        ],
        render_kw={"type": "month", "placeholder": "2026-03"},
    )
