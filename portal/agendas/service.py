"""The agenda: proposals of both sides, what the other said, published versions, dispositions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from portal.access.actor import CLOCK, Actor
from portal.access.scope import beyond_scope
from portal.agendas import letters, queries
from portal.agendas.changes import item_changes, meeting_changes, meeting_of
from portal.agendas.models import (
    STANDING,
    AgendaItem,
    AgendaVersion,
    Disposition,
    ItemKind,
    ItemStatus,
    Paper,
    Preparation,
)
from portal.consultations import queries as consultations_queries
from portal.consultations import service as consultations
from portal.consultations.duties import is_late_proposal
from portal.consultations.models import Consultation, ConsultationStatus, Side
from portal.core import files
from portal.core.audit import record
from portal.core.db import db
from portal.core.db import hold as lock
from portal.core.errors import FieldError, Refused
from portal.core.i18n import both
from portal.core.i18n import gettext as _

S = ConsultationStatus
OPEN = (S.POLLING, S.SCHEDULED, S.AGENDA_PUBLISHED, S.POSTPONED)
IN_THE_ROOM = (S.IN_SESSION, S.HELD)
CONFIRM = ("지난 회의록 확인", "Confirmation of the previous minutes")
REVIEW = ("미이행 과제 점검", "Review of open action items")
NEXT_DATE = ("다음 일정", "Next date")


def open_agenda(consultation: Consultation, *, by: Actor = CLOCK, at: datetime) -> None:
    """See that the standing items and what was carried over stand on the agenda. Once only."""
    # Two that open one agenda at once would put everything on it twice.
    lock(consultation)
    with beyond_scope("whether the agenda is open does not hang on who asks"):
        items = queries.everything_of(consultation.id)
        if any(item.kind is ItemKind.NEXT_DATE for item in items):
            return
        if consultation.status not in OPEN:
            raise Refused(
                _("A consultation that is %(now)s has no agenda to put together.",
                  now=_(consultation.status.value))
            )  # fmt: skip
        carried = queries.carried_without_home(consultation)
        has_past = consultations_queries.previous_held(consultation) is not None
    if has_past:
        _stand(consultation, ItemKind.CONFIRM_MINUTES, CONFIRM, minutes=5, at=at)
        _stand(consultation, ItemKind.ACTION_REVIEW, REVIEW, minutes=15, at=at)
    for item in carried:
        _carry(item, consultation, at=at)
    _stand(consultation, ItemKind.NEXT_DATE, NEXT_DATE, minutes=5, at=at)
    record("agendas:open", consultation, by=by, at=at, carried=[item.id for item in carried])


def propose(
    consultation: Consultation,
    *,
    kind: ItemKind,
    title_ko: str,
    title_en: str,
    presenter: str = "",
    minutes_planned: int = 10,
    by: Actor,
    at: datetime,
) -> AgendaItem:
    """Propose an item; the other side says what becomes of it. Late ones are marked."""
    if consultation.status not in OPEN:
        raise Refused(
            _("Nothing is proposed for a consultation that is %(now)s.",
              now=_(consultation.status.value))
        )  # fmt: skip
    if kind in STANDING:
        raise FieldError("kind", _("Standing items come by themselves. Choose another kind."))
    open_agenda(consultation, at=at)
    side = Side(by.side)
    _check_words(consultation, None, title_ko, title_en, minutes_planned)
    item = AgendaItem(
        consultation=consultation, company_id=consultation.company_id,
        position=_place_before_next_date(consultation), kind=kind, title_ko=title_ko.strip(),
        title_en=title_en.strip(), presenter=presenter.strip(), minutes_planned=minutes_planned,
        proposed_by=side, proposed_at=at, is_late=is_late_proposal(consultation, at=at),
        status=ItemStatus.PROPOSED,
    )  # fmt: skip
    db.session.add(item)
    db.session.flush()
    record("agendas:propose", item, by=by, at=at, title=item.title_en or item.title_ko,
           late=item.is_late)  # fmt: skip
    letters.proposed(item, at=at)
    return item


def edit(
    item: AgendaItem,
    *,
    kind: ItemKind,
    title_ko: str,
    title_en: str,
    presenter: str,
    minutes_planned: int,
    seen: str | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Change the own side's item. Once accepted, only who presents and how long it takes."""
    lock(item)
    if item.proposed_by is not Side(by.side):
        raise Refused(_("Only the side that proposed an item edits it."))
    if item.consultation.status not in OPEN or item.status in DECIDED_AGAINST:
        raise Refused(_("This item is not edited any more."))
    _check_words(item.consultation, item, title_ko, title_en, minutes_planned)
    words = (kind, title_ko.strip(), title_en.strip())
    before = (item.kind, item.title_ko, item.title_en)
    rest = (presenter.strip(), minutes_planned)
    rest_before = (item.presenter, item.minutes_planned)
    if words == before and rest == rest_before:
        return
    consultations.check_stamp(item, seen)
    if item.status is ItemStatus.ACCEPTED and words != before:
        filled = [new for old, new in zip(before, words, strict=True) if old and old != new]
        if filled:
            raise FieldError(
                "title_en", _("The other side accepted these words. Propose another item instead.")
            )
    item.kind, item.title_ko, item.title_en = words
    item.presenter, item.minutes_planned = rest
    record("agendas:edit", item, by=by, at=at, before=[*before, *rest_before],
           after=[*words, *rest])  # fmt: skip


