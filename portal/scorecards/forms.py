"""Forms of the scorecards room."""

from __future__ import annotations

from datetime import UTC, datetime

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Regexp

from portal.core.clock import SEOUL
from portal.core.errors import FieldError
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.web import Form
from portal.methodology.method import MEASURES
from portal.methodology.words import name_of


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
    why = TextAreaField(
        _l("If the month's card is frozen: what the new version corrects, and why"),
        validators=[Length(max=1000)],
    )


class AsOfForm(Form):
    """The instant from which a live card looks back; empty: now."""

    as_of = StringField(
        _l("As it stood at (Korean time)"),
        render_kw={"type": "datetime-local", "step": "1"},
    )

    def instant(self) -> datetime | None:
        """The instant in UTC. A time without an offset is Korean time; what is none is refused."""
        text = (self.as_of.data or "").strip()
        if not text:
            return None
        try:
            # The plus of an offset that was copied into an address arrives as a space.
            read = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
            return (read if read.tzinfo else read.replace(tzinfo=SEOUL)).astimezone(UTC)
        except (ValueError, OverflowError):  # the first hours of year 1 have no UTC
            raise FieldError(
                "as_of", _("Write the instant as 2026-04-08T00:00 (Korean time).")
            ) from None


def typed(at: datetime) -> str:
    """An instant as `AsOfForm` reads it: Korean time without its offset."""
    return at.astimezone(SEOUL).replace(tzinfo=None).isoformat()


class CommentForm(Form):
    """The company's words: on the card, and on single measures."""

    comment = TextAreaField(_l("Comment of the company"), validators=[Length(max=4000)])
    R1 = TextAreaField(_l("On R1 (optional)"), validators=[Length(max=1000)])
    R2 = TextAreaField(_l("On R2 (optional)"), validators=[Length(max=1000)])
    R3 = TextAreaField(_l("On R3 (optional)"), validators=[Length(max=1000)])
    R4 = TextAreaField(_l("On R4 (optional)"), validators=[Length(max=1000)])
    R5 = TextAreaField(_l("On R5 (optional)"), validators=[Length(max=1000)])
    R6 = TextAreaField(_l("On R6 (optional)"), validators=[Length(max=1000)])

    @property
    def remarks(self) -> dict[str, str]:
        """What was written on single measures, by their id."""
        return {id: self[id].data or "" for id in MEASURES}


class CorrectionForm(Form):
    """What the company says is wrong on its card."""

    measure = SelectField(_l("Figure"))
    case_no = StringField(
        _l("Number of the request or action item, if it is about one"), validators=[Length(max=60)]
    )
    what = TextAreaField(
        _l("What should be corrected"), validators=[InputRequired(), Length(max=1000)]
    )
    why = TextAreaField(
        _l("Why, and what shows it"), validators=[InputRequired(), Length(max=2000)]
    )

    def offer(self) -> None:
        """The figures by their names."""
        named = ((id, f"{id} {name_of(id)}") for id in MEASURES)
        self.measure.choices = [("", _("none: a request only")), *named]


class DecideCorrectionForm(Form):
    """What an officer decides about a correction."""

    decision = RadioField(
        _l("Decision"),
        choices=[
            ("correction_granted", _l("Grant: it is put right where it was entered")),
            ("correction_refused", _l("Refuse: the figure stands")),
        ],
        validators=[InputRequired(message=_l("Choose one."))],
    )
    reason = TextAreaField(
        _l("Reason (printed on the card)"), validators=[InputRequired(), Length(max=1000)]
    )


class FreezeForm(Form):
    """Why a card is frozen that never was with the company."""

    unasked = TextAreaField(
        _l("Why the company was not asked"), validators=[InputRequired(), Length(max=500)]
    )
