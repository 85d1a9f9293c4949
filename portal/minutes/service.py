"""Minutes: ask the company about the text, accept one text, make it binding."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from portal.access.actor import Actor, Role
from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.consultations import service as consultations
from portal.consultations.invitation import calendar_of
from portal.consultations.models import Side
from portal.core import calendar
from portal.core.audit import canonical, record
from portal.core.clock import SEOUL, local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LANGUAGES, local, spoken
from portal.core.i18n import gettext as _
from portal.documents import queries as documents_of
from portal.documents import service as documents
from portal.documents.models import Document, DocumentKind
from portal.holidays import queries as holidays
from portal.institution import queries as institution
from portal.minutes import document, drafting, letters
from portal.minutes.corrections import WRITTEN, Correction, corrected
from portal.minutes.models import (
    Acceptance,
    AnswerKind,
    Capacity,
    ItemAnswer,
    Minutes,
    MinutesItem,
    MinutesStatus,
    Resolution,
)

TEMPLATE = "minutes/pdf.html"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a company says to one item."""

    item_id: int
    kind: AnswerKind
    old_text: str = ""
    new_text: str = ""
    reason: str = ""


def submit_for_review(minutes: Minutes, *, by: Actor, at: datetime) -> None:
    """Hand the draft to the head of team."""
    hold(minutes)
    if not minutes.items:
        raise Refused(_("The minutes have no item yet. Add one first."))
    minutes.move(MinutesStatus.INTERNAL_REVIEW)
    record("minutes:submit", minutes, by=by, at=at)
    letters.submitted(minutes, at=at)


def return_to_drafting(minutes: Minutes, *, by: Actor, at: datetime) -> None:
    """Give the draft back to those who write it."""
    hold(minutes)
    if minutes.status is not MinutesStatus.INTERNAL_REVIEW:
        raise Refused(_("Only minutes in internal review are given back for drafting."))
    minutes.move(MinutesStatus.DRAFTING)
    record("minutes:return", minutes, by=by, at=at)


def release(minutes: Minutes, *, deadline_on: date | None = None, by: Actor, at: datetime) -> None:
    """Put the text before the company, to be answered by a day."""
    hold(minutes)
    if minutes.status is not MinutesStatus.INTERNAL_REVIEW:
        raise Refused(_("Only minutes in internal review are released to the company."))
    minutes.move(MinutesStatus.WITH_COMPANY)
    if deadline_on is not None and deadline_on <= local_date(at):
        raise FieldError("deadline_on", _("The deadline is a day after today."))
    minutes.released_at = at
    minutes.deadline_at = (
        calendar.end_of_day(deadline_on) if deadline_on else drafting.usual_deadline(minutes, at=at)
    )
    minutes.content_hash = document.content_hash(minutes)
    for item in minutes.items:
        drafting.keep_text(item, at=at)
    record(
        "minutes:release",
        minutes,
        by=by,
        at=at,
        revision=minutes.revision,
        content_hash=minutes.content_hash,
        deadline=minutes.deadline_at,
    )
    letters.released(minutes, at=at)


def answer(
    minutes: Minutes, answers: Iterable[Answer], *, revision: int, by: Actor, at: datetime
) -> int:
    """The company answers items of the revision it read; return how many answers were new.

    Instead of accepting a reconciled text it may answer again: the text is then taken up again,
    and what was accepted counts only if the text stays the same.
    """
    hold(minutes)
    if not minutes.is_answerable:
        raise Refused(_("These minutes do not wait for the answers of the company."))
    if minutes.revision != revision:
        raise Refused(_("The text was changed while you were reading. Read it again and answer."))
    items = {item.id: item for item in minutes.items}
    new = [
        _answer_item(items[given.item_id], given, by=by, at=at)
        for given in answers
        if given.item_id in items
    ]
    count = sum(new)
    if not count:
        raise Refused(
            _(
                "There is no new answer in this. What you answered before is recorded already;"
                " choose an answer for an item."
            )
        )
    is_taken_up = minutes.status is MinutesStatus.RECONCILED
    if is_taken_up:
        minutes.move(MinutesStatus.WITH_COMPANY)
    db.session.flush()
    minutes.content_hash = document.content_hash(minutes)
    record(
        "minutes:answer",
        minutes,
        by=by,
        at=at,
        revision=revision,
        answers=count,
        taken_up_again=is_taken_up,
    )
    letters.answered(minutes, at=at)
    return count


