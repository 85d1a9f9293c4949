"""Input of the responses room."""

from __future__ import annotations

from flask_wtf.file import MultipleFileField
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from portal.core.i18n import LazyText as _l
from portal.core.web import Form
from portal.responses.service import Piece


class ReportForm(Form):
    """A report that an action item is done."""

    text = TextAreaField(_l("What was done"), validators=[InputRequired(), Length(max=10_000)])
    link = StringField(_l("Link that shows it"), validators=[Optional(), Length(max=500)])
    files = MultipleFileField(_l("Files that show it"), validators=[Optional()])

    def has_files(self) -> bool:
        """Whether files were chosen; a browser forgets them when a form comes back."""
        return any(getattr(file, "filename", "") for file in self.files.data or ())

    def pieces(self) -> list[Piece]:
        """The evidence that was given."""
        given: list[Piece] = [self.link.data] if (self.link.data or "").strip() else []
        for file in self.files.data or ():
            if getattr(file, "filename", ""):
                given.append((file.filename, file.read()))
        return given


class DecideForm(Form):
    """A verdict on a report."""

    verdict = RadioField(
        _l("Verdict"),
        choices=[("verified", _l("Verify: it is done")), ("returned", _l("Return with a reason"))],
        validators=[InputRequired(message=_l("Choose one."))],
    )
    reason = TextAreaField(_l("What is missing"), validators=[Optional(), Length(max=5000)])
