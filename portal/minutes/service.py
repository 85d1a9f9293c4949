"""Minutes: write them together, ask the company, accept one text, make it binding."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, inspect, select
from sqlalchemy.orm import contains_eager

from portal.access.actor import Actor, Role
from portal.access.scope import beyond_scope
from portal.accounts.models import Account
from portal.agendas.models import AgendaItem, ItemStatus
from portal.companies import queries as companies
from portal.companies.models import Company
from portal.consultations import service as consultations
from portal.consultations.invitation import calendar_of
from portal.consultations.models import Consultation, ConsultationStatus, Side
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
from portal.minutes import document, letters, targets
from portal.minutes.corrections import WRITTEN, Correction, corrected
from portal.minutes.models import (
    Acceptance,
    AnswerKind,
    Capacity,
    InternalNote,
    ItemAnswer,
    ItemText,
    Minutes,
    MinutesItem,
    MinutesStatus,
    Outcome,
    OutcomeKind,
    Resolution,
    TextBlock,
    Writer,
)
from portal.minutes.targets import TypedTarget

DAYS_TO_ANSWER = 5
LONGEST_TEXT = 20_000
STILL_WRITING = timedelta(seconds=60)
"""Who was not heard of for so long is no longer shown as writing."""
DRAFTED_INSIDE = (MinutesStatus.DRAFTING, MinutesStatus.INTERNAL_REVIEW)
TEMPLATE = "minutes/pdf.html"


class Conflict(Refused):
    """Somebody else saved the item first. Carries what stands there now; nothing is lost."""

    def __init__(self, item: MinutesItem) -> None:
        super().__init__(
            _("Somebody saved this item while you were writing. Compare both texts and save again.")
        )
        self.edition = item.edition
        self.discussion_ko, self.discussion_en = item.discussion_ko, item.discussion_en


class OutcomeConflict(Refused):
    """Somebody else changed the outcome first. Carries how it reads now."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(
            _("Somebody changed this outcome while you were writing. Compare both and save again.")
        )
        self.stamp, self.words = outcome.stamp, outcome.words()


