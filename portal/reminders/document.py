"""Proof of notification on paper: letters with all that is known of their way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.core import i18n
from portal.core.clock import local_date
from portal.core.i18n import gettext as _
from portal.institution import queries as institution
from portal.reminders.models import Proof

ZONE = "Asia/Seoul"


@dataclass(frozen=True, slots=True)
class ProofContent:
    """Everything the printed proof says, in the language that is spoken."""

    doc_no: str
    doc_title: str
    doc_title_other: str
    org_name: str
    org_name_other: str
    made_at_text: str
    words: dict[str, str]
    letters: list[dict[str, Any]]
    note: str


def content(
    letters: Sequence[Proof], *, number: str, title: str, note: str = "", at: datetime
) -> dict[str, Any]:
    """The frozen content of a proof; times are in Korean time, to the second."""
    own, other = ("ko", "en") if i18n.language() == "ko" else ("en", "ko")
    held = institution.on(local_date(at))
    with i18n.spoken(other, ZONE):
        title_other = _("Proof of notification")
    return asdict(
        ProofContent(
            doc_no=number,
            doc_title=title,
            doc_title_other=title_other,
            org_name=getattr(held, f"name_{own}", ""),
            org_name_other=getattr(held, f"name_{other}", ""),
            made_at_text=exact(at),
            words={
                "other": other,
                "text": _("Text as it was sent"),
                "calendar": _("For calendar programs"),
                "hidden": _("The part of a link that opens something is not printed."),
                "printed": _("Printed"),
            },
            letters=[
                {
                    "number": letter.id,
                    "subject": letter.subject,
                    "language": letter.language,
                    "body": letter.shown_body,
                    "hides_secret": letter.hides_secret,
                    "calendar": letter.calendar_method or "",
                    "facts": facts(letter),
                }
                for letter in letters
            ],
            note=note,
        )
    )


def facts(letter: Proof) -> list[tuple[str, str]]:
    """What is known of a letter and its way, as (term, value)."""
    sent = exact(letter.sent_at) if letter.sent_at else _("not sent yet")
    if letter.replaced_by_id is not None:
        sent = _("Its news went out with letter no. %(number)s.", number=letter.replaced_by_id)
    return [
        (_("Recipient"), letter.address),
        (_("Letter no."), str(letter.id)),
        (_("Kind"), letter.kind),
        (_("Version of the record"), letter.version or "–"),
        (_("Written"), exact(letter.written_at)),
        (_("Sent"), sent),
        (_("Answer of the mail server"), letter.answer or "–"),
        (_("Attempts"), str(letter.attempts)),
        (_("Message-ID"), letter.message_id),
        (_("Calendar part"), letter.calendar_method or "–"),
        (_("SHA-256 of the content"), letter.content_hash),
    ]


def exact(at: datetime) -> str:
    """An instant to the second, with its offset, as a proof needs it."""
    return at.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%d %H:%M:%S %z")
