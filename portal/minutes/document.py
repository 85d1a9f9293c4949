"""What both sides accept by its hash, and what is printed of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from portal.agendas.models import ItemKind
from portal.consultations.models import Attendance, Consultation, Delegate, Side
from portal.core.audit import canonical
from portal.core.clock import local_date
from portal.core.i18n import gettext as _
from portal.core.i18n import local, spoken, zone_label
from portal.institution import queries as institution
from portal.minutes.models import (
    AnswerKind,
    ItemAnswer,
    Minutes,
    MinutesItem,
    MinutesStatus,
    Outcome,
    OutcomeKind,
    Resolution,
    iso,
)

FORMAT = "minutes/1"


def agreed_content(minutes: Minutes) -> dict[str, Any]:
    """What the two sides agree upon, as plain JSON. docs/minutes-hash.md describes it."""
    consultation = minutes.consultation
    return {
        "format": FORMAT,
        "authoritative_language": minutes.authoritative_language,
        "consultation": {
            "serial": minutes.serial,
            "starts_at": iso(consultation.starts_at),
            "ends_at": iso(consultation.ends_at),
            "zone": consultation.zone,
            "venue": consultation.venue,
        },
        "attendance": _attendance(consultation),
        "items": [_agreed_item(item, minutes) for item in minutes.items],
    }


def content_hash(minutes: Minutes) -> str:
    """SHA-256 over the canonical JSON of what both sides agree upon."""
    return hashlib.sha256(canonical(agreed_content(minutes)).encode()).hexdigest()


def _attendance(consultation: Consultation) -> list[dict[str, str]]:
    there = [
        {
            "side": delegate.side.value,
            "name": delegate.name,
            "title": delegate.title,
            "attendance": delegate.attendance.value,
        }
        for delegate in consultation.delegates
    ]
    return sorted(there, key=canonical)


def _agreed_item(item: MinutesItem, minutes: Minutes) -> dict[str, Any]:
    answer = item.answer_now()
    silent = answer is None and _is_past_reconciling(minutes) and minutes.deadline_at is not None
    return item.words() | {
        "disagreement": _disagreement(answer),
        "declined_proposals": _declined(item),
        "no_answer": silent,
    }


def _is_past_reconciling(minutes: Minutes) -> bool:
    return minutes.status in (
        MinutesStatus.RECONCILED,
        MinutesStatus.ADOPTED,
        MinutesStatus.SUPERSEDED,
    )


def _disagreement(answer: ItemAnswer | None) -> dict[str, str] | None:
    if answer is None or answer.kind is not AnswerKind.DISAGREE:
        return None
    return {
        "statement": answer.reason,
        "by": answer.answered_by,
        "at": iso(answer.answered_at),
    }


def _declined(item: MinutesItem) -> list[dict[str, str]]:
    return [
        {
            "old": answer.old_text,
            "new": answer.new_text,
            "reason": answer.reason,
            "declined_because": answer.resolution_reason,
        }
        for answer in item.answers
        if answer.resolution is Resolution.DECLINED
    ]


@dataclass(frozen=True)
class Attended:
    """One person at the table."""

    name: str
    title: str
    was_there: str


@dataclass(frozen=True)
class Delegation:
    """One side of the table."""

    side: str
    people: list[Attended]


@dataclass(frozen=True)
class Text:
    """The same words twice, the document's own language first."""

    text: str
    language: str
    other: str
    other_language: str


@dataclass(frozen=True)
class PrintedOutcome:
    """What an item ended in."""

    kind: str
    label: str
    text: Text
    owner: str
    due: str
    evidence: str


@dataclass(frozen=True)
class Remark:
    """What the company said that did not become common text."""

    label: str
    text: str
    detail: str


@dataclass(frozen=True)
class PrintedItem:
    """One item of the record."""

    number: int
    title: Text
    kind: str
    discussion: Text
    outcomes: list[PrintedOutcome]
    remarks: list[Remark]


@dataclass(frozen=True)
class PrintedAcceptance:
    """Who accepted, for whom, in which capacity, when, and which hash."""

    name: str
    organisation: str
    capacity: str
    when: str
    content_hash: str


@dataclass(frozen=True)
class PrintedMinutes:
    """Everything the template prints, in the language of the document."""

    doc_no: str
    doc_title: str
    doc_lead: str
    org_name: str
    org_name_other: str
    made_at_text: str
    draft_word: str
    company: str
    status: str
    version: int
    revision: int
    when: str
    when_seoul: str
    venue: str
    authoritative: str
    adopted: str
    record_hash: str
    delegations: list[Delegation]
    items: list[PrintedItem]
    action_items: list[PrintedOutcome]
    acceptances: list[PrintedAcceptance]
    lapse: str


def printable(minutes: Minutes, *, language: str, at: datetime) -> dict[str, Any]:
    """The minutes as content of a document in one language."""
    with spoken(language):
        return asdict(_printed(minutes, language, at))