def _answer_item(item: MinutesItem, given: Answer, *, by: Actor, at: datetime) -> bool:
    old_text, new_text = drafting.cleaned(given.old_text), drafting.cleaned(given.new_text)
    reason = drafting.cleaned(given.reason)
    if given.kind is AnswerKind.AGREE:
        old_text = new_text = reason = ""
    elif given.kind is AnswerKind.DISAGREE:
        old_text = new_text = ""
    before = item.answer_now()
    if before is not None and (
        (before.kind, before.old_text, before.new_text, before.reason)
        == (given.kind, old_text, new_text, reason)
    ):
        return False
    _check_answer(item, given.kind, old_text, new_text, reason)
    item.answers.append(
        ItemAnswer(
            minutes_id=item.minutes_id,
            revision=item.minutes.revision,
            item_hash=item.hash(),
            kind=given.kind,
            old_text=old_text,
            new_text=new_text,
            reason=reason,
            answered_at=at,
            answered_by=by.name,
            resolution=Resolution.PRINTED if given.kind is AnswerKind.DISAGREE else None,
        )
    )
    return True


def _check_answer(
    item: MinutesItem, kind: AnswerKind, old_text: str, new_text: str, reason: str
) -> None:
    """Refuse at the field of the item, which the form names `item_<id>-<field>`."""
    if kind is AnswerKind.PROPOSE:
        if not old_text and not new_text:
            raise FieldError(f"new_text_{item.id}", _("Write what the text should say."))
        if old_text == new_text:
            raise FieldError(f"new_text_{item.id}", _("The old and the new text are the same."))
        if old_text and not any(old_text in text for text in _texts(item)):
            raise FieldError(
                f"old_text_{item.id}",
                _("These words do not stand in the item. Copy the passage exactly."),
            )
    if kind is not AnswerKind.AGREE and not reason:
        sentence = (
            _("Say why the text should change.")
            if kind is AnswerKind.PROPOSE
            else _("Write the statement that is to be printed.")
        )
        raise FieldError(f"reason_{item.id}", sentence)


def _texts(item: MinutesItem) -> list[str]:
    outcomes = [text for outcome in item.outcomes for text in (outcome.text_ko, outcome.text_en)]
    return [item.discussion_ko, item.discussion_en, *outcomes]


def taken_over_texts(answer: ItemAnswer) -> tuple[str, str]:
    """The discussion in both languages with a proposal put in, where its place is clear."""
    item = answer.item
    texts = []
    for text in (item.discussion_ko, item.discussion_en):
        if answer.old_text and text.count(answer.old_text) == 1:
            text = text.replace(answer.old_text, answer.new_text)
        texts.append(text)
    return texts[0], texts[1]


def resolve(
    answer: ItemAnswer,
    resolution: Resolution,
    *,
    edition: int | None = None,
    discussion_ko: str | None = None,
    discussion_en: str | None = None,
    reason: str = "",
    by: Actor,
    at: datetime,
) -> None:
    """Take a proposal over into the text, or decline it with a reason that is printed.

    `edition` is that of the text the person read; without it the words go into the present text.
    """
    item, minutes = answer.item, answer.item.minutes
    hold(minutes)
    if minutes.status is not MinutesStatus.WITH_COMPANY:
        raise Refused(_("Proposals are decided while the minutes are with the company."))
    if answer.kind is not AnswerKind.PROPOSE or answer.resolution is not None:
        raise Refused(_("This proposal is decided already."))
    if resolution is Resolution.DECLINED:
        if not drafting.cleaned(reason):
            raise FieldError("reason", _("A declined proposal needs a reason; it is printed."))
    elif resolution is Resolution.TAKEN_OVER:
        proposed = taken_over_texts(answer)
        drafting.save_item(
            item,
            edition=item.edition if edition is None else edition,
            discussion_ko=proposed[0] if discussion_ko is None else discussion_ko,
            discussion_en=proposed[1] if discussion_en is None else discussion_en,
            by=by,
            at=at,
        )
        if item.hash() == answer.item_hash:
            raise FieldError(
                "discussion_en",
                _("The text is still the same. Change it as proposed, or decline the proposal."),
            )
    else:
        raise Refused(_("A proposal is taken over or declined."))
    answer.resolution, answer.resolution_reason = resolution, drafting.cleaned(reason)
    answer.resolved_at = at
    db.session.flush()
    minutes.content_hash = document.content_hash(minutes)
    record("minutes:resolve", item, by=by, at=at, answer=answer.id, resolution=resolution.value)
    if resolution is Resolution.DECLINED:
        letters.resolved(minutes, at=at)


