"""Input of the errata room."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, SelectField, TextAreaField
from wtforms.validators import Length, Optional

from portal.core import i18n
from portal.core.i18n import LazyText as _l
from portal.core.web import Form
from portal.errata.service import MOST_AT_ONCE
from portal.minutes.corrections import Correction
from portal.minutes.models import Minutes

LONG = 20_000


def propose_form(minutes: Minutes) -> Any:
    """A form with room for five corrections; an empty one is left out."""
    choices = [("", _l("Choose an item"))] + [
        (str(item.position), f"{item.position}. {i18n.both(item, 'title')}")
        for item in minutes.items
    ]
    fields: dict[str, Any] = {}
    for place in range(MOST_AT_ONCE):
        fields[f"item_{place}"] = SelectField(
            _l("Item"), choices=choices, validators=[Optional()], validate_choice=False
        )
        for name, label in (
            ("old", _l("Words that stand there now, copied exactly")),
            ("new", _l("What it should say")),
            ("reason", _l("Why, as it will be printed")),
        ):
            fields[f"{name}_{place}"] = TextAreaField(label, validators=[Length(max=LONG)])
    return type("ProposeForm", (Form,), fields)()


def corrections(form: Any) -> list[Correction]:
    """The corrections that were begun."""
    given = []
    known = {value for value, _label in form["item_0"].choices}
    for place in range(MOST_AT_ONCE):
        said = {name: form[f"{name}_{place}"].data or "" for name in ("old", "new", "reason")}
        number = form[f"item_{place}"].data or ""
        if any(text.strip() for text in said.values()):
            given.append(Correction(int(number) if number in known else 0, **said))
    return given


class AcceptForm(Form):
    """One side accepts the text it was shown."""

    content_hash = HiddenField()


class EndForm(Form):
    """Why a correction is declined or withdrawn."""

    reason = TextAreaField(_l("Reason"), validators=[Length(max=2000)])
