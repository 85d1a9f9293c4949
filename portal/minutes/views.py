"""Doors of the minutes room. The door at which minutes are accepted stands in the room below."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.accounts import queries as accounts
from portal.consultations.models import Consultation, Side, stamp
from portal.core import differences, i18n
from portal.core.clock import local_date, now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.web import Page, asked_number, back, page_number, refuse
from portal.documents import queries as documents
from portal.documents.models import DocumentKind
from portal.institution import queries as institution
from portal.minutes import drafting, forms, outcomes, queries, revisions, service, target_fields
from portal.minutes.models import (
    ItemAnswer,
    Minutes,
    MinutesItem,
    MinutesStatus,
    Outcome,
    Resolution,
    TextBlock,
)

bp = Blueprint("minutes", __name__)
LAYOUTS = ("one", "both", "parallel")
MOST_TYPED = 40 * 1024 * 1024
"""What a form of this room may send: a text that is too long comes back to be shortened."""


@bp.url_value_preprocessor
def _take_long_texts(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    # Before anything reads the form: refused by the floor, the words would be lost.
    request.max_form_memory_size = MOST_TYPED


def _to(minutes: Minutes, anchor: str = "") -> AnyResponse:
    return back(url_for("minutes.show", minutes_id=minutes.id) + anchor)


@bp.get("/minutes/")
@requires(Permission.MINUTES_READ)
def index() -> str:
    """Every record the person may read."""
    return render_template(
        "minutes/index.html", page=Page(queries.newest_first(), number=page_number())
    )


@bp.get("/consultations/<int:consultation_id>/minutes")
@requires(Permission.MINUTES_READ, on=Consultation)
def of_consultation(consultation: Consultation) -> str | AnyResponse:
    """The way from a consultation to its minutes."""
    minutes = queries.of_consultation(consultation.id)
    if minutes is not None:
        return _to(minutes)
    if not can(Permission.MINUTES_DRAFT):
        abort(404)
    return render_template("minutes/none_yet.html", consultation=consultation)


@bp.post("/consultations/<int:consultation_id>/minutes")
@requires(Permission.MINUTES_DRAFT, on=Consultation)
def open_minutes(consultation: Consultation) -> AnyResponse:
    """Begin the record of a consultation."""
    with transaction():
        minutes = drafting.open_minutes(consultation, by=actor(), at=now())
    flash(_("The minutes are open, with one item for each item of the agenda."))
    return _to(minutes)


@bp.get("/minutes/<int:minutes_id>")
@requires(Permission.MINUTES_READ, on=Minutes)
def show(minutes: Minutes) -> str:
    """The record, and what it waits for."""
    queries.with_all(minutes)
    at, me = now(), actor()
    kinds = (DocumentKind.MINUTES,)
    return render_template(
        "minutes/show.html",
        minutes=minutes,
        text_hash=service.present_hash(minutes),
        consultation=minutes.consultation,
        printed=documents.of_subject(*kinds, subject_id=minutes.id) if minutes.is_binding else (),
        unanswered=minutes.unanswered(),
        unresolved=minutes.unresolved(),
        capacity=service.capacity(minutes, by=me, at=at)
        if minutes.status is MinutesStatus.RECONCILED
        else None,
        mine=minutes.accepted_by(Side(me.side)),
        is_past_deadline=service.is_past_deadline(minutes, at=at),
        has_lapsed=service.has_lapsed(minutes, at=at),
        language_form=forms.LanguageForm(language=minutes.authoritative_language),
        item_form=forms.AddItemForm(),
        at=at,
        is_internal=not me.is_company,
    )


@bp.post("/minutes/<int:minutes_id>/language")
@requires(Permission.MINUTES_DRAFT, on=Minutes)
def set_language(minutes: Minutes) -> AnyResponse:
    """Say which language decides."""
    with transaction():
        drafting.set_language(minutes, request.form.get("language", ""), by=actor(), at=now())
    flash(_("Saved."))
    return _to(minutes)


@bp.route("/minutes/<int:minutes_id>/add-item", methods=["GET", "POST"])
@requires(Permission.MINUTES_DRAFT, on=Minutes)
def add_item(minutes: Minutes) -> str | AnyResponse:
    """Add a point that was not on the agenda."""
    form = forms.AddItemForm()
    if form.validate_on_submit():
        with transaction():
            item = drafting.add_item(
                minutes,
                title_ko=form.title_ko.data or "",
                title_en=form.title_en.data or "",
                by=actor(),
                at=now(),
            )
        return back(url_for("minutes.edit_item", minutes_item_id=item.id))
    return render_template("minutes/add_item.html", form=form, minutes=minutes)


def _owners(minutes: Minutes) -> list[tuple[str, str]]:
    ours = institution.on(local_date(now()))
    return [
        ("institution", i18n.both(ours, "name") if ours else _("institution")),
        ("company", i18n.both(minutes.company, "name")),
    ]


def _choices(minutes: Minutes) -> dict[str, Any]:
    return {"owners": _owners(minutes), "platforms": minutes.company.platforms}


def _edit_page(item: MinutesItem, **more: Any) -> str:
    queries.item_with_all(item)
    me, at = actor(), now()
    forms_here = {
        "form": forms.ItemForm(
            formdata=None,
            blocks=_blocks(),
            edition=item.edition,
            discussion_ko=item.discussion_ko,
            discussion_en=item.discussion_en,
            base_ko=stamp(item.discussion_ko),
            base_en=stamp(item.discussion_en),
        ),
        "outcome_form": forms.OutcomeForm(
            formdata=None,
            due_zone=item.minutes.consultation.zone,
            **_choices(item.minutes),
        ),
        "note_form": forms.NoteForm(formdata=None),
        "conflict": None,
        "preview": False,
    }
    return render_template(
        "minutes/edit_item.html",
        item=item,
        owner=me.account_id,
        writers=[
            one
            for one in item.writers
            if one.account_id != me.account_id and one.seen_at >= at - drafting.STILL_WRITING
        ],
        minutes=item.minutes,
        notes=queries.notes(item),
        **(forms_here | more),
    )


@bp.route("/minutes/items/<int:minutes_item_id>", methods=["GET", "POST"])
@requires(Permission.MINUTES_DRAFT, on=MinutesItem)
def edit_item(item: MinutesItem) -> str | AnyResponse:
    """Write down an item. The second of two savers sees both texts and loses nothing."""
    here = url_for("minutes.edit_item", minutes_item_id=item.id)
    if request.method == "GET":
        return _edit_page(item)
    with_blocks = "insert" in request.form or "preview" in request.form
    form = forms.ItemForm(blocks=_blocks() if with_blocks else [])
    conflict = None
    if "insert" in request.form:
        _put_in(form)
        return _edit_page(item, form=form)
    if "preview" in request.form:
        return _edit_page(item, form=form, preview=True)
    if form.validate():
        try:
            text_ko = form.text("ko", stored=item.discussion_ko)
            text_en = form.text("en", stored=item.discussion_en)
            with transaction():
                drafting.save_item(
                    item,
                    edition=form.edition.data or 0,
                    discussion_ko=text_ko,
                    discussion_en=text_en,
                    by=actor(),
                    at=now(),
                )
        except drafting.Conflict as clash:
            conflict = _conflict(form, clash)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Saved."))
            return back(here)
    form.block.choices = [("", "–"), *_blocks()]
    return _edit_page(item, form=form, conflict=conflict)


def _blocks() -> list[tuple[str, str]]:
    return [(str(block.id), block.name) for block in queries.text_blocks()]


def _put_in(form: forms.ItemForm) -> None:
    for block in queries.text_blocks():
        if str(block.id) == form.block.data:
            form.put_in(block.text_ko, block.text_en)
            return
    flash(_("Choose a phrase first."), "error")


def _conflict(form: forms.ItemForm, clash: drafting.Conflict) -> dict[str, Any]:
    """Both texts for every language in which they differ; the next save knows of the stored one."""
    refuse(form, clash)
    form.edition.raw_data, form.edition.data = None, clash.edition
    differing = {}
    for language, stored in (("ko", clash.discussion_ko), ("en", clash.discussion_en)):
        area, mine = form[f"discussion_{language}"], form[f"mine_{language}"]
        base = form[f"base_{language}"]
        if form[f"choice_{language}"].data == "mine":
            area.raw_data, area.data = None, mine.data
        text = (area.data or "").replace("\r\n", "\n").strip()
        if stamp(text) == base.data:
            # Only the other person wrote here: theirs stands, there is nothing to choose.
            text, area.raw_data, area.data = stored, None, stored
        mine.raw_data, mine.data = None, text
        base.raw_data, base.data = None, stamp(stored)
        form[f"choice_{language}"].data = "edited"
        if text != stored:
            differing[language] = (stored, text, differences.words(stored, text))
    return differing


def _others(item: MinutesItem) -> list[str]:
    me, at = actor(), now()
    return [
        _(
            "%(name)s has been writing here since %(when)s.",
            name=accounts.doer(one.name),
            when=i18n.local(one.since, "short")[11:],
        )
        for one in queries.writers(item, since=at - drafting.STILL_WRITING, but=me.account_id)
    ]


@bp.post("/minutes/items/<int:minutes_item_id>/writing")
@requires(Permission.MINUTES_DRAFT, on=MinutesItem)
def writing(item: MinutesItem) -> dict[str, Any]:
    """Somebody is typing at an item: say so, and hear who else is."""
    with transaction():
        drafting.writing(item, by=actor(), at=now())
    return {"others": _others(item), "edition": item.edition}


@bp.post("/minutes/items/<int:minutes_item_id>/autosave")
@requires(Permission.MINUTES_DRAFT, on=MinutesItem)
def autosave(item: MinutesItem) -> tuple[dict[str, Any], int]:
    """Save while somebody types; the answer says what the form is to know."""
    form = forms.ItemForm(blocks=[])
    at = now()
    try:
        with transaction():
            is_saved = drafting.autosave(
                item,
                edition=form.edition.data or 0,
                discussion_ko=form.discussion_ko.data or "",
                discussion_en=form.discussion_en.data or "",
                by=actor(),
                at=at,
            )
    except Refused as refusal:
        return {"sentence": refusal.sentence}, 409
    if not is_saved:
        return {
            "sentence": _(
                "The company has this text: it is kept in this browser until you press the button."
            )
        }, 200
    return {
        "edition": item.edition,
        "sentence": _("Saved by itself at %(when)s.", when=i18n.local(at, "short")[11:]),
    }, 200


@bp.get("/minutes/text-blocks/")
@requires(Permission.MINUTES_DRAFT)
def text_blocks() -> str:
    """The recurring phrases."""
    return render_template("minutes/text_blocks.html", blocks=queries.text_blocks())


@bp.route("/minutes/text-blocks/add", methods=["GET", "POST"])
@requires(Permission.MINUTES_DRAFT)
def add_text_block() -> str | AnyResponse:
    """Write a recurring phrase."""
    return _text_block(None)


@bp.route("/minutes/text-blocks/<int:text_block_id>", methods=["GET", "POST"])
@requires(Permission.MINUTES_DRAFT, on=TextBlock)
def edit_text_block(block: TextBlock) -> str | AnyResponse:
    """Change a recurring phrase."""
    return _text_block(block)


def _text_block(block: TextBlock | None) -> str | AnyResponse:
    form = forms.TextBlockForm(obj=block, seen=block.stamp if block else "")
    if form.validate_on_submit():
        try:
            with transaction():
                drafting.save_text_block(
                    block,
                    name=form.name.data or "",
                    text_ko=form.text_ko.data or "",
                    text_en=form.text_en.data or "",
                    seen=form.seen.data or "",
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Saved."))
            return back(url_for("minutes.text_blocks"))
    return render_template("minutes/text_block.html", form=form, block=block)


@bp.post("/minutes/text-blocks/<int:text_block_id>/remove")
@requires(Permission.MINUTES_DRAFT, on=TextBlock)
def remove_text_block(block: TextBlock) -> AnyResponse:
    """Take a phrase away."""
    with transaction():
        drafting.remove_text_block(block, by=actor(), at=now())
    flash(_("The phrase is removed."))
    return back(url_for("minutes.text_blocks"))


@bp.get("/minutes/<int:minutes_id>/changes")
@requires(Permission.MINUTES_READ, on=Minutes)
def changes(minutes: Minutes) -> str:
    """What one revision changed against another, word by word."""
    texts = queries.texts_of(minutes)
    known = revisions.numbers(texts, present=minutes.revision)
    new = asked_number("to")
    new = new if new in known else known[-1]
    old = asked_number("from")
    earlier = [number for number in known if number < new]
    old = old if old in earlier else (earlier[-1] if earlier else None)
    return render_template(
        "minutes/changes.html",
        minutes=minutes,
        known=known,
        old=old,
        new=new,
        changed=revisions.between(texts, old, new) if old else [],
    )


@bp.get("/minutes/<int:minutes_id>/copy.pdf")
@requires(Permission.MINUTES_READ, on=Minutes)
def copy_pdf(minutes: Minutes) -> AnyResponse:
    """The adopted text for reading, in one language or in both side by side."""
    language, layout = _print_choice()
    if not minutes.is_binding:
        return redirect(
            url_for("minutes.draft_pdf", minutes_id=minutes.id, language=language, layout=layout)
        )
    printed = service.reading_copy(minutes, language=language, layout=layout)
    if printed is None:
        abort(404)
    return _inline(printed, f"minutes-copy-{language}-{layout}.pdf")


def _print_choice() -> tuple[str, str]:
    wanted, layout = request.args.get("language"), request.args.get("layout")
    language = wanted if wanted in i18n.LANGUAGES else i18n.language()
    return language, layout if layout in LAYOUTS else "both"


def _inline(printed: bytes, name: str) -> Response:
    return Response(
        printed,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


@bp.post("/minutes/outcomes/<int:outcome_id>/translation")
@requires(Permission.MINUTES_DRAFT, on=Outcome)
def confirm_outcome(outcome: Outcome) -> AnyResponse:
    """Say that both texts of an outcome say the same."""
    with transaction():
        outcomes.confirm_outcome(outcome, seen=request.form.get("seen", ""), by=actor(), at=now())
    flash(_("Saved."))
    return back(url_for("minutes.edit_item", minutes_item_id=outcome.item_id) + "#outcomes")


@bp.post("/minutes/items/<int:minutes_item_id>/translation")
@requires(Permission.MINUTES_DRAFT, on=MinutesItem)
def confirm_translation(item: MinutesItem) -> AnyResponse:
    """Say that both texts say the same."""
    with transaction():
        edition = request.form.get("edition", type=int)
        drafting.confirm_translation(item, edition=edition, by=actor(), at=now())
    flash(_("Saved."))
    return back(url_for("minutes.edit_item", minutes_item_id=item.id))


@bp.post("/minutes/items/<int:minutes_item_id>/outcomes")
@requires(Permission.MINUTES_DRAFT, on=MinutesItem)
def add_outcome(item: MinutesItem) -> str | AnyResponse:
    """Add an outcome to an item."""
    form = forms.OutcomeForm(**_choices(item.minutes))
    if form.validate_on_submit():
        try:
            with transaction():
                outcomes.add_outcome(item, form.text(), by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The outcome is recorded."))
            return back(url_for("minutes.edit_item", minutes_item_id=item.id) + "#outcomes")
    return _edit_page(item, outcome_form=form)


@bp.route("/minutes/outcomes/<int:outcome_id>", methods=["GET", "POST"])
@requires(Permission.MINUTES_DRAFT, on=Outcome)
def edit_outcome(outcome: Outcome) -> str | AnyResponse:
    """Change an outcome."""
    item = outcome.item
    wall = None
    if outcome.due_at and outcome.due_zone:
        wall = outcome.due_at.astimezone(i18n.ZoneInfo(outcome.due_zone)).replace(tzinfo=None)
    form = forms.OutcomeForm(
        **_choices(item.minutes),
        **target_fields.known(outcome.target),
        kind=outcome.kind.value,
        text_ko=outcome.text_ko,
        text_en=outcome.text_en,
        owner=outcome.owner.value if outcome.owner else "",
        due_wall=wall,
        due_zone=outcome.due_zone or item.minutes.consultation.zone,
        required_evidence=outcome.required_evidence,
        seen=outcome.stamp,
    )
    conflict = None
    if form.validate_on_submit():
        try:
            with transaction():
                outcomes.edit_outcome(
                    outcome, form.text(), seen=form.seen.data or "", by=actor(), at=now()
                )
        except outcomes.OutcomeConflict as clash:
            conflict = outcome
            refuse(form, clash)
            form.seen.data = clash.stamp
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("Saved."))
            return back(url_for("minutes.edit_item", minutes_item_id=item.id) + "#outcomes")
    return render_template(
        "minutes/edit_outcome.html",
        form=form,
        outcome=outcome,
        item=item,
        minutes=item.minutes,
        conflict=conflict,
    )


@bp.post("/minutes/outcomes/<int:outcome_id>/remove")
@requires(Permission.MINUTES_DRAFT, on=Outcome)
def remove_outcome(outcome: Outcome) -> AnyResponse:
    """Take an outcome away."""
    item_id = outcome.item_id
    with transaction():
        outcomes.remove_outcome(outcome, by=actor(), at=now())
    flash(_("The outcome is removed."))
    return back(url_for("minutes.edit_item", minutes_item_id=item_id) + "#outcomes")


@bp.post("/minutes/items/<int:minutes_item_id>/notes")
@requires(Permission.MINUTES_DRAFT, on=MinutesItem)
def add_note(item: MinutesItem) -> str | AnyResponse:
    """Keep a note of the regulator's own."""
    form = forms.NoteForm()
    if form.validate_on_submit():
        try:
            with transaction():
                drafting.note(item, form.text.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The note is kept."))
            return back(url_for("minutes.edit_item", minutes_item_id=item.id) + "#notes")
    return _edit_page(item, note_form=form)


@bp.post("/minutes/<int:minutes_id>/submit")
@requires(Permission.MINUTES_DRAFT, on=Minutes)
def submit(minutes: Minutes) -> AnyResponse:
    """Hand the draft to the head of team."""
    with transaction():
        service.submit_for_review(minutes, by=actor(), at=now())
    flash(_("The minutes are in internal review."))
    return _to(minutes)


@bp.post("/minutes/<int:minutes_id>/return")
@requires(Permission.MINUTES_RELEASE, on=Minutes)
def return_to_drafting(minutes: Minutes) -> AnyResponse:
    """Give the draft back."""
    with transaction():
        service.return_to_drafting(minutes, by=actor(), at=now())
    flash(_("The minutes are back in drafting."))
    return _to(minutes)


@bp.route("/minutes/<int:minutes_id>/release", methods=["GET", "POST"])
@requires(Permission.MINUTES_RELEASE, on=Minutes)
def release(minutes: Minutes) -> str | AnyResponse:
    """Put the text before the company."""
    at = now()
    form = forms.ReleaseForm(deadline_on=service.default_deadline(at=at))
    if form.validate_on_submit():
        try:
            with transaction():
                service.release(minutes, deadline_on=form.deadline_on.data, by=actor(), at=at)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The minutes are with the company; it has been told."))
            return _to(minutes)
    return render_template("minutes/release.html", form=form, minutes=queries.with_all(minutes))


@bp.route("/minutes/<int:minutes_id>/answer", methods=["GET", "POST"])
@requires(Permission.MINUTES_ANSWER, on=Minutes)
def answer(minutes: Minutes) -> str | AnyResponse:
    """The company answers, all items on one page."""
    queries.with_all(minutes)
    if request.method == "GET" and not minutes.is_answerable:
        return _to(minutes)
    form = forms.answer_form(minutes)
    if form.validate_on_submit():
        given = forms.answers(form, minutes)
        try:
            with transaction():
                service.answer(
                    minutes, given, revision=form.revision.data or 0, by=actor(), at=now()
                )
        except Refused as refusal:
            refuse(form, refusal)
            queries.with_all(minutes)
            if form.revision.data != minutes.revision:
                # What was typed is kept; the next answer is given to the text shown now.
                form = forms.answer_form(minutes)
                form.revision.raw_data, form.revision.data = None, minutes.revision
        else:
            flash(_("Your answers are recorded."))
            return _to(minutes)
    asked = minutes.unanswered()
    answered = [item for item in minutes.items if item not in asked]
    return render_template(
        "minutes/answer.html", form=form, minutes=minutes, asked=asked, answered=answered
    )


@bp.route("/minutes/answers/<int:answer_id>/resolve", methods=["GET", "POST"])
@requires(Permission.MINUTES_RECONCILE, on=ItemAnswer)
def resolve(answer: ItemAnswer) -> str | AnyResponse:
    """Decide on a proposal of the company."""
    proposed = service.taken_over_texts(answer)
    form = forms.ResolveForm(
        edition=answer.item.edition, discussion_ko=proposed[0], discussion_en=proposed[1]
    )
    conflict = None
    if form.validate_on_submit():
        try:
            with transaction():
                service.resolve(
                    answer,
                    Resolution(form.resolution.data),
                    edition=form.edition.data,
                    discussion_ko=form.discussion_ko.data,
                    discussion_en=form.discussion_en.data,
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
        except drafting.Conflict as clash:
            conflict = clash
            refuse(form, clash)
            form.edition.raw_data, form.edition.data = None, clash.edition
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The proposal is decided."))
            return _to(answer.item.minutes)
    return render_template(
        "minutes/resolve.html", form=form, answer=answer, item=answer.item,
        minutes=answer.item.minutes, conflict=conflict,
    )  # fmt: skip


@bp.post("/minutes/<int:minutes_id>/reconcile")
@requires(Permission.MINUTES_RECONCILE, on=Minutes)
def reconcile(minutes: Minutes) -> AnyResponse:
    """Close the answering and ask both sides to accept."""
    with transaction():
        service.reconcile(minutes, by=actor(), at=now())
    flash(_("The minutes are reconciled; both sides have been asked to accept them."))
    return _to(minutes)


@bp.post("/minutes/<int:minutes_id>/reopen")
@requires(Permission.MINUTES_RECONCILE, on=Minutes)
def reopen(minutes: Minutes) -> AnyResponse:
    """Take reconciled minutes up again."""
    with transaction():
        service.reopen(minutes, by=actor(), at=now())
    flash(_("The minutes are with the company again and may be changed."))
    return _to(minutes)


@bp.get("/minutes/<int:minutes_id>/agreed.json")
@requires(Permission.MINUTES_READ, on=Minutes)
def agreed_text(minutes: Minutes) -> Response:
    """The canonical form, byte for byte as it is hashed: anyone can compute the hash of the file."""
    queries.with_all(minutes)
    name = f"minutes-{minutes.id}-v{minutes.version}-r{minutes.revision}.json"
    return Response(
        service.agreed_text(minutes),
        mimetype="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@bp.get("/minutes/<int:minutes_id>/draft.pdf")
@requires(Permission.MINUTES_READ, on=Minutes)
def draft_pdf(minutes: Minutes) -> Response:
    """The present text with the draft's watermark."""
    if minutes.is_binding:
        abort(404)
    queries.with_all(minutes)
    language, layout = _print_choice()
    printed = service.draft_pdf(minutes, language=language, layout=layout, at=now())
    return _inline(printed, f"minutes-draft-{language}.pdf")
