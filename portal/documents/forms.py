"""Forms of the documents room."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired

from portal.core.i18n import LazyText as _l
from portal.core.web import Form


class VerifyForm(Form):
    """A file that somebody wants to know about."""

    file = FileField(
        _l("PDF file"), validators=[FileRequired(_l("Choose the file you want to check."))]
    )
