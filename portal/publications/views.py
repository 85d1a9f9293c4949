"""Doors of the publications room: the files of a record, and what may be done with them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.accounts.models import Account
from portal.core import files, i18n
from portal.core.clock import SEOUL, now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.web import attachment, back, refuse
from portal.documents import queries as documents
from portal.documents import service as documents_service
from portal.documents import verification
from portal.documents.models import DocumentKind
from portal.minutes.models import Minutes
from portal.publications import forms, queries, service
from portal.publications.models import Countersignature, PublicVersion

bp = Blueprint("publications", __name__)


def _to(minutes: Minutes) -> AnyResponse:
    return back(url_for("publications.show", minutes_id=minutes.id))


@bp.get("/minutes/<int:minutes_id>/files")
@requires(Permission.PUBLICATIONS_READ, on=Minutes)
def show(minutes: Minutes) -> str:
    """Every file of a record: all versions, those the company signed too, the public one."""
    is_internal = can(Permission.PUBLICATIONS_PREPARE) or can(Permission.AUDIT_READ)
    versions = queries.public_versions(minutes) if is_internal else ()
    return render_template(
        "publications/show.html",
        minutes=minutes,
        adopted=documents.of_subject(DocumentKind.MINUTES, subject_id=minutes.id),
        signed=queries.countersignatures(minutes),
        public=documents.of_subject(DocumentKind.MINUTES_PUBLIC, subject_id=minutes.id),
        versions=versions,
        is_internal=is_internal,
        embargo=queries.embargo_of(minutes),
    )


@bp.route("/minutes/<int:minutes_id>/embargo", methods=["GET", "POST"])
@requires(Permission.PUBLICATIONS_EMBARGO, on=Minutes)
def embargo(minutes: Minutes) -> str | AnyResponse:
    """Let only named people see the record until a time."""
    held = queries.embargo_of(minutes)
    people = queries.possible_readers(minutes)
    named = {one.account_id for one in held.readers} if held else {actor().account_id}
    form = forms.EmbargoForm(
        people=[(one.id, _described(one)) for one in people],
        until=held.until.astimezone(SEOUL).replace(tzinfo=None) if held else None,
        reason=held.reason if held else "",
        readers=[one.id for one in people if one.id in named],
    )
    if form.validate_on_submit():
        try:
            with transaction():
                service.embargo(
                    minutes,
                    until_wall=form.until.data,
                    reason=form.reason.data or "",
                    readers=form.readers.data or [],
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The record is under embargo; those who are named have been told."))
            return _to(minutes)
    return render_template("publications/embargo.html", form=form, minutes=minutes, embargo=held)


def _described(person: Account) -> str:
    return f"{i18n.both(person, 'name')} ({_(person.role.value)})"


@bp.post("/minutes/<int:minutes_id>/embargo/lift")
@requires(Permission.PUBLICATIONS_EMBARGO, on=Minutes)
def lift(minutes: Minutes) -> AnyResponse:
    """End the embargo before its time."""
    with transaction():
        service.lift(minutes, by=actor(), at=now())
    flash(_("The embargo is lifted."))
    return _to(minutes)


@bp.route("/minutes/<int:minutes_id>/countersign", methods=["GET", "POST"])
@requires(Permission.PUBLICATIONS_COUNTERSIGN, on=Minutes)
def countersign(minutes: Minutes) -> str | AnyResponse:
    """The company files the stored PDF with its own signature."""
    if not minutes.is_binding:
        return back(url_for("minutes.show", minutes_id=minutes.id))
    form = forms.CountersignForm()
    if form.validate_on_submit():
        content = form.file.data.stream.read(verification.MOST_BYTES + 1)
        try:
            with transaction():
                service.countersign(minutes, content, by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The file with your signature is kept; both sides can read it."))
            return _to(minutes)
    return render_template(
        "publications/countersign.html",
        form=form,
        minutes=minutes,
        adopted=[
            one
            for one in documents.of_subject(DocumentKind.MINUTES, subject_id=minutes.id)
            if one.version == minutes.version
        ],
    )


@bp.get("/countersignatures/<int:countersignature_id>.pdf")
@requires(Permission.PUBLICATIONS_READ, on=Countersignature)
def signed_pdf(signed: Countersignature) -> AnyResponse:
    """The file as the company filed it."""
    return attachment(
        files.load(signed.pdf_sha256),
        name=f"{signed.document.number.replace(' ', '-')}-v{signed.document.version}-signed.pdf",
        media_type="application/pdf",
        sha256=signed.pdf_sha256,
    )


@bp.get("/published/")
@requires(Permission.PUBLIC)
def published() -> str:
    """Every public version that was released: for anybody, without an account."""
    return render_template("publications/published.html", versions=queries.published())


@bp.get("/published/<sha256>.pdf")
@requires(Permission.PUBLIC)
def published_pdf(sha256: str) -> AnyResponse:
    """The stored bytes of a public version, under an address that says what they are."""
    document = queries.published_file(sha256)
    if document is None:
        abort(410)
    return Response(
        documents_service.stored(document),
        mimetype="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{sha256[:16]}.pdf"',
            "X-Content-SHA256": sha256,
        },
    )


@bp.route("/minutes/<int:minutes_id>/public", methods=["GET", "POST"])
@requires(Permission.PUBLICATIONS_PREPARE, on=Minutes)
def prepare(minutes: Minutes) -> str | AnyResponse:
    """Say what is taken out, and make the public version."""
    if not minutes.is_binding:
        return back(url_for("minutes.show", minutes_id=minutes.id))
    held = queries.public_versions(minutes)
    form = forms.PrepareForm(
        passages="\n".join(held[0].passages) if held and not held[0].is_without_names else ""
    )
    if form.validate_on_submit():
        try:
            with transaction():
                service.prepare(
                    minutes,
                    (form.passages.data or "").splitlines(),
                    is_without_names=bool(form.is_without_names.data),
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            flash(_("The public version is made. Read it; a head of team releases it."))
            return _to(minutes)
    return render_template("publications/prepare.html", form=form, minutes=minutes)


@bp.post("/public-versions/<int:public_version_id>/release")
@requires(Permission.PUBLICATIONS_RELEASE, on=PublicVersion)
def release(version: PublicVersion) -> AnyResponse:
    """Let a public version out."""
    with transaction():
        service.release(version, by=actor(), at=now())
    flash(_("The public version is released."))
    return _to(version.minutes)


@bp.post("/public-versions/<int:public_version_id>/discard")
@requires(Permission.PUBLICATIONS_PREPARE, on=PublicVersion)
def discard(version: PublicVersion) -> AnyResponse:
    """Give a prepared version up."""
    with transaction():
        service.discard(version, by=actor(), at=now())
    flash(_("The public version is given up."))
    return _to(version.minutes)
