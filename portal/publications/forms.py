"""Input of the publications room."""

from __future__ import annotations

from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from portal.core.i18n import LazyText as _l
from portal.core.web import Form, WallTimeField


class EmbargoForm(Form):
    """Until when, why, and who may read."""

    until = WallTimeField(_l("Until (time in Seoul)"))
    reason = StringField(_l("Reason"), validators=[Length(max=300)])
    readers = SelectMultipleField(
        _l("Who may read it until then"),
        coerce=int,
        widget=ListWidget(),
        option_widget=CheckboxInput(),
    )

    def __init__(self, *args: Any, people: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readers.choices = people


class PrepareForm(Form):
    """What is taken out of the public version."""

    passages = TextAreaField(
        _l("Passages to remove, one on each line"), validators=[Length(max=40_000)]
    )
    is_without_names = BooleanField(_l("Remove the names of everybody who took part"), default=True)


class CountersignForm(Form):
    """The stored file with one's own signature."""

    file = FileField(
        _l("Signed PDF"), validators=[FileRequired(_l("Choose the file you have signed."))]
    )
