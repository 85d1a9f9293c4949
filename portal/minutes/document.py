"""What both sides accept by its hash, and what is printed of it."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from flask import current_app

from portal.accounts import queries as accounts
from portal.agendas.models import ItemKind
from portal.consultations import service as consultations
from portal.consultations.models import Attendance, Consultation, Side
from portal.core.audit import canonical
from portal.core.clock import local_date
from portal.core.i18n import both, country_name, local, spoken, zone_label
from portal.core.i18n import gettext as _
from portal.institution import queries as institution
from portal.minutes.corrections import Correction
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
SEOUL = "Asia/Seoul"


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


def corrected_print(
    printed: dict[str, Any],
    agreed: dict[str, Any],
    corrections: Iterable[Correction],
    *,
    language: str,
    at: datetime,
    acceptances: list[PrintedAcceptance],
) -> dict[str, Any]:
    """What the next version prints: the frozen content of the last one with the passages put in.

    Made from what was frozen and not from the present names and labels: nothing else may change.
    """
    made: dict[str, Any] = copy.deepcopy(printed)
    for one in corrections:
        for text in _texts_of(made, one.item):
            for field in ("text", "other"):
                text[field] = text[field].replace(one.old, one.new)
    made["agreed"] = agreed
    made["text_hash"] = hashlib.sha256(canonical(agreed).encode()).hexdigest()
    with spoken(language, SEOUL):
        before = _("version %(number)s", number=agreed["version"] - 1)
        version = _("version %(number)s", number=agreed["version"])
        made["facts"] = [
            *(
                [term, value.replace(before, version)]
                for term, value in made["facts"]
                if term != _("Corrected")
            ),
            [_("Corrected"), _seoul(at)],
        ]
        made["made_at_text"] = _seoul(at)
        made["acceptance_lead"] = _(
            "Both sides accepted the corrected text, which has the SHA-256 below."
        )
        made["acceptances"] = [asdict(one) for one in acceptances]
        made["corrections"] = {
            "title": _("Corrections in this version"),
            "lead": _(
                "This version takes the place of version %(number)s, which stays as it was.",
                number=agreed["version"] - 1,
            ),
            "item": _("Item"), "old": _("Was"), "new": _("Is now"), "reason": _("Reason"),
            "rows": [asdict(one) for one in corrections],
        }  # fmt: skip
    return made


def _texts_of(printed: dict[str, Any], number: int) -> Iterable[dict[str, str]]:
    for item in printed["items"]:
        if item["number"] == number:
            yield from (item["title"], item["discussion"])
            yield from (outcome["text"] for outcome in item["outcomes"])
    for outcome in (*printed["decisions"], *printed["action_items"]):
        if outcome["number"].split(".")[0] == str(number):
            yield outcome["text"]


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
    """What an item ended in; `number` is that of its item and its place there."""

    number: str
    kind: str
    label: str
    text: Text
    owner: str
    due: str
    evidence: str
    target: str = ""
    target_other: str = ""
    """What was promised in figures, in the document's own language and in the other."""


@dataclass(frozen=True)
class Remark:
    """What the company said that did not become common text, or that it said nothing."""

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
    """Who accepted, for whom, in which capacity, and when."""

    name: str
    organisation: str
    capacity: str
    when: str


@dataclass(frozen=True)
class PrintedMinutes:
    """Everything the template prints, in the language of the document.

    Its words are kept with it: a document printed again says the same, whatever the catalogue
    says by then.
    """

    doc_no: str
    doc_title: str
    doc_lead: str
    org_name: str
    org_name_other: str
    made_at_text: str
    draft_word: str
    words: dict[str, str]
    facts: list[tuple[str, str]]
    lapse: str
    decisions: list[PrintedOutcome]
    action_items: list[PrintedOutcome]
    delegations: list[Delegation]
    items: list[PrintedItem]
    acceptance_lead: str
    acceptances: list[PrintedAcceptance]
    text_hash: str
    agreed: dict[str, Any]
    """The canonical form that was accepted: its SHA-256 is `text_hash`."""
    markup: str = ""
    """How texts are written: `markdown`, or plain lines in what was frozen before."""


def printable(minutes: Minutes, *, language: str, at: datetime) -> dict[str, Any]:
    """The minutes as content of a document in one language."""
    with spoken(language, SEOUL):
        return asdict(_Printer(minutes, language).printed(at))