@dataclass(frozen=True, slots=True)
class OutcomeText:
    """An outcome as it is typed: the due date as a wall time in its zone."""

    kind: OutcomeKind
    text_ko: str
    text_en: str
    owner: Side | None = None
    due_wall: datetime | None = None
    due_zone: str | None = None
    required_evidence: str = ""
    target: TypedTarget | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a company says to one item."""

    item_id: int
    kind: AnswerKind
    old_text: str = ""
    new_text: str = ""
    reason: str = ""


def cleaned(text: str | None) -> str:
    """One way to write a line end, so that a browser's does not change the hash; no NUL.

    PostgreSQL keeps no NUL character in a text.
    """
    return (text or "").replace("\0", "").replace("\r\n", "\n").strip()


def open_minutes(consultation: Consultation, *, by: Actor, at: datetime) -> Minutes:
    """Begin the record of a consultation, with one item for each accepted agenda item."""
    if consultation.status not in (ConsultationStatus.IN_SESSION, ConsultationStatus.HELD):
        raise Refused(_("Minutes are opened when the consultation is in session or was held."))
    db.session.scalar(
        select(Consultation.id).where(Consultation.id == consultation.id).with_for_update()
    )
    held = select(Minutes.id).where(Minutes.consultation_id == consultation.id)
    with beyond_scope("there is one record, also where an embargo hides it"):
        is_open = db.session.scalar(held) is not None
    if is_open:
        raise Refused(_("The minutes of this consultation are open already."))
    minutes = Minutes(
        consultation_id=consultation.id,
        company_id=consultation.company_id,
        serial=consultation.serial or consultation.title_en,
        status=MinutesStatus.DRAFTING,
        version=1,
        revision=1,
    )
    db.session.add(minutes)
    agenda = db.session.scalars(
        select(AgendaItem)
        .where(
            AgendaItem.consultation_id == consultation.id,
            AgendaItem.status == ItemStatus.ACCEPTED,
        )
        .order_by(AgendaItem.position, AgendaItem.id)
    )
    for position, point in enumerate(agenda, start=1):
        minutes.items.append(_item(position, point.title_ko, point.title_en, point.id))
    db.session.flush()
    record("minutes:open", minutes, by=by, at=at, items=len(minutes.items))
    return minutes


def _item(position: int, title_ko: str, title_en: str, agenda_item_id: int | None) -> MinutesItem:
    return MinutesItem(
        agenda_item_id=agenda_item_id,
        position=position,
        title_ko=title_ko,
        title_en=title_en,
        discussion_ko="",
        discussion_en="",
        edition=1,
    )


def add_item(
    minutes: Minutes, *, title_ko: str, title_en: str, by: Actor, at: datetime
) -> MinutesItem:
    """Add what was spoken of without being on the agenda."""
    hold(minutes)
    _check_editable(minutes)
    item = _item(len(minutes.items) + 1, cleaned(title_ko), cleaned(title_en), None)
    minutes.items.append(item)
    db.session.flush()
    record("minutes:add_item", minutes, by=by, at=at, item=item.id, title=item.title_en)
    _new_revision(minutes, item, at=at)
    return item


def _check_editable(minutes: Minutes) -> None:
    if not minutes.is_editable:
        raise Refused(
            _("Minutes that are %(status)s are not edited.", status=_(minutes.status.value))
        )


def _new_revision(minutes: Minutes, item: MinutesItem | None = None, *, at: datetime) -> None:
    """After release every change of text is a new revision, and its hash a new one.

    Acceptances and answers to the old words stay as records; they no longer count. How the changed
    item reads is kept with the revision, for the difference to the one before to be shown.
    """
    if minutes.status is not MinutesStatus.WITH_COMPANY:
        return
    minutes.revision += 1
    if item is not None:
        _keep_text(item, at=at)
    # Nobody accepts before it is reconciled: until then the hash is computed for whoever asks.
    minutes.content_hash = None
    minutes.deadline_at = max(minutes.deadline_at or at, _deadline(minutes, at=at))
    letters.changed(minutes, at=at)


def _keep_text(item: MinutesItem, *, at: datetime) -> None:
    words = item.words()
    db.session.add(
        ItemText(
            minutes_id=item.minutes_id,
            item_id=item.id,
            revision=item.minutes.revision,
            words=words,
            item_hash=hashlib.sha256(canonical(words).encode()).hexdigest(),
            at=at,
        )
    )


def _keep_text_before(item: MinutesItem, *, at: datetime) -> None:
    """What the company was shown, for minutes released when texts were not kept yet."""
    if item.minutes.status is not MinutesStatus.WITH_COMPANY:
        return
    _ = item.outcomes  # read before anything changes, they need no flush of their own
    # Asked of the table: the item is the reader's already, and so is every text of it.
    held = db.session.connection().scalar(A_TEXT, {"number": item.id})
    if held is None:
        _keep_text(item, at=at)


_kept_texts = ItemText.__table__.c
A_TEXT = select(_kept_texts.id).where(_kept_texts.item_id == bindparam("number")).limit(1)


def _deadline(minutes: Minutes, *, at: datetime) -> datetime:
    """The last second of the usual time to answer: the company's own rule, or working days."""
    today = local_date(at)
    days = db.session.connection().scalar(LAPSE_DAYS, {"number": minutes.company_id})
    if days is not None:
        return calendar.end_of_day(date.fromordinal(today.toordinal() + days))
    return calendar.end_of_day(
        calendar.add_working_days(today, DAYS_TO_ANSWER, holidays.extra_days("KR"))
    )


_companies = Company.__table__.c
LAPSE_DAYS = select(_companies.lapse_days).where(_companies.id == bindparam("number"))


def set_language(minutes: Minutes, language: str, *, by: Actor, at: datetime) -> None:
    """Say which language decides where the two texts differ."""
    hold(minutes)
    _check_editable(minutes)
    if language not in ("ko", "en"):
        raise Refused(_("Minutes are written in Korean and English."))
    if language == minutes.authoritative_language:
        return
    minutes.authoritative_language = language
    record("minutes:set_language", minutes, by=by, at=at, language=language)
    _new_revision(minutes, at=at)