DECIDED_AGAINST = (ItemStatus.DECLINED, ItemStatus.DEFERRED)


def accept(item: AgendaItem, *, by: Actor, at: datetime) -> None:
    """Take the other side's proposal onto the agenda."""
    _decide(item, ItemStatus.ACCEPTED, reason=None, by=by, at=at)


def decline(item: AgendaItem, *, reason: str, by: Actor, at: datetime) -> None:
    """Refuse the other side's proposal and say why."""
    if not reason.strip():
        raise FieldError("reason", _("Say why: the other side reads it."))
    _decide(item, ItemStatus.DECLINED, reason=reason.strip(), by=by, at=at)


def defer(
    item: AgendaItem, *, to: Consultation | None, reason: str = "", by: Actor, at: datetime
) -> None:
    """Move the other side's proposal to a later consultation, where it is on the agenda."""
    if to is None:
        raise FieldError("deferred_to_id", _("Choose the consultation to which it is deferred."))
    if to.company_id != item.company_id or to.starts_at <= item.consultation.starts_at:
        raise FieldError("deferred_to_id", _("Choose a later consultation with the same company."))
    _decide(item, ItemStatus.DEFERRED, reason=reason.strip() or None, to=to, by=by, at=at)
    open_agenda(to, at=at)
    _link_to(item, to, times_carried=item.times_carried, at=at)


def move(item: AgendaItem, *, steps: int, by: Actor, at: datetime) -> None:
    """Let an item change places with its neighbour above (-1) or below (1)."""
    lock(item.consultation)
    if item.consultation.status not in (*OPEN, S.IN_SESSION):
        raise Refused(_("The order of this agenda is fixed."))
    # What was declined or deferred is shown elsewhere: nobody steps over it.
    everything = queries.everything_of(item.consultation_id)
    items = [one for one in everything if one.status not in DECIDED_AGAINST]
    if item not in items:
        raise Refused(_("This item is not on the agenda."))
    here = items.index(item)
    there = here + steps
    if not 0 <= there < len(items):
        return
    items.insert(there, items.pop(here))
    for position, one in enumerate(items, 1):
        one.position = position
    record("agendas:move", item, by=by, at=at, position=item.position)


def order(consultation: Consultation, numbers: Sequence[int], *, by: Actor, at: datetime) -> None:
    """Put the whole agenda into an order. Refused where items came or went meanwhile."""
    lock(consultation)
    if consultation.status not in (*OPEN, S.IN_SESSION):
        raise Refused(_("The order of this agenda is fixed."))
    everything = queries.everything_of(consultation.id)
    items = {one.id: one for one in everything if one.status not in DECIDED_AGAINST}
    if sorted(numbers) != sorted(items):
        raise Refused(_("The agenda has changed meanwhile. Look at it again and put it in order."))
    if list(numbers) == list(items):
        return
    for position, number in enumerate(numbers, 1):
        items[number].position = position
    record("agendas:order", consultation, by=by, at=at, items=list(numbers))


