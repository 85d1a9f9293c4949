"""The fields in which a measurable target is typed, for each form that records what is owed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.validators import Length, Optional

from portal.companies.models import Platform
from portal.core.i18n import LazyText as _l
from portal.core.web import Form
from portal.minutes.targets import (
    Target,
    TypedTarget,
    measure_choices,
    platform_choices,
    surface_choices,
)


class TargetFields(Form):
    """What is measured, which share of it, and from when; all empty where nothing is."""

    target_measure = SelectField(_l("What is measured"), validators=[Optional()])
    target_hours = IntegerField(_l("Within hours"), validators=[Optional()])
    target_share = StringField(
        _l("Share promised, in per cent"), validators=[Optional(), Length(max=20)]
    )
    target_from = DateField(_l("Measured from"), validators=[Optional()])
    target_until = DateField(_l("Measured until"), validators=[Optional()])
    target_platform = SelectField(_l("Only this platform"), validators=[Optional()])
    target_surface = SelectField(_l("Only this surface"), validators=[Optional()])

    def offer(self, platforms: Iterable[Platform]) -> None:
        """Fill the lists to choose from."""
        self.target_measure.choices = measure_choices()
        self.target_surface.choices = surface_choices()
        self.target_platform.choices = platform_choices(platforms)

    def target(self) -> TypedTarget:
        """What was typed."""
        return TypedTarget(
            measure=self.target_measure.data or "",
            share=(self.target_share.data or "").strip(),
            hours=self.target_hours.data,
            from_on=self.target_from.data,
            until_on=self.target_until.data,
            platform=self.target_platform.data or "",
            surface=self.target_surface.data or "",
        )


def known(words: Mapping[str, Any] | None) -> dict[str, Any]:
    """What stands in the fields of a target that is stored."""
    if not words:
        return {}
    target = Target.of(words)
    return {
        "target_measure": target.measure,
        "target_hours": target.hours,
        "target_share": target.typed_share,
        "target_from": target.from_on,
        "target_until": target.until_on,
        "target_platform": target.platform["slug"] if target.platform else "",
        "target_surface": target.surface or "",
    }