def save_item(
    item: MinutesItem,
    *,
    edition: int,
    discussion_ko: str,
    discussion_en: str,
    by: Actor,
    at: datetime,
) -> None:
    """Write down what was said on an item; refused with both texts when somebody was faster."""
    item = _held(item)
    _check_editable(item.minutes)
    new_ko, new_en = cleaned(discussion_ko), cleaned(discussion_en)
    is_new_ko, is_new_en = new_ko != item.discussion_ko, new_en != item.discussion_en
    if not is_new_ko and not is_new_en:
        return
    if item.edition != edition:
        raise Conflict(item)
    _check_length(discussion_ko=new_ko, discussion_en=new_en)
    _keep_text_before(item, at=at)
    before = {"ko": item.discussion_ko, "en": item.discussion_en}
    item.stale_language = _stale(item.stale_language, is_new_ko=is_new_ko, is_new_en=is_new_en)
    item.discussion_ko, item.discussion_en = new_ko, new_en
    item.edition += 1
    after = {"ko": new_ko, "en": new_en}
    _new_revision(item.minutes, item, at=at)
    record("minutes:save_item", item, by=by, at=at, before=before, after=after)


def _held(item: MinutesItem) -> MinutesItem:
    """An item under the lock of its minutes, both as they are now, in one question.

    Both rows are locked: of a row that is only joined PostgreSQL would give what was there before
    it had to wait for the lock.
    """
    number: int = (inspect(item).identity or (0,))[0]
    db.session.flush()
    return db.session.scalars(HELD, {"number": number}).one()


HELD = (
    select(MinutesItem)
    .join(MinutesItem.minutes)
    .where(MinutesItem.id == bindparam("number"))
    .options(contains_eager(MinutesItem.minutes))
    .with_for_update(of=(Minutes, MinutesItem))
    .execution_options(populate_existing=True)
)


def _stale(before: str | None, *, is_new_ko: bool, is_new_en: bool) -> str | None:
    """Which text is the older one after a save: the other, unless just that was caught up with."""
    if is_new_ko == is_new_en:
        return None if is_new_ko else before
    changed, other = ("ko", "en") if is_new_ko else ("en", "ko")
    return None if before == changed else other


def _check_length(**texts: str) -> None:
    for field, text in texts.items():
        if len(text) > LONGEST_TEXT:
            raise FieldError(
                field,
                _(
                    "The text is longer than 20,000 characters. Shorten it or divide it among"
                    " several items; what you typed is kept here."
                ),
            )


def confirm_translation(
    item: MinutesItem, *, edition: int | None = None, by: Actor, at: datetime
) -> None:
    """Say that the older text still says the same; the mark of a stale translation goes.

    `edition` is that of the text the person compared; refused when it was changed meanwhile.
    """
    hold(item)
    _check_editable(item.minutes)
    if edition is not None and edition != item.edition:
        raise Refused(
            _("The text was changed while you were comparing. Read both languages again.")
        )
    if item.stale_language is None:
        return
    item.stale_language = None
    record("minutes:confirm_translation", item, by=by, at=at)


def confirm_outcome(outcome: Outcome, *, seen: str, by: Actor, at: datetime) -> None:
    """Say that the older text of an outcome, as the person read it (`seen`), still says the same."""
    hold(outcome)
    _check_editable(outcome.item.minutes)
    if seen != outcome.stamp:
        raise Refused(
            _("The text was changed while you were comparing. Read both languages again.")
        )
    if outcome.stale_language is None:
        return
    outcome.stale_language = None
    record("minutes:confirm_translation", outcome.item, by=by, at=at, outcome=outcome.id)


def autosave(
    item: MinutesItem,
    *,
    edition: int,
    discussion_ko: str,
    discussion_en: str,
    by: Actor,
    at: datetime,
) -> bool:
    """Save while somebody types, as `save_item` does; return whether it was saved.

    Once the company has the text every save is a revision and a letter: then only people save.
    """
    if item.minutes.status not in DRAFTED_INSIDE:
        return False
    save_item(
        item,
        edition=edition,
        discussion_ko=discussion_ko,
        discussion_en=discussion_en,
        by=by,
        at=at,
    )
    return True


