"""Where documents are listed and handed out."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from portal.access import throttle
from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.web import Page, page_number
from portal.documents import forms, queries, service, verification
from portal.documents.models import Document, Way
from portal.documents.printing import print_missing

bp = Blueprint("documents", __name__, url_prefix="/documents")


@bp.get("/")
@requires(Permission.DOCUMENTS_READ)
def index() -> str:
    """Every document the person may read."""
    return render_template(
        "documents/index.html", page=Page(queries.newest_first(), number=page_number())
    )


@bp.get("/<int:document_id>.pdf")
@requires(Permission.DOCUMENTS_READ, on=Document)
def download(document: Document) -> AnyResponse:
    """The stored bytes, checked against their hash before they leave."""
    print_missing(document)
    if document.kind in service.WITH_RECEIPT:
        with transaction():
            service.note_opening(
                document.kind, subject_id=document.subject_id, version=document.version,
                language=document.language, way=Way.PDF, by=actor(), at=now(),
            )  # fmt: skip
    name = f"{document.number.replace(' ', '-')}-v{document.version}-{document.language}.pdf"
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
    return Response(
        service.stored(document),
        mimetype="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{ascii_name}"',
            "X-Content-SHA256": document.pdf_sha256 or "",
        },
    )


@bp.route("/verify", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def verify() -> str:
    """Whoever holds a file learns whether it is ours and unchanged. Nothing of it is kept."""
    form, verdict = forms.VerifyForm(), None
    if form.validate_on_submit():
        if throttle.exceeded(
            f"verify {throttle.network(request.remote_addr)}", most=60, window=600, at=now()
        ):
            abort(429)
        content = form.file.data.stream.read(verification.MOST_BYTES + 1)
        if len(content) > verification.MOST_BYTES:
            abort(413)
        verdict = verification.examine(content)
    return render_template("documents/verify.html", form=form, verdict=verdict)