def is_past_deadline(minutes: Minutes, *, at: datetime) -> bool:
    """Whether the time to answer is over."""
    return minutes.deadline_at is not None and minutes.deadline_at < at


def has_lapsed(minutes: Minutes, *, at: datetime) -> bool:
    """Whether the company's own standing rule turns its silence into consent by now."""
    return minutes.company.lapse_days is not None and is_past_deadline(minutes, at=at)


def reconcile(minutes: Minutes, *, by: Actor, at: datetime) -> None:
    """Close the answering: nothing open is left, both sides are asked to accept one text.

    Silence is written into the text as silence. It never accepts: the company still has to.
    """
    hold(minutes)
    if minutes.status is not MinutesStatus.WITH_COMPANY:
        raise Refused(_("Only minutes that are with the company are reconciled."))
    silent = minutes.unanswered()
    if silent and not is_past_deadline(minutes, at=at):
        raise Refused(
            _(
                "The company has until %(when)s to answer items %(numbers)s.",
                when=local(minutes.deadline_at),
                numbers=", ".join(str(item.position) for item in silent),
            )
        )
    if minutes.unresolved():
        raise Refused(_("A proposal of the company is not decided yet. Decide it first."))
    stale = [item for item in minutes.items if item.is_stale]
    if stale:
        raise Refused(
            _(
                "In items %(numbers)s one language was changed and the other was not. Adapt it, or"
                " say on the page of the item that both say the same.",
                numbers=", ".join(str(item.position) for item in stale),
            )
        )
    minutes.move(MinutesStatus.RECONCILED)
    if not silent:
        minutes.deadline_at = max(
            minutes.deadline_at or at, drafting.usual_deadline(minutes, at=at)
        )
    minutes.content_hash = document.content_hash(minutes)
    record("minutes:reconcile", minutes, by=by, at=at, content_hash=minutes.content_hash)
    letters.reconciled(minutes, at=at)


def reopen(minutes: Minutes, *, by: Actor, at: datetime) -> None:
    """Take reconciled minutes up again before adoption, to change their text."""
    hold(minutes)
    if minutes.status is not MinutesStatus.RECONCILED:
        raise Refused(_("Only reconciled minutes are taken up again."))
    minutes.move(MinutesStatus.WITH_COMPANY)
    minutes.content_hash = document.content_hash(minutes)
    record("minutes:reopen", minutes, by=by, at=at)
    letters.reopened(minutes, at=at)


def capacity(minutes: Minutes, *, by: Actor, at: datetime) -> str | None:
    """In which capacity a person may bind their side to these minutes; None if in none."""
    if by.account_id is None:
        return None
    if by.is_company:
        for person in companies.binding_on(minutes.company_id, local_date(at)):
            if person.account_id == by.account_id:
                return person.title or Capacity.REPRESENTATIVE.value
        return None
    if by.role is Role.HEAD:
        return Capacity.HEAD.value
    for delegate in minutes.consultation.delegates:
        if (
            by.role is Role.OFFICER
            and delegate.account_id == by.account_id
            and delegate.side is Side.INSTITUTION
            and delegate.can_bind
        ):
            return delegate.title or Capacity.DELEGATE.value
    return None


def accept(minutes: Minutes, *, content_hash: str, by: Actor, at: datetime) -> bool:
    """Accept one text for one side; return whether the minutes are adopted by that."""
    hold(minutes)
    if minutes.is_binding:
        raise Refused(_("These minutes are adopted already."))
    if minutes.status is not MinutesStatus.RECONCILED:
        raise Refused(_("Minutes are accepted once they are reconciled."))
    held_capacity = capacity(minutes, by=by, at=at)
    if held_capacity is None:
        raise Refused(_("You have no capacity to accept these minutes for your side."))
    present = document.content_hash(minutes)
    if not content_hash == minutes.content_hash == present:
        raise Refused(_("The text is no longer the one you were shown. Read it again and accept."))
    side = Side(by.side)
    if minutes.accepted_by(side) is not None:
        raise Refused(_("Your side has accepted this text already."))
    minutes.acceptances.append(
        acceptance(minutes, side, held_capacity, content_hash=present, by=by, at=at)
    )
    db.session.flush()
    record(
        "minutes:accept",
        minutes,
        by=by,
        at=at,
        side=side.value,
        capacity=held_capacity,
        content_hash=present,
    )
    if all(minutes.accepted_by(each) for each in Side):
        adopt(minutes, by=by, at=at)
        return True
    letters.accepted(minutes, side=side, at=at)
    return adopt_by_lapse(minutes, by=by, at=at)