def writing(item: MinutesItem, *, by: Actor, at: datetime) -> None:
    """Note that somebody is typing at an item. It is no act, so the audit chain has none of it."""
    hold(item)
    row = db.session.scalar(
        select(Writer).where(Writer.item_id == item.id, Writer.account_id == by.account_id)
    )
    if row is None:
        row = Writer(
            item_id=item.id,
            company_id=item.minutes.company_id,
            account_id=by.account_id,
            name=by.name,
            since=at,
            seen_at=at,
        )
        db.session.add(row)
    elif at - row.seen_at > STILL_WRITING:
        row.since = at
    row.name, row.seen_at = by.name, at
    db.session.flush()


def save_text_block(
    block: TextBlock | None,
    *,
    name: str,
    text_ko: str,
    text_en: str,
    seen: str = "",
    by: Actor,
    at: datetime,
) -> TextBlock:
    """Keep a recurring phrase in both languages; refused when somebody was faster."""
    name, text_ko, text_en = cleaned(name), cleaned(text_ko), cleaned(text_en)
    for field, words in (("name", name), ("text_ko", text_ko), ("text_en", text_en)):
        if not words:
            raise FieldError(field, _("A phrase has a name and a text in both languages."))
    _check_length(text_ko=text_ko, text_en=text_en)
    if block is not None:
        hold(block)
        if seen != block.stamp:
            raise Refused(_("Somebody changed this phrase while you were writing. Read it again."))
    same = db.session.scalar(select(TextBlock).where(TextBlock.name == name))
    if same is not None and same is not block:
        raise FieldError("name", _("There is a phrase of this name already. Choose another name."))
    before = None if block is None else block.stamp
    if block is None:
        block = TextBlock()
        db.session.add(block)
    block.name, block.text_ko, block.text_en = name, text_ko, text_en
    if block.stamp != before:
        block.changed_at, block.changed_by = at, by.name
        db.session.flush()
        record("minutes:save_text_block", block, by=by, at=at, name=name)
    return block


def remove_text_block(block: TextBlock, *, by: Actor, at: datetime) -> None:
    """Take a phrase away. Texts that were written with it stay as they are."""
    hold(block)
    record("minutes:remove_text_block", block, by=by, at=at, name=block.name)
    db.session.delete(block)
    db.session.flush()


def add_outcome(item: MinutesItem, text: OutcomeText, *, by: Actor, at: datetime) -> Outcome:
    """Record that an item ended in information, a decision or an action item."""
    hold(item.minutes)
    _check_editable(item.minutes)
    values = _outcome_values(text, item.minutes, at=at)
    for held in item.outcomes:
        if all(getattr(held, name) == value for name, value in values.items()):
            raise Refused(_("The same outcome stands there already."))
    _keep_text_before(item, at=at)
    outcome = Outcome(minutes_id=item.minutes_id, **values)
    item.outcomes.append(outcome)
    db.session.flush()
    record("minutes:add_outcome", item, by=by, at=at, outcome=outcome.words())
    _new_revision(item.minutes, item, at=at)
    return outcome


def edit_outcome(
    outcome: Outcome, text: OutcomeText, *, seen: str, by: Actor, at: datetime
) -> None:
    """Change an outcome that still reads as in the form; refused when somebody was faster."""
    item = outcome.item
    hold(item.minutes)
    hold(outcome)
    _check_editable(item.minutes)
    before, values = outcome.words(), _outcome_values(text, item.minutes, at=at)
    if all(getattr(outcome, name) == value for name, value in values.items()):
        return
    if seen != outcome.stamp:
        raise OutcomeConflict(outcome)
    _keep_text_before(item, at=at)
    outcome.stale_language = _stale(
        outcome.stale_language,
        is_new_ko=values["text_ko"] != outcome.text_ko,
        is_new_en=values["text_en"] != outcome.text_en,
    )
    for name, value in values.items():
        setattr(outcome, name, value)
    record("minutes:edit_outcome", item, by=by, at=at, before=before, after=outcome.words())
    _new_revision(item.minutes, item, at=at)


