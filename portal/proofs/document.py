"""The proof of a case as content: sections of rows, in the language that is spoken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.access.actor import Actor, Role
from portal.accounts import queries as accounts
from portal.actions.models import ActionItem
from portal.consultations.models import Consultation, Side
from portal.core import audit, i18n
from portal.core.clock import local_date
from portal.core.i18n import gettext as _
from portal.documents import queries as documents
from portal.documents.models import DocumentKind
from portal.institution import queries as institution
from portal.minutes import queries as minutes_queries
from portal.minutes.models import Minutes
from portal.overviews import queries as overviews
from portal.proofs import queries

SEOUL = "Asia/Seoul"


@dataclass(slots=True)
class Section:
    """A table of the proof; `codes` are the columns that hold a hash."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    note: str = ""
    codes: list[int] = field(default_factory=list)
    is_numbered: bool = False
    """Whether the first column is a short number."""


def exact(at: datetime | None) -> str:
    """An instant to the second, with its offset, as a proof needs it."""
    return at.astimezone(ZoneInfo(SEOUL)).strftime("%Y-%m-%d %H:%M:%S %z") if at else "–"


def of_consultation(consultation: Consultation, actor: Actor, *, at: datetime) -> dict[str, Any]:
    """Everything the reader may know of a consultation, its minutes and what was agreed."""
    minutes = minutes_queries.of_consultation(consultation.id)
    if minutes is not None:
        minutes_queries.with_all(minutes)
    subjects = queries.of_consultation(consultation, minutes)
    sections = [_versions(consultation, minutes)]
    if minutes is not None and minutes.released_at is not None:
        sections += [_acceptances(minutes), _answers(minutes), _errata(subjects)]
    sections += [_promises(subjects, at), _reports(subjects), _progress(subjects, at)]
    sections += [_steps(consultation)]
    sections += [_letters(subjects), *_acts(subjects, actor)]
    title = _("Proof of the case %(number)s", number=consultation.label)
    return _content(
        consultation.label, title, i18n.both(consultation, "title"), sections, actor, at
    )


def of_action_item(item: ActionItem, actor: Actor, *, at: datetime) -> dict[str, Any]:
    """Everything the reader may know of one action item."""
    subjects = queries.of_action_item(item.id)
    sections = [_promises(subjects, at), _reports(subjects), _progress(subjects, at)]
    sections += [_letters(subjects)]
    sections += _acts(subjects, actor)
    title = _("Proof of the case %(number)s", number=item.number)
    return _content(item.number, title, i18n.both(item, "text"), sections, actor, at)


def _content(
    number: str, title: str, lead: str, sections: Sequence[Section], actor: Actor, at: datetime
) -> dict[str, Any]:
    own, other = ("ko", "en") if i18n.language() == "ko" else ("en", "ko")
    held = institution.on(local_date(at))
    whole = actor.role is Role.AUDITOR
    return {
        "doc_no": number,
        "doc_title": title,
        "doc_lead": lead,
        "org_name": getattr(held, f"name_{own}", ""),
        "org_name_other": getattr(held, f"name_{other}", ""),
        "made_at_text": exact(at),
        "note": _(
            "Made for %(name)s. It says what the portal holds at this moment and is no record itself;"
            " the records are the documents it names by their SHA-256.",
            name=actor.name,
        ),
        "reach": _("It holds the acts of everybody and all letters.")
        if whole
        else _(
            "It holds what both sides read, the acts of the reader's own side and the letters the"
            " reader may know of. The other side's own acts are not in it."
        ),
        "nothing": _("Nothing is recorded."),
        "hash_word": _("SHA-256 of this content"),
        "sections": [asdict(one) for one in sections],
    }


def _side(side: Side) -> str:
    return _("company") if side is Side.COMPANY else _("institution")


def _versions(consultation: Consultation, minutes: Minutes | None) -> Section:
    held = list(documents.of_subject(DocumentKind.AGENDA, subject_id=consultation.id))
    if minutes is not None:
        kinds = (DocumentKind.MINUTES, DocumentKind.MINUTES_PUBLIC)
        held += documents.of_subject(*kinds, subject_id=minutes.id)
    return Section(
        _("Documents"),
        [_("Document"), _("Version"), _("Made"), "SHA-256"],
        [
            [f"{_(one.kind.value)} ({one.language})", str(one.version), exact(one.made_at),
             one.pdf_sha256 or "–"]
            for one in sorted(held, key=lambda one: (one.kind.value, one.version, one.language))
        ],
        codes=[3],
    )  # fmt: skip


def _acceptances(minutes: Minutes) -> Section:
    return Section(
        _("Acceptances"),
        [_("Who"), _("For"), _("Capacity"), _("When"), _("SHA-256 of the text")],
        [
            [one.name, i18n.both(one, "organisation"), _(one.capacity), exact(one.accepted_at),
             one.content_hash]
            for one in minutes.acceptances
        ],
        codes=[4],
    )  # fmt: skip


def _answers(minutes: Minutes) -> Section:
    rows = []
    for item in minutes.items:
        for one in item.answers:
            said = "\n".join(
                text for text in (one.old_text, one.new_text and f"→ {one.new_text}", one.reason)
                if text
            )  # fmt: skip
            decided = _(one.resolution.value) if one.resolution else "–"
            if one.resolution_reason:
                decided += f": {one.resolution_reason}"
            rows.append(
                [str(item.position), str(one.revision), f"{_(one.kind.value)}\n{said}".strip(),
                 f"{accounts.doer(one.answered_by)}, {exact(one.answered_at)}", decided]
            )  # fmt: skip
    return Section(
        _("Answers of the company"),
        [_("Item"), _("Revision"), _("Answer"), _("Who and when"), _("Decision")],
        rows,
        is_numbered=True,
    )


