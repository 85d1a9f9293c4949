"""A measurable target of an action item: what is measured, which share of it, and from when.

Both sides agree to codes, numbers and days, which are hashed with the outcome; the words are made of
them in the language of the reader. What became of it is computed by `methodology.promises`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from portal.companies.models import Platform
from portal.consultations.models import Side
from portal.core.errors import FieldError
from portal.core.i18n import LazyText as _l
from portal.core.i18n import both, day, language
from portal.core.i18n import gettext as _
from portal.removal_requests.models import Surface

FIGURES = ("answered", "removed")
"""Figures whose mark in hours is agreed with the target."""
MEASURES = ("R1", "R2", "R3", "R4", "R5", "R6", *FIGURES)
OF_REQUESTS = ("R1", "R2", "R3", "R4", *FIGURES)
"""What is counted over removal requests, and so may be counted for one platform or surface."""
MOST_HOURS = 168
"""How long each request is followed."""
NAMES = {
    "R1": _l("Substantive answer in time"),
    "R2": _l("Removed at source in time, verified"),
    "R3": _l("Speed of removal"),
    "R4": _l("Still gone at the recheck"),
    "R5": _l("Police information requests answered in time"),
    "R6": _l("Agreed action items done in time"),
}
SHARE = re.compile(r"\d{1,3}(?:\.\d{1,4})?")


@dataclass(frozen=True, slots=True)
class Target:
    """What was promised. `share` is exact, above 0 and at most 1; days are Korean, both included."""

    measure: str
    share: Fraction
    from_on: date
    until_on: date | None = None
    hours: int | None = None
    """The mark of `answered` and `removed`; the measures have the method's own."""
    platform: Mapping[str, str] | None = None
    """`slug`, `ko`, `en`: as the platform was called when the target was agreed."""
    surface: str | None = None

    def words(self) -> dict[str, Any]:
        """As it is stored and hashed: plain JSON, the share as two whole numbers."""
        return {
            "measure": self.measure,
            "hours": self.hours,
            "share": f"{self.share.numerator}/{self.share.denominator}",
            "from": self.from_on.isoformat(),
            "until": self.until_on.isoformat() if self.until_on else None,
            "platform": dict(self.platform) if self.platform else None,
            "surface": self.surface,
        }

    @classmethod
    def of(cls, words: Mapping[str, Any]) -> Target:
        """Read what `words` wrote."""
        return cls(
            measure=words["measure"],
            share=Fraction(words["share"]),
            from_on=date.fromisoformat(words["from"]),
            until_on=date.fromisoformat(words["until"]) if words["until"] else None,
            hours=words["hours"],
            platform=words["platform"],
            surface=words["surface"],
        )

    def __str__(self) -> str:
        """In words, in the language that is spoken."""
        values = {
            "what": self.what, "share": self.asked, "from_on": day(self.from_on),
            "until_on": day(self.until_on),
        }  # fmt: skip
        if self.until_on is None:
            return _("%(what)s: at least %(share)s, from %(from_on)s", **values)
        return _("%(what)s: at least %(share)s, from %(from_on)s until %(until_on)s", **values)

    @property
    def what(self) -> str:
        """What is measured, and where, in words."""
        where = [
            self.platform[language()] if self.platform else "",
            _(self.surface) if self.surface else "",
        ]
        named = ", ".join(word for word in where if word)
        name = name_of(self.measure, self.hours)
        return f"{name} ({named})" if named else name

    @property
    def asked(self) -> str:
        """The share that was promised, as text: 90% or 66.67%."""
        return f"{self.typed_share}%"

    @property
    def typed_share(self) -> str:
        """The share as it is typed, without its sign: 90 or 66.67."""
        percent = 100 * self.share
        return f"{Decimal(percent.numerator) / Decimal(percent.denominator):f}"


class Targeted:
    """What may carry a target: an outcome of minutes, an action item, a line of the register."""

    __slots__ = ()
    if TYPE_CHECKING:
        target: Any

    @property
    def target_text(self) -> str:
        """The target in words; empty where nothing measurable was promised."""
        return str(Target.of(self.target)) if self.target else ""


def name_of(measure: str, hours: int | None = None) -> str:
    """What a target measures, in words."""
    if measure == "answered":
        return _("Answered within %(hours)s h", hours=hours)
    if measure == "removed":
        return _("Removed at source within %(hours)s h", hours=hours)
    return f"{measure} {NAMES[measure]}"


