"""What changed between two published versions of an agenda, as values and as sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from portal.consultations.models import Consultation
from portal.core import i18n
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _

# Lazy, so that the words follow the language that is spoken when they are used.
FIELDS = {
    "kind": _l("Kind"),
    "title_ko": _l("Title in Korean"),
    "title_en": _l("Title in English"),
    "presenter": _l("Presenter"),
    "minutes": _l("Minutes planned"),
    "proposed_by": _l("Proposed by"),
}


def meeting_of(consultation: Consultation) -> dict[str, Any]:
    """Where and when the consultation was to be, as a version keeps it."""
    return {
        "starts_at": consultation.starts_at.isoformat(),
        "zone": consultation.zone,
        "duration": consultation.duration,
        "venue": consultation.venue,
    }


def meeting_changes(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """What of time and place differs. A version from before they were kept says nothing of it."""
    if not before:
        return []
    groups = {"time": ("starts_at", "zone"), "duration": ("duration",), "venue": ("venue",)}
    return [
        {"what": what, "before": before, "after": after}
        for what, fields in groups.items()
        if any(before[field] != after[field] for field in fields)
    ]


def item_changes(before: list[Any], after: list[Any]) -> list[dict[str, Any]]:
    """What a reader of the version before must know: removed, added, changed, moved."""
    old, new = ({item["id"]: item for item in items} for items in (before, after))
    changes = [_change("removed", old[key]) for key in old if key not in new]
    changes += [_change("added", new[key]) for key in new if key not in old]
    for key in new:
        if key in old:
            fields = [field for field in FIELDS if old[key][field] != new[key][field]]
            if fields:
                changes.append({**_change("changed", new[key]), "fields": fields})
    was = [key for key in old if key in new]
    now = [key for key in new if key in old]
    # What one item jumped over has not moved: only the items outside the longest common runs have.
    runs = SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks()
    stayed = {now[run.b + step] for run in runs for step in range(run.size)}
    return changes + [_change("moved", new[key]) for key in now if key not in stayed]


def _change(what: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"what": what, "title_ko": item["title_ko"], "title_en": item["title_en"]}


def in_words(change: dict[str, Any]) -> str:
    """One change as a sentence."""
    if change["what"] == "time":
        first, second = _instant(change["before"]), _instant(change["after"])
        return _("New time: %(after)s (before: %(before)s)", before=first, after=second)
    if change["what"] == "duration":
        before, after = change["before"]["duration"], change["after"]["duration"]
        return _("New duration: %(after)s minutes (before: %(before)s)", before=before, after=after)
    if change["what"] == "venue":
        before, after = change["before"]["venue"], change["after"]["venue"]
        return _("New venue: %(after)s (before: %(before)s)", before=before, after=after)
    title = i18n.both(_Titles(change["title_ko"], change["title_en"]), "title")
    if change["what"] == "changed":
        fields = ", ".join(str(FIELDS[field]) for field in change["fields"])
        return _("Changed: %(title)s (%(fields)s)", title=title, fields=fields)
    if change["what"] == "added":
        return _("Added: %(title)s", title=title)
    if change["what"] == "removed":
        return _("Removed: %(title)s", title=title)
    return _("Moved: %(title)s", title=title)


def _instant(meeting: dict[str, Any]) -> str:
    at = datetime.fromisoformat(meeting["starts_at"])
    return f"{i18n.local(at, 'instant', meeting['zone'])} {i18n.zone_label(at, meeting['zone'])}"


@dataclass(frozen=True, slots=True)
class _Titles:
    title_ko: str
    title_en: str