def _errata(subjects: queries.Subjects) -> Section:
    return Section(
        _("Errata"),
        [_("Erratum"), _("State"), _("Proposed by"), _("Decided"), _("SHA-256 of the corrected text")],
        [
            [str(one.number), _(one.status.value),
             f"{accounts.doer(one.proposed_by)}, {exact(one.proposed_at)}",
             f"{accounts.doer(one.decided_by)}, {exact(one.decided_at)}" if one.decided_at else "–",
             one.content_hash]
            for one in queries.errata(subjects.get("erratum", ()))
        ],
        codes=[4],
    )  # fmt: skip


def _promises(subjects: queries.Subjects, at: datetime) -> Section:
    rows = []
    for item in queries.action_items(subjects.get("action_item", ())):
        dates = []
        if item.first_due_at:
            dates.append(_("first agreed for %(when)s", when=exact(item.first_due_at)))
        for one in item.amendments:
            asked = f"{_(one.kind.value)}, {_(one.status.value)}: {one.reason}"
            who = f"{accounts.doer(one.asked_by)}, {exact(one.asked_at)}"
            if one.decided_at:
                who += f"; {accounts.doer(one.decided_by)}, {exact(one.decided_at)}"
            dates.append(f"{asked} ({who})")
        state = [_(item.status.value)]
        if item.done_at:
            state.append(_("done on %(when)s", when=exact(item.done_at)))
        if item.is_late(at=at):
            late = item.minutes_late(at=at)
            state.append(
                _(
                    "late by %(days)s d %(hours)s h %(minutes)s min",
                    days=late // 1440,
                    hours=late // 60 % 24,
                    minutes=late % 60,
                )
            )
        rows.append(
            [item.number, i18n.both(item, "text"), _side(item.owner),
             "\n".join([exact(item.due_at), *dates]), "\n".join(state)]
        )  # fmt: skip
    return Section(
        _("Action items"),
        [_("Number"), _("What is owed"), _("By whom"), _("Due"), _("State")],
        rows,
    )


def _reports(subjects: queries.Subjects) -> Section:
    rows = []
    for one in queries.responses(subjects.get("response", ())):
        pieces = [
            piece.link or f"{piece.filename}, {piece.size:,} B, {piece.sha256}"
            for piece in one.evidence
        ]
        verdict = _(one.verdict.value)
        if one.decided_at:
            verdict += f"\n{accounts.doer(one.decided_by)}, {exact(one.decided_at)}\n{one.reason}"
        rows.append(
            [one.action_item.number, f"{accounts.doer(one.reported_by)}, {exact(one.reported_at)}", one.text,
             "\n".join(pieces), verdict.strip()]
        )  # fmt: skip
    return Section(
        _("Reports and verdicts"),
        [_("Number"), _("Who and when"), _("Report"), _("Evidence and its SHA-256"), _("Verdict")],
        rows,
        codes=[3],
    )


def _progress(subjects: queries.Subjects, at: datetime) -> Section:
    rows = []
    for one in queries.progress_reports(subjects.get("progress_report", ())):
        filed = f"{accounts.doer(one.filed_by)}, {exact(one.filed_at)}" if one.filed_at else "–"
        if one.is_late(at=at):
            filed += f"\n{_('late')}"
        rows.append([one.action_item.number, exact(one.due_at), filed, one.text])
    return Section(
        _("Progress reports"),
        [_("Number"), _("Due"), _("Who and when"), _("Report")],
        rows,
    )


def _steps(consultation: Consultation) -> Section:
    return Section(
        _("What both sides read"),
        [_("When"), _("What"), _("Who")],
        [
            [exact(one.at), "\n".join(filter(None, (_(one.what), one.detail))),
             f"{accounts.doer(one.by_name)} ({_(one.by_side)})"]
            for one in overviews.steps_of(consultation.id)
        ],
    )  # fmt: skip


def _letters(subjects: queries.Subjects) -> Section:
    rows = []
    for one in queries.letters(subjects):
        written = _("written %(when)s", when=exact(one.written_at))
        way = _("sent %(when)s", when=exact(one.sent_at)) if one.sent_at else _("not sent yet")
        if one.replaced_by_id is not None:
            way = _("Its news went out with letter no. %(number)s.", number=one.replaced_by_id)
        rows.append(
            [str(one.id), f"{one.subject}\n{one.kind} {one.version or ''}".strip(), one.address,
             f"{written}\n{way}", one.content_hash]
        )  # fmt: skip
    return Section(
        _("Letters of the case"),
        [_("No."), _("Subject, kind and version"), _("Recipient"), _("Way"), "SHA-256"],
        rows,
        codes=[4],
        is_numbered=True,
    )


def _acts(subjects: queries.Subjects, actor: Actor) -> Iterable[Section]:
    events = queries.acts(subjects, actor)
    broken = audit.broken(events)
    note = (
        _(
            "Each of these %(count)s entries has the hash that its content and the entry before it"
            " give.",
            count=len(events),
        )
        if not broken
        else _(
            "The log was changed: entries %(numbers)s do not have the hash that their content and"
            " the entry before them give.",
            numbers=", ".join(map(str, broken)),
        )
    )
    yield Section(
        _("From the log"),
        [_("No."), _("When"), _("What"), _("Who"), _("Hash")],
        [
            [str(one.id), exact(one.at), f"{_(one.verb)}\n{one.subject} {one.subject_id or ''}",
             accounts.doer(one.actor_name), one.hash]
            for one in events
        ],
        note=note if events else "",
        codes=[4],
        is_numbered=True,
    )  # fmt: skip