class _Printer:
    """Minutes in the words of one language; the names of both sides are those of the day."""

    def __init__(self, minutes: Minutes, language: str) -> None:
        self.minutes, self.consultation = minutes, minutes.consultation
        self.language, self.other = language, "en" if language == "ko" else "ko"
        self.company: str = getattr(minutes.company, f"name_{language}")
        ours = institution.on(local_date(minutes.consultation.starts_at))
        self.org_name: str = getattr(ours, f"name_{language}", "")
        self.org_name_other: str = getattr(ours, f"name_{self.other}", "")
        self.previous = consultations.previous_minutes(minutes.consultation)

    def printed(self, at: datetime) -> PrintedMinutes:
        items = [self._item(item) for item in self.minutes.items]
        outcomes = [outcome for item in items for outcome in item.outcomes]
        agreed = agreed_content(self.minutes)
        return PrintedMinutes(
            doc_no=self.minutes.serial,
            doc_title=_("Minutes of the consultation with %(company)s", company=self.company),
            doc_lead=both(self.consultation, "title"),
            org_name=self.org_name,
            org_name_other=self.org_name_other,
            made_at_text=_seoul(at),
            draft_word=_("DRAFT"),
            words=_words(),
            facts=self._facts(),
            lapse=self._lapse(),
            decisions=[one for one in outcomes if one.kind == OutcomeKind.DECISION.value],
            action_items=[one for one in outcomes if one.kind == OutcomeKind.ACTION_ITEM.value],
            delegations=self._delegations(),
            items=items,
            acceptance_lead=self._acceptance_lead(),
            acceptances=self._acceptances(),
            text_hash=hashlib.sha256(canonical(agreed).encode()).hexdigest(),
            agreed=agreed,
            markup="markdown",
        )

    def _facts(self) -> list[tuple[str, str]]:
        minutes, consultation = self.minutes, self.consultation
        abroad = consultation.zone != SEOUL
        korean = minutes.authoritative_language == "ko"
        version = _("version %(number)s", number=minutes.version)
        revision = _("revision %(number)s", number=minutes.revision)
        facts = [
            (_("Number"), minutes.serial),
            (_("Time"), _span(consultation, consultation.zone)),
            (_("Time in Korea"), _span(consultation, SEOUL) if abroad else ""),
            (_("Place"), f"{consultation.venue} ({country_name(consultation.venue_country)})"),
            (_("Company"), self.company),
            (_("State"), _capital(f"{_(minutes.status.value)}, {version}, {revision}")),
            (_("Adopted"), _seoul(minutes.adopted_at) if minutes.adopted_at else ""),
            (_("Authoritative text"), _("Korean") if korean else _("English")),
        ]
        return [(term, value) for term, value in facts if value]

    def _delegations(self) -> list[Delegation]:
        sides = ((Side.INSTITUTION, self.org_name), (Side.COMPANY, self.company))
        return [
            Delegation(
                side=name,
                people=[
                    Attended(
                        delegate.name,
                        delegate.title,
                        "" if delegate.attendance is Attendance.UNKNOWN else _(delegate.attendance),
                    )
                    for delegate in self.consultation.delegates
                    if delegate.side is side
                ],
            )
            for side, name in sides
        ]

    def _text(self, record: Any, field: str) -> Text:
        """The document's own language first; where only the other is filled, that one alone."""
        own = getattr(record, f"{field}_{self.language}")
        other = getattr(record, f"{field}_{self.other}")
        if not own:
            return Text(other, self.other, "", self.other)
        return Text(own, self.language, "" if other == own else other, self.other)

    def _item(self, item: MinutesItem) -> PrintedItem:
        kind = item.agenda_item.kind if item.agenda_item else ItemKind.DISCUSSION
        return PrintedItem(
            number=item.position,
            title=self._text(item, "title"),
            kind=_capital(_(kind.value)),
            discussion=self._text(item, "discussion"),
            outcomes=[
                self._outcome(outcome, f"{item.position}.{place}")
                for place, outcome in enumerate(item.outcomes, start=1)
            ],
            remarks=list(self._remarks(item)),
        )

    def _outcome(self, outcome: Outcome, number: str) -> PrintedOutcome:
        owners = {None: "", Side.INSTITUTION: self.org_name, Side.COMPANY: self.company}
        due = ""
        if outcome.due_at and outcome.due_zone:
            due = f"{local(outcome.due_at, 'instant', outcome.due_zone)} "
            due += zone_label(outcome.due_at, outcome.due_zone)
        with spoken(self.other, SEOUL):
            target_other = outcome.target_text
        return PrintedOutcome(
            number=number,
            kind=outcome.kind.value,
            label=_capital(_(outcome.kind.value)),
            text=self._text(outcome, "text"),
            owner=owners[outcome.owner],
            due=due,
            evidence=outcome.required_evidence,
            target=outcome.target_text,
            target_other=target_other,
        )

    def _remarks(self, item: MinutesItem) -> Iterable[Remark]:
        kind = item.agenda_item.kind if item.agenda_item else None
        if kind is ItemKind.CONFIRM_MINUTES and self.previous:
            yield Remark(_("Previous minutes"), self.previous, "")
        for old in _declined(item):
            given = _("Reason given: %(reason)s", reason=old["reason"])
            why = _("Declined because: %(why)s", why=old["declined_because"])
            yield Remark(
                _("Change proposed by %(company)s and declined", company=self.company),
                f"“{old['old']}” → “{old['new']}”" if old["old"] else f"+ “{old['new']}”",
                f"{given}\n{why}",
            )
        answer = item.answer_now()
        if answer is not None and answer.kind is AnswerKind.DISAGREE:
            yield Remark(
                _("Disagreement recorded by %(company)s", company=self.company),
                answer.reason,
                _(
                    "Stated by %(name)s, %(when)s.",
                    name=accounts.doer(answer.answered_by),
                    when=_seoul(answer.answered_at),
                ),
            )
        if answer is None and _is_past_reconciling(self.minutes) and self.minutes.deadline_at:
            yield Remark(
                _("No answer from %(company)s", company=self.company),
                _("No answer by %(when)s.", when=_seoul(self.minutes.deadline_at)),
                _("Silence is recorded as silence; it is not consent.")
                if not self.minutes.is_adopted_by_lapse
                else "",
            )

    def _acceptance_lead(self) -> str:
        if self.minutes.is_adopted_by_lapse:
            return _("The person named below accepted this text on behalf of their side.")
        if self.minutes.is_binding:
            return _("Both sides accepted the same text, which has the SHA-256 below.")
        return ""

    def _acceptances(self) -> list[PrintedAcceptance]:
        return printed_acceptances(self.minutes, self.language)

    def _lapse(self) -> str:
        minutes = self.minutes
        if not minutes.is_adopted_by_lapse or minutes.deadline_at is None:
            return ""
        return _(
            "%(company)s did not answer by %(when)s. Under its standing rule (%(days)s days)"
            " silence counts as consent.",
            company=self.company,
            when=_seoul(minutes.deadline_at),
            days=minutes.company.lapse_days,
        )


