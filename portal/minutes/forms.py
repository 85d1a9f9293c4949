"""Input of the minutes room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import HiddenInput

from portal.companies.models import Platform
from portal.consultations.models import Side
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import DueField, Form
from portal.minutes.models import AnswerKind, Minutes, OutcomeKind
from portal.minutes.outcomes import OutcomeText
from portal.minutes.service import Answer
from portal.minutes.target_fields import TargetFields

LONG = 20_000
TOO_LONG = _l(
    "The text is longer than 20,000 characters. Shorten it or divide it among several items; what"
    " you typed is kept here."
)


CHOICES = (
    ("edited", _l("What stands in the field below")),
    ("mine", _l("My text")),
    ("theirs", _l("The stored text")),
)


class LanguageForm(Form):
    """Which text decides."""

    language = RadioField(
        _l("Authoritative language"), choices=[("ko", "한국어"), ("en", "English")]
    )


class AddItemForm(Form):
    """A point that was not on the agenda."""

    title_ko = StringField(_l("Title in Korean"), validators=[InputRequired(), Length(max=200)])
    title_en = StringField(_l("Title in English"), validators=[InputRequired(), Length(max=200)])


class ItemForm(Form):
    """What was said on an item."""

    edition = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    discussion_ko = TextAreaField(
        _l("Discussion in Korean"), validators=[Length(max=LONG, message=TOO_LONG)]
    )
    discussion_en = TextAreaField(
        _l("Discussion in English"), validators=[Length(max=LONG, message=TOO_LONG)]
    )
    choice_ko = RadioField(_l("Korean text to be kept"), choices=CHOICES, validators=[Optional()])
    choice_en = RadioField(_l("English text to be kept"), choices=CHOICES, validators=[Optional()])
    mine_ko = HiddenField(validators=[Length(max=LONG)])
    mine_en = HiddenField(validators=[Length(max=LONG)])
    base_ko = HiddenField(validators=[Length(max=64)])
    base_en = HiddenField(validators=[Length(max=64)])
    block = SelectField(
        _l("Recurring phrase"), validators=[Optional()], coerce=str, validate_choice=False
    )

    def __init__(self, *given: Any, blocks: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*given, **more)
        self.block.choices = [("", "–"), *blocks]

    def text(self, language: str, *, stored: str) -> str:
        """The text to be saved, after a conflict the one that was chosen; `stored` is theirs."""
        choice = self[f"choice_{language}"].data
        if choice == "theirs":
            return stored
        name = "mine" if choice == "mine" else "discussion"
        return str(self[f"{name}_{language}"].data or "")

    def put_in(self, text_ko: str, text_en: str) -> None:
        """Add a phrase at the end of both texts, as a paragraph of its own."""
        for field, phrase in ((self.discussion_ko, text_ko), (self.discussion_en, text_en)):
            held = (field.data or "").rstrip()
            field.raw_data, field.data = None, f"{held}\n\n{phrase}" if held else phrase


class TextBlockForm(Form):
    """A recurring phrase."""

    seen = HiddenField(validators=[Length(max=64)])
    name = StringField(_l("Name of the phrase"), validators=[InputRequired(), Length(max=120)])
    text_ko = TextAreaField(
        _l("Text in Korean"), validators=[InputRequired(), Length(max=LONG, message=TOO_LONG)]
    )
    text_en = TextAreaField(
        _l("Text in English"), validators=[InputRequired(), Length(max=LONG, message=TOO_LONG)]
    )


class OutcomeForm(TargetFields):
    """What an item ended in."""

    seen = HiddenField(validators=[Length(max=64)])
    kind = RadioField(
        _l("Kind of outcome"),
        choices=[(kind.value, _l(kind.value)) for kind in OutcomeKind],
        validators=[InputRequired(message=_l("Choose what the outcome is."))],
    )
    text_ko = TextAreaField(_l("Text in Korean"), validators=[InputRequired(), Length(max=LONG)])
    text_en = TextAreaField(_l("Text in English"), validators=[InputRequired(), Length(max=LONG)])
    owner = SelectField(_l("Owner"), validators=[Optional()])
    due_wall = DueField(_l("Due"), format="%Y-%m-%dT%H:%M", validators=[Optional()])
    due_zone = StringField(_l("Time zone of the due time"), validators=[Optional(), Length(max=60)])
    required_evidence = StringField(
        _l("Required evidence"), validators=[Optional(), Length(max=300)]
    )

    def __init__(
        self,
        *given: Any,
        owners: list[tuple[str, str]],
        platforms: Iterable[Platform],
        **more: Any,
    ) -> None:
        super().__init__(*given, **more)
        self.owner.choices = [("", "–"), *owners]
        self.offer(platforms)

    def validate_due_zone(self, field: StringField) -> None:
        """Refuse a zone the IANA database does not have."""
        if field.data and field.data not in available_timezones():
            raise ValidationError(_("No such time zone. Write it as in Asia/Seoul."))

    def text(self) -> OutcomeText:
        """What was typed."""
        return OutcomeText(
            kind=OutcomeKind(self.kind.data),
            text_ko=self.text_ko.data or "",
            text_en=self.text_en.data or "",
            owner=Side(self.owner.data) if self.owner.data else None,
            due_wall=self.due_wall.data,
            due_zone=self.due_zone.data or None,
            required_evidence=self.required_evidence.data or "",
            target=self.target(),
        )


class NoteForm(Form):
    """A note of the regulator's own."""

    text = TextAreaField(_l("Internal note"), validators=[InputRequired(), Length(max=LONG)])


