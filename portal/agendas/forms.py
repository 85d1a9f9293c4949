"""Input of the agendas room."""

from __future__ import annotations

from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from portal.agendas.models import STANDING, ItemKind, ItemStatus
from portal.core.i18n import LazyText as _l
from portal.core.web import Form

KINDS = [(kind.value, _l(kind.value)) for kind in ItemKind if kind not in STANDING]


class ItemForm(Form):
    """An item of the agenda."""

    title_ko = StringField(_l("Title in Korean"), validators=[Length(max=200)])
    title_en = StringField(_l("Title in English"), validators=[Length(max=200)])
    kind = SelectField(_l("Kind"), choices=KINDS, default=ItemKind.DISCUSSION.value)
    presenter = StringField(_l("Presenter"), validators=[Length(max=120)])
    minutes_planned = IntegerField(
        _l("Minutes planned"), default=10, validators=[InputRequired(), NumberRange(max=1440)]
    )
    stamp = HiddenField()


class DecideForm(Form):
    """What the other side says to a proposal."""

    decision = RadioField(
        _l("Your answer"),
        choices=[
            (ItemStatus.ACCEPTED.value, _l("Accept")),
            (ItemStatus.DECLINED.value, _l("Decline")),
            (ItemStatus.DEFERRED.value, _l("Defer to a later consultation")),
        ],
        validators=[InputRequired(_l("Choose an answer."))],
    )
    reason = TextAreaField(_l("Reason"), validators=[Length(max=500)])
    deferred_to_id = SelectField(_l("Deferred to"), coerce=int, default=0)


class PreparationForm(Form):
    """A private note of one side."""

    text = TextAreaField(_l("Private note"), validators=[Length(max=20000)])
    stamp = HiddenField()


class PaperForm(Form):
    """A paper laid to an item."""

    file = FileField(_l("File"), validators=[FileRequired(_l("Choose a file."))])
    whom = RadioField(
        _l("For whom"),
        choices=[("both", _l("for both sides")), ("own", _l("for our own side only"))],
        default="both",
    )