@dataclass(frozen=True, slots=True)
class TypedTarget:
    """A target as it is typed; nothing in any field says that there is none."""

    measure: str = ""
    share: str = ""
    hours: int | None = None
    from_on: date | None = None
    until_on: date | None = None
    platform: str = ""
    surface: str = ""


def agreed(
    typed: TypedTarget | None,
    *,
    owner: Side,
    platforms: Iterable[Platform],
    agreed_on: date,
) -> dict[str, Any] | None:
    """The target that was typed, as it is stored; None where there is none.

    `platforms` are the company's own; `agreed_on` is the Korean day of the agreement, before which
    nothing was promised. What does not fit is refused at its field.
    """
    if typed is None or typed == TypedTarget():
        return None
    if not typed.measure:
        raise FieldError("target_measure", _("Choose what is measured, or empty the target."))
    if owner is not Side.COMPANY:
        raise FieldError(
            "target_measure",
            _(
                "These figures measure the company. Leave the target out of what the institution owes."
            ),
        )
    from_on = _days(typed, agreed_on)
    _check_place(typed)
    return Target(
        measure=typed.measure,
        share=_share(typed.share),
        from_on=from_on,
        until_on=typed.until_on,
        hours=_hours(typed),
        platform=_platform(typed.platform, platforms),
        surface=typed.surface or None,
    ).words()


def _share(text: str) -> Fraction:
    text = text.strip().removesuffix("%").strip()
    share = Fraction(text) / 100 if SHARE.fullmatch(text) else Fraction(0)
    if not 0 < share <= 1:
        raise FieldError(
            "target_share",
            _("Write the share in per cent, above 0 and up to 100, as in 90 or 66.67."),
        )
    return share


def _hours(typed: TypedTarget) -> int | None:
    if typed.measure not in FIGURES:
        if typed.hours is not None:
            raise FieldError(
                "target_hours",
                _("This measure has the hours of the method. Leave the field empty."),
            )
        return None
    if typed.hours is None or not 1 <= typed.hours <= MOST_HOURS:
        raise FieldError(
            "target_hours", _("Write within how many hours, from 1 to %(most)s.", most=MOST_HOURS)
        )
    return typed.hours


def _days(typed: TypedTarget, agreed_on: date) -> date:
    if typed.from_on is None:
        raise FieldError("target_from", _("Choose the day from which the target holds."))
    if typed.from_on < agreed_on:
        raise FieldError(
            "target_from",
            _("Nothing was promised before %(on)s. Choose this day or a later one.",
              on=day(agreed_on)),
        )  # fmt: skip
    if typed.until_on is not None and typed.until_on < typed.from_on:
        raise FieldError(
            "target_until", _("The last day is before the first. Choose a later one or none.")
        )
    return typed.from_on


def _check_place(typed: TypedTarget) -> None:
    if typed.measure in OF_REQUESTS:
        return
    for field, value in (("platform", typed.platform), ("surface", typed.surface)):
        if value:
            raise FieldError(
                f"target_{field}",
                _("This measure counts no removal requests. Leave platform and surface empty."),
            )


def _platform(slug: str, platforms: Iterable[Platform]) -> dict[str, str] | None:
    if not slug:
        return None
    for platform in platforms:
        if platform.slug == slug:
            return {"slug": slug, "ko": platform.name_ko, "en": platform.name_en}
    raise FieldError("target_platform", _("Choose a platform of this company."))


def measure_choices() -> list[tuple[str, str]]:
    """What a form offers to be measured."""
    return [
        ("", _("no measurable target")),
        *((id, f"{id} {name}") for id, name in NAMES.items()),
        ("answered", _("Answered within so many hours")),
        ("removed", _("Removed at source within so many hours")),
    ]


def surface_choices() -> list[tuple[str, str]]:
    """The surfaces that a form offers."""
    return [("", _("all surfaces")), *((one.value, _(one.value)) for one in Surface)]


def platform_choices(platforms: Iterable[Platform]) -> list[tuple[str, str]]:
    """The platforms that a form offers."""
    return [("", _("all platforms")), *((one.slug, both(one, "name")) for one in platforms)]