class ReleaseForm(Form):
    """Until when the company answers."""

    deadline_on = DateField(_l("Answers are due by the end of"), validators=[InputRequired()])


class ResolveForm(Form):
    """What becomes of a proposal."""

    edition = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    resolution = RadioField(
        _l("Decision"),
        choices=[
            ("taken_over", _l("Take over into the text")),
            ("declined", _l("Decline with a reason")),
        ],
        validators=[InputRequired(message=_l("Choose one."))],
    )
    discussion_ko = TextAreaField(_l("Discussion in Korean"), validators=[Length(max=LONG)])
    discussion_en = TextAreaField(_l("Discussion in English"), validators=[Length(max=LONG)])
    reason = TextAreaField(_l("Reason, which is printed"), validators=[Length(max=LONG)])


class AcceptForm(Form):
    """The text that is accepted, by its hash."""

    content_hash = HiddenField(validators=[InputRequired(), Length(min=64, max=64)])


KINDS = (
    (AnswerKind.AGREE.value, _l("Agree")),
    (AnswerKind.PROPOSE.value, _l("Propose a change")),
    (AnswerKind.DISAGREE.value, _l("Record our disagreement")),
)


def answer_form(minutes: Minutes) -> Any:
    """A form with the fields of every item, filled with what was answered so far."""
    fields: dict[str, Any] = {
        "revision": IntegerField(widget=HiddenInput(), default=minutes.revision),
    }
    for item in minutes.items:
        given = item.answer_now()
        fields[f"kind_{item.id}"] = RadioField(
            _l("Answer to item %(number)s", number=item.position),
            choices=KINDS,
            default=given.kind.value if given else None,
            validators=[Optional()],
        )
        for name, label, held in (
            (
                "old_text",
                _l("Present words, copied from item %(number)s", number=item.position),
                given and given.old_text,
            ),
            (
                "new_text",
                _l("Proposed words for item %(number)s", number=item.position),
                given and given.new_text,
            ),
            (
                "reason",
                _l(
                    "Reason or statement to item %(number)s, which is printed", number=item.position
                ),
                given and given.reason,
            ),
        ):
            fields[f"{name}_{item.id}"] = TextAreaField(
                label, default=held or "", validators=[Length(max=LONG)]
            )
    return type("AnswerForm", (Form,), fields)()


def answers(form: Any, minutes: Minutes) -> list[Answer]:
    """What the form says, for the items that were answered."""
    return [
        Answer(
            item_id=item.id,
            kind=AnswerKind(form[f"kind_{item.id}"].data),
            old_text=form[f"old_text_{item.id}"].data or "",
            new_text=form[f"new_text_{item.id}"].data or "",
            reason=form[f"reason_{item.id}"].data or "",
        )
        for item in minutes.items
        if form[f"kind_{item.id}"].data
    ]