def printed_acceptances(minutes: Minutes, language: str) -> list[PrintedAcceptance]:
    """Who accepted the present text, in the words of one language."""
    with spoken(language, SEOUL):
        return [
            PrintedAcceptance(
                name=acceptance.name,
                organisation=getattr(acceptance, f"organisation_{language}"),
                capacity=_(acceptance.capacity),
                when=_seoul(acceptance.accepted_at),
            )
            for acceptance in minutes.acceptances
            if acceptance.content_hash == minutes.content_hash
        ]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _seoul(at: datetime) -> str:
    """An instant as the paper says it: the institution's time, with its zone."""
    return f"{local(at, 'instant', SEOUL)} {zone_label(at, SEOUL)}"


def _span(consultation: Consultation, zone: str) -> str:
    start = local(consultation.starts_at, "instant", zone)
    end = local(consultation.ends_at, "short", zone)
    start_day = local(consultation.starts_at, "short", zone)[:10]
    shown_end = end[11:] if end[:10] == start_day else end
    return f"{start}–{shown_end} {zone_label(consultation.starts_at, zone)}"


def _words() -> dict[str, str]:
    return {
        "agreed": _("What was agreed"),
        "decisions": _("Decisions"),
        "action_items": _("Action items"),
        "nothing_agreed": _("No decision was taken and no action item agreed."),
        "number": _("No."),
        "decision": _("Decision"),
        "owed": _("What is owed"),
        "owner": _("By whom"),
        "due": _("Due"),
        "evidence": _("Evidence"),
        "target": _("Measurable target"),
        "delegations": _("Delegations"),
        "name": _("Name"),
        "office": _("Office"),
        "presence": _("Presence"),
        "nobody": _("Nobody is named."),
        "items": _("Items"),
        "no_discussion": _("No discussion is recorded."),
        "acceptance": _("Acceptance"),
        "nobody_accepted": _("Nobody has accepted this text yet."),
        "about": _("About this text"),
        "text_hash": _("SHA-256 of the agreed text"),
        "present_hash": _("SHA-256 of the present text"),
        "rule": _(
            "Where the two languages differ, the text in the authoritative language decides. After"
            " adoption nothing changes in place; a correction is an erratum accepted by both sides."
        ),
        "verify": _(
            "Whether this file is unchanged and still in force can be checked at %(address)s.",
            address=f"{current_app.config['BASE_URL']}/documents/verify",
        ),
        "draft_rule": _(
            "This is a draft for review. It binds nobody until both sides have accepted the same"
            " text."
        ),
    }
