"""Doors of the agendas room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, abort, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.agendas import document, queries, service
from portal.agendas.changes import in_words, meeting_of
from portal.agendas.forms import DecideForm, ItemForm, PaperForm, PreparationForm
from portal.agendas.models import (
    AgendaItem,
    Disposition,
    ItemKind,
    ItemStatus,
    Paper,
    Preparation,
)
from portal.consultations import queries as consultations
from portal.consultations import service as consultations_service
from portal.consultations.duties import agenda_cut_off
from portal.consultations.models import Attendance, Consultation, ConsultationStatus, Side
from portal.consultations.service import Conflict
from portal.core import files
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import both
from portal.core.i18n import gettext as _
from portal.core.web import attachment, back, refuse

bp = Blueprint("agendas", __name__, url_prefix="")

HIDDEN = (ItemStatus.DECLINED, ItemStatus.DEFERRED)


@bp.get("/consultations/<int:consultation_id>/agenda")
@requires(Permission.CONSULTATIONS_READ, on=Consultation)
def show(consultation: Consultation) -> str:
    """The agenda: what stands on it, what waits for whose word, what was published."""
    me = actor()
    lines = queries.everything_with_notes(consultation.id, me.organisation_id)
    items = [item for item, _note in lines]
    accepted = [item for item in items if item.status is ItemStatus.ACCEPTED]
    planned = sum(item.minutes_planned for item in accepted)
    versions = queries.printed_versions(consultation.id)
    last = next(iter(versions), None)
    changes = service.changes_since(last, service.frozen(accepted), meeting_of(consultation))
    is_open = consultation.status in service.OPEN
    return render_template(
        "agendas/show.html",
        c=consultation,
        items=[item for item in items if item.status not in HIDDEN],
        set_aside=[item for item in items if item.status in HIDDEN],
        waiting=sum(
            item.status is ItemStatus.PROPOSED and item.proposed_by.value != me.side
            for item in items
        ),
        papers=queries.papers_of(consultation.id),
        notes={item.id: note for item, note in lines if note is not None},
        carried=document.carried_notes(items),
        planned=planned,
        excess=planned - consultation.duration,
        side=Side(me.side),
        is_open=is_open,
        cut_off=agenda_cut_off(consultation) if is_open else None,
        in_the_room=consultation.status in service.IN_THE_ROOM,
        versions=[
            (version, [in_words(change) for change in version.changes], printed)
            for version, printed in versions.items()
        ],
        unpublished=[in_words(change) for change in changes] if is_open else [],
        may_publish=bool(accepted)
        and (
            consultation.status is ConsultationStatus.SCHEDULED
            or (consultation.status is ConsultationStatus.AGENDA_PUBLISHED and bool(changes))
        ),
    )


@bp.post("/consultations/<int:consultation_id>/agenda/open")
@requires(Permission.AGENDAS_PUBLISH, on=Consultation)
def open_agenda(consultation: Consultation) -> Response:
    """Put the standing items on the agenda now."""
    with transaction():
        service.open_agenda(consultation, by=actor(), at=now())
    return back(url_for(".show", consultation_id=consultation.id))


def _item_page(
    form: ItemForm,
    consultation: Consultation,
    verb: Callable[..., Any],
    title: str,
    done: str,
    item: AgendaItem | None = None,
) -> str | Response:
    clash = False
    if form.validate_on_submit():
        try:
            with transaction():
                verb(
                    kind=ItemKind(form.kind.data),
                    title_ko=form.title_ko.data or "",
                    title_en=form.title_en.data or "",
                    presenter=form.presenter.data or "",
                    minutes_planned=form.minutes_planned.data or 0,
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
            clash = _seen_now(form, item, refusal)
        else:
            flash(done)
            return back(url_for(".show", consultation_id=consultation.id))
    return render_template(
        "agendas/edit.html",
        form=form,
        c=consultation,
        title=title,
        item=item,
        clash=clash,
        is_settled=item is not None and item.status is ItemStatus.ACCEPTED,
    )


def _seen_now(
    form: ItemForm | PreparationForm, held: AgendaItem | Preparation | None, refusal: Refused
) -> bool:
    """After a clash the form shows what stands now; saved again, it counts as seen."""
    if held is None or not isinstance(refusal, Conflict):
        return False
    form.stamp.raw_data, form.stamp.data = None, held.stamp
    return True


@bp.route("/consultations/<int:consultation_id>/agenda/propose", methods=["GET", "POST"])
@requires(Permission.AGENDAS_PROPOSE, on=Consultation)
def propose(consultation: Consultation) -> str | Response:
    """Propose an item to the other side."""
    return _item_page(
        ItemForm(),
        consultation,
        lambda **values: service.propose(consultation, **values),
        _("Propose an agenda item"),
        _("Proposed. The other side is told and decides."),
    )


@bp.get("/agenda-items/<int:item_id>")
@requires(Permission.CONSULTATIONS_READ, on=AgendaItem)
def item(item: AgendaItem) -> str:
    """One item, with what was said to it and the own side's note."""
    me = actor()
    return render_template(
        "agendas/item.html",
        item=item,
        c=item.consultation,
        carried=document.carried_notes([item]).get(item.id),
        note=queries.preparation(item, me.organisation_id),
        successor=queries.successor_of(item),
        papers=queries.papers_of(item.consultation_id).get(item.id, []),
        may_attach=item.consultation.status in (*service.OPEN, *service.IN_THE_ROOM)
        and item.status not in HIDDEN,
        me=me,
        is_ours=item.proposed_by.value == me.side,
        is_open=item.consultation.status in service.OPEN,
    )