MOST_PAPERS = 20


def attach(
    item: AgendaItem, *, filename: str, content: bytes, is_shared: bool, by: Actor, at: datetime
) -> Paper:
    """Lay a paper to an item: for both sides, or for the own side alone.

    Refused: what is empty, too large, no document, or not what its name says; the same paper twice.
    """
    lock(item)
    if by.organisation_id is None:
        raise Refused(_("A paper belongs to an organisation."))
    if item.consultation.status not in (*OPEN, *IN_THE_ROOM) or item.status in DECIDED_AGAINST:
        raise Refused(_("Nothing is laid to this item any more."))
    media_type = files.checked_type(filename, content, field="file")
    laid = queries.papers_by(item.id, by.organisation_id)
    if len(laid) >= MOST_PAPERS:
        raise FieldError("file", _("There are twenty papers already. Take one away first."))
    sha256 = hashlib.sha256(content).hexdigest()
    if any(one.sha256 == sha256 for one in laid):
        raise FieldError("file", _("This very paper lies here already."))
    files.store(content)
    paper = Paper(
        item=item, company_id=item.company_id, organisation_id=by.organisation_id,
        side=Side(by.side), is_shared=is_shared, filename=files.plain_name(filename),
        media_type=media_type, size=len(content), sha256=sha256, added_at=at, added_by=by.name,
    )  # fmt: skip
    db.session.add(paper)
    db.session.flush()
    record("agendas:attach", paper, by=by, at=at, name=paper.filename, sha256=sha256,
           shared=is_shared)  # fmt: skip
    if is_shared:
        letters.attached(paper, at=at)
    return paper


def detach(paper: Paper, *, by: Actor, at: datetime) -> None:
    """Take an own paper away again, as long as no published agenda has shown it to both sides."""
    lock(paper)
    consultation = paper.item.consultation
    if paper.organisation_id != by.organisation_id:
        raise Refused(_("Only the organisation that laid a paper takes it away."))
    last = next(iter(queries.versions(consultation.id)), None)
    is_out = last is not None and last.published_at >= paper.added_at
    if paper.is_shared and (is_out or consultation.status not in OPEN):
        raise Refused(
            _("The agenda was published with this paper: it stays. Lay a newer one beside it.")
        )
    record("agendas:detach", paper, by=by, at=at, name=paper.filename, sha256=paper.sha256)
    db.session.delete(paper)


def take_up(item: AgendaItem, *, by: Actor, at: datetime) -> None:
    """The room is at this item from now on; the one before keeps the time it has used."""
    lock(item.consultation)
    if item.consultation.status is not S.IN_SESSION:
        raise Refused(_("An item is taken up while the consultation is in session."))
    if item.status is not ItemStatus.ACCEPTED:
        raise Refused(_("This item is not on the agenda."))
    if item.begun_at is not None:
        return
    pause(item.consultation, by=by, at=at)
    item.begun_at = at
    record("agendas:take_up", item, by=by, at=at)


def pause(consultation: Consultation, *, by: Actor, at: datetime) -> None:
    """The room is at no item: a break, or the end."""
    for one in queries.running(consultation.id):
        one.seconds_used, one.begun_at = one.used(at=at), None
        record("agendas:pause", one, by=by, at=at, seconds=one.seconds_used)


def prepare(
    item: AgendaItem, *, text: str, seen: str | None = None, by: Actor, at: datetime
) -> None:
    """Keep a private note of the own organisation. No other side ever sees it."""
    if by.organisation_id is None:
        raise Refused(_("A note belongs to an organisation."))
    lock(item)
    note = queries.preparation(item, by.organisation_id)
    if note is not None and note.text == text.strip():
        return
    if note is not None:
        consultations.check_stamp(note, seen)
    else:
        note = Preparation(agenda_item_id=item.id, organisation_id=by.organisation_id)
        db.session.add(note)
    note.text, note.written_at, note.written_by = text.strip(), at, by.name
    db.session.flush()
    record("agendas:prepare", item, by=by, at=at)


