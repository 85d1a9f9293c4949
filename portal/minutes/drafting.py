"""The text of minutes: written together, kept word by word from its release on."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, inspect, select
from sqlalchemy.orm import contains_eager

from portal.access.actor import Actor
from portal.access.scope import beyond_scope
from portal.agendas.models import AgendaItem, ItemStatus
from portal.companies.models import Company
from portal.consultations.models import Consultation, ConsultationStatus
from portal.core import calendar
from portal.core.audit import canonical, record
from portal.core.clock import local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import gettext as _
from portal.holidays import queries as holidays
from portal.minutes import letters
from portal.minutes.models import (
    InternalNote,
    ItemText,
    Minutes,
    MinutesItem,
    MinutesStatus,
    TextBlock,
    Writer,
)

DAYS_TO_ANSWER = 5
LONGEST_TEXT = 20_000
STILL_WRITING = timedelta(seconds=60)
"""Who was not heard of for so long is no longer shown as writing."""
DRAFTED_INSIDE = (MinutesStatus.DRAFTING, MinutesStatus.INTERNAL_REVIEW)


class Conflict(Refused):
    """Somebody else saved the item first. Carries what stands there now; nothing is lost."""

    def __init__(self, item: MinutesItem) -> None:
        super().__init__(
            _("Somebody saved this item while you were writing. Compare both texts and save again.")
        )
        self.edition = item.edition
        self.discussion_ko, self.discussion_en = item.discussion_ko, item.discussion_en


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
    check_editable(minutes)
    item = _item(len(minutes.items) + 1, cleaned(title_ko), cleaned(title_en), None)
    minutes.items.append(item)
    db.session.flush()
    record("minutes:add_item", minutes, by=by, at=at, item=item.id, title=item.title_en)
    new_revision(minutes, item, at=at)
    return item


def check_editable(minutes: Minutes) -> None:
    if not minutes.is_editable:
        raise Refused(
            _("Minutes that are %(status)s are not edited.", status=_(minutes.status.value))
        )


def new_revision(minutes: Minutes, item: MinutesItem | None = None, *, at: datetime) -> None:
    """After release every change of text is a new revision, and its hash a new one.

    Acceptances and answers to the old words stay as records; they no longer count. How the changed
    item reads is kept with the revision, for the difference to the one before to be shown.
    """
    if minutes.status is not MinutesStatus.WITH_COMPANY:
        return
    minutes.revision += 1
    if item is not None:
        keep_text(item, at=at)
    # Nobody accepts before it is reconciled: until then the hash is computed for whoever asks.
    minutes.content_hash = None
    minutes.deadline_at = max(minutes.deadline_at or at, usual_deadline(minutes, at=at))
    letters.changed(minutes, at=at)


def keep_text(item: MinutesItem, *, at: datetime) -> None:
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


def keep_text_before(item: MinutesItem, *, at: datetime) -> None:
    """What the company was shown, for minutes released when texts were not kept yet."""
    if item.minutes.status is not MinutesStatus.WITH_COMPANY:
        return
    _ = item.outcomes  # read before anything changes, they need no flush of their own
    # Asked of the table: the item is the reader's already, and so is every text of it.
    held = db.session.connection().scalar(A_TEXT, {"number": item.id})
    if held is None:
        keep_text(item, at=at)


_kept_texts = ItemText.__table__.c
A_TEXT = select(_kept_texts.id).where(_kept_texts.item_id == bindparam("number")).limit(1)


def usual_deadline(minutes: Minutes, *, at: datetime) -> datetime:
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
    check_editable(minutes)
    if language not in ("ko", "en"):
        raise Refused(_("Minutes are written in Korean and English."))
    if language == minutes.authoritative_language:
        return
    minutes.authoritative_language = language
    record("minutes:set_language", minutes, by=by, at=at, language=language)
    new_revision(minutes, at=at)


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
    check_editable(item.minutes)
    new_ko, new_en = cleaned(discussion_ko), cleaned(discussion_en)
    is_new_ko, is_new_en = new_ko != item.discussion_ko, new_en != item.discussion_en
    if not is_new_ko and not is_new_en:
        return
    if item.edition != edition:
        raise Conflict(item)
    check_length(discussion_ko=new_ko, discussion_en=new_en)
    keep_text_before(item, at=at)
    before = {"ko": item.discussion_ko, "en": item.discussion_en}
    item.stale_language = stale_after(item.stale_language, is_new_ko=is_new_ko, is_new_en=is_new_en)
    item.discussion_ko, item.discussion_en = new_ko, new_en
    item.edition += 1
    after = {"ko": new_ko, "en": new_en}
    new_revision(item.minutes, item, at=at)
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


def stale_after(before: str | None, *, is_new_ko: bool, is_new_en: bool) -> str | None:
    """Which text is the older one after a save: the other, unless just that was caught up with."""
    if is_new_ko == is_new_en:
        return None if is_new_ko else before
    changed, other = ("ko", "en") if is_new_ko else ("en", "ko")
    return None if before == changed else other


def check_length(**texts: str) -> None:
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
    check_editable(item.minutes)
    if edition is not None and edition != item.edition:
        raise Refused(
            _("The text was changed while you were comparing. Read both languages again.")
        )
    if item.stale_language is None:
        return
    item.stale_language = None
    record("minutes:confirm_translation", item, by=by, at=at)


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
    check_length(text_ko=text_ko, text_en=text_en)
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