@bp.route("/agenda-items/<int:item_id>/edit", methods=["GET", "POST"])
@requires(Permission.AGENDAS_PROPOSE, on=AgendaItem)
def edit(item: AgendaItem) -> str | Response:
    """Change the own side's item."""
    form = ItemForm(obj=item)
    if item.kind.value not in dict(form.kind.choices):
        form.kind.choices = [(item.kind.value, _(item.kind.value))]
    return _item_page(
        form,
        item.consultation,
        lambda **values: service.edit(item, seen=form.stamp.data, **values),
        _("Edit the item"),
        _("Saved."),
        item,
    )


@bp.post("/agenda-items/<int:item_id>/accept")
@requires(Permission.AGENDAS_DECIDE, on=AgendaItem)
def accept(item: AgendaItem) -> Response:
    """Take the other side's proposal onto the agenda."""
    with transaction():
        service.accept(item, by=actor(), at=now())
    flash(_("Accepted. It stands on the agenda."))
    return back(url_for(".show", consultation_id=item.consultation_id))


@bp.route("/agenda-items/<int:item_id>/decide", methods=["GET", "POST"])
@requires(Permission.AGENDAS_DECIDE, on=AgendaItem)
def decide(item: AgendaItem) -> str | Response:
    """Accept, decline or defer the other side's proposal."""
    later = {one.id: one for one in consultations.later_ones(item.consultation)}
    form = DecideForm()
    form.deferred_to_id.choices = [
        (0, _("Choose")),
        *((one.id, f"{one.label}, {both(one, 'title')}") for one in later.values()),
    ]
    if form.validate_on_submit():
        reason, by, at = form.reason.data or "", actor(), now()
        try:
            with transaction():
                if form.decision.data == ItemStatus.ACCEPTED.value:
                    service.accept(item, by=by, at=at)
                elif form.decision.data == ItemStatus.DECLINED.value:
                    service.decline(item, reason=reason, by=by, at=at)
                else:
                    to = later.get(form.deferred_to_id.data)
                    service.defer(item, to=to, reason=reason, by=by, at=at)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Your answer is recorded and the other side is told."))
            return back(url_for(".show", consultation_id=item.consultation_id))
    return render_template("agendas/decide.html", form=form, item=item, c=item.consultation)


@bp.post("/agenda-items/<int:item_id>/move")
@requires(Permission.AGENDAS_PUBLISH, on=AgendaItem)
def move(item: AgendaItem) -> Response:
    """One place up or down."""
    steps = {"up": -1, "down": 1}.get(request.form.get("direction", ""))
    if steps is None:
        abort(400)
    with transaction():
        service.move(item, steps=steps, by=actor(), at=now())
    return back(url_for(".show", consultation_id=item.consultation_id) + f"#item-{item.id}")