def _printed(minutes: Minutes, language: str, at: datetime) -> PrintedMinutes:
    consultation = minutes.consultation
    ours = institution.on(local_date(consultation.starts_at))
    other = "en" if language == "ko" else "ko"
    company = getattr(minutes.company, f"name_{language}")
    org_name = getattr(ours, f"name_{language}", "")
    items = [_printed_item(item, minutes, language, org_name, company) for item in minutes.items]
    return PrintedMinutes(
        doc_no=minutes.serial,
        doc_title=_("Minutes of the consultation with %(company)s", company=company),
        doc_lead=_("Consultative body with foreign platforms: %(serial)s", serial=minutes.serial),
        org_name=org_name,
        org_name_other=getattr(ours, f"name_{other}", ""),
        made_at_text=local(at),
        draft_word=_("DRAFT"),
        company=company,
        status=_(minutes.status.value),
        version=minutes.version,
        revision=minutes.revision,
        when=_span(consultation, consultation.zone),
        when_seoul="" if consultation.zone == "Asia/Seoul" else _span(consultation, "Asia/Seoul"),
        venue=f"{consultation.venue} ({consultation.venue_country})",
        authoritative=_("Korean") if minutes.authoritative_language == "ko" else _("English"),
        adopted=local(minutes.adopted_at) if minutes.adopted_at else "",
        record_hash=minutes.content_hash or "",
        delegations=_delegations(consultation.delegates, org_name, company),
        items=items,
        action_items=[
            outcome
            for item in items
            for outcome in item.outcomes
            if outcome.kind == OutcomeKind.ACTION_ITEM.value
        ],
        acceptances=_acceptances(minutes, language),
        lapse=_lapse(minutes, company),
    )


def _span(consultation: Consultation, zone: str) -> str:
    start = local(consultation.starts_at, "instant", zone)
    end = local(consultation.ends_at, "short", zone)
    start_day = local(consultation.starts_at, "short", zone)[:10]
    shown_end = end[11:] if end[:10] == start_day else end
    return f"{start}–{shown_end} {zone_label(consultation.starts_at, zone)}"


def _delegations(
    delegates: Sequence[Delegate], org_name: str, company: str
) -> list[Delegation]:
    sides = ((Side.INSTITUTION, org_name), (Side.COMPANY, company))
    return [
        Delegation(
            side=name,
            people=[
                Attended(
                    delegate.name,
                    delegate.title,
                    "" if delegate.attendance is Attendance.UNKNOWN else _(delegate.attendance),
                )
                for delegate in delegates
                if delegate.side is side
            ],
        )
        for side, name in sides
    ]


def _text(record: Any, field: str, language: str) -> Text:
    """A text in the document's language first; where only the other is filled, that one alone."""
    other = "en" if language == "ko" else "ko"
    own_text, other_text = getattr(record, f"{field}_{language}"), getattr(record, f"{field}_{other}")
    if not own_text:
        return Text(other_text, other, "", other)
    return Text(own_text, language, other_text, other)


def _printed_item(
    item: MinutesItem, minutes: Minutes, language: str, org_name: str, company: str
) -> PrintedItem:
    kind = item.agenda_item.kind if item.agenda_item else ItemKind.DISCUSSION
    return PrintedItem(
        number=item.position,
        title=_text(item, "title", language),
        kind=_(kind.value),
        discussion=_text(item, "discussion", language),
        outcomes=[
            _printed_outcome(outcome, language, org_name, company) for outcome in item.outcomes
        ],
        remarks=_remarks(item, minutes, company),
    )


def _printed_outcome(
    outcome: Outcome, language: str, org_name: str, company: str
) -> PrintedOutcome:
    owner = {None: "", Side.INSTITUTION: org_name, Side.COMPANY: company}[outcome.owner]
    due = ""
    if outcome.due_at and outcome.due_zone:
        due = f"{local(outcome.due_at, 'instant', outcome.due_zone)} "
        due += zone_label(outcome.due_at, outcome.due_zone)
    return PrintedOutcome(
        kind=outcome.kind.value,
        label=_(outcome.kind.value),
        text=_text(outcome, "text", language),
        owner=owner,
        due=due,
        evidence=outcome.required_evidence,
    )


def _remarks(item: MinutesItem, minutes: Minutes, company: str) -> list[Remark]:
    remarks = [
        Remark(
            _("Proposed by %(company)s and declined", company=company),
            f"“{old['old']}” → “{old['new']}”",
            _(
                "Reason given: %(reason)s Declined because: %(why)s",
                reason=old["reason"],
                why=old["declined_because"],
            ),
        )
        for old in _declined(item)
    ]
    answer = item.answer_now()
    if answer is not None and answer.kind is AnswerKind.DISAGREE:
        remarks.append(
            Remark(
                _("Disagreement recorded by %(company)s", company=company),
                answer.reason,
                _(
                    "Stated by %(name)s, %(when)s.",
                    name=answer.answered_by,
                    when=local(answer.answered_at),
                ),
            )
        )
    if answer is None and _is_past_reconciling(minutes) and minutes.deadline_at:
        remarks.append(
            Remark(
                _("No answer from %(company)s", company=company),
                _("No answer by %(when)s.", when=local(minutes.deadline_at)),
                "",
            )
        )
    return remarks


def _acceptances(minutes: Minutes, language: str) -> list[PrintedAcceptance]:
    return [
        PrintedAcceptance(
            name=acceptance.name,
            organisation=getattr(acceptance, f"organisation_{language}"),
            capacity=_(acceptance.capacity),
            when=f"{local(acceptance.accepted_at)} {zone_label(acceptance.accepted_at, 'Asia/Seoul')}",
            content_hash=acceptance.content_hash,
        )
        for acceptance in minutes.acceptances
        if acceptance.content_hash == minutes.content_hash
    ]


def _lapse(minutes: Minutes, company: str) -> str:
    if not minutes.is_adopted_by_lapse or minutes.deadline_at is None:
        return ""
    return _(
        "%(company)s did not answer by %(when)s. Under its standing rule (%(days)s days) silence"
        " counts as consent.",
        company=company,
        when=local(minutes.deadline_at),
        days=minutes.company.lapse_days,
    )