def acceptance(
    minutes: Minutes,
    side: Side,
    held_capacity: str,
    *,
    content_hash: str,
    erratum: int = 0,
    by: Actor,
    at: datetime,
) -> Acceptance:
    """The record of an acceptance: who, for whom, in which capacity, when, and of which hash.

    `erratum` is the number of the erratum it answers; 0 where it adopts the minutes.
    """
    names: Company | object | None = minutes.company
    if side is Side.INSTITUTION:
        names = institution.on(local_date(at))
    return Acceptance(
        side=side,
        account_id=by.account_id,
        name=_name_in_both(by),
        organisation_ko=getattr(names, "name_ko", ""),
        organisation_en=getattr(names, "name_en", ""),
        capacity=held_capacity,
        accepted_at=at,
        content_hash=content_hash,
        erratum_number=erratum,
    )


def _name_in_both(by: Actor) -> str:
    """The person's name as both documents print it."""
    with beyond_scope("who accepts is named, whoever reads it"):
        account = db.session.get_one(Account, by.account_id)
    if account.name_ko == account.name_en:
        return account.name_en
    return f"{account.name_ko} ({account.name_en})"[:120]


def adopt_by_lapse(minutes: Minutes, *, by: Actor, at: datetime) -> bool:
    """Adopt on the company's silence, only if it agreed to that rule and our side has accepted."""
    if (
        minutes.status is not MinutesStatus.RECONCILED
        or not has_lapsed(minutes, at=at)
        or minutes.accepted_by(Side.INSTITUTION) is None
        or document.content_hash(minutes) != minutes.content_hash
    ):
        return False
    minutes.is_adopted_by_lapse = True
    adopt(minutes, by=by, at=at)
    return True


def adopt(minutes: Minutes, *, by: Actor, at: datetime) -> None:
    """Make the minutes binding. From here on their text never changes; both documents are kept."""
    minutes.move(MinutesStatus.ADOPTED)
    minutes.adopted_at = at
    db.session.flush()
    # What is printed belongs to the minutes, whoever gives the last word.
    with beyond_scope("the document is the same for whoever accepts last"):
        for item in minutes.items:
            item.adopted_hash = item.hash()
        consultations.note_minutes(minutes.consultation, version=minutes.version, at=at)
        for language in LANGUAGES:
            _keep(minutes, document.printable(minutes, language=language, at=at), language, at=at)
    record("minutes:adopt", minutes, by=by, at=at, content_hash=minutes.content_hash)
    letters.adopted(minutes, at=at)


def _keep(minutes: Minutes, content: dict[str, Any], language: str, *, at: datetime) -> None:
    """Keep what was adopted, with the record for machines and the consultation for calendars."""
    with spoken(language, SEOUL.key):
        event = calendar_of(minutes.consultation, method="PUBLISH").decode()
        described = _("The consultation, for calendar programs")
        hashed = _("The text as both sides accepted it: its SHA-256 is the one printed")
    documents.keep(
        DocumentKind.MINUTES,
        template=TEMPLATE,
        content=content,
        company_id=minutes.company_id,
        subject_id=minutes.id,
        version=minutes.version,
        language=language,
        at=at,
        released_at=at,
        attachments=[
            {"name": "agreed.json", "text": canonical(content["agreed"]), "description": hashed},
            {"name": "consultation.ics", "text": event, "description": described},
        ],
        is_sealed=True,
        embargo_id=minutes.embargo_id,
    )


def frozen(minutes: Minutes) -> dict[str, Document]:
    """What was adopted last, by language: the documents of the present version."""
    with beyond_scope("the record is the same for both sides"):
        held = documents_of.of_subject(DocumentKind.MINUTES, subject_id=minutes.id)
        return {one.language: one for one in held if one.version == minutes.version}


corrected_rooms: list[Callable[..., None]] = []
"""What rooms below do when a corrected version takes effect: `(minutes, by=, at=)`, in its
transaction. A room that repeats words of minutes adds its verb here."""