def remove_outcome(outcome: Outcome, *, by: Actor, at: datetime) -> None:
    """Take an outcome away again, before anything is binding."""
    item = outcome.item
    hold(item.minutes)
    _check_editable(item.minutes)
    _keep_text_before(item, at=at)
    record("minutes:remove_outcome", item, by=by, at=at, outcome=outcome.words())
    item.outcomes.remove(outcome)
    _new_revision(item.minutes, item, at=at)


def _outcome_values(text: OutcomeText, minutes: Minutes, *, at: datetime) -> dict[str, object]:
    text_ko, text_en = cleaned(text.text_ko), cleaned(text.text_en)
    for field, words in (("text_ko", text_ko), ("text_en", text_en)):
        if not words:
            raise FieldError(field, _("An outcome is written in both languages."))
    _check_length(text_ko=text_ko, text_en=text_en)
    is_action = text.kind is OutcomeKind.ACTION_ITEM
    owner = _owner(text) if is_action else None
    return {
        "kind": text.kind,
        "text_ko": text_ko,
        "text_en": text_en,
        "owner": owner,
        "due_at": _due(text, minutes) if is_action else None,
        "due_zone": text.due_zone if is_action else None,
        "required_evidence": cleaned(text.required_evidence) if is_action else "",
        "target": _target(text, owner, minutes) if owner else None,
    }


def _target(text: OutcomeText, owner: Side, minutes: Minutes) -> dict[str, Any] | None:
    return targets.agreed(
        text.target,
        owner=owner,
        platforms=minutes.company.platforms,
        agreed_on=local_date(minutes.consultation.starts_at, SEOUL),
    )


def _owner(text: OutcomeText) -> Side:
    if text.owner is None:
        raise FieldError("owner", _("An action item needs an owner: say which side owes it."))
    return text.owner


def _due(text: OutcomeText, minutes: Minutes) -> datetime:
    if text.due_wall is None:
        raise FieldError("due_wall", _("An action item needs a due date and time."))
    try:
        ZoneInfo(text.due_zone or "")
    except (KeyError, ValueError):
        raise FieldError("due_zone", _("No such time zone. Write it as in Asia/Seoul.")) from None
    due_at = calendar.instant(text.due_wall, text.due_zone or "", field="due_wall")
    # What both sides will adopt was agreed at the table, not when it was written down.
    if due_at <= minutes.consultation.starts_at:
        raise FieldError(
            "due_wall",
            _(
                "The due date is before the consultation at which it was agreed. Choose a later one."
            ),
        )
    return due_at


def note(item: MinutesItem, text: str, *, by: Actor, at: datetime) -> InternalNote:
    """Keep a note of the regulator's own to an item. The company never sees it."""
    words = cleaned(text)
    if not words:
        raise FieldError("text", _("The note is empty."))
    written = InternalNote(
        item_id=item.id,
        company_id=item.minutes.company_id,
        text=words,
        written_at=at,
        written_by=by.name,
    )
    db.session.add(written)
    db.session.flush()
    record("minutes:note", item, by=by, at=at)
    return written


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
        calendar.end_of_day(deadline_on) if deadline_on else _deadline(minutes, at=at)
    )
    minutes.content_hash = document.content_hash(minutes)
    for item in minutes.items:
        _keep_text(item, at=at)
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
    old_text, new_text = cleaned(given.old_text), cleaned(given.new_text)
    reason = cleaned(given.reason)
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
        if not cleaned(reason):
            raise FieldError("reason", _("A declined proposal needs a reason; it is printed."))
    elif resolution is Resolution.TAKEN_OVER:
        proposed = taken_over_texts(answer)
        save_item(
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
    answer.resolution, answer.resolution_reason = resolution, cleaned(reason)
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
        minutes.deadline_at = max(minutes.deadline_at or at, _deadline(minutes, at=at))
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
        local_date(at, SEOUL), DAYS_TO_ANSWER, holidays.extra_days("KR")
    )