def publish(consultation: Consultation, *, by: Actor, at: datetime) -> AgendaVersion:
    """Freeze the accepted items as the next version and tell both sides what changed."""
    open_agenda(consultation, by=by, at=at)
    kept, meeting = frozen(queries.items_of(consultation.id)), meeting_of(consultation)
    last = next(iter(queries.versions(consultation.id)), None)
    changes = changes_since(last, kept, meeting)
    if last is not None and not changes and consultation.status is S.AGENDA_PUBLISHED:
        raise Refused(
            _("Nothing has changed since version %(number)s. Change it first.", number=last.number)
        )
    number = consultation.agenda_version + 1
    consultations.publish_agenda(consultation, version=number, by=by, at=at)
    version = AgendaVersion(
        consultation_id=consultation.id, company_id=consultation.company_id, number=number,
        published_at=at, published_by=by.name, items=kept, meeting=meeting,
        changes=changes,
    )  # fmt: skip
    db.session.add(version)
    db.session.flush()
    record("agendas:publish", version, by=by, at=at, items=len(kept), changes=len(changes))
    letters.published(version, consultation, at=at)
    return version


def changes_since(
    last: AgendaVersion | None, items: list[Any], meeting: dict[str, Any]
) -> list[dict[str, Any]]:
    """What would be new in a version published now; nothing in the first."""
    if last is None:
        return []
    return [*meeting_changes(last.meeting, meeting), *item_changes(last.items, items)]


def frozen(items: Sequence[AgendaItem]) -> list[dict[str, Any]]:
    """Items as plain values, as a version keeps them."""
    return [
        {
            "id": item.id,
            "kind": item.kind.value,
            "title_ko": item.title_ko,
            "title_en": item.title_en,
            "presenter": item.presenter,
            "minutes": item.minutes_planned,
            "proposed_by": item.proposed_by.value,
            "times_carried": item.times_carried,
            "is_late": item.is_late,
        }
        for item in items
    ]


def dispose(item: AgendaItem, disposition: Disposition, *, by: Actor, at: datetime) -> None:
    """Record what became of an item. Carried, it stands on the next agenda, linked to this one."""
    consultation = item.consultation
    lock(item)
    if consultation.status not in IN_THE_ROOM:
        raise Refused(_("What became of an item is recorded in session or after it was held."))
    if item.status is not ItemStatus.ACCEPTED:
        raise Refused(_("Only an accepted item has a disposition."))
    if item.disposition is disposition:
        return
    with beyond_scope("a successor counts whoever may see it"):
        successor = queries.successor_of(item)
    if successor is not None:
        raise Refused(
            _("This item stands on a later agenda already: %(title)s.", title=both(item, "title"))
        )
    before, item.disposition = item.disposition, disposition
    record("agendas:dispose", item, by=by, at=at, before=before, after=disposition)
    if disposition in CARRIED_ON and item.kind not in STANDING:
        for to in consultations_queries.later_ones(consultation)[:1]:
            carry_over(item, to, by=by, at=at)


CARRIED_ON = (Disposition.CARRIED, Disposition.NOT_REACHED)


def carry_over(item: AgendaItem, to: Consultation, *, by: Actor, at: datetime) -> AgendaItem:
    """Put an unfinished item on a later agenda as a link; the old record keeps it."""
    if to.company_id != item.company_id or to.starts_at <= item.consultation.starts_at:
        raise Refused(_("Choose a later consultation with the same company."))
    with beyond_scope("a successor counts whoever may see it"):
        successor = queries.successor_of(item)
    if successor is not None:
        return successor
    if item.disposition not in CARRIED_ON:
        item.disposition = Disposition.CARRIED
    open_agenda(to, by=by, at=at)
    with beyond_scope("a successor counts whoever may see it"):
        successor = queries.successor_of(item) or _carry(item, to, at=at)
    record("agendas:carry_over", successor, by=by, at=at, times=successor.times_carried)
    return successor