def correct(
    minutes: Minutes, corrections: list[Correction], *, erratum: int, by: Actor, at: datetime
) -> None:
    """Make the next version of adopted minutes: both sides have accepted its hash.

    Refused where the acceptances of both sides for that hash, given to this erratum, are missing. The version before and
    its PDFs stay byte for byte; what is kept anew differs from them in the corrections only.
    """
    hold(minutes)
    if not minutes.is_binding:
        raise Refused(_("Only adopted minutes are corrected by an erratum."))
    before = frozen(minutes)
    agreed = corrected(before["ko"].content["agreed"], corrections)
    minutes.content_hash = hashlib.sha256(canonical(agreed).encode()).hexdigest()
    accepted = [minutes.accepted_by(each) for each in Side]
    if any(one is None or one.erratum_number != erratum for one in accepted):
        raise Refused(_("Both sides accept an erratum before it takes effect."))
    minutes.version = agreed["version"]
    minutes.corrections = agreed["corrections"]
    with beyond_scope("the next agenda says which version is in force"):
        consultations.note_minutes(minutes.consultation, version=minutes.version, at=at)
    _put_into_rows(minutes, agreed)
    for follow in corrected_rooms:
        follow(minutes, by=by, at=at)
    for language in LANGUAGES:
        content = document.corrected_print(
            before[language].content,
            agreed,
            corrections,
            language=language,
            at=at,
            acceptances=document.printed_acceptances(minutes, language),
        )
        _keep(minutes, content, language, at=at)
    record(
        "minutes:correct",
        minutes,
        by=by,
        at=at,
        version=minutes.version,
        content_hash=minutes.content_hash,
    )


def _put_into_rows(minutes: Minutes, agreed: dict[str, Any]) -> None:
    """Let the rows behind the pages read as the corrected record."""
    words = {one["position"]: one for one in agreed["items"]}
    for item in minutes.items:
        held = words[item.position]
        for name in WRITTEN:
            setattr(item, name, held[name])
        for outcome, said in zip(item.outcomes, held["outcomes"], strict=True):
            outcome.text_ko, outcome.text_en = said["text_ko"], said["text_en"]
    db.session.flush()


def print_adopted(minutes: Minutes) -> None:
    """Make the sealed PDFs of adopted minutes that are still missing.

    Adoption keeps their content; where the process ends before this, the clock does it.
    """
    with beyond_scope("the document is the same for whoever accepts last"):
        for held in documents_of.of_subject(DocumentKind.MINUTES, subject_id=minutes.id):
            documents.print_kept(held)


def agreed_text(minutes: Minutes) -> str:
    """The canonical form whose SHA-256 both sides accept; once adopted, as it was frozen."""
    if minutes.is_binding:
        for held in documents_of.of_subject(DocumentKind.MINUTES, subject_id=minutes.id):
            if held.version == minutes.version:
                return canonical(held.content["agreed"])
    return canonical(document.agreed_content(minutes))


def draft_pdf(minutes: Minutes, *, language: str, layout: str = "both", at: datetime) -> bytes:
    """The present text with the draft's watermark, for reading only: it is not stored."""
    return documents.print_pdf(
        TEMPLATE,
        document.printable(minutes, language=language, at=at) | {"layout": layout},
        language=language,
        made_at=at,
        is_draft=True,
    )


def reading_copy(minutes: Minutes, *, language: str, layout: str) -> bytes | None:
    """The adopted text in another layout, from what was frozen; None where nothing is.

    It says of itself that it is a copy for reading: what counts is the stored file.
    """
    for held in documents_of.of_subject(DocumentKind.MINUTES, subject_id=minutes.id):
        if held.version == minutes.version and held.language == language:
            with spoken(language, SEOUL.key):
                note = _("Copy for reading. What counts is the adopted file, with this SHA-256:")
            return documents.print_pdf(
                TEMPLATE,
                held.content | {"layout": layout, "copy_of": f"{note} {held.pdf_sha256 or '–'}"},
                language=language,
                made_at=held.made_at,
            )
    return None


def present_hash(minutes: Minutes) -> str | None:
    """The hash of the text as it reads now, once the company was shown it."""
    if minutes.released_at is None:
        return None
    return minutes.content_hash or document.content_hash(minutes)


def default_deadline(*, at: datetime) -> date:
    """The day the release form proposes."""
    return calendar.add_working_days(
        local_date(at, SEOUL), drafting.DAYS_TO_ANSWER, holidays.extra_days("KR")
    )
