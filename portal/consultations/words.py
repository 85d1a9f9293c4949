"""How a consultation, an answer and a presence are told, each with its look."""

from __future__ import annotations

from portal.consultations.models import (
    Attendance,
    Consultation,
    ConsultationStatus,
    Rsvp,
)
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _

S = ConsultationStatus
ANSWERS = {
    Rsvp.NEEDS_ACTION: (_l("not answered yet"), "mute"),
    Rsvp.ACCEPTED: (_l("comes"), "ok"),
    Rsvp.TENTATIVE: (_l("perhaps"), "warn"),
    Rsvp.DECLINED: (_l("does not come"), "bad"),
}
WAYS = {
    "page": _l("on this page"),
    "calendar": _l("by calendar program"),
    "link": _l("by the link in the letter"),
    "hand": _l("written down by an officer"),
}
THERE = {
    Attendance.UNKNOWN: (_l("not recorded"), "mute"),
    Attendance.PRESENT: (_l("present"), "ok"),
    Attendance.REMOTE: (_l("remote"), "ok"),
    Attendance.ABSENT: (_l("absent"), "bad"),
}
WAY = (S.SCHEDULED, S.AGENDA_PUBLISHED, S.IN_SESSION, S.HELD, S.CLOSED)
KINDS = {
    S.DRAFT: "mute", S.POLLING: "info", S.SCHEDULED: "info", S.AGENDA_PUBLISHED: "info",
    S.IN_SESSION: "warn", S.HELD: "ok", S.CLOSED: "ok", S.POSTPONED: "warn",
    S.CANCELLED: "bad", S.NOT_HELD: "bad",
}  # fmt: skip


def stages(consultation: Consultation) -> list[tuple[str, str]]:
    """Where the consultation stands on its way; a side exit ends the way where it left it."""
    status = consultation.status
    if status in WAY:
        here = WAY.index(status)
        state = ["done"] * here + ["current"] + ["todo"] * (len(WAY) - here - 1)
        if status is S.CLOSED:
            state[-1] = "done"
        return [(_(step.value), mark) for step, mark in zip(WAY, state, strict=True)]
    if status in (S.DRAFT, S.POLLING):
        return [(_(status.value), "current"), *((_(step.value), "todo") for step in WAY)]
    passed = WAY[: 2 if consultation.agenda_version else 1]
    return [*((_(step.value), "done") for step in passed), (_(status.value), "current")]