@bp.route("/agenda-items/<int:item_id>/preparation", methods=["GET", "POST"])
@requires(Permission.AGENDAS_PREPARE, on=AgendaItem)
def prepare(item: AgendaItem) -> str | Response:
    """The own side's private note."""
    form = PreparationForm(obj=queries.preparation(item, actor().organisation_id))
    clash = None
    if form.validate_on_submit():
        try:
            with transaction():
                service.prepare(
                    item,
                    text=form.text.data or "",
                    seen=form.stamp.data,
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
            held = queries.preparation(item, actor().organisation_id)
            clash = held if _seen_now(form, held, refusal) else None
        else:
            flash(_("The note is kept. Only your organisation sees it."))
            return back(url_for(".item", item_id=item.id))
    return render_template(
        "agendas/preparation.html", form=form, item=item, c=item.consultation, clash=clash
    )


@bp.post("/consultations/<int:consultation_id>/agenda/publish")
@requires(Permission.AGENDAS_PUBLISH, on=Consultation)
def publish(consultation: Consultation) -> Response:
    """Freeze the agenda as the next version, keep what is printed of it and tell both sides."""
    with transaction():
        at = now()
        version = service.publish(consultation, by=actor(), at=at)
        document.keep(version, consultation, at=at)
        number = version.number
    flash(_("Version %(number)s is published. Both sides are told.", number=number))
    return back(url_for(".show", consultation_id=consultation.id))


@bp.route("/consultations/<int:consultation_id>/dispositions", methods=["GET", "POST"])
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def dispositions(consultation: Consultation) -> str | Response:
    """What became of each item in the room."""
    items = queries.items_of(consultation.id)
    if request.method == "POST":
        try:
            with transaction():
                _dispose_all(items)
        except Refused as refusal:
            flash(refusal.sentence, "error")
        else:
            flash(_("Recorded."))
            return back(url_for("consultations.show", consultation_id=consultation.id))
    return render_template(
        "agendas/dispositions.html",
        c=consultation,
        items=items,
        # What was chosen stays chosen when the whole was refused.
        chosen={
            one.id: request.form.get(f"disposition-{one.id}", one.disposition.value)
            for one in items
        },
        can_record=consultation.status in service.IN_THE_ROOM,
        answers=[(one.value, _(one.value)) for one in Disposition],
        next_one=next(iter(consultations.later_ones(consultation)), None),
    )


def _dispose_all(items: Sequence[AgendaItem]) -> None:
    """Record what was changed on the page; what others recorded meanwhile stays."""
    by, at = actor(), now()
    for one in items:
        word = request.form.get(f"disposition-{one.id}", "")
        if word in list(Disposition) and word != request.form.get(f"was-{one.id}"):
            service.dispose(one, Disposition(word), by=by, at=at)


@bp.post("/consultations/<int:consultation_id>/close")
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def close(consultation: Consultation) -> Response:
    """Nothing is left to do."""
    with transaction():
        service.close(consultation, by=actor(), at=now())
    flash(_("The consultation is closed."))
    return back(url_for("consultations.show", consultation_id=consultation.id))


@bp.post("/consultations/<int:consultation_id>/agenda/order")
@requires(Permission.AGENDAS_PUBLISH, on=Consultation)
def order(consultation: Consultation) -> Response:
    """The whole agenda in another order."""
    words = request.form.get("order", "").split(",")
    numbers = [int(word) for word in words if word.isdecimal() and len(word) < 10]
    try:
        with transaction():
            service.order(consultation, numbers, by=actor(), at=now())
    except Refused as refusal:
        flash(refusal.sentence, "error")
    return back(url_for(".show", consultation_id=consultation.id))


@bp.route("/agenda-items/<int:item_id>/papers", methods=["GET", "POST"])
@requires(Permission.AGENDAS_PROPOSE, on=AgendaItem)
def attach(item: AgendaItem) -> str | Response:
    """Lay a paper to an item."""
    form = PaperForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.attach(
                    item,
                    filename=form.file.data.filename or "",
                    content=form.file.data.read(),
                    is_shared=form.whom.data == "both",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The paper lies here now."))
            return back(url_for(".item", item_id=item.id))
    return render_template("agendas/attach.html", form=form, item=item, c=item.consultation)


@bp.get("/papers/<int:paper_id>")
@requires(Permission.CONSULTATIONS_READ, on=Paper)
def download(paper: Paper) -> Response:
    """A paper, as a file to keep."""
    return attachment(
        files.load(paper.sha256),
        name=paper.filename,
        media_type=paper.media_type,
        sha256=paper.sha256,
    )


@bp.post("/papers/<int:paper_id>/detach")
@requires(Permission.AGENDAS_PROPOSE, on=Paper)
def detach(paper: Paper) -> Response:
    """Take an own paper away."""
    number = paper.agenda_item_id
    with transaction():
        service.detach(paper, by=actor(), at=now())
    flash(_("The paper is taken away."))
    return back(url_for(".item", item_id=number))


@bp.get("/consultations/<int:consultation_id>/room")
@requires(Permission.CONSULTATIONS_READ, on=Consultation)
def room(consultation: Consultation) -> str:
    """The running consultation: the item at hand, time used and left, who is there."""
    at, items = consultation.held_at or now(), queries.items_of(consultation.id)
    here = next((one for one in items if one.begun_at is not None), None)
    waiting = [one for one in items if one.disposition is Disposition.OPEN and one is not here]
    return render_template(
        "agendas/room.html",
        c=consultation,
        items=items,
        here=here,
        following=next(iter(waiting), None),
        used={one.id: one.used(at=at) for one in items},
        papers=queries.papers_of(consultation.id),
        missing=[one for one in items if one.disposition is Disposition.OPEN],
        is_running=consultation.status is ConsultationStatus.IN_SESSION,
        in_the_room=consultation.status in service.IN_THE_ROOM,
        left=int((consultation.ends_at - now()).total_seconds()),
        answers=[one for one in Disposition if one is not Disposition.OPEN],
        sides=[
            (side, [d for d in consultation.delegates if d.side is side])
            for side in (Side.INSTITUTION, Side.COMPANY)
        ],
        clock=_clock,
    )


def _clock(seconds: int) -> str:
    """A span of time as a clock shows it: '1:05:09', '12:30', '-3:10'."""
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    hours, rest = divmod(seconds, 3600)
    minutes, second = divmod(rest, 60)
    shown = f"{hours}:{minutes:02d}:{second:02d}" if hours else f"{minutes}:{second:02d}"
    return sign + shown


@bp.post("/agenda-items/<int:item_id>/take-up")
@requires(Permission.CONSULTATIONS_CONDUCT, on=AgendaItem)
def take_up(item: AgendaItem) -> Response:
    """The room goes on to this item."""
    with transaction():
        service.take_up(item, by=actor(), at=now())
    return back(url_for(".room", consultation_id=item.consultation_id))


@bp.post("/consultations/<int:consultation_id>/room/pause")
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def pause(consultation: Consultation) -> Response:
    """A break: no item uses time."""
    with transaction():
        service.pause(consultation, by=actor(), at=now())
    return back(url_for(".room", consultation_id=consultation.id))


@bp.post("/agenda-items/<int:item_id>/dispose")
@requires(Permission.CONSULTATIONS_CONDUCT, on=AgendaItem)
def dispose(item: AgendaItem) -> Response:
    """What became of one item, said in the room."""
    word = request.form.get("disposition", "")
    if word not in list(Disposition):
        abort(400)
    with transaction():
        service.dispose(item, Disposition(word), by=actor(), at=now())
    return back(url_for(".room", consultation_id=item.consultation_id) + f"#item-{item.id}")


@bp.post("/consultations/<int:consultation_id>/room/attendance")
@requires(Permission.CONSULTATIONS_CONDUCT, on=Consultation)
def tick(consultation: Consultation) -> Response:
    """Who is there, ticked off in the room; who is not ticked is absent."""
    there = {
        int(word) for word in request.form.getlist("there") if word.isdecimal() and len(word) < 10
    }
    given = {}
    for one in consultation.delegates:
        is_there = one.id in there
        was_there = one.attendance in (Attendance.PRESENT, Attendance.REMOTE)
        if is_there != was_there or one.attendance is Attendance.UNKNOWN:
            given[one.id] = Attendance.PRESENT if is_there else Attendance.ABSENT
    with transaction():
        consultations_service.record_attendance(consultation, given, by=actor(), at=now())
    flash(_("Attendance is recorded."))
    return back(url_for(".room", consultation_id=consultation.id))