def close(consultation: Consultation, *, by: Actor, at: datetime) -> None:
    """Close the consultation, once every accepted item has its disposition."""
    lock(consultation)
    left = queries.open_items(consultation.id)
    if left:
        raise Refused(
            _(
                "Say first what became of each item. Open: %(titles)s.",
                titles="; ".join(both(item, "title") for item in left),
            )
        )
    consultations.close(consultation, by=by, at=at)


def _decide(
    item: AgendaItem,
    status: ItemStatus,
    *,
    reason: str | None,
    to: Consultation | None = None,
    by: Actor,
    at: datetime,
) -> None:
    lock(item)
    if item.proposed_by is Side(by.side):
        raise Refused(_("The other side decides on your proposal."))
    if item.consultation.status not in OPEN:
        raise Refused(_("The time to decide on this item is over."))
    item.move(status)
    item.reason, item.deferred_to = reason, to
    record("agendas:decide", item, by=by, at=at, to=status, reason=reason,
           deferred_to=to.serial if to else None)  # fmt: skip
    letters.decided(item, at=at)


def _check_words(
    consultation: Consultation,
    item: AgendaItem | None,
    title_ko: str,
    title_en: str,
    minutes_planned: int,
) -> None:
    if not title_ko.strip() and not title_en.strip():
        raise FieldError("title_en", _("Write the title in at least one of the two languages."))
    if minutes_planned <= 0:
        raise FieldError("minutes_planned", _("Give at least one minute."))
    for other in queries.everything_of(consultation.id):
        same = (other.title_ko, other.title_en) == (title_ko.strip(), title_en.strip())
        if other is not item and same and other.status not in DECIDED_AGAINST:
            raise FieldError("title_en", _("An item with these words stands on this agenda."))


def _last_position(consultation: Consultation) -> int:
    return (
        db.session.scalar(
            select(func.max(AgendaItem.position)).where(
                AgendaItem.consultation_id == consultation.id
            )
        )
        or 0
    )


def _place_before_next_date(consultation: Consultation) -> int:
    last = _last_position(consultation)
    closing = db.session.scalar(
        select(AgendaItem).where(
            AgendaItem.consultation_id == consultation.id,
            AgendaItem.kind == ItemKind.NEXT_DATE,
            AgendaItem.position == last,
        )
    )
    if closing is None:
        return last + 1
    closing.position = last + 1
    return last


def _stand(
    consultation: Consultation,
    kind: ItemKind,
    title: tuple[str, str],
    *,
    minutes: int,
    at: datetime,
) -> None:
    db.session.add(
        AgendaItem(
            consultation=consultation, company_id=consultation.company_id,
            position=_last_position(consultation) + 1, kind=kind, title_ko=title[0],
            title_en=title[1], minutes_planned=minutes, proposed_by=Side.INSTITUTION,
            proposed_at=at, status=ItemStatus.ACCEPTED,
        )
    )  # fmt: skip
    db.session.flush()


def _carry(item: AgendaItem, to: Consultation, *, at: datetime) -> AgendaItem:
    return _link_to(item, to, times_carried=item.times_carried + 1, at=at)


def _link_to(item: AgendaItem, to: Consultation, *, times_carried: int, at: datetime) -> AgendaItem:
    successor = AgendaItem(
        consultation=to, company_id=to.company_id, position=_place_before_next_date(to),
        kind=item.kind, title_ko=item.title_ko, title_en=item.title_en, presenter=item.presenter,
        minutes_planned=item.minutes_planned, proposed_by=item.proposed_by, proposed_at=at,
        status=ItemStatus.ACCEPTED, carried_from_id=item.id, times_carried=times_carried,
        is_late=to.agenda_version > 0,
    )  # fmt: skip
    db.session.add(successor)
    db.session.flush()
    return successor
